package reach_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"sigs.k8s.io/yaml"
)

// published is a set of policies that means the same as one that somebody has published, and what is documented about who may reach whom.
type published struct {
	name     string
	pods     string // NAMESPACE/NAME KEY=VALUE... PORT..., one a line
	labels   map[string]string
	policies string
	yes, no  []string // FROM TO
	// differs is what is documented as no, and what Cilium answers with yes.
	differs []string
}

// ofCilium and ofKubernetes are the start of a policy, up to what it selects.
func ofCilium(place, selects string) string {
	namespace, name, _ := strings.Cut(place, "/")
	return fmt.Sprintf("---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: %s, namespace: %s}\nspec:\n  endpointSelector: {matchLabels: {%s}}\n", name, namespace, selects)
}

func clusterwide(name, selects string) string {
	return strings.Replace(strings.Replace(ofCilium("/"+name, selects), ", namespace: ", "", 1), "kind: Cilium", "kind: CiliumClusterwide", 1)
}

func ofKubernetes(place, selects string) string {
	namespace, name, _ := strings.Cut(place, "/")
	return fmt.Sprintf("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %s, namespace: %s}\nspec:\n  podSelector: {matchLabels: {%s}}\n", name, namespace, selects)
}

// The demo of Cilium's documentation (security/gsg_sw_demo.rst, "Securing access"): one side's ships land, the other's do not; all do before there is a
// policy. With a rule for requests, who may connect stays the same, and a proxy judges the rest.
var demo = []published{
	{name: "demo, without a policy", pods: demoPods, yes: []string{"port/ferry port/quay:80", "port/trawler port/quay:80"}},
	{name: "demo, ports", pods: demoPods,
		policies: ofCilium("port/quay", "fleet: north, kind: quay") + "  ingress: [{fromEndpoints: [{matchLabels: {fleet: north}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]\n",
		yes:      []string{"port/ferry port/quay:80", "port/ferry quay.port.svc:80", "port/quay port/trawler:80"},
		no:       []string{"port/trawler port/quay:80", "port/trawler quay.port.svc:80", "port/ferry port/quay:8080", "port/fleet=south port/quay:80", "internet port/quay:80"}},
	{name: "demo, requests", pods: demoPods,
		policies: ofCilium("port/quay", "fleet: north, kind: quay") + "  ingress: [{fromEndpoints: [{matchLabels: {fleet: north}}], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: POST, path: /v1/land}]}}]}]\n",
		yes:      []string{"port/ferry port/quay:80"}, no: []string{"port/trawler port/quay:80"}},
}

const demoPods = "port/quay fleet=north kind=quay 80\nport/ferry fleet=north kind=boat 80\nport/trawler fleet=south kind=boat 80"

