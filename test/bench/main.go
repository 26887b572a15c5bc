// Command bench measures roster against Helm: whole processes, in alternation, on inputs of the same list. It builds both
// from source, checks that both print the same objects, prints a table, and exits with 1 when roster is slower than it
// promises to be.
//
//	cd test/bench && go run .        the figures, and whether they keep what is promised
//	cd test/bench && go run . short  all of it once, on small lists, without promises: whether it still works
//
// Compare figures of one run only: those of another machine, or another hour, are not comparable.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

func main() {
	run := func() error { return measure(full) }
	if slices.Contains(os.Args[1:], sameOnly) {
		run = same
	} else if slices.Contains(os.Args[1:], "short") {
		run = func() error { return measure(short) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sameOnly is the argument of the process that only checks that both print the same objects. It is a process of its own
// because it takes memory, which the kernel would count to every process that is measured after it.
const sameOnly = "same"

func same() error {
	p, err := build()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "roster-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	in, err := p.input(work, 30, plain)
	if err != nil {
		return err
	}
	_, err = p.same(in)
	return err
}

// promise is an upper limit of something measured.
type promise struct {
	what       string
	got, limit float64
}

// size is how much is measured.
type size struct {
	small, large, grown int // entries
	many, linted        int // applications of one chart
	changed             int // applications of one chart that differ
	once                bool
}

var (
	full  = size{small: 30, large: 3000, grown: 30000, many: 300, linted: 1000, changed: 2500}
	short = size{small: 10, large: 30, grown: 300, many: 20, linted: 20, changed: 20, once: true}
)

// runs is how often something is measured that the figures want so many runs of.
func (s size) runs(wanted int) int {
	if s.once {
		return 1
	}
	return wanted
}

func measure(s size) error {
	fmt.Fprintln(os.Stderr, "building roster and helm; Helm takes minutes the first time")
	p, err := build()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "roster-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)

	check := exec.Command(os.Args[0], sameOnly)
	check.Stderr = os.Stderr
	if err := check.Run(); err != nil {
		return fmt.Errorf("roster and the chart do not print the same: %w", err)
	}

	fmt.Println("| entries | mix | objects | roster | helm template | helm/roster | in CPU time | roster/object | helm/object | roster memory | helm memory |")
	fmt.Println("|--:|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	var promises []promise
	small, err := p.againstHelm(work, s.small, s.runs(21))
	if err != nil {
		return err
	}
	promises = append(promises, promise{"30 entries: wall time, in those of helm template", 1 / small.times(), 1.0 / 3})
	large, err := p.againstHelm(work, s.large, s.runs(7))
	if err != nil {
		return err
	}
	promises = append(promises, promise{"3,000 entries: time per object, in those of helm template", 1 / large.times(), 1.0 / 10})
	encoding, err := p.againstEncoding(work, s)
	if err != nil {
		return err
	}
	promises = append(promises, promise{"3,000 entries: wall time, in those of encoding the same objects alone", 1 / encoding.times(), 2})
	for _, mix := range []string{plain, mixed} {
		growth, err := p.growth(work, mix, s)
		if err != nil {
			return err
		}
		promises = append(promises,
			promise{mix + ": wall time of 30,000 entries, in those of 3,000", growth.times(), 11},
			promise{mix + ": memory of 30,000 entries, in those of 3,000", memory(growth.b) / memory(growth.a), 11})
	}
	fmt.Printf("\nEncoding the objects of %d entries alone: %s; the whole process beside it: %s.\n\n", s.large, ms(wall(encoding.b)), ms(wall(encoding.a)))
	workloads, err := p.workloads(work, s)
	if err != nil {
		return err
	}
	differences, err := p.differences(work, s)
	if err != nil {
		return err
	}
	promises = append(append(promises, workloads...), differences...)
	if s.once {
		return nil
	}
	fmt.Println("\n| promise | at most | measured | |")
	fmt.Println("|:--|--:|--:|:--|")
	var missed []error
	for _, m := range promises {
		verdict := "kept"
		if m.got > m.limit {
			verdict = "**missed**"
			missed = append(missed, fmt.Errorf("missed: %s: %.2f, at most %.2f", m.what, m.got, m.limit))
		}
		fmt.Printf("| %s | %.2f | %.2f | %s |\n", m.what, m.limit, m.got, verdict)
	}
	return errors.Join(missed...)
}

// againstHelm compares with the chart, and prints the line.
func (p programs) againstHelm(work string, entries, runs int) (pairs, error) {
	in, err := p.input(work, entries, plain)
	if err != nil {
		return pairs{}, err
	}
	count, err := printed(p.render(in))
	if err != nil {
		return pairs{}, err
	}
	if theirs, err := printed(p.template(in)); err != nil || theirs != count {
		return pairs{}, errors.Join(err, fmt.Errorf("roster prints %d objects, the chart %d", count, theirs))
	}
	both, err := alternate(runs, process(p.render, in), process(p.template, in))
	if err != nil {
		return pairs{}, err
	}
	fmt.Printf("| %d | %s | %d | %s | %s | %.1f | %.1f | %s | %s | %s | %s |\n", entries, in.mix, count, ms(wall(both.a)), ms(wall(both.b)), both.times(), both.work(),
		each(both.a, count), each(both.b, count), mib(both.a), mib(both.b))
	return both, nil
}

// againstEncoding compares with writing YAML of objects that are there already.
func (p programs) againstEncoding(work string, s size) (pairs, error) {
	in := input{entries: s.large, mix: plain, dir: filepath.Join(work, plain+strconv.Itoa(s.large))} // written for the chart
	return alternate(s.runs(5), process(p.render, in), func() (sample, error) { return benchmark(p.encodeAlone(in)) })
}

// growth compares a list with one that is ten times as large.
func (p programs) growth(work, mix string, s size) (pairs, error) {
	var inputs [2]input
	var counts [2]int
	for i, entries := range []int{s.large, s.grown} {
		var err error
		if inputs[i], err = p.input(work+"/growth", entries, mix); err != nil {
			return pairs{}, err
		}
		if counts[i], err = printed(p.render(inputs[i])); err != nil {
			return pairs{}, err
		}
	}
	both, err := alternate(s.runs(5), process(p.render, inputs[0]), process(p.render, inputs[1]))
	if err != nil {
		return pairs{}, err
	}
	for i, all := range [][]sample{both.a, both.b} {
		fmt.Printf("| %d | %s | %d | %s | | | | %s | | %s | |\n", inputs[i].entries, mix, counts[i], ms(wall(all)), each(all, counts[i]), mib(all))
	}
	return both, nil
}

func process(command func(input) *exec.Cmd, in input) func() (sample, error) {
	return func() (sample, error) { return run(command(in)) }
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1e3) }

func each(all []sample, objects int) string {
	return fmt.Sprintf("%.1f µs", wall(all).Seconds()*1e6/float64(objects))
}

func mib(all []sample) string { return fmt.Sprintf("%.0f MiB", memory(all)/(1<<20)) }
