package rules

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var cidrCoversService = lint.Rule{
	Name:     "cidr-covers-service",
	Severity: lint.Error,
	Summary:  "a CIDR is an address of a Service of this cluster, which no CIDR matches",
	Doc: `Cilium translates the address of a Service to one of its pods before it looks at the policies, and a CIDR never matches a pod (cilium issue
33742): the flow looks permitted, and is dropped. So it is for a Service's ` + "`clusterIP`" + `, and, where Cilium replaces kube-proxy, for the
addresses of load balancers: those that Services of the list ask for, and the pools of Cilium and of MetalLB that they come from. Name the namespace of
the pods behind the Service, and their own port. A range that has other addresses as well, such as the LAN, is meant for these, and is not reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-addresses
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumLoadBalancerIPPool]
  applications:
    - {applicationCode: sys-addresses, path: addresses}
- namespace: web-a
  networkPolicies:
    profile: web-app
    allow:
      - to: {cidr: 192.168.0.201/32, ports: [53]}
- namespace: web-dns
  networkPolicies: isolated
-- addresses/pool.yaml --
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: lan}
spec:
  blocks:
    - {start: 192.168.0.200, stop: 192.168.0.215}
`,
	Mend: []string{`{cidr: 192.168.0.201/32, ports: [53]}`, `{namespace: web-dns, ports: [53]}`},
	Check: func(in *lint.Context, report lint.Report) {
		if cidrsMatchNodes(in) {
			return
		}
		addresses := in.Network.Addresses(!keepsKubeProxy(in))
		in.Policies.CIDRs(func(at func() catalog.Place, direction catalog.Direction, cidr string, _ []string) {
			p, err := policies.Prefix(cidr)
			if err != nil || direction == catalog.Ingress {
				return
			}
			o := addresses.Of(p)
			if o == nil {
				return
			}
			what, hint := "is an address of the Service "+o.Name+" of "+o.Namespace, fmt.Sprintf("write to: {namespace: %s, …} with the port of the pods behind the Service", o.Namespace)
			if o.Kind != "Service" {
				what, hint = "is of the "+deployed.KindOf(o).Kind+" "+o.Name+", whose addresses are those of Services", "write to: {namespace: …} with the port of the pods behind the Service that has it"
			}
			report(at(), hint, "%s %s, and no CIDR matches one", cidr, what)
		})
	},
}

// keepsKubeProxy reports whether Cilium certainly leaves the addresses of load balancers to kube-proxy: its chart is in the list, and nobody says otherwise.
func keepsKubeProxy(in *lint.Context) bool {
	const key = "kubeProxyReplacement"
	for _, a := range in.Deployed.Applications() {
		if len(a.Sources) == 0 || a.Sources[0].Chart != "cilium" {
			continue
		}
		replaced := in.Deployed.Faulty(a)
		ciliumValues(in, a, map[string]bool{}, key, func(v any) { replaced = replaced || fmt.Sprint(v) != "false" })
		return !replaced
	}
	return false
}
