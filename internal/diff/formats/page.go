package formats

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

// mostLinks is how many objects of a consequence the page names, and how many consequences of an object.
const mostLinks = 50

// mostUnfolded is how many objects may differ before what differs in them is folded at first.
const mostUnfolded = 50

// page is what the template of the page prints. What it says is that of the view; what is added is how its parts are found: by links between
// consequences and objects, and by filters.
type page struct {
	*view
	*pageFixed
	Tool, Version string
	Sides         [2]pageSide
	Consequences  []*pageConsequence
	Brought       []pageFinding
	Mended        []pageFinding
	Groups        []pageGroup
	Words         []option
	On            []option // clusters
	Owners        []option // entries and applications

	tokens  map[facet]string
	objects map[placed]*pageObject
}

type pageSide struct{ Name, Commit string }

// facet is something to filter by: a sort of filter, in one letter, and what is looked for.
type facet struct {
	sort        byte // 'w'eight, 'x' for words, 'c'luster, 'e'ntry, 'a'pplication
	name, outer string
}

// option is a choice of a filter. Its token is how items that have it are marked: names are anything, and tokens are not.
type option struct{ Token, Text string }

// placed is an object in a cluster.
type placed struct {
	cluster string
	id      diff.ID
}

type pageConsequence struct {
	consequence
	N      int
	Facets facets
	About  []link // objects
	More   int    // objects that are not named
}

type pageObject struct {
	object
	page   *page
	N      int
	Facets facets
	Does   []link // consequences
	More   int
	Alert  diff.Weight // the heaviest of them, when it is more than plain
	Noisy  bool        // whether all of it is noise
}

type pageFinding struct {
	finding
	Facets facets
}

// link leads to another part of the page, or is a text alone where there is none.
type link struct {
	To   string
	Text string
}

type pageGroup struct {
	Cluster string
	group
	Objects []*pageObject
}

// Count is how many objects of the group have a sort.
func (g pageGroup) Count(s diff.Sort) int {
	n := 0
	for _, o := range g.Objects {
		if o.Sort == s {
			n++
		}
	}
	return n
}

// Long reports whether there are so many objects that the page begins with all of them folded.
func (p *page) Long() bool { return len(p.objects) > mostUnfolded }

// newPage arranges a report for the page.
func newPage(r *Report, fixed *pageFixed) *page {
	p := &page{
		view: viewed(r), pageFixed: fixed, Tool: r.Tool, Version: diag.Visible(r.Version),
		tokens: map[facet]string{}, objects: map[placed]*pageObject{},
	}
	for i, side := range []*diff.Side{r.Before, r.After} {
		p.Sides[i] = pageSide{text(side.Name), text(side.Commit)}
	}
	p.addGroups()
	var all []string
	for _, side := range []*diff.Side{r.Before, r.After} {
		for _, c := range side.Clusters {
			if !slices.Contains(all, c.Name) {
				all = append(all, c.Name)
			}
		}
	}
	slices.Sort(all)
	for _, s := range p.Sections {
		for _, c := range s.Consequences {
			p.addConsequence(c, all)
		}
	}
	p.Brought, p.Mended = p.findings(p.view.Brought), p.findings(p.view.Mended)
	slices.SortFunc(p.Words, func(a, b option) int { return cmp.Compare(a.Text, b.Text) })
	return p
}

// addGroups adds the objects that differ, with the choices of filters that follow from them.
func (p *page) addGroups() {
	n := 0
	for _, c := range p.Clusters {
		for _, g := range c.Groups {
			out := pageGroup{Cluster: c.Name, group: g}
			own := facets{p.token(&p.On, facet{sort: 'c', name: g.Objects[0].Cluster}, c.Name)}
			own.add(p.owner(g.Objects[0].Entry, g.Objects[0].Application)...)
			for _, o := range g.Objects {
				n++
				po := &pageObject{object: o, page: p, N: n, Facets: slices.Clone(own), Noisy: o.Quiet()}
				po.Facets.add("s" + string(o.Sort[:2]))
				out.Objects = append(out.Objects, po)
				p.objects[placed{o.Cluster, o.ID}] = po
			}
			p.Groups = append(p.Groups, out)
		}
	}
}

