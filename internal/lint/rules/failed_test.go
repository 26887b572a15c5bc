package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// beside adds an application called broken, with one ConfigMap, to the entry of a namespace; to a new entry when there is none.
func beside(t *testing.T, folder, namespace, more string) string {
	t.Helper()
	const app = "{applicationCode: broken, path: broken}"
	folder += "-- broken/map.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: broken}\n"
	before, entry, found := strings.Cut(folder, "- namespace: "+namespace+"\n")
	if !found {
		return strings.Replace(folder, "-- applications.yml --\n", "-- applications.yml --\n- namespace: "+namespace+"\n  networkPolicies: isolated\n"+more+
			"  applications: ["+app+"]\n", 1)
	}
	end := strings.Index(entry, "\n-- ")
	if next := strings.Index(entry, "\n- namespace: "); next >= 0 && next < end {
		end = next
	}
	own, rest := entry[:end], entry[end:]
	switch {
	case strings.Contains(own, "  applications: ["):
		own = strings.Replace(own, "  applications: [", "  applications: ["+app+", ", 1)
	case strings.Contains(own, "  applications:\n"):
		own = strings.Replace(own, "  applications:\n", "  applications:\n    - "+app+"\n", 1)
	default:
		own += "\n  applications: [" + app + "]"
	}
	return before + "- namespace: " + namespace + "\n" + own + rest
}

// TestFailed: nothing is concluded from what an application that cannot be rendered may bring. Each rule finds its bad example with
// the application beside it, and not when that one has failed.
func TestFailed(t *testing.T) {
	const policies = "  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]\n"
	cases := []struct{ rule, namespace, more string }{
		{"alert-without-route", "web-other", ""},
		{"colliding-router-names", "kube-system", ""},
		{"cross-namespace-middleware", "kube-system", ""},
		{"depends-on-without-health", "argocd", ""},
		{"dns-rule-missing", "web-a", ""},
		{"half-open-flow", "web-db", ""},
		{"half-open-flow", "sys-policies", policies},
		{"host-network-behind-policy", "sys-policies", policies},
		{"missing-entrypoint", "web-other", ""},
		{"missing-middleware", "sys-login", ""},
		{"missing-secret", "web-a", ""},
		{"missing-secret", "sys-secrets", "  clusterResources: [external-secrets.io/ClusterExternalSecret]\n"},
		{"missing-secret", "sys-kyverno", "  clusterResources: [kyverno.io/ClusterPolicy]\n"},
		{"missing-secret", "sys-kyverno", "  clusterResources: [policies.kyverno.io/GeneratingPolicy]\n"},
		{"missing-service", "web-photos", ""},
		{"open-namespace", "web-a", ""},
		{"pod-security-stricter", "web-a", ""},
		{"policy-selects-nothing", "web-a", ""},
		{"service-port-in-policy", "web-a", ""},
		{"tls-beside-plain-entrypoint", "kube-system", ""},
		{"unknown-store", "web-a", ""},
		{"waiver-unused", "web-other", ""},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.namespace, func(t *testing.T) {
			i := slices.IndexFunc(rules.All(), func(r *lint.Rule) bool { return r.Name == c.rule })
			folder := beside(t, rules.All()[i].Bad, c.namespace, c.more)
			found := func(failed ...string) bool {
				return slices.ContainsFunc(run(t, folder, true, failed...).Findings, func(f lint.Finding) bool { return f.Code == c.rule })
			}
			if !found() {
				t.Error("it does not find the fault beside an application that renders")
			}
			if found("broken") {
				t.Error("it finds what the application that failed may bring")
			}
			unfetched := runWith(t, folder, true, map[string]diag.List{"broken": {{Path: "broken", Code: lint.NotFetched, Message: "not fetched"}}}).Findings
			if i := slices.IndexFunc(unfetched, func(f lint.Finding) bool { return f.Code == c.rule }); i >= 0 && !strings.Contains(unfetched[i].Message, "as far as the list says") {
				t.Error("it finds what the application that was not fetched may bring")
			}
		})
	}
}

