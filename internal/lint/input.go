package lint

import (
	"io/fs"
	"iter"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/progress"
	"github.com/hippotion/roster/render/object"
	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Input is what is looked at.
type Input struct {
	Platform *catalog.Platform
	// Objects are those that roster renders for the platform, without workloads.
	Objects []object.Object
	// Workloads are the objects that the applications deploy, as far as they can be rendered here.
	Workloads []*Object
	// Failed has the codes of the applications that could not be rendered: what they deploy is unknown.
	Failed map[string]bool
	// Repository is where the files lie that objects are made from.
	Repository fs.FS

	// What is looked up often, as far as it was needed.
	files    map[string]*sourceFile                // by name
	folders  map[string][]string                   // the files below
	services map[string]map[string]*corev1.Service // by namespace and name
	entries  map[string]*catalog.Namespace
	codes    map[string]map[string]*yaml.Node // the applications of the list, by file and code
	rendered map[string]bool                  // the applications that have workloads, by code
	pods     []*Pod
}

// Object is one that an application deploys.
type Object struct {
	object.Object
	Entry       *catalog.Namespace
	Application *catalog.Application
	// Pos is what it was made from, seen from the repository's root. There is no file for applications that roster brings, and
	// no line for what templates make.
	Pos diag.Position

	content  map[string]any
	number   int // in Input.Workloads
	progress *progress.Cell
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
	out := &Input{Platform: in.Platform, Objects: in.Objects, Repository: in.Repository, Failed: map[string]bool{}}
	for code := range in.Failed {
		out.Failed[code] = true
	}
	for i, o := range in.Workloads {
		if slices.Contains(numbers, i) {
			out.Failed[o.Application.Code] = true
		} else {
			out.Workloads = append(out.Workloads, o)
		}
	}
	return out
}

// PlaceOf is where an object comes from, without a look into any file: what it was made from, or else its application.
func (in *Input) PlaceOf(o *Object) catalog.Place {
	at := o.Application.Place
	if o.Pos.File != "" {
		at.Pos = o.Pos
	}
	return at
}

// Title names the object in messages.
func (o *Object) Title() string { return o.Kind + " " + o.Name }

// Pod is the template of a workload's pods.
type Pod struct {
	*Object
	corev1.PodTemplateSpec
	At []string // the fields that lead to it
}

// podTemplates says where each kind of workload has its pod template.
var podTemplates = map[string][]string{
	"CronJob": {"spec", "jobTemplate", "spec", "template"}, "DaemonSet": {"spec", "template"}, "Deployment": {"spec", "template"},
	"Job": {"spec", "template"}, "Pod": {}, "ReplicaSet": {"spec", "template"}, "StatefulSet": {"spec", "template"},
}

// Pods are the pods of all workloads. What is no pod template is left out: another rule reports it.
func (in *Input) Pods() []*Pod {
	if in.pods != nil {
		return in.pods
	}
	in.pods = []*Pod{}
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
			in.pods = append(in.pods, p)
		}
	}
	return in.pods
}

// Kind are the workloads' objects of some kinds.
func (in *Input) Kind(kinds ...string) []*Object {
	var out []*Object
	for _, o := range in.Workloads {
		if slices.Contains(kinds, o.Kind) {
			out = append(out, o)
		}
	}
	return out
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

// Complete says whether all that runs in a namespace is known: what is not there is then nowhere.
func Complete(n *catalog.Namespace) bool {
	return !slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return a.Workload == nil })
}

// yields says whether an application has workloads.
func (in *Input) yields(code string) bool {
	if in.rendered == nil {
		in.rendered = map[string]bool{}
		for _, o := range in.Workloads {
			in.rendered[o.Application.Code] = true
		}
	}
	return in.rendered[code]
}

// Entry is the entry of a namespace; nil when the list has none.
func (in *Input) Entry(namespace string) *catalog.Namespace {
	if in.entries == nil {
		in.entries = map[string]*catalog.Namespace{}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			in.entries[n.Name] = n
		}
	}
	return in.entries[namespace]
}
