package syntax

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Field is a key of a mapping that is read into a struct, as the tags of the struct's field say: see Document.Decode.
type Field struct {
	Name  string
	Type  reflect.Type
	Index []int        // of the field, for reflect.Value.FieldByIndex
	Owner reflect.Type // the struct that declares it: the one with the key, or one that is embedded in it

	Required, Short, Naming, Hidden, One bool

	Enum   []string // the permitted texts; nil for all
	Empty  string   // the hint when the key has no value
	Flag   string   // the hint when a text is true or false
	Sample string   // the example of the tag; see Example

	By, Element string // the key by which elements of the list are found, and the word for one; empty when they are not
}

// Fields lists the keys of a struct in the order of their fields, those of an embedded struct in its place. As in Go, a key of the struct
// itself hides that of an embedded one.
func Fields(t reflect.Type) []Field {
	var out []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		if embeds(sf) {
			for _, f := range Fields(sf.Type) {
				f.Index = append([]int{i}, f.Index...)
				out = append(out, f)
			}
			continue
		}
		if f := fieldOf(sf); f.Name != "" {
			f.Index, f.Owner = []int{i}, t
			out = append(out, f)
		}
	}
	depth := map[string]int{}
	for _, f := range out {
		switch d := depth[f.Name]; {
		case d == len(f.Index):
			panic(fmt.Sprintf("syntax: %s has the key %q twice", t, f.Name)) // a mistake in the struct, found by the first test
		case d == 0 || d > len(f.Index):
			depth[f.Name] = len(f.Index)
		}
	}
	return slices.DeleteFunc(out, func(f Field) bool { return len(f.Index) > depth[f.Name] })
}

// embeds reports whether a struct's field is an embedded struct whose keys are the struct's own.
func embeds(sf reflect.StructField) bool {
	return sf.Anonymous && sf.Type.Kind() == reflect.Struct && sf.Tag.Get("yaml") == ""
}

// fieldOf reads the tags of a struct's field. It has no name when no key is read into the field.
func fieldOf(sf reflect.StructField) Field {
	words := strings.Split(sf.Tag.Get("yaml"), ",")
	f := Field{Name: words[0], Type: sf.Type, Empty: sf.Tag.Get("empty"), Flag: sf.Tag.Get("flag"), Sample: sf.Tag.Get("example")}
	for _, word := range words[1:] {
		switch word {
		case "required":
			f.Required = true
		case "short":
			f.Short = true
		case "name":
			f.Naming = true
		case "hidden":
			f.Hidden = true
		case "one":
			f.One = true
		default:
			if by, ok := strings.CutPrefix(word, "by="); ok {
				f.By, f.Element = by, cmp.Or(sf.Tag.Get("element"), "element")
			}
		}
	}
	if e := sf.Tag.Get("enum"); e != "" {
		f.Enum = strings.Split(e, ",")
	}
	return f
}

// layout is a struct type as the decoder needs it.
type layout struct {
	of     reflect.Type
	fields []Field
	byName map[string]*Field
	names  []string
	short  *Field
	naming *Field
	nodes  [][]int // the *Node that the struct embeds, and those of structs that it embeds
	whole  []int   // the field that keeps the mapping itself, when it has the key keepFor; nil for none

	keepFor string
}

var nodeType = reflect.TypeFor[*Node]()

func newLayout(t reflect.Type) *layout {
	l := &layout{of: t, fields: Fields(t), byName: map[string]*Field{}}
	for i := range l.fields {
		f := &l.fields[i]
		l.byName[f.Name] = f
		l.names = append(l.names, f.Name)
		if f.Short {
			l.short = f
		}
		if f.Naming {
			l.naming = f
		}
	}
	l.without(t, nil)
	return l
}

// without finds the fields that have no key, in t and the structs that it embeds.
func (l *layout) without(t reflect.Type, above []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(slices.Clone(above), i)
		if key, ok := strings.CutPrefix(sf.Tag.Get("yaml"), ",whole="); ok {
			l.whole, l.keepFor = index, key
		}
		switch {
		case sf.Anonymous && sf.Type == nodeType:
			l.nodes = append(l.nodes, index)
		case embeds(sf):
			l.without(sf.Type, index)
		}
	}
}

// place tells the struct where it is.
func (l *layout) place(out reflect.Value, at *Node) {
	for _, index := range l.nodes {
		out.FieldByIndex(index).Set(reflect.ValueOf(at))
	}
}

// expected is what the struct is read from.
func (l *layout) expected() string {
	switch {
	case l.short == nil:
		return "a mapping"
	case l.short.Type.Kind() == reflect.Slice:
		return "a list, or a mapping"
	}
	return "a mapping, or text"
}

// shortens reports whether y stands for the struct's mapping: it is the value of the field for that, or meant to be.
func (l *layout) shortens(y *yaml.Node) bool {
	return l.short != nil && (y.Kind == yaml.ScalarNode || y.Kind == yaml.SequenceNode && l.short.Type.Kind() == reflect.Slice)
}

// keeps reports whether the struct keeps a mapping with those keys.
func (l *layout) keeps(pairs []pair) bool {
	return l.whole != nil && slices.ContainsFunc(pairs, func(p pair) bool { return p.key.Value == l.keepFor })
}