// owner are the tokens of an entry and of an application of it.
func (p *page) owner(entry, application string) []string {
	e := facet{sort: 'e', name: entry}
	out := []string{p.token(&p.Owners, e, cmp.Or(text(entry), "the platform"))}
	if application != "" {
		title := group{Entry: text(entry), Application: text(application)}.Title()
		out = append(out, p.token(&p.Owners, facet{'a', application, entry}, title))
	}
	return out
}

// token is that of a facet. What is new becomes a choice.
func (p *page) token(of *[]option, f facet, title string) string {
	t, known := p.tokens[f]
	if !known {
		t = string(f.sort) + strconv.Itoa(len(p.tokens))
		p.tokens[f] = t
		*of = append(*of, option{t, title})
	}
	return t
}

// addConsequence adds a consequence, and links it with the objects that it is about, in all clusters in which it happens.
func (p *page) addConsequence(c consequence, clusters []string) {
	out := &pageConsequence{consequence: c, N: len(p.Consequences) + 1}
	out.Facets.add("w"+string(c.Weight), p.token(&p.Words, facet{sort: 'x', name: c.Consequence.Word}, c.Word))
	where := c.Clusters
	if len(where) == 0 {
		where = clusters
	}
	self := link{"c" + strconv.Itoa(out.N), c.Message}
	for _, name := range where {
		out.Facets.add(p.token(&p.On, facet{sort: 'c', name: name}, diag.Visible(name)))
	}
	for _, id := range c.Objects {
		title, found := text(id.String()), false
		for _, name := range where {
			o := p.objects[placed{name, id}]
			if o == nil {
				continue
			}
			found = true
			o.concern(c, self, out.Facets[:2])
			out.Facets.add(o.Facets.of("eas")...)
			if len(where) > 1 {
				out.about(link{"o" + strconv.Itoa(o.N), title + " on " + diag.Visible(name)})
			} else {
				out.about(link{"o" + strconv.Itoa(o.N), title})
			}
		}
		if !found {
			out.about(link{Text: title})
			if t := p.tokens[facet{sort: 'e', name: id.Namespace}]; t != "" {
				out.Facets.add(t)
			}
		}
	}
	p.Consequences = append(p.Consequences, out)
}

func (c *pageConsequence) about(l link) {
	if len(c.About) < mostLinks {
		c.About = append(c.About, l)
	} else {
		c.More++
	}
}

// concern notes a consequence with one of its objects.
func (o *pageObject) concern(c consequence, l link, of facets) {
	o.Facets.add(of...)
	if o.Alert == "" && c.Weight != diff.Plain { // the heaviest come first
		o.Alert = c.Weight
	}
	if len(o.Does) < mostLinks {
		o.Does = append(o.Does, l)
	} else {
		o.More++
	}
}

// findings are those of lint, with the entry of the list that they are in.
func (p *page) findings(all []finding) []pageFinding {
	var out []pageFinding
	for _, f := range all {
		found := pageFinding{finding: f}
		if t := p.tokens[facet{sort: 'e', name: f.Outermost()}]; t != "" {
			found.Facets.add(t)
		}
		out = append(out, found)
	}
	return out
}

// facets are the tokens of an item.
type facets []string

func (f *facets) add(tokens ...string) {
	for _, t := range tokens {
		if !slices.Contains(*f, t) {
			*f = append(*f, t)
		}
	}
}

// of are those of some sorts.
func (f facets) of(sorts string) []string {
	var out []string
	for _, t := range f {
		if strings.Contains(sorts, t[:1]) {
			out = append(out, t)
		}
	}
	return out
}

func (f facets) String() string { return strings.Join(f, " ") }

// Kind is what an object is, and Name is which one it is.
func (o *pageObject) Kind() string { return text(o.ID.Kind) }

// Name is an object without its kind.
func (o *pageObject) Name() string {
	if o.ID.Namespace == "" {
		return text(o.ID.Name)
	}
	return text(o.ID.Namespace + "/" + o.ID.Name)
}
