package kinds

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

// served is how an address is served on one side.
type served struct {
	answers      []answer
	codes        []string // of the applications whose routes answer, in order
	namespaces   []string // of these
	entryPoints  []string // in order
	exposure     string   // of the platform; empty when several, or none, are the reason for the entry points
	beyond       []string // those of the entry points that everybody reaches
	login        login
	publicLogin  login // behind those
	routes       []diff.ID
	middlewares  []diff.ID
	notItsRoutes bool // whether these are routes for more than the address, which has none of its own
}

// address is one that has routes on a side, on both.
type address struct {
	text          string
	before, after *served // nil when nothing answers
	sides         [2]*addresses
}

// addressChanges are the addresses that are not served alike.
type addressChanges []address

// changedAddresses finds them. It is asked by several kinds.
func changedAddresses(c *diff.Change) addressChanges {
	return diff.Once(c, func(c *diff.Change) addressChanges {
		sides := [2]*addresses{newAddresses(c.Before.Context), newAddresses(c.After.Context)}
		all := map[string]bool{}
		for _, s := range sides {
			for at := range s.claims {
				all[at] = true
			}
		}
		var out addressChanges
		for _, at := range slices.Sorted(maps.Keys(all)) {
			before, unsureBefore := sides[0].answers(at)
			after, unsureAfter := sides[1].answers(at)
			if unsureBefore || unsureAfter {
				c.Unjudged("there are too many routes for one host, or rules that are too intricate")
				continue
			}
			var both [2]*served
			for i, answers := range [][]answer{before, after} {
				others := [][]answer{after, before}[i]
				if len(answers) == 0 {
					both[i] = sides[i].served(sides[i].instead(others))
					if both[i] != nil {
						both[i].notItsRoutes = true
					}
				} else {
					both[i] = sides[i].served(answers)
				}
			}
			if both[0] != nil || both[1] != nil {
				out = append(out, address{at, both[0], both[1], sides})
			}
		}
		return out
	})
}

// lost is why routes for an address answer nothing.
func (a *addresses) lost(at string) []string {
	if a.Context == nil {
		return nil
	}
	var out []string
	host, _, _ := strings.Cut(at, "/")
	for _, r := range a.Routes.Hosts()[host] {
		unreached := a.unreached(r)
		if !a.Routes.Dropped()[r] && unreached == "" {
			continue
		}
		for i := range r.Scopes {
			if addressOf(r, &r.Scopes[i]) != at {
				continue
			}
			if unreached != "" {
				out = append(out, unreached)
			}
			for _, f := range a.Routes.Why(r) {
				why := f.Message
				if !strings.Contains(why, r.ServedBy()) && !r.Refused {
					why = r.ServedBy() + " drops its route: " + why
				}
				out = append(out, why)
			}
		}
	}
	return uniqueTexts(out)
}

// uniqueTexts are texts, each once, in their order.
func uniqueTexts(all []string) []string {
	var out []string
	for _, text := range all {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// unreached says that Traefik has none of the entry points of a router; empty when it has one, or when nobody knows.
func (a *addresses) unreached(r *routes.Router) string {
	settings := a.Traefik.Settings()
	if len(r.EntryPoints) == 0 || slices.ContainsFunc(r.EntryPoints, func(e string) bool { return !settings.Lacks(e, false) }) {
		return ""
	}
	return "Traefik does not have what its route names: the entry point " + enumerated(r.EntryPoints)
}

// served joins answers; nil when there are none.
func (a *addresses) served(answers []answer) *served {
	if len(answers) == 0 {
		return nil
	}
	out := &served{answers: answers}
	add := func(list *[]string, text string) {
		if !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	exposures := []string{}
	for _, one := range answers {
		code, namespace := a.application(one.Router)
		add(&out.codes, code)
		add(&out.namespaces, namespace)
		add(&out.entryPoints, one.door.EntryPoint)
		exposure := ""
		if one.Own != nil {
			exposure = one.Own.Exposure.Name
		}
		add(&exposures, exposure)
		l := a.login(one)
		out.login = out.login.weakest(l)
		if a.beyondLAN(one) && !challenge(one) {
			add(&out.beyond, one.door.EntryPoint)
			out.publicLogin = out.publicLogin.weakest(l)
		}
		if id := objectOf(one.Router); !slices.Contains(out.routes, id) {
			out.routes = append(out.routes, id)
		}
		for _, m := range a.through(one.Router) {
			id := diff.ID{Group: "traefik.io", Kind: "Middleware", Namespace: m.Namespace, Name: m.Name}
			if !slices.Contains(out.middlewares, id) {
				out.middlewares = append(out.middlewares, id)
			}
		}
	}
	for _, list := range [][]string{out.codes, out.namespaces, out.entryPoints, out.beyond} {
		slices.Sort(list)
	}
	if len(exposures) == 1 {
		out.exposure = exposures[0]
	}
	return out
}

// beyondLAN reports whether everybody reaches a router at its door.
func (a *addresses) beyondLAN(one answer) bool {
	return a.Routes.BeyondLAN(one.Router, one.door.EntryPoint) != ""
}

// challenge reports whether a router is for the challenges of ACME, which everybody may see.
func challenge(a answer) bool {
	for i := range a.Scopes {
		if !strings.HasPrefix(a.Scopes[i].Path, "/.well-known/acme-challenge") {
			return false
		}
	}
	return true
}

// where is from where an address is reached, in words.
func (s *served) where() string {
	switch {
	case len(s.beyond) > 0 && s.exposure != "":
		return "from everywhere (" + s.exposure + ")"
	case len(s.beyond) > 0:
		return "from everywhere (" + enumerated(s.beyond) + ")"
	case s.exposure != "":
		return "on " + s.exposure
	}
	return "on " + enumerated(s.on())
}

// on are the entry points in words.
func (s *served) on() []string {
	out := slices.Clone(s.entryPoints)
	for i, e := range out {
		if e == "" {
			out[i] = "all entry points"
		}
	}
	return out
}

// by are the applications in words.
func (s *served) by() string { return enumerated(s.codes) }

// public is whether everybody reaches an address.
func (s *served) public() bool { return s != nil && len(s.beyond) > 0 }

// objects are those that a consequence of an address is about: those that differ, if any does.
func (a *address) objects(c *diff.Change) []diff.ID {
	var all, differ []diff.ID
	for _, s := range []*served{a.after, a.before} {
		if s == nil {
			continue
		}
		for _, id := range slices.Concat(s.routes, s.middlewares) {
			if slices.Contains(all, id) {
				continue
			}
			all = append(all, id)
			if differing(c)[id] {
				differ = append(differ, id)
			}
		}
	}
	if len(differ) > 0 {
		return differ
	}
	return all
}

// ids are objects that differ.
type ids map[diff.ID]bool

func differing(c *diff.Change) ids {
	return diff.Once(c, func(c *diff.Change) ids {
		out := ids{}
		for _, p := range c.Pairs {
			out[p.ID] = true
		}
		return out
	})
}

// enumerated are texts in a sentence.
func enumerated(texts []string) string {
	if n := len(texts); n > 1 {
		return strings.Join(texts[:n-1], ", ") + " and " + texts[n-1]
	}
	return strings.Join(texts, "")
}
