package admission

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	registration "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// Request is an object that is about to be created, or to become another one when Old is set.
type Request struct {
	Object, Old     map[string]any
	Namespace       string
	NamespaceLabels map[string]string
	Subresource     string // such as ephemeralcontainers
}

// Verdict is what a policy says about a request.
type Verdict struct {
	Applies bool   // whether the policy looks at such objects in such a namespace
	Left    bool   // whether one of its conditions leaves this one alone
	Passes  bool   // whether what it requires holds, whether or not it is left alone
	Message string // why not
}

// kinds are the workloads, with the resources that rules name.
var kinds = map[schema.GroupKind]string{
	{Kind: "Pod"}: "pods", {Kind: "ReplicationController"}: "replicationcontrollers",
	{Group: "apps", Kind: "DaemonSet"}: "daemonsets", {Group: "apps", Kind: "Deployment"}: "deployments",
	{Group: "apps", Kind: "ReplicaSet"}: "replicasets", {Group: "apps", Kind: "StatefulSet"}: "statefulsets",
	{Group: "batch", Kind: "CronJob"}: "cronjobs", {Group: "batch", Kind: "Job"}: "jobs",
}

// Judges reports whether the package knows the kind of an object.
func Judges(object map[string]any) bool {
	o := unstructured.Unstructured{Object: object}
	gvk := schema.FromAPIVersionAndKind(o.GetAPIVersion(), o.GetKind())
	return kinds[gvk.GroupKind()] != "" && gvk.Version == "v1"
}

// Judge holds a request against the policy. An error means that an expression could not be evaluated, or costs more than the API server
// permits: what then happens is up to the policy's failurePolicy.
func (p *Policy) Judge(ctx context.Context, r Request) (Verdict, error) {
	object := &unstructured.Unstructured{Object: withoutNulls(r.Object)}
	gvk := object.GroupVersionKind()
	resource, of := gvk.GroupVersion().WithResource(kinds[gvk.GroupKind()]), labels.Set{corev1.LabelMetadataName: r.Namespace}
	maps.Copy(of, r.NamespaceLabels)
	operation := registration.Create
	var old runtime.Object
	if r.Old != nil {
		operation, old = registration.Update, &unstructured.Unstructured{Object: withoutNulls(r.Old)}
	}
	v := Verdict{Applies: Judges(object.Object) && p.namespaces.Matches(of) && slices.ContainsFunc(p.rules, func(rule registration.NamedRuleWithOperations) bool {
		return matches(rule, resource, r.Subresource, operation)
	})}
	if !v.Applies {
		return v, nil
	}
	attributes := admission.NewAttributesRecord(object, old, gvk, r.Namespace, object.GetName(), resource, r.Subresource, admission.Operation(operation), nil, false, nil)
	e := evaluation{ctx: ctx, attributes: &admission.VersionedAttributes{Attributes: attributes, VersionedObject: object, VersionedOldObject: old, VersionedKind: gvk},
		namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.Namespace, Labels: of}}}
	conditions, err := e.of(p.conditions, celconfig.RuntimeCELCostBudgetMatchConditions)
	if err != nil {
		return v, err
	}
	v.Left = slices.ContainsFunc(conditions, func(r cel.EvaluationResult) bool { return r.EvalResult != types.True })
	validations, err := e.of(p.validations, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return v, err
	}
	broken := slices.IndexFunc(validations, func(r cel.EvaluationResult) bool { return r.EvalResult != types.True })
	v.Passes = broken < 0
	if !v.Passes {
		v.Message = p.messages[broken]
		if reasons, err := e.of(p.reasons, celconfig.RuntimeCELCostBudget); err == nil {
			reason, _ := reasons[broken].EvalResult.Value().(string)
			v.Message = cmp.Or(strings.TrimSpace(reason), v.Message)
		}
	}
	return v, nil
}

// evaluation is a request as the evaluator wants it.
type evaluation struct {
	ctx        context.Context
	attributes *admission.VersionedAttributes
	namespace  *corev1.Namespace
}

// of evaluates expressions, all of which must have a result.
func (e evaluation) of(expressions cel.ConditionEvaluator, budget int64) ([]cel.EvaluationResult, error) {
	kind, resource := e.attributes.GetKind(), e.attributes.GetResource()
	request := cel.CreateAdmissionRequest(e.attributes, metav1.GroupVersionResource(resource), metav1.GroupVersionKind(kind))
	results, _, err := expressions.ForInput(e.ctx, e.attributes, request, cel.OptionalVariableBindings{}, e.namespace, budget)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.Error != nil {
			return nil, r.Error
		}
	}
	return results, nil
}

// matches reports whether a rule of a policy is about a resource. Of the API server's wildcards, it knows * and RESOURCE/*.
func matches(rule registration.NamedRuleWithOperations, r schema.GroupVersionResource, subresource string, o registration.OperationType) bool {
	resource := r.Resource
	if subresource != "" {
		resource += "/" + subresource
	}
	return len(rule.ResourceNames) == 0 &&
		(slices.Contains(rule.Operations, o) || slices.Contains(rule.Operations, registration.OperationAll)) &&
		(slices.Contains(rule.APIGroups, r.Group) || slices.Contains(rule.APIGroups, "*")) &&
		(slices.Contains(rule.APIVersions, r.Version) || slices.Contains(rule.APIVersions, "*")) &&
		slices.ContainsFunc(rule.Resources, func(s string) bool {
			return s == resource || s == "*/*" || s == "*" && subresource == "" || subresource != "" && s == r.Resource+"/*"
		})
}

// withoutNulls is an object as the API server has it, for which a field that is null is absent.
func withoutNulls(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for key, value := range m {
		if value != nil {
			out[key] = present(value)
		}
	}
	return out
}

func present(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return withoutNulls(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = present(v[i])
		}
		return out
	}
	return value
}
