// Package listtext writes applications.yml, platform.yml and profiles as people write them: keys in the order in which they are given, what
// is short and flat on one line, comments where they belong.
//
// It knows no key and checks nothing: what it writes is read back with the same values, and whether they mean something is for catalog to
// say. It changes no text that is there.
package listtext

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	indent  = 2
	width   = 120  // columns that a line in flow style may have
	longKey = 1000 // bytes: YAML wants the colon of a key that nothing announces within 1024
	depth   = 2    // how deeply what stands on one line may be nested: [{host: claw}] has two
)

// Field is a key with its value.
type Field struct {
	Key string
	// Value is a Map, []Map, a *yaml.Node, string, []string, []any, a number, a flag, nil, or a map[string]any or map[string]string, whose
	// keys are sorted.
	Value any
	// Comment stands above the key, a line for each of its lines. It has no "#".
	Comment string
}

// Map is a mapping with its order.
type Map []Field

// List is a file that is a list of entries, with an empty line between them.
func List(entries []Map) []byte {
	var out [][]byte
	for _, e := range entries {
		out = append(out, Entry(e))
	}
	return bytes.Join(out, []byte("\n"))
}

// Entry is one element of such a list. Its keys, and each of its applications, have lines of their own.
func Entry(m Map) []byte {
	n := node(m)
	var w writer
	if len(n.Content) > 0 && n.Content[0].HeadComment != "" { // it is about the entry
		w.WriteString(n.Content[0].HeadComment + "\n")
		n.Content[0].HeadComment = ""
	}
	w.WriteString("- ")
	w.block(n, len("- "))
	return w.Bytes()
}

// Flow is a value on one line, within brackets or braces of others. There are no comments in it.
func Flow(value any) string { return line(node(value)) }

// File is a file that is a mapping.
func File(m Map) []byte {
	var w writer
	w.block(node(m), 0)
	return w.Bytes()
}

// node is a value as a tree.
func node(value any) *yaml.Node {
	n := new(yaml.Node)
	switch v := value.(type) {
	case *yaml.Node:
		return v
	case string:
		if !strings.ContainsAny(v, "\n\r\u0085\u2028\u2029") {
			must(n.Encode(v)) // quotes "yes", which a node of ours would not
			break
		}
		n.SetString(v)
		// The library writes other ends of lines as they are, and spoils blocks that begin with one or with a space.
		if strings.ContainsAny(v, "\r\u0085\u2028\u2029") || strings.ContainsAny(v[:1], "\n \t") {
			n.Style = yaml.DoubleQuotedStyle
		}
	case Map:
		n.Kind = yaml.MappingNode
		for _, f := range v {
			k := node(f.Key)
			if f.Comment != "" {
				k.HeadComment = "# " + strings.ReplaceAll(f.Comment, "\n", "\n# ")
			}
			n.Content = append(n.Content, k, node(f.Value))
		}
	case map[string]any:
		return sorted(v)
	case map[string]string:
		return sorted(v)
	case []Map:
		return list(v)
	case []any:
		return list(v)
	case []string:
		return list(v)
	default:
		must(n.Encode(v))
	}
	return n
}

// must panics: a buffer takes everything, and values are of the types that Field permits.
func must(err error) {
	if err != nil {
		panic("listtext: " + err.Error())
	}
}

func sorted[T any](m map[string]T) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		n.Content = append(n.Content, node(k), node(m[k]))
	}
	return n
}

func list[T any](elements []T) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, e := range elements {
		n.Content = append(n.Content, node(e))
	}
	return n
}

// writer writes a tree. The library's own writer quotes each URL that stands on one line with others.
type writer struct{ bytes.Buffer }

// block writes the elements of a node, each on lines of its own. The first begins where the text is, in a column.
func (w *writer) block(n *yaml.Node, column int) {
	margin := strings.Repeat(" ", column)
	for i := 0; i < len(n.Content); i++ {
		if i > 0 {
			w.WriteString(margin)
		}
		element, before := n.Content[i], "- "
		if n.Kind == yaml.MappingNode {
			if element.HeadComment != "" {
				w.WriteString(strings.ReplaceAll(element.HeadComment, "\n", "\n"+margin) + "\n" + margin)
			}
			if before = key(element) + ": "; len(before) > longKey {
				before = "? " + key(element) + "\n" + margin + ": "
			}
			i++
			element = n.Content[i]
		}
		apps := before == "applications: " && len(element.Content) > 0 && element.Content[0].Kind == yaml.MappingNode
		switch oneLine := flat(element, depth) && !apps; {
		case len(element.Content) == 0 && !oneLine:
			w.WriteString(before + strings.ReplaceAll(library(element), "\n", "\n"+margin) + "\n")
		case len(element.Content) == 0 || oneLine && column+len(before)+len(line(element)) <= width:
			w.WriteString(before + line(element) + "\n")
		case before == "- ":
			w.WriteString(before)
			w.block(element, column+indent)
		default:
			w.WriteString(strings.TrimSuffix(before, " ") + "\n" + margin + "  ")
			w.block(element, column+indent)
		}
	}
}

// flat reports whether a node is nested at most so deeply, and has nothing that needs lines of its own.
func flat(n *yaml.Node, levels int) bool {
	if n.HeadComment != "" || strings.Contains(n.Value, "\n") || len(n.Content) > 0 && levels == 0 {
		return false
	}
	return !slices.ContainsFunc(n.Content, func(child *yaml.Node) bool { return !flat(child, levels-1) })
}

// line is a node in flow style.
func line(n *yaml.Node) string {
	var out []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			out = append(out, inFlow(n.Content[i])+": "+line(n.Content[i+1]))
		}
		return "{" + strings.Join(out, ", ") + "}"
	case yaml.SequenceNode:
		for _, element := range n.Content {
			out = append(out, line(element))
		}
		return "[" + strings.Join(out, ", ") + "]"
	}
	return inFlow(n)
}

// inFlow is a scalar among others on a line: as it would stand alone, where it begins like a word and has nothing that may part others.
func inFlow(n *yaml.Node) string {
	other := func(r rune) bool { return !isWord(r) && !strings.ContainsRune(" ._/:@#+-", r) }
	if s := library(n); isWord(rune(s[0])) && strings.IndexFunc(s, other) < 0 {
		return s
	}
	alone := library(&yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{n}})
	return alone[1 : len(alone)-1]
}

func isWord(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' }

// key is the text of a key, which has one line.
func key(n *yaml.Node) string {
	k := *n
	k.HeadComment = ""
	if strings.Contains(k.Value, "\n") {
		k.Style = yaml.DoubleQuotedStyle
	}
	return library(&k)
}

// library is what the library writes.
func library(n *yaml.Node) string {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(indent)
	must(e.Encode(n))
	return strings.TrimSuffix(out.String(), "\n")
}
