package syntax

import (
	"cmp"
	"io/fs"
	"reflect"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Guide knows what people mean by what a document does not have: words of other tools, keys that belong elsewhere, files of something else.
type Guide interface {
	// Key is the hint for a key that a mapping of type t does not have; "" when nothing is known about it.
	Key(t reflect.Type, key string) string
	// Elsewhere is likewise the hint for a key of another mapping. Names that are near are looked for before.
	Elsewhere(t reflect.Type, key string) string
	// Example is a line with the key that a path leads to, as a user may write it; "" when it leads to none. Keys of the user's choice and names of
	// elements may be in the path.
	Example(path []string) string
	// Scalar is a mapping of type t as it may be written in the place of a single value; "" when nothing is known.
	Scalar(t reflect.Type, value string) string
	// Whole says what a mapping is that was not written for this document at all, and what to do with it. The message is "" when nothing is known.
	// It should have been a value of type t, nil when that is not known. Of values that are no scalars, it gets "".
	Whole(t reflect.Type, scalars map[string]string) (message, hint string)
}

// Guided reads documents as Read and Parse do, with better hints. Its zero value knows nothing.
type Guided struct{ Guide Guide }

// Read parses a file. See the function of that name.
func (g Guided) Read(fsys fs.FS, file, display string, diags *diag.List) (*Document, error) {
	return read(fsys, file, display, diagsOf{diags, g.Guide})
}

// Parse reads a document. See the function of that name.
func (g Guided) Parse(file string, data []byte, diags *diag.List) *Document {
	return parse(file, data, diagsOf{diags, g.Guide})
}

// diagsOf is where mistakes go, and who knows what is meant.
type diagsOf struct {
	*diag.List
	guide Guide
}

// foreign is what the mapping y is when it is something else as a whole than a value of type t.
func foreign(guide Guide, y *yaml.Node, t reflect.Type) (message, hint string) {
	if guide == nil || y.Kind != yaml.MappingNode {
		return "", ""
	}
	scalars := make(map[string]string, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		value := ""
		if c := target(y.Content[i+1]); c.Kind == yaml.ScalarNode {
			value = c.Value
		}
		scalars[y.Content[i].Value] = value
	}
	return guide.Whole(t, scalars)
}

// foreign reports the mapping at a place when it is something else as a whole.
func (d *decoder) foreign(y *yaml.Node, at *Node, t reflect.Type) bool {
	message, hint := foreign(at.doc.guide, y, t)
	if message == "" {
		return false
	}
	at.Report("foreign-object", hint, "%s", message)
	return true
}

// scalar reports a single value in the place of a mapping.
func (d *decoder) scalar(y *yaml.Node, at *Node, l *layout, f *Field) {
	if guide := at.doc.guide; guide != nil && y.Kind == yaml.ScalarNode && !f.Hidden && f.Name != "" && len(y.Value) <= longestLooked {
		if meant := guide.Scalar(l.of, y.Value); meant != "" {
			at.Report("wrong-type", "write "+f.Name+": "+meant, "expected %s, found %s", l.expected(), describe(y, f.Hidden))
			return
		}
	}
	d.mismatch(y, at, l.expected(), f)
}

// elementOf is the type of the elements of a list; nil when the type is none of a list.
func elementOf(t reflect.Type) reflect.Type {
	if t == nil || t.Kind() != reflect.Slice {
		return nil
	}
	return structOf(t.Elem())
}

// strays reports whether a mapping has a key that the struct does not have.
func (l *layout) strays(y *yaml.Node) bool {
	for i := 0; i+1 < len(y.Content); i += 2 {
		if key := y.Content[i]; l.byName[key.Value] == nil && key.Value != "<<" {
			return true
		}
	}
	return false
}

// strayHint is what to do about a key that the struct does not have.
func (d *decoder) strayHint(at *Node, l *layout, key string) string {
	guide := at.doc.guide
	if guide == nil || len(key) > longestLooked {
		return diag.DidYouMeanKey(key, l.names)
	}
	if hint := guide.Key(l.of, key); hint != "" {
		return hint
	}
	hint := diag.DidYouMeanKey(key, l.names)
	if diag.Nearest(key, l.names) == "" {
		return cmp.Or(guide.Elsewhere(l.of, key), hint)
	}
	return hint
}

// Example is a line with a key of the mapping at n, as a user may write it; "" when nothing is known of it.
func (n *Node) Example(key string) string {
	if n == nil || n.doc.guide == nil {
		return ""
	}
	return n.doc.guide.Example(append(n.keys(), key))
}

// keys are the keys that lead to the value at n, from the outermost.
func (n *Node) keys() []string {
	if n == nil {
		return nil
	}
	if n.parent == nil || n.index >= 0 {
		return n.parent.keys()
	}
	return append(n.parent.keys(), n.key)
}

// like is the hint for a value that is not as it is expected; "" for other mistakes.
func (n *Node) like(code string) string {
	if n.doc.guide == nil || n.doc.decoding || !strings.HasPrefix(code, "bad-") && code != "empty-text" && code != "wrong-type" {
		return ""
	}
	if example := n.doc.guide.Example(n.keys()); example != "" {
		return "write it like this: " + example
	}
	return ""
}
