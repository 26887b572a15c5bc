package gateways

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
)

// grant is a ReferenceGrant: what may refer to what in its namespace.
type grant struct {
	From []origin `json:"from"`
	To   []struct {
		Group string `json:"group"`
		Kind  string `json:"kind"`
		Name  string `json:"name"`
	} `json:"to"`
}

type origin struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
}

// Reference is one from an object of the Gateway API to a Service or Secret.
type Reference struct {
	FromKind, FromNamespace string
	Group, Kind             string
	Namespace, Name         string
}

// Lacks reports whether a reference leads into another namespace that surely does not grant it.
func (in *Model) Lacks(r Reference) bool {
	if r.FromNamespace == r.Namespace {
		return false
	}
	for _, g := range in.grants.Get(in.readGrants)[r.Namespace] {
		if g.permits(r) {
			return false
		}
	}
	n := in.deployed.Entry(r.Namespace)
	return n != nil && len(n.Applications) > 0 && in.deployed.RenderedHere(n)
}

func (g *grant) permits(r Reference) bool {
	from := slices.Contains(g.From, origin{Group, r.FromKind, r.FromNamespace})
	for _, t := range g.To {
		if from && t.Group == r.Group && t.Kind == r.Kind && (t.Name == "" || t.Name == r.Name) {
			return true
		}
	}
	return false
}

func (in *Model) readGrants() map[string][]grant {
	out := map[string][]grant{}
	for _, o := range in.deployed.All("ReferenceGrant") {
		var r struct {
			Spec grant `json:"spec"`
		}
		if Is(o) && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &r) == nil {
			out[o.Namespace] = append(out[o.Namespace], r.Spec)
		}
	}
	return out
}
