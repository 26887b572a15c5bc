package lint

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
)

var leavesNamespace = Rule{
	Name:     "leaves-namespace",
	Severity: Info,
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
	Check: func(in *Input, report Report) {
		type leaving struct{ code, group, kind, namespace string }
		count := map[leaving]int{}
		for _, o := range in.Workloads {
			if in.leaves(o) {
				count[leaving{o.Application.Code, groupOf(o), o.Kind, o.Namespace}]++
			}
		}
		for _, o := range in.Workloads {
			key := leaving{o.Application.Code, groupOf(o), o.Kind, o.Namespace}
			if n := count[key]; n > 0 {
				count[key] = 0
				more := ""
				if n > 1 {
					more = fmt.Sprintf(", and %d more of this kind", n-1)
				}
				report(in.field(o, "metadata", "namespace"), "", "%s deploys %s into the namespace %s%s", o.Application.Code, o.Title(), o.Namespace, more)
			}
		}
	},
}

// leaves reports whether an object is in another namespace, which the project of its entry permits.
func (in *Input) leaves(o *Object) bool {
	return o.Namespace != "" && o.Namespace != o.Entry.Name && in.reaches(o.Entry, o.Namespace) && !in.rosters(nameOf(o))
}

// reaches reports whether the project of an entry permits another namespace.
func (in *Input) reaches(n *catalog.Namespace, namespace string) bool {
	return in.reached.get(func() map[reach]bool {
		out := map[reach]bool{}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, d := range n.Project.Destinations {
				out[reach{n.Name, d.Namespace}] = true
			}
		}
		return out
	})[reach{n.Name, namespace}]
}

// reach is an entry, and another namespace.
type reach struct{ entry, namespace string }

// guestsOf are the entries that may deploy into a namespace which is not their own.
func (in *Input) guestsOf(namespace string) []*catalog.Namespace {
	return in.guests.get(func() map[string][]*catalog.Namespace {
		out := map[string][]*catalog.Namespace{}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, d := range n.Project.Destinations {
				out[d.Namespace] = append(out[d.Namespace], n)
			}
		}
		return out
	})[namespace]
}
