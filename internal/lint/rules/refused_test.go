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
			hint: "write in web-claw: networkPolicies: {profile: operator, allow: [{from: {namespace: sys-traefik, ports: [18789]}}]}"},
		{name: "an isolated one", folder: folder(traefik, "networkPolicies: isolated", here) + files, want: []string{needs("3", shut("isolated", ""))}, fixed: true},
		{name: "the profile of DNS servers", folder: folder(traefik, "networkPolicies: dns", here) + files, want: []string{needs("3", shut("dns", ", from isolated"))}, fixed: true},
		{name: "a web application", folder: folder(traefik, "networkPolicies: web-app-internal", here) + files},
		{name: "an open one", folder: folder(traefik, "networkPolicies: open", here) + files},
		{name: "not fetched, and closed", folder: folder(traefik, "networkPolicies: dns", away), elsewhere: []string{"web-claw"}, want: []string{
			"3: the route of claw.home.example (applications.yml:9) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach the pods of web-claw on any port, and " +
				shut("dns", ", from isolated") + ", as far as the list says"},
			hint: "write in web-claw: networkPolicies: {profile: dns, allow: [{from: {namespace: sys-traefik}}]}, with the ports of the pods, which are not known here: ports: […]"},
		{name: "not fetched, and on some port", folder: folder(traefik, "networkPolicies: {profile: isolated, allow: [{from: {namespace: sys-traefik, ports: [3000]}}]}", away), elsewhere: []string{"web-claw"}},
		{name: "let in on another port", folder: folder(traefik, "networkPolicies:\n    profile: isolated\n    allow:\n      - from: {namespace: sys-traefik, ports: [80]} # that of the Service", here) + files,
			want: []string{strings.Replace(needs("4", shut("isolated", "")), ":8)", ":11)", 1)}, fixed: true},
		{name: "the controller is closed", folder: folder("- {namespace: sys-traefik, networkPolicies: isolated}", "networkPolicies: web-app", here) + files, want: []string{
			strings.Replace(needs("1", "sys-traefik does not let it out: the profile isolated (default-deny) denies what nothing allows"), "(applications", "(applications", 1)}, fixed: true},
		{name: "both are closed", folder: folder("- {namespace: sys-traefik, networkPolicies: isolated}", "networkPolicies: isolated", here) + files, want: []string{
			needs("3", "sys-traefik does not let it out: the profile isolated (default-deny) denies what nothing allows; and "+shut("isolated", ""))}, fixed: true},
		{name: "the controller is not in the list", folder: folder("", "networkPolicies: operator", here) + files, want: []string{needs("3", shut("operator", ", from isolated"))},
			hint: "write an entry for the namespace sys-traefik, with manageNamespace: false when it is not the list's, and write in web-claw: networkPolicies: {profile: operator, allow: [{from: {namespace: sys-traefik, ports: [18789]}}]}"},
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
`, want: []string{"3: Ingress a of web-claw (claw/claw.yaml:23) needs the pods of sys-traefik with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and " + shut("isolated", "")}, fixed: true},
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
			want: []string{needs("3", shut("isolated", "")) + "; so it is for 2 more"}, fixed: true, hint: "write in web-claw: networkPolicies: {profile: isolated, allow: [{from: {namespace: sys-traefik, ports: [18789, 80]}}]}"},
	})
}

func TestLoginRefused(t *testing.T) {
	folder := func(login, middlewares string) string {
		return `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress: {controller: {namespace: kube-system}}
-- applications.yml --
- {namespace: kube-system, manageNamespace: false, networkPolicies: open}
- namespace: web-claw
  networkPolicies: ` + login + `
  applications: [{applicationCode: web-claw, path: claw}]
