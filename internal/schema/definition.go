package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	openapierrors "k8s.io/kube-openapi/pkg/validation/errors"
)

// Definition is the schema of one version of a custom kind that somebody else defines.
type Definition struct{ version *crdVersion }

// NewDefinition reads the openAPIV3Schema of a CustomResourceDefinition. The error says why an API server would refuse it.
func NewDefinition(openAPIV3Schema map[string]any) (*Definition, error) {
	text, err := json.Marshal(openAPIV3Schema)
	if err != nil {
		return nil, fmt.Errorf("encoding the schema: %w", err)
	}
	var props apiextensionsv1.JSONSchemaProps
	if err := json.Unmarshal(text, &props); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	v, err := newVersion(&props)
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	return &Definition{v}, nil
}

// Check returns the fields of an object, as JSON, that an API server would drop, and why it would refuse the object, both in order. It knows no
// CEL. Unlike those of Validate, the messages have no value of the object in them: it may be a secret.
func (d *Definition) Check(object []byte) (dropped, refused []string) {
	obj := decode(object)
	dropped = pruning.PruneWithOptions(obj, d.version.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	applyDefaults(obj, d.version.structural)
	for _, err := range d.version.validator.Validate(obj).Errors {
		refused = append(refused, withoutValue(err))
	}
	slices.Sort(dropped)
	slices.Sort(refused)
	return dropped, slices.Compact(refused)
}

// withoutValue words what a validator has found, without the value that it has found.
func withoutValue(err error) string {
	var v *openapierrors.Validation
	if !errors.As(err, &v) {
		p := compositeProblem(err)
		text, _, _ := strings.Cut(p.Message, ". ")
		return Problem{Path: p.Path, Message: text}.String()
	}
	path := strings.TrimPrefix(v.Name, ".")
	switch v.Code() {
	case openapierrors.RequiredFailCode:
		return path + " is required"
	case openapierrors.EnumFailCode:
		return path + " has none of the permitted values"
	}
	text, _, _ := strings.Cut(v.Error(), ": ") // the value follows
	return strings.TrimPrefix(strings.Replace(text, " in body", "", 1), ".")
}
