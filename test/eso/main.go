// Command eso holds what roster knows of templates, and of the keys of a Secret, against External Secrets' own code: the functions, how many arguments
// each takes, which of some templates work, those of the golden folders among them, and which keys operations make.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/eso"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: eso ENGINE GOLDEN")
		os.Exit(2)
	}
	problems, err := compare(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "eso:", err)
		os.Exit(2)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// question is what the engine is asked.
type question struct {
	Templates []templateCase
	Rewrites  []rewriteCase
}

// answer is what it says.
type answer struct {
	Functions map[string]takes
	Works     []bool
	Keys      [][]string // nil where the operations fail
}

// takes is how many arguments a function takes; the most is negative for any number.
type takes struct{ Least, Most int }

func compare(engine, golden string) (problems []string, err error) {
	secrets, err := goldenTemplates(golden)
	if err != nil {
		return nil, err
	}
	asked := question{append(templates(), secrets...), rewrites()}
	said, err := ask(engine, &asked)
	if err != nil {
		return nil, err
	}
	problems = functions(said.Functions)
	for i, t := range asked.Templates {
		if mistakes := t.mistakes(); said.Works[i] != (len(mistakes) == 0) {
			problems = append(problems, fmt.Sprintf("%s: it works: %t, roster: %v", t.Text, said.Works[i], mistakes))
		}
	}
	for i, r := range asked.Rewrites {
		problems = append(problems, r.differences(said.Keys[i])...)
	}
	fmt.Printf("%d functions, %d templates (%d of them golden), %d lists of operations\n", len(said.Functions), len(asked.Templates), len(secrets), len(asked.Rewrites))
	return problems, nil
}

func ask(engine string, asked *question) (*answer, error) {
	text, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(engine)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", engine, err)
	}
	said := &answer{}
	if err := json.Unmarshal(out, said); err != nil {
		return nil, err
	}
	if len(said.Functions) < 200 || len(said.Works) != len(asked.Templates) || len(said.Keys) != len(asked.Rewrites) {
		return nil, fmt.Errorf("the engine answered with %d functions, %d templates and %d lists of operations", len(said.Functions), len(said.Works), len(said.Keys))
	}
	return said, nil
}

// newer are functions that later versions of the engine have than the one that is asked; ofMore takes an argument more there.
var newer = [...]string{"certSANs", "hexdec"}

const ofMore = "htpasswd 3"

// functions compares both lists: what the engine has, with all numbers of arguments, and what roster has besides.
func functions(engine map[string]takes) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(engine)) {
		f := engine[name]
		for n := range 8 {
			_, mistakes := eso.Parse("{{ " + name + strings.Repeat(" 1", n) + " }}")
			takes := n >= f.Least && (f.Most < 0 || n <= f.Most) || fmt.Sprint(name, " ", n) == ofMore
			if takes != (len(mistakes) == 0) {
				problems = append(problems, fmt.Sprintf("%s with %d arguments: the engine takes them: %t, roster: %v", name, n, takes, mistakes))
			}
		}
	}
	for _, name := range eso.Functions() {
		if _, has := engine[name]; has == slices.Contains(newer[:], name) {
			problems = append(problems, fmt.Sprintf("%s: the engine has it: %t", name, has))
		}
	}
	return problems
}