-- claw/claw.yaml --
` + claw + `---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: a}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: Host(` + "`a.home.example`" + `), middlewares: [{name: first}], services: [{kind: TraefikService, name: noop@internal}]}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
` + middlewares
	}
	const refused = "needs the pods of kube-system with app.kubernetes.io/name=traefik to reach web-claw/claw on port 18789, and web-claw does not let it in: the profile isolated-job (default-deny, from isolated) denies what nothing allows"
	auth := func(address string) string {
		return folder("isolated-job", "metadata: {name: first}\nspec: {forwardAuth: {address: '"+address+"'}}\n")
	}
	testRefused(t, "login-refused", []refusedCase{
		{name: "asked", folder: auth("http://claw.web-claw.svc:80/auth"), want: []string{"3: the login of IngressRoute a of web-claw by Middleware first of web-claw (claw/claw.yaml:29) " + refused}, fixed: true},
		{name: "asked, by its whole name and without a port", folder: auth("http://claw.web-claw.svc.cluster.local/auth"), want: []string{"3: the login of IngressRoute a of web-claw by Middleware first of web-claw (claw/claw.yaml:29) " + refused}, fixed: true},
		{name: "for several routes", folder: strings.Replace(auth("http://claw.web-claw.svc/auth"), "  routes:\n", "  routes:\n    - {kind: Rule, match: Host(`b.home.example`), middlewares: [{name: first}], services: [{kind: TraefikService, name: noop@internal}]}\n", 1),
			want: []string{"3: the login of IngressRoute a of web-claw and 1 more by Middleware first of web-claw (claw/claw.yaml:30) " + refused}, fixed: true},
		{name: "on a port that there is not", folder: auth("http://claw.web-claw.svc:81/auth")},
		{name: "asked outside", folder: auth("https://login.example/auth")},
		{name: "let in", folder: strings.Replace(auth("http://claw.web-claw.svc/auth"), "isolated-job", "web-app-internal", 1)},
		{name: "in a chain", folder: folder("isolated-job", "metadata: {name: first}\nspec: {chain: {middlewares: [{name: second}]}}\n---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: second}\nspec: {forwardAuth: {address: 'http://claw.web-claw/auth'}}\n"),
			want: []string{"3: the login of IngressRoute a of web-claw by Middleware second of web-claw (claw/claw.yaml:34) " + refused}, fixed: true},
		{name: "for an error page", folder: folder("isolated-job", "metadata: {name: first}\nspec: {errors: {status: ['401'], query: /sign_in, service: {name: claw, port: http}}}\n"),
			want: []string{"3: the login of IngressRoute a of web-claw by Middleware first of web-claw (claw/claw.yaml:29) " + refused}, fixed: true},
	})
}

func TestStoreRefused(t *testing.T) {
	folder := func(secrets, vault, store string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
apiServer: {port: 6444}
` + store + `
-- applications.yml --
- namespace: sys-secrets
  ` + secrets + `
- namespace: sys-vault
  networkPolicies: ` + vault + `
  applications: [{applicationCode: sys-vault, path: claw}]
-- claw/claw.yaml --
` + strings.NewReplacer("80, targetPort: web", "8200, targetPort: web", "18789", "8200").Replace(claw)
	}
	const ofPlatform = "secrets: {store: {kind: ClusterSecretStore, name: vault, vault: {server: 'http://claw.sys-vault.svc:8200', path: secret, role: a, serviceAccount: {name: a, namespace: sys-secrets}}}}"
	chart := func(policies string) string {
		return "networkPolicies: " + policies + "\n  applications: [{applicationCode: sys-secrets, chart: external-secrets, repoURL: 'https://charts.external-secrets.io', version: 2.9.0}]"
	}
	const jwt = "---\napiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: own}\nspec: {provider: {vault: {server: 'https://claw.sys-vault:8200', auth: {jwt: {path: jwt}}}}}\n"
	const notOut, notIn = "sys-secrets does not let it out: the profile operator (default-deny, from isolated) denies what nothing allows", "sys-vault does not let it in: the profile web-app-internal (default-deny, from isolated) denies what nothing allows"
	const review = "7: the Kubernetes login of the store vault of platform.yml needs sys-vault/claw to reach the API server on port 6444, and sys-vault does not let it out: the profile web-app-internal (default-deny, from isolated) denies what nothing allows"
	testRefused(t, "store-refused", []refusedCase{
		{name: "at both ends, and the review", folder: folder(chart("operator"), "web-app-internal", ofPlatform), elsewhere: []string{"sys-secrets"}, fixed: true, want: []string{
			"2: the store vault of platform.yml needs the pods of sys-secrets to reach sys-vault/claw on port 8200, and " + notOut + "; and " + notIn, strings.Replace(review, "7: ", "5: ", 1)},
			hint: "write in sys-secrets: networkPolicies: {profile: operator, allow: [{to: {namespace: sys-vault, ports: [8200]}}]}"},
		{name: "permitted", folder: folder(chart("{profile: operator, allow: [{to: {namespace: sys-vault, ports: [8200]}}]}"), "operator", ofPlatform), elsewhere: []string{"sys-secrets"}},
		{name: "External Secrets is open", folder: folder(chart("open"), "operator", ofPlatform), elsewhere: []string{"sys-secrets"}, fixed: true, want: []string{
			"5: the store vault of platform.yml needs the pods of sys-secrets to reach sys-vault/claw on port 8200, and sys-vault does not let it in: the profile operator (default-deny, from isolated) denies what nothing allows"}},
		{name: "External Secrets is elsewhere", folder: folder("networkPolicies: open", "isolated", ofPlatform), fixed: true, want: []string{strings.NewReplacer("7: ", "4: ", "web-app-internal (default-deny, from isolated)", "isolated (default-deny)").Replace(review)}},
		{name: "by its image, with a store of its own and no review", folder: folder("networkPolicies: operator\n  applications: [{applicationCode: sys-secrets, path: secrets}]", "isolated", "") + jwt +
			"-- secrets/a.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: eso}\nspec:\n  template:\n    metadata: {labels: {app: eso}}\n    spec: {containers: [{name: eso, image: ghcr.io/external-secrets/external-secrets:v2.9.0}]}\n" +
			"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: webhook}\nspec:\n  template:\n    metadata: {labels: {app: webhook}}\n    spec: {containers: [{name: eso, image: ghcr.io/external-secrets/external-secrets:v2.9.0, args: [webhook]}]}\n", fixed: true, want: []string{
			"2: SecretStore own (claw/claw.yaml:21) needs sys-secrets/eso to reach sys-vault/claw on port 8200, and " + notOut + "; and sys-vault does not let it in: the profile isolated (default-deny) denies what nothing allows"}},
		{name: "outside", folder: folder(chart("operator"), "operator", strings.Replace(ofPlatform, "http://claw.sys-vault.svc:8200", "https://vault.corp.example", 1)), elsewhere: []string{"sys-secrets"}, fixed: true, want: []string{
			"2: the store vault of platform.yml needs the pods of sys-secrets to reach vault.corp.example on port 443, and " + notOut + ", as far as the list says"},
			hint: "write in sys-secrets: networkPolicies: {profile: operator, allow: [{to: {host: vault.corp.example, ports: [443]}}]}"},
		{name: "outside, and perhaps in a CIDR", folder: folder(chart("{profile: operator, allow: [{to: {cidr: 10.0.0.0/8, ports: [443]}}]}"), "operator", strings.Replace(ofPlatform, "http://claw.sys-vault.svc:8200", "https://vault.corp.example", 1)), elsewhere: []string{"sys-secrets"}},
		{name: "at home", folder: folder(chart("operator"), "operator", strings.Replace(ofPlatform, "http://claw.sys-vault.svc:8200", "https://vault.lan:8200", 1)), elsewhere: []string{"sys-secrets"}},
	})
}

