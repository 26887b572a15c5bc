package listtext_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/syntax"
)

type (
	m  = listtext.Map
	ms = []listtext.Map
)

func TestEntry(t *testing.T) {
	got := string(listtext.List([]listtext.Map{
		{
			{Key: "namespace", Value: "web-claw", Comment: "What we use.\nEvery day."},
			{Key: "labels", Value: map[string]string{"team": "house", "a.example/yes": "yes"}},
			{Key: "networkPolicies", Value: m{
				{Key: "profile", Value: "web-app"},
				{Key: "allow", Value: ms{{{Key: "to", Value: m{{Key: "namespace", Value: "db"}, {Key: "ports", Value: []any{5432, "53/UDP"}}}}}}},
			}},
			{Key: "applications", Value: ms{
				{{Key: "applicationCode", Value: "web-claw"}, {Key: "path", Value: "deploy/claw"}, {Key: "autoSync", Value: true}},
				{
					{Key: "applicationCode", Value: "web-jobs"},
					{Key: "values", Value: map[string]any{"script": "a\nb\n", "none": nil, "empty": map[string]any{}, "off": "off", "number": "1e3", "flow": "a, b: {c}"}},
					{Key: "ingress", Value: ms{{{Key: "host", Value: "jobs"}, {Key: "port", Value: 80}}}},
					{Key: "syncOptions", Value: []string{strings.Repeat("a", 60), strings.Repeat("b", 60)}},
				},
			}},
		},
		{{Key: "namespace", Value: "web-wiki"}, {Key: "applications", Value: []string{"web-wiki"}}},
	}))
	want := `# What we use.
# Every day.
- namespace: web-claw
  labels: {a.example/yes: "yes", team: house}
  networkPolicies:
    profile: web-app
    allow:
      - to: {namespace: db, ports: [5432, 53/UDP]}
  applications:
    - {applicationCode: web-claw, path: deploy/claw, autoSync: true}
    - applicationCode: web-jobs
      values:
        empty: {}
        flow: 'a, b: {c}'
        none: null
        number: "1e3"
        "off": "off"
        script: |
          a
          b
      ingress: [{host: jobs, port: 80}]
      syncOptions:
        - ` + strings.Repeat("a", 60) + `
        - ` + strings.Repeat("b", 60) + `

- namespace: web-wiki
  applications: [web-wiki]
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestFile has what File does beside Entry: a mapping, whose long values are blocks.
func TestFile(t *testing.T) {
	got := string(listtext.File(m{
		{Key: "domain", Value: "home.example"},
		{Key: "repository", Value: m{{Key: "url", Value: "https://gitlab.example/house/homelab.git"}, {Key: "revision", Value: "main"}}, Comment: "Where this is."},
		{Key: "ingress", Value: m{{Key: "controller", Value: m{{Key: "namespace", Value: "sys-traefik"}, {Key: "podLabels", Value: map[string]string{"app": "traefik"}}}}}},
	}))
	want := `domain: home.example
# Where this is.
repository: {url: https://gitlab.example/house/homelab.git, revision: main}
ingress:
  controller: {namespace: sys-traefik, podLabels: {app: traefik}}
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if empty := listtext.File(nil); len(empty) > 0 {
		t.Errorf("nothing is written as %q", empty)
	}
}

// FuzzValues writes any text as a key and as values, in each place and style, and reads it back.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"", "a", "yes", "null", "~", "1", "0x1", "1:30", "2026-01-01", "a: b", "a #b", "- a", "{a}", "[", "&a", "*a", "!a", "'", "\"", "a\nb", "\n", " a ", "a\n\n", "\ta", "é", "\x00", "\u2028", "\x85", "# a", "%a", "?", "<<", "=", "a\r\nb", "\ufeff", ":00", "0?", "\n0", " a\nb", "?", strings.Repeat("long ", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip("no text")
		}
		want := []map[string]any{{"k" + s: s, "list": []any{s, s}, "applications": []any{map[string]any{"a": s}, map[string]any{"b": map[string]any{"c": map[string]any{s: s}}}}}}
		written := listtext.List([]listtext.Map{{
			{Key: "k" + s, Value: s, Comment: "about it"},
			{Key: "list", Value: []string{s, s}},
			{Key: "applications", Value: ms{{{Key: "a", Value: s}}, {{Key: "b", Value: m{{Key: "c", Value: m{{Key: s, Value: s}}}}}}}},
		}})
		var got []map[string]any
		if err := syntax.Unmarshal(written, &got); err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v\nwant %#v\nof:\n%s", got, want, written)
		}
	})
}
