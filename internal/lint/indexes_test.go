package lint

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
)

// What is looked up has to be what comparing each with each finds.

func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestSelectorIndex(t *testing.T) {
	r := random()
	var x selectorIndex
	for range 300 {
		equal := map[string]string{}
		for _, label := range []string{"app", "part", "team"} {
			if r.IntN(3) > 0 {
				equal[label] = strconv.Itoa(r.IntN(4))
			}
		}
		x.add(selector{equal: equal})
	}
	for i, s := range x.all {
		near := map[int]bool{}
		x.near(s, func(j int) bool { near[j] = true; return true })
		for j := range x.all {
			if !s.disjoint(x.all[j]) && !near[j] {
				t.Fatalf("%d: %v is not near to %v", i, x.all[j].equal, s.equal)
			}
		}
	}
	// Of many, few are compared.
	var many selectorIndex
	for i := range 1000 {
		many.add(selector{equal: map[string]string{podNamespace: "web", "app": strconv.Itoa(i)}})
	}
	many.add(selector{equal: map[string]string{podNamespace: "web"}})
	asked := 0
	many.near(selector{equal: map[string]string{podNamespace: "web", "app": "7"}}, func(int) bool { asked++; return true })
	if asked != 2 {
		t.Errorf("%d of 1,001 are near", asked)
	}
}

func TestHaystack(t *testing.T) {
	r := random()
	var b strings.Builder
	for range 3000 {
		b.WriteByte("ab\xff"[min(2, r.IntN(40)/15)])
	}
	h := haystack{text: b.String()}
	for i := range 500 {
		from := r.IntN(len(h.text))
		at := r.IntN(len(h.text) - 20)
		text := h.text[at : at+1+r.IntN(20)]
		want := strings.Index(h.text[from:], text)
		if want >= 0 {
			want += from
		}
		if got := h.first(text, from); got != want {
			t.Fatalf("%d: %q from %d: got %d, want %d", i, text, from, got, want)
		}
	}
	if h.index == nil {
		t.Error("there is no index")
	}
	// What occurs often is read for, but not forever.
	often := haystack{text: strings.Repeat("a", 10_000) + "b"}
	for i := range 500 {
		often.first(strings.Repeat("a", 1+i), 10_000-2*i)
	}
	if often.read > (mostReadings+1)*len(often.text) {
		t.Errorf("%d bytes were read", often.read)
	}
}

func TestAddressIndex(t *testing.T) {
	r := random()
	var nodes []catalog.Node
	for range 60 {
		nodes = append(nodes, catalog.Node{Address: netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(4)), byte(r.IntN(256))})})
	}
	nodes = append(nodes, catalog.Node{Address: netip.MustParseAddr("fd00::1")})
	x := indexAddresses(nodes)
	cidr := func() string {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(4)), byte(r.IntN(256))}), 20+r.IntN(13)).Masked().String()
	}
	for range 3000 {
		c, except := cidr(), []string{}
		for range r.IntN(4) {
			except = append(except, cidr())
		}
		p := netip.MustParsePrefix(c)
		want := slices.IndexFunc(nodes, func(n catalog.Node) bool {
			return p.Contains(n.Address) && !slices.ContainsFunc(except, func(e string) bool { return netip.MustParsePrefix(e).Contains(n.Address) })
		})
		if got, ok := x.covered(c, except); ok != (want >= 0) || ok && nodes[got].Address != nodes[want].Address {
			t.Fatalf("%s without %v: got %d %v, want %d", c, except, got, ok, want)
		}
	}
}

func TestDNSNames(t *testing.T) {
	r := random()
	part := func(pattern bool) string {
		parts := []string{"a", "b", "api", "example", "com"}
		if pattern {
			parts = append(parts, "*", "a*", "*b")
		}
		var out []string
		for range 1 + r.IntN(3) {
			out = append(out, parts[r.IntN(len(parts))])
		}
		return strings.Join(out, ".")
	}
	for range 300 {
		var n dnsNames
		var names, patterns []string
		for range r.IntN(4) {
			names = append(names, part(false))
			n.add(names[len(names)-1], "")
		}
		for range r.IntN(3) {
			patterns = append(patterns, part(true))
			n.add("", patterns[len(patterns)-1])
		}
		for range 20 {
			name, pattern := part(false), part(true)
			want := slices.Contains(names, name) || slices.ContainsFunc(patterns, func(p string) bool { return fits(p, name) })
			if got := n.mayHave(name, ""); got != want {
				t.Fatalf("%v %v: %s: got %v", names, patterns, name, got)
			}
			want = len(patterns) > 0 || slices.ContainsFunc(names, func(n string) bool { return fits(pattern, n) })
			if got := n.mayHave("", pattern); got != want {
				t.Fatalf("%v %v: pattern %s: got %v", names, patterns, pattern, got)
			}
		}
	}
}