func TestDNSRefused(t *testing.T) {
	folder := func(system, more string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: kube-system
  manageNamespace: false
  networkPolicies: ` + system + `
- namespace: web-a
  networkPolicies: web-app
  applications: [{applicationCode: web-a, path: claw}]
- namespace: web-b
  applications: [{applicationCode: web-b, path: claw}]
- namespace: web-c
  networkPolicies: isolated
  applications: [{applicationCode: web-c, path: claw}]
-- claw/claw.yaml --
` + claw + more
	}
	const pods = "the pods of kube-system with k8s-app=kube-dns"
	isolated := []string{
		"3: DNS for web-a needs web-a/claw to reach " + pods + " on port 53, and kube-system does not let it in: the profile isolated (default-deny) denies what nothing allows; so it is for 1 more",
		"3: the DNS server of the cluster needs " + pods + " to reach the API server on port 6443, and kube-system does not let it out: the profile isolated (default-deny) denies what nothing allows",
		"3: the DNS server of the cluster needs " + pods + " to reach the world on port 53, and kube-system does not let it out: the profile isolated (default-deny) denies what nothing allows",
	}
	testRefused(t, "dns-refused", []refusedCase{
		{name: "isolated", folder: folder("isolated", ""), want: isolated, fixed: true, hint: "write in kube-system: networkPolicies: {profile: isolated, allow: [{podLabels: {k8s-app: kube-dns}, from: {entity: cluster, ports: [53/ANY]}}]}"},
		{name: "open", folder: folder("open", "")},
		{name: "the profile for it", folder: folder("cluster-dns", "")},
		{name: "with all that it needs", folder: folder("{profile: dns, allow: [{to: {entity: kube-apiserver, ports: [6443]}}]}", "")},
		{name: "a web application", folder: folder("web-app", ""), want: []string{strings.Replace(isolated[0], "isolated (default-deny)", "web-app (default-deny, from isolated)", 1),
			strings.Replace(isolated[1], "isolated (default-deny)", "web-app (default-deny, from isolated)", 1)}, fixed: true}, // its servers may speak DNS over HTTPS
		{name: "servers in a CIDR", folder: folder("{profile: operator, allow: [{to: {cidr: 192.168.0.1/32, ports: [53/UDP]}}, {from: {entity: cluster, ports: [53/UDP]}}]}", "")},
		{name: "in by the namespace", folder: folder("{profile: operator, allow: [{to: {entity: world}}, {from: {namespace: web-a, ports: [53/UDP]}}]}", ""), want: []string{
			strings.NewReplacer("web-a", "web-b", "; so it is for 1 more", "", "isolated (default-deny)", "operator (default-deny, from isolated)").Replace(isolated[0])}, fixed: true},
		{name: "answered on the nodes", folder: folder("isolated", "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: node-local-dns}\n")},
		{name: "denied at its own end", folder: folder("open", "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec:\n  endpointSelector: {}\n  egressDeny:\n    - toEntities: [cluster]\n"), want: []string{
			"claw/claw.yaml:24: DNS for web-a needs web-a/claw to reach " + pods + " on port 53/UDP, and web-a does not let it out: CiliumNetworkPolicy a denies it"}},
		{name: "denied on other ports", folder: folder("open", "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\nspec:\n  endpointSelector: {}\n  egressDeny:\n    - toEntities: [cluster]\n      toPorts: [{ports: [{port: '80'}]}]\n")},
	})
}

func TestWebhookRefused(t *testing.T) {
	folder := func(platform, policies, objects string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
` + platform + `
-- applications.yml --
- namespace: web-claw
  networkPolicies: ` + policies + `
  clusterResources: [admissionregistration.k8s.io/MutatingWebhookConfiguration, apiextensions.k8s.io/CustomResourceDefinition, apiregistration.k8s.io/APIService]
  applications: [{applicationCode: web-claw, path: claw}]
-- claw/claw.yaml --
` + claw + "---\n" + objects
	}
	const api = "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.claw.example}\nspec: {group: claw.example, version: v1, service: {name: claw, namespace: web-claw, port: 80}}\n"
	const crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: claws.claw.example}\nspec: {group: claw.example, conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: claw, namespace: web-claw, port: 80}}}}}\n"
	const hook = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: claw}\nwebhooks: [{name: a.claw.example, clientConfig: {url: 'https://claw.web-claw.svc:80/'}}]\n"
	refused := func(what, who string) []string {
		return []string{"2: " + what + " (claw/claw.yaml:21) needs " + who + " to reach web-claw/claw on port 18789, and web-claw does not let it in: the profile isolated (default-deny) denies what nothing allows"}
	}
	const remote = "the API server of another node, as remote-node with tunnel routing,"
	const half = "{profile: isolated, allow: [{from: {entity: kube-apiserver, ports: [18789]}}]}"
	testRefused(t, "webhook-refused", []refusedCase{
		{name: "an API", folder: folder("", "isolated", api), want: refused("APIService v1.claw.example", "the API server"), fixed: true,
			hint: "write in web-claw: networkPolicies: {profile: isolated, allow: [{from: {entity: kube-apiserver, ports: [18789]}}, {from: {entity: remote-node, ports: [18789]}}]}"},
		{name: "an API, from another node", folder: folder("nodes: [10.0.0.1, 10.0.0.2]", half, api), want: refused("APIService v1.claw.example", remote), fixed: true,
			hint: "add to web-claw: networkPolicies: {allow: [{from: {entity: remote-node, ports: [18789]}}]}"},
		{name: "with one node", folder: folder("nodes: [10.0.0.1]", "isolated", api)},
		{name: "let in", folder: folder("", "{profile: isolated, allow: [{from: {entity: kube-apiserver}}, {from: {entity: remote-node}}]}", api)},
		{name: "an operator", folder: folder("", "operator", api)},
		{name: "a conversion", folder: strings.Replace(folder("", "isolated", crd), "xx", "", 1), want: refused("CustomResourceDefinition claws.claw.example", "the API server"), fixed: true},
		{name: "no conversion", folder: folder("", "isolated", strings.Replace(crd, "strategy: Webhook", "strategy: None", 1))},
		{name: "a URL", folder: folder("", "isolated", hook), want: refused("MutatingWebhookConfiguration claw", "the API server"), fixed: true},
		{name: "a URL elsewhere", folder: folder("", "isolated", strings.Replace(hook, "claw.web-claw.svc:80", "hooks.example", 1))},
		{name: "on the network of a node", folder: strings.Replace(folder("", "isolated", api), "      containers:", "      hostNetwork: true\n      containers:", 1)},
	})
}

