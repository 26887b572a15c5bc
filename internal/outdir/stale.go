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
	"strings"

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

// ours is the same for a file of the tree, which may be in the folder of a group.
func (t *tree) ours(file string, data []byte) bool {
	if folder, below, found := strings.Cut(file, "/"); found && t.groups[folder] {
		return below == groupMark && string(data) == folder+"\n" || ours(below, data)
	}
	return ours(file, data)
}

// findGroups finds the folders of groups.
func (t *tree) findGroups(now []Group) error {
	for _, g := range now {
		if g.Folder != "" {
			t.groups[g.Folder] = true
		}
	}
	entries, err := fs.ReadDir(t.dir.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		mark := path.Join(e.Name(), groupMark)
		if info, err := t.dir.Lstat(mark); e.IsDir() && err == nil {
			if data, err := read(t.dir, mark, info); err == nil && string(data) == e.Name()+"\n" {
				t.groups[e.Name()] = true
			}
		}
	}
	return nil
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
func (t *tree) removeStale(groups []Group, some bool) error {
	if some {
		for _, g := range groups {
			if err := t.removeIn(g.Folder); err != nil {
				return err
			}
		}
		return nil
	}
	if err := t.removeIn("."); err != nil {
		return err
	}
	for folder := range t.groups {
		if err := t.removeIn(folder); err != nil {
			return err
		}
		if mark := path.Join(folder, groupMark); !t.files[mark] {
			if left, err := fs.ReadDir(t.dir.FS(), folder); err == nil && len(left) == 1 {
				if err := errors.Join(t.dir.Remove(mark), t.dir.Remove(folder)); err != nil {
					return fmt.Errorf("removing what is stale in %s: %w", folder, err)
				}
			}
		}
	}
	return nil
}

// removeIn removes what is stale in the folders below one.
func (t *tree) removeIn(top string) error {
	folders, err := fs.ReadDir(t.dir.FS(), path.Clean(top))
	if err != nil {
		return err
	}
	for _, f := range folders {
		folder := path.Join(top, f.Name())
		if !f.IsDir() || folder == partial || t.groups[folder] {
			continue
		}
		stale, all, err := t.staleIn(folder)
		if errors.Is(err, fs.ErrPermission) { // someone else's folder
			continue
		}
		if err == nil && all {
			gone := path.Join(outgoing, folder)
			err = t.dir.MkdirAll(path.Dir(gone), 0o755)
			if err == nil {
				err = t.dir.Rename(folder, gone)
			}
			stale = nil
		}
		for _, file := range stale {
			err = errors.Join(err, t.dir.Remove(file))
		}
		if err != nil {
			return fmt.Errorf("removing what is stale in %s: %w", folder, err)
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
		if err == nil && t.ours(file, data) {
			stale = append(stale, file)
		}
	}
	return stale, len(stale) > 0 && len(stale) == len(entries), nil
}
