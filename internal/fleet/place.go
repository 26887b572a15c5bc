package fleet

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/hippotion/roster/internal/checkout"
	"github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/source"
)

// Place is where a list is.
type Place struct {
	Top   string // the folder on the disk beyond which nothing is read: a checkout, or the part of it that was sent
	At    string // where that is in the repository; "." (or empty) for all of it
	Dir   string // the folder of the list, relative to the top of the checkout
	Shown string // the same, as the user named it
	// Files, when set, replace those on the disk, and what the applications deploy is rendered in this process
	// without any limit: for tests, and for input that is trusted.
	Files fs.FS
	// Tree, when set, replaces what is on the disk by what a commit has, and Top is empty.
	Tree git.Tree
	// Texts are what files have in the place of what is there, by names relative to the top: see With.
	Texts map[string]string `json:",omitempty"`
}

// Committed reports whether the place is in a commit, and not on the disk.
func (p Place) Committed() bool { return p.Tree != git.Tree{} }

// Find is the place of the list in folder dir. Only files of the repository are read: of the named folder, else of the Git checkout around
// dir, else of dir itself.
func Find(dir, repository string) (Place, error) {
	here, err := folder(dir)
	if err != nil {
		return Place{}, err
	}
	top := checkoutAround(here)
	if repository != "" {
		if top, err = folder(repository); err != nil {
			return Place{}, err
		}
	}
	inside, within := below(top, here)
	if !within {
		return Place{}, fmt.Errorf("%q is not in the repository %q", dir, repository)
	}
	return Place{Top: top, Dir: inside, Shown: filepath.ToSlash(dir)}, nil
}

// FindIn is the place that the list in folder dir has in a commit. The folder need not exist on the disk. Only files of the repository are
// read: of the named folder, else of the whole commit.
func FindIn(dir, repository string, r *git.Repository, c git.Commit) (Place, error) {
	here, err := git.Existing(dir)
	if err != nil {
		return Place{}, err
	}
	top := r.Top
	if repository != "" {
		if top, err = git.Existing(repository); err != nil {
			return Place{}, err
		}
	}
	tree, within := below(r.Top, top)
	inside, inIt := below(top, here)
	if !within || !inIt {
		return Place{}, fmt.Errorf("%q is not in the repository %q", dir, cmp.Or(repository, r.Top))
	}
	return Place{Tree: r.Tree(c).In(tree), Dir: inside, Shown: filepath.ToSlash(dir)}, nil
}

// below is where a folder lies in another one.
func below(top, dir string) (inside string, within bool) {
	inside, err := filepath.Rel(top, dir)
	return filepath.ToSlash(inside), err == nil && filepath.IsLocal(inside)
}

// in is a folder of the place, as a place of its own.
func (p Place) in(folder string) (Place, error) {
	var err error
	p.Texts = textsBelow(p.Texts, folder)
	switch {
	case p.Files != nil && folder != ".":
		p.Files, err = fs.Sub(p.Files, folder)
	case p.Files != nil:
	case p.Committed():
		p.Tree = p.Tree.In(folder)
	default:
		p.Top = filepath.Join(p.Top, filepath.FromSlash(folder))
	}
	return p, err
}

// Open is the repository from its root, which Build has found. Close must be called when it is no longer read.
func (o *Output) Open(p Place) (files fs.FS, closer func() error, err error) {
	if p, err = p.in(o.Root); err != nil {
		return nil, nil, err
	}
	return p.open()
}

// SourcesIn are sources with the copies that a repository below the place has of them.
func (p Place) SourcesIn(root, folder string, s source.Sources) source.Sources {
	with, ok := s.(source.Copied)
	if !ok || folder == "" || p.Files != nil {
		return s
	}
	p, _ = p.in(root) // which fails for Files alone
	c := source.Copies{Repository: p.Top, Folder: folder, At: p.At}
	if p.Committed() {
		c.Tree = p.Tree.Text()
	}
	return with.With(c)
}

// Open opens the files of the repository. They are read until closer is called.
func (p Place) Open() (files fs.FS, closer func() error, err error) { return p.open() }

func (p Place) open() (files fs.FS, closer func() error, err error) {
	files, closer, err = p.there()
	if err != nil {
		return nil, nil, err
	}
	return propose(files, p.Texts), closer, nil
}

// there are the files without what is only proposed.
func (p Place) there() (files fs.FS, closer func() error, err error) {
	switch {
	case p.Files != nil:
		return p.Files, func() error { return nil }, nil
	case p.Committed():
		tree, err := p.Tree.Open()
		if err != nil {
			return nil, nil, err
		}
		return At(tree, p.At), tree.Close, nil
	}
	root, err := os.OpenRoot(p.Top)
	if err != nil {
		return nil, nil, err
	}
	return At(checkout.FS(root), p.At), root.Close, nil
}

// Beside reads a file of at most so many bytes beside the list. No link is followed in its place. It is fs.ErrNotExist when it is missing.
func (p Place) Beside(name string, most int64) ([]byte, error) {
	files, closer, err := p.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer() }() // of files that were only read
	name = path.Join(p.Dir, name)
	info, err := fs.Lstat(files, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading %s: it is not a file", name)
	case info.Size() > most:
		return nil, fmt.Errorf("reading %s: it has more than %d MiB", name, most>>20)
	}
	return fs.ReadFile(files, name)
}
