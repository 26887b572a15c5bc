package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// Bounds of what is read from users: of one file, with all documents in it. 30,000 entries of a list are about 9 MB, with
// 500,000 marks.
const (
	MaxBytes    = 16 << 20 // size, in bytes
	MaxExpanded = 32 << 20 // bytes of all keys and values, with each alias written out
	maxLevels   = 128      // levels of nesting, with each alias written out
	maxMarks    = 800_000  // characters that may begin a value, a brace twice: parsers and readers take a kilobyte of memory for each
	freeAliased = 100_000  // values that aliases add, besides one for each byte
	maxTags     = 100      // %TAG directives: parsers take quadratic time for them

	// Below this size, marks are not worth counting: each value takes a byte at least.
	fewBytes = 1 << 20
)

// Excess is why a text is not read: it, or what it expands to, is larger than any that people write.
type Excess struct {
	Line, Column  int // 0 for the whole text
	Code, Message string
	Hint          string
}

// At is the diagnostic about the excess in a file.
func (e *Excess) At(file, path string) diag.Diagnostic {
	return diag.Diagnostic{Pos: diag.Position{File: file, Line: e.Line, Column: e.Column}, Path: path, Code: e.Code, Message: e.Message, Hint: e.Hint}
}

// Error gives the place and the message.
func (e *Excess) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Message)
}

// Check reports whether a YAML or JSON text is within bounds, before anything expands its aliases: the error is an *Excess
// or, for a text that has aliases and is not YAML, what the parser says. It does not decide whether other texts are YAML.
func Check(data []byte) error {
	if Plain(data) {
		return nil
	}
	if e := checkSize(data); e != nil {
		return e
	}
	if manyTags(data) {
		return excessAt(data, bytes.Index(data, []byte("%TAG")), "yaml-syntax", "remove them", "expected at most %d %%TAG directives, found more", maxTags)
	}
	_, err := parsed(data)
	if excess := (*Excess)(nil); errors.As(err, &excess) || mayExpand(data) {
		return err
	}
	return nil
}

// Plain reports whether a text is within bounds whatever it holds, as almost every text is, without parsing it. Then each part of
// it is, too.
func Plain(data []byte) bool {
	return checkSize(data) == nil && !manyTags(data) && !mayExpand(data) && !mayBeDeep(data)
}

func manyTags(data []byte) bool { return bytes.Count(data, []byte("%TAG")) > maxTags }

// checkSize is what can be found before a text is parsed; nil when it may be parsed.
func checkSize(data []byte) *Excess {
	if e := checkBytes(int64(len(data))); e != nil {
		return e
	}
	if len(data) > fewBytes {
		if at := excessMark(data); at >= 0 {
			return excessAt(data, at, "too-large", "split the file", "expected at most %d values in a file, found more", maxMarks)
		}
	}
	return nil
}

func checkBytes(size int64) *Excess {
	if size <= MaxBytes {
		return nil
	}
	return &Excess{Code: "too-large", Message: fmt.Sprintf("expected at most %d MiB, found %d MiB", MaxBytes>>20, size>>20)}
}

// parsed are the documents of a text whose size and marks are within bounds, up to the first mistake.
func parsed(data []byte) ([]*yaml.Node, error) {
	var out []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	w := newWeigher(len(data))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, err
		}
		w.walk(&document, 0)
		if w.excess != nil {
			return out, w.excess
		}
		out = append(out, &document)
	}
}

func excessAt(data []byte, at int, code, hint, format string, args ...any) *Excess {
	before := data[:at]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &Excess{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1, code, fmt.Sprintf(format, args...), hint}
}

// excessMark is where there are too many characters that may begin a value; negative when there are not.
func excessMark(data []byte) int {
	marks := 0
	for i, c := range data {
		switch c {
		case ',', ':', '[':
			marks++
		case '{':
			marks += 2
		case '-', '?':
			if i+1 < len(data) && (data[i+1] <= ' ' || data[i+1] == '-') {
				marks++
			}
		}
		if marks > maxMarks {
			return i
		}
	}
	return -1
}

// mayExpand reports whether there may be aliases.
func mayExpand(data []byte) bool {
	return bytes.IndexByte(data, '&') >= 0 && bytes.IndexByte(data, '*') >= 0
}

// mayBeDeep reports whether values may nest too deep: each level takes a bracket, an indicator, or a column of indentation,
// which a list in a mapping may share with it.
func mayBeDeep(data []byte) bool {
	brackets, deepest := 0, 0
	for len(data) > 0 {
		line := data
		if end := bytes.IndexByte(data, '\n'); end >= 0 {
			line = data[:end+1]
		}
		data = data[len(line):]
		here, indented := 0, true
		for i, c := range line {
			switch c {
			case ' ', '\t':
				if indented {
					here += 2
				}
				continue
			case '[', '{':
				brackets++
			case '-', '?':
				if i+1 < len(line) && line[i+1] <= ' ' {
					here += 2
				}
			case '\r', 0, 0xc2, 0xe2: // lines may end within
				return true
			}
			indented = false
		}
		deepest = max(deepest, here)
	}
	return brackets+deepest+2 > maxLevels
}

// weight is the size of a node with all aliases in it written out.
type weight struct{ values, bytes, levels int }

// weigher adds up the weights of a text's documents, in the order of the text.
type weigher struct {
	size   int // of the text, in bytes
	known  map[*yaml.Node]weight
	total  weight // levels are not counted in it
	excess *Excess
}

func newWeigher(size int) *weigher { return &weigher{size: size, known: map[*yaml.Node]weight{}} }

// walk weighs n, which is below that many levels. It stops at the first excess.
func (w *weigher) walk(n *yaml.Node, below int) weight {
	if n.Kind == yaml.AliasNode {
		sum := w.known[n.Alias] // nothing within itself: all readers refuse that
		w.total.values += sum.values
		w.total.bytes = min(w.total.bytes+sum.bytes, 2*MaxExpanded)
		switch {
		case w.total.values > freeAliased+w.size:
			w.report(n, "alias-bomb", "write the values out", "the aliases stand for too many values")
		case w.total.bytes > MaxExpanded:
			w.report(n, "alias-bomb", "write the values out", fmt.Sprintf("the aliases stand for more than %d MiB", MaxExpanded>>20))
		case below+sum.levels > maxLevels:
			w.tooDeep(n)
		}
		return sum
	}
	sum := weight{1, len(n.Value) + 1, 1}
	w.total.bytes += sum.bytes
	if below > maxLevels {
		w.tooDeep(n)
	}
	for _, child := range n.Content {
		if w.excess != nil {
			break
		}
		of := w.walk(child, below+1)
		sum = weight{min(sum.values+of.values, 1<<40), min(sum.bytes+of.bytes, 2*MaxExpanded), max(sum.levels, of.levels+1)}
	}
	if n.Anchor != "" {
		w.known[n] = sum
	}
	return sum
}

func (w *weigher) tooDeep(n *yaml.Node) {
	w.report(n, "too-deep", "", fmt.Sprintf("expected at most %d levels of nesting, found more", maxLevels))
}

func (w *weigher) report(at *yaml.Node, code, hint, message string) {
	if w.excess == nil {
		w.excess = &Excess{at.Line, at.Column, code, message, hint}
	}
}
