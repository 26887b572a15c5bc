package fields_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diff/fields"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// value reads YAML as the values of objects are read.
func value(t testing.TB, text string) any {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := utiljson.Unmarshal([]byte(`{"value":`+string(data)+`}`), &out); err != nil {
		t.Fatal(err)
	}
	return out.(map[string]any)["value"]
}

// lines are differences, one a line.
func lines(all []fields.Difference) string {
	var b strings.Builder
	for _, d := range all {
		fmt.Fprintf(&b, "%s %s", d.Change, d.Path)
		for _, v := range []any{d.From, d.To} {
			text, _ := json.Marshal(v)
			fmt.Fprintf(&b, " %s", text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"a container by its name",
			`{spec: {template: {spec: {containers: [{name: web, image: a}, {name: side, image: b}]}}}}`,
			`{spec: {template: {spec: {containers: [{name: new, image: d}, {name: web, image: c}, {name: side, image: b}]}}}}`,
			`changed spec.template.spec.containers[web].image "a" "c"
added spec.template.spec.containers[new] null {"image":"d","name":"new"}
`},
		{"keys in another order", `{a: 1, b: 2}`, `{b: 2, a: 1}`, ``},
		{"a key that is no name", `{metadata: {labels: {app.kubernetes.io/name: a}}}`, `{metadata: {labels: {app.kubernetes.io/name: b}}}`,
			`changed metadata.labels["app.kubernetes.io/name"] "a" "b"` + "\n"},
		{"ports of a Service", `{spec: {ports: [{port: 80, protocol: TCP, targetPort: 8080}, {port: 80, protocol: UDP}]}}`,
			`{spec: {ports: [{port: 80, protocol: UDP}, {port: 80, targetPort: http}]}}`,
			`moved spec.ports ["80/TCP","80/UDP"] ["80/UDP","80/TCP"]
removed spec.ports[80/TCP].protocol "TCP" null
changed spec.ports[80/TCP].targetPort 8080 "http"
`},
		{"ports of a container", `{ports: [{containerPort: 80}]}`, `{ports: [{containerPort: 80, name: http}, {containerPort: 443, protocol: TCP}]}`,
			`added ports[80/TCP].name null "http"
added ports[443/TCP] null {"containerPort":443,"protocol":"TCP"}
`},
		{"ports of Cilium have another default", `{ports: [{port: "80"}]}`, `{ports: [{port: "80", protocol: TCP}]}`,
			`removed ports["80"] {"port":"80"} null
added ports[80/TCP] null {"port":"80","protocol":"TCP"}
`},
		{"the order of variables", `{env: [{name: A}, {name: B, value: "1"}, {name: C}]}`, `{env: [{name: B, value: "2"}, {name: A}, {name: D}]}`,
			`moved env ["A","B"] ["B","A"]
changed env[B].value "1" "2"
removed env[C] {"name":"C"} null
added env[D] null {"name":"D"}
`},
		{"mounts", `{volumeMounts: [{name: a, mountPath: /data}, {name: a, mountPath: /cache}]}`, `{volumeMounts: [{name: a, mountPath: /data, readOnly: true}, {name: a, mountPath: /cache}]}`,
			"added volumeMounts[/data].readOnly null true\n"},
		{"claims", `{volumeClaimTemplates: [{metadata: {name: data}, spec: {size: 1}}]}`, `{volumeClaimTemplates: [{metadata: {name: data}, spec: {size: 2}}]}`,
			"changed volumeClaimTemplates[data].spec.size 1 2\n"},
		{"the same key twice", `{env: [{name: A, value: a}, {name: A, value: b}]}`, `{env: [{name: A, value: a}, {name: A, value: c}]}`,
			`changed env[1].value "b" "c"` + "\n"},
		{"texts are not matched by place", `{args: [a, b, c]}`, `{args: [x, a, c]}`, `added args[0] null "x"
removed args[1] "b" null
`},
		{"a list without keys", `{egress: [{toEndpoints: [{a: b}]}, {toFQDNs: [x], toPorts: [{ports: [1]}]}]}`,
			`{egress: [{toEntities: [world]}, {toEndpoints: [{a: b}]}, {toFQDNs: [x], toPorts: [{ports: [2]}]}]}`,
			`added egress[0] null {"toEntities":["world"]}
removed egress[1].toPorts[0].ports[0] 1 null
added egress[1].toPorts[0].ports[0] null 2
`},
		{"the more similar one", `{routes: [{match: A, services: [{name: a}]}]}`, `{routes: [{match: B, services: [{name: b}]}, {match: A2, services: [{name: a}]}]}`,
			`added routes[0] null {"match":"B","services":[{"name":"b"}]}
changed routes[0].match "A" "A2"
`},
		{"null is not nothing", `{a: null}`, `{}`, "removed a null null\n"},
		{"another type", `{a: {b: 1}}`, `{a: [1]}`, `changed a {"b":1} [1]` + "\n"},
		{"a whole subtree", `{}`, `{spec: {a: {b: 1}}}`, `added spec null {"a":{"b":1}}` + "\n"},
		{"all of it", `null`, `{a: 1}`, `added  null {"a":1}` + "\n"},
		{"nothing of it", `{a: 1}`, `null`, `removed  {"a":1} null` + "\n"},
		{"numbers and texts", `{a: 1, b: 1.5, c: "1", d: true}`, `{a: "1", b: 1.5, c: "1", d: false}`, `changed a 1 "1"
changed d true false
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, to := value(t, c.from), value(t, c.to)
			if d := gocmp.Diff(c.want, lines(fields.Compare(from, to))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			exact(t, from, to)
			exact(t, to, from)
		})
	}
}

// exact checks that the differences make one value of the other one, and leave both as they are.
func exact(t testing.TB, from, to any) {
	t.Helper()
	before := [2]string{text(t, from), text(t, to)}
	differences := fields.Compare(from, to)
	got, err := fields.Apply(from, differences)
	if err != nil || !reflect.DeepEqual(got, to) {
		t.Fatalf("%v\nfrom %s\nto   %s\ngot  %s\n%s", err, before[0], before[1], text(t, got), lines(differences))
	}
	if same := fields.Compare(to, got); len(same) > 0 {
		t.Fatalf("equal values differ:\n%s", lines(same))
	}
	if before != [2]string{text(t, from), text(t, to)} {
		t.Fatalf("%s was changed", before)
	}
}

func text(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPath(t *testing.T) {
	p := fields.Path{{Key: "spec"}, {Key: "template"}, {Key: "containers"}, {Key: "web", By: "name"}, {Key: "args"}, {Index: 2, List: true}}
	if got := p.String(); got != "spec.template.containers[web].args[2]" {
		t.Error(got)
	}
	if got := p.Fields(); !reflect.DeepEqual(got, []string{"spec", "template", "containers", "args"}) {
		t.Error(got)
	}
	for _, c := range []struct {
		keys []string
		want bool
	}{
		{nil, true}, {[]string{"spec", "template"}, true}, {[]string{"spec", "template", "containers", "args"}, true},
		{[]string{"template"}, false}, {[]string{"spec", "template", "containers", "args", "more"}, false}, {[]string{"spec", "args"}, false},
	} {
		if got := p.Begins(c.keys...); got != c.want {
			t.Error(c.keys, got)
		}
	}
	for key, want := range map[string]string{"a b": `["a b"]`, "2": `["2"]`, "": `[""]`, "x]": `["x]"]`, "\u202e": `["\u202e"]`, "ü/80": "[ü/80]"} {
		if got := (fields.Path{{Key: key, By: "name"}}).String(); got != want {
			t.Errorf("%q: %s", key, got)
		}
	}
}

func TestJSON(t *testing.T) {
	for want, d := range map[string]fields.Difference{
		`{"path":"a.b","change":"added","to":null}`:                                   {Path: fields.Path{{Key: "a"}, {Key: "b"}}, Change: fields.Added},
		`{"path":"a","change":"removed","from":{"b":1}}`:                              {Path: fields.Path{{Key: "a"}}, Change: fields.Removed, From: map[string]any{"b": int64(1)}},
		`{"path":"a","change":"changed","from":1,"to":"(concealed)","noise":"chart"}`: {Path: fields.Path{{Key: "a"}}, Change: fields.Changed, From: int64(1), To: fields.Concealed{}, Noise: "chart"},
	} {
		if got := text(t, d); got != want {
			t.Error(got)
		}
	}
}

// TestNotFrom applies differences to a value that they are not from.
func TestNotFrom(t *testing.T) {
	for _, c := range []struct{ from, to, other, want string }{
		{`{a: 1}`, `{a: 2}`, `{a: 3}`, "a: is another value before"},
		{`{a: 1}`, `{a: 2}`, `{}`, "a: cannot be changed"},
		{`{a: 1}`, `{}`, `{}`, "a: cannot be removed"},
		{`{}`, `{a: 1}`, `{a: 1}`, "a: cannot be added"},
		{`{a: {b: 1}}`, `{a: {b: 2}}`, `{a: 1}`, "a.b: has no fields before"},
		{`{a: {b: 1}}`, `{a: {b: 2}}`, `{a: []}`, "a.b: is a list before"},
		{`{a: [1]}`, `{a: []}`, `{a: {}}`, "a[0]: is a mapping before"},
		{`{a: [1, 2]}`, `{a: [1]}`, `{a: [1]}`, "a[1]: is no element before"},
		{`{a: [1, 2]}`, `{a: [1, 2, 3]}`, `{a: [1]}`, "a[2]: has no place"},
		{`{a: [{name: p}, {name: q}]}`, `{a: [{name: q}, {name: p}]}`, `{a: [{name: q}]}`, "a: has other elements before"},
		{`null`, `1`, `2`, ": is another value before"},
	} {
		got, err := fields.Apply(value(t, c.other), fields.Compare(value(t, c.from), value(t, c.to)))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s to %s, applied to %s: %v, %v", c.from, c.to, c.other, got, err)
		}
	}
}

// generator makes random values with few names, so that they have much in common.
type generator struct{ *rand.Rand }

func (g generator) value(depth int) any {
	switch n := g.IntN(10); {
	case depth <= 0 || n < 3:
		return []any{nil, true, int64(g.IntN(3)), 1.5, "", "a", "b", fmt.Sprint(g.IntN(4))}[g.IntN(8)]
	case n < 6:
		out := map[string]any{}
		for range g.IntN(4) {
			out[[]string{"a", "b", "env", "ports", "x.y/z"}[g.IntN(5)]] = g.value(depth - 1)
		}
		return out
	case n < 8:
		out := []any{}
		for range g.IntN(5) {
			e := map[string]any{"name": fmt.Sprint("n", g.IntN(6)), "port": int64(g.IntN(3)), "v": g.value(depth - 1)}
			if g.IntN(4) == 0 {
				e["protocol"] = []any{"TCP", "UDP", nil, int64(1)}[g.IntN(4)]
			}
			out = append(out, e)
		}
		return out
	default:
		out := []any{}
		for range g.IntN(6) {
			out = append(out, g.value(depth-1))
		}
		return out
	}
}

// changed is a value with small changes.
func (g generator) changed(v any, depth int) any {
	if g.IntN(8) == 0 {
		return g.value(depth)
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if g.IntN(8) > 0 {
				out[k] = g.changed(v[k], depth-1)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			if g.IntN(8) > 0 {
				out = append(out, g.changed(e, depth-1))
			}
		}
		if g.IntN(3) == 0 {
			g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		}
		return out
	}
	return v
}

func TestRandom(t *testing.T) {
	for seed := range uint64(20_000) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		a := g.value(4)
		b := g.changed(a, 4)
		exact(t, a, b)
		exact(t, a, g.value(4))
		if d := fields.Compare(a, a); len(d) > 0 {
			t.Fatal(lines(d))
		}
		if d := fields.Compare(nil, b); b != nil && (len(d) != 1 || d[0].Change != fields.Added || len(d[0].Path) > 0) {
			t.Fatal(lines(d))
		}
	}
}

// TestGolden compares the objects of the examples with each other: those of a kind, in every direction.
func TestGolden(t *testing.T) {
	kinds := map[string][]any{}
	err := filepath.WalkDir("../../../golden", func(path string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(filepath.Base(path), "-")
		kinds[kind] = append(kinds[kind], value(t, string(data)))
		return nil
	})
	if err != nil || len(kinds) < 10 {
		t.Fatal(err, len(kinds))
	}
	var last any
	for _, objects := range kinds {
		for i, a := range objects {
			exact(t, last, a) // of another kind, or nothing
			last = a
			for _, b := range objects[:min(i, 15)] {
				exact(t, a, b)
				exact(t, b, a)
			}
		}
	}
}

// TestBounds compares what is large. The time is a hundred times what it needs.
func TestBounds(t *testing.T) {
	numbers := func(n, offset int) any {
		out := make([]any, n)
		for i := range out {
			out[i] = fmt.Sprint("element ", i+offset)
		}
		return out
	}
	named := func(n int, image string) any {
		out := make([]any, n)
		for i := range out {
			out[i] = map[string]any{"name": fmt.Sprint(i), "image": image}
		}
		return out
	}
	nested := func(n int, leaf any, list bool) any {
		for range n {
			if list {
				leaf = []any{leaf, leaf == nil}
			} else {
				leaf = map[string]any{"a": leaf, "b": n}
			}
		}
		return leaf
	}
	edited := numbers(20_000, 0).([]any)
	edited[100], edited[19_000] = "other", "another"
	same := func(n int, v any) any {
		out := make([]any, n)
		for i := range out {
			out[i] = v
		}
		return out
	}
	wide := map[string]any{}
	for i := range 30_000 {
		wide[fmt.Sprint(i)] = i
	}
	for _, c := range []struct {
		name     string
		from, to any
		most     int
	}{
		{"another list", numbers(20_000, 0), numbers(20_000, 50_000), 1},
		{"two edits", numbers(20_000, 0), edited, 4},
		{"keyed", named(19_000, "a"), named(19_000, "b"), 19_000},
		{"too many", named(30_000, "a"), named(30_000, "b"), 1},
		{"keys", map[string]any{}, wide, 1},
		{"the same elements", same(20_000, "a"), same(19_999, "a"), 1},
		{"two sorts of elements", append(same(10_000, "a").([]any), same(10_000, "b").([]any)...), append(same(10_000, "b").([]any), same(10_000, "a").([]any)...), 1},
		{"long texts", map[string]any{"a": strings.Repeat("x", 1<<20)}, map[string]any{"a": strings.Repeat("x", 1<<20-1) + "y"}, 1},
		{"nested mappings", nested(10_000, "x", false), nested(10_000, "y", false), 1},
		{"nested lists", nested(10_000, "x", true), nested(10_000, "y", true), 70},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			differences := fields.Compare(c.from, c.to)
			if len(differences) == 0 || len(differences) > c.most {
				t.Errorf("%d differences", len(differences))
			}
			got, err := fields.Apply(c.from, differences)
			if err != nil || !reflect.DeepEqual(got, c.to) {
				t.Error(err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Error(took)
			}
			t.Log(time.Since(start), len(differences))
		})
	}
}

func FuzzCompare(f *testing.F) {
	f.Add(`{"env":[{"name":"A"},{"name":"B"}]}`, `{"env":[{"name":"B"},{"name":"A","value":"x"}]}`)
	f.Add(`[1,2,3]`, `[3,[],{}]`)
	f.Add(`{"ports":[{"port":80},{"port":80,"protocol":"UDP"}]}`, `{"ports":[]}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		var values [2]map[string]any
		for i, text := range []string{a, b} {
			if utiljson.Unmarshal([]byte(`{"v":`+text+`}`), &values[i]) != nil {
				t.Skip("not JSON")
			}
		}
		exact(t, values[0]["v"], values[1]["v"])
	})
}

// deployment has 300 fields.
func deployment(tag string) any {
	var containers []any
	for i := range 10 {
		var env []any
		for j := range 10 {
			env = append(env, map[string]any{"name": fmt.Sprint("VARIABLE_", j), "value": fmt.Sprint("value ", j)})
		}
		containers = append(containers, map[string]any{"name": fmt.Sprint("c", i), "image": "registry.example.com/app:" + tag, "env": env, "args": []any{"--a", "--b", tag}})
	}
	return map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": containers}}}}
}

func BenchmarkCompare(b *testing.B) {
	from, to := deployment("1.0"), deployment("1.1")
	b.ReportAllocs()
	for b.Loop() {
		fields.Compare(from, to)
	}
}
