package syntax

import "strings"

// flaws are the places where the shape of a document was wrong, by path. A key that is missing there is not worth a report: it is most
// likely there, misspelled or of the wrong type, and that has been reported.
type flaws map[string]bool

// note remembers a mistake in the shape.
func (f *flaws) note(path, code string) {
	if code == "missing-field" {
		return
	}
	if *f == nil {
		*f = flaws{}
	}
	(*f)[path] = true
}

// Flawed reports whether the mapping at n is itself a mistake, has an unknown key, or has a mistake at one of the keys.
func (n *Node) Flawed(keys ...string) bool {
	if n == nil || len(n.doc.flaws) == 0 {
		return false
	}
	at := n.Path()
	if n.doc.flaws[at] {
		return true
	}
	for _, key := range keys {
		if n.doc.flaws[n.Field(key).Path()] {
			return true
		}
	}
	return false
}

// Flawed reports whether a value, such as ingress.auth, may be set though it was not read: it, or what it is in, is a mistake.
func (d *Document) Flawed(path string) bool {
	for len(d.flaws) > 0 {
		if d.flaws[path] {
			return true
		}
		if path == "" {
			break
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return false
}

// FlawedAt reports whether the value at a path is itself a mistake.
func (d *Document) FlawedAt(path string) bool { return d.flaws[path] }

// FlawedIn reports whether the value of a key of the mapping at a path is itself a mistake.
func (d *Document) FlawedIn(path string) bool {
	for at := range d.flaws {
		if key, found := strings.CutPrefix(at, path+"."); found && !strings.Contains(key, ".") {
			return true
		}
	}
	return false
}

// shares has the mapping at n, and its keys, be flawed where the one of another layer is, which was laid over it.
func (n *Node) shares(other *Node, keys []string) {
	if len(other.doc.flaws) == 0 || n == other {
		return
	}
	if other.doc.flaws[other.Path()] {
		n.doc.flaws.note(n.Path(), "")
	}
	for _, key := range keys {
		if other.doc.flaws[other.Field(key).Path()] {
			n.doc.flaws.note(n.Field(key).Path(), "")
		}
	}
}
