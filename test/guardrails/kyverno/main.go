// Command kyverno judges requests as Kyverno's admission controller does, with its own engines: which are refused and why, what becomes of the
// object, and what is generated. It reads JSON and writes JSON, since Kyverno and roster want different versions of Kubernetes' libraries.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	policies "github.com/kyverno/api/api/policies.kyverno.io/v1beta1"
	"github.com/kyverno/kyverno/pkg/cel/engine"
	"github.com/kyverno/kyverno/pkg/cel/libs"
	"github.com/kyverno/kyverno/pkg/cel/matching"
	gpolcompiler "github.com/kyverno/kyverno/pkg/cel/policies/gpol/compiler"
	gpol "github.com/kyverno/kyverno/pkg/cel/policies/gpol/engine"
	mpolcompiler "github.com/kyverno/kyverno/pkg/cel/policies/mpol/compiler"
	mpol "github.com/kyverno/kyverno/pkg/cel/policies/mpol/engine"
	vpolcompiler "github.com/kyverno/kyverno/pkg/cel/policies/vpol/compiler"
	vpol "github.com/kyverno/kyverno/pkg/cel/policies/vpol/engine"
	engineapi "github.com/kyverno/kyverno/pkg/engine/api"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
)

// input is what is judged: see package main above this folder.
type input struct {
	Policies   []map[string]any
	Namespaces map[string]map[string]string // their labels
	Requests   []request
}

type request struct {
	Resource, Subresource, Namespace string
	Object, Old                      map[string]any
}

// verdict is what becomes of a request.
type verdict struct {
	Rules     map[string]string // by validating policy: pass, skip, or what is said; none for one that does not look at the object
	Object    map[string]any    // as the mutating policies leave it; nil when none does anything
	Generated []map[string]any
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kyverno:", err)
		os.Exit(1)
	}
}

func run() error {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	k, err := newEngines(in)
	if err != nil {
		return err
	}
	out := make([]verdict, 0, len(in.Requests))
	for _, r := range in.Requests {
		v, err := k.judge(r)
		if err != nil {
			return err
		}
		out = append(out, v)
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// engines are those of Kyverno, with the policies.
type engines struct {
	around     libs.Context
	validating vpol.Engine
	mutating   mpol.Engine
	generating gpol.Engine
	generators []gpol.Policy
}

func newEngines(in input) (*engines, error) {
	k := &engines{around: libs.NewFakeContextProvider()}
	var validating []policies.ValidatingPolicyLike
	var mutating []policies.MutatingPolicyLike
	for _, p := range in.Policies {
		var err error
		switch p["kind"] {
		case "ValidatingPolicy":
			var v policies.ValidatingPolicy
			err = decode(p, &v)
			validating = append(validating, &v)
		case "MutatingPolicy":
			var v policies.MutatingPolicy
			err = decode(p, &v)
			mutating = append(mutating, &v)
		case "GeneratingPolicy":
			var v policies.GeneratingPolicy
			err = decode(p, &v)
			compiled, errs := gpolcompiler.NewCompiler().Compile(&v, nil)
			if len(errs) > 0 {
				err = errs.ToAggregate()
			}
			k.generators = append(k.generators, gpol.Policy{Policy: &v, CompiledPolicy: compiled})
		default:
			err = fmt.Errorf("no engine for %v", p["kind"])
		}
		if err != nil {
			return nil, err
		}
	}
	namespace := func(name string) *corev1.Namespace {
		labels := map[string]string{corev1.LabelMetadataName: name}
		for key, value := range in.Namespaces[name] {
			labels[key] = value
		}
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	}
	provider, err := vpol.NewProvider(vpolcompiler.NewCompiler(), validating, nil)
	if err != nil {
		return nil, err
	}
	mutators, err := mpol.NewProvider(mpolcompiler.NewCompiler(), mutating, nil, k.around)
	if err != nil {
		return nil, err
	}
	k.validating = vpol.NewEngine(provider, namespace, matching.NewMatcher())
	k.mutating = mpol.NewEngine(mutators, namespace, matching.NewMatcher(), untyped{}, k.around)
	k.generating = gpol.NewEngine(namespace, matching.NewMatcher())
	return k, nil
}

// untyped has no types of fields, which only ApplyConfiguration needs.
type untyped struct{}

func (untyped) GetTypeConverter(schema.GroupVersionKind) managedfields.TypeConverter {
	return managedfields.NewDeducedTypeConverter()
}

// decode makes a policy of the types that the engines use, whatever its version.
func decode(from map[string]any, into any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func (k *engines) judge(r request) (verdict, error) {
	object := &unstructured.Unstructured{Object: r.Object}
	gvk := object.GroupVersionKind()
	operation, old := admissionv1.Create, (*unstructured.Unstructured)(nil)
	if r.Old != nil {
		operation, old = admissionv1.Update, &unstructured.Unstructured{Object: r.Old}
	}
	around := engine.Request(k.around, gvk, schema.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: r.Resource}, r.Subresource, object.GetName(), r.Namespace,
		operation, authenticationv1.UserInfo{Username: "somebody"}, object, nil, false, nil)
	raw, err := object.MarshalJSON() // as the API server sends it
	if err != nil {
		return verdict{}, err
	}
	around.Request.Object.Raw, around.Request.Object.Object = raw, nil
	around.Request.OldObject.Object = nil
	if old != nil {
		if around.Request.OldObject.Raw, err = old.MarshalJSON(); err != nil {
			return verdict{}, err
		}
	}
	v := verdict{Rules: map[string]string{}}
	answer, err := k.validating.Handle(context.Background(), around, nil)
	if err != nil {
		return v, err
	}
	for _, p := range answer.Policies {
		for _, rule := range p.Rules {
			v.Rules[p.Policy.GetName()] = said(rule)
		}
	}
	changed, err := k.mutating.Handle(context.Background(), around, nil)
	if err != nil {
		return v, err
	}
	if changed.PatchedResource != nil {
		v.Object = changed.PatchedResource.Object
	}
	for _, p := range k.generators {
		made, err := k.generating.Handle(around, p, false)
		if err != nil {
			return v, err
		}
		for _, of := range made.Policies {
			if of.Result == nil {
				continue
			}
			if of.Result.Status() == engineapi.RuleStatusError {
				return v, fmt.Errorf("%s: %s", p.Policy.GetName(), of.Result.Message())
			}
			for _, o := range of.Result.GeneratedResources() {
				v.Generated = append(v.Generated, o.Object)
			}
		}
	}
	return v, nil
}

// said is the status of a rule or, when it fails, what it says.
func said(rule engineapi.RuleResponse) string {
	switch rule.Status() {
	case engineapi.RuleStatusFail:
		return rule.Message()
	case engineapi.RuleStatusError:
		return "error: " + rule.Message()
	}
	return string(rule.Status())
}
