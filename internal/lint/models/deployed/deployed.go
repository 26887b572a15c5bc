// Package deployed is what the list deploys, as far as it is known, for the rules of lint: the objects by kind, name and namespace, the pods,
// and what is unknown and why.
package deployed

import (
	"io/fs"
	"iter"
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/progress"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/util/json"
)

// Input is what is checked.
type Input struct {
	Platform *catalog.Platform
	Order    catalog.Order
	// Objects are those that roster renders for the platform, without workloads.
	Objects []object.Object
	// Workloads are the objects that the applications deploy, as far as they can be rendered here.
	Workloads []*Object
	// First is the number of the first of the workloads, where those of several clusters are counted together.
	First int
	// Failed are the applications that could not be rendered, by code, and why: what they deploy is unknown.
	Failed map[string]diag.List
	// Repository is where the files are that objects are made from.
	Repository fs.FS
}

// Without is the input without some of the workloads, by number; what else their applications deploy counts as unknown.
func (in *Input) Without(numbers []int) *Input {
	out := *in
	out.Workloads, out.Failed = nil, maps.Clone(in.Failed)
	if out.Failed == nil {
		out.Failed = map[string]diag.List{}
	}
	for i, o := range in.Workloads {
		if slices.Contains(numbers, in.First+i) {
			out.Failed[o.Application.Code] = nil
		} else {
			out.Workloads = append(out.Workloads, o)
		}
	}
	return &out
}

// Watch makes a cell show which of the workloads is being looked at; it may be nil.
func (in *Input) Watch(cell *progress.Cell) {
	for i, o := range in.Workloads {
		o.number, o.progress = in.First+i, cell
	}
}

// Model is what rules ask about an input. Each part is made when it is asked for first.
type Model struct {
	*Input

	kinds       once.Value[map[string][]*Object] // by kind
	namespaces  once.Value[map[string][]*Object] // by namespace
	names       once.Value[map[ID]*Object]
	ofRoster    once.Value[map[ID]*Object]                   // those in Objects
	rosters     once.Value[map[string][]*Object]             // likewise, by kind
	unsure      once.Value[map[catalog.ClusterResource]bool] // the cluster-scoped kinds that are permitted, and whether something unknown may be of them
	entries     once.Value[map[string]*catalog.Namespace]
	yielding    once.Value[map[string]bool] // the applications that have workloads, by code
	awaitedBy   map[string]catalog.Awaited  // by code
	permitted   map[*catalog.Namespace]map[catalog.ClusterResource]bool
	whole       map[*catalog.Namespace]bool
	reached     once.Value[map[Reach]bool]
	guests      once.Value[map[string][]*catalog.Namespace] // the entries that may deploy into a namespace that is not their own
	failures    once.Value[map[*catalog.Namespace]bool]     // the entries with an application that could not be rendered
	rendered    map[*catalog.Namespace]bool
	pods        once.Value[[]*Pod]
	podOf       once.Value[map[*Object]*Pod]
	morePods    once.Value[map[string]bool] // the namespaces in which there may be other pods
	checked     once.Value[Unchecked]
	suggestions int // how many names were compared for hints
}

// New is the model of an input.
func New(in *Input) *Model { return &Model{Input: in} }

// Object is one that an application deploys.
type Object struct {
	object.Object
	Entry       *catalog.Namespace
	Application *catalog.Application
	// Pos is what it was made from, relative to the repository's root. There is no file for catalog applications, and no line for the output
	// of templates.
	Pos diag.Position
	// From names the file of a packed chart, or of what was fetched, that it was made from; Pos is then the archive, or where the list asks for it.
	From string
	// Unstable are the fields that differ each time that the application is rendered.
	Unstable [][]string
	// Source is the number of the source that brings it, among those of the application that bring objects.
	Source int

	content  map[string]any
	number   int // in Input.Workloads
	progress *progress.Cell
	checked  *checked // against the schema of its kind, as far as it was needed
}

// Content is the object as YAML has it. It is not to be changed.
func (o *Object) Content() map[string]any {
	o.progress.Object(o.number)
	if o.content == nil {
		o.content, _ = o.Value().(map[string]any)
	}
	return o.content
}

// MadeFrom is where an object comes from, without reading any file: what it was made from, or else its application.
func (o *Object) MadeFrom() catalog.Place {
	at := o.InList()
	if o.Written() {
		at.Pos = o.Pos
	}
	return at
}

// Written reports whether an object was made from a file of the user's.
func (o *Object) Written() bool { return o.Pos.File != "" && o.From == "" }

