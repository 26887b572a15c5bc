package lint

import (
	"bytes"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/yamltext"
	"go.yaml.in/yaml/v3"
)

// Addition is what is missing in the list: some elements of a list at a key of an entry or an application.
type Addition struct {
	At     diag.Position // where the entry or application begins
	Key    string        // such as clusterResources; or Flows
	Values []string      // words; for Flows, mappings in braces
}

// Flows is the key of an entry for flows, below that of its profile.
const Flows = "networkPolicies.allow"

// addable is what may be added: no pattern, and nothing that YAML would read in another way. A flow is read again before it is.
var addable = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9./-]*|\{[-A-Za-z0-9._/:{}\[\]', *]+\})$`)

// Extend adds to the entries and applications of a YAML file what is missing. All else stays byte for byte. It is not ok when it is
// not certain to work: when a mapping is shared by an alias, for example, or something else than a list is at the key.
func Extend(data []byte, additions []Addition) (extended []byte, ok bool) {
	documents, values, ok := decoded(data)
	if !ok || !yamltext.Plain(data) || len(documents) != 1 || len(additions) == 0 {
		return data, false
	}
	f := newFixer(data, documents)
	missing := map[*yaml.Node]map[string][]string{}
	code := map[*yaml.Node]string{} // the key of what a text alone means
	for _, a := range additions {
		n := nodeAt(documents[0], a.At)
		if within, key, below := strings.Cut(a.Key, "."); below && n != nil {
			if n = places.Value(n, within); n != nil && (n.Anchor != "" || n.Kind != yaml.MappingNode && n.Kind != yaml.ScalarNode) {
				n = nil
			}
			a.Key, code[n] = key, "profile"
		} else {
			code[n] = codeKey
		}
		if n == nil || slices.ContainsFunc(a.Values, func(v string) bool { return !addable.MatchString(v) }) {
			return data, false
		}
		if missing[n] == nil {
			missing[n] = map[string][]string{}
		}
		for _, v := range a.Values {
			if !slices.Contains(missing[n][a.Key], v) {
				missing[n][a.Key] = append(missing[n][a.Key], v)
			}
		}
	}
	want, ok := additionsTo{missing, code}.added(documents[0], values[0])
	if !ok {
		return data, false
	}
	var inserts []yamltext.Insert
	for n, keys := range missing {
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if n.Kind == yaml.ScalarNode { // no more than the code
				continue
			}
			i, ok := f.insertion(n, key, keys[key])
			if !ok {
				return data, false
			}
			inserts = append(inserts, i)
		}
		if n.Kind == yaml.ScalarNode {
			all, ok := f.wrapped(n, code[n], keys)
			if !ok {
				return data, false
			}
			inserts = append(inserts, all...)
		}
	}
	slices.SortStableFunc(inserts, func(a, b yamltext.Insert) int { return a.At - b.At })
	extended = f.With(inserts...)
	_, got, ok := decoded(extended)
	if !ok || len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		return data, false
	}
	return extended, true
}

// codeKey is the key of what an application is when it is a text alone.
const codeKey = "applicationCode"

// nodeAt is the outermost mapping or text that begins at a place; nil when there is none.
func nodeAt(n *yaml.Node, at diag.Position) *yaml.Node {
	if (n.Kind == yaml.MappingNode || n.Kind == yaml.ScalarNode) && n.Line == at.Line && n.Column == at.Column && n.Anchor == "" {
		return n
	}
	for _, c := range n.Content {
		if found := nodeAt(c, at); found != nil {
			return found
		}
	}
	return nil
}

// additionsTo are what is missing in nodes, and the key of what a text alone means.
type additionsTo struct {
	missing map[*yaml.Node]map[string][]string
	code    map[*yaml.Node]string
}

// added is the value of a node with what is missing.
func (to additionsTo) added(n *yaml.Node, v any) (any, bool) {
	switch n.Kind {
	case yaml.DocumentNode:
		return to.added(n.Content[0], v)
	case yaml.SequenceNode:
		list, ok := v.([]any)
		if !ok || len(list) != len(n.Content) {
			return nil, false
		}
		out := make([]any, len(list))
		for i := range list {
			if out[i], ok = to.added(n.Content[i], list[i]); !ok {
				return nil, false
			}
		}
		return out, true
	case yaml.ScalarNode:
		if to.missing[n] == nil {
			return v, true
		}
		return extendedBy(map[string]any{to.code[n]: v}, to.missing[n])
	case yaml.MappingNode:
		m, ok := v.(map[string]any)
		if !ok {
			return v, to.missing[n] == nil
		}
		out := maps.Clone(m)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, has := m[key]; !has { // a merge, or a key that is no text
				continue
			}
			if out[key], ok = to.added(n.Content[i+1], m[key]); !ok {
				return nil, false
			}
		}
		return extendedBy(out, to.missing[n])
	}
	return v, true // an alias
}

