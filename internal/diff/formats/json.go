package formats

import (
	"bytes"
	"io"
	"path"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
)

// jsonVersion is the version of the format, which docs/ci/diff.schema.json documents. Fields may be added to a version; existing ones keep
// their meaning.
const jsonVersion = 1

// jsonHead is all but the objects, which follow one by one.
type jsonHead struct {
	Version      int               `json:"version"`
	Tool         jsonTool          `json:"tool"`
	Before       jsonSide          `json:"before"`
	After        jsonSide          `json:"after"`
	Consequences []jsonConsequence `json:"consequences"`
	Failed       []string          `json:"failed"`
	Linted       bool              `json:"linted"`
	Brought      []jsonFinding     `json:"brought"`
	Mended       []jsonFinding     `json:"mended"`
	NotCompared  []jsonNotCompared `json:"notCompared"`
	NotJudged    []jsonNotJudged   `json:"notJudged"`
	Totals       jsonTotals        `json:"totals"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonSide struct {
	Name     string        `json:"name"`
	Commit   string        `json:"commit"`
	Broken   bool          `json:"broken"`
	Mistakes []jsonMistake `json:"mistakes"`
}

// jsonPlace is a line of a file, from the top of the checkout. The line is 0 for a file as a whole.
type jsonPlace struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type jsonMistake struct {
	jsonPlace
	Code    string `json:"code"`
	Path    string `json:"path"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

type jsonFinding struct {
	jsonPlace
	Rule     string        `json:"rule"`
	Severity lint.Severity `json:"severity"`
	Path     string        `json:"path"`
	Message  string        `json:"message"`
	Hint     string        `json:"hint"`
}

type jsonCause struct {
	Side string `json:"side"`
	jsonPlace
}

type jsonID struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type jsonConsequence struct {
	Kind     string      `json:"kind"`
	Word     string      `json:"word"`
	Also     []string    `json:"also"`
	Weight   diff.Weight `json:"weight"`
	Fails    bool        `json:"fails"`
	Subject  string      `json:"subject"`
	Message  string      `json:"message"`
	Details  []string    `json:"details"`
	Causes   []jsonCause `json:"causes"`
	Objects  []jsonID    `json:"objects"`
	Clusters []string    `json:"clusters"`
}

type jsonNotCompared struct {
	Cluster     string      `json:"cluster"`
	Application string      `json:"application"`
	Why         string      `json:"why"`
	Causes      []jsonCause `json:"causes"`
}

type jsonNotJudged struct {
	Cluster string `json:"cluster"`
	Kind    string `json:"kind"`
	Why     string `json:"why"`
}

type jsonTotals struct {
	Danger      int `json:"danger"`
	Notice      int `json:"notice"`
	Plain       int `json:"plain"`
	Created     int `json:"created"`
	Deleted     int `json:"deleted"`
	Changed     int `json:"changed"`
	Folded      int `json:"folded"`
	Brought     int `json:"brought"`
	Mended      int `json:"mended"`
	NotCompared int `json:"notCompared"`
	NotJudged   int `json:"notJudged"`
}

type jsonObject struct {
	Cluster    string    `json:"cluster"`
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Namespace  string    `json:"namespace"`
	Name       string    `json:"name"`
	Change     diff.Sort `json:"change"`
	// Folded is whether all that differs is noise.
	Folded      bool        `json:"folded"`
	Application string      `json:"application"`
	Entry       string      `json:"entry"`
	Causes      []jsonCause `json:"causes"`
	Fields      []jsonField `json:"fields"`
}

// jsonField is a field. From and To are missing where there is none.
type jsonField struct {
	Path   []jsonStep    `json:"path"`
	Text   string        `json:"text"`
	Change fields.Change `json:"change"`
	From   *any          `json:"from,omitempty"`
	To     *any          `json:"to,omitempty"`
	Noise  string        `json:"noise"`
}

// jsonStep is a key, an element of a list by its key, or by its place.
type jsonStep struct {
	Key   *string `json:"key,omitempty"`
	By    string  `json:"by,omitempty"`
	Index *int    `json:"index,omitempty"`
	To    *int    `json:"to,omitempty"`
}

// writeJSON is for programs of the user's. The objects are written one by one, each on a line: all of them would not fit in memory twice. No
// character is split between two writes.
func writeJSON(w io.Writer, r *Report) error {
	var b bytes.Buffer
	if err := report.JSON(&b, r.head()); err != nil {
		return err
	}
	b.Truncate(b.Len() - len("\n}\n"))
	b.WriteString(",\n  \"objects\": [")
	for i := range r.Objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		if err := report.JSONLine(&b, r.object(&r.Objects[i])); err != nil {
			return err
		}
		if _, err := b.WriteTo(w); err != nil {
			return err
		}
	}
	if len(r.Objects) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	_, err := b.WriteTo(w)
	return err
}

