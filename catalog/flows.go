package catalog

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// flows are what the policies of each namespace permit.
type flows struct {
	names *names
	of    map[string][]Flow // by the namespace whose policy permits them
}

// permission is a flow that the applications of the catalog add to an entry.
type permission struct {
	entry  *entry
	flow   flowInput
	cause  Cause
	origin Origin
}

// flowsOf are the flows of the entries: those that the applications of the catalog add, those that the entries list, and those
// of platform.yml.
func flowsOf(entries []*entry, n *names, added []permission, s *settings) map[string][]Flow {
	f := &flows{names: n, of: map[string][]Flow{}}
	for i := range added {
		f.permit(added[i].entry, &added[i].flow, added[i].cause, added[i].origin)
	}
	for _, e := range entries {
		f.allow(e)
		if e.NetworkPolicies != nil {
			f.of[e.Namespace.V] = append(f.of[e.Namespace.V], n.mesh.into(n.cluster, e.Namespace.V)...)
		}
	}
	f.routedOutside(entries, s)
	f.baselines(entries, s)
	for _, flows := range f.of { // the order of the entries does not matter
		slices.SortStableFunc(flows, func(a, b Flow) int { return cmp.Compare(a.Origin, b.Origin) })
	}
	return f.of
}

// allow permits the flows that an entry lists.
func (f *flows) allow(e *entry) {
	if e.NetworkPolicies == nil || !e.Namespace.IsSet() {
		return
	}
	for i := range e.NetworkPolicies.Allow {
		in := &e.NetworkPolicies.Allow[i]
		if in.Node == nil {
			continue
		}
		if in.To != nil && in.From != nil {
			in.Report("bad-choice", "write two flows for two directions", "expected one of to and from, found both")
			continue
		}
		if in.To == nil && in.From == nil {
			if !in.Flawed("to", "from") {
				in.Report("missing-field", "to: {namespace: …} or from: {namespace: …}", "expected one of to and from, found none")
			}
			continue
		}
		f.permit(e, in, Allowed, origin(e.Namespace.V, "networkPolicies/allow"))
	}
}

// permit permits a flow: one between two namespaces is declared once, at either end, and permitted at both. An
// open namespace needs no policy, and one would close it to everything else.
func (f *flows) permit(e *entry, in *flowInput, cause Cause, from Origin) {
	peer, direction, back, word := in.end()
	if peer.Node == nil {
		return
	}
	p, ok := f.peer(peer, direction)
	ports, portsOK := portsOf(peer.Ports)
	if !ok || !portsOK || direction == Egress && p.Namespace == "" && portNamed(peer, p) {
		return
	}
	own, _ := podLabels(in.PodLabels)
	name := e.Namespace.V
	from += Origin("/" + word + "/" + p.name())
	if e.NetworkPolicies != nil {
		f.of[name] = append(f.of[name], Flow{Origin: from, Cause: cause, Place: place(in.Node), Direction: direction, PodLabels: own, Peer: p, Ports: ports})
	}
	if p.Cluster != "" {
		return // the other half is with the other cluster: see mesh
	}
	if cause == Measured { // see numbered
		ports = numbered(ports)
	}
	if other := f.names.entries[p.Namespace]; other != nil && other.NetworkPolicies != nil {
		f.of[p.Namespace] = append(f.of[p.Namespace], Flow{Origin: from, Cause: cause, OfPeer: true, Place: place(in.Node), Direction: back,
			PodLabels: p.PodLabels, Peer: Peer{Namespace: name, PodLabels: own}, Ports: ports})
	}
}

// end is the other end of a flow, and the direction that it has here and there. The peer is nil when the flow has none.
func (in *flowInput) end() (peer *peerInput, here, there Direction, word string) {
	if in.To == nil {
		return in.From, Ingress, Egress, "from"
	}
	return in.To, Egress, Ingress, "to"
}

// name is the peer in short, for origins.
func (p Peer) name() string {
	if p.Cluster != "" {
		return p.Cluster + "/" + p.Namespace
	}
	return p.Namespace + p.Host + p.CIDR + p.Entity
}

func (f *flows) peer(in *peerInput, direction Direction) (Peer, bool) {
	if _, ok := oneOf(in.Node, []string{"namespace", "host", "cidr", "entity"}, in.Namespace, in.Host, in.CIDR, in.Entity); !ok {
		return Peer{}, false
	}
	labels, _ := podLabels(in.PodLabels)
	p := Peer{Namespace: in.Namespace.V, Host: in.Host.V, CIDR: in.CIDR.V, Entity: in.Entity.V, PodLabels: labels, Except: texts(in.Except)}
	if in.PodLabels.Node != nil && !in.Namespace.IsSet() {
		in.PodLabels.Report("no-effect", "remove it", "podLabels applies only to namespace")
		return p, false
	}
	if except := present(in.Except...); len(except) > 0 && !in.CIDR.IsSet() {
		except[0].Report("no-effect", "remove it", "except applies only to cidr")
		return p, false
	}
	if in.Cluster.IsSet() && !in.Namespace.IsSet() {
		in.Cluster.Report("no-effect", "remove it", "cluster applies only to namespace")
		return p, false
	}
	switch {
	case in.Cluster.IsSet():
		p.Cluster = in.Cluster.V
		return p, f.names.mesh.reaches(f.names, in)
	case in.Namespace.IsSet():
		if f.names.entries[p.Namespace] == nil {
			f.names.unknownNamespace(in.Namespace.Node, p.Namespace, between)
			return p, false
		}
	case in.Host.IsSet():
		return p, peerHost(in.Host, direction)
	case in.CIDR.IsSet():
		return p, peerCIDR(in)
	}
	return p, true
}

