package workload

import (
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/argocd"
)

// marker is a value that must not be shown. The tests put it where messages of Helm, Kustomize and Jsonnet quote values.
const marker = "s3cr3t-5f2a"

// TestHelmKeepsSecrets puts a secret value through the functions whose errors quote what they are given.
func TestHelmKeepsSecrets(t *testing.T) {
	for name, c := range map[string]struct{ template, want string }{
		"include":         {`{{ include .Values.s . }}`, `<include .Values.s .>: error calling include: template: no template "…" associated with template "gotpl"`},
		"mustToDate":      {`{{ mustToDate "2006-01-02" .Values.s }}`, `<mustToDate "2006-01-02" .Values.s>: error calling mustToDate: ` + hidden},
		"toDate":          {`{{ .Values.s | toDate "2006-01-02" | fail }}`, ""},
		"urlParse":        {`{{ urlParse (printf "https://u:%s@h:port/" .Values.s) }}`, `<urlParse (printf "https://u:%s@h:port/" .Values.s)>: error calling urlParse: ` + hidden},
		"fail":            {`{{ fail .Values.s }}`, "fail or required stops it; " + hidden},
		"fail, printed":   {`{{ fail (printf "the password %s is too short" .Values.s) }}`, "the password … is too short"},
		"fail, constant":  {`{{ fail "give a password" }}`, "give a password"},
		"fail, joined":    {`{{ fail (print "the password " .Values.s " is bad") }}`, "fail or required stops it; " + hidden},
		"fail, of lines":  {"{{ define \"m\" }}\nweb: bad architecture\n  Set it to one of these, not {{ .Values.s }}.\n{{ end }}{{ include \"m\" . | printf \"\\nVALUES:\\n%s\" | fail }}", "VALUES: web: bad architecture Set it to one of these, not …."},
		"fail, all":       {`{{ fail (toYaml .Values) }}`, "fail or required stops it; " + hidden},
		"required":        {`{{ required .Values.s .Values.none }}`, "fail or required stops it; " + hidden},
		"required, ours":  {`{{ required (printf "%s needs .Values.none" .Values.s) .Values.none }}`, "… needs .Values.none"},
		"kind":            {"kind: {{ .Values.s }}", "the object has no apiVersion"},
		"kind, alone":     {"apiVersion: v1\nkind: {{ .Values.s }}", "the object has no name"},
		"kind, a list":    {"apiVersion: v1\nkind: [{{ .Values.s }}]", "the output is not a Kubernetes object: kind: expected text, found a list"},
		"mustFromJson":    {`{{ mustFromJson .Values.s }}`, "error calling mustFromJson: " + hidden},
		"fromJson":        {`{{ fail (index (fromJson .Values.s) "Error") }}`, "fail or required stops it; " + hidden},
		"fromYaml":        {`{{ fail (get (fromYaml (printf "a: [%s" .Values.s)) "Error") }}`, "fail or required stops it; " + hidden},
		"tpl, not parsed": {`{{ tpl (printf "{{ %s }}" .Values.w) . }}`, `line 1 of the text: function … not defined`},
		"tpl, a string":   {`{{ tpl (printf "{{ \"%s" .Values.w) . }}`, `line 1 of the text: unterminated quoted string`},
		"tpl, executed":   {`{{ tpl (printf "{{ index .Values \"a\" %q }}" .Values.s) . }}`, "line 1 of text that tpl renders: error calling index: index of nil pointer"},
		"tpl, a field":    {`{{ tpl (printf "{{ .Values.none.%s }}" .Values.w) . }}`, "line 1 of text that tpl renders: nil pointer evaluating interface {}.…"},
		"tpl, included":   {`{{ tpl (printf "{{ include %q . }}" .Values.s) . }}`, `error calling include: template: no template "…" associated with template "gotpl"`},
		"index":           {`{{ index .Values.list .Values.s }}`, "error calling index: cannot index slice/array with type string"},
		"index, far":      {`{{ index .Values.list 77123 }}`, "error calling index: index out of range …"},
		"mustRegexMatch":  {`{{ mustRegexMatch (print "(" .Values.s) "a" }}`, "error calling mustRegexMatch: " + hidden},
		"regexMatch":      {`{{ regexReplaceAll (print "(" .Values.s) "a" "b" }}`, "error calling regexReplaceAll: " + hidden},
		"semver":          {`{{ semver .Values.s }}`, "error calling semver: " + hidden},
		"semverCompare":   {`{{ semverCompare .Values.s "1.2.3" }}`, "error calling semverCompare: " + hidden},
		"b64dec":          {`{{ fail (b64dec .Values.s) }}`, "fail or required stops it; " + hidden},
		"atoi":            {`{{ add 1 (atoi .Values.s) | fail }}`, "wrong type for value; expected string; got int64"},
		"toDecimal":       {`{{ range .Values.s }}{{ end }}`, "range can't iterate over …"},
		"range, a number": {`{{ range .Values.f }}{{ end }}`, "range can't iterate over …"},
		"genSigned":       {`{{ genSelfSignedCert .Values.s (list .Values.s) nil 365 }}`, "error calling genSelfSignedCert: " + hidden},
		"buildCustomCert": {`{{ buildCustomCert .Values.s "b" }}`, "error calling buildCustomCert: " + hidden},
		"decryptAES":      {`{{ decryptAES "k" .Values.s }}`, "error calling decryptAES: " + hidden},
		"bcrypt":          {`{{ bcrypt (repeat 30 .Values.s) | fail }}`, "fail or required stops it; " + hidden},
		"substr":          {`{{ substr 5 2 .Values.s }}`, "error calling substr: runtime error: slice bounds out of range …"},
		"dig":             {`{{ dig "a" "b" .Values.s }}`, "error calling dig: interface conversion: interface {} is string, not map[string]interface {}"},
		"merge":           {`{{ mustMerge .Values.s .Values.m }}`, "wrong type for value; expected map[string]interface {}; got string"},
		"lookup":          {`{{ (lookup "v1" "Secret" .Values.s .Values.s).data.x.y }}`, "nil pointer evaluating interface {}.x"},
		"getHostByName":   {`{{ fail (getHostByName .Values.s) }}`, "fail or required stops it; " + hidden},
		"a key":           {`{{ index .Values.m .Values.s "x" "y" }}`, "error calling index: index of nil pointer"},
		"template":        {`{{ eq .Values.s 5 }}`, "error calling eq: incompatible types for comparison"},
		"not YAML":        {"a: b: {{ .Values.s }}", "the output is not YAML: line 1: mapping values are not allowed in this context"},
		"an anchor":       {"a: *{{ .Values.s }}", "the output is not YAML: line 1: unknown anchor referenced"},
		"a tag":           {"a: !!float {{ .Values.s }}", "the output is not YAML: line 1: cannot decode !!str"},
		"a key of YAML":   {"{? [{{ .Values.s }}] : 1}", "the output is not YAML: line 1: invalid map key"},
		"a number":        {"apiVersion: v1\nkind: A\nmetadata: {name: a}\nv: 1e{{ .Values.n }}", ""},
		"an annotation":   {"metadata: {annotations: {a: [{{ .Values.s }}]}}", "metadata.annotations: expected text, found a list"},
		"a label":         {"apiVersion: v1\nkind: A\nmetadata: {name: a, labels: {l: {a: {{ .Values.s }}}}}", `labels["l"] of the A a: expected text; quote it`},
	} {
		t.Run(name, func(t *testing.T) {
			files := chartTree("-- values.yaml --\ns: " + marker + "\nw: s3cr3t5f2a\nf: 53273.52\nn: 532735273\nlist: [1]\nm: {a: 1}\n-- templates/a.yaml --\n" + c.template + "\n")
			app := *testApp
			app.Kind = Chart
			got := byBoth(func(cluster Cluster) string {
				_, diags := New(Files{Repository: files}, cluster).Render(&app)
				return told(nil, diags)
			})
			if strings.Contains(got, "s3cr3t") || strings.Contains(got, "53273") {
				t.Errorf("it shows the value: %s", got)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestHelmValuesKeepSecrets: neither do parameters and schemas show a value.
func TestHelmValuesKeepSecrets(t *testing.T) {
	for _, value := range []string{"{a,b}" + marker, "{" + marker, marker + ",", "{a," + marker + "}[", `\` + marker, marker + "=x,[y]"} {
		for _, name := range []string{"a", "a[0]", "a[0", "a.b[x]", "", "a.", "nums"} {
			got := helmOf(chartTree("-- templates/a.yaml --\nkind: A\n"), func(app *Application) {
				app.Helm = Helm{Parameters: []Parameter{{Name: name, Value: value}}}
			})
			if strings.Contains(got, "s3cr3t") {
				t.Errorf("%s=%s: %s", name, value, got)
			}
		}
	}
	for _, schema := range []string{`{"pattern": "^[0-9]+$"}`, `{"format": "email"}`, `{"enum": ["x"]}`, `{"const": "x"}`, `{"maxLength": 2}`, `{"type": "object"}`, `{"not": {}}`,
		`{"contentMediaType": "application/json"}`, `{"contentEncoding": "base64"}`, `{"format": "date"}`, `{"format": "uri", "pattern": "a"}`, `{"oneOf": [{"pattern": "q"}, {"minLength": 99}]}`} {
		got := helmOf(chartTree("-- values.yaml --\ns: "+marker+"\n-- templates/a.yaml --\nkind: A\n-- values.schema.json --\n{\"properties\": {\"s\": "+schema+"}}\n"), nil)
		if strings.Contains(got, "s3cr3t") {
			t.Errorf("%s: %s", schema, got)
		}
	}
	for _, schema := range []string{`{"maximum": 4}`, `{"minimum": 99999}`, `{"multipleOf": 7}`, `{"exclusiveMaximum": 4}`, `{"exclusiveMinimum": 99999}`, `{"enum": [1]}`, `{"const": 1}`} {
		got := helmOf(chartTree("-- values.yaml --\ns: 53273\n-- templates/a.yaml --\nkind: A\n-- values.schema.json --\n{\"properties\": {\"s\": "+schema+"}}\n"), nil)
		if strings.Contains(got, "53273") || !strings.Contains(got, "helm-schema") {
			t.Errorf("%s: %s", schema, got)
		}
	}
}

// TestJsonnetKeepsSecrets puts a secret value through what fails in Jsonnet.
func TestJsonnetKeepsSecrets(t *testing.T) {
	for script, want := range map[string]string{
		`error s`:                             hidden,
		`error "give a password"`:             "give a password",
		`error "no such mode: " + s`:          "no such mode: …",
		`error "bad mode %s here" % s`:        "bad mode … here",
		`error "bad mode %(m)s" % {m: s}`:     "bad mode …",
		`std.assertEqual(s, "x")`:             hidden,
		`assert false : s; {}`:                hidden,
		`{}[s]`:                               "Field does not exist: …",
		`std.parseJson(s)`:                    "failed to parse JSON …",
		`std.parseYaml("a: [" + s)`:           "failed to parse YAML …",
		`std.parseInt(s)`:                     hidden,
		`std.base64Decode(s)`:                 "",
		`std.extVar(s)`:                       "Undefined external variable: …",
		`s + {a: error s}`:                    hidden,
		`s.x`:                                 "Unexpected type string",
		`std.format("%d", s)`:                 hidden,
		`[1][std.length(s) * 1000]`:           "Index …",
		`{[s]: 1, ["s3cr3t-" + "5f2a"]: 2}`:   "Duplicate field name …",
		`std.codepoint(s)`:                    hidden,
		`std.manifestIni({sections: {a: s}})`: "Unexpected type string",
	} {
		got := directoryOf(tree("-- app/a.jsonnet --\nlocal s = importstr 'secret.txt';\n"+script+"\n-- app/secret.txt --\n"+marker+"\n"), Directory{})
		if strings.Contains(got, "s3cr3t") {
			t.Errorf("%s shows the value: %s", script, got)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", script, got, want)
		}
	}
}

// TestKustomizeKeepsSecrets puts a secret value where Kustomize quotes it.
func TestKustomizeKeepsSecrets(t *testing.T) {
	const object = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], x: " + marker + ", m: {a: " + marker + "}}\n"
	for name, kustomization := range map[string]string{
		"a literal":        "configMapGenerator: [{name: a, literals: [MARK]}]",
		"a quoted literal": "configMapGenerator: [{name: a, literals: ['k=\"MARK']}]",
		"a key":            "secretGenerator: [{name: a, literals: ['a bMARK=x']}]",
		"an env file":      "secretGenerator: [{name: a, envs: [env]}]",
		"a test":           "patches: [{target: {kind: Service}, patch: '[{\"op\": \"test\", \"path\": \"/spec/x\", \"value\": \"MARK2\"}]'}]",
		"a path":           "patches: [{target: {kind: Service}, patch: '[{\"op\": \"replace\", \"path\": \"/spec/x/y\", \"value\": \"MARK\"}]'}]",
		"an operation":     "patches: [{target: {kind: Service}, patch: '[{\"op\": \"MARK\", \"path\": \"/spec/x\", \"value\": 1}]'}]",
		"a patch":          "patches: [{patch: 'apiVersion: v1\n\nkind: Service\n\nmetadata: {name: web}\n\nspec: MARK'}]",
		"a patch, no YAML": "patches: [{patch: 'a: b: MARK'}]",
		"a patch's type":   "patches: [{target: {kind: Service}, patch: 'MARK'}]",
		"a list":           "patches: [{patch: 'apiVersion: v1\n\nkind: Service\n\nmetadata: {name: web}\n\nspec: {ports: MARK}'}]",
		"replicas":         "replicas: [{name: web, count: MARK}]",
		"a replacement":    "replacements: [{source: {kind: Service, fieldPath: spec.x}, targets: [{select: {kind: Service}, fieldPaths: [spec.ports.0.port.z]}]}]",
		"an index":         "replacements: [{source: {kind: Service, fieldPath: spec.x, options: {delimiter: '-', index: 9}}, targets: [{select: {kind: Service}, fieldPaths: [spec.x]}]}]",
		"of a mapping":     "replacements: [{source: {kind: Service, fieldPath: spec.m, options: {delimiter: '-'}}, targets: [{select: {kind: Service}, fieldPaths: [spec.x], options: {delimiter: '.'}}]}]",
		"a var":            "vars: [{name: V, objref: {kind: Service, name: web, apiVersion: v1}, fieldref: {fieldpath: spec.m}}]",
		"a label":          "labels: [{pairs: {a: [MARK]}}]",
		"an annotation":    "commonAnnotations: {a: {b: MARK}}",
		"a type":           "namePrefix: [MARK]",
	} {
		t.Run(name, func(t *testing.T) {
			files := tree("-- app/kustomization.yaml --\nresources: [a.yaml]\n" + strings.ReplaceAll(kustomization, "MARK", marker) + "\n-- app/a.yaml --\n" + object + "-- app/env --\nb c" + marker + "\n")
			app := *testApp
			app.Kind = Kustomization
			_, diags := New(Files{Repository: files}, Cluster{}).Render(&app)
			if got := told(nil, diags); strings.Contains(got, "s3cr3t") {
				t.Errorf("it shows the value: %s", got)
			}
		})
	}
}

// TestPatchesKeepSecrets: neither do patches of other sources.
func TestPatchesKeepSecrets(t *testing.T) {
	for _, text := range []string{
		`[{"op": "` + marker + `", "path": "/spec/x", "value": 1}]`, `[{"op": "test", "path": "/spec/x", "value": "` + marker + `2"}]`,
		`[{"op": "add", "path": "/spec/x/0", "value": "` + marker + `"}]`, "kind: [" + marker + "]", "spec: " + marker, marker, `[{"op": "move", "from": "/` + marker + `", "path": "/a"}]`,
	} {
		app := *testApp
		app.Patches = []Patch{{Path: "p", Patch: argocd.Patch{Text: text, Target: &Target{Kind: "A"}}}}
		in := []manifest{{value: map[string]any{"apiVersion": "v1", "kind": "A", "metadata": map[string]any{"name": "a"}, "spec": map[string]any{"x": marker}}}}
		if _, diags := patch(&app, in); len(diags) == 0 || strings.Contains(told(nil, diags), "s3cr3t") {
			t.Errorf("%s: %s", text, told(nil, diags))
		}
	}
}
