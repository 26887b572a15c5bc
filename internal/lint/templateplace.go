package lint

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// source is where the user wrote a field of o. For the output of a template, it is where a text is a whole value in a value file, or among
// the values of the list; or else the first line below the kind in the template that has one of some others.
func (in *Input) source(o *Object, text string, lines []string, fields ...string) catalog.Place {
	if m, _ := in.manifest(o); m != nil || o.Pos.Line > 0 || !o.written() {
		return in.field(o, fields...)
	}
	at := catalog.Place{Path: o.Application.Place.Path}
	for _, name := range valueFiles(o.Application) {
		if f := in.file(name); f != nil {
			for _, document := range f.documents {
				if n := whole(document, text); n != nil {
					at.Pos = diag.Position{File: name, Line: n.Line, Column: n.Column}
					return at
				}
			}
		}
	}
	if n, name := in.listed(o.Application); n != nil {
		if found := whole(value(n, "values"), text); found != nil {
			at.Pos = diag.Position{File: name, Line: found.Line, Column: found.Column}
			return at
		}
	}
	kind, found := in.find(o.Pos.File, "kind: "+o.Kind, 0)
	for _, line := range lines {
		if pos, ok := in.find(o.Pos.File, line, kind.Line); ok {
			at.Pos = pos
			return at
		}
	}
	if found {
		at.Pos = kind
		return at
	}
	return in.field(o, fields...)
}

// whole is the first scalar at or below n that equals a text.
func whole(n *yaml.Node, text string) *yaml.Node {
	if n == nil || text != "" && n.Kind == yaml.ScalarNode && n.Value == text {
		return n
	}
	for _, c := range n.Content {
		if found := whole(c, text); found != nil {
			return found
		}
	}
	return nil
}
