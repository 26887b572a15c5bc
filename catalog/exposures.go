package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// The exposures that have a meaning of their own. lan is the default of a route, and the only exposure of a platform that names
// none: nobody can guess which entry points are reachable from outside, so there is no public until platform.yml defines it.
const (
	lan    = "lan"
	public = "public"
)

// exposures reads ingress.expose.
func (s *settings) exposures() {
	in := &s.in.Ingress
	s.exposed, s.exposeAt = map[string]Exposure{}, map[string][]Place{}
	in.Gateway.check()
	s.gatewayAPI = GatewayAPI{gatewayAPIOf(&in.GatewayAPI)}
	if in.Expose.Node == nil {
		s.exposed[lan] = s.usualExposure()
	}
	first := map[string]*syntax.Node{} // by what they are reached by, in alphabetical order
	for _, item := range in.Expose.Items {
		e := s.exposureIn(&item)
		s.exposed[item.Key] = e
		doors := e.doors()
		if len(doors) == 0 {
			continue
		}
		same := strings.Join(doors, ", ")
		if other := first[same]; other != nil {
			item.At.ReportWith(other, "first here", "same-entrypoints", "give one of them "+e.one()+" that the other does not have, or remove one",
				"two exposures have the same "+e.many()+" (%s): what reaches one reaches the other", syntax.Quote(same))
			continue
		}
		first[same] = item.At
	}
	s.beyondLAN()
	s.expose = map[string][]string{}
	for name, e := range s.exposed {
		if e.Kind != GatewayRoutes {
			s.expose[name] = e.EntryPoints
		}
	}
}

// usualExposure is lan of a platform that names no exposures.
func (s *settings) usualExposure() Exposure {
	out := Exposure{Name: lan, Kind: s.routeKind}
	switch s.routeKind {
	case TraefikRoutes:
		out.EntryPoints = []string{"websecure"}
	case IngressRoutes: // its class may be all there is to say
		out.EntryPoints, out.Class = []string{}, s.ingressClass
	case GatewayRoutes:
		if g, ok := s.gateway(&gatewayInput{}, nil, s.in.Ingress.Kind.Node); ok {
			out.Gateways = []Gateway{g}
		}
	}
	return out
}

// exposureIn is an exposure as it is written.
func (s *settings) exposureIn(item *syntax.Item[exposureInput]) Exposure {
	in := &item.Value
	if in.Node == nil { // which is reported
		return Exposure{Name: item.Key, Kind: s.routeKind}
	}
	out := Exposure{Name: item.Key, Kind: RouteKind(in.Kind.Or(string(s.routeKind))), EntryPoints: texts(in.EntryPoints), Class: in.Class.V}
	if out.Kind == IngressRoutes && !in.Class.IsSet() {
		out.Class = s.ingressClass
	}
	in.sayable(out.Kind)
	for _, t := range in.EntryPoints {
		filled(t, "the name of an entry point")
		if t.IsSet() {
			s.exposeAt[item.Key] = append(s.exposeAt[item.Key], place(t.Node))
		}
	}
	if out.Kind != GatewayRoutes {
		if len(in.EntryPoints) == 0 && !item.Node.Flawed() && out.Kind == TraefikRoutes {
			item.Node.Report("no-entrypoints", "list Traefik's entry points", "the exposure %q has no entry points", item.Key)
		}
		return out
	}
	out.EntryPoints = nil
	listeners := in.Listeners
	if in.short() { // the list of an exposure means what its kind has
		listeners = in.EntryPoints
	}
	for _, l := range listeners {
		optionalSubdomain(l)
	}
	gateways := in.Gateways
	if len(gateways) == 0 {
		gateways = []gatewayInput{{}}
	}
	for i := range gateways {
		gateways[i].check()
		if g, ok := s.gateway(&gateways[i], listeners, item.Node); ok {
			out.Gateways = append(out.Gateways, g)
		}
	}
	oneImplementation(out.Gateways, item.Node)
	return out
}

// short reports whether the list stands for the exposure.
func (in *exposureInput) short() bool {
	return len(in.EntryPoints) > 0 && in.EntryPoints[0].IsSet() && strings.HasPrefix(in.EntryPoints[0].Path(), in.Path()+"[")
}

