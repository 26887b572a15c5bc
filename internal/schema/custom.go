package schema

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
)

//go:embed kinds
var kindFiles embed.FS

// customKind is one CustomResourceDefinition; its file is parsed at first use.
type customKind struct {
	schema.GroupKind
	parsed func() crd
}

type crd struct {
	namespaced bool
	versions   map[string]*crdVersion
}

type crdVersion struct {
	structural *structuralschema.Structural
	validator  *validate.SchemaValidator
}

// customKinds finds the embedded kinds by their paths: kinds/GROUP/KIND.json.
func customKinds() map[schema.GroupKind]*customKind {
	files, err := fs.Glob(kindFiles, "kinds/*/*.json")
	if err != nil {
		panic(err) // only for a bad pattern
	}
	kinds := make(map[schema.GroupKind]*customKind, len(files))
	for _, file := range files {
		gk := schema.GroupKind{
			Group: path.Base(path.Dir(file)),
			Kind:  strings.TrimSuffix(path.Base(file), ".json"),
		}
		kinds[gk] = &customKind{gk, sync.OnceValue(func() crd { return mustParse(file) })}
	}
	return kinds
}

func mustRead(file string) []byte {
	data, err := kindFiles.ReadFile(file)
	if err != nil {
		panic(err) // embedded
	}
	return data
}

// mustParse panics on a file that does not parse: the files are embedded, and a
// test parses each of them.
func mustParse(file string) crd {
	c, err := parse(mustRead(file))
	if err != nil {
		panic(fmt.Errorf("reading %s: %w", file, err))
	}
	return c
}

func parse(data []byte) (crd, error) {
	var f struct {
		Scope    string
		Versions map[string]*apiextensionsv1.JSONSchemaProps
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return crd{}, err
	}
	c := crd{namespaced: f.Scope == "Namespaced", versions: map[string]*crdVersion{}}
	for name, props := range f.Versions {
		v, err := newVersion(props)
		if err != nil {
			return crd{}, err
		}
		c.versions[name] = v
	}
	return c, nil
}

func newVersion(props *apiextensionsv1.JSONSchemaProps) (*crdVersion, error) {
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(props, &internal, nil); err != nil {
		return nil, err
	}
	structural, err := structuralschema.NewStructural(&internal)
	if err != nil {
		return nil, err
	}
	// apiextensions-apiserver/pkg/apiserver/validation would build the same
	// validator, but importing it brings the CEL compiler and the metrics
	// registry along. The tests of celrules compare the two.
	validator := validate.NewSchemaValidator(structural.ToKubeOpenAPI(), nil, "", strfmt.Default)
	return &crdVersion{structural, validator}, nil
}

// version returns nil for a version that is not served.
func (k *customKind) version(name string) *crdVersion { return k.parsed().versions[name] }

// served lists the served versions, sorted.
func (k *customKind) served() []string {
	var names []string
	for name := range k.parsed().versions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// validate does what the API server does when a custom object is created, in
// its order, but reports what the server would silently drop: unknown fields
// and nulls. It changes obj.
func (k *customKind) validate(version string, obj map[string]any) []Problem {
	v := k.version(version)
	if v == nil {
		return notServed(k.WithVersion(version), k.served())
	}
	problems := unknownFields(pruning.PruneWithOptions(obj, v.structural, true,
		structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}))
	for i := range problems {
		problems[i].Newer = newerField(v.structural, problems[i].Path)
	}

	malformed, unknown := objectmeta.CoerceWithOptions(nil, obj, v.structural, true,
		objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	problems = append(problems, unknownFields(unknown)...)
	if malformed != nil {
		problems = append(problems, fieldProblem(malformed))
	} else {
		meta := &unstructured.Unstructured{Object: obj}
		problems = append(problems, validateMeta(meta, k.GroupKind, k.parsed().namespaced)...)
	}

	applyDefaults(obj, v.structural)
	problems = append(problems, schemaProblems(v.validator.Validate(obj))...)
	problems = append(problems, fieldProblems(objectmeta.Validate(nil, obj, v.structural, false))...)
	problems = append(problems, fieldProblems(listtype.ValidateListSetsAndMaps(nil, v.structural, obj))...)
	return problems
}

// newerField is what a version with more fields may know of a field; nil for one at the top, which all kinds have in common.
func newerField(s *structuralschema.Structural, path string) *Newer {
	fields := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })
	if len(fields) < 2 {
		return nil
	}
	n := &Newer{Found: fields[len(fields)-1]}
	for _, field := range fields[:len(fields)-1] {
		switch property, ok := s.Properties[field]; {
		case ok:
			s = &property
		case strings.HasSuffix(field, "]") && s.Items != nil:
			s = s.Items
		case s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil:
			s = s.AdditionalProperties.Structural
		default: // a key with a dot in it
			return n
		}
	}
	n.Known = slices.Sorted(maps.Keys(s.Properties))
	return n
}
