package syntax

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	k8syaml "sigs.k8s.io/yaml"
)

// Any is a value of any shape, such as a chart's values. Its scalars are read by the same YAML library as Helm and Argo CD
// use, so that `on`, `0777` and the like mean here what they mean there.
type Any struct {
	V any // of nil, bool, string, json.Number, []any, map[string]any
	*Node

	layers []place // what V was made of, free of aliases, the highest first
}

// At is the place of the part that keys and indices lead to, or of the nearest existing part around it.
func (a Any) At(path ...string) (at *Node, found bool) {
	_, at, found = a.find(path)
	return at, found
}

// Plain is the text of the scalar that keys and indices lead to, as it stands in the file; ok is false for anything else, and for one in
// quotes.
func (a Any) Plain(path ...string) (text string, ok bool) {
	layers, _, found := a.find(path)
	if !found || len(layers) == 0 {
		return "", false
	}
	y := layers[len(layers)-1].y
	return y.Value, y.Kind == yaml.ScalarNode && y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// find is what the part that keys and indices lead to is made of, and its place or that of the nearest existing part around it.
func (a Any) find(path []string) (layers []place, at *Node, found bool) {
	at = a.Node
	layers = a.layers
	for _, step := range path {
		var below []place
		for _, p := range layers {
			if c, ok := p.child(step); ok {
				below = append(below, c)
			}
		}
		if len(below) == 0 {
			return nil, at, false
		}
		layers = merged(below)
		at = layers[len(layers)-1].at
	}
	return layers, at, true
}

// child is the part of a value without aliases at a key or an index.
func (p place) child(step string) (c place, found bool) {
	index, err := strconv.Atoi(step)
	switch {
	case p.y.Kind == yaml.SequenceNode && err == nil && index >= 0 && index < len(p.y.Content):
		y := p.y.Content[index]
		return place{y, p.at.item(y, index)}, true
	case p.y.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(p.y.Content); i += 2 {
			if p.y.Content[i].Value == step {
				y := p.y.Content[i+1]
				return place{y, p.at.child(y, step)}, true
			}
		}
	}
	return place{}, false
}

func (a *Any) decode(d *decoder, y *yaml.Node, at *Node, f *Field) {
	a.overlay([]part{{decoder: d, y: y, at: at}}, f)
}

func (a *Any) overlay(in []part, _ *Field) part {
	var read []part
	var values []any
	for _, p := range in {
		before := p.at.doc.reported
		plain := p.plain(p.y, p.at, 0)
		if p.at.doc.reported != before {
			continue
		}
		read, values = append(read, p), append(values, p.json(plain, p.at))
		a.layers = append(a.layers, place{plain, p.at})
	}
	if len(read) == 0 {
		return in[len(in)-1]
	}
	a.layers = merged(a.layers)
	for i := range slices.Backward(a.layers) {
		a.V = over(values[i], a.V)
	}
	lowest := read[len(a.layers)-1]
	a.Node = lowest.at
	return lowest
}

// merged are the layers, the highest first, of which the value is made: mappings are merged, and anything else replaces what is below.
func merged(layers []place) []place {
	for i, p := range layers {
		if p.y.Kind != yaml.MappingNode {
			return layers[:max(1, i)]
		}
	}
	return layers
}

// over is a value with what it adds to the one below, which it may change.
func over(high, low any) any {
	h, ok := high.(map[string]any)
	l, both := low.(map[string]any)
	if !ok || !both {
		return high
	}
	for key, v := range h {
		l[key] = over(v, l[key])
	}
	return l
}

// Raw is a value of any shape as YAML, free of aliases and of keys that occur twice, for code that decodes it further.
type Raw struct {
	YAML *yaml.Node
	*Node
}

func (r *Raw) decode(d *decoder, y *yaml.Node, at *Node, _ *Field) {
	before := at.doc.reported
	if plain := d.plain(y, at, 0); at.doc.reported == before {
		r.YAML, r.Node = plain, at
	}
}

// At is the place of y, a part of the value: the element with that key or, without a key, at that index.
func (n *Node) At(y *yaml.Node, key string, index int) *Node {
	if key != "" {
		return n.child(y, key)
	}
	return n.item(y, index)
}

// plain copies y with its aliases and merges written out, and without anchors and comments.
func (d *decoder) plain(y *yaml.Node, at *Node, depth int) *yaml.Node {
	if depth > maxDepth {
		at.Report("too-deep", "nest it less deep", "expected at most %d levels of nesting, found more", maxDepth)
		return nil
	}
	y, done := d.follow(y, at)
	defer done()
	if y == nil {
		return nil
	}
	out := &yaml.Node{Kind: y.Kind, Tag: y.Tag, Value: y.Value, Style: y.Style &^ yaml.FlowStyle, Line: y.Line, Column: y.Column}
	switch y.Kind {
	case yaml.SequenceNode:
		for i, c := range y.Content {
			if c = d.plain(c, at.item(c, i), depth+1); c != nil {
				out.Content = append(out.Content, c)
			}
		}
	case yaml.MappingNode:
		for _, p := range d.pairs(y, at, true) {
			if c := d.plain(p.value, at.child(p.value, p.key.Value), depth+1); c != nil {
				out.Content = append(out.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: p.key.Tag, Value: p.key.Value, Style: p.key.Style,
					Line: p.key.Line, Column: p.key.Column}, c)
			}
		}
	}
	return out
}

