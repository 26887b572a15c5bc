package diag_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"plain ~ [x] `y` \\x1b 100%": "plain ~ [x] `y` \\x1b 100%",
		"ü ж 名 é e\u0301 🚀 “x” … →": "ü ж 名 é e\u0301 🚀 “x” … →",
		"a\x1b[31mb":                                 `a\x1b[31mb`,
		"a\x00\a\b\t\n\v\f\r\x7f":                    `a\x00\a\b\t\n\v\f\r\x7f`,
		"\u0080\u0085\u009b31m":                      `\u0080\u0085\u009b31m`,
		"\u202a\u202b\u202c\u202d\u202e":             `\u202a\u202b\u202c\u202d\u202e`,
		"\u2066\u2067\u2068\u2069\u200e\u200f\u061c": `\u2066\u2067\u2068\u2069\u200e\u200f\u061c`,
		"a\u200bb\u200cc\u200dd\u2060e\ufefff\u00ad": `a\u200bb\u200cc\u200dd\u2060e\ufefff\u00ad`,
		"\u2028\u2029\u00a0\u3000":                   `\u2028\u2029\u00a0\u3000`,
		"\u3164\u115f\u034f\u180b\ufe00":             `\u3164\u115f\u034f\u180b\ufe00`,
		"\U000e0041\U000e0100\ue000\ufffe":           `\U000e0041\U000e0100\ue000\ufffe`,
		"a\xffb\xc3(\xed\xa0\x80":                    `a\xffb\xc3(\xed\xa0\x80`,
		"\ufffd":                                     "\ufffd",
		"👩\u200d💻 👩🏽\u200d💻 ❤\ufe0f\u200d🔥 ⚠\ufe0f":  "👩\u200d💻 👩🏽\u200d💻 ❤\ufe0f\u200d🔥 ⚠\ufe0f",
		"👩\u200d\u200d💻 a\u200d💻 👩\u200da a\ufe0f":   `👩\u200d` + "\u200d💻 " + `a\u200d💻 👩\u200da a\ufe0f`,
		"##[error]x ##vso[task.setvariable]y ## [z]": `\x23#[error]x \x23#vso[task.setvariable]y ## [z]`,
	} {
		if got := diag.Visible(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ { // whatever Unicode has besides the table
		got := diag.Visible("a" + string(r) + "b")
		if hidden := unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point); hidden && strings.ContainsRune(got, r) || !utf8.ValidString(got) {
			t.Errorf("%U is %q", r, got)
		}
	}
}

func TestShown(t *testing.T) {
	for want, p := range map[string]diag.Position{
		"./::error::x.yml:1:2": {File: "::error::x.yml", Line: 1, Column: 2},
		`a\x1b.yml:1:2`:        {File: "a\x1b.yml", Line: 1, Column: 2},
		"x:y":                  {File: "x:y"},
	} {
		if got := diag.Shown(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTerminal(t *testing.T) {
	var b bytes.Buffer
	text := "roster: a\x1b\u202e\r\n\thint: ü\n"
	n, err := diag.Terminal(&b).Write([]byte(text))
	if want := `roster: a\x1b\u202e\r` + "\n\thint: ü\n"; n != len(text) || err != nil || b.String() != want {
		t.Errorf("%d of %d, %v, %q", n, len(text), err, b.String())
	}
	if n, err := diag.Terminal(broken{}).Write([]byte(text)); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestPrintVisible: nothing of a diagnostic is printed as it is.
func TestPrintVisible(t *testing.T) {
	const bad = "\x1b\u202e\n::error::"
	p := diag.Position{File: "::" + bad, Line: 1, Column: 1}
	l := diag.List{{Pos: p, Path: bad, Code: bad, Message: bad, Hint: bad, Related: []diag.Related{{Pos: p, Note: bad}}}}
	var b strings.Builder
	if err := l.Print(&b, diag.Frame{Folder: "."}); err != nil {
		t.Fatal(err)
	}
	const good = `\x1b\u202e\n::error::`
	if want := "./::" + good + ":1:1: " + good + ": " + good + " [" + good + "]\n  ./::" + good + ":1:1: " + good + "\n  hint: " + good + "\n"; b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestBeginning cuts between two characters, and no text that is short enough.
func TestBeginning(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"éé", 3, "é…"}, {"éé", 4, "éé"}, {"€", 2, "…"}, {"\x80\x80", 1, "…"}, {"", 0, ""}} {
		if got := diag.Beginning(c.text, c.most); got != c.want {
			t.Errorf("%q up to %d: got %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
