package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestPermittedInLoop: what anyone may set is in the list of test/loop, which shows that nothing in it replaces a confirmation.
func TestPermittedInLoop(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "test", "loop", "testdata", "trial", "entries", "guards.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ Labels, Annotations map[string]string }
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	permitted := 0
	for _, r := range reservations {
		if r.whose != "" {
			continue
		}
		permitted++
		found := false
		for _, keys := range []map[string]string{list[0].Labels, list[0].Annotations} {
			for key := range keys {
				found = found || r.fits(key) && reserved(key) == nil
			}
		}
		if !found {
			t.Errorf("%s is not in the list", r.keys)
		}
	}
	if permitted == 0 {
		t.Error("nothing is permitted")
	}
}

// TestReservations: each of them matches a key that no other one before it does, or it would have no effect.
func TestReservations(t *testing.T) {
	for i := range reservations {
		r := &reservations[i]
		key := strings.TrimSuffix(strings.TrimPrefix(r.keys, "."), "*")
		switch {
		case strings.HasPrefix(r.keys, "."):
			for _, key := range []string{key + "/x", "a." + key + "/x", key} {
				if got := reserved(key); got == nil {
					t.Errorf("%s is permitted", key)
				}
			}
			if r.fits("not" + key + "/x") {
				t.Errorf("%s fits another domain", r.keys)
			}
			key += "/x"
		case strings.HasSuffix(r.keys, "*"):
			key += "x"
		}
		got := reserved(key)
		if r.whose == "" && got != nil || r.whose != "" && got != r {
			t.Errorf("%s: %s is %+v", r.keys, key, got)
		}
	}
}
