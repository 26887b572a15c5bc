package lint_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"
	unstructured "k8s.io/apimachinery/pkg/runtime"
)

// repeat is how many things TestLinear compares with four times as many. The fast tests use few: for whatever allocates, that
// distinguishes linear from quadratic growth. What only compares shows in time, with many: see the Makefile, linear.
var repeat = flag.Int("repeat", 25, "how many things TestLinear repeats, and four times as many")

// TestLinear checks that the cost of each rule grows with the number of objects, of elements in an object and of what the platform
// has, and not with its square. Everything is made from the rules' own bad examples, of which one thing at a time is repeated: what
// a rule looks at is in its example. A new rule is covered without anybody thinking of it.
//
// What is compared is the bytes that are allocated for a number of things and for four times as many, which is the same on every
// machine, and the processor's time where it is long enough to say something.
func TestLinear(t *testing.T) {
	seen := map[string]bool{} // what was repeated already: many examples have the same kinds
	for _, r := range rules.All() {
		if r.Check == nil {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			e := exampleOf(t, r.Bad)
			before := len(seen)
			for _, way := range e.ways() {
				own := r.Name + " " + way.name
				if !seen[way.name] {
					seen[way.name] = true
					hold(t, way, rules.All(), *repeat)
				} else if !seen[own] {
					hold(t, way, lint.Rules{r}, *repeat)
				}
				seen[own] = true
			}
			if len(seen) == before {
				t.Error("nothing of the example can be repeated: there is no generator for this rule")
			}
		})
	}
}

// repetition is one thing that is repeated.
type repetition struct {
	name string
	make func(n int) *lint.Input
}

// hold compares the cost of n and of 4n for each rule. What is too much is measured a second time: something else may have been
// going on.
func hold(t *testing.T, w repetition, some lint.Rules, n int) {
	t.Helper()
	start := time.Now()
	if len(tooMuch(t, w, some, n)) == 0 {
		if took := time.Since(start); took > time.Minute {
			t.Logf("%d of %s: %v", 4*n, w.name, took)
		}
		return
	}
	for _, problem := range tooMuch(t, w, some, n) {
		t.Error(problem)
	}
}

func tooMuch(t *testing.T, w repetition, some lint.Rules, n int) []string {
	t.Helper()
	var out []string
	few, many := costs(t, w.make(n), some), costs(t, w.make(4*n), some)
	for _, name := range slices.Sorted(maps.Keys(many)) {
		a, b := few[name], many[name]
		if limit := 10*a.bytes + 256<<10; b.bytes > limit {
			out = append(out, fmt.Sprintf("%s: %d of %s: %d KB, four times as many: %d KB", name, n, w.name, a.bytes>>10, b.bytes>>10))
		}
		if limit := 6*a.time + 150*time.Millisecond; b.time > limit {
			out = append(out, fmt.Sprintf("%s: %d of %s: %v, four times as many: %v", name, n, w.name, a.time, b.time))
		}
	}
	return out
}

type cost struct {
	bytes uint64
	time  time.Duration
}

// costs are what each rule costs, with the models that it is the first to ask for; and what waivers cost.
func costs(t *testing.T, in *lint.Input, some lint.Rules) map[string]cost {
	t.Helper()
	out := map[string]cost{}
	c := lint.NewContext(in)
	c.Deployed.Unchecked() // which reads the schemas of the kinds: they are kept for the whole process
	var all []lint.Finding
	for _, r := range some {
		if r.Check == nil {
			continue
		}
		var found []lint.Finding
		bytes, used := allocated(), processorTime()
		r.Check(c, func(at catalog.Place, hint, format string, args ...any) {
			found = append(found, lint.Finding{Diagnostic: diag.Diagnostic{Pos: at.Pos, Path: at.Path, Code: r.Name, Message: fmt.Sprintf(format, args...), Hint: hint}, Severity: r.Severity})
		})
		found = lint.Sorted(found)
		out[r.Name] = cost{allocated() - bytes, processorTime() - used}
		all = append(all, found...)
	}
	bytes, used := allocated(), processorTime()
	rules.All().Waive(c, all)
	out[lint.WaiverUnused.Name] = cost{allocated() - bytes, processorTime() - used}
	return out
}

