package syntax

import (
	"bytes"
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/lazy"
	"go.yaml.in/yaml/v3"
)

// lineReader hands out its text line by line, so that it knows how far the parser has come when it fails.
type lineReader struct {
	rest  []byte
	lines int // handed out so far
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := min(len(r.rest), len(p))
	if end := bytes.IndexByte(r.rest[:n], '\n'); end >= 0 {
		n = end + 1
		r.lines++
	} else if n == len(r.rest) {
		r.lines++
	}
	copy(p, r.rest[:n])
	r.rest = r.rest[n:]
	return n, nil
}

var (
	yamlError     = lazy.Regexp(`^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = lazy.Regexp(`^(unknown anchor) '(.*)' referenced$`)
)

// syntaxError returns what the YAML parser could not read, and where. The parser itself names the line where the construct with the
// mistake began, or none; it had read some lines when it failed, with the mistake in them or before.
func syntaxError(data []byte, read int, err error) (line, column int, message, hint string) {
	named, message := splitError(err)
	lines := bytes.SplitAfter(data, []byte("\n"))
	read = min(max(read, 1), len(lines))
	if m := unknownAnchor().FindStringSubmatch(message); m != nil { // its name may be a value without quotes
		before := bytes.Join(lines[:read], nil)
		at := max(bytes.LastIndex(before, []byte("*"+m[2])), 0)
		start := bytes.LastIndexByte(before[:at], '\n') + 1
		return bytes.Count(before[:at], []byte("\n")) + 1, utf8.RuneCount(before[start:at]) + 1, "not YAML: " + m[1],
			`put quotes around text that begins with "*"`
	}
	line = mistakenLine(lines, min(max(named, 1), read), read, message)
	text := strings.TrimRight(string(lines[line-1]), "\r\n")
	column, hint = syntaxHint(message, text)
	if at := strings.Index(text, "{{"); at >= 0 {
		column, hint = utf8.RuneCountInString(text[:at])+1, filled
	}
	return line, column, "not YAML: " + message, hint
}

func splitError(err error) (line int, message string) {
	m := yamlError().FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[1])
	return line, m[2]
}

// mistakenLine is the last line of the shortest piece of text, from the top, that gives the same message. It is one of
// those from named to read, or the first, which the parser never names. In a long text, the piece begins at the last value
// of the outermost list or mapping, because each try reads all of it; if that gives another message, named has to do.
func mistakenLine(lines [][]byte, named, read int, message string) int {
	start := 0
	fails := func(end int) bool { // with the same message, when lines up to end are read
		err := parseError(bytes.Join(lines[start:end], nil))
		if err == nil {
			return false
		}
		_, m := splitError(err)
		return m == message
	}
	if fails(1) {
		return 1
	}
	if size := len(bytes.Join(lines[:read], nil)); size > 1<<20 {
		for start = named - 1; start > 0 && bytes.IndexByte([]byte(" \t\r\n#]})\"'"), lines[start][0]) >= 0; start-- {
		}
	}
	passed, step := named-1, 1
	for !fails(min(passed+step, read)) {
		if passed+step >= read {
			return named
		}
		passed, step = passed+step, 2*step
	}
	return passed + 1 + sort.Search(min(step, read-passed)-1, func(i int) bool { return fails(passed + 1 + i) })
}

// parseError is the first error in any document of data.
func parseError(data []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := decoder.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// syntaxHint returns what to do about the message, and the probable place in the line.
func syntaxHint(message, line string) (column int, hint string) {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	column = len(indent) + 1
	switch {
	case strings.Contains(indent, "\t"):
		return strings.Index(line, "\t") + 1, "indent with spaces: YAML does not allow tabs"
	case strings.Contains(message, "mapping values are not allowed"):
		if first := strings.Index(line, ": "); first >= 0 {
			if second := strings.Index(line[first+1:], ": "); second >= 0 {
				column = utf8.RuneCountInString(line[:first+1+second]) + 1
			}
		}
		return column, `put quotes around text that contains ": ", or check the indentation`
	case strings.Contains(message, "exceeded max depth"):
		return column, "no input needs to nest that deep"
	case strings.Contains(message, "incompatible YAML document"):
		return column, "remove the %YAML line"
	case strings.Contains(message, "block sequence entries are not allowed"):
		return column, "begin the list on a line of its own"
	case strings.Contains(message, "unknown escape character"):
		return column, `write \\ for a backslash between double quotes, or use single quotes`
	case strings.Contains(message, "cannot start any token"):
		return column, "put quotes around text that begins with a special character"
	case strings.Contains(message, "alphabetic or numeric character"):
		return column, `put quotes around text that begins with "*" or "&"`
	case strings.Contains(message, "expected ',' or"):
		return column, `close brackets and quotes before this place, and put text that contains ": " in quotes`
	case strings.Contains(message, "did not find expected"), strings.Contains(message, "could not find expected"), strings.Contains(message, "unexpected end of stream"):
		return column, "check the indentation of this line, and that brackets and quotes before it are closed"
	}
	return column, ""
}
