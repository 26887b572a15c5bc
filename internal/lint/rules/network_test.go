package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// networkCase is a folder, without its platform.yml when platform is empty, and what one rule finds in it.
type networkCase struct {
	name, platform, folder string
	want                   []string // place: message
}

func testNetwork(t *testing.T, rule string, cases []networkCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			platform := "-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\n" + c.platform + "\n"
			var got []string
			for _, f := range run(t, platform+strings.TrimPrefix(c.folder, "\n"), true).Findings {
				if f.Code == rule {
					got = append(got, f.Pos.String()+": "+f.Message)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// policyHere is an application and its folder, which a test goes on with.
const policyHere = `
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
spec:
  endpointSelector: {}
`

func TestOpenNamespace(t *testing.T) {
	testNetwork(t, "open-namespace", []networkCase{
		{name: "open", folder: `
-- applications.yml --
- namespace: web-b
  networkPolicies: isolated

- namespace: kube-system
- namespace: web-a
  applications: [{applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}]
- namespace: web-c
  networkPolicies: open
`, want: []string{"applications.yml:4:3: the namespace kube-system is open", "applications.yml:5:3: the namespace web-a is open, as far as the list says"}},
		{name: "a policy closes it", folder: "-- applications.yml --\n- namespace: web-a" + policyHere + "  ingress: [{}]\n  egress: [{toEntities: [host]}]\n"},
		{name: "a policy closes half of it", folder: "-- applications.yml --\n- namespace: web-a" + policyHere + "  ingress: [{}]\n",
			want: []string{"applications.yml:1:3: the namespace web-a is open"}},
		{name: "a policy closes some of it", folder: "-- applications.yml --\n- namespace: web-a" + strings.Replace(policyHere, "{}", "{matchLabels: {app: a}}", 1) + "  ingress: [{}]\n  egress: [{}]\n",
			want: []string{"applications.yml:1:3: the namespace web-a is open"}},
		{name: "policies close it for each of its pods", folder: "-- applications.yml --\n- namespace: web-a" + strings.Replace(policyHere, "{}", "{matchLabels: {app: a}}", 1) +
			"  ingress: [{}]\n  egress: [{}]\n" + deploymentHere},
		{name: "policies close it for one of its pods", folder: "-- applications.yml --\n- namespace: web-a" + strings.Replace(policyHere, "{}", "{matchLabels: {app: a}}", 1) +
			"  ingress: [{}]\n  egress: [{}]\n" + deploymentHere + `
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: b, image: registry.example/b:1.2.3}]}
`, want: []string{"applications.yml:1:3: the namespace web-a is open"}},
		{name: "a NetworkPolicy closes it", folder: `
-- applications.yml --
- namespace: web-a
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
`},
		{name: "a policy that Cilium refuses closes nothing", folder: "-- applications.yml --\n- namespace: web-a" + policyHere + "  ingress: [{fromEntities: [moon]}]\n  egress: [{}]\n",
			want: []string{"applications.yml:1:3: the namespace web-a is open"}},
		{name: "the catalog closes it", platform: "domain: home.example", folder: `
-- applications.yml --
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
`},
	})
}

func TestUnusedProfile(t *testing.T) {
	testNetwork(t, "unused-profile", []networkCase{
		{name: "extended by a used one", folder: `
-- profiles/base.yml --
extends: isolated
policies: {allow-x: {egress: [{toEntities: [host]}]}}
-- profiles/mail.yml --
extends: base
-- applications.yml --
- {namespace: web-a, networkPolicies: mail}
`},
		{name: "behind a comment", folder: `
-- profiles/mail.yml --
# Mail.

extends: isolated
-- applications.yml --
- {namespace: web-a, networkPolicies: isolated}
`, want: []string{"profiles/mail.yml:3:1: no entry uses the profile mail"}},
	})
}

func TestEntryOrder(t *testing.T) {
	testNetwork(t, "entry-order", []networkCase{
		{name: "one in the wrong place, and names without a prefix", folder: `
-- applications.yml --
- {namespace: zoo, networkPolicies: isolated}
- {namespace: web-z, networkPolicies: isolated}
- {namespace: sys-a, networkPolicies: isolated}
- {namespace: web-a, networkPolicies: isolated}
- {namespace: argocd, networkPolicies: isolated}
- {namespace: web-b, networkPolicies: isolated}
- {namespace: web-bb, networkPolicies: isolated}
- {namespace: webb, networkPolicies: isolated}
`, want: []string{"applications.yml:4:3: web-a follows web-z"}},
	})
}

func TestCIDRCoversNode(t *testing.T) {
	const nodes = "nodes: [192.168.0.109, 'fd00::9']"
	testNetwork(t, "cidr-covers-node", []networkCase{
		{name: "flows", platform: nodes, folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: isolated
    allow:
      - to: {cidr: 192.168.0.0/24, ports: [80]}
      - to: {cidr: 192.168.0.0/24, except: [192.168.0.128/25], ports: [80]}
      - to: {cidr: 192.168.0.0/24, except: [192.168.0.96/28], ports: [80]} # leaves it out
      - to: {cidr: 192.168.1.0/24, ports: [80]} # somewhere else
      - to: {cidr: 0.0.0.0/0, ports: [80]}
      - to: {cidr: '::/0', ports: [80]}
      - to: {cidr: 'fd00::/64', ports: [80]}
      - from: {cidr: 192.168.0.0/24, ports: [80]} # the television
      - from: {cidr: 192.168.0.109/32, ports: [80]}
`, want: []string{
			"applications.yml:5:9: 192.168.0.0/24 covers the node 192.168.0.109, which no CIDR matches",
			"applications.yml:6:9: 192.168.0.0/24 covers the node 192.168.0.109, which no CIDR matches",
			"applications.yml:11:9: fd00::/64 covers the node fd00::9, which no CIDR matches",
			"applications.yml:13:9: 192.168.0.109/32 covers the node 192.168.0.109, which no CIDR matches",
		}},
		{name: "no nodes", folder: `
-- applications.yml --
- {namespace: web-a, networkPolicies: {profile: isolated, allow: [{to: {cidr: 192.168.0.0/24}}]}}
`},
		{name: "a policy", platform: nodes, folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated` + policyHere + `
  egress:
    - toCIDR: [10.0.0.0/8, 192.168.0.109]
    - toCIDRSet:
        - {cidr: 192.168.0.0/16, except: [192.168.0.109/32]}
        - {cidr: 192.168.0.0/25}
        - cidrGroupRef: lan
  egressDeny:
    - toCIDRSet: [{cidr: 192.168.0.109/32}]
  ingress:
    - fromCIDR: [192.168.0.0/24]
  ingressDeny:
    - fromCIDRSet: [{cidr: 'fd00::9/128'}]
`, want: []string{
			"a/policy.yaml:8:28: 192.168.0.109 covers the node 192.168.0.109, which no CIDR matches",
			"a/policy.yaml:11:11: 192.168.0.0/25 covers the node 192.168.0.109, which no CIDR matches",
			"a/policy.yaml:14:19: 192.168.0.109/32 covers the node 192.168.0.109, which no CIDR matches",
			"a/policy.yaml:18:21: fd00::9/128 covers the node fd00::9, which no CIDR matches",
		}},
		{name: "a clusterwide policy, with specs", platform: nodes, folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: a}
specs:
  - endpointSelector: {}
    egress: [{toEntities: [cluster]}]
  - endpointSelector: {}
    egress:
      - toCIDR:
          - 192.168.0.109/32
`, want: []string{"a/policy.yaml:10:13: 192.168.0.109/32 covers the node 192.168.0.109, which no CIDR matches"}},
		{name: "a profile, once", platform: nodes, folder: `
-- profiles/scan.yml --
extends: isolated
policies:
  allow-lan:
    egress:
      - toCIDRSet:
          - {cidr: 192.168.0.0/24}
        toPorts: [{ports: [{port: "80", protocol: TCP}]}]
-- applications.yml --
- {namespace: web-a, networkPolicies: scan}
- {namespace: web-b, networkPolicies: scan}
`, want: []string{"profiles/scan.yml:6:13: 192.168.0.0/24 covers the node 192.168.0.109, which no CIDR matches"}},
		{name: "Cilium matches nodes", platform: nodes, folder: `
-- applications.yml --
- {namespace: web-a, networkPolicies: {profile: isolated, allow: [{to: {cidr: 192.168.0.0/24}}]}}
- namespace: kube-system
  applications: [{applicationCode: cilium, chart: cilium, repoURL: 'https://helm.cilium.io', version: 1.19.1, values: {policyCIDRMatchMode: [nodes]}}]
`},
		{name: "Cilium matches nodes, in a value file", platform: nodes, folder: `
-- applications.yml --
- {namespace: web-a, networkPolicies: {profile: isolated, allow: [{to: {cidr: 192.168.0.0/24}}]}}
- namespace: kube-system
  applications: [{applicationCode: cilium, chart: cilium, repoURL: 'https://helm.cilium.io', version: 1.19.1, valueFiles: [values/cilium.yml]}]
-- values/cilium.yml --
policyCIDRMatchMode: [nodes]
`},
	})
}

func TestWorldWithoutPorts(t *testing.T) {
	testNetwork(t, "world-egress-without-ports", []networkCase{
		{name: "flows", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: isolated
    allow:
      - to: {entity: all}
      - to: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}
      - to: {cidr: '::/0'}
      - to: {cidr: 10.0.0.0/8}
      - to: {entity: world, ports: [443]}
      - to: {entity: cluster}
      - to: {host: api.example.com}
      - from: {entity: world}
`, want: []string{
			"applications.yml:5:9: pods of web-a may reach all on every port",
			"applications.yml:6:9: pods of web-a may reach 0.0.0.0/0 on every port",
			"applications.yml:7:9: pods of web-a may reach ::/0 on every port",
		}},
		{name: "a policy", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated` + policyHere + `
  egress:
    - toEntities: [host, world]
    - toCIDRSet: [{cidr: 0.0.0.0/0}]
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
    - toCIDR: [0.0.0.0/0]
    - toCIDR: [0.0.0.0/0] # which permits nothing
      toPorts: [{}]
    - toEntities: [world]
      icmps: [{fields: [{type: 8}]}]
    - {}
  egressDeny:
    - toEntities: [world]
  ingress:
    - fromEntities: [world]
`, want: []string{
			"a/policy.yaml:8:7: CiliumNetworkPolicy a lets pods reach world on every port",
			"a/policy.yaml:11:7: CiliumNetworkPolicy a lets pods reach 0.0.0.0/0 on every port",
		}},
		{name: "a profile", folder: `
-- profiles/mine.yml --
extends: isolated
policies:
  out: {egress: [{toEntities: [world]}]}
-- applications.yml --
- {namespace: web-a, networkPolicies: mine}
`, want: []string{"profiles/mine.yml:3:18: policy out of the profile mine lets pods reach world on every port"}},
	})
}

// deploymentHere is a Deployment and a Service, and what a test puts beside them.
const deploymentHere = `
-- a/app.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a, tier: back}}
    spec:
      containers:
        - name: a
          image: registry.example/a:1.2.3
          ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  selector: {app: a}
  ports: [{name: http, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: 8081}, {name: same, port: 82}, {name: gone, port: 83, targetPort: gone}]
`

func TestHostNetwork(t *testing.T) {
	const pod = `
-- a/pod.yaml --
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          hostNetwork: true
          containers: [{name: a, image: registry.example/a:1.2.3}]
`
	testNetwork(t, "host-network-behind-policy", []networkCase{
		{name: "with policies", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications: [{applicationCode: web-a, path: a}]" + pod,
			want: []string{"a/pod.yaml:9:11: CronJob a is on the node's network: the policies of web-a do not reach it"}},
		{name: "open", folder: "-- applications.yml --\n- namespace: web-a\n  applications: [{applicationCode: web-a, path: a}]" + pod},
		{name: "not on it", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications: [{applicationCode: web-a, path: a}]" +
			strings.Replace(pod, "true", "false", 1)},
		{name: "with a policy for nodes", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: nodes}
spec:
  nodeSelector: {}
  ingress: [{fromEntities: [cluster]}]` + pod},
	})
}

