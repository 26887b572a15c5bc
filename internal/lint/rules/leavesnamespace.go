package rules

import (
	"fmt"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var leavesNamespace = lint.Rule{
	Name:     "leaves-namespace",
	Severity: lint.Info,
	Summary:  "an application deploys into another namespace, which its project permits",
	Doc: `What is in another namespace is outside of the entry: its network policies, its Pod Security level and its quotas are those of that
namespace, and it stays when somebody looks at the entry alone. Charts put RoleBindings and Services into kube-system that have to be there;
a pod rarely has to. Each kind and namespace is said once. It is said again as namespace-of-another-entry where that namespace has
an entry of its own.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-metrics
  networkPolicies: isolated
  project: {destinations: [kube-system]}
  applications: [{applicationCode: sys-metrics, path: a}]
-- a/binding.yaml --
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: metrics-reader, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader}
subjects: [{kind: ServiceAccount, name: metrics, namespace: sys-metrics}]
`,
	Mend: []string{`metadata: {name: metrics-reader, namespace: kube-system}`, `metadata: {name: metrics-reader}`},
	Check: func(in *lint.Context, report lint.Report) {
		type leaving struct{ code, group, kind, namespace string }
		count := map[leaving]int{}
		for _, o := range in.Workloads {
			if in.Deployed.Leaves(o) {
				count[leaving{o.Application.Code, deployed.GroupOf(o), o.Kind, o.Namespace}]++
			}
		}
		for _, o := range in.Workloads {
			key := leaving{o.Application.Code, deployed.GroupOf(o), o.Kind, o.Namespace}
			if n := count[key]; n > 0 {
				count[key] = 0
				more := ""
				if n > 1 {
					more = fmt.Sprintf(", and %d more of this kind", n-1)
				}
				report(in.Places.Field(o, "metadata", "namespace"), "", "%s deploys %s into the namespace %s%s", o.Application.Code, o.Title(), o.Namespace, more)
			}
		}
	},
}
