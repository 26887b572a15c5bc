package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"golang.org/x/tools/txtar"
)

// refusedCase is a folder, and the findings of a rule about flows that are refused.
type refusedCase struct {
	name, folder string
	want         []string // FILE:LINE: message; without the file when it is the list
	hint         string   // of the first
	fixed        bool     // whether the list with what is missing has none of them
	elsewhere    []string // the applications that were not fetched
}

// testRefused lints folders, and again with what the findings say is missing.
func testRefused(t *testing.T, rule string, cases []refusedCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			failed := map[string]diag.List{}
			for _, code := range c.elsewhere {
				failed[code] = diag.List{{Path: code, Code: lint.NotFetched, Message: "it was not fetched"}}
			}
			of := func(folder string) []lint.Finding {
				all := runWith(t, folder, false, failed).Findings
				return slices.DeleteFunc(all, func(f lint.Finding) bool { return f.Code != rule })
			}
			folder := strings.TrimPrefix(c.folder, "\n")
			var got []string
			var missing []lint.Addition
			found := of(folder)
			for _, f := range found {
				got = append(got, strings.TrimPrefix(fmt.Sprintf("%s:%d: %s", f.Pos.File, f.Pos.Line, f.Message), "applications.yml:"))
				if f.Missing != nil {
					missing = append(missing, *f.Missing)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(found) > 0 && c.hint != "" && found[0].Hint != c.hint {
				t.Errorf("the hint: %s", found[0].Hint)
			}
			if fixed := len(missing) > 0 && len(missing) == len(found); fixed != c.fixed {
				t.Fatalf("%d of %d can be added", len(missing), len(found))
			}
			if !c.fixed {
				return
			}
			a := txtar.Parse([]byte(folder))
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "applications.yml" })
			extended, ok := lint.Extend(a.Files[i].Data, missing)
			if !ok {
				t.Fatalf("the list does not take %+v", missing)
			}
			a.Files[i].Data = extended
			for _, f := range of(string(txtar.Format(a))) {
				t.Errorf("it is still found: %s\n%s", f.Message, extended)
			}
		})
	}
}

// claw is a workload with a Service.
const claw = `apiVersion: v1
kind: Service
metadata: {name: claw}
spec:
  selector: {app: claw}
  ports: [{name: http, port: 80, targetPort: web}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: claw}
spec:
  selector: {matchLabels: {app: claw}}
  template:
    metadata: {labels: {app: claw}}
    spec:
      containers: [{name: claw, image: registry.example/claw:1.2.3, ports: [{name: web, containerPort: 18789}]}]
`