func TestPolicySelectsNothing(t *testing.T) {
	const list = `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies:
    profile: isolated
    allow:
      - to: {namespace: web-a, podLabels: {app: b}, ports: [8080]}
`
	found := []string{"applications.yml:8:9: no pod of web-a has the labels app=b"}
	testNetwork(t, "policy-selects-nothing", []networkCase{
		{name: "peer", folder: list + deploymentHere, want: found},
		{name: "labels that two pods have, none both", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: isolated
    allow:
      - podLabels: {app: a, tier: front}
        from: {namespace: web-b}
      - podLabels: {app: a, tier: back}
        to: {namespace: web-a, podLabels: {app: a}}
      - podLabels: {app: A}
        to: {namespace: web-a}
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies: {profile: isolated, allow: [{podLabels: {any: thing}, to: {entity: host}}]} # nothing is known of it
` + deploymentHere + `
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b, tier: front}}
spec: {containers: [{name: b, image: registry.example/b:1.2.3}]}
`, want: []string{
			"applications.yml:5:9: no pod of web-a has the labels app=a, tier=front",
			"applications.yml:9:9: no pod of web-a has the labels app=A",
		}},
		{name: "labels that Jobs give", folder: strings.Replace(list, "app: b", "job-name: a", 1) + deploymentHere},
		{name: "labels that controllers give", folder: strings.Replace(list, "app: b", "statefulset.kubernetes.io/pod-name: a-0, app: a", 1) + deploymentHere},
		{name: "an application from elsewhere", folder: strings.Replace(list, "path: a}", "path: a}, {applicationCode: web-x, repoURL: 'https://git.example/x.git', path: x}", 1) + deploymentHere},
		{name: "a namespace that was there first", folder: strings.Replace(list, "- namespace: web-a\n", "- namespace: web-a\n  manageNamespace: false\n", 1) + deploymentHere},
		{name: "somebody else deploys there", folder: strings.Replace(list, "- namespace: web-a\n", "- namespace: web-a\n  access: [{serviceAccount: web-b/ci, role: edit}]\n", 1) + deploymentHere},
		{name: "somebody else looks there", folder: strings.Replace(list, "- namespace: web-a\n", "- namespace: web-a\n  access: [{serviceAccount: web-b/ci, role: view}]\n", 1) + deploymentHere,
			want: []string{"applications.yml:9:9: no pod of web-a has the labels app=b"}},
		{name: "an operator makes pods", folder: list + deploymentHere + `
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: a}
`},
		{name: "an operator of which nothing is known", folder: list + deploymentHere + `
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: a}
`},
		{name: "custom resources without pods", folder: list + deploymentHere + `
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: a}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: a}
`, want: found},
		{name: "a runner makes pods", folder: list + deploymentHere + `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a}
rules: [{apiGroups: [''], resources: [pods, pods/exec], verbs: [get, create]}]
`},
		{name: "another kind of workload", folder: list + deploymentHere + `
---
apiVersion: v1
kind: ReplicationController
metadata: {name: a}
`},
		{name: "a role that cannot be read", folder: list + deploymentHere + `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a}
rules: all
`},
		{name: "a role that makes none", folder: list + deploymentHere + `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: a}
