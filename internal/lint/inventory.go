package lint

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// inventory is what is known about one namespace: what applications deploy into it, and what else may be there.
type inventory struct {
	objects map[string]map[string]*Object // of Kubernetes' own API groups, by kind and name
	pods    []*Pod

	complete  bool               // whether all that the list deploys here is known
	podMaker  bool               // whether there may be pods besides pods
	admin     bool               // whether programs here may write everything
	permitted map[[2]string]bool // what they may do otherwise: verb and resource
	makers    *makers
	// everywhere are the makers that are not in one namespace.
	everywhere *makers
}

// makers are what may create objects that no manifest has: programs, scripts, and the controllers of custom resources.
type makers struct {
	names  map[string]bool // words that may be the name of something that they create
	owners map[string]bool // custom resources: what is created for one is called NAME, NAME-SOMETHING or SOMETHING-NAME-SOMETHING
}

func newMakers() *makers { return &makers{map[string]bool{}, map[string]bool{}} }

// inventories takes the inventory of each namespace of the list, by name.
func (in *Input) inventories() map[string]*inventory {
	out, everywhere, anywhere := map[string]*inventory{}, newMakers(), false
	for i := range in.Platform.Namespaces {
		n := &in.Platform.Namespaces[i]
		v := &inventory{objects: map[string]map[string]*Object{}, permitted: map[[2]string]bool{}, makers: newMakers(), everywhere: everywhere}
		v.complete = in.settled(n) && in.renderedHere(n)
		v.podMaker = slices.ContainsFunc(n.Access, deploys)
		v.admin = v.podMaker
		out[n.Name] = v
	}
	read := map[*Object]bool{}
	for _, p := range in.Pods() {
		read[p.Object] = true
		if v := out[p.Object.Namespace]; v != nil {
			v.pods = append(v.pods, p)
			v.makers.program(p)
		}
	}
	for _, o := range in.Workloads {
		for _, namespace := range deploysInto(o) {
			if v := out[namespace]; v != nil {
				v.complete = false
			}
			anywhere = anywhere || strings.Contains(namespace, "{{")
		}
		if copied(o) {
			everywhere.names[o.Name] = true
		}
		v := out[o.Namespace]
		switch {
		case o.Namespace == "":
			everywhere.add(o)
			v = out[o.Entry.Name] // a ClusterRole is for the programs beside it
		case v != nil:
			v.add(o)
		}
		if v != nil {
			v.permit(o)
			v.podMaker = v.podMaker || (o.Namespace != "" || groupOf(o) == rbacv1.GroupName) && in.bringsPods(o, read[o])
		}
	}
	for _, v := range out {
		v.complete = v.complete && !anywhere
	}
	return out
}

// add notes an object of the namespace.
func (v *inventory) add(o *Object) {
	if !isCustom(o) {
		if v.objects[o.Kind] == nil {
			v.objects[o.Kind] = map[string]*Object{}
		}
		v.objects[o.Kind][o.Name] = o
	}
	v.makers.add(o)
}

// isCustom reports whether the kind of an object is not one of Kubernetes' own.
func isCustom(o *Object) bool {
	group := groupOf(o)
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io")
}

// bringsPods reports whether an object may lead to pods besides those of a template that was read.
func (in *Input) bringsPods(o *Object, read bool) bool {
	if podTemplates[o.Kind] != nil {
		return !read || !slices.Contains(groupsWithoutPods[:], groupOf(o))
	}
	return in.makesPods(o)
}

// deploysInto are the namespaces that an object causes deployments into: an Application or ApplicationSet of Argo CD, the
// HelmChart of k3s, or a HelmRelease or Kustomization of Flux.
func deploysInto(o *Object) []string {
	if !isCustom(o) {
		return nil
	}
	var out []string
	for _, fields := range [][]string{{"spec", "destination", "namespace"}, {"spec", "template", "spec", "destination", "namespace"}, {"spec", "targetNamespace"}} {
		if namespace := stringAt(o, fields...); namespace != "" {
			out = append(out, namespace)
		}
	}
	return out
}

// copied reports whether a tool may copy an object into other namespaces: reflector, replicator and similar tools read annotations.
func copied(o *Object) bool {
	return (o.Kind == "ConfigMap" || o.Kind == "Secret") && fieldAt(o, "metadata", "annotations") != nil
}

