package cli

import (
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/hippotion/roster/internal/diag"
	"github.com/logrusorgru/aurora/v4"
	"golang.org/x/term"
	"golang.org/x/text/width"
)

// paper is where texts for people are written line by line: a terminal gets them in color, and no wider than it is. What it gets is
// visible already. The words and their order are the same everywhere.
type paper struct {
	w     io.Writer
	color *aurora.Aurora
	wide  int                    // the columns; 0 for any number of them
	tone  func(any) aurora.Value // of what a message says
	begun bool                   // whether the last line has no end yet
}

// onPaper is a writer as people see it: any that is no terminal gets what is written, unless somebody wants colors there.
func onPaper(w io.Writer) io.Writer {
	wide := columns(w)
	if wide == 0 && !colors(w) {
		return w
	}
	p := &paper{w: w, color: inks(w), wide: wide}
	p.tone = p.color.Red
	return p
}

// warned is where messages are written that are warnings.
func warned(stderr io.Writer) io.Writer {
	if shown, ok := stderr.(interface{ Below() io.Writer }); ok {
		if p, ok := shown.Below().(*paper); ok {
			yellow := *p
			yellow.tone = p.color.Yellow
			return diag.Terminal(&yellow)
		}
	}
	return stderr
}

// fileBelow is the file to which a writer writes; nil when it is none.
func fileBelow(w io.Writer) *os.File {
	for {
		switch at := w.(type) {
		case *os.File:
			return at
		case interface{ Below() io.Writer }:
			w = at.Below()
		default:
			return nil
		}
	}
}

// isTerminal reports whether a writer is a terminal that can do more than write one line after the other.
func isTerminal(w io.Writer) bool {
	f := fileBelow(w)
	return f != nil && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// colors reports whether whoever reads a writer wants colors: as no-color.org and bixense.com/clicolors have it.
func colors(w io.Writer) bool {
	switch force := os.Getenv("CLICOLOR_FORCE"); {
	case os.Getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return isTerminal(w)
}

// inks are the colors of a writer; none for one that has no colors.
func inks(w io.Writer) *aurora.Aurora {
	return aurora.New(aurora.WithColors(colors(w)), aurora.WithHyperlinks(false))
}

// columns are those of a terminal; 0 for what is none, or is too narrow for words.
func columns(w io.Writer) int {
	const fewest = 20
	if !isTerminal(w) {
		return 0
	}
	wide, _, err := term.GetSize(int(fileBelow(w).Fd()))
	if err != nil || wide < fewest {
		return 0
	}
	return wide
}

// Below is the writer itself, for those who write nothing to it but what can be seen.
func (p *paper) Below() io.Writer { return p.w }

func (p *paper) Write(text []byte) (int, error) {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if whole, ended := strings.CutSuffix(line, "\n"); ended && !p.begun {
			b.WriteString(p.line(whole))
			b.WriteByte('\n')
		} else {
			b.WriteString(line)
			p.begun = !ended
		}
	}
	if _, err := io.WriteString(p.w, b.String()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// line is a line with its colors. Only messages and hints are wrapped: any other line may be a command, or a table.
func (p *paper) line(text string) string {
	bare := strings.TrimLeft(text, " ")
	indent := len(text) - len(bare)
	place, said, placed := cutPlace(text)
	rest, failed := strings.CutPrefix(text, "roster: ")
	switch {
	case strings.HasPrefix(bare, "hint: ") && indent > 0:
		return p.color.Faint(text[:indent-1] + wrapped(bare, indent-1, indent+len("hint: "), p.wide)).String()
	case failed:
		const name = "roster:"
		return p.color.Bold(p.color.Red(name)).String() + wrapped(rest, len(name), 2, p.wide)
	case placed && indent == 0:
		return p.color.Bold(place+":").String() + p.message(wrapped(said, columnsOf(place)+1, 2, p.wide))
	case placed:
		return p.color.Cyan(place+":").String() + wrapped(said, columnsOf(place)+1, indent+2, p.wide)
	}
	return text
}

// message is what stands after a place: what is said, with a severity before it or in the color of all, and the code at the end.
func (p *paper) message(said string) string {
	code := ""
	if i := strings.LastIndexAny(said, " \n"); i >= 0 && strings.HasPrefix(strings.TrimLeft(said[i:], " \n"), "[") && strings.HasSuffix(said, "]") {
		said, code = said[:i], p.color.Faint(said[i:]).String()
	}
	gap := said[:len(said)-len(strings.TrimLeft(said, " \n"))]
	severity, rest, _ := strings.Cut(said[len(gap):], ":")
	tones := map[string]func(any) aurora.Value{"error": p.color.Red, "warning": p.color.Yellow, "info": p.color.Cyan}
	if tone := tones[severity]; tone != nil {
		return gap + tone(severity+":").String() + rest + code
	}
	return gap + p.tone(said[len(gap):]).String() + code
}

// cutPlace cuts a line of a message after the place that it begins with: FILE:LINE:COLUMN, or the name of a file of YAML.
func cutPlace(line string) (place, said string, found bool) {
	place, said, found = strings.Cut(line, ": ")
	if !found || said == "" {
		return "", "", false
	}
	numbered := place
	for range 2 {
		bare := strings.TrimRight(numbered, "0123456789")
		if bare == numbered || !strings.HasSuffix(bare, ":") {
			return place, said, strings.HasSuffix(place, ".yml") || strings.HasSuffix(place, ".yaml") || strings.HasSuffix(place, ".lock")
		}
		numbered = strings.TrimSuffix(bare, ":")
	}
	return place, said, numbered != ""
}

// wrapped breaks a text at spaces, so that no line has more columns than there are, unless a word has: a path, or an address, stays in one
// piece. What begins in the middle of a line begins with a space, or on the next line. All lines but the first are indented.
func wrapped(text string, begin, indent, wide int) string {
	if wide == 0 {
		if begin > 0 {
			return " " + text
		}
		return text
	}
	if indent > wide/2 {
		indent = 2
	}
	var b strings.Builder
	at := begin
	for _, word := range strings.Split(text, " ") {
		size := columnsOf(word)
		switch {
		case at == 0:
		case at+1+size > wide && at > indent && word != "":
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += size
	}
	return b.String()
}

// columnsOf is how many columns of a terminal a text takes.
func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
