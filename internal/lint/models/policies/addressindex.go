package policies

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"

	"github.com/hippotion/roster/catalog"
)

// AddressIndex finds the first of the nodes, as they are listed, that has an address in a range.
type AddressIndex struct {
	addresses []netip.Addr // in order
	first     [][]int      // first[k][i] is the least place in the list among the 2^k addresses from i on
}

func IndexAddresses(nodes []catalog.Node) *AddressIndex {
	places := make([]int, len(nodes))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return nodes[a].Address.Compare(nodes[b].Address) })
	x := &AddressIndex{first: [][]int{places}}
	for _, place := range places {
		x.addresses = append(x.addresses, nodes[place].Address)
	}
	for width := 1; 2*width <= len(places); width *= 2 {
		before := x.first[len(x.first)-1]
		row := make([]int, len(before)-width)
		for i := range row {
			row[i] = min(before[i], before[i+width])
		}
		x.first = append(x.first, row)
	}
	return x
}

// least is the first place in the list among the addresses from one index up to another one; negative when there is none.
func (x *AddressIndex) least(from, to int) int {
	if from >= to {
		return -1
	}
	k := 0
	for 2<<k <= to-from {
		k++
	}
	return min(x.first[k][from], x.first[k][to-1<<k])
}

// bounds are the indexes of the first address in a prefix, and of the first one after it.
func (x *AddressIndex) bounds(p netip.Prefix) (from, to int) {
	from, _ = slices.BinarySearchFunc(x.addresses, p.Masked().Addr(), netip.Addr.Compare)
	to = from + sort.Search(len(x.addresses)-from, func(i int) bool { return !p.Contains(x.addresses[from+i]) })
	return from, to
}

// Covered is the first node in a CIDR without its exceptions; its index, and whether there is one. A CIDR that covers every address does
// not count.
func (x *AddressIndex) Covered(cidr string, except []string) (place int, ok bool) {
	p, err := Prefix(cidr)
	if err != nil || p.Bits() == 0 {
		return 0, false
	}
	from, to := x.bounds(p)
	type span struct{ from, to int }
	var gaps []span
	for _, e := range except {
		part, err := Prefix(e)
		if err != nil {
			return 0, false // what it leaves out is unknown
		}
		if a, b := x.bounds(part); a < b {
			gaps = append(gaps, span{a, b})
		}
	}
	slices.SortFunc(gaps, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	place = -1
	take := func(i int) {
		if i >= 0 && (place < 0 || i < place) {
			place = i
		}
	}
	for _, g := range gaps {
		take(x.least(from, min(g.from, to)))
		from = max(from, g.to)
	}
	take(x.least(from, to))
	return place, place >= 0
}
