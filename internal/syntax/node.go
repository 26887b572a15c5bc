package syntax

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Node is the place of a value: its position and its path in the document.
type Node struct {
	Line, Column int

	doc    *Document
	parent *Node
	key    string // the key in the parent, or the element's own name
	index  int32  // the index in the parent list; negative after a key

	keyLine, keyColumn int32 // where the key is; 0 for an element
	style              yaml.Style
}

// Pos is the position in the file.
func (n *Node) Pos() diag.Position {
	return diag.Position{File: n.doc.File, Line: n.Line, Column: n.Column}
}

// Path names the value by keys and indices: web-ntfy.applications[0].ingress[0].
func (n *Node) Path() string {
	if n.parent == nil {
		return ""
	}
	up := n.parent.Path()
	switch {
	case n.key == "" && n.index >= 0:
		return up + "[" + strconv.Itoa(int(n.index)) + "]"
	case !plainKey(n.key):
		return up + "[" + Quote(n.key) + "]"
	case up == "":
		return n.key
	}
	return up + "." + n.key
}

// plainKey reports whether a key needs no quotes in a path.
func plainKey(key string) bool {
	return key != "" && len(key) <= 63 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/") == ""
}

// Report adds a diagnostic about the value at n.
func (n *Node) Report(code, hint, format string, args ...any) {
	n.doc.add(diag.Diagnostic{Pos: n.Pos(), Path: n.Path(), Code: code, Message: fmt.Sprintf(format, args...), Hint: cmp.Or(hint, n.like(code))})
}

// ReportWith adds a diagnostic about the value at n that also points at another place.
func (n *Node) ReportWith(other *Node, note, code, hint, format string, args ...any) {
	n.doc.add(diag.Diagnostic{Pos: n.Pos(), Path: n.Path(), Code: code, Message: fmt.Sprintf(format, args...), Hint: hint,
		Related: []diag.Related{{Pos: other.Pos(), Note: note}}})
}

// Field is the place of the value at key in n, at n's own position: for values that the user did not write.
func (n *Node) Field(key string) *Node {
	return &Node{doc: n.doc, parent: n, key: key, index: -1, Line: n.Line, Column: n.Column}
}

// child is the place of y, the value at key.
func (n *Node) child(y *yaml.Node, key string) *Node {
	return &Node{doc: n.doc, parent: n, key: key, index: -1, Line: y.Line, Column: y.Column, style: y.Style}
}

// after is n, and its key is there.
func (n *Node) after(key *yaml.Node) *Node {
	n.keyLine, n.keyColumn = int32(key.Line), int32(key.Column) // the size of a file is bounded
	return n
}

// item is the place of y, an element of a list.
func (n *Node) item(y *yaml.Node, index int) *Node {
	return &Node{doc: n.doc, parent: n, index: int32(index), Line: y.Line, Column: y.Column, style: y.Style}
}

// at is the value at n, reported at the position of y: of a key, say.
func (n *Node) at(y *yaml.Node) *Node {
	m := *n
	m.Line, m.Column = y.Line, y.Column
	return &m
}

// isNull reports whether y has no value, also by way of an alias.
func isNull(y *yaml.Node) bool {
	y = target(y)
	return y.Kind == yaml.ScalarNode && y.ShortTag() == "!!null"
}

// target is y, or the node that it is an alias of.
func target(y *yaml.Node) *yaml.Node {
	if y.Kind == yaml.AliasNode {
		return y.Alias
	}
	return y
}

// describe returns what y is, for "found …". A hidden value is not shown.
func describe(y *yaml.Node, hidden bool) string {
	switch y.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return describe(y.Alias, hidden)
	}
	kind := "text"
	switch y.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		kind = "a number"
	case "!!bool":
		kind = "true or false"
	case "!!timestamp":
		kind = "a date"
	}
	switch {
	case hidden:
		return kind
	case kind == "text":
		return Quote(y.Value)
	}
	return strings.Trim(Quote(y.Value), `"`) // cut, and free of control characters: a tag may make any text a number
}

// Quote shows a piece of input in a message: quoted, and cut when it is long.
func Quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return strconv.Quote(string(r[:most]) + "…")
	}
	return strconv.Quote(s)
}

// Describe returns what y is, for "found …" in messages about a Raw value.
func Describe(y *yaml.Node) string { return describe(y, false) }
