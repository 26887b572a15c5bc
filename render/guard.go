package render

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// guards are what is removed first when a guarded entry is removed, and waits for confirmation. Argo CD prunes wave by wave, from the last
// one of those that are to be pruned (gitops-engine pkg/sync, getSyncTasks), and nothing of a wave in which something is not
// confirmed. The Namespace is in the first wave: without these objects, its policies would be gone before anyone is asked. The
// Applications are not enough: an entry may have none, and those of a namespace that is renamed stay.
//
// Where several Applications deploy to a cluster, each has a guard of each entry, whatever else it has of it: otherwise it would prune
// without asking, or ask when an entry that stays has no policies any more.
func guards(k kind, p *catalog.Platform) []object.Object {
	if !p.Cluster.Remote {
		return guardsNamed(k, p, guardName)
	}
	var out []object.Object
	for _, part := range guardedParts {
		out = append(out, guardsOf(k, p, part)...)
	}
	return out
}

// guardedParts are those with objects of namespaces. Those of one application have a guard in the Application itself.
var guardedParts = []catalog.Part{catalog.NamespacePart, catalog.PolicyPart, catalog.RoutePart}

// guardsOf are the ConfigMaps of one part: its guards, or dashboards.
func guardsOf(k kind, p *catalog.Platform, part catalog.Part) []object.Object {
	switch {
	case part == catalog.MetricsPart:
		return dashboards(k, p)
	case !slices.Contains(guardedParts, part):
		return nil
	case part == catalog.NamespacePart:
		return guardsNamed(k, p, guardName)
	}
	return guardsNamed(k, p, guardName+"-"+string(part))
}

// guardName is the name of an entry's guard; what deploys other parts than the Namespace adds its own.
const guardName = "roster-guard"

func guardsNamed(k kind, p *catalog.Platform, name string) []object.Object {
	var out []object.Object
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		if !n.Guarded {
			continue
		}
		id := identity{Kind: k, Namespace: n.Name, Name: name, Origin: n.Origin, Sync: catalog.Sync{Wave: n.GuardWave}}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			m.Annotations[syncOptions] = confirm
			return &corev1.ConfigMap{TypeMeta: t, ObjectMeta: m,
				Data: map[string]string{"about": "When the entry " + n.Name + " is removed from " + catalog.ApplicationsFile + ", Argo CD asks before it prunes this, and after this the rest."}}
		}))
	}
	return out
}