var hostPattern = regexp.MustCompile(`^[-a-z0-9_*]+(\.[-a-z0-9_*]+)+$`) // as api.FQDNSelector, in lower case, with a dot

func peerHost(host text, direction Direction) bool {
	_, notIP := netip.ParseAddr(host.V)
	switch {
	case direction == Ingress:
		host.Report("bad-flow", "use from: {cidr: …}, or {entity: world}", "host names work for outgoing flows only: Cilium cannot know the name of a caller")
	case notIP == nil:
		host.Report("bad-host", "write cidr: "+host.V+"/"+bits(host.V), "expected a host name, found an IP address")
	case strings.HasSuffix(host.V, ".cluster.local") || strings.HasSuffix(host.V, ".svc"):
		host.Report("bad-host", "use to: {namespace: …} with the pod's port", "names of Services cannot be permitted as hosts")
	case strings.Trim(host.V, "*.") == "" && host.V != "":
		host.Report("bad-host", "use entity: world", "expected a host name such as api.example.com or *.example.com, found %s", syntax.Quote(host.V))
	case strings.Contains(host.V, "**"): // Cilium treats a leading one as any number of parts
		host.Report("bad-host", "write *, which matches any characters of one part", "expected a host name such as api.example.com or *.example.com, found %s",
			shown(host.V))
	case !hostPattern.MatchString(host.V) || !shortLabels(host.V) || len(host.V) > validation.DNS1123SubdomainMaxLength:
		hint := ""
		if better := hostIn(host.V); better != host.V && hostPattern.MatchString(better) {
			hint = `did you mean "` + better + `"?`
		}
		host.Report("bad-host", hint, "expected a host name such as api.example.com or *.example.com, found %s", shown(host.V))
	default:
		return true
	}
	return false
}

func bits(ip string) string {
	if strings.Contains(ip, ":") {
		return "128"
	}
	return "32"
}

func peerCIDR(in *peerInput) bool {
	prefix, ok := cidr(in.CIDR)
	for _, e := range in.Except {
		if !e.IsSet() {
			continue
		}
		part, partOK := cidr(e)
		switch {
		case !ok || !partOK:
			ok = false
		case part == prefix:
			e.Report("bad-cidr", "remove the flow", "expected a part of %s, found all of it: nothing would be left", prefix)
			ok = false
		case part.Bits() < prefix.Bits() || !prefix.Contains(part.Addr()):
			e.Report("bad-cidr", "", "expected a part of %s, found %s", prefix, part)
			ok = false
		}
	}
	return ok
}

func cidr(t text) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(t.V)
	if err != nil {
		hint := ""
		if _, err := netip.ParseAddr(t.V); err == nil {
			hint = "write " + t.V + "/" + bits(t.V)
		}
		t.Report("bad-cidr", hint, "expected a CIDR such as 192.168.0.0/24, found %s", syntax.Quote(t.V))
		return p, false
	}
	if p.Addr().Is4In6() {
		t.Report("bad-cidr", "write the IPv4 address by itself", "expected a CIDR such as 192.168.0.0/24, found %s", syntax.Quote(t.V))
		return p, false
	}
	if p != p.Masked() {
		t.Report("bad-cidr", "write "+p.Masked().String(), "the address of %s has bits set beyond its prefix", t.V)
		return p, false
	}
	return p, true
}

func portsOf(in []syntax.Text) ([]Port, bool) {
	var out []Port
	ok := true
	seen := map[Port]*syntax.Node{}
	for _, t := range in {
		if t.Node == nil {
			ok = false
			continue
		}
		p, reason := parsePort(t.V)
		if reason != "" {
			hint := "write a port as 8080, 53/UDP, 8000-8100/TCP or http"
			if _, reason := parsePort(strings.ToUpper(t.V)); reason == "" {
				hint = "write " + strings.ToUpper(t.V)
			}
			t.Report("bad-port", hint, "%s, found %s", reason, syntax.Quote(t.V))
			ok = false
			continue
		}
		if first := seen[p]; first != nil {
			t.ReportWith(first, "first here", "duplicate-port", "remove one of them", "the port %s is listed twice", t.V)
			ok = false
		}
		seen[p] = t.Node
		out = append(out, p)
	}
	return out, ok
}

// portNamed reports names of ports at a peer that is no pod.
func portNamed(in *peerInput, p Peer) bool {
	found := false
	for _, t := range in.Ports {
		if port, _ := parsePort(t.V); validation.IsValidPortName(port.Name) == nil {
			t.Report("bad-port", "write its number", "%s names a port of a container: for %s, Cilium would take any pod's number of that name, or skip the rule", syntax.Quote(port.Name), shown(p.name()))
			found = true
		}
	}
	return found
}

func parsePort(s string) (p Port, reason string) {
	first, protocol, found := strings.Cut(s, "/")
	p = Port{Name: first, Protocol: "TCP"}
	if found {
		p.Protocol = protocol
	}
	switch p.Protocol {
	case "TCP", "UDP", "SCTP", "ANY":
	default:
		return p, "expected one of the protocols TCP, UDP, SCTP and ANY"
	}
	first, last, isRange := strings.Cut(first, "-")
	n, err := strconv.Atoi(first)
	switch {
	case err != nil && validation.IsValidPortName(p.Name) == nil:
		return p, ""
	case err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != first:
		return p, "expected a port from 1 to 65535, or a port's name"
	case !isRange:
		return p, ""
	}
	if p.End, err = strconv.Atoi(last); err != nil || p.End <= n || p.End > 65535 {
		return p, "expected a range's last port to be larger than its first, up to 65535"
	}
	p.Name = first
	return p, ""
}
