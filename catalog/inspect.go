package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// files is the repository, as far as the list refers to it. Each part is looked at once, whatever the number of clusters.
type files struct {
	fsys  fs.FS
	root  string // of the repository in fsys
	dir   string // of the list in fsys
	reads string // the deepest folder of the repository that holds all that was read
	diags *diag.List
	// listReads is what the list is read from, for manifest-generate-paths: from its own folder or, with a leading slash, from the root.
	listReads []string
	listNames []string                // the files of the list, from the root
	sources   map[string]*localSource // by path in the repository
	matched   map[string]matching     // by pattern
}

// localSource is what a folder of this repository holds, insofar as it decides how Argo CD reads it.
type localSource struct {
	kind      SourceKind
	files     map[string]bool // the names of the files in the folder
	manifests bool            // whether there are manifests in it
	below     bool            // whether there are manifests in folders below it
	jsonnet   bool            // whether there is Jsonnet among them: it may import any file of the repository
	cue       bool            // whether there is CUE in it, which neither Argo CD nor roster renders
	both      bool            // whether it is a chart and a kustomization
	chartLike string          // the file because of which Argo CD treats the kustomization as a chart; empty when there is none
	reads     []string        // for manifest-generate-paths: "." and what is read outside of the folder, from the root, with a leading slash
	// shared is reads for a chart that many applications share, each with a values-CODE.yml beside it: everything in the
	// folder but those files, so that a change of one does not render all of them again. Nil for other sources.
	shared []string

	problem, code, hint string // set when the folder cannot be a source
}

// kustomizationFiles are the names that Kustomize knows (sigs.k8s.io/kustomize/api/konfig, RecognizedKustomizationFileNames).
var kustomizationFiles = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// inspect finds out what the folder at p, relative to the repository's root, is. Many applications share one chart, so each
// folder is read once.
func (f *files) inspect(p string) *localSource {
	if s := f.sources[p]; s != nil {
		return s
	}
	s := &localSource{reads: []string{"."}, files: map[string]bool{}}
	f.sources[p] = s
	entries, err := fs.ReadDir(f.fsys, f.file(p))
	if err != nil {
		s.problem, s.code, s.hint = f.missing(p, "folder", err)
		return s
	}
	for _, e := range entries {
		if !e.IsDir() {
			s.files[e.Name()] = true
			s.manifests = s.manifests || isManifest(e.Name())
			s.cue = s.cue || path.Ext(e.Name()) == ".cue"
			s.jsonnet = s.jsonnet || path.Ext(e.Name()) == ".jsonnet"
		}
	}
	isKustomization := slices.ContainsFunc(kustomizationFiles, func(name string) bool { return s.files[name] })
	s.both = s.files["Chart.yaml"] && isKustomization
	outside := map[string]bool{}
	switch {
	case s.files["Chart.yaml"]:
		s.kind = HelmChart
		f.chartReads(p, outside)
	case isKustomization:
		s.kind = Kustomization
		s.chartLike = chartLike(entries)
		f.kustomizationReads(p, p, outside, map[string]bool{})
	default:
		s.kind = Manifests
	}
	if err := f.walk(p, f.file(p), entries, s, outside); err != nil {
		s.problem, s.code, s.hint = f.missing(p, "folder", err)
	}
	s.reads = append(s.reads, outermost(outside)...)
	isOwn := func(name string) bool {
		return strings.HasPrefix(name, "values-") && (path.Ext(name) == ".yml" || path.Ext(name) == ".yaml")
	}
	if s.kind == HelmChart && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !e.IsDir() && isOwn(e.Name()) }) {
		for _, e := range entries {
			if e.IsDir() || !isOwn(e.Name()) {
				s.shared = append(s.shared, e.Name())
			}
		}
		s.shared = append(s.shared, s.reads[1:]...)
	}
	return s
}

// chartLike is the last file by name of a kustomization's folder if Argo CD treats it as that of a chart: it looks only at the
// end of a name, and the last file that indicates a type counts (util/app/discovery, Discover).
func chartLike(entries []fs.DirEntry) string {
	last := ""
	for _, e := range entries { // in alphabetical order
		switch name := e.Name(); {
		case e.IsDir():
		case strings.HasSuffix(name, "Chart.yaml"):
			last = name
		case slices.Contains(kustomizationFiles, name):
			last = ""
		}
	}
	return last
}

