// Command mutation measures how much of what the code does is tested: it makes small changes, one at a time, and counts
// those that a fast test notices. It takes a random sample, prints those that nothing noticed with their places, and changes no
// file: the changed texts are an overlay of the go command's.
//
//	go run ./test/mutation -sample 200
//	go run ./test/mutation -sample 50 -seed 2 ./internal/lint
//
// All changes of the sample are compiled at once, each behind a condition, so programs are built once. A test runs for the
// changes that it reaches; a change that no test reaches counts as not caught.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// defaultPackages are those whose mistakes end in a cluster.
var defaultPackages = []string{"./catalog/...", "./render/...", "./profiles", "./internal/lint/..."}

func main() {
	sample := flag.Int("sample", 200, "how many mutants are tried, spread over the packages by how many each has")
	seed := flag.Uint64("seed", 1, "of the random sample")
	least := flag.Float64("least", 0, "fail when a smaller share, in percent, is caught")
	flag.Parse()
	packages := defaultPackages
	if flag.NArg() > 0 {
		packages = flag.Args()
	}
	share, err := measure(os.Stdout, packages, *sample, *seed)
	if err == nil && 100*share < *least {
		err = fmt.Errorf("%.1f %% of the mutants are caught, fewer than %.1f %%", 100*share, *least)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// count is what became of mutants.
type count struct{ caught, unreached, all int }

func measure(w io.Writer, patterns []string, sample int, seed uint64) (float64, error) {
	packages, err := load(patterns)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, p := range packages {
		total += p.size()
	}
	random := generator(seed)
	chosen, number, owner := map[*source][]*mutant{}, map[*mutant]int{}, map[*mutant]string{}
	var mutants []*mutant
	left := sample
	for _, p := range packages { // each package gets its share, and what rounding loses goes to the next
		drawn, err := p.draw(int(math.Round(float64(left)*float64(p.size())/float64(max(1, total)))), random)
		if err != nil {
			return 0, err
		}
		left, total = left-len(drawn), total-p.size()
		for _, m := range drawn {
			mutants = append(mutants, m)
			number[m], owner[m] = len(mutants), p.path
		}
		for _, s := range p.sources {
			for i := range s.mutants {
				if number[&s.mutants[i]] > 0 {
					chosen[s] = append(chosen[s], &s.mutants[i])
				}
			}
		}
	}

	// The same sample has the same folder, whose name is in what is compiled: the go command then has most of it already.
	b := bench{folder: filepath.Join(os.TempDir(), "roster-mutation-"+digest(chosen, mutants))}
	if err := os.RemoveAll(b.folder); err != nil {
		return 0, err
	}
	if err := os.Mkdir(b.folder, 0o700); err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(b.folder) }()
	if err := b.write(chosen, number); err != nil {
		return 0, err
	}
	suites, err := b.build(packages)
	if err != nil {
		return 0, err
	}
	var tests []test
	for _, s := range suites {
		found, err := b.record(s)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(os.Stderr, "%s: %d tests\n", strings.TrimPrefix(s.path, module), len(found))
		tests = append(tests, found...)
	}

	all, byPackage, byKind := count{}, map[string]*count{}, map[string]*count{}
	for i, m := range mutants {
		caught, how, err := b.try(i+1, owner[m], tests)
		if err != nil {
			return 0, err
		}
		reached := slices.ContainsFunc(tests, func(t test) bool { return t.reached[i+1] })
		for _, c := range []*count{&all, of(byPackage, strings.TrimPrefix(owner[m], module)), of(byKind, m.kind)} {
			c.all++
			if caught != "" {
				c.caught++
			} else if !reached {
				c.unreached++
			}
		}
		fmt.Fprintf(os.Stderr, "%d of %d: %s: %s: %s %s\n", i+1, len(mutants), place(m), m.kind, caught, how)
		if caught == "" {
			note := "not caught"
			if !reached {
				note = "not reached"
			}
			_, _ = fmt.Fprintf(w, "%s: %s: %s\n", place(m), m.kind, note)
		}
	}
	report(w, all, byPackage, byKind)
	return float64(all.caught) / float64(max(1, all.all)), nil
}

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func (p *pkg) size() int {
	n := 0
	for _, s := range p.sources {
		n += len(s.mutants)
	}
	return n
}

// digest names a sample.
func digest(sources map[*source][]*mutant, mutants []*mutant) string {
	var all []string
	for s := range sources {
		all = append(all, s.path+string(s.text))
	}
	slices.Sort(all)
	for _, m := range mutants {
		all = append(all, place(m)+m.kind)
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(all, "\x00"))))[:16]
}

func place(m *mutant) string {
	path := m.at.Filename
	if dir, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(dir, path); err == nil {
			path = relative
		}
	}
	return fmt.Sprintf("%s:%d:%d", path, m.at.Line, m.at.Column)
}

func of(counts map[string]*count, key string) *count {
	if counts[key] == nil {
		counts[key] = &count{}
	}
	return counts[key]
}
