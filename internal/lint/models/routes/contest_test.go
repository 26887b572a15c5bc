package routes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/internal/muxer"
)

// arrival is a request, and where it arrives.
type arrival struct {
	door    Door
	request muxer.Request
}

// world is requests that tell the routers of TestContest apart.
func world() []arrival {
	var out []arrival
	for _, d := range []Door{{"e1", false}, {"e1", true}, {"e2", true}} {
		for _, host := range []string{"a.x", "b.x", "c.x", "y", "a", "bz", "a.b.x", "z.b"} {
			for _, path := range []string{"/", "/x", "/x/y", "/xz", "/z"} {
				for _, method := range []string{"GET", "POST", "PUT"} {
					out = append(out, arrival{d, muxer.Request{Host: host, Path: path, Method: method}})
				}
			}
		}
	}
	return out
}

// winners are the routers one of which answers, by looking at each.
func winners(routers []*Router, c *Contest, a arrival) []*Router {
	var out []*Router
	for _, r := range routers {
		switch {
		case r.Rule == nil || !c.Serves(r, a.door) || !r.Rule.Matches(&a.request) || len(out) > 0 && out[0].Priority > r.Priority:
		case len(out) > 0 && out[0].Priority == r.Priority:
			out = append(out, r)
		default:
			out = []*Router{r}
		}
	}
	return out
}

// first are the routers of the first claims that are sure.
func first(claims []Claim) []*Router {
	var out []*Router
	for _, c := range claims {
		if c.Answer == muxer.Yes && (len(out) == 0 || c.Priority == out[0].Priority) {
			out = append(out, c.Router)
		}
	}
	return out
}

// TestContest finds what looking at each request finds.
func TestContest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	for run := range 300 {
		settings := &traefik.Settings{Encrypted: map[string]bool{"e2": true}}
		var routers []*Router
		for i := range 2 + r.IntN(6) {
			var parts []string
			for _, p := range []string{
				pick("", "Host(`a.x`)", "Host(`b.x`)", "Host(`*.x`)", "HostRegexp(`^[ab]`)", "(Host(`a.x`) || Host(`y`))", "!Host(`a.x`)"),
				pick("", "Path(`/x`)", "PathPrefix(`/`)", "PathPrefix(`/x`)", "PathPrefix(`/x/y`)", "PathRegexp(`^/x(/|$)`)", "!PathPrefix(`/x`)"),
				pick("", "", "Method(`GET`)", "Method(`POST`)"),
			} {
				if p != "" {
					parts = append(parts, p)
				}
			}
			if len(parts) == 0 {
				parts = []string{"Host(`c.x`)"}
			}
			o := &Router{Name: "r" + strconv.Itoa(i), Namespace: "web", Text: strings.Join(parts, " && "), TLS: r.IntN(4) == 0, Place: i}
			o.EntryPoints = [][]string{{"e1"}, {"e2"}, {"e1", "e2"}}[r.IntN(3)]
			o.understand(1+r.IntN(3), muxer.V3)
			routers = append(routers, o)
		}
		c := newContest(routers, nil, settings)
		reached, rivals := map[*Router]map[Door]bool{}, map[*Router]*Router{}
		for _, a := range world() {
			won := winners(routers, c, a)
			if got := c.Answering(&a.request, a.door); !sameRouters(got, won) {
				t.Errorf("%d: %v: %v, want %v", run, a, got, won)
			}
			if got := first(c.Claims(&a.request, a.door)); !sameRouters(got, won) {
				t.Errorf("%d: %v: claims of %v, want %v", run, a, got, won)
			}
			for i, w := range won {
				if reached[w] == nil {
					reached[w] = map[Door]bool{}
				}
				reached[w][a.door] = true
				if i > 0 && (rivals[w] == nil || won[0].Place < rivals[w].Place) {
					rivals[w] = won[0]
				}
			}
		}
		got := c.Rivals(func(a, b *Router) int { return a.Place - b.Place })
		for _, o := range routers {
			var dead []Door
			for _, d := range c.Doors(o) {
				if !reached[o][d] {
					dead = append(dead, d)
				}
			}
			switch s := c.Shadow(o); {
			case s == nil && dead != nil, s != nil && !slices.Equal(s.Doors, dead), s != nil && s.All != (len(dead) == len(c.Doors(o))):
				t.Errorf("%d: %s: shadow %+v, want %v", run, o.Name, s, dead)
			}
			if g := got[o]; (g == nil) != (rivals[o] == nil) || g != nil && (g.First != rivals[o] || !o.Rule.Matches(g.Request) || !g.First.Rule.Matches(g.Request)) {
				t.Errorf("%d: %s: rivals %+v, want %v", run, o.Name, g, rivals[o])
			}
			// What answers instead of it, if it is dropped.
			without := slices.DeleteFunc(slices.Clone(routers), func(other *Router) bool { return other == o })
			want := map[*Router]bool{}
			for _, a := range world() {
				if c.Serves(o, a.door) && o.Rule.Matches(&a.request) {
					for _, w := range winners(without, c, a) {
						want[w] = want[w] || w.Priority <= o.Priority
					}
				}
			}
			for _, other := range without {
				instead, _ := newContest(without, nil, settings).Instead(o, func(r *Router) bool { return r == other })
				forHosts := !slices.ContainsFunc(other.Scopes, func(s Scope) bool { return s.Host == "" })
				if instead != nil && !want[other] || instead == nil && want[other] && forHosts {
					t.Errorf("%d: %s instead of %s: %v, want %v", run, other.Name, o.Name, instead, want[other])
				}
			}
		}
		if t.Failed() {
			for _, o := range routers {
				t.Log(fmt.Sprint(o.Name, " ", o.Text, " ", o.EntryPoints, " ", o.TLS, " ", o.Priority))
			}
			break
		}
	}
}