// file is a path of the repository in the file system.
func (f *files) file(p string) string {
	f.noteRead(p)
	return path.Join(f.root, p)
}

// noteRead keeps track of the deepest folder that holds everything that is read.
func (f *files) noteRead(p string) {
	for !within(p, f.reads) {
		f.reads = path.Dir(f.reads)
	}
}

// isFile returns why there is no file at p of the repository; "" when there is one.
func (f *files) isFile(p string) (problem, code, hint string) {
	info, err := fs.Stat(f.fsys, f.file(p))
	if err != nil {
		return f.missing(p, "file", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Sprintf("expected a file, found the %s %s", kindOf(info), syntax.Quote(p)), "missing-path", "write the path of a file"
	}
	return "", "", ""
}

// isMissing reports whether there is nothing at p: no file, no folder, and no link that leads elsewhere.
func (f *files) isMissing(p string) bool {
	_, err := fs.Stat(f.fsys, f.file(p))
	return errors.Is(err, fs.ErrNotExist)
}

// missing returns why something at p cannot be read.
func (f *files) missing(p, what string, err error) (problem, code, hint string) {
	if errors.Is(err, fs.ErrNotExist) {
		hint = "make it, or write the path of one that is there, from the repository's root"
		if near := f.near(p); near != "" {
			hint = `did you mean "` + near + `"?`
		} else if what == "folder" {
			hint = "make it, with a chart, a kustomization or manifests; every path begins at the repository's root"
		}
		return "there is no " + what + " " + syntax.Quote(p) + " in the repository", "missing-path", hint
	}
	var link *linkError
	if errors.As(err, &link) {
		p = link.file
	}
	if at := (*fs.PathError)(nil); errors.Is(err, fs.ErrPermission) && errors.As(err, &at) { // such as .git
		return syntax.Quote(p) + ": " + at.Err.Error(), "path-outside", ""
	}
	if info, statErr := fs.Stat(f.fsys, f.file(p)); link == nil && statErr == nil && !info.IsDir() {
		return "expected a folder, found the file " + syntax.Quote(p), "missing-path", `did you mean "` + path.Dir(p) + `"?`
	}
	return syntax.Quote(p) + " is a link that leads out of the repository, or to a missing file", "path-outside", "Argo CD refuses such links: keep the target in the repository"
}

// linkError reports that a file of the repository is a symbolic link that cannot be followed in it.
type linkError struct {
	file string
	err  error
}

func (e *linkError) Error() string { return e.file + " cannot be followed" }
func (e *linkError) Unwrap() error { return e.err }

// near is the existing path most like p, part by part; empty when there is none.
func (f *files) near(p string) string {
	at := "."
	for _, part := range strings.Split(p, "/") {
		next := path.Join(at, part)
		if _, err := fs.Stat(f.fsys, f.file(next)); err != nil {
			entries, err := fs.ReadDir(f.fsys, f.file(at))
			if err != nil {
				return ""
			}
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			name := diag.Nearest(part, names)
			if name == "" {
				return ""
			}
			next = path.Join(at, name)
		}
		at = next
	}
	return at
}

// walk looks through the entries of dir, which is in the folder p, for manifests in folders below, and for symbolic links:
// their targets are read too.
func (f *files) walk(p, dir string, entries []fs.DirEntry, s *localSource, outside map[string]bool) error {
	for _, e := range entries {
		at := path.Join(dir, e.Name())
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			if _, err := fs.Stat(f.fsys, at); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return &linkError{strings.TrimPrefix(at, prefix(f.root)), err}
			}
			if target, err := fs.ReadLink(f.fsys, at); err == nil {
				f.outside(p, strings.TrimPrefix(path.Join(dir, target), prefix(f.root)), outside)
			}
		case e.IsDir():
			below, err := fs.ReadDir(f.fsys, at)
			if err != nil {
				return err
			}
			if err := f.walk(p, at, below, s, outside); err != nil {
				return err
			}
			continue
		}
		s.below = s.below || dir != f.file(p) && isManifest(at)
		s.jsonnet = s.jsonnet || path.Ext(at) == ".jsonnet"
	}
	return nil
}