// Cilium's documentation, security/policy/language.rst with examples/policies: endpoints, entities, addresses, ports, and security/policy/kubernetes.rst:
// namespaces and clusterwide policies.
var documented = []published{
	{name: "endpoints, ingress", pods: tiers, policies: ofCilium("a/x", "tier: back") + "  ingress: [{fromEndpoints: [{matchLabels: {tier: front}}]}]\n",
		yes: []string{"a/front a/back:80", "a/back a/front:80", "a/back b/front:80"}, no: []string{"a/other a/back:80", "b/front a/back:80"}},
	{name: "endpoints, egress", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toEndpoints: [{matchLabels: {tier: back}}]}]\n",
		yes: []string{"a/front a/back:80", "a/back a/front:80", "a/other a/back:80"}, no: []string{"a/front a/other:80", "a/front b/back:80", "a/front internet:443"}},
	{name: "all endpoints, ingress", pods: tiers, policies: ofCilium("a/x", "tier: back") + "  ingress: [{fromEndpoints: [{}]}]\n",
		yes: []string{"a/front a/back:80", "a/other a/back:80"}, no: []string{"b/front a/back:80", "internet a/back:80"}},
	{name: "all endpoints, egress", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toEndpoints: [{}]}]\n",
		yes: []string{"a/front a/back:80", "a/front a/other:80"}, no: []string{"a/front b/back:80", "a/front internet:443"}},
	{name: "both ends", pods: tiers,
		policies: ofCilium("a/x", "tier: front") + "  egress: [{toEndpoints: [{}]}]\n" + ofCilium("a/y", "tier: back") + "  ingress: [{fromEndpoints: [{matchLabels: {tier: other}}]}]\n",
		yes:      []string{"a/front a/other:80", "a/other a/back:80"}, no: []string{"a/front a/back:80"}},
	{name: "nothing leaves", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{}]\n",
		yes: []string{"a/back a/front:80", "a/back a/other:80"}, no: []string{"a/front a/back:80", "a/front internet:443", "a/front b/back:80"}},
	{name: "denied", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toEntities: [all]}]\n  egressDeny: [{toEndpoints: [{matchLabels: {tier: back}}]}]\n",
		yes: []string{"a/front a/other:80", "a/front internet:443", "a/front b/back:80"}, no: []string{"a/front a/back:80"}},
	{name: "no default denial", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  enableDefaultDeny: {egress: false, ingress: false}\n  egress: [{toEndpoints: [{matchLabels: {tier: back}}]}]\n",
		yes: []string{"a/front a/back:80", "a/front a/other:80", "a/front internet:443", "b/front a/front:80"}},
	{name: "API server", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toEntities: [kube-apiserver]}]\n",
		yes: []string{"a/front kube-apiserver:6443"}, no: []string{"a/front internet:443", "a/front a/back:80"}},
	{name: "own node", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toEntities: [host]}]\n",
		yes: []string{"a/front host:80"}, no: []string{"a/front remote-node:80", "a/front internet:443"}},
	{name: "all nodes", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  ingress: [{fromEntities: [host, remote-node]}]\n",
		yes: []string{"host a/front:80", "remote-node a/front:80"}, no: []string{"a/back a/front:80", "internet a/front:80"}},
	{name: "world", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  ingress: [{fromEntities: [world]}]\n",
		yes: []string{"internet a/front:80", "203.0.113.9 a/front:80"}, no: []string{"a/back a/front:80", "remote-node a/front:80"}},
	{name: "world, denied", pods: tiers, policies: clusterwide("x", "") + "  ingressDeny: [{fromEntities: [world]}]\n  ingress: [{fromEntities: [all]}]\n",
		yes: []string{"a/back a/front:80", "remote-node a/front:80", "a/front internet:443"}, no: []string{"internet a/front:80", "203.0.113.9 b/back:80"}},
	{name: "addresses", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toCIDR: [198.51.100.7/32]}, {toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.96.0.0/12]}]}]\n",
		yes: []string{"a/front 198.51.100.7:1", "a/front 10.1.2.3:65535", "a/front 10.95.255.255:80"}, no: []string{"a/front 198.51.100.8:80", "a/front 10.96.0.1:80", "a/front 10.111.255.255:80", "a/front a/back:80"}},
	{name: "addresses and ports", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toCIDR: [192.0.2.0/24], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]\n",
		yes: []string{"a/front 192.0.2.9:80"}, no: []string{"a/front 192.0.2.9:443", "a/front 192.0.3.9:80", "a/front 192.0.2.9:80/UDP"}},
	{name: "ports", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]\n",
		yes: []string{"a/front a/back:80", "a/front internet:80", "a/front host:80"}, no: []string{"a/front a/back:81", "a/front internet:443", "a/front a/back:80/UDP"}},
	{name: "a range of ports", pods: tiers, policies: ofCilium("a/x", "tier: front") + "  egress: [{toPorts: [{ports: [{port: '80', endPort: 444, protocol: TCP}]}]}]\n",
		yes: []string{"a/front a/back:80", "a/front internet:443", "a/front internet:444"}, no: []string{"a/front a/back:79", "a/front internet:445"}},
	{name: "endpoints and ports", pods: tiers, policies: ofCilium("a/x", "tier: back") + "  ingress: [{fromEndpoints: [{matchLabels: {tier: front}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]\n",
		yes: []string{"a/front a/back:80"}, no: []string{"a/front a/back:81", "a/other a/back:80"}},
	{name: "both expressions", pods: tiers, policies: ofCilium("a/x", "") + "  ingress: [{fromEndpoints: [{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: In, values: [b]}, {key: tier, operator: In, values: [front]}]}]}]\n",
		yes: []string{"b/front a/back:80"}, no: []string{"b/back a/back:80", "a/front a/back:80"}},
	{name: "either expression", pods: tiers, policies: ofCilium("a/x", "") + "  ingress: [{fromEndpoints: [{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: In, values: [b]}]}, {matchExpressions: [{key: tier, operator: In, values: [front]}]}]}]\n",
		yes: []string{"b/front a/back:80", "b/back a/back:80", "a/front a/back:80"}, no: []string{"a/other a/back:80"}},
	{name: "isolated namespaces", pods: tiers, policies: ofCilium("a/x", "") + "  ingress: [{fromEndpoints: [{matchLabels: {}}]}]\n" + ofCilium("b/x", "") + "  ingress: [{fromEndpoints: [{matchLabels: {}}]}]\n",
		yes: []string{"a/front a/back:80", "b/front b/back:80", "a/front internet:443"}, no: []string{"a/front b/back:80", "b/front a/back:80", "internet a/back:80"}},
	{name: "across namespaces", pods: tiers, policies: ofCilium("a/x", "tier: back") + "  ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': b, tier: front}}]}]\n",
		yes: []string{"b/front a/back:80"}, no: []string{"a/front a/back:80", "b/back a/back:80"}},
	{name: "clusterwide", pods: tiers, policies: clusterwide("x", "tier: back") + "  ingress: [{fromEndpoints: [{matchLabels: {tier: front}}]}]\n",
		yes: []string{"a/front a/back:80", "b/front a/back:80", "a/front b/back:80"}, no: []string{"a/other a/back:80", "b/back a/back:80"}},
	{name: "clusterwide, all endpoints", pods: tiers + "\ndns/names k8s-app=names 53/UDP",
		policies: clusterwide("x", "'k8s:io.kubernetes.pod.namespace': dns, k8s-app: names") + "  ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: '53', protocol: UDP}]}]}]\n",
		yes:      []string{"a/front dns/names:53/UDP", "b/back dns/names:53/UDP"}, no: []string{"a/front dns/names:53", "internet dns/names:53/UDP"}},
	{name: "DNS only", pods: tiers + "\ndns/names k8s-app=names 53/UDP",
		policies: ofCilium("a/x", "") + "  egress: [{toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': dns, k8s-app: names}}], toPorts: [{ports: [{port: '53', protocol: UDP}]}]}]\n",
		yes:      []string{"a/front dns/names:53/UDP", "b/front internet:443"}, no: []string{"a/front internet:443", "a/front dns/names:53", "a/front a/back:80"}},
}