// extendedBy is a mapping with more elements in its lists.
func extendedBy(m map[string]any, more map[string][]string) (any, bool) {
	for key, values := range more {
		list, ok := m[key].([]any)
		if !ok && m[key] != nil {
			return nil, false
		}
		list = slices.Clone(list)
		for _, text := range values {
			var v any = text
			if strings.HasPrefix(text, "{") && yaml.Unmarshal([]byte(text), &v) != nil {
				return nil, false
			}
			list = append(list, v)
		}
		m[key] = list
	}
	return m, true
}

// insertion is what to insert for more elements at a key of a mapping.
func (f *fixer) insertion(n *yaml.Node, key string, values []string) (yamltext.Insert, bool) {
	i := places.IndexOf(n, key)
	switch {
	case i < 0 && n.Style&yaml.FlowStyle != 0:
		return f.lastIn(n, key+": ["+strings.Join(values, ", ")+"]")
	case i < 0:
		return f.newLine(n, key+": ["+strings.Join(values, ", ")+"]")
	}
	list := n.Content[i+1]
	switch {
	case list.Kind != yaml.SequenceNode || list.Anchor != "":
		return yamltext.Insert{}, false
	case list.Style&yaml.FlowStyle != 0:
		return f.lastIn(list, strings.Join(values, ", "))
	}
	return f.newItems(list, values)
}

// lastIn is a text behind what is in braces or brackets.
func (f *fixer) lastIn(n *yaml.Node, text string) (yamltext.Insert, bool) {
	from := f.At(n)
	if from >= len(f.Data) || f.Data[from] != '{' && f.Data[from] != '[' {
		return yamltext.Insert{}, false // a tag or an anchor precedes it
	}
	last := from // of what is in it
	end := from + 1
	for len(n.Content) > 0 {
		stop := f.pairEnd(end)
		if stop < 0 {
			return yamltext.Insert{}, false
		}
		if part := bytes.TrimSpace(f.Data[end:stop]); len(part) > 0 {
			last = end + len(bytes.TrimRight(f.Data[end:stop], " \t\r\n")) - 1
		}
		if f.Data[stop] != ',' {
			end = stop
			break
		}
		end = stop + 1
	}
	if bytes.Contains(f.Data[from:end], []byte("#")) {
		return yamltext.Insert{}, false // perhaps a comment
	}
	if len(n.Content) == 0 {
		return yamltext.Insert{At: last + 1, Text: text}, true
	}
	return yamltext.Insert{At: last + 1, Text: ", " + text}, true
}

// newLine is a key on a line of its own, below the first key of a mapping that ends in its line.
func (f *fixer) newLine(n *yaml.Node, text string) (yamltext.Insert, bool) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		plain := v.Kind == yaml.ScalarNode && v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && v.Line == key.Line
		next := len(f.Lines) + 1
		if i+2 < len(n.Content) {
			next = n.Content[i+2].Line
		}
		if plain && !strings.Contains(v.Value, "\n") && next > key.Line {
			return f.below(key.Line, strings.Repeat(" ", key.Column-1)+text), true
		}
	}
	return yamltext.Insert{}, false
}

// newItems are the lines of more elements of a list, below its last one.
func (f *fixer) newItems(list *yaml.Node, values []string) (yamltext.Insert, bool) {
	if len(list.Content) == 0 {
		return yamltext.Insert{}, false
	}
	first, last := list.Content[0], list.Content[len(list.Content)-1]
	line, indent := f.line(first.Line)
	if !strings.HasPrefix(line[indent:], "- ") {
		return yamltext.Insert{}, false
	}
	var lines []string
	for _, v := range values {
		lines = append(lines, strings.Repeat(" ", indent)+"- "+v)
	}
	return f.below(lastScalar(last).Line, strings.Join(lines, f.lineEnd())), true
}

// below is a text on lines of its own, below a line.
func (f *fixer) below(line int, text string) yamltext.Insert {
	l := f.Lines[line-1]
	if !bytes.HasSuffix(f.Data[l.From:l.To], []byte("\n")) { // the last line
		return yamltext.Insert{At: l.To, Text: f.lineEnd() + text}
	}
	return yamltext.Insert{At: l.To, Text: text + f.lineEnd()}
}

// lineEnd is how lines end in the file.
func (f *fixer) lineEnd() string {
	if bytes.Contains(f.Data, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// wrapped makes a mapping of a text alone: an application that is its code, or policies that are a profile.
func (f *fixer) wrapped(n *yaml.Node, code string, keys map[string][]string) ([]yamltext.Insert, bool) {
	from := f.At(n)
	if n.Style&^(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		return nil, false
	}
	to := from + len(n.Value)
	if n.Style != 0 {
		to = yamltext.QuoteEnd(f.Data, from) + 1
	}
	if to <= from || to > len(f.Data) {
		return nil, false
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		b.WriteString(", " + key + ": [" + strings.Join(keys[key], ", ") + "]")
	}
	return []yamltext.Insert{{At: from, Text: "{" + code + ": "}, {At: to, Text: b.String() + "}"}}, true
}
