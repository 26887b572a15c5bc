package rules

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var notPermittedByProject = lint.Rule{
	Name:     "not-permitted-by-project",
	Severity: lint.Error,
	Summary:  "an application deploys something that its project does not permit",
	Fixable:  true,
	Doc: `Each entry has an AppProject that permits its one namespace, those under ` + "`project.destinations`" + `, and no cluster-scoped kind but
those under ` + "`clusterResources`" + `.
Argo CD refuses to sync an application with anything else in it: "is not permitted in project". Add the kinds to the entry, or move the
object into an entry of its own namespace. One finding has all kinds that an entry lacks, with the list to paste; ` + "`roster lint --fix`" + ` writes
it, and you decide whether the entry should have that much power. Cluster-scoped are Kubernetes' own kinds, those of CRDs that the list deploys, and some that
are well known.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/class.yaml --
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: background}
value: -10
`,
	Mend: []string{`  networkPolicies: isolated`, `  networkPolicies: isolated
  clusterResources: [scheduling.k8s.io/PriorityClass]`},
	Find: func(in *lint.Context, add func(lint.Finding)) {
		cluster := clusterScoped(in)
		entries := map[*catalog.Namespace]map[catalog.ClusterResource][]*deployed.Object{}
		type outside struct {
			entry           *catalog.Namespace
			namespace, kind string
		}
		foreign := map[outside][]*deployed.Object{}
		var order []outside
		for _, o := range in.Workloads {
			r := deployed.KindOf(o)
			switch {
			case in.Deployed.Rosters(deployed.IDOf(o)): // duplicate-object says what to do
			case o.Namespace == "" || cluster[resource(r)]:
				switch {
				case in.Deployed.Permits(o.Entry)[r]:
				case r == catalog.ClusterResource{Kind: "Namespace"} && in.Deployed.Entry(o.Name) == nil:
					add(lint.FoundAt(in.Places.Field(o, "kind"), "write an entry for the namespace "+o.Name+", which roster renders, with what belongs in it",
						"%s is cluster-scoped, and the project of %s does not permit Namespace", o.Title(), o.Entry.Name))
				default:
					if entries[o.Entry] == nil {
						entries[o.Entry] = map[catalog.ClusterResource][]*deployed.Object{}
					}
					entries[o.Entry][r] = append(entries[o.Entry][r], o)
				}
			case o.Namespace != o.Entry.Name && !in.Deployed.Reaches(o.Entry, o.Namespace):
				there := outside{o.Entry, o.Namespace, o.Kind}
				if len(foreign[there]) == 0 {
					order = append(order, there)
				}
				foreign[there] = append(foreign[there], o)
			}
		}
		for _, there := range order {
			o := foreign[there][0]
			permits := "permits " + o.Entry.Name + " only"
			if len(o.Entry.Project.Destinations) > 0 {
				permits = "does not permit it"
			}
			belongs := o.Title() + " belongs"
			if more := len(foreign[there]) - 1; more > 0 {
				belongs = fmt.Sprintf("%s and %d more of its kind belong", o.Title(), more)
			}
			add(lint.FoundAt(in.Places.Field(o, "metadata", "namespace"), wayInto(in, o), "%s to the namespace %s, and the project of %s %s", belongs, o.Namespace, o.Entry.Name, permits))
		}
		for i := range in.Platform.Namespaces {
			if n := &in.Platform.Namespaces[i]; entries[n] != nil {
				add(notPermitted(in, n, entries[n]))
			}
		}
	},
}

// resource is a kind as the list has it.
func resource(r catalog.ClusterResource) string { return strings.TrimPrefix(r.Group+"/"+r.Kind, "/") }

var (
	kindForm  = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	groupForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

// nameable reports whether the list can have a kind, and means this one by it: a kind with a slash would be another one, with a group.
func nameable(r catalog.ClusterResource) bool {
	return kindForm.MatchString(r.Kind) && (r.Group == "" || groupForm.MatchString(r.Group))
}

// notPermitted is the finding for all cluster-scoped objects that the applications of an entry deploy and its project does not permit.
func notPermitted(in *lint.Context, n *catalog.Namespace, objects map[catalog.ClusterResource][]*deployed.Object) lint.Finding {
	byName := func(a, b catalog.ClusterResource) int { return cmp.Compare(resource(a), resource(b)) }
	var whole, missing, each []string
	for _, r := range n.Project.ClusterResources {
		whole = append(whole, resource(r))
	}
	for _, r := range slices.SortedFunc(maps.Keys(objects), byName) {
		of := objects[r]
		if nameable(r) {
			missing = append(missing, resource(r))
		}
		example := of[0].Title() + " of " + of[0].Application.Code
		if at := in.Places.Field(of[0], "kind").Pos; at.Line > 0 && at.File != of[0].Application.Place.Pos.File {
			example += fmt.Sprintf(" at %s:%d", at.File, at.Line)
		}
		if len(of) > 1 {
			example = fmt.Sprintf("%d objects, such as %s", len(of), example)
		}
		each = append(each, fmt.Sprintf("%s (%s)", resource(r), example))
	}
	f := lint.FoundAt(n.Place, "write in the entry: clusterResources: ["+strings.Join(append(whole, missing...), ", ")+"]",
		"the project of %s does not permit what its applications deploy outside of the namespace: %s", n.Name, strings.Join(each, ", "))
	if len(missing) == len(objects) {
		f.Missing = &lint.Addition{At: n.Place.Pos, Key: "clusterResources", Values: missing}
	}
	return f
}

// wayInto is how an object may get into another namespace.
func wayInto(in *lint.Context, o *deployed.Object) string {
	const list = "add it to the entry: project: {destinations: ["
	switch {
	case o.Namespace == in.Platform.ArgoCD.Namespace:
		return "move it to the entry of " + o.Namespace
	case in.Deployed.Entry(o.Namespace) == nil:
		return list + o.Namespace + "]}"
	}
	return "move it to the entry of " + o.Namespace + "; if it cannot be moved, " + list + o.Namespace + "]}"
}

// wellKnown are cluster-scoped kinds whose CRDs mostly come from elsewhere.
const wellKnown = `cert-manager.io/ClusterIssuer cilium.io/CiliumBGPClusterConfig cilium.io/CiliumClusterwideNetworkPolicy
	cilium.io/CiliumL2AnnouncementPolicy cilium.io/CiliumLoadBalancerIPPool external-secrets.io/ClusterExternalSecret
	external-secrets.io/ClusterSecretStore gateway.networking.k8s.io/GatewayClass kyverno.io/ClusterPolicy policies.kyverno.io/GeneratingPolicy
	policies.kyverno.io/ImageValidatingPolicy policies.kyverno.io/MutatingPolicy policies.kyverno.io/ValidatingPolicy
	snapshot.storage.k8s.io/VolumeSnapshotClass`

// clusterScoped are the custom kinds that have no namespace, as GROUP/KIND.
func clusterScoped(in *lint.Context) map[string]bool {
	out := map[string]bool{}
	for _, kind := range strings.Fields(wellKnown) {
		out[kind] = true
	}
	for _, o := range in.Deployed.Kind("CustomResourceDefinition") {
		kind := deployed.Defines(o)
		out[kind.Group+"/"+kind.Kind] = deployed.StringAt(o, "spec", "scope") == "Cluster"
	}
	return out
}
