package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// monitoring is the built-in profile of the namespace that scrapes, where platform.yml names none.
const monitoring = "monitoring"

// baselines permits what platform.yml permits in all namespaces. One without policies needs none, and these would not make it less open.
func (f *flows) baselines(entries []*entry, s *settings) {
	in := &s.in.Baselines
	var guarded []*entry
	for _, e := range entries {
		if e.NetworkPolicies != nil && e.Namespace.IsSet() && e.NetworkPolicies.Baselines.Or(true) {
			guarded = append(guarded, e)
		}
	}
	if in.WithinNamespace.Or(false) {
		for _, e := range guarded {
			for _, d := range []Direction{Egress, Ingress} {
				f.baseline(e, WithinNamespace, in.WithinNamespace.Node, Flow{Direction: d, Peer: Peer{Namespace: e.Namespace.V}})
			}
		}
	}
	if in.Scrapes != nil {
		f.scrapes(in.Scrapes, guarded, s)
	}
	if in.APIServer != nil {
		f.apiClients(in.APIServer, guarded, s)
	}
}

// baseline adds a flow of platform.yml to a namespace.
func (f *flows) baseline(e *entry, cause Cause, at *syntax.Node, flow Flow) {
	flow.Cause, flow.Place, flow.Origin = cause, place(at), baselineOrigin(cause)
	f.of[e.Namespace.V] = append(f.of[e.Namespace.V], flow)
}

// scrapes permits that the pods of one namespace scrape those of all: at both ends.
func (f *flows) scrapes(in *scrapesInput, guarded []*entry, s *settings) {
	labels, labelsOK := podLabels(in.PodLabels)
	ports, portsOK := portsOf(in.Ports)
	if in.Node == nil || !labelsOK || !portsOK || !in.Enabled.Or(true) || in.Flawed("enabled", "namespace", "podLabels", "ports") {
		return
	}
	by := f.scraper(in, guarded, s)
	if by == "" {
		return
	}
	for _, e := range guarded {
		f.baseline(e, Scrapes, in.Node, Flow{Direction: Ingress, Peer: Peer{Namespace: by, PodLabels: labels}, Ports: ports})
		if e.Namespace.V == by {
			f.baseline(e, Scrapes, in.Node, Flow{Direction: Egress, PodLabels: labels, Peer: Peer{Everywhere: true}, Ports: numbered(ports)})
		}
	}
}

// numbered are ports as the sender's half has them: all where one has a name, which Cilium would look up among all pods of the cluster, and skip
// the rule when two of them mean different numbers. The receivers' halves have the names, and so limit the sender.
func numbered(ports []Port) []Port {
	if slices.ContainsFunc(ports, func(p Port) bool { return validation.IsValidPortName(p.Name) == nil }) {
		return nil
	}
	return ports
}

// scraper is the namespace that scrapes; empty when nobody knows, which is reported.
func (f *flows) scraper(in *scrapesInput, guarded []*entry, s *settings) string {
	const off = "turn it off where nobody scrapes: clusters: {NAME: {networkBaselines: {scrapes: false}}}"
	if in.Namespace.IsSet() {
		name := in.Namespace.V
		switch on := f.names.where.namespaces[name]; {
		case f.names.entries[name] != nil:
			return name
		case len(f.names.entries) == 0: // nobody to scrape
		case len(on) > 0:
			in.Namespace.Report("other-cluster", off, "there is no namespace %q, which is on %s", name, ClusterList(on))
		default:
			f.names.unknownNamespace(in.Namespace.Node, name, "")
		}
		return ""
	}
	var found []string
	for _, e := range f.names.entries {
		if e.NetworkPolicies == nil || !e.NetworkPolicies.Profile.IsSet() {
			continue
		}
		profile := s.profiles[e.NetworkPolicies.Profile.V]
		if profile == nil {
			return "" // reported, and it may be that one
		}
		for _, p := range profile.Policies {
			if p.Profile == monitoring {
				found = append(found, e.Namespace.V)
				break
			}
		}
	}
	slices.Sort(found)
	switch {
	case len(found) == 1:
		return found[0]
	case len(found) > 1:
		in.Report("missing-value", diag.OneOf("set namespace to one of ", found), "several namespaces have the profile monitoring: which of them scrapes?")
	case len(guarded) > 0 && !f.names.namespacesMissing:
		hint := "name it: scrapes: {namespace: NAME}"
		if f.names.cluster != "" {
			hint += "; or " + off
		}
		in.Report("missing-value", hint, "no namespace has the profile monitoring: which of them scrapes?")
	}
	return ""
}

// apiClients permits that pods with a label call the API server.
func (f *flows) apiClients(in *apiClientsInput, guarded []*entry, s *settings) {
	labels, ok := podLabels(in.PodLabels)
	switch {
	case in.Node == nil || !ok || !in.Enabled.Or(true) || in.Flawed("enabled", "podLabels"):
		return
	case len(labels) == 0:
		in.Report("missing-field", "podLabels: {egress.example/api-server: allow}", "expected podLabels: without them, all pods of all namespaces could call the API server")
		return
	}
	port := Port{Name: strconv.Itoa(s.apiServerPort), Protocol: "TCP"}
	for _, e := range guarded {
		f.baseline(e, APIClients, in.Node, Flow{Direction: Egress, PodLabels: labels, Peer: Peer{Entity: "kube-apiserver"}, Ports: []Port{port}})
	}
}

// baselineOrigin is the key of platform.yml.
func baselineOrigin(c Cause) Origin {
	return Origin(PlatformFile + "#" + strings.ReplaceAll(string(c), ".", "/"))
}
