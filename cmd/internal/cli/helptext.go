package cli

import (
	"slices"
	"strings"

	"github.com/logrusorgru/aurora/v4"
	"github.com/spf13/cobra"
)

// helpText is a help that is written. Where its lines are short enough for the terminal, they are as the verb has them.
type helpText struct {
	b    strings.Builder
	bold func(any) aurora.Value
	wide int
}

// part is a part with a title, if there is something in it.
func (h *helpText) part(title, text string) {
	if text != "" {
		h.b.WriteString("\n" + h.bold(title+":").String() + "\n" + text + "\n")
	}
}

// paragraphs are texts. One that is too wide is filled anew, but for lines that are indented: these are tables and examples.
func (h *helpText) paragraphs(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			h.b.WriteByte('\n')
		}
		lines := strings.Split(paragraph, "\n")
		for first := range lines {
			flows := first == 0 || strings.HasPrefix(lines[first], " ") || strings.HasPrefix(lines[first-1], " ")
			if !flows {
				continue // it is written with the line before it
			}
			last := first + 1
			for last < len(lines) && !strings.HasPrefix(lines[first], " ") && !strings.HasPrefix(lines[last], " ") {
				last++
			}
			h.b.WriteString(h.filled(lines[first:last]) + "\n")
		}
	}
}

// markdown is a text with blocks of code, which stay as they are.
func (h *helpText) markdown(text string) {
	const fence = "```"
	for i, part := range strings.Split(text, fence) {
		if i > 0 {
			h.b.WriteString(fence)
		}
		if i%2 == 1 {
			h.b.WriteString(part)
			continue
		}
		for j, paragraph := range strings.Split(part, "\n\n") {
			if j > 0 {
				h.b.WriteString("\n\n")
			}
			bare := strings.Trim(paragraph, "\n")
			before, after, _ := strings.Cut(paragraph, bare)
			h.b.WriteString(before + h.filled(strings.Split(bare, "\n")) + after)
		}
	}
}

// filled are lines of running text, or one that is not.
func (h *helpText) filled(lines []string) string {
	fits := func(line string) bool { return columnsOf(line) <= h.wide }
	if h.wide == 0 || !slices.ContainsFunc(lines, func(line string) bool { return !fits(line) }) {
		return strings.Join(lines, "\n")
	}
	return h.row(strings.Join(lines, " "))
}

// row is a line; of a table, one with a gap, what stands after the gap is wrapped in its column or, when that is too narrow, below.
func (h *helpText) row(line string) string {
	bare := strings.TrimLeft(line, " ")
	indent := len(line) - len(bare)
	gap := strings.Index(bare, "  ")
	if h.wide == 0 || columnsOf(line) <= h.wide {
		return line
	}
	if gap < 0 {
		if indent > 0 {
			return line // a command, which stays in one piece
		}
		return wrapped(line, 0, 0, h.wide)
	}
	says := strings.TrimLeft(bare[gap:], " ")
	column := len(line) - len(says)
	if column > h.wide/2 {
		below := indent + 4
		return line[:indent+gap] + "\n" + strings.Repeat(" ", below-1) + wrapped(says, below-1, below, h.wide)
	}
	return line[:column-1] + wrapped(says, column-1, column, h.wide)
}

// table are the rows of a text.
func (h *helpText) table(text string) string {
	if text == "" {
		return ""
	}
	rows := strings.Split(text, "\n")
	for i, row := range rows {
		rows[i] = h.row(row)
	}
	return strings.Join(rows, "\n")
}

// verbs lists the verbs below one, those of roster in their groups.
func (h *helpText) verbs(c *cobra.Command) {
	listed := map[string]bool{}
	list := func(title string, verbs []*cobra.Command) {
		var rows []string
		for _, v := range verbs {
			if !listed[v.Name()] && (v.IsAvailableCommand() || v.Name() == "help") {
				rows = append(rows, "  "+v.Name()+strings.Repeat(" ", max(0, 12-len(v.Name())))+" "+v.Short)
				listed[v.Name()] = true
			}
		}
		h.part(title, h.table(strings.Join(rows, "\n")))
	}
	if c.HasParent() {
		list("Verbs", c.Commands())
		return
	}
	for _, g := range groups() {
		var of []*cobra.Command
		for _, name := range g.verbs {
			if i := slices.IndexFunc(c.Commands(), func(v *cobra.Command) bool { return v.Name() == name }); i >= 0 {
				of = append(of, c.Commands()[i])
			}
		}
		list(g.title, of)
	}
	list("Other verbs", c.Commands())
}
