package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
)

// priorityClassInput is how important pods are.
type priorityClassInput struct {
	*syntax.Node  `example:"1000000"`
	Value         number `yaml:"value,short,required" example:"1000000"`
	Description   text   `yaml:"description" example:"what the house cannot do without"`
	GlobalDefault flag   `yaml:"globalDefault"` // whether it is that of pods which name none
	Preempts      flag   `yaml:"preempts"`      // whether its pods may replace less important ones; default true
}

// PriorityClass is one.
type PriorityClass struct {
	Name        string
	Origin      Origin
	Place       Place
	Value       int
	Description string
	Global      bool
	Preempts    bool
}

// SystemPriorityClasses are those that every cluster has.
var SystemPriorityClasses = [...]string{"system-cluster-critical", "system-node-critical"}

// highestPriority is the highest value that is not for Kubernetes' own (k8s.io/kubernetes/pkg/apis/scheduling, HighestUserDefinablePriority).
const highestPriority = 1_000_000_000

// priorityClassesOf checks the classes of platform.yml.
func priorityClassesOf(in syntax.Map[priorityClassInput]) []PriorityClass {
	var out []PriorityClass
	var global *syntax.Node
	for i := range in.Items {
		name, c := in.Items[i].Key, &in.Items[i].Value
		at := text{V: name, Node: in.Items[i].At}
		switch {
		case strings.HasPrefix(name, "system-"):
			at.Report("reserved-name", "choose another name", "names that begin with system- are for Kubernetes' own classes: the API server refuses %s", shown(name))
		default:
			subdomain(at)
		}
		if v := c.Value; v.IsSet() && (v.V > highestPriority || v.V < -1<<31) {
			v.Report("bad-number", "", "expected a value from -2147483648 to 1000000000, found %d: what is above is for Kubernetes' own", v.V)
		}
		if g := c.GlobalDefault; g.Or(false) {
			if global != nil {
				g.ReportWith(global, "the other one", "duplicate-default", "remove one of them", "two classes are the default of pods that name none: the API server refuses the second")
			}
			global = g.Node
		}
		if c.Node != nil {
			out = append(out, PriorityClass{Name: name, Origin: Origin(PlatformFile + "#priorityClasses/" + name), Place: place(in.Items[i].At), Value: c.Value.V, Description: c.Description.V,
				Global: c.GlobalDefault.Or(false), Preempts: c.Preempts.Or(true)})
		}
	}
	slices.SortFunc(out, func(a, b PriorityClass) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// podPatches are the patches of an application's keys that are about its pods, and the first of these keys. Whether there is such a priority class is
// known when all is rendered: lint says so.
func (s *settings) podPatches(in *app) ([]Patch, *syntax.Node) {
	patches, at := s.metricAnnotations(in), (*syntax.Node)(nil)
	if len(patches) > 0 {
		at = in.Metrics.Node
	}
	class := in.PriorityClass
	if !class.IsSet() || !subdomain(class) || !patchable(in, class.Node) {
		return patches, at
	}
	return append(patches, podPatch(class.Node, "spec: {priorityClassName: "+class.V+"}")...), class.Node
}

// patchable reports a key that becomes patches, of an application that cannot have them.
func patchable(in *app, key *syntax.Node) bool {
	if in.Sources != nil {
		key.Report("unpatchable", "make the source an application of its own", "Argo CD cannot patch one of several sources")
		return false
	}
	return true
}

// podPatch changes the pods of all workloads: content is a part of a pod's template, as YAML in one line. Nothing of it is of the user's choice but
// what the schema of names permits.
func podPatch(at *syntax.Node, content string) []Patch {
	var out []Patch
	for _, w := range []struct{ group, kinds, before, after string }{
		{"apps", "Deployment|StatefulSet|DaemonSet", "", ""}, {"batch", "Job", "", ""}, {"batch", "CronJob", "jobTemplate: {spec: {", "}}"},
	} {
		out = append(out, Patch{Place: place(at), Optional: true, Patch: argocd.Patch{
			Text:   "{apiVersion: v1, kind: Target, metadata: {name: target}, spec: {" + w.before + "template: {" + content + "}" + w.after + "}}\n",
			Target: &argocd.Target{Group: w.group, Kind: w.kinds},
		}})
	}
	return out
}