const tiers = "a/front tier=front 80\na/back tier=back 80\na/other tier=other 80\nb/front tier=front 80\nb/back tier=back 80"

// The recipes of github.com/ahmetb/kubernetes-network-policy-recipes, by their numbers; each ends with what is tried, and whether it works.
var recipes = []published{
	{name: "recipe 1", pods: shop, policies: ofKubernetes("shop/x", "app: till") + "  ingress: []\n",
		yes: []string{"shop/till internet:443"}, no: []string{"shop/desk shop/till:80", "shop/desk till.shop.svc:80", "audit/probe shop/till:80"}},
	{name: "recipe 2", pods: shop, policies: ofKubernetes("shop/x", "app: till") + "  ingress: [{from: [{podSelector: {matchLabels: {app: desk}}}]}]\n",
		yes: []string{"shop/desk shop/till:80"}, no: []string{"shop/stock shop/till:80", "audit/app=desk shop/till:80"}},
	{name: "recipe 2a", pods: shop, policies: ofKubernetes("shop/x", "app: till") + "  ingress: []\n" + ofKubernetes("shop/y", "app: till") + "  ingress: [{}]\n",
		yes: []string{"shop/desk shop/till:80", "audit/probe shop/till:80", "internet shop/till:80"}},
	{name: "recipe 3", pods: shop, policies: ofKubernetes("shop/x", "") + "  ingress: []\n",
		yes: []string{"shop/desk audit/probe:80", "shop/till internet:443"}, no: []string{"shop/desk shop/till:80", "audit/probe shop/desk:80", "internet shop/till:80"}},
	{name: "recipe 4", pods: shop, policies: ofKubernetes("shop/x", "") + "  ingress: [{from: [{podSelector: {}}]}]\n",
		yes: []string{"shop/desk shop/till:80"}, no: []string{"audit/probe shop/till:80"}},
	{name: "recipe 5", pods: shop, policies: ofKubernetes("shop/x", "app: till") + "  ingress: [{from: [{namespaceSelector: {}}]}]\n",
		yes: []string{"shop/desk shop/till:80", "audit/probe shop/till:80"}, no: []string{"internet shop/till:80"}},
	{name: "recipe 6", pods: shop, labels: map[string]string{"audit": "stage: live", "test": "stage: trial"},
		policies: ofKubernetes("shop/x", "app: till") + "  ingress: [{from: [{namespaceSelector: {matchLabels: {stage: live}}}]}]\n",
		yes:      []string{"audit/probe shop/till:80"}, no: []string{"test/probe shop/till:80", "shop/desk shop/till:80"}},
	{name: "recipe 7", pods: shop, labels: map[string]string{"audit": "crew: night"},
		policies: ofKubernetes("shop/x", "app: till") + "  ingress: [{from: [{namespaceSelector: {matchLabels: {crew: night}}, podSelector: {matchLabels: {kind: meter}}}]}]\n",
		yes:      []string{"audit/meter shop/till:80"}, no: []string{"audit/probe shop/till:80", "shop/desk shop/till:80", "shop/kind=meter shop/till:80", "test/meter shop/till:80"}},
	{name: "recipe 7, either", pods: shop, labels: map[string]string{"audit": "crew: night"},
		policies: ofKubernetes("shop/x", "app: till") + "  ingress: [{from: [{namespaceSelector: {matchLabels: {crew: night}}}, {podSelector: {matchLabels: {kind: meter}}}]}]\n",
		yes:      []string{"audit/probe shop/till:80", "shop/kind=meter shop/till:80"}, no: []string{"shop/desk shop/till:80", "test/meter shop/till:80"}},
	{name: "recipe 8", pods: shop, policies: ofKubernetes("shop/x", "") + "  ingress: []\n" + ofKubernetes("shop/y", "app: till") + "  ingress: [{ports: [{port: 80}]}]\n",
		yes: []string{"internet shop/till:80", "audit/probe shop/till:80"}, no: []string{"internet shop/till:81", "internet shop/desk:80"}},
	{name: "recipe 9", pods: shop, policies: ofKubernetes("shop/x", "app: api") + "  ingress: [{ports: [{port: 5000}], from: [{podSelector: {matchLabels: {app: stock}}}]}]\n",
		yes: []string{"shop/stock shop/api:5000", "shop/stock api.shop.svc:15000"}, no: []string{"shop/stock shop/api:8000", "shop/stock api.shop.svc:18000", "shop/desk shop/api:5000", "shop/desk shop/api:8000"}},
	{name: "recipe 9, by name", pods: shop, policies: ofKubernetes("shop/x", "app: api") + "  ingress: [{ports: [{port: p5000}], from: [{podSelector: {matchLabels: {app: stock}}}]}]\n",
		yes: []string{"shop/stock shop/api:5000"}, no: []string{"shop/stock shop/api:8000", "shop/desk shop/api:5000"}},
	{name: "recipe 10", pods: shop, policies: ofKubernetes("shop/x", "app: till") + "  ingress: [{from: [{podSelector: {matchLabels: {app: desk}}}, {podSelector: {matchLabels: {app: stock}}}]}]\n",
		yes: []string{"shop/desk shop/till:80", "shop/stock shop/till:80"}, no: []string{"shop/app=other shop/till:80"}},
	{name: "recipe 11", pods: shop, policies: ofKubernetes("shop/x", "app: desk") + "  policyTypes: [Egress]\n  egress: []\n",
		yes: []string{"shop/till shop/desk:80"}, no: []string{"shop/desk shop/till:80", "shop/desk internet:80", "shop/desk internet:53/UDP"}},
	{name: "recipe 11, with DNS", pods: shop, policies: ofKubernetes("shop/x", "app: desk") + "  policyTypes: [Egress]\n  egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]\n",
		yes: []string{"shop/desk internet:53/UDP", "shop/desk audit/probe:53"}, no: []string{"shop/desk shop/till:80", "shop/desk internet:80"}},
	{name: "recipe 12", pods: shop, policies: ofKubernetes("shop/x", "") + "  policyTypes: [Egress]\n  egress: []\n",
		yes: []string{"audit/probe shop/till:80"}, no: []string{"shop/desk shop/till:80", "shop/till internet:443", "shop/stock audit/probe:80"}},
	{name: "recipe 14", pods: shop, policies: ofKubernetes("shop/x", "app: desk") + "  policyTypes: [Egress]\n  egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}, {to: [{namespaceSelector: {}}]}]\n",
		yes: []string{"shop/desk shop/till:80", "shop/desk till.shop.svc:80", "shop/desk audit/probe:80", "shop/desk internet:53/UDP"}, no: []string{"shop/desk internet:80", "shop/desk shop.example.com:443"}},
}