// allocated is how many bytes were ever allocated, exactly.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// example is a platform with what it deploys, of which things can be repeated.
type example struct {
	files    fs.FS
	platform *catalog.Platform
	objects  []made
	rendered []*lint.Object // what catalog applications deploy that rules read: the policies of guardrails
}

// made is an object of an example.
type made struct {
	entry, app int // of the platform
	content    map[string]any
	file       string
}

// exampleOf reads an example. Its manifests are those in the folders of its applications, as they stand.
func exampleOf(t testing.TB, text string) *example {
	t.Helper()
	files, err := txtar.FS(txtar.Parse([]byte(strings.TrimPrefix(text, "\n"))))
	if err != nil {
		t.Fatal(err)
	}
	platform, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	platform.Lint.Strict = true
	e := &example{files: files, platform: platform}
	for i := range platform.Namespaces {
		for j := range platform.Namespaces[i].Applications {
			a := &platform.Namespaces[i].Applications[j]
			if a.Workload == nil || a.Workload.Kind == catalog.Catalog {
				if a.Catalog == catalog.GuardrailsName {
					e.rendered = append(e.rendered, guardrailsOf(t, &platform.Namespaces[i], a)...)
				}
				continue
			}
			_ = fs.WalkDir(files, a.Workload.Path, func(name string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") {
					return nil
				}
				data, _ := fs.ReadFile(files, name)
				for document := range strings.SplitSeq(string(data), "\n---\n") {
					var v map[string]any
					if yaml.Unmarshal([]byte(document), &v) == nil && v["kind"] != nil && v["metadata"] != nil {
						e.objects = append(e.objects, made{i, j, plainJSON(v), name})
					}
				}
				return nil
			})
		}
	}
	return e
}

// guardrailsOf is what an application of guardrails deploys.
func guardrailsOf(t testing.TB, n *catalog.Namespace, a *catalog.Application) []*lint.Object {
	t.Helper()
	app := &workload.Application{Code: a.Code, Namespace: n.Name, Kind: workload.Catalog, Path: a.Workload.Path}
	app.Helm.Values = a.Workload.Source.Helm.Values
	result, diags := workload.New(workload.Files{Catalog: apps.Charts()}, workload.Cluster{}).Render(app)
	if len(diags) > 0 || len(result.Objects) == 0 {
		t.Fatal(diags)
	}
	var out []*lint.Object
	for _, o := range result.Objects {
		out = append(out, &lint.Object{Object: o.Object, Entry: n, Application: a, Pos: o.Pos})
	}
	return out
}

// plainJSON is a value with the types of numbers that objects of Kubernetes have.
func plainJSON(v map[string]any) map[string]any {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		panic(err)
	}
	return unscaled(out).(map[string]any)
}

func unscaled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			v[key] = unscaled(e)
		}
	case []any:
		for i, e := range v {
			v[i] = unscaled(e)
		}
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			f, _ := v.Float64()
			return f
		}
		return n
	}
	return v
}

// perFile is how many objects are in one file of an input.
const perFile = 500

