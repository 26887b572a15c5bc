package lint

import (
	"io/fs"
	"iter"
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/progress"
	"github.com/hippotion/roster/render/object"
	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	admission "k8s.io/pod-security-admission/policy"
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

	// Models of all this, each built when a rule first asks for it, and kept for the whole run.

	kinds       once[map[string][]*Object] // by kind
	namespaces  once[map[string][]*Object] // by namespace
	names       once[map[objectName]*Object]
	ofRoster    once[map[objectName]bool]              // those in Objects
	unsure      once[map[catalog.ClusterResource]bool] // the cluster-scoped kinds that are permitted, and whether something unknown may be of them
	entries     once[map[string]*catalog.Namespace]
	yielding    once[map[string]bool]      // the applications that have workloads, by code
	awaitedBy   map[string]catalog.Awaited // by code
	permitted   map[*catalog.Namespace]map[catalog.ClusterResource]bool
	whole       map[*catalog.Namespace]bool
	reached     once[map[reach]bool]
	guests      once[map[string][]*catalog.Namespace] // the entries that may deploy into a namespace that is not their own
	failures    once[map[*catalog.Namespace]bool]     // the entries with an application that could not be rendered
	rendered    map[*catalog.Namespace]bool
	pods        once[[]*Pod]
	podOf       once[map[*Object]*Pod]
	morePods    once[map[string]bool] // the namespaces in which there may be other pods
	podSets     map[string]*podSet    // by namespace
	evaluator   once[admission.Evaluator]
	unpermitted map[judgement][]admission.CheckResult
	checked     once[unchecked]

	// Places.
	files           map[string]*sourceFile // by name
	folders         map[string][]string    // the files below
	corpora         map[string]*corpus
	inList          map[*catalog.Application]*yaml.Node  // what the list says
	textsInList     map[*yaml.Node]*searched             // likewise
	valuesIn        map[*yaml.Node]map[string]*yaml.Node // the first of each text, likewise
	keys            keyIndex
	manifests       map[*Object]written
	manifestsByApp  map[*catalog.Application]manifestIndex
	manifestsInList map[*catalog.Application]manifestIndex
	patchesByApp    map[*catalog.Application]*patchIndex
	suggestions     int // how many names were compared for hints

	// Routes, Services and calls.
	ingresses       once[[]ingressRoute]
	allRouters      once[[]*router]
	ofTraefik       once[traefik]
	allDropped      once[map[*router]bool]
	chains          map[*Object][]catalog.Middleware
	middlewareNames once[map[string][]string] // by namespace
	broken          once[map[*Object]bool]    // the middlewares that lead to one that is missing
	services        once[map[string]map[string]*service]
	fieldTrees      once[map[ofApplication]fieldTree] // for ignoreDifferences
	stores          once[map[objectName]bool]
	operators       once[map[string]bool] // the namespaces in which an operator may make Services
	routedHosts     once[map[string]*owners]
	callsOf         map[*Object][]call
	plainSecrets    once[[]writtenSecret]

	// Policies and alerts.
	policiesByHand once[[]*policy]
	policies       once[[]*policy]
	book           once[*policyBook]
	alerts         once[[]alertRule]
	alertConfigs   once[[]alertmanagerConfig]
}

// once is a model that is built when it is asked for first.
type once[T any] struct {
	built bool
	model T
}

func (o *once[T]) get(build func() T) T {
	if !o.built {
		o.model, o.built = build(), true
	}
	return o.model
}

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

// hiding is the input without some of the workloads, by number; what else their applications deploy counts as unknown.
func (in *Input) hiding(numbers []int) *Input {
	if len(numbers) == 0 {
		return in
	}
	out := &Input{Platform: in.Platform, Order: in.Order, Objects: in.Objects, Repository: in.Repository, First: in.First, Failed: maps.Clone(in.Failed)}
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
	return out
}

// PlaceOf is where an object comes from, without reading any file: what it was made from, or else its application.
func (in *Input) PlaceOf(o *Object) catalog.Place {
	at := o.application()
	if o.written() {
		at.Pos = o.Pos
	}
	return at
}

// written reports whether an object was made from a file of the user's.
func (o *Object) written() bool { return o.Pos.File != "" && o.From == "" }

