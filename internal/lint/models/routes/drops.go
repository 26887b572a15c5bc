package routes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// Cause is what is wrong when Traefik drops a router. One rule of lint reports each.
type Cause int

const (
	MissingMiddleware Cause = iota
	MissingService          // or a port of it, a TraefikService or a ServersTransport
	MissingSecret
	CrossNamespace // a name that Traefik does not look up
	BrokenMiddleware
	BrokenService   // Traefik finds what the router leads to, and cannot use it
	BrokenTLSOption // or a missing one
	IgnoredRoute    // a rule, or an IngressRoute, that never becomes a router
	UnknownListener // a Gateway or a listener that there is not, or a listener without an entry point
	RefusedRoute    // by a listener
	MissingGrant    // of a reference into another namespace
	BrokenListener  // one that takes no routes
)

// Fault is why Traefik drops routers, or answers otherwise than is written.
type Fault struct {
	Cause         Cause
	Router        *Router // the one that has it; nil for an object, whose routers all have it
	Message, Hint string
	Listed        bool // whether it is of what roster renders for the list
	of            func(fields ...string) catalog.Place
	fields        []string
	answers       bool // whether the routers are there all the same
}

// At is where it is.
func (f *Fault) At() catalog.Place { return f.of(f.fields...) }

// verdicts are all faults, and the routers that Traefik drops for them.
type verdicts struct {
	faults  map[Cause][]Fault
	dropped map[*Router]bool
	by      *judge
	routers map[*Router]*subject
	doors   []*subject
}

// Faults are the faults of a cause, those of routers first. The list is not to be changed.
func (in *Model) Faults(c Cause) []Fault { return in.verdicts.Get(in.judge).faults[c] }

// Dropped are the routers that Traefik drops for any of the faults.
func (in *Model) Dropped() map[*Router]bool { return in.verdicts.Get(in.judge).dropped }

// judge is Traefik's way from objects to routers: it resolves what they refer to (pkg/provider/kubernetes/crd), and builds what was found
// (pkg/server).
type judge struct {
	*Model
	settings *traefik.Settings
	strict   bool // whether the settings are known for certain
	named    names
	variants map[string]map[string]bool // of the Services that several references share
	subjects map[*deployed.Object]*subject
	objects  []*subject // in the order in which they are found
	parts    map[part]*subject
	ordered  []*subject                         // the parts
	owned    map[*deployed.Object]catalog.Place // of what roster renders
}

// subject is what Traefik builds: a router, or an object that routers need.
type subject struct {
	*judge
	router  *Router
	object  *deployed.Object // nil for a router, and for an entry point
	door    string           // the entry point
	faults  []Fault
	needs   []need
	users   []*subject
	part    bool // whether it is a part of the object
	absent  bool // whether Traefik's provider makes nothing of it
	dropped bool // for a fault that is noted elsewhere
	broken  bool
}

// need is another object without which Traefik does not build the subject, and where it is named.
type need struct {
	of *subject
	at []string
}

