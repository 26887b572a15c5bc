package gardener

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha1" // the name of a Git object, and not a secret
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	program "github.com/hippotion/roster/internal/git"
)

// file is a file of a commit.
type file struct {
	mode, object string // as git ls-tree prints them
	size         int64
	withheld     string // why it is not in the copy
}

// copyOf is a commit's files in a plain folder, for the decider. Not in it are what it could not change anyway: symbolic links,
// submodules, and big files.
type copyOf struct {
	dir    string // holds the folders of the repository
	within string // of the repository, the folder that is the vault; "." for all
	files  map[string]file
}

// export copies the files of a commit to the folder dir, which is empty.
func export(ctx context.Context, g *git, in program.Place, commit, within, dir string) (*copyOf, error) {
	args := []string{"ls-tree", "-r", "-l", "-z", "--full-tree", commit}
	if within != "." {
		args = append(args, within+"/")
	}
	listing, err := g.run(ctx, in, nil, args...)
	if err != nil {
		return nil, err
	}
	c := &copyOf{dir, within, map[string]file{}}
	var names []string
	var objects strings.Builder
	for entry := range strings.SplitSeq(strings.TrimSuffix(listing, "\x00"), "\x00") {
		if entry == "" {
			break
		}
		about, name, _ := strings.Cut(entry, "\t")
		words := strings.Fields(about)          // mode, type, object, size
		valid := strings.ToValidUTF8(name, "_") // Go's fs has no other names
		if len(words) != 4 || !fs.ValidPath(valid) || insideGit(name) {
			return nil, fmt.Errorf("the commit has an impossible file: %s", clean(entry, 200))
		}
		f := file{mode: words[0], object: words[2]}
		f.size, _ = strconv.ParseInt(words[3], 10, 64) // a submodule has none
		switch {
		case f.mode == "120000":
			f.withheld = "a symbolic link"
		case f.mode == "160000":
			f.withheld = "a submodule"
		case f.size > maxFile:
			f.withheld = tooBig
		case name != valid:
			f.withheld = badName
		default:
			names = append(names, name)
			objects.WriteString(f.object + "\n")
		}
		c.files[name] = f
	}
	if len(c.files) == 0 && within != "." {
		return nil, fmt.Errorf("the commit has no folder %q", within)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := root.MkdirAll(within, 0o755); err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- c.write(root, names, r) }()
	err = g.pipe(ctx, in, strings.NewReader(objects.String()), w, "cat-file", "--batch")
	_ = w.CloseWithError(cmp.Or(err, io.EOF)) // it never fails
	return c, errors.Join(err, <-done)
}

