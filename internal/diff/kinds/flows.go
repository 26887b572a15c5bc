package kinds

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
)

var flows = &diff.Kind{
	Name:    "flow",
	Words:   []string{"flow-opened", "flow-closed"},
	Summary: "Pods reach somebody whom they did not reach, or reach somebody no longer",
	Find:    findFlows,
}

func findFlows(c *diff.Change, found func(diff.Consequence)) {
	switch {
	case c.Before.Context == nil || c.After.Context == nil:
		c.Unjudged("the cluster is on one side only")
		return
	case unmoved(c):
		return
	}
	sides := [2]*lint.Context{c.Before.Context, c.After.Context}
	ends := flowEnds(sides)
	t := touchedBy(c, ends)
	t.forgetUnread(c)
	changes, err := t.changes(len(ends))
	if err != nil {
		c.Unjudged(err.Error())
		return
	}
	w := &flowWriter{touched: t, change: c, changes: changes, found: found}
	w.freed()
	w.withoutParts()
	w.withoutGuesses()
	for _, l := range w.lines() {
		found(w.consequence(&l))
	}
	w.arrivals()
}

// forgetUnread leaves out the ends of namespaces that have a policy which cannot be read.
func (t *touched) forgetUnread(c *diff.Change) {
	for _, e := range t.ends {
		if _, ok := t.by[e]; !ok {
			continue
		}
		if namespace := e.either().Namespace; namespace != "" && (t.sides[0].Network.Unread(namespace) || t.sides[1].Network.Unread(namespace)) {
			delete(t.by, e)
			c.Unjudged("a policy for pods of " + namespace + " cannot be read")
		}
	}
}

// flowChange is what is different in the flows from one end to another. What depends on what is not known is apart.
type flowChange struct {
	from, to            *flowEnd
	opened, mayBeOpened verdict.Ports
	closed, mayBeClosed verdict.Ports
}

// mostFlows is how many flows are judged. More are changed by policies for all pods of large clusters only.
const mostFlows = 4_000_000

type tooManyFlows int

func (n tooManyFlows) Error() string {
	return "there are more than " + diag.Thousands(int(n)) + " flows to judge"
}

// changes judges the flows of the ends that are touched.
func (t *touched) changes(ends int) ([]flowChange, error) {
	var of []*flowEnd
	namespaces := map[string]bool{}
	for _, e := range t.ends {
		if _, ok := t.by[e]; ok {
			of = append(of, e)
			namespaces[e.group] = true
		}
	}
	if len(of) == 0 {
		return nil, nil
	}
	if len(of)*ends > mostFlows {
		return nil, tooManyFlows(mostFlows)
	}
	t.parts = namedParts(t.sides, namespaces)
	return t.between(of, append(slices.Clip(t.ends), t.parts...))
}

