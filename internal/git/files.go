package git

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hippotion/roster/internal/checkout"
	"github.com/hippotion/roster/internal/dotgit"
)

// Files are the files of a Tree, as package checkout has those of a checkout: contents as they are committed, links followed within the
// tree, submodules as empty folders, and no .git. Folders and contents are read when they are asked for. Several may ask at once.
type Files struct {
	objects *objects
	top     *node

	mutex sync.Mutex
	nodes int // that are held
}

// node is a file, a folder or a link.
type node struct {
	name string
	mode fs.FileMode
	id   string // empty for a submodule

	known    bool // whether what follows is
	size     int64
	target   string // of a link
	children map[string]*node
	list     []fs.DirEntry
}

// Open opens the files. Close must be called when they are no longer read.
func (t Tree) Open() (*Files, error) {
	f := &Files{objects: objectsOf(t), top: &node{name: ".", mode: fs.ModeDir | 0o755, id: t.ID}}
	if t.Folder == "" {
		return f, nil
	}
	top, err := f.find("open", t.Folder, true)
	if err == nil && !top.mode.IsDir() {
		err = &fs.PathError{Op: "open", Path: t.Folder, Err: syscall.ENOTDIR}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.top = &node{name: ".", mode: top.mode, id: top.id}
	return f, nil
}

// Close ends what reads them.
func (f *Files) Close() error {
	f.objects.close()
	return nil
}

// errEscapes is what os.Root says of a link that leads out.
var errEscapes = errors.New("path escapes from parent")

// maxLinks is how many links are followed in one path, as in os.Root.
const maxLinks = 255

// find is what a name leads to. The last element is followed when follow is set.
func (f *Files) find(op, name string, follow bool) (*node, error) {
	fail := func(err error) (*node, error) { return nil, &fs.PathError{Op: op, Path: name, Err: err} }
	switch {
	case !fs.ValidPath(name):
		return fail(fs.ErrInvalid)
	case dotgit.In(name):
		return fail(checkout.ErrGit)
	case len(name) > maxLink:
		return fail(syscall.ENAMETOOLONG)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	way, rest := []*node{f.top}, strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		element := rest[0]
		rest = rest[1:]
		at := way[len(way)-1]
		switch {
		case !at.mode.IsDir():
			return fail(syscall.ENOTDIR)
		case element == "." || element == "":
			continue
		case element == ".." && len(way) == 1:
			return fail(errEscapes)
		case element == "..":
			way = way[:len(way)-1]
			continue
		case dotgit.Is(element):
			return fail(checkout.ErrGit)
		}
		if err := f.load(at); err != nil {
			return fail(err)
		}
		next := at.children[element]
		switch {
		case next == nil && len(rest) == 0 && !follow: // in the words of a checkout
			return fail(syscall.ENOENT)
		case next == nil:
			return fail(fs.ErrNotExist)
		case next.mode&fs.ModeSymlink == 0 || len(rest) == 0 && !follow:
			way = append(way, next)
			continue
		}
		if links++; links > maxLinks {
			return fail(syscall.ELOOP)
		}
		if err := f.load(next); err != nil {
			return fail(err)
		}
		if path.IsAbs(next.target) {
			return fail(errEscapes)
		}
		rest = append(strings.Split(next.target, "/"), rest...)
	}
	return way[len(way)-1], nil
}

// load reads what is in a folder, where a link leads, or how large a file is.
func (f *Files) load(n *node) (err error) {
	switch {
	case n.known:
		return nil
	case n.mode.IsDir():
		err = f.loadFolder(n)
	case n.mode&fs.ModeSymlink != 0:
		var target []byte
		target, err = f.objects.read(n.id, "blob", maxLink)
		n.target, n.size = string(target), int64(len(target))
		if err == nil && (n.target == "" || strings.Contains(n.target, "\x00")) {
			err = fs.ErrInvalid
		}
	default:
		n.size, err = f.objects.size(n.id)
	}
	n.known = err == nil
	return err
}

// loadFolder reads a folder. Names that are no elements of a path, and .git, are not in it.
func (f *Files) loadFolder(n *node) error {
	if n.id == "" { // a submodule
		return nil
	}
	data, err := f.objects.read(n.id, "tree", maxTree)
	if err != nil {
		return err
	}
	children := map[string]*node{}
	for len(data) > 0 {
		child, rest, ok := parseEntry(data, len(n.id)/2)
		if !ok {
			return fmt.Errorf("the object %s is damaged", short(n.id))
		}
		data = rest
		if !fs.ValidPath(child.name) || strings.Contains(child.name, "/") || child.name == "." || dotgit.Is(child.name) {
			continue
		}
		if children[child.name] != nil {
			return fmt.Errorf("it has %q twice, which only a damaged repository has", child.name)
		}
		children[child.name] = child
		if f.nodes++; f.nodes > maxNodes {
			return fmt.Errorf("more than %d files and folders are not read", maxNodes)
		}
	}
	n.children = children
	for _, child := range children {
		n.list = append(n.list, entry{fs.FileInfoToDirEntry(info{child.name, child.mode, 0}), f, child})
	}
	slices.SortFunc(n.list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return nil
}

// parseEntry reads the first entry of a folder as Git keeps it: MODE NAME NUL ID.
func parseEntry(data []byte, idSize int) (child *node, rest []byte, ok bool) {
	mode, rest, found := bytes.Cut(data, []byte{' '})
	name, rest, named := bytes.Cut(rest, []byte{0})
	bits, err := strconv.ParseUint(string(mode[:min(len(mode), 8)]), 8, 32)
	if !found || !named || err != nil || len(rest) < idSize {
		return nil, nil, false
	}
	child = &node{name: string(name), id: hex.EncodeToString(rest[:idSize]), mode: fs.ModeDir | 0o755}
	switch kind := bits & 0o170000; {
	case kind == 0o120000:
		child.mode = fs.ModeSymlink | 0o777
	case kind == 0o100000 && bits&0o100 != 0:
		child.mode = 0o755
	case kind == 0o100000:
		child.mode = 0o644
	case kind != 0o040000: // a submodule, or what git treats as one
		child.id = ""
	}
	return child, rest[idSize:], true
}

// Open opens a file or a folder.
func (f *Files) Open(name string) (fs.File, error) {
	n, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		list, err := f.ReadDir(name)
		return &openFolder{info{path.Base(name), n.mode, 0}, list}, err
	}
	data, err := f.contentOf("open", name, n)
	if err != nil {
		return nil, err
	}
	return &openFile{bytes.NewReader(data), info{path.Base(name), n.mode, int64(len(data))}}, nil
}

// ReadFile reads a file.
func (f *Files) ReadFile(name string) ([]byte, error) {
	n, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR}
	}
	return f.contentOf("read", name, n)
}

