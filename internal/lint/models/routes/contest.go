package routes

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/internal/muxer"
)

// above reports whether a router is asked before another one. Of those of one route of the Gateway API, which have the same place in its order, the
// first is; of several routes, the oldest, and nobody here knows which that is.
func (r *Router) above(other *Router) bool {
	if r.Priority != other.Priority {
		return r.Priority > other.Priority
	}
	return r.orderedWith(other) && r.order < other.order
}

// sameRule reports whether two routers are of one rule of a route of the Gateway API: it makes no difference which of them answers.
func (r *Router) sameRule(other *Router) bool {
	return r.source != nil && r.source == other.source && r.Index == other.Index && r.Kind != "IngressRoute" && r.Kind != "Ingress"
}

// orderedWith reports whether the order in their object decides between two routers.
func (r *Router) orderedWith(other *Router) bool {
	return r.Server != "" && r.source != nil && r.source == other.source
}

// Contest is the routers that Traefik keeps, and decides which of them answers for a request: the one with the highest priority of
// those that match it, at the entry point where it arrives.
type Contest struct {
	traefik *traefik.Settings
	solver  *muxer.Solver
	hosts   map[string]*addresses // "" for what is not for one host
	names   []string              // of the hosts, but ""
	permit  map[string]*addresses // what is not for one host, and permits one, as far as it was asked for
	left    int                   // how many more candidates are looked at
	compare int                   // how many more hosts are compared with patterns
	lowest  map[Door][]*Router    // the two with the lowest priority behind each
	doors   map[*Router][]Door    // as far as they were asked for
	twins   map[string]int        // how many routers have a name, of which Traefik keeps one
	reached map[place]reached     // likewise
}

// Door is where requests enter: an entry point, with TLS or without. The name is empty for all that a router without entry points is on.
type Door struct {
	EntryPoint string
	TLS        bool
}

// anyDoor stands for all entry points; none has such a name.
const anyDoor = "\x00"

// entrant is an alternative of a router's rule.
type entrant struct {
	*Router
	scope *Scope
}

// addresses are the entrants of a host, by path: in the order of their priorities.
type addresses struct {
	exact, prefix map[string][]entrant
	lengths       []int // of the prefixes
	all           []entrant
}

const (
	// mostSteps bounds the work on all questions of a run, and mostCandidates how many pairs of alternatives are looked at.
	mostSteps      = 20_000_000
	mostCandidates = 1_000_000
	// mostCompared is how often hosts are compared with patterns.
	mostCompared = 1_000_000
	// fewEntrants is for how many entrants of a host, or hosts, all are candidates, and not only those for a path around the one in question.
	fewEntrants = 64
	// mostDoors is how many doors of a router are looked at: no Traefik has so many entry points.
	mostDoors = 256
	// fewDoors is how many doors of a router are looked at without counting as work.
	fewDoors = 16
)

// Contest is the one between all routers that are not dropped.
func (in *Model) Contest() *Contest {
	return in.contest.Get(func() *Contest {
		dropped := in.Dropped()
		kept := slices.DeleteFunc(slices.Clone(in.Routers()), func(r *Router) bool { return dropped[r] })
		return newContest(kept, dropped, in.traefik.Settings())
	})
}

func newContest(routers []*Router, dropped map[*Router]bool, t *traefik.Settings) *Contest {
	c := &Contest{
		traefik: t, solver: muxer.NewSolver(mostSteps), left: mostCandidates, compare: mostCompared,
		hosts: map[string]*addresses{}, permit: map[string]*addresses{}, lowest: map[Door][]*Router{}, doors: map[*Router][]Door{}, twins: map[string]int{}, reached: map[place]reached{},
	}
	if !t.SafeNaming {
		for _, r := range routers {
			c.twins[r.Key()]++
		}
		for r := range dropped { // one that is built in vain takes the place of its twin all the same
			c.twins[r.Key()]++
		}
	}
	for _, r := range slices.SortedStableFunc(slices.Values(routers), func(a, b *Router) int { return cmp.Compare(b.Priority, a.Priority) }) {
		for i := range r.Scopes {
			c.enter(entrant{r, &r.Scopes[i]})
		}
		doors := slices.Clip(c.Doors(r))
		if r.Server == "" {
			doors = append(doors, Door{anyDoor, r.TLS})
		}
		for _, d := range doors {
			low := append(c.lowest[d], r)
			c.lowest[d] = low[max(0, len(low)-2):]
		}
	}
	return c
}

