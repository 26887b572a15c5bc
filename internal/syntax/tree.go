package syntax

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Tree is what the user wrote of a decoded value, which is a pointer: with its places and in its order, and with the values of aliases in
// their place. It is made anew with each call, except for free-form values, which are shared: it is not to be changed. It is nil when
// there is nothing. A key with an empty list is left out.
func Tree(value any) *yaml.Node {
	n, _ := treeOf(reflect.ValueOf(value).Elem())
	return n
}

// treeOf is the tree of a value, and its place, which knows that of its key.
func treeOf(v reflect.Value) (*yaml.Node, *Node) {
	if v.CanAddr() {
		if o, ok := v.Addr().Interface().(own); ok {
			return o.tree()
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return treeOf(v.Elem())
		}
	case reflect.Slice:
		return treeOfList(v)
	case reflect.Struct:
		return treeOfStruct(v)
	}
	return nil, nil
}

func treeOfList(v reflect.Value) (*yaml.Node, *Node) {
	var out *yaml.Node
	var place *Node
	for i := range v.Len() {
		n, at := treeOf(v.Index(i))
		switch {
		case n == nil:
			continue
		case at.index < 0: // a lone scalar that stands for a list
			return n, at
		case out == nil:
			place = at.parent
			out = place.yaml(yaml.SequenceNode, "!!seq", "")
		}
		out.Content = append(out.Content, n)
	}
	return out, place
}

func treeOfStruct(v reflect.Value) (*yaml.Node, *Node) {
	var place *Node
	for i := range v.NumField() {
		if v.Field(i).Type() == nodeType && v.Type().Field(i).Anonymous {
			place, _ = v.Field(i).Interface().(*Node)
		}
	}
	if place == nil {
		return nil, nil
	}
	out := place.yaml(yaml.MappingNode, "!!map", "")
	var pairs []pair
	for _, f := range place.doc.fieldsOf(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if field.IsZero() {
			continue
		}
		n, at := treeOf(field)
		switch {
		case n == nil || at.doc != place.doc: // said in another file
			continue
		case at == place: // the short form
			return n, place
		}
		pairs = append(pairs, pair{at.keyNode(f.Name), n})
	}
	out.Content = inOrder(pairs)
	return out, place
}

// fieldsOf are the fields of a struct that the document was read into.
func (d *Document) fieldsOf(t reflect.Type) []Field {
	if l := d.layouts[t]; l != nil {
		return l.fields
	}
	return Fields(t)
}

// inOrder are keys and values as they are written.
func inOrder(pairs []pair) []*yaml.Node {
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Or(a.key.Line-b.key.Line, a.key.Column-b.key.Column) })
	out := make([]*yaml.Node, 0, 2*len(pairs))
	for _, p := range pairs {
		out = append(out, p.key, p.value)
	}
	return out
}

func (n *Node) yaml(kind yaml.Kind, tag, value string) *yaml.Node {
	return &yaml.Node{Kind: kind, Tag: tag, Value: value, Style: n.style, Line: n.Line, Column: n.Column}
}

func (n *Node) keyNode(name string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: int(n.keyLine), Column: int(n.keyColumn)}
}

func (v *Value[T]) tree() (*yaml.Node, *Node) {
	if v.Node == nil {
		return nil, nil
	}
	tag := "!!str"
	switch any(v.V).(type) {
	case int:
		tag = "!!int"
	case bool:
		tag = "!!bool"
	}
	return v.yaml(yaml.ScalarNode, tag, fmt.Sprint(v.V)), v.Node
}

func (t *Text) tree() (*yaml.Node, *Node) {
	if t.Node == nil {
		return nil, nil
	}
	n := t.yaml(yaml.ScalarNode, "", t.V)
	n.Tag = n.ShortTag()
	return n, t.Node
}

func (m *Map[T]) tree() (*yaml.Node, *Node) {
	if m.Node == nil {
		return nil, nil
	}
	var pairs []pair
	for i := range m.Items {
		item := &m.Items[i]
		if n, _ := treeOf(reflect.ValueOf(&item.Value).Elem()); n != nil {
			pairs = append(pairs, pair{item.Node.keyNode(item.Key), n})
		}
	}
	out := m.yaml(yaml.MappingNode, "!!map", "")
	out.Content = inOrder(pairs)
	return out, m.Node
}

func (a *Any) tree() (*yaml.Node, *Node) {
	if a.Node == nil {
		return nil, nil
	}
	return together(slices.DeleteFunc(slices.Clone(a.layers), func(p place) bool { return p.at.doc != a.doc })), a.Node
}

// together is what layers have made, the highest first.
func together(layers []place) *yaml.Node {
	switch layers = merged(layers); len(layers) {
	case 0:
		return nil
	case 1:
		return layers[0].y
	}
	out := *layers[len(layers)-1].y
	out.Content = nil
	below := map[string][]place{}
	var keys []*yaml.Node
	for _, p := range slices.Backward(layers) { // the lowest say where a key is
		for i := 0; i+1 < len(p.y.Content); i += 2 {
			key := p.y.Content[i]
			if below[key.Value] == nil {
				keys = append(keys, key)
			}
			below[key.Value] = append([]place{{p.y.Content[i+1], p.at}}, below[key.Value]...)
		}
	}
	for _, key := range keys {
		out.Content = append(out.Content, key, together(below[key.Value]))
	}
	return &out
}

func (r *Raw) tree() (*yaml.Node, *Node) { return r.YAML, r.Node }

func (l *Layer) tree() (*yaml.Node, *Node) { return nil, nil } // what it says is where it is decoded to
