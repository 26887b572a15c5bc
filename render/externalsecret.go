package render

import (
	"cmp"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const externalSecretsGroup = "external-secrets.io"

type externalSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              externalSecretSpec `json:"spec"`
}

// All fields that the operator's CRD gives a default are written out: Argo CD compares with what is stored, and an
// ExternalSecret without them would be OutOfSync forever. Those that not all versions have are in ignoredDefaults.
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
	Immutable      bool            `json:"immutable,omitempty"`
	Template       *secretTemplate `json:"template,omitempty"`
}

type secretTemplate struct {
	Type          string            `json:"type,omitempty"`
	EngineVersion string            `json:"engineVersion"`
	MergePolicy   string            `json:"mergePolicy"`
	Metadata      *templateMetadata `json:"metadata,omitempty"`
	Data          map[string]string `json:"data,omitempty"`
	TemplateFrom  []templateFrom    `json:"templateFrom,omitempty"`
}

type templateMetadata struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type templateFrom struct {
	ConfigMap *templateRef `json:"configMap,omitempty"`
	Secret    *templateRef `json:"secret,omitempty"`
	Literal   string       `json:"literal,omitempty"`
	Target    string       `json:"target"`
}

type templateRef struct {
	Name  string         `json:"name"`
	Items []templateItem `json:"items"`
}

type templateItem struct {
	Key        string `json:"key"`
	TemplateAs string `json:"templateAs"`
}

type secretData struct {
	SecretKey string         `json:"secretKey"`
	RemoteRef remoteRef      `json:"remoteRef"`
	SourceRef *dataSourceRef `json:"sourceRef,omitempty"`
}

type secretDataSource struct {
	Extract   *remoteRef     `json:"extract,omitempty"`
	Find      *find          `json:"find,omitempty"`
	Rewrite   []rewrite      `json:"rewrite,omitempty"`
	SourceRef *dataSourceRef `json:"sourceRef,omitempty"`
}

type dataSourceRef struct {
	StoreRef     *secretStoreRef `json:"storeRef,omitempty"`
	GeneratorRef *generatorRef   `json:"generatorRef,omitempty"`
}

type generatorRef struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

type find struct {
	Name               *findName         `json:"name,omitempty"`
	Path               string            `json:"path,omitempty"`
	Tags               map[string]string `json:"tags,omitempty"`
	ConversionStrategy string            `json:"conversionStrategy"`
	DecodingStrategy   string            `json:"decodingStrategy"`
}

type findName struct {
	Regexp string `json:"regexp"`
}

type rewrite struct {
	Regexp    *rewriteRegexp    `json:"regexp,omitempty"`
	Transform *rewriteTransform `json:"transform,omitempty"`
	Merge     *rewriteMerge     `json:"merge,omitempty"`
}

type rewriteRegexp struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

type rewriteTransform struct {
	Template string `json:"template"`
}

type rewriteMerge struct {
	Into           string   `json:"into"`
	Strategy       string   `json:"strategy"`
	ConflictPolicy string   `json:"conflictPolicy"`
	Priority       []string `json:"priority,omitempty"`
	PriorityPolicy string   `json:"priorityPolicy"`
}

type remoteRef struct {
	Key                string `json:"key"`
	Property           string `json:"property,omitempty"`
	Version            string `json:"version,omitempty"`
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
	return append(out, repositories(k, n)...)
}

func externalSecretOf(k kind, namespace string, s *catalog.Secret, sync catalog.Sync) object.Object {
	id := identity{Kind: k, Namespace: namespace, Name: s.Name, Origin: s.Origin, Sync: sync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &externalSecret{TypeMeta: t, ObjectMeta: m, Spec: secretSpec(s)}
	})
}

