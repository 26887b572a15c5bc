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

// writePolicies writes what entries say of their policies, and the profiles that they need. It is done again when a namespace turns out to need its
// policies as they are: its flows are then for the others to say.
func (w *work) writePolicies() {
	w.profiles = nil
	for _, name := range sortedKeys(w.guarded) {
		if g := w.guarded[name]; g.verbatim || g.refused {
			g.flows, g.base = map[atom]detail{}, ""
		}
	}
	for _, name := range sortedKeys(w.guarded) {
		w.permit(w.guarded[name])
	}
	for _, name := range sortedKeys(w.guarded) {
		g := w.guarded[name]
		g.entry.policies = nil
		if g.refused {
			continue
		}
		var raw []*policy
		for _, p := range g.policies {
			if p.raw || g.verbatim {
				raw = append(raw, p)
			}
		}
		profile := g.base
		if len(raw) > 0 || profile == "" {
			profile = w.ownProfile(g, raw)
		}
		put(&g.entry.policies, "profile", profile)
		put(&g.entry.policies, "allow", g.allow)
	}
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

// permit writes the flows of a namespace. One between two with policies is written where it goes out, once.
func (w *work) permit(g *guarded) {
	g.allow = nil
	type flow struct {
		a atom
		d detail
	}
	var flows []flow
	for a, d := range g.flows {
		other := w.guarded[d.namespace]
		if a.kind == "endpoint" && a.ingress && other != nil && d.namespace != g.namespace {
			if _, written := other.flows[back(a, d, g.namespace)]; written { // there
				continue
			}
		}
		if a.kind == "endpoint" && d.namespace == g.namespace && a.ingress {
			if _, written := g.flows[back(a, d, g.namespace)]; written {
				continue
			}
		}
		flows = append(flows, flow{a, d})
	}
	slices.SortFunc(flows, func(x, y flow) int { return strings.Compare(fmt.Sprint(x.a), fmt.Sprint(y.a)) })
	ports := map[atom][]string{}
	var order []flow
	for _, f := range flows {
		key := f.a
		key.port = ""
		if _, known := ports[key]; !known {
			order = append(order, flow{key, f.d})
		}
		ports[key] = append(ports[key], f.a.port)
	}
	for _, f := range order {
		g.allow = append(g.allow, f.a.written(f.d, ports[f.a]))
	}
}

// written is a flow as the list has it.
func (a atom) written(d detail, ports []string) listtext.Map {
	var peer, out listtext.Map
	switch a.kind {
	case "endpoint":
		put(&peer, "namespace", d.namespace)
		put(&peer, "podLabels", anyMap(d.labels))
	case "fqdn":
		put(&peer, "host", a.peer)
	case "entity":
		put(&peer, "entity", a.peer)
	case "cidr":
		cidr, _, _ := strings.Cut(a.peer, " ")
		put(&peer, "cidr", cidr)
		put(&peer, "except", d.except)
	}
	if !slices.Contains(ports, "") {
		var short []any
		for _, p := range ports {
			short = append(short, shortPort(p))
		}
		put(&peer, "ports", short)
	}
	put(&out, "podLabels", anyMap(d.subject))
	put(&out, map[bool]string{true: "from", false: "to"}[a.ingress], peer)
	return out
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for key, value := range m {
		out[key] = value
	}
	return out
}

// shortPort leaves out TCP, which a list means without a protocol.
func shortPort(port string) any {
	number, isTCP := strings.CutSuffix(port, "/TCP")
	if !isTCP {
		return port
	}
	if n := 0; strings.Trim(number, "0123456789") == "" {
		_, _ = fmt.Sscan(number, &n)
		return n
	}
	return number
}

// ownProfile makes a profile of policies as they are, or finds one with the same text.
func (w *work) ownProfile(g *guarded, raw []*policy) string {
	m := listtext.Map{}
	put(&m, "extends", g.base)
	var policies listtext.Map
	for _, p := range raw {
		for i, r := range p.rules {
			name := p.Name
			for _, prefix := range profiles.ReservedPrefixes {
				if strings.HasPrefix(name, prefix) {
					name = "imported-" + p.Name
				}
			}
			if i > 0 {
				name = fmt.Sprintf("%s-%d", name, i+1)
			}
			put(&policies, name, r)
		}
	}
	put(&m, "policies", policies)
	text := listtext.File(m)
	for _, f := range w.profiles {
		if _, same, _ := strings.Cut(string(f.Text), "\n"); same == string(text) {
			return strings.TrimSuffix(strings.TrimPrefix(f.Name, "profiles/"), ".yml")
		}
	}
	name := g.namespace
	if w.builtin[name] != nil {
		name += "-policies"
	}
	w.profiles = append(w.profiles, File{"profiles/" + name + ".yml", append([]byte("# The policies of "+g.namespace+", as roster import has read them.\n"), text...)})
	return name
}

// refusePolicies is for what the list does not take of an entry's policies: they are then written as they are, into a profile; and when that is
// refused as well, they are not in the list.
func (w *work) refusePolicies(e *entry, why string) bool {
	g := w.guarded[e.namespace]
	switch {
	case g == nil || g.refused:
		return false
	case !g.verbatim && !e.gone:
		g.verbatim = true
	default:
		g.refused = true
		for _, p := range g.policies {
			w.out(p.Object, NotExpressed, why).Became = ""
		}
	}
	w.policiesChanged = true
	return true
}

// takeOutProfile is for a profile that is refused: all entries that have it lose it.
func (w *work) takeOutProfile(name, why string) bool {
	taken := false
	for _, e := range w.sorted() {
		if get(e.policies, "profile") == name {
			taken = w.refusePolicies(e, why) || taken
		}
	}
	return taken
}
