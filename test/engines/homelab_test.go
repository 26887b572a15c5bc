package engines

import (
	"path/filepath"
	"testing"
)

// TestHomelab compares every application of the example whose source is in its repository.
func TestHomelab(t *testing.T) {
	p := load(t, clone(t, filepath.Join(root, "examples/homelab")))
	here, elsewhere := 0, 0
	for code, a := range p.apps {
		source := a.Spec.GetSource()
		if source.Chart != "" || source.RepoURL != "https://gitlab.example/house/homelab.git" {
			elsewhere++
			continue
		}
		here++
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			same(t, "Argo CD", p.render(t, code), p.theirs(t, code, (*platform).generate))
		})
	}
	if here < 25 || elsewhere < 10 {
		t.Errorf("%d applications are in the repository and %d elsewhere: too few", here, elsewhere)
	}
}
