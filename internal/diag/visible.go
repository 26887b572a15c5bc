package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible is text in which each character can be seen: one line, without control characters, and without those that make a terminal or a
// web page show a different text, such as U+202E, or that show nothing, such as U+200B. They become what Go and JSON write for them: \x1b,
// \u202e. Names and messages quote what others wrote.
func Visible(s string) string {
	if plain(s) {
		return s
	}
	return string(appendVisible(nil, s, ""))
}

// plain reports whether Visible changes nothing, as for most texts.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "##")
}

// appendVisible appends a text with all characters visible but the kept ones.
func appendVisible(to []byte, s, kept string) []byte {
	var before rune // the last one that was shown as it is
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			to = fmt.Appendf(to, `\x%02x`, s[0])
		case r == '#' && startsCommand(s):
			to = append(to, `\x23`...)
		case strings.ContainsRune(kept, r) || Printable(r) || ofEmoji(before, r, s[size:]):
			to = append(to, s[:size]...)
			before = r
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			to = append(to, quoted[1:len(quoted)-1]...)
		}
		s = s[size:]
	}
	return to
}

// Printable reports whether a character is seen for what it is.
func Printable(r rune) bool {
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// ofEmoji reports whether an invisible character belongs to an emoji: it joins two, or selects how one is drawn.
func ofEmoji(before, r rune, rest string) bool {
	const joiner, drawn = '\u200d', '\ufe0f'
	switch r {
	case joiner:
		next, _ := utf8.DecodeRuneInString(rest)
		return unicode.Is(unicode.So, next) && (before == drawn || unicode.In(before, unicode.So, unicode.Sk)) // Sk: tones of skin
	case drawn:
		return unicode.Is(unicode.So, before)
	}
	return false
}

// startsCommand reports whether a text begins with what a runner of GitHub or Azure treats as a command anywhere in a line: ##[…] and
// ##vso[…].
func startsCommand(s string) bool {
	return strings.HasPrefix(s, "##[") || strings.HasPrefix(s, "##vso[")
}

// Shown is a position at the beginning of a line. A line that begins with two colons is a command to GitHub's runner, and a file name may begin with them.
func Shown(p Position) string {
	if strings.HasPrefix(p.File, ":") {
		p.File = "./" + p.File
	}
	return Visible(p.String())
}

// Terminal makes what is written to w visible. Ends of lines stay, so that messages may have several, and so do tabs.
func Terminal(w io.Writer) io.Writer { return terminal{w} }

type terminal struct{ w io.Writer }

// Below is the writer itself, for those who write nothing to it but what can be seen.
func (t terminal) Below() io.Writer { return t.w }

func (t terminal) Write(text []byte) (int, error) {
	if _, err := t.w.Write(appendVisible(nil, string(text), "\n\t")); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Beginning is a text up to a length in bytes, cut between two characters.
func Beginning(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
