package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// entry is a file, a folder or a link of Files.
type entry struct {
	name     string
	mode     fs.FileMode
	size     int64
	target   string                 // of a link
	read     func() ([]byte, error) // of a file
	children map[string]*entry      // of a folder
}

func folder(name string) *entry {
	return &entry{name: name, mode: fs.ModeDir | 0o555, children: map[string]*entry{}}
}

// files are a file system that was read from one piece. Links are followed within it, and nowhere else.
type files struct{ top *entry }

// OneFile is a file system with one file: what Sources opens for a chart and a File.
func OneFile(name string, data []byte) fs.FS {
	top := folder(".")
	top.children[name] = inMemory(data)
	top.children[name].name = name
	return &files{top}
}

// Files is a file system of the contents of files, by their paths.
func Files(contents map[string][]byte) (fs.FS, error) {
	out := &files{folder(".")}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if !fs.ValidPath(name) || name == "." {
			return nil, fmt.Errorf("it has a file %s, which is not a path within it", shown(name))
		}
		if err := out.add(name, inMemory(contents[name])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func inMemory(data []byte) *entry {
	return &entry{mode: 0o444, size: int64(len(data)), read: func() ([]byte, error) { return data, nil }}
}

// add puts an entry at a path, with the folders above it.
func (f *files) add(name string, e *entry) error {
	at := f.top
	elements := strings.Split(name, "/")
	for _, element := range elements[:len(elements)-1] {
		next := at.children[element]
		if next == nil {
			next = folder(element)
			at.children[element] = next
		}
		if !next.mode.IsDir() {
			return fmt.Errorf("%q is a file, and a folder", name)
		}
		at = next
	}
	e.name = elements[len(elements)-1]
	if at.children[e.name] != nil {
		return fmt.Errorf("%q occurs twice", name)
	}
	at.children[e.name] = e
	return nil
}

// ErrOutside is what a link gets that leads out of a tree.
var ErrOutside = fmt.Errorf("a link leads out of what was fetched: %w", fs.ErrPermission)

// find is what a name leads to. The last element is followed when follow is set.
func (f *files) find(op, name string, follow bool) (*entry, error) {
	fail := func(err error) (*entry, error) { return nil, &fs.PathError{Op: op, Path: name, Err: err} }
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	const maxLinks = 40
	way, rest := []*entry{f.top}, strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		element := rest[0]
		rest = rest[1:]
		at := way[len(way)-1]
		if !at.mode.IsDir() {
			return fail(fs.ErrNotExist)
		}
		switch element {
		case ".", "":
			continue
		case "..":
			if len(way) == 1 {
				return fail(ErrOutside)
			}
			way = way[:len(way)-1]
			continue
		}
		next := at.children[element]
		switch {
		case next == nil:
			return fail(fs.ErrNotExist)
		case next.mode&fs.ModeSymlink == 0 || len(rest) == 0 && !follow:
			way = append(way, next)
			continue
		case path.IsAbs(next.target):
			return fail(ErrOutside)
		}
		if links++; links > maxLinks {
			return fail(errors.New("too many links"))
		}
		rest = append(strings.Split(next.target, "/"), rest...)
	}
	return way[len(way)-1], nil
}

// Open opens a file or a folder.
func (f *files) Open(name string) (fs.File, error) {
	e, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if e.mode.IsDir() {
		return &openFolder{e: e}, nil
	}
	data, err := e.read()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &openFile{bytes.NewReader(data), e}, nil
}

// ReadFile reads a file.
func (f *files) ReadFile(name string) ([]byte, error) {
	e, err := f.find("open", name, true)
	if err == nil && e.mode.IsDir() {
		err = &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	if err != nil {
		return nil, err
	}
	data, err := e.read()
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return slices.Clone(data), nil
}

// ReadDir lists a folder, by name.
func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := f.find("open", name, true)
	if err == nil && !e.mode.IsDir() {
		err = &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	if err != nil {
		return nil, err
	}
	return e.list(), nil
}

// Stat tells what a name leads to.
func (f *files) Stat(name string) (fs.FileInfo, error) { return f.info("stat", name, true) }

// Lstat tells what a name is.
func (f *files) Lstat(name string) (fs.FileInfo, error) { return f.info("lstat", name, false) }

func (f *files) info(op, name string, follow bool) (fs.FileInfo, error) {
	e, err := f.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	return info{e}, nil
}

// ReadLink is where a link leads.
func (f *files) ReadLink(name string) (string, error) {
	e, err := f.find("readlink", name, false)
	if err == nil && e.mode&fs.ModeSymlink == 0 {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	return e.target, nil
}

func (e *entry) list() []fs.DirEntry {
	out := make([]fs.DirEntry, 0, len(e.children))
	for _, c := range e.children {
		out = append(out, fs.FileInfoToDirEntry(info{c}))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// info is an entry as fs.FileInfo.
type info struct{ e *entry }

func (i info) Name() string       { return i.e.name }
func (i info) Size() int64        { return i.e.size }
func (i info) Mode() fs.FileMode  { return i.e.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.e.mode.IsDir() }
func (i info) Sys() any           { return nil }

type openFile struct {
	*bytes.Reader
	e *entry
}

func (f *openFile) Stat() (fs.FileInfo, error) { return info{f.e}, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	e    *entry
	rest []fs.DirEntry
	read bool
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return info{f.e}, nil }
func (f *openFolder) Close() error               { return nil }
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.e.name, Err: errors.New("is a directory")}
}

func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.read {
		f.rest, f.read = f.e.list(), true
	}
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	out := f.rest[:min(n, len(f.rest))]
	f.rest = f.rest[len(out):]
	return out, nil
}
