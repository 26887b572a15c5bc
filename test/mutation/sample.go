package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	module  = "github.com/hippotion/roster/"
	runtime = module + "internal/mutation" // there is no such package: an overlay adds it
)

// source is a file, its text and what can be changed in it.
type source struct {
	path    string
	text    []byte
	mutants []mutant
}

// pkg is a package whose files are mutated.
type pkg struct {
	path    string
	sources []*source
	imports types.Importer
}

type listed struct {
	ImportPath, Dir, Export string
	GoFiles, Deps           []string
	DepOnly                 bool
}

// list asks the go command for packages.
func list(args ...string) ([]listed, error) {
	c := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Export,GoFiles,Deps,DepOnly"}, args...)...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// load finds all mutants of packages.
func load(patterns []string) ([]pkg, error) {
	all, err := list(append([]string{"-export", "-deps"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, p := range all {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imports := withRuntime{importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	var out []pkg
	for _, p := range all {
		if p.DepOnly || len(p.GoFiles) == 0 {
			continue
		}
		q := pkg{path: p.ImportPath, imports: imports}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			q.sources = append(q.sources, &source{path: filepath.Join(p.Dir, name), text: text})
		}
		files, info, err := q.check(fset, nil)
		if err != nil {
			return nil, err
		}
		for i, s := range q.sources {
			s.mutants = find(fset, info, files[i], s.text)
		}
		out = append(out, q)
	}
	return out, nil
}

// check checks the types of a package whose files have the texts, or their own.
func (p *pkg) check(fset *token.FileSet, texts map[string][]byte) ([]*ast.File, *types.Info, error) {
	var files []*ast.File
	for _, s := range p.sources {
		text, changed := texts[s.path]
		if !changed {
			text = s.text
		}
		f, err := parser.ParseFile(fset, s.path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: p.imports}
	_, err := config.Check(p.path, fset, files, info)
	return files, info, err
}

// withRuntime imports the package that says which mutant is on, too.
type withRuntime struct{ types.Importer }

func (w withRuntime) Import(path string) (*types.Package, error) {
	if path != runtime {
		return w.Importer.Import(path)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "mutation.go", runtimeTypes, 0)
	if err != nil {
		return nil, err
	}
	return new(types.Config).Check(path, fset, []*ast.File{file}, nil)
}

// draw picks up to n of the mutants of a package at random, such as compile and do not overlap.
func (p *pkg) draw(n int, random *rand.Rand) ([]*mutant, error) {
	type candidate struct {
		*source
		*mutant
	}
	var candidates []candidate
	for _, s := range p.sources {
		for i := range s.mutants {
			candidates = append(candidates, candidate{s, &s.mutants[i]})
		}
	}
	random.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	chosen := map[*source][]*mutant{}
	var out []*mutant
	for _, c := range candidates {
		if len(out) == n {
			break
		}
		if slices.ContainsFunc(chosen[c.source], func(m *mutant) bool { return m.start < c.end && c.start < m.end }) {
			continue
		}
		text := apply(c.text, []*mutant{c.mutant}, []int{1})
		var wrong types.Error
		if _, _, err := p.check(token.NewFileSet(), map[string][]byte{c.path: text}); errors.As(err, &wrong) {
			continue
		} else if err != nil {
			return nil, err
		}
		chosen[c.source] = append(chosen[c.source], c.mutant)
		out = append(out, c.mutant)
	}
	return out, nil
}

// apply returns the text of a file with mutants in it, which have the numbers.
func apply(text []byte, mutants []*mutant, numbers []int) []byte {
	var edits []edit
	for i, m := range mutants {
		for _, e := range m.edits {
			e.text = strings.ReplaceAll(e.text, "\x00", strconv.Itoa(numbers[i]))
			edits = append(edits, e)
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		out.Write(text[done:e.start])
		out.WriteString(e.text)
		done = e.end
	}
	out.Write(text[done:])
	clause := packageClause.Find(out.Bytes())
	return bytes.Replace(out.Bytes(), clause, []byte(string(clause)+`; import "`+runtime+`"`), 1)
}