// sayable reports the keys of another kind: they would have no effect.
func (in *exposureInput) sayable(kind RouteKind) {
	report := func(at *syntax.Node, key, hint string) {
		if at != nil {
			at.Report("no-effect", hint, "%s has no effect with kind: %s", key, kind)
		}
	}
	entryPoints, listeners, gateways := (*syntax.Node)(nil), (*syntax.Node)(nil), (*syntax.Node)(nil)
	if all := present(in.EntryPoints...); len(all) > 0 && !in.short() {
		entryPoints = all[0].Node
	}
	if all := present(in.Listeners...); len(all) > 0 {
		listeners = all[0].Node
	}
	if len(in.Gateways) > 0 {
		gateways = in.Gateways[0].Node
	}
	if kind == GatewayRoutes {
		report(entryPoints, "entryPoints", "write listeners: those of the Gateway")
	} else {
		report(listeners, "listeners", "write entryPoints: those of Traefik; or set kind: gateway")
		report(gateways, "gateways", "remove it, or set kind: gateway")
	}
	if kind != IngressRoutes {
		report(in.Class.Node, "class", "remove it, or set kind: ingress: only an Ingress has a class")
	}
}

// doors are what an exposure can be reached by, in alphabetical order, each once.
func (e *Exposure) doors() []string {
	if e.Kind != GatewayRoutes {
		return set(e.EntryPoints)
	}
	var out []string
	for i := range e.Gateways {
		out = append(out, e.Gateways[i].Doors()...)
	}
	return set(out)
}

// one is what messages call one of the doors.
func (e *Exposure) one() string {
	if e.Kind == GatewayRoutes {
		return "a listener"
	}
	return "an entry point"
}

// many is what they call several.
func (e *Exposure) many() string {
	if e.Kind == GatewayRoutes {
		return "listeners"
	}
	return "entry points"
}

// covers reports whether a door leads to another one as well: a whole Gateway to each of its listeners.
func covers(door, other string) bool {
	return door == other || strings.HasPrefix(other, door+":") || strings.Count(door, "/") == 1 && !strings.Contains(door, ":") && strings.HasPrefix(other, door+"/")
}

// beyondLAN reports that public has nothing to be reached by besides what lan has: what is exposed to lan only would be public as well.
func (s *settings) beyondLAN() {
	inside, outside := s.exposed[lan], s.exposed[public]
	in, out := inside.doors(), outside.doors()
	if len(out) == 0 || slices.Equal(in, out) {
		return
	}
	for _, door := range out {
		if !slices.ContainsFunc(in, func(other string) bool { return covers(other, door) }) {
			return
		}
	}
	var at, other *syntax.Node
	for _, item := range s.in.Ingress.Expose.Items {
		switch item.Key {
		case public:
			at = item.At
		case lan:
			other = item.At
		}
	}
	at.ReportWith(other, "lan", "same-entrypoints", "list the "+outside.many()+" that are reachable from outside, and leave them out of lan",
		"lan has every %s of public: a host that is exposed to lan would be public", strings.TrimSuffix(outside.many(), "s"))
}

// set is names in alphabetical order, each once.
func set(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// exposure is the one of that name, which is written at a place or is the default there. Without a place, a missing one is not reported.
func (s *settings) exposure(at *syntax.Node, name string) Exposure {
	found, ok := s.exposed[name]
	if ok {
		return found
	}
	found = Exposure{Name: name, Kind: s.routeKind, Class: s.ingressClass}
	if at == nil || s.flawed("ingress.expose") {
		return found
	}
	known := slices.Collect(maps.Keys(s.exposed))
	hint := diag.DidYouMean(name, known)
	switch {
	case len(known) == 0, s.in.Ingress.Expose.Node == nil && diag.Nearest(name, known) == "":
		hint = "define in " + PlatformFile + " which entry points of Traefik are reachable from outside: ingress: {expose: {public: [ENTRYPOINT], lan: [websecure]}}"
		if s.routeKind == GatewayRoutes {
			hint = "define in " + PlatformFile + " which listeners of the Gateway are reachable from outside: ingress: {expose: {public: [LISTENER], lan: [https]}}"
		}
	case name == lan && s.in.Ingress.Defaults.Expose.Node == nil:
		hint = "set expose here, or ingress.defaults.expose in " + PlatformFile + "; " + diag.OneOf("known: ", known)
	}
	at.Report("unknown-exposure", hint, "there is no exposure %s", syntax.Quote(name))
	return found
}

// has reports whether there is an exposure of that name.
func (s *settings) has(name string) bool {
	_, ok := s.exposed[name]
	return ok
}
