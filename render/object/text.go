package object

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// text writes a text: plain when no YAML reader can read it as anything else, as a block when it has several lines, else
// in double quotes.
func (e *Encoder) text(s string, indent int) {
	if plain(s) {
		e.scalar(s)
		return
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // as encoding/json does
	}
	if literal(s) {
		e.literal(s, indent)
		return
	}
	e.buf = append(e.buf, ' ')
	e.buf = strconv.AppendQuote(e.buf, s) // Go's escapes are all escapes of YAML 1.1 and 1.2
	e.buf = append(e.buf, '\n')
}

// appendKey writes a key with its colon, at the given level.
func appendKey(to []byte, s string, indent int) []byte {
	const longest = 128 // a reader looks for the colon in 1024 characters, quotes and escapes included
	if len(s) > longest {
		to = append(to, "? "...)
	}
	if plain(s) {
		to = append(to, s...)
	} else {
		to = strconv.AppendQuote(to, string([]rune(s)))
	}
	if len(s) > longest {
		to = append(to, '\n')
		to = append(to, strings.Repeat(" ", indent)...)
	}
	return append(to, ':')
}

// plain reports whether s needs no quotes. It is stricter than YAML: texts that begin with a digit, a sign or a dot
// are all quoted, because what a number is differs between YAML 1.1 and 1.2.
func plain(s string) bool {
	if s == "" || len(s) > 200 || !letter(s[0]) && s[0] != '/' && s[0] != '$' || s[len(s)-1] == ' ' || s[len(s)-1] == ':' {
		return false
	}
	for i := range len(s) {
		if !inPlain[s[i]] || s[i] == ':' && s[i+1] == ' ' {
			return false
		}
	}
	return !special(s)
}

// inPlain are the bytes of plain text: neither # nor brackets, which begin something else in some places.
var inPlain = func() (in [256]bool) {
	for c := range in {
		in[c] = letter(byte(c)) || c >= '0' && c <= '9' || c < utf8.RuneSelf && strings.IndexByte(" :-./_@+=,;()$*&%~^|`'\"!?", byte(c)) >= 0
	}
	return in
}()

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// special reports whether YAML 1.1 or 1.2 reads the word as something other than text.
func special(s string) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf":
		return true
	}
	return false
}

// literal reports whether s can be a literal block: several lines of printable text, without an indentation at the start and
// without what a reader of the file would not see, which are tabs and spaces at the end of a line.
func literal(s string) bool {
	if !strings.Contains(s, "\n") || s[0] == ' ' || s[0] == '\n' || strings.Contains(s, " \n") || strings.HasSuffix(s, " ") {
		return false
	}
	for _, c := range s {
		if c != '\n' && !strconv.IsPrint(c) {
			return false
		}
	}
	return true
}

func (e *Encoder) literal(s string, indent int) {
	body := strings.TrimRight(s, "\n")
	switch len(s) - len(body) {
	case 0:
		e.scalar("|-")
		s += "\n"
	case 1:
		e.scalar("|")
	default:
		e.scalar("|+")
	}
	for line := range strings.Lines(s) {
		if line != "\n" {
			e.begin(max(indent, 2), false)
		}
		e.buf = append(e.buf, line...)
	}
}