const shop = "shop/till app=till 80\nshop/desk app=desk 80\nshop/stock app=stock 80\nshop/api app=api 8000 5000\naudit/probe app=probe 80\naudit/meter kind=meter 80\ntest/probe app=probe 80\ntest/meter kind=meter 80"

// The example of Kubernetes' documentation (concepts/services-networking/network-policies): what a database admits and asks, with its explanation; and a
// range of ports. Up to 1.19.1, Cilium reads an ipBlock that traffic comes from as all pods of the namespace, too (pkg/k8s/network_policy.go,
// parseNetworkPolicyPeer, which gives a peer without a selector one of the cluster's name): who asks roster asks about Cilium.
var concepts = []published{
	{name: "a database", pods: "a/db kind=db 6379\na/web kind=web 80\na/job kind=job 80\nb/any kind=any 80\nc/any kind=any 80", labels: map[string]string{"b": "plan: alpha"},
		policies: ofKubernetes("a/x", "kind: db") + `  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{ipBlock: {cidr: 172.17.0.0/16, except: [172.17.1.0/24]}}, {namespaceSelector: {matchLabels: {plan: alpha}}}, {podSelector: {matchLabels: {kind: web}}}]
      ports: [{protocol: TCP, port: 6379}]
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.0/24}}]
      ports: [{protocol: TCP, port: 5978}]
`,
		yes:     []string{"a/web a/db:6379", "b/any a/db:6379", "172.17.0.255 a/db:6379", "172.17.2.0 a/db:6379", "172.17.255.255 a/db:6379", "a/db 10.0.0.9:5978", "a/job a/web:80"},
		differs: []string{"a/job a/db:6379"},
		no:      []string{"c/any a/db:6379", "172.17.1.9 a/db:6379", "172.18.0.1 a/db:6379", "a/web a/db:6380", "a/db 10.0.0.9:5979", "a/db 10.0.1.9:5978", "a/db a/web:80"}},
	{name: "a range", pods: "a/db kind=db 6379", policies: ofKubernetes("a/x", "kind: db") + "  policyTypes: [Egress]\n  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/24}}], ports: [{protocol: TCP, port: 32000, endPort: 32768}]}]\n",
		yes: []string{"a/db 10.0.0.9:32000", "a/db 10.0.0.9:32768"}, no: []string{"a/db 10.0.0.9:31999", "a/db 10.0.0.9:32769"}},
}