// input is what lint checks. Each object is in a file, as a manifest.
func (e *example) input(platform *catalog.Platform, objects []made) *lint.Input {
	in := &lint.Input{Platform: platform, Objects: render.Build(platform), Workloads: slices.Clone(e.rendered)}
	texts, lines, inFile := map[string]*strings.Builder{}, map[string]int{}, map[string]int{}
	for _, m := range objects {
		n := &platform.Namespaces[m.entry]
		a := &n.Applications[m.app]
		metadata := m.content["metadata"].(map[string]any)
		name, _ := metadata["name"].(string)
		namespace, has := metadata["namespace"].(string)
		kind := m.content["kind"].(string)
		if !has && !strings.HasPrefix(kind, "Cluster") && kind != "CustomResourceDefinition" {
			namespace = n.Name
		}
		file := m.file
		if full := inFile[m.file] / perFile; full > 0 { // a larger file would not be read
			file = strings.TrimSuffix(file, ".yaml") + "-" + strconv.Itoa(full) + ".yaml"
		}
		inFile[m.file]++
		if texts[file] == nil {
			texts[file] = &strings.Builder{}
		}
		text, err := json.Marshal(m.content) // which is YAML, and quick to read
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(texts[file], "---\n%s\n", text)
		lines[file] += 2
		content := m.content
		in.Workloads = append(in.Workloads, &lint.Object{
			Object: object.Object{APIVersion: content["apiVersion"].(string), Kind: kind, Namespace: namespace, Name: name, Value: func() any { return content }},
			Entry:  n, Application: a, Pos: diag.Position{File: file, Line: lines[file], Column: 1},
		})
	}
	files := fstest.MapFS{}
	_ = fs.WalkDir(e.files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			data, _ := fs.ReadFile(e.files, name)
			files[name] = &fstest.MapFile{Data: data}
		}
		return nil
	})
	for name, text := range texts {
		files[name] = &fstest.MapFile{Data: []byte(text.String())}
	}
	in.Repository = files
	return in
}

// ways are all things of the example that can be repeated.
func (e *example) ways() []repetition {
	out := []repetition{}
	for i, m := range e.objects {
		kind := m.content["kind"].(string)
		out = append(out, repetition{kind + " of other names", func(n int) *lint.Input {
			objects := slices.Clone(e.objects)
			for j := range n {
				objects = append(objects, e.renamed(i, j))
			}
			return e.input(e.platform, objects)
		}}, repetition{kind + " of one name", func(n int) *lint.Input {
			objects := slices.Clone(e.objects)
			for range n {
				objects = append(objects, m)
			}
			return e.input(e.platform, objects)
		}})
		for _, path := range pathsIn(m.content, nil) {
			out = append(out, repetition{kind + " " + strings.Join(path, "."), func(n int) *lint.Input {
				objects := slices.Clone(e.objects)
				objects[i].content = grown(m.content, path, n)
				return e.input(e.platform, objects)
			}})
		}
	}
	for _, path := range slicesIn(reflect.ValueOf(e.platform).Elem(), nil) {
		out = append(out, repetition{"the platform's " + strings.Join(path, "."), func(n int) *lint.Input {
			p := copyOf(e.platform)
			growSlice(reflect.ValueOf(p).Elem(), path, n)
			return e.input(p, e.objects)
		}})
	}
	return append(out, repetition{"waivers in " + strconv.Itoa(len(e.objects)), e.waived})
}