// TestManyDoors says that it does not look at all of them.
func TestManyDoors(t *testing.T) {
	o := &Router{Name: "r", Namespace: "web", Text: "Host(`a`)"}
	for i := range 2 * mostDoors {
		o.EntryPoints = append(o.EntryPoints, strconv.Itoa(i))
	}
	o.understand(0, muxer.V3)
	c := newContest([]*Router{o}, nil, &traefik.Settings{})
	if got := len(c.Doors(o)); got != mostDoors || !c.Exhausted() {
		t.Errorf("%d doors, %v", got, c.Exhausted())
	}
}

// TestEnd says nothing of a shadow when it can no longer find out whose it is.
func TestEnd(t *testing.T) {
	var routers []*Router
	for i, text := range []string{"Host(`a`)", "Host(`a`) && Path(`/x`)"} {
		o := &Router{Name: "r" + strconv.Itoa(i), Namespace: "web", Text: text, EntryPoints: []string{"e"}}
		o.understand(2-i, muxer.V3)
		routers = append(routers, o)
	}
	c := newContest(routers, nil, &traefik.Settings{})
	if _, found := c.Reach(routers[1], c.Doors(routers[1])[0]); found != muxer.No {
		t.Error(found)
	}
	c.left = 0
	if s := c.Shadow(routers[1]); s != nil {
		t.Errorf("%+v", s)
	}
}

// TestMany answers, or says that it cannot, in a time that grows with the number of routers.
func TestMany(t *testing.T) {
	for name, text := range map[string]string{
		"equal": "Host(`a`)", "paths": "Host(`a`) && PathPrefix(`/%06d/`)", "hosts": "HostRegexp(`^a%06d`)", "headers": "Host(`a`) && Header(`X`, `%06d`)",
	} {
		var routers []*Router
		for i := range 2000 {
			o := &Router{Name: "r" + strconv.Itoa(i), Namespace: "web", Text: text, EntryPoints: []string{"e"}, Place: i}
			if strings.Contains(text, "%") {
				o.Text = fmt.Sprintf(text, i)
			}
			o.understand(0, muxer.V3)
			routers = append(routers, o)
		}
		c := newContest(routers, nil, &traefik.Settings{})
		got := c.Rivals(func(a, b *Router) int { return a.Place - b.Place })
		switch {
		case name == "equal" && (len(got) < 100 || got[routers[1]].First != routers[0]):
			t.Errorf("%s: %d", name, len(got))
		case name == "paths" && (len(got) > 0 || c.Exhausted()):
			t.Errorf("%s: %d, %v", name, len(got), c.Exhausted())
		case (name == "hosts" || name == "headers") && !c.Exhausted():
			t.Errorf("%s: not exhausted", name)
		}
	}
}

func sameRouters(a, b []*Router) bool {
	byPlace := func(x, y *Router) int { return x.Place - y.Place }
	return slices.Equal(slices.SortedFunc(slices.Values(a), byPlace), slices.SortedFunc(slices.Values(b), byPlace))
}