rules: [{apiGroups: [''], resources: [pods], verbs: [get, list]}, {apiGroups: [''], resources: [configmaps], verbs: ['*']}]
`, want: found},
		{name: "a template that cannot be read", folder: list + deploymentHere + `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {template: {metadata: {labels: b}}}
`},
		{name: "no pods at all", folder: list + `
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
`},
		{name: "flows of the catalog are its own", platform: "domain: home.example", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a, uses: [{application: web-ntfy, podLabels: {app: b}}]}]
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
` + deploymentHere},
		{name: "a policy", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications: [{applicationCode: web-a, path: a}]" + deploymentHere + `
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: typo}
spec:
  endpointSelector: {matchLabels: {k8s:app: aa}}
  egress: [{toEntities: [host]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: right}
specs:
  - endpointSelector: {matchLabels: {any:app: a, k8s:io.kubernetes.pod.namespace: web-a}}
    egress: [{toEntities: [host]}]
  - endpointSelector:
      matchExpressions: [{key: tier, operator: In, values: [back, front]}, {key: app, operator: NotIn, values: [b, c]}, {key: k8s:app, operator: Exists}]
    egress: [{toEntities: [host]}]
  - endpointSelector:
      matchExpressions: [{key: app, operator: DoesNotExist}]
    egress: [{toEntities: [host]}]
  - endpointSelector: {}
    egress: [{toEntities: [host]}]
`, want: []string{
			"a/app.yaml:26:3: CiliumNetworkPolicy typo selects no pod of web-a",
			"a/app.yaml:38:5: CiliumNetworkPolicy right selects no pod of web-a",
		}},
		{name: "the peers of policies", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]\n" +
			"  applications: [{applicationCode: web-a, path: a}]" + deploymentHere + `
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: peers}
spec:
  endpointSelector: {}
  ingress:
    - fromEndpoints:
        - matchLabels: {app: a}
        - matchLabels: {app: aa}
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-b, app: b} # nothing is known of it
        - matchLabels: {k8s:io.cilium.k8s.policy.serviceaccount: a}
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-a, k8s:io.cilium.k8s.policy.cluster: east, app: b}
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: wide}
spec:
  endpointSelector: {matchLabels: {app: b}}
  egress:
    - toEndpoints:
        - matchLabels: {app: b}
        - matchLabels: {k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name: web-a, app: b}
`, want: []string{
			"a/app.yaml:30:11: CiliumNetworkPolicy peers names pods with app=aa of web-a, and there are none",
			"a/app.yaml:43:11: CiliumClusterwideNetworkPolicy wide names pods with app=b of web-a, and there are none",
		}},
	})
}

func TestServicePort(t *testing.T) {
	list := func(flow string) string {
		return `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies:
    profile: isolated
    allow:
      - ` + flow + "\n"
	}
	testNetwork(t, "service-port-in-policy", []networkCase{
		{name: "several", folder: list("to: {namespace: web-a, ports: [8080, 80, 81, 8081, 82, 83, 84, http, 70-90]}") + deploymentHere, want: []string{
			"applications.yml:8:9: port 80 is that of the Service a in web-a, not of its pods",
			"applications.yml:8:9: port 81 is that of the Service a in web-a, not of its pods",
		}},
		{name: "into the own namespace", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: isolated
    allow:
      - from: {namespace: web-b, ports: [80]}
  applications: [{applicationCode: web-a, path: a}]
- {namespace: web-b, networkPolicies: isolated}
` + deploymentHere, want: []string{"applications.yml:5:9: port 80 is that of the Service a in web-a, not of its pods"}},
		{name: "pods that the Service does not lead to", folder: list("to: {namespace: web-a, podLabels: {app: b}, ports: [80]}") + deploymentHere + `
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: b, image: registry.example/b:1.2.3}]}
`},
		{name: "another pod that says nothing about its ports", folder: list("to: {namespace: web-a, ports: [80]}") + deploymentHere + `
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: b, image: registry.example/b:1.2.3}]}
`},
		{name: "another pod that has the port", folder: list("to: {namespace: web-a, ports: [80]}") + deploymentHere + `
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: b, image: registry.example/b:1.2.3, ports: [{containerPort: 80}]}]}
`},
		{name: "a Service of another namespace, and one without a selector", folder: list("to: {namespace: web-a, ports: [443]}") + deploymentHere + `
---
apiVersion: v1
kind: Service
metadata: {name: b, namespace: web-c}
spec: {selector: {app: a}, ports: [{port: 443, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: c}
spec: {ports: [{port: 443, targetPort: 8080}]}
`},
		{name: "another Service that leads to the port", folder: list("to: {namespace: web-a, ports: [80]}") + deploymentHere + `
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {selector: {app: a}, ports: [{port: 8000, targetPort: 80}]}
`},
		{name: "pods that come from elsewhere", folder: strings.Replace(list("to: {namespace: web-a, ports: [80]}"), "path: a}", "path: a}, {applicationCode: web-x, repoURL: 'https://git.example/x.git', path: x}", 1) + deploymentHere},
		{name: "out of the cluster", folder: list("to: {entity: world, ports: [80]}") + deploymentHere},
	})
}

func TestDNSRule(t *testing.T) {
	const toAPI = `
  egress:
    - toFQDNs:
        - {matchName: api.example.com}
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`
	found := []string{"a/policy.yaml:9:11: no DNS rule for the same pods has api.example.com: Cilium never learns its addresses"}
	entry := func(networkPolicies string) string {
		return "-- applications.yml --\n- namespace: web-a" + networkPolicies
	}
	dns := func(namespace, selector, rule string) string {
		return `
-- a/dns.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: dns, namespace: ` + namespace + `}
spec:
  endpointSelector: ` + selector + `
  egress:
    - toEntities: [cluster]
      toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [` + rule + `]}}]
`
	}
	testNetwork(t, "dns-rule-missing", []networkCase{
		{name: "none, in an open namespace", folder: entry("") + policyHere + toAPI, want: found},
		{name: "the profile has one", folder: entry("\n  networkPolicies: isolated-job") + policyHere + toAPI},
		{name: "a flow has one for the name", folder: entry("\n  networkPolicies: {profile: isolated, allow: [{to: {host: api.example.com}}]}") + policyHere + toAPI},
		{name: "a flow has one for another name", folder: entry("\n  networkPolicies: {profile: isolated, allow: [{to: {host: example.com}}]}") + policyHere + toAPI, want: found},
		{name: "a flow of other pods has one, which may be the same", folder: entry("\n  networkPolicies: {profile: isolated, allow: [{podLabels: {app: x}, to: {host: '*.example.com'}}]}") + policyHere + toAPI},
		{name: "another policy", folder: entry("") + policyHere + toAPI + dns("web-a", "{}", "{matchName: API.example.com.}")},
		{name: "another policy's pattern", folder: entry("") + policyHere + toAPI + dns("web-a", "{}", "{matchPattern: '*'}")},
		{name: "another policy's pattern for others", folder: entry("") + policyHere + toAPI + dns("web-a", "{}", "{matchPattern: '*.example.org'}"), want: found},
		{name: "patterns on both sides", folder: entry("") + policyHere + strings.Replace(toAPI, "matchName: api.example.com", "matchPattern: '*.example.com'", 1) + dns("web-a", "{}", "{matchPattern: 'a*.example.com'}")},
		{name: "a name of the pattern", folder: entry("") + policyHere + strings.Replace(toAPI, "matchName: api.example.com", "matchPattern: '*.example.com'", 1) + dns("web-a", "{}", "{matchName: a.example.com}")},
		{name: "a policy of other pods", folder: entry("") + strings.Replace(policyHere, "endpointSelector: {}", "endpointSelector: {matchLabels: {app: a}}", 1) + toAPI +
			dns("web-a", "{matchLabels: {k8s:app: b}}", "{matchPattern: '*'}"), want: found},
		{name: "no selector", folder: entry("") + strings.Replace(policyHere, "  endpointSelector: {}\n", "  description: x\n", 1) + toAPI, want: found},
		{name: "a policy that cannot be read", folder: entry("") + policyHere + toAPI + dns("web-a", "[]", "{matchPattern: '*'}")},
		{name: "a profile whose DNS rule is for other pods", folder: `
-- profiles/mine.yml --
extends: isolated
policies:
  dns:
    endpointSelector: {matchLabels: {k8s:app: b}}
    egress:
      - toEndpoints: [$dns]
        toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
  api:
    endpointSelector: {matchLabels: {k8s:app: a}}
    egress:
      - toFQDNs: [{matchName: api.example.com}]
-- applications.yml --
- {namespace: web-a, networkPolicies: mine}
`, want: []string{"profiles/mine.yml:11:19: no DNS rule for the same pods has api.example.com: Cilium never learns its addresses"}},
	})
}

