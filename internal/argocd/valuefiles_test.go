package argocd_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
)

// TestMatch compares with the function that Argo CD calls.
func TestMatch(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "b.yaml", "b.yml", ".hidden.yaml", "env/prod/values.yaml", "env/test/values.yaml", "env/test/deep/values.yaml", "env/base.yaml", "env-x/a.yaml", "[a].yaml"} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link.yaml": "a.yaml", "linked": "env", "dangling.yaml": "missing"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, pattern := range []string{"*.yaml", "?.yaml", "[ab].y*ml", "[^a].yaml", "env/*/values.yaml", "env/**/values.yaml", "**/values.yaml", "env/**", "**", "e*/*.yaml",
		"*/prod/*", "{a,b}.y*", "env/./*.yaml", "env/../*.yaml", "none*", "missing/*.yaml", "env*", "linked/*.yaml", "linked/**/*.yaml", `\[a\].y*`, "**/deep/..*/*"} {
		got, err := argocd.Match(os.DirFS(dir), pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		want, err := doublestar.FilepathGlob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i], _ = filepath.Rel(dir, want[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Argo CD +roster):\n%s", pattern, diff)
		}
	}
}

func TestMatchBounds(t *testing.T) {
	dir := t.TempDir()
	for _, link := range []string{"a", "b", "c"} { // each level has three times as many
		if err := os.Symlink(".", filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]string{
		"**/x":                                "there is too much to look through",
		"*":                                   "",
		"*{a,b}{a,b}{a,b}{a,b}":               "",
		"*{a,b}{a,b}{a,b}{a,b}{a,b}":          "too complex",
		"*{" + strings.Repeat("a,", 32) + "}": "",
		"*{" + strings.Repeat("a,", 33) + "}": "too complex",
		strings.Repeat("*", 1000):             "",
		strings.Repeat("*", 1001):             "too complex",
		strings.Repeat("**/", 5) + "x":        "too complex",
		strings.Repeat("{**,}/", 3) + "**/**": "too complex",
		"[":                                   "not a pattern",
	} {
		_, err := argocd.Match(os.DirFS(dir), pattern)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.40s: %v, want %q", pattern, err, want)
		}
	}
}

func TestFolderOf(t *testing.T) {
	for pattern, want := range map[string]string{"*.yaml": ".", "a/*.yaml": "a", "a/b*/c": "a", "a/../b/**": "b", "a/{b,c}/*": "a"} {
		if got := argocd.FolderOf(pattern); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

func TestInOrder(t *testing.T) {
	name := func(f string) argocd.Asked[string] { return argocd.Asked[string]{Files: []string{f}} }
	pattern := func(f ...string) argocd.Asked[string] { return argocd.Asked[string]{Files: f, Pattern: true} }
	for want, asked := range map[string][]argocd.Asked[string]{
		"a b c": {pattern("a", "b", "c"), name("c")},
		"c a b": {name("c"), pattern("a", "b", "c")},
		"a c b": {pattern("a"), pattern("a", "c"), name("b"), name("b")},
	} {
		if got := strings.Join(argocd.InOrder(asked), " "); got != want {
			t.Errorf("%v: %s, want %s", asked, got, want)
		}
	}
	if got := argocd.InOrder[string](nil); !slices.Equal(got, nil) {
		t.Error(got)
	}
}
