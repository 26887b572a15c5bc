package syntax

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Decode reads the document, once, into out, a pointer to a struct or a slice of structs.
//
// A field takes the key that its tag names: `yaml:"host"`. Words after the key are options:
//
//	required  the key must be set
//	short     a scalar in place of the struct's mapping is this field's value; a list is, where the field is one
//	name      the value names the struct in paths of messages
//	hidden    the value is never shown in a message
//	one       a lone scalar stands for a list of one
//	by=code   a mapping over a list of structs is laid over those whose key is "code" (see Overlay); `element:"…"` is the word for one
//
// `enum:"a,b"` lists the permitted values of a text. A key without a value is a mistake, because it is unclear whether it was meant to be
// absent; `empty:"…"` is the hint where it could be read as something, and `flag:"…"` that where true or false could be read as a text.
// `example:"…"` is a value as a user may write it, of a key or, on the *Node that a struct embeds, of the struct: see Field.Example.
// A field with the tag `yaml:",whole=key"` is a Layer: the mapping itself, kept when it has the key. Required keys may be missing in it:
// they are looked for where it is laid under or over another.
// Fields are Value, Text, Map, Any, Raw, Layer, pointers to structs, or slices of structs; a struct may embed *Node and then
// knows its own place. The keys of an embedded struct are the struct's own, as in Go.
func (d *Document) Decode(out any) {
	dec := &decoder{layouts: d.layouts}
	defer d.decodes()()
	into := reflect.ValueOf(out).Elem()
	dec.value(d.root, d.Root(), into, &Field{Type: into.Type()})
	d.root = &yaml.Node{Line: d.root.Line, Column: d.root.Column} // the places of values outlive the tree
}

// decoder walks the nodes of one document, or of one layer.
type decoder struct {
	open    []*yaml.Node        // the aliased nodes that are being walked
	cyclic  map[*yaml.Node]bool // those that were found in themselves: following them in each order would take forever
	layouts map[reflect.Type]*layout
	upper   bool // there is a layer below
	partial bool // inside of a mapping that is kept as a layer: what is missing may be in another
}

// own is implemented by the types of this package that read themselves.
type own interface {
	decode(d *decoder, y *yaml.Node, at *Node, f *Field)
	tree() (*yaml.Node, *Node)
}

func (d *decoder) layoutOf(t reflect.Type) *layout {
	l := d.layouts[t]
	if l == nil {
		l = newLayout(t)
		d.layouts[t] = l
	}
	return l
}

// value reads y, which is not null, into out.
func (d *decoder) value(y *yaml.Node, at *Node, out reflect.Value, f *Field) {
	y, done := d.follow(y, at)
	defer done()
	if y == nil {
		return
	}
	if out.CanAddr() {
		if o, ok := out.Addr().Interface().(own); ok {
			o.decode(d, y, at, f)
			return
		}
	}
	switch out.Kind() {
	case reflect.Pointer:
		p := reflect.New(out.Type().Elem())
		d.value(y, at, p.Elem(), f)
		out.Set(p)
	case reflect.Slice:
		d.list(y, at, out, f)
	case reflect.Struct:
		d.mapping(y, at, out, f)
	default:
		panic("syntax: no way to read a " + out.Type().String()) // a mistake in the struct, found by the first test
	}
}

func (d *decoder) list(y *yaml.Node, at *Node, out reflect.Value, f *Field) {
	if f.By != "" && d.upper && y.Kind == yaml.MappingNode {
		keyed([]part{{decoder: d, y: y, at: at}}, out, f)
		return
	}
	parts, ok := d.elements(y, at, f)
	if !ok {
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(parts), len(parts)))
	for i, p := range parts {
		if p.y != nil {
			d.value(p.y, p.at, out.Index(i), f)
		}
	}
}

// elements are those of the list y, without a node where there is no value, which is reported. It reports what is not a list.
func (d *decoder) elements(y *yaml.Node, at *Node, f *Field) (parts []place, ok bool) {
	if f.One && y.Kind == yaml.ScalarNode {
		return []place{{y, at}}, true
	}
	if y.Kind != yaml.SequenceNode {
		if y.Kind == yaml.MappingNode && at.parent == nil && d.foreign(y, at, elementOf(f.Type)) {
			return nil, false
		}
		hint := f.like()
		if y.Kind == yaml.ScalarNode && !f.Hidden && plainKey(y.Value) && d.scalars(f.Type) {
			hint = "write [" + y.Value + "]"
		}
		at.Report("wrong-type", hint, "expected a list, found %s", describe(y, f.Hidden))
		return nil, false
	}
	parts = make([]place, len(y.Content))
	for i, c := range y.Content {
		parts[i] = place{c, at.item(c, i)}
		if isNull(c) {
			d.mismatch(c, parts[i].at, "a value", f)
			parts[i].y = nil
		}
	}
	d.unindented(y, parts, f)
	return parts, true
}

