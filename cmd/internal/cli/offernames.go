package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/profiles"
)

// What a list has names for.

func namespaces(p *catalog.Platform, _ string) []string {
	var out []string
	for _, n := range p.Namespaces {
		out = append(out, n.Name)
	}
	return out
}

func codes(p *catalog.Platform, _ string) []string {
	var out []string
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			out = append(out, a.Code)
		}
	}
	return out
}

func clusters(p *catalog.Platform, _ string) []string { return []string{p.Cluster.Name} }

// origins are the ends of a flow that the list names, and those that are not in it.
func origins(p *catalog.Platform, word string) []string {
	if kind, _, prefixed := strings.Cut(word, ":"); prefixed {
		var of []string
		switch kind {
		case "entity":
			of = reach.Entities()
		case "namespace":
			of = namespaces(p, "")
		case "app":
			of = codes(p, "")
		}
		return after(kind+":", of)
	}
	return slices.Concat(reach.Entities(), namespaces(p, ""), codes(p, ""))
}

func after(prefix string, words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = prefix + w
	}
	return out
}

// targets are origins, hosts with the paths of their routes and, after the colon, the ports that flows to a namespace have.
func targets(p *catalog.Platform, word string) []string {
	out := origins(p, word)
	scheme := ""
	if before, _, found := strings.Cut(word, "://"); found {
		scheme = before + "://"
	}
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			for _, r := range a.Routes {
				out = append(out, scheme+r.Host, scheme+r.Host+r.Path)
			}
			if strings.HasPrefix(word, a.Code+":") {
				out = append(out, after(a.Code+":", ports(&n))...)
			}
		}
		if strings.HasPrefix(word, n.Name+":") {
			out = append(out, after(n.Name+":", ports(&n))...)
		}
	}
	return out
}

// ports are those on which something may reach the pods of a namespace.
func ports(n *catalog.Namespace) []string {
	var out []string
	add := func(port, protocol string) {
		switch protocol {
		case "", "ANY", "TCP":
			out = append(out, port)
		default:
			out = append(out, port+"/"+protocol)
		}
	}
	for _, f := range n.Flows {
		for _, p := range f.Ports {
			if f.Direction == catalog.Ingress {
				add(p.Name, p.Protocol)
			}
		}
	}
	for _, p := range n.Policies {
		for _, rule := range p.Rule.Ingress {
			for _, to := range rule.ToPorts {
				for _, port := range to.Ports {
					add(port.Port, string(port.Protocol))
				}
			}
		}
	}
	return out
}

func exposures(p *catalog.Platform, _ string) []string { return slices.Collect(maps.Keys(p.Exposures)) }

// profileNames are the profiles of the list and those that are there always, and open, which is none.
func profileNames(p *catalog.Platform, _ string) []string {
	out := append(profiles.Builtin(), "open")
	for _, own := range p.Profiles {
		out = append(out, own.Name)
	}
	return out
}