// The shop of github.com/GoogleCloudPlatform/microservices-demo (kustomize/components/network-policies): nothing is admitted but what a service needs, in the
// picture of its README: the page is for all, a cart for the page and the checkout, the cart's store for the cart, payments for the checkout, and so on.
var microservices = []published{{name: "a shop", pods: "m/page app=page 8080\nm/cart app=cart 7070\nm/store app=store 6379\nm/checkout app=checkout 5050\nm/pay app=pay 50051\nm/ads app=ads 9555\nm/load app=load 80",
	policies: ofKubernetes("m/all", "") + "  policyTypes: [Ingress, Egress]\n" +
		admits("page", 8080) + admits("cart", 7070, "page", "checkout") + admits("store", 6379, "cart") + admits("checkout", 5050, "page") + admits("pay", 50051, "checkout") +
		admits("ads", 9555, "page") + ofKubernetes("m/load", "app: load") + "  policyTypes: [Egress]\n  egress: [{}]\n",
	yes: []string{"internet m/page:8080", "m/load m/page:8080", "m/page m/cart:7070", "m/checkout m/cart:7070", "m/cart m/store:6379", "m/page m/checkout:5050", "m/checkout m/pay:50051", "m/page m/ads:9555", "m/page page.m.svc:18080", "m/load internet:443"},
	no:  []string{"m/page m/store:6379", "m/page m/pay:50051", "m/ads m/cart:7070", "m/checkout m/store:6379", "m/load m/cart:7070", "internet m/cart:7070", "m/pay m/checkout:5050", "m/cart m/store:6380", "m/page m/load:80"}}}

