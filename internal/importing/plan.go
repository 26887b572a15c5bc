package importing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Plan is the order in which a cluster is moved to the new list without losing anything, with the names of what was read. docs/migrate.md
// explains it. What only the cluster knows is under Unknown.
type Plan struct {
	ArgoCD     string       `json:"argocd"`     // its namespace
	Sets       []Named      `json:"sets"`       // ApplicationSets, which are deleted without what they made
	Released   []Released   `json:"released"`   // Applications, which are deleted without what they deployed
	Kept       []Kept       `json:"kept"`       // what the list says nothing of, and what nobody lets go
	Twice      []Twice      `json:"twice"`      // what the list renders, and the source of an application contains
	Orphaned   []Orphan     `json:"orphaned"`   // what nobody deploys any more
	Namespaces []Handed     `json:"namespaces"` // Namespaces that roster takes over
	Claims     []Handed     `json:"claims"`     // claims that are in them
	Volumes    []string     `json:"volumes"`    // PersistentVolumes that go with their claims
	Projects   []string     `json:"projects"`   // AppProjects that nothing of the list uses
	Unknown    []string     `json:"unknown"`
	Steps      []MovingStep `json:"steps"`
}

// Named is an object of a kind that goes without saying.
type Named struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// Released is an Application that is let go.
type Released struct {
	Namespace  string   `json:"namespace"`
	Name       string   `json:"name"`
	Becomes    string   `json:"becomes,omitempty"`    // the Application of the list; empty for one that deploys Applications
	Root       bool     `json:"root,omitempty"`       // it deploys Applications
	Set        string   `json:"set,omitempty"`        // the ApplicationSet that makes it
	Finalizers []string `json:"finalizers,omitempty"` // what it loses
}

// Kept is an Application or ApplicationSet that stays as it is.
type Kept struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Twice is an object that has to be taken out of a source.
type Twice struct {
	Object  string   `json:"object"`
	By      string   `json:"by"`      // the Application
	Sources []string `json:"sources"` // its folders or charts
}

// Orphan is an object that loses the Application that deploys it, and stays.
type Orphan struct {
	Object string `json:"object"`
	By     string `json:"by"`
}

// Handed is an object that must not go.
type Handed struct {
	Name string `json:"name"`         // with its namespace
	From string `json:"from"`         // who has it now: an Application, or empty when nobody tracks it
	To   string `json:"to,omitempty"` // who has it then; empty when nobody does
}

// MovingStep is a step of the plan, under the heading that it has in docs/migrate.md.
type MovingStep struct {
	Title    string   `json:"title"`
	Notes    []string `json:"notes,omitempty"`
	Commands []string `json:"commands"`
}

// rootName is the Application that roster bootstrap makes.
const rootName = "roster"

// moved is what the plan is made with.
type moved struct {
	roots        map[string]bool    // Applications that deploy Applications
	applications map[string]*Object // all, by their names
	sets         map[Named]bool     // ApplicationSets with an Application that is let go
	rendered     map[ID]bool        // what the list renders in the place of something
	becomes      map[string]string  // the Application of the list, by the one that is let go
}

// Plan says how to move to the list.
func (r *Result) Plan() *Plan {
	outcomes, strange := possible(r.Outcomes)
	objects := make([]*Object, len(outcomes))
	for i, o := range outcomes {
		objects[i] = o.Object
	}
	p := &Plan{ArgoCD: argocdNamespace(objects), Sets: []Named{}, Released: []Released{}, Kept: []Kept{}, Twice: []Twice{}, Orphaned: []Orphan{}, Namespaces: []Handed{},
		Claims: []Handed{}, Volumes: []string{}, Projects: []string{}, Unknown: strange}
	m := moved{(&work{objects: objects}).roots(), map[string]*Object{}, map[Named]bool{}, map[ID]bool{}, map[string]string{}}
	for _, o := range outcomes {
		if o.Object.Group == argoproj && o.Object.Kind == "Application" {
			m.applications[o.Object.Name] = o.Object
			p.application(o, m.roots[o.Object.Name])
		}
	}
	for _, released := range p.Released {
		m.becomes[released.Name] = released.Becomes
		m.sets[Named{released.Namespace, released.Set}] = true
	}
	for _, o := range outcomes {
		p.object(o, m)
		for _, id := range o.Rendered {
			m.rendered[id] = true
		}
	}
	for _, o := range objects {
		switch {
		case o.Group == argoproj && o.Kind == "Application" && m.roots[o.Name]:
			for _, id := range o.Deploys {
				p.orphan(id, o.Name, m)
			}
		case m.roots[o.Application]:
			p.orphan(o.ID, o.Application, m)
		}
	}
	p.order()
	p.unknown(objects)
	p.Steps = p.steps()
	return p
}

// possible are what a plan may be about, and sentences about the rest. No cluster has an object named --all, but a file may, and kubectl
// would take that for all objects there are.
func possible(all []Outcome) (out []Outcome, strange []string) {
	strange = []string{}
	for _, o := range all {
		id := o.Object.ID
		commanded := id.Group == argoproj || id.Group == "" && id.Kind == "PersistentVolume"
		if commanded && (len(validation.IsDNS1123Subdomain(id.Name)) > 0 || id.Namespace != "" && len(validation.IsDNS1123Label(id.Namespace)) > 0) {
			strange = append(strange, fmt.Sprintf("what %s is: no cluster has an object of this name", id))
			continue
		}
		out = append(out, o)
	}
	return out, strange
}

