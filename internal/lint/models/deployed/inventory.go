package deployed

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Inventory is what is known about one namespace: what applications deploy into it, and what else may be there.
type Inventory struct {
	Objects map[string]map[string]*Object // of Kubernetes' own API groups, by kind and name
	Pods    []*Pod

	Complete  bool               // whether all that the list deploys here is known
	PodMaker  bool               // whether there may be pods besides pods
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

// Inventories takes the inventory of each namespace of the list, by name.
func (in *Model) Inventories() map[string]*Inventory {
	out, everywhere, anywhere := map[string]*Inventory{}, newMakers(), false
	for i := range in.Platform.Namespaces {
		n := &in.Platform.Namespaces[i]
		v := &Inventory{Objects: map[string]map[string]*Object{}, permitted: map[[2]string]bool{}, makers: newMakers(), everywhere: everywhere}
		v.Complete = in.Settled(n) && in.RenderedHere(n)
		v.PodMaker = slices.ContainsFunc(n.Access, Deploys)
		v.admin = v.PodMaker
		out[n.Name] = v
	}
	read := map[*Object]bool{}
	for _, p := range in.Pods() {
		read[p.Object] = true
		if v := out[p.Object.Namespace]; v != nil {
			v.Pods = append(v.Pods, p)
			v.makers.program(p)
		}
	}
	for _, o := range in.Workloads {
		for _, namespace := range deploysInto(o) {
			if v := out[namespace]; v != nil {
				v.Complete = false
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
			v.PodMaker = v.PodMaker || (o.Namespace != "" || GroupOf(o) == rbacv1.GroupName) && in.bringsPods(o, read[o])
		}
	}
	for _, v := range out {
		v.Complete = v.Complete && !anywhere
	}
	return out
}

// add notes an object of the namespace.
func (v *Inventory) add(o *Object) {
	if !IsCustom(o) {
		if v.Objects[o.Kind] == nil {
			v.Objects[o.Kind] = map[string]*Object{}
		}
		v.Objects[o.Kind][o.Name] = o
	}
	v.makers.add(o)
}

// IsCustom reports whether the kind of an object is not one of Kubernetes' own.
func IsCustom(o *Object) bool {
	group := GroupOf(o)
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io")
}

// bringsPods reports whether an object may lead to pods besides those of a template that was read.
func (in *Model) bringsPods(o *Object, read bool) bool {
	if podTemplates[o.Kind] != nil {
		return !read || !slices.Contains(groupsWithoutPods[:], GroupOf(o))
	}
	return in.makesPods(o)
}

// deploysInto are the namespaces that an object causes deployments into: an Application or ApplicationSet of Argo CD, the
// HelmChart of k3s, or a HelmRelease or Kustomization of Flux.
func deploysInto(o *Object) []string {
	if !IsCustom(o) {
		return nil
	}
	var out []string
	for _, fields := range [][]string{{"spec", "destination", "namespace"}, {"spec", "template", "spec", "destination", "namespace"}, {"spec", "targetNamespace"}} {
		if namespace := StringAt(o, fields...); namespace != "" {
			out = append(out, namespace)
		}
	}
	return out
}

// copied reports whether a tool may copy an object into other namespaces: reflector, replicator and similar tools read annotations.
func copied(o *Object) bool {
	return (o.Kind == "ConfigMap" || o.Kind == "Secret") && FieldAt(o, "metadata", "annotations") != nil
}

// permit notes what an object permits the programs of the namespace to write.
func (v *Inventory) permit(o *Object) {
	if GroupOf(o) != rbacv1.GroupName {
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

// May reports whether a program of the namespace may write objects of a resource in one of some ways.
func (v *Inventory) May(resource string, verbs ...string) bool {
	return v.admin || slices.ContainsFunc(append(verbs, "*"), func(verb string) bool {
		return v.permitted[[2]string{verb, resource}] || v.permitted[[2]string{verb, "*"}]
	})
}

// program notes the arguments of a program that may be names of what it creates: a Job may create whatever its script says, others what an
// argument names explicitly, such as --config-map=NAME.
func (m *makers) program(p *Pod) {
	job := p.Kind == "Job" || p.Kind == "CronJob"
	for _, c := range p.Containers() {
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
		for text := range Texts(o.Content()["data"]) {
			if strings.Contains(text, "kubectl") || strings.Contains(text, "apiVersion") {
				m.words(text)
			}
		}
	case o.Kind == "Role" || o.Kind == "ClusterRole": // what may write something of this name does
		for text := range Texts(o.Content()["rules"]) {
			m.words(text)
		}
	case o.Kind == "ExternalSecret":
		if FieldAt(o, "spec", "target", "manifest") != nil { // it creates another kind than a Secret
			m.owners[o.Name] = true
			m.words(StringAt(o, "spec", "target", "name"))
		}
	case IsCustom(o) && !IsPassive(o) && !IsReader(o):
		for text := range Texts(o.Content()["spec"]) {
			m.words(text)
		}
		m.owners[o.Name] = true
	case IsCustom(o) && strings.HasSuffix(GroupOf(o), "kyverno.io"): // it may generate what it names
		for text := range Texts(o.Content()["spec"]) {
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

// Makes reports whether something may create an object of a name.
func (v *Inventory) Makes(name string) bool { return v.makers.make(name) || v.everywhere.make(name) }

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

// OrderedInventories are the inventories in the order of the list.
func (in *Model) OrderedInventories() iter.Seq[*Inventory] {
	return func(yield func(*Inventory) bool) {
		all := in.Inventories()
		for i := range in.Platform.Namespaces {
			if !yield(all[in.Platform.Namespaces[i].Name]) {
				return
			}
		}
	}
}

// Near is the hint for a name that no object of a kind has: the nearest name, or else what to do.
func (v *Inventory) Near(kind, name, otherwise string) string {
	const most = 500 // candidates
	if len(v.Objects[kind]) <= most {
		if n := diag.Nearest(name, slices.Collect(maps.Keys(v.Objects[kind]))); n != "" {
			return `did you mean "` + n + `"?`
		}
	}
	return otherwise
}

// readers are custom kinds for which no Secrets are created, and which are full of names.
var readers = [...]string{"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "Middleware", "MiddlewareTCP", "ServersTransport",
	"ServersTransportTCP", "TLSOption", "TLSStore", "TraefikService", "ServiceMonitor", "PodMonitor",
	"Probe", "PrometheusRule", "CustomResourceDefinition",
	"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "ReferenceGrant", "BackendTLSPolicy",
	"SecurityPolicy", "BackendTrafficPolicy", "ClientTrafficPolicy"} // the last three are Envoy Gateway's

// IsReader reports whether no Secrets are created for an object, although it is full of names.
func IsReader(o *Object) bool { return slices.Contains(readers[:], o.Kind) }

// passive are the groups of kinds for which no operator creates a Service.
var passive = map[string]bool{
	"cert-manager.io": true, "cilium.io": true, "external-secrets.io": true, "kyverno.io": true, "policies.kyverno.io": true, "traefik.io": true,
	"bitnami.com": true, "isindir.github.com": true, "onepassword.com": true, "secrets.hashicorp.com": true, // from which Secrets are made: SealedSecret, SopsSecret
}

// passiveKinds are kinds for which no operator creates a Service, in a group that has others.
var passiveKinds = [...]string{"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"}

// IsPassive reports whether no operator creates a Service for an object.
func IsPassive(o *Object) bool {
	return passive[GroupOf(o)] || slices.Contains(passiveKinds[:], o.Kind)
}
