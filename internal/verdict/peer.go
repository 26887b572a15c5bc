package verdict

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"

	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
)

// Peer is an Endpoint as policies see it.
type Peer struct {
	labels   map[string]string // by their keys in selectors: k8s.app, reserved.host
	address  netip.Addr        // outside of the cluster
	world    int               // outside of the cluster: the family of its address, 4 or 6; else 0
	fqdn     string
	ports    map[portName]uint16 // of a pod, by name
	enforces bool                // policies apply here: a pod or another endpoint that Cilium runs, not a node nor the world
	host     bool                // the node of the other end

	namespace string
	unknown   bool     // whether it may have any other labels and ports
	labelled  bool     // whether its namespace may have any other labels
	selected  []answer // by selector: zero when it was not asked yet
	rules     *subject // that select it, once they were asked for
	lookups   []lookup // likewise
}

// portName is the name of a container's port, with its protocol.
type portName struct{ name, protocol string }

// Peer makes an endpoint ready for questions. It fails for one that is two things at once, or none.
func (j *Judge) Peer(e Endpoint) (*Peer, error) {
	pod, entity, outside := e.Namespace != "", e.Entity != "", e.IP.IsValid() || e.FQDN != ""
	p := &Peer{labels: map[string]string{}}
	switch {
	case pod && !entity && !outside && !e.APIServer:
		p.enforces, p.namespace, p.unknown, p.labelled = true, e.Namespace, e.Unknown, e.NamespaceUnknown
		j.pod(p, &e)
	case entity && !pod && !outside:
		return p, p.reserved(&e)
	case outside && !pod && !entity:
		p.address, p.fqdn, p.world = e.IP.Unmap(), e.FQDN, 4
		if p.address.Is6() {
			p.world = 6
		}
		p.outside(e.APIServer)
	default:
		return nil, errors.New("endpoint must be one of a pod (namespace), an entity, an address or name")
	}
	return p, nil
}

func (p *Peer) reserve(names ...string) {
	for _, name := range names {
		p.labels["reserved."+name] = ""
	}
}

// outside gives the peer the labels of the world.
func (p *Peer) outside(apiServer bool) {
	p.reserve(fmt.Sprintf("world-ipv%d", p.world))
	if apiServer {
		p.reserve(labels.IDNameKubeAPIServer)
	}
}

func (p *Peer) reserved(e *Endpoint) error {
	switch e.Entity {
	case labels.IDNameHost, labels.IDNameRemoteNode:
		p.reserve(e.Entity)
		p.host = e.Entity == labels.IDNameHost
		if e.APIServer {
			p.reserve(labels.IDNameKubeAPIServer)
		}
		return nil
	case labels.IDNameKubeAPIServer:
		p.reserve(labels.IDNameKubeAPIServer, labels.IDNameRemoteNode)
		return nil
	case labels.IDNameWorld, labels.IDNameWorldIPv4:
		p.world = 4
	case labels.IDNameWorldIPv6:
		p.world = 6
	case labels.IDNameHealth, labels.IDNameIngress, labels.IDNameInit:
		p.enforces = true
		p.reserve(e.Entity)
	case labels.IDNameUnmanaged:
		p.reserve(e.Entity)
	default:
		return fmt.Errorf("entity %q is not an endpoint", e.Entity)
	}
	if p.world != 0 {
		p.outside(e.APIServer)
	} else if e.APIServer {
		return fmt.Errorf("the API server cannot be %s", e.Entity)
	}
	return nil
}

// pod gives the peer what decides a pod's identity: its labels, with those that Cilium adds, and without those that it leaves out.
func (j *Judge) pod(p *Peer, e *Endpoint) {
	all := own(e.Labels)
	for key, value := range e.NamespaceLabels {
		all[k8sconst.PodNamespaceMetaLabels+labels.PathDelimiter+key] = value
	}
	all[k8sconst.PodNamespaceLabel] = e.Namespace
	if e.ServiceAccount != "" {
		all[k8sconst.PolicyLabelServiceAccount] = e.ServiceAccount
	}
	all[k8sconst.PolicyLabelCluster] = cmp.Or(e.Cluster, j.cluster)
	for _, l := range kept(all) {
		p.labels[l.GetExtendedKey()] = l.Value
	}
	p.ports = portsOf(e)
}

// Identity is those of a pod's labels that decide its identity. Cilium leaves out the others, which no policy can select by.
func Identity(podLabels map[string]string) map[string]string {
	out := map[string]string{}
	for _, l := range kept(own(podLabels)) {
		out[l.Key] = l.Value
	}
	return out
}

// own are the labels of a pod that do not pretend to be Cilium's.
func own(podLabels map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range podLabels {
		if !strings.HasPrefix(key, k8sconst.LabelPrefix) {
			out[key] = value
		}
	}
	return out
}

func kept(all map[string]string) labels.Labels {
	configure()
	out, _ := labelsfilter.Filter(labels.Map2Labels(all, labels.LabelSourceK8s))
	return out
}

// portsOf are the named ports of a pod. Cilium leaves out names that are none.
func portsOf(e *Endpoint) map[portName]uint16 {
	out := map[portName]uint16{}
	for _, port := range e.Ports {
		if port.Name == "" || port.ContainerPort < 1 || port.ContainerPort > 65535 {
			continue
		}
		out[portName{strings.ToLower(port.Name), cmp.Or(string(port.Protocol), "TCP")}] = uint16(port.ContainerPort)
	}
	return out
}

// configure sets which labels Cilium keeps: its default. Nothing else in this module sets or reads it.
var configure = sync.OnceFunc(func() {
	if err := labelsfilter.ParseLabelPrefixCfg(quiet, nil, nil, ""); err != nil {
		panic(err) // fails for a configuration file only, and there is none
	}
})

// quiet is the logger for Cilium, which warns about much that is irrelevant here.
var quiet = slog.New(slog.DiscardHandler)
