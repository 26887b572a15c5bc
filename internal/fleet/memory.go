package fleet

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Memory are files that are on no disk, by their names: a list that somebody proposes.
type Memory map[string][]byte

// Open opens a file, or a folder that has one below it.
func (m Memory) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if text, ok := m[name]; ok {
		return &memoryFile{entry: memoryEntry{path.Base(name), int64(len(text)), 0o444}, text: strings.NewReader(string(text))}, nil
	}
	below := m.below(name)
	if len(below) == 0 && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memoryFile{entry: memoryEntry{path.Base(name), 0, fs.ModeDir | 0o555}, below: below}, nil
}

// below is what is in a folder, in order.
func (m Memory) below(folder string) []fs.DirEntry {
	names := map[string]memoryEntry{}
	for name, text := range m {
		inside, ok := strings.CutPrefix(name, folder+"/")
		if folder == "." {
			inside, ok = name, true
		}
		if first, _, deeper := strings.Cut(inside, "/"); ok && deeper {
			names[first] = memoryEntry{first, 0, fs.ModeDir | 0o555}
		} else if ok {
			names[first] = memoryEntry{first, int64(len(text)), 0o444}
		}
	}
	var out []fs.DirEntry
	for _, e := range names {
		out = append(out, fs.FileInfoToDirEntry(e))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

type memoryFile struct {
	entry memoryEntry
	text  *strings.Reader
	below []fs.DirEntry
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *memoryFile) Close() error               { return nil }

func (f *memoryFile) Read(b []byte) (int, error) {
	if f.text == nil {
		return 0, &fs.PathError{Op: "read", Path: f.entry.name, Err: fs.ErrInvalid}
	}
	return f.text.Read(b)
}

func (f *memoryFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(f.below) {
		if n > 0 && len(f.below) == 0 {
			return nil, io.EOF
		}
		n = len(f.below)
	}
	out := f.below[:n]
	f.below = f.below[n:]
	return out, nil
}

// memoryEntry is what is known of a file in memory.
type memoryEntry struct {
	name string
	size int64
	mode fs.FileMode
}

func (e memoryEntry) Name() string       { return e.name }
func (e memoryEntry) Size() int64        { return e.size }
func (e memoryEntry) Mode() fs.FileMode  { return e.mode }
func (e memoryEntry) ModTime() time.Time { return time.Time{} }
func (e memoryEntry) IsDir() bool        { return e.mode.IsDir() }
func (e memoryEntry) Sys() any           { return nil }
