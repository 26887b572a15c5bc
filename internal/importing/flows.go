package importing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/profiles"
)

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
