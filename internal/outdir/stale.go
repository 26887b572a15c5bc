package outdir

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/hippotion/roster/render/object"
	"go.yaml.in/yaml/v3"
)

// ownMark is in every file of the platform that roster writes, and workloadMark begins every other one.
var (
	ownMark      = []byte("\n    app.kubernetes.io/managed-by: roster\n")
	workloadMark = []byte("# rendered by roster\n")
)

// encoded is the content of an object's file.
func encoded(e *object.Encoder, o object.Object) []byte {
	data := e.Encode(nil, o.Value())
	if !bytes.Contains(data, ownMark) {
		data = append(slices.Clone(workloadMark), data...)
	}
	return data
}

// ours reports whether roster wrote a file: it has one of the marks, and the name that roster gives the object in it. An
// export of a cluster has the first mark too, and a copy of roster's output in another folder both.
func ours(file string, data []byte) bool {
	if !bytes.Contains(data, ownMark) && !bytes.HasPrefix(data, workloadMark) {
		return false
	}
	var o struct {
		Kind     string `yaml:"kind"`
		Metadata struct {
			Name         string `yaml:"name"`
			GenerateName string `yaml:"generateName"`
			Namespace    string `yaml:"namespace"`
		} `yaml:"metadata"`
	}
	if err := yaml.Unmarshal(data, &o); err != nil {
		return false
	}
	name := cmp.Or(o.Metadata.Name, o.Metadata.GenerateName)
	return object.Object{Kind: o.Kind, Namespace: o.Metadata.Namespace, Name: name}.File() == file
}

// longest is how long a file can be and still be one of roster's: etcd accepts objects of 1.5 MiB.
const longest = 64 << 20

// read reads a file of the tree. What is not a file, or is too long, is not one of roster's and must not be replaced.
func read(dir *os.Root, file string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() || info.Size() > longest {
		return nil, errors.New("something that roster did not write is in its place\n  hint: move it elsewhere, or choose another folder")
	}
	f, err := dir.Open(file)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, longest))
	return data, errors.Join(err, f.Close())
}

// removeStale removes the files that an earlier run wrote and that no longer belong to the tree, and folders that would become
// empty: those at once.
func (t *tree) removeStale() error {
	folders, err := fs.ReadDir(t.dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() || folder.Name() == partial {
			continue
		}
		stale, all, err := t.staleIn(folder.Name())
		if errors.Is(err, fs.ErrPermission) { // someone else's folder
			continue
		}
		if err == nil && all {
			err = t.dir.MkdirAll(outgoing, 0o755)
			if err == nil {
				err = t.dir.Rename(folder.Name(), path.Join(outgoing, folder.Name()))
			}
			stale = nil
		}
		for _, file := range stale {
			err = errors.Join(err, t.dir.Remove(file))
		}
		if err != nil {
			return fmt.Errorf("removing what is stale in %s: %w", folder.Name(), err)
		}
	}
	return nil
}

// staleIn are the stale files of a folder, and whether there is nothing else in it.
func (t *tree) staleIn(folder string) (stale []string, all bool, err error) {
	entries, err := fs.ReadDir(t.dir.FS(), folder)
	if err != nil {
		return nil, false, err
	}
	for _, entry := range entries {
		file := path.Join(folder, entry.Name())
		info, err := entry.Info()
		if err != nil || t.files[file] || path.Ext(file) != ".yaml" || !info.Mode().IsRegular() || info.Size() > longest {
			continue
		}
		data, err := read(t.dir, file, info)
		if err == nil && ours(file, data) {
			stale = append(stale, file)
		}
	}
	return stale, len(stale) > 0 && len(stale) == len(entries), nil
}
