package syntax

import (
	"reflect"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Layer is a mapping as it is written, to be decoded later, over others (see Overlay). It keeps no other part of its document.
type Layer struct {
	*Node // nil when there is none

	parts []place // the highest first
}

// place is a value of the document, and where that is.
type place struct {
	y  *yaml.Node
	at *Node
}

func (l *Layer) decode(d *decoder, y *yaml.Node, at *Node, f *Field) {
	l.overlay([]part{{decoder: d, y: y, at: at}}, f)
}

func (l *Layer) overlay(in []part, f *Field) part {
	for _, p := range mappings(in, f) {
		l.Node, l.parts = p.at, append(l.parts, place{p.y, p.at})
	}
	return in[len(in)-1]
}

// Only is the layer as if it had no other keys.
func (l Layer) Only(keys ...string) Layer {
	return l.filtered(func(key string) bool { return slices.Contains(keys, key) })
}

// Without is the layer as if it did not have those keys.
func (l Layer) Without(keys ...string) Layer {
	return l.filtered(func(key string) bool { return !slices.Contains(keys, key) })
}

func (l Layer) filtered(keep func(key string) bool) Layer {
	out := Layer{Node: l.Node}
	for _, p := range l.parts {
		pairs := slices.DeleteFunc((&decoder{}).pairs(p.y, p.at, false), func(p pair) bool { return !keep(p.key.Value) })
		out.parts = append(out.parts, place{withPairs(p.y, pairs), p.at})
	}
	return out
}

// withPairs is the mapping y with other keys and values.
func withPairs(y *yaml.Node, pairs []pair) *yaml.Node {
	out := &yaml.Node{Kind: y.Kind, Tag: y.Tag, Line: y.Line, Column: y.Column}
	for _, p := range pairs {
		out.Content = append(out.Content, p.key, p.value)
	}
	return out
}

// Key is the place of the value at a key, at the position of the key; nil when the layer does not have it.
func (l Layer) Key(name string) *Node {
	for _, p := range l.parts {
		if found, ok := find(p.y, name); ok {
			return p.at.child(found.value, name).at(found.key)
		}
	}
	return nil
}

// find is a key of the mapping y. It reports nothing.
func find(y *yaml.Node, name string) (found pair, ok bool) {
	pairs := (&decoder{}).pairs(y, &Node{doc: &Document{}}, false)
	i := slices.IndexFunc(pairs, func(p pair) bool { return p.key.Value == name })
	if i < 0 {
		return pair{}, false
	}
	return pairs[i], true
}

// Overlay decodes layers, the highest first, into out, a pointer to a struct, as if one mapping had been written that has what each layer
// adds to those below it. Mappings are merged, key by key; a scalar in the place of a struct is the mapping with its short key; scalars and
// lists replace those below. A list with the tag by=KEY in a lower layer can also have a mapping over it: of the values that KEY has in the
// elements of the list, to what differs in that element.
//
// Each value knows its place in the layer that it is from; what several layers have made knows that in the lowest. What is wrong in a
// layer is reported there, even if another replaces it. A key that is required has to be in one of the layers.
func Overlay(out any, layers ...Layer) {
	var in []part
	for _, l := range layers {
		for _, p := range l.parts {
			in = append(in, part{decoder: &decoder{layouts: p.at.doc.layouts, upper: true}, y: p.y, at: p.at})
			defer p.at.doc.decodes()()
		}
	}
	if len(in) > 0 {
		in[len(in)-1].upper = false
		overlay(in, reflect.ValueOf(out).Elem(), &Field{})
	}
}

// part is a value in one of the layers. Each layer has its own decoder, because it has its own open aliases.
type part struct {
	*decoder
	y   *yaml.Node
	at  *Node
	key *yaml.Node // that leads to it, in a Map
}

// layered is implemented by the types of this package in which layers are merged.
type layered interface {
	overlay(in []part, f *Field) part
}

// overlay reads the values of layers, the highest first, into out, and returns the one that gives it its place.
func overlay(in []part, out reflect.Value, f *Field) part {
	if len(in) == 1 {
		in[0].value(in[0].y, in[0].at, out, f)
		return in[0]
	}
	found := make([]part, 0, len(in))
	for _, p := range in {
		y, done := p.follow(p.y, p.at)
		defer done()
		if y != nil {
			p.y = y
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return in[0]
	case 1:
		return overlay(found, out, f)
	}
	if o, ok := out.Addr().Interface().(layered); ok {
		return o.overlay(found, f)
	}
	if _, ok := out.Addr().Interface().(own); !ok {
		switch out.Kind() {
		case reflect.Pointer:
			p := reflect.New(out.Type().Elem())
			out.Set(p)
			return overlay(found, p.Elem(), f)
		case reflect.Struct:
			return structs(found, out, f)
		case reflect.Slice:
			if f.By != "" {
				return keyed(found, out, f)
			}
		}
	}
	for i, p := range found {
		if i > 0 {
			out = reflect.New(out.Type()).Elem() // for what is wrong in it
		}
		p.value(p.y, p.at, out, f)
	}
	return found[0]
}

// mappings are those of the values that are mappings. It reports the others.
func mappings(in []part, f *Field) []part {
	return slices.DeleteFunc(slices.Clone(in), func(p part) bool {
		if p.y.Kind != yaml.MappingNode {
			p.mismatch(p.y, p.at, "a mapping", f)
			return true
		}
		return false
	})
}

// structs reads mappings, or scalars in their place, into a struct.
func structs(in []part, out reflect.Value, f *Field) part {
	l, lowest := in[0].layoutOf(out.Type()), in[len(in)-1]
	present := map[string]bool{}
	values := map[*Field][]part{}
	var whole Layer
	keeps := false
	for _, p := range in {
		switch {
		case p.y.Kind == yaml.MappingNode:
			p.at.name(p.y, l)
			pairs := p.pairs(p.y, p.at, false)
			p.keys(pairs, p.at, l, present, func(f *Field, kv pair) {
				values[f] = append(values[f], part{p.decoder, kv.value, p.at.child(kv.value, f.Name).after(kv.key), kv.key})
			})
			whole.Node, whole.parts = p.at, append(whole.parts, place{p.y, p.at})
			keeps = keeps || l.keeps(pairs)
		case l.shortens(p.y):
			values[l.short] = append(values[l.short], p)
			present[l.short.Name] = true
		default:
			p.mismatch(p.y, p.at, l.expected(), f)
		}
	}
	l.place(out, lowest.at)
	if keeps {
		out.FieldByIndex(l.whole).Set(reflect.ValueOf(whole))
		for _, p := range in {
			defer p.inPart()()
		}
	}
	for i := range l.fields {
		if f := &l.fields[i]; values[f] != nil {
			overlay(values[f], out.FieldByIndex(f.Index), f)
		}
	}
	if whole.Node != nil { // a scalar has no keys that could be missing
		lowest.missing(l, present, lowest.at)
	}
	for _, p := range in {
		lowest.at.shares(p.at, l.names)
	}
	return lowest
}

// What a name that is not in a list could mean takes its time: it is compared with all that are. So that is looked for in short names
// only, and so often in a file.
const (
	longestLooked = 63
	mostLooks     = 100_000
)

// keyed reads a list whose elements have a key (Field.By), with mappings over it.
func keyed(in []part, out reflect.Value, f *Field) part {
	n := slices.IndexFunc(in, func(p part) bool { return p.y.Kind != yaml.MappingNode })
	var list []place
	known := true // which elements there are
	base, changes := in[len(in)-1], in
	switch {
	case n >= 0:
		base, changes = in[n], in[:n]
		if below := in[n+1:]; len(below) > 0 {
			overlay(below, reflect.New(out.Type()).Elem(), f) // for what is wrong in it
		}
		list, known = base.elements(base.y, base.at, f)
	case !base.upper:
		changes, known = in[:len(in)-1], false
		base.list(base.y, base.at, out, f)
	}

	of := out.Type().Elem()
	byKey, keys := map[string]int{}, []string{}
	if len(changes) > 0 {
		for i, p := range list {
			if key, ok := base.keyOf(p.y, of, f); ok {
				keys = append(keys, key)
				if _, taken := byKey[key]; !taken {
					byKey[key] = i
				}
			}
		}
	}
	over := make([][]part, len(list))
	for _, c := range changes {
		for _, kv := range c.pairs(c.y, c.at, false) {
			p, ok := c.change(kv, f)
			i, found := byKey[kv.key.Value]
			if known && !found {
				hint := ""
				if doc := p.at.doc; len(kv.key.Value) <= longestLooked && doc.looks < mostLooks {
					doc.looks += len(keys)
					hint = diag.DidYouMean(kv.key.Value, keys)
				}
				p.at.at(kv.key).Report("unknown-"+f.Element, hint, "there is no %s %s", f.Element, Quote(kv.key.Value))
			}
			switch {
			case ok && found:
				over[i] = append(over[i], p)
			case ok:
				end := p.inPart()
				p.value(p.y, p.at, reflect.New(of).Elem(), f) // for what is wrong in it
				end()
			}
		}
	}
	if list != nil {
		out.Set(reflect.MakeSlice(out.Type(), len(list), len(list)))
	}
	for i, p := range list {
		if p.y != nil {
			overlay(append(over[i], part{decoder: base.decoder, y: p.y, at: p.at}), out.Index(i), f)
		}
	}
	return base
}

// structOf is the struct that elements of a list are, or point to.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// keyOf is the key of an element of a list, if it has one.
func (d *decoder) keyOf(y *yaml.Node, of reflect.Type, f *Field) (string, bool) {
	if y == nil {
		return "", false
	}
	y = target(y)
	short := d.layoutOf(structOf(of)).short
	if y.Kind == yaml.MappingNode {
		found, ok := find(y, f.By)
		if !ok {
			return "", false
		}
		y = target(found.value)
	} else if short == nil || short.Name != f.By {
		return "", false
	}
	return y.Value, y.Kind == yaml.ScalarNode
}

// change is what differs in an element of a list: a mapping without the key that finds the element.
func (p part) change(kv pair, f *Field) (c part, ok bool) {
	c = part{decoder: p.decoder, at: p.at.child(kv.value, kv.key.Value)}
	if isNull(kv.value) {
		p.mismatch(kv.value, c.at, "a value", f)
		return c, false
	}
	y, done := p.follow(kv.value, c.at)
	defer done()
	if y == nil {
		return c, false
	}
	if y.Kind != yaml.MappingNode {
		p.mismatch(y, c.at, "a mapping", f)
		return c, false
	}
	c.y = withPairs(y, slices.DeleteFunc(p.pairs(y, c.at, false), func(kv pair) bool {
		if kv.key.Value != f.By {
			return false
		}
		c.at.child(kv.value, f.By).at(kv.key).Report("no-effect", "remove it", "the %s is found by its %s, which cannot differ", f.Element, f.By)
		return true
	}))
	return c, true
}
