package kinds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/verdict"
)

// arrivals says in one line each whom new pods reach, and who reaches them; and likewise for those that are gone.
func (w *flowWriter) arrivals() {
	var there [2]map[string]bool // the namespaces
	for i, side := range w.sides {
		there[i] = map[string]bool{}
		for _, n := range side.Network.Namespaces() {
			there[i][n.Name] = true
		}
	}
	type arrival struct {
		name string
		side int
	}
	of := map[arrival][]*flowEnd{}
	var order []arrival
	for _, e := range w.ends {
		if e.both() || e.either().Namespace == "" && e.either().Pods == nil {
			continue
		}
		side := 0
		if e.of[1] != nil {
			side = 1
		}
		a := arrival{e.name, side}
		switch {
		case !there[1-side][e.group]:
			a.name = e.group
		case e.either().Pods == nil:
			continue // whether there are pods besides those that are known
		}
		if of[a] == nil {
			order = append(order, a)
		}
		of[a] = append(of[a], e)
	}
	var all []flowArrival
	for _, a := range order {
		if one := w.arrival(a.name, a.side, of[a]); !one.reaches.none() || !one.reached.none() {
			all = append(all, one)
		}
	}
	for _, a := range joinedArrivals(all) {
		w.found(a.consequence())
	}
	for _, e := range w.ends {
		if e.moves() {
			w.found(w.moved(e))
		}
	}
}

// moved is the consequence for pods that move to the network of their node, or away from it.
func (w *flowWriter) moved(e *flowEnd) diff.Consequence {
	if e.of[1].Node {
		return diff.Consequence{Word: "flow-opened", Weight: diff.Danger, Subject: e.name, Objects: w.causeOf(w.change, e),
			Message: e.name + " is on the network of its node now: policies know it as a node, and none limits what it reaches or who reaches it"}
	}
	return diff.Consequence{Word: "flow-closed", Weight: diff.Notice, Subject: e.name, Objects: w.causeOf(w.change, e),
		Message: e.name + " is not on the network of its node any more: the policies of pods are for it",
		Details: []string{w.flowsOf(1, []*flowEnd{e}, false).says("now it reaches"), w.flowsOf(1, []*flowEnd{e}, true).says("now it is reached by")}}
}

// flowArrival are pods that are new, or gone, with what is said of their flows.
type flowArrival struct {
	names            []string
	side             int
	reaches, reached *flowsOf
	beside           bool // whether everything reached others of their namespace before
	objects          []diff.ID
}

func (w *flowWriter) arrival(name string, side int, of []*flowEnd) flowArrival {
	out := flowArrival{names: []string{name}, side: side, reaches: w.flowsOf(side, of, false), reached: w.flowsOf(side, of, true)}
	out.beside = slices.ContainsFunc(w.ends, func(e *flowEnd) bool {
		return e.group == of[0].group && e.of[0] != nil && e.of[0].Namespace != "" && w.free(0, e, true)
	})
	for _, e := range of {
		out.objects = append(out.objects, w.causeOf(w.change, e)...)
	}
	for _, p := range changedPolicies(w.change) {
		if p.ID.Namespace == of[0].group {
			out.objects = append(out.objects, p.ID)
		}
	}
	return out
}

// joinedArrivals makes one of many of which the same is said.
func joinedArrivals(all []flowArrival) []flowArrival {
	count, first := map[string]int{}, map[string]int{}
	key := func(a *flowArrival) string { return fmt.Sprint(a.side, a.reaches.says(""), "\x00", a.reached.says("")) }
	for i := range all {
		count[key(&all[i])]++
	}
	var out []flowArrival
	for _, a := range all {
		k := key(&a)
		at, known := first[k]
		if count[k] <= fewLines || !known {
			first[k], out = len(out), append(out, a)
			continue
		}
		out[at].beside = out[at].beside && a.beside
		out[at].names, out[at].objects = append(out[at].names, a.names...), append(out[at].objects, a.objects...)
	}
	for _, a := range out {
		slices.Sort(a.names)
	}
	return out
}

func (a *flowArrival) consequence() diff.Consequence {
	out := diff.Consequence{Word: "flow-opened", Weight: diff.Notice, Subject: someNames(a.names), Objects: a.objects}
	are, each := "is", "it"
	if len(a.names) > 1 {
		are, each, out.Details = "are", "each", []string{namesText(a.names)}
	}
	if a.side == 1 {
		out.Message = fmt.Sprintf("%s %s new: %s; %s", out.Subject, are, a.reaches.says(each+" reaches"), a.reached.says(each+" is reached by"))
		if a.reached.all && !a.beside || slices.Contains(a.reached.names, theWorld) {
			out.Weight = diff.Danger
		}
	} else {
		out.Word, out.Weight = "flow-closed", diff.Plain
		out.Message = fmt.Sprintf("%s %s gone: %s; %s", out.Subject, are, a.reaches.says(each+" reached"), a.reached.says(each+" was reached by"))
	}
	return out
}

// flowsOf are those of some pods in one direction, on one side: with whom, on which ports.
type flowsOf struct {
	all   bool // whether there is no policy
	names []string
	ports []verdict.Ports // of each
}

func (w *flowWriter) flowsOf(side int, of []*flowEnd, ingress bool) *flowsOf {
	out := &flowsOf{all: !slices.ContainsFunc(of, func(e *flowEnd) bool { return !e.of[side].Node && !w.free(side, e, ingress) })}
	if out.all {
		return out
	}
	add := func(e *flowEnd, ports verdict.Ports) {
		if ports.Empty() {
			return
		}
		name := cmp.Or(e.role, e.group)
		i := slices.Index(out.names, name)
		if i < 0 {
			out.names, out.ports = append(out.names, name), append(out.ports, ports)
			return
		}
		out.ports[i] = out.ports[i].Or(ports)
	}
	each := func(other *flowEnd, without verdict.Ports) {
		for _, e := range of {
			if other.of[side] == nil || other.group == e.group || ingress && other.of[side].Entity == "host" { // the kubelet always reaches pods
				continue
			}
			from, to := e.of[side], other.of[side]
			if ingress {
				from, to = to, from
			}
			if e.of[side].Namespace == "" && other.of[side].Namespace == "" {
				continue
			}
			if sure, _, err := w.sides[side].Network.Permitted(from, to); err == nil {
				add(other, sure.Without(without))
			}
		}
	}
	for _, e := range w.ends {
		each(e, nil)
	}
	var world verdict.Ports
	if i := slices.Index(out.names, theWorld); i >= 0 {
		world = out.ports[i]
	}
	for _, p := range w.partsOf(of[0].group) {
		each(p, world)
	}
	return out
}

// partsOf are the parts of the world that policies name, of one namespace.
func (w *flowWriter) partsOf(namespace string) []*flowEnd {
	return namedParts(w.sides, map[string]bool{namespace: true})
}

func (f *flowsOf) none() bool { return !f.all && len(f.names) == 0 }

// says are the flows in a part of a sentence.
func (f *flowsOf) says(verb string) string {
	if f.all {
		return verb + " everything, as no policy limits that"
	}
	if len(f.names) == 0 {
		return verb + " nobody"
	}
	const most = 8
	var texts []string
	for i, name := range f.names {
		texts = append(texts, name+" on "+portsText(f.ports[i]))
	}
	if more := len(texts) - most; more > 0 {
		return fmt.Sprintf("%s %s and %d more", verb, strings.Join(texts[:most], ", "), more)
	}
	return verb + " " + enumerated(texts)
}
