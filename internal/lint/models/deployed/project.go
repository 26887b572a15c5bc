package deployed

import (
	"github.com/hippotion/roster/catalog"
)

// Leaves reports whether an object is in another namespace, which the project of its entry permits.
func (in *Model) Leaves(o *Object) bool {
	return o.Namespace != "" && o.Namespace != o.Entry.Name && in.Reaches(o.Entry, o.Namespace) && !in.Rosters(IDOf(o))
}

// Reaches reports whether the project of an entry permits another namespace.
func (in *Model) Reaches(n *catalog.Namespace, namespace string) bool {
	return in.reached.Get(func() map[Reach]bool {
		out := map[Reach]bool{}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, d := range n.Project.Destinations {
				out[Reach{n.Name, d.Namespace}] = true
			}
		}
		return out
	})[Reach{n.Name, namespace}]
}

// Reach is an entry, and another namespace.
type Reach struct{ Entry, Namespace string }

// guestsOf are the entries that may deploy into a namespace which is not their own.
func (in *Model) guestsOf(namespace string) []*catalog.Namespace {
	return in.guests.Get(func() map[string][]*catalog.Namespace {
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

// Permits are the cluster-scoped kinds that the project of an entry permits.
func (in *Model) Permits(n *catalog.Namespace) map[catalog.ClusterResource]bool {
	if out := in.permitted[n]; out != nil {
		return out
	}
	out := map[catalog.ClusterResource]bool{}
	for _, r := range n.Project.ClusterResources {
		out[r] = true
	}
	if in.permitted == nil {
		in.permitted = map[*catalog.Namespace]map[catalog.ClusterResource]bool{}
	}
	in.permitted[n] = out
	return out
}
