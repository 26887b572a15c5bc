package importing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/profiles"
)

// guarded is a namespace with policies.
type guarded struct {
	*entry
	policies []*policy
	all      said
	base     string // the built-in profile that it has, or extends; empty when none fits
	flows    map[atom]detail
	allow    []listtext.Map // what is written of them
	verbatim bool           // whether all policies are to be in a profile of its own
	refused  bool           // whether not even that can be
}

// policy is one of its policies.
type policy struct {
	*Object
	rules []map[string]any
	says  said
	raw   bool // whether it stays as it is, in a profile
}

// policies finds a profile and flows for the policies of each namespace. What neither says becomes a profile of its own, with the policies as they are.
func (w *work) policies(objects []*Object) {
	byNamespace := map[string]*guarded{}
	for _, o := range objects {
		if mapping(o.Value, "spec") == nil && len(list(o.Value, "specs")) == 0 {
			w.out(o, NotExpressed, "it has no rules")
			continue
		}
		e := w.entry(o.Namespace)
		g := byNamespace[o.Namespace]
		if g == nil {
			g = &guarded{entry: e, all: said{}, flows: map[atom]detail{}}
			byNamespace[o.Namespace] = g
		}
		p := &policy{Object: o}
		if spec := mapping(o.Value, "spec"); spec != nil {
			p.rules = append(p.rules, normal(spec).(map[string]any))
		}
		for _, s := range list(o.Value, "specs") {
			if m, ok := s.(map[string]any); ok {
				p.rules = append(p.rules, normal(m).(map[string]any))
			}
		}
		p.says = atomsOf(o.Namespace, p.rules)
		for a, d := range p.says {
			g.all[a] = d
		}
		g.policies = append(g.policies, p)
		e.policyOf = append(e.policyOf, o)
		w.took(o, o.Namespace+".networkPolicies")
	}
	w.guarded = byNamespace
	w.builtin = w.builtinProfiles(byNamespace)
	for _, name := range sortedKeys(byNamespace) {
		byNamespace[name].choose(byNamespace, w.builtin, w.dnsPods)
	}
	w.writePolicies()
}

// builtinProfiles are the atoms of the built-in profiles, by name and then by policy, with what the policies that were read say of the platform: which pods
// are Traefik's, which answer DNS queries, and on which port the API server listens.
func (w *work) builtinProfiles(all map[string]*guarded) map[string]said {
	names := w.platformNames(all)
	var diags diag.List
	set, err := profiles.Load(nothing{}, "profiles", "profiles", names, &diags)
	if err != nil || len(diags) > 0 { // the built-in ones have no mistakes
		panic(fmt.Sprint("importing: ", err, diags))
	}
	out := map[string]said{}
	for _, name := range set.Names() {
		one := said{}
		for _, p := range set[name].Policies {
			for a, d := range atomsOf("", []map[string]any{ruleMap(p.Rule)}) {
				one[a] = d
			}
		}
		out[name] = one
	}
	return out
}

// choose finds the profile that says most of what the policies say, and nothing else, and which of the rest are flows.
func (g *guarded) choose(all map[string]*guarded, builtin map[string]said, dns atom) {
	best := -1
	for _, name := range sortedKeys(builtin) {
		p := within(builtin[name], g.namespace)
		if g.all.coversAll(p) && len(p) > best {
			best, g.base = len(p), name
		}
	}
	have := within(builtin[g.base], g.namespace)
	for _, p := range g.policies {
		for a, d := range p.says {
			switch {
			case have.covers(a):
			case g.base != "" && g.isFlow(a, d, all, dns):
			default:
				p.raw = true
			}
		}
	}
	if !slices.ContainsFunc(g.policies, func(p *policy) bool { return !p.raw }) { // as they are, they say all
		g.base = ""
	}
	for _, p := range g.policies {
		for a, d := range p.says {
			if !p.raw && !have.covers(a) && a.kind != "close" && !strings.HasPrefix(a.rules, "dns ") {
				g.flows[a] = d
			}
		}
	}
}

// within are the atoms of a profile in a namespace: pods of no namespace are those of its own.
func within(s said, namespace string) said {
	out := said{}
	for a, d := range s {
		if a.kind == "endpoint" && a.peer == everyPod {
			a.peer, d.namespace = podNamespace+"="+namespace, namespace
		}
		out[a] = d
	}
	return out
}

// isFlow reports whether a list can say an atom as a flow, which also permits its other half: that must be permitted as it is.
func (g *guarded) isFlow(a atom, d detail, all map[string]*guarded, dns atom) bool {
	switch {
	case a.kind == "close":
		_, whole := g.all[atom{ingress: a.ingress, kind: "close", subject: everyPod}]
		return whole
	case strings.HasPrefix(a.rules, "dns ") && a.peer == dns.peer: // the lookup of a host that is permitted
		host := strings.TrimPrefix(a.rules, "dns ")
		for other := range g.all {
			if other.kind == "fqdn" && other.peer == host && other.subject == a.subject {
				return true
			}
		}
		return false
	case a.deny || a.rules != "" || !d.plain && a.kind == "endpoint" || a.kind == "other" || a.kind == "any":
		return false
	case a.kind == "fqdn":
		lookup := dns
		lookup.subject, lookup.rules = a.subject, "dns "+a.peer
		return subjectPlain(a, d) && g.all.covers(lookup)
	case a.kind != "endpoint":
		return subjectPlain(a, d)
	}
	other := all[d.namespace]
	if d.namespace == "" {
		return false
	}
	if other == nil { // it is open, so both halves are this one; or it is not in the list, which the list says
		return true
	}
	return other.all.covers(back(a, d, g.namespace))
}

// subjectPlain reports whether the pods of an atom are named by labels alone.
func subjectPlain(a atom, d detail) bool {
	return a.subject == everyPod && len(d.subject) == 0 || a.subject == labelText(d.subject)
}

// back is the other half of a flow between two namespaces.
func back(a atom, d detail, namespace string) atom {
	labels := map[string]string{podNamespace: namespace}
	for key, value := range d.subject {
		labels[key] = value
	}
	out := atom{ingress: !a.ingress, kind: "endpoint", subject: everyPod, peer: labelText(labels), port: a.port}
	if len(d.labels) > 0 {
		out.subject = labelText(d.labels)
	}
	return out
}
