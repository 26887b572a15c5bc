package places

import (
	"fmt"
	"index/suffixarray"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// NodeOf is a value as YAML has it, without places.
func NodeOf(v any) *yaml.Node {
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, NodeOf(v[key]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, e := range v {
			n.Content = append(n.Content, NodeOf(e))
		}
		return n
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	case int, int64, uint64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode} // no text
}

// haystack finds where a text occurs first in a long one, for many texts. The first searches read the text; then it builds an index, so
// that the cost of a search does not grow with the length of the text.
type haystack struct {
	text    string
	answers map[needle]int
	asked   int
	read    int // bytes
	index   *suffixarray.Index
}

// needle is a text that is searched after an offset.
type needle struct {
	text string
	from int
}

const (
	// separator separates texts in a haystack. It is in no text of YAML, which is UTF-8.
	separator = "\xff"
	// longestNeedle is how much of a text is searched: of two texts that begin with the same 4,096 characters, the place of the first is found.
	longestNeedle = 4096
	// fewQuestions are answered without an index, which most files never need.
	fewQuestions = 16
	// mostHits is how many occurrences are compared to find the first one. A text with more is found soon by reading.
	mostHits = 256
	// mostReadings is how often the whole haystack may be read for texts with more occurrences than that.
	mostReadings = 64
)

// first is the offset of the first occurrence at or after another offset; negative when there is none.
func (h *haystack) first(text string, from int) int {
	q := needle{text[:min(len(text), longestNeedle)], from}
	at, known := h.answers[q]
	if !known {
		if h.answers == nil {
			h.answers = map[needle]int{}
		}
		at = h.search(q)
		h.answers[q] = at
	}
	return at
}

func (h *haystack) search(q needle) int {
	if q.from > len(h.text) {
		return -1
	}
	if h.asked++; h.asked > fewQuestions && q.text != "" {
		if h.index == nil {
			h.index = suffixarray.New([]byte(h.text))
		}
		if hits := h.index.Lookup([]byte(q.text), mostHits); len(hits) < mostHits {
			hits = slices.DeleteFunc(hits, func(at int) bool { return at < q.from })
			if len(hits) == 0 {
				return -1
			}
			return slices.Min(hits)
		}
	}
	if h.read > mostReadings*len(h.text) {
		return -1 // a place that is less exact
	}
	at := strings.Index(h.text[q.from:], q.text)
	if at < 0 {
		h.read += len(h.text) - q.from
		return -1
	}
	h.read += at
	return q.from + at
}

// searched is the texts of a file, for finding places: its scalars, if it is YAML, and its lines.
type searched struct {
	nodes              []*yaml.Node // the scalars, in order
	scalars, lines     haystack
	nodesAt, linesFrom []int // where each begins in its haystack
}

// searched is f's, made when it is needed.
func (f *File) searched() *searched {
	if f.search == nil {
		f.search = &searched{}
		for _, document := range f.Documents() {
			f.search.nodes = scalars(f.search.nodes, document)
		}
		f.search.scalars.text, f.search.nodesAt = joined(len(f.search.nodes), func(i int) string { return f.search.nodes[i].Value })
		f.search.lines.text, f.search.linesFrom = joined(len(f.Lines), func(i int) string { return f.Lines[i] })
	}
	return f.search
}

// joined concatenates n texts, and returns where each begins.
func joined(n int, text func(i int) string) (all string, at []int) {
	var b strings.Builder
	for i := range n {
		at = append(at, b.Len())
		b.WriteString(text(i))
		b.WriteString(separator)
	}
	return b.String(), at
}

// scalars adds all scalars at or below n, in order.
func scalars(out []*yaml.Node, n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.ScalarNode {
		return append(out, n)
	}
	for _, c := range n.Content {
		out = scalars(out, c)
	}
	return out
}

// within is the index of the part that has an offset.
func within(at []int, offset int) int {
	i, exact := slices.BinarySearch(at, offset)
	if exact {
		return i
	}
	return i - 1
}

// node is the scalar at an offset of scalars.
func (s *searched) node(offset int) *yaml.Node { return s.nodes[within(s.nodesAt, offset)] }

// line is the place at an offset of lines.
func (s *searched) line(file string, offset int) diag.Position {
	i := within(s.linesFrom, offset)
	return diag.Position{File: file, Line: i + 1, Column: offset - s.linesFrom[i] + 1}
}

// scalar is the first scalar at or after a line that has a text in it; nil when there is none.
func (s *searched) scalar(text string, from int) *yaml.Node {
	i, _ := slices.BinarySearchFunc(s.nodes, from, func(n *yaml.Node, line int) int { return n.Line - line })
	if i == len(s.nodes) || strings.Contains(text, separator) {
		return nil
	}
	if at := s.scalars.first(text, s.nodesAt[i]); at >= 0 {
		return s.node(at)
	}
	return nil
}

// inLines is the first place at or after a line where a line has a text in it.
func (s *searched) inLines(file, text string, from int) (diag.Position, bool) {
	i := max(0, from-1)
	if i >= len(s.linesFrom) || strings.Contains(text, separator) {
		return diag.Position{}, false
	}
	at := s.lines.first(text, s.linesFrom[i])
	if at < 0 {
		return diag.Position{}, false
	}
	return s.line(file, at), true
}

// corpus is several files that are searched one after the other: of each the scalars, and then the lines.
type corpus struct {
	haystack
	parts []part
	at    []int // where each part begins
}

type part struct {
	file  string
	of    *searched
	lines bool
}

// corpus is the files of a list. Its name is the same for the same files.
func (in *Model) corpus(name string, files func() []string) *corpus {
	if c, ok := in.corpora[name]; ok {
		return c
	}
	c := &corpus{}
	var b strings.Builder
	for _, file := range files() {
		f := in.File(file)
		if f == nil || slices.Contains(in.deployed.Platform.Repository.ListFiles, file) {
			continue
		}
		s := f.searched()
		for _, p := range []part{{file, s, false}, {file, s, true}} {
			c.parts, c.at = append(c.parts, p), append(c.at, b.Len())
			if p.lines {
				b.WriteString(s.lines.text)
			} else {
				b.WriteString(s.scalars.text)
			}
		}
	}
	c.text = b.String()
	if in.corpora == nil {
		in.corpora = map[string]*corpus{}
	}
	in.corpora[name] = c
	return c
}

// find is the first place of a text, except in one file.
func (c *corpus) find(text, without string) (diag.Position, bool) {
	if strings.Contains(text, separator) {
		return diag.Position{}, false
	}
	for from := 0; from < len(c.text); {
		at := c.first(text, from)
		if at < 0 || len(c.parts) == 0 {
			break
		}
		// Parts may be empty: of those that begin at an offset, the last one contains it.
		i := within(c.at, at)
		for i+1 < len(c.at) && c.at[i+1] <= at {
			i++
		}
		p := c.parts[i]
		switch {
		case p.file == without:
			for from = len(c.text); i < len(c.parts); i++ {
				if c.parts[i].file != without {
					from = c.at[i]
					break
				}
			}
		case p.lines:
			return p.of.line(p.file, at-c.at[i]), true
		default:
			n := p.of.node(at - c.at[i])
			return diag.Position{File: p.file, Line: n.Line, Column: n.Column}, true
		}
	}
	return diag.Position{}, false
}
