package engines

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// informs are the labels and annotations of Argo CD's code that roster permits, because they only inform.
var informs = []string{"argocd.argoproj.io/ignore-default-links", "argocd.argoproj.io/managed-by-url", "link.argocd.argoproj.io/x"}

// TestReserved: every label and annotation that Argo CD's own code knows by name is refused in a list, but those that only inform.
func TestReserved(t *testing.T) {
	name := regexp.MustCompile(`^([a-z-]+\.)*(argoproj\.io|helm\.sh)/[A-Za-z.-]*$`)
	keys := map[string]bool{}
	for _, module := range []string{"github.com/argoproj/argo-cd/v3", "github.com/argoproj/gitops-engine"} {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		if err != nil {
			t.Fatal(err)
		}
		before := len(keys)
		dir := strings.TrimSpace(string(out))
		err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && slices.Contains([]string{"test", "ui", "docs", "testdata", "hack"}, d.Name()):
				return filepath.SkipDir
			case d.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".pb.go"):
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if value, err := strconv.Unquote(literal.Value); err == nil && name.MatchString(value) {
						keys[value] = true
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) == before {
			t.Errorf("%s knows no labels", module)
		}
	}
	for _, known := range []string{"argocd.argoproj.io/hook", "argocd.argoproj.io/hook-delete-policy", "argocd.argoproj.io/sync-options", "helm.sh/hook", "helm.sh/resource-policy"} {
		if !keys[known] {
			t.Errorf("%s is not found", known)
		}
	}
	var list strings.Builder
	list.WriteString("- namespace: web-a\n  networkPolicies: isolated\n  annotations:\n")
	var want []string
	for key := range keys {
		if strings.HasSuffix(key, "/") { // what all of a domain begin with
			key += "x"
		}
		fmt.Fprintf(&list, "    %s: x\n", key)
		if !slices.Contains(informs, key) {
			want = append(want, key)
		}
	}
	dir := t.TempDir()
	for file, text := range map[string]string{"applications.yml": list.String(), "platform.yml": "repository: {url: https://git.example/a.git}\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("roster", "render", dir).CombinedOutput()
	if err == nil {
		t.Fatal("nothing is refused")
	}
	for _, key := range want {
		if !strings.Contains(string(out), "]: "+key+" ") {
			t.Errorf("%s is permitted", key)
		}
	}
	for _, key := range informs {
		if strings.Contains(string(out), "]: "+key+" ") {
			t.Errorf("%s is refused", key)
		}
	}
}
