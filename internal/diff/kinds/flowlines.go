package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/verdict"
)

// flowWriter makes consequences of changes of flows: few, for people to read.
type flowWriter struct {
	*touched
	change  *diff.Change
	changes []flowChange
	found   func(diff.Consequence)
}

// flowLine is what is said in one line: that all flows of a list are different in the same way.
type flowLine struct {
	sources, targets []string
	of               []flowChange
}

// alike is the same for flows that are different in the same way.
func (f *flowChange) alike() string {
	return fmt.Sprint(f.opened, "\x00", f.mayBeOpened, "\x00", f.closed, "\x00", f.mayBeClosed)
}

// likeness is as alike, but of what is not certain the ports do not matter.
func (f *flowChange) likeness() string {
	if f.opened.Empty() && f.closed.Empty() {
		return fmt.Sprint("perhaps", f.mayBeOpened.Empty(), f.mayBeClosed.Empty())
	}
	return f.alike()
}

// lines are what is different in the flows between namespaces, or between their workloads where these are not alike.
func (w *flowWriter) lines() []flowLine {
	type pair struct{ from, to string }
	groups := map[pair][]flowChange{}
	var order []pair
	for _, f := range w.changes {
		p := pair{f.from.group, f.to.group}
		if groups[p] == nil {
			order = append(order, p)
		}
		groups[p] = append(groups[p], f)
	}
	members := map[string][]*flowEnd{}
	for _, e := range slices.Concat(w.ends, w.parts) {
		if _, judged := w.by[e]; e.both() && !e.moves() && (judged || e.either().Pods == nil || !e.either().Node) {
			members[e.group] = append(members[e.group], e)
		}
	}
	var out []flowLine
	for _, p := range order {
		out = append(out, linesBetween(groups[p], members[p.from], members[p.to])...)
	}
	out = joinedLines(out, func(l *flowLine) (string, *[]string) { return l.targets[0], &l.sources })
	return joinedLines(out, func(l *flowLine) (string, *[]string) { return strings.Join(l.sources, "\x00"), &l.targets })
}

// linesBetween are the lines about the flows from one group to another: one, if all are alike.
func linesBetween(changes []flowChange, from, to []*flowEnd) []flowLine {
	left := map[[2]*flowEnd]flowChange{}
	for _, f := range changes {
		left[[2]*flowEnd{f.from, f.to}] = f
	}
	var out []flowLine
	take := func(from, to []*flowEnd, source, target string) {
		var all []flowChange
		for _, a := range from {
			for _, b := range to {
				f, found := left[[2]*flowEnd{a, b}]
				if found && (len(all) == 0 || all[0].alike() == f.alike()) {
					all = append(all, f)
				} else if a != b || !a.either().Alone() {
					return
				}
			}
		}
		for _, f := range all {
			delete(left, [2]*flowEnd{f.from, f.to})
		}
		if len(all) > 0 {
			out = append(out, flowLine{[]string{source}, []string{target}, all})
		}
	}
	take(from, to, from[0].group, to[0].group)
	for _, a := range from {
		take([]*flowEnd{a}, to, a.name, to[0].group)
	}
	for _, b := range to {
		take(from, []*flowEnd{b}, from[0].group, b.name)
	}
	for _, f := range changes {
		take([]*flowEnd{f.from}, []*flowEnd{f.to}, f.from.name, f.to.name)
	}
	return out
}

// fewLines is how many lines are written that differ in one of the ends only.
const fewLines = 4