// InList is the place of its application in the list. The path leads on to what is not the user's, but has made the object.
func (o *Object) InList() catalog.Place {
	at := o.Application.Place
	switch {
	case o.From != "" && o.Pos.Line > 0:
		at.Path += ": " + o.From
	case o.From != "":
		at.Path += ": " + o.Pos.File + ": " + o.From
	}
	return at
}

// Title names the object in messages.
func (o *Object) Title() string { return diag.Beginning(o.Kind+" "+o.Name, 2*LongestName) }

// Kind are the workloads' objects of some kinds, in order. The list is not to be changed.
func (in *Model) Kind(kinds ...string) []*Object {
	if len(kinds) == 1 {
		return in.kinds.Get(func() map[string][]*Object {
			return grouped(in.Workloads, func(o *Object) string { return o.Kind })
		})[kinds[0]]
	}
	var out []*Object
	for _, o := range in.Workloads {
		if slices.Contains(kinds, o.Kind) {
			out = append(out, o)
		}
	}
	return out
}

// All are the objects of a kind that roster renders, and those of the workloads, in order. Those of roster belong to no application.
func (in *Model) All(kind string) []*Object {
	return slices.Concat(in.rosters.Get(in.rendersByKind)[kind], in.Kind(kind))
}

func (in *Model) rendersByKind() map[string][]*Object {
	out := map[string][]*Object{}
	for i := range in.Objects {
		o := in.Objects[i]
		build := o.Value
		o.Value = func() any { return mapping(build()) }
		out[o.Kind] = append(out[o.Kind], &Object{Object: o})
	}
	return out
}

// mapping is an object as YAML has it.
func mapping(v any) any {
	var out map[string]any
	if data, err := json.Marshal(v); err == nil && json.Unmarshal(data, &out) == nil {
		return out
	}
	return nil
}

// Within are the workloads' objects of a namespace, in order; those without one under "". The list is not to be changed.
func (in *Model) Within(namespace string) []*Object {
	return in.namespaces.Get(func() map[string][]*Object {
		return grouped(in.Workloads, func(o *Object) string { return o.Namespace })
	})[namespace]
}

func grouped[T any](all []T, key func(T) string) map[string][]T {
	out := map[string][]T{}
	for _, e := range all {
		out[key(e)] = append(out[key(e)], e)
	}
	return out
}

// ID identifies an object.
type ID struct{ Group, Kind, Namespace, Name string }

// Workload is the source that an object is made from.
func (o *Object) Workload() *catalog.Workload {
	if o.Source > 0 {
		return o.Application.Others[o.Source-1]
	}
	return o.Application.Workload
}

// KindOf is the kind of o.
func KindOf(o *Object) catalog.ClusterResource {
	return catalog.ClusterResource{Group: GroupOf(o), Kind: o.Kind}
}

// Defines is the kind that a CustomResourceDefinition defines.
func Defines(o *Object) catalog.ClusterResource {
	return catalog.ClusterResource{Group: StringAt(o, "spec", "group"), Kind: StringAt(o, "spec", "names", "kind")}
}

func IDOf(o *Object) ID { return ID{GroupOf(o), o.Kind, o.Namespace, o.Name} }

// Rosters reports whether roster renders an object of that name from the list.
func (in *Model) Rosters(name ID) bool { return in.Rendered(name) != nil }

// Rendered is the object of that name that roster renders from the list; nil when it renders none. It belongs to no application.
func (in *Model) Rendered(name ID) *Object {
	return in.ofRoster.Get(func() map[ID]*Object {
		out := map[ID]*Object{}
		for _, all := range in.rosters.Get(in.rendersByKind) { // no two of them have one name
			for _, o := range all {
				out[IDOf(o)] = o
			}
		}
		return out
	})[name]
}

// Named is the first of the workloads' objects of a name; nil when there is none.
func (in *Model) Named(name ID) *Object {
	return in.names.Get(func() map[ID]*Object {
		out := map[ID]*Object{}
		for _, o := range in.Workloads {
			if n := IDOf(o); out[n] == nil {
				out[n] = o
			}
		}
		return out
	})[name]
}

// Applications are all applications of the list, with their entries.
func (in *Model) Applications() iter.Seq2[*catalog.Namespace, *catalog.Application] {
	return func(yield func(*catalog.Namespace, *catalog.Application) bool) {
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for j := range n.Applications {
				if !yield(n, &n.Applications[j]) {
					return
				}
			}
		}
	}
}

// complete reports whether everything that the applications of an entry deploy is known: what is missing then does not exist.
func (in *Model) complete(n *catalog.Namespace) bool {
	complete, known := in.whole[n]
	if !known {
		if in.whole == nil {
			in.whole = map[*catalog.Namespace]bool{}
		}
		complete = in.sees(n)
		for _, other := range in.guestsOf(n.Name) {
			complete = complete && in.sees(other)
		}
		in.whole[n] = complete
	}
	return complete
}

