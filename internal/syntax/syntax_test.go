package syntax_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

type (
	text   = syntax.Value[string]
	number = syntax.Value[int]
	flag   = syntax.Value[bool]
)

// root uses every feature of the decoder.
type root struct {
	*syntax.Node
	Name    text                   `yaml:"name,name"`
	Count   number                 `yaml:"count"`
	On      flag                   `yaml:"on"`
	Mode    text                   `yaml:"mode" enum:"privileged,baseline,restricted"`
	Modes   []text                 `yaml:"modes,one" enum:"get,create"`
	Port    syntax.Text            `yaml:"port"`
	Ports   []syntax.Text          `yaml:"ports,one"`
	Labels  syntax.Map[text]       `yaml:"labels"`
	Items   []item                 `yaml:"items"`
	Short   *short                 `yaml:"short" empty:"name a profile"`
	Listed  *listed                `yaml:"listed"`
	Any     syntax.Any             `yaml:"any"`
	Raw     syntax.Raw             `yaml:"raw"`
	Raws    syntax.Map[syntax.Raw] `yaml:"raws"`
	Hidden  text                   `yaml:"hidden,hidden"`
	HNumber number                 `yaml:"hiddenNumber,hidden"`
	HFlag   flag                   `yaml:"hiddenFlag,hidden"`
	HEnum   text                   `yaml:"hiddenEnum,hidden" enum:"hunter1"`
	HList   []text                 `yaml:"hiddenList,hidden"`
	HMap    syntax.Map[text]       `yaml:"hiddenMap,hidden"`
	HStruct *item                  `yaml:"hiddenStruct,hidden"`
	HText   syntax.Text            `yaml:"hiddenText,hidden"`
}

type item struct {
	*syntax.Node
	Host text `yaml:"host,required,name"`
	Path text `yaml:"path"`
}

type short struct {
	*syntax.Node
	Profile text `yaml:"profile,short,required"`
	Extra   text `yaml:"extra"`
}

// listed is a struct that a list stands for.
type listed struct {
	*syntax.Node
	Names []text `yaml:"names,short"`
	Extra text   `yaml:"extra"`
}

// read gives the document and what was reported, as printed.
func read(data string) (*root, string) {
	var l diag.List
	var out root
	if d := syntax.Parse("f.yml", []byte(data), &l); d != nil {
		d.Decode(&out)
	}
	var b strings.Builder
	if err := l.Print(&b, diag.Frame{}); err != nil {
		panic(err)
	}
	return &out, b.String()
}

