package places

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"go.yaml.in/yaml/v3"
)

// Source is where the user wrote a field of o. For the output of a template, it is where a text is a whole value in a value file, or among
// the values of the list; or else the first line below the kind in the template that has one of some others.
func (in *Model) Source(o *deployed.Object, text string, lines []string, fields ...string) catalog.Place {
	if m, _ := in.Manifest(o); m != nil || o.Pos.Line > 0 || !o.Written() {
		return in.Field(o, fields...)
	}
	at := catalog.Place{Path: o.Application.Place.Path}
	for _, name := range ValueFiles(o.Application) {
		if f := in.File(name); f != nil {
			for _, document := range f.Documents() {
				if n := whole(document, text); n != nil {
					at.Pos = diag.Position{File: name, Line: n.Line, Column: n.Column}
					return at
				}
			}
		}
	}
	if n, name := in.Listed(o.Application); n != nil {
		if found := whole(Value(n, "values"), text); found != nil {
			at.Pos = diag.Position{File: name, Line: found.Line, Column: found.Column}
			return at
		}
	}
	kind, found := in.Find(o.Pos.File, "kind: "+o.Kind, 0)
	for _, line := range lines {
		if pos, ok := in.Find(o.Pos.File, line, kind.Line); ok {
			at.Pos = pos
			return at
		}
	}
	if found {
		at.Pos = kind
		return at
	}
	return in.Field(o, fields...)
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
