package diff_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/sides"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"golang.org/x/tools/txtar"
)

const platform = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/x.git}
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: web-app
    allow:
      - {to: {namespace: web-b, ports: [8080]}}
  applications:
    - applicationCode: web-a
      path: deploy/a
      ingress:
        - {host: a, service: a, port: 8080, auth: none}
        - {host: other, service: a, port: 8080, auth: none}

- namespace: web-b
  networkPolicies: own
  applications:
    - applicationCode: web-b
      path: charts/b
      valueFiles: [values/b.yml]
    - {applicationCode: web-c, path: deploy/a}
-- profiles/own.yml --
description: ours
policies:
  nothing:
    description: nothing
    ingress:
      - {}
-- deploy/a/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
data:
  one: "1"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: second}
data:
  two: "2"
-- charts/b/Chart.yaml --
apiVersion: v2
name: b
version: 1.0.0
-- charts/b/templates/b.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
data:
  value: {{ .Values.value | quote }}
-- charts/b/values/b.yml --
# for b
value: 1
`

// TestCauses changes one thing of a platform, and looks where each object that differs is said to have changed.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		name string
		edit []string // what to replace, and with what
		want []string
	}{
		{"a manifest", []string{`one: "1"`, `one: "3"`}, []string{"ConfigMap web-a/first deploy/a/a.yaml:5", "ConfigMap web-b/first deploy/a/a.yaml:5"}},
		{"a value file", []string{"value: 1\n", "value: 2\n"}, []string{"ConfigMap web-b/b charts/b/values/b.yml:2"}},
		{"a template", []string{"data:\n  value:", "data:\n  more: x\n  value:"}, []string{"ConfigMap web-b/b charts/b/templates/b.yaml:5"}},
		{"a route", []string{"{host: other,", "{host: another,"}, []string{
			"IngressRoute web-a/another.home.example applications.yml:11",
			"IngressRoute web-a/other.home.example applications.yml:11"}},
		{"a flow", []string{"ports: [8080]}}", "ports: [8081]}}"}, []string{
			"CiliumNetworkPolicy web-a/allow-to-web-b applications.yml:5",
			"CiliumNetworkPolicy web-b/allow-from-web-a applications.yml:5"}},
		{"a profile", []string{"      - {}\n", "      - {fromEntities: [host]}\n"}, []string{"CiliumNetworkPolicy web-b/nothing profiles/own.yml:6"}},
		{"a removed manifest", []string{"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: second}\ndata:\n  two: \"2\"\n", ""}, []string{
			"ConfigMap web-a/second deploy/a/a.yaml:7 before", "ConfigMap web-b/second deploy/a/a.yaml:7 before"}},
		{"a removed application", []string{"    - {applicationCode: web-c, path: deploy/a}\n", ""}, []string{
			"Application argocd/web-c applications.yml:19 before",
			"ConfigMap web-b/first applications.yml:19 before", "ConfigMap web-b/second applications.yml:19 before"}},
		{"an option of an application", []string{"      path: deploy/a\n", "      path: deploy/a\n      toggleable: true\n"}, []string{
			"Application argocd/web-a applications.yml:9", "ConfigMap web-a/roster-guard applications.yml:9", "Namespace web-a applications.yml:9"}},
		{"a label of an entry", []string{"- namespace: web-b\n", "- namespace: web-b\n  labels: {x: y}\n"}, []string{"Namespace web-b applications.yml:14"}},
		{"the platform", []string{"domain: home.example", "domain: home.example\npodSecurity: {warn: restricted}"}, []string{
			"Namespace web-a platform.yml:2", "Namespace web-b platform.yml:2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(platform, c.edit[0], c.edit[1], 1)
			if changed == platform {
				t.Fatal("nothing is replaced")
			}
			if d := cmp.Diff(c.want, causesOfAll(t, platform, changed)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// causesOfAll are the objects that differ, each with the lines that cause it.
func causesOfAll(t *testing.T, before, after string) []string {
	t.Helper()
	var got []string
	probe := &diff.Kind{Name: "probe", Words: []string{"probe"}, Find: func(change *diff.Change, found func(diff.Consequence)) {
		for _, p := range change.Pairs {
			found(diff.Consequence{Word: "probe", Subject: p.ID.String(), Objects: []diff.ID{p.ID}})
		}
	}}
	for _, found := range compare(t, before, after, probe).Consequences {
		line := found.Subject
		for _, at := range found.Causes {
			line += fmt.Sprintf(" %s:%d", at.Pos.File, at.Pos.Line)
			if at.Before {
				line += " before"
			}
		}
		got = append(got, line)
	}
	slices.Sort(got)
	return got
}

// compare compares two trees.
func compare(t *testing.T, before, after string, kinds ...*diff.Kind) *diff.Result {
	t.Helper()
	r, err := diff.Compare(side(t, "before", before), side(t, "after", after), diff.Options{Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func side(t *testing.T, name, tree string) *diff.Side {
	t.Helper()
	files, err := txtar.FS(txtar.Parse([]byte(tree)))
	if err != nil {
		t.Fatal(err)
	}
	return sideOf(t, name, files)
}

func sideOf(t testing.TB, name string, files fs.FS) *diff.Side {
	t.Helper()
	s, closer, err := sides.Open(inspection.Input{Place: fleet.Place{Dir: ".", Files: files}}, name, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closer() })
	if s.Clusters == nil || len(s.Mistakes) > 0 {
		t.Fatal(s.Mistakes)
	}
	return s
}
