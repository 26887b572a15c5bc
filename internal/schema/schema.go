// Package schema holds the schemas of the kinds that roster renders, and of those
// that the applications of the examples deploy, as their makers publish them, and reports what an API server would refuse in one object.
//
// Custom kinds (Argo CD, Cilium, cert-manager and others) are checked against the
// structural schemas of their CustomResourceDefinitions, cut down and embedded by
// the generator; built-in kinds by strict decoding into k8s.io/api.
//
// It does not talk to a cluster, does not read files, and does not look beyond
// one object. It does not evaluate the CEL rules of a schema: package celrules
// does, because their evaluator is slow to start. Of a built-in kind it checks
// field names, types and metadata, not the values: those rules are Go code of
// the API server that no library provides.
package schema

//go:generate go run ./gen

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// ErrNoSchema reports a kind that this package knows nothing about:
// the object is neither good nor bad.
var ErrNoSchema = errors.New("no schema")

// Problem is one thing that an API server would refuse.
type Problem struct {
	Path    string // of the field, as in spec.routes[0].match; empty for the object itself
	Message string
	Newer   *Newer // what a newer version of a custom kind may change about it; nil when it is wrong in any version
}

// Newer says why an object may be right in a newer version of its operator: those add fields and values to the same API version.
type Newer struct {
	Found  string   // a field or a value that this version does not have
	Known  []string // the fields, or the values, that it has in the same place
	Within string   // where neither is found: the object whose number or choice of fields is wrong; unknown fields may satisfy that
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Set is every schema that this package has. It is safe for concurrent use.
type Set struct {
	custom  map[schema.GroupKind]*customKind
	builtin *runtime.Scheme
}

// New returns the set. A schema is only parsed when an object needs it.
func New() *Set {
	return &Set{custom: customKinds(), builtin: builtinScheme()}
}

// Kinds lists the custom kinds and their served versions, sorted, as in
// "external-secrets.io/v1 ExternalSecret".
func (s *Set) Kinds() []string {
	var kinds []string
	for gk, k := range s.custom {
		for _, v := range k.served() {
			kinds = append(kinds, gk.Group+"/"+v+" "+gk.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Structural returns the structural schema of one custom kind, which the caller
// must not change, and nil for a built-in kind. The error wraps ErrNoSchema.
func (s *Set) Structural(apiVersion, kind string) (*structuralschema.Structural, error) {
	gvk := schema.FromAPIVersionAndKind(apiVersion, kind)
	if s.builtin.Recognizes(gvk) {
		return nil, nil
	}
	if k := s.custom[gvk.GroupKind()]; k != nil {
		if v := k.version(gvk.Version); v != nil {
			return v.structural, nil
		}
	}
	return nil, noSchema(gvk)
}

// Validate returns what is wrong with obj, sorted by path, or nothing. The error
// is always one that wraps ErrNoSchema. obj stays as it is.
func (s *Set) Validate(obj map[string]any) ([]Problem, error) {
	text, err := json.Marshal(obj)
	if err != nil {
		return []Problem{{Message: "is not JSON: " + err.Error()}}, nil
	}
	gvk, problems := identity(obj)
	if len(problems) > 0 {
		return problems, nil
	}
	if k := s.custom[gvk.GroupKind()]; k != nil {
		problems = k.validate(gvk.Version, decode(text))
	} else if problems, err = validateBuiltin(s.builtin, gvk, text); err != nil {
		return nil, err
	}
	return tidy(problems), nil
}

// ValidateYAML is Validate for the text of one document. It also finds what a
// map can no longer tell: a key that is given twice.
func (s *Set) ValidateYAML(doc []byte) ([]Problem, error) {
	text, err := yaml.YAMLToJSONStrict(doc)
	if err != nil {
		return []Problem{{Message: err.Error()}}, nil
	}
	var obj map[string]any
	if err := utiljson.Unmarshal(text, &obj); err != nil {
		return []Problem{{Message: "is not an object: " + err.Error()}}, nil
	}
	return s.Validate(obj)
}

// Defaults returns the fields that an API server would add to obj because of its schema, sorted by path. Argo CD compares what it applied
// with what it
// finds, so an object that lacks one of them stays OutOfSync forever. Built-in
// kinds have none: Argo CD knows their defaults. The error wraps ErrNoSchema.
func (s *Set) Defaults(obj map[string]any) ([]Default, error) {
	gvk, problems := identity(obj)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoSchema, problems[0])
	}
	structural, err := s.Structural(gvk.GroupVersion().String(), gvk.Kind)
	if structural == nil {
		return nil, err
	}
	text, err := json.Marshal(obj)
	if err != nil {
		return nil, fmt.Errorf("encoding the object: %w", err)
	}
	return applyDefaults(decode(text), structural), nil
}

// decode reads text with the number types that the upstream validators expect:
// int64 and float64, where a YAML decoder gives int.
func decode(text []byte) map[string]any {
	var obj map[string]any
	if err := utiljson.Unmarshal(text, &obj); err != nil {
		panic(err) // text was written by json.Marshal from a map
	}
	return obj
}

// identity returns the kind of obj, or why it has none.
func identity(obj map[string]any) (schema.GroupVersionKind, []Problem) {
	var problems []Problem
	str := func(key string) string {
		v, found := obj[key]
		text, isString := v.(string)
		switch {
		case !found:
			problems = append(problems, Problem{Path: key, Message: "is missing"})
		case !isString || text == "":
			problems = append(problems, Problem{Path: key, Message: "must be a string that is not empty"})
		}
		return text
	}
	apiVersion, kind := str("apiVersion"), str("kind")
	if len(problems) > 0 {
		return schema.GroupVersionKind{}, problems
	}
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return schema.GroupVersionKind{}, []Problem{{Path: "apiVersion", Message: "expected a version, or GROUP/VERSION"}}
	}
	return gv.WithKind(kind), nil
}

func noSchema(gvk schema.GroupVersionKind) error {
	return fmt.Errorf("%w: %s %s", ErrNoSchema, gvk.GroupVersion(), gvk.Kind)
}

func notServed(gvk schema.GroupVersionKind, served []string) []Problem {
	return []Problem{{Path: "apiVersion", Message: fmt.Sprintf("%s is not served for %s; served: %s",
		gvk.GroupVersion(), gvk.Kind, strings.Join(served, ", "))}}
}

// tidy sorts by path and drops repetitions: two upstream validators may report the same, and most of them range over maps.
func tidy(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	})
	return slices.CompactFunc(problems, func(a, b Problem) bool { return a.Path == b.Path && a.Message == b.Message })
}
