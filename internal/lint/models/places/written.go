package places

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"go.yaml.in/yaml/v3"
)

// Exactly is the first value below n that equals a text.
func (in *Model) Exactly(n *yaml.Node, text string) *yaml.Node {
	if in.valuesIn[n] == nil {
		if in.valuesIn == nil {
			in.valuesIn = map[*yaml.Node]map[string]*yaml.Node{}
		}
		in.valuesIn[n] = map[string]*yaml.Node{}
		withValues(n, in.valuesIn[n])
	}
	return in.valuesIn[n][text]
}

// Files are the files that the user wrote, relative to the repository's root: the list, and what its applications are made of.
func (in *Model) Files() []string {
	files := append(slices.Clone(in.deployed.Platform.Repository.ListFiles), path.Join(in.deployed.Platform.Repository.Folder, catalog.PlatformFile))
	for _, p := range in.deployed.Platform.Profiles {
		files = append(files, p.File)
	}
	for _, o := range in.deployed.Workloads {
		if o.Written() && (len(files) == 0 || files[len(files)-1] != o.Pos.File) {
			files = append(files, o.Pos.File)
		}
	}
	folders := map[string]bool{} // many applications have files in common
	for _, a := range in.deployed.Applications() {
		files = append(files, ValuesFrom(a)...)
		if f := ChartDefaults(a); f != "" {
			files = append(files, f)
		}
		for _, folder := range foldersOf(a) {
			if !folders[folder] {
				folders[folder] = true
				files = append(files, in.below(folder)...)
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// Listed is what the list says of an application, and its file; nil when that is no more than its code.
func (in *Model) Listed(a *catalog.Application) (*yaml.Node, string) {
	n, known := in.inList[a]
	if !known {
		n = a.Written()
		if in.inList == nil {
			in.inList = map[*catalog.Application]*yaml.Node{}
		}
		in.inList[a] = n
	}
	return n, a.Place.Pos.File
}

// ValuesFrom are the files of this repository that a chart gets values from, also one that is not rendered here; the last one
// of the list comes first, as in valueFiles.
func ValuesFrom(a *catalog.Application) []string {
	return lastFirst(cmp.Or(a.Workload, a.Remote), a.Others)
}

// ChartDefaults is the values.yaml of a chart that the user wrote; empty for others.
func ChartDefaults(a *catalog.Application) string {
	if w := a.Workload; w != nil && w.Kind == catalog.HelmChart && w.Source.Chart == "" && !w.Remote {
		return path.Join(w.Path, "values.yaml")
	}
	return ""
}

// Near is where the user wrote a field of o or, when o was not written as such, a text of it.
func (in *Model) Near(o *deployed.Object, text string, fields ...string) catalog.Place {
	if m, _ := in.Manifest(o); m != nil {
		return in.Field(o, fields...)
	}
	return in.Text(o, text)
}

// Holding is where the user wrote a field of o if its line has a text, and else where the text comes from, such as the images of
// a kustomization.
func (in *Model) Holding(o *deployed.Object, text string, fields ...string) catalog.Place {
	at := in.Field(o, fields...)
	if f := in.File(at.Pos.File); f != nil && at.Pos.Line > 0 && at.Pos.Line <= len(f.Lines) && strings.Contains(f.Lines[at.Pos.Line-1], text) {
		return at
	}
	return in.Text(o, text)
}

// SourceAt is where a text of o is in the files that o was made from; what a chart from elsewhere contains is not the user's.
// Kustomize does not tell which file an object came from: all that it may read are searched.
func (in *Model) SourceAt(o *deployed.Object, text string) (diag.Position, bool) {
	w := o.Workload()
	at, ok := in.textAt(o, text)
	if !ok && w != nil && w.Kind == catalog.Kustomization && !w.Remote {
		at.Pos, ok = in.folder(w.Path).find(text, "")
	}
	if !ok || w == nil || w.Kind == catalog.Catalog && at.Pos.File == o.Pos.File ||
		w.Source.Chart != "" && (at.Pos.File == w.Path || strings.HasPrefix(at.Pos.File, w.Path+"/")) {
		return diag.Position{}, false
	}
	// A text of many lines is found where it begins.
	first, _, _ := strings.Cut(text, "\n")
	if line, ok := in.File(at.Pos.File).searched().inLines(at.Pos.File, first, at.Pos.Line); ok && line.Line > at.Pos.Line {
		at.Pos = line
	}
	return at.Pos, true
}

// filesOf are the files of the repository that an application is made from, in order.
func (in *Model) filesOf(a *catalog.Application) []string {
	var out []string
	for _, folder := range foldersOf(a) {
		out = append(out, in.below(folder)...)
	}
	return out
}

// foldersOf are the files and folders that an application is made from, relative to the repository's root.
func foldersOf(a *catalog.Application) []string {
	if len(a.Sources) == 0 {
		return nil
	}
	var out []string
	for _, p := range a.GeneratePaths {
		rooted, isRooted := strings.CutPrefix(p, "/")
		if !isRooted {
			rooted = path.Join(a.Sources[0].Path, p)
		}
		out = append(out, rooted)
	}
	return out
}

// below are the files at or below a path of the repository, in order.
func (in *Model) below(at string) []string {
	if out, ok := in.folders[at]; ok {
		return out
	}
	if in.folders == nil {
		in.folders = map[string][]string{}
	}
	var out []string
	// In a file that cannot be read, nothing can be found.
	_ = fs.WalkDir(in.deployed.Repository, path.Clean(at), func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, name)
		}
		return nil
	})
	in.folders[at] = out
	return out
}