func (d *decoder) mapping(y *yaml.Node, at *Node, out reflect.Value, f *Field) {
	l := d.layoutOf(out.Type())
	l.place(out, at)
	if l.shortens(y) {
		short := *l.short
		if f.Name != "" { // what is written is the key around it
			short.Name, short.Sample = f.Name, f.Example()
		}
		d.value(y, at, out.FieldByIndex(short.Index), &short)
		return
	}
	if y.Kind != yaml.MappingNode {
		d.scalar(y, at, l, f)
		return
	}
	if l.strays(y) && d.foreign(y, at, l.of) {
		return
	}
	at.name(y, l)
	pairs := d.pairs(y, at, false)
	if l.keeps(pairs) {
		out.FieldByIndex(l.whole).Set(reflect.ValueOf(Layer{at, []place{{y, at}}}))
		defer d.inPart()()
	}
	present := make(map[string]bool, len(pairs))
	d.keys(pairs, at, l, present, func(f *Field, p pair) {
		d.value(p.value, at.child(p.value, f.Name).after(p.key), out.FieldByIndex(f.Index), f)
	})
	d.missing(l, present, at)
}

// inPart has the decoder not look for what is missing, until the returned function is called.
func (d *decoder) inPart() (end func()) {
	before := d.partial
	d.partial = true
	return func() { d.partial = before }
}

// missing reports the required keys that are not present.
func (d *decoder) missing(l *layout, present map[string]bool, at *Node) {
	for _, f := range l.fields {
		if f.Required && !present[f.Name] && !d.partial {
			at.Report("missing-field", f.like(), "missing %q", f.Name)
		}
	}
}

// keys calls do for each key of the mapping at a place that has a field and a value, and reports the others. All are present then, also
// those that are misspelled.
func (d *decoder) keys(pairs []pair, at *Node, l *layout, present map[string]bool, do func(*Field, pair)) {
	for _, p := range pairs {
		f, ok := l.byName[p.key.Value]
		if !ok && at.doc.full() {
			at.doc.reported++
			continue // what it could mean takes its time
		}
		if !ok {
			present[diag.Nearest(p.key.Value, l.names)] = true
			hint := d.strayHint(at, l, p.key.Value)
			if meant, _, ok := strings.Cut(strings.TrimPrefix(hint, "write "), ":"); ok {
				present[meant] = true
			}
			at.at(p.key).Report("unknown-field", hint, "unknown field %s", Quote(p.key.Value))
			continue
		}
		present[f.Name] = true
		if isNull(p.value) {
			hint := "write a value"
			if example := f.Example(); example != "" {
				hint += ", such as " + f.Line()
			}
			if !f.Required {
				hint += ", or remove the key"
			}
			at.child(p.value, f.Name).at(p.key).Report("no-value", cmp.Or(f.Empty, hint), "expected a value, found nothing")
			continue
		}
		do(f, p)
	}
}

// name gives the place of the mapping y, in a list, the name that one of its values is.
func (n *Node) name(y *yaml.Node, l *layout) {
	if l.naming == nil || l.naming.Hidden || n.index < 0 {
		return
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		value := target(y.Content[i+1])
		if y.Content[i].Value == l.naming.Name && value.Kind == yaml.ScalarNode && value.ShortTag() == "!!str" && plainKey(value.Value) {
			n.key = value.Value
			return
		}
	}
}

func (d *decoder) mismatch(y *yaml.Node, at *Node, expected string, f *Field) {
	at.Report("wrong-type", f.like(), "expected %s, found %s", expected, describe(y, f.Hidden))
}

// scalars reports whether a list of type t may have a lone scalar as its element.
func (d *decoder) scalars(t reflect.Type) bool {
	if t == nil || t.Kind() != reflect.Slice {
		return false
	}
	t = structOf(t.Elem())
	if reflect.PointerTo(t).Implements(reflect.TypeFor[own]()) {
		return true
	}
	return t.Kind() == reflect.Struct && d.layoutOf(t).short != nil
}
