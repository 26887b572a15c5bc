// Package copies keeps copies of what was fetched in a folder of the repository, for those who want them in Git. A copy is there as a
// whole or not at all, and what somebody has changed is neither used nor written over.
//
// No link is followed, neither on the way to a copy nor in its place, and nothing outside of the repository is read or written.
package copies

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/source"
)

const (
	maxFile   = 128 << 20 // bytes of a copy that is no folder
	temporary = ".roster-new-"
)

// errNoFolder is what a link is, too: then there are no copies, and none can be made.
var errNoFolder = errors.New("not a folder")

// at is the name of a copy, relative to the repository on the disk, which is opened.
func at(c source.Copies, k source.Locked) (*os.Root, string, error) {
	root, err := os.OpenRoot(c.Repository)
	if err != nil {
		return nil, "", err
	}
	name, err := nameIn(root.FS(), c, k)
	if err != nil {
		return nil, "", errors.Join(err, root.Close())
	}
	return root, name, nil
}

// nameIn is the name of a copy in the files of the repository. The folders on the way must be folders.
func nameIn(files fs.FS, c source.Copies, k source.Locked) (string, error) {
	name, there := c.Inside(path.Join(c.Folder, k.CopyName()))
	if !there {
		return "", fs.ErrNotExist
	}
	parts := strings.Split(path.Dir(name), "/")
	for i := range parts {
		above := path.Join(parts[:i+1]...)
		info, err := fs.Lstat(files, above)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err == nil && !info.IsDir():
			err = fmt.Errorf("%s is %w", above, errNoFolder)
		}
		if err != nil {
			return "", err
		}
	}
	return name, nil
}

// opened is a repository that is read: on the disk, or in a commit.
type opened struct {
	fs.FS
	io.Closer
	folder func(name string) (*opened, error)
}

func onDisk(root *os.Root) *opened {
	return &opened{root.FS(), root, func(name string) (*opened, error) {
		below, err := root.OpenRoot(name)
		if err != nil {
			return nil, err
		}
		return onDisk(below), nil
	}}
}

func inCommit(t git.Tree) (*opened, error) {
	files, err := t.Open()
	return &opened{files, files, func(name string) (*opened, error) { return inCommit(t.In(name)) }}, err
}

func open(c source.Copies) (*opened, error) {
	if c.Tree != "" {
		tree, err := git.ParseTree(c.Tree)
		if err != nil {
			return nil, err
		}
		return inCommit(tree)
	}
	root, err := os.OpenRoot(c.Repository)
	if err != nil {
		return nil, err
	}
	return onDisk(root), nil
}

// Open gives the files of a copy, as source.Sources does. It is fs.ErrNotExist when there is none, and source.ErrChanged when it is not
// what the lock has. A folder is kept open as long as it is used.
func Open(c source.Copies, k source.Locked) (fs.FS, error) {
	repository, err := open(c)
	if err != nil {
		return nil, err
	}
	defer repository.Close()
	name, err := nameIn(repository.FS, c, k)
	if errors.Is(err, errNoFolder) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	info, err := fs.Lstat(repository.FS, name)
	if err != nil {
		return nil, err
	}
	if k.Digest.IsTree() != info.IsDir() || !info.IsDir() && (!info.Mode().IsRegular() || info.Size() > maxFile) {
		return nil, source.ErrChanged
	}
	if !info.IsDir() {
		data, err := fs.ReadFile(repository.FS, name)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != k.Digest.Hex() {
			return nil, source.ErrChanged
		}
		return source.OneFile(k.FileName(), data), nil
	}
	folder, err := repository.folder(name)
	if err != nil {
		return nil, err
	}
	files, err := source.TreeOf(folder.FS, k.Digest)
	if err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return files, nil
}

// Write makes a copy, which must not be there yet.
func Write(c source.Copies, k source.Locked, from fs.FS) error {
	root, name, err := at(c, k)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	part := path.Join(c.Folder, temporary+rand.Text())
	defer func() { _ = root.RemoveAll(part) }()
	if k.Digest.IsTree() {
		err = writeFolder(root, part, from)
	} else {
		err = writeFile(root, part, from, k.FileName(), 0o644)
	}
	if err != nil {
		return err
	}
	if _, err := root.Lstat(name); !errors.Is(err, fs.ErrNotExist) { // somebody was faster
		return errors.Join(fs.ErrExist, err)
	}
	return root.Rename(part, name)
}

func writeFolder(root *os.Root, to string, from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := path.Join(to, name)
		switch {
		case e.IsDir():
			return root.Mkdir(target, 0o755)
		case e.Type()&fs.ModeSymlink != 0:
			link, err := fs.ReadLink(from, name)
			if err != nil {
				return err
			}
			if source.LeadsOut(name, link) { // Argo CD refuses the repository
				return fmt.Errorf("its link %s leads out of it", name)
			}
			return root.Symlink(link, target)
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o111 != 0 {
			mode = 0o755
		}
		return writeFile(root, target, from, name, mode)
	})
}

func writeFile(root *os.Root, to string, from fs.FS, name string, mode fs.FileMode) error {
	in, err := from.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Remove removes a copy, and the folders above it that are empty then.
func Remove(c source.Copies, k source.Locked) error {
	root, name, err := at(c, k)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.RemoveAll(name); err != nil {
		return err
	}
	for above := path.Dir(name); above != c.Folder && above != "."; above = path.Dir(above) {
		if root.Remove(above) != nil { // it is not empty
			return nil
		}
	}
	return nil
}

// Sweep removes what runs have left that were killed.
func Sweep(c source.Copies) error {
	root, _, err := at(c, source.Locked{})
	if err != nil {
		return err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), c.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), temporary) {
			err = errors.Join(err, root.RemoveAll(path.Join(c.Folder, e.Name())))
		}
	}
	return err
}
