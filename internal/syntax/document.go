// Package syntax reads one YAML document of the user into tagged Go structs in which every value knows its place.
//
// It reports what the structs' shape excludes: unknown, missing and repeated keys, wrong types, values outside an enum.
// Several mappings, of which one says what differs from another, are read as one (Layer, Overlay).
// It does not know what the fields mean, and it does not apply defaults. The input is not trusted: size, depth and the
// growth through aliases are bounded.
package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// maxDepth is how many levels of nesting there may be in a free-form value, and of aliases in aliases.
const maxDepth = 64

// Document is a parsed file.
type Document struct {
	File  string
	root  *yaml.Node
	diags *diag.List // nil for a document of which nothing is reported
	guide Guide      // nil when nobody knows more

	layouts  map[reflect.Type]*layout
	reported int // mistakes, also those that were too many
	known    map[diag.Identity]bool
	looks    int // how many names others were compared with

	decoding bool // mistakes are of the shape
	flaws    flaws
}

// mostMistakes is how many mistakes of one file are kept. Each takes some hundred bytes, and a file can have one for each of its own.
const mostMistakes = 100_000

// add reports a mistake; one of the shape once, since a layer may be read many times. One more than may be is the last.
func (d *Document) add(found diag.Diagnostic) {
	if d.decoding {
		d.flaws.note(found.Path, found.Code)
		if d.full() || d.known[found.Identity()] {
			return
		}
		d.known[found.Identity()] = true
	}
	if d.diags == nil {
		return
	}
	switch d.reported++; {
	case d.reported <= mostMistakes:
		d.diags.Add(found)
	case d.reported == mostMistakes+1:
		d.diags.Add(diag.Diagnostic{Pos: found.Pos, Code: "too-many-mistakes",
			Message: "the file has more than " + diag.Thousands(mostMistakes) + " mistakes: the others are not counted"})
	}
}

// decodes has mistakes count as those of the shape, until the returned function is called.
func (d *Document) decodes() (end func()) {
	d.decoding = true
	return func() { d.decoding = false }
}

// full reports whether there are too many mistakes already.
func (d *Document) full() bool { return d.reported > mostMistakes }

// Parse reads the single YAML document in data. It returns nil when data cannot be read, and has then added the reason
// to diags; an empty document is such a reason.
func Parse(file string, data []byte, diags *diag.List) *Document {
	return Guided{}.Parse(file, data, diags)
}

func parse(file string, data []byte, diags diagsOf) *Document {
	fail := func(line, column int, code, message, hint string) *Document { //nolint:unparam // nil is what Parse returns then
		diags.Add(diag.Diagnostic{Pos: diag.Position{File: file, Line: line, Column: column}, Code: code, Message: message, Hint: hint})
		return nil
	}
	exceeds := func(e *Excess) *Document { return fail(e.Line, e.Column, e.Code, e.Message, e.Hint) }
	if e := checkSize(data); e != nil {
		return exceeds(e)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if line, column, found := badText(data); found != "" {
		hint := "save the file as UTF-8"
		if !strings.HasPrefix(found, "the byte") && !bytes.Contains(data, []byte{0}) {
			hint = "remove it"
		}
		return fail(line, column, "bad-encoding", "expected UTF-8 text, found "+found, hint)
	}
	if at := bytes.Index(append([]byte("\n"), data...), []byte("\n%TAG")); at >= 0 { // the parser takes quadratic time for them
		return fail(bytes.Count(data[:at], []byte("\n"))+1, 1, "yaml-syntax", "not supported: a %TAG directive", "remove it")
	}
	input := &lineReader{rest: data}
	decoder := yaml.NewDecoder(input)
	var root, second yaml.Node
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) || err == nil && isNull(content(&root)) {
		hint := "write something, or remove the file"
		if diags.guide != nil {
			hint = "write something, such as " + diags.guide.Example(nil)
		}
		return fail(1, 1, "empty", "the file is empty", hint)
	} else if err != nil {
		return unreadable(data, input.lines, err, fail)
	}
	w := newWeigher(len(data))
	if w.walk(&root, 0); w.excess != nil {
		return exceeds(w.excess)
	}
	if err := decoder.Decode(&second); err == nil {
		if message, hint := foreign(diags.guide, content(&root), nil); message != "" {
			return fail(content(&root).Line, content(&root).Column, "foreign-object", message, hint)
		}
		return fail(second.Line, second.Column, "second-document", "expected one YAML document, found a second one",
			`remove the "---" line, or what follows it`)
	} else if !errors.Is(err, io.EOF) {
		return unreadable(data, input.lines, err, fail)
	}
	return &Document{File: file, root: content(&root), diags: diags.List, guide: diags.guide, layouts: map[reflect.Type]*layout{}, known: map[diag.Identity]bool{}}
}

// unreadable reports what the YAML parser could not read, after it had read some lines.
func unreadable(data []byte, read int, err error, fail func(line, column int, code, message, hint string) *Document) *Document {
	line, column, message, hint := syntaxError(data, read, err)
	return fail(line, column, "yaml-syntax", message, hint)
}

// Root is the place of the document's outermost value.
func (d *Document) Root() *Node { return &Node{doc: d, Line: d.root.Line, Column: d.root.Column} }

func content(document *yaml.Node) *yaml.Node {
	if document.Kind == yaml.DocumentNode && len(document.Content) == 1 {
		return document.Content[0]
	}
	return document
}

// badText finds the first byte that is not UTF-8, or that YAML does not allow in a stream.
func badText(data []byte) (line, column int, found string) {
	at := -1
	for i := 0; i < len(data); {
		c := data[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
				at, found = i, fmt.Sprintf("the control character 0x%02x", c)
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			at, found = i, fmt.Sprintf("the byte 0x%02x", c)
			break
		}
		if r < 0xa0 && r != 0x85 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			at, found = i, fmt.Sprintf("the character %U", r)
			break
		}
		i += size
	}
	if at < 0 {
		return 0, 0, ""
	}
	before := data[:at]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1, found
}