// sees reports whether everything that the applications of an entry deploy, anywhere, is known.
func (in *Model) sees(n *catalog.Namespace) bool {
	return !slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return a.Workload == nil }) && !in.failed(n)
}

// failed reports whether an application of an entry could not be rendered.
func (in *Model) failed(n *catalog.Namespace) bool {
	return in.failures.Get(func() map[*catalog.Namespace]bool {
		out := map[*catalog.Namespace]bool{}
		for n, a := range in.Applications() {
			_, failed := in.Failed[a.Code]
			out[n] = out[n] || failed
		}
		return out
	})[n]
}

// Faulty reports whether something is wrong with what an application is rendered from, its values for example. Of one that was not
// fetched, all that the list says of it is known.
func (in *Model) Faulty(a *catalog.Application) bool {
	mistakes, failed := in.Failed[a.Code]
	return failed && (len(mistakes) == 0 || slices.ContainsFunc(mistakes, func(d diag.Diagnostic) bool { return d.Code != NotFetched }))
}

// Unseen reports whether what an application deploys is unknown because it lies elsewhere, and nothing else is wrong with it.
func (in *Model) Unseen(a *catalog.Application) bool {
	_, failed := in.Failed[a.Code]
	return a.Workload == nil || failed && !in.Faulty(a)
}

// FailedBeside reports whether an application of an entry, which may be nil, could not be rendered, but for a chart of that name
// that was not fetched: the list has its values.
func (in *Model) FailedBeside(n *catalog.Namespace, chart string) bool {
	return n != nil && in.failed(n) && slices.ContainsFunc(n.Applications, func(a catalog.Application) bool {
		_, failed := in.Failed[a.Code]
		return failed && !(in.Unseen(&a) && len(a.Sources) > 0 && a.Sources[0].Chart == chart)
	})
}

// AllOf reports whether all objects of a cluster-scoped kind that the list deploys are known: no application with unknown objects may
// deploy one.
func (in *Model) AllOf(group, kind string) bool {
	return !in.unsure.Get(func() map[catalog.ClusterResource]bool {
		out := map[catalog.ClusterResource]bool{}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, r := range n.Project.ClusterResources {
				out[r] = out[r] || !in.complete(n)
			}
		}
		return out
	})[catalog.ClusterResource{Group: group, Kind: kind}]
}

// yields reports whether an application has workloads.
func (in *Model) yields(code string) bool {
	return in.yielding.Get(func() map[string]bool {
		out := map[string]bool{}
		for _, o := range in.Workloads {
			out[o.Application.Code] = true
		}
		return out
	})[code]
}

// Entry is the entry of a namespace; nil when the list has none.
func (in *Model) Entry(namespace string) *catalog.Namespace {
	return in.entries.Get(func() map[string]*catalog.Namespace {
		out := map[string]*catalog.Namespace{}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			out[n.Name] = n
		}
		return out
	})[namespace]
}

// mostSuggestions is how many names may be compared in a run to suggest what was meant.
const mostSuggestions = 200_000

// DidYouMean is the hint for an unknown name. Comparing each wrong name with each right one would
// take time that grows with both; after many, there is no hint.
func (in *Model) DidYouMean(name string, number int, known iter.Seq[string]) string {
	if in.suggestions += number; in.suggestions > mostSuggestions {
		return ""
	}
	return diag.DidYouMean(name, slices.Collect(known))
}

// LongestName is how long a name may be in Kubernetes. What is longer is similar only to itself.
const LongestName = 253

// RenderedHere reports whether all applications of a namespace are among the workloads.
func (in *Model) RenderedHere(n *catalog.Namespace) bool {
	here, known := in.rendered[n]
	if !known {
		here = in.complete(n) && !slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return !in.yields(a.Code) })
		if in.rendered == nil {
			in.rendered = map[*catalog.Namespace]bool{}
		}
		in.rendered[n] = here
	}
	return here
}

// NotFetched is the code of a diagnostic which says that something was not fetched, and the rule's name.
const NotFetched = "not-fetched"

const ArgoGroup = "argoproj.io"

// Settled reports whether everything in a namespace is known: Kubernetes or others have put more into one that the list does not manage.
func (in *Model) Settled(n *catalog.Namespace) bool { return n.Managed && in.complete(n) }

// AllKnown reports whether everything that the list deploys is known.
func (in *Model) AllKnown() bool {
	for i := range in.Platform.Namespaces {
		if !in.complete(&in.Platform.Namespaces[i]) {
			return false
		}
	}
	return true
}
