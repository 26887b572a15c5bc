package kinds_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/kinds"
	"github.com/hippotion/roster/internal/diff/sides"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"golang.org/x/tools/txtar"
)

// TestKinds compares the two trees of each file in testdata. The files below both/ are in both trees, those below before/ and after/ in one of
// them. Consequences are under want, and under reversed those of the opposite direction. UPDATE=1 writes them.
func TestKinds(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(err, "no cases")
	}
	words := map[string]bool{}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			before, after := tree(archive, "before/"), tree(archive, "after/")
			there, back := compare(t, before, after), compare(t, after, before)
			for _, r := range []*diff.Result{there, back} {
				for _, c := range r.Consequences {
					words[c.Word] = true
				}
			}
			mirrored(t, there, back)
			if nothing := compare(t, after, after); len(nothing.Consequences)+len(nothing.Objects)+len(nothing.NotCompared)+len(nothing.NotJudged) > 0 {
				t.Errorf("a tree differs from itself: %+v", nothing.Consequences)
			}
			got := map[string]string{"want": text(there), "reversed": text(back)}
			if os.Getenv("UPDATE") != "" {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { _, ok := got[f.Name]; return ok })
				for _, section := range []string{"want", "reversed"} {
					archive.Files = append(archive.Files, txtar.File{Name: section, Data: []byte(got[section])})
				}
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			for section, text := range got {
				if d := gocmp.Diff(string(section1(archive, section)), text); d != "" {
					t.Errorf("%s (-want +got):\n%s", section, d)
				}
			}
		})
	}
	for _, k := range kinds.All() {
		for _, w := range k.Words {
			if !words[w] {
				t.Errorf("no case has the consequence %s", w)
			}
		}
	}
}

func section1(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// tree are the files of one side.
func tree(a *txtar.Archive, side string) fs.FS {
	out := fstest.MapFS{}
	for _, f := range a.Files {
		for _, in := range []string{"both/", side} {
			if name, ok := strings.CutPrefix(f.Name, in); ok {
				out[name] = &fstest.MapFile{Data: f.Data}
			}
		}
	}
	return out
}

func compare(t *testing.T, before, after fs.FS) *diff.Result {
	t.Helper()
	var both [2]*diff.Side
	for i, files := range []fs.FS{before, after} {
		side, closer, err := sides.Open(inspection.Input{Place: fleet.Place{Dir: ".", Files: files}}, []string{"before", "after"}[i], "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = closer() })
		if side.Clusters == nil {
			t.Fatal(side.Name, side.Mistakes)
		}
		both[i] = side
	}
	r, err := diff.Compare(both[0], both[1], diff.Options{Kinds: kinds.All()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text is what a case wants.
func text(r *diff.Result) string {
	var b strings.Builder
	for _, c := range r.Consequences {
		fmt.Fprintf(&b, "%s %s: %s\n", c.Weight, c.Word, c.Message)
		for _, d := range c.Details {
			fmt.Fprintf(&b, "  %s\n", d)
		}
		for _, cause := range c.Causes {
			before := ""
			if cause.Before {
				before = " (before)"
			}
			fmt.Fprintf(&b, "  %s:%d%s\n", cause.Pos.File, cause.Pos.Line, before)
		}
		if len(c.Causes) == 0 {
			b.WriteString("  no cause\n")
		}
	}
	for _, n := range r.NotCompared {
		fmt.Fprintf(&b, "not compared: %s: %s\n", n.Application, n.Why)
	}
	for _, n := range r.NotJudged {
		fmt.Fprintf(&b, "not judged: %s: %s\n", n.Kind, n.Why)
	}
	return b.String()
}

// mirrored checks that both directions have consequences of the same kinds for the same subjects.
func mirrored(t *testing.T, there, back *diff.Result) {
	t.Helper()
	subjects := func(r *diff.Result) []string {
		var out []string
		for _, c := range r.Consequences {
			out = append(out, c.Kind+": "+c.Subject)
		}
		slices.SortFunc(out, cmp.Compare[string])
		return slices.Compact(out)
	}
	if d := gocmp.Diff(subjects(there), subjects(back)); d != "" {
		t.Errorf("the opposite direction has others (-there +back):\n%s", d)
	}
}

// TestDocumentation looks for each word in docs/diff.md.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../../docs/diff.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| word | when |")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, k := range kinds.All() {
		for _, w := range k.Words {
			if !strings.Contains(table, "`"+w+"`") {
				t.Errorf("docs/diff.md does not have %s", w)
			}
		}
	}
}