// json is the value of a plain node.
func (d *decoder) json(y *yaml.Node, at *Node) any {
	switch y.Kind {
	case yaml.SequenceNode:
		out := make([]any, len(y.Content))
		for i, c := range y.Content {
			out[i] = d.json(c, at.item(c, i))
		}
		return out
	case yaml.MappingNode:
		out := make(map[string]any, len(y.Content)/2)
		for i := 0; i+1 < len(y.Content); i += 2 {
			key, value := y.Content[i], y.Content[i+1]
			name := key.Value
			if !isText(key) {
				m, _ := d.ask("? "+source(key)+"\n: 0\n", key, at).(map[string]any)
				for name = range m { // the only key
				}
			}
			if _, taken := out[name]; taken { // such as 1 and 1.0
				hint := "remove one of them"
				if !isText(key) && (name == "true" || name == "false") { // such as y and on
					hint = "put it in quotes: without them, " + source(key) + " is " + name
				}
				at.at(key).Report("duplicate-key", hint, "the key %s occurs twice", Quote(name))
			}
			out[name] = d.json(value, at.child(value, name))
		}
		return out
	}
	if isText(y) {
		return y.Value
	}
	if list, _ := d.ask("- "+source(y), y, at).([]any); len(list) == 1 {
		return list[0]
	}
	return nil
}

// ask has a piece of YAML read by the library of Kubernetes' tools.
func (d *decoder) ask(text string, y *yaml.Node, at *Node) (out any) {
	converted, err := k8syaml.YAMLToJSON([]byte(text))
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(converted))
		decoder.UseNumber()
		err = decoder.Decode(&out)
	}
	if err != nil { // its text may hold the value
		at.at(y).Report("bad-value", "put it in quotes", "expected a value that JSON can hold, found %s", describe(y, y.Style&yaml.TaggedStyle != 0))
	}
	return out
}

// isText reports whether a scalar is text for every reader, so that ask is not needed. A plain one is, unless it begins like a
// number or is one of a few short words.
func isText(y *yaml.Node) bool {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	switch {
	case y.Style&yaml.TaggedStyle != 0 || y.Value == "" && y.Style&quoted == 0:
		return false
	case y.Style&quoted != 0 || strings.Contains(y.Value, "\n"):
		return true
	}
	return strings.IndexByte("+-.0123456789", y.Value[0]) < 0 && (len(y.Value) > len("false") || strings.IndexByte("yYnNtTfFoO~", y.Value[0]) < 0)
}

// source is a scalar as YAML.
func source(y *yaml.Node) string {
	if y.Style&yaml.TaggedStyle != 0 {
		return y.Tag + " " + strconv.Quote(y.Value) // Go's escapes are all escapes of YAML
	}
	return y.Value
}
