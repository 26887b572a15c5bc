// Package listadd adds an entry or an application to the text of a list. It only inserts: every other byte of the file stays, with
// comments, order, quotes and ends of lines.
//
// It knows no more keys than namespace and applications, and does not check what it adds: that is for catalog and lint. Where it is not
// certain that the file means the same as before, and what is new besides, it refuses.
package listadd

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/internal/yamltext"
	"go.yaml.in/yaml/v3"
)

// ErrShape is returned for a file that is written in a way in which it is not certain what an insertion would mean.
var ErrShape = errors.New("it is not certain what the file would mean then")

// applications is the key of an entry's applications.
const applications = "applications"

// Entry adds an entry at the end of a file of the list, which may be empty.
func Entry(data []byte, entry listtext.Map) ([]byte, error) {
	f, err := read(data)
	if err != nil {
		return nil, err
	}
	want := append(slices.Clone(f.value), f.meaning(listtext.Entry(entry))...)
	if len(f.root.Content) == 0 && f.root.Kind != yaml.SequenceNode || f.isBlock(f.root) {
		for _, gap := range f.gaps() {
			text := f.lineEnding(gap + string(indented(listtext.Entry(entry), f.column())))
			if out := f.With(f.atEnd(text)); means(out, want) {
				return out, nil
			}
		}
		return nil, ErrShape
	}
	inserts, ok := f.inFlow(f.root, listtext.Flow(entry))
	if out := f.With(inserts...); ok && means(out, want) {
		return out, nil
	}
	return nil, ErrShape
}

// Application adds an application to the entry that begins at a place. It is a code, or a listtext.Map.
func Application(data []byte, at diag.Position, application any) ([]byte, error) {
	f, err := read(data)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(f.root.Content, func(n *yaml.Node) bool {
		return n.Kind == yaml.MappingNode && n.Line == at.Line && n.Column == at.Column
	})
	if f.root.Kind != yaml.SequenceNode || i < 0 || !yamltext.Plain(data) || len(f.value) != len(f.root.Content) {
		return nil, ErrShape
	}
	text := listtext.Entry(listtext.Map{{Key: "namespace", Value: "x"}, {Key: applications, Value: []any{application}}})
	inserts, ok := f.application(i, application)
	if !ok {
		return nil, ErrShape
	}
	want := slices.Clone(f.value)
	entry, isMap := want[i].(map[string]any)
	if !isMap {
		return nil, ErrShape
	}
	extended := map[string]any{}
	for k, v := range entry {
		extended[k] = v
	}
	list, _ := entry[applications].([]any)
	added := f.meaning(text)[0].(map[string]any)[applications].([]any)
	extended[applications], want[i] = append(slices.Clone(list), added...), extended
	if out := f.With(inserts...); means(out, want) {
		return out, nil
	}
	return nil, ErrShape
}

// file is a file of the list.
type file struct {
	yamltext.File
	root  *yaml.Node // a null without a place when there is none
	value []any
	last  int // where what is at the end belongs: before the end of the document, if that is written
}

func read(data []byte) (*file, error) {
	documents, err := syntax.Documents(data)
	if err != nil || len(documents) > 1 {
		return nil, errors.Join(err, ErrShape)
	}
	f := &file{File: yamltext.New(data), root: &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, last: len(data)}
	if len(documents) == 1 && len(documents[0].Content) == 1 {
		f.root = documents[0].Content[0]
	}
	var value any
	if err := f.root.Decode(&value); err != nil {
		return nil, errors.Join(err, ErrShape)
	}
	if list, is := value.([]any); is {
		f.value = list
	} else if value != nil {
		return nil, ErrShape
	}
	for number := len(f.Lines); number > 0; number-- {
		text := f.Line(number)
		if strings.HasPrefix(text, "...") {
			f.last = f.Lines[number-1].From
			break
		}
		if text = strings.TrimSpace(text); text != "" && text[0] != '#' {
			break
		}
	}
	return f, nil
}

// meaning is what a list means.
func (f *file) meaning(list []byte) []any {
	added, err := read(list)
	if err != nil {
		return []any{err} // nothing means this
	}
	return added.value
}

// means reports whether a text is a list of these values.
func means(text []byte, want []any) bool {
	f, err := read(text)
	return err == nil && reflect.DeepEqual(f.value, want)
}

// lineEnd is how the last line ends, or the first one.
func (f *file) lineEnd() string {
	if bytes.HasSuffix(f.Data, []byte("\r\n")) || !bytes.HasSuffix(f.Data, []byte("\n")) && bytes.Contains(f.Data, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// lineEnding is a text with the ends of lines that the file has.
func (f *file) lineEnding(text string) string { return strings.ReplaceAll(text, "\n", f.lineEnd()) }

// indented is a text that is further to the right.
func indented(text []byte, columns int) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) > 0 {
			out.WriteString(strings.Repeat(" ", columns))
		}
		out.Write(line)
	}
	return out.Bytes()
}

// isBlock reports whether a list has a line with a dash for each element.
func (f *file) isBlock(list *yaml.Node) bool {
	at := f.At(list)
	return list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle == 0 && at < len(f.Data) && f.Data[at] == '-'
}