func TestMessages(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"nme: a", "f.yml:1:1: unknown field \"nme\" [unknown-field]\n  hint: did you mean \"name\"?\n"},
		{"items:\n- host: a\n  zzzzzz: 1", "f.yml:3:3: items.a: unknown field \"zzzzzz\" [unknown-field]\n  hint: known: host, path\n"},
		{"items:\n- path: a", "f.yml:2:3: items[0]: missing \"host\" [missing-field]\n"},
		{"items:\n- host:\n- {}", "f.yml:2:3: items[0].host: expected a value, found nothing [no-value]\n  hint: write a value\nf.yml:3:3: items[1]: missing \"host\" [missing-field]\n"},
		{"items:\n- host: 1", "f.yml:2:9: items[0].host: expected text, found 1 [wrong-type]\n  hint: put it in quotes\n"},
		{"items:\n- host: web-1\n  path: true\n- host: A.b c\n  path: [x]", "f.yml:3:9: items.web-1.path: expected text, found true [wrong-type]\n  hint: put it in quotes\nf.yml:5:9: items[1].path: expected text, found a list [wrong-type]\n"},
		{"items:\n-\n- a", "f.yml:2:2: items[0]: expected a value, found nothing [wrong-type]\nf.yml:3:3: items[1]: expected a mapping, found \"a\" [wrong-type]\n"},
		{"items: {a: b}", "f.yml:1:8: items: expected a list, found a mapping [wrong-type]\n"},
		{"items: a", "f.yml:1:8: items: expected a list, found \"a\" [wrong-type]\n"},
		{"hiddenList: a\nmodes: {}", "f.yml:1:13: hiddenList: expected a list, found text [wrong-type]\nf.yml:2:8: modes: expected a list, found a mapping [wrong-type]\n  hint: write it like this: modes: [get]\n"},
		{"name: a\nname: b", "f.yml:2:1: the key \"name\" occurs twice [duplicate-key]\n  f.yml:1:1: first here\n  hint: remove one of them\n"},
		{"1: a", "f.yml:1:1: expected text as a key, found 1 [wrong-type]\n  hint: put the key in quotes\n"},
		{"? [a]\n: b", "f.yml:1:3: expected text as a key, found a list [wrong-type]\n  hint: put the key in quotes\n"},
		{"labels: {on: a, yes: b, true: c, ~: d, 2024-01-01: e}", "f.yml:1:25: labels: expected text as a key, found true [wrong-type]\n  hint: put the key in quotes\nf.yml:1:34: labels: expected text as a key, found nothing [wrong-type]\n  hint: put the key in quotes\nf.yml:1:40: labels: expected text as a key, found 2024-01-01 [wrong-type]\n  hint: put the key in quotes\n"},
		{"count: a", "f.yml:1:8: count: expected a whole number, found \"a\" [wrong-type]\n"},
		{"count: 1.5", "f.yml:1:8: count: expected a whole number, found 1.5 [wrong-type]\n"},
		{"count: 99999999999999999999", "f.yml:1:8: count: expected a whole number, found 99999999999999999999 [wrong-type]\n"},
		{"count: !!int \"a\\e[1mb\"", "f.yml:1:8: count: expected a whole number, found a\\x1b[1mb [wrong-type]\n"},
		{"on: yes", "f.yml:1:5: on: expected true or false, found \"yes\" [wrong-type]\n  hint: write true\n"},
		{"name: 2024-01-01", "f.yml:1:7: name: expected text, found 2024-01-01 [wrong-type]\n  hint: put it in quotes\n"},
		{"name: !vault a", "f.yml:1:7: name: expected a plain value, found the YAML tag \"!vault\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\n"},
		{"name: !!binary aGk=", "f.yml:1:7: name: expected a plain value, found the YAML tag \"!!binary\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\n"},
		{"items: !reference [a, b]", "f.yml:1:8: items: expected a plain value, found the YAML tag \"!reference\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\n"},
		{"mode: baselin", "f.yml:1:7: mode: expected one of baseline, privileged, restricted, found \"baselin\" [unknown-value]\n  hint: did you mean \"baseline\"?\n"},
		{"mode: x", "f.yml:1:7: mode: expected one of baseline, privileged, restricted, found \"x\" [unknown-value]\n  hint: write it like this: mode: privileged\n"},
		{"modes: gett", "f.yml:1:8: modes: expected one of create, get, found \"gett\" [unknown-value]\n  hint: did you mean \"get\"?\n"},
		{"modes: [get, x]", "f.yml:1:14: modes[1]: expected one of create, get, found \"x\" [unknown-value]\n  hint: write it like this: modes: [get]\n"},
		{"port: [1]", "f.yml:1:7: port: expected a number or text, found a list [wrong-type]\n"},
		{"labels: [a]", "f.yml:1:9: labels: expected a mapping, found a list [wrong-type]\n"},
		{"labels:\n  app.kubernetes.io/name: 1\n  \"a\\eb\": 2\n  \"\": 3", "f.yml:2:27: labels[\"app.kubernetes.io/name\"]: expected text, found 1 [wrong-type]\n  hint: put it in quotes\nf.yml:3:11: labels[\"a\\x1bb\"]: expected text, found 2 [wrong-type]\n  hint: put it in quotes\nf.yml:4:7: labels[\"\"]: expected text, found 3 [wrong-type]\n  hint: put it in quotes\n"},
		{"labels:\n  a:\n", "f.yml:2:5: labels.a: expected a value, found nothing [wrong-type]\n"},
		{"short: [a]", "f.yml:1:8: short: expected a mapping, or text, found a list [wrong-type]\n"},
		{"listed: a", "f.yml:1:9: listed: expected a list, found \"a\" [wrong-type]\n  hint: write [a]\n"},
		{"listed: [1]", "f.yml:1:10: listed[0]: expected text, found 1 [wrong-type]\n  hint: put it in quotes\n"},
		{"listed: {names: a}", "f.yml:1:17: listed.names: expected a list, found \"a\" [wrong-type]\n  hint: write [a]\n"},
		{"short: {extra: a}", "f.yml:1:8: short: missing \"profile\" [missing-field]\n"},
		{"short: 1", "f.yml:1:8: short: expected text, found 1 [wrong-type]\n  hint: put it in quotes\n"},
		{"name: " + strings.Repeat("a", 70) + "\nmode: " + strings.Repeat("ü", 70), "f.yml:2:7: mode: expected one of baseline, privileged, restricted, found \"" + strings.Repeat("ü", 60) + "…\" [unknown-value]\n  hint: write it like this: mode: privileged\n"},
		{"- a", "f.yml:1:1: expected a mapping, found a list [wrong-type]\n"},
		{"a", "f.yml:1:1: expected a mapping, found \"a\" [wrong-type]\n"},
		// merges
		{"<<: a", "f.yml:1:5: [\"<<\"]: expected a mapping to merge, found text [wrong-type]\n"},
		{"<<: [{name: a}, b]", "f.yml:1:17: [\"<<\"][\"<<\"]: expected a mapping to merge, found text [wrong-type]\n"},
		{"<<: [[{name: a}]]", "f.yml:1:5: [\"<<\"]: expected a mapping to merge, found a list [wrong-type]\n"},
		{"<<: {nme: a}", "f.yml:1:6: unknown field \"nme\" [unknown-field]\n  hint: did you mean \"name\"?\n"},
		// aliases
		{"raw: &a [*a]", "f.yml:1:10: raw[0][0]: the alias *a is part of its own value [alias-cycle]\n  hint: write the value out in place of the alias\n"},
		{"any: &a {b: {c: *a}}", "f.yml:1:17: any.b.c.b.c: the alias *a is part of its own value [alias-cycle]\n  hint: write the value out in place of the alias\n"},
		{"&a\nname: b\n<<: *a", "f.yml:3:5: [\"<<\"][\"<<\"]: the alias *a is part of its own value [alias-cycle]\n  hint: write the value out in place of the alias\n"},
		// free-form values
		{"any: {a: 1, a: 2}", "f.yml:1:13: any: the key \"a\" occurs twice [duplicate-key]\n  f.yml:1:7: first here\n  hint: remove one of them\n"},
		{"any: {1: a, 1.0: b}", "f.yml:1:13: any: the key \"1\" occurs twice [duplicate-key]\n  hint: remove one of them\n"},
		{"any: {on: a, \"true\": b}", "f.yml:1:14: any: the key \"true\" occurs twice [duplicate-key]\n  hint: remove one of them\n"},
		{"any: {a: [.inf, -.INF, .nan, !!int \"hunter2\"]}", "f.yml:1:11: any.a[0]: expected a value that JSON can hold, found .inf [bad-value]\n  hint: put it in quotes\nf.yml:1:17: any.a[1]: expected a value that JSON can hold, found -.INF [bad-value]\n  hint: put it in quotes\nf.yml:1:24: any.a[2]: expected a value that JSON can hold, found .nan [bad-value]\n  hint: put it in quotes\nf.yml:1:30: any.a[3]: expected a value that JSON can hold, found a number [bad-value]\n  hint: put it in quotes\n"},
		{"any: {~: a}", "f.yml:1:7: any: expected a value that JSON can hold, found nothing [bad-value]\n  hint: put it in quotes\n"},
		{"any: {? [a] : b}", "f.yml:1:9: any: expected text as a key, found a list [wrong-type]\n  hint: put the key in quotes\n"},
		{"any: [!x a, !!python/object b, !!set {c}]", "f.yml:1:7: any[0]: expected a plain value, found the YAML tag \"!x\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\nf.yml:1:13: any[1]: expected a plain value, found the YAML tag \"!!python/object\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\nf.yml:1:32: any[2]: expected a plain value, found the YAML tag \"!!set\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\n"},
		{"raw: !x a", "f.yml:1:6: raw: expected a plain value, found the YAML tag \"!x\" [unknown-tag]\n  hint: remove the tag, or put all of it in quotes\n"},
	} {
		if _, got := read(c.in); got != c.want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.in, got, c.want)
		}
	}
}

