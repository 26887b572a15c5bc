package formats

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

const (
	// githubLimit is what GitHub accepts in a comment. It counts characters, and stores four bytes for each; so many bytes are never too many.
	githubLimit  = 65536
	leastLimit   = 8000
	reserved     = 3000 // of the limit: for titles, for the ends of what is folded, and for saying what is left out
	mostOpen     = 10   // of some things that matter less are not folded
	mostDetails  = 10   // of a consequence
	mostInHeader = 400  // bytes of a text that must fit
)

// inComment are the bounds of a field in a comment, which also has less room for fields of an object.
var inComment = bounds{rows: 40, bytes: 300}

const mostFieldsInComment = 30

// comment is a text in Markdown up to a length.
type comment struct {
	*bytes.Buffer
	limit int  // for what may be left out
	left  bool // whether something is
	full  bool // whether there is no more room for objects
}

// add writes a block, if it still fits into some percent of the limit.
func (c *comment) add(percent int, block string) bool {
	if c.Len()+len(block) > c.limit/100*percent {
		return false
	}
	c.WriteString(block)
	return true
}

// part is a list of things that are of one sort.
type part struct {
	title   string
	percent int // of the limit, which it may fill with all before it
	fold    bool
	n       int
	item    func(int) string
	more    string // what there is more of
}

func (c *comment) part(p part) {
	if p.n == 0 {
		return
	}
	end := "\n"
	if p.fold && p.n > mostOpen {
		end += folds
		c.WriteString(folded(p.title + ": " + diag.Thousands(p.n)))
	} else {
		c.WriteString("#### " + words(p.title) + "\n\n")
	}
	for i := range p.n {
		if !c.add(p.percent, p.item(i)) {
			c.left = true
			_, _ = fmt.Fprintf(c, "- and %s more %s\n", diag.Thousands(p.n-i), p.more)
			break
		}
	}
	c.WriteString(end)
}

// writeMarkdown is a comment on a merge request of GitHub or GitLab. Its first line is the marker.
func writeMarkdown(b *bytes.Buffer, r *Report) error {
	limit := r.Limit
	if limit == 0 {
		limit = githubLimit
	}
	page := ""
	if r.Page != "" {
		page = addressed("All of it", r.Page) + "\n"
	}
	c := &comment{Buffer: b, limit: limit - reserved - len(page)}
	v := viewed(r)
	c.head(v, r.Key)
	if limit < leastLimit || c.Len() > c.limit/2 {
		return fmt.Errorf("a comment of at most %s bytes has no room", diag.Thousands(limit))
	}
	for _, side := range v.Broken {
		c.mistakes("Mistakes in the list of "+short(side.Side), side.Mistakes)
	}
	c.mistakes("Mistakes that the change brings", v.Mistakes)
	for _, s := range v.Sections {
		c.section(s)
	}
	c.findings("Findings of lint that the change brings", v.Brought)
	c.findings("Findings of lint that the change mends", v.Mended)
	c.part(part{"Not compared", 80, true, len(v.Unknown), func(i int) string {
		u := v.Unknown[i]
		return item(words(u.What+": "+u.Why), u.Place)
	}, "that nobody compared"})
	c.differences(v.Clusters)
	if c.left {
		c.WriteString("What does not fit in this comment is in the output of `--format html` and `--format json`.\n\n")
	}
	c.WriteString(page)
	return nil
}

// item is an item of a list, with its place.
func item(text, place string) string {
	if place != "" {
		text += " (" + code(place) + ")"
	}
	return "- " + text + "\n"
}

func (c *comment) head(v *view, key string) {
	c.WriteString(marker(key))
	_, _ = fmt.Fprintf(c, "### What this change does\n\n%s → %s: **%s**\n\n", code(short(v.Before)), code(short(v.After)), words(short(v.summary())))
	if len(v.Failed) > 0 {
		_, _ = fmt.Fprintf(c, "**It fails**, as `--fail-on` says: %s\n\n", code(short(strings.Join(v.Failed, ", "))))
	}
}

// short is a text that must fit.
func short(text string) string { return diag.Beginning(text, mostInHeader) }

