// Package celrules evaluates the CEL rules (x-kubernetes-validations) in the
// schemas of custom kinds, with the API server's own evaluator.
//
// It checks nothing else: package schema does. The two are apart because
// importing the evaluator costs every start of a binary; the tests of what
// roster renders import it, the binary need not.
package celrules

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/hippotion/roster/internal/schema"
)

// Rules are the CEL rules of a schema set. They are safe for concurrent use.
type Rules struct {
	set      *schema.Set
	compiled sync.Map // *structuralschema.Structural → *cel.Validator
}

// New returns the rules of a set. A schema's rules are compiled when an object
// first needs them.
func New(set *schema.Set) *Rules { return &Rules{set: set} }

// Validate returns the rules that obj breaks, sorted by path. It expects an object that set.Validate accepts: a rule may fail in odd ways
// on a value of the wrong type. Built-in kinds have no rules. The error is one
// that wraps schema.ErrNoSchema.
func (r *Rules) Validate(obj map[string]any) ([]schema.Problem, error) {
	apiVersion, _ := obj["apiVersion"].(string)
	kind, _ := obj["kind"].(string)
	structural, err := r.set.Structural(apiVersion, kind)
	if structural == nil {
		return nil, err
	}
	validator := r.validator(structural)
	if validator == nil {
		return nil, nil
	}
	completed, err := withDefaults(obj, structural)
	if err != nil {
		return []schema.Problem{{Message: "is not JSON: " + err.Error()}}, nil
	}
	errs, _ := validator.Validate(context.Background(), nil, structural, completed, nil, celconfig.RuntimeCELCostBudget)
	var problems []schema.Problem
	for _, err := range errs {
		path := err.Field
		if path == "<nil>" { // how a nil *field.Path prints
			path = ""
		}
		problems = append(problems, schema.Problem{Path: path, Message: err.ErrorBody()})
	}
	slices.SortFunc(problems, func(a, b schema.Problem) int { return strings.Compare(a.String(), b.String()) })
	return problems, nil
}

// validator returns nil for a schema without rules.
func (r *Rules) validator(structural *structuralschema.Structural) *cel.Validator {
	if v, ok := r.compiled.Load(structural); ok {
		return v.(*cel.Validator)
	}
	v := cel.NewValidator(structural, true, celconfig.PerCallLimit)
	r.compiled.Store(structural, v)
	return v
}

// withDefaults returns a copy as the API server sees it when it runs the rules.
func withDefaults(obj map[string]any, structural *structuralschema.Structural) (map[string]any, error) {
	text, err := json.Marshal(obj)
	if err != nil {
		return nil, err
	}
	var completed map[string]any
	if err := utiljson.Unmarshal(text, &completed); err != nil {
		return nil, err
	}
	defaulting.Default(completed, structural)
	return completed, nil
}
