package network

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/verdict"
)

// Flow is an element of networkPolicies.allow, and the entry that it belongs to.
type Flow struct {
	Entry *catalog.Namespace
	Peer  string   // in YAML, with its direction before it: to: {namespace: web-db
	Ports []string // 5432, 53/UDP
}

// String is the flow in YAML: {to: {namespace: web-db, ports: [5432]}}.
func (f Flow) String() string {
	return "{" + f.Peer + ", ports: [" + strings.Join(f.Ports, ", ") + "]}}"
}

// Ask is a flow that is to be permitted. The port is the pods' own.
type Ask struct {
	From, To *End
	Protocol string
	Port     uint16
}

// Permit is what to write so that flows which the policies refuse are permitted; empty when the list cannot permit one of them.
func (in *Model) Permit(asks ...Ask) string {
	flows, problem := in.FlowsFor(asks...)
	if problem != "" || len(flows) == 0 {
		return problem
	}
	var out []string
	for i := 0; i < len(flows); {
		var texts []string
		k := i
		for ; k < len(flows) && flows[k].Entry == flows[i].Entry; k++ {
			texts = append(texts, flows[k].String())
		}
		out = append(out, Allowing(flows[i].Entry, texts...))
		i = k
	}
	return strings.Join(out, "; ")
}

// Allowing is what to write so that an entry has some flows, each in YAML. An entry that only names its profile has no place for them, and is shown the
// whole line.
func Allowing(entry *catalog.Namespace, flows ...string) string {
	allow := "allow: [" + strings.Join(flows, ", ") + "]"
	if entry.ProfileOnly {
		return fmt.Sprintf("write in %s: networkPolicies: {profile: %s, %s}", entry.Name, entry.Profile, allow)
	}
	return fmt.Sprintf("add to %s: networkPolicies: {%s}", entry.Name, allow)
}

// FlowsFor are the flows of the list that permit what the policies refuse of some traffic, by entry. The problem is why the list cannot permit it.
func (in *Model) FlowsFor(asks ...Ask) (flows []Flow, problem string) {
	for _, ask := range asks {
		for _, a := range ask.From.identities() {
			for _, b := range ask.To.identities() {
				v, err := in.Verdict(a, b, ask.Protocol, ask.Port)
				if err != nil || v.Allowed() || !v.Sure() {
					continue
				}
				for _, half := range []struct {
					verdict.Decision
					at *End
				}{{v.Egress, a}, {v.Ingress, b}} {
					switch entry := in.entryOf(half.at); {
					case half.Allowed:
					case len(half.Rules) > 0:
						return nil, "a deny rule decides, and no flow can permit what it denies: change " + in.Source(half.Rules[0], ask.Protocol, ask.Port).Text
					case (entry == nil || entry.Policies == nil) && len(half.Closed) > 0:
						return nil, half.at.Namespace + " has no networkPolicies in the list that a flow could be added to: change " + in.Source(half.Closed[0], ask.Protocol, ask.Port).Text
					}
				}
				f, ok := in.flowFor(a, b, ask.Protocol, ask.Port, v.Egress.Allowed)
				if !ok {
					return nil, ""
				}
				flows = joined(flows, f)
			}
		}
	}
	slices.SortStableFunc(flows, func(a, b Flow) int { return cmp.Compare(a.Entry.Name, b.Entry.Name) })
	return flows, ""
}

// joined adds a flow to others, as a port of one with the same peer if there is one.
func joined(flows []Flow, f Flow) []Flow {
	i := slices.IndexFunc(flows, func(g Flow) bool { return g.Entry == f.Entry && g.Peer == f.Peer })
	if i < 0 {
		return append(flows, f)
	}
	if !slices.Contains(flows[i].Ports, f.Ports[0]) {
		flows[i].Ports = append(flows[i].Ports, f.Ports[0])
	}
	return flows
}

// identities are the end as each of its identities.
func (e *End) identities() []*End {
	if len(e.Also) == 0 {
		return []*End{e}
	}
	var out []*End
	for i := range len(e.Also) + 1 {
		out = append(out, &End{Name: e.Name, Endpoint: e.identity(i)})
	}
	return out
}

// flowFor is the flow that permits traffic at both ends, written where it is refused: false when no entry of the list can permit it.
func (in *Model) flowFor(from, to *End, protocol string, port uint16, letOut bool) (Flow, bool) {
	if strings.HasPrefix(protocol, "ICMP") {
		return Flow{}, false // flows have ports of TCP, UDP and SCTP
	}
	ports := []string{PortText(protocol, port)}
	here, there := in.entryOf(from), in.entryOf(to)
	switch {
	case from.Namespace != "" && to.Namespace != "":
		switch {
		case !letOut && here != nil && here.Policies != nil && there != nil:
			return Flow{here, "to: {namespace: " + to.Namespace, ports}, true
		case there != nil && there.Policies != nil && here != nil:
			return Flow{there, "from: {namespace: " + from.Namespace, ports}, true
		}
	case here != nil && here.Policies != nil:
		if peer := outside(to); peer != "" {
			return Flow{here, "to: {" + peer, ports}, true
		}
	case there != nil && there.Policies != nil:
		if peer := outside(from); peer != "" && from.FQDN == "" {
			return Flow{there, "from: {" + peer, ports}, true
		}
	}
	return Flow{}, false
}

// PortText is a port as flows have it: 5432, 53/UDP.
func PortText(protocol string, port uint16) string {
	text := strconv.Itoa(int(port))
	if protocol != "TCP" {
		text += "/" + protocol
	}
	return text
}

func (in *Model) entryOf(e *End) *catalog.Namespace {
	if e.Namespace == "" {
		return nil
	}
	return in.deployed.Entry(e.Namespace)
}

// outside is how a flow names an end that is no pod.
func outside(e *End) string {
	switch {
	case e.FQDN != "":
		return "host: " + e.FQDN
	case e.APIServer:
		return "entity: kube-apiserver" // whatever it is besides
	case e.IP.IsValid():
		return fmt.Sprintf("cidr: %s/%d", e.IP, e.IP.BitLen())
	case e.Entity != "":
		return "entity: " + e.Entity
	}
	return ""
}
