package rules

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var halfOpenFlow = lint.Rule{
	Name:     "half-open-flow",
	Severity: lint.Error,
	Summary:  "a policy permits a flow that the policies at the other end do not",
	Doc: `Traffic between two pods passes two policies, the sender's egress and the receiver's ingress, and both have to permit it
(Cilium's documentation, "Endpoints based"). Here one end denies what nothing allows, and nothing there allows this. Write the flow
under ` + "`networkPolicies.allow`" + ` of an entry: roster permits it at both ends. Policies of all kinds count, Kubernetes' own as well, and where
all pods of both namespaces are known, each of them is asked: that is why a label that is not quite the same is found. This is reported only when all
policies of the other end are known: not when an application there comes from elsewhere.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
- namespace: web-db
  networkPolicies: isolated
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: to-db}
spec:
  endpointSelector: {}
  egress:
    - toEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-db}
      toPorts:
        - ports: [{port: "5432", protocol: TCP}]
`,
	Mend: []string{`- namespace: web-db
  networkPolicies: isolated`, `- namespace: web-db
  networkPolicies: isolated
  applications:
    - {applicationCode: web-db, path: db}`, `        - ports: [{port: "5432", protocol: TCP}]`, `        - ports: [{port: "5432", protocol: TCP}]
-- db/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: from-a}
spec:
  endpointSelector: {}
  ingress:
    - fromEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-a}
      toPorts:
        - ports: [{port: "5432", protocol: TCP}]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Policies.Own() {
			if p.Rule == nil || p.Namespace == "" {
				continue
			}
			for _, half := range p.Halves(catalog.Egress) {
				otherEnd(in, p, &half, catalog.Ingress, report)
			}
			for _, half := range p.Halves(catalog.Ingress) {
				otherEnd(in, p, &half, catalog.Egress, report)
			}
		}
	},
}

// otherEnd reports peers of a half whose own policies do not permit the other half.
func otherEnd(in *lint.Context, p *policies.Policy, h *policies.Half, back catalog.Direction, report lint.Report) {
	for i, peer := range h.Pods {
		other, unanswered := in.Network.Unanswered(p, h, i)
		if !unanswered {
			continue
		}
		verb, lets := "lets pods out to", "lets them in"
		if back == catalog.Egress {
			verb, lets = "lets in", "lets them out"
		}
		if other.OtherPorts {
			lets += " on these ports"
		}
		report(p.At(append(slices.Clone(h.Field), strconv.Itoa(i))...), permitHint(other.Entry, back),
			"%s %s %s, and no policy of %s %s", p.Title, verb, peer.TextIn(other.Name), other.Name, lets)
	}
}

func permitHint(n *catalog.Namespace, back catalog.Direction) string {
	if n.Policies == nil {
		return fmt.Sprintf("permit the %s in %s, too", back, n.Name)
	}
	return "write the flow under networkPolicies.allow of an entry: it is then permitted at both ends"
}
