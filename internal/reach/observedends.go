package reach

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/hubble"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
)

// seen is an end of flows in a log.
type seen struct {
	name    string
	cluster string       // of pods, as Cilium calls it; empty when it is not said
	end     *network.End // nil when it is not known what it is; why says why
	why     string
}

// end is that of the list which an end in a log is. The name is that of an address outside of the cluster, if one is known.
func (o *observer) end(in *hubble.End, name string) *seen {
	key := keyOf(in, name)
	out := o.ends[key]
	if out == nil {
		out = o.identify(in, name)
		o.ends[key] = out
	}
	return out
}

// keyOf is what tells ends apart: of pods the labels and what has made them, not their names and addresses.
func keyOf(in *hubble.End, name string) string {
	var parts []string
	if in.Namespace != "" {
		parts = append(parts, in.Namespace)
		for _, w := range in.Workloads {
			parts = append(parts, w.Kind+"/"+w.Name)
		}
	} else {
		parts = append(parts, "", in.IP.String(), name)
	}
	labels := slices.Sorted(slices.Values(in.Labels))
	return strings.Join(append(parts, labels...), "\x00")
}

var namespacePattern = lazy.Regexp(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// identify finds out what an end is, by what Cilium says that it is.
func (o *observer) identify(in *hubble.End, name string) *seen {
	if in.Namespace != "" {
		if len(in.Namespace) > 63 || !namespacePattern().MatchString(in.Namespace) {
			return &seen{name: shown(in.Namespace), why: "the log has a namespace that cannot be one"}
		}
		return o.pods(in)
	}
	is := reservedOf(in)
	entity := func(name string) *seen { return &seen{name: name, end: o.in.Network.Entity(name)} }
	switch apiServer := is["kube-apiserver"]; {
	case is["host"]:
		out := entity("host")
		out.end.APIServer = apiServer
		return out
	case apiServer && (is["remote-node"] || !is["world"]):
		return entity("kube-apiserver")
	case is["remote-node"], !is["world"] && o.node(in.IP):
		return entity("remote-node")
	case is["ingress"]:
		return entity("ingress")
	case is["health"]:
		return entity("health")
	case is["init"]:
		return entity("init")
	case is["unmanaged"]:
		return entity("unmanaged")
	case !is["world"]:
		return &seen{name: addressOf(in.IP), why: "the log does not say what " + addressOf(in.IP) + " is: it has no labels"}
	case !in.IP.IsValid():
		return &seen{name: "world", why: "the log does not say which address of the world it is"}
	case slices.ContainsFunc(o.in.Platform.PodCIDRs, func(p netip.Prefix) bool { return p.Contains(in.IP) }):
		return &seen{name: addressOf(in.IP), why: addressOf(in.IP) + " is the address of a pod that Cilium did not know at that time"}
	case o.node(in.IP):
		return &seen{name: addressOf(in.IP), why: addressOf(in.IP) + " is a node that Cilium did not know at that time"}
	}
	out := &seen{name: cmp.Or(name, in.IP.String())}
	out.end = &network.End{Name: out.name, Endpoint: verdict.Endpoint{IP: in.IP, FQDN: name, APIServer: is["kube-apiserver"]}}
	return out
}

func addressOf(ip netip.Addr) string {
	if !ip.IsValid() {
		return "an end without an address"
	}
	return ip.String()
}

// node reports whether an address is that of a node.
func (o *observer) node(ip netip.Addr) bool {
	for _, n := range o.in.Platform.Nodes {
		if n.Address == ip {
			return true
		}
	}
	return false
}

// reservedOf are the reserved identities of an end; all of the world's are one.
func reservedOf(in *hubble.End) map[string]bool {
	out := map[string]bool{}
	for _, l := range in.Labels {
		if name, ok := strings.CutPrefix(l, "reserved:"); ok {
			out[strings.TrimSuffix(strings.TrimSuffix(name, "-ipv4"), "-ipv6")] = true
		}
		if strings.HasPrefix(l, "cidr:") || strings.HasPrefix(l, "fqdn:") {
			out["world"] = true // a node that a policy selects by its address is said to be one besides
		}
	}
	// The numbers are those of Cilium's pkg/identity.
	if name := map[uint32]string{1: "host", 2: "world", 3: "unmanaged", 4: "health", 5: "init", 6: "remote-node", 7: "kube-apiserver", 8: "ingress", 9: "world", 10: "world"}[in.Identity]; name != "" {
		out[name] = true
	}
	return out
}

// The labels that Cilium adds to those of pods.
const (
	ofNamespace    = "io.cilium.k8s.namespace.labels."
	serviceAccount = "io.cilium.k8s.policy.serviceaccount"
	ofCluster      = "io.cilium.k8s.policy.cluster"
	namespaceLabel = "io.kubernetes.pod.namespace"
)

// pods finds the pods of the list that an end is, or else makes some with its labels.
func (o *observer) pods(in *hubble.End) *seen {
	labels, ofItsNamespace, added := map[string]string{}, map[string]string{}, map[string]string{}
	for _, l := range in.Labels {
		source, rest, found := strings.Cut(l, ":")
		if !found || strings.Contains(source, "=") {
			source, rest = "k8s", l
		}
		key, value, _ := strings.Cut(rest, "=")
		bare, namespaces := strings.CutPrefix(key, ofNamespace)
		switch {
		case source != "k8s":
		case namespaces:
			ofItsNamespace[bare] = value
		case key == serviceAccount || key == ofCluster || key == namespaceLabel:
			added[key] = value
		default:
			labels[key] = value
		}
	}
	out := &seen{cluster: added[ofCluster]}
	n := o.in.Network.Namespace(in.Namespace)
	switch e := o.workload(n, in, labels, added[serviceAccount]); {
	case e != nil:
		out.end = e
	case len(in.Labels) == 0:
		out.end = o.in.Network.PodsWith(in.Namespace, nil)
	default:
		e := o.in.Network.Having(in.Namespace, labels)
		e.ServiceAccount = added[serviceAccount]
		if n.Entry == nil && len(ofItsNamespace) > 0 {
			e.NamespaceLabels = ofItsNamespace
		}
		out.end = e
	}
	out.name = shown(out.end.Name)
	return out
}

// workload is that of a namespace whose pods an end is; nil when it is none, or may be several.
func (o *observer) workload(n *network.Namespace, in *hubble.End, labels map[string]string, account string) *network.End {
	for _, w := range in.Workloads {
		for _, e := range n.Pods {
			if made := e.Pods.Object; !e.Node && made.Name == w.Name && (made.Kind == w.Kind || w.Kind == "") {
				return e
			}
		}
	}
	var best *network.End
	var most map[string]string
	several := false
	for _, e := range n.Pods {
		identity, known := o.identities[e]
		if !known {
			identity = verdict.Identity(e.Labels)
			o.identities[e] = identity
		}
		if e.Node || len(identity) == 0 || !within(identity, labels) || account != "" && account != e.ServiceAccount {
			continue
		}
		switch {
		case len(identity) > len(most):
			best, most, several = e, identity, false
		case len(identity) == len(most):
			several = several || !maps.Equal(identity, most)
		}
	}
	if several {
		return nil
	}
	return best
}

// within reports whether all labels are among others.
func within(labels, others map[string]string) bool {
	for key, value := range labels {
		if other, ok := others[key]; !ok || other != value {
			return false
		}
	}
	return true
}