func TestEmptyPolicy(t *testing.T) {
	entry := "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated-job"
	open := strings.Replace(entry, "isolated-job", "open", 1)
	testNetwork(t, "empty-policy", []networkCase{
		{name: "fine", folder: entry + policyHere + `
  ingress: [{}]
  egress:
    - toEndpoints: [{}]
    - toFQDNs: [{matchName: api.example.com}]
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
    - toCIDRSet: [{cidr: 10.0.0.0/8}]
    - icmps: [{fields: [{type: 8}]}]
  ingressDeny:
    - fromEntities: [world]
`},
		{name: "no lists", folder: open + policyHere, want: []string{"a/policy.yaml:4:1: CiliumNetworkPolicy a has no rules: Cilium refuses it, and nothing is denied"}},
		{name: "null", folder: open + policyHere + "  ingress:\n", want: []string{"a/policy.yaml:4:1: CiliumNetworkPolicy a has no rules: Cilium refuses it, and nothing is denied"}},
		{name: "no spec", folder: entry + `
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
`, want: []string{"a/policy.yaml:1:1: CiliumNetworkPolicy a has neither spec nor specs: Cilium refuses it"}},
		{name: "one direction", folder: open + policyHere + `
  ingress: []
  egress: [{}]
`, want: []string{"a/policy.yaml:7:3: the empty list ingress of CiliumNetworkPolicy a leaves that direction open"}},
		{name: "one direction, which the profile closes", folder: entry + policyHere + `
  ingress: []
  egress: [{}]
`},
		{name: "no lists, and the profile closes both", folder: entry + policyHere,
			want: []string{"a/policy.yaml:4:1: CiliumNetworkPolicy a has no rules: Cilium refuses it"}},
		{name: "a direction that has other rules", folder: entry + policyHere + "  ingress: [{}]\n  ingressDeny: []\n"},
		{name: "a NetworkPolicy that Cilium refuses", folder: entry + `
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}
`, want: []string{`a/policy.yaml:4:1: Cilium refuses NetworkPolicy a: unknown protocol "ICMP"`}},
		{name: "lists in rules", folder: entry + policyHere + `
  ingress:
    - fromEndpoints: []
  egress:
    - toEntities: []
      toPorts: []
`, want: []string{
			"a/policy.yaml:8:7: the empty list fromEndpoints of CiliumNetworkPolicy a selects nothing",
			"a/policy.yaml:10:7: the empty list toEntities of CiliumNetworkPolicy a selects nothing",
			"a/policy.yaml:11:7: the empty list toPorts of CiliumNetworkPolicy a permits every port",
		}},
		{name: "two kinds of peers", folder: entry + policyHere + `
  egress:
    - toEntities: [world]
      toEndpoints: [{}]
`, want: []string{"a/policy.yaml:8:7: Cilium refuses CiliumNetworkPolicy a: it accepts one kind of peers in a rule, found toEndpoints and toEntities"}},
		{name: "what Cilium refuses, in the second rule", folder: entry + policyHere + `
  ingress:
    - fromEntities: [cluster]
    - fromEndpoints: [{}]
      toPorts: [{ports: [{port: "53", protocol: UDP}], rules: {dns: [{matchPattern: "*"}]}}]
`, want: []string{"a/policy.yaml:9:7: Cilium refuses CiliumNetworkPolicy a: L7 protocol DNS is not supported on ingress yet"}},
		{name: "what Cilium refuses, in a deny rule of the second rule", folder: entry + `
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
specs:
  - endpointSelector: {}
    egress: [{}]
  - endpointSelector: {}
    egressDeny:
      - toCIDR: [300.0.0.0/8]
    ingressDeny:
      - fromEntities: [moon]
`, want: []string{`a/policy.yaml:9:9: Cilium refuses CiliumNetworkPolicy a: unable to parse CIDR: ParseAddr("300.0.0.0/8"): IPv4 field has value >255`}},
		{name: "what Cilium refuses, in a deny rule", folder: entry + policyHere + `
  egress: [{}]
  egressDeny:
    - toEntities: [world]
    - toEntities: [moon]
`, want: []string{"a/policy.yaml:10:7: Cilium refuses CiliumNetworkPolicy a: unsupported entity: moon"}},
		{name: "no selector", folder: entry + strings.Replace(policyHere, "  endpointSelector: {}\n", "", 1) + "  ingress: [{}]\n",
			want: []string{"a/policy.yaml:4:1: Cilium refuses CiliumNetworkPolicy a: rule must have one of EndpointSelector or NodeSelector"}},
		{name: "a policy for nodes in a namespace", folder: entry + strings.Replace(policyHere, "endpointSelector", "nodeSelector", 1) + "  ingress: [{}]\n",
			want: []string{"a/policy.yaml:5:3: Cilium refuses CiliumNetworkPolicy a: nodeSelector is for a CiliumClusterwideNetworkPolicy"}},
		{name: "several labels", folder: entry + strings.Replace(policyHere, "{}", "{matchLabels: {a: '$', b: '$', c: '$'}}", 1) + "  ingress: [{}]\n",
			want: []string{`a/policy.yaml:5:3: Cilium refuses CiliumNetworkPolicy a: matchLabels: Invalid value: "$": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`}},
		{name: "a number", folder: entry + policyHere + "  ingress: [{toPorts: [{ports: [{port: 443}]}]}]\n",
			want: []string{"a/policy.yaml:4:1: Cilium refuses CiliumNetworkPolicy a: json: cannot unmarshal number into Go struct field PortProtocol.ingress.toPorts.ports.port of type string"}},
		{name: "a clusterwide one", folder: `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: a}
spec:
  nodeSelector: {}
  ingress: [{fromEntities: [cluster]}]
`},
	})
}

