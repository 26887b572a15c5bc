package fleet

import (
	"io/fs"
	"path"
	"strings"
)

// At is a file system in which all of fsys lies in a folder, with nothing beside it.
func At(fsys fs.FS, folder string) fs.FS {
	if folder == "." || folder == "" {
		return fsys
	}
	return placed{fsys, folder}
}

// placed is a file system in a folder of a larger one.
type placed struct {
	fs.FS
	folder string
}

// inside is a name in the inner file system; above says that it is a folder on the way there.
func (p placed) inside(op, name string) (inner string, above bool, err error) {
	switch {
	case name == p.folder:
		return ".", false, nil
	case strings.HasPrefix(name, p.folder+"/"):
		return name[len(p.folder)+1:], false, nil
	case name == "." || strings.HasPrefix(p.folder, name+"/"):
		return ".", true, nil
	}
	return "", false, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func (p placed) Open(name string) (fs.File, error) {
	inner, above, err := p.inside("open", name)
	if above { // those are read only through ReadDir
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, err
	}
	return p.FS.Open(inner)
}

func (p placed) ReadDir(name string) ([]fs.DirEntry, error) {
	inner, above, err := p.inside("open", name)
	if err != nil {
		return nil, err
	}
	if !above {
		return fs.ReadDir(p.FS, inner)
	}
	info, err := fs.Stat(p.FS, ".")
	if err != nil {
		return nil, err
	}
	next, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(p.folder, name), "/"), "/")
	return []fs.DirEntry{fs.FileInfoToDirEntry(named{info, next})}, nil
}

func (p placed) ReadFile(name string) ([]byte, error) {
	inner, _, err := p.inside("open", name)
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(p.FS, inner)
}

func (p placed) Stat(name string) (fs.FileInfo, error) {
	inner, _, err := p.inside("stat", name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Stat(p.FS, inner)
	return named{info, path.Base(name)}, err
}

func (p placed) Lstat(name string) (fs.FileInfo, error) {
	inner, _, err := p.inside("lstat", name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Lstat(p.FS, inner)
	return named{info, path.Base(name)}, err
}

func (p placed) ReadLink(name string) (string, error) {
	inner, _, err := p.inside("readlink", name)
	if err != nil {
		return "", err
	}
	return fs.ReadLink(p.FS, inner)
}

// named is a folder under the name that it has in the larger file system.
type named struct {
	fs.FileInfo
	name string
}

func (n named) Name() string { return n.name }
