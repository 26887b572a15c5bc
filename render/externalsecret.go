package render

import (
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type externalSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              externalSecretSpec `json:"spec"`
}

// All fields that the operator's CRD gives a default are written out: Argo CD compares with what is stored, and an
// ExternalSecret without them would be OutOfSync forever. Those that not all versions have are in unsettledDefaults.
type externalSecretSpec struct {
	RefreshPolicy   string             `json:"refreshPolicy"`
	RefreshInterval string             `json:"refreshInterval"`
	SecretStoreRef  secretStoreRef     `json:"secretStoreRef"`
	Target          secretTarget       `json:"target"`
	Data            []secretData       `json:"data,omitempty"`
	DataFrom        []secretDataSource `json:"dataFrom,omitempty"`
}

type secretStoreRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type secretTarget struct {
	Name           string          `json:"name"`
	CreationPolicy string          `json:"creationPolicy"`
	DeletionPolicy string          `json:"deletionPolicy"`
	Template       *secretTemplate `json:"template,omitempty"`
}

type secretTemplate struct {
	Type          string `json:"type"`
	EngineVersion string `json:"engineVersion"`
	MergePolicy   string `json:"mergePolicy"`
}

type secretData struct {
	SecretKey string    `json:"secretKey"`
	RemoteRef remoteRef `json:"remoteRef"`
}

type secretDataSource struct {
	Extract remoteRef `json:"extract"`
}

type remoteRef struct {
	Key                string `json:"key"`
	Property           string `json:"property,omitempty"`
	ConversionStrategy string `json:"conversionStrategy"`
	DecodingStrategy   string `json:"decodingStrategy"`
	MetadataPolicy     string `json:"metadataPolicy"`
}

func externalSecrets(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Secrets {
			out = append(out, externalSecretOf(k, n.Name, &a.Secrets[j], a.SecretsSync))
		}
	}
	return out
}

func externalSecretOf(k kind, namespace string, s *catalog.Secret, sync catalog.Sync) object.Object {
	id := identity{Kind: k, Namespace: namespace, Name: s.Name, Origin: s.Origin, Sync: sync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &externalSecret{TypeMeta: t, ObjectMeta: m, Spec: secretSpec(s)}
	})
}

func secretSpec(s *catalog.Secret) externalSecretSpec {
	spec := externalSecretSpec{
		RefreshPolicy:   "Periodic",
		RefreshInterval: interval(s.RefreshInterval),
		SecretStoreRef:  secretStoreRef(s.Store),
		Target:          secretTarget{Name: s.Name, CreationPolicy: "Owner", DeletionPolicy: "Retain"},
	}
	if s.Type != "" {
		spec.Target.Template = &secretTemplate{Type: s.Type, EngineVersion: "v2", MergePolicy: "Replace"}
	}
	for _, d := range s.Data {
		spec.Data = append(spec.Data, secretData{SecretKey: d.Key, RemoteRef: remote(d.Path, d.Property)})
	}
	for _, path := range s.Extract {
		spec.DataFrom = append(spec.DataFrom, secretDataSource{Extract: remote(path, "")})
	}
	return spec
}

func remote(key, property string) remoteRef {
	return remoteRef{Key: key, Property: property, ConversionStrategy: "Default", DecodingStrategy: "None", MetadataPolicy: "None"}
}

// interval writes a time as the operator does when it stores one: 1h0m0s.
func interval(d time.Duration) string { return d.String() }