func TestCallRefused(t *testing.T) {
	folder := func(profile, container, more string) string {
		return `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: ` + profile + `
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-claw
  networkPolicies: isolated
  applications: [{applicationCode: web-claw, path: claw}]
- namespace: web-far
  networkPolicies: isolated
  applications: [{applicationCode: web-far, repoURL: 'https://git.example/far.git', path: deploy}]
-- claw/claw.yaml --
` + claw + `
-- a/a.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - name: a
          image: registry.example/a:1.2.3
          ` + container + "\n" + more
	}
	env := func(name, value string) string { return "env: [{name: " + name + ", value: '" + value + "'}]" }
	const both = "web-a does not let it out: the profile isolated-job (default-deny, from isolated) denies what nothing allows; and web-claw does not let it in: the profile isolated (default-deny) denies what nothing allows"
	refused := func(what string) []string {
		return []string{"2: " + what + " needs web-a/a to reach web-claw/claw on port 18789, and " + both}
	}
	of := func(name string) []string { return refused("the variable " + name + " of web-a/a (a/a.yaml:12)") }
	cases := []refusedCase{
		{name: "what a ConfigMap sets", folder: folder("isolated-job", "envFrom: [{configMapRef: {name: a}}]", "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  CLAW: http://claw.web-claw\n"),
			want: refused("the variable CLAW of web-a/a (a/a.yaml:18)"), fixed: true},
		{name: "a file of a ConfigMap", folder: folder("isolated-job", "volumeMounts: [{name: a, mountPath: /a}]\n      volumes: [{name: a, configMap: {name: a}}]",
			"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yml: |\n    # old: http://claw.web-claw.svc:80\n    cors_origin: http://claw.web-claw.svc\n    url: http://claw.web-claw.svc\n"),
			want: refused("ConfigMap a, which web-a/a reads, (a/a.yaml:19)"), fixed: true},
		{name: "a file of a ConfigMap without it", folder: folder("isolated-job", "volumeMounts: [{name: a, mountPath: /a}]\n      volumes: [{name: a, configMap: {name: a}}]",
			"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yml: |\n    # old: http://claw.web-claw.svc:80\n    cors_origin: http://claw.web-claw.svc\n    url: https://api.example\n")},
		{name: "an argument", folder: folder("isolated-job", "args: [--upstream=http://claw.web-claw.svc]", ""), want: refused("an argument of web-a/a (a/a.yaml:12)"), fixed: true},
		{name: "a script", folder: folder("isolated-job", "args: [\"-c\", \"curl http://claw.web-claw.svc\\nexit\"]", "")},
		{name: "on the network of a node", folder: folder("isolated-job", env("CLAW", "http://claw.web-claw.svc")+"\n      hostNetwork: true", "")},
		{name: "a host, and its port beside it", folder: folder("isolated-job", "env: [{name: CLAW_HOST, value: claw.web-claw.svc.cluster.local}, {name: CLAW_PORT, value: '80'}]", ""), want: of("CLAW_HOST"), fixed: true},
		{name: "behind what was not fetched", folder: folder("isolated-job", env("FAR", "http://far.web-far.svc:8080"), ""), elsewhere: []string{"web-far"}, want: []string{
			"2: the variable FAR of web-a/a (a/a.yaml:12) needs web-a/a to reach the pods of web-far on any port, and web-a does not let it out: the profile isolated-job (default-deny, from isolated) denies what nothing allows; and web-far does not let it in: the profile isolated (default-deny) denies what nothing allows"}},
		{name: "a Gateway of Cilium's", folder: folder("isolated-job", env("FAR", "https://cilium-gateway-far.web-far.svc"), ""), elsewhere: []string{"web-far"}},
		{name: "an Ingress of Cilium's", folder: folder("isolated-job", env("FAR", "http://cilium-ingress-far.web-far.svc"), ""), elsewhere: []string{"web-far"}},
		{name: "the shared Ingress of Cilium's", folder: folder("isolated-job", env("FAR", "http://cilium-ingress.web-far.svc"), ""), elsewhere: []string{"web-far"}},
		{name: "its own Service", folder: folder("isolated-job", env("SELF", "http://a:80"), "---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}, ports: [{port: 80}]}\n")},
		{name: "a headless Service", folder: strings.Replace(folder("isolated-job", env("CLAW", "http://claw.web-claw:18789"), ""), "  selector: {app: claw}\n", "  clusterIP: None\n  selector: {app: claw}\n", 1), want: of("CLAW"), fixed: true},
		{name: "an API outside", folder: folder("isolated-job", env("MODEL_URL", "https://api.models.example/v1"), ""), fixed: true, want: []string{
			"2: the variable MODEL_URL of web-a/a (a/a.yaml:12) needs web-a/a to reach api.models.example on port 443, and web-a does not let it out: the profile isolated-job (default-deny, from isolated) denies what nothing allows"}},
		{name: "through a proxy", folder: folder("isolated-job", "env: [{name: MODEL_API, value: 'https://api.models.example'}, {name: HTTPS_PROXY, value: 'http://10.0.0.1:3128'}]", "")},
		{name: "an API outside, permitted", folder: folder("web-app", env("MODEL_URL", "https://api.models.example/v1"), "")},
		{name: "an API outside, permitted by its name", folder: folder("{profile: isolated-job, allow: [{to: {host: '*.models.example', ports: [443]}}]}", env("MODEL_URL", "https://api.models.example/v1"), "")},
	}
	for _, value := range []string{"http://claw.web-claw.svc", "http://claw.web-claw.svc.cluster.local/x", "http://claw.web-claw:80", "claw.web-claw:80", "claw.web-claw.svc.cluster.local", "postgres://a:b@claw.web-claw:80/a", "jdbc:mysql://claw.web-claw.svc:80/a", "http://10.0.0.9:1,http://claw.web-claw.svc"} {
		cases = append(cases, refusedCase{name: value, folder: folder("isolated-job", env("CLAW", value), ""), want: of("CLAW"), fixed: true})
	}
	for _, value := range []string{"http://claw", "claw.web-claw", "http://claw.web-claw.svc:81", "http://other.web-claw.svc", "http://$(NAME).web-claw.svc", "http://claw-{{ x }}.svc", "http://localhost:80", "https://example.com/api", "https://api.home.example",
		"https://docs.models.example", "see https://api.models.example", "http://api.models.lan", "registry.example/claw:80", "http://claw.web-claw.svc.other.domain", "https://192.168.0.9", "https://[fd00::1]/", "https://api.{region}.example"} {
		cases = append(cases, refusedCase{name: "not " + value, folder: folder("isolated-job", env("THING", value), "")})
	}
	for _, name := range []string{"NO_PROXY", "CORS_ORIGIN", "OIDC_ISSUER"} {
		cases = append(cases, refusedCase{name: name, folder: folder("isolated-job", env(name, "http://claw.web-claw.svc"), "")})
	}
	testRefused(t, "call-refused", cases)
}

