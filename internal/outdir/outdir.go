// Package outdir writes objects into a folder, one file each, so that the folder is the old tree or the new one.
//
// All changes are first written beside the tree, in a folder of their own, and moved into place when they are complete and on the disk;
// stale files are removed last. A run that ends before it begins to move leaves the old tree, and one that ends later leaves what the next
// run completes. A file that roster did not write stays as it is: when it is where an object belongs, nothing is written at all. Nothing
// outside of the folder is touched, whatever links are in it.
package outdir

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/hippotion/roster/internal/filelock"
	"github.com/hippotion/roster/render/object"
)

// Meanwhile, what is written or removed is in a folder beside the tree: no reader of YAML files looks into one that begins with a dot.
const (
	partial  = ".roster-partial"
	incoming = partial + "/new"
	outgoing = partial + "/old"
)

// Group is the objects of one cluster. Folder is where they are in the tree; empty for the tree itself, when there is one group.
type Group struct {
	Folder  string
	Objects []object.Object
}

// groupMark is a file in the folder of each group, by which the next run knows that it has written it: a copy of a tree has no such file at
// its top.
const groupMark = ".roster-cluster"

// Write writes the groups into the folder, and removes files of earlier runs that are stale: with some, when these are not all groups, only
// those in their folders. Files that have the right content are not touched. Nothing is changed when one of them cannot be written.
func Write(dir *os.Root, groups []Group, some bool, e *object.Encoder) error {
	unlock, err := filelock.TakeRoot(dir)
	switch {
	case err == nil:
		defer unlock()
	case errors.Is(err, filelock.ErrTaken):
		return errors.New("another run is writing into the folder\n  hint: wait until it has ended")
	case !errors.Is(err, errors.ErrUnsupported): // a file system without locks
		return err
	}
	if err := clean(dir); err != nil { // an earlier run has been interrupted
		return err
	}
	t := &tree{dir: dir, files: map[string]bool{}, folders: map[string]error{}, groups: map[string]bool{}}
	if err := t.findGroups(groups); err != nil {
		return err
	}
	err = t.stage(groups, e)
	if err == nil {
		err = t.sync()
	}
	if err == nil {
		err = t.moveIn()
	}
	if err == nil { // the old files are better than nothing
		err = t.removeStale(groups, some)
	}
	return errors.Join(err, clean(dir))
}

// clean removes what is beside the tree. What others have put there stays.
func clean(dir *os.Root) error {
	info, err := dir.Lstat(partial)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.IsDir():
		err = fmt.Errorf("%s is not a folder\n  hint: remove it", partial)
	}
	if err == nil {
		err = errors.Join(dir.RemoveAll(incoming), dir.RemoveAll(outgoing))
	}
	if err == nil {
		_ = dir.Remove(partial) // unless something is left
	}
	return err
}

// tree is the folder that the objects are written to.
type tree struct {
	dir     *os.Root
	files   map[string]bool  // that belong to it
	folders map[string]error // that belong to it, and why one cannot be written into
	groups  map[string]bool  // folders of groups, of this run and of earlier ones
	staged  []string         // files that are to be moved in
}

// stage writes the files that are not right yet beside the tree.
func (t *tree) stage(groups []Group, e *object.Encoder) error {
	const most = 20 // failures that are shown: a full disk is one for each file
	var failures []error
	more := 0
	stage := func(file string, data []byte) {
		switch err := t.stageFile(file, data); {
		case err == nil:
		case len(failures) == most:
			more++
		default:
			failures = append(failures, fmt.Errorf("%s: %w", file, err))
		}
	}
	for _, g := range groups {
		if g.Folder != "" {
			if err := t.folder(g.Folder); err != nil {
				failures = append(failures, err)
				continue
			}
			stage(path.Join(g.Folder, groupMark), []byte(g.Folder+"\n"))
		}
		for _, o := range g.Objects {
			stage(path.Join(g.Folder, o.File()), encoded(e, o))
		}
	}
	if more > 0 {
		failures = append(failures, fmt.Errorf("and %d more", more))
	}
	return errors.Join(failures...)
}

func (t *tree) stageFile(file string, data []byte) error {
	if t.files[file] {
		return errors.New("two applications deploy it")
	}
	t.files[file] = true
	if err := t.folder(path.Dir(file)); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	info, err := t.dir.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		old, err := read(t.dir, file, info)
		switch {
		case err != nil:
			return err
		case bytes.Equal(old, data):
			return nil
		case !bytes.HasPrefix(data, old) && !t.ours(file, old): // a truncated file was being written when the disk was full
			return errors.New("the file was not written by roster\n  hint: move it elsewhere, or choose another folder")
		}
		mode = info.Mode().Perm()
	}
	t.staged = append(t.staged, file)
	return t.create(path.Join(incoming, file), data, mode)
}

func (t *tree) create(file string, data []byte, mode fs.FileMode) error {
	if err := t.dir.MkdirAll(path.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := t.dir.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o200)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// folder returns why a folder of the tree cannot be written into. It may be missing.
func (t *tree) folder(name string) error {
	err, known := t.folders[name]
	if known {
		return err
	}
	info, err := t.dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		err = fmt.Errorf("%s is a symbolic link, which is not followed\n  hint: remove it", name)
	case err == nil && !info.IsDir():
		err = fmt.Errorf("%s is not a folder\n  hint: move it elsewhere", name)
	}
	t.folders[name] = err
	return err
}

// sync waits until the disk has all that was staged. It waits for many files at once, and after the last write: a file system puts
// them on the disk together.
func (t *tree) sync() error {
	const atOnce = 32
	files := make(chan string)
	failures := make(chan error, atOnce)
	for range atOnce {
		go func() {
			var first error
			for file := range files {
				if err := t.syncFile(file); err != nil && first == nil {
					first = fmt.Errorf("%s: %w", file, err)
				}
			}
			failures <- first
		}()
	}
	for _, file := range t.staged {
		files <- file
	}
	close(files)
	var err error
	for range atOnce {
		err = cmp.Or(err, <-failures)
	}
	return err
}

func (t *tree) syncFile(file string) error {
	f, err := t.dir.OpenFile(path.Join(incoming, file), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// moveIn moves what was staged into the tree: a new folder with all its files at once, and else file by file.
func (t *tree) moveIn() error {
	moved := map[string]bool{} // folders
	for _, file := range t.staged {
		name, done := file, false
		for at := path.Dir(file); at != "." && !done; at = path.Dir(at) { // the outermost folder that is new
			if done = moved[at]; done {
				break
			}
			if _, err := t.dir.Lstat(at); errors.Is(err, fs.ErrNotExist) {
				name = at
			}
		}
		if done {
			continue
		}
		moved[name] = name != file
		if err := t.dir.Rename(path.Join(incoming, name), name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