func TestPortSet(t *testing.T) {
	r := random()
	some := func() *half {
		h := &half{}
		for range r.IntN(4) {
			first := r.IntN(20)
			h.ports = append(h.ports, portRange{[]string{"TCP", "UDP", anyProtocol}[r.IntN(3)], first, first + r.IntN(4)})
		}
		return h
	}
	for range 3000 {
		var s, merged portSet
		var all []portRange
		for range 3 {
			h := some()
			all = append(all, h.ports...)
			s.add(h)
		}
		merged.merge(&s)
		h := some()
		want := slices.ContainsFunc(all, func(a portRange) bool {
			return slices.ContainsFunc(h.ports, func(b portRange) bool {
				return (a.protocol == b.protocol || a.protocol == anyProtocol || b.protocol == anyProtocol) && a.first <= b.last && b.first <= a.last
			})
		})
		if s.common(h) != want || merged.common(h) != want {
			t.Fatalf("%v and %v: want %v", all, h.ports, want)
		}
	}
}

// TestRivals finds the same routers as comparing each with each, and one finding for each that is not the first.
func TestRivals(t *testing.T) {
	r := random()
	hosts, paths := []string{"", "Host(`a`)", "Host(`b`)"}, []string{"", "Path(`/x`)", "PathPrefix(`/`)", "PathPrefix(`/x`)", "PathPrefix(`/x/y`)"}
	for run := range 400 {
		settings := traefik{encrypted: map[string]bool{"e2": true}}
		var routers []*router
		for i := range 2 + r.IntN(8) {
			var parts []string
			for _, p := range []string{hosts[r.IntN(len(hosts))], paths[r.IntN(len(paths))], []string{"", "", "Method(`GET`)"}[r.IntN(3)]} {
				if p != "" {
					parts = append(parts, p)
				}
			}
			if len(parts) == 0 {
				parts = []string{"Host(`c`)"}
			}
			o := &router{name: "r" + strconv.Itoa(i), namespace: "web", text: strings.Join(parts, " && "), tls: r.IntN(4) == 0}
			for _, e := range []string{"e1", "e2"} {
				if r.IntN(2) == 0 {
					o.entryPoints = append(o.entryPoints, e)
				}
			}
			o.understand(1 + r.IntN(2))
			routers = append(routers, o)
		}
		first := map[*router]*router{}
		for j, second := range routers {
			for _, other := range routers[:j] {
				if other.priority == second.priority && other.meets(second, &settings) && common(other, second) != nil && first[second] == nil {
					first[second] = other
				}
			}
		}
		got := rivalsOf(routers, &settings)
		for _, o := range routers {
			if (first[o] == nil) != (got[o].first == nil) {
				t.Errorf("%d: %s %s %v tls %v: got %v, want %v", run, o.name, o.text, o.entryPoints, o.tls, got[o].first, first[o])
			}
			if f := got[o].first; f != nil && (common(f, o) == nil || !f.meets(o, &settings) || f.priority != o.priority) {
				t.Errorf("%d: %s is no rival of %s", run, f, o)
			}
		}
		if t.Failed() {
			for _, o := range routers {
				t.Log(fmt.Sprint(o.name, " ", o.text, " ", o.entryPoints, " ", o.tls, " ", o.priority))
			}
			break
		}
	}
}

// TestManyRivals reports each of many routes once.
func TestManyRivals(t *testing.T) {
	var routers []*router
	for i := range 4 {
		o := &router{name: "r" + strconv.Itoa(i), namespace: "web", text: "Host(`a`)", entryPoints: []string{"e"}}
		o.understand(0)
		routers = append(routers, o)
	}
	got := rivalsOf(routers, &traefik{})
	for i, o := range routers {
		if i > 0 && (got[o].first != routers[0] || got[o].count != i) || i == 0 && got[o].first != nil {
			t.Errorf("%s: %v, %d", o.name, got[o].first, got[o].count)
		}
	}
}
