package deployed

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ValueOf is a label or similar, whose key has dots in it.
func ValueOf(o *Object, fields ...string) (string, bool) {
	s, ok := FieldAt(o, fields...).(string)
	return s, ok
}

// Texts are all texts in a value, in a fixed order.
func Texts(v any) func(yield func(string) bool) {
	return func(yield func(string) bool) { walk(v, yield) }
}

func walk(v any, yield func(string) bool) bool {
	switch v := v.(type) {
	case string:
		return yield(v)
	case []any:
		for _, e := range v {
			if !walk(e, yield) {
				return false
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !walk(v[key], yield) {
				return false
			}
		}
	}
	return true
}

// Has reports whether a text is in a value.
func Has(v any, text string) bool {
	for s := range Texts(v) {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// StringAt is the text at a field of o; empty when there is none.
func StringAt(o *Object, fields ...string) string {
	s, _ := FieldAt(o, fields...).(string)
	return s
}

// FieldAt is the value at a field of o, with indices of lists among the fields; nil when there is nothing.
func FieldAt(o *Object, fields ...string) any {
	var v any = o.Content()
	for _, field := range fields {
		v = Member(v, field)
	}
	return v
}

// Member is the value at one field of a value, or at one index of a list; nil when there is nothing.
func Member(v any, field string) any {
	switch in := v.(type) {
	case map[string]any:
		return in[field]
	case []any:
		if i, err := strconv.Atoi(field); err == nil && i >= 0 && i < len(in) {
			return in[i]
		}
	}
	return nil
}

// GroupOf is the API group of o; empty for the core group.
func GroupOf(o *Object) string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}
