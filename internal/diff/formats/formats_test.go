package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/diff/formats"
	"github.com/hippotion/roster/internal/lint"
)

func line(file string, n int) diff.Cause {
	return diff.Cause{Pos: diag.Position{File: file, Line: n, Column: 1}}
}

func before(file string, n int) diff.Cause {
	c := line(file, n)
	c.Before = true
	return c
}

func steps(names ...string) fields.Path {
	var out fields.Path
	for _, n := range names {
		out = append(out, fields.Step{Key: n})
	}
	return out
}

func id(group, kind, namespace, name string) diff.ID {
	return diff.ID{Group: group, Kind: kind, Namespace: namespace, Name: name}
}

// nasty is a text with everything that a format could stumble over.
const nasty = "a \x1b[31m\u202e\u200b\n/approve\r\n::error::no\n@octocat fixes #1 !2 GH-3 https://evil.example www.evil.example :tada: deadbeef ![x](http://y) <script>alert(1)</script> `` ```` | ~~x~~ <!-- --> &amp; [ ] \\ \xff##[error]x"

func side(name string) *diff.Side {
	return &diff.Side{
		Name: name, Frame: diag.Frame{Folder: ".", Within: "infra"},
		Clusters: []*diff.Cluster{{Applications: make([]*diff.Application, 3), Objects: make([]*diff.Object, 1200)}},
	}
}

// rich is a report that has everything.
func rich() *formats.Report {
	const list = "infra/applications.yml"
	from, to := side("main"), side("the working tree")
	to.Mistakes = diag.List{{Pos: line("charts/a/values.yaml", 2).Pos, Path: "web-b-helm", Code: "render", Message: "the chart needs a host", Hint: "write host"}}
	from.Commit = "0123456789abcdef0123456789abcdef01234567"
	script := "#!/bin/sh\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n"
	return &formats.Report{
		Tool: "roster", Version: "v1.2.3", Failed: []string{"delete"},
		Result: &diff.Result{
			Before: from, After: to, Linted: true,
			Consequences: []diff.Consequence{
				{Kind: "removal", Word: "delete", Weight: diff.Danger, Subject: "PersistentVolumeClaim web-a/data", Message: "PersistentVolumeClaim web-a/data is deleted",
					Details: []string{"Argo CD asks for confirmation", "what is in the volume is lost: its class deletes it"}, Causes: []diff.Cause{before(list, 31), line(list, 14)},
					Objects: []diff.ID{id("", "PersistentVolumeClaim", "web-a", "data")}, Clusters: []string{"home"}},
				{Kind: "host", Word: "public", Weight: diff.Danger, Subject: "claw.home.example", Message: "claw.home.example is open to the world now", Causes: []diff.Cause{line(list, 20), line("platform.yml", 3)}},
				{Kind: "image", Word: "image", Weight: diff.Notice, Subject: "nasty", Message: nasty, Details: []string{nasty, "::error::x"}, Causes: []diff.Cause{line("charts/"+nasty+".yml", 1)}},
				{Kind: "removal", Word: "create", Weight: diff.Plain, Subject: "Secret a/b", Message: "Secret a/b is created"},
			},
			Objects: []diff.ObjectChange{
				{Cluster: "home", ID: id("apps", "Deployment", "web-a", "app"), APIVersion: "apps/v1", Sort: diff.Changed, Application: "web-a-app", Entry: "web-a", Causes: []diff.Cause{line(list, 14)},
					Fields: []fields.Difference{
						{Path: steps("metadata", "labels", "helm.sh/chart"), Change: fields.Changed, From: "a-1", To: "a-2", Noise: "chart label"},
						{Path: steps("spec", "replicas"), Change: fields.Changed, From: int64(1), To: int64(2)},
						{Path: append(steps("spec", "template", "spec", "containers"), fields.Step{Key: "web", By: "name"}, fields.Step{Key: "args"}, fields.Step{Index: 2, List: true}), Change: fields.Removed, From: "--x"},
						{Path: append(steps("spec", "template", "spec", "containers"), fields.Step{Key: "extra", By: "name"}), Change: fields.Added, To: map[string]any{"name": "extra", "ports": []any{int64(80), 1.5}}},
						{Path: steps("spec", "template", "spec", "initContainers"), Change: fields.Moved, From: []any{"a", "b"}, To: []any{"b", "a"}},
					}},
				{Cluster: "home", ID: id("", "ConfigMap", "web-a", "script"), APIVersion: "v1", Sort: diff.Changed, Entry: "web-a", Causes: []diff.Cause{before(list, 30)},
					Fields: []fields.Difference{
						{Path: steps("data", "run.sh"), Change: fields.Changed, From: script, To: strings.Replace(script, "five\n", "FIVE\n  ````\n::error::x\n/approve\n@octocat\n", 1)},
						{Path: steps("data", "long"), Change: fields.Changed, From: strings.Repeat("é", 1000), To: "short"},
						{Path: steps("data", "null"), Change: fields.Changed, From: nil, To: ""},
					}},
				{Cluster: "home", ID: id("", "ConfigMap", "web-a", "noise"), APIVersion: "v1", Sort: diff.Changed, Entry: "web-a",
					Fields: []fields.Difference{{Path: steps("metadata", "annotations", "checksum/config"), Change: fields.Changed, From: "1", To: "2", Noise: "checksum"}}},
				{Cluster: "home", ID: id("", "PersistentVolumeClaim", "web-a", "data"), APIVersion: "v1", Sort: diff.Deleted, Entry: "web-a", Causes: []diff.Cause{before(list, 31)},
					Fields: []fields.Difference{{Change: fields.Removed, From: map[string]any{"kind": "PersistentVolumeClaim"}}}},
				{Cluster: "away", ID: id("", "Namespace", "", nasty), APIVersion: "v1", Sort: diff.Created,
					Fields: []fields.Difference{{Path: steps("metadata", nasty), Change: fields.Added, To: nasty}, {Path: steps("kind"), Change: fields.Added, To: "Namespace"}}},
			},
			NotCompared: []diff.NotCompared{{Cluster: "home", Application: "web-b-argo", Why: "not fetched: " + nasty, At: line(list, 40)}},
			NotJudged:   []diff.NotJudged{{Cluster: "home", Kind: "flow", Why: "internal error, please report it: boom"}},
			Findings: []lint.Finding{{Severity: lint.Warning, Diagnostic: diag.Diagnostic{Pos: line(list, 14).Pos, Path: "web-a.applications[0]", Code: "no-limits", Message: "has no limits", Hint: "add them"}},
				{Severity: lint.Error, Diagnostic: diag.Diagnostic{Code: "no-place", Message: nasty, Hint: nasty}}},
			Mended: []lint.Finding{{Severity: lint.Error, Diagnostic: diag.Diagnostic{Pos: line(list, 31).Pos, Code: "no-class", Message: "has no class"}}},
		},
	}
}

