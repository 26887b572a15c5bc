package fleet

import (
	"bytes"
	"context"
	"io"
	"io/fs"
)

// Accepts reports whether the list can be read without mistakes when one of its files has another text. The name of the file is relative
// to the top of the checkout. An error means that another file could not be read.
func (p Place) Accepts(name string, text []byte) (bool, error) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), Minutes, errTime)
	defer cancel()
	files, closer, err := p.open()
	if err != nil {
		return false, err
	}
	defer func() { _ = closer() }() // of files that were only read
	in := Input{Place: p}
	reading, err := in.read(ctx, proposed{files, name, text})
	return reading.Clusters != nil, err
}

// proposed is a file system in which a file has another text.
type proposed struct {
	fs.FS
	name string
	text []byte
}

func (p proposed) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if name != p.name || err != nil {
		return f, err
	}
	return &proposedFile{f, bytes.NewReader(p.text)}, nil
}

func (p proposed) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(p.FS, name) }
func (p proposed) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(p.FS, name) }
func (p proposed) ReadLink(name string) (string, error)       { return fs.ReadLink(p.FS, name) }

// proposedFile is a file with another text.
type proposedFile struct {
	fs.File
	text io.Reader
}

func (f *proposedFile) Read(b []byte) (int, error) { return f.text.Read(b) }
