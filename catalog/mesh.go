package catalog

import (
	"slices"

	"github.com/hippotion/roster/internal/syntax"
)

// mesh is the flows from cluster to cluster, where Cilium connects them.
type mesh struct {
	clusters *clusters
	on       bool
	flows    map[string]map[string][]Flow // by the cluster and the namespace whose policy permits them
}

// meshOf collects the flows to other clusters that the entries of all of them list: each is declared once, at either end, and permitted at
// both. What is wrong with one is reported where its entry is resolved.
func meshOf(in *platformInput, cs *clusters, views map[string][]*entryInput) *mesh {
	m := &mesh{clusters: cs, on: in.ClusterMesh.Or(false), flows: map[string]map[string][]Flow{}}
	if in.ClusterMesh.IsSet() && !cs.named() {
		in.ClusterMesh.Report("no-effect", "add clusters, or remove it", "%s has no clusters", PlatformFile)
	}
	if !m.on {
		return m
	}
	for _, c := range cs.all {
		for _, e := range views[c.name] {
			if e.NetworkPolicies == nil {
				continue
			}
			for i := range e.NetworkPolicies.Allow {
				m.add(c.name, e, &e.NetworkPolicies.Allow[i])
			}
		}
	}
	return m
}

// add adds the other half of a flow that an entry on a cluster lists, if it leads to another cluster.
func (m *mesh) add(cluster string, e *entryInput, in *flowInput) {
	peer, _, back, word := in.end()
	if in.Node == nil || peer == nil || peer.Node == nil || !peer.Cluster.IsSet() || !peer.Namespace.IsSet() || m.clusters.byName[peer.Cluster.V] == nil {
		return
	}
	own, _ := podLabels(in.PodLabels)
	theirs, _ := podLabels(peer.PodLabels)
	ports, ok := portsOf(peer.Ports)
	if !ok {
		return
	}
	there := m.flows[peer.Cluster.V]
	if there == nil {
		there = map[string][]Flow{}
		m.flows[peer.Cluster.V] = there
	}
	p := Peer{Namespace: e.Namespace.V, Cluster: cluster, PodLabels: own}
	from := origin(e.Namespace.V, "networkPolicies/allow", word, Peer{Namespace: peer.Namespace.V, Cluster: peer.Cluster.V}.name())
	there[peer.Namespace.V] = append(there[peer.Namespace.V], Flow{Origin: from, Cause: Allowed, OfPeer: true, Place: place(in.Node), Direction: back, PodLabels: theirs,
		Peer: p, Ports: ports})
}

// into are the flows from other clusters that end in a namespace of one.
func (m *mesh) into(cluster, namespace string) []Flow { return m.flows[cluster][namespace] }

// plain reports whether a cluster is one without Cilium.
func (m *mesh) plain(cluster string) bool {
	return m.clusters.byName[cluster].in.Policy.Kind.V == "NetworkPolicy"
}

// reaches checks a peer that names a cluster.
func (m *mesh) reaches(n *names, in *peerInput) bool {
	name, on := in.Cluster.V, n.where.namespaces[in.Namespace.V]
	switch {
	case !m.clusters.named():
		in.Cluster.Report("no-effect", "remove it", "%s has no clusters", PlatformFile)
	case m.clusters.byName[name] == nil:
		if !m.clusters.flawed {
			in.Cluster.Report("unknown-cluster", m.clusters.near(name), "there is no cluster %s", syntax.Quote(name))
		}
	case name == n.cluster:
		in.Cluster.Report("no-effect", "remove it", "the entry itself is on the cluster %q", name)
	case !m.on:
		in.Cluster.Report("other-cluster", "set clusterMesh: true in "+PlatformFile+" if Cilium connects the clusters; else "+between, "the cluster %q is another one", name)
	case m.plain(n.cluster) || m.plain(name):
		in.Cluster.Report("not-in-networkpolicy", "permit its addresses: cidr", "Cilium alone knows pods of other clusters, and one of %q and %q is without it", n.cluster, name)
	case len(on) == 0:
		n.unknownNamespace(in.Namespace.Node, in.Namespace.V, "")
	case !slices.Contains(on, name):
		in.Cluster.Report("other-cluster", "", "the namespace %q is on %s, and not on %q", in.Namespace.V, ClusterList(on), name)
	default:
		return true
	}
	return false
}
