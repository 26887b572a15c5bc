package catalog

import (
	"strconv"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// Written is what the list says of an application, with its places, and without what an application of the catalog adds; nil when
// that is no more than its code. It is made anew with each call, and is not to be changed.
func (a *Application) Written() *yaml.Node {
	if n := syntax.Tree(a.written); n != nil && n.Kind == yaml.MappingNode {
		return n
	}
	return nil
}

// Where is where the list has the key, or the element, that keys and indices lead to in an application, and whether it has it: otherwise it
// is the nearest place around it.
func (a *Application) Where(keys ...string) (at Place, found bool) {
	at = a.Place
	n := a.Written()
	for _, key := range keys {
		place, next := below(n, key)
		if next == nil {
			return at, false
		}
		at.Pos = diag.Position{File: at.Pos.File, Line: place.Line, Column: place.Column}
		n = next
	}
	return at, true
}

// below is the place of a key of a mapping, or of an element of a list, and what is there.
func below(n *yaml.Node, key string) (place, value *yaml.Node) {
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i], n.Content[i+1]
			}
		}
	case n.Kind == yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}