// TestFailedElsewhere: what an application has that fails in another namespace matters to none but its own.
func TestFailedElsewhere(t *testing.T) {
	for _, rule := range []string{"missing-secret", "pod-security-stricter", "policy-selects-nothing", "half-open-flow", "open-namespace", "missing-service"} {
		i := slices.IndexFunc(rules.All(), func(r *lint.Rule) bool { return r.Name == rule })
		folder := beside(t, rules.All()[i].Bad, "web-other", "")
		if found := run(t, folder, true, "broken").Findings; !slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Code == rule }) {
			t.Errorf("%s: %+v", rule, found)
		}
	}
}

// TestUnrendered: an application that cannot be rendered is one finding, with its first mistake, and one that was not fetched
// another.
func TestUnrendered(t *testing.T) {
	const folder = `-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-a, path: a}
    - {applicationCode: web-b, path: b} # lint:ignore not-fetched it is private
    - {applicationCode: web-ntfy, catalog: ntfy, values: {baseURL: 'https://ntfy.example'}}
-- a/map.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
-- b/map.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
`
	at := func(line int) diag.Position { return diag.Position{File: "a/map.yaml", Line: line, Column: 1} }
	first, second := diag.Diagnostic{Pos: at(1), Path: "web-a", Code: "bad-manifest", Message: "one", Hint: "mend it"},
		diag.Diagnostic{Pos: at(2), Path: "web-a", Code: "bad-yaml", Message: "two", Related: []diag.Related{{Pos: at(4), Note: "from here"}}}
	missing := diag.Diagnostic{Pos: at(3), Path: "web-a", Code: lint.NotFetched, Message: "the chart redis was not fetched"}
	finding := func(code string, severity lint.Severity, d diag.Diagnostic, related ...diag.Related) lint.Finding {
		d.Code, d.Related = code, related
		return lint.Finding{Diagnostic: d, Severity: severity}
	}
	fetch := missing
	fetch.Hint = "run roster fetch"
	brought := diag.Diagnostic{Path: "web-ntfy", Message: "not to be deployed"}
	inList := brought
	inList.Pos = diag.Position{File: "applications.yml", Line: 6, Column: 7}
	got := runWith(t, folder, false, map[string]diag.List{"web-a": {missing, second, first}, "web-ntfy": {brought}}).Findings
	want := []lint.Finding{
		finding("cannot-render", lint.Error, first, diag.Related{Pos: at(2), Note: "two"}, diag.Related{Pos: at(4), Note: "from here"}),
		finding(lint.NotFetched, lint.Warning, fetch),
		finding("cannot-render", lint.Error, inList),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(lint.Finding{})); diff != "" {
		t.Error(diff)
	}
	// A waiver of what depends on the machine is never too much, and all that is known of a chart is what the list says.
	if found := runWith(t, folder, false, nil).Findings; len(found) > 0 {
		t.Error(found)
	}
}

// TestFailedCilium: Cilium's own settings are not known when its application fails, and are when it was not fetched.
func TestFailedCilium(t *testing.T) {
	const folder = `-- platform.yml --
repository: {url: https://git.example/homelab.git}
nodes: [192.168.0.109]
-- applications.yml --
- namespace: kube-system
  applications: [{applicationCode: cilium, chart: cilium, repoURL: 'https://helm.cilium.io', version: 1.20.2}]
- namespace: web-a
  networkPolicies: {profile: web-app, allow: [{to: {cidr: 192.168.0.109/32, ports: [22]}}]}
  applications: [{applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}]
`
	has := func(failed ...string) bool {
		return slices.ContainsFunc(run(t, folder, false, failed...).Findings, func(f lint.Finding) bool { return f.Code == "cidr-covers-node" })
	}
	if !has() || !has("web-a") || has("cilium") {
		t.Error(has(), has("web-a"), has("cilium"))
	}
	unfetched := map[string]diag.List{"cilium": {{Path: "cilium", Code: lint.NotFetched, Message: "not fetched"}}}
	if found := runWith(t, folder, false, unfetched).Findings; !slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Code == "cidr-covers-node" }) {
		t.Error(found)
	}
}
