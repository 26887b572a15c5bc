package workload

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/source"
)

// Kustomize sees the repository, each repository that was fetched, and what roster makes, in folders beside each other. What it
// would fetch is put in its place in the kustomization files: a path from one of these folders into another.
const (
	fetchedRoot = "/fetched/" // and a number: a repository that was fetched
	madeRoot    = "/made/"    // and a number: a component with the objects of charts
)

// fetchedTree is a repository that was fetched for a kustomization.
type fetchedTree struct {
	origin
	ref source.Reference
}

// treeOf is where a file lies, which is known by name: in the repository, whose files have names without a slash before them, or in
// what was fetched. The root is what names in it begin with.
func (f *kustomizeFiles) treeOf(name string) (files fs.FS, root, inside string, ok bool) {
	rest, isFetched := strings.CutPrefix(name, fetchedRoot)
	if !isFetched {
		return f.repo, "", name, !strings.HasPrefix(name, "/") && name != ".." && !strings.HasPrefix(name, "../")
	}
	number, inside, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(f.fetched) {
		return nil, "", "", false
	}
	if inside == "" {
		inside = "."
	}
	return f.fetched[i].files, fetchedRoot + number, inside, true
}

// sameTree reports whether a path that begins in a folder stays in the repository that holds the folder.
func (f *kustomizeFiles) sameTree(dir, name string) bool {
	_, root, _, _ := f.treeOf(dir)
	_, other, _, ok := f.treeOf(name)
	return ok && root == other
}

// originOf is the tree that holds a file.
func (f *kustomizeFiles) originOf(name string) (from origin, inside string) {
	files, root, inside, _ := f.treeOf(name)
	if root == "" {
		return origin{files: files}, inside
	}
	return f.fetchedAt(root).origin, inside
}

// fetchedAt is what was fetched and has that root, which treeOf gave.
func (f *kustomizeFiles) fetchedAt(root string) *fetchedTree {
	i, _ := strconv.Atoi(strings.TrimPrefix(root, fetchedRoot))
	return &f.fetched[i]
}

// tree is the folder of a repository that was fetched; the same for all that name it.
func (f *kustomizeFiles) tree(ref source.Reference, at diag.Position) (root string, diags diag.List) {
	for i := range f.fetched {
		if f.fetched[i].ref == ref {
			return fetchedRoot + strconv.Itoa(i), nil
		}
	}
	from, diags := f.renderer.open(f.app, ref, at)
	if len(diags) > 0 {
		return "", diags
	}
	f.fetched = append(f.fetched, fetchedTree{from, ref})
	return fetchedRoot + strconv.Itoa(len(f.fetched)-1), nil
}

// make puts a text at a name, where kustomize finds it.
func (f *kustomizeFiles) make(name string, text []byte) { f.made[name] = text }

// madeInfo is about what roster makes.
type madeInfo struct {
	name string
	size int
	dir  bool
}

func (m madeInfo) Name() string       { return m.name }
func (m madeInfo) Size() int64        { return int64(m.size) }
func (m madeInfo) ModTime() time.Time { return time.Time{} }
func (m madeInfo) IsDir() bool        { return m.dir }
func (m madeInfo) Sys() any           { return nil }
func (m madeInfo) Mode() fs.FileMode {
	if m.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

func (f *kustomizeFiles) isMade(name string) bool {
	_, ok := f.madeAt(name)
	return ok
}

// madeAt is what roster has made of that name.
func (f *kustomizeFiles) madeAt(name string) (info madeInfo, ok bool) {
	if text, ok := f.made[name]; ok {
		return madeInfo{path.Base(name), len(text), false}, true
	}
	if strings.HasPrefix(name, madeRoot) {
		for file := range f.made {
			if strings.HasPrefix(file, name+"/") {
				return madeInfo{path.Base(name), 0, true}, true
			}
		}
	}
	return madeInfo{}, false
}

// fullPath is a name as kustomize knows it.
func fullPath(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return path.Join(kustomizeRoot, name)
}

// pathFrom is the path that leads from a folder to a name.
func pathFrom(dir, name string) string {
	return seenFrom(strings.TrimPrefix(fullPath(dir), "/"), strings.TrimPrefix(fullPath(name), "/"))
}

// fetchedPath is a path of kustomize's that leads into what was fetched.
var fetchedPath = lazy.Regexp(`(?:(?:\.\./)+|/)fetched/(\d+)\b`)

// moved are the diagnostics with the places of what was fetched changed into those that name it: one of these may be in another
// repository that was fetched.
func (f *kustomizeFiles) moved(diags diag.List) diag.List {
	move := func(pos *diag.Position, text *string) {
		*text = fetchedPath().ReplaceAllStringFunc(*text, func(p string) string {
			if i, err := strconv.Atoi(fetchedPath().FindStringSubmatch(p)[1]); err == nil && i < len(f.fetched) {
				return "(" + f.fetched[i].name + ")"
			}
			return p
		})
		if strings.HasPrefix(pos.File, madeRoot) {
			for _, made := range slices.Sorted(maps.Keys(f.configs)) {
				if path.Dir(made) == path.Dir(pos.File) {
					*pos = diag.Position{File: f.configs[made].file}
					break
				}
			}
		}
		for range len(f.fetched) + 1 {
			_, root, inside, ok := f.treeOf(pos.File)
			if root == "" || !ok {
				return
			}
			at, prefix := f.fetchedAt(root).at(inside, pos.Line, pos.Column)
			*pos, *text = at, prefix+*text
		}
	}
	for i := range diags {
		d := &diags[i]
		move(&d.Pos, &d.Message)
		for j := range d.Related {
			move(&d.Related[j].Pos, &d.Related[j].Note)
		}
	}
	return diags
}