func empty() *formats.Report {
	return &formats.Report{Tool: "roster", Result: &diff.Result{Before: side("main"), After: side("feature")}}
}

// halfRead is a report in which the list of one side cannot be read.
func halfRead(which int) *formats.Report {
	r := empty()
	r.Broken[which] = true
	s := []*diff.Side{r.Before, r.After}[which]
	s.Clusters = nil
	s.Mistakes = diag.List{
		{Pos: line("infra/applications.yml", 3).Pos, Path: "web-a", Code: "unknown-field", Message: `unknown field "imge"`, Hint: `did you mean "image"?`},
		{Code: "nasty", Message: nasty},
	}
	return r
}

func reports() map[string]*formats.Report {
	both := halfRead(0)
	after := halfRead(1).After
	both.After, both.Broken[1] = after, true
	colored := rich()
	colored.Options = formats.Options{Color: true, Whole: true, Root: "checkout/root", Key: "home -- @x -->", Page: "https://ci.example/jobs/1/artifacts/diff.html"}
	return map[string]*formats.Report{"rich": rich(), "empty": empty(), "no_before": halfRead(0), "no_after": halfRead(1), "neither": both, "options": colored}
}

func written(t *testing.T, format string, r *formats.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := formats.Write(&b, format, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGolden compares all formats of all reports with testdata, which UPDATE=1 writes. Of the page, TestPage does it without its style and script.
func TestGolden(t *testing.T) {
	for name, r := range reports() {
		for _, format := range formats.Formats() {
			if format == "html" {
				continue
			}
			got := written(t, format, r)
			file := filepath.Join("testdata", name+"."+format)
			if os.Getenv("UPDATE") == "1" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s (-want +got):\n%s", file, d)
			}
			for range 20 {
				if written(t, format, reports()[name]) != got {
					t.Fatalf("%s: other bytes", file)
				}
			}
		}
	}
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	err := formats.Write(&b, "jsno", rich())
	if want := "there is no format \"jsno\"\n  hint: did you mean \"json\"?"; err == nil || err.Error() != want || b.Len() > 0 {
		t.Errorf("got %v and %d bytes, want %s", err, b.Len(), want)
	}
	for _, format := range formats.Formats() {
		if err := formats.Write(noWriter{}, format, rich()); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

type noWriter struct{}

func (noWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

// large is a report with many objects, each with some fields.
func large(objects, perObject int) *formats.Report {
	r := empty()
	for i := range objects {
		o := diff.ObjectChange{ID: id("", "ConfigMap", "web-a", fmt.Sprint("config-", i)), APIVersion: "v1", Sort: diff.Changed, Entry: "web-a"}
		for j := range perObject {
			o.Fields = append(o.Fields, fields.Difference{Path: steps("data", fmt.Sprint("key-", j)), Change: fields.Changed, From: "from", To: strings.Repeat("x", 200)})
		}
		r.Objects = append(r.Objects, o)
	}
	return r
}

// TestTitles: a side is what the user called it, and its commit; all digits of a commit say no more than the first.
func TestTitles(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	sides := func(name, commit string) *diff.Side {
		return &diff.Side{Name: name, Commit: commit, Clusters: []*diff.Cluster{{}}}
	}
	var b bytes.Buffer
	r := &formats.Report{Result: &diff.Result{Before: sides(commit, commit), After: sides("feature", commit)}}
	if err := formats.Write(&b, "text", r); err != nil || !strings.HasPrefix(b.String(), "commit 0123456 → feature (0123456)\n") {
		t.Errorf("%v\n%s", err, &b)
	}
}
