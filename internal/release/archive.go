package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file is an entry of an archive or of a layer: a file, a folder (with a mode that says so) or a symbolic link.
type file struct {
	name string // with slashes, and none at the beginning
	mode fs.FileMode
	data []byte
	link string // of a symbolic link, where it leads
}

// tree reads a folder, for entries below a folder of an archive.
func tree(dir, below string) ([]file, error) {
	var out []file
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f := file{name: path.Join(below, filepath.ToSlash(rel)), mode: info.Mode()}
		if info.Mode().IsRegular() {
			f.data, err = os.ReadFile(name)
		}
		out = append(out, f)
		return err
	})
	return out, err
}

// writeTar writes files in the order of their names, all of one time and of root.
func writeTar(w io.Writer, files []file, at time.Time) error {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	t := tar.NewWriter(w)
	for i, f := range files {
		if i > 0 && files[i-1].name == f.name {
			return fmt.Errorf("%s is there twice", f.name)
		}
		mode := int64(f.mode.Perm())
		if f.mode&fs.ModeSticky != 0 {
			mode |= 0o1000
		}
		h := &tar.Header{Name: f.name, Mode: mode, ModTime: at, Format: tar.FormatPAX, Uname: "root", Gname: "root"}
		switch {
		case f.mode.IsDir():
			h.Typeflag, h.Name = tar.TypeDir, f.name+"/"
		case f.link != "":
			h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.link, 0o777
		default:
			h.Typeflag, h.Size = tar.TypeReg, int64(len(f.data))
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(f.data); err != nil {
			return err
		}
	}
	return t.Close()
}

// withFolders adds the folders that files are in, which a layer must have.
func withFolders(files []file) []file {
	have := map[string]bool{".": true}
	for _, f := range files {
		have[f.name] = true
	}
	out := slices.Clone(files)
	for _, f := range files {
		for dir := path.Dir(f.name); !have[dir]; dir = path.Dir(dir) {
			have[dir] = true
			out = append(out, file{name: dir, mode: fs.ModeDir | 0o755})
		}
	}
	return out
}

// archive is the text of a tar.gz.
func archive(files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression) // without a time and a name in its header
	if err != nil {
		return nil, err
	}
	if err := writeTar(z, files, at); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
