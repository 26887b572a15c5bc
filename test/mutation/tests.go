package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// suite is the test program of a package, with all mutants of the sample in it.
type suite struct {
	path, dir string
	program   string
}

// test is a test of a suite, or a case of one that has many and takes long, and what it reached when no mutant was on.
type test struct {
	*suite
	name    string // as -test.run wants it, without anchors
	took    time.Duration
	reached map[int]bool
}

// bench is where mutants are tried: a folder that holds the programs and says which mutant is on.
type bench struct {
	folder string
	flags  []string // of the go command
}

// write writes the sample over the files of the repository, without touching them.
func (b *bench) write(sources map[*source][]*mutant, number map[*mutant]int) error {
	replace := map[string]string{}
	add := func(path string, text []byte) error {
		file := filepath.Join(b.folder, strconv.Itoa(len(replace))+".go")
		replace[path] = file
		return os.WriteFile(file, text, 0o600)
	}
	inOrder := slices.SortedFunc(maps.Keys(sources), func(x, y *source) int { return strings.Compare(x.path, y.path) })
	for _, s := range inOrder { // so that the go command sees the same files again
		mutants := sources[s]
		var numbers []int
		for _, m := range mutants {
			numbers = append(numbers, number[m])
		}
		if err := add(s.path, apply(s.text, mutants, numbers)); err != nil {
			return err
		}
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	if err := add(filepath.Join(root, "internal/mutation/mutation.go"), []byte(runtimeSource(b.folder))); err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	file := filepath.Join(b.folder, "overlay.json")
	b.flags = []string{"-overlay=" + file}
	return os.WriteFile(file, text, 0o600)
}

// build builds the test programs of all packages that link one that is mutated. Left out is what builds or needs the repository
// as it is.
func (b *bench) build(mutated []pkg) ([]*suite, error) {
	all, err := list("-test", "./...")
	if err != nil {
		return nil, err
	}
	var suites []*suite
	for _, p := range all {
		of, program := strings.CutSuffix(p.ImportPath, ".test")
		if !program {
			continue
		}
		links := func(q pkg) bool {
			return slices.ContainsFunc(p.Deps, func(d string) bool { return d == q.path || strings.HasPrefix(d, q.path+" [") })
		}
		if !slices.ContainsFunc(mutated, links) || of == module+"test/house" || of == module+"test/mutation" {
			continue
		}
		i := slices.IndexFunc(all, func(q listed) bool { return q.ImportPath == of })
		s := &suite{path: of, dir: all[i].Dir, program: filepath.Join(b.folder, strings.ReplaceAll(strings.TrimPrefix(of, module), "/", "_")+".test")}
		fmt.Fprintln(os.Stderr, "building", strings.TrimPrefix(of, module))
		out, err := unhindered(func() *exec.Cmd {
			return exec.Command("go", append(append([]string{"test", "-c", "-vet=off", "-o", s.program}, b.flags...), of)...)
		})
		if err != nil {
			return nil, fmt.Errorf("building the tests of %s: %w\n%s", of, err, out)
		}
		suites = append(suites, s)
	}
	return suites, nil
}

func (b *bench) activate(n int) error {
	return os.WriteFile(filepath.Join(b.folder, "active"), []byte(strconv.Itoa(n)), 0o600)
}

// limits are those of a test's process: a mutant may never end, or take all memory. Processor time says the same on a machine
// that does other things too.
type limits struct{ cpu, wall time.Duration }

// run runs tests of a suite, and returns what they print. An error says that one failed.
func (b *bench) run(s *suite, pattern string, l limits, args ...string) ([]byte, error) {
	script := fmt.Sprintf(`ulimit -t %d -v %d; exec "$0" "$@"`, int(l.cpu.Seconds())+1, 12<<20)
	return unhindered(func() *exec.Cmd {
		c := exec.Command("bash", append([]string{"-c", script, s.program, "-test.run=" + pattern, "-test.failfast", "-test.timeout=" + l.wall.String()}, args...)...)
		c.Dir = s.dir
		c.Env = append(os.Environ(), "GOFLAGS="+strings.Join(b.flags, " ")) // some tests build the program
		return c
	})
}

// unhindered runs a command, again when somebody else ended it: that says nothing about a mutant, and the limits kill.
func unhindered(command func() *exec.Cmd) ([]byte, error) {
	for {
		out, err := command().CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGTERM {
				continue
			}
		}
		return out, err
	}
}

// split is how long a test may take before its cases count as tests of their own.
const split = 3 * time.Second

