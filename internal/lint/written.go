package lint

import (
	"cmp"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// listed is what the list says of an application, and its file; nil when that is no more than its code.
func (in *Input) listed(a *catalog.Application) (*yaml.Node, string) {
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

// valuesFrom are the files of this repository that a chart gets values from, also one that is not rendered here; the last one
// of the list comes first, as in valueFiles.
func valuesFrom(a *catalog.Application) []string {
	return lastFirst(cmp.Or(a.Workload, a.Remote), a.Others)
}

// chartDefaults is the values.yaml of a chart that the user wrote; empty for others.
func chartDefaults(a *catalog.Application) string {
	if w := a.Workload; w != nil && w.Kind == catalog.HelmChart && w.Source.Chart == "" && !w.Remote {
		return path.Join(w.Path, "values.yaml")
	}
	return ""
}

// near is where the user wrote a field of o or, when o was not written as such, a text of it.
func (in *Input) near(o *Object, text string, fields ...string) catalog.Place {
	if m, _ := in.manifest(o); m != nil {
		return in.field(o, fields...)
	}
	return in.text(o, text)
}

// holding is where the user wrote a field of o if its line has a text, and else where the text comes from, such as the images of
// a kustomization.
func (in *Input) holding(o *Object, text string, fields ...string) catalog.Place {
	at := in.field(o, fields...)
	if f := in.file(at.Pos.File); f != nil && at.Pos.Line > 0 && at.Pos.Line <= len(f.lines) && strings.Contains(f.lines[at.Pos.Line-1], text) {
		return at
	}
	return in.text(o, text)
}

// sourceAt is where a text of o is in the files that o was made from; what a chart from elsewhere contains is not the user's.
// Kustomize does not tell which file an object came from: all that it may read are searched.
func (in *Input) sourceAt(o *Object, text string) (diag.Position, bool) {
	w := o.workload()
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
	if line, ok := in.file(at.Pos.File).searched().inLines(at.Pos.File, first, at.Pos.Line); ok && line.Line > at.Pos.Line {
		at.Pos = line
	}
	return at.Pos, true
}

// filesOf are the files of the repository that an application is made from, in order.
func (in *Input) filesOf(a *catalog.Application) []string {
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
func (in *Input) below(at string) []string {
	if out, ok := in.folders[at]; ok {
		return out
	}
	if in.folders == nil {
		in.folders = map[string][]string{}
	}
	var out []string
	// In a file that cannot be read, nothing can be found.
	_ = fs.WalkDir(in.Repository, path.Clean(at), func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, name)
		}
		return nil
	})
	in.folders[at] = out
	return out
}

// stringAt is the text at a field of o; empty when there is none.
func stringAt(o *Object, fields ...string) string {
	s, _ := fieldAt(o, fields...).(string)
	return s
}

// fieldAt is the value at a field of o, with indices of lists among the fields; nil when there is nothing.
func fieldAt(o *Object, fields ...string) any {
	var v any = o.Content()
	for _, field := range fields {
		v = member(v, field)
	}
	return v
}

// member is the value at one field of a value, or at one index of a list; nil when there is nothing.
func member(v any, field string) any {
	switch in := v.(type) {
	case map[string]any:
		return in[field]
	case []any:
		if i, err := strconv.Atoi(field); err == nil && i >= 0 && i < len(in) {
			return in[i]
		}
	}
	return nil
}

// groupOf is the API group of o; empty for the core group.
func groupOf(o *Object) string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}
