package importing

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
)

// step is a key of a mapping, or a number of a list.
type step struct {
	key   string
	index int // -1 for a key
}

// steps are those of a path as syntax.Node writes it: web-x.applications[2].labels["a.b/c"].
func steps(path string) []step {
	var out []step
	for path != "" {
		switch {
		case strings.HasPrefix(path, `["`):
			quoted, err := strconv.QuotedPrefix(path[1:])
			if err != nil {
				return out
			}
			key, _ := strconv.Unquote(quoted)
			out, path = append(out, step{key, -1}), strings.TrimPrefix(path[1+len(quoted):], "]")
		case strings.HasPrefix(path, "["):
			number, rest, _ := strings.Cut(path[1:], "]")
			n, err := strconv.Atoi(number)
			if err != nil {
				return out
			}
			out, path = append(out, step{"", n}), rest
		default:
			path = strings.TrimPrefix(path, ".")
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			out, path = append(out, step{path[:end], -1}), path[end:]
		}
	}
	return out
}

// without removes what a path leads to, or the deepest of what is there on the way that can be removed.
func without(m *listtext.Map, at []step) bool {
	for i, f := range *m {
		if f.Key != at[0].key {
			continue
		}
		if len(at) > 1 {
			if value, ok := withoutIn(f.Value, at[1:]); ok {
				if empty := isEmptyValue(value); empty {
					break
				}
				(*m)[i].Value = value
				return true
			}
		}
	}
	for i, f := range *m {
		if f.Key == at[0].key {
			*m = append((*m)[:i:i], (*m)[i+1:]...)
			return true
		}
	}
	return false
}

func withoutIn(value any, at []step) (any, bool) {
	switch v := value.(type) {
	case listtext.Map:
		ok := without(&v, at)
		return v, ok
	case map[string]any:
		if _, there := v[at[0].key]; !there {
			return nil, false
		}
		out := map[string]any{}
		for key, one := range v {
			if key != at[0].key {
				out[key] = one
			}
		}
		return out, true
	case []listtext.Map:
		if i := at[0].index; i >= 0 && i < len(v) {
			return append(v[:i:i], v[i+1:]...), true
		}
	case []string:
		if i := at[0].index; i >= 0 && i < len(v) {
			return append(v[:i:i], v[i+1:]...), true
		}
	}
	return nil, false
}

func isEmptyValue(value any) bool {
	switch v := value.(type) {
	case listtext.Map:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case []listtext.Map:
		return len(v) == 0
	case []string:
		return len(v) == 0
	}
	return false
}

// pathText is a path as people read it.
func pathText(at []step) string {
	var b strings.Builder
	for i, s := range at {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case strings.ContainsAny(s.key, ".["):
			fmt.Fprintf(&b, "[%q]", s.key)
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.key)
		}
	}
	return b.String()
}