// admits is a service of the shop that others reach on one port, or all when none are named, and that reaches all.
func admits(name string, port int, from ...string) string {
	out := ""
	for _, f := range from {
		out += "{podSelector: {matchLabels: {app: " + f + "}}}, "
	}
	if out != "" {
		out = "from: [" + out + "], "
	}
	return ofKubernetes("m/"+name, "app: "+name) + fmt.Sprintf("  policyTypes: [Ingress, Egress]\n  ingress: [{%sports: [{port: %d, protocol: TCP}]}]\n  egress: [{}]\n", out, port)
}

// reach is the cluster with these pods and policies, and a Service for each workload, whose ports are 10,000 more than those of the pods, or the same for 80 and 50051.
func (p *published) reach(t *testing.T) *reach.Reach {
	t.Helper()
	documents := strings.Split(p.policies, "---\n")[1:]
	if p.policies == "" {
		documents = nil
	}
	var namespaces []string
	for line := range strings.Lines(p.pods) {
		fields := strings.Fields(line)
		namespace, name, _ := strings.Cut(fields[0], "/")
		if !slices.Contains(namespaces, namespace) {
			namespaces = append(namespaces, namespace)
		}
		var labels, ports, served []string
		for _, f := range fields[1:] {
			if key, value, found := strings.Cut(f, "="); found {
				labels = append(labels, key+": "+value)
				continue
			}
			number, protocol, _ := strings.Cut(f, "/")
			if protocol == "" {
				protocol = "TCP"
			}
			ports = append(ports, fmt.Sprintf("{containerPort: %s, name: p%s, protocol: %s}", number, number, protocol))
			out := number
			if len(number) == 4 {
				out = "1" + number
			}
			served = append(served, fmt.Sprintf("{port: %s, targetPort: %s, name: p%s, protocol: %s}", out, number, number, protocol))
		}
		all := strings.Join(labels, ", ")
		documents = append(documents,
			fmt.Sprintf("apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: %s}\nspec: {selector: {%s}, ports: [%s]}\n", name, namespace, all, strings.Join(served, ", ")),
			fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s, namespace: %s}\nspec: {selector: {matchLabels: {%s}}, template: {metadata: {labels: {%s}}, spec: {containers: [{name: c, ports: [%s]}]}}}\n",
				name, namespace, all, all, strings.Join(ports, ", ")))
	}
	list := ""
	for _, n := range namespaces {
		list += "- namespace: " + n + "\n"
		if p.labels[n] != "" {
			list += "  labels: {" + p.labels[n] + "}\n"
		}
	}
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list)}, catalog.PlatformFile: {Data: []byte("repository: {url: https://git.example/x.git}\n")}}
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		t.Fatal(err, reading.Mistakes, list)
	}
	platform := reading.Clusters[0].Platform
	in := &lint.Input{Platform: platform, Order: reading.Clusters[0].Order, Objects: render.Build(platform), Repository: files}
	for _, d := range documents {
		var value struct {
			APIVersion string `json:"apiVersion"`
			Kind       string
			Metadata   struct{ Name, Namespace string }
		}
		var all map[string]any
		if err := yaml.Unmarshal([]byte(d), &value); err != nil {
			t.Fatal(err, d)
		}
		if err := yaml.Unmarshal([]byte(d), &all); err != nil {
			t.Fatal(err, d)
		}
		i := max(slices.Index(namespaces, value.Metadata.Namespace), 0)
		entry := &platform.Namespaces[i]
		in.Workloads = append(in.Workloads, &lint.Object{Entry: entry, Application: &catalog.Application{Code: entry.Name},
			Object: object.Object{APIVersion: value.APIVersion, Kind: value.Kind, Namespace: value.Metadata.Namespace, Name: value.Metadata.Name, Value: func() any { return all }}})
	}
	return reach.New(lint.NewContext(in), diag.Frame{})
}

// TestPublished: what published sets of policies document about who may reach whom is what reach answers.
func TestPublished(t *testing.T) {
	for _, p := range slices.Concat(demo, documented, recipes, concepts, microservices) {
		t.Run(p.name, func(t *testing.T) {
			r := p.reach(t)
			for want, questions := range map[reach.Answer][]string{reach.Yes: slices.Concat(p.yes, p.differs), reach.No: p.no} {
				for _, q := range questions {
					from, to, _ := strings.Cut(q, " ")
					a, err := r.Ask(from, to)
					if err != nil {
						t.Fatal(q, err)
					}
					if a.Answer != want {
						t.Errorf("%s: %s, and %s is documented: %s", q, a.Answer, want, a.Says)
					}
				}
			}
		})
	}
}
