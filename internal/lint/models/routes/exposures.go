package routes

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/gateways"
)

// exposed is where requests enter, by the names that exposures and routers have for it, and from how far away.
type exposed struct {
	known  bool              // whether there is an exposure lan
	named  map[string]bool   // what lan names
	lan    map[string]bool   // likewise, and the entry points that this is
	beyond map[string]string // what others name that lan does not have, and the entry points that this is: with an exposure
	parts  map[string]string // the Gateways of which that is a part
}

// door is what an exposure names, and what else that is called.
type door struct {
	name, gateway string   // the Gateway of which it is all, or a part
	entryPoints   []string // of Traefik, where a Gateway is Traefik's
}

const lan = "lan"

// BeyondLAN is an exposure that leads further than lan and by which requests reach a router at one of its entry points; empty when there is none. Nothing is
// known of entry points that no exposure has. Without a lan, all is near but what only public has.
func (in *Model) BeyondLAN(r *Router, entryPoint string) string {
	x := in.exposed.Get(in.readExposures)
	for _, name := range r.calledAt(entryPoint) {
		if x.lan[name] {
			return ""
		}
		if exposure := x.beyond[name]; exposure != "" {
			return exposure
		}
	}
	if r.Gateway != "" && r.Listener == nil && entryPoint == r.Gateway { // it is attached to all listeners, whichever these are
		return x.parts[r.Gateway]
	}
	return ""
}

// calledAt are the names by which an exposure may call an entry point of a router: the one that says most first.
func (r *Router) calledAt(entryPoint string) []string {
	var out []string
	if l := r.Listener; l != nil {
		out = []string{r.Gateway + "/" + l.Name, r.Gateway + ":" + strconv.Itoa(int(l.Port)), r.Gateway}
	}
	out = append(out, entryPoint)
	if r.Gateway != "" {
		out = append(out, r.Gateway)
	}
	return out
}

// LeadsBeyondLAN reports whether an exposure leads further than lan does: also when there is no lan.
func (in *Model) LeadsBeyondLAN(e *catalog.Exposure) bool {
	x := in.exposed.Get(in.readExposures)
	return !x.known || slices.ContainsFunc(in.doorsOf(e), func(d door) bool { return !x.near(&d) })
}

func (in *Model) readExposures() *exposed {
	all := in.deployed.Platform.Exposures
	out := &exposed{named: map[string]bool{}, lan: map[string]bool{}, beyond: map[string]string{}, parts: map[string]string{}}
	_, out.known = all[lan]
	names := slices.Sorted(maps.Keys(all))
	isNear := func(name string) bool { return name == lan || !out.known && name != "public" }
	doors := map[string][]door{}
	for _, name := range names {
		e := all[name]
		doors[name] = in.doorsOf(&e)
		for _, d := range doors[name] {
			if isNear(name) {
				out.add(&d)
			}
		}
	}
	for _, name := range names {
		for _, d := range doors[name] {
			if !isNear(name) && !out.near(&d) {
				out.addBeyond(name, &d)
			}
		}
	}
	return out
}

func (x *exposed) add(d *door) {
	x.named[d.name], x.lan[d.name] = true, true
	for _, e := range d.entryPoints {
		x.lan[e] = true
	}
}

func (x *exposed) addBeyond(exposure string, d *door) {
	set := func(in map[string]string, name string) {
		if in[name] == "" {
			in[name] = exposure
		}
	}
	set(x.beyond, d.name)
	set(x.parts, d.gateway)
	for _, e := range d.entryPoints {
		set(x.beyond, e)
	}
}

// near reports whether lan has a door: by its name, with all of its Gateway, or as entry points of Traefik.
func (x *exposed) near(d *door) bool {
	return x.named[d.name] || d.gateway != "" && x.named[d.gateway] ||
		len(d.entryPoints) > 0 && !slices.ContainsFunc(d.entryPoints, func(e string) bool { return !x.named[e] })
}

// doorsOf are what an exposure names.
func (in *Model) doorsOf(e *catalog.Exposure) []door {
	var out []door
	names := e.EntryPoints
	if e.Kind == catalog.IngressRoutes {
		class := cmp.Or(e.Class, in.defaultClass())
		switch server, known := in.readBy(class); {
		case known && server == "":
			names = in.traefik.Settings().OrDefaults(names)
		default: // of a class that is not known there is one controller all the same
			names = []string{ingressesOf(class)}
		}
	}
	for _, name := range names {
		out = append(out, door{name: name})
	}
	for i := range e.Gateways {
		g := &e.Gateways[i]
		whole := g.Namespace + "/" + g.Name
		of := in.gateways.Gateway(g.Namespace, g.Name)
		for _, name := range g.Doors() {
			out = append(out, door{name, whole, in.entryPointsBehind(of, name)})
		}
	}
	return out
}

// entryPointsBehind are those of Traefik that a door of a Gateway, which may be nil, is.
func (in *Model) entryPointsBehind(g *gateways.Gateway, name string) []string {
	if g == nil || !g.ByTraefik() {
		return nil
	}
	var out []string
	for _, l := range g.Listeners {
		at := Router{Gateway: g.Namespace + "/" + g.Name, Listener: l}
		if slices.Contains(at.calledAt(""), name) {
			out = append(out, in.entryPointsOf(l)...)
		}
	}
	return out
}
