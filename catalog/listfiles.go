package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// ApplicationsDir is the folder beside applications.yml whose files are parts of the list, too.
const ApplicationsDir = "applications"

// maxListFiles bounds the files of a list. All of them together may be as large as one file.
const maxListFiles = 1000

// listed is the list as it is written: in one meaning, whatever its files are.
type listed struct {
	entries  []entryInput
	complete bool // whether all of it could be read
	unread   bool // whether a file of it could not be read at all
}

// list reads the files of the list.
func (f *files) list(in *platformInput) (listed, error) {
	out := listed{complete: true}
	f.listReads = []string{ApplicationsFile, PlatformFile, ProfilesDir}
	size := int64(0)
	var root *syntax.Node
	if in.Applications == nil && in.doc != nil && in.doc.FlawedAt("applications") {
		out.complete = false
		return out, nil
	}
	f.listNames = f.listFiles(in)
	for _, name := range f.listNames {
		if info, err := fs.Stat(f.fsys, path.Join(f.root, name)); err == nil {
			if size += info.Size(); size > syntax.MaxBytes && info.Size() <= syntax.MaxBytes {
				f.diags.Add(diag.Diagnostic{Pos: diag.Position{File: name}, Code: "too-large",
					Message: fmt.Sprintf("expected at most %d MiB in all files of the list, found more", syntax.MaxBytes>>20)})
				out.complete = false
				break
			}
		}
		doc, missing, err := f.open(guided(ApplicationsFile), path.Join(f.root, name), name)
		switch {
		case err != nil:
			return out, err
		case missing:
			f.diags.Add(diag.Diagnostic{Pos: diag.Position{File: name}, Code: "missing-file", Message: "there is no such file", Hint: "roster init begins a list; or name the folder that holds it"})
		}
		if doc == nil {
			out.complete, out.unread = false, true
			continue
		}
		var entries []entryInput
		doc.Decode(&entries)
		root = doc.Root()
		out.complete = out.complete && entries != nil
		out.entries = append(out.entries, entries...)
	}
	if len(*f.diags) == 0 && len(out.entries) == 0 && root != nil {
		root.Report("empty", "add an entry, such as: - namespace: web-whoami", "the list has no namespaces")
	}
	out.complete = out.complete && !slices.ContainsFunc(out.entries, func(e entryInput) bool { return e.Node == nil })
	return out, nil
}

// listFiles are the files of the list, relative to the repository's root.
func (f *files) listFiles(in *platformInput) []string {
	if in.Applications != nil {
		if len(in.Applications) == 0 {
			in.Field("applications").Report("missing-value", "name the files of the list; or remove the key", "the list has no files")
		}
		return f.namedFiles(in.Applications)
	}
	var names []string
	entries, err := fs.ReadDir(f.fsys, path.Join(f.dir, ApplicationsDir))
	if err == nil { // anything else than a folder is none of ours
		for _, e := range entries {
			name := f.shown(path.Join(ApplicationsDir, e.Name()))
			switch {
			case e.IsDir() || path.Ext(name) != ".yml" && path.Ext(name) != ".yaml":
			case path.Ext(name) == ".yaml":
				f.diags.Add(diag.Diagnostic{Pos: diag.Position{File: name}, Code: "missing-file", Message: "the file is not named .yml: it would not be read",
					Hint: "rename it; or name the files of the list in " + PlatformFile + ": applications: [" + ApplicationsFile + "]"})
			default:
				names = append(names, name)
			}
		}
	}
	if info, lost := fs.Lstat(f.fsys, path.Join(f.dir, ApplicationsDir)); err != nil && lost == nil && (info.IsDir() || info.Mode()&fs.ModeSymlink != 0) {
		f.diags.Add(diag.Diagnostic{Pos: diag.Position{File: f.shown(ApplicationsDir)}, Code: "missing-file", Message: "the folder cannot be read: its files would be missing in the list",
			Hint: "keep the folder itself in the repository, so that it can be read"})
	}
	if len(names) == 0 {
		return []string{f.shown(ApplicationsFile)}
	}
	f.listReads = append(f.listReads, ApplicationsDir)
	// One that cannot be read, or that has the wrong name, is a mistake: left out, its entries would be pruned.
	if slices.ContainsFunc([]string{ApplicationsFile, "applications.yaml"}, func(name string) bool { _, err := fs.Lstat(f.fsys, path.Join(f.dir, name)); return err == nil }) {
		names = append([]string{f.shown(ApplicationsFile)}, names...)
	}
	return f.few(names)
}

// few are the files of the list, if these are not too many.
func (f *files) few(names []string) []string {
	if len(names) > maxListFiles {
		f.diags.Add(diag.Diagnostic{Pos: diag.Position{File: names[maxListFiles]}, Code: "too-large",
			Message: fmt.Sprintf("expected at most %d files of the list, found %d", maxListFiles, len(names))})
		return names[:maxListFiles]
	}
	return names
}

// namedFiles are the files that platform.yml names, each once. Their paths are relative to the repository's root, as all in it.
func (f *files) namedFiles(patterns []text) []string {
	var names []string
	f.listReads = []string{PlatformFile, ProfilesDir}
	for _, p := range present(patterns...) {
		clean, ok := repositoryPath(p)
		if !ok {
			continue
		}
		found, reads := []string{clean}, clean
		if argocd.IsPattern(clean) {
			var err error
			if found, err = f.match(clean); err != nil {
				p.Report("bad-path", "", "expected a file, or a pattern such as teams/*/applications.yml, found %s: %v", syntax.Quote(p.V), err)
				continue
			}
			if len(found) == 0 {
				p.Report("missing-path", "write files that are there, from the repository's root, such as applications: [teams/*/applications.yml]", "no file of the repository is named %s", syntax.Quote(p.V))
			}
			reads = argocd.FolderOf(clean)
		} else if problem, code, hint := f.isFile(clean); problem != "" {
			if info, err := fs.Stat(f.fsys, path.Join(f.root, clean)); err == nil && info.IsDir() {
				hint = "name the files in it: " + path.Join(clean, "*.yml")
			}
			p.Report(code, hint, "%s", problem)
			continue
		}
		f.listReads = append(f.listReads, path.Join("/", reads))
		for _, file := range found {
			f.noteRead(file)
			if !slices.Contains(names, file) {
				names = append(names, file)
			}
		}
	}
	slices.Sort(f.listReads)
	f.listReads = slices.Compact(f.listReads)
	return f.few(names)
}

// listPaths is what the list is read from, for manifest-generate-paths of what reads nothing else. The folder of its files is among it before
// there is one: Argo CD compares with the paths that it knew.
func (f *files) listPaths(usual bool) string {
	out := f.listReads
	if usual && !slices.Contains(out, ApplicationsDir) {
		out = append(slices.Clone(out), ApplicationsDir)
	}
	return strings.Join(out, ";")
}
