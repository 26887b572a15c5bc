package lint

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

func sprintf(format string, args []any) string { return fmt.Sprintf(format, args...) }

// fromRoot is a place of the list, seen from the repository's root.
func (in *Input) fromRoot(p catalog.Place) catalog.Place {
	p.Pos.File = path.Join(in.Platform.Repository.Folder, p.Pos.File)
	return p
}

// place is where the user wrote a text that stands in o: for a manifest, a line of its file; for what a chart makes, where a
// value file, the values of the entry, a patch or the template has it. If none has, it was put together: then it is the
// manifest, or the application.
func (in *Input) place(o *Object, text string) catalog.Place {
	a := o.Application
	at := catalog.Place{Path: a.Place.Path}
	var ok bool
	if o.Pos.Line > 0 {
		if at.Pos, ok = in.find(o.Pos.File, text, o.Pos.Line); ok {
			return at
		}
	}
	for _, f := range valueFiles(a) {
		if at.Pos, ok = in.find(f, text, 0); ok {
			return at
		}
	}
	list := in.fromRoot(a.Place)
	if w := a.Workload; w != nil && w.Source.Helm != nil && has(w.Source.Helm.Values, text) {
		if at.Pos, ok = in.find(list.Pos.File, text, list.Pos.Line); ok {
			return at
		}
	}
	for _, p := range a.Patches {
		if strings.Contains(p.Text, text) {
			return in.fromRoot(catalog.Place{Pos: p.Pos, Path: p.Path})
		}
	}
	switch {
	case o.Pos.Line > 0:
		at.Pos = o.Pos
		return at
	case o.Pos.File != "":
		if at.Pos, ok = in.find(o.Pos.File, text, 0); ok {
			return at
		}
	}
	return list
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
	for _, f := range a.Workload.Source.Helm.ValueFiles {
		if rooted, ok := strings.CutPrefix(f, "/"); ok {
			out = append([]string{rooted}, out...)
		} else {
			out = append([]string{path.Join(a.Workload.Path, f)}, out...)
		}
	}
	return out
}

// find is the first scalar at or behind a line of a file that has the text in it, or else the first line that has.
func (in *Input) find(file, text string, from int) (diag.Position, bool) {
	data, err := fs.ReadFile(in.Repository, file)
	if err != nil {
		return diag.Position{}, false
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			break
		}
		if n := scalar(&document, text, from); n != nil {
			return diag.Position{File: file, Line: n.Line, Column: n.Column}, true
		}
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		if column := strings.Index(line, text); column >= 0 && number >= from {
			return diag.Position{File: file, Line: number, Column: column + 1}, true
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
