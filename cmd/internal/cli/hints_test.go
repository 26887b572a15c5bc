package cli

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHints: what texts of this repository tell to write exists: verbs and their flags, and profiles.
func TestHints(t *testing.T) {
	verbsByName := map[string]*cobra.Command{}
	for _, command := range verbs {
		c := command()
		verbsByName[c.Name()] = c
	}
	verb, flag := regexp.MustCompile(`\broster ([a-z]+)\b([^;:,|]*)`), regexp.MustCompile(`--([a-z-]*[a-z])\b`)
	profile := regexp.MustCompile(`(?:write networkPolicies: |networkPolicies: \{profile: |write profile: |write extends: )([a-z-]*[a-z])\b`)
	profiles, found := map[string]bool{}, 0
	for _, text := range literals(t, "../../..") {
		for _, m := range verb.FindAllStringSubmatch(text, -1) {
			c := verbsByName[m[1]]
			switch {
			case c != nil:
				found++
			case strings.HasSuffix(m[1], "s"): // it says what roster does: it renders, it reads
			case !slices.Contains(strings.Fields(prose), m[1]):
				t.Errorf("there is no verb %s: %q", m[1], text)
			}
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				if c != nil && c.Flags().Lookup(f[1]) == nil && !c.HasSubCommands() {
					t.Errorf("roster %s has no flag --%s: %q", m[1], f[1], text)
				}
			}
		}
		for _, m := range profile.FindAllStringSubmatch(text, -1) {
			profiles[m[1]] = true
		}
	}
	for _, f := range slices.Concat(foreignFlags[:], foreignVerbs[:]) {
		for _, m := range flag.FindAllStringSubmatch(f.hint, -1) {
			if !slices.ContainsFunc(slices.Collect(maps.Values(verbsByName)), func(c *cobra.Command) bool { return c.Flags().Lookup(m[1]) != nil }) {
				t.Errorf("no verb has the flag --%s: %q", m[1], f.hint)
			}
		}
	}
	for name := range profiles {
		var stdout, stderr bytes.Buffer
		if code := Run([]string{"explain", name}, &stdout, &stderr); code != 0 {
			t.Errorf("there is no profile %s: %s", name, stderr.String())
		}
	}
	if found < 50 || len(profiles) < 2 {
		t.Errorf("only %d verbs and %d profiles were found", found, len(profiles))
	}
}

// prose are words that follow the program's name in a sentence, and help, which is made by cobra.
const prose = "would itself cannot the must in with exclude can from kustomize did that rendered help only object are"

// literals are the texts in the Go files below a folder that are no tests.
func literals(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "test" || e.Name() == "bin" || strings.HasPrefix(e.Name(), ".") && e.Name() != ".." && file != dir):
			return filepath.SkipDir
		case e.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil {
					out = append(out, text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
