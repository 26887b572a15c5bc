package workload

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/lazy"
)

// The message of a template or a script that fails may hold any value, even a secret one: the words of fail and required are assembled
// from values, and functions quote their arguments. So a message is shown as far as its words are in the source, or are those of the
// engine; a value in between is replaced by an ellipsis.

// hidden replaces a message of which nothing may be shown.
const hidden = "its message is not shown, since it may hold a value"

// elided stands for a value.
const elided = "…"

// sources are the texts of a chart's templates, or of Jsonnet files.
type sources struct {
	texts []string
	lines [][]string // of messages that the sources have: the constant parts between values
	seen  map[string]bool
}

var (
	action  = lazy.Regexp(`(?s)\{\{.*?\}\}`)
	literal = lazy.Regexp("(?s)\"(?:\\\\.|[^\"\\\\])*\"|`[^`]*`|'(?:\\\\.|[^'\\\\])*'")
	block   = lazy.Regexp(`(?s)\|\|\|.*?\|\|\|`)
	verb    = lazy.Regexp(`%(?:\([^)]*\))?[-+# 0-9.*\[\]]*[a-zA-Z]`)
)

// template adds a template: its literals, and the lines of its text.
func (s *sources) template(text string) {
	s.texts = append(s.texts, text)
	for _, a := range action().FindAllString(text, -1) {
		s.literals(a)
	}
	s.add(action().ReplaceAllString(text, elided))
}

// script adds a Jsonnet file.
func (s *sources) script(text string) {
	s.texts = append(s.texts, text)
	for _, b := range block().FindAllString(text, -1) {
		s.add(verb().ReplaceAllString(b, elided))
	}
	s.literals(text)
}

func (s *sources) literals(code string) {
	for _, at := range literal().FindAllStringIndex(code, -1) {
		l := code[at[0]:at[1]]
		text, err := strconv.Unquote(l)
		if err != nil { // Jsonnet's
			text = l[1 : len(l)-1]
		}
		text = verb().ReplaceAllString(strings.ReplaceAll(text, "%%", "%"), elided)
		if strings.HasSuffix(strings.TrimRight(code[:at[0]], " \t\r\n"), "+") { // Jsonnet joins texts
			text = elided + text
		}
		if strings.HasPrefix(strings.TrimLeft(code[at[1]:], " \t\r\n"), "+") {
			text += elided
		}
		s.add(text)
	}
}

func (s *sources) add(text string) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.Trim(line, elided) != "" && !s.seen[line] {
			s.seen[line] = true
			s.lines = append(s.lines, strings.Split(line, elided))
		}
	}
}

// Bounds of a message.
const (
	maxLines  = 20
	maxLetter = 4096
)

// show is the part of a message that is in the sources, line by line; empty when nothing is.
func (s *sources) show(message string) string {
	message = strings.ToValidUTF8(message[:min(len(message), maxLetter)], "")
	var out []string
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if len(out) == maxLines {
			break
		}
		if line == "" {
			continue
		}
		if line = s.line(line); line != elided || len(out) == 0 || out[len(out)-1] != elided {
			out = append(out, line)
		}
	}
	if !slices.ContainsFunc(out, func(l string) bool { return l != elided }) {
		return ""
	}
	return strings.Join(out, " ")
}

// line is a line of a message, with an ellipsis for each value in it.
func (s *sources) line(line string) string {
	best, most := elided, 0
	for _, parts := range s.lines {
		n := len(strings.Join(parts, ""))
		if n > most && fits(line, parts) && (len(parts) == 1 || letters(parts) >= 3) {
			best, most = strings.Join(parts, elided), n
		}
	}
	return best
}

func letters(parts []string) int {
	n := 0
	for _, p := range parts {
		for _, r := range p {
			if unicode.IsLetter(r) {
				n++
			}
		}
	}
	return n
}