func (in *Model) judge() *verdicts {
	settings := in.traefik.Settings()
	j := &judge{Model: in, settings: settings, strict: settings.Known && !settings.Failed, subjects: map[*deployed.Object]*subject{}, parts: map[part]*subject{}, owned: map[*deployed.Object]catalog.Place{}}
	j.named = j.index()
	j.variants = j.readVariants()

	j.judgeGateways()
	j.judgeIngresses()
	j.judgeStreams()
	var routers []*subject
	tree := j.newTree()
	for _, r := range slices.Concat(in.Routers(), in.children()) {
		s := &subject{judge: j, router: r}
		routers = append(routers, s)
		s.judgeRouter(tree)
	}
	tree.leftOut()
	tree.conflicts(routers[:len(in.Routers())])
	doors := j.doors(routers)
	for i := 0; i < len(j.objects); i++ { // there are more while they refer to others
		s := j.objects[i]
		switch s.object.Kind {
		case "IngressRoute":
			s.ingressRoute(tree)
		case "Middleware":
			s.middleware()
		case "TraefikService":
			s.traefikService()
		case "TLSOption":
			s.tlsOption()
		}
	}
	j.circles()
	tree.settle(routers)
	all := slices.Concat(routers, doors, j.objects, j.ordered)
	for _, s := range all {
		if s.dropped || slices.ContainsFunc(s.faults, func(f Fault) bool { return !f.answers }) {
			s.drop(tree)
		}
	}

	out := &verdicts{faults: map[Cause][]Fault{}, dropped: map[*Router]bool{}, by: j, routers: map[*Router]*subject{}, doors: doors}
	for _, s := range all {
		for _, f := range s.faults {
			out.faults[f.Cause] = append(out.faults[f.Cause], f)
		}
		if s.router == nil {
			continue
		}
		if out.routers[s.router] = s; s.broken {
			out.dropped[s.router] = true
		}
	}
	return out
}

// doors are the entry points that send all requests through middlewares: without one of those, Traefik builds none of the routers there
// (pkg/server/aggregator.go, applyModel). A router that is on another one as well is still there.
func (j *judge) doors(routers []*subject) []*subject {
	var out []*subject
	for _, door := range j.settings.EntryPoints(false) {
		e := j.settings.EntryPoint(door)
		if e == nil || e.Middlewares == "" {
			continue
		}
		s := &subject{judge: j, door: door}
		for _, m := range e.Through() {
			if local, own := strings.CutSuffix(m, ownProvider); own {
				s.need(s.referOwn(name{kind: "Middleware", missing: MissingMiddleware, named: m}, local, nil))
			}
		}
		for _, r := range routers {
			if r.router.Server == "" && slices.Equal(r.router.EntryPoints, []string{door}) {
				s.users = append(s.users, r)
			}
		}
		out = append(out, s)
	}
	return out
}

// drop notes that Traefik does not build a subject, nor what needs it.
func (s *subject) drop(t *tree) {
	next := []*subject{s}
	for len(next) > 0 {
		s, next = next[0], next[1:]
		if s.broken {
			continue
		}
		s.broken = true
		next = append(next, s.users...)
		if s.router != nil {
			next = append(next, t.childless(s)...)
		}
	}
}

// need notes that the subject needs an object, if that is known.
func (s *subject) need(o *deployed.Object, at ...string) {
	if o == nil {
		return
	}
	of := s.of(o)
	if _, known := s.owned[o]; o.Application == nil && !known { // it is where the first is that needs it
		if s.router != nil {
			s.owned[o] = s.router.At()
		} else {
			s.owned[o] = s.at()
		}
	}
	of.users = append(of.users, s)
	s.needs = append(s.needs, need{of, slices.Clone(at)})
}

// of is an object as a subject.
func (j *judge) of(o *deployed.Object) *subject {
	s := j.subjects[o]
	if s == nil {
		s = &subject{judge: j, object: o}
		j.subjects[o] = s
		j.objects = append(j.objects, s)
	}
	return s
}

// fault notes what is wrong with the subject. The message goes on with what Traefik does.
func (s *subject) fault(c Cause, at []string, hint, format string, args ...any) {
	s.note(c, at, hint, fmt.Sprintf(format, args...)+": Traefik "+s.consequence(), false)
}

// wrong notes a fault with which Traefik answers, but not as it was meant.
func (s *subject) wrong(c Cause, at []string, hint, format string, args ...any) {
	s.note(c, at, hint, fmt.Sprintf(format, args...), true)
}

func (s *subject) note(c Cause, at []string, hint, message string, answers bool) {
	f := Fault{Cause: c, Router: s.router, Message: message, Hint: hint, fields: slices.Clone(at), answers: answers}
	_, f.Listed = s.owned[s.object]
	if f.of = s.at; s.router != nil {
		f.of = s.router.At
	}
	s.faults = append(s.faults, f)
}

