// Package fields finds how one value of YAML differs from another, field by field, and makes the other one of it again.
//
// Lists of things that have a key, such as containers by their name, are matched by it, and not by place. It knows no kind of
// consequence and prints nothing.
package fields

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// Step is one element of a path: a key of a mapping, an element of a list by its key, or by its place.
type Step struct {
	// Key is the key in a mapping, or in an element of a list the value of By.
	Key string
	// By is the field by which the elements of a list are told apart, such as name; several are separated by commas, and their values in Key by
	// slashes. It is empty for a mapping, and for a list whose elements have no key.
	By string
	// Index is the place in a list, counted from 0, in From; or in To for what is added. To is always the place in To; -1 for what is removed.
	Index, To int
	List      bool // whether it is an element of a list whose elements have no key
}

// element reports whether a step leads into a list.
func (s Step) element() bool { return s.List || s.By != "" }

// Path leads to a field.
type Path []Step

// String is the path as people read it, such as spec.template.spec.containers[web].image or metadata.labels["app.kubernetes.io/name"].
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.List:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		case s.By != "":
			b.WriteString("[" + quoted(s.Key, inBrackets) + "]")
		case s.Key == "" || strings.ContainsFunc(s.Key, func(r rune) bool { return !plain(r) }):
			b.WriteString("[" + strconv.Quote(s.Key) + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Key)
		}
	}
	return b.String()
}

// plain reports whether a key of a mapping needs no quotes because of a character.
func plain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
}

// inBrackets reports the same for the key of an element.
func inBrackets(r rune) bool {
	return r == '-' || r != '[' && r != ']' && r != '"' && r != '\\' && unicode.IsGraphic(r) && !unicode.IsSpace(r)
}

// quoted puts a text into quotes if it would not be understood without them: a number is a place.
func quoted(text string, plain func(rune) bool) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) || strings.Trim(text, "0123456789") == "" {
		return strconv.Quote(text)
	}
	return text
}

// Fields are the keys of mappings on the way, without the elements of lists.
func (p Path) Fields() []string {
	out := make([]string, 0, len(p))
	for _, s := range p {
		if !s.element() {
			out = append(out, s.Key)
		}
	}
	return out
}

// Begins reports whether the first keys of mappings on the way are these.
func (p Path) Begins(keys ...string) bool {
	for _, s := range p {
		switch {
		case len(keys) == 0:
			return true
		case s.element():
		case s.Key != keys[0]:
			return false
		default:
			keys = keys[1:]
		}
	}
	return len(keys) == 0
}

// Places are the keys and the places in lists on the way, as in JSON pointers, in From and in To. What is not there has no meaning.
func (p Path) Places() (from, to []string) {
	for _, s := range p {
		if s.element() {
			from, to = append(from, strconv.Itoa(s.Index)), append(to, strconv.Itoa(s.To))
		} else {
			from, to = append(from, s.Key), append(to, s.Key)
		}
	}
	return from, to
}

// Change is how a field differs.
type Change string

// The changes of a field.
const (
	Added   Change = "added"
	Removed Change = "removed"
	Changed Change = "changed"
	Moved   Change = "moved" // the elements of a list that both have are in another order: From and To are their keys
)

// Difference is one field that differs.
type Difference struct {
	Path     Path
	Change   Change
	From, To any // as encoding/json decodes them, with int64 and float64 for numbers; nil where there is none
	// Noise is why the difference means nothing; empty when it means something.
	Noise string
}

// MarshalJSON writes the path as people read it, and only the values that there are.
func (d Difference) MarshalJSON() ([]byte, error) {
	out := struct {
		Path   string `json:"path"`
		Change Change `json:"change"`
		From   *any   `json:"from,omitempty"`
		To     *any   `json:"to,omitempty"`
		Noise  string `json:"noise,omitempty"`
	}{Path: d.Path.String(), Change: d.Change, Noise: d.Noise}
	if d.Change != Added {
		out.From = &d.From
	}
	if d.Change != Removed {
		out.To = &d.To
	}
	return json.Marshal(out)
}

// Concealed stands for a value that may not be shown. It keeps nothing of it: that two of them differ is only known because there is a difference.
type Concealed struct{}

// ConcealedText is what is shown instead.
const ConcealedText = "(concealed)"

func (Concealed) String() string { return ConcealedText }

// MarshalText is for JSON and YAML.
func (Concealed) MarshalText() ([]byte, error) { return []byte(ConcealedText), nil }