func (c *comment) mistakes(title string, all []mistake) {
	c.part(part{title, 60, false, len(all), func(i int) string {
		m := all[i]
		return item(words(m.Message)+" "+code(m.Code), m.Place) + hint(m.Hint)
	}, "mistakes"})
}

func hint(hint string) string {
	if hint == "" {
		return ""
	}
	return "  - hint: " + words(hint) + "\n"
}

func (c *comment) section(s section) {
	title := map[diff.Weight]string{diff.Danger: "Dangers", diff.Notice: "Worth a look", diff.Plain: "Also"}[s.Weight]
	c.part(part{title, 60, s.Weight == diff.Plain, len(s.Consequences), func(i int) string { return consequenceItem(s.Consequences[i]) }, "of this weight"})
}

func consequenceItem(c consequence) string {
	fails := ""
	if c.Failed {
		fails = " (fails)"
	}
	lines := slices.Clone(c.Details[:min(len(c.Details), mostDetails)])
	if n := len(c.Details) - len(lines); n > 0 {
		lines = append(lines, "and "+diag.Thousands(n)+" more")
	}
	if len(c.On) > 0 {
		lines = append(lines, "on "+strings.Join(c.On, ", "))
	}
	out := fmt.Sprintf("- **%s**%s: %s\n", words(c.Word), fails, words(c.Message))
	for _, line := range lines {
		out += "  - " + words(line) + "\n"
	}
	if len(c.Places) > 0 {
		out += "  - " + spans(c.Places[:min(len(c.Places), mostDetails)]) + "\n"
	}
	return out
}

func (c *comment) findings(title string, all []finding) {
	c.part(part{title, 70, true, len(all), func(i int) string {
		f := all[i]
		return item(string(f.Severity)+": "+words(f.Message)+" "+code(f.Rule), f.Place) + hint(f.Hint)
	}, "findings"})
}

func (c *comment) differences(clusters []cluster) {
	if len(clusters) > 0 {
		c.WriteString("#### Differences\n\n")
	}
	left := 0
	for _, cluster := range clusters {
		for _, g := range cluster.Groups {
			title := g.Title()
			if cluster.Name != "" {
				title = cluster.Name + ": " + title
			}
			left += c.group(title, g)
		}
	}
	if left > 0 {
		c.left = true
		_, _ = fmt.Fprintf(c, "And %s.\n\n", number(left, "more object", "more objects"))
	}
}

// group writes the objects of a group, and returns how many it leaves out: all, once there is no room.
func (c *comment) group(title string, g group) (left int) {
	if c.full || !c.add(100, folded(title+": "+number(len(g.Objects), "object", "objects"))) {
		c.full = true
		return len(g.Objects)
	}
	for i, o := range g.Objects {
		if o.Quiet() {
			continue
		}
		head := "- " + string(o.Sort) + ": " + words(o.Title)
		if len(o.Places) > 0 {
			head += ", " + spans(o.Places)
		}
		if !c.add(100, head+"\n"+c.fields(o)) && !c.add(100, head+" (its fields do not fit)\n") {
			c.full, left = true, len(g.Objects)-i
			break
		}
	}
	if quiets := g.Quiets(); quiets != "" && !c.full && !c.add(100, "- "+words(quiets)+"\n") {
		c.full, left = true, 1
	}
	c.WriteString("\n" + folds)
	return left
}

// fields are those of an object that is changed, as one block.
func (c *comment) fields(o object) string {
	if o.Sort != diff.Changed {
		return ""
	}
	var all []row
	loud, last := o.Loud(), ""
	for _, f := range loud[:min(len(loud), mostFieldsInComment)] {
		if path := "@@ " + text(f.Path.String()) + " @@"; path != last {
			all = append(all, row{'@', path})
			last = path
		}
		all = append(all, rows(f, inComment)...)
	}
	if n := len(loud) - mostFieldsInComment; n > 0 {
		all = append(all, row{'…', "and " + number(n, "more field", "more fields")})
	}
	if folded := o.Folded(); folded != "" {
		all = append(all, row{'…', folded})
	}
	return fenced(all)
}
