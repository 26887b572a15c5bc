package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var missingProvides = lint.Rule{
	Name:     "missing-provides",
	Severity: lint.Warning,
	Fixable:  true,
	Summary:  "an application installs the kinds of objects that roster renders, and nothing waits for it",
	Doc: `roster renders network policies, Secrets and routes, whose kinds a chart may bring. Before Argo CD applies anything it tries all
objects in a dry run, which fails as long as a kind is missing: on an empty cluster not even the application that brings it is
applied. With ` + "`provides`" + ` the objects of the group follow the application, and skip the dry run until then.
Where the kinds exist before Argo CD does, say so in a comment: ` + "`# lint:ignore missing-provides Cilium is there before Argo CD`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-cilium
  networkPolicies: isolated
  clusterResources: [apiextensions.k8s.io/CustomResourceDefinition]
  applications:
    - {applicationCode: sys-cilium, path: cilium}
-- cilium/kinds.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ciliumnetworkpolicies.cilium.io}
spec:
  group: cilium.io
  scope: Namespaced
  names: {kind: CiliumNetworkPolicy, plural: ciliumnetworkpolicies}
  versions: [{name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`,
	Mend: []string{"sys-cilium, path: cilium}", "sys-cilium, path: cilium, provides: [cilium.io]}"},
	Find: func(in *lint.Context, add func(lint.Finding)) {
		wanted := unprovided(in)
		missing := map[*catalog.Application][]string{}
		for _, o := range in.Deployed.Kind("CustomResourceDefinition") {
			if kind := deployed.Defines(o); wanted[kind] && !slices.Contains(missing[o.Application], kind.Group) {
				missing[o.Application] = append(missing[o.Application], kind.Group)
			}
		}
		for _, a := range in.Deployed.Applications() {
			groups := missing[a]
			if slices.Contains(groups, "external-secrets.io") && in.Deployed.AwaitsSecrets(a.Code) {
				groups = slices.DeleteFunc(groups, func(g string) bool { return g == "external-secrets.io" }) // it would wait for itself
			}
			if len(groups) == 0 {
				continue
			}
			slices.Sort(groups)
			f := lint.FoundAt(a.Place, "write in the application: provides: ["+strings.Join(groups, ", ")+"]",
				"%s installs kinds of %s, of which roster renders objects that do not wait for it", a.Code, strings.Join(groups, " and "))
			f.Missing = &lint.Addition{At: a.Place.Pos, Key: "provides", Values: groups}
			add(f.Of(a))
		}
	},
}

// unprovided are the kinds of objects that roster renders which may come from an application, as long as none says so.
func unprovided(in *lint.Context) map[catalog.ClusterResource]bool {
	provided := map[string]bool{}
	say := func(group string, s catalog.Sync) { provided[group] = provided[group] || s.LateKind }
	for _, s := range in.Platform.Stores {
		say("external-secrets.io", s.Sync)
	}
	for n, a := range in.Deployed.Applications() {
		say("cilium.io", n.PolicySync)
		say("external-secrets.io", a.SecretsSync)
		say("traefik.io", a.RouteSync)
	}
	out := map[catalog.ClusterResource]bool{}
	for i := range in.Objects {
		o := &deployed.Object{Object: in.Objects[i]}
		if kind := deployed.KindOf(o); !provided[kind.Group] && !isArgoCDs(kind) {
			out[kind] = true
		}
	}
	return out
}

// isArgoCDs reports whether a kind is one that Argo CD itself works with: it is there before Argo CD applies anything, even where an
// application of the list updates it.
func isArgoCDs(kind catalog.ClusterResource) bool {
	return kind.Group == "argoproj.io" && slices.Contains([]string{"Application", "ApplicationSet", "AppProject"}, kind.Kind)
}
