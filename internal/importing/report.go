package importing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff/fields"
)

// states are those that are told, in order.
var states = [...]State{Identical, Equal, Different, NotExpressed, Left}

// about says what a state means to a reader.
func about(s State) string {
	switch s {
	case Identical:
		return "the list renders the same"
	case Equal:
		return "it renders what means the same"
	case Different:
		return "it renders something else, see below"
	case NotExpressed:
		return "the list does not say it, see below"
	}
	return "not for a list to say, see below"
}

// Text is the result for people. Reasons that many objects have are told once, with how many they are.
func (r *Result) Text() string {
	var b strings.Builder
	counts := r.Counts()
	expressed, of := r.Share()
	fmt.Fprintf(&b, "%s of %s expressed (%s), of %s read\n", diag.Thousands(expressed), diag.Thousands(of), share(expressed, of), diag.Thousands(len(r.Outcomes)))
	for _, s := range states {
		if counts[s] > 0 {
			fmt.Fprintf(&b, "  %-13s %7s   %s\n", s, diag.Thousands(counts[s]), about(s))
		}
	}
	for _, s := range []State{Different, NotExpressed} {
		if counts[s] > 0 {
			fmt.Fprintf(&b, "\n%s\n", s)
		}
		for _, o := range r.Outcomes {
			if o.State == s {
				o.text(&b)
			}
		}
	}
	r.grouped(&b, Equal)
	r.grouped(&b, Left)
	if len(r.Added) > 0 {
		b.WriteString("\nadded\n")
		var all []reasoned
		for _, a := range r.Added {
			all = append(all, reasoned{a.Reason, a.ID, diag.Position{}})
		}
		told(&b, all)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\nto know\n")
	}
	for _, n := range r.Notes {
		b.WriteString("  ")
		if n.Pos.File != "" {
			b.WriteString(diag.Shown(n.Pos) + ": ")
		}
		b.WriteString(diag.Visible(n.Text) + "\n")
	}
	return b.String()
}

// share is a part of a whole as people read it: never 100 % when something is missing.
func share(part, of int) string {
	if of == 0 {
		return "nothing was read that a list says"
	}
	return fmt.Sprintf("%d %%", part*100/of)
}

func (o *Outcome) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %s: %s\n", diag.Shown(o.Object.Pos), diag.Visible(o.Object.ID.String()))
	for _, reason := range o.Reasons {
		fmt.Fprintf(b, "    %s\n", diag.Visible(diag.Beginning(reason, 500)))
	}
}

// String is the kind and the name of an object, with its namespace.
func (i ID) String() string {
	if i.Namespace == "" {
		return i.Kind + " " + i.Name
	}
	return i.Kind + " " + i.Namespace + "/" + i.Name
}

// reasoned is an object that has a reason.
type reasoned struct {
	reason string
	ID
	pos diag.Position
}

// grouped tells the reasons of the objects of a state, each with how many have it.
func (r *Result) grouped(b *strings.Builder, s State) {
	var all []reasoned
	for _, o := range r.Outcomes {
		if o.State == s {
			for _, reason := range o.Reasons {
				all = append(all, reasoned{reason, o.Object.ID, o.Object.Pos})
			}
		}
	}
	if len(all) > 0 {
		fmt.Fprintf(b, "\n%s\n", s)
		told(b, all)
	}
}

// mostNamed is how many objects of one reason are named.
const mostNamed = 3

func told(b *strings.Builder, all []reasoned) {
	by := map[string][]reasoned{}
	for _, one := range all {
		by[one.reason] = append(by[one.reason], one)
	}
	for _, reason := range sortedKeys(by) {
		some := by[reason]
		slices.SortStableFunc(some, func(x, y reasoned) int {
			return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
		})
		var names []string
		for _, one := range some[:min(len(some), mostNamed)] {
			names = append(names, one.ID.String())
		}
		if more := len(some) - mostNamed; more > 0 {
			names = append(names, fmt.Sprintf("and %s more", diag.Thousands(more)))
		}
		fmt.Fprintf(b, "  %s: %s\n", diag.Visible(diag.Beginning(reason, 500)), diag.Visible(strings.Join(names, ", ")))
	}
}

// What a program reads of a result.
type (
	placeJSON struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
	idJSON struct {
		Group     string `json:"group,omitempty"`
		Kind      string `json:"kind"`
		Namespace string `json:"namespace,omitempty"`
		Name      string `json:"name"`
	}
	objectJSON struct {
		idJSON
		Place    placeJSON   `json:"place"`
		State    State       `json:"state"`
		Became   string      `json:"became,omitempty"`
		Rendered []idJSON    `json:"rendered,omitempty"`
		Reasons  []string    `json:"reasons,omitempty"`
		Fields   []fieldJSON `json:"fields,omitempty"`
	}
	// fieldJSON has no values: those of charts may be secret.
	fieldJSON struct {
		Path   string        `json:"path"`
		Change fields.Change `json:"change"`
	}
	addedJSON struct {
		idJSON
		Reason string `json:"reason"`
	}
	noteJSON struct {
		Place *placeJSON `json:"place,omitempty"`
		Text  string     `json:"text"`
	}
)

// JSON is the result for programs.
func (r *Result) JSON() ([]byte, error) {
	out := struct {
		Expressed int           `json:"expressed"`
		Of        int           `json:"of"`
		Counts    map[State]int `json:"counts"`
		Objects   []objectJSON  `json:"objects"`
		Added     []addedJSON   `json:"added"`
		Notes     []noteJSON    `json:"notes"`
		Files     []string      `json:"files"`
	}{Counts: r.Counts(), Objects: []objectJSON{}, Added: []addedJSON{}, Notes: []noteJSON{}, Files: []string{}}
	out.Expressed, out.Of = r.Share()
	for _, o := range r.Outcomes {
		one := objectJSON{idJSON: idJSON(o.Object.ID), Place: placeJSON(o.Object.Pos), State: o.State, Became: o.Became, Reasons: o.Reasons}
		for _, f := range o.Fields {
			one.Fields = append(one.Fields, fieldJSON{f.Path.String(), f.Change})
		}
		for _, i := range o.Rendered {
			one.Rendered = append(one.Rendered, idJSON(i))
		}
		out.Objects = append(out.Objects, one)
	}
	for _, a := range r.Added {
		out.Added = append(out.Added, addedJSON{idJSON(a.ID), a.Reason})
	}
	for _, n := range r.Notes {
		one := noteJSON{Text: n.Text}
		if n.Pos.File != "" {
			p := placeJSON(n.Pos)
			one.Place = &p
		}
		out.Notes = append(out.Notes, one)
	}
	for _, f := range r.Files {
		out.Files = append(out.Files, f.Name)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	return append(text, '\n'), err
}
