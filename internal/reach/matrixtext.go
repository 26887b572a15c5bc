package reach

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/verdict"
)

// widest is how many groups the table of the text has; more do not fit on a screen.
const widest = 60

// Text is the matrix for a person: a table of namespaces, and the flows below it; or the flows of one end.
func (m *Matrix) Text() string {
	var b strings.Builder
	if m.asked != "" {
		m.list(&b)
		return b.String()
	}
	all := m.byGroup()
	if len(m.groups) > 2 && len(m.groups) <= widest {
		m.table(&b, all)
	}
	before := -1
	for _, g := range all {
		if g.from != before {
			fmt.Fprintf(&b, "%s\n", m.groups[g.from])
			before = g.from
		}
		fmt.Fprintf(&b, "  → %s: %s\n", m.groups[g.to], g.text())
	}
	if len(all) == 0 {
		b.WriteString("nothing is permitted\n")
	}
	return b.String()
}

// list prints the flows of one end.
func (m *Matrix) list(b *strings.Builder) {
	word := map[bool]string{true: " reaches", false: " is reached by"}[m.from]
	if len(m.Cells) == 0 {
		fmt.Fprintf(b, "%s%s nothing\n", m.asked, word)
		return
	}
	several := slices.ContainsFunc(m.Cells, func(c Cell) bool { return m.here(c) != m.here(m.Cells[0]) })
	fmt.Fprintf(b, "%s%s:\n", m.asked, word)
	width := 0
	for _, c := range m.Cells {
		width = max(width, utf8.RuneCountInString(m.Ends[m.there(c)].Name))
	}
	cells := slices.Clone(m.Cells)
	slices.SortStableFunc(cells, func(a, b Cell) int { return m.here(a) - m.here(b) })
	before := -1
	for _, c := range cells {
		if here := m.here(c); several && here != before {
			fmt.Fprintf(b, " %s\n", m.Ends[here].Name)
			before = here
		}
		g := grouped{sure: c.sure, perhaps: c.perhaps}
		fmt.Fprintf(b, "  %-*s  %s\n", width, m.Ends[m.there(c)].Name, g.text())
	}
}

// here is the end of a flow that was asked about, and there the other one.
func (m *Matrix) here(c Cell) int {
	if m.from {
		return c.From
	}
	return c.To
}

func (m *Matrix) there(c Cell) int { return c.From + c.To - m.here(c) }

// grouped is the flows from one group to another.
type grouped struct {
	from, to      int
	sure, perhaps verdict.Ports
	parts         bool // whether some of their ends have no such flow
}

// byGroup joins the cells of the same groups.
func (m *Matrix) byGroup() []grouped {
	number, size := map[string]int{}, make([]int, len(m.groups))
	for i, g := range m.groups {
		number[g] = i
	}
	of := make([]int, len(m.Ends))
	for i, e := range m.Ends {
		of[i] = number[e.Group]
		size[of[i]]++
	}
	type key struct{ from, to int }
	joined, count := map[key]*grouped{}, map[key]int{}
	for i := range m.Cells {
		c := &m.Cells[i]
		k := key{of[c.From], of[c.To]}
		g := joined[k]
		if g == nil {
			g = &grouped{from: k.from, to: k.to, sure: verdict.Ports{}, perhaps: verdict.Ports{}}
			joined[k] = g
		}
		if !c.sure.Empty() {
			count[k]++
		}
		g.sure, g.perhaps = g.sure.Or(c.sure), g.perhaps.Or(c.perhaps)
	}
	var out []grouped
	for k, g := range joined {
		g.parts = count[k] < size[k.from]*size[k.to]
		g.perhaps = g.perhaps.Without(g.sure)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b grouped) int { return (a.from-b.from)*len(m.groups) + a.to - b.to })
	return out
}

func (g *grouped) text() string {
	var parts []string
	if !g.sure.Empty() {
		text := g.sure.String()
		if g.parts {
			text += " (in part)"
		}
		parts = append(parts, text)
	}
	if !g.perhaps.Empty() {
		parts = append(parts, "perhaps "+g.perhaps.String())
	}
	return strings.Join(parts, "; ")
}

// symbol is the flows in one sign.
func (g *grouped) symbol() string {
	switch {
	case g.sure.All():
		return "#"
	case !g.sure.Empty():
		return "+"
	}
	return "?"
}

// table prints a row and a column for each group.
func (m *Matrix) table(b *strings.Builder, all []grouped) {
	width := 0
	for _, g := range m.groups {
		width = max(width, utf8.RuneCountInString(g))
	}
	fmt.Fprintf(b, "from the row to the column: # all ports, + some ports, ? perhaps, · none\n\n%*s", width+4, "")
	for i := range m.groups {
		fmt.Fprintf(b, "%3d", i+1)
	}
	b.WriteString("\n")
	for i, name := range m.groups {
		fmt.Fprintf(b, "%3d %-*s", i+1, width, name)
		row := slices.Repeat([]string{"·"}, len(m.groups))
		for _, g := range all {
			if g.from == i {
				row[g.to] = g.symbol()
			}
		}
		for _, s := range row {
			b.WriteString("  " + s)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// CSV is one line for each flow that is permitted, surely or perhaps.
func (m *Matrix) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"from", "to", "ports", "perhaps"}) // a strings.Builder takes everything
	for _, c := range m.Cells {
		_ = w.Write([]string{cell(m.Ends[c.From].Name), cell(m.Ends[c.To].Name), c.Ports, c.Perhaps})
	}
	w.Flush()
	return b.String()
}

// cell keeps a spreadsheet from treating a name as a formula.
func cell(text string) string {
	if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t\r") {
		return "'" + text
	}
	return text
}

// Mermaid is a flow chart of the groups, for the README of a repository. Flows on all ports have thick arrows, those that depend on what is not known
// dotted ones.
func (m *Matrix) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	all := m.byGroup()
	used := map[int]bool{}
	for _, g := range all {
		used[g.from], used[g.to] = true, true
	}
	for _, i := range slices.Sorted(maps.Keys(used)) {
		fmt.Fprintf(&b, "  n%d[\"%s\"]\n", i, mermaidText(m.groups[i]))
	}
	for _, g := range all {
		if g.from == g.to {
			continue
		}
		switch {
		case g.sure.All():
			fmt.Fprintf(&b, "  n%d ==>|all| n%d\n", g.from, g.to)
		case !g.sure.Empty():
			fmt.Fprintf(&b, "  n%d -->|\"%s\"| n%d\n", g.from, mermaidText(shortened(g.sure.String())), g.to)
		default:
			fmt.Fprintf(&b, "  n%d -.->|\"perhaps %s\"| n%d\n", g.from, mermaidText(shortened(g.perhaps.String())), g.to)
		}
	}
	return b.String()
}

// mermaidText keeps what has a meaning in Mermaid out of a text.
func mermaidText(s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune("\"<>[]{}|#;\n\r", c) {
			return '_'
		}
		return c
	}, s)
}

// shortened leaves the first ports of a list.
func shortened(ports string) string {
	const most = 4
	parts := strings.Split(ports, ", ")
	if len(parts) > most {
		parts = append(parts[:most], "…")
	}
	return strings.Join(parts, ", ")
}