func secretSpec(s *catalog.Secret) externalSecretSpec {
	spec := externalSecretSpec{
		RefreshPolicy:   s.RefreshPolicy,
		RefreshInterval: interval(s.RefreshInterval),
		SecretStoreRef:  secretStoreRef(s.Store),
		Target: secretTarget{Name: s.Target, CreationPolicy: s.CreationPolicy, DeletionPolicy: s.DeletionPolicy, Immutable: s.Immutable,
			Template: templateOf(s.Template, s.Type)},
	}
	for i := range s.Data {
		d := &s.Data[i]
		spec.Data = append(spec.Data, secretData{SecretKey: d.Key, RemoteRef: remote(d), SourceRef: storeSource(d.From)})
	}
	for i := range s.From {
		spec.DataFrom = append(spec.DataFrom, dataSource(&s.From[i]))
	}
	return spec
}

func templateOf(t *catalog.SecretTemplate, secretType string) *secretTemplate {
	if t == nil {
		return nil
	}
	out := &secretTemplate{Type: secretType, EngineVersion: "v2", MergePolicy: t.MergePolicy, Data: t.Data}
	if len(t.Labels)+len(t.Annotations) > 0 {
		out.Metadata = &templateMetadata{Labels: t.Labels, Annotations: t.Annotations}
	}
	for _, from := range t.From {
		f := templateFrom{Literal: from.Literal, Target: from.Target}
		ref := &templateRef{Name: cmp.Or(from.ConfigMap, from.Secret)}
		for _, item := range from.Items {
			ref.Items = append(ref.Items, templateItem{item.Key, item.As})
		}
		switch {
		case from.ConfigMap != "":
			f.ConfigMap = ref
		case from.Secret != "":
			f.Secret = ref
		}
		out.TemplateFrom = append(out.TemplateFrom, f)
	}
	return out
}

func dataSource(f *catalog.SecretFrom) secretDataSource {
	out := secretDataSource{SourceRef: storeSource(f.Store)}
	switch {
	case f.Extract != nil:
		ref := remote(f.Extract)
		out.Extract = &ref
	case f.Find != nil:
		out.Find = &find{Path: f.Find.Path, Tags: f.Find.Tags, ConversionStrategy: cmp.Or(f.Find.Conversion, "Default"), DecodingStrategy: cmp.Or(f.Find.Decoding, "None")}
		if f.Find.Name != "" {
			out.Find.Name = &findName{f.Find.Name}
		}
	case f.Generator != nil:
		out.SourceRef = &dataSourceRef{GeneratorRef: generatorOf(f.Generator)}
	}
	for i := range f.Rewrite {
		out.Rewrite = append(out.Rewrite, rewriteOf(&f.Rewrite[i]))
	}
	return out
}

func generatorOf(g *catalog.Generator) *generatorRef {
	return &generatorRef{generators + "/v1alpha1", g.Kind, g.Name}
}

func rewriteOf(r *catalog.KeyRewrite) rewrite {
	switch {
	case r.Regexp:
		return rewrite{Regexp: &rewriteRegexp{r.Source, r.Target}}
	case r.Merge != nil:
		return rewrite{Merge: &rewriteMerge{Into: r.Merge.Into, Strategy: r.Merge.Strategy, ConflictPolicy: r.ConflictPolicy, Priority: r.Priority, PriorityPolicy: r.PriorityPolicy}}
	}
	return rewrite{Transform: &rewriteTransform{r.Transform}}
}

func storeSource(ref *catalog.StoreRef) *dataSourceRef {
	if ref == nil {
		return nil
	}
	store := secretStoreRef(*ref)
	return &dataSourceRef{StoreRef: &store}
}

func remote(d *catalog.SecretData) remoteRef {
	return remoteRef{Key: d.Path, Property: d.Property, Version: d.Version, ConversionStrategy: cmp.Or(d.Conversion, "Default"),
		DecodingStrategy: cmp.Or(d.Decoding, "None"), MetadataPolicy: cmp.Or(d.MetadataFrom, "None")}
}

// interval writes a time as the operator does when it stores one: 1h0m0s.
func interval(d time.Duration) string { return d.String() }
