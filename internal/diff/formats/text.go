package formats

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/logrusorgru/aurora/v4"
)

// What is written at most, unless somebody wants the whole: who looks at a terminal wants to know what matters, and how much more there is.
const (
	mostConsequences = 200 // of one weight; and findings, mistakes and what was not compared
	mostFields       = 50  // of an object
	mostLines        = 3000
)

// inTerminal are the bounds of a field in a terminal.
var inTerminal = bounds{rows: 60, bytes: 300}

const allHint = "--format json has all"

// terminal writes lines. What it gets is visible already, so that colors are all that controls the terminal.
type terminal struct {
	b     *bytes.Buffer
	color *aurora.Aurora
	whole bool
	lines int
}

// paint colors a text, when there are colors.
type paint func(any) aurora.Value

// line writes a line in one color. A runner of GitHub treats a line that begins with two colons as a command, also after spaces.
func (t *terminal) line(indent int, color paint, text string) {
	if strings.HasPrefix(strings.TrimLeft(text, " "), "::") {
		text = strings.Replace(text, ":", `\x3a`, 1)
	}
	t.lines++
	if color != nil {
		text = color(text).String()
	}
	fmt.Fprintf(t.b, "%*s%s\n", indent, "", text)
}

// title begins a part.
func (t *terminal) title(text string) {
	t.b.WriteByte('\n')
	t.line(0, t.color.Bold, text)
}

// upTo is how many of some things are written, and says below them how many more there are.
func (t *terminal) upTo(n, most int) (written int, more func(indent int, what string)) {
	if t.whole || n <= most {
		return n, func(int, string) {}
	}
	return most, func(indent int, what string) {
		t.line(indent, t.color.Faint, fmt.Sprintf("and %s more %s (%s)", diag.Thousands(n-most), what, allHint))
	}
}

// writeText is for people at a terminal: what matters most first.
func writeText(b *bytes.Buffer, r *Report) error {
	v := viewed(r)
	t := &terminal{b: b, color: aurora.New(aurora.WithColors(r.Color), aurora.WithHyperlinks(false)), whole: r.Whole}
	t.line(0, t.color.Bold, v.Before+" → "+v.After)
	for _, side := range v.Broken {
		t.mistakes("The list of "+side.Side+" cannot be read", side.Mistakes)
	}
	t.mistakes("Mistakes that the change brings", v.Mistakes)
	t.consequences(v.Sections)
	t.findings("Findings of lint that the change brings", v.Brought)
	t.findings("Findings of lint that the change mends", v.Mended)
	t.differences(v.Clusters)
	t.unknown(v.Unknown)
	b.WriteByte('\n')
	if len(v.Failed) > 0 {
		t.line(0, t.color.Red, "fails, as --fail-on says: "+strings.Join(v.Failed, ", "))
	}
	t.line(0, t.color.Bold, v.summary())
	return nil
}

// summary is the last line.
func (v *view) summary() string {
	if len(v.Broken) == 0 {
		return v.Totals.String()
	}
	return "nothing is compared: " + v.cannotRead()
}

// cannotRead says which sides are broken, and what there is of the other one.
func (v *view) cannotRead() string {
	var names []string
	for _, side := range v.Broken {
		names = append(names, side.Side)
	}
	out := "the list of " + strings.Join(names, " and that of ") + " cannot be read"
	if v.Other != "" {
		out += "; " + v.Other
	}
	return out
}

func (t *terminal) mistakes(title string, all []mistake) {
	if len(all) == 0 {
		return
	}
	t.title(title)
	n, more := t.upTo(len(all), mostConsequences)
	for _, m := range all[:n] {
		t.line(2, t.color.Red, located(m.Place, m.Message)+" ["+m.Code+"]")
		t.hint(m.Hint)
	}
	more(2, "mistakes")
}

// located is a text with its place before it, when there is one.
func located(place, text string) string {
	if place == "" {
		return text
	}
	return place + ": " + text
}

func (t *terminal) hint(hint string) {
	if hint != "" {
		t.line(4, t.color.Faint, "hint: "+hint)
	}
}