// fits reports whether a line is the parts, with anything between them.
func fits(line string, parts []string) bool {
	if len(parts) == 1 {
		return line == parts[0]
	}
	rest, ok := strings.CutPrefix(line, parts[0])
	last := parts[len(parts)-1]
	if !ok || !strings.HasSuffix(rest, last) {
		return false
	}
	rest = rest[:len(rest)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, p)
		if at < 0 {
			return false
		}
		rest = rest[at+len(p):]
	}
	return true
}

// knows reports whether all words of a text are in the sources.
func (s *sources) knows(text string) bool {
	for _, word := range word().FindAllString(text, -1) {
		if !slices.ContainsFunc(s.texts, func(t string) bool { return hasWord(t, word) }) {
			return false
		}
	}
	return true
}

var word = lazy.Regexp(`[\pL\pN_-]+`)

// hasWord reports whether w is in a text, and not part of a longer word.
func hasWord(text, w string) bool {
	for from := 0; ; from++ {
		at := strings.Index(text[from:], w)
		if at < 0 {
			return false
		}
		from += at
		before, _ := utf8.DecodeLastRuneInString(text[:from])
		after, _ := utf8.DecodeRuneInString(text[from+len(w):])
		if !inWord(before) && !inWord(after) {
			return true
		}
	}
}

func inWord(r rune) bool {
	return r == '_' || r == '-' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r))
}

// engineWords are the messages of text/template and its functions (text/template exec.go and funcs.go), and of Jsonnet. In them, TYPE is a
// type, NAME is from the source, and COUNT is a number; all else is literal.
var engineWords = sync.OnceValue(func() []*regexp.Regexp {
	return compile(
		`nil pointer evaluating TYPE.NAME`,
		`nil data; no entry for key "NAME"`,
		`map has no entry for key "NAME"`,
		`can't evaluate field NAME in type TYPE`,
		`undefined variable: NAME`,
		`template "NAME" not defined`,
		`template: no template "NAME" associated with template "gotpl"`,
		`exceeded maximum template depth (COUNT)`,
		`NAME is not a method but has arguments`,
		`NAME has arguments but cannot be invoked as function`,
		`can't give argument to non-function NAME`,
		`wrong number of args for NAME: want COUNT got COUNT`,
		`wrong number of args for NAME: want at least COUNT got COUNT`,
		`invalid value; expected TYPE`,
		`wrong type for value; expected TYPE; got TYPE`,
		`cannot assign nil to TYPE`,
		`dereference of nil pointer of type TYPE`,
		`expected TYPE; found NAME`,
		`incompatible types for comparison`,
		`incompatible types for comparison: TYPE and TYPE`,
		`missing argument for comparison`,
		`invalid type for comparison`,
		`index of untyped nil`,
		`index of nil pointer`,
		`can't index item of type TYPE`,
		`value is nil; should be of type TYPE`,
		`value has type TYPE; should be TYPE`,
		`cannot index slice/array with type TYPE`,
		`cannot index slice/array with nil`,
		`unable to execute template`,
		`rendering template has a nested reference name: NAME: unable to execute template`,
		`interface conversion: interface {} is TYPE, not TYPE`,
		`runtime error: integer divide by zero`,
		`runtime error: invalid memory address or nil pointer dereference`,

		`Unexpected type TYPE, expected TYPE`,
		`Unexpected type TYPE`,
		`Field does not exist: NAME`,
		`Unknown variable: NAME`,
		`Undefined external variable: NAME`,
		`Missing argument: NAME`,
		`Function has no parameter NAME`,
		`Function expected COUNT positional argument(s), but got COUNT`,
		`Division by zero.`,
		`Not a number`,
		`Overflow`,
		`Object assertion failed.`,
		`Assertion failed`,
		`couldn't manifest function as JSON`,
		`Attempt to use super when there is no super class.`,
		`max stack frames exceeded.`,
		`max manifest depth exceeded, possible infinite recursion`,
		`couldn't open import "NAME": no match locally or in the Jsonnet library paths`,
		`couldn't open import "NAME": it leads out of the repository`,
		`couldn't open import "NAME": it does not exist`,
		`couldn't open import "NAME": it is not a file`,
		`couldn't open import "NAME": it is larger than COUNT MiB`,
		`couldn't open import "NAME": path escapes from parent`,
		`couldn't open import "NAME": .git holds Git's own data, with credentials of whoever cloned it; it is not input`,
	)
})

