package workload

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const (
	// kustomizeRoot is where the repository is for kustomize: paths that leave it do not exist.
	kustomizeRoot = "/repository"

	// What one build may read.
	maxKustomizeFile  = 16 << 20
	maxKustomization  = 1 << 20 // of a kustomization file itself: kustomize takes seconds for each MiB of them
	maxKustomizeBytes = 64 << 20
	maxKustomizeFiles = 10000

	maxLinks = 255 // as many as Go follows
)

// kustomizeFiles are the files of the repository for kustomize, which reads through CleanedAbs and ReadFile alone. A
// kustomization file is checked before kustomize gets it: kustomize itself would fetch what is not a file of the repository.
type kustomizeFiles struct {
	filesys.FileSystem // empty

	renderer *Renderer
	app      *Application
	repo     fs.FS
	fetched  []fetchedTree
	edited   map[string][]byte                   // instead of the files of these names
	places   map[string]map[string]diag.Position // of texts in files
	read     map[string][]byte
	data     map[string]bool // whether kustomize reads a file as bytes alone, for a ConfigMap or a Secret
	last     string          // what kustomize read last

	count, bytes int // of what was read in this build

	checked map[string]bool  // what was guarded already
	broken  map[string]error // kustomization files that kustomize cannot read
	diags   diag.List        // why something was refused

	ownSchema bool // a kustomization has one

	// What kustomize gets in place of what it would fetch:
	rewritten map[string][]byte      // kustomization files
	made      map[string][]byte      // files that are not there
	original  map[string]string      // entries of kustomization files, by what stands there now
	configs   map[string]chartConfig // what asks for charts, by the files with their objects
	visited   map[string]bool        // kustomization files that were checked
	released  map[string]string      // namespaces of charts, by what asks for them
	inflated  map[string][]byte      // the objects of charts, by what asks for them; nil when there are none
	plain     map[string]bool        // messages without values: Helm's are seen to elsewhere
}

func newKustomizeFiles(r *Renderer, app *Application) *kustomizeFiles {
	f := &kustomizeFiles{FileSystem: filesys.MakeFsInMemory(), renderer: r, app: app, repo: r.files.Repository,
		read: map[string][]byte{}, data: map[string]bool{}, places: map[string]map[string]diag.Position{}, inflated: map[string][]byte{}, plain: map[string]bool{}}
	f.overlay("", nil)
	return f
}

// overlay puts text in the place of a file, and forgets earlier overlays.
func (f *kustomizeFiles) overlay(name string, text []byte) {
	f.edited, f.checked, f.broken, f.diags = map[string][]byte{name: text}, map[string]bool{}, map[string]error{}, nil
	f.rewritten, f.made, f.original = map[string][]byte{}, map[string][]byte{}, map[string]string{}
	f.configs = map[string]chartConfig{}
	f.visited, f.released = map[string]bool{}, map[string]string{}
	f.ownSchema, f.count, f.bytes = false, 0, 0
}

// CleanedAbs resolves links, and distinguishes folders from files, as kustomize's own file systems do.
func (f *kustomizeFiles) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	name, inside := repositoryPath(name)
	if !inside {
		return "", "", fmt.Errorf("%s is not in the repository", name)
	}
	resolved, info, err := f.resolve(name)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", name, reason(err))
	}
	full := fullPath(resolved)
	if info.IsDir() {
		return filesys.ConfirmedDir(full), "", nil
	}
	if slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(name)) {
		if dir := path.Dir(name); len(f.diags) > 0 || !f.visited[dir+"\x00"+resolved] && !f.check(dir, resolved, "") {
			return "", "", errRefused
		}
	}
	return filesys.ConfirmedDir(path.Dir(full)), path.Base(full), nil
}

// ReadFile reads a path that CleanedAbs returned.
func (f *kustomizeFiles) ReadFile(name string) ([]byte, error) {
	name, _ = repositoryPath(name)
	f.last = name
	text, err := f.content(name)
	if instead, ok := f.rewritten[name]; ok && err == nil {
		return instead, nil
	}
	return text, err
}

// repositoryPath is a path of kustomize's, relative to the repository's root.
func repositoryPath(name string) (string, bool) {
	name = path.Clean(name)
	switch {
	case name == kustomizeRoot:
		return ".", true
	case strings.HasPrefix(name, fetchedRoot), strings.HasPrefix(name, madeRoot):
		return name, true
	}
	return strings.CutPrefix(name, kustomizeRoot+"/")
}

