package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/admission"
	"github.com/hippotion/roster/render/workload"
)

// listFor is the list with an engine, and what else its repository has.
func listFor(engine string) map[string]string {
	more := ""
	if engine == "kyverno" {
		more = "defaultDeny: {action: enforce},"
	}
	text := strings.NewReplacer("ENGINE", engine, "LIVE", more).Replace(list)
	if engine == "kyverno" {
		text = strings.Replace(text, "team-label: audit}}", "team-label: audit, live-state: enforce}}", 1)
	}
	return map[string]string{"applications.yml": text, "platform.yml": "repository: {url: https://git.example/a.git}\n"}
}

// policies are those of the list with an engine.
func policies(engine string) ([]map[string]any, error) {
	files := fstest.MapFS{}
	for name, text := range listFor(engine) {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	platform, mistakes, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(mistakes) > 0 {
		return nil, fmt.Errorf("the list: %v %w", mistakes, err)
	}
	var out []map[string]any
	for _, n := range platform.Namespaces {
		for _, a := range n.Applications {
			if a.Catalog == "" {
				continue
			}
			app := &workload.Application{Code: a.Code, Namespace: n.Name, Kind: workload.Catalog, Path: a.Workload.Path, Helm: *a.Workload.Source.Helm}
			for _, c := range n.Project.ClusterResources {
				app.ClusterKinds = append(app.ClusterKinds, c.Group+"/"+c.Kind)
			}
			result, mistakes := workload.New(workload.Files{Repository: files, Catalog: apps.Charts()}, workload.Cluster{}).Render(app)
			if len(mistakes) > 0 {
				return nil, fmt.Errorf("%s: %v", a.Code, mistakes)
			}
			for _, o := range result.Objects {
				out = append(out, o.Value().(map[string]any))
			}
		}
	}
	return out, nil
}

// judged is what roster's evaluator says of a request by validating policies: what each guardrail that it does not fit says.
func judged(all map[string]*admission.Policy, r request) (map[string]string, error) {
	said, err := messages(all, r)
	out := map[string]string{}
	for name, message := range said {
		out[guardrailOf(name)] = message
	}
	return out, err
}

// messages is the same by the name of the policy, or of its binding.
func messages(all map[string]*admission.Policy, r request) (map[string]string, error) {
	out := map[string]string{}
	for name, p := range all {
		v, err := p.Judge(context.Background(), admission.Request{Object: r.Object, Old: r.Old, Namespace: r.Namespace, NamespaceLabels: namespaces[r.Namespace], Subresource: r.Subresource})
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", r.name, name, err)
		}
		if v.Applies && !v.Left && !v.Passes {
			out[name] = v.Message
		}
	}
	return out, nil
}

// compiled are the validating policies among objects, by name. Those of Kubernetes look at the namespaces that their bindings name.
func compiled(objects []map[string]any) (map[string]*admission.Policy, error) {
	compiler, err := admission.NewCompiler()
	if err != nil {
		return nil, err
	}
	specs := map[string]map[string]any{}
	for _, o := range objects {
		if o["kind"] == "ValidatingAdmissionPolicy" {
			specs[nameOf(o)] = o["spec"].(map[string]any)
		}
	}
	out := map[string]*admission.Policy{}
	for _, o := range objects {
		spec := o["spec"]
		if o["kind"] == "ValidatingAdmissionPolicyBinding" {
			binding := spec.(map[string]any)
			spec = bound(specs[binding["policyName"].(string)], binding)
		} else if o["kind"] != "ValidatingPolicy" {
			continue
		}
		if out[nameOf(o)], err = compiler.Compile(spec.(map[string]any)); err != nil {
			return nil, fmt.Errorf("%s: %w", nameOf(o), err)
		}
	}
	return out, nil
}

// bound is the spec of a policy with the namespaces of a binding.
func bound(spec, binding map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range spec {
		out[key] = value
	}
	constraints := map[string]any{}
	for key, value := range spec["matchConstraints"].(map[string]any) {
		constraints[key] = value
	}
	constraints["namespaceSelector"] = binding["matchResources"].(map[string]any)["namespaceSelector"]
	out["matchConstraints"] = constraints
	return out
}

func nameOf(o map[string]any) string { return o["metadata"].(map[string]any)["name"].(string) }

// guardrailOf is the guardrail that a policy or a binding is for.
func guardrailOf(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "roster-"), "-audit"), "-enforce")
}

// names are the guardrails that say something, in order.
func names(of map[string]string) string {
	var out []string
	for name := range of {
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
