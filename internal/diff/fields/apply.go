package fields

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Apply is what becomes of a value when the differences are made in it. From is not changed. An error means that they are not differences from it.
func Apply(from any, differences []Difference) (any, error) { return apply(from, differences, 0) }

// apply makes differences whose first steps, as many as depth, lead to a value.
func apply(v any, all []Difference, depth int) (any, error) {
	if len(all) == 0 {
		return v, nil
	}
	if d := all[0]; len(all) == 1 && len(d.Path) == depth && d.Change != Moved {
		if !reflect.DeepEqual(v, d.From) {
			return nil, fmt.Errorf("%s: is another value before", d.Path)
		}
		return d.To, nil
	}
	switch v := v.(type) {
	case map[string]any:
		return applyMapping(v, all, depth)
	case []any:
		return applyList(v, all, depth)
	}
	return nil, fmt.Errorf("%s: has no fields before", all[0].Path)
}

func applyMapping(from map[string]any, all []Difference, depth int) (any, error) {
	out := maps.Clone(from)
	below := map[string][]Difference{}
	for _, d := range all {
		if len(d.Path) <= depth || d.Path[depth].element() {
			return nil, fmt.Errorf("%s: is a mapping before", d.Path)
		}
		below[d.Path[depth].Key] = append(below[d.Path[depth].Key], d)
	}
	for _, key := range slices.Sorted(maps.Keys(below)) {
		differences := below[key]
		d := differences[0]
		v, there := from[key]
		whole := len(d.Path) == depth+1 && d.Change != Moved
		if there == (whole && d.Change == Added) {
			return nil, fmt.Errorf("%s: cannot be %s", d.Path, d.Change)
		}
		made, err := apply(v, differences, depth+1)
		if err != nil {
			return nil, err
		}
		if out[key] = made; whole && d.Change == Removed {
			delete(out, key)
		}
	}
	return out, nil
}

// edits are the differences of a list.
type edits struct {
	moved *Difference
	added []Difference         // by their place
	below map[int][]Difference // by the place in From
}

func editsOf(all []Difference, depth int) (edits, error) {
	e := edits{below: map[int][]Difference{}}
	for _, d := range all {
		switch {
		case len(d.Path) == depth && d.Change == Moved && e.moved == nil:
			e.moved = &d
		case len(d.Path) <= depth || !d.Path[depth].element():
			return e, fmt.Errorf("%s: is a list before", d.Path)
		case len(d.Path) == depth+1 && d.Change == Added:
			e.added = append(e.added, d)
		default:
			e.below[d.Path[depth].Index] = append(e.below[d.Path[depth].Index], d)
		}
	}
	slices.SortStableFunc(e.added, func(a, b Difference) int { return cmp.Compare(a.Path[depth].To, b.Path[depth].To) })
	return e, nil
}

func applyList(from []any, all []Difference, depth int) (any, error) {
	e, err := editsOf(all, depth)
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(from))
	for i, v := range from {
		differences := e.below[i]
		delete(e.below, i)
		made, err := apply(v, differences, depth+1)
		if err != nil {
			return nil, err
		}
		if len(differences) == 0 || len(differences[0].Path) > depth+1 || differences[0].Change != Removed {
			kept = append(kept, made)
		}
	}
	if len(e.below) > 0 {
		return nil, fmt.Errorf("%s: is no element before", e.below[slices.Min(slices.Collect(maps.Keys(e.below)))][0].Path)
	}
	if e.moved != nil {
		if kept, err = moved(kept, e.moved); err != nil {
			return nil, err
		}
	}
	out := make([]any, 0, len(kept)+len(e.added))
	for _, d := range e.added {
		n := d.Path[depth].To - len(out)
		if n < 0 || n > len(kept) {
			return nil, fmt.Errorf("%s: has no place", d.Path)
		}
		out, kept = append(append(out, kept[:n]...), d.To), kept[n:]
	}
	return append(out, kept...), nil
}

// moved puts elements, which have the keys that From lists, into the order of To.
func moved(kept []any, d *Difference) ([]any, error) {
	from, _ := d.From.([]any)
	to, _ := d.To.([]any)
	at := make(map[any]int, len(from))
	for i, key := range from {
		if _, text := key.(string); text {
			at[key] = i
		}
	}
	if len(from) != len(kept) || len(to) != len(kept) || len(at) != len(kept) {
		return nil, fmt.Errorf("%s: has other elements before", d.Path)
	}
	out := make([]any, 0, len(kept))
	for _, key := range to {
		_, text := key.(string)
		i, known := -1, false
		if text {
			i, known = at[key]
		}
		if !known {
			return nil, fmt.Errorf("%s: has other elements before", d.Path)
		}
		delete(at, key)
		out = append(out, kept[i])
	}
	return out, nil
}