// beginnings are the words of the engines before they quote a value.
var beginnings = []string{"range can't iterate over", "non-comparable type", "if/with can't use", "index out of range", "runtime error: index out of range",
	"runtime error: slice bounds out of range", "runtime error: makeslice: len out of range", "error converting YAML to JSON", "failed to parse JSON",
	"failed to parse YAML", "failed to decode", "Duplicate field name", "Tried to manifest function", "Index"}

func compile(words ...string) []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(words))
	for i, w := range words {
		w = regexp.QuoteMeta(w)
		w = strings.NewReplacer("TYPE", `[\w.*\[\]{}/ ]+`, "NAME", `(.*?)`, "COUNT", `\d+`).Replace(w)
		out[i] = regexp.MustCompile(`(?s)^` + w + `$`)
	}
	return out
}

// engine is a message of an engine, without values.
func (s *sources) engine(message string) string {
	for _, words := range engineWords() {
		m := words.FindStringSubmatchIndex(message)
		if m == nil {
			continue
		}
		out, at := "", 0
		for i := 2; i < len(m); i += 2 {
			if !s.knows(message[m[i]:m[i+1]]) {
				out, at = out+message[at:m[i]]+elided, m[i+1]
			}
		}
		return out + message[at:]
	}
	for _, b := range beginnings {
		if strings.HasPrefix(message, b) {
			return b + " " + elided
		}
	}
	return ""
}

var (
	calling   = lazy.Regexp(`(?s)^error calling (\w+): (.*)$`)
	lineOfTpl = lazy.Regexp(`(?s)^line (\d+) of the text: (.*)$`)
	context   = lazy.Regexp(`(?s)^<(.*?)>: (.*)$`)
	quoted    = lazy.Regexp("(?s)\"(?:\\\\.|[^\"\\\\])*\"?|<[^>]*>|'[^']*'|`[^`]*`")
)

// parserWords begin the messages of text/template/parse.
var parserWords = lazy.Regexp(`^(unclosed action|function ` + elided + ` not defined|unexpected ` + elided + `(?: in [a-z ]+)?|unexpected (?:EOF|\{\{end\}\}|\{\{else\}\})|` +
	`undefined variable ` + elided + `|unterminated [a-z ]+|missing value for [a-z]+|bad number syntax|bad character|malformed character constant|unclosed (?:left paren|comment)|` +
	`comment ends before closing delimiter|empty command|non executable command in pipeline)`)

// says is the message of text/template at one place, which is in a file or else in a text of the user's values.
func (s *sources) says(message string, ofFile bool) string {
	where := ""
	if m := context().FindStringSubmatch(message); m != nil {
		message = m[2]
		if ofFile || s.knows(m[1]) {
			where = "<" + m[1] + ">: "
		}
	}
	return where + s.call(message)
}

func (s *sources) call(message string) string {
	if m := calling().FindStringSubmatch(message); m != nil {
		return "error calling " + m[1] + ": " + s.call(m[2])
	}
	if m := lineOfTpl().FindStringSubmatch(message); m != nil {
		if found := parserWords().FindString(quoted().ReplaceAllString(m[2], elided)); found != "" {
			return "line " + m[1] + " of the text: " + found
		}
		return "line " + m[1] + " of the text: it is not a template"
	}
	if out := s.engine(message); out != "" {
		return out
	}
	return hidden
}
