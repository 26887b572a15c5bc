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
		return map[string]any{"length": 24, "noUpper": false, "allowRepeat": false, "encoding": "raw"}
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
	add := func(g *catalog.Generator, sync catalog.Sync) {
		if g == nil || g.Spec == nil || g.Kind != k.Kind {
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
	}
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Secrets {
			for l := range a.Secrets[j].From {
				add(a.Secrets[j].From[l].Generator, a.SecretsSync)
			}
		}
	}
	return out
}
