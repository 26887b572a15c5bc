package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type pushSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              pushSecretSpec `json:"spec"`
}

// All fields with a default are written out: see externalSecretSpec.
type pushSecretSpec struct {
	RefreshInterval string           `json:"refreshInterval"`
	SecretStoreRefs []secretStoreRef `json:"secretStoreRefs"`
	UpdatePolicy    string           `json:"updatePolicy"`
	DeletionPolicy  string           `json:"deletionPolicy"`
	Selector        pushSelector     `json:"selector"`
	Template        *secretTemplate  `json:"template,omitempty"`
	Data            []pushData       `json:"data"`
}

type pushSelector struct {
	Secret pushedSecret `json:"secret"`
}

type pushedSecret struct {
	Name string `json:"name"`
}

type pushData struct {
	Match              pushMatch `json:"match"`
	ConversionStrategy string    `json:"conversionStrategy"`
}

type pushMatch struct {
	SecretKey string        `json:"secretKey,omitempty"` // all keys, without it
	RemoteRef pushRemoteRef `json:"remoteRef"`
}

type pushRemoteRef struct {
	RemoteKey string `json:"remoteKey"`
	Property  string `json:"property,omitempty"`
}

func pushSecrets(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.PushSecrets {
			s := &a.PushSecrets[j]
			id := identity{Kind: k, Namespace: n.Name, Name: s.Name, Origin: s.Origin, Sync: a.PushSync}
			out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
				return &pushSecret{TypeMeta: t, ObjectMeta: m, Spec: pushSpec(s)}
			}))
		}
	}
	return out
}

func pushSpec(s *catalog.PushSecret) pushSecretSpec {
	spec := pushSecretSpec{RefreshInterval: interval(s.Interval), UpdatePolicy: s.UpdatePolicy, DeletionPolicy: s.DeletionPolicy,
		Selector: pushSelector{pushedSecret{s.Secret}}, Template: templateOf(s.Template, "")}
	for _, ref := range s.Stores {
		spec.SecretStoreRefs = append(spec.SecretStoreRefs, secretStoreRef(ref))
	}
	for _, d := range s.Data {
		spec.Data = append(spec.Data, pushData{pushMatch{d.Key, pushRemoteRef{d.Path, d.Property}}, "None"})
	}
	return spec
}
