package syntax

import (
	"reflect"
	"strings"
)

// Example is a value of the key as a user may write it, on one line; "" when nobody has given one. It is that of the tag `example:"…"` of the
// struct's field or, of a list or a pointer, what is made of that of the type: the tag of the *Node that the struct embeds.
func (f *Field) Example() string {
	if f.Sample != "" || f.Type == nil {
		return f.Sample
	}
	return exampleOf(f.Type, f)
}

func exampleOf(t reflect.Type, f *Field) string {
	switch {
	case t == reflect.TypeFor[Value[bool]]():
		return "true"
	case t == reflect.TypeFor[Value[string]]() && len(f.Enum) > 0:
		return f.Enum[0]
	case t.Kind() == reflect.Pointer:
		return exampleOf(t.Elem(), f)
	case t.Kind() == reflect.Slice:
		if one := exampleOf(t.Elem(), f); one != "" {
			return "[" + one + "]"
		}
	case t.Kind() == reflect.Struct:
		return typeExample(t)
	}
	return ""
}

// typeExample is the example of a struct.
func typeExample(t reflect.Type) string {
	for i := range t.NumField() {
		if sf := t.Field(i); sf.Anonymous && sf.Type == nodeType {
			return sf.Tag.Get("example")
		}
	}
	return ""
}

// Line is a key with its example, as a line of a file. Of a value without a key it is what a document may begin with.
func (f *Field) Line() string {
	example := f.Example()
	if example == "" || f.Name != "" {
		return f.Name + ": " + example
	}
	if list, ok := strings.CutPrefix(example, "["); ok {
		return "- " + unwrapped(strings.TrimSuffix(list, "]"))
	}
	return unwrapped(example)
}

// unwrapped is a mapping of one key without its braces.
func unwrapped(s string) string {
	inner, ok := strings.CutPrefix(s, "{")
	if !ok || strings.ContainsAny(inner, "{,") {
		return s
	}
	return strings.TrimSuffix(inner, "}")
}

// like is the hint which shows how a value is written; "" when there is no example.
func (f *Field) like() string {
	if f.Example() == "" {
		return ""
	}
	return "write it like this: " + f.Line()
}
