package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
)

// TestOrder: within a wave, objects stand in the order of the table of kinds.
func TestOrder(t *testing.T) {
	place := map[string]int{}
	for i, k := range render.Kinds() {
		place[k.Kind] = i
	}
	for _, c := range examples.Every(t) {
		for i := range c.Objects[1:] {
			a, b := &c.Objects[i], &c.Objects[i+1]
			if a.Wave > b.Wave || a.Wave == b.Wave && place[a.Kind] > place[b.Kind] {
				t.Errorf("%v: %s of wave %d stands before %s of wave %d", c, a.File(), a.Wave, b.File(), b.Wave)
			}
		}
	}
}

// TestLateKinds: objects of a kind that neither Kubernetes nor Argo CD brings follow the application that provides its group, and
// are not tried before the kind exists. So the waves of the catalog know all groups of the table.
func TestLateKinds(t *testing.T) {
	brought := []string{"", "rbac.authorization.k8s.io", "scheduling.k8s.io", "argoproj.io", "discovery.k8s.io", "networking.k8s.io"}
	var groups []string
	for _, k := range render.Kinds() {
		if !slices.Contains(brought, k.Group) && !slices.Contains(groups, k.Group) {
			groups = append(groups, k.Group)
		}
	}
	seen := map[string]bool{}
	for _, by := range []struct{ platform, backup string }{{"{kind: volsync, repository: backups}", "{claims: [data]}"}, {"velero", "daily"}} {
		lateKinds(t, groups, by.platform, by.backup, seen)
	}
	for _, k := range render.Kinds() {
		if slices.Contains(groups, k.Group) && !seen[k.Kind] {
			t.Errorf("the list of this test has no %s", k.Kind)
		}
	}
}

// lateKinds notes the kinds of the groups of which a list has objects.
func lateKinds(t *testing.T, groups []string, platform, backup string, seen map[string]bool) {
	t.Helper()
	list := `
- {namespace: sys-kinds, applications: [{applicationCode: sys-kinds, path: a, provides: [%s]}]}
- namespace: web-a
  networkPolicies: web-app
  secretStores: {own: {doppler: {token: doppler#token}}}
  applications:
    - applicationCode: web-a
      path: a
      ingress:
        - {host: a.home.example, service: web, port: 80, expose: lan, auth: none, tls: {issuer: house}, timeouts: {backendRequest: 1s}}
        - {host: b.home.example, backends: [{service: web, port: 80}, {service: other, port: 80}], sticky: true, auth: none}
        - {protocol: TCP, service: web, port: 80, expose: streams, auth: none}
        - {protocol: UDP, service: web, port: 80, expose: streams, auth: none}
        - {host: c.home.example, service: web, port: 443, backendTLS: web.home.example, expose: gateway, auth: oauth}
        - {protocol: TLS, host: d.home.example, service: web, port: 443, expose: gateway, auth: app}
        - {protocol: TCP, service: web, port: 80, expose: gateway, auth: app}
        - {protocol: UDP, service: web, port: 80, expose: gateway, auth: none}
      secrets: [{name: web, dataFrom: [web/a%s]}]
      pushSecrets: [{name: web, whole: web/b}]
      metrics: {port: 9090, podLabels: {app: web}}
      backup: %s
    - {applicationCode: web-b, path: a, metrics: 9090}
`
	generators := ""
	for _, k := range render.Kinds() {
		if k.Group == "generators.external-secrets.io" {
			generators += ", {generator: {kind: " + k.Kind + ", name: " + strings.ToLower(k.Kind) + ", spec: {}}}"
		}
	}
	root := fstest.MapFS{
		"applications.yml": {Data: fmt.Appendf(nil, list, strings.Join(groups, ", "), generators, backup)},
		"platform.yml": {Data: []byte("repository: {url: https://git.example/house.git}\ningress: {expose: {lan: [websecure], streams: [streams], " +
			"gateway: {kind: gateway, gateways: [{name: home, namespace: sys-kinds, implementation: envoy-gateway, listeners: [home]}]}}, " +
			"auth: {oauth: {name: oauth, namespace: sys-kinds, extAuth: {service: sys-kinds/oauth, port: 80}}}, identityHeaders: [X-Auth-Request-User]}\n" +
			"secrets: {store: {kind: ClusterSecretStore, name: vault, vault: {server: http://vault.svc:8200, role: roster}}}\nbackup: " + platform + "\n")},
		"a/a.yml": {Data: []byte("{}\n")},
	}
	p, diags, err := catalog.Load(root, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	provider := 0
	for _, o := range render.Build(p) {
		if o.Kind == "Application" && o.Name == "sys-kinds" {
			provider = o.Wave
		}
	}
	var e object.Encoder
	for _, o := range render.Build(p) {
		group, _, named := strings.Cut(o.APIVersion, "/")
		late := named && slices.Contains(groups, group)
		seen[o.Kind] = seen[o.Kind] || late
		if skips := strings.Contains(string(e.Encode(nil, o.Value())), "SkipDryRunOnMissingResource=true"); skips != late {
			t.Errorf("%s: a dry run is skipped: %t", o.File(), skips)
		}
		if late && o.Wave <= provider {
			t.Errorf("%s is in wave %d, and its kind in wave %d", o.File(), o.Wave, provider)
		}
	}
}