// application is the place of its application in the list. The path leads on to what is not the user's, but has made the object.
func (o *Object) application() catalog.Place {
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
func (o *Object) Title() string { return diag.Beginning(o.Kind+" "+o.Name, 2*longestName) }

// Pod is the template of a workload's pods.
type Pod struct {
	*Object
	corev1.PodTemplateSpec
	At []string // the fields that lead to it
}

// podTemplates is where each kind of workload has its pod template.
var podTemplates = map[string][]string{
	"CronJob": {"spec", "jobTemplate", "spec", "template"}, "DaemonSet": {"spec", "template"}, "Deployment": {"spec", "template"},
	"Job": {"spec", "template"}, "Pod": {}, "ReplicaSet": {"spec", "template"}, "ReplicationController": {"spec", "template"},
	"StatefulSet": {"spec", "template"},
}

// Pods are the pods of all workloads. What is not a pod template is left out: another rule reports it.
func (in *Input) Pods() []*Pod {
	return in.pods.get(func() []*Pod {
		var out []*Pod
		for _, o := range in.Workloads {
			at, ok := podTemplates[o.Kind]
			if !ok {
				continue
			}
			content, found, err := unstructured.NestedMap(o.Content(), at...)
			if !found || err != nil {
				continue
			}
			p := &Pod{Object: o, At: at}
			if runtime.DefaultUnstructuredConverter.FromUnstructured(content, &p.PodTemplateSpec) == nil {
				out = append(out, p)
			}
		}
		return out
	})
}

// Kind are the workloads' objects of some kinds, in order. The list is not to be changed.
func (in *Input) Kind(kinds ...string) []*Object {
	if len(kinds) == 1 {
		return in.kinds.get(func() map[string][]*Object {
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

// within are the workloads' objects of a namespace, in order; those without one under "". The list is not to be changed.
func (in *Input) within(namespace string) []*Object {
	return in.namespaces.get(func() map[string][]*Object {
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

// objectName identifies an object.
type objectName struct{ group, kind, namespace, name string }

// workload is the source that an object is made from.
func (o *Object) workload() *catalog.Workload {
	if o.Source > 0 {
		return o.Application.Others[o.Source-1]
	}
	return o.Application.Workload
}

// kindOf is the kind of o.
func kindOf(o *Object) catalog.ClusterResource {
	return catalog.ClusterResource{Group: groupOf(o), Kind: o.Kind}
}

// defines is the kind that a CustomResourceDefinition defines.
func defines(o *Object) catalog.ClusterResource {
	return catalog.ClusterResource{Group: stringAt(o, "spec", "group"), Kind: stringAt(o, "spec", "names", "kind")}
}

func nameOf(o *Object) objectName { return objectName{groupOf(o), o.Kind, o.Namespace, o.Name} }

// rosters reports whether roster renders an object of that name from the list.
func (in *Input) rosters(name objectName) bool {
	return in.ofRoster.get(func() map[objectName]bool {
		out := map[objectName]bool{}
		for i := range in.Objects {
			out[nameOf(&Object{Object: in.Objects[i]})] = true
		}
		return out
	})[name]
}

// named is the first of the workloads' objects of a name; nil when there is none.
func (in *Input) named(name objectName) *Object {
	return in.names.get(func() map[objectName]*Object {
		out := map[objectName]*Object{}
		for _, o := range in.Workloads {
			if n := nameOf(o); out[n] == nil {
				out[n] = o
			}
		}
		return out
	})[name]
}

// applications are all applications of the list, with their entries.
func (in *Input) applications() iter.Seq2[*catalog.Namespace, *catalog.Application] {
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
func (in *Input) complete(n *catalog.Namespace) bool {
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
func (in *Input) sees(n *catalog.Namespace) bool {
	return !slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return a.Workload == nil }) && !in.failed(n)
}

// failed reports whether an application of an entry could not be rendered.
func (in *Input) failed(n *catalog.Namespace) bool {
	return in.failures.get(func() map[*catalog.Namespace]bool {
		out := map[*catalog.Namespace]bool{}
		for n, a := range in.applications() {
			_, failed := in.Failed[a.Code]
			out[n] = out[n] || failed
		}
		return out
	})[n]
}

// faulty reports whether something is wrong with what an application is rendered from, its values for example. Of one that was not
// fetched, all that the list says of it is known.
func (in *Input) faulty(a *catalog.Application) bool {
	mistakes, failed := in.Failed[a.Code]
	return failed && (len(mistakes) == 0 || slices.ContainsFunc(mistakes, func(d diag.Diagnostic) bool { return d.Code != NotFetched }))
}

// unseen reports whether what an application deploys is unknown because it lies elsewhere, and nothing else is wrong with it.
func (in *Input) unseen(a *catalog.Application) bool {
	_, failed := in.Failed[a.Code]
	return a.Workload == nil || failed && !in.faulty(a)
}

// failedBeside reports whether an application of an entry, which may be nil, could not be rendered, but for a chart of that name
// that was not fetched: the list has its values.
func (in *Input) failedBeside(n *catalog.Namespace, chart string) bool {
	return n != nil && in.failed(n) && slices.ContainsFunc(n.Applications, func(a catalog.Application) bool {
		_, failed := in.Failed[a.Code]
		return failed && !(in.unseen(&a) && len(a.Sources) > 0 && a.Sources[0].Chart == chart)
	})
}

// allOf reports whether all objects of a cluster-scoped kind that the list deploys are known: no application with unknown objects may
// deploy one.
func (in *Input) allOf(group, kind string) bool {
	return !in.unsure.get(func() map[catalog.ClusterResource]bool {
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
func (in *Input) yields(code string) bool {
	return in.yielding.get(func() map[string]bool {
		out := map[string]bool{}
		for _, o := range in.Workloads {
			out[o.Application.Code] = true
		}
		return out
	})[code]
}

// Entry is the entry of a namespace; nil when the list has none.
func (in *Input) Entry(namespace string) *catalog.Namespace {
	return in.entries.get(func() map[string]*catalog.Namespace {
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

// didYouMean is the hint for an unknown name. Comparing each wrong name with each right one would
// take time that grows with both; after many, there is no hint.
func (in *Input) didYouMean(name string, number int, known iter.Seq[string]) string {
	if in.suggestions += number; in.suggestions > mostSuggestions {
		return ""
	}
	return diag.DidYouMean(name, slices.Collect(known))
}
