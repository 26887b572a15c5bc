package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// document is one document of a file.
type document struct {
	text   []byte
	line   int // on which the text begins
	isJSON bool
	// otherwise is what to report when the text is not YAML: what precedes was JSON, so this was treated as JSON first.
	otherwise *mistake
}

// documents splits a file where Argo CD's decoder (yaml.YAMLOrJSONDecoder) does, which does not tell where: a sequence of JSON values when
// the file begins like JSON, else YAML. After a first JSON value there may be YAML. A mistake follows all documents returned.
func documents(data []byte) ([]document, *mistake) {
	if !yaml.IsJSONBuffer(data[:min(len(data), 4096)]) {
		return yamlDocuments(data, 1)
	}
	var out []document
	decoder := json.NewDecoder(bytes.NewReader(data))
	line, counted := 1, 0
	for {
		end := int(decoder.InputOffset())
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			problem := jsonMistake(data, err)
			rest, ok := yamlBehind(data[end:])
			if len(out) > 1 || !ok {
				return out, problem
			}
			docs, broken := yamlDocuments(rest, 1+bytes.Count(data[:len(data)-len(rest)], newline))
			switch {
			case len(docs) > 0:
				docs[0].otherwise = problem
			case broken != nil:
				broken = problem
			}
			return append(out, docs...), broken
		}
		start := int(decoder.InputOffset()) - len(raw)
		line += bytes.Count(data[counted:start], newline)
		counted = start
		out = append(out, document{text: raw, line: line, isJSON: true})
	}
}

var newline, dashes = []byte("\n"), []byte("---")

// yamlBehind is what the decoder reads as YAML when it is not JSON: the rest without leading space up to a line's end. It
// does not look at less than four bytes.
func yamlBehind(rest []byte) ([]byte, bool) {
	for len(rest) > 3 {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError:
			return nil, false
		case !unicode.IsSpace(r):
			return rest, true
		}
		rest = rest[size:]
		if r == '\n' {
			return rest, true
		}
	}
	return nil, false
}

// yamlDocuments splits YAML, which begins on a line of its file, at lines that begin with three dashes, also within a scalar. Only a
// comment may follow them. Such a line with nothing before it is part of its document.
func yamlDocuments(data []byte, line int) ([]document, *mistake) {
	var out []document
	d := document{line: line}
	for text := range bytes.Lines(data) {
		behind, separates := bytes.CutPrefix(text, dashes)
		if behind = bytes.TrimSpace(behind); separates && len(behind) > 0 && behind[0] != '#' {
			return out, &mistake{"bad-yaml", line, 4, "expected nothing but a comment after ---"}
		}
		line++
		if separates && len(d.text) > 0 {
			out = append(out, d)
			d = document{line: line}
			continue
		}
		text, ended := bytes.CutSuffix(text, newline)
		if ended {
			text = bytes.TrimSuffix(text, []byte("\r"))
		}
		d.text = append(append(d.text, text...), '\n')
	}
	if len(d.text) > 0 {
		out = append(out, d)
	}
	return out, nil
}

// start is the line on which the document begins, after empty lines and comments.
func (d *document) start() int {
	line := d.line
	for text := range bytes.Lines(d.text) {
		t := bytes.TrimSpace(text)
		if len(t) > 0 && t[0] != '#' && !(line == d.line && bytes.HasPrefix(text, dashes)) {
			return line
		}
		line++
	}
	return d.line
}

// mistake is what a parser could not read in a file.
type mistake struct {
	code         string
	line, column int
	text         string
}

var (
	yamlLine     = lazy.Regexp(`(?:yaml: )?line (\d+): `)
	yamlWrappers = lazy.Regexp(`^(error converting YAML to JSON: |error unmarshaling JSON: |while decoding JSON: |json: |yaml: |error parsing: )+`)
	// early are the errors of which the YAML parser names the line before.
	early = lazy.Regexp(`^(did not find expected (<|node content|'-' indicator|key|',' or)|found (undefined tag|duplicate %|incompatible))`)
	// contents are messages of parsers that quote the text, which may be a secret.
	contents = lazy.Regexp(`(?s)((?:invalid|unsupported) map key|cannot decode !!\w+|cannot unmarshal number)\b.*`)
	anchors  = lazy.Regexp(`(?s)anchor '.*' (referenced|value)`)
)

// words are a parser's message, without what it parsed.
func words(err error) string {
	text := contents().ReplaceAllString(err.Error(), "$1")
	text = anchors().ReplaceAllString(text, "anchor $1")
	if m := yamlLine().FindString(text); strings.HasPrefix(text, m) {
		text = text[len(m):]
	}
	return firstLine(yamlWrappers().ReplaceAllString(text, ""))
}

// mistake returns where the document is not YAML, or expands to too much.
func (d *document) mistake(err error) *mistake {
	if e := (*syntax.Excess)(nil); errors.As(err, &e) {
		return &mistake{e.Code, d.line + max(e.Line, 1) - 1, max(e.Column, 1), e.Message}
	}
	m := &mistake{"bad-yaml", d.start(), 1, words(err)}
	found := yamlLine().FindStringSubmatch(err.Error())
	if found == nil || !strings.HasPrefix(err.Error(), found[0]) {
		return m
	}
	line, _ := strconv.Atoi(found[1])
	if early().MatchString(m.text) {
		line++
	}
	m.line = d.line + min(line, bytes.Count(d.text, newline)) - 1
	return m
}

// jsonMistake returns where data is not JSON.
func jsonMistake(data []byte, err error) *mistake {
	end := len(bytes.TrimRight(data, "\r\n"))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		end = min(int(syntax.Offset)-1, len(data))
	}
	before := data[:end]
	begin := bytes.LastIndexByte(before, '\n') + 1
	return &mistake{"bad-yaml", 1 + bytes.Count(before, newline), 1 + utf8.RuneCount(before[begin:]), words(err)}
}
