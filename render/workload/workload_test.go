package workload

import "testing"

// TestBuilds: kustomize may run for what is a kustomization, also behind others, and for what is not known yet.
func TestBuilds(t *testing.T) {
	for _, c := range []struct {
		app  Application
		want bool
	}{
		{Application{Kind: Chart}, false},
		{Application{Kind: Manifests}, false},
		{Application{Kind: Kustomization}, true},
		{Application{}, true},
		{Application{Kind: Chart, Others: []Application{{Kind: Manifests}, {Kind: Kustomization}}}, true},
	} {
		if got := c.app.Builds(); got != c.want {
			t.Errorf("%+v: %v", c.app, got)
		}
	}
}
