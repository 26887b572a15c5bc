package gardener

import (
	"cmp"
	"iter"
	"math"
	"path"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Bounds of the index of terms: of hostile notes, it takes the first ones.
const (
	minWord      = 4  // letters
	maxWord      = 40 // bytes
	maxNoteTerms = 4000
	maxTerms     = 1 << 20
	maxPairs     = 1 << 22
	maxShown     = 8 // terms of a suggestion
	minShared    = 2
)

// termIndex knows in which notes a term is, as long as it is in few.
type termIndex struct {
	rare  int
	notes map[string][]int32 // nil for a term that is in more than rare notes
}

// add takes the words of a note, and those of its name.
func (x *termIndex) add(id int, name string, prose []byte) {
	seen := map[string]bool{}
	take := func(word []byte) bool {
		if seen[string(word)] {
			return true
		}
		term := string(word)
		seen[term] = true
		in, known := x.notes[term]
		switch {
		case !known && len(x.notes) < maxTerms:
			x.notes[term] = []int32{int32(id)}
		case len(in) == x.rare:
			x.notes[term] = nil
		case len(in) > 0:
			x.notes[term] = append(in, int32(id))
		}
		return len(seen) < maxNoteTerms
	}
	words([]byte(path.Base(stem(name))))(take)
	words(prose)(take)
}

// words yields words in lower case: letters, and digits after the first letter. The slice is valid until the next one.
func words(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var word []byte
		letters := 0
		end := func() bool {
			whole := letters >= minWord && len(word) <= maxWord
			ok := !whole || yield(word)
			word, letters = word[:0], 0
			return ok
		}
		for len(text) > 0 {
			r, n := utf8.DecodeRune(text)
			text = text[n:]
			if unicode.IsLetter(r) || letters > 0 && (unicode.IsDigit(r) || unicode.IsMark(r)) {
				if len(word) <= maxWord {
					word = utf8.AppendRune(word, unicode.ToLower(r))
				}
				letters++
			} else if letters > 0 && !end() {
				return
			}
		}
		if letters > 0 {
			end()
		}
	}
}

type pair struct{ a, b int32 }

// suggest returns the pairs of notes that share the most rare terms and that no link joins. The score of a pair is the sum of
// ln(notes/n) over the terms that both have, where n is in how many notes a term is, and at most x.rare. Sums are of whole
// thousandths, so that their order does not matter. Its time grows with the number of rare terms, not of pairs of notes.
func (x *termIndex) suggest(notes []string, linked map[pair]bool, most int) []Suggestion {
	var terms []string
	for term, in := range x.notes {
		if len(in) > 1 {
			terms = append(terms, term)
		}
	}
	slices.Sort(terms)
	weight := func(in []int32) int64 {
		return int64(math.Round(1000 * math.Log(float64(len(notes))/float64(len(in)))))
	}
	type sum struct {
		score  int64
		shared int
	}
	sums := map[pair]sum{}
	for _, term := range terms {
		in := x.notes[term]
		for p := range pairs(in) {
			s, known := sums[p]
			if known || len(sums) < maxPairs && !linked[p] {
				sums[p] = sum{s.score + weight(in), s.shared + 1}
			}
		}
	}
	var best []pair
	for p, s := range sums {
		if s.shared >= minShared {
			best = append(best, p)
		}
	}
	slices.SortFunc(best, func(p, q pair) int {
		return cmp.Or(cmp.Compare(sums[q].score, sums[p].score), cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b))
	})
	best = best[:min(most, len(best))]

	shared := map[pair][]string{}
	for _, p := range best {
		shared[p] = nil
	}
	for _, term := range terms {
		for p := range pairs(x.notes[term]) {
			if list, wanted := shared[p]; wanted {
				shared[p] = append(list, term)
			}
		}
	}
	out := []Suggestion{}
	for _, p := range best {
		list := shared[p]
		slices.SortStableFunc(list, func(s, t string) int { return len(x.notes[s]) - len(x.notes[t]) })
		list = list[:min(maxShown, len(list))]
		slices.Sort(list)
		out = append(out, Suggestion{notes[p.a], notes[p.b], list, float64(sums[p].score) / 1000})
	}
	return out
}

// pairs yields the pairs of notes of a list in ascending order.
func pairs(in []int32) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		for i, a := range in {
			for _, b := range in[i+1:] {
				if !yield(pair{a, b}) {
					return
				}
			}
		}
	}
}
