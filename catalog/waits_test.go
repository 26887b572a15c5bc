package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
)

func TestWaits(t *testing.T) {
	order := readList(t, "secrets: {store: {name: vault}, dependsOn: [sys-vault]}\n", `
- namespace: sys
  networkPolicies: isolated
  applications:
    - {applicationCode: sys-cilium, provides: [cilium.io]}
    - {applicationCode: sys-external-secrets, provides: [external-secrets.io]}
    - {applicationCode: sys-vault}
    - {applicationCode: sys-traefik, provides: [traefik.io], dependsOn: [sys-vault, sys-cilium]}
`).Clusters[0].Order
	if d := cmp.Diff([]string{"sys-vault", "sys-cilium"}, order.DependsOn("sys-traefik")); d != "" {
		t.Error(d)
	}
	for _, code := range []string{"sys-vault", "unknown"} {
		if got := order.DependsOn(code); got != nil {
			t.Errorf("%s depends on %v", code, got)
		}
	}
	want := catalog.CommonWaits{Policies: []string{"sys-cilium"}, Secrets: []string{"sys-vault", "sys-external-secrets"}, Routes: []string{"sys-traefik"}}
	if d := cmp.Diff(want, order.Common()); d != "" {
		t.Error(d)
	}
	var none catalog.Order
	if got := none.DependsOn("sys-vault"); got != nil || !cmp.Equal(none.Common(), catalog.CommonWaits{}) {
		t.Error("without a platform, something waits")
	}
}
