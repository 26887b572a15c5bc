package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// TestLinks follows the relative links of the documentation, pictures among them, and those within a page. Every page of docs can be
// reached from its start page.
func TestLinks(t *testing.T) {
	pages := documentation(t)
	if len(pages) < 20 {
		t.Fatalf("found these pages only: %q", pages)
	}
	leads := map[string][]string{} // the pages that a page links to
	for _, page := range pages {
		for _, m := range regexp.MustCompile(`(?:\]\(|src="|srcset="|href=")([^)\s"]+)[)"]`).FindAllStringSubmatch(withoutCode(read(t, page)), -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			leads[page] = append(leads[page], target)
			if _, err := os.Stat(filepath.Join(examples.Root(), target)); err != nil {
				t.Errorf("%s: %s leads nowhere", page, m[1])
			} else if anchor != "" && !hasHeading(t, target, anchor) {
				t.Errorf("%s: %s has no such heading", page, m[1])
			}
		}
	}
	reached, next := map[string]bool{}, []string{"docs/README.md"}
	for len(next) > 0 {
		page := next[0]
		next = next[1:]
		if !reached[page] {
			reached[page] = true
			next = append(next, leads[page]...)
		}
	}
	for _, page := range pages {
		if strings.HasPrefix(page, "docs/") && !reached[page] {
			t.Errorf("no link leads from docs/README.md to %s", page)
		}
	}
}

// documentation are the Markdown files of this repository, by their paths, that are no test's input.
func documentation(t *testing.T) (out []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(examples.Root()), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (d.Name() == "testdata" || d.Name() == "bin" || d.Name() == "out" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// withoutCode is a Markdown text without what is shown as it is.
func withoutCode(text string) string {
	text = regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(text, "")
	return regexp.MustCompile("``[^`]+(`[^`]+)*``|`[^`\n]+`").ReplaceAllString(text, "``")
}

// hasHeading reports whether a page has the heading that GitHub and GitLab give the anchor.
func hasHeading(t *testing.T, page, anchor string) bool {
	t.Helper()
	for heading := range sections(read(t, page)) {
		slug := strings.ReplaceAll(strings.ToLower(heading), " ", "-")
		if regexp.MustCompile(`[^a-z0-9_-]`).ReplaceAllString(slug, "") == anchor {
			return true
		}
	}
	return false
}