func TestRouteRefused(t *testing.T) {
	folder := func(controller, policies, source string) string {
		return `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress: {controller: {namespace: sys-traefik}}
-- applications.yml --
` + controller + `
- namespace: web-claw
  ` + policies + `
  applications:
    - applicationCode: web-claw
      ` + source + `
      ingress:
        - {host: claw, service: claw, port: 80, auth: app}
`
	}
	const traefik, away = "- {namespace: sys-traefik, networkPolicies: ingress-controller}", "repoURL: 'https://git.example/claw.git'\n      path: deploy"
	const here = "path: claw"
	files := "-- claw/claw.yaml --\n" + claw
	needs := func(line, in string) string {
		return line + ": the route of claw.home.example (applications.yml:8) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and " + in
	}
	const isolated = "web-claw does not let it in: the profile %s (default-deny%s) denies what nothing allows"
	shut := func(profile, from string) string {
		return strings.NewReplacer("%s (", profile+" (", "%s)", from+")").Replace(isolated)
	}
	testRefused(t, "route-refused", []refusedCase{
		{name: "an operator", folder: folder(traefik, "networkPolicies: operator", here) + files,
			want: []string{needs("3", shut("operator", ", from isolated"))}, fixed: true,
			hint: "add to web-claw: networkPolicies: {allow: [{from: {namespace: sys-traefik, ports: [18789]}}]}"},
		{name: "an isolated one", folder: folder(traefik, "networkPolicies: isolated", here) + files, want: []string{needs("3", shut("isolated", ""))}, fixed: true},
		{name: "the profile of DNS servers", folder: folder(traefik, "networkPolicies: dns", here) + files, want: []string{needs("3", shut("dns", ", from isolated"))}, fixed: true},
		{name: "a web application", folder: folder(traefik, "networkPolicies: web-app-internal", here) + files},
		{name: "an open one", folder: folder(traefik, "networkPolicies: open", here) + files},
		{name: "not fetched, and closed", folder: folder(traefik, "networkPolicies: dns", away), elsewhere: []string{"web-claw"}, want: []string{
			"3: the route of claw.home.example (applications.yml:9) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach the pods of web-claw on any port, and " +
				shut("dns", ", from isolated") + ", as far as the list says"},
			hint: "add to web-claw: networkPolicies: {allow: [{from: {namespace: sys-traefik}}]}, with the ports of the pods, which are not known here: ports: […]"},
		{name: "not fetched, and on some port", folder: folder(traefik, "networkPolicies: {profile: isolated, allow: [{from: {namespace: sys-traefik, ports: [3000]}}]}", away), elsewhere: []string{"web-claw"}},
		{name: "let in on another port", folder: folder(traefik, "networkPolicies:\n    profile: isolated\n    allow:\n      - from: {namespace: sys-traefik, ports: [80]} # that of the Service", here) + files,
			want: []string{strings.Replace(needs("4", shut("isolated", "")), ":8)", ":11)", 1)}, fixed: true},
		{name: "the controller is closed", folder: folder("- {namespace: sys-traefik, networkPolicies: isolated}", "networkPolicies: web-app", here) + files, want: []string{
			strings.Replace(needs("1", "sys-traefik does not let it out: the profile isolated (default-deny) denies what nothing allows"), "(applications", "(applications", 1)}, fixed: true},
		{name: "both are closed", folder: folder("- {namespace: sys-traefik, networkPolicies: isolated}", "networkPolicies: isolated", here) + files, want: []string{
			needs("3", "sys-traefik does not let it out: the profile isolated (default-deny) denies what nothing allows; and "+shut("isolated", ""))}, fixed: true},
		{name: "the controller is not in the list", folder: folder("", "networkPolicies: operator", here) + files, want: []string{needs("3", shut("operator", ", from isolated"))},
			hint: "write an entry for the namespace sys-traefik, with manageNamespace: false when it is not the list's, and add to web-claw: networkPolicies: {allow: [{from: {namespace: sys-traefik, ports: [18789]}}]}"},
		{name: "a policy that cannot be read", folder: folder(traefik, "networkPolicies: isolated", here) + files + "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec: {endpointSelector: []}\n"},
		{name: "a policy of Kubernetes lets it in", folder: folder(traefik, "networkPolicies: isolated", here) + files + "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}, ingress: [{ports: [{port: web}]}]}\n"},
		{name: "a policy of the application closes an open namespace", folder: folder(traefik, "networkPolicies: open", here) + files + "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}\n",
			want: []string{"claw/claw.yaml:21: the route of claw.home.example (applications.yml:8) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and web-claw does not let it in: NetworkPolicy a denies what nothing allows"},
			hint: "permit it in NetworkPolicy a"},
		{name: "a policy denies it", folder: folder(traefik, "networkPolicies: web-app", here) + files + "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec:\n  endpointSelector: {}\n  ingressDeny:\n    - fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: sys-traefik}}]\n",
			want: []string{"claw/claw.yaml:24: the route of claw.home.example (applications.yml:8) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and web-claw does not let it in: CiliumNetworkPolicy a denies it"},
			hint: "take it out of what CiliumNetworkPolicy a denies: that wins over what is permitted"},
		{name: "on the network of a node", folder: folder(traefik, "networkPolicies: isolated", here) + strings.Replace(files, "      containers:", "      hostNetwork: true\n      containers:", 1)},
		{name: "a Service without a selector", folder: folder(traefik, "networkPolicies: isolated", here) + strings.Replace(files, "  selector: {app: claw}\n", "", 1)},
		{name: "an ExternalName", folder: folder(traefik, "networkPolicies: isolated", here) + strings.Replace(files, "  selector: {app: claw}\n", "  type: ExternalName\n  externalName: claw.example\n", 1)},
		{name: "a job with the same labels", folder: folder(traefik, "networkPolicies: {profile: isolated, allow: [{podLabels: {part: web}, from: {namespace: sys-traefik}}]}", here) +
			strings.Replace(files, "metadata: {labels: {app: claw}}", "metadata: {labels: {app: claw, part: web}}", 1) +
			"---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec:\n  template:\n    metadata: {labels: {app: claw}}\n    spec: {restartPolicy: Never, containers: [{name: a, image: registry.example/a:1.2.3}]}\n"},
		{name: "an IngressRoute of the application, through a TraefikService", folder: strings.Replace(folder(traefik, "networkPolicies: isolated", here), "      ingress:\n        - {host: claw, service: claw, port: 80, auth: app}\n", "", 1) + files + `---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: brought}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: Host(` + "`a.home.example`" + `), services: [{kind: TraefikService, name: both}]}
    - {kind: Rule, match: Host(` + "`b.home.example`" + `), services: [{name: claw, port: http}]}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: both}
spec: {weighted: {services: [{name: claw, port: 80, weight: 1}]}}
`, want: []string{"3: IngressRoute brought of web-claw (claw/claw.yaml:24) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and " + shut("isolated", "")}, fixed: true},
		{name: "an Ingress of Traefik's", folder: strings.Replace(folder(traefik, "networkPolicies: isolated", here), "      ingress:\n        - {host: claw, service: claw, port: 80, auth: app}\n", "", 1) + files + `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  ingressClassName: traefik
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: claw, port: {name: http}}}}]}}]
`, want: []string{"3: Ingress a of web-claw (claw/claw.yaml:19) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and " + shut("isolated", "")}, fixed: true},
		{name: "an Ingress of somebody else's", folder: strings.Replace(folder(traefik, "networkPolicies: isolated", here), "      ingress:\n        - {host: claw, service: claw, port: 80, auth: app}\n", "", 1) + files + `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: claw, port: {number: 80}}}
`},
		{name: "an IngressRouteUDP", folder: strings.Replace(folder(traefik, "networkPolicies: web-app\n  applications: [{applicationCode: web-x, path: x}]\n- namespace: web-b\n  networkPolicies: isolated", here), "      ingress:\n        - {host: claw, service: claw, port: 80, auth: app}\n", "", 1) + files +
			"-- x/x.yaml --\napiVersion: traefik.io/v1alpha1\nkind: IngressRouteUDP\nmetadata: {name: a}\nspec: {entryPoints: [udp], routes: [{services: [{name: claw, namespace: web-b, port: 80}]}]}\n", want: []string{
			"6: IngressRouteUDP a (x/x.yaml:2) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-b/claw on port 18789/UDP, and web-b does not let it in: the profile isolated (default-deny) denies what nothing allows"}, fixed: true},
		{name: "several routes", folder: folder(traefik, "networkPolicies: isolated", here) + "        - {host: second, service: claw, port: http, auth: app}\n        - {host: third, service: other, port: 80, auth: app}\n" + files + "---\napiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {selector: {app: claw}, ports: [{port: 80}]}\n",
			want: []string{needs("3", shut("isolated", "")) + "; so it is for 2 more"}, fixed: true, hint: "add to web-claw: networkPolicies: {allow: [{from: {namespace: sys-traefik, ports: [18789, 80]}}]}"},
	})
}
