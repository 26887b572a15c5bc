package lint

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// sourceFile is a file of the user's. A file that is not YAML, such as a template, has lines only.
type sourceFile struct {
	lines     []string
	documents []*yaml.Node
}

// file reads a file of the repository; nil when it cannot be read, or is too large to be looked into.
func (in *Input) file(name string) *sourceFile {
	if f, ok := in.files[name]; ok {
		return f
	}
	if in.files == nil {
		in.files = map[string]*sourceFile{}
	}
	in.files[name] = nil
	const most = 16 << 20 // bytes; nobody writes more by hand
	if info, err := fs.Stat(in.Repository, name); err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return nil
	}
	data, err := fs.ReadFile(in.Repository, name)
	if err != nil {
		return nil
	}
	f := &sourceFile{lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			break
		}
		f.documents = append(f.documents, &document)
	}
	in.files[name] = f
	return f
}

// at is a place of the list, or of platform.yml, seen from the repository's root.
func (in *Input) at(p catalog.Place) catalog.Place {
	p.Pos.File = path.Join(in.Platform.Repository.Folder, p.Pos.File)
	return p
}

// field is where the user wrote a field of o, such as spec, replicas; or else the nearest one around it. It looks into the
// manifest that o was made from, or for a manifest of that kind and name among the values of a chart, or in what a
// kustomization reads. When there is none, it is the application's place.
func (in *Input) field(o *Object, fields ...string) catalog.Place {
	a := o.Application
	at := catalog.Place{Path: a.Place.Path}
	files := valueFiles(a)
	if o.Pos.File != "" {
		files = append([]string{o.Pos.File}, files...)
	}
	if w := a.Workload; w != nil && w.Kind == catalog.Kustomization {
		files = append(files, in.below(w.Path)...)
	}
	for _, name := range files {
		f := in.file(name)
		if f == nil {
			continue
		}
		for _, document := range f.documents {
			if m := manifestIn(document, o); m != nil {
				n := nearest(m, fields)
				at.Pos = diag.Position{File: name, Line: n.Line, Column: n.Column}
				return at
			}
		}
	}
	if n, name := in.listed(a); n != nil {
		if m := manifestIn(n, o); m != nil {
			n := nearest(m, fields)
			at.Pos = diag.Position{File: name, Line: n.Line, Column: n.Column}
			return at
		}
	}
	if o.Pos.Line > 0 {
		at.Pos = o.Pos
		return at
	}
	return in.at(a.Place)
}

// manifestIn is the first mapping at or below n that has the kind and name of o.
func manifestIn(n *yaml.Node, o *Object) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		kind, name := value(n, "kind"), value(value(n, "metadata"), "name")
		if kind != nil && name != nil && kind.Value == o.Kind && name.Value == o.Name {
			return n
		}
	}
	for _, c := range n.Content {
		if m := manifestIn(c, o); m != nil {
			return m
		}
	}
	return nil
}

// value is the value at a key of a mapping; nil when there is none.
func value(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// nearest is the key that fields lead to in a mapping, or the nearest one around it.
func nearest(n *yaml.Node, fields []string) *yaml.Node {
	at := n
	for _, field := range fields {
		var key, next *yaml.Node
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == field {
					key, next = n.Content[i], n.Content[i+1]
				}
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(field); err == nil && i >= 0 && i < len(n.Content) {
				key, next = n.Content[i], n.Content[i]
			}
		}
		if next == nil {
			return at
		}
		at, n = key, next
	}
	return at
}

// text is where the user wrote a text that stands in o, or else the next one of texts: for a manifest, a line of its file; for
// what a chart makes, where a value file, the values of the entry, a patch or the template has it. If none has, it was put
// together: then it is the manifest, or the application.
func (in *Input) text(o *Object, texts ...string) catalog.Place {
	at := catalog.Place{Path: o.Application.Place.Path}
	for _, text := range texts {
		if p, ok := in.textAt(o, text); ok {
			if p.Path == "" {
				p.Path = at.Path
			}
			return p
		}
	}
	if o.Pos.Line > 0 {
		at.Pos = o.Pos
		return at
	}
	return in.at(o.Application.Place)
}

func (in *Input) textAt(o *Object, text string) (at catalog.Place, ok bool) {
	a := o.Application
	if o.Pos.Line > 0 {
		if at.Pos, ok = in.find(o.Pos.File, text, o.Pos.Line); ok {
			return at, true
		}
	}
	for _, f := range valueFiles(a) {
		if at.Pos, ok = in.find(f, text, 0); ok {
			return at, true
		}
	}
	if w := a.Workload; w != nil && w.Source.Helm != nil && has(w.Source.Helm.Values, text) {
		list := in.at(a.Place)
		if at.Pos, ok = in.find(list.Pos.File, text, list.Pos.Line); ok {
			return at, true
		}
	}
	for _, p := range a.Patches {
		if strings.Contains(p.Text, text) {
			return in.at(catalog.Place{Pos: p.Pos, Path: p.Path}), true
		}
	}
	if o.Pos.File != "" && o.Pos.Line == 0 {
		at.Pos, ok = in.find(o.Pos.File, text, 0)
	}
	return at, ok
}

// has says whether a text stands in a value.
func has(v any, text string) bool {
	for s := range texts(v) {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// valueFiles are the value files of a chart of this repository, seen from its root, the last of which wins.
func valueFiles(a *catalog.Application) []string {
	if a.Workload == nil || a.Workload.Source.Helm == nil {
		return nil
	}
	var out []string
	for _, f := range slices.Backward(a.Workload.Source.Helm.ValueFiles) {
		if rooted, ok := strings.CutPrefix(f, "/"); ok {
			out = append(out, rooted)
		} else {
			out = append(out, path.Join(a.Workload.Path, f))
		}
	}
	return out
}

// find is the first scalar at or behind a line of a file that has the text in it, or else the first line that has.
func (in *Input) find(file, text string, from int) (diag.Position, bool) {
	f := in.file(file)
	if f == nil {
		return diag.Position{}, false
	}
	for _, document := range f.documents {
		if n := scalar(document, text, from); n != nil {
			return diag.Position{File: file, Line: n.Line, Column: n.Column}, true
		}
	}
	for i, line := range f.lines {
		if column := strings.Index(line, text); column >= 0 && i+1 >= from {
			return diag.Position{File: file, Line: i + 1, Column: column + 1}, true
		}
	}
	return diag.Position{}, false
}

// scalar is the first scalar below n, at or behind a line, that has the text in it.
func scalar(n *yaml.Node, text string, from int) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Line >= from && strings.Contains(n.Value, text) {
		return n
	}
	for _, c := range n.Content {
		if found := scalar(c, text, from); found != nil {
			return found
		}
	}
	return nil
}

// comment is what the user wrote behind "#" on the line of a place, or on the lines right above it.
func (in *Input) comment(at diag.Position) string {
	f := in.file(at.File)
	if f == nil || at.Line < 1 || at.Line > len(f.lines) {
		return ""
	}
	var out []string
	if _, comment, found := strings.Cut(f.lines[at.Line-1], " #"); found {
		out = append(out, strings.TrimSpace(comment))
	}
	for i := at.Line - 2; i >= 0; i-- {
		comment, found := strings.CutPrefix(strings.TrimSpace(f.lines[i]), "#")
		if !found {
			break
		}
		out = append([]string{strings.TrimSpace(comment)}, out...)
	}
	return strings.Join(out, " ")
}