func (c *Contest) enter(e entrant) {
	if c.hosts[e.scope.Host] == nil {
		c.hosts[e.scope.Host] = newAddresses()
		if e.scope.Host != "" {
			c.names = append(c.names, e.scope.Host)
		}
	}
	c.hosts[e.scope.Host].enter(e)
}

func newAddresses() *addresses {
	return &addresses{exact: map[string][]entrant{}, prefix: map[string][]entrant{}}
}

func (a *addresses) enter(e entrant) {
	a.all = append(a.all, e)
	if e.scope.Exact {
		a.exact[e.scope.Path] = append(a.exact[e.scope.Path], e)
		return
	}
	if a.prefix[e.scope.Path] == nil && !slices.Contains(a.lengths, len(e.scope.Path)) {
		a.lengths = append(a.lengths, len(e.scope.Path))
	}
	a.prefix[e.scope.Path] = append(a.prefix[e.scope.Path], e)
}

func (a *addresses) entrants() []entrant {
	if a == nil {
		return nil
	}
	return a.all
}

// Exhausted reports whether there are too many routers for one host or entry points of one router, or rules that are too intricate, to answer all questions.
func (c *Contest) Exhausted() bool { return c.left <= 0 || c.compare <= 0 || c.solver.Exhausted() }

// candidates calls yield with the entrants that may answer for some of what a scope matches: all, if they are few; else at least those
// that may answer for all of it.
func (c *Contest) candidates(s *Scope, yield func(entrant)) {
	each := func(all []entrant) {
		for _, e := range all {
			if c.left -= 1 + len(c.Doors(e.Router))/fewDoors; c.left <= 0 {
				return
			}
			if !s.Apart(e.scope.Conjunction) {
				yield(e)
			}
		}
	}
	at := func(a *addresses) {
		switch {
		case a == nil:
		case len(a.all) <= fewEntrants:
			each(a.all)
		default:
			if s.Exact {
				each(a.exact[s.Path])
			}
			for _, n := range a.lengths {
				if n <= len(s.Path) {
					each(a.prefix[s.Path[:n]])
				}
			}
		}
	}
	if s.Host != "" {
		at(c.permitting(s.Host))
		at(c.hosts[s.Host])
		return
	}
	at(c.hosts[""])
	if len(c.names) <= fewEntrants {
		for _, name := range c.names {
			if s.PermitsHost(name) {
				at(c.hosts[name])
			}
		}
	}
}

// permitting are the entrants that are not for one host, and permit one.
func (c *Contest) permitting(host string) *addresses {
	if known, ok := c.permit[host]; ok {
		return known
	}
	out := newAddresses()
	for _, e := range c.hosts[""].entrants() {
		if c.compare--; c.compare <= 0 {
			break
		}
		if e.scope.PermitsHost(host) {
			out.enter(e)
		}
	}
	c.permit[host] = out
	return out
}

