package cli_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
	"github.com/hippotion/roster/internal/gen"
	"github.com/hippotion/roster/test/examples"
)

// offers are what completes the last word, and the directive at the end.
func offers(t testing.TB, args ...string) []string {
	t.Helper()
	var stdout bytes.Buffer
	if code := cli.Run(append([]string{"__complete"}, args...), &stdout, &bytes.Buffer{}); code != 0 {
		t.Fatalf("%q: exit code %d", args, code)
	}
	return strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
}

// ownTexts are flags whose values are texts of one's own, and numbers: nothing completes them.
var ownTexts = strings.Fields(`--map --page --image --timeout --unused --max-findings
	--repo-url --revision --domain --ingress --vault --vault-role --version --chart --service --port --secret --host --auth
	--env --schedule --volume`)

// TestAllFlags: something completes the value of each flag of each verb, unless it is a text of one's own.
func TestAllFlags(t *testing.T) {
	t.Chdir(filepath.Join(examples.Root(), "examples", "clusters"))
	var each func(verb ...string)
	each = func(verb ...string) {
		for _, line := range offers(t, append(slices.Clone(verb), "")...) {
			if name, _, described := strings.Cut(line, "\t"); described {
				each(append(slices.Clone(verb), name)...)
			}
		}
		for _, line := range offers(t, append(slices.Clone(verb), "--")...) {
			flag, _, _ := strings.Cut(line, "\t")
			if slices.Contains(ownTexts, flag) || !takesValue(verb, flag) {
				continue
			}
			if values := offers(t, append(slices.Clone(verb), flag+"=")...); len(values) == 1 && values[0] == ":4" {
				t.Errorf("roster %s %s: nothing completes it: add it to offerOf, or to the list above", strings.Join(verb, " "), flag)
			}
		}
	}
	each()
}

// takesValue reports whether a flag of a verb is more than on and off.
func takesValue(verb []string, flag string) bool {
	c, _, err := cli.Root().Find(verb)
	f := c.Flags().Lookup(strings.TrimPrefix(flag, "--"))
	return err == nil && f != nil && f.Value.Type() != "bool"
}

// TestHostileNames: what a shell would not treat as a name is not offered.
func TestHostileNames(t *testing.T) {
	dir := t.TempDir()
	gitIn(t, dir, "init", "--quiet", "--initial-branch=main")
	gitIn(t, dir, "commit", "--quiet", "--allow-empty", "--message=x")
	for _, name := range []string{"$(id)", "a;id", "a`id`", "a|id", "a&id", "a>b", "a'b", `a"b`, "a!b", "a{b,c}", "a\u202eb", "a\u200bb", "#a", "ok/ü-1.2_3@x", "-a"} {
		gitIn(t, dir, "update-ref", "refs/heads/"+name, "HEAD")
	}
	t.Chdir(dir)
	if got, want := offers(t, "diff", ""), []string{"HEAD", "main", "ok/ü-1.2_3@x", ":16"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := offers(t, "diff", "main...ok"), []string{"main...ok/ü-1.2_3@x", ":16"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkCompletion is one key in front of a list of 1,000 entries.
func BenchmarkCompletion(b *testing.B) {
	dir := b.TempDir()
	if err := gen.Write(dir, gen.Options{Entries: 1000}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got := offers(b, "render", dir, "--app", ""); len(got) < 1000 {
			b.Fatalf("%d offers", len(got))
		}
	}
}
