package guardrails_test

import (
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/guardrails"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/quotas"
	"github.com/hippotion/roster/render/object"
)

type fields = map[string]any

func objectOf(n *catalog.Namespace, a *catalog.Application, apiVersion, kind, name string, spec fields) *deployed.Object {
	content := fields{"apiVersion": apiVersion, "kind": kind, "metadata": fields{"name": name}, "spec": spec}
	return &deployed.Object{Object: object.Object{APIVersion: apiVersion, Kind: kind, Namespace: n.Name, Name: name, Value: func() any { return content }}, Entry: n, Application: a}
}

// policy is a guardrail that wants each container to have an image.
func policy(guardrail string) (apiVersion, kind, name string, spec fields) {
	return "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "roster-" + guardrail, fields{
		"matchConstraints": fields{"resourceRules": []any{fields{"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"pods"}}}},
		"validations":      []any{fields{"expression": "dyn(object).spec.containers.all(c, has(c.image))", "message": "no image"}},
	}
}

// TestBound: of what is beyond the bound, nobody says that it passes, nor that it is refused; and it takes no time.
func TestBound(t *testing.T) {
	guard := &catalog.Namespace{Name: "sys-guardrails", Applications: []catalog.Application{{Code: "guardrails", Catalog: catalog.GuardrailsName}}}
	web := &catalog.Namespace{Name: "web-a", Managed: true, Applications: []catalog.Application{{Code: "web-a"}},
		Guardrails: catalog.Guardrails{Actions: map[string]string{"pinned-images": catalog.Enforce}}}
	pod := func(name string, containers int) *deployed.Object {
		list := make([]any, containers)
		for i := range list {
			list[i] = fields{"name": "c"}
		}
		return objectOf(web, &web.Applications[0], "v1", "Pod", name, fields{"containers": list})
	}
	apiVersion, kind, name, spec := policy("pinned-images")
	of := func(workloads ...*deployed.Object) []guardrails.Judgement {
		in := &deployed.Input{Platform: &catalog.Platform{Namespaces: []catalog.Namespace{*guard, *web}},
			Workloads: append([]*deployed.Object{objectOf(guard, &guard.Applications[0], apiVersion, kind, name, spec)}, workloads...)}
		d := deployed.New(in)
		return guardrails.New(d, quotas.New(d, places.New(d))).Judged()
	}
	const most = 50_000
	judged := of(pod("first", 1), pod("many", most), pod("last", 1))
	if len(judged) != 3 {
		t.Fatalf("%d of 3 are judged", len(judged))
	}
	if j := judged[0]; j.Unknown || j.Passes || j.Message != "no image" || j.Action != catalog.Enforce {
		t.Errorf("the first: %+v", j)
	}
	for _, j := range judged[1:] {
		if !j.Unknown || j.Passes {
			t.Errorf("%s is beyond the bound: %+v", j.Object.Name, j)
		}
	}
}

// TestFillsIn: a LimitRange for containers fills in what a pod lacks, so that nobody knows here what the guardrail limits sees; one for claims does not.
func TestFillsIn(t *testing.T) {
	apiVersion, kind, name, spec := policy("limits")
	for of, unknown := range map[string]bool{"Container": true, "PersistentVolumeClaim": false} {
		guard := catalog.Namespace{Name: "sys-guardrails", Applications: []catalog.Application{{Code: "guardrails", Catalog: catalog.GuardrailsName}}}
		web := catalog.Namespace{Name: "web-a", Managed: true, Applications: []catalog.Application{{Code: "web-a"}}, Guardrails: catalog.Guardrails{Actions: map[string]string{"limits": catalog.Enforce}}}
		d := deployed.New(&deployed.Input{Platform: &catalog.Platform{Namespaces: []catalog.Namespace{guard, web}}, Workloads: []*deployed.Object{
			objectOf(&guard, &guard.Applications[0], apiVersion, kind, name, spec),
			objectOf(&web, &web.Applications[0], "v1", "Pod", "a", fields{"containers": []any{fields{"name": "c"}}}),
			objectOf(&web, &web.Applications[0], "v1", "LimitRange", "l", fields{"limits": []any{fields{"type": of, "max": fields{"memory": "1Gi"}}}}),
		}})
		if j := guardrails.New(d, quotas.New(d, places.New(d))).Judged(); len(j) != 1 || j[0].Unknown != unknown || j[0].Passes {
			t.Errorf("%s: %+v", of, j)
		}
	}
}