func TestHidden(t *testing.T) {
	const secret = "hunter2"
	for _, in := range []string{
		"hidden: [hunter2]", "hidden: {hunter: hunter2}", "hidden: !!int hunter2", "hidden: !!bool hunter2", "hidden: !!float hunter2", "hidden: !!timestamp hunter2", "hidden: *hunter2", "hidden: !x hunter2",
		"hiddenNumber: hunter2", "hiddenFlag: hunter2", "hiddenEnum: hunter2", "hiddenList: hunter2", "hiddenList: [[hunter2], {a: hunter2}, !!int hunter2]",
		"hiddenMap: hunter2", "hiddenMap: [hunter2]", "hiddenMap: {a: [hunter2], b: !!int hunter2}", "hiddenStruct: hunter2", "hiddenStruct: [hunter2]", "hiddenText: [hunter2]",
		"labels: {a: &a hunter2}\nhiddenNumber: *a", "labels: {a: &a hunter2}\nhiddenList: *a", "labels: {a: &a hunter2}\nhiddenMap: *a", "labels: {a: &a hunter2}\nhiddenStruct: *a", "labels: {a: &a hunter2}\nhiddenEnum: *a", "labels: {a: &a hunter2}\nhiddenList: [1, *a]",
		"<<: {hiddenNumber: hunter2, hiddenEnum: hunter2}", "<<: hunter2", "hiddenMap: {<<: hunter2}", "hiddenMap: {<<: [hunter2]}", "hidden: {<<: hunter2}", "hidden: \"hunter2\nname: a", "hidden: 'hunter2' hunter2", "hidden: @hunter2", "hidden: hunter2: hunter2", "hidden: &hunter2 &b a", "any: {a: !!int hunter2, b: !!float hunter2, c: !!bool hunter2}",
	} {
		_, got := read(in)
		if got == "" || strings.Contains(got, secret) {
			t.Errorf("%s\nshows it, or nothing:\n%s", in, got)
		}
	}
}