func (r *Report) head() jsonHead {
	t := count(r.Result)
	out := jsonHead{
		Version: jsonVersion, Tool: jsonTool{r.Tool, r.Version}, Before: r.side(0), After: r.side(1), Failed: visible(r.Failed), Linted: r.Linted,
		Consequences: []jsonConsequence{}, NotCompared: []jsonNotCompared{}, NotJudged: []jsonNotJudged{},
		Brought: r.jsonFindings(r.Findings), Mended: r.jsonFindings(r.Mended),
		Totals: jsonTotals{
			t.Consequences[diff.Danger], t.Consequences[diff.Notice], t.Consequences[diff.Plain], t.Created, t.Deleted, t.Changed, t.Folded,
			t.Brought, t.Mended, t.NotCompared, t.NotJudged,
		},
	}
	for i := range r.Consequences {
		out.Consequences = append(out.Consequences, r.jsonConsequence(&r.Consequences[i]))
	}
	for _, n := range r.NotCompared {
		out.NotCompared = append(out.NotCompared, jsonNotCompared{diag.Visible(n.Cluster), diag.Visible(n.Application), diag.Visible(n.Why), r.causes([]diff.Cause{n.At})})
	}
	for _, n := range r.NotJudged {
		out.NotJudged = append(out.NotJudged, jsonNotJudged{diag.Visible(n.Cluster), diag.Visible(n.Kind), diag.Visible(n.Why)})
	}
	return out
}

func (r *Report) side(i int) jsonSide {
	side := []*diff.Side{r.Before, r.After}[i]
	out := jsonSide{diag.Visible(side.Name), diag.Visible(side.Commit), r.Broken[i], []jsonMistake{}}
	for _, d := range side.Mistakes {
		out.Mistakes = append(out.Mistakes, jsonMistake{r.jsonPlace(d.Pos), diag.Visible(d.Code), diag.Visible(d.Path), diag.Visible(d.Message), diag.Visible(d.Hint)})
	}
	return out
}

func (r *Report) jsonPlace(p diag.Position) jsonPlace {
	out := jsonPlace{Line: p.Line, Column: p.Column}
	if p.File != "" {
		out.File = report.Location(path.Join(r.Root, p.File))
	}
	if p.Line == 0 {
		out.Column = 0
	}
	return out
}

// causes are those that have a place.
func (r *Report) causes(all []diff.Cause) []jsonCause {
	out := []jsonCause{}
	for _, c := range all {
		side := "after"
		if c.Before {
			side = "before"
		}
		if c.Pos.File != "" {
			out = append(out, jsonCause{side, r.jsonPlace(c.Pos)})
		}
	}
	return out
}

func (r *Report) jsonFindings(all []lint.Finding) []jsonFinding {
	out := []jsonFinding{}
	for _, f := range all {
		out = append(out, jsonFinding{r.jsonPlace(f.Pos), diag.Visible(f.Code), f.Severity, diag.Visible(f.Path), diag.Visible(f.Message), diag.Visible(f.Hint)})
	}
	return out
}

func (r *Report) jsonConsequence(c *diff.Consequence) jsonConsequence {
	out := jsonConsequence{
		Kind: diag.Visible(c.Kind), Word: diag.Visible(c.Word), Also: visible(c.Also), Weight: c.Weight, Fails: r.fails(c), Subject: diag.Visible(c.Subject),
		Message: diag.Visible(c.Message), Details: visible(c.Details), Causes: r.causes(c.Causes), Objects: []jsonID{}, Clusters: visible(c.Clusters),
	}
	for _, id := range c.Objects {
		out.Objects = append(out.Objects, jsonID{diag.Visible(id.Group), diag.Visible(id.Kind), diag.Visible(id.Namespace), diag.Visible(id.Name)})
	}
	return out
}

// visible are texts in which each character can be seen; an empty list when there are none.
func visible(all []string) []string {
	out := []string{}
	for _, s := range all {
		out = append(out, diag.Visible(s))
	}
	return out
}

func (r *Report) object(o *diff.ObjectChange) jsonObject {
	out := jsonObject{
		Cluster: diag.Visible(o.Cluster), APIVersion: diag.Visible(o.APIVersion), Kind: diag.Visible(o.ID.Kind), Namespace: diag.Visible(o.ID.Namespace),
		Name: diag.Visible(o.ID.Name), Change: o.Sort, Folded: o.Quiet(), Application: diag.Visible(o.Application), Entry: diag.Visible(o.Entry),
		Causes: r.causes(o.Causes), Fields: []jsonField{},
	}
	for i := range o.Fields {
		out.Fields = append(out.Fields, field(&o.Fields[i]))
	}
	return out
}

func field(f *fields.Difference) jsonField {
	out := jsonField{Path: []jsonStep{}, Text: text(f.Path.String()), Change: f.Change, Noise: diag.Visible(f.Noise)}
	if f.Change != fields.Added {
		out.From = &f.From
	}
	if f.Change != fields.Removed {
		out.To = &f.To
	}
	for _, s := range f.Path {
		out.Path = append(out.Path, step(s))
	}
	return out
}

func step(s fields.Step) (out jsonStep) {
	if !s.List {
		out = jsonStep{Key: &s.Key, By: s.By}
	}
	if s.List || s.By != "" {
		out.Index = &s.Index
		if s.To >= 0 {
			out.To = &s.To
		}
	}
	return out
}
