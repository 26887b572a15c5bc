package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/buildversion"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manual is a page that is written.
type manual struct {
	b      strings.Builder
	begins bool // whether there is nothing in the section yet
}

// manPage is the page of a verb in the language man(7).
func manPage(verb *cobra.Command, date string) []byte {
	verb.InitDefaultHelpFlag()
	m := &manual{}
	fmt.Fprintf(&m.b, ".TH %s 1 %s %s %s\n", quotedRoff(strings.ToUpper(pageName(verb))), `"`+date+`"`, quotedRoff("roster "+buildversion.String()), quotedRoff("roster"))
	m.section("NAME")
	m.text(pageName(verb) + " \\- " + roff(strings.ToLower(verb.Short[:1])+verb.Short[1:]))
	m.section("SYNOPSIS")
	m.text("\\fB" + roff(verb.CommandPath()) + "\\fR" + roff(strings.TrimPrefix(usage(verb), verb.CommandPath())))
	m.section("DESCRIPTION")
	m.paragraphs(cmp.Or(verb.Long, verb.Short+"."))
	if verb.Example != "" {
		m.section("EXAMPLES")
		m.asWritten(strings.Split(strings.TrimRight(verb.Example, "\n"), "\n"))
	}
	m.below(verb)
	m.section("OPTIONS")
	verb.LocalFlags().VisitAll(m.flag)
	if !verb.HasParent() {
		m.section("ENVIRONMENT")
		m.asWritten(strings.Split(environment, "\n"))
	}
	m.seeAlso(verb)
	return []byte(m.b.String())
}

func (m *manual) section(title string) {
	m.b.WriteString(".SH " + title + "\n")
	m.begins = true
}

// paragraph begins one. The first one of a section has begun with it.
func (m *manual) paragraph() {
	if !m.begins {
		m.b.WriteString(".PP\n")
	}
	m.begins = false
}

// text is running text, whose characters are escaped already.
func (m *manual) text(text string) {
	const wide = 78
	for line := range strings.Lines(wrapped(text, 0, 0, wide)) {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") { // would be a request
			m.b.WriteString(`\&`)
		}
		m.b.WriteString(line)
	}
	m.b.WriteByte('\n')
}

// paragraphs are texts; indented lines stay as they are.
func (m *manual) paragraphs(text string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		indented := func(line string) bool { return strings.HasPrefix(line, " ") }
		lines := strings.Split(paragraph, "\n")
		for begin := 0; begin < len(lines); {
			end := begin + 1
			for end < len(lines) && indented(lines[end]) == indented(lines[begin]) {
				end++
			}
			if indented(lines[begin]) {
				m.asWritten(lines[begin:end])
			} else {
				m.paragraph()
				m.text(roff(strings.Join(lines[begin:end], " ")))
			}
			begin = end
		}
	}
}

// asWritten are lines of a table, or commands.
func (m *manual) asWritten(lines []string) {
	m.paragraph()
	m.b.WriteString(".nf\n")
	for _, line := range lines {
		m.b.WriteString(`\&` + roff(line) + "\n")
	}
	m.b.WriteString(".fi\n")
}

// below lists the verbs below one.
func (m *manual) below(verb *cobra.Command) {
	if !verb.HasAvailableSubCommands() {
		return
	}
	m.section("VERBS")
	for _, v := range verb.Commands() {
		if v.IsAvailableCommand() {
			m.b.WriteString(".TP\n\\fB" + roff(v.Name()) + "\\fR\n")
			m.text(roff(v.Short) + ".")
		}
	}
}

func (m *manual) flag(f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	name := "\\fB" + roff("--"+f.Name) + "\\fR"
	if f.Shorthand != "" {
		name = "\\fB" + roff("-"+f.Shorthand) + "\\fR, " + name
	}
	if value != "" && f.NoOptDefVal != "" {
		name += "[=\\fI" + roff(value) + "\\fR]"
	} else if value != "" {
		name += " \\fI" + roff(value) + "\\fR"
	}
	if value != "" && f.DefValue != "" && f.DefValue != "[]" {
		usage += " (default: " + f.DefValue + ")"
	}
	m.b.WriteString(".TP\n" + name + "\n")
	m.text(roff(usage))
}

// seeAlso names the page above, and those below.
func (m *manual) seeAlso(verb *cobra.Command) {
	var pages []string
	if verb.HasParent() {
		pages = append(pages, pageName(verb.Parent()))
	}
	for _, v := range verb.Commands() {
		if v.IsAvailableCommand() {
			pages = append(pages, pageName(v))
		}
	}
	slices.Sort(pages)
	m.section("SEE ALSO")
	for i, page := range pages {
		end := " ,"
		if i == len(pages)-1 {
			end = ""
		}
		m.b.WriteString(".BR " + roff(page) + " (1)" + end + "\n")
	}
}

// roff is a text that says what it says: a hyphen is that of a command line, and no backslash begins a request.
func roff(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			b.WriteString(`\e`)
		case r == '-':
			b.WriteString(`\-`)
		case r == '~':
			b.WriteString(`\(ti`)
		case r == '^':
			b.WriteString(`\(ha`)
		case r > 126:
			fmt.Fprintf(&b, `\[u%04X]`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func quotedRoff(text string) string { return `"` + roff(text) + `"` }