// content is what a file holds. It also counts what was read before: kustomize follows a base each time it is named, and bases of bases
// even more often.
func (f *kustomizeFiles) content(name string) ([]byte, error) {
	text, err := f.readOnce(name)
	if err != nil {
		return nil, err
	}
	f.count++
	f.bytes += len(text)
	switch {
	case f.bytes > maxKustomizeBytes:
		return nil, f.refuse(diag.Position{File: name}, "too-large", "", "kustomize reads more than %d MiB", maxKustomizeBytes>>20)
	case f.count > maxKustomizeFiles:
		return nil, f.refuse(diag.Position{File: name}, "too-large", "", "kustomize reads more than %d files", maxKustomizeFiles)
	}
	if !f.data[name] && f.first("wide", name) {
		if excess := tooWide(text); excess != nil {
			f.diags.Add(excess.At(name, f.app.Code))
			return nil, errRefused
		}
	}
	return text, nil
}

func (f *kustomizeFiles) readOnce(name string) ([]byte, error) {
	if text, ok := f.edited[name]; ok {
		return text, nil
	}
	if text, ok := f.made[name]; ok {
		return text, nil
	}
	if text, ok := f.read[name]; ok {
		return text, nil
	}
	files, _, inside, ok := f.treeOf(name)
	if !ok {
		return nil, errLeads
	}
	info, err := fs.Stat(files, inside)
	switch {
	case err != nil:
		return nil, reason(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > maxKustomizeFile:
		return nil, f.refuse(diag.Position{File: name}, "too-large", "", "the file is larger than %d MiB", maxKustomizeFile>>20)
	}
	if info.Size() > maxKustomization && slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(name)) {
		return nil, f.refuse(diag.Position{File: name}, "too-large", "move patches and what generators read into files of their own",
			"a kustomization file may have %d MiB", maxKustomization>>20)
	}
	text, err := syntax.ReadFile(files, inside)
	if err != nil {
		return nil, reason(err)
	}
	if excess := (*syntax.Excess)(nil); errors.As(syntax.Check(text), &excess) { // it need not be YAML, for a ConfigMap
		f.diags.Add(excess.At(name, f.app.Code))
		return nil, errRefused
	}
	f.read[name] = text
	return text, nil
}

func (f *kustomizeFiles) refuse(at diag.Position, code, hint, format string, args ...any) error {
	f.diags.Add(f.app.failure(at, code, hint, format, args...))
	return errRefused
}

// resolve follows all links in a path.
func (f *kustomizeFiles) resolve(name string) (resolved string, info fs.FileInfo, err error) {
	if info, ok := f.madeAt(name); ok {
		return name, info, nil
	}
	files, root, inside, ok := f.treeOf(name)
	if !ok {
		return "", nil, errLeads
	}
	resolved, info, err = f.follow(files, inside)
	if err == nil && root != "" {
		resolved = path.Join(root, resolved)
	}
	return resolved, info, err
}

// follow follows all links in a path of one tree.
func (f *kustomizeFiles) follow(files fs.FS, name string) (resolved string, info fs.FileInfo, err error) {
	resolved = "."
	rest := strings.Split(path.Clean(name), "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(resolved, rest[0])
		rest = rest[1:]
		if next == ".." {
			return "", nil, errLeads
		}
		if info, err = fs.Lstat(files, next); err != nil {
			return "", nil, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			resolved = next
			continue
		}
		target, err := fs.ReadLink(files, next)
		switch links++; {
		case err != nil:
			return "", nil, err
		case links > maxLinks:
			return "", nil, errors.New("too many links")
		case path.IsAbs(target):
			return "", nil, errLeads
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	if info == nil || resolved == "." {
		info, err = fs.Stat(files, resolved)
	}
	return resolved, info, err
}

var errLeads = errors.New("it leads out of the repository")

// at is the place of a text in a file of the repository: of a value or a key.
func (f *kustomizeFiles) at(name, text string) diag.Position {
	places, known := f.places[name]
	if !known {
		places = map[string]diag.Position{}
		f.places[name] = places
		files, _, inside, ok := f.treeOf(name)
		if !ok {
			return diag.Position{File: name}
		}
		if data, err := syntax.ReadFile(files, inside); err == nil {
			if documents, _ := syntax.Documents(data); len(documents) > 0 {
				note(documents[0], name, places)
			}
		}
	}
	if at, ok := places[text]; ok {
		return at
	}
	return diag.Position{File: name}
}

// note records where texts first occur.
func note(n *yamlv3.Node, name string, places map[string]diag.Position) {
	if _, known := places[n.Value]; !known && n.Kind == yamlv3.ScalarNode {
		places[n.Value] = diag.Position{File: name, Line: n.Line, Column: n.Column}
	}
	for _, child := range n.Content {
		note(child, name, places)
	}
}
