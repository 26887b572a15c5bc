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
	s.expose, s.exposeAt = map[string][]string{lan: {"websecure"}}, map[string][]Place{}
	if s.routeKind == IngressRoutes { // its class may be all there is to say
		s.expose[lan] = []string{}
	}
	if in.Expose.Node != nil {
		s.expose = map[string][]string{}
	}
	places := map[string]*syntax.Node{} // by the entry points, in alphabetical order
	for _, item := range in.Expose.Items {
		s.expose[item.Key] = texts(item.Value)
		for _, entryPoint := range item.Value {
			filled(entryPoint, "the name of an entry point")
			if entryPoint.IsSet() {
				s.exposeAt[item.Key] = append(s.exposeAt[item.Key], place(entryPoint.Node))
			}
		}
		if len(item.Value) == 0 && !item.Node.Flawed() && s.routeKind != IngressRoutes {
			item.Node.Report("no-entrypoints", "list Traefik's entry points", "the exposure %q has no entry points", item.Key)
		}
		names := set(s.expose[item.Key])
		if len(names) == 0 {
			continue
		}
		same := strings.Join(names, ", ")
		if first := places[same]; first != nil {
			item.At.ReportWith(first, "first here", "same-entrypoints", "give one of them an entry point that the other does not have, or remove one",
				"two exposures have the same entry points (%s): what reaches one reaches the other", syntax.Quote(same))
			continue
		}
		places[same] = item.At
		if item.Key == public {
			beyondLAN(in.Expose, item.At, names)
		}
	}
}

// beyondLAN reports that public has no entry point besides those of lan: what is exposed to lan only would be public as well.
func beyondLAN(expose syntax.Map[[]text], at *syntax.Node, outside []string) {
	for _, item := range expose.Items {
		inside := set(texts(item.Value))
		if item.Key != lan || len(inside) <= len(outside) || slices.ContainsFunc(outside, func(e string) bool { return !slices.Contains(inside, e) }) {
			continue
		}
		at.ReportWith(item.At, "lan", "same-entrypoints", "list the entry points that are reachable from outside, and leave them out of lan",
			"lan has every entry point of public: a host that is exposed to lan would be public")
	}
}

// set is names in alphabetical order, each once.
func set(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// exposure is the entry points of the exposure of that name, which is written at a place or is the default there. Without a
// place, a missing one is not reported.
func (s *settings) exposure(at *syntax.Node, name string) []string {
	if found := s.expose[name]; found != nil || at == nil || s.flawed("ingress.expose") {
		return found
	}
	known := slices.Collect(maps.Keys(s.expose))
	hint := diag.DidYouMean(name, known)
	switch {
	case len(known) == 0, s.in.Ingress.Expose.Node == nil && diag.Nearest(name, known) == "":
		hint = "define in " + PlatformFile + " which entry points of Traefik are reachable from outside: ingress: {expose: {public: [ENTRYPOINT], lan: [websecure]}}"
	case name == lan && s.in.Ingress.Defaults.Expose.Node == nil:
		hint = "set expose here, or ingress.defaults.expose in " + PlatformFile + "; " + diag.OneOf("known: ", known)
	}
	at.Report("unknown-exposure", hint, "there is no exposure %s", syntax.Quote(name))
	return nil
}