// between judges the flows from and to some ends, with all others.
func (t *touched) between(of, others []*flowEnd) ([]flowChange, error) {
	place := map[*flowEnd]int{}
	for i, e := range of {
		place[e] = i
	}
	var out []flowChange
	for i, e := range of {
		for _, other := range others {
			k, also := place[other]
			if !other.both() || other.moves() || also && k < i || !also && other.either().Pods != nil && other.either().Node { // they change with their nodes
				continue
			}
			ways := [][2]*flowEnd{{e, other}, {other, e}}
			if e == other {
				ways = ways[:1]
			}
			for i, w := range ways {
				if !also && t.halfAlike(e, other, i == 1) {
					continue
				}
				change, err := t.judged(w[0], w[1])
				if err != nil {
					return nil, err
				}
				if !change.none() {
					out = append(out, change)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b flowChange) int {
		return cmp.Or(cmp.Compare(a.from.key, b.from.key), cmp.Compare(a.to.key, b.to.key))
	})
	return out, nil
}

// halfAlike reports whether the policies of an end permit the same on both sides, in one direction, with another one that no change touches: then its
// half is the same as well, and needs not be read.
func (t *touched) halfAlike(e, other *flowEnd, ingress bool) bool {
	if t.changed[e] || other.either().FQDN != "" {
		return false
	}
	before, err := t.sides[0].Network.Halves(e.of[0], other.of[0], ingress)
	if err != nil {
		return false
	}
	after, err := t.sides[1].Network.Halves(e.of[1], other.of[1], ingress)
	return err == nil && slices.EqualFunc(before, after, func(a, b [2]verdict.Ports) bool {
		return a[0].Equal(b[0]) && a[1].Equal(b[1])
	})
}

func (f *flowChange) none() bool {
	return f.opened.Empty() && f.mayBeOpened.Empty() && f.closed.Empty() && f.mayBeClosed.Empty()
}

// judged compares the flows from one end to another.
func (t *touched) judged(from, to *flowEnd) (flowChange, error) {
	out := flowChange{from: from, to: to}
	var sure, perhaps [2]verdict.Ports
	for i, side := range t.sides {
		if from.of[i].Namespace == "" && to.of[i].Namespace == "" {
			sure[i], perhaps[i] = every, verdict.Ports{} // what nodes and the world do among themselves is no business of policies
			continue
		}
		var err error
		if sure[i], perhaps[i], err = side.Network.Permitted(from.of[i], to.of[i]); err != nil {
			return out, err
		}
	}
	if from == to && from.of[0].Alone() && from.of[1].Alone() {
		return out, nil // a pod always reaches itself
	}
	out.opened, out.mayBeOpened = more(sure[1], perhaps[1], sure[0], perhaps[0])
	out.closed, out.mayBeClosed = more(sure[0], perhaps[0], sure[1], perhaps[1])
	return out, nil
}

var every = verdict.Ports{"TCP": {{First: 1, Last: 65535}}, "UDP": {{First: 1, Last: 65535}}, "SCTP": {{First: 1, Last: 65535}},
	"ICMP": {{First: 0, Last: 65535}}, "ICMPV6": {{First: 0, Last: 65535}}}

// more is the ports that are permitted and were certainly not, and those of which either is not certain, and something about them differs.
func more(sure, perhaps, sureBefore, perhapsBefore verdict.Ports) (certain, uncertain verdict.Ports) {
	certain = sure.Without(sureBefore.Or(perhapsBefore))
	return certain, sure.And(perhapsBefore).Or(perhaps.Without(sureBefore.Or(perhapsBefore)))
}

// free reports whether no policy is for an end, in one direction.
func (t *touched) free(side int, e *flowEnd, ingress bool) bool {
	end := e.of[side]
	peer, err := t.sides[side].Network.Judge().Peer(end.Endpoint)
	return err == nil && end.Namespace != "" && t.sides[side].Network.Judge().Weight(peer, ingress) == 0
}

// uncertain is why not all policies are known that are for an end; empty when they are.
func (t *touched) uncertain(e *flowEnd) string {
	for i, side := range t.sides {
		if e.of[i] == nil || e.of[i].Namespace == "" {
			continue
		}
		switch n := side.Network.Namespace(e.of[i].Namespace); {
		case catalog.MadeByKubernetes(n.Name):
		case side.Network.Unread(n.Name):
			return "a policy for pods of " + n.Name + " cannot be read"
		case n.Entry == nil:
			return n.Name + " has no entry in the list: what policies it has is not known"
		case n.Why != "" && !side.Network.PoliciesKnown(n):
			return n.Name + ": " + n.Why + "; the policies that it may bring are not known"
		}
	}
	return ""
}

// deciding are the policies that decide about the flows of a change, those that let it pass on one side, and those that stop it on the other; and
// what of them is not judged.
func (t *touched) deciding(f *flowChange) (out []diff.ID, unjudged []string) {
	add := func(side int, from, to *network.End, ports verdict.Ports) {
		protocol, port, ok := ports.First()
		if !ok {
			return
		}
		v, err := t.sides[side].Network.Verdict(from, to, protocol, port)
		if err != nil {
			return
		}
		for _, d := range []verdict.Decision{v.Egress, v.Ingress} {
			for _, r := range slices.Concat(d.Rules, d.Unsure, d.Closed) {
				id := policyID(&t.sides[side].Network.Policies()[r.Policy])
				if !slices.Contains(out, id) {
					out = append(out, id)
				}
				if why := t.sides[side].Network.Judge().Unjudged(r); why != "" && !slices.Contains(unjudged, id.String()+": "+why) {
					unjudged = append(unjudged, id.String()+": "+why)
				}
			}
		}
	}
	for side := range t.sides {
		for _, ports := range []verdict.Ports{f.opened, f.closed, f.mayBeOpened, f.mayBeClosed} {
			add(side, f.from.of[side], f.to.of[side], ports)
		}
	}
	return out, unjudged
}