// TestHalfOpenFlow has policies a and b of two namespaces, each of which denies what nothing allows.
func TestHalfOpenFlow(t *testing.T) {
	folder := func(a, b string) string {
		return `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies: isolated
  applications: [{applicationCode: web-b, path: b}]
-- a/a.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
spec:
` + strings.Trim(a, "\n") + `
-- b/b.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: b}
spec:
` + strings.Trim(b, "\n") + "\n"
	}
	const out = `
  endpointSelector: {matchLabels: {app: front}}
  egress:
    - toEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-b, k8s:app: db}
      toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
`
	const unrelated = "\n  endpointSelector: {}\n  egress: [{toEntities: [host]}]\n"
	const shut = "a/a.yaml:8:11: CiliumNetworkPolicy a lets pods out to pods with app=db of web-b, and no policy of web-b lets them in"
	in := func(peer, more string) string {
		return "\n  endpointSelector: {}\n  ingress:\n    - " + peer + "\n" + more
	}
	from := func(labels string) string {
		return "fromEndpoints: [{matchLabels: {" + labels + "}}]"
	}
	const webA = "k8s:io.kubernetes.pod.namespace: web-a"
	const elsewhereB = "{applicationCode: web-x, repoURL: 'https://git.example/x.git', path: x}"
	testNetwork(t, "half-open-flow", []networkCase{
		{name: "nothing lets it in", folder: folder(out, unrelated), want: []string{shut}},
		{name: "let in", folder: folder(out, in(from(webA), `      toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`))},
		{name: "let in, with any source of the label", folder: folder(out, in(from("io.kubernetes.pod.namespace: web-a, any:app: front"), ""))},
		{name: "let in by a label that the sender may have", folder: folder(out, in(from(webA+", version: v1"), ""))},
		{name: "let in from all", folder: folder(out, in("fromEntities: [world, cluster]", ""))},
		{name: "let in from anybody on a port", folder: folder(out, in(`toPorts: [{ports: [{port: "5000", endPort: 6000, protocol: ANY}]}]`, ""))},
		{name: "let in by a label that the namespace does not have", folder: folder(out, in(from("k8s:io.cilium.k8s.namespace.labels.team: house"), "")), want: []string{shut}},
		{name: "let in by a label of the namespace", folder: strings.Replace(folder(out, in(from("k8s:io.cilium.k8s.namespace.labels.team: house"), "")), "- namespace: web-a\n",
			"- namespace: web-a\n  labels: {team: house}\n", 1)},
		{name: "let in by a label that a namespace of somebody else may have", folder: strings.Replace(folder(out, in(from("k8s:io.cilium.k8s.namespace.labels.team: house"), "")),
			"- namespace: web-a\n", "- namespace: web-a\n  manageNamespace: false\n", 1)},
		{name: "let in by the label that each namespace has", folder: folder(out, in(from("k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name: web-a"), ""))},
		{name: "out by the label that each namespace has", folder: folder(strings.Replace(out, "k8s:io.kubernetes.pod.namespace:", "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name:", 1), unrelated),
			want: []string{shut}},
		{name: "to this cluster", folder: folder(strings.Replace(out, "k8s:app: db", "k8s:app: db, k8s:io.cilium.k8s.policy.cluster: default", 1), unrelated), want: []string{shut}},
		{name: "to another cluster", folder: folder(strings.Replace(out, "k8s:app: db", "k8s:app: db, k8s:io.cilium.k8s.policy.cluster: east", 1), unrelated)},
		{name: "let in from this cluster", folder: folder(out, in(from(webA+", k8s:io.cilium.k8s.policy.cluster: default"), ""))},
		{name: "let in from another cluster", folder: folder(out, in(from(webA+", k8s:io.cilium.k8s.policy.cluster: east"), "")), want: []string{shut}},
		{name: "let in from several namespaces",
			folder: folder(out, in("fromEndpoints: [{matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: In, values: [web-a, web-c]}]}]", ""))},
		{name: "let in without a protocol", folder: folder(out, in(from(webA), `      toPorts: [{ports: [{port: "5432"}]}]`))},
		{name: "let in on a list without ports, which is none", folder: folder(out, in(from(webA), `      toPorts: [{}]`)), want: []string{shut}},
		{name: "let in by an expression",
			folder: folder(out, in("fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: In, values: [web-a]}]}]", ""))},
		{name: "let in by an expression that leaves the sender out",
			folder: folder(out, in("fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: web-a}, matchExpressions: [{key: app, operator: NotIn, values: [front]}]}]", "  egress: [{}]\n")),
			want:   []string{shut}},
		{name: "let in on a named port", folder: folder(out, in(from(webA), `      toPorts: [{ports: [{port: postgres, protocol: TCP}]}]`))},
		{name: "let in for those pods", folder: folder(out, strings.Replace(in(from(webA), ""), "{}", "{matchLabels: {app: db}}", 1))},
		{name: "let in for other pods", folder: folder(out, strings.Replace(in(from(webA), ""), "{}", "{matchLabels: {app: web}}", 1)), want: []string{shut,
			"b/b.yaml:7:23: CiliumNetworkPolicy b lets in pods of web-a, and no policy of web-a lets them out"}},
		{name: "let in on another port", folder: folder(out, in(from(webA), `      toPorts: [{ports: [{port: "3306", protocol: TCP}]}]`)), want: []string{
			shut + " on these ports",
			"b/b.yaml:7:23: CiliumNetworkPolicy b lets in pods of web-a, and no policy of web-a lets them out on these ports",
		}},
		{name: "let in with another protocol", folder: folder(out, in(from(webA+", app: front"), `      toPorts: [{ports: [{port: "5432", protocol: UDP}]}]`)), want: []string{
			shut + " on these ports",
			"b/b.yaml:7:23: CiliumNetworkPolicy b lets in pods with app=front of web-a, and no policy of web-a lets them out on these ports",
		}},
		{name: "let in from the own namespace only", folder: folder(out, in("fromEndpoints: [{}]", "  egress: [{toEndpoints: [{}]}]\n")), want: []string{shut}},
		{name: "let in from others", folder: folder(out, in("fromEntities: [world, host, kube-apiserver]", "")), want: []string{shut}},
		{name: "let in from addresses", folder: folder(out, in("fromCIDR: [0.0.0.0/0]", "")), want: []string{shut}},
		{name: "nobody is let in", folder: folder(out, in("{}", "")), want: []string{shut}},
		{name: "let in by a clusterwide policy", folder: folder(out, unrelated) + `
-- a/c.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: c}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEndpoints: [{}]}]
`},
		{name: "a policy for nodes", folder: folder(out, unrelated) + `
-- a/c.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: c}
spec:
  nodeSelector: {}
  ingress: [{fromEntities: [all]}]
`, want: []string{shut}},
		{name: "let in by a flow of the list", folder: strings.Replace(folder(out, unrelated), "networkPolicies: isolated\n  applications: [{applicationCode: web-b",
			"networkPolicies: {profile: isolated, allow: [{from: {namespace: web-a, ports: [5432]}}]}\n  applications: [{applicationCode: web-b", 1)},
		{name: "an open namespace", folder: strings.Replace(folder(out, unrelated), "networkPolicies: isolated\n  applications: [{applicationCode: web-b",
			"applications: [{applicationCode: web-b", 1)},
		{name: "an open namespace that a policy closes", folder: strings.Replace(folder(out, in("{}", "")), "networkPolicies: isolated\n  applications: [{applicationCode: web-b",
			"applications: [{applicationCode: web-b", 1), want: []string{shut}},
		{name: "an open namespace with a policy that does not deny", folder: strings.Replace(folder(out, in("{}", "  enableDefaultDeny: {ingress: false}\n")),
			"networkPolicies: isolated\n  applications: [{applicationCode: web-b", "applications: [{applicationCode: web-b", 1)},
		{name: "an application from elsewhere may let it in", folder: strings.Replace(folder(out, unrelated), "path: b}", "path: b}, "+elsewhereB, 1)},
		{name: "a policy that cannot be read may let it in", folder: folder(out, "  endpointSelector: []\n")},
		{name: "a NetworkPolicy lets it in", folder: folder(out, unrelated) + `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b}
spec: {podSelector: {}, ingress: [{}]}
`},
		{name: "a NetworkPolicy lets others in", folder: folder(out, unrelated) + `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}
`, want: []string{shut}},
		{name: "a NetworkPolicy that cannot be read may let it in", folder: folder(out, unrelated) + `
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b}
spec: {podSelector: {}, ingress: from}
`},
		{name: "a policy that Cilium refuses, which is another finding", folder: folder(out, in(from(webA), "    - fromEntities: [moon]"))},
		{name: "a clusterwide policy lets a label in that no namespace has", folder: folder(out, unrelated) + `
-- a/c.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: c}
spec:
  endpointSelector: {matchLabels: {k8s:io.cilium.k8s.namespace.labels.team: house}}
  ingress: [{fromEntities: [cluster]}]
`, want: []string{shut}},
		{name: "a namespace that is not in the list", folder: folder(strings.Replace(out, "web-b", "web-c", 1), unrelated)},
		{name: "any namespace", folder: folder(strings.Replace(out, "k8s:io.kubernetes.pod.namespace: web-b, ", "k8s:io.cilium.k8s.namespace.labels.team: house, ", 1), unrelated)},
		{name: "within the namespace", folder: folder("\n  endpointSelector: {}\n  egress:\n    - toEndpoints: [{}]\n", unrelated), want: []string{
			"a/a.yaml:7:21: CiliumNetworkPolicy a lets pods out to pods of web-a, and no policy of web-a lets them in"}},
		{name: "nothing lets it out", folder: folder(unrelated, in(from(webA), "")), want: []string{
			"b/b.yaml:7:23: CiliumNetworkPolicy b lets in pods of web-a, and no policy of web-a lets them out"}},
		{name: "let out to a Service", folder: folder("\n  endpointSelector: {}\n  egress: [{toServices: [{k8sService: {serviceName: b, namespace: web-b}}]}]\n", in(from(webA), ""))},
		{name: "let out by the profile", folder: strings.Replace(folder(unrelated, in(from(webA), "")), "isolated\n", "ingress-controller\n", 1)},
		{name: "let out to the world and to names", folder: folder("\n  endpointSelector: {}\n  egress: [{toEntities: [world]}, {toFQDNs: [{matchName: a.example}]}, {}]\n", in(from(webA), "")), want: []string{
			"b/b.yaml:7:23: CiliumNetworkPolicy b lets in pods of web-a, and no policy of web-a lets them out"}},
		{name: "ICMP only", folder: folder(strings.Replace(out, `toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`, "icmps: [{fields: [{type: 8}]}]", 1),
			in(from(webA+", app: front"), `      toPorts: [{ports: [{port: "5432", protocol: TCP}]}]`)), want: []string{
			shut + " on these ports",
			"b/b.yaml:7:23: CiliumNetworkPolicy b lets in pods with app=front of web-a, and no policy of web-a lets them out on these ports",
		}},
		{name: "profiles, once for all that use one", folder: `
-- profiles/caller.yml --
extends: isolated
policies:
  out:
    egress:
      - toEndpoints:
          - matchLabels: {k8s:io.kubernetes.pod.namespace: web-b}
-- applications.yml --
- {namespace: web-a, networkPolicies: caller}
- {namespace: web-b, networkPolicies: isolated}
- {namespace: web-c, networkPolicies: caller}
`, want: []string{"profiles/caller.yml:6:13: policy out of the profile caller lets pods out to pods of web-b, and no policy of web-b lets them in"}},
	})
}

