package profiles

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var (
	ruleType        = reflect.TypeFor[api.Rule]()
	selectorType    = reflect.TypeFor[api.EndpointSelector]()
	intOrStringType = reflect.TypeFor[intstr.IntOrString]()
)

// notInCRD are fields of Cilium's Go types that its CRD does not have (any more), so that the API server drops them.
var notInCRD = map[string]bool{"kafka": true, "l7proto": true, "l7": true, "fromRequires": true, "toRequires": true}

// checker compares a rule with Cilium's Go types, to report each mistake at its place: the decoder would name only the first
// one, without a position.
type checker struct {
	names  map[string]*yaml.Node
	failed bool
}

func (c *checker) report(at *syntax.Node, code, hint, format string, args ...any) {
	c.failed = true
	at.Report(code, hint, format, args...)
}

// fill puts the platform's values in the place of the names that begin with $.
func (c *checker) fill(y *yaml.Node, at *syntax.Node) {
	if y.Kind == yaml.ScalarNode && strings.HasPrefix(y.Value, "$") {
		value, known := c.names[y.Value]
		if !known {
			c.report(at, "unknown-name", diag.DidYouMean(y.Value, slices.Collect(maps.Keys(c.names))), "the platform has no %s", syntax.Quote(y.Value))
			return
		}
		*y = *place(value, y.Line, y.Column)
		return
	}
	c.dnsPort(y, at)
	c.each(y, at, func(y *yaml.Node, at *syntax.Node, _ string) { c.fill(y, at) })
}

// place copies y to a place in a file.
func place(y *yaml.Node, line, column int) *yaml.Node {
	out := *y
	out.Line, out.Column, out.Content = line, column, nil
	for _, c := range y.Content {
		out.Content = append(out.Content, place(c, line, column))
	}
	return &out
}

// each calls do for every element of a list or mapping, with its key.
func (c *checker) each(y *yaml.Node, at *syntax.Node, do func(y *yaml.Node, at *syntax.Node, key string)) {
	switch y.Kind {
	case yaml.SequenceNode:
		for i, e := range y.Content {
			do(e, at.At(e, "", i), "")
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(y.Content); i += 2 {
			key, value := y.Content[i], y.Content[i+1]
			do(value, at.At(value, key.Value, 0), key.Value)
		}
	}
}

// check reports where y is not of type t.
func (c *checker) check(y *yaml.Node, at *syntax.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == intOrStringType {
		if tag := y.ShortTag(); y.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!str" {
			c.report(at, "wrong-type", "", "expected a whole number or text, found %s", syntax.Describe(y))
		}
		return
	}
	if y.Kind == yaml.ScalarNode && strings.HasPrefix(y.Value, "$") {
		return // an unknown name, reported
	}
	expected, ok := "", true
	switch t.Kind() {
	case reflect.String:
		expected, ok = "text", y.Kind == yaml.ScalarNode && y.ShortTag() == "!!str"
		if ok {
			c.text(y, at, t)
		}
	case reflect.Bool:
		expected, ok = "true or false", y.Kind == yaml.ScalarNode && y.ShortTag() == "!!bool"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		expected, ok = "a whole number", y.Kind == yaml.ScalarNode && y.ShortTag() == "!!int"
	case reflect.Slice:
		if expected, ok = "a list", y.Kind == yaml.SequenceNode; ok {
			c.each(y, at, func(y *yaml.Node, at *syntax.Node, _ string) { c.check(y, at, t.Elem()) })
		}
	case reflect.Map:
		if expected, ok = "a mapping", y.Kind == yaml.MappingNode; ok {
			c.each(y, at, func(y *yaml.Node, at *syntax.Node, _ string) { c.check(y, at, t.Elem()) })
		}
	case reflect.Struct:
		if expected, ok = "a mapping", y.Kind == yaml.MappingNode; ok {
			c.fields(y, at, t)
		}
	}
	if !ok {
		hint := ""
		if expected == "text" && y.Kind == yaml.ScalarNode {
			hint = "put it in quotes"
		}
		c.report(at, "wrong-type", hint, "expected %s, found %s", expected, syntax.Describe(y))
	}
}

func (c *checker) fields(y *yaml.Node, at *syntax.Node, t reflect.Type) {
	known := fieldsOf(t)
	switch {
	case t == portType:
		c.port(y, at)
	case slices.Contains(partTypes, t):
		c.part(y, at, known)
	case t == ruleType && len(y.Content) == 0:
		c.report(at, "empty-rule", "add ingress or egress, or remove the policy", "a policy without ingress and egress has no effect")
	}
	c.each(y, at, func(value *yaml.Node, place *syntax.Node, key string) {
		field, ok := known[key]
		switch {
		case !ok:
			c.report(at.At(keyOf(y, key), key, 0), "unknown-field", diag.DidYouMean(key, slices.Collect(maps.Keys(known))), "Cilium rules have no field %s here", syntax.Quote(key))
		case t == ruleType && value.Kind == yaml.SequenceNode && len(value.Content) == 0:
			c.report(place, "empty-rule", "write [{}] to deny everything that no other rule allows, or remove the line",
				"an empty %s list leaves that direction open", key)
		case value.Kind == yaml.SequenceNode && len(value.Content) == 0 && strings.HasSuffix(strings.ToLower(key), "ports"):
			c.report(place, "empty-rule", "list ports, or remove the line", "an empty %s list permits every port", key)
		case value.Kind == yaml.SequenceNode && len(value.Content) == 0:
			hint := "remove the line"
			if field.Kind() == reflect.Slice && field.Elem() == selectorType {
				hint = "write [{}] for every pod of the same namespace, or remove the line"
			}
			c.report(place, "empty-rule", hint, "an empty %s list selects nothing", key)
		case key == "matchLabels":
			c.labels(value, place)
			c.check(value, place, field)
		default:
			c.check(value, place, field)
		}
	})
}

// keyOf is the node of a key of y.
func keyOf(y *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value == key {
			return y.Content[i]
		}
	}
	return y
}

// fieldsOf lists the fields of a struct by their JSON names, with those of embedded structs.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() || notInCRD[name]:
		case name == "" && f.Anonymous:
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			maps.Copy(out, fieldsOf(embedded))
		case name != "":
			out[name] = f.Type
		}
	}
	return out
}
