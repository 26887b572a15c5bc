package object

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
)

// Encoder writes values as canonical YAML: keys in alphabetical order, text in quotes wherever any YAML reader could read it as something
// else, list items at the level of their key. It follows JSON tags as encoding/json does, except:
//
//   - omitempty leaves out zero structs as well;
//   - the "status" of an object is left out: Kubernetes writes it, and its types have no way to leave it out;
//   - nil lists and maps are written as empty ones, because Kubernetes' validation rejects null in their place.
//
// It is roster's own because speed here is most of the speed of a render: going through JSON, as sigs.k8s.io/yaml does,
// takes dozens of times as long (BenchmarkEncode compares them, and FuzzEncode compares this encoder with that library).
//
// The zero value is ready for use, by one goroutine.
type Encoder struct {
	// Forms, by type, are what is written in place of values that take long to encode: those with a JSON encoding of their own, which is
	// made and read again. What is written is the same without them.
	Forms map[reflect.Type]Form

	buf     []byte
	keys    []string // of the mappings that are being written, innermost last
	writers map[reflect.Type]writer
}

// Form returns another value with the same JSON encoding as the one that a pointer leads to, if it knows one.
type Form func(pointer any) (any, bool)

// Encode appends v as a YAML document, without a separator. It panics when v has a type that no object of Kubernetes can
// hold, such as a channel.
func (e *Encoder) Encode(dst []byte, v any) []byte {
	e.buf, e.keys = dst, e.keys[:0]
	e.any(v, 0, false)
	dst, e.buf = e.buf, nil
	return dst
}

// any writes v after what is in the buffer: on the same line when it is a scalar or empty, else on lines of its own at
// the given level. Inline says that the first of these lines is begun already, after a list's dash.
func (e *Encoder) any(v any, indent int, inline bool) {
	switch v := v.(type) {
	case nil:
		e.scalar("null")
	case string:
		e.text(v, indent)
	default:
		r := reflect.ValueOf(v)
		e.writerOf(r.Type())(e, r, indent, inline)
	}
}

func (e *Encoder) scalar(s string) {
	e.buf = append(e.buf, ' ')
	e.buf = append(e.buf, s...)
	e.buf = append(e.buf, '\n')
}

func (e *Encoder) number(n json.Number) {
	if n == "" { // as in encoding/json
		n = "0"
	}
	if !json.Valid([]byte(n)) {
		panic("object: not a number: " + strconv.Quote(string(n)))
	}
	e.scalar(string(n))
}

// list writes n items. After a key, they are at the level of the key.
func (e *Encoder) list(n, indent int, inline bool, item func(i, indent int)) {
	if n == 0 {
		e.scalar("[]")
		return
	}
	if !inline && indent > 0 {
		indent -= 2
	}
	e.open(inline)
	for i := range n {
		e.begin(indent, inline && i == 0)
		e.buf = append(e.buf, '-')
		item(i, indent+2)
	}
}

// mapping writes the keys that the caller has put after the first ones of e.keys, and removes them.
func (e *Encoder) mapping(first, indent int, inline bool, value func(key string, indent int)) {
	if first == len(e.keys) {
		e.scalar("{}")
		return
	}
	e.open(inline)
	slices.Sort(e.keys[first:])
	for i := first; i < len(e.keys); i++ {
		e.begin(indent, inline && i == first)
		e.buf = appendKey(e.buf, e.keys[i], indent)
		value(e.keys[i], indent+2)
	}
	e.keys = e.keys[:first]
}

// open ends the line of the key above, if there is one.
func (e *Encoder) open(inline bool) {
	if !inline && len(e.buf) > 0 && e.buf[len(e.buf)-1] == ':' {
		e.buf = append(e.buf, '\n')
	}
}

// begin starts a line at the given level, unless the line is begun.
func (e *Encoder) begin(indent int, inline bool) {
	const spaces = "                                                                "
	if inline {
		indent = 1
	}
	for ; indent > len(spaces); indent -= len(spaces) {
		e.buf = append(e.buf, spaces...)
	}
	e.buf = append(e.buf, spaces[:indent]...)
}
