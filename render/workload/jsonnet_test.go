package workload

import (
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJsonnet(t *testing.T) {
	for name, c := range map[string]struct {
		files string
		vars  Jsonnet
		want  string
	}{
		"object":          {"{kind: 'A', n: 1, f: 1.5, big: 1e20, z: null}", Jsonnet{}, "app/a.jsonnet map[big:1e+20 f:1.5 kind:A n:1 z:<nil>]\n"},
		"array":           {"[{kind: 'A'}, null, {kind: 'B'}]", Jsonnet{}, "app/a.jsonnet map[kind:A]\napp/a.jsonnet map[kind:B]\n"},
		"null":            {"null", Jsonnet{}, "app: web-app: the folder holds no manifests [empty-source]\n"},
		"text":            {"'hunter2'", Jsonnet{}, "app/a.jsonnet: web-app: expected a Kubernetes object, found a single value [bad-manifest]\n"},
		"array in array":  {"[{}, [{}]]", Jsonnet{}, "app/a.jsonnet: web-app: element 1 of the array: expected a Kubernetes object, found a list [bad-manifest]\n"},
		"arguments":       {"function(a, b, c=3) {kind: a, b: b, c: c}", Jsonnet{TLAs: []JsonnetVar{{Name: "a", Value: "$ARGOCD_APP_NAME", Code: false}, {Name: "b", Value: "1 + 1", Code: true}}}, "app/a.jsonnet map[b:2 c:3 kind:web-app]\n"},
		"variables":       {"{kind: std.extVar('a'), b: std.extVar('b'), c: std.extVar('c')}", Jsonnet{ExtVars: []JsonnetVar{{Name: "a", Value: "$$x", Code: false}, {Name: "b", Value: "{x: '${ARGOCD_APP_NAMESPACE}'}", Code: true}, {Name: "c", Value: "1 + 1", Code: false}}}, "app/a.jsonnet map[b:map[x:web] c:1 + 1 kind:$x]\n"},
		"no variable":     {"{\n  kind: std.extVar('a') }", Jsonnet{}, "app/a.jsonnet:2:9: web-app: RUNTIME ERROR: Undefined external variable: a [jsonnet]\n"},
		"bad code":        {"{kind: std.extVar('a') }", Jsonnet{ExtVars: []JsonnetVar{{Name: "a", Value: "1 +", Code: true}}}, "app/a.jsonnet: web-app: <extvar:a>:1:4 Unexpected end of file [jsonnet]\n"},
		"no argument":     {"function(a) {kind: a}", Jsonnet{}, "app/a.jsonnet: web-app: RUNTIME ERROR: Missing argument: a [jsonnet]\n  app/a.jsonnet: Top-level function call\n"},
		"bad argument":    {"{kind: 'A'}", Jsonnet{TLAs: []JsonnetVar{{Name: "a", Value: "1 +", Code: true}}}, "app/a.jsonnet map[kind:A]\n"},
		"runtime error":   {"local f(x) = error 'not ' + x + '\\nsecond line';\nlocal g(x) =\n  f(x);\n{ kind:\n  g('good') }", Jsonnet{}, "app/a.jsonnet:1:14: web-app: RUNTIME ERROR: not … … [jsonnet]\n  app/a.jsonnet:3:3: called from here\n  app/a.jsonnet:5:3: called from here\n"},
		"in std":          {"{ kind:\n  std.length(1) }", Jsonnet{}, "app/a.jsonnet:2:3: web-app: RUNTIME ERROR: Unexpected type number [jsonnet]\n"},
		"static error":    {"{ kind:\n  x }", Jsonnet{}, "app/a.jsonnet:2:3: web-app: Unknown variable: x [jsonnet]\n"},
		"several lines":   {"{ kind: 'A',\n  kind: 'B' }", Jsonnet{}, "app/a.jsonnet:2:3: web-app: Duplicate field: kind [jsonnet]\n"},
		"syntax error":    {"{ kind: 'A'\n  x: 1 }", Jsonnet{}, "app/a.jsonnet:2:3: web-app: Expected a comma before next field [jsonnet]\n"},
		"empty file":      {"", Jsonnet{}, "app/a.jsonnet:1:1: web-app: Unexpected end of file [jsonnet]\n"},
		"function":        {"{ kind: 'A',\n f: { g: function(x) x } }", Jsonnet{}, "app/a.jsonnet: web-app: RUNTIME ERROR: couldn't manifest function as JSON [jsonnet]\n  app/a.jsonnet: Field \"g\"\n  app/a.jsonnet: Field \"f\"\n  app/a.jsonnet: During manifestation\n"},
		"recursion":       {"local f(x) = f(x + 1) + 1; { kind: f(1) }", Jsonnet{}, "app/a.jsonnet:1:14: web-app: RUNTIME ERROR: max stack frames exceeded. [jsonnet]\n  app/a.jsonnet:1:36: called from here\n"},
		"endless object":  {"local o = { kind: o }; o", Jsonnet{}, "app/a.jsonnet: web-app: RUNTIME ERROR: max stack frames exceeded. [jsonnet]\n  app/a.jsonnet: Field \"kind\"\n  app/a.jsonnet: Field \"kind\"\n  app/a.jsonnet: Field \"kind\"\n"},
		"assert":          {"{ kind: 'A', assert false : 'no' }", Jsonnet{}, "app/a.jsonnet:1:14: web-app: RUNTIME ERROR: no [jsonnet]\n"},
		"trace":           {"std.trace('hunter2', { kind: 'A' })", Jsonnet{}, "app/a.jsonnet map[kind:A]\n"},
		"import":          {"import 'x.libsonnet'\n-- app/x.libsonnet --\n{ kind: (import 'y/y.libsonnet').y }\n-- app/y/y.libsonnet --\n{ y: import '../z.libsonnet' }\n-- app/z.libsonnet --\n'Z'", Jsonnet{}, "app/a.jsonnet map[kind:Z]\n"},
		"importstr":       {"{ kind: importstr '../x.txt', b: importbin '../x.txt' }\n-- x.txt --\nX", Jsonnet{}, "app/a.jsonnet map[b:[88] kind:X]\n"},
		"import of YAML":  {"std.parseYaml(importstr 'x.txt')\n-- app/x.txt --\nkind: X\n", Jsonnet{}, "app/a.jsonnet map[kind:X]\n"},
		"libraries":       {"{ kind: import 'x', y: import 'y', z: import 'z' }\n-- lib1/x --\n1\n-- lib2/x --\n2\n-- lib1/y --\n1\n-- app/y --\n'app'\n-- lib1/z --\nimport 'y'\n", Jsonnet{Libs: []string{"lib1", "/lib2"}}, "app/a.jsonnet map[kind:2 y:app z:1]\n"},
		"library outside": {"{}", Jsonnet{Libs: []string{"lib", "../x"}}, "app: web-app: the library path ../x leads out of the repository [path-outside]\n"},
		"library is none": {"{kind: 'A'}", Jsonnet{Libs: []string{"none"}}, "app/a.jsonnet map[kind:A]\n"},
		"imports itself":  {"import 'a.jsonnet'", Jsonnet{}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: max stack frames exceeded. [jsonnet]\n"},
		"import loop":     {"{ kind: 'A', x: import 'b.libsonnet' }\n-- app/b.libsonnet --\n{ y: import 'a.jsonnet' }", Jsonnet{}, "app/a.jsonnet: web-app: RUNTIME ERROR: max stack frames exceeded. [jsonnet]\n  app/a.jsonnet: Field \"y\"\n  app/a.jsonnet: Field \"x\"\n  app/a.jsonnet: Field \"y\"\n"},
		"missing":         {"{\n  kind: import 'b.libsonnet' }", Jsonnet{}, "app/a.jsonnet:2:9: web-app: RUNTIME ERROR: couldn't open import \"b.libsonnet\": no match locally or in the Jsonnet library paths [jsonnet]\n"},
		"outside":         {"import '../../x'", Jsonnet{}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"../../x\": it leads out of the repository [jsonnet]\n"},
		"outside from":    {"import '../../lib/x'\n-- lib/x --\n{kind: 'X'}", Jsonnet{Libs: []string{"a/b"}}, "app/a.jsonnet map[kind:X]\n"},
		"absolute":        {"importstr '/etc/hostname'", Jsonnet{}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"/etc/hostname\": it leads out of the repository [jsonnet]\n"},
		"folder":          {"import 'sub'\n-- app/sub/x --\n", Jsonnet{}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"sub\": it is not a file [jsonnet]\n"},
		"nothing":         {"import ''", Jsonnet{}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"\": it is not a file [jsonnet]\n"},
		"static below":    {"{\n kind: import 'x.libsonnet' }\n-- app/x.libsonnet --\n\n{ a: y }\n", Jsonnet{}, "app/x.libsonnet:2:6: web-app: Unknown variable: y [jsonnet]\n  app/a.jsonnet:2:8: called from here\n"},
		"runtime below":   {"local x = import 'x.libsonnet';\n{ kind: x.f(1) }\n-- app/x.libsonnet --\n{ f(x):: error 'no' }\n", Jsonnet{}, "app/x.libsonnet:1:10: web-app: RUNTIME ERROR: no [jsonnet]\n  app/a.jsonnet:2:9: called from here\n"},
		"BOM":             {"\ufeff{}", Jsonnet{}, "app/a.jsonnet:1:1: web-app: Could not lex the character '\\ufeff' [jsonnet]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, directoryOf(tree("-- app/a.jsonnet --\n"+c.files), Directory{Jsonnet: c.vars})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJsonnetRevision(t *testing.T) {
	app := *testApp
	app.Environment.Revision = ""
	app.Directory.Jsonnet.ExtVars = []JsonnetVar{{Name: "at", Value: "$ARGOCD_APP_REVISION", Code: false}}
	got := told(New(Files{Repository: tree("-- app/a.jsonnet --\n{}")}, Cluster{}).directory(&app))
	if want := "app: web-app: the Jsonnet variable at: $ARGOCD_APP_REVISION is the commit that Argo CD deploys, which is not known here [jsonnet]\n"; got != want {
		t.Error(got)
	}
}

// Each file has a VM of its own, and reads a file once.
func TestJsonnetReadsOnce(t *testing.T) {
	files := counting{tree("-- app/a.jsonnet --\n{ kind: import 'x', y: importstr 'x', z: import '../app/x' }\n-- app/b.jsonnet --\n{ kind: import 'x' }\n-- app/x --\n1"), map[string]int{}}
	if got, want := directoryOf(files, Directory{}), "app/a.jsonnet map[kind:1 y:1 z:1]\napp/b.jsonnet map[kind:1]\n"; got != want {
		t.Error(got)
	}
	if files.opened["app/x"] != 2*3 { // two looks at it, and one read
		t.Error(files.opened)
	}
}

// counting counts how often files are opened.
type counting struct {
	fs.FS
	opened map[string]int
}

func (c counting) Open(name string) (fs.File, error) {
	c.opened[name]++
	return c.FS.Open(name)
}

func TestJsonnetLinks(t *testing.T) {
	for name, c := range map[string]struct {
		files string
		links map[string]string
		want  string
	}{
		"within":           {"import 'x'\n-- lib/x --\n{ kind: 'X' }", map[string]string{"app/x": "../lib/x"}, "app/a.jsonnet map[kind:X]\n"},
		"out":              {"importstr 'x'", map[string]string{"app/x": "../../outside.yaml"}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"x\": path escapes from parent [jsonnet]\n"},
		"through":          {"importstr 'x/outside.yaml'", map[string]string{"app/x": "../.."}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"x/outside.yaml\": path escapes from parent [jsonnet]\n"},
		"to nothing":       {"importstr 'x'", map[string]string{"app/x": "y"}, "app/a.jsonnet:1:1: web-app: RUNTIME ERROR: couldn't open import \"x\": it does not exist [jsonnet]\n"},
		"the file":         {"{}\n-- lib/b.jsonnet --\nimport 'x'\n-- app/x --\n{ kind: 'X' }\n", map[string]string{"app/b.jsonnet": "../lib/b.jsonnet"}, "app/a.jsonnet map[]\napp/b.jsonnet map[kind:X]\n"},
		"a library folder": {"import 'x'\n-- vendor/x --\n{ kind: 'X' }", map[string]string{"lib": "vendor"}, "app/a.jsonnet map[kind:X]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := directoryOf(repositoryOf(t, tree("-- app/a.jsonnet --\n"+c.files), c.links), Directory{Jsonnet: Jsonnet{Libs: []string{"lib"}}})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