// permit notes what an object permits the programs of the namespace to write.
func (v *inventory) permit(o *Object) {
	if groupOf(o) != rbacv1.GroupName {
		return
	}
	if strings.HasSuffix(o.Kind, "Binding") {
		v.admin = v.admin || permitsPods(o) // a role that every cluster has
		return
	}
	var role rbacv1.ClusterRole
	if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &role) != nil {
		v.admin = true
		return
	}
	for _, r := range role.Rules {
		for _, verb := range r.Verbs {
			for _, resource := range r.Resources {
				v.permitted[[2]string{verb, resource}] = true
			}
		}
	}
}

// may reports whether a program of the namespace may write objects of a resource in one of some ways.
func (v *inventory) may(resource string, verbs ...string) bool {
	return v.admin || slices.ContainsFunc(append(verbs, "*"), func(verb string) bool {
		return v.permitted[[2]string{verb, resource}] || v.permitted[[2]string{verb, "*"}]
	})
}

// program notes the arguments of a program that may be names of what it creates: a Job may create whatever its script says, others what an
// argument names explicitly, such as --config-map=NAME.
func (m *makers) program(p *Pod) {
	job := p.Kind == "Job" || p.Kind == "CronJob"
	for _, c := range p.containers() {
		said := slices.Concat(c.Command, c.Args)
		for _, e := range c.Env {
			said = append(said, e.Value)
		}
		for _, text := range said {
			if lower := strings.ToLower(text); job || strings.Contains(lower, "configmap") || strings.Contains(lower, "config-map") || strings.Contains(lower, "pvc") {
				m.words(text)
			}
		}
	}
}

// add notes what an object may lead to.
func (m *makers) add(o *Object) {
	switch {
	case o.Kind == "ConfigMap": // a script, or a manifest for a program to apply
		for text := range texts(o.Content()["data"]) {
			if strings.Contains(text, "kubectl") || strings.Contains(text, "apiVersion") {
				m.words(text)
			}
		}
	case o.Kind == "Role" || o.Kind == "ClusterRole": // what may write something of this name does
		for text := range texts(o.Content()["rules"]) {
			m.words(text)
		}
	case o.Kind == "ExternalSecret":
		if fieldAt(o, "spec", "target", "manifest") != nil { // it creates another kind than a Secret
			m.owners[o.Name] = true
			m.words(stringAt(o, "spec", "target", "name"))
		}
	case isCustom(o) && !passive[groupOf(o)] && !slices.Contains(passiveKinds, o.Kind) && !slices.Contains(readers, o.Kind):
		for text := range texts(o.Content()["spec"]) {
			m.words(text)
		}
		m.owners[o.Name] = true
	case isCustom(o) && strings.HasSuffix(groupOf(o), "kyverno.io"): // it may generate what it names
		for text := range texts(o.Content()["spec"]) {
			m.words(text)
		}
	}
}

// words notes each part of a text that may be a name.
func (m *makers) words(text string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		m.names[strings.Trim(word, "-.")] = true
	}
}

// makes reports whether something may create an object of a name.
func (v *inventory) makes(name string) bool { return v.makers.make(name) || v.everywhere.make(name) }

func (m *makers) make(name string) bool {
	if m.names[name] || m.owners[name] {
		return true
	}
	if len(name) > 253 || len(m.owners) == 0 { // the API server accepts no such name
		return false
	}
	starts, ends := []int{0}, []int{} // of its parts
	for i, r := range name {
		if r == '-' || r == '.' {
			starts, ends = append(starts, i+1), append(ends, i)
		}
	}
	ends = append(ends, len(name))
	for i, start := range starts {
		if slices.ContainsFunc(ends[i:], func(end int) bool { return m.owners[name[start:end]] }) {
			return true
		}
	}
	return false
}

// orderedInventories are the inventories in the order of the list.
func (in *Input) orderedInventories() iter.Seq[*inventory] {
	return func(yield func(*inventory) bool) {
		all := in.inventories()
		for i := range in.Platform.Namespaces {
			if !yield(all[in.Platform.Namespaces[i].Name]) {
				return
			}
		}
	}
}

// near is the hint for a name that no object of a kind has: the nearest name, or else what to do.
func (v *inventory) near(kind, name, otherwise string) string {
	const most = 500 // candidates
	if len(v.objects[kind]) <= most {
		if n := diag.Nearest(name, slices.Collect(maps.Keys(v.objects[kind]))); n != "" {
			return `did you mean "` + n + `"?`
		}
	}
	return otherwise
}