// Doors are where requests enter a router. At an entry point that always has TLS, it makes no difference whether the router sets it. One
// that Traefik does not have is none, and neither is one that redirects all requests before the router is asked.
func (c *Contest) Doors(r *Router) []Door {
	out, known := c.doors[r]
	if known {
		return out
	}
	if len(r.EntryPoints) == 0 {
		out = []Door{{"", r.TLS}}
	}
	for _, name := range r.EntryPoints {
		if r.Server != "" {
			out = append(out, Door{name, r.TLS})
			continue
		}
		if len(out) == mostDoors {
			c.left = 0
			break
		}
		d := Door{name, r.TLS || c.traefik.Encrypts(name)}
		e := c.traefik.EntryPoint(name)
		if redirected := e != nil && !d.TLS && e.ToHTTPS(r.Priority); !redirected && !c.traefik.Lacks(name, false) && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	c.doors[r] = out
	return out
}

// Meets reports whether some request could reach both: they share an entry point, and there both or neither have TLS.
func (r *Router) Meets(other *Router, t *traefik.Settings) bool {
	if r.Server == "" && other.Server == "" && (len(r.EntryPoints) == 0 || len(other.EntryPoints) == 0) {
		return r.TLS == other.TLS
	}
	if r.Server != other.Server {
		return false
	}
	return slices.ContainsFunc(r.EntryPoints, func(e string) bool {
		return slices.Contains(other.EntryPoints, e) && (r.TLS == other.TLS || r.Server == "" && t.Encrypts(e))
	})
}

// Serves reports whether a router is surely behind a door.
func (c *Contest) Serves(r *Router, d Door) bool { return slices.Contains(c.Doors(r), d) }

// one reports whether Traefik keeps only one of two routers.
func (c *Contest) one(r, other *Router) bool {
	return r == other || !c.traefik.SafeNaming && r.Key() == other.Key()
}

// kept reports whether Traefik surely keeps a router: of several with one name, it is not known which.
func (c *Contest) kept(r *Router) bool { return c.twins[r.Key()] <= 1 }

// before are the alternatives, behind a door, of routers with a higher priority than r, that may answer for some of what a scope of r matches.
func (c *Contest) before(r *Router, s *Scope, d Door) (first []*Router, all []muxer.Conjunction) {
	c.candidates(s, func(e entrant) {
		if e.Unsure == "" && e.above(r) && c.kept(e.Router) && !c.one(r, e.Router) && c.Serves(e.Router, d) {
			if !slices.Contains(first, e.Router) {
				first = append(first, e.Router)
			}
			all = append(all, e.scope.Conjunction)
		}
	})
	return first, all
}

// Reach is a request that reaches a router behind one of its doors. No means that others surely take all of them. With Yes, the request is
// nil when nobody else takes any, and nobody has looked for one.
func (c *Contest) Reach(r *Router, d Door) (*muxer.Request, muxer.Answer) {
	at := place{r, d}
	known, ok := c.reached[at]
	if !ok {
		known = c.reach(r, d)
		c.reached[at] = known
	}
	return known.request, known.answer
}

// place is a router behind a door, and reached what is known of the requests there.
type (
	place struct {
		*Router
		Door
	}
	reached struct {
		request *muxer.Request
		answer  muxer.Answer
	}
)

func (c *Contest) reach(r *Router, d Door) reached {
	out := reached{answer: muxer.No}
	for i := range r.Scopes {
		switch request, found := c.ReachAt(r, &r.Scopes[i], d); found {
		case muxer.Yes:
			return reached{request, muxer.Yes}
		case muxer.Unknown:
			out.answer = muxer.Unknown
		}
	}
	return out
}

// ReachAt is as Reach, for one of the router's scopes.
func (c *Contest) ReachAt(r *Router, s *Scope, d Door) (*muxer.Request, muxer.Answer) {
	_, before := c.before(r, s, d)
	if len(before) == 0 {
		return nil, muxer.Yes
	}
	return c.solver.Find(s.Conjunction, before...)
}

// Answering are the routers behind a door of which Traefik takes one for a request: those with the same, and the highest, priority.
func (c *Contest) Answering(request *muxer.Request, d Door) []*Router {
	var out []*Router
	for _, host := range []string{"", request.Host} {
		for _, e := range c.hosts[host].entrants() {
			switch {
			case len(out) > 0 && (e.Priority < out[0].Priority || out[0].above(e.Router)) || slices.Contains(out, e.Router) || !c.Serves(e.Router, d) || !e.scope.Matches(request):
			case len(out) > 0 && e.Priority == out[0].Priority && !e.above(out[0]):
				out = append(out, e.Router)
			default:
				out = []*Router{e.Router}
			}
		}
	}
	return out
}

// Shadow is what takes all requests of a router before it can.
type Shadow struct {
	Doors []Door    // where nothing reaches the router
	All   bool      // whether these are all of its doors
	By    []*Router // those that take its requests, the first ones first
}

// Shadow is that of a router; nil when some request reaches it everywhere, or that is not known.
func (c *Contest) Shadow(r *Router) *Shadow {
	if len(r.Scopes) == 0 {
		return nil
	}
	out := Shadow{All: true}
	for _, d := range c.Doors(r) {
		if _, found := c.Reach(r, d); found != muxer.No {
			out.All = false
			continue
		}
		out.Doors = append(out.Doors, d)
		for i := range r.Scopes {
			first, _ := c.before(r, &r.Scopes[i], d)
			for _, b := range c.taking(&r.Scopes[i], first) {
				if !slices.Contains(out.By, b) {
					out.By = append(out.By, b)
				}
			}
		}
	}
	if len(out.Doors) == 0 || len(out.By) == 0 { // nobody is known when the work has ended in the meantime
		return nil
	}
	return &out
}

// covers reports whether one scope matches all requests that another one does.
func (c *Contest) covers(broad, narrow *Scope) bool {
	_, found := c.solver.Find(narrow.Conjunction, broad.Conjunction)
	return found == muxer.No
}

// taking are those of some routers, which together answer for all of a scope, that are needed for that: one, if one is enough.
func (c *Contest) taking(s *Scope, routers []*Router) []*Router {
	for _, r := range routers {
		if _, found := c.solver.Find(s.Conjunction, r.Rule.Alternatives...); found == muxer.No {
			return []*Router{r}
		}
	}
	return routers
}

// Rivals are routers that answer for requests that another one answers for as well, with the same priority.
type Rivals struct {
	First   *Router // the first of them
	Count   int     // how many there are, as far as they were counted
	Request *muxer.Request
}

// fewRivals is how many rivals of a router are counted.
const fewRivals = 8

// Rivals are those of routers, for each but the first of them in an order.
func (c *Contest) Rivals(compare func(a, b *Router) int) map[*Router]*Rivals {
	out := map[*Router]*Rivals{}
	type pair struct{ a, b *Router }
	seen := map[pair]bool{}
	for _, host := range append([]string{""}, c.names...) {
		for _, e := range c.hosts[host].entrants() {
			c.candidates(e.scope, func(other entrant) {
				if other.Priority != e.Priority || c.one(e.Router, other.Router) || e.orderedWith(other.Router) || e.sameRule(other.Router) || e.Unsure != "" || other.Unsure != "" {
					return
				}
				first, second := e.Router, other.Router
				if compare(first, second) > 0 {
					first, second = second, first
				}
				if known := out[second]; seen[pair{first, second}] || known != nil && known.Count == fewRivals && compare(known.First, first) < 0 {
					return
				}
				r := c.common(e, other)
				if r == nil {
					return
				}
				seen[pair{first, second}] = true
				known := out[second]
				if known == nil {
					known = &Rivals{First: first, Request: r}
					out[second] = known
				}
				if compare(first, known.First) < 0 {
					known.First, known.Request = first, r
				}
				known.Count++
			})
		}
	}
	return out
}

// common is a request that two alternatives of the same priority match, and that no router takes before them; nil when none is known.
func (c *Contest) common(a, b entrant) *muxer.Request {
	for _, d := range c.shared(a.Router, b.Router) {
		_, before := c.before(a.Router, a.scope, d)
		if r, found := c.solver.Find(slices.Concat(a.scope.Conjunction, b.scope.Conjunction), before...); found == muxer.Yes {
			return r
		}
	}
	return nil
}

// shared are doors behind which both routers are.
func (c *Contest) shared(a, b *Router) []Door {
	if !a.Meets(b, c.traefik) {
		return nil
	}
	if len(a.EntryPoints) == 0 {
		return c.Doors(b)
	}
	if len(b.EntryPoints) == 0 {
		return c.Doors(a)
	}
	return slices.DeleteFunc(slices.Clone(c.Doors(a)), func(d Door) bool { return !c.Serves(b, d) })
}

// InsteadOf is the router that answers for all requests for a host, behind a door of one that Traefik drops; nil when there is none.
func (c *Contest) InsteadOf(dropped *Router, host string) *Router {
	rule, err := muxer.Parse("Host(`"+host+"`)", muxer.V3)
	if err != nil || len(rule.Alternatives) != 1 {
		return nil
	}
	s := scopeOf(rule.Alternatives[0])
	for _, d := range c.Doors(dropped) {
		var all *Router
		c.candidates(&s, func(e entrant) {
			if all != nil && all.Priority >= e.Priority || !c.Serves(e.Router, d) {
				return
			}
			if c.covers(e.scope, &s) {
				all = e.Router
			}
		})
		if all != nil {
			return all
		}
	}
	return nil
}

// Answered reports whether those routers that fit answer for all that others match.
func (c *Contest) Answered(others []*Router, fits func(*Router) bool) bool {
	return !slices.ContainsFunc(others, func(r *Router) bool {
		return r.Scopes == nil || slices.ContainsFunc(r.Scopes, func(s Scope) bool {
			var all []muxer.Conjunction
			c.candidates(&s, func(e entrant) {
				if fits(e.Router) {
					all = append(all, e.scope.Conjunction)
				}
			})
			_, found := c.solver.Find(s.Conjunction, all...)
			return found != muxer.No
		})
	})
}

// Around are the routers behind a door that answer for all that a scope of another one matches, and for more.
func (c *Contest) Around(r *Router, s *Scope, d Door) []*Router {
	var out []*Router
	c.candidates(s, func(e entrant) {
		if e.Router != r && !slices.Contains(out, e.Router) && c.Serves(e.Router, d) && c.covers(e.scope, s) && !c.covers(s, e.scope) {
			out = append(out, e.Router)
		}
	})
	return out
}

// Standing is where a router stands among those that some request could reach as well: alone, or behind all of them.
func (c *Contest) Standing(r *Router) (alone, last bool) {
	doors := []Door{{anyDoor, r.TLS}}
	if len(r.EntryPoints) > 0 {
		doors = append(slices.Clip(c.Doors(r)), Door{"", r.TLS})
	}
	alone, last = true, true
	for _, d := range doors {
		for _, other := range c.lowest[d] {
			if other != r {
				alone, last = false, last && other.Priority > r.Priority
			}
		}
	}
	return alone, last
}

// Instead is the router that answers for some of the requests of one that Traefik drops, and that fits; and one of these requests. One
// that is for any host counts only if it answers for all that an alternative of the rule is for: what is at one path of every host, such as the
// answers to the challenges of ACME, takes nobody's place.
func (c *Contest) Instead(dropped *Router, fits func(*Router) bool) (*Router, *muxer.Request) {
	for _, d := range c.Doors(dropped) {
		for i := range dropped.Scopes {
			s := &dropped.Scopes[i]
			var all []entrant
			c.candidates(s, func(e entrant) {
				if c.Serves(e.Router, d) && !c.one(dropped, e.Router) {
					all = append(all, e)
				}
			})
			slices.SortStableFunc(all, func(a, b entrant) int {
				return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Place, b.Place))
			})
			var before []muxer.Conjunction // of routers that answer first
			for i, e := range all {
				for k := len(before); k < i && all[k].Priority > e.Priority; k++ {
					before = append(before, all[k].scope.Conjunction)
				}
				if e.Priority > dropped.Priority || !c.kept(e.Router) || !fits(e.Router) { // with a higher one, it always answered for these
					continue
				}
				if e.scope.Host == "" && !c.covers(e.scope, s) {
					continue
				}
				if r, found := c.solver.Find(slices.Concat(s.Conjunction, e.scope.Conjunction), before...); found == muxer.Yes {
					return e.Router, r
				}
			}
		}
	}
	return nil, nil
}
