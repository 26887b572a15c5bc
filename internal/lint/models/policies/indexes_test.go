package policies

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/pods"
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
		x.add(pods.Selector{Equal: equal})
	}
	for i, s := range x.all {
		near := map[int]bool{}
		x.near(s, func(j int) bool { near[j] = true; return true })
		for j := range x.all {
			if !s.Disjoint(x.all[j]) && !near[j] {
				t.Fatalf("%d: %v is not near to %v", i, x.all[j].Equal, s.Equal)
			}
		}
	}
	// Of many, few are compared.
	var many selectorIndex
	for i := range 1000 {
		many.add(pods.Selector{Equal: map[string]string{pods.PodNamespace: "web", "app": strconv.Itoa(i)}})
	}
	many.add(pods.Selector{Equal: map[string]string{pods.PodNamespace: "web"}})
	asked := 0
	many.near(pods.Selector{Equal: map[string]string{pods.PodNamespace: "web", "app": "7"}}, func(int) bool { asked++; return true })
	if asked != 2 {
		t.Errorf("%d of 1,001 are near", asked)
	}
}

func TestAddressIndex(t *testing.T) {
	r := random()
	var nodes []catalog.Node
	for range 60 {
		nodes = append(nodes, catalog.Node{Address: netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(4)), byte(r.IntN(256))})})
	}
	nodes = append(nodes, catalog.Node{Address: netip.MustParseAddr("fd00::1")})
	x := IndexAddresses(nodes)
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
		if got, ok := x.Covered(c, except); ok != (want >= 0) || ok && nodes[got].Address != nodes[want].Address {
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