// TestHalfOpenPods has pods of two namespaces, all of which are known, and a policy for each.
func TestHalfOpenPods(t *testing.T) {
	folder := func(out, in string) string {
		pod := func(name, labels, more string) string {
			return "\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec:\n  selector: {matchLabels: {app: " + name + "}}\n  template:\n    metadata: {labels: {app: " +
				name + labels + "}}\n    spec: {" + more + "containers: [{name: a, image: registry.example/a:1.2.3, ports: [{name: main, containerPort: 5432}, {name: metrics, containerPort: 9187}]}]}\n"
		}
		policy := func(name, spec string) string {
			return "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: " + name + "}\nspec: " + spec
		}
		return `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies: isolated
  applications: [{applicationCode: web-b, path: b}]
-- a/a.yaml --
` + policy("a", out) + pod("front", ", tier: web", "") + pod("worker", "", "") + `
-- b/b.yaml --
` + policy("b", in) + pod("db", "", "") + pod("cache", "", "") + pod("exporter", ", role: node", "hostNetwork: true, ")
	}
	const (
		webA = "k8s:io.kubernetes.pod.namespace: web-a"
		webB = "k8s:io.kubernetes.pod.namespace: web-b"
		out  = "{endpointSelector: {matchLabels: {tier: web}}, egress: [{toEndpoints: [{matchLabels: {" + webB + ", app: db}}], toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]}"
	)
	in := func(selector, from, port string) string {
		return "{endpointSelector: {" + selector + "}, ingress: [{fromEndpoints: [{matchLabels: {" + webA + from + "}}], toPorts: [{ports: [{port: '" + port + "', protocol: TCP}]}]}]}"
	}
	itself := func(replicas string) string {
		return strings.Replace(folder("{endpointSelector: {matchLabels: {app: front}}, ingress: [{fromEndpoints: [{matchLabels: {app: front}}]}], egress: [{}]}", "{endpointSelector: {matchLabels: {app: db}}, ingress: [{}]}"),
			"spec:\n", "spec:\n  replicas: "+replicas+"\n", -1)
	}
	const shut = "a/a.yaml:4:78: CiliumNetworkPolicy a lets pods out to pods with app=db of web-b, and no policy of web-b lets them in"
	lets := func(column, labels string) string {
		return "b/b.yaml:4:" + column + ": CiliumNetworkPolicy b lets in pods " + labels + "of web-a, and no policy of web-a lets them out"
	}
	testNetwork(t, "half-open-flow", []networkCase{
		{name: "the same", folder: folder(out, in("matchLabels: {app: db}", ", app: front", "5432"))},
		{name: "the port's name", folder: folder(out, in("matchLabels: {app: db}", ", app: front", "main"))},
		{name: "another port's name", folder: folder(out, in("matchLabels: {app: db}", ", app: front", "metrics")),
			want: []string{shut + " on these ports", lets("79", "with app=front ") + " on these ports"}},
		{name: "a label that the sender does not have", folder: folder(out, in("", ", version: v1", "5432")), want: []string{shut}},
		{name: "another sender", folder: folder(out, in("matchLabels: {app: db}", ", app: worker", "5432")), want: []string{shut, lets("79", "with app=worker ")}},
		{name: "another receiver", folder: folder(out, in("matchLabels: {app: cache}", ", app: front", "5432")), want: []string{shut, lets("82", "with app=front ")}},
		{name: "a port's name that nobody has, which is no flow", folder: folder(strings.Replace(out, "'5432'", "sql", 1), in("matchLabels: {app: db}", "", "5432")),
			want: []string{"b/b.yaml:4:79: CiliumNetworkPolicy b lets in pods of web-a, and no policy of web-a lets them out"}},
		{name: "some of the senders", folder: folder(strings.Replace(out, "{matchLabels: {tier: web}}", "{}", 1), in("", ", app: front", "5432"))},
		{name: "what Jobs get", folder: folder(strings.Replace(out, "tier: web", "job-name: once", 1), in("", ", job-name: once", "5432")) + `
-- a/job.yaml --
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {metadata: {labels: {app: once}}, spec: {restartPolicy: Never, containers: [{name: a, image: registry.example/a:1.2.3}]}}}
`},
		{name: "a pod to itself", folder: itself("1")},
		{name: "a pod to another one like it", folder: itself("2"), want: []string{"a/a.yaml:4:82: CiliumNetworkPolicy a lets in pods with app=front of web-a, and no policy of web-a lets them out"}},
		{name: "others may be there", folder: strings.Replace(folder(out, in("", ", version: v1", "5432")), "- namespace: web-a\n", "- namespace: web-a\n  manageNamespace: false\n", 1),
			want: nil},
	})
}

