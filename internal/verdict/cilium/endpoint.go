package cilium

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"

	"github.com/cilium/cilium/pkg/identity"
	k8sutils "github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hippotion/roster/internal/verdict"
)

// end is an Endpoint as Cilium sees it.
type end struct {
	identity *identity.Identity
	ports    ciliumtypes.NamedPortMap
	enforces bool // policies apply here: a pod or another endpoint that Cilium runs, not a node nor the world
}

func (e end) String() string { return e.identity.LabelArray.String() }

func (e *Engine) peer(p verdict.Endpoint) (end, error) {
	pod, entity, outside := p.Namespace != "", p.Entity != "", p.IP.IsValid() || p.FQDN != ""
	switch {
	case pod && !entity && !outside:
		ports, err := namedPorts(p)
		return end{e.admit(e.podLabels(p)), ports, true}, err
	case entity && !pod && !outside:
		return e.reserved(p)
	case outside && !pod && !entity:
		return end{identity: e.admit(outsideLabels(p), apiServerLabels(p))}, nil
	}
	return end{}, errors.New("endpoint must be one of a pod (namespace), an entity, an address or name")
}

// podLabels are the labels that decide a pod's identity.
func (e *Engine) podLabels(p verdict.Endpoint) labels.Labels {
	namespace := &metav1.ObjectMeta{Name: p.Namespace, Labels: p.NamespaceLabels}
	all := k8sutils.SanitizePodLabels(p.Labels, namespace, p.ServiceAccount, cmp.Or(p.Cluster, e.cluster))
	kept, _ := labelsfilter.Filter(labels.Map2Labels(all, labels.LabelSourceK8s))
	return kept
}

func namedPorts(p verdict.Endpoint) (ciliumtypes.NamedPortMap, error) {
	ports := ciliumtypes.NamedPortMap{}
	for _, port := range p.Ports {
		if port.Name == "" || port.ContainerPort < 1 {
			continue
		}
		protocol := string(port.Protocol)
		if protocol == "" {
			protocol = "TCP"
		}
		if err := ports.AddPort(port.Name, int(port.ContainerPort), protocol); err != nil {
			return nil, fmt.Errorf("container port %s: %w", port.Name, err)
		}
	}
	return ports, nil
}

func (e *Engine) reserved(p verdict.Endpoint) (end, error) {
	entity := p.Entity
	if entity == labels.IDNameWorld {
		// With both address families on, Cilium gives no address the plain
		// identity world. 0.0.0.0/0 selects world-ipv4.
		entity = labels.IDNameWorldIPv4
	}
	id := identity.LookupReservedIdentity(identity.GetReservedID(entity))
	if id == nil {
		return end{}, fmt.Errorf("entity %q is not an endpoint", entity)
	}
	switch id.ID {
	case identity.ReservedIdentityHealth, identity.ReservedIdentityIngress, identity.ReservedIdentityInit:
		return end{identity: id, enforces: true}, nil
	case identity.ReservedIdentityHost:
		if p.APIServer != e.hostIsAPIServer {
			e.hostIsAPIServer, e.repo = p.APIServer, nil
		}
		return end{identity: id}, nil
	}
	if p.APIServer && id.ID != identity.ReservedIdentityKubeAPIServer {
		return end{identity: e.admit(id.Labels, apiServerLabels(p))}, nil
	}
	return end{identity: id}, nil
}

// apiServerLabels are those that Cilium adds where an API server is.
func apiServerLabels(p verdict.Endpoint) labels.Labels {
	if p.APIServer {
		return labels.LabelKubeAPIServer
	}
	return nil
}

// outsideLabels are those of a single address. Cilium keeps the longest prefix
// that policies name instead; both are in the same CIDRs of policies.
func outsideLabels(p verdict.Endpoint) labels.Labels {
	if !p.IP.IsValid() {
		return labels.LabelWorldIPv4
	}
	ip := p.IP.Unmap()
	return labels.GetCIDRLabels(netip.PrefixFrom(ip, ip.BitLen()))
}

// admit returns the identity with all these labels.
func (e *Engine) admit(sets ...labels.Labels) *identity.Identity {
	all := labels.Labels{}
	for _, set := range sets {
		maps.Copy(all, set)
	}
	key := all.LabelArray().String() // sorted
	id, ok := e.known[key]
	if !ok {
		number := identity.MinimalNumericIdentity + identity.NumericIdentity(len(e.known))
		id = identity.NewIdentity(number, all)
		e.known[key] = id
		e.repo = nil
	}
	return id
}
