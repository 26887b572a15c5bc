package cli_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
	"github.com/hippotion/roster/internal/gen"
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

// TestAllFlags: what completes the value of each flag of each verb is decided. Files complete only what is a file.
func TestAllFlags(t *testing.T) {
	ofFiles := []string{"--output", "--baseline", "--write-baseline", "--netrc", "--base-roster", "--observed"}
	seen := map[string]bool{}
	var each func(verb ...string)
	each = func(verb ...string) {
		for _, line := range offers(t, append(slices.Clone(verb), "")...) {
			name, _, described := strings.Cut(line, "\t")
			if described {
				each(append(slices.Clone(verb), name)...)
			}
		}
		for _, line := range offers(t, append(slices.Clone(verb), "--")...) {
			flag, _, _ := strings.Cut(line, "\t")
			values := offers(t, append(slices.Clone(verb), flag, "")...)
			if files := values[len(values)-1] == ":0"; files && !slices.Contains(ofFiles, flag) && strings.HasPrefix(flag, "-") {
				t.Errorf("roster %s %s: completes files: add it to offerOf", strings.Join(verb, " "), flag)
			}
			seen[flag] = true
		}
	}
	each()
	for _, flag := range ofFiles {
		if !seen[flag] {
			t.Errorf("no verb has %s", flag)
		}
	}
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
