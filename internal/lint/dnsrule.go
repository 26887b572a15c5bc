package lint

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
)

var dnsRuleMissing = Rule{
	Name:     "dns-rule-missing",
	Severity: Error,
	Summary:  "a policy permits a host name that no DNS rule lets Cilium look up",
	Doc: `Cilium learns the addresses of a name from the DNS answers that pass its proxy, and only queries that a DNS rule of an
egress policy permits pass it (Cilium's documentation, "Obtaining DNS Data for use by toFQDNs"). Without such a rule for the same
pods and the same name, toFQDNs matches nothing. Add one; or write the flow as ` + "`to: {host: …}`" + ` under
` + "`networkPolicies.allow`" + `, which brings it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: to-api}
spec:
  endpointSelector: {}
  egress:
    - toFQDNs: [{matchName: api.example.com}]
      toPorts:
        - ports: [{port: "443", protocol: TCP}]
`,
	Mend: []string{`  egress:`, `  egress:
    - toEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: kube-system, k8s:k8s-app: kube-dns}
      toPorts:
        - ports: [{port: "53", protocol: ANY}]
          rules: {dns: [{matchName: api.example.com}]}`},
	Check: func(in *Input, report Report) {
		book := in.policyBook()
		for _, p := range in.ownPolicies() {
			n := in.Entry(p.namespace)
			if p.rule == nil || n == nil || !in.renderedHere(n) { // the DNS rule may be elsewhere
				continue
			}
			for i, r := range p.rule.Egress {
				for j, host := range r.ToFQDNs {
					others, _ := book.of(p.namespace)
					if !slices.ContainsFunc(others, func(o *policy) bool { return o.resolves(host, p.subject()) }) {
						report(p.at("egress", strconv.Itoa(i), "toFQDNs", strconv.Itoa(j)), `permit port 53 of the DNS server with rules: {dns: [{matchPattern: "*"}]}`,
							"no DNS rule for the same pods has %s: Cilium never learns its addresses", host.MatchName+host.MatchPattern)
					}
				}
			}
		}
	},
}

// resolves says whether the policy may let pods look a host up through Cilium's proxy.
func (p *policy) resolves(host api.FQDNSelector, pods selector) bool {
	if p.rule == nil {
		return true
	}
	if p.subject().disjoint(pods) {
		return false
	}
	for _, r := range p.rule.Egress {
		for _, ports := range r.ToPorts {
			if ports.Rules != nil && slices.ContainsFunc(ports.Rules.DNS, func(d api.PortRuleDNS) bool { return mayMatch(api.FQDNSelector(d), host) }) {
				return true
			}
		}
	}
	return false
}

// mayMatch says whether two names, of which either may be a pattern, may be the same. Of two patterns nobody can tell.
func mayMatch(a, b api.FQDNSelector) bool {
	switch {
	case a.MatchPattern != "" && b.MatchPattern != "":
		return true
	case a.MatchPattern != "":
		return fits(a.MatchPattern, b.MatchName)
	case b.MatchPattern != "":
		return fits(b.MatchPattern, a.MatchName)
	}
	return canonical(a.MatchName) == canonical(b.MatchName)
}

// fits is looser than Cilium, where a star stands for characters of one part.
func fits(pattern, name string) bool {
	ok, err := path.Match(canonical(pattern), canonical(name))
	return ok || err != nil
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
