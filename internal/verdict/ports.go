package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Ports is a set of ports by protocol, in no more ranges than are needed. Of ICMP the ports are the types of messages.
type Ports map[string][]Range

// Range is ports from one to another, both included.
type Range struct{ First, Last uint16 }

// protocols are those that have ports or types, in the order in which they are printed.
var protocols = [...]string{"TCP", "UDP", "SCTP", "ICMP", "ICMPV6"}

// All reports whether the set has every port of TCP, UDP and SCTP.
func (p Ports) All() bool {
	for _, protocol := range protocols[:3] {
		if !slices.Equal(p[protocol], []Range{{1, 65535}}) {
			return false
		}
	}
	return true
}

// Empty reports whether the set has no port.
func (p Ports) Empty() bool {
	for _, ranges := range p {
		if len(ranges) > 0 {
			return false
		}
	}
	return true
}

// Equal reports whether two sets have the same ports.
func (p Ports) Equal(q Ports) bool {
	for _, protocol := range protocols {
		if !slices.Equal(p[protocol], q[protocol]) {
			return false
		}
	}
	return true
}

// Has reports whether a port is in the set.
func (p Ports) Has(protocol string, port uint16) bool {
	i, _ := slices.BinarySearchFunc(p[protocol], port, func(r Range, port uint16) int { return cmp.Compare(r.Last, port) })
	return i < len(p[protocol]) && p[protocol][i].First <= port
}

// First is the first port of the set, in the order in which it is printed; false when it is empty.
func (p Ports) First() (protocol string, port uint16, ok bool) {
	for _, protocol := range protocols {
		if ranges := p[protocol]; len(ranges) > 0 {
			return protocol, max(1, ranges[0].First), true
		}
	}
	return "", 0, false
}

// String lists the ports: all, none, or such as 80/TCP, 8000-8100/TCP.
func (p Ports) String() string {
	if p.All() {
		return "all"
	}
	var out []string
	for _, protocol := range append([]string{anyTransport}, protocols[:]...) {
		for _, r := range p.of(protocol) {
			switch {
			case r.Last == 65535 && r.First <= 1:
				out = append(out, protocol)
			case r.First == r.Last:
				out = append(out, fmt.Sprintf("%d/%s", r.First, protocol))
			default:
				out = append(out, fmt.Sprintf("%d-%d/%s", r.First, r.Last, protocol))
			}
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// anyTransport is how ports of TCP, UDP and SCTP alike are printed, as in policies.
const anyTransport = "ANY"

// of are the ranges to print of a protocol: those of ANY are those that all three have, and the others have the rest.
func (p Ports) of(protocol string) []Range {
	shared := func(r Range) bool {
		return !slices.ContainsFunc(transport, func(t string) bool {
			_, found := slices.BinarySearchFunc(p[t], r, func(a, b Range) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
			return !found
		})
	}
	var out []Range
	switch {
	case protocol == anyTransport:
		for _, r := range p["TCP"] {
			if shared(r) {
				out = append(out, r)
			}
		}
	case slices.Contains(transport, protocol):
		for _, r := range p[protocol] {
			if !shared(r) {
				out = append(out, r)
			}
		}
	default:
		return p[protocol]
	}
	return out
}

// everything is all ports of all protocols.
func everything() Ports {
	out := Ports{}
	for _, protocol := range protocols {
		first := uint16(1)
		if strings.HasPrefix(protocol, "ICMP") {
			first = 0
		}
		out[protocol] = []Range{{first, 65535}}
	}
	return out
}

// And is the ports that are in both sets.
func (p Ports) And(q Ports) Ports {
	out := Ports{}
	for protocol, a := range p {
		b := q[protocol]
		for i, j := 0, 0; i < len(a) && j < len(b); {
			if r := (Range{max(a[i].First, b[j].First), min(a[i].Last, b[j].Last)}); r.First <= r.Last {
				out[protocol] = append(out[protocol], r)
			}
			if a[i].Last < b[j].Last {
				i++
			} else {
				j++
			}
		}
	}
	return out
}

// Or is the ports that are in one of the sets.
func (p Ports) Or(q Ports) Ports {
	out := Ports{}
	out.join(p)
	out.join(q)
	out.tidy()
	return out
}

// add adds ports of a protocol; tidy has to follow.
func (p Ports) add(protocol string, r Range) { p[protocol] = append(p[protocol], r) }

// join adds all ports of q; tidy has to follow.
func (p Ports) join(q Ports) {
	for protocol, ranges := range q {
		p[protocol] = append(slices.Clip(p[protocol]), ranges...)
	}
}

// tidy sorts and joins the ranges.
func (p Ports) tidy() {
	for protocol, ranges := range p {
		slices.SortFunc(ranges, func(a, b Range) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
		out := ranges[:0]
		for _, r := range ranges {
			if n := len(out); n > 0 && int(r.First) <= int(out[n-1].Last)+1 {
				out[n-1].Last = max(out[n-1].Last, r.Last)
			} else {
				out = append(out, r)
			}
		}
		p[protocol] = out
	}
}

// Without is the ports of p that are not in q.
func (p Ports) Without(q Ports) Ports {
	out := Ports{}
	for protocol, ranges := range p {
		gone, next := q[protocol], 0
		for _, r := range ranges {
			from := int(r.First)
			for next < len(gone) && gone[next].Last < r.First {
				next++
			}
			for _, g := range gone[next:] {
				if g.First > r.Last {
					break
				}
				if int(g.First) > from {
					out.add(protocol, Range{uint16(from), g.First - 1})
				}
				from = int(g.Last) + 1
			}
			if from <= int(r.Last) {
				out.add(protocol, Range{uint16(from), r.Last})
			}
		}
	}
	return out
}
