package diag

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that the user most likely meant by name, or "" when none is near. Near means: at most a
// third of the letters differ, or one of a short name's (a swap of neighbours counts once). Of equally near candidates it returns the
// first in alphabetical order.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", min(max(1, len(name)/3), len(name)-1)+1
	for _, c := range candidates {
		if abs(len(c)-len(name)) > bestDistance {
			continue
		}
		if d := distance(name, c); d < bestDistance || d == bestDistance && best != "" && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// Slip returns the first candidate in alphabetical order from which at most two letters of name differ: what else is near may be another
// thing, as MutatingAdmissionPolicy is beside ValidatingAdmissionPolicy. It is "" when there is none.
func Slip(name string, candidates []string) string {
	const most = 2
	best := ""
	for _, c := range candidates {
		if abs(len(c)-len(name)) <= most && distance(name, c) <= most && (best == "" || c < best) {
			best = c
		}
	}
	return best
}

// DidYouMean is the hint for a name that is not one of the candidates: the nearest of them, or else all of them while
// they are few.
func DidYouMean(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return `did you mean "` + n + `"?`
	}
	return OneOf("known: ", candidates)
}

// DidYouMeanKey is DidYouMean for words of this program, such as keys: they are few, and all of them are listed.
func DidYouMeanKey(name string, candidates []string) string {
	if n := Nearest(name, candidates); n != "" {
		return `did you mean "` + n + `"?`
	}
	return AllOf("known: ", candidates)
}

// OneOf lists the candidates in alphabetical order after the given words, the first ones of many; "" when there are none. They are names of
// the user's, of which there may be thousands.
func OneOf(words string, candidates []string) string {
	const most = 12
	if len(candidates) <= most {
		return AllOf(words, candidates)
	}
	return words + strings.Join(slices.Sorted(slices.Values(candidates))[:most], ", ") + ", …"
}

// AllOf lists the candidates in alphabetical order after the given words, however many they are; "" when there are none.
func AllOf(words string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	return words + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
}

// distance is the optimal string alignment distance of two names. Names are mostly ASCII, so bytes will do; they are short,
// except in hostile input, where they are far from each other.
func distance(a, b string) int {
	if len(a) > 1000 {
		return len(a)
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
