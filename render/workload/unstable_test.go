package workload

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIdentifiers replaces now where it is the function, and nowhere else.
func TestIdentifiers(t *testing.T) {
	const at = laterDate
	for text, want := range map[string]string{
		`now`:                                   `now`,
		`{{ now | date "2006" }}`:               `{{ ` + at + ` | date "2006" }}`,
		`{{- now.Year -}} now`:                  `{{- ` + at + `.Year -}} now`,
		`{{ printf "now %s" (now) }}`:           `{{ printf "now %s" (` + at + `) }}`,
		`{{ print "a \" now" now }}`:            `{{ print "a \" now" ` + at + ` }}`,
		"{{ print `now \\` now 'n' }}":          "{{ print `now \\` " + at + " 'n' }}",
		`{{ .Values.now }}{{ $now }}{{$x.now}}`: `{{ .Values.now }}{{ $now }}{{$x.now}}`,
		`{{/* now }} */}}{{ now }}`:             `{{/* now }} */}}{{ ` + at + ` }}`,
		`{{- /* now`:                            `{{- /* now`,
		`{{ nowhere }}{{ know }}{{ now_ }}`:     `{{ nowhere }}{{ know }}{{ now_ }}`,
		`{{ .x | ago }}{{ ago2 .ago }}`:         `{{ .x | toString }}{{ ago2 .ago }}`,
		`{{ "}} now`:                            `{{ "}} now`,
		`{{ now`:                                `{{ ` + at,
	} {
		if got := atLaterDate(text); got != want {
			t.Errorf("%s becomes %s, not %s", text, got, want)
		}
	}
}

// TestUnstable: which fields of a chart differ each time, if they are asked for.
func TestUnstable(t *testing.T) {
	chart := chartTree(`
-- values.yaml --
text: '{{ uuidv4 }}'
-- charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
-- charts/sub/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: sub}
data: {when: '{{ now | date "2006-01-02" }}', same: '{{ now | date "2006-01-02" | len }}'}
-- templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
list: [a, '{{ tpl .Values.text . }}', {b: '{{ randInt 0 1000000000 }}'}]
more: [{{ range until (now.Year | int) }}1,{{ end }}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: 'b-{{ randAlpha 9 | lower }}'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
`)
	told := func(cluster Cluster, twice bool) (out []string) {
		app := *testApp
		app.Kind, app.Twice = Chart, twice
		result, diags := New(Files{Repository: chart}, cluster).Render(&app)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		for _, o := range result.Objects {
			name, _, _ := strings.Cut(o.Name, "-")
			for _, at := range o.Unstable {
				out = append(out, name+" "+strings.Join(at, "."))
			}
		}
		return out
	}
	if got := told(Cluster{}, false); got != nil {
		t.Errorf("nobody asked for %s", got)
	}
	want := []string{"a list.1", "a list.2.b", "a more", "b metadata.name", "sub data.when"}
	for _, cluster := range [...]Cluster{{}, helm3Cluster} {
		if diff := cmp.Diff(want, told(cluster, true)); diff != "" {
			t.Errorf("Helm %s: -want +got:\n%s", cluster.Helm, diff)
		}
	}
}

// TestSteady: a chart that calls nothing that differs is not rendered again; and whether what is rendered may vary.
func TestSteady(t *testing.T) {
	const shuffled = `{"v": "{{ shuffle .Values.x }}"}`
	for _, c := range []struct {
		text, values     string
		unsteady, varies bool
	}{
		{"a: now {{ .Values.now }}", `{}`, false, false},
		{"a: {{ derivePassword 1 `long` `a` `b` `c` }}", `{}`, false, false},
		{"a: {{ genCA `a` 1 | len }}", `{}`, true, true},
		{"a: {{ date `2006` `` }}", `{}`, false, true}, // the year of now
		{"a: {{ tpl .Values.v . }}", shuffled, true, true},
		{"a: {{ .Values.v }}", shuffled, false, false},
		{"a: {{ tpl .Values.v . }}", `{"v": "shuffle"}`, false, false},
		{"a: {{ tpl `{{ uuidv4 }}` . }}", `{}`, true, true},
		{"a: {{ print `{{ uuidv4 }}` | quote }}", `{}`, false, false},
		{"a: {{ tpl (.Files.Get `x`) . }}", `{}`, true, true},
		{"a: {{ .Files.Get `x` | quote }}", `{}`, false, false},
		{"a: {{ include `b` . }}\n{{ define `b` }}{{ uuidv4 }}{{ end }}", `{}`, true, true},
	} {
		app := *testApp
		app.Kind, app.Helm.Values = Chart, json.RawMessage(c.values)
		file := "-- x --\n{{ uuidv4 }}\n"
		if !strings.Contains(c.text, ".Files") {
			file = ""
		}
		r := New(Files{Repository: chartTree(file + "-- templates/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + c.text + "\n")}, Cluster{})
		result, diags := r.Render(&app)
		if r.calls.unsteady != c.unsteady || result.Varies != c.varies {
			t.Errorf("%s with %s: unsteady %v, varies %v (%v)", c.text, c.values, r.calls.unsteady, result.Varies, diags)
		}
	}
}
