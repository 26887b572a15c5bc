package kinds

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

// freed says of pods for which no policy is any more, in one direction, that everything is permitted, once and not flow by flow; and of those that
// got their first policy, the opposite.
func (w *flowWriter) freed() {
	for _, ingress := range []bool{true, false} {
		groups := map[string][]*flowEnd{} // of those that are different
		sides := map[*flowEnd]int{}       // on which they are free
		members := map[string]int{}
		var order []string
		for _, e := range w.ends {
			if !e.both() || e.moves() || e.either().Namespace == "" {
				continue
			}
			members[e.group]++
			if _, judged := w.by[e]; !judged {
				continue
			}
			side, flips := w.flips(e, ingress)
			if !flips {
				continue
			}
			if groups[e.group] == nil {
				order = append(order, e.group)
			}
			groups[e.group], sides[e] = append(groups[e.group], e), side
		}
		for _, name := range order {
			of := groups[name]
			alike := !slices.ContainsFunc(of, func(e *flowEnd) bool { return sides[e] != sides[of[0]] })
			if len(of) == members[name] && alike {
				w.sayFree(of, name, sides[of[0]], ingress)
				continue
			}
			for _, e := range of {
				w.sayFree([]*flowEnd{e}, e.name, sides[e], ingress)
			}
		}
		w.cover(sides, ingress)
	}
}

// flips reports whether an end is free on one side, and has policies on the other that deny what they do not permit.
func (w *flowWriter) flips(e *flowEnd, ingress bool) (side int, flips bool) {
	for side := range w.sides {
		other := w.sides[1-side].Network.Judge()
		peer, err := other.Peer(e.of[1-side].Endpoint)
		if err == nil && w.free(side, e, ingress) && other.Closed(peer, ingress) {
			return side, true
		}
	}
	return 0, false
}

// sayFree is the consequence for ends that are free on a side.
func (w *flowWriter) sayFree(of []*flowEnd, name string, side int, ingress bool) {
	out := diff.Consequence{Word: "flow-opened", Weight: diff.Danger}
	switch {
	case ingress && side == 1:
		out.Message = fmt.Sprintf("everything reaches %s now: no policy limits who does", name)
	case side == 1:
		out.Message = fmt.Sprintf("%s reaches everything now: no policy limits what it does", name)
	case ingress:
		out.Message = fmt.Sprintf("not everything reaches %s any more: its policies limit who does", name)
	default:
		out.Message = fmt.Sprintf("%s does not reach everything any more: its policies limit what it does", name)
	}
	verb := "now it reaches"
	if out.Subject = name + " → everything"; ingress {
		out.Subject, verb = "everything → "+name, "now it is reached by"
	}
	if side == 0 {
		out.Word, out.Weight = "flow-closed", diff.Notice
		out.Details = append(out.Details, w.flowsOf(1, of, ingress).says(verb))
	}
	for _, e := range of {
		for _, id := range w.by[e] {
			if !slices.Contains(out.Objects, id) {
				out.Objects = append(out.Objects, id)
			}
		}
		if why := w.uncertain(e); why != "" && !slices.Contains(out.Details, why) {
			out.Details = append(out.Details, why)
		}
	}
	w.found(out)
}

// cover takes out of the changes what is said of all flows of an end.
func (w *flowWriter) cover(sides map[*flowEnd]int, ingress bool) {
	for i := range w.changes {
		f := &w.changes[i]
		e := f.from
		if ingress {
			e = f.to
		}
		switch side, covered := sides[e]; {
		case covered && side == 1:
			f.opened, f.mayBeOpened = nil, nil
		case covered:
			f.closed, f.mayBeClosed = nil, nil
		}
	}
	w.changes = slices.DeleteFunc(w.changes, func(f flowChange) bool { return f.none() })
}
