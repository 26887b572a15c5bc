package argocd_test

import (
	"testing"

	"github.com/hippotion/roster/internal/argocd"
)

func TestVersion(t *testing.T) {
	for text, want := range map[string]string{
		"2.14": "v3.16.3", "v2.14.21": "v3.16.3", "3.0": "v3.17.1", "3.1.9": "v3.18.4", "3.2": "v3.18.4", "v3.3.0": "v3.19.4", "3.4": "v3.19.4",
		"3.5": "v4.2.1", "3.5.1": "v4.2.1", "v3.5.0-rc1": "v4.2.1", "3.5.1+abc.1": "v4.2.1", "3.10": "v4.2.1", "4.0": "v4.2.1",
	} {
		v, ok := argocd.ParseVersion(text)
		if !ok || !v.Supported() || v.IsZero() || v.Helm() != want {
			t.Errorf("%s: %v %v, Helm %s", text, v, ok, v.Helm())
		}
	}
	for _, text := range []string{"", "3", "v3", "latest", "3.5.x", "3.5.", "3.5-rc1", " 3.5", "3.5\n", "3,5", "x3.5", "3.5.1.2", "99999.1"} {
		if v, ok := argocd.ParseVersion(text); ok {
			t.Errorf("%q: %v", text, v)
		}
	}
	for _, text := range []string{"2.13", "1.99", "0.1"} {
		if v, ok := argocd.ParseVersion(text); !ok || v.Supported() {
			t.Errorf("%q: %v %v", text, v, ok)
		}
	}
	if v := (argocd.Version{}); !v.IsZero() || v.Helm() != argocd.Newest().Helm() {
		t.Errorf("without a version: %s", v.Helm())
	}
	if v, _ := argocd.ParseVersion("3.5.1"); v.String() != "3.5" {
		t.Error(v)
	}
}
