// Package checkout provides a Git repository's files as an fs.FS that has no .git: neither the folder, nor the file that a worktree or a
// submodule has instead, at any depth, in any case, under its own name or by way of a link.
//
// Git's own data is never input: in CI, .git/config holds the token of the job, and whatever a source can read ends in a
// manifest, in a finding, or in a log. Everything else is as in the underlying file system, which must keep links from leading
// out, as os.Root does.
package checkout

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"

	"github.com/hippotion/roster/internal/dotgit"
)

// ErrGit is why a file cannot be read. For errors.Is it is also fs.ErrPermission.
var ErrGit error = refusal(dotgit.Why)

type refusal string

func (r refusal) Error() string { return string(r) }

func (refusal) Is(target error) bool { return target == fs.ErrPermission }

// FS are the files of the repository at root.
func FS(root *os.Root) fs.FS {
	f := &files{below: root.FS().(lower)}
	f.elsewhere = f.gitFolder()
	return f
}

// lower is what os.Root.FS returns.
type lower interface {
	fs.ReadFileFS
	fs.ReadDirFS
	fs.StatFS
	fs.ReadLinkFS
}

type files struct {
	below     lower
	elsewhere string   // the folder, inside of the repository, that its .git leads to; empty when there is none
	plain     sync.Map // paths with no link in them, and no .git
}

// maxLinks is how many links are followed in one path, as in os.Root.
const maxLinks = 255

// gitFolder is where .git leads to when it is a link, or a file that names a folder (gitrepository-layout(5)).
func (f *files) gitFolder() string {
	target, err := f.below.ReadLink(".git")
	if err != nil {
		info, err := f.below.Lstat(".git")
		if err != nil || !info.Mode().IsRegular() || info.Size() > 4096 {
			return ""
		}
		text, _ := f.below.ReadFile(".git")
		said, ok := strings.CutPrefix(string(text), "gitdir:")
		if !ok {
			return ""
		}
		target = strings.TrimSpace(said)
	}
	if target = path.Clean(target); !fs.ValidPath(target) || target == "." {
		return ""
	}
	return target
}

// check is ErrGit for a name that leads into .git, by itself or by way of links. The last element is followed unless it is
// the link itself that is asked for. Where it has to look at the file, it returns its info; nil when the underlying file system decides.
func (f *files) check(op, name string, follow bool) (fs.FileInfo, error) {
	refused := &fs.PathError{Op: op, Path: name, Err: ErrGit}
	if !fs.ValidPath(name) {
		return nil, nil // the underlying file system reports it
	}
	if dotgit.In(name) {
		return nil, refused
	}
	if _, plain := f.plain.Load(name); plain {
		return nil, nil
	}
	at, rest := ".", strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(at, rest[0])
		rest = rest[1:]
		if next == ".." || strings.HasPrefix(next, "../") {
			return nil, nil // leads out: the underlying file system refuses it
		}
		if links > 0 && dotgit.Is(path.Base(next)) || f.elsewhere != "" && next == f.elsewhere {
			return nil, refused
		}
		if len(rest) == 0 && !follow {
			return nil, nil
		}
		if _, plain := f.plain.Load(next); plain {
			at = next
			continue
		}
		info, err := f.below.Lstat(next)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		} else if err != nil {
			return nil, nil // so does the underlying file system
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			f.plain.Store(next, true)
			if len(rest) == 0 && next == name {
				return info, nil
			}
			at = next
			continue
		}
		target, err := f.below.ReadLink(next)
		if links++; err != nil || links > maxLinks || path.IsAbs(target) {
			return nil, nil // as above
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return nil, nil
}

func (f *files) Open(name string) (fs.File, error) {
	if _, err := f.check("open", name, true); err != nil {
		return nil, err
	}
	file, err := f.below.Open(name)
	if err != nil {
		return nil, err
	}
	if dir, ok := file.(fs.ReadDirFile); ok {
		return folder{dir}, nil
	}
	return file, nil
}

func (f *files) ReadFile(name string) ([]byte, error) {
	if _, err := f.check("open", name, true); err != nil {
		return nil, err
	}
	return f.below.ReadFile(name)
}

func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	if _, err := f.check("open", name, true); err != nil {
		return nil, err
	}
	if info, err := f.below.Stat(name); err == nil && !info.IsDir() { // a pipe would hang
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOTDIR}
	}
	entries, err := f.below.ReadDir(name)
	return without(entries), err
}

func (f *files) Stat(name string) (fs.FileInfo, error) {
	if info, err := f.check("stat", name, true); info != nil || err != nil {
		return info, err
	}
	return f.below.Stat(name)
}

func (f *files) Lstat(name string) (fs.FileInfo, error) {
	if _, err := f.check("lstat", name, false); err != nil {
		return nil, err
	}
	return f.below.Lstat(name)
}

func (f *files) ReadLink(name string) (string, error) {
	if _, err := f.check("readlink", name, false); err != nil {
		return "", err
	}
	return f.below.ReadLink(name)
}

// without are the entries of a folder but .git.
func without(entries []fs.DirEntry) []fs.DirEntry {
	for i, e := range entries {
		if !dotgit.Is(e.Name()) {
			continue
		}
		out := append([]fs.DirEntry{}, entries[:i]...)
		for _, e := range entries[i:] {
			if !dotgit.Is(e.Name()) {
				out = append(out, e)
			}
		}
		return out
	}
	return entries
}

// folder is an open folder without .git.
type folder struct{ fs.ReadDirFile }

func (f folder) ReadDir(n int) ([]fs.DirEntry, error) {
	for {
		entries, err := f.ReadDirFile.ReadDir(n)
		if out := without(entries); len(out) > 0 || n <= 0 || err != nil {
			return out, err
		}
	}
}