// record runs each test with no mutant on, and notes how long it takes and what it reaches.
func (b *bench) record(s *suite) ([]test, error) {
	out, err := b.run(s, ".", limits{time.Hour, time.Hour}, "-test.list=.")
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", s.path, err, out)
	}
	if err := b.activate(-1); err != nil {
		return nil, err
	}
	var tests []test
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") && !strings.HasPrefix(name, "Example") {
			continue
		}
		whole, cases, err := b.recordOne(s, name)
		if err != nil {
			return nil, err
		}
		if whole.took < split || len(cases) < 2 {
			tests = append(tests, whole)
			continue
		}
		for _, c := range cases {
			part, _, err := b.recordOne(s, name+"/"+c)
			if err != nil {
				return nil, err
			}
			tests = append(tests, part)
		}
		maps.DeleteFunc(whole.reached, func(n int, _ bool) bool {
			return slices.ContainsFunc(tests, func(t test) bool { return t.suite == s && strings.HasPrefix(t.name, name+"/") && t.reached[n] })
		})
		tests = append(tests, whole) // for what only all cases together reach
	}
	return tests, nil
}

var caseLine = regexp.MustCompile(`(?m)^=== RUN +[^/\s]+/([^/\s]+)$`)

func (b *bench) recordOne(s *suite, name string) (test, []string, error) {
	file := filepath.Join(b.folder, "reached")
	if err := os.RemoveAll(file); err != nil {
		return test{}, nil, err
	}
	start := time.Now()
	out, err := b.run(s, anchored(name), limits{time.Hour, time.Hour}, "-test.v")
	t := test{suite: s, name: name, took: time.Since(start), reached: map[int]bool{}}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s %s fails without a mutant, and is left out: %v\n%s\n", s.path, name, err, out)
		return t, nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return t, nil, err
	}
	for word := range strings.FieldsSeq(string(text)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return t, nil, err
		}
		t.reached[n] = true
	}
	var cases []string
	for _, m := range caseLine.FindAllSubmatch(out, -1) {
		if c := string(m[1]); !slices.Contains(cases, c) {
			cases = append(cases, c)
		}
	}
	return t, cases, nil
}

// anchored is the pattern of exactly the tests, which have all but the last part of their names in common.
func anchored(names ...string) string {
	var last []string
	parent := ""
	for _, name := range names {
		i := strings.LastIndex(name, "/")
		if i >= 0 {
			parent = "^" + regexp.QuoteMeta(name[:i]) + "$/"
		}
		last = append(last, regexp.QuoteMeta(name[i+1:]))
	}
	return parent + "^(" + strings.Join(last, "|") + ")$"
}

// group is tests that one process runs.
type group struct {
	*suite
	names []string
	took  time.Duration
}

// groups are the tests that reach a mutant: those of its own package first, then what takes little time.
func groups(number int, own string, tests []test) []*group {
	var out []*group
	of := map[string]*group{}
	for _, t := range tests {
		if !t.reached[number] {
			continue
		}
		parent, _, _ := strings.Cut(t.name+" ", "/") // tests that have no parent end in a space
		if !strings.HasSuffix(parent, " ") {
			parent += "/"
		} else {
			parent = ""
		}
		key := t.path + " " + parent
		if of[key] == nil {
			of[key] = &group{suite: t.suite}
			out = append(out, of[key])
		}
		of[key].names, of[key].took = append(of[key].names, t.name), of[key].took+t.took
	}
	foreign := func(g *group) int {
		if g.path == own {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(x, y *group) int { return cmp.Or(cmp.Compare(foreign(x), foreign(y)), cmp.Compare(x.took, y.took)) })
	return out
}

var failedLine = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)

// try runs the tests that reach a mutant until one fails, and returns it and how it failed. When all pass, it returns none.
func (b *bench) try(number int, own string, tests []test) (caught, how string, err error) {
	if err := b.activate(number); err != nil {
		return "", "", err
	}
	for _, g := range groups(number, own, tests) {
		out, err := b.run(g.suite, anchored(g.names...), limits{4*g.took + 20*time.Second, 15 * time.Minute})
		if err == nil {
			continue
		}
		caught, how := strings.TrimPrefix(g.path, module), "took too long" // or too much memory
		if bytes.Contains(out, []byte("panic: ")) {
			how = "panicked"
		} else if all := failedLine.FindAllSubmatch(out, -1); len(all) > 0 {
			how = "failed"
			caught += " " + string(all[len(all)-1][1])
		}
		return caught, how, nil
	}
	return "", "", nil
}
