// Package admission judges workloads by policies in CEL, with the API server's own evaluator: those of Kubernetes, and those of Kyverno
// that use no more than Kubernetes has.
//
// It knows pods and what makes them, and no other kind; it does not know what follows from a verdict.
package admission

import (
	"errors"
	"fmt"

	celgo "github.com/google/cel-go/cel"
	registration "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// Spec is the part of a policy that says what it looks at and what must hold. ValidatingAdmissionPolicy and Kyverno's ValidatingPolicy
// have the same fields.
type Spec struct {
	MatchConstraints *registration.MatchResources  `json:"matchConstraints"`
	MatchConditions  []registration.MatchCondition `json:"matchConditions"`
	Variables        []registration.Variable       `json:"variables"`
	Validations      []registration.Validation     `json:"validations"`
}

// Compiler compiles policies.
type Compiler struct{ env *cel.CompositionEnv }

// NewCompiler is a compiler for the expressions that the API server of the linked Kubernetes accepts. Making one takes some milliseconds.
func NewCompiler() (*Compiler, error) {
	env, err := cel.NewCompositionEnv(cel.VariablesTypeName, environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	return &Compiler{env}, err
}

// Policy is a compiled policy.
type Policy struct {
	rules                            []registration.NamedRuleWithOperations
	namespaces                       labels.Selector
	conditions, validations, reasons cel.ConditionEvaluator
	messages                         []string
}

// Compile compiles the spec of a policy, as JSON has it. The error says why the API server would refuse it.
func (c *Compiler) Compile(content map[string]any) (*Policy, error) {
	var spec Spec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &spec); err != nil {
		return nil, err
	}
	p := &Policy{namespaces: labels.Everything()}
	if m := spec.MatchConstraints; m != nil {
		var err error
		p.rules = m.ResourceRules
		if m.NamespaceSelector != nil {
			if p.namespaces, err = metav1.LabelSelectorAsSelector(m.NamespaceSelector); err != nil {
				return nil, err
			}
		}
	}
	// As compilePolicy of k8s.io/apiserver/pkg/admission/plugin/policy/validating does. There is no user, and so no authorizer.
	compiler, none := cel.NewCompositedCompilerFromTemplate(c.env), cel.OptionalVariableDeclarations{}
	var errs []error
	for _, v := range spec.Variables {
		if result := compiler.CompileAndStoreVariable(&expression{v.Name, v.Expression, celgo.DynType}, none, environment.StoredExpressions); result.Error != nil {
			errs = append(errs, fmt.Errorf("variable %s: %w", v.Name, result.Error))
		}
	}
	var conditions, validations, reasons []cel.ExpressionAccessor
	for _, m := range spec.MatchConditions {
		conditions = append(conditions, &expression{m.Name, m.Expression, celgo.BoolType})
	}
	for _, v := range spec.Validations {
		validations = append(validations, &expression{"", v.Expression, celgo.BoolType})
		reason := v.MessageExpression
		if reason == "" {
			reason = "''"
		}
		reasons = append(reasons, &expression{"", reason, celgo.StringType})
		p.messages = append(p.messages, v.Message)
	}
	compile := func(all []cel.ExpressionAccessor) cel.ConditionEvaluator {
		evaluator := compiler.CompileCondition(all, none, environment.StoredExpressions)
		errs = append(errs, evaluator.CompilationErrors()...)
		return evaluator
	}
	p.conditions, p.validations, p.reasons = compile(conditions), compile(validations), compile(reasons)
	return p, errors.Join(errs...)
}

// expression is one of a policy.
type expression struct {
	name, text string
	returns    *celgo.Type
}

func (e *expression) GetExpression() string { return e.text }

func (e *expression) GetName() string { return e.name }

func (e *expression) ReturnTypes() []*celgo.Type {
	if e.returns == celgo.DynType { // a variable
		return []*celgo.Type{celgo.AnyType, celgo.DynType}
	}
	return []*celgo.Type{e.returns}
}
