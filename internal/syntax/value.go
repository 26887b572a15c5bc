package syntax

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Value is a scalar with its place. It is unset when the key is absent.
type Value[T string | int | bool] struct {
	V T
	*Node
}

// IsSet reports whether the user wrote the value.
func (v Value[T]) IsSet() bool { return v.Node != nil }

// Or returns the value, or def when it is unset.
func (v Value[T]) Or(def T) T {
	if v.Node == nil {
		return def
	}
	return v.V
}

func (v *Value[T]) decode(_ *decoder, y *yaml.Node, at *Node, f *Field) {
	expected, hint, ok, tag := "", "", false, y.ShortTag()
	switch p := any(&v.V).(type) {
	case *string:
		expected, ok = "text", y.Kind == yaml.ScalarNode && tag == "!!str"
		if ok {
			*p = y.Value
		} else if y.Kind == yaml.ScalarNode {
			hint = "put it in quotes"
			if tag == "!!bool" {
				hint = cmp.Or(f.Flag, hint)
			}
		}
	case *int:
		expected, ok = "a whole number", y.Kind == yaml.ScalarNode && tag == "!!int" && y.Decode(p) == nil
		if _, err := strconv.Atoi(y.Value); !ok && err == nil {
			hint = "remove the quotes"
		}
	case *bool:
		expected, ok = "true or false", y.Kind == yaml.ScalarNode && tag == "!!bool" && y.Decode(p) == nil
		if !ok {
			hint = boolean[strings.ToLower(y.Value)]
		}
	}
	if !ok {
		at.Report("wrong-type", cmp.Or(hint, f.like()), "expected %s, found %s", expected, describe(y, f.Hidden))
		return
	}
	v.Node = at
	if f.Enum != nil && !slices.Contains(f.Enum, y.Value) {
		if near := diag.Nearest(y.Value, f.Enum); near != "" && !f.Hidden {
			hint = `did you mean "` + near + `"?`
		}
		at.Report("unknown-value", cmp.Or(hint, f.like()), "%s, found %s", diag.AllOf("expected one of ", f.Enum), describe(y, f.Hidden))
	}
}

// boolean is what to write for words that were true and false in YAML 1.1.
var boolean = map[string]string{"yes": "write true", "on": "write true", "y": "write true", "true": "remove the quotes",
	"no": "write false", "off": "write false", "n": "write false", "false": "remove the quotes"}

// Text is a scalar of any type as the user wrote it: for values such as ports, where 8080 and http are both right.
type Text struct {
	V string
	*Node
}

func (t *Text) decode(d *decoder, y *yaml.Node, at *Node, f *Field) {
	if y.Kind != yaml.ScalarNode {
		d.mismatch(y, at, "a number or text", f)
		return
	}
	t.V, t.Node = y.Value, at
}

// Item is one key of a Map.
type Item[T any] struct {
	Key   string
	At    *Node // the value's path, at the position of the key
	Node  *Node // the place of the value
	Value T
}

// Map is a mapping with keys of the user's choice, in the order of the file.
type Map[T any] struct {
	Items []Item[T]
	*Node
}

func (m *Map[T]) decode(d *decoder, y *yaml.Node, at *Node, f *Field) {
	if y.Kind != yaml.MappingNode {
		d.mismatch(y, at, "a mapping", f)
		return
	}
	m.Node = at
	for _, p := range (part{decoder: d, y: y, at: at}).items(f) {
		item := Item[T]{Key: p.key.Value, At: p.at.at(p.key), Node: p.at}
		d.value(p.y, p.at, reflect.ValueOf(&item.Value).Elem(), f)
		m.Items = append(m.Items, item)
	}
}

// overlay has the keys of the lowest mapping first.
func (m *Map[T]) overlay(in []part, f *Field) part {
	lowest := in[len(in)-1]
	var keys []string
	values := map[string][]part{} // the lowest first
	for _, p := range slices.Backward(mappings(in, f)) {
		m.Node = lowest.at
		for _, v := range p.items(f) {
			if values[v.key.Value] == nil {
				keys = append(keys, v.key.Value)
			}
			values[v.key.Value] = append(values[v.key.Value], v)
		}
	}
	for _, key := range keys {
		item := Item[T]{Key: key}
		slices.Reverse(values[key])
		p := overlay(values[key], reflect.ValueOf(&item.Value).Elem(), f)
		item.At, item.Node = p.at.at(p.key), p.at
		m.Items = append(m.Items, item)
	}
	return lowest
}

// items are the values of a mapping. It reports keys without one.
func (p part) items(f *Field) []part {
	pairs := p.pairs(p.y, p.at, false)
	out := make([]part, 0, len(pairs))
	for _, kv := range pairs {
		v := part{p.decoder, kv.value, p.at.child(kv.value, kv.key.Value).after(kv.key), kv.key}
		if isNull(kv.value) {
			hint := f.like()
			if f.Type == reflect.TypeFor[Map[Layer]]() {
				hint = "write {} where nothing differs"
			}
			v.at.Report("wrong-type", hint, "expected a value, found nothing")
			continue
		}
		out = append(out, v)
	}
	return out
}
