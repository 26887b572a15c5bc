// Package importing makes a list of what runs today: it reads the objects of an Argo CD and of the namespaces around its Applications, writes
// applications.yml, platform.yml and profiles that say the same, and compares what these render with what was read, object by object.
//
// It never invents: what is written stands in something that was read, and what could not be expressed is told with its reason and its place.
// What may be written is for the list itself to judge, not for this package: what catalog refuses is taken out again, and its message is
// the reason. It reads no disk and renders nothing itself: who calls it brings both.
package importing

import (
	"io/fs"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/render/object"
)

// ID identifies an object among those of a cluster. The version is not part of it: a cluster serves an object in several.
type ID struct{ Group, Kind, Namespace, Name string }

// Object is one object that was read.
type Object struct {
	ID
	APIVersion string
	Pos        diag.Position // where it was read; of one that an ApplicationSet makes, that of the set
	// Value is the object without what only Kubernetes writes: its status, what identifies it in the cluster, and fields that have no effect.
	// It is nil for a Secret, of which nothing but the name is kept.
	Value map[string]any
	// Owner is the object that made it and keeps it, by its ownerReferences: the zero ID when nobody does.
	Owner ID
	// Application is the one of Argo CD that deploys it, as far as that was read: by its tracking label or annotation, by the status of the
	// Application, or because its file is in the folder that the Application deploys.
	Application string
	// Deploys are the objects that an Application deploys, as its status says; it is known of live Applications alone.
	Deploys []ID
	// Set is the ApplicationSet that this Application comes from, in the input or by its own making.
	Set *Object
}

// Input is what to make a list of.
type Input struct {
	Objects []*Object
	// Files are those of the folder that was read, for generators of ApplicationSets; nil when there is none.
	Files fs.FS
	// Build renders a list. The diagnostics are why it cannot be rendered, with the files relative to the folder of the list.
	Build func(files []File) ([]object.Object, diag.List, error)
}

// File is one file of the new list.
type File struct {
	Name string // such as applications.yml, or profiles/web-shop.yml
	Text []byte
}

// State is what became of an object that was read.
type State string

// The states, in the order in which they are told.
const (
	Identical    State = "identical"     // the list renders the same
	Equal        State = "equal"         // it renders what means the same
	Different    State = "different"     // it renders something that differs in what it does, and the differences are listed
	NotExpressed State = "not expressed" // the list says nothing of it
	Left         State = "left"          // it is not for a list to say: what an Application deploys, what Kubernetes or a controller makes
)

// Outcome is what became of one object.
type Outcome struct {
	Object *Object
	State  State
	// Became is where the new list says it, such as web-shop.applications.web-shop; empty when it does not.
	Became string
	// Rendered are the objects that the new list renders in its place; several where its meaning is spread.
	Rendered []ID
	// Reasons are why it is not identical, each a sentence without a full stop.
	Reasons []string
	// Fields are what differs, from what was read to what is rendered.
	Fields []fields.Difference
}

// Added is an object that the new list renders and that was not read.
type Added struct {
	ID
	Reason string
}

// Result is the new list, and what is known about it.
type Result struct {
	Files    []File
	Outcomes []Outcome // in the order of the places of the objects
	Added    []Added
	Notes    []Note // what is true of the whole
}

// Note is something to know that is about no object alone.
type Note struct {
	Pos  diag.Position // may be empty
	Text string
}

// Counts is how many objects have each state.
func (r *Result) Counts() map[State]int {
	out := map[State]int{}
	for _, o := range r.Outcomes {
		out[o.State]++
	}
	return out
}

// Share is how many objects are expressed, of how many that a list could have to say.
func (r *Result) Share() (expressed, of int) {
	n := r.Counts()
	expressed = n[Identical] + n[Equal]
	return expressed, expressed + n[Different] + n[NotExpressed]
}

// Complete reports whether all is expressed.
func (r *Result) Complete() bool {
	expressed, of := r.Share()
	return expressed == of
}

// file is a text of the list.
func file(name, head string, m listtext.Map) File {
	return File{name, append([]byte(head), listtext.File(m)...)}
}

// Import makes a list of what was read. The error is that of Build.
func Import(in Input) (*Result, error) {
	w := &work{in: in, objects: slices.Clone(in.Objects), outcomes: map[*Object]*Outcome{}, entries: map[string]*entry{}, codes: map[string]*app{}, noted: map[string]bool{},
		argocd: argocdNamespace(in.Objects), platform: platform{exposures: map[string]string{}, middlewares: map[string]string{}}, fuel: fuel{left: mostFuel}}
	w.expand()
	w.leave()
	for i := range kinds {
		k := &kinds[i]
		var of []*Object
		for _, o := range w.objects {
			if o.Group == k.group && o.Kind == k.kind && w.outcomes[o] == nil {
				of = append(of, o)
			}
		}
		if len(of) > 0 {
			k.take(w, of)
		}
	}
	w.keepTokens()
	out := &Result{}
	if len(w.entries) > 0 {
		built, files, err := w.proven()
		if err != nil {
			return nil, err
		}
		out.Files, out.Added = files, w.compared(built)
	}
	for _, o := range w.objects {
		if outcome := w.outcomes[o]; outcome != nil {
			out.Outcomes = append(out.Outcomes, *outcome)
		}
	}
	slices.SortStableFunc(out.Outcomes, func(a, b Outcome) int { return a.Object.Pos.Compare(b.Object.Pos) })
	out.Notes = w.notes
	return out, nil
}
