package policies

import (
	"path"
	"slices"
	"strings"
)

// dnsNames are names, and patterns of names, that policies let pods look up. Its zero value is empty.
type dnsNames struct {
	exact     map[string]bool
	backwards []string                       // the exact ones, each written from its end, in order when sorted
	sorted    bool                           //
	patterns  map[string]map[string][]string // by what is fixed at their end, and at their beginning
	ends      map[int]bool                   // how long what is fixed at the end may be
	odd       []string                       // patterns with more than stars
	any       bool                           // whether there is a pattern
}

// longestHost is how long a name may be in the DNS.
const longestHost = 255

// mostOdd is how many patterns with more than stars are tried. Cilium permits none.
const mostOdd = 100

func (n *dnsNames) add(name, pattern string) {
	if n.exact == nil {
		n.exact, n.patterns, n.ends = map[string]bool{}, map[string]map[string][]string{}, map[int]bool{}
	}
	name, pattern = canonical(name), canonical(pattern)
	switch first, last := strings.Index(pattern, "*"), strings.LastIndex(pattern, "*"); {
	case pattern == "":
		if !n.exact[name] {
			n.backwards, n.sorted = append(n.backwards, backwards(name)), false
		}
		n.exact[name] = true
		return
	case strings.ContainsAny(pattern, `?[\`):
		n.odd = append(n.odd, pattern)
	case first < 0:
		n.fixed(pattern, pattern, pattern)
	default:
		n.fixed(pattern, pattern[:first], pattern[last+1:])
	}
	n.any = true
}

func (n *dnsNames) fixed(pattern, beginning, end string) {
	if n.patterns[end] == nil {
		n.patterns[end] = map[string][]string{}
	}
	n.patterns[end][beginning] = append(n.patterns[end][beginning], pattern)
	n.ends[len(end)] = true
}

// mayHave reports whether a name, or a pattern if there is one, may be one of these. For two patterns the answer is unknown, so true.
func (n *dnsNames) mayHave(name, pattern string) bool {
	name, pattern = canonical(name), canonical(pattern)
	if pattern != "" {
		return n.any || n.anyFits(pattern)
	}
	if n.exact[name] || n.any && len(name) > longestHost || len(n.odd) > mostOdd {
		return true
	}
	if slices.ContainsFunc(n.odd, func(p string) bool { return fits(p, name) }) {
		return true
	}
	for length := range n.ends {
		if length > len(name) {
			continue
		}
		beginnings := n.patterns[name[len(name)-length:]]
		for i := 0; len(beginnings) > 0 && i <= len(name); i++ {
			if slices.ContainsFunc(beginnings[name[:i]], func(p string) bool { return fits(p, name) }) {
				return true
			}
		}
	}
	return false
}

// anyFits reports whether one of the exact names fits a pattern: those that end as it does are looked at.
func (n *dnsNames) anyFits(pattern string) bool {
	if strings.ContainsAny(pattern, `?[\`) {
		return slices.ContainsFunc(n.backwards[:min(len(n.backwards), mostOdd)], func(b string) bool { return fits(pattern, backwards(b)) }) ||
			len(n.backwards) > mostOdd
	}
	if !n.sorted {
		slices.Sort(n.backwards)
		n.sorted = true
	}
	end := backwards(pattern[strings.LastIndex(pattern, "*")+1:])
	from, _ := slices.BinarySearch(n.backwards, end)
	for _, b := range n.backwards[from:] {
		if !strings.HasPrefix(b, end) {
			break
		}
		if fits(pattern, backwards(b)) {
			return true
		}
	}
	return false
}

// fits is looser than Cilium, where a star stands for characters of one part.
func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok || err != nil
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
