package listadd

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/yamltext"
	"go.yaml.in/yaml/v3"
)

// column is how far the dashes of the list are indented.
func (f *file) column() int {
	if f.root.Kind != yaml.SequenceNode {
		return 0
	}
	return f.root.Column - 1
}

// gaps are what may be between the last entry and the next one: first what looks like the rest, then what changes no text in lines above.
func (f *file) gaps() []string {
	if f.last == 0 || len(f.root.Content) == 0 {
		return []string{""}
	}
	number := len(f.Lines)
	for number > 1 && f.Lines[number-1].From >= f.last {
		number--
	}
	switch last := strings.TrimSpace(f.Line(number)); {
	case last == "":
		return []string{""}
	case last[0] == '#' || f.spaced(): // what a comment says is not about the next entry
		return []string{"\n", ""}
	}
	return []string{""}
}

// spaced reports whether there is an empty line between the last two entries, or a single entry.
func (f *file) spaced() bool {
	n := len(f.root.Content)
	if n < 2 {
		return true
	}
	number := f.root.Content[n-1].Line - 1
	for number > 0 && strings.HasPrefix(strings.TrimSpace(f.Line(number)), "#") {
		number--
	}
	return number > 0 && strings.TrimSpace(f.Line(number)) == ""
}

// atEnd puts a text on lines of its own behind all that is there.
func (f *file) atEnd(text string) yamltext.Insert {
	if before := f.Data[:f.last]; len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		text = f.lineEnd() + text
	}
	return yamltext.Insert{At: f.last, Text: text}
}

// below puts a text on lines of its own below a line.
func (f *file) below(number int, text string) yamltext.Insert {
	l := f.Lines[number-1]
	if !bytes.HasSuffix(f.Data[l.From:l.To], []byte("\n")) { // the last one
		text = f.lineEnd() + text
	}
	return yamltext.Insert{At: l.To, Text: text}
}

// application is what to insert for one more application of an entry.
func (f *file) application(entry int, application any) ([]yamltext.Insert, bool) {
	n := f.root.Content[entry]
	key, list := pair(n, applications)
	text := func(value any, column int) string { // the lines below the key
		if code, is := value.(string); is {
			return f.lineEnding(strings.Repeat(" ", column) + "- " + listtext.Flow(code) + "\n")
		}
		entry := listtext.Entry(listtext.Map{{Key: "namespace", Value: "x"}, {Key: applications, Value: []any{value}}})
		_, items, _ := bytes.Cut(entry, []byte(applications+":\n    "))
		return f.lineEnding(string(indented(bytes.ReplaceAll(items, []byte("\n    "), []byte("\n")), column)))
	}
	end := f.endOf(entry)
	switch {
	case list == nil && n.Style&yaml.FlowStyle != 0:
		return f.inFlow(n, applications+": ["+listtext.Flow(application)+"]")
	case list == nil:
		column := n.Content[0].Column - 1
		line := f.lastLine(n, end, column)
		return []yamltext.Insert{f.below(line, f.lineEnding(strings.Repeat(" ", column)+applications+":\n")+text(application, column+2))}, true
	case list.Kind == yaml.ScalarNode && list.ShortTag() == "!!null" && n.Style&yaml.FlowStyle == 0:
		return []yamltext.Insert{f.below(key.Line, text(application, key.Column+1))}, true
	case list.Kind != yaml.SequenceNode || list.Anchor != "":
		return nil, false
	case list.Style&yaml.FlowStyle != 0:
		return f.inFlow(list, listtext.Flow(application))
	case !f.isBlock(list) || len(list.Content) == 0:
		return nil, false
	}
	if i := slices.Index(n.Content, key); i+2 < len(n.Content) {
		end = n.Content[i+2].Line
	}
	return []yamltext.Insert{f.below(f.lastLine(list, end, list.Column), text(application, list.Column-1))}, true
}

// pair are a key of a mapping and its value; nil when the mapping itself does not have it.
func pair(n *yaml.Node, key string) (k, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// endOf is the line that an entry ends before.
func (f *file) endOf(entry int) int {
	if entry+1 < len(f.root.Content) {
		return f.root.Content[entry+1].Line
	}
	for number := len(f.Lines); number > 0; number-- {
		if f.Lines[number-1].From < f.last {
			return number + 1
		}
	}
	return 1
}

// lastLine is the last line of a node that ends before a line, with comments that are indented as far as what is in it.
func (f *file) lastLine(n *yaml.Node, end, column int) int {
	number := end - 1
	for ; number > n.Line; number-- {
		line := f.Line(number)
		bare := strings.TrimLeft(line, " ")
		if bare != "" && (bare[0] != '#' || len(line)-len(bare) >= column) {
			break
		}
	}
	return number
}

// inFlow is what to insert for one more element in brackets or braces.
func (f *file) inFlow(n *yaml.Node, text string) ([]yamltext.Insert, bool) {
	from := f.At(n)
	last, ok := lastOf(f.Data, from)
	if !ok {
		return nil, false
	}
	if last == from { // nothing is in it
		return []yamltext.Insert{{At: from + 1, Text: text}}, true
	}
	comma, margin := ",", " "
	if f.Data[last] == ',' {
		comma = ""
	}
	if len(n.Content) > 0 { // as it is with the last one
		element := n.Content[len(n.Content)-1]
		if n.Kind == yaml.MappingNode {
			element = n.Content[len(n.Content)-2]
		}
		if start := f.Line(element.Line); element.Line > n.Line && len(start)-len(strings.TrimLeft(start, " ")) == element.Column-1 {
			margin = f.lineEnd() + strings.Repeat(" ", element.Column-1)
		}
	}
	rest, _, _ := bytes.Cut(f.Data[last+1:], []byte("\n"))
	if margin != " " && bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("#")) { // what it says is about that one
		rest = bytes.TrimSuffix(rest, []byte("\r"))
		return []yamltext.Insert{{At: last + 1, Text: comma}, {At: last + 1 + len(rest), Text: margin + text}}, true
	}
	return []yamltext.Insert{{At: last + 1, Text: comma + margin + text}}, true
}

// lastOf is where the last thing is that stands in the brackets or braces that begin at a place: these themselves, when nothing does.
func lastOf(data []byte, from int) (last int, ok bool) {
	if from >= len(data) || data[from] != '[' && data[from] != '{' {
		return 0, false // a tag or an anchor precedes it
	}
	depth, before := 1, data[from] // the last thing that is no space
	last = from
	for i := from + 1; i < len(data); i++ {
		switch c := data[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		case c == '#' && strings.IndexByte(" \t\n", data[i-1]) >= 0:
			end := bytes.IndexByte(data[i:], '\n')
			if end < 0 {
				return 0, false
			}
			i += end
			continue
		case (c == '"' || c == '\'') && strings.IndexByte("[{,:?", before) >= 0:
			end := yamltext.QuoteEnd(data, i)
			if end < 0 {
				return 0, false
			}
			i = end
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return last, true
			}
		}
		last, before = i, data[i]
	}
	return 0, false
}
