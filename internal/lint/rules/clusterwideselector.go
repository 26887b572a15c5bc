package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var clusterwideSelector = lint.Rule{
	Name:     "clusterwide-empty-selector",
	Severity: lint.Warning,
	Summary:  "an empty selector in a clusterwide policy permits the pods of all namespaces",
	Doc: `` + "`fromEndpoints: [{}]`" + ` is the pods of the policy's own namespace in a CiliumNetworkPolicy, and the pods of all namespaces in a
CiliumClusterwideNetworkPolicy, which has none (pkg/k8s/apis/cilium.io/utils/utils.go, getEndpointSelector). What was to permit neighbours, for each
namespace, permits everybody in the cluster. There is no clusterwide rule for "the same namespace": it takes a CiliumNetworkPolicy in each. If all
are meant, the expression below says so.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-policies
  networkPolicies: isolated
  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]
  applications:
    - {applicationCode: sys-policies, path: policies}
-- policies/neighbours.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: neighbours}
spec:
  endpointSelector: {}
  enableDefaultDeny: {ingress: false}
  ingress:
    - fromEndpoints: [{}]
`,
	Mend: []string{`    - fromEndpoints: [{}]`, `    - fromEndpoints:
        - matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: Exists}]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Policies.HandWritten() {
			if p.Rule == nil || p.Namespace != "" {
				continue
			}
			for _, d := range []catalog.Direction{catalog.Ingress, catalog.Egress} {
				verb := map[catalog.Direction]string{catalog.Ingress: "lets in", catalog.Egress: "lets pods out to"}[d]
				for _, h := range p.Halves(d) {
					for i, s := range h.Pods {
						if s.Any() {
							report(p.At(append(slices.Clone(h.Field), strconv.Itoa(i))...), "for neighbours, write a CiliumNetworkPolicy in each namespace; if all are meant, write matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: Exists}]",
								"%s %s the pods of all namespaces", p.Title, verb)
						}
					}
				}
			}
		}
	},
}
