package lint

import (
	"maps"
	"slices"
	"strings"
)

// texts are all texts in a value, in a fixed order.
func texts(v any) func(yield func(string) bool) {
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

// has reports whether a text is in a value.
func has(v any, text string) bool {
	for s := range texts(v) {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}
