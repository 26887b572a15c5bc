package lint

import (
	"bytes"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/internal/yamltext"
	"go.yaml.in/yaml/v3"
)

// Fix removes from a YAML file what live-state-field finds in its manifests, and in those of its Lists: the lines of a field
// or, within braces, the field and its comma; a mapping that would be left empty goes with it. All else stays byte for byte.
// A file for which this is not certain to work, such as a template, stays as it is.
func Fix(data []byte) (fixed []byte, changed bool) {
	documents, values, ok := decoded(data)
	if !ok || !yamltext.Plain(data) {
		return data, false
	}
	f := newFixer(data, documents)
	for i := range documents {
		if !f.manifests(documents[i].Content[0], values[i], nil) {
			return data, false
		}
	}
	if len(f.cuts) == 0 {
		return data, false
	}
	// What is left must be what the documents are without the fields: this also finds aliases of something that is gone.
	fixed = f.cut()
	_, left, ok := decoded(fixed)
	if !ok || !reflect.DeepEqual(left, f.want()) || slices.ContainsFunc(left, anyLive) {
		return data, false
	}
	return fixed, true
}

// decoded are the documents of a file, as nodes and as values.
func decoded(data []byte) (documents []*yaml.Node, values []any, ok bool) {
	documents, err := syntax.Documents(data)
	if err != nil {
		return nil, nil, false
	}
	for _, n := range documents {
		var v any
		if n.Decode(&v) != nil {
			return nil, nil, false
		}
		values = append(values, v)
	}
	return documents, values, true
}

// anyLive reports whether a document has a field that only an object in the cluster has.
func anyLive(document any) bool {
	manifest, ok := document.(map[string]any)
	if !ok || !isManifest(manifest) {
		return false
	}
	if items, ok := manifest["items"].([]any); ok {
		return slices.ContainsFunc(items, anyLive)
	}
	return len(deployed.LiveFields(manifest)) > 0
}

func isManifest(value map[string]any) bool {
	kind, _ := value["kind"].(string)
	apiVersion, _ := value["apiVersion"].(string)
	return kind != "" && apiVersion != ""
}

// fixer collects what is to be cut out of a file.
type fixer struct {
	yamltext.File
	documents []*yaml.Node
	cuts      []yamltext.Span
}

func newFixer(data []byte, documents []*yaml.Node) *fixer {
	return &fixer{File: yamltext.New(data), documents: documents}
}

// manifests cuts the fields out of a manifest, or out of those in a List. Next is the node that follows, nil at the end of the document.
// The result is false for a manifest that cannot be fixed.
func (f *fixer) manifests(n *yaml.Node, v any, next *yaml.Node) bool {
	manifest, ok := v.(map[string]any)
	if !ok || !isManifest(manifest) {
		return true
	}
	if items, ok := manifest["items"].([]any); ok {
		nodes := places.Value(n, "items")
		if nodes == nil || len(nodes.Content) != len(items) {
			return !anyLive(v)
		}
		if i := places.IndexOf(n, "items") + 2; i < len(n.Content) {
			next = n.Content[i]
		}
		for i := range items {
			behind := next
			if i+1 < len(items) {
				behind = nodes.Content[i+1]
			}
			if !f.manifests(nodes.Content[i], items[i], behind) {
				return false
			}
		}
		return true
	}
	gone := map[*yaml.Node]map[int]bool{} // by mapping: the places of keys
	for _, fields := range deployed.LiveFields(manifest) {
		if !mark(n, fields, gone) {
			return false
		}
	}
	return len(gone) == 0 || f.remove(n, next, gone)
}

// mark notes the key that fields lead to. It is false when the mapping has it from somewhere else, by an alias or a merge.
func mark(n *yaml.Node, fields []string, gone map[*yaml.Node]map[int]bool) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	i := places.IndexOf(n, fields[0])
	switch {
	case i < 0:
		return false
	case len(fields) > 1:
		return mark(n.Content[i+1], fields[1:], gone)
	}
	if gone[n] == nil {
		gone[n] = map[int]bool{}
	}
	gone[n][i] = true
	return true
}

// remove cuts the marked keys of a mapping, and of metadata and annotations below it, out of the text and out of the nodes.
// Next is the node that follows the mapping, nil at the end of the document.
func (f *fixer) remove(n, next *yaml.Node, gone map[*yaml.Node]map[int]bool) bool {
	marked := gone[n]
	if marked == nil {
		marked = map[int]bool{}
	}
	behind := func(i int) *yaml.Node {
		if i+2 < len(n.Content) {
			return n.Content[i+2]
		}
		return next
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		child := n.Content[i+1]
		if marked[i] || child.Kind != yaml.MappingNode {
			continue
		}
		if emptied(child, gone) {
			marked[i] = true
		} else if !f.remove(child, behind(i), gone) {
			return false
		}
	}
	if len(marked) == 0 {
		return true
	}
	if n.Style&yaml.FlowStyle != 0 {
		if !f.cutPairs(n, marked) {
			return false
		}
	} else {
		for i := range marked {
			if !f.cutLines(n.Content[i], n.Content[i+1], behind(i)) {
				return false
			}
		}
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !marked[i] {
			kept = append(kept, n.Content[i], n.Content[i+1])
		}
	}
	n.Content = kept
	return true
}

