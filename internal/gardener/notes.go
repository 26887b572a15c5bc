package gardener

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What is read at most. Beyond the first, a file is skipped and listed; beyond the others, there is no report: half of one
// would call notes orphans whose links were not read.
const (
	maxFile  = 1 << 20
	maxNotes = 20_000
	maxFiles = 200_000
	maxText  = 512 << 20
)

// vaultFiles is what a vault holds. Folders whose name begins with a dot are not part of it, and links are not followed.
type vaultFiles struct {
	notes   []string // sorted
	others  []string // everything else that a link may lead to
	folders []string
	skipped []Skipped
}

// list walks a vault. Withheld names files that exist, but not in fsys, and why; see copyOf.
func list(fsys fs.FS, withheld map[string]string) (*vaultFiles, error) {
	v := &vaultFiles{}
	add := func(name string, mode fs.FileMode, size int64, why string) error {
		switch {
		case len(v.notes)+len(v.others) >= maxFiles:
			return fmt.Errorf("more than %d files", maxFiles)
		case !printable(name):
			v.skipped = append(v.skipped, Skipped{clean(name, 200), badName})
			return nil
		case isNote(name) && why == "" && !mode.IsRegular():
			why = "not a regular file"
		case isNote(name) && why == "" && size > maxFile:
			why = tooBig
		}
		if isNote(name) && why == "" {
			v.notes = append(v.notes, name)
			return nil
		}
		if isNote(name) {
			v.skipped = append(v.skipped, Skipped{name, why})
		}
		v.others = append(v.others, name)
		return nil
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case d.IsDir() && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() && !printable(name):
			v.skipped = append(v.skipped, Skipped{clean(name, 200), badName})
			return fs.SkipDir
		case d.IsDir():
			v.folders = append(v.folders, name)
			return nil
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // removed since the folder was read
			return nil
		} else if err != nil {
			return err
		}
		return add(name, info.Mode(), info.Size(), "")
	})
	for name, why := range withheld {
		if err == nil && !hidden(name) {
			err = add(name, 0, 0, why)
		}
	}
	if err == nil && len(v.notes) > maxNotes {
		err = fmt.Errorf("more than %d notes", maxNotes)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the vault: %w", err)
	}
	slices.Sort(v.notes)
	slices.SortFunc(v.skipped, func(a, b Skipped) int { return strings.Compare(a.File, b.File) })
	return v, nil
}

const badName = "its name has characters that cannot be shown"

var tooBig = fmt.Sprintf("bigger than %d bytes", maxFile)

func readNote(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}

func isNote(name string) bool { return strings.EqualFold(path.Ext(name), ".md") }

// stem is how a link may name a note: its path without the extension, whatever the case of its letters.
func stem(name string) string {
	name = strings.ToLower(name)
	return strings.TrimSuffix(name, ".md")
}

// hidden reports whether a file is in a folder whose name begins with a dot.
func hidden(name string) bool {
	dir := path.Dir(name)
	return dir != "." && (strings.HasPrefix(dir, ".") || strings.Contains(dir, "/."))
}

// globs are patterns of path.Match. One without a slash is for the last part of a path, one with a slash is for the whole
// path, and one that ends in /** is for everything below a folder.
type globs []string

func (g globs) match(name string) bool {
	return slices.ContainsFunc(g, func(pattern string) bool {
		if dir, ok := strings.CutSuffix(pattern, "/**"); ok {
			return strings.HasPrefix(name, dir+"/")
		}
		subject := name
		if !strings.Contains(pattern, "/") {
			subject = path.Base(name)
		}
		ok, _ := path.Match(pattern, subject) // the flags refuse an invalid pattern
		return ok
	})
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// clean makes one short line of text that others wrote: no control characters, no white space but single blanks, and at
// most so many characters.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n == most-1 && utf8.RuneCountInString(s[i:]) > 1 {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
