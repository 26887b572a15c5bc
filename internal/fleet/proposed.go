package fleet

import (
	"bytes"
	"embed"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Accepts reports whether the list can be read without mistakes when one of its files has another text. The name of the file is relative
// to the top of the checkout. An error means that another file could not be read.
func (p Place) Accepts(name string, text []byte) (bool, error) {
	platforms, err := Platforms(p.With(map[string]string{name: string(text)}), Minutes)
	return platforms != nil, err
}

// With is the place as it will be when files have these texts, by names relative to its top. What is not there yet may be among them, in
// folders that are not there yet. Nothing is written.
func (p Place) With(texts map[string]string) Place {
	all := maps.Clone(p.Texts)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, texts)
	p.Texts = all
	return p
}

// Nowhere is a place without files: With says what there is.
func Nowhere(dir string) Place { return Place{Files: embed.FS{}, Dir: dir} }

// textsBelow are the texts in a folder, by names relative to it.
func textsBelow(texts map[string]string, folder string) map[string]string {
	if folder == "." || texts == nil {
		return texts
	}
	out := map[string]string{}
	for name, text := range texts {
		if rest, in := strings.CutPrefix(name, folder+"/"); in {
			out[rest] = text
		}
	}
	return out
}

// propose is a file system in which files have other texts.
func propose(files fs.FS, texts map[string]string) fs.FS {
	if len(texts) == 0 {
		return files
	}
	p := proposed{files, texts, map[string]map[string]fs.FileMode{}}
	for name := range texts {
		mode := fs.FileMode(0o644)
		for ; name != "."; name, mode = path.Dir(name), fs.ModeDir|0o755 {
			folder := path.Dir(name)
			if p.folders[folder] == nil {
				p.folders[folder] = map[string]fs.FileMode{}
			}
			p.folders[folder][path.Base(name)] = mode
		}
	}
	return p
}

// proposed is a file system in which files have other texts.
type proposed struct {
	fs.FS
	texts   map[string]string
	folders map[string]map[string]fs.FileMode // what the texts are in, and what is there of them
}

func (p proposed) Open(name string) (fs.File, error) {
	if text, is := p.texts[name]; is {
		return &proposedFile{p.info(name), strings.NewReader(text)}, nil
	}
	f, err := p.FS.Open(name)
	switch {
	case p.folders[name] == nil:
		return f, err
	case err == nil:
		_ = f.Close() // it was only opened
	}
	entries, err := p.ReadDir(name)
	return &proposedFolder{proposedFile{p.info(name), bytes.NewReader(nil)}, entries}, err
}

func (p proposed) ReadFile(name string) ([]byte, error) {
	if text, is := p.texts[name]; is {
		return []byte(text), nil
	}
	return fs.ReadFile(p.FS, name)
}

func (p proposed) ReadDir(name string) ([]fs.DirEntry, error) {
	ours := p.folders[name]
	entries, err := fs.ReadDir(p.FS, name)
	if ours == nil {
		return entries, err
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool { return ours[e.Name()] != 0 }) // none when the folder is new
	for _, base := range slices.Sorted(maps.Keys(ours)) {
		entries = append(entries, fs.FileInfoToDirEntry(p.info(path.Join(name, base))))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func (p proposed) Stat(name string) (fs.FileInfo, error) {
	if p.has(name) {
		return p.info(name), nil
	}
	return fs.Stat(p.FS, name)
}

func (p proposed) Lstat(name string) (fs.FileInfo, error) {
	if p.has(name) {
		return p.info(name), nil
	}
	return fs.Lstat(p.FS, name)
}

func (p proposed) ReadLink(name string) (string, error) {
	if p.has(name) {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(p.FS, name)
}

// has reports whether a name is that of a text, or of a folder with one.
func (p proposed) has(name string) bool {
	_, is := p.texts[name]
	return is || p.folders[name] != nil
}

func (p proposed) info(name string) fs.FileInfo {
	if text, is := p.texts[name]; is {
		return proposedInfo{path.Base(name), int64(len(text)), 0o644}
	}
	return proposedInfo{path.Base(name), 0, fs.ModeDir | 0o755}
}

type proposedInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i proposedInfo) Name() string      { return i.name }
func (i proposedInfo) Size() int64       { return i.size }
func (i proposedInfo) Mode() fs.FileMode { return i.mode }
func (proposedInfo) ModTime() time.Time  { return time.Time{} }
func (i proposedInfo) IsDir() bool       { return i.mode.IsDir() }
func (proposedInfo) Sys() any            { return nil }

// proposedFile is a file with another text.
type proposedFile struct {
	info fs.FileInfo
	io.Reader
}

func (f *proposedFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *proposedFile) Close() error               { return nil }

// proposedFolder is a folder with such files.
type proposedFolder struct {
	proposedFile
	left []fs.DirEntry
}

func (f *proposedFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(f.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.left) {
		n = len(f.left)
	}
	out := f.left[:n]
	f.left = f.left[n:]
	return out, nil
}