// write makes the files from what git cat-file --batch prints for them.
func (c *copyOf) write(root *os.Root, names []string, from *io.PipeReader) (err error) {
	defer func() { _ = from.CloseWithError(err) }() // git must not wait for a reader that gave up
	r := bufio.NewReaderSize(from, 1<<16)
	for _, name := range names {
		f := c.files[name]
		header, err := r.ReadString('\n')
		if err != nil || header != fmt.Sprintf("%s blob %d\n", f.object, f.size) {
			return fmt.Errorf("reading %s of the commit: %w", clean(name, 200), cmp.Or(err, errors.New("git has another object")))
		}
		mode := fs.FileMode(0o644)
		if f.mode == "100755" {
			mode = 0o755
		}
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		out, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		_, err = io.CopyN(out, r, f.size)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
		if _, err := r.Discard(1); err != nil {
			return err
		}
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

// insideGit reports whether a path has a part that Git would treat as its own.
func insideGit(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(part, ".git") {
			return true
		}
	}
	return false
}

// withheld lists, relative to the vault, the files that are not in the copy.
func (c *copyOf) withheld() map[string]string {
	out := map[string]string{}
	for name, f := range c.files {
		if f.withheld != "" {
			out[strings.TrimPrefix(name, c.within+"/")] = f.withheld
		}
	}
	return out
}

// change is what the decider did to a file.
type change struct {
	path    string
	kind    string // added, changed, or deleted
	mode    string
	text    []byte // read once: what is checked is what is committed
	emptied bool
}

// limits are what the user permits.
type limits struct {
	changes, deletions int
	allow              globs // beyond notes
}

// refusal is a check that failed: what is wrong, line by line.
type refusal struct{ lines []string }

func refuse(lines ...string) error { return &refusal{lines} }

func (r *refusal) Error() string { return strings.Join(r.lines, "\n  ") }

const (
	maxProblems = 10
	maxDepth    = 32
	maxPath     = 1000
)

// changes compares the copy with the commit, and refuses what is not permitted.
func (c *copyOf) changes(l limits) ([]change, error) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, fmt.Errorf("reading what the decider did: %w", err)
	}
	defer root.Close()
	var found []change
	var problems []string
	tooMany := refuse("the decider changed more than " + count(l.changes, "file") + " (--max-changes)")
	seen := map[string]bool{}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		problem := func(why string) { problems = append(problems, clean(name, 200)+": "+why) }
		if len(problems) >= maxProblems {
			return fs.SkipAll
		}
		if insideGit(name) {
			problem("belongs to Git, and not to the notes")
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			if strings.Count(name, "/") >= maxDepth {
				problem("too deep")
				return fs.SkipDir
			}
			return nil
		}
		before, known := c.files[name]
		seen[name] = true
		ch, why, err := compare(root, name, before, known)
		switch {
		case err != nil:
			return err
		case why == "" && ch != nil:
			why = c.forbidden(name, l.allow)
			if !known && why == "" && (!printable(name) || len(name) > maxPath) {
				why = "its name is too long, or has characters that cannot be shown"
			}
			if found = append(found, *ch); len(found) > l.changes {
				return tooMany
			}
		}
		if why != "" {
			problem(why)
		}
		return nil
	})
	if errors.Is(err, tooMany) {
		return nil, err
	} else if err != nil {
		return nil, fmt.Errorf("reading what the decider did: %w", err)
	}
	for name, f := range c.files {
		if f.withheld == "" && !seen[name] && len(problems) < maxProblems {
			if why := c.forbidden(name, l.allow); why != "" {
				problems = append(problems, clean(name, 200)+": "+why)
			}
			found = append(found, change{path: name, kind: "deleted"})
		}
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return nil, refuse(append([]string{"the decider did what is not permitted:"}, problems...)...)
	}
	deletions := 0
	for _, ch := range found {
		if ch.kind == "deleted" || ch.emptied {
			deletions++
		}
	}
	if len(found) > l.changes {
		return nil, tooMany
	}
	if deletions > l.deletions {
		return nil, refuse(fmt.Sprintf("the decider deleted or emptied %s, and %d are permitted (--max-deletions)", count(deletions, "file"), l.deletions))
	}
	slices.SortFunc(found, func(a, b change) int { return strings.Compare(a.path, b.path) })
	return found, nil
}

// forbidden returns why a file must not change at all; empty when it may.
func (c *copyOf) forbidden(name string, allow globs) string {
	within := strings.TrimPrefix(name, c.within+"/")
	switch {
	case c.within != "." && within == name:
		return "outside of " + c.within
	case allow.match(within) || isNote(name) && !hidden(within):
		return ""
	case isNote(name):
		return "in a hidden folder"
	}
	return "not a note"
}

// compare returns what happened to a file; nil when nothing did. Why is set when it is not permitted.
func compare(root *os.Root, name string, before file, known bool) (ch *change, why string, err error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, "", err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, "a symbolic link", nil
	case !info.Mode().IsRegular():
		return nil, "not a regular file", nil
	case known && before.withheld != "":
		return nil, "in place of what was not copied (" + before.withheld + ")", nil
	case info.Size() > maxFile:
		return nil, tooBig, nil
	case (info.Mode().Perm()&0o111 != 0) != (known && before.mode == "100755"):
		return nil, "it is or was executable", nil
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may have become a pipe
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, "", cmp.Or(err, fmt.Errorf("%s changes while it is read", clean(name, 200)))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, "", err
	case len(text) > maxFile:
		return nil, tooBig, nil
	case known && objectName(text, len(before.object)) == before.object:
		return nil, "", nil
	case known:
		empty := len(bytes.TrimSpace(text)) == 0 && before.size > 0
		return &change{path: name, kind: "changed", mode: before.mode, text: text, emptied: empty}, "", nil
	}
	return &change{path: name, kind: "added", mode: "100644", text: text}, "", nil
}

// objectName is the name that Git gives a file's text, in so many hexadecimal digits.
func objectName(text []byte, digits int) string {
	var h hash.Hash = sha1.New()
	if digits == 2*sha256.Size {
		h = sha256.New()
	}
	_, _ = fmt.Fprintf(h, "blob %d\x00", len(text))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))
}