func (t *terminal) consequences(sections []section) {
	if len(sections) > 0 {
		t.title("Consequences")
	}
	paints := map[diff.Weight]paint{diff.Danger: t.color.Red, diff.Notice: t.color.Yellow}
	for _, s := range sections {
		n, more := t.upTo(len(s.Consequences), mostConsequences)
		for _, c := range s.Consequences[:n] {
			t.consequence(c, paints[s.Weight])
		}
		more(2, "of weight "+string(s.Weight))
	}
}

func (t *terminal) consequence(c consequence, color paint) {
	t.line(2, color, fmt.Sprintf("%s: %s: %s", c.Weight, c.Word, c.Message))
	for _, d := range c.Details {
		t.line(4, nil, d)
	}
	if len(c.On) > 0 {
		t.line(4, nil, "on "+strings.Join(c.On, ", "))
	}
	for _, p := range c.Places {
		t.line(4, t.color.Cyan, p)
	}
}

func (t *terminal) findings(title string, all []finding) {
	if len(all) == 0 {
		return
	}
	t.title(title)
	n, more := t.upTo(len(all), mostConsequences)
	for _, f := range all[:n] {
		t.line(2, nil, located(f.Place, fmt.Sprintf("%s: %s [%s]", f.Severity, f.Message, f.Rule)))
		t.hint(f.Hint)
	}
	more(2, "findings")
}

func (t *terminal) differences(clusters []cluster) {
	if len(clusters) > 0 {
		t.title("Differences")
	}
	left := 0
	for _, c := range clusters {
		if c.Name != "" && left == 0 {
			t.line(0, t.color.Bold, "cluster "+c.Name)
		}
		for _, g := range c.Groups {
			left += t.group(g)
		}
	}
	if left > 0 {
		t.line(0, t.color.Faint, "and "+number(left, "more object", "more objects")+" ("+allHint+")")
	}
}

// full reports whether no more differences are written.
func (t *terminal) full() bool { return !t.whole && t.lines >= mostLines }

// group writes the objects of a group, and returns how many are left out.
func (t *terminal) group(g group) (left int) {
	if t.full() {
		return len(g.Objects)
	}
	t.line(0, t.color.Bold, g.Title())
	for _, o := range g.Objects {
		switch {
		case o.Quiet():
		case t.full():
			left++
		default:
			t.object(o)
		}
	}
	if quiets := g.Quiets(); quiets != "" {
		t.line(2, t.color.Faint, quiets)
	}
	return left
}

func (t *terminal) object(o object) {
	color := map[diff.Sort]paint{diff.Created: t.color.Green, diff.Deleted: t.color.Red, diff.Changed: t.color.Yellow}[o.Sort]
	line := o.Sign() + " " + o.Title
	if len(o.Places) > 0 {
		line += "  " + strings.Join(o.Places, ", ")
	}
	t.line(2, color, line)
	if o.Sort != diff.Changed && !t.whole {
		return
	}
	loud, most := o.Loud(), inTerminal
	if t.whole {
		most = bounds{}
	}
	n, more := t.upTo(len(loud), mostFields)
	last := ""
	for _, f := range loud[:n] {
		if p := text(f.Path.String()); p != last {
			t.line(6, nil, p)
			last = p
		}
		for _, row := range rows(f, most) {
			t.line(6, t.ofSign(row.Sign), row.String())
		}
	}
	more(6, "fields")
	if folded := o.Folded(); folded != "" {
		t.line(6, t.color.Faint, folded)
	}
}

func (t *terminal) ofSign(sign rune) paint {
	switch sign {
	case '-':
		return t.color.Red
	case '+':
		return t.color.Green
	case '@':
		return t.color.Cyan
	case '…':
		return t.color.Faint
	}
	return nil
}

func (t *terminal) unknown(all []unknown) {
	if len(all) == 0 {
		return
	}
	t.title("Not compared")
	n, more := t.upTo(len(all), mostConsequences)
	for _, u := range all[:n] {
		t.line(2, nil, u.What+": "+u.Why)
		if u.Place != "" {
			t.line(4, t.color.Cyan, u.Place)
		}
	}
	more(2, "of them")
	if slices.ContainsFunc(all, func(u unknown) bool { return strings.Contains(u.Why, "not fetched") }) {
		t.line(2, t.color.Faint, "hint: roster fetch brings what the list here asks for")
	}
}