func TestProbesDenied(t *testing.T) {
	const entry = "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated"
	pod := func(more string) string {
		return `
-- a/app.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {` + more + `}
`
	}
	containers := func(probe string) string {
		return "containers: [{name: a, image: registry.example/a:1.2.3, ports: [{name: http, containerPort: 8080}], " + probe + "}]"
	}
	const ready = "readinessProbe: {httpGet: {path: /, port: http}}"
	deny := func(peers, more string) string { return "  ingressDeny:\n    - " + peers + "\n" + more }
	const found = "a/policy.yaml:7:7: CiliumNetworkPolicy a denies the node, and with it the readinessProbe of Deployment a on port 8080"
	testNetwork(t, "probes-denied", []networkCase{
		{name: "cluster", folder: entry + policyHere + deny("fromEntities: [cluster]", "") + pod(containers(ready)), want: []string{found}},
		{name: "host", folder: entry + policyHere + deny("fromEntities: [world, host]", "") + pod(containers(ready)), want: []string{found}},
		{name: "all, though it is permitted as well", folder: entry + policyHere + deny("fromEntities: [all]", "  ingress: [{fromEntities: [host]}]\n") + pod(containers(ready)), want: []string{found}},
		{name: "everybody on the port", folder: entry + policyHere + deny("toPorts: [{ports: [{port: '8080', protocol: TCP}]}]", "") + pod(containers(ready)), want: []string{found}},
		{name: "another port", folder: entry + policyHere + deny("fromEntities: [all]", "      toPorts: [{ports: [{port: '9090', protocol: TCP}]}]\n") + pod(containers(ready))},
		{name: "another protocol", folder: entry + policyHere + deny("fromEntities: [all]", "      toPorts: [{ports: [{port: '8080', protocol: UDP}]}]\n") + pod(containers(ready))},
		{name: "others", folder: entry + policyHere + deny("fromEntities: [world, remote-node, kube-apiserver]", "    - fromEndpoints: [{}]\n    - fromCIDR: [0.0.0.0/0]\n") + pod(containers(ready))},
		{name: "a gRPC probe", folder: entry + policyHere + deny("fromEntities: [host]", "") + pod(containers("livenessProbe: {grpc: {port: 9000}}")),
			want: []string{"a/policy.yaml:7:7: CiliumNetworkPolicy a denies the node, and with it the livenessProbe of Deployment a on port 9000"}},
		{name: "a command", folder: entry + policyHere + deny("fromEntities: [host]", "") + pod(containers("livenessProbe: {exec: {command: [ok]}}"))},
		{name: "of another address", folder: entry + policyHere + deny("fromEntities: [host]", "") + pod(containers("livenessProbe: {httpGet: {host: 10.0.0.1, port: 80}}"))},
		{name: "no probes", folder: entry + policyHere + deny("fromEntities: [host]", "") + pod("containers: [{name: a, image: registry.example/a:1.2.3}]")},
		{name: "on the node's network", folder: entry + policyHere + deny("fromEntities: [host]", "") + pod("hostNetwork: true, "+containers(ready))},
		{name: "other pods", folder: entry + strings.Replace(policyHere, "{}", "{matchLabels: {app: b}}", 1) + deny("fromEntities: [host]", "") + pod(containers(ready))},
		{name: "a policy that Cilium refuses", folder: entry + policyHere + deny("fromEntities: [host]", "    - fromEntities: [moon]\n") + pod(containers(ready))},
		{name: "a clusterwide one, in its second rule", folder: entry + `
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: c}
specs:
  - endpointSelector: {}
    ingress: [{fromEntities: [all]}]
  - endpointSelector: {}
    ingressDeny:
      - fromEntities: [world]
      - fromEntities: [cluster]
` + pod(containers(ready)), want: []string{"a/policy.yaml:10:9: CiliumClusterwideNetworkPolicy c denies the node, and with it the readinessProbe of Deployment a on port 8080"}},
		{name: "a profile, with probes and without, once each", folder: `
-- profiles/mine.yml --
extends: isolated
policies:
  none:
    ingressDeny:
      - fromEntities: [cluster]
      - fromEntities: [all]
        toPorts: [{ports: [{port: "22", protocol: TCP}]}]
-- profiles/yours.yml --
extends: isolated
policies: {none: {ingressDeny: [{fromEntities: [world]}, {fromEntities: [host]}]}}
-- applications.yml --
- {namespace: web-a, networkPolicies: mine, applications: [{applicationCode: web-a, path: a}]}
- {namespace: web-b, networkPolicies: mine, applications: [{applicationCode: web-b, path: a}]}
- {namespace: web-c, networkPolicies: yours}
- {namespace: web-d, networkPolicies: yours}
` + pod(containers(ready)), want: []string{
			"profiles/mine.yml:5:9: policy none of the profile mine denies the node, and with it the readinessProbe of Deployment a on port 8080",
			"profiles/yours.yml:2:58: policy none of the profile yours denies the node, and with it the kubelet's probes of all pods that have some",
		}},
	})
}

func TestCIDRCoversService(t *testing.T) {
	folder := func(flows, manifests string) string {
		return `
-- applications.yml --
- namespace: web-a
  clusterResources: [cilium.io/CiliumLoadBalancerIPPool]
  networkPolicies:
    profile: isolated
    allow: [` + flows + `]
  applications: [{applicationCode: web-a, path: a}]
-- a/manifests.yaml --
` + strings.TrimPrefix(manifests, "\n")
	}
	const service = `
apiVersion: v1
kind: Service
metadata: {name: dns, annotations: {io.cilium/lb-ipam-ips: "192.168.0.201, fd00::1"}}
spec: {type: LoadBalancer, clusterIP: 10.43.0.9, selector: {app: a}, ports: [{port: 53}]}
`
	const pools = `
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: lan}
spec: {blocks: [{start: 192.168.0.200, stop: 192.168.0.215}, {cidr: 10.9.0.0/24}, {start: 10.8.0.1}, {cidr: 10.9.0.0/28}]}
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: metal}
spec: {addresses: [172.16.0.0/28, 172.16.1.5-172.16.1.9]}
`
	to := func(cidr string) string { return "{to: {cidr: '" + cidr + "', ports: [53]}}" }
	is := func(cidr string) []string {
		return []string{"applications.yml:5:13: " + cidr + " is an address of the Service dns of web-a, and no CIDR matches one"}
	}
	of := func(cidr, pool string) []string {
		return []string{"applications.yml:5:13: " + cidr + " is of the " + pool + ", whose addresses are those of Services, and no CIDR matches one"}
	}
	cilium := func(values string) string {
		return "-- applications.yml --\n- namespace: kube-system\n  applications: [{applicationCode: cilium, chart: cilium, repoURL: 'https://helm.cilium.io', version: 1.19.1, values: {" + values + "}}]\n"
	}
	testNetwork(t, "cidr-covers-service", []networkCase{
		{name: "asked for", folder: folder(to("192.168.0.201/32"), service), want: is("192.168.0.201/32")},
		{name: "asked for, the second", folder: folder(to("fd00::1/128"), service), want: is("fd00::1/128")},
		{name: "in the cluster", folder: folder(to("10.43.0.9/32"), service), want: is("10.43.0.9/32")},
		{name: "as MetalLB has it", folder: folder(to("192.168.0.201/32"), strings.Replace(service, "io.cilium/lb-ipam-ips", "metallb.universe.tf/loadBalancerIPs", 1)), want: is("192.168.0.201/32")},
		{name: "as Kubernetes has it", folder: folder(to("192.168.0.9/32"), strings.Replace(service, "selector:", "loadBalancerIP: 192.168.0.9, selector:", 1)), want: is("192.168.0.9/32")},
		{name: "not a load balancer", folder: folder(to("192.168.0.201/32"), strings.Replace(service, "LoadBalancer", "NodePort", 1))},
		{name: "a headless one", folder: folder(to("10.43.0.9/32"), strings.Replace(service, "10.43.0.9", "None", 1))},
		{name: "another address", folder: folder(to("192.168.0.202/32"), service)},
		{name: "a range with others", folder: folder(to("192.168.0.0/24"), service+"---"+pools)},
		{name: "from there", folder: folder("{from: {cidr: 192.168.0.201/32}}", service)},
		{name: "a pool", folder: folder(to("192.168.0.202/32"), pools), want: of("192.168.0.202/32", "CiliumLoadBalancerIPPool lan")},
		{name: "its first half", folder: folder(to("192.168.0.200/29"), pools), want: of("192.168.0.200/29", "CiliumLoadBalancerIPPool lan")},
		{name: "more than the pool", folder: folder(to("192.168.0.208/28"), pools)},
		{name: "behind the pool", folder: folder(to("192.168.0.216/32"), pools)},
		{name: "in the larger of two pools", folder: folder(to("10.9.0.200/32"), pools), want: of("10.9.0.200/32", "CiliumLoadBalancerIPPool lan")},
		{name: "a pool of one", folder: folder(to("10.8.0.1/32"), pools), want: of("10.8.0.1/32", "CiliumLoadBalancerIPPool lan")},
		{name: "a pool of MetalLB", folder: folder(to("172.16.0.15/32"), pools), want: of("172.16.0.15/32", "IPAddressPool metal")},
		{name: "a range of MetalLB", folder: folder(to("172.16.1.9/32"), pools), want: of("172.16.1.9/32", "IPAddressPool metal")},
		{name: "a pool that is off", folder: folder(to("192.168.0.202/32"), strings.Replace(pools, "blocks:", "disabled: true, blocks:", 1))},
		{name: "in front of all pools", folder: folder(to("1.1.1.1/32"), pools)},
		{name: "kube-proxy stays", folder: strings.Replace(folder(to("192.168.0.201/32")+", "+to("10.43.0.9/32"), service), "-- applications.yml --\n", cilium("ipam: {mode: kubernetes}"), 1),
			want: []string{"applications.yml:7:60: 10.43.0.9/32 is an address of the Service dns of web-a, and no CIDR matches one"}},
		{name: "kube-proxy goes", folder: strings.Replace(folder(to("192.168.0.201/32"), service), "-- applications.yml --\n", cilium("kubeProxyReplacement: true"), 1),
			want: []string{"applications.yml:7:13: 192.168.0.201/32 is an address of the Service dns of web-a, and no CIDR matches one"}},
		{name: "a policy that denies it", folder: folder("", service+`
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
spec:
  endpointSelector: {}
  egressDeny:
    - toCIDRSet: [{cidr: 192.168.0.201/32}]
`), want: []string{"a/manifests.yaml:13:19: 192.168.0.201/32 is an address of the Service dns of web-a, and no CIDR matches one"}},
	})
}

