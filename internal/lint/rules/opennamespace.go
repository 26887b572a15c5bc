package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/pods"
)

var openNamespace = lint.Rule{
	Name:     "open-namespace",
	Severity: lint.Warning,
	Summary:  "an entry without networkPolicies: every pod of the cluster reaches its pods, and they reach everything",
	Doc: `Cilium allows all traffic of a pod until a policy selects it (Cilium's documentation, "Policy Enforcement Modes"). One pod that is
compromised is then a way to all that listens in the namespace, and out of it to the Internet and the LAN. Choose a profile:
` + "`isolated`" + ` and the flows that are needed, or ` + "`web-app`" + `. If the namespace has to be open, write ` + "`networkPolicies: open`" + `: then it is
open on purpose, and this rule is silent. So it is where the applications bring policies that close it, for each of its pods: Cilium's, or Kubernetes'
own.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
	Mend: []string{`- namespace: web-a`, `- namespace: web-a
  networkPolicies: web-app`},
	Check: func(in *lint.Context, report lint.Report) {
		closed := func(n string, d catalog.Direction) bool {
			return in.Network.Closed(n, pods.Selector{Equal: map[string]string{pods.PodNamespace: n}}, d)
		}
	entries:
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			if n.Policies != nil || n.Open || closed(n.Name, catalog.Ingress) && closed(n.Name, catalog.Egress) {
				continue
			}
			sure := ""
			for i := range n.Applications {
				switch a := &n.Applications[i]; {
				case in.Deployed.Faulty(a):
					continue entries
				case in.Deployed.Unseen(a):
					sure = ", as far as the list says"
				}
			}
			report(n.Place, closing(in, n), "the namespace %s is open%s", n.Name, sure)
		}
	},
}

// closing is how to close a namespace without stopping what runs there.
func closing(in *lint.Context, n *catalog.Namespace) string {
	const otherwise = "; if it is open on purpose, write networkPolicies: open"
	switch {
	case n.Name == in.Platform.DNS.Namespace:
		return "first find out who depends on what runs there: the whole cluster asks its DNS server, and a profile alone would cut that off" + otherwise
	case n.Name == in.Platform.Controller.Namespace:
		return "networkPolicies: ingress-controller, and what else has to be allowed: isolated would cut off every host" + otherwise
	case !n.Managed:
		return "first find out who depends on what runs there: a profile alone would cut that off" + otherwise
	}
	return "choose a profile under networkPolicies, and allow what its pods need: everything else stops working" + otherwise
}
