package render

import (
	"maps"

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

// generatorDefaults are what the operator's CRDs give as defaults. Kinds that are not here have none, or only in lists that nobody leaves out.
func generatorDefaults(kind string) map[string]any {
	switch kind {
	case "ACRAccessToken":
		return map[string]any{"environmentType": "PublicCloud"}
	case "Password":
		return map[string]any{"length": 24, "noUpper": false, "allowRepeat": false} // encoding: see unsettledPasswords
	case "SSHKey":
		return map[string]any{"keyType": "rsa"}
	case "VaultDynamicSecret":
		return map[string]any{"resultType": "Data", "allowEmptyResponse": false}
	}
	return nil
}

// generatorsOf renders one kind of generator.
func generatorsOf(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	madeIn(n, func(g *catalog.Generator, sync catalog.Sync) {
		if g.Kind != k.Kind {
			return
		}
		spec := generatorDefaults(g.Kind)
		if spec == nil {
			spec = map[string]any{}
		}
		maps.Copy(spec, g.Spec)
		id := identity{Kind: k, Namespace: n.Name, Name: g.Name, Origin: g.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &generator{TypeMeta: t, ObjectMeta: m, Spec: spec}
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

// unsettledPasswords is a field of them to which releases of External Secrets since 0.20.4 give a default, and which others do not have.
func unsettledPasswords(p *catalog.Platform) []ignoreDifferences {
	found := false
	for i := range p.Namespaces {
		madeIn(&p.Namespaces[i], func(g *catalog.Generator, _ catalog.Sync) {
			found = found || g.Kind == "Password" && g.Spec["encoding"] == nil
		})
	}
	if !found {
		return nil
	}
	return []ignoreDifferences{{Group: generators, Kind: "Password", JQPathExpressions: []string{".spec.encoding"}}}
}
