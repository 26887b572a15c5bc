// Package bounds limits how much text third-party parsers are given. What they read is not trusted, and some of them have no bound of
// their own: they recurse as deep as a text is nested, and a stack overflow ends a Go program without recovery; or they need time or
// memory that grows faster than the text.
//
// It does not parse. A text that is not passed on is a finding, at the place of the text.
package bounds

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
)

// Text is the bounds of one language.
type Text struct {
	Length int // in bytes
	Depth  int // of brackets
}

// The bounds of each language that a third-party parser reads. Each is far above what people write by hand, and so low that
// the worst text within it is harmless, which the tests show with the parsers themselves: what nests without brackets, such
// as signs, operators and {{if}}, cannot nest deeper than the text is long.
//
// YAML and JSON have bounds of their own in their parsers (go.yaml.in/yaml/v3, parserc.go: max_flow_level and max_indents;
// encoding/json, scanner.go: maxNestingDepth). The jq expressions of the list are bounded where the list is read, and so are
// documents.
var (
	PromQL        = Text{Length: 16 << 10, Depth: 100}
	AlertTemplate = Text{Length: 64 << 10, Depth: 100}
	TraefikRule   = Text{Length: 16 << 10, Depth: 100}
)

// Exceeded returns which bound a text exceeds, as in "is longer than 16,384 characters"; empty when none. It goes through the text once,
// without recursion.
func (t Text) Exceeded(text string) string {
	if len(text) > t.Length {
		return "is longer than " + thousands(t.Length) + " characters"
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			if depth++; depth > t.Depth {
				return fmt.Sprintf("is nested deeper than %d levels", t.Depth)
			}
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	return ""
}

// thousands writes a number as people read it.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// longestRegexp is how long a regular expression may be, in bytes.
const longestRegexp = 4 << 10

// Regexp compiles a regular expression. The problem says which bound it exceeds. Both are empty when it cannot be parsed: then others
// report it.
//
// Go's own bounds are on the nesting, and on the size of one expression (regexp/syntax, maxHeight and maxSize: 128 MB). Here the size must
// be in proportion to the text, so that many expressions need no more than their file is long.
func Regexp(pattern string) (r *regexp.Regexp, problem string) {
	if len(pattern) > longestRegexp {
		return nil, "is longer than " + thousands(longestRegexp) + " characters"
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, ""
	}
	if most := 256 + 16*len(pattern); size(parsed) > most {
		return nil, "repeats too much"
	}
	r, err = regexp.Compile(pattern)
	if err != nil {
		return nil, ""
	}
	return r, ""
}

// size is about how many instructions an expression becomes. It recurses no deeper than the parser did.
func size(r *syntax.Regexp) int {
	n := 1 + len(r.Rune)/2
	for _, sub := range r.Sub {
		n += size(sub)
	}
	if r.Op == syntax.OpRepeat {
		n *= max(1, r.Min, r.Max)
	}
	return n
}
