package catalog

import "github.com/hippotion/roster/internal/syntax"

// oneOf reports a mistake unless exactly one of the values is set.
func oneOf(n *syntax.Node, keys []string, values ...text) (text, bool) {
	set := present(values...)
	switch {
	case len(set) == 1:
		return set[0], true
	case len(set) > 1:
		set[1].Report("bad-choice", "keep one of them, and remove the others", "expected one of %s, found %d", list(keys), len(set))
	case !n.Flawed(keys...):
		hint := "write one of them"
		if example := n.Example(keys[0]); example != "" {
			hint += ", such as " + example
		}
		n.Report("missing-field", hint, "expected one of %s, found none", list(keys))
	}
	return text{}, false
}

// list is keys as part of a sentence.
func list(keys []string) string {
	out := keys[0]
	for i, key := range keys[1:] {
		if i == len(keys)-2 {
			out += " and " + key
		} else {
			out += ", " + key
		}
	}
	return out
}
