package fields

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// The bounds of a comparison. What is beyond them is replaced as a whole: the path of a difference is as long as it is deep.
const (
	deepest         = 64
	mostDifferences = 20_000
	mostCells       = 1 << 18 // pairs of elements of lists that are compared with each other
)

// Compare are the fields in which two values differ, in order. Either may be nil: then all of the other one is added, or removed. The values of
// the differences are parts of both, and not copies.
func Compare(from, to any) []Difference {
	switch {
	case from == nil && to == nil:
		return nil
	case from == nil:
		return []Difference{{Change: Added, To: to}}
	case to == nil:
		return []Difference{{Change: Removed, From: from}}
	}
	c := comparison{sums: map[part]string{}, cells: mostCells}
	c.values(from, to)
	return c.out
}

// comparison is one run of Compare.
type comparison struct {
	at    Path // where it is; the path of a difference is a copy
	out   []Difference
	sums  map[part]string // of parts that were compared as a whole
	cells int             // that are left
}

// part identifies a mapping or a list in memory.
type part struct {
	at  uintptr
	len int
}

// add adds a difference. One more than the most is enough to know that there are too many.
func (c *comparison) add(change Change, from, to any) {
	if len(c.out) <= mostDifferences {
		c.out = append(c.out, Difference{Path: slices.Clone(c.at), Change: change, From: from, To: to})
	}
}

// one compares what is one step further, or adds it as a whole when only one side has it.
func (c *comparison) one(change Change, s Step, from, to any) {
	c.at = append(c.at, s)
	if change == Changed {
		c.values(from, to)
	} else {
		c.add(change, from, to)
	}
	c.at = c.at[:len(c.at)-1]
}

func (c *comparison) values(from, to any) {
	known := len(c.out)
	if len(c.at) < deepest && known < mostDifferences && c.parts(from, to) {
		if len(c.out) > mostDifferences {
			c.out = c.out[:known]
			c.add(Changed, from, to)
		}
		return
	}
	if c.identity(from) != c.identity(to) {
		c.add(Changed, from, to)
	}
}

// parts compares what two mappings, or two lists, have; it returns false when the values are not that.
func (c *comparison) parts(from, to any) bool {
	switch f := from.(type) {
	case map[string]any:
		if t, ok := to.(map[string]any); ok {
			c.mappings(f, t)
			return true
		}
	case []any:
		if t, ok := to.([]any); ok {
			c.lists(f, t)
			return true
		}
	}
	return false
}

func (c *comparison) mappings(from, to map[string]any) {
	keys := slices.AppendSeq(make([]string, 0, len(from)), maps.Keys(from))
	for key := range to {
		if _, both := from[key]; !both {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		f, before := from[key]
		t, after := to[key]
		change := Changed
		switch {
		case !before:
			change = Added
		case !after:
			change = Removed
		}
		c.one(change, Step{Key: key}, f, t)
	}
}

// identity is a value itself or, of a mapping or a list, a sum: both are equal when the values are.
func (c *comparison) identity(v any) any {
	switch v.(type) {
	case map[string]any, []any:
		return sum(c.sum(v))
	}
	return v
}

// sum is one that no text is equal to.
type sum string

// sum is made once of each mapping and list, so that what is nested deeply costs no more than what is not.
func (c *comparison) sum(v any) string {
	r := reflect.ValueOf(v)
	key := part{r.Pointer(), r.Len()}
	known, again := c.sums[key]
	if again && key.len > 0 {
		return known
	}
	h := sha256.New()
	write := func(v any) {
		switch v := v.(type) {
		case map[string]any, []any:
			_, _ = fmt.Fprintf(h, "part %s\n", c.sum(v))
		case string:
			_, _ = fmt.Fprintf(h, "text %d %s\n", len(v), v)
		default:
			_, _ = fmt.Fprintf(h, "%T %v\n", v, v)
		}
	}
	switch v := v.(type) {
	case map[string]any:
		_, _ = fmt.Fprintln(h, "mapping")
		for _, k := range slices.Sorted(maps.Keys(v)) {
			write(k)
			write(v[k])
		}
	case []any:
		_, _ = fmt.Fprintln(h, "list")
		for _, e := range v {
			write(e)
		}
	}
	out := hex.EncodeToString(h.Sum(nil))
	c.sums[key] = out
	return out
}