func (s *subject) at(fields ...string) catalog.Place {
	if s.door != "" {
		return s.settings.Place(s.door, "middlewares")
	}
	if place, own := s.owned[s.object]; own {
		return place
	}
	return s.places.Field(s.object, fields...)
}

// consequence is what Traefik does when it cannot build the subject.
func (s *subject) consequence() string {
	switch {
	case s.router != nil:
		return "drops the rule"
	case s.part:
		return "drops the rule"
	case s.door != "":
		return "drops all routes of entry point " + s.door
	case s.object.Kind == "Middleware" && deployed.FieldAt(s.object, "spec", "chain") != nil:
		return "drops the rules that go through this chain"
	case s.object.Kind == "Middleware":
		return "drops the rules that go through it"
	case s.object.Kind == "TraefikService":
		return "drops the rules that lead to it"
	case s.object.Kind == "TLSOption":
		return "drops the rules that have it"
	}
	return "drops its rules"
}

// namespace is where the names in the subject are looked up.
func (s *subject) namespace() string {
	if s.router != nil {
		return s.router.Namespace
	}
	return s.object.Namespace
}

// circles finds the objects that lead to themselves: Traefik builds none of them (pkg/server/recursion). Each that leads to a circle goes on
// to one that is noted.
func (j *judge) circles() {
	left, done := map[*subject]int{}, []*subject{}
	for _, s := range j.objects {
		if left[s] = len(s.needs); len(s.needs) == 0 {
			done = append(done, s)
		}
	}
	for len(done) > 0 {
		s := done[0]
		done = done[1:]
		for _, user := range s.users { // a router is in no circle
			if left[user]--; left[user] == 0 {
				done = append(done, user)
			}
		}
	}
	walk := map[*subject]int{} // which walk has been there
	for n, s := range j.objects {
		for s != nil && left[s] > 0 && walk[s] == 0 {
			walk[s] = n + 1
			i := slices.IndexFunc(s.needs, func(n need) bool { return left[n.of] > 0 })
			next := s.needs[i]
			if walk[next.of] == n+1 {
				cause := BrokenService
				if s.object.Kind == "Middleware" {
					cause = BrokenMiddleware
				}
				s.fault(cause, next.at, "", "%s leads back to itself", s.object.Title())
			}
			s = next.of
		}
	}
}

// item is the fields of an item of a list.
func item(at []string, i int, more ...string) []string {
	return slices.Concat(at, []string{strconv.Itoa(i)}, more)
}

// judgeRouter is what Traefik does with one rule.
func (s *subject) judgeRouter(t *tree) {
	r := s.router
	switch r.Kind {
	case "HTTPRoute", "GRPCRoute":
		s.gatewayRouter()
		return
	case "Ingress":
		s.ingressRouter()
		return
	}
	s.dropped = r.Invalid != nil || r.nowhere(s.settings) // which are findings of their own
	if r.Object != nil {
		s.need(r.Object)
		t.add(s)
	} else if !s.settings.Reads("") {
		s.fault(IgnoredRoute, nil, "remove providers.kubernetesCRD.ingressClass among its values", "Traefik reads only IngressRoutes of a class, and those of the list have none")
	}
	if s.encrypted(r) {
		s.need(s.defaultTLS())
	}
	for i, m := range r.Middlewares {
		at := []string{"middlewares", strconv.Itoa(i)}
		s.need(s.refer(name{"Middleware", MissingMiddleware, r.Namespace, m.Namespace, m.Name}, at, "name"), at...)
	}
	s.backends(r.services, []string{"services"}, len(r.services) > 1, true)
	if r.Priority > catalog.MaxPriority {
		s.fault(IgnoredRoute, []string{"priority"}, fmt.Sprintf("write %d or less", catalog.MaxPriority), "the priority %d is among those that Traefik keeps for itself", r.Priority)
	}
}
