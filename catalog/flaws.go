package catalog

import (
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// flaws are the places where a file's shape was wrong, by file and path. A key that is missing there is not reported:
// it is most likely there, misspelled or of the wrong type, and that has been reported.
type flaws map[string]bool

// noteFlaws remembers what has been reported so far. It is called when the files are decoded and nothing else is checked.
func (r *resolver) noteFlaws() {
	r.flaws = flaws{}
	for _, d := range *r.diags {
		if d.Code != "missing-field" {
			r.flaws[d.Pos.File+":"+d.Path] = true
		}
	}
}

// flawed reports whether the mapping at n is itself a mistake, has an unknown key, or has a mistake at one of the keys.
func (r *resolver) flawed(n *syntax.Node, keys ...string) bool {
	if n == nil {
		return false
	}
	file := n.Pos().File + ":"
	flawed := r.flaws[file+n.Path()]
	for _, key := range keys {
		flawed = flawed || r.flaws[file+n.Field(key).Path()]
	}
	return flawed
}

// platformFlawed reports whether a value of platform.yml, such as ingress.auth, may be set though it was not read.
func (r *resolver) platformFlawed(value string) bool {
	for {
		if r.flaws[r.shown(PlatformFile)+":"+value] {
			return true
		}
		if value == "" {
			return false
		}
		value = value[:max(strings.LastIndexByte(value, '.'), 0)]
	}
}

// oneOf reports a mistake unless exactly one of the values is set.
func (r *resolver) oneOf(n *syntax.Node, keys []string, values ...text) (text, bool) {
	set := present(values...)
	switch {
	case len(set) == 1:
		return set[0], true
	case len(set) > 1:
		set[1].Report("bad-choice", "remove the others", "expected one of %s, found %d", list(keys), len(set))
	case !r.flawed(n, keys...):
		n.Report("missing-field", "", "expected one of %s, found none", list(keys))
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
