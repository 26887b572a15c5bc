package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// sample is one run of a process.
type sample struct {
	wall time.Duration
	cpu  time.Duration // of all its threads, in user space and in the kernel
	rss  int64         // the most memory that it had at a time, in bytes
}

// run runs the command, its output thrown away. What the kernel reports of a child's memory is at least what this process
// has, so this process must stay small.
func run(c *exec.Cmd) (sample, error) {
	var stderr bytes.Buffer
	c.Stderr = &stderr
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return sample{}, err
	}
	defer null.Close()
	c.Stdout = null
	start := time.Now()
	err = c.Run()
	s := sample{wall: time.Since(start)}
	if c.ProcessState != nil { // it may have done its work and still not exit with 0
		s.cpu = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
			s.rss = usage.Maxrss << 10 // KiB on Linux
		}
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w\n%s", c, err, &stderr)
	}
	return s, nil
}

// benchmark runs a Go benchmark and returns the time of one operation.
func benchmark(c *exec.Cmd) (sample, error) {
	out, err := c.Output()
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	m := nsPerOp.FindSubmatch(out)
	if m == nil {
		return sample{}, fmt.Errorf("%s: no result in\n%s", c, out)
	}
	ns, err := strconv.ParseFloat(string(m[1]), 64)
	return sample{wall: time.Duration(ns)}, err
}

var nsPerOp = regexp.MustCompile(`\s([0-9.]+) ns/op`)

// pairs holds the runs of two things that were measured in alternation, so that what else the machine does hits both.
type pairs struct{ a, b []sample }

// alternate runs a and b in turn: once to warm up, then runs times.
func alternate(runs int, a, b func() (sample, error)) (pairs, error) {
	var p pairs
	for i := range runs + 1 {
		first, second := a, b
		if i%2 == 1 {
			first, second = b, a
		}
		x, err := first()
		if err != nil {
			return p, err
		}
		y, err := second()
		if err != nil {
			return p, err
		}
		if i%2 == 1 {
			x, y = y, x
		}
		if i > 0 {
			p.a, p.b = append(p.a, x), append(p.b, y)
		}
	}
	return p, nil
}

func wall(all []sample) time.Duration {
	return time.Duration(median(all, func(i int) float64 { return float64(all[i].wall) }))
}

func memory(all []sample) float64 {
	return median(all, func(i int) float64 { return float64(all[i].rss) })
}

// times is how many times b took as long as a: the median over the pairs.
func (p pairs) times() float64 {
	return median(p.a, func(i int) float64 { return float64(p.b[i].wall) / float64(p.a[i].wall) })
}

// work is how many times b took as much processor time as a. On a machine that does other things too, it says more.
func (p pairs) work() float64 {
	return median(p.a, func(i int) float64 { return float64(p.b[i].cpu) / float64(p.a[i].cpu) })
}

func median(all []sample, value func(i int) float64) float64 {
	var values []float64
	for i := range all {
		values = append(values, value(i))
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
