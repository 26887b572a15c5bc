package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const generators = "generators.external-secrets.io"

// generator is an object of External Secrets that makes values, of any kind: all have a spec that the user wrote.
type generator struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              map[string]any `json:"spec"`
}

// generatorsOf renders one kind of generator.
func generatorsOf(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	madeIn(n, func(g *catalog.Generator, sync catalog.Sync) {
		if g.Kind != k.Kind {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: g.Name, Origin: g.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &generator{TypeMeta: t, ObjectMeta: m, Spec: filled(g.Kind, g.Spec)}
		}))
	})
	return out
}

// madeIn passes all generators of a namespace that are rendered.
func madeIn(n *catalog.Namespace, to func(*catalog.Generator, catalog.Sync)) {
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Secrets {
			for _, f := range a.Secrets[j].From {
				if f.Generator != nil && f.Generator.Spec != nil {
					to(f.Generator, a.SecretsSync)
				}
			}
		}
	}
}