// emptied reports whether nothing of a mapping is left.
func emptied(n *yaml.Node, gone map[*yaml.Node]map[int]bool) bool {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !gone[n][i] && !emptied(n.Content[i+1], gone) {
			return false
		}
	}
	return true
}

// want is what the documents are without what was removed.
func (f *fixer) want() []any {
	var out []any
	for _, n := range f.documents {
		var v any
		if n.Decode(&v) != nil {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// cut is the file without what is to be cut out.
func (f *fixer) cut() []byte {
	slices.SortFunc(f.cuts, func(a, b yamltext.Span) int { return a.From - b.From })
	var out []byte
	at := 0
	for _, c := range f.cuts {
		out = append(out, f.Data[at:max(at, c.From)]...)
		at = max(at, c.To)
	}
	return append(out, f.Data[at:]...)
}

// cutLines cuts the lines of a key and its value, up to the key that comes next. Comments at the end stay.
func (f *fixer) cutLines(key, value, next *yaml.Node) bool {
	line, indent := f.line(key.Line)
	if indent != key.Column-1 || !strings.HasPrefix(strings.TrimLeft(line[indent:], `"'`), key.Value) {
		return false // it follows a dash, a question mark or an anchor
	}
	end := key.Line
	text := -1 // how far the last value is indented, when it is a text of lines: there are no comments in it
	last := lastScalar(value)
	switch {
	case last.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		from := f.At(last)
		to := yamltext.QuoteEnd(f.Data, from)
		if to < 0 {
			return false
		}
		end = last.Line + bytes.Count(f.Data[from:to], []byte("\n"))
	case last.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if !blockHeader.Match(f.Data[f.At(last):]) {
			return false
		}
		_, around := f.line(last.Line)
		for number := last.Line + 1; number <= len(f.Lines); number++ {
			line, indent := f.line(number)
			if line[indent:] == "" {
				continue
			}
			if indent > around {
				text = indent
			}
			break
		}
	}
	stop := len(f.Lines) + 1
	if next != nil {
		stop = next.Line
	}
	for number := key.Line + 1; number < stop; number++ {
		line, indent := f.line(number)
		bare := line[indent:]
		switch {
		case next == nil && (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")):
			stop = 0
		case strings.HasPrefix(bare, "\t"):
			return false
		case bare != "" && (bare[0] != '#' || text >= 0 && number > last.Line && indent >= text):
			end = max(end, number)
		}
	}
	f.cuts = append(f.cuts, yamltext.Span{From: f.Lines[key.Line-1].From, To: f.Lines[end-1].To})
	return true
}

// blockHeader begins a text of lines, without a number that says how far it is indented.
var blockHeader = regexp.MustCompile(`^[|>][+-]?[ \r\n]`)

// line is the text of a line, and by how many spaces it is indented.
func (f *fixer) line(number int) (text string, indent int) {
	text = f.Line(number)
	return text, len(text) - len(strings.TrimLeft(text, " "))
}

// lastScalar is the node at the end of a value.
func lastScalar(n *yaml.Node) *yaml.Node {
	for len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	return n
}

// cutPairs cuts keys and their values out of a mapping in braces, each with the comma after it, or else before it.
func (f *fixer) cutPairs(n *yaml.Node, marked map[int]bool) bool {
	type pair struct{ from, to, comma int } // comma is 0 when there is none
	var pairs []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		p := pair{from: f.At(n.Content[i])}
		stop := f.pairEnd(p.from)
		if stop < 0 {
			return false
		}
		p.to = p.from + len(bytes.TrimRight(f.Data[p.from:stop], " \t\r\n"))
		if f.Data[stop] == ',' {
			p.comma = stop
		}
		pairs = append(pairs, p)
	}
	for i := 0; i < len(pairs); i++ {
		if !marked[2*i] {
			continue
		}
		last := i
		for last+1 < len(pairs) && marked[2*(last+1)] {
			last++
		}
		c := yamltext.Span{From: pairs[i].from, To: pairs[last].to}
		switch {
		case last+1 < len(pairs):
			c.To = pairs[last].comma + 1
			c.To += len(f.Data[c.To:]) - len(bytes.TrimLeft(f.Data[c.To:], " \t\r\n"))
		case i > 0:
			c.From = pairs[i-1].comma
		}
		if bytes.Contains(f.Data[c.From:c.To], []byte("#")) {
			return false // perhaps a comment
		}
		f.cuts = append(f.cuts, c)
		i = last
	}
	return true
}

// pairEnd is the comma or bracket after a key and its value, which begin at a byte; negative when there is none.
func (f *fixer) pairEnd(at int) int {
	depth := 0
	begins := true // whether a value may begin here
	for ; at < len(f.Data); at++ {
		switch c := f.Data[at]; c {
		case '"', '\'':
			if !begins {
				continue
			}
			if at = yamltext.QuoteEnd(f.Data, at); at < 0 {
				return -1
			}
			begins = false
		case '{', '[':
			depth++
			begins = true
		case '}', ']', ',':
			if depth == 0 {
				return at
			}
			if c != ',' {
				depth--
			}
			begins = c == ','
		case ':', ' ', '\r', '\n':
			begins = true
		default:
			begins = false
		}
	}
	return -1
}