func (f *Files) contentOf(op, name string, n *node) ([]byte, error) {
	data, err := f.objects.read(n.id, "blob", MaxBlob)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n.size, n.known = int64(len(data)), true
	return data, nil
}

// ReadDir lists a folder, by name.
func (f *Files) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: syscall.ENOTDIR}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.load(n); err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	return slices.Clone(n.list), nil
}

// Stat tells what a name leads to.
func (f *Files) Stat(name string) (fs.FileInfo, error) { return f.told("stat", name, true) }

// Lstat tells what a name is.
func (f *Files) Lstat(name string) (fs.FileInfo, error) { return f.told("lstat", name, false) }

func (f *Files) told(op, name string, follow bool) (fs.FileInfo, error) {
	n, err := f.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	return f.infoOf(op, name, n)
}

// infoOf tells what a node is. What is in a folder does not matter for that.
func (f *Files) infoOf(op, name string, n *node) (fs.FileInfo, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !n.mode.IsDir() {
		if err := f.load(n); err != nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: err}
		}
	}
	return info{path.Base(name), n.mode, n.size}, nil
}

// ReadLink is where a link leads.
func (f *Files) ReadLink(name string) (string, error) {
	n, err := f.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if n.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: syscall.EINVAL}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.load(n); err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return n.target, nil
}

// entry is one of a folder, whose size is asked for when somebody needs it.
type entry struct {
	fs.DirEntry
	files *Files
	node  *node
}

func (e entry) Info() (fs.FileInfo, error) { return e.files.infoOf("lstat", e.node.name, e.node) }

// info is a node as fs.FileInfo.
type info struct {
	name string
	mode fs.FileMode
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }
