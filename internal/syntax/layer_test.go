package syntax_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// entry is what several layers may make.
type entry struct {
	*syntax.Node
	Name     text               `yaml:"name,required,name"`
	Policy   *policy            `yaml:"policy"`
	Mode     text               `yaml:"mode,hidden" enum:"a,b"`
	Count    number             `yaml:"count"`
	On       flag               `yaml:"on"`
	Port     syntax.Text        `yaml:"port"`
	List     []text             `yaml:"list,one"`
	Labels   syntax.Map[text]   `yaml:"labels"`
	Policies syntax.Map[policy] `yaml:"policies"`
	Many     syntax.Map[[]text] `yaml:"many"`
	Values   syntax.Any         `yaml:"values"`
	Raw      syntax.Raw         `yaml:"raw"`
	Items    []item             `yaml:"items"`
	Apps     []app              `yaml:"apps,by=code" element:"application"`
	Parts    []*nameless        `yaml:"parts,by=id"`
	plainKeys
	PerCluster syntax.Map[syntax.Layer] `yaml:"perCluster"`
	Whole      syntax.Layer             `yaml:",whole=perCluster"`
}

type plainKeys struct {
	*syntax.Node
	Nested *nested `yaml:"nested"`
}

type nested struct {
	*syntax.Node
	Policy policy `yaml:"policy"`
	Text   text   `yaml:"text"`
	Apps   []app  `yaml:"apps,by=code" element:"application"`

	Strict  *strict  `yaml:"strict"`
	Stricts []strict `yaml:"stricts,by=must"`
}

type strict struct {
	*syntax.Node
	Short text `yaml:"short,short"`
	Must  text `yaml:"must,required"`
}

type policy struct {
	*syntax.Node
	Profile text   `yaml:"profile,short,required"`
	Allow   []text `yaml:"allow"`
	Extra   text   `yaml:"extra"`
}

type app struct {
	*syntax.Node
	Code   text       `yaml:"code,short,required"`
	Path   text       `yaml:"path"`
	Ports  []text     `yaml:"ports"`
	Values syntax.Any `yaml:"values"`
	Policy *policy    `yaml:"policy"`
}

type nameless struct {
	ID   text `yaml:"id,required"`
	Path text `yaml:"path,required"`
}

// printed are the diagnostics, each on a line.
func printed(l diag.List) string {
	var b strings.Builder
	_ = l.Print(&b, diag.Frame{})
	return strings.ReplaceAll(b.String(), "\n  ", " | ")
}

// entries reads a list of entries.
func entries(t *testing.T, in string) ([]entry, *diag.List) {
	t.Helper()
	var l diag.List
	var out []entry
	d := syntax.Parse("f.yml", []byte(in), &l)
	if d == nil {
		t.Fatal(printed(l))
	}
	d.Decode(&out)
	return out, &l
}

// laid is the first entry with its clusters in their order, the first on top.
func laid(t *testing.T, in string) (out entry, reported string) {
	t.Helper()
	list, l := entries(t, in)
	var layers []syntax.Layer
	for _, c := range list[0].PerCluster.Items {
		layers = append(layers, c.Value)
	}
	syntax.Overlay(&out, append(layers, list[0].Whole.Without("perCluster"))...)
	return out, printed(*l)
}

// dump lists the values of a struct, with their places.
func dump(v any, places bool) []string {
	var out []string
	add := func(name string, n *syntax.Node, value any) {
		line := fmt.Sprintf("%s=%v", name, value)
		if places {
			line += fmt.Sprintf(" %d:%d %s", n.Line, n.Column, n.Path())
		}
		out = append(out, line)
	}
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		switch x := v.Interface().(type) {
		case text:
			if x.IsSet() {
				add(name, x.Node, x.V)
			}
			return
		case number:
			if x.IsSet() {
				add(name, x.Node, x.V)
			}
			return
		case flag:
			if x.IsSet() {
				add(name, x.Node, x.V)
			}
			return
		case syntax.Text:
			if x.Node != nil {
				add(name, x.Node, x.V)
			}
			return
		case syntax.Any:
			if x.Node != nil {
				text, _ := json.Marshal(x.V)
				add(name, x.Node, string(text))
			}
			return
		case syntax.Raw:
			if x.Node != nil {
				add(name, x.Node, x.YAML.Kind)
			}
			return
		case syntax.Layer:
			if x.Node != nil {
				add(name, x.Node, "layer")
			}
			return
		}
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(name, v.Elem())
			}
		case reflect.Slice:
			if !v.IsNil() && v.Len() == 0 {
				out = append(out, name+"=[]")
			}
			for i := range v.Len() {
				walk(fmt.Sprintf("%s[%d]", name, i), v.Index(i))
			}
		case reflect.Struct:
			n := v.FieldByName("Node")
			if n.IsValid() && !n.IsNil() {
				add(name, n.Interface().(*syntax.Node), "{}")
			}
			if items := v.FieldByName("Items"); items.IsValid() && strings.HasPrefix(v.Type().Name(), "Map[") {
				for i := range items.Len() {
					item := items.Index(i)
					below := name + "." + item.FieldByName("Key").String()
					if places {
						add(below+" key", item.FieldByName("At").Interface().(*syntax.Node), "")
						add(below+" value", item.FieldByName("Node").Interface().(*syntax.Node), "")
					}
					walk(below, item.FieldByName("Value"))
				}
				return
			}
			for _, f := range syntax.Fields(v.Type()) {
				walk(strings.TrimPrefix(name+"."+f.Name, "."), v.FieldByIndex(f.Index))
			}
		}
	}
	walk("", reflect.ValueOf(v))
	return out
}