// joinedLines makes one line of many that differ in one of their ends only: the one that of points at.
func joinedLines(all []flowLine, of func(*flowLine) (same string, other *[]string)) []flowLine {
	key := func(l *flowLine) string {
		same, other := of(l)
		if len(*other) > 1 {
			return ""
		}
		return same + "\x00" + l.of[0].likeness()
	}
	count, first := map[string]int{}, map[string]int{}
	for i := range all {
		count[key(&all[i])]++
	}
	var out []flowLine
	for _, l := range all {
		k := key(&l)
		at, known := first[k]
		switch {
		case k == "" || count[k] <= fewLines:
			out = append(out, l)
		case !known:
			first[k] = len(out)
			out = append(out, l)
		default:
			_, into := of(&out[at])
			_, other := of(&l)
			*into = append(*into, *other...)
			slices.SortStableFunc(*into, func(a, b string) int { return worldFirst(a) - worldFirst(b) })
			out[at].of = append(out[at].of, l.of...)
		}
	}
	return out
}

func worldFirst(name string) int {
	if name == theWorld {
		return 0
	}
	return 1
}

// consequence is what a line says.
func (w *flowWriter) consequence(l *flowLine) diff.Consequence {
	f := &l.of[0]
	out := diff.Consequence{Word: "flow-closed", Weight: diff.Notice, Subject: someNames(l.sources) + " → " + someNames(l.targets)}
	if !f.opened.Empty() || !f.mayBeOpened.Empty() {
		out.Word = "flow-opened"
	}
	if !f.opened.Empty() && (slices.Contains(l.sources, theWorld) || slices.Contains(l.targets, theWorld)) {
		out.Weight = diff.Danger
	}
	target := someNames(l.targets)
	if len(l.targets) == 1 && slices.Equal(l.sources, l.targets) {
		target = "other pods of its own"
	}
	verb := " reaches "
	if len(l.sources) > 1 || l.sources[0] == theNodes || strings.HasPrefix(l.sources[0], "other ") {
		verb = " reach "
	}
	on := portsText
	if slices.ContainsFunc(l.of, func(other flowChange) bool { return other.alike() != f.alike() }) {
		on = func(verdict.Ports) string { return "some ports" }
	}
	out.Message = someNames(l.sources)
	begin := verb + target
	for _, part := range []struct {
		ports verdict.Ports
		how   string
	}{{f.opened, " now"}, {f.mayBeOpened, " perhaps now"}, {f.closed, " no longer"}, {f.mayBeClosed, " perhaps no longer"}} {
		if part.ports.Empty() {
			continue
		}
		if begin == "" {
			out.Message += ", and"
		}
		out.Message += part.how + begin + " on " + on(part.ports)
		begin = ""
	}
	for _, names := range [][]string{l.sources, l.targets} {
		if len(names) > 1 {
			out.Details = append(out.Details, namesText(names))
		}
	}
	w.because(&out, l)
	return out
}

// because adds what has changed a line's flows, and what is not known of them.
func (w *flowWriter) because(out *diff.Consequence, l *flowLine) {
	const most = 20 // flows that are looked at
	deciding, unjudged := w.deciding(&l.of[0])
	out.Details = append(out.Details, unjudged...)
	var others []diff.ID
	for _, f := range l.of[:min(most, len(l.of))] {
		for _, e := range []*flowEnd{f.from, f.to} {
			for _, id := range w.by[e] {
				list := &others
				if slices.Contains(deciding, id) {
					list = &out.Objects
				}
				if !slices.Contains(*list, id) {
					*list = append(*list, id)
				}
			}
			if why := w.uncertain(e); why != "" && !slices.Contains(out.Details, why) {
				out.Details = append(out.Details, why)
			}
		}
	}
	if len(out.Objects) == 0 {
		out.Objects = others
	}
}

// portsText are ports in a sentence.
func portsText(p verdict.Ports) string {
	if p.All() {
		return "all ports"
	}
	return p.String()
}

// someNames are names in a sentence, if they are few.
func someNames(names []string) string {
	if len(names) > fewLines {
		return fmt.Sprintf("%s and %d others", names[0], len(names)-1)
	}
	return enumerated(names)
}

// namesText are many names.
func namesText(names []string) string {
	const most = 30
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d others", strings.Join(names[:most], ", "), more)
	}
	return enumerated(names)
}
