// Package yamltext is the text of a YAML file, for those who change it and leave every other byte as it is: its lines, where nodes begin,
// and what is inserted.
//
// It decides nothing about what a change means: who makes one reads the result again.
package yamltext

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// File is a file with its lines, each with its end.
type File struct {
	Data  []byte
	Lines []Span
}

// Span is a part of a file, in bytes.
type Span struct{ From, To int }

// Insert is a text that is put into a file.
type Insert struct {
	At   int // bytes
	Text string
}

// New is a file with these bytes.
func New(data []byte) File {
	f := File{Data: data}
	at := 0
	for line := range bytes.Lines(data) {
		f.Lines = append(f.Lines, Span{at, at + len(line)})
		at += len(line)
	}
	return f
}

// Plain reports whether lines and columns are what they look like: there are more line breaks in YAML than in editors.
func Plain(data []byte) bool {
	return utf8.Valid(data) && !bytes.HasPrefix(data, []byte("\ufeff")) &&
		!bytes.ContainsAny(bytes.ReplaceAll(data, []byte("\r\n"), nil), "\r\u0085\u2028\u2029")
}

// Line is the text of a line, counted from 1, without its end.
func (f *File) Line(number int) string {
	l := f.Lines[number-1]
	return strings.TrimRight(string(f.Data[l.From:l.To]), "\r\n")
}

// At is where a node begins: the end of the file, when it is not in it.
func (f *File) At(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(f.Lines) {
		return len(f.Data)
	}
	l := f.Lines[n.Line-1]
	if n.Line == 1 && bytes.HasPrefix(f.Data, []byte("\ufeff")) {
		l.From += len("\ufeff")
	}
	for column := 1; column < n.Column && l.From < l.To; column++ {
		_, size := utf8.DecodeRune(f.Data[l.From:])
		l.From += size
	}
	return l.From
}

// With is the file with insertions, which are in order.
func (f *File) With(inserts ...Insert) []byte {
	var out bytes.Buffer
	at := 0
	for _, i := range inserts {
		out.Write(f.Data[at:i.At])
		out.WriteString(i.Text)
		at = i.At
	}
	out.Write(f.Data[at:])
	return out.Bytes()
}

// QuoteEnd is the end of a text in quotes that begins at a byte; negative when there is none.
func QuoteEnd(data []byte, at int) int {
	if at >= len(data) || data[at] != '"' && data[at] != '\'' {
		return -1 // a tag or an anchor precedes it
	}
	quote := data[at]
	for at++; at < len(data); at++ {
		switch {
		case data[at] == '\\' && quote == '"':
			at++
		case data[at] == quote && quote == '\'' && at+1 < len(data) && data[at+1] == '\'':
			at++
		case data[at] == quote:
			return at
		}
	}
	return -1
}