func TestScrapeRefused(t *testing.T) {
	folder := func(prometheus, monitor string) string {
		return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-monitoring
  networkPolicies: monitoring
  applications: [{applicationCode: sys-monitoring, path: monitoring}]
- namespace: web-claw
  networkPolicies: isolated
  applications: [{applicationCode: web-claw, path: claw}]
-- monitoring/prometheus.yaml --
` + prometheus + `
-- claw/claw.yaml --
` + strings.Replace(claw, "metadata: {name: claw}\nspec:\n  selector: {app", "metadata: {name: claw, labels: {a: b}}\nspec:\n  selector: {app", 1) + "---\n" + monitor
	}
	const operated = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: house}\nspec: {serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}, podMonitorSelector: {matchLabels: {team: a}}, podMonitorNamespaceSelector: {}}\n"
	const services = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: claw}\nspec:\n  selector: {matchLabels: {a: b}}\n  endpoints: [{port: http}]\n"
	const podsOf = "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: claw, labels: {team: a}}\nspec:\n  selector: {matchExpressions: [{key: app, operator: Exists}]}\n  podMetricsEndpoints: [{port: web}]\n"
	refused := func(who, from string) []string {
		return []string{"5: " + who + " needs " + from + " to reach web-claw/claw on port 18789, and web-claw does not let it in: the profile isolated (default-deny) denies what nothing allows"}
	}
	const house = "the pods of sys-monitoring with app.kubernetes.io/name=prometheus, operator.prometheus.io/name=house"
	const plain = `apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus}
spec:
  template:
    metadata: {labels: {app: prometheus}}
    spec:
      containers: [{name: a, image: quay.io/prometheus/prometheus:v3.16.0}]
      volumes: [{name: settings, configMap: {name: settings}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {prometheus.yml: "[__meta_kubernetes_pod_annotation_prometheus_io_scrape]"}
`
	annotated := func(prometheus string) string {
		return strings.Replace(folder(prometheus, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"), "    metadata: {labels: {app: claw}}", "    metadata: {labels: {app: claw}, annotations: {prometheus.io/scrape: 'true', prometheus.io/port: '18789'}}", 1)
	}
	testRefused(t, "scrape-refused", []refusedCase{
		{name: "a ServiceMonitor", folder: folder(operated, services), want: refused("ServiceMonitor claw of web-claw (claw/claw.yaml:23)", house), fixed: true,
			hint: "write in web-claw: networkPolicies: {profile: isolated, allow: [{from: {namespace: sys-monitoring, ports: [18789]}}]}"},
		{name: "a ServiceMonitor with a targetPort", folder: folder(operated, strings.Replace(services, "port: http", "targetPort: web", 1)), want: refused("ServiceMonitor claw of web-claw (claw/claw.yaml:23)", house), fixed: true},
		{name: "a ServiceMonitor of another Service", folder: folder(operated, strings.Replace(services, "a: b", "a: c", 1))},
		{name: "a ServiceMonitor of another namespace", folder: folder(operated, strings.Replace(services, "spec:", "spec:\n  namespaceSelector: {matchNames: [web-x]}", 1))},
		{name: "a ServiceMonitor that nobody reads", folder: folder(strings.Replace(operated, "serviceMonitorNamespaceSelector: {}, ", "", 1), services)},
		{name: "a PodMonitor", folder: folder(operated, podsOf), want: refused("PodMonitor claw of web-claw (claw/claw.yaml:23)", house), fixed: true},
		{name: "a PodMonitor that nobody reads", folder: folder(operated, strings.Replace(podsOf, "team: a", "team: b", 1))},
		{name: "without a Prometheus", folder: folder("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", services)},
		{name: "an annotation", folder: annotated(plain), want: refused("the annotation prometheus.io/scrape of web-claw/claw (claw/claw.yaml:14)", "sys-monitoring/prometheus"), fixed: true},
		{name: "an annotation that nobody reads", folder: annotated(strings.Replace(plain, "_scrape", "", 1))},
	})
}