func TestDecode(t *testing.T) {
	r, got := read("name: web\ncount: 0x10\non: true\nmode: baseline\nmodes: get\nport: 8080\nports: [53/UDP, http, 08, 1.50, on]\nlabels: {b: x, a: y}\nitems:\n- {host: a}\n- host: &h b\nshort: web-app\nraw: {a: [*h, {<<: {b: c}}]}\nhidden: s\n")
	if got != "" {
		t.Fatal(got)
	}
	if r.Name.V != "web" || r.Count.V != 16 || !r.On.V || r.Mode.V != "baseline" || len(r.Modes) != 1 || r.Modes[0].V != "get" || r.Port.V != "8080" || len(r.Ports) != 5 || r.Ports[2].V != "08" || r.Ports[3].V != "1.50" || r.Ports[4].V != "on" ||
		len(r.Labels.Items) != 2 || r.Labels.Items[0].Key != "b" || r.Labels.Items[1].Value.V != "y" || len(r.Items) != 2 || r.Items[1].Host.V != "b" || r.Short.Profile.V != "web-app" || r.Hidden.V != "s" {
		t.Errorf("got %+v", r)
	}
	for in, want := range map[string]string{"listed: [a, b]": "f.yml:1:9 listed f.yml:1:13 listed[1]", "listed: {names: [a, b]}": "f.yml:1:9 listed f.yml:1:21 listed.names[1]"} {
		r, _ := read(in)
		if got := r.Listed.Pos().String() + " " + r.Listed.Path() + " " + r.Listed.Names[1].Pos().String() + " " + r.Listed.Names[1].Path(); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	if r.Any.Node != nil || r.HText.Node != nil || r.Mode.Or("x") != "baseline" || r.HNumber.IsSet() || r.HNumber.Or(7) != 7 {
		t.Error("what is absent counts as present")
	}
	for n, want := range map[*syntax.Node]string{
		r.Node: "f.yml:1:1 ", r.Name.Node: "f.yml:1:7 name", r.Modes[0].Node: "f.yml:5:8 modes", r.Ports[1].Node: "f.yml:7:17 ports[1]", r.Labels.Items[1].Node: "f.yml:8:19 labels.a",
		r.Items[1].Host.Node: "f.yml:11:9 items.b.host", r.Short.Profile.Node: "f.yml:12:8 short", r.Raw.Node: "f.yml:13:6 raw", r.Raw.Node.Field("x"): "f.yml:13:6 raw.x",
		r.Raw.At(r.Raw.YAML.Content[1], "a", 0).At(r.Raw.YAML.Content[1].Content[0], "", 0): "f.yml:11:9 raw.a[0]",
	} {
		if got := n.Pos().String() + " " + strings.TrimPrefix(strings.TrimPrefix(n.Path(), "web"), "."); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestNull: a key without a value is a mistake, also by way of an alias, everywhere but in values of any shape.
func TestNull(t *testing.T) {
	_, got := read("labels: &n\nname: *n\ncount: ~\nitems: null\nshort: !!null\nany: *n\nraw: *n\nports: *n\nraws:\nhidden: Null\nmode:\n")
	want := ""
	for i, key := range []string{"labels", "name", "count", "items", "short", "any", "raw", "ports", "raws", "hidden", "mode"} {
		hint := "write a value, or remove the key"
		switch key {
		case "short":
			hint = "name a profile"
		case "mode":
			hint = "write a value, such as mode: privileged, or remove the key"
		}
		want += fmt.Sprintf("f.yml:%d:1: %s: expected a value, found nothing [no-value]\n  hint: %s\n", i+1, key, hint)
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if r, got := read("items:\n- host: a\n  path:\nany: {a: , b: [~]}\nraw: {a: }\n"); got !=
		"f.yml:3:3: items.a.path: expected a value, found nothing [no-value]\n  hint: write a value, or remove the key\n" || r.Any.Node == nil || r.Raw.Node == nil {
		t.Errorf("got\n%s", got)
	}
	if _, got := read("items:\n- host:\n"); got != "f.yml:2:3: items[0].host: expected a value, found nothing [no-value]\n  hint: write a value\n" {
		t.Errorf("a required key: got\n%s", got)
	}
}

func TestMerge(t *testing.T) {
	const in = `raws:
  a: &a {host: a, path: pa}
  b: &b {host: b}
items:
- <<: *a
- <<: *a
  host: own
- host: own
  <<: *a
- <<: [*b, *a]
- {<<: {<<: *a, host: inner}, path: own}
- <<: *b
  <<: *a
any: {<<: [*b, {z: {<<: *a}}], "<<": text}
`
	r, got := read(in)
	if got != "" {
		t.Fatal(got)
	}
	for i, want := range []string{"a pa", "own pa", "own pa", "b pa", "inner own", "b pa"} {
		if got := r.Items[i].Host.V + " " + r.Items[i].Path.V; got != want {
			t.Errorf("%d: got %s, want %s", i, got, want)
		}
	}
	want := map[string]any{"host": "b", "z": map[string]any{"host": "a", "path": "pa"}, "<<": "text"}
	if !reflect.DeepEqual(r.Any.V, want) {
		t.Errorf("got %v", r.Any.V)
	}
}

func TestAny(t *testing.T) {
	for in, want := range map[string]string{
		"on": "true", "off": "false", "y": "true", "No": "false", "TRUE": "true", "tRUE": `"tRUE"`, "onn": `"onn"`, "~": "null", "nULL": `"nULL"`, "''": `""`, "0777": "511", "0o17": "15", "0x1f": "31", "0b11": "3", "1_000": "1000", "+1": "1", "1e3": "1000", ".5": "0.5", "1.50": "1.5", "-0": "0", "1:30": `"1:30"`, "12:30:45": `"12:30:45"`,
		"9007199254740993": "9007199254740993", "18446744073709551615": "18446744073709551615", "-9223372036854775808": "-9223372036854775808", "2024-01-01": `"2024-01-01"`, "'on'": `"on"`, `"1"`: `"1"`, "!!str 1": `"1"`, "!!str on": `"on"`, "!!int '7'": "7", "!!float 3": "3", "!!bool on": "true", "1.2.3": `"1.2.3"`, "--": `"--"`, "-a": `"-a"`, "..": `".."`, "=": `"="`, "<<": `"\u003c\u003c"`, "a\n    b": `"a b"`, "1\n    2": `"1 2"`, "[]": "[]", "{}": "{}", "[---, +, .]": `["---","+","."]`,
		"{on: 1, 0x10: 2, 1.5: 3, 'x': 4, !!str 5: 5}": `{"1.5":3,"16":2,"5":5,"true":1,"x":4}`, "|\n    a\n    1\n": `"a\n1\n"`, ">-\n    1\n": `"1"`, "{a: {b: [1, {c: }]}}": `{"a":{"b":[1,{"c":null}]}}`,
	} {
		r, got := read("any:\n  v: " + in)
		if got != "" {
			t.Errorf("%s: %s", in, got)
			continue
		}
		text, err := json.Marshal(r.Any.V.(map[string]any)["v"])
		if err != nil || string(text) != want {
			t.Errorf("%s: got %s, want %s", in, text, want)
		}
	}
}
