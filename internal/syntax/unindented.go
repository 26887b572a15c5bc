package syntax

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// unindented finds the elements of the list y that belong to the last key of the element before them, which has no value: their dashes stand
// below the dash of that element, and not below the key. It reports that once for each such key, and leaves the elements out.
func (d *decoder) unindented(y *yaml.Node, parts []place, f *Field) {
	if y.Style&yaml.FlowStyle != 0 || f.Type == nil || f.Type.Kind() != reflect.Slice || !isMapped(f.Type.Elem()) {
		return
	}
	l := d.layoutOf(structOf(f.Type.Elem()))
	for i := 0; i < len(parts); i++ {
		element := parts[i]
		key, below := d.unfinished(element.y, l)
		n := i + 1
		for below != nil && n < len(parts) && belongs(parts[n].y, below, l) {
			parts[n].y = nil
			n++
		}
		if n == i+1 {
			continue
		}
		element.at.name(element.y, l)
		element.at.child(key, key.Value).Report("no-value", fmt.Sprintf("what it holds is not indented: write %d more spaces before %s, so that \"- %s\" stands below %q",
			key.Column-y.Column, lines(parts[i+1:], n-i-1), y.Content[i+1].Content[0].Value, key.Value), "expected a value, found nothing")
		without := *element.y
		without.Content = element.y.Content[:len(element.y.Content)-2]
		parts[i].y = &without
		i = n - 1
	}
}

// lines are those of the first n elements of a list.
func lines(parts []place, n int) string {
	first := parts[0].at.Line
	switch {
	case n == len(parts):
		return fmt.Sprintf("each line from line %d on", first)
	case parts[n].at.Line-1 == first:
		return fmt.Sprintf("line %d", first)
	}
	return fmt.Sprintf("lines %d to %d", first, parts[n].at.Line-1)
}

// isMapped reports whether values of a type are mappings with keys that are known.
func isMapped(t reflect.Type) bool {
	t = structOf(t)
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[own]())
}

// unfinished is the last key of the mapping y, if it has no value and that would be a list of mappings, and the layout of these.
func (d *decoder) unfinished(y *yaml.Node, l *layout) (key *yaml.Node, below *layout) {
	if y == nil || y.Kind != yaml.MappingNode || len(y.Content) == 0 {
		return nil, nil
	}
	key = y.Content[len(y.Content)-2]
	f := l.byName[key.Value]
	if f == nil || !isNull(y.Content[len(y.Content)-1]) || f.Type.Kind() != reflect.Slice || !isMapped(f.Type.Elem()) {
		return nil, nil
	}
	return key, d.layoutOf(structOf(f.Type.Elem()))
}

// belongs reports whether the element y of a list begins with a key that it does not have there, and has one that it has below.
func belongs(y *yaml.Node, below, here *layout) bool {
	if y == nil || y.Kind != yaml.MappingNode || len(y.Content) == 0 || here.byName[y.Content[0].Value] != nil {
		return false
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if below.byName[y.Content[i].Value] != nil {
			return true
		}
	}
	return false
}