func prefix(root string) string {
	if root == "." {
		return ""
	}
	return root + "/"
}

// outside notes that file, of the repository, is read for the source at p, unless it is part of it.
func (f *files) outside(p, file string, outside map[string]bool) {
	if !within(file, p) && !leaves(file) {
		f.noteRead(file)
		outside[file] = true
	}
}

// outermost lists paths of the repository in alphabetical order, with a leading slash, without those inside another of them.
func outermost(paths map[string]bool) []string {
	var out []string
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		inside := false
		for dir := path.Dir(p); dir != "." && !inside; dir = path.Dir(dir) {
			inside = paths[dir]
		}
		if !inside {
			out = append(out, "/"+p)
		}
	}
	return out
}

func isManifest(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json", ".jsonnet":
		return true
	}
	return false
}

// hasManifests reports whether Argo CD finds something to deploy in a folder of manifests.
func (s *localSource) hasManifests(recurse bool) bool {
	return recurse && s.below || s.manifests
}

// chartReads notes the charts elsewhere in the repository that the chart at p depends on.
func (f *files) chartReads(p string, outside map[string]bool) {
	var chart struct {
		Dependencies []struct{ Repository string }
	}
	if !f.readYAML(path.Join(p, "Chart.yaml"), &chart) {
		return
	}
	for _, d := range chart.Dependencies {
		if dir, local := strings.CutPrefix(d.Repository, "file://"); local {
			f.outside(p, path.Join(p, dir), outside)
		}
	}
}

// maxKustomization is how large a kustomization file may be, as in render/workload, in bytes.
const maxKustomization = 1 << 20

// kustomizationReads notes what the kustomization in dir, which is part of the one at p, reads elsewhere in the
// repository: every text in it that names an existing path, be it a base, a patch or a file for a generator.
func (f *files) kustomizationReads(p, dir string, outside, seen map[string]bool) {
	if seen[dir] {
		return
	}
	seen[dir] = true
	for _, name := range kustomizationFiles {
		var content any
		if info, err := fs.Stat(f.fsys, f.file(path.Join(dir, name))); err != nil || info.Size() > maxKustomization {
			continue // the engine reports one that is too large
		}
		if !f.readYAML(path.Join(dir, name), &content) {
			continue
		}
		looked := map[string]bool{}
		eachText(content, func(s string) {
			if looked[s] {
				return
			}
			looked[s] = true
			if _, file, found := strings.Cut(s, "="); found { // key=file of a generator
				s = file
			}
			target := path.Join(dir, s)
			if s == "" || strings.HasPrefix(s, "/") || leaves(target) || strings.ContainsAny(s, "\n:") {
				return
			}
			info, err := fs.Stat(f.fsys, f.file(target))
			if err != nil {
				return
			}
			f.outside(p, target, outside)
			if info.IsDir() {
				f.kustomizationReads(p, target, outside, seen)
			}
		})
	}
}

// readYAML reads a file of the repository; false when it cannot be read, or when it expands to more than is read
// of any file, which is for the engine to report.
func (f *files) readYAML(p string, out any) bool {
	data, err := syntax.ReadFile(f.fsys, f.file(p))
	return err == nil && syntax.Unmarshal(data, out) == nil
}

func eachText(v any, do func(string)) {
	switch v := v.(type) {
	case string:
		do(v)
	case []any:
		for _, e := range v {
			eachText(e, do)
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			eachText(v[k], do)
		}
	}
}

func kindOf(info fs.FileInfo) string {
	if info.IsDir() {
		return "folder"
	}
	return "special file"
}

// shown is a file beside applications.yml as messages name it: relative to the repository's root.
func (f *files) shown(name string) string { return path.Join(f.here(), name) }

// here is the folder of applications.yml, relative to the repository's root.
func (f *files) here() string {
	if f.root == "." {
		return f.dir
	}
	if f.dir == f.root {
		return "."
	}
	return path.Clean(strings.TrimPrefix(f.dir, f.root+"/"))
}
