package routes

import (
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// TestCatalogCalls leaves out what a catalog application deploys.
func TestCatalogCalls(t *testing.T) {
	ai := catalog.Application{Code: "web-ai", Routes: []catalog.Route{{Protocol: catalog.HTTP, Host: "ai.home.example", Hosts: []string{"ai.home.example"}, Backends: []catalog.Backend{{Namespace: "web-ai", Service: "ai"}}}}}
	in := New(deployed.New(&deployed.Input{Platform: &catalog.Platform{Namespaces: []catalog.Namespace{{Name: "web-ai", Applications: []catalog.Application{ai}}}}}), nil, nil, nil)
	for from, want := range map[string]int{"": 1, "gardener": 0} {
		o := &deployed.Object{Application: &catalog.Application{Code: "sys-gardener", Catalog: from}}
		o.Kind, o.Value = "ConfigMap", func() any { return map[string]any{"data": map[string]any{"a": "https://ai.home.example/x"}} }
		if got := in.Calls(o); len(got) != want {
			t.Errorf("%q: %v", from, got)
		}
	}
}
