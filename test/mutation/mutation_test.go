package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// program is a file in which each kind of mutant has places where it belongs, and some where it does not.
const program = `package main

import "os"

const limit = 10

func less(a, b int) bool { return a < b }

func both(a, b bool) bool { return a && b }

func yes() bool { return true }

func sum(a, b int) int {
	c := 0
	c = a + b
	return c
}

func next(n int) (int, error) { return n + 1, nil }

func first(words []string) string {
	for _, w := range words {
		if w == "" {
			continue
		}
		return w
	}
	return ""
}

func main() {
	n, err := next(2)
	if err != nil || n != 3 || sum(2, 3) != 5 || less(2, 2) || !less(1, 2) || both(true, false) || !both(true, true) || !yes() || first([]string{"", "a"}) != "a" || limit != 10 {
		os.Exit(1)
	}
}
`

// mutantsOf are those of the program, and the package that it is.
func mutantsOf(t *testing.T) pkg {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "program.go", program, 0)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: standard{}}
	if _, err := config.Check("program", fset, []*ast.File{file}, info); err != nil {
		t.Fatal(err)
	}
	s := &source{path: "program.go", text: []byte(program), mutants: find(fset, info, file, []byte(program))}
	return pkg{path: "program", sources: []*source{s}, imports: withRuntime{standard{}}}
}

// standard has as much of package os as the program needs.
type standard struct{}

func (standard) Import(path string) (*types.Package, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "os.go", "package os\nfunc Exit(code int) {}", 0)
	if err != nil {
		return nil, err
	}
	return new(types.Config).Check(path, fset, []*ast.File{file}, nil)
}

func TestFind(t *testing.T) {
	var got []string
	for _, m := range mutantsOf(t).sources[0].mutants {
		if m.at.Line > 31 {
			break // main, which only calls the rest
		}
		got = append(got, strings.TrimPrefix(place(&m), "program.go:")+" "+m.kind)
	}
	want := []string{
		"7:35 < or > moved by equality", "7:35 condition negated",
		"9:36 && for ||", "9:36 condition negated", "9:41 condition negated",
		"11:26 boolean flipped",
		"14:7 integer + 1", "15:2 statement removed", "15:6 arithmetic changed", "16:9 zero value returned",
		"19:40 arithmetic changed", "19:40 zero value returned", "19:44 integer + 1",
		"23:6 condition negated", "24:4 statement removed", "26:10 zero value returned",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestApply builds the program with all mutants that go together, and runs it once for each: with none on, it does what it did;
// with any of those that change what it does, it fails.
func TestApply(t *testing.T) {
	p := mutantsOf(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                        "module github.com/hippotion/roster\n\ngo 1.26\n",
		"internal/mutation/mutation.go": runtimeSource(dir),
	} {
		write(t, filepath.Join(dir, name), text)
	}
	s := p.sources[0]
	var numbers []int
	var mutants []*mutant
	end := 0
	for i := range s.mutants {
		if m := &s.mutants[i]; m.at.Line <= 31 && m.start >= end {
			mutants, numbers, end = append(mutants, m), append(numbers, len(mutants)+1), m.end
		}
	}
	write(t, filepath.Join(dir, "program.go"), string(apply(s.text, mutants, numbers)))
	c := exec.Command("go", "build", "-o", "program", "program.go")
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(active string) error {
		write(t, filepath.Join(dir, "active"), active)
		return exec.Command(filepath.Join(dir, "program")).Run()
	}
	for _, none := range []string{"0", "-1"} {
		if err := run(none); err != nil {
			t.Errorf("with %s on: %v", none, err)
		}
	}
	reached, err := os.ReadFile(filepath.Join(dir, "reached"))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mutants {
		number := numbers[i]
		if run(strconv.Itoa(number)) == nil {
			t.Errorf("%s: %s: nothing changed", place(m), m.kind)
		}
		if !slices.Contains(strings.Fields(string(reached)), strconv.Itoa(number)) {
			t.Errorf("%s: %s: was not reached", place(m), m.kind)
		}
	}
}

// TestDraw checks that a sample has no mutants that overlap, is as large as asked, and the same for the same seed.
func TestDraw(t *testing.T) {
	var first []string
	for round := range 2 {
		p := mutantsOf(t)
		drawn, err := p.draw(8, generator(1))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for i, m := range drawn {
			names = append(names, place(m)+m.kind)
			for _, n := range drawn[:i] {
				if m.start < n.end && n.start < m.end {
					t.Errorf("%s and %s overlap", place(m), place(n))
				}
			}
		}
		if len(drawn) != 8 {
			t.Errorf("drew %d", len(drawn))
		}
		if round == 1 && !slices.Equal(first, names) {
			t.Errorf("drew %v, and then %v", first, names)
		}
		first = names
	}
}

// TestInterval compares the bounds with published ones for 8 of 10 and 160 of 200.
func TestInterval(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{8, 10, 0.490, 0.943}, {160, 200, 0.739, 0.850}, {0, 0, 0, 1}} {
		low, high := interval(c.hits, c.n)
		if math.Abs(low-c.low) > 0.001 || math.Abs(high-c.high) > 0.001 {
			t.Errorf("%d of %d: from %.3f to %.3f, want from %.3f to %.3f", c.hits, c.n, low, high, c.low, c.high)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