// application is about an Application: it is let go when the list has it, or roster's root takes its place.
func (p *Plan) application(o Outcome, root bool) {
	released := Released{Namespace: cmp.Or(o.Object.Namespace, p.ArgoCD), Name: o.Object.Name, Root: root, Finalizers: texts(mapping(o.Object.Value, "metadata"), "finalizers")}
	switch {
	case o.Object.Owner.Kind == "ApplicationSet":
		released.Set = o.Object.Owner.Name
	case o.Object.Set != nil:
		released.Set = o.Object.Set.Name
	}
	for _, id := range o.Rendered {
		if id.Kind == "Application" {
			released.Becomes = id.Name
		}
	}
	switch {
	case root || released.Becomes != "":
		p.Released = append(p.Released, released)
	default:
		p.Kept = append(p.Kept, Kept{"Application", o.Object.Name, cmp.Or(strings.Join(o.Reasons, "; "), "the list does not say it")})
	}
}

// object is about everything else.
func (p *Plan) object(o Outcome, m moved) {
	by := o.Object.Application
	if m.roots[by] {
		by = "" // roster's root is in its place
	}
	switch id := o.Object.ID; {
	case id.Group == argoproj && id.Kind == "ApplicationSet":
		set := Named{cmp.Or(id.Namespace, p.ArgoCD), id.Name}
		if m.sets[set] {
			p.Sets = append(p.Sets, set)
		} else {
			p.Kept = append(p.Kept, Kept{id.Kind, id.Name, cmp.Or(strings.Join(o.Reasons, "; "), "the list has none of the Applications that it makes")})
		}
	case id.Group == argoproj && id.Kind == "AppProject":
		if id.Name != "default" && !slices.Contains(o.Rendered, id) {
			p.Projects = append(p.Projects, id.Name)
		}
	case id.Group == argoproj:
	case id.Group == "" && id.Kind == "PersistentVolume":
		if text(mapping(o.Object.Value, "spec"), "persistentVolumeReclaimPolicy") == "Delete" {
			p.Volumes = append(p.Volumes, id.Name)
		}
	case id.Group == "" && id.Kind == "PersistentVolumeClaim":
		p.Claims = append(p.Claims, Handed{id.Namespace + "/" + id.Name, by, cmp.Or(m.becomes[by], by)})
	case len(o.Rendered) > 0:
		if id.Group == "" && id.Kind == "Namespace" {
			p.Namespaces = append(p.Namespaces, Handed{id.Name, o.Object.Application, rootName})
		}
		if app := m.applications[by]; app != nil {
			p.Twice = append(p.Twice, Twice{id.String(), by, sourcesOf(app)})
		}
	}
}

// orphan notes what an Application that deploys Applications deploys besides, and what the list does not render either.
func (p *Plan) orphan(id ID, by string, m moved) {
	if id.Group != argoproj && !m.rendered[id] {
		p.Orphaned = append(p.Orphaned, Orphan{id.String(), by})
	}
}

// sourcesOf are where an Application takes its manifests from.
func sourcesOf(app *Object) []string {
	spec := mapping(app.Value, "spec")
	sources := list(spec, "sources")
	if len(sources) == 0 {
		sources = []any{spec["source"]}
	}
	out := []string{}
	for _, s := range sources {
		m, _ := s.(map[string]any)
		if place := cmp.Or(text(m, "path"), text(m, "chart")); place != "" {
			out = append(out, place+" of "+text(m, "repoURL"))
		}
	}
	return out
}

func (p *Plan) order() {
	slices.SortFunc(p.Sets, func(a, b Named) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(p.Released, func(a, b Released) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	p.Sets = slices.Compact(p.Sets)
	p.Released = slices.CompactFunc(p.Released, func(a, b Released) bool { return a.Namespace == b.Namespace && a.Name == b.Name }) // read from Git and from the cluster
	slices.SortFunc(p.Kept, func(a, b Kept) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Twice, func(a, b Twice) int { return strings.Compare(a.Object, b.Object) })
	slices.SortFunc(p.Orphaned, func(a, b Orphan) int { return cmp.Or(strings.Compare(a.By, b.By), strings.Compare(a.Object, b.Object)) })
	p.Orphaned = slices.Compact(p.Orphaned)
	for _, handed := range [][]Handed{p.Namespaces, p.Claims} {
		slices.SortFunc(handed, func(a, b Handed) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.Sort(p.Volumes)
	slices.Sort(p.Projects)
}

// unknown is what the plan would need and was not read.
func (p *Plan) unknown(objects []*Object) {
	live := slices.ContainsFunc(objects, func(o *Object) bool { return len(o.Deploys) > 0 })
	read := map[string]bool{}
	for _, o := range objects {
		read[o.Kind] = true
	}
	if !live {
		p.Unknown = append(p.Unknown, "what is in the cluster: no Application with a status was read. Finalizers, the Applications of ApplicationSets, and who deploys what may be others there: give roster import what step 1 saves")
	}
	for _, k := range []struct{ kind, why string }{
		{"Namespace", "which Namespaces there are, and who deploys them"},
		{"PersistentVolumeClaim", "which claims there are"},
		{"PersistentVolume", "which volumes would be deleted with their claims"},
	} {
		if !read[k.kind] {
			p.Unknown = append(p.Unknown, k.why+": no "+k.kind+" was read")
		}
	}
	if live {
		p.Unknown = append(p.Unknown, "what has changed since this was read, and what nobody but Argo CD knows: what a sync would delete. Steps 4 and 5 have commands that show it")
	}
}