func TestClusterwideSelector(t *testing.T) {
	folder := func(kind, spec string) string {
		return `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications: [{applicationCode: web-a, path: a}]
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: ` + kind + `
metadata: {name: a}
spec:
  endpointSelector: {}
` + spec
	}
	const wide = "CiliumClusterwideNetworkPolicy"
	testNetwork(t, "clusterwide-empty-selector", []networkCase{
		{name: "both directions", folder: folder(wide, "  ingress:\n    - fromEndpoints: [{matchLabels: {app: a}}, {}]\n  egress:\n    - toEndpoints: [{}]\n"), want: []string{
			"a/policy.yaml:7:48: CiliumClusterwideNetworkPolicy a lets in the pods of all namespaces",
			"a/policy.yaml:9:21: CiliumClusterwideNetworkPolicy a lets pods out to the pods of all namespaces",
		}},
		{name: "of a namespace", folder: folder("CiliumNetworkPolicy", "  ingress:\n    - fromEndpoints: [{}]\n")},
		{name: "said so", folder: folder(wide, "  ingress:\n    - fromEndpoints: [{matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: Exists}]}]\n")},
		{name: "denied", folder: folder(wide, "  ingressDeny:\n    - fromEndpoints: [{}]\n")},
	})
}

func TestPolicyNotJudged(t *testing.T) {
	entry := "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated-job"
	testNetwork(t, "policy-not-judged", []networkCase{
		{name: "groups", folder: entry + policyHere + "  egress:\n    - toEntities: [host]\n    - toCIDRSet: [{cidrGroupRef: lan}]\n",
			want: []string{"a/policy.yaml:8:7: what CiliumNetworkPolicy a permits is not known: a CIDR group is not judged"}},
		{name: "a policy that Cilium refuses", folder: entry + policyHere + "  egress:\n    - toEntities: [moon]\n"},
		{name: "a profile, once", folder: `
-- profiles/mine.yml --
extends: isolated
policies: {out: {egress: [{toCIDRSet: [{cidrGroupRef: lan}]}]}}
-- applications.yml --
- {namespace: web-a, networkPolicies: mine}
- {namespace: web-b, networkPolicies: mine}
`, want: []string{"profiles/mine.yml:2:27: what the profile mine (out) permits is not known: a CIDR group is not judged"}},
	})
}

// TestNetworkHints has the hints.
func TestNetworkHints(t *testing.T) {
	list := func(flow string) string {
		return "-- applications.yml --\n- namespace: web-a\n  networkPolicies: {profile: isolated, allow: [" + flow + "]}\n  applications: [{applicationCode: web-a, path: a}]"
	}
	for _, c := range []struct{ folder, want string }{
		{list("{to: {cidr: 10.0.0.1/32, ports: [22]}}") + deploymentHere, "write to: {entity: host, …} for the pod's own node, {entity: remote-node, …} for another"},
		{list("{from: {cidr: 10.0.0.1/32, ports: [22]}}") + deploymentHere, "write from: {entity: host, …} for the pod's own node, {entity: remote-node, …} for another"},
		{list("{to: {cidr: 10.0.0.0/24, ports: [22]}}") + deploymentHere,
			"write to: {entity: host, …} for the pod's own node, {entity: remote-node, …} for another; if only the others are meant, except: [10.0.0.1/32]"},
		{list("{podLabels: {tier: bac}, to: {entity: host}}") + deploymentHere, `did you mean "back"?`},
		{list("{podLabels: {tier: front}, to: {entity: host}}") + deploymentHere, "known: back"},
		{list("{podLabels: {teir: front}, to: {entity: host}}") + deploymentHere, "no pod there has the label teir"},
		{list("{podLabels: {app: b, tier: back}, to: {entity: host}}") + deploymentHere + `
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: b}}
spec: {containers: [{name: b, image: registry.example/b:1.2.3}]}
`, "no pod there has all of them"},
		{list("{from: {namespace: web-a, ports: [80]}}") + deploymentHere, "write 8080"},
	} {
		var got []string
		for _, f := range run(t, "-- platform.yml --\nnodes: [10.0.0.1]\nrepository: {url: https://git.example/homelab.git}\n"+c.folder, false).Findings {
			if slices.Contains([]string{"cidr-covers-node", "policy-selects-nothing", "service-port-in-policy"}, f.Code) {
				got = append(got, f.Hint)
			}
		}
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", c.folder, diff)
		}
	}
}

// TestNetworkOrder finds the same in each run: Go's maps have no order.
func TestNetworkOrder(t *testing.T) {
	folder := rules.All()[slices.IndexFunc(rules.All(), func(r *lint.Rule) bool { return r.Name == "half-open-flow" })].Bad
	first := run(t, folder, true)
	for range 20 {
		if diff := cmp.Diff(first, run(t, folder, true), cmpopts.IgnoreUnexported(lint.Finding{})); diff != "" {
			t.Fatal(diff)
		}
	}
}
