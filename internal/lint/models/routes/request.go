package routes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/muxer"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Claim is a router that a request may be for. With Yes, it matches the request; else it asks for more than is known of it, or than it has.
type Claim struct {
	*Router
	Asks   []*muxer.Matcher
	Answer muxer.Answer
}

// claim is that of a router; false when it is for other hosts or paths.
func (r *Router) claim(request *muxer.Request) (Claim, bool) {
	out := Claim{Router: r}
	for i := range r.Scopes {
		asks, answer := r.Scopes[i].Asks(request)
		switch {
		case answer == muxer.Yes:
			return Claim{r, nil, muxer.Yes}, true
		case len(asks) > 0 && (out.Asks == nil || answer == muxer.Unknown):
			out.Asks, out.Answer = asks, answer
		}
	}
	return out, out.Asks != nil
}

// Claims are the routers behind a door that a request may be for, those that Traefik asks first before the others.
func (c *Contest) Claims(request *muxer.Request, d Door) []Claim {
	var out []Claim
	seen := map[*Router]bool{}
	for _, host := range []string{"", request.Host} {
		for _, e := range c.hosts[host].entrants() {
			if seen[e.Router] || !c.Serves(e.Router, d) {
				continue
			}
			seen[e.Router] = true
			if claim, ok := e.claim(request); ok {
				out = append(out, claim)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Place, b.Place))
	})
	return out
}

// Hosts are the hosts that rules of routers name, also of those that Traefik drops, with these routers. A pattern names none.
func (in *Model) Hosts() map[string][]*Router {
	return in.named.Get(func() map[string][]*Router {
		out := map[string][]*Router{}
		for _, r := range in.Routers() {
			var hosts []string
			for i := range r.Scopes {
				hosts = append(hosts, r.Scopes[i].Host)
			}
			if r.Invalid != nil {
				hosts = append(hosts, muxer.Hosts(r.Text)...)
			}
			slices.Sort(hosts)
			for _, host := range slices.Compact(hosts) {
				if host != "" {
					out[host] = append(out[host], r)
				}
			}
		}
		return out
	})
}

// Lost are the routers that would be for a request behind a door, and that Traefik drops.
func (in *Model) Lost(request *muxer.Request, d Door) []*Router {
	var out []*Router
	dropped := in.Dropped()
	for _, r := range in.Hosts()[request.Host] {
		if !dropped[r] {
			continue
		}
		claim, ok := r.claim(request)
		if (ok && claim.Answer == muxer.Yes || r.Invalid != nil) && in.Contest().Serves(r, d) {
			out = append(out, r)
		}
	}
	return out
}

// Why are the faults for which Traefik drops a router: its own, those of what it needs, and those of its entry point.
func (in *Model) Why(r *Router) []Fault {
	v := in.verdicts.Get(in.judge)
	var out []Fault
	seen := map[*subject]bool{}
	next := []*subject{v.routers[r]}
	if r.Refused {
		for _, f := range v.by.of(r.source).faults {
			if f.Cause == UnknownListener || f.Cause == RefusedRoute {
				out = append(out, f)
			}
		}
	}
	for _, s := range v.doors {
		if slices.Contains(s.users, v.routers[r]) {
			next = append(next, s)
		}
	}
	for len(next) > 0 {
		s := next[0]
		if next = next[1:]; s == nil || seen[s] {
			continue
		}
		seen[s] = true
		for _, f := range s.faults {
			if !f.answers {
				out = append(out, f)
			}
		}
		for _, n := range s.needs {
			next = append(next, n.of)
		}
	}
	return out
}

// Target is a Service that a router leads to, or something else that answers.
type Target struct {
	Namespace, Name string
	Port            intstr.IntOrString
	Own             bool   // whether it is of Traefik itself, such as api@internal
	Unknown         string // why it is not known which Service it is
}

// Targets are those of a router, through TraefikServices: each that may answer. What mirrors only copy to does not.
func (in *Model) Targets(r *Router) []Target {
	var out []Target
	seen := map[*deployed.Object]bool{}
	var follow func(list []backend, parent string)
	follow = func(list []backend, parent string) {
		for i := range list {
			b := &list[i]
			namespace := cmp.Or(b.Namespace, parent)
			t := Target{Namespace: namespace, Name: b.Name, Port: b.Port}
			switch {
			case b.Weight != nil && *b.Weight == 0:
			case b.Kind != "TraefikService":
				out = append(out, t)
			case strings.HasSuffix(b.Name, "@internal"):
				t.Own = true
				out = append(out, t)
			default:
				o := in.verdicts.Get(in.judge).by.traefikServiceOf(b, namespace)
				if o == nil {
					t.Unknown = "the TraefikService " + b.Name + " of " + namespace + " is not known here"
					out = append(out, t)
				} else if !seen[o] {
					seen[o] = true
					for _, l := range leadsOf(o) {
						if !slices.Contains(l.at, "mirrors") {
							follow(l.list, o.Namespace)
						}
					}
				}
			}
		}
	}
	follow(r.services, r.Namespace)
	return out
}

func (j *judge) traefikServiceOf(b *backend, namespace string) *deployed.Object {
	if local, own := strings.CutSuffix(b.Name, ownProvider); own {
		return j.find(b.Kind, j.schemes(normalized(b.Namespace, local), b.Namespace+"_"+local), "", "")
	}
	return j.find(b.Kind, j.schemes(normalized(namespace, b.Name), namespace+"_"+b.Name), namespace, b.Name)
}

// AtEntryPoint are the middlewares of an entry point, which are before those of its routers; nil for each that is not known.
func (in *Model) AtEntryPoint(names []string) []*deployed.Object {
	var out []*deployed.Object
	for _, name := range names {
		var o *deployed.Object
		if local, own := strings.CutSuffix(name, ownProvider); own {
			o = in.verdicts.Get(in.judge).by.find("Middleware", []string{local}, "", "")
		}
		out = append(out, o)
	}
	return out
}

// Chained are the middlewares of a chain, in order.
func (in *Model) Chained(o *deployed.Object) []catalog.Middleware {
	var out []catalog.Middleware
	list, _ := deployed.FieldAt(o, "spec", "chain", "middlewares").([]any)
	for i := range list {
		var r reference
		if content, _ := list[i].(map[string]any); decode(content, &r) {
			out = append(out, catalog.Middleware{Name: r.Name, Namespace: cmp.Or(r.Namespace, o.Namespace)})
		}
	}
	return out
}
