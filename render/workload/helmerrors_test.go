package workload

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
)

func TestHelmMistakes(t *testing.T) {
	const at = "app/templates/"
	for name, c := range map[string]struct{ files, want string }{
		"no Chart.yaml":         {"-- .helmignore --\nChart.yaml\n", "app/Chart.yaml: web-app: Chart.yaml file is missing [helm-chart]\n"},
		"Chart.yaml":            {"-- Chart.yaml --\nname: a\n b: c\n", "app/Chart.yaml:2:1: web-app: mapping values are not allowed in this context [helm-chart]\n"},
		"its type":              {"-- Chart.yaml --\n[hunter2]\n", "app/Chart.yaml: web-app: expected a mapping, found a list [helm-chart]\n"},
		"a type in it":          {"-- Chart.yaml --\nkeywords: 5\n", "app/Chart.yaml: web-app: keywords: expected a list, found a number [helm-chart]\n"},
		"no version":            {"-- Chart.yaml --\napiVersion: v2\nname: web\n", "app/Chart.yaml: web-app: chart.metadata.version is required [helm-chart]\n"},
		"a null dependency":     {"-- Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [null]\n", "app/Chart.yaml: web-app: dependencies must not contain empty or null nodes [helm-chart]\n"},
		"a library":             {"-- Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\ntype: library\n", "app/Chart.yaml: web-app: library charts are not installable [helm-chart]\n"},
		"for older clusters":    {"-- Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: <1.20\n", "app/Chart.yaml: web-app: the chart requires Kubernetes <1.20, which v1.35.0 is not [helm-chart]\n"},
		"values.yaml":           {"-- values.yaml --\na: b\nc: d: hunter2\n", "app/values.yaml:2:1: web-app: mapping values are not allowed in this context [helm-chart]\n"},
		"its type, too":         {"-- values.yaml --\nhunter2\n", "app/values.yaml: web-app: expected a mapping, found text [helm-chart]\n"},
		"a subchart's values":   {"-- charts/s/Chart.yaml --\napiVersion: v2\nname: sub\nversion: 1.0.0\n-- charts/s/values.yaml --\n- a\n", "app/charts/s/values.yaml: web-app: expected a mapping, found a list [helm-chart]\n"},
		"a file in charts/":     {"-- charts/README.md --\nx\n", "app/charts/README.md/Chart.yaml: web-app: Chart.yaml file is missing [helm-chart]\n"},
		"no archive":            {"-- charts/s.tgz --\nx\n", "app/charts/s.tgz: web-app: the chart cannot be read: unexpected EOF [helm-chart]\n"},
		"a folder as archive":   {"-- charts/s.tgz/a --\nx\n", "app/charts/s.tgz: web-app: expected an archive, found a folder [helm-chart]\n"},
		"a subchart's name":     {"-- charts/s/Chart.yaml --\napiVersion: v2\nname: sub\nversion: 1.0.0\n-- values.yaml --\nsub: hunter2\n", "app: web-app: the value sub: expected a mapping, since a subchart has this name [helm-values]\n"},
		"unclosed action":       {"-- templates/a.yaml --\na: 1\nb: {{ .x\n", at + "a.yaml:2:1: web-app: unclosed action [helm-template]\n"},
		"unknown function":      {"-- templates/a.yaml --\na: 1\nb: {{ nofunc .x }}\n", at + "a.yaml:2:1: web-app: function \"nofunc\" not defined [helm-template]\n"},
		"fail":                  {"-- templates/a.yaml --\na: 1\nb: {{ fail \"one\\n\\x1b[31mtwo\" }}\n", at + "a.yaml:2:7: web-app: one [31mtwo [helm-template]\n"},
		"required":              {"-- templates/a.yaml --\na: {{ include \"m\" . }}\n-- templates/_h.tpl --\n{{ define \"m\" }}{{ required \"give x\" .Values.x }}{{ end }}\n", at + "a.yaml:1:7: web-app: give x [helm-template]\n"},
		"included twice over":   {"-- templates/a.yaml --\na: 1\nb: {{ include \"m\" . }}\n-- templates/_h.tpl --\n{{ define \"m\" }}\n{{ include \"n\" . }}{{ end }}\n\n{{ define \"n\" }}{{ .Values.a.b }}{{ end }}\n", at + "_h.tpl:4:27: web-app: <.Values.a.b>: nil pointer evaluating interface {}.b [helm-template]\n  " + at + "_h.tpl:2:4: included from here\n  " + at + "a.yaml:2:7: included from here\n"},
		"not defined":           {"-- templates/a.yaml --\na: {{ include \"zz\" . }}\n", at + "a.yaml:1:7: web-app: <include \"zz\" .>: error calling include: template: no template \"zz\" associated with template \"gotpl\" [helm-template]\n"},
		"a subchart's template": {"-- charts/folder/Chart.yaml --\napiVersion: v2\nname: sub\nversion: 1.0.0\n-- charts/folder/templates/a.yaml --\n\n{{ .Values.a.b }}\n", "app/charts/folder/templates/a.yaml:2:11: web-app: <.Values.a.b>: nil pointer evaluating interface {}.b [helm-template]\n"},
		"tpl, parsed":           {"-- values.yaml --\ns: 'hunter2 {{ .x'\n-- templates/a.yaml --\na: {{ tpl .Values.s . }}\n", at + "a.yaml:1:7: web-app: <tpl .Values.s .>: error calling tpl: line 1 of the text: unclosed action [helm-template]\n"},
		"tpl, executed":         {"-- values.yaml --\ns: \"hunter2\\n{{ .Values.x.y }}\"\n-- templates/a.yaml --\na: {{ include \"m\" . }}\n{{ define \"m\" }}{{ tpl .Values.s . }}{{ end }}\n", at + "a.yaml:2:20: web-app: line 2 of text that tpl renders: nil pointer evaluating interface {}.… [helm-template]\n  " + at + "a.yaml:1:7: included from here\n"},
		"tpl, back in a file":   {"-- values.yaml --\ns: '{{ include \"k\" . }}'\n-- templates/a.yaml --\na: {{ tpl .Values.s . }}\n{{ define \"k\" }}{{ .Values.a.b }}{{ end }}\n", at + "a.yaml:2:27: web-app: <.Values.a.b>: nil pointer evaluating interface {}.b [helm-template]\n  " + at + "a.yaml:1:7: included from here\n"},
		"not YAML": {"-- templates/a.yaml --\n{{/* c */}}\n# x\nkind: A\n---\n# c\nkind: C\na: b: hunter2\n", at + "a.yaml: web-app: the output is not YAML: line 7: mapping values are not allowed in this context [bad-yaml]\n" +
			"  app/templates/a.yaml:      5 | # c\n  app/templates/a.yaml:      6 | kind: C\n  app/templates/a.yaml: >    7 | a: b: hunter2\n" + showAll},
		"a list":        {"-- templates/a.yaml --\n- kind: A\n", at + "a.yaml: web-app: the output is not a Kubernetes object: expected a mapping, found a list [bad-manifest]\n"},
		"a text":        {"-- templates/a.yaml --\nhunter2\n", at + "a.yaml: web-app: the output is not a Kubernetes object: expected a mapping, found text [bad-manifest]\n"},
		"an annotation": {"-- templates/a.yaml --\nmetadata: {annotations: {a: [hunter2]}}\n", at + "a.yaml: web-app: the output is not a Kubernetes object: metadata.annotations: expected text, found a list [bad-manifest]\n"},
		"a CRD":         {"-- crds/a.yaml --\n# c\nkind: A\n---\n# x\na: b: c\n", "app/crds/a.yaml:2:1 map[kind:A]\napp/crds/a.yaml:5:1: web-app: mapping values are not allowed in this context [bad-yaml]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, helmOf(chartTree(c.files), nil)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHelmOptionMistakes(t *testing.T) {
	const file = "app: web-app: the value file "
	for name, c := range map[string]struct {
		helm Helm
		want string
	}{
		"missing":         {Helm{ValueFiles: []string{"none.yml"}}, "app/none.yml: web-app: the value file cannot be read: it does not exist [helm-values]\n"},
		"a folder":        {Helm{ValueFiles: []string{"/app"}, IgnoreMissingValueFiles: true}, file + "\"/app\" is not a file [helm-values]\n"},
		"not YAML":        {Helm{ValueFiles: []string{"bad.yml"}}, "app/bad.yml:2:1: web-app: mapping values are not allowed in this context [helm-values]\n"},
		"a list":          {Helm{ValueFiles: []string{"list.yml"}}, "app/list.yml: web-app: expected a mapping, found a list [helm-values]\n"},
		"a URL":           {Helm{ValueFiles: []string{"https://h/v.yml"}}, "app: web-app: https://h/v.yml was not fetched [not-fetched]\n  hint: run roster fetch\n"},
		"a pattern":       {Helm{ValueFiles: []string{"v-*.yml"}}, file + "\"v-*.yml\" matches no file [helm-values]\n"},
		"no pattern":      {Helm{ValueFiles: []string{"["}}, file + "\"[\" cannot be found: it is not a pattern [helm-values]\n"},
		"of a parameter":  {Helm{FileParameters: []argocd.FileParameter{{Name: "a", Path: "b*"}}}, "app: web-app: the file parameter \"a\": \"b*\" would be a pattern, which Argo CD expands in value files alone [helm-values]\n"},
		"of a comma":      {Helm{ValueFiles: []string{"with*"}}, file + "\"with*\" matches \"app/with,comma.yml\", and Helm treats the comma or the quote as the end of the path [helm-values]\n"},
		"outside":         {Helm{ValueFiles: []string{"../../v.yml"}}, file + "\"../../v.yml\" is not in the repository [helm-values]\n"},
		"the root":        {Helm{ValueFiles: []string{"/"}}, file + "\"/\" is not in the repository [helm-values]\n"},
		"with a comma":    {Helm{ValueFiles: []string{"a,b.yml"}}, file + "\"a,b.yml\" has a comma or a quote in its path, which Helm treats as the end of the path [helm-values]\n"},
		"several":         {Helm{ValueFiles: []string{"list.yml", "bad.yml"}, Values: json.RawMessage(`[1]`)}, "app: web-app: the values: expected a mapping, found a list [helm-values]\napp/bad.yml:2:1: web-app: mapping values are not allowed in this context [helm-values]\napp/list.yml: web-app: expected a mapping, found a list [helm-values]\n"},
		"a parameter":     {Helm{Parameters: []Parameter{{Name: "a[99999999]", Value: "hunter2"}}}, "app: web-app: the parameter \"a[99999999]\": index of 99999999 is greater than maximum supported index of 65536 [helm-values]\n"},
		"below a text":    {Helm{Parameters: []Parameter{{Name: "a", Value: "hunter2"}, {Name: "a.b", Value: "1"}}}, "app: web-app: the parameter \"a.b\": unable to parse key: interface conversion: interface {} is string, not map[string]interface {} [helm-values]\n"},
		"a name":          {Helm{ReleaseName: "{{ env \"HOME\" }}"}, "app: web-app: release name \"{{ env \\\"HOME\\\" }}\": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53 [helm-chart]\n"},
		"unknown commit":  {Helm{Parameters: []Parameter{{Name: "a", Value: "${ARGOCD_APP_REVISION}"}}}, "app: web-app: the parameter \"a\": ${ARGOCD_APP_REVISION} is the commit that Argo CD deploys, which is not known here [helm-values]\n"},
		"not in a folder": {Helm{ValueFiles: []string{"$ARGOCD_APP_REVISION.yml"}}, file + "\"$ARGOCD_APP_REVISION.yml\" cannot be found: $ARGOCD_APP_REVISION is the commit that Argo CD deploys, which is not known here [helm-values]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := chartTree("-- with,comma.yml --\n-- bad.yml --\na: b\nc: d: hunter2\n-- list.yml --\n- hunter2\n")
			got := helmOf(files, func(app *Application) { app.Helm, app.Environment.Revision = c.helm, "" })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHelmSchema(t *testing.T) {
	const fits, at = "app/templates/a.yaml map[kind:A]\n", "app/values.schema.json: web-app: "
	for name, c := range map[string]struct{ schema, want string }{
		"fits":            {`{"type":"object","properties":{"num":{"type":"integer"}}}`, fits},
		"does not":        {`{"required":["q"],"properties":{"num":{"anyOf":[{"type":"string"},{"maximum":4}]},"sub":{"type":"object"}},"additionalProperties":false}`, at + "at '': additional properties 'big' not allowed [helm-schema]\n" + at + "at '': missing property 'q' [helm-schema]\n" + at + "at '/num': 'anyOf' failed; at '/num': got number, want string; at '/num': maximum: want 4 [helm-schema]\n"},
		"large numbers":   {`{"properties":{"big":{"maximum":1e6}}}`, at + "at '/big': maximum: want 1e+06 [helm-schema]\n"},
		"not JSON":        {`{"type":`, at + "the schema is not JSON: unexpected EOF [helm-schema]\n"},
		"not a schema":    {`{"type":5}`, at + "the schema is not valid at '': 'allOf' failed; at '/type': 'anyOf' failed; at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'; at '/type': got number, want array [helm-schema]\n"},
		"a URL":           {`{"$ref":"https://h/s.json#/a"}`, fits},
		"a password":      {`{"$ref":"https://u:hunter2@h/s.json"}`, fits},
		"a file":          {`{"$ref":"../../etc/s.json"}`, at + "the schema refers to file:///etc/s.json, which is not read [helm-schema]\n"},
		"a metaschema":    {`{"$schema":"https://h/s.json"}`, fits},
		"a known one":     {`{"$schema":"http://json-schema.org/draft-07/schema#"}`, fits},
		"a urn":           {`{"$ref":"urn:a:b"}`, fits},
		"into itself":     {`{"$ref":"#"}`, at + "at '': both /$ref and resolve to \"file:///values.schema.json#\" causing reference cycle [helm-schema]\n"},
		"of a false name": {`{"$ref":"#/definitions/none"}`, at + "json-pointer in \"values.schema.json#/definitions/none\" not found [helm-schema]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := chartTree("-- values.yaml --\nnum: 5\nbig: 12345678\n-- templates/a.yaml --\nkind: A\n-- values.schema.json --\n" + c.schema + "\n")
			if diff := cmp.Diff(c.want, helmOf(files, nil)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestHelmSchemas reads the schemas of a subchart, also under an alias, and of one that is turned off.
func TestHelmSchemas(t *testing.T) {
	files := chartTree(family + "-- charts/one/values.schema.json --\n{\"properties\":{\"v\":{\"type\":\"integer\"}}}\n-- charts/two/values.schema.json --\n{\"maxProperties\":0}\n")
	const one = "app/charts/one/values.schema.json: web-app: at '/v': got string, want integer [helm-schema]\n"
	const two = "app/charts/two/values.schema.json: web-app: at '': maxProperties: got 1, want 0 [helm-schema]\n"
	of3, of4 := New(Files{Repository: files}, helm3Cluster), New(Files{Repository: files}, Cluster{})
	for _, c := range []struct{ values, want string }{
		{`{}`, one + two},
		{`{"one":{"v":1},"again":{"v":1}}`, two},
		{`{"one":{"v":1},"again":{"v":"hunter2"}}`, one + two},
		{`{"one":{"on":false},"again":{"v":1}}`, two},
	} {
		app := *testApp
		app.Kind, app.Helm.Values = Chart, json.RawMessage(c.values)
		for _, r := range [...]*Renderer{of3, of4} {
			if got := told(r.helm(&app)); got != c.want {
				t.Errorf("%s: %s: %s", r.cluster.Helm, c.values, got)
			}
		}
	}
}

func TestHelmDependencies(t *testing.T) {
	top := func(dependencies string) string {
		return "-- Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n" + dependencies + "-- templates/a.yaml --\nkind: A\n-- ../db/Chart.yaml --\napiVersion: v2\nname: db\nversion: 1.5.0\n-- ../db/templates/b.yaml --\nkind: B\n"
	}
	const local = "- {name: db, version: 1.x, repository: 'file://../db'}\n"
	const remote = "- {name: redis, version: ~1.2, repository: 'oci://registry.example/charts'}\n"
	const rendered = "app/templates/a.yaml map[kind:A]\ndb/templates/b.yaml map[kind:B]\n"
	for name, c := range map[string]struct{ files, want string }{
		"of the repository": {top(local), rendered},
		"twice":             {top(local + "- {name: db, alias: again, version: 1.x, repository: 'file://../db'}\n"), "app/templates/a.yaml map[kind:A]\ndb/templates/b.yaml map[kind:B]\ndb/templates/b.yaml map[kind:B]\n"},
		"missing":           {top(remote + local + "- {name: x, version: 1}\n"), "app/Chart.yaml:5:10: web-app: oci://registry.example/charts/redis ~1.2 was not fetched [not-fetched]\n  hint: run roster fetch\napp/Chart.yaml:7:10: web-app: needs the chart x 1, which is not in charts/ [helm-dependency]\n  hint: put it there, or say its repository\n"},
		"turned off":        {top("- {name: redis, version: 1, repository: r, condition: no}\n") + "-- values.yaml --\nno: false\n", "app/Chart.yaml:5:10: web-app: needs the chart redis 1 of r: its repository is not a URL [helm-dependency]\n"},
		"of version v1":     {strings.Replace(top(""), "v2", "v1", 1) + "-- requirements.yaml --\ndependencies: [{name: redis, version: 1, repository: r}]\n", "app/requirements.yaml:1:23: web-app: needs the chart redis 1 of r: its repository is not a URL [helm-dependency]\n"},
		"of a subchart":     {top("") + "-- charts/s/Chart.yaml --\napiVersion: v2\nname: s\nversion: 1.0.0\ndependencies: [{name: redis, version: 1, repository: r}]\n", "app/templates/a.yaml map[kind:A]\n"},
		"another version":   {top("- {name: db, version: 2.x, repository: 'file://../db'}\n"), "app/Chart.yaml:5:10: web-app: needs the chart db 2.x of file://../db, where there is db 1.5.0 [helm-dependency]\n"},
		"another name":      {top("- {name: d, version: 1.x, repository: 'file://../db'}\n"), "app/Chart.yaml:5:10: web-app: needs the chart d 1.x of file://../db, where there is db 1.5.0 [helm-dependency]\n"},
		"not there":         {top("- {name: db, version: 1.x, repository: 'file://../no'}\n"), "app/Chart.yaml:5:10: web-app: needs the chart db 1.x of file://../no, which is not there [helm-dependency]\n"},
		"outside":           {top("- {name: db, version: 1.x, repository: 'file://../../db'}\n"), "app/Chart.yaml:5:10: web-app: needs the chart db 1.x of file://../../db, which is outside of the repository [helm-dependency]\n"},
		"absolute":          {top("- {name: db, version: 1.x, repository: 'file:///etc'}\n"), "app/Chart.yaml:5:10: web-app: needs the chart db 1.x of file:///etc, which is outside of the repository [helm-dependency]\n"},
		"locked":            {top(local) + "-- Chart.lock --\ndependencies: [{name: db, version: 1.5.0, repository: 'file://../db'}]\ndigest: sha256:8c1db5d5ad5fa87cb29c9f3ae5f4e4f4a2c04a0af7b7bd6a91e1d8e5a5e6c2a3\n", "app/Chart.lock: web-app: it is out of step with Chart.yaml [helm-dependency]\n"},
		"itself broken":     {top(local) + "-- ../db/values.yaml --\n- a\n", "db/values.yaml: web-app: expected a mapping, found a list [helm-chart]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, helmOf(chartTree(c.files), nil)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
