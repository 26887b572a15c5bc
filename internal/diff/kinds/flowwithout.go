package kinds

import "slices"

// withoutParts leaves out what is said of the whole world, where a part of it is concerned that policies name.
func (w *flowWriter) withoutParts() {
	type way struct{ from, to *flowEnd }
	world := map[way]*flowChange{}
	of := func(f *flowChange) way {
		if f.from.group == theWorld {
			return way{nil, f.to}
		}
		return way{f.from, nil}
	}
	for i := range w.changes {
		if f := &w.changes[i]; f.from.group == theWorld || f.to.group == theWorld {
			world[of(f)] = f
		}
	}
	part := map[*flowEnd]bool{}
	for _, p := range w.parts {
		part[p] = true
	}
	for i := range w.changes {
		f := &w.changes[i]
		at := way{f.from, nil}
		switch {
		case part[f.from]:
			at = way{nil, f.to}
		case !part[f.to]:
			continue
		}
		if all := world[at]; all != nil {
			f.opened, f.closed = f.opened.Without(all.opened), f.closed.Without(all.closed)
			f.mayBeOpened, f.mayBeClosed = f.mayBeOpened.Without(all.opened.Or(all.mayBeOpened)), f.mayBeClosed.Without(all.closed.Or(all.mayBeClosed))
		}
	}
	w.changes = slices.DeleteFunc(w.changes, func(f flowChange) bool { return f.none() })
}

// withoutGuesses leaves out what pods that nobody here can see perhaps take part in, where others of their namespace certainly do: those are meant.
func (w *flowWriter) withoutGuesses() {
	type way struct {
		end   *flowEnd // the other one
		group string
		from  bool // whether they are where the flow comes from
	}
	certain := map[way]*flowChange{}
	for i := range w.changes {
		f := &w.changes[i]
		if !f.opened.Empty() || !f.closed.Empty() {
			certain[way{f.to, f.from.group, true}], certain[way{f.from, f.to.group, false}] = f, f
		}
	}
	for i := range w.changes {
		f := &w.changes[i]
		at := way{f.to, f.from.group, true}
		if f.to.unseen() {
			at = way{f.from, f.to.group, false}
		}
		if sure := certain[at]; sure != nil && (f.from.unseen() || f.to.unseen()) {
			f.mayBeOpened, f.mayBeClosed = f.mayBeOpened.Without(sure.opened), f.mayBeClosed.Without(sure.closed)
		}
	}
	w.changes = slices.DeleteFunc(w.changes, func(f flowChange) bool { return f.none() })
}