// renamed is an object of another name, with what leads to others by name changed as well.
func (e *example) renamed(i, j int) made {
	m := e.objects[i]
	m.content = unstructured.DeepCopyJSON(m.content)
	metadata := m.content["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	metadata["name"] = name + "-" + strconv.Itoa(j)
	return m
}

// pathsIn lead to all lists and maps of a value that can have more elements, and to its texts.
func pathsIn(v any, at []string) [][]string {
	var out [][]string
	at = at[:len(at):len(at)]
	switch v := v.(type) {
	case map[string]any:
		if len(at) > 0 && slices.ContainsFunc(slices.Collect(maps.Values(v)), func(e any) bool { _, ok := e.(string); return ok }) {
			out = append(out, at)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if len(at) > 0 || key != "apiVersion" && key != "kind" {
				out = append(out, pathsIn(v[key], append(at, key))...)
			}
		}
	case []any:
		if len(v) > 0 {
			out = append(out, at)
			out = append(out, pathsIn(v[0], append(at, "0"))...)
		}
	case string:
		if at[len(at)-1] != "name" && len(v) > 3 {
			out = append(out, at)
		}
	}
	return out
}

// grown is a value of which a list has n more elements, each of another name; a map n more keys; or a text n more of itself.
func grown(v any, path []string, n int) map[string]any {
	out := unstructured.DeepCopyJSON(v.(map[string]any))
	var change func(v any, path []string) any
	change = func(v any, path []string) any {
		if len(path) > 0 {
			switch v := v.(type) {
			case map[string]any:
				v[path[0]] = change(v[path[0]], path[1:])
			case []any:
				i, _ := strconv.Atoi(path[0])
				v[i] = change(v[i], path[1:])
			}
			return v
		}
		switch v := v.(type) {
		case []any:
			for i := range n {
				e := unstructured.DeepCopyJSONValue(v[0])
				if m, ok := e.(map[string]any); ok && m["name"] != nil && i%2 == 0 {
					m["name"] = fmt.Sprint(m["name"], "-", i)
				}
				v = append(v, e)
			}
			return v
		case map[string]any:
			var like any
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if _, ok := v[key].(string); ok {
					like = v[key]
				}
			}
			for i := range n {
				v["key-"+strconv.Itoa(i)] = like
			}
			return v
		case string:
			return strings.Repeat(v+" ", 10*n)
		}
		return v
	}
	return change(out, path).(map[string]any)
}

// slicesIn lead to all slices of structs in a struct that have an element.
func slicesIn(v reflect.Value, at []string) [][]string {
	var out [][]string
	at = at[:len(at):len(at)]
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case !v.Type().Field(i).IsExported():
		case f.Kind() == reflect.Slice && f.Len() > 0 && f.Type().Elem().Kind() == reflect.Struct:
			out = append(out, append(at, name))
			out = append(out, slicesIn(f.Index(0), append(at, name))...)
		case f.Kind() == reflect.Slice && f.Len() > 0:
			out = append(out, append(at, name))
		case f.Kind() == reflect.Struct:
			out = append(out, slicesIn(f, append(at, name))...)
		}
	}
	return out
}

// growSlice repeats the first element of a slice, with another name where it has one.
func growSlice(v reflect.Value, path []string, n int) {
	f := v.FieldByName(path[0])
	if len(path) > 1 {
		if f.Kind() == reflect.Slice { // not that of the original
			f.Set(reflect.AppendSlice(reflect.MakeSlice(f.Type(), 0, f.Len()), f))
			growSlice(f.Index(0), path[1:], n)
		} else {
			growSlice(f, path[1:], n)
		}
		return
	}
	out := reflect.AppendSlice(reflect.MakeSlice(f.Type(), 0, f.Len()+n), f)
	for i := range n {
		e := reflect.New(f.Type().Elem()).Elem()
		e.Set(f.Index(0))
		if e.Kind() == reflect.Struct {
			for _, name := range []string{"Name", "Code", "Host", "Path"} {
				if s := e.FieldByName(name); s.IsValid() && s.Kind() == reflect.String && i%2 == 0 {
					s.SetString(s.String() + "-" + strconv.Itoa(i))
				}
			}
		}
		out = reflect.Append(out, e)
	}
	f.Set(out)
}

func copyOf(p *catalog.Platform) *catalog.Platform {
	out := *p
	return &out
}

// waived is the example with many waivers, some on lines of their own.
func (e *example) waived(n int) *lint.Input {
	in := e.input(e.platform, e.objects)
	files := in.Repository.(fstest.MapFS)
	for name, f := range files {
		if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
			files[name] = &fstest.MapFile{Data: append([]byte(strings.Repeat("# lint:ignore "+strings.Repeat("plain-secret,", 20)+"plain-secret a reason\n", n)), f.Data...)}
		}
	}
	return in
}