// TestOverlay: what layers make, and that each value knows its place in the layer that it is from. A line for each layer: the base, and the
// ones over it in perCluster.
func TestOverlay(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"scalars", `
- name: web
  mode: a
  count: 1
  on: true
  port: 80
  raw: {a: b}
  perCluster:
    top: {mode: b, count: 2, raw: [x]}
    mid: {count: 3, on: false, port: http}`,
			"={} 2:3 web; name=web 2:9 web.name; mode=b 9:17 web.perCluster.top.mode; count=2 9:27 web.perCluster.top.count; on=false 10:25 web.perCluster.mid.on; port=http 10:38 web.perCluster.mid.port; raw=2 9:35 web.perCluster.top.raw"},
		{"lists", `
- name: web
  list: [a, b]
  items: [{host: a, path: b}]
  many: {a: [b], c: [d]}
  perCluster:
    top: {list: c, items: [{host: d}], many: {a: [e, f]}}`,
			"={} 2:3 web; name=web 2:9 web.name; list[0]=c 7:17 web.perCluster.top.list; many={} 5:9 web.many; many.a key= 7:47 web.perCluster.top.many.a; many.a value= 7:50 web.perCluster.top.many.a; many.a[0]=e 7:51 web.perCluster.top.many.a[0]; many.a[1]=f 7:54 web.perCluster.top.many.a[1]; many.c key= 5:18 web.many.c; many.c value= 5:21 web.many.c; many.c[0]=d 5:22 web.many.c[0]; items[0]={} 7:28 web.perCluster.top.items.d; items[0].host=d 7:35 web.perCluster.top.items.d.host"},
		{"an empty list", "\n- {name: web, list: [a], perCluster: {top: {list: []}}}",
			"={} 2:3 web; name=web 2:10 web.name; list=[]"},
		{"a short form over a mapping", "\n- name: web\n  policy: {profile: a, allow: [x], extra: y}\n  perCluster: {top: {policy: b}}",
			"={} 2:3 web; name=web 2:9 web.name; policy={} 3:11 web.policy; policy.profile=b 4:30 web.perCluster.top.policy; policy.allow[0]=x 3:32 web.policy.allow[0]; policy.extra=y 3:43 web.policy.extra"},
		{"a mapping over a short form", "\n- name: web\n  policy: a\n  perCluster: {top: {policy: {extra: z}}}",
			"={} 2:3 web; name=web 2:9 web.name; policy={} 3:11 web.policy; policy.profile=a 3:11 web.policy; policy.extra=z 4:38 web.perCluster.top.policy.extra"},
		{"a short form over another", "\n- name: web\n  nested: {policy: a, text: t}\n  perCluster: {top: {nested: {policy: b}}}",
			"={} 2:3 web; name=web 2:9 web.name; nested={} 3:11 web.nested; nested.policy={} 3:20 web.nested.policy; nested.policy.profile=b 4:39 web.perCluster.top.nested.policy; nested.text=t 3:29 web.nested.text"},
		{"maps", "\n- name: web\n  labels: {b: x, a: y}\n  policies: {p: a}\n  perCluster:\n    top: {labels: {c: 'n', a: z}, policies: {p: {extra: e}, q: b}}\n    mid: {labels: {d: m}}",
			"={} 2:3 web; name=web 2:9 web.name; labels={} 3:11 web.labels; labels.b key= 3:12 web.labels.b; labels.b value= 3:15 web.labels.b; labels.b=x 3:15 web.labels.b; labels.a key= 6:28 web.perCluster.top.labels.a; labels.a value= 6:31 web.perCluster.top.labels.a; labels.a=z 6:31 web.perCluster.top.labels.a; " +
				"labels.d key= 7:20 web.perCluster.mid.labels.d; labels.d value= 7:23 web.perCluster.mid.labels.d; labels.d=m 7:23 web.perCluster.mid.labels.d; labels.c key= 6:20 web.perCluster.top.labels.c; labels.c value= 6:23 web.perCluster.top.labels.c; labels.c=n 6:23 web.perCluster.top.labels.c; " +
				"policies={} 4:13 web.policies; policies.p key= 4:14 web.policies.p; policies.p value= 4:17 web.policies.p; policies.p={} 4:17 web.policies.p; policies.p.profile=a 4:17 web.policies.p; policies.p.extra=e 6:57 web.perCluster.top.policies.p.extra; policies.q key= 6:61 web.perCluster.top.policies.q; policies.q value= 6:64 web.perCluster.top.policies.q; policies.q={} 6:64 web.perCluster.top.policies.q; policies.q.profile=b 6:64 web.perCluster.top.policies.q"},
		{"values", "\n- name: web\n  values: {a: {b: 1, c: [1]}, d: 2, e: {f: 1}}\n  perCluster:\n    top: {values: {a: {c: [2], g: 3}, d: {h: 4}, e: }}\n    mid: {values: {d: {i: 5}, k: 6}}",
			"={} 2:3 web; name=web 2:9 web.name; values={\"a\":{\"b\":1,\"c\":[2],\"g\":3},\"d\":{\"h\":4,\"i\":5},\"e\":null,\"k\":6} 3:11 web.values"},
		{"values under a scalar", "\n- name: web\n  values: {a: {b: 1}}\n  perCluster:\n    top: {values: {a: {c: 2}}}\n    next: {values: {a: {d: 3}}}\n    mid: {values: {a: 3}}",
			"={} 2:3 web; name=web 2:9 web.name; values={\"a\":{\"c\":2,\"d\":3}} 3:11 web.values"},
		{"values over a list", "\n- name: web\n  values: [1]\n  perCluster:\n    top: {values: {a: {c: 2}}}\n    next: {values: {a: {d: 3}}}",
			"={} 2:3 web; name=web 2:9 web.name; values={\"a\":{\"c\":2,\"d\":3}} 6:20 web.perCluster.next.values"},
		{"only in one layer", "\n- name: web\n  perCluster: {top: {nested: {text: t}, values: {a: 1}, list: a}}",
			"={} 2:3 web; name=web 2:9 web.name; list[0]=a 3:63 web.perCluster.top.list; values={\"a\":1} 3:49 web.perCluster.top.values; nested={} 3:30 web.perCluster.top.nested; nested.text=t 3:37 web.perCluster.top.nested.text"},
		{"elements by key", `
- name: web
  apps:
  - web-a
  - {code: web-b, path: p, ports: [x], values: {a: 1}}
  - {code: web-c, policy: {profile: q}}
  perCluster:
    top: {apps: {web-c: {policy: r}, web-a: {path: s}, web-b: {values: {b: 2}, ports: []}}}
    mid: {apps: {web-a: {path: t, ports: [u]}}}`,
			"={} 2:3 web; name=web 2:9 web.name; apps[0]={} 4:5 web.apps[0]; apps[0].code=web-a 4:5 web.apps[0]; apps[0].path=s 8:52 web.perCluster.top.apps.web-a.path; apps[0].ports[0]=u 9:43 web.perCluster.mid.apps.web-a.ports[0]; " +
				"apps[1]={} 5:5 web.apps[1]; apps[1].code=web-b 5:12 web.apps[1].code; apps[1].path=p 5:25 web.apps[1].path; apps[1].ports=[]; apps[1].values={\"a\":1,\"b\":2} 5:48 web.apps[1].values; apps[2]={} 6:5 web.apps[2]; apps[2].code=web-c 6:12 web.apps[2].code; apps[2].policy={} 6:27 web.apps[2].policy; apps[2].policy.profile=r 8:34 web.perCluster.top.apps.web-c.policy"},
		{"a list over elements", "\n- name: web\n  apps: [web-a]\n  perCluster:\n    top: {apps: {web-b: {path: p}}}\n    mid: {apps: [web-b]}\n    low: {apps: {web-a: {path: q}}}",
			"={} 2:3 web; name=web 2:9 web.name; apps[0]={} 6:18 web.perCluster.mid.apps[0]; apps[0].code=web-b 6:18 web.perCluster.mid.apps[0]; apps[0].path=p 5:32 web.perCluster.top.apps.web-b.path"},
		{"elements behind pointers", "\n- name: web\n  parts: [{id: a}]\n  perCluster: {top: {parts: {a: {path: p}}}}",
			"={} 2:3 web; name=web 2:9 web.name; parts[0].id=a 3:16 web.parts[0].id; parts[0].path=p 4:40 web.perCluster.top.parts.a.path"},
		{"elements by aliases", "\n- name: &n web\n  list: [&b b]\n  apps: [*b, {code: *n}, *n]\n  perCluster: {top: {apps: {b: {path: p}, web: {path: q}}}}",
			"={} 2:3 web; name=web 2:9 web.name; list[0]=b 3:10 web.list[0]; apps[0]={} 4:10 web.apps[0]; apps[0].code=b 4:10 web.apps[0]; apps[0].path=p 5:39 web.perCluster.top.apps.b.path; apps[1]={} 4:14 web.apps[1]; apps[1].code=web 4:21 web.apps[1].code; apps[1].path=q 5:55 web.perCluster.top.apps.web.path; apps[2]={} 4:26 web.apps[2]; apps[2].code=web 4:26 web.apps[2]"},
		{"a short form has all that is required", "\n- name: web\n  nested: {strict: a}\n  perCluster: {top: {nested: {strict: b}}}",
			"={} 2:3 web; name=web 2:9 web.name; nested={} 3:11 web.nested; nested.strict={} 3:20 web.nested.strict; nested.strict.short=b 4:39 web.perCluster.top.nested.strict"},
		{"aliases and merges", `
- &e
  name: &n web
  apps: &apps [&a {code: web-a, values: &v {x: 1}}, {<<: *a, code: web-b}, {<<: {code: web-c}}]
  policy: {profile: *n}
  perCluster:
    top: &t
      values: *v
      policy: &p {extra: *n}
      apps: {<<: {web-c: {path: *n}}, web-b: &w {<<: {path: p}, values: *v}}
    mid: {<<: *t, values: *v, apps: {web-a: *w}}`,
			"={} 2:3 web; name=web 3:9 web.name; policy={} 5:11 web.policy; policy.profile=web 5:21 web.policy.profile; policy.extra=web 9:26 web.perCluster.top.policy.extra; values={\"x\":1} 11:27 web.perCluster.mid.values; apps[0]={} 4:16 web.apps[0]; apps[0].code=web-a 4:26 web.apps[0].code; apps[0].path=p 10:61 web.perCluster.mid.apps.web-a.path; apps[0].values={\"x\":1} 4:41 web.apps[0].values; " +
				"apps[1]={} 4:53 web.apps[1]; apps[1].code=web-b 4:68 web.apps[1].code; apps[1].path=p 10:61 web.perCluster.top.apps.web-b.path; apps[1].values={\"x\":1} 4:41 web.apps[1].values; apps[2]={} 4:76 web.apps[2]; apps[2].code=web-c 4:88 web.apps[2].code; apps[2].path=web 10:33 web.perCluster.top.apps.web-c.path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, reported := laid(t, c.in)
			if reported != "" {
				t.Error(reported)
			}
			if got := strings.Join(dump(out, true), "; "); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestOverlayMistakes: what is wrong in a layer is reported there, once, also when another layer hides it.
func TestOverlayMistakes(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"unknown fields", "base: {name: web, nme: a, policy: {profile: a, prfile: c}}\ntop: {polcy: a, policy: {extr: b}, nested: {tex: c}}",
			`f.yml:1:19: base: unknown field "nme" [unknown-field] | hint: did you mean "name"?
f.yml:1:48: base.policy: unknown field "prfile" [unknown-field] | hint: did you mean "profile"?
f.yml:2:7: top: unknown field "polcy" [unknown-field] | hint: did you mean "policy"?
f.yml:2:26: top.policy: unknown field "extr" [unknown-field] | hint: did you mean "extra"?
f.yml:2:45: top.nested: unknown field "tex" [unknown-field] | hint: did you mean "text"?
`},
		{"hidden by another", "base: {name: web, count: a, list: {a: b}, items: [{path: p}], mode: secret, labels: {a: 1}, raw: !x a}\ntop: {count: 1, list: [a], items: [], mode: a, labels: {a: b}, raw: []}",
			`f.yml:1:26: base.count: expected a whole number, found "a" [wrong-type]
f.yml:1:35: base.list: expected a list, found a mapping [wrong-type]
f.yml:1:51: base.items[0]: missing "host" [missing-field]
f.yml:1:69: base.mode: expected one of a, b, found text [unknown-value] | hint: write it like this: mode: a
f.yml:1:89: base.labels.a: expected text, found 1 [wrong-type] | hint: put it in quotes
f.yml:1:98: base.raw: expected a plain value, found the YAML tag "!x" [unknown-tag] | hint: remove the tag, or put all of it in quotes
`},
		{"on top", "base: {name: web, count: 1, policy: a, labels: {a: b}, values: {a: 1}, nested: {text: a}}\ntop: {count: b, mode: c, policy: [d], labels: e, values: {f: !x g}, nested: h, items: [i]}",
			`f.yml:2:14: top.count: expected a whole number, found "b" [wrong-type]
f.yml:2:23: top.mode: expected one of a, b, found text [unknown-value] | hint: write it like this: mode: a
f.yml:2:34: top.policy: expected a mapping, or text, found a list [wrong-type]
f.yml:2:47: top.labels: expected a mapping, found "e" [wrong-type]
f.yml:2:62: top.values.f: expected a plain value, found the YAML tag "!x" [unknown-tag] | hint: remove the tag, or put all of it in quotes
f.yml:2:77: top.nested: expected a mapping, found "h" [wrong-type]
f.yml:2:88: top.items[0]: expected a mapping, found "i" [wrong-type]
`},
		{"no value", "base: {name: web, policy: , labels: {a: }, apps: [a, ]}\ntop: {policy: b, labels: {a: , b: c}, count: , apps: {a: }}",
			`f.yml:1:19: base.policy: expected a value, found nothing [no-value] | hint: write a value, or remove the key
f.yml:1:41: base.labels.a: expected a value, found nothing [wrong-type]
f.yml:2:30: top.labels.a: expected a value, found nothing [wrong-type]
f.yml:2:39: top.count: expected a value, found nothing [no-value] | hint: write a value, or remove the key
f.yml:2:58: top.apps.a: expected a value, found nothing [wrong-type]
`},
		{"no element", "base: {name: web, apps: [a, ~, 1, [b], {path: x}], parts: [a]}\ntop: {apps: {a: {path: x}}}",
			`f.yml:1:29: base.apps[1]: expected a value, found nothing [wrong-type]
f.yml:1:32: base.apps[2]: expected text, found 1 [wrong-type] | hint: put it in quotes
f.yml:1:35: base.apps[3]: expected a mapping, or text, found a list [wrong-type]
f.yml:1:40: base.apps[4]: missing "code" [missing-field]
f.yml:1:60: base.parts[0]: expected a mapping, found "a" [wrong-type]
`},
		{"missing in all", "base: {policy: {extra: a}, nested: {policy: {allow: []}}}\ntop: {policy: {extra: b}, nested: {policy: {extra: c}}}",
			`f.yml:1:7: base: missing "name" [missing-field]
f.yml:1:16: base.policy: missing "profile" [missing-field]
f.yml:1:45: base.nested.policy: missing "profile" [missing-field]
`},
		{"a repeated key", "base: {name: web, count: 1, count: 2, labels: {a: b, a: c}, apps: [{code: a, code: b}]}\ntop: {count: 3, count: 4, labels: {a: d, a: e}, apps: {a: {path: x, path: y}, a: {}}}",
			`f.yml:1:29: base: the key "count" occurs twice [duplicate-key] | f.yml:1:19: first here | hint: remove one of them
f.yml:1:54: base.labels: the key "a" occurs twice [duplicate-key] | f.yml:1:48: first here | hint: remove one of them
f.yml:1:78: base.apps[0]: the key "code" occurs twice [duplicate-key] | f.yml:1:69: first here | hint: remove one of them
f.yml:2:17: top: the key "count" occurs twice [duplicate-key] | f.yml:2:7: first here | hint: remove one of them
f.yml:2:42: top.labels: the key "a" occurs twice [duplicate-key] | f.yml:2:36: first here | hint: remove one of them
f.yml:2:69: top.apps.a: the key "path" occurs twice [duplicate-key] | f.yml:2:60: first here | hint: remove one of them
f.yml:2:79: top.apps: the key "a" occurs twice [duplicate-key] | f.yml:2:56: first here | hint: remove one of them
`},
		{"unknown elements", "base: {name: web, apps: [web-a, {code: web-b}], parts: []}\ntop: {apps: {web-x: {pth: x, values: {a: !x b}}, webb: {}}, parts: {a: {}}}",
			`f.yml:2:14: top.apps.web-x: there is no application "web-x" [unknown-application] | hint: did you mean "web-a"?
f.yml:2:22: top.apps.web-x: unknown field "pth" [unknown-field] | hint: did you mean "path"?
f.yml:2:42: top.apps.web-x.values.a: expected a plain value, found the YAML tag "!x" [unknown-tag] | hint: remove the tag, or put all of it in quotes
f.yml:2:50: top.apps.webb: there is no application "webb" [unknown-application] | hint: did you mean "web-b"?
f.yml:2:69: top.parts.a: there is no element "a" [unknown-element]
`},
		{"elements of no list", "base: {name: web}\ntop: {apps: {web-a: {pth: x}}, nested: {apps: {web-b: {}}}}",
			`f.yml:2:14: top.apps.web-a: there is no application "web-a" [unknown-application]
f.yml:2:22: top.apps.web-a: unknown field "pth" [unknown-field] | hint: did you mean "path"?
f.yml:2:48: top.nested.apps.web-b: there is no application "web-b" [unknown-application]
`},
		{"elements of what is no list", "base: {name: web, apps: a b, nested: {apps: {a: {}}}}\ntop: {apps: {web-a: {pth: x}}, nested: {apps: {a: {}}}}",
			`f.yml:1:25: base.apps: expected a list, found "a b" [wrong-type]
f.yml:1:45: base.nested.apps: expected a list, found a mapping [wrong-type]
f.yml:2:22: top.apps.web-a: unknown field "pth" [unknown-field] | hint: did you mean "path"?
`},
		{"in a list that is replaced", "base: {name: web, apps: [{pth: x, code: a}]}\ntop: {apps: [b]}\nmid: {apps: {c: {}}}",
			`f.yml:1:27: base.apps[0]: unknown field "pth" [unknown-field] | hint: did you mean "path"?
f.yml:3:14: mid.apps.c: there is no application "c" [unknown-application] | hint: known: a
`},
		{"another key for an element", "base: {name: web, apps: [web-a, web-b]}\ntop: {apps: {web-a: {code: web-c, path: x}, web-b: web-d}}",
			`f.yml:2:22: top.apps.web-a.code: the application is found by its code, which cannot differ [no-effect] | hint: remove it
f.yml:2:52: top.apps.web-b: expected a mapping, found "web-d" [wrong-type]
`},
		{"a mapping over a short form", "base: {name: web, nested: {strict: a, stricts: [a, {must: b}]}}\ntop: {nested: {strict: {short: b}, stricts: {a: {short: c}, b: {short: d}}}}",
			`f.yml:1:36: base.nested.strict: missing "must" [missing-field]
f.yml:2:46: top.nested.stricts.a: there is no element "a" [unknown-element] | hint: known: b
`},
		{"tags in all", "base: {name: web, policy: !x a, labels: !x {}}\ntop: {policy: !y b, labels: !y {}}",
			`f.yml:1:27: base.policy: expected a plain value, found the YAML tag "!x" [unknown-tag] | hint: remove the tag, or put all of it in quotes
f.yml:1:41: base.labels: expected a plain value, found the YAML tag "!x" [unknown-tag] | hint: remove the tag, or put all of it in quotes
f.yml:2:15: top.policy: expected a plain value, found the YAML tag "!y" [unknown-tag] | hint: remove the tag, or put all of it in quotes
f.yml:2:29: top.labels: expected a plain value, found the YAML tag "!y" [unknown-tag] | hint: remove the tag, or put all of it in quotes
`},
		{"cycles", "base: &e {name: web, values: &v {a: *v}, apps: [a]}\ntop: &t {values: {b: *e}, apps: {a: &a {values: *a}}}",
			`f.yml:1:37: base.values.a.a: the alias *v is part of its own value [alias-cycle] | hint: write the value out in place of the alias
f.yml:1:37: top.values.b.values.a.a: the alias *v is part of its own value [alias-cycle] | hint: write the value out in place of the alias
f.yml:2:49: top.apps.a.values.values: the alias *a is part of its own value [alias-cycle] | hint: write the value out in place of the alias
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l diag.List
			var layers syntax.Map[syntax.Layer]
			syntax.Parse("f.yml", []byte(c.in), &l).Decode(&layers)
			slices.Reverse(layers.Items[1:])
			slices.Reverse(layers.Items)
			var all []syntax.Layer
			for _, i := range layers.Items {
				all = append(all, i.Value)
			}
			syntax.Overlay(&entry{}, all...)
			if got := printed(l); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestOverlayOrder: the values of a key do not depend on the order of keys in any layer.
func TestOverlayOrder(t *testing.T) {
	lines := func(keys ...string) string { return "{" + strings.Join(keys, ", ") + "}" }
	base := []string{"name: web", "labels: {a: b}", "values: {c: {d: 1}, e: 2}", "apps: [a, {code: b, path: p}]", "policy: q"}
	top := []string{"values: {c: {f: 3}, e: {g: 4}}", "apps: {b: {path: r}, a: {path: s}}", "labels: {h: i}", "policy: {extra: j}"}
	var want []string
	for i := range 20 {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		for _, keys := range [][]string{base, top} {
			random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		}
		out, reported := laid(t, "- {perCluster: {top: "+lines(top...)+"}, "+lines(base...)[1:])
		if reported != "" {
			t.Fatal(reported)
		}
		got := dump(out, false)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// layersOf are the layers of a mapping of layers, in its order.
func layersOf(t *testing.T, in string) (layers []syntax.Layer, l *diag.List) {
	t.Helper()
	l = &diag.List{}
	var m syntax.Map[syntax.Layer]
	d := syntax.Parse("f.yml", []byte(in), l)
	if d == nil {
		t.Fatal(printed(*l))
	}
	d.Decode(&m)
	for _, i := range m.Items {
		layers = append(layers, i.Value)
	}
	return layers, l
}

// TestLayer: a layer keeps a mapping, and can leave keys out.
func TestLayer(t *testing.T) {
	layers, l := layersOf(t, "a: &a {name: x, count: 1, count: 2, policy: p}\nb: {<<: *a, on: true}\nc: *a\nd: [a]\ne: f\ng:\n")
	want := "f.yml:4:4: d: expected a mapping, found a list [wrong-type]\nf.yml:5:4: e: expected a mapping, found \"f\" [wrong-type]\nf.yml:6:3: g: expected a value, found nothing [wrong-type] | hint: write {} where nothing differs\n"
	if got := printed(*l); got != want {
		t.Errorf("got\n%s", got)
	}
	if layers[0].Path() != "a" || layers[2].Pos().Line != 3 || layers[3].Node != nil {
		t.Error("a layer does not know its place")
	}
	b := layers[1]
	for name, c := range map[string]struct {
		of   syntax.Layer
		want string
	}{
		"all":                {b, "={} name=x policy={} policy.profile=p count=1 on=true"},
		"only":               {b.Only("name", "on"), "={} name=x on=true"},
		"without":            {b.Without("policy", "count"), "={} name=x on=true"},
		"without after only": {b.Only("name", "on").Without("on"), "={} name=x"},
		"none":               {b.Only(), "={}"},
	} {
		var out entry
		syntax.Overlay(&out, c.of, syntax.Layer{})
		if got := strings.Join(dump(out, false), " "); got != c.want || out.Node != b.Node {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if got := printed((*l)[3:]); got != "f.yml:1:27: b[\"<<\"]: the key \"count\" occurs twice [duplicate-key] | f.yml:1:17: first here | hint: remove one of them\nf.yml:2:4: b: missing \"name\" [missing-field]\n" {
		t.Errorf("got\n%s", got)
	}
	if at := b.Key("on"); at == nil || at.Path() != "b.on" || at.Pos().String() != "f.yml:2:13" {
		t.Errorf("got %v", at)
	}
	if at := b.Key("name"); at == nil || at.Pos().String() != "f.yml:1:8" {
		t.Errorf("got %v", at)
	}
	if b.Key("nme") != nil || (syntax.Layer{}).Key("name") != nil {
		t.Error("a key that is not there")
	}
	var out entry
	if syntax.Overlay(&out); out.Node != nil {
		t.Error("no layers make something")
	}
}

// TestLayerOfLayers: a layer in layers is all of them, in their order.
func TestLayerOfLayers(t *testing.T) {
	layers, _ := layersOf(t, "top: {perCluster: {x: {count: 1}}, name: a}\nlow: {perCluster: {x: {count: 2, on: true}}, name: b, mode: a}")
	var out, x entry
	syntax.Overlay(&out, layers...)
	item := out.PerCluster.Items[0]
	syntax.Overlay(&x, item.Value, out.Whole.Only("mode", "name"))
	if got := strings.Join(dump(x, true), "; "); got != "={} 2:6 low; name=a 1:42 top.name; mode=a 2:61 low.mode; count=1 1:31 top.perCluster.x.count; on=true 2:38 low.perCluster.x.on" {
		t.Errorf("got %s", got)
	}
	if item.Value.Path() != "low.perCluster.x" || item.Node.Path() != "low.perCluster.x" || item.At.Pos().Line != 2 || out.Whole.Path() != "low" {
		t.Errorf("got %s, %s", item.Value.Path(), out.Whole.Path())
	}
}

// TestWhole: a struct keeps itself when it has the key, and then the required keys may be elsewhere.
func TestWhole(t *testing.T) {
	list, l := entries(t, "- {name: a, policy: {extra: x}}\n- {policy: {extra: x}, items: [{path: y}], perCluster: {z: {}}}\n- {policy: {extra: x}}\n")
	if list[0].Whole.Node != nil || list[1].Whole.Node != list[1].Node || list[2].Whole.Node != nil {
		t.Error("not only what has the key is kept")
	}
	want := "f.yml:1:21: a.policy: missing \"profile\" [missing-field]\nf.yml:3:3: [2]: missing \"name\" [missing-field]\nf.yml:3:12: [2].policy: missing \"profile\" [missing-field]\n"
	if got := printed(*l); got != want {
		t.Errorf("got\n%s", got)
	}
	*l = nil
	syntax.Overlay(&entry{}, list[1].PerCluster.Items[0].Value, list[1].Whole) // it has the key still
	if got := printed(*l); got != "" {
		t.Errorf("got\n%s", got)
	}
	syntax.Overlay(&entry{}, list[1].PerCluster.Items[0].Value, list[1].Whole.Without("perCluster"))
	want = "f.yml:2:3: [1]: missing \"name\" [missing-field]\nf.yml:2:12: [1].policy: missing \"profile\" [missing-field]\nf.yml:2:32: [1].items[0]: missing \"host\" [missing-field]\n"
	if got := printed(*l); got != want {
		t.Errorf("got\n%s", got)
	}
	syntax.Overlay(&entry{}, list[1].Whole.Without("perCluster"))
	if len(*l) != 3 {
		t.Errorf("what was reported is reported again: %v", *l)
	}
	var out entry
	if syntax.Overlay(&out, list[1].Whole, list[1].PerCluster.Items[0].Value); out.Whole.Node == nil {
		t.Error("a key of a higher layer does not count")
	}
}

// TestFlawedLayer: where a layer has a mistake, what was made with it has one.
func TestFlawedLayer(t *testing.T) {
	layers, _ := layersOf(t, "top: {count: a, mode: , nested: {text: [b]}, policy: {prfile: c}, apps: {x: {path: 1}}}\nlow: {name: a, policy: {extra: d}, nested: {policy: e}, apps: [x], on: true}")
	var out entry
	syntax.Overlay(&out, layers...)
	for name, got := range map[string]bool{
		"count": out.Node.Flawed("count"), "mode": out.Node.Flawed("mode"), "nested.text": out.Nested.Node.Flawed("text"), "policy": out.Policy.Node.Flawed(), "apps[0].path": out.Apps[0].Node.Flawed("path"),
		"no flaw in nested.policy": !out.Nested.Node.Flawed("policy"), "no flaw in on": !out.Node.Flawed("on"), "no flaw in apps[0].ports": !out.Apps[0].Node.Flawed("ports"),
	} {
		if !got {
			t.Error(name)
		}
	}
	layers, _ = layersOf(t, "top: {policy: {extra: b}, count: 1}\nlow: {name: a}")
	if syntax.Overlay(&out, layers...); out.Policy.Node.Flawed() || out.Node.Flawed() {
		t.Error("a key that is missing counts as a flaw")
	}
}

// TestListOfLayers: a layer in a list has the name that the struct gives it.
func TestListOfLayers(t *testing.T) {
	var l diag.List
	var layers []syntax.Layer
	syntax.Parse("f.yml", []byte("- {on: x}\n- {name: web, count: a, apps: [b, {code: a}, {code: a}, c]}\n- {apps: {c: {code: d, path: x}, a: {path: y}, e: {}}}"), &l).Decode(&layers)
	var out, none entry
	syntax.Overlay(&out, layers[2], layers[1])
	syntax.Overlay(&none, layers[2], layers[0].Without("on"))
	if got := printed(l); !strings.HasPrefix(got, "f.yml:1:3: [0]: missing \"name\" [missing-field]\nf.yml:2:22: web.count: expected") {
		t.Errorf("got\n%s", got)
	}
	var got []string
	for _, a := range out.Apps {
		got = append(got, a.Code.V+" "+a.Path.V)
	}
	if fmt.Sprint(got) != "[b  a y a  c x]" || none.Apps != nil {
		t.Errorf("got %q, %v", got, none.Apps)
	}
}

// TestAnyAt: the places of a merged value's parts.
func TestAnyAt(t *testing.T) {
	out, _ := laid(t, "\n- name: web\n  values: {a: {b: 1, c: [1, {d: 2}]}, e: {f: 3}, g: {h: 4}}\n  perCluster:\n    top: {values: {a: {c: [{i: 5}]}, e: 6}}\n    mid: {values: {a: {k: 7}, e: {f: 8}, l: {m: 9}}}")
	for path, want := range map[string]string{
		"": "3:11 web.values true", "a": "3:15 web.values.a true", "a b": "3:19 web.values.a.b true", "a c": "5:27 web.perCluster.top.values.a.c true", "a c 0 i": "5:32 web.perCluster.top.values.a.c[0].i true", "a c 1": "5:27 web.perCluster.top.values.a.c false",
		"a k": "6:27 web.perCluster.mid.values.a.k true", "e": "5:41 web.perCluster.top.values.e true", "e f": "5:41 web.perCluster.top.values.e false", "l m": "6:49 web.perCluster.mid.values.l.m true", "g h": "3:57 web.values.g.h true", "x": "3:11 web.values false", "a x y": "3:15 web.values.a false",
	} {
		at, found := out.Values.At(strings.Fields(path)...)
		if got := fmt.Sprintf("%d:%d %s %t", at.Line, at.Column, at.Path(), found); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	out, _ = laid(t, "- {name: web, values: {a: 1}, perCluster: {top: {values: {b: 2, c: !x d}}}}")
	if got, _ := json.Marshal(out.Values.V); string(got) != `{"a":1}` || out.Values.Path() != "web.values" {
		t.Errorf("with a mistake in a layer, got %s", got)
	}
	if _, found := (syntax.Any{}).At("a"); found {
		t.Error("there is a part of nothing")
	}
}
