package lint

import (
	"testing"

	"github.com/hippotion/roster/catalog"
)

// TestCatalogCalls leaves out what a catalog application deploys.
func TestCatalogCalls(t *testing.T) {
	ai := catalog.Application{Code: "web-ai", Routes: []catalog.Route{{Host: "ai.home.example"}}}
	in := &Input{Platform: &catalog.Platform{Namespaces: []catalog.Namespace{{Name: "web-ai", Applications: []catalog.Application{ai}}}}}
	for from, want := range map[string]int{"": 1, "gardener": 0} {
		o := &Object{Application: &catalog.Application{Code: "sys-gardener", Catalog: from}}
		o.Kind, o.content = "ConfigMap", map[string]any{"data": map[string]any{"a": "https://ai.home.example/x"}}
		if got := in.calls(o); len(got) != want {
			t.Errorf("%q: %v", from, got)
		}
	}
}
