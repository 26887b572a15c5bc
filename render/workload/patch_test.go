package workload

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
)

const patchedFiles = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
  annotations: {argocd.argoproj.io/hook: PreSync}
spec:
  template:
    spec:
      containers:
      - name: web
        image: nginx:1
        ports: [{containerPort: 80, name: http}]
      - name: side
        image: side:1
      volumes: [{name: v, configMap: {name: conf}}]
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: conf, labels: {app: web}}, data: {a: b}}
- {apiVersion: example.com/v1, kind: Thing, metadata: {name: thing}, spec: {items: [{name: a, x: 1}, {name: b}]}}
---
{apiVersion: batch/v1, kind: Job, metadata: {generateName: job-}, spec: {}}
---
{apiVersion: v1, kind: Twin, metadata: {name: twin}}
---
{apiVersion: v1, kind: Twin, metadata: {name: twin}}
`

// patchOf applies patches to manifests.
func patchOf(t *testing.T, files string, patches ...Patch) ([]manifest, diag.List) {
	t.Helper()
	app := *testApp
	in, diags := app.decode(diag.Position{File: "all.yaml"}, []byte(files))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for i, p := range patches {
		p.Pos, p.Path = diag.Position{File: "applications.yml", Line: 7, Column: 3}, fmt.Sprintf("patches[%d]", i)
		app.Patches = append(app.Patches, p)
	}
	return patch(&app, in)
}

func TestPatch(t *testing.T) {
	deployment := func(spec string) string {
		return "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: " + spec + "}}}"
	}
	const ops = `[{"op": "add", "path": "/metadata/labels", "value": {"p": "q"}}]`
	for name, c := range map[string]struct {
		patch Patch
		want  []string // what the result differs in: with - or + before it
	}{
		"containers by name": {Patch{Patch: argocd.Patch{Text: deployment("{containers: [{name: side, image: side:2}, {name: new}]}")}},
			[]string{"-image:side:1", "+image:side:2", "+map[name:new]"}},
		"delete a container": {Patch{Patch: argocd.Patch{Text: deployment("{containers: [{name: side, $patch: delete}]}")}}, []string{"-map[image:side:1 name:side]"}},
		"ports by number": {Patch{Patch: argocd.Patch{Text: deployment("{containers: [{name: web, ports: [{containerPort: 81}, {containerPort: 80, name: x}]}]}")}},
			[]string{"-name:http", "+name:x", "+map[containerPort:81]"}},
		"null":                {Patch{Patch: argocd.Patch{Text: deployment("{volumes: null}")}}, []string{"-volumes:"}},
		"delete an object":    {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, $patch: delete}"}}, []string{"-kind:ConfigMap"}},
		"two":                 {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, data: {a: c}}\n---\n" + deployment("{hostPID: true}")}}, []string{"-data:map[a:b]", "+data:map[a:c]", "+hostPID:true"}},
		"lists of a CRD":      {Patch{Patch: argocd.Patch{Text: "{apiVersion: example.com/v1, kind: Thing, metadata: {name: thing}, spec: {items: [{name: b, y: 2}]}}"}}, []string{"-map[name:a x:1]", "+map[name:b y:2]"}},
		"by labels":           {Patch{Patch: argocd.Patch{Text: ops, Target: &Target{LabelSelector: "app=web"}}}, []string{"-labels:map[app:web]", "+labels:map[p:q] name:web", "+labels:map[p:q] name:conf"}},
		"by annotations":      {Patch{Patch: argocd.Patch{Text: ops, Target: &Target{AnnotationSelector: "argocd.argoproj.io/hook"}}}, []string{"+labels:map[p:q] name:web"}},
		"by kinds":            {Patch{Patch: argocd.Patch{Text: ops, Target: &Target{Kind: "Thing|Config.*"}}}, []string{"+labels:map[p:q] name:conf", "+labels:map[p:q] name:thing"}},
		"by group":            {Patch{Patch: argocd.Patch{Text: ops, Target: &Target{Group: "example.com", Version: "v1"}}}, []string{"+labels:map[p:q] name:thing"}},
		"all":                 {Patch{Patch: argocd.Patch{Text: ops, Target: &Target{}}}, []string{"+generateName:job- labels:map[p:q]"}},
		"a merge to many":     {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: Any, metadata: {name: any, labels: {p: q}}}", Target: &Target{Name: "web|conf"}}}, []string{"+labels:map[app:web p:q] name:web", "+labels:map[app:web p:q] name:conf", "-labels:map[app:web]"}},
		"without a name":      {Patch{Patch: argocd.Patch{Text: ops, Target: &Target{Kind: "Job"}}}, []string{"+generateName:job- labels:map[p:q]"}},
		"two of one name":     {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: Twin, metadata: {name: twin, labels: {p: q}}}"}}, []string{"+kind:Twin metadata:map[labels:map[p:q] name:twin]", "-kind:Twin metadata:map[name:twin]"}},
		"with YAML operation": {Patch{Patch: argocd.Patch{Text: "- op: replace\n  path: /data/a\n  value: 2020-01-01\n", Target: &Target{Kind: "ConfigMap"}}}, []string{"-a:b", "+a:2020-01-01"}},
		"a name kept":         {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: X, metadata: {name: y}, data: {z: z}}", Target: &Target{Kind: "ConfigMap"}}}, []string{"+data:map[a:b z:z] kind:ConfigMap", "-data:map[a:b]"}},
		"a kind changed":      {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: Other, metadata: {name: conf}}", Target: &Target{Kind: "Thing"}, Options: map[string]bool{"allowKindChange": true}}}, []string{"-kind:Thing", "+kind:Other"}},
	} {
		got, diags := patchOf(t, patchedFiles, c.patch)
		before, _ := patchOf(t, patchedFiles)
		if len(diags) > 0 {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		was, is := told(before, nil), told(got, nil)
		for _, part := range c.want {
			absent, present := was, is
			if part[0] == '-' {
				absent, present = is, was
			}
			if strings.Contains(absent, part[1:]) || !strings.Contains(present, part[1:]) {
				t.Errorf("%s: no difference %s in\n%s", name, part, is)
			}
		}
	}
}

// TestPatchRename: references follow an object that gets a new name, as in a build.
func TestPatchRename(t *testing.T) {
	const named = "---\n{apiVersion: v1, kind: Twin, metadata: {name: twin}}\n"
	files := strings.Replace(patchedFiles[:strings.Index(patchedFiles, "---\n{apiVersion: batch")]+named, ", data: {", ", more: 9007199254740993, data: {", 1)
	renaming := Patch{Patch: argocd.Patch{Text: `[{"op": "replace", "path": "/metadata/name", "value": "new"}]`, Target: &Target{Kind: "ConfigMap"}}}
	got, diags := patchOf(t, files, renaming)
	if text := told(got, diags); !strings.Contains(text, "configMap:map[name:new]") || !strings.Contains(text, "more:9007199254740993") || !strings.Contains(text, "metadata:map[labels:map[app:web] name:new] more:") {
		t.Error(text)
	}
	merging := Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}", Target: &Target{Kind: "ConfigMap"}, Options: map[string]bool{"allowNameChange": true}}}
	merged, diags := patchOf(t, files, merging)
	if diff := cmp.Diff(told(got, nil), told(merged, diags)); diff != "" {
		t.Error(diff)
	}
	_, diags = patchOf(t, patchedFiles, renaming)
	if text := told(nil, diags); text != "all.yaml:2:1: web-app: ConfigMap conf is renamed, and Kustomize cannot correct what refers to it: Job job- has no name yet [bad-patch]\n" {
		t.Error(text)
	}
}

const patchForms = "  hint: without quotes around it, write patch: [{op: replace, path: /spec/replicas, value: 2}], or a part of the object: patch: {spec: {replicas: 2}}\n"

func TestPatchMistakes(t *testing.T) {
	const at = "applications.yml:7:3: patches[0]: "
	for name, c := range map[string]struct {
		patch Patch
		want  string
	}{
		"no object": {Patch{Patch: argocd.Patch{Text: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: wbe}}"}},
			"no object matches apiVersion apps/v1, kind Deployment, name wbe [patch-no-target]\n  hint: did you mean \"web\"?\n"},
		"one of two": {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}}\n---\n{apiVersion: v1, kind: ConfigMp, metadata: {name: conf}}"}},
			"no object matches apiVersion v1, kind ConfigMp, name conf [patch-no-target]\n  hint: did you mean \"ConfigMap\"?\n"},
		"no name": {Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`, Target: &Target{Kind: "Deployment", Name: "x.*"}}},
			"no object matches kind Deployment, name x.* [patch-no-target]\n  hint: known: web\n"},
		"no labels":       {Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`, Target: &Target{Kind: "Deployment", LabelSelector: "a=b"}}}, "no object matches kind Deployment, labels a=b [patch-no-target]\n"},
		"not YAML":        {Patch{Patch: argocd.Patch{Text: "a: b: c"}}, "unable to parse SM or JSON patch [bad-patch]\n" + patchForms},
		"empty":           {Patch{Patch: argocd.Patch{Text: "# none"}}, "the patch is empty [bad-patch]\n"},
		"nothing":         {Patch{}, "must specify one of patch and path [bad-patch]\n"},
		"no target":       {Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`}}, "a JSON patch needs a target [bad-patch]\n"},
		"no path":         {Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`, Target: &Target{Kind: "Job"}}}, "Job job-: error in remove for path: '/a': Unable to remove nonexistent key: a: missing value [bad-patch]\n"},
		"two to a target": {Patch{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: A, metadata: {name: a}}\n---\n{apiVersion: v1, kind: A, metadata: {name: b}}", Target: &Target{Kind: "Job"}}}, "Job job-: Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field [bad-patch]\n"},
		"no regexp":       {Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`, Target: &Target{Name: "("}}}, "error parsing regexp: missing closing ): `^(?:()$` [bad-patch]\n"},
		"no selector":     {Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`, Target: &Target{LabelSelector: "a in"}}}, "unable to parse requirement: found '' expected: '(' [bad-patch]\n"},
	} {
		if got := told(patchOf(t, patchedFiles, c.patch)); got != at+c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, at+c.want)
		}
	}
}

func TestPatchPanic(t *testing.T) {
	const object = "{apiVersion: v1, kind: A, metadata: {name: a, annotations: {internal.config.kubernetes.io/previousNames: 'a,b'}}}"
	const panics = "kustomize fails on this: number of previous names, number of previous namespaces, number of previous kinds not equal"
	if got := told(patchOf(t, object, Patch{Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/a"}]`, Target: &Target{}}})); got != "applications.yml:7:3: patches[0]: "+panics+" [bad-patch]\n" {
		t.Error(got)
	}
	if got := told(patchOf(t, object)); got != "app: web-app: "+panics+" [kustomize]\n" {
		t.Error(got)
	}
}

// TestPatchKeeps: what a patch does not touch stays as it is, in objects that it changes too.
func TestPatchKeeps(t *testing.T) {
	const files = `
apiVersion: example.com/v1
kind: Thing
metadata: {name: a, annotations: {x: "1"}}
spec:
  numbers: [1e6, 1.5, 9007199254740993, 9223372036854775807, 0.1, 1e-7, 1e30, -1, 0, 1.0, 12345678901234567890]
  texts: ["1e6", "0x1F", "010", "0o17", "yes", "no", "on", "true", "null", "~", "2020-01-01", "2020-01-01T00:00:00Z", "1_000", "=", "<<", "", " x ", "# x", "a: b", "- a", "1:20", ".inf", "é☃", "\t", "\u2028"]
  lines: ["a\nb", "a\nb\n", "a\n\n", "\na", "  a\n b\n", "a \nb", "---\na\n", "a\r\nb"]
  block: |
    #!/bin/sh
    ---
    echo
  empty: [{}, [], ""]
  nothing: {a: null, b: ~, c: {}}
  anchor: &a {x: [1, 2]}
  alias: *a
  merged: {<<: *a, y: 1}
  bools: [true, false]
`
	for name, p := range map[string]Patch{
		"JSON 6902": {Patch: argocd.Patch{Text: `[{"op": "add", "path": "/new", "value": 1}]`, Target: &Target{Name: "a"}}},
		"merge":     {Patch: argocd.Patch{Text: "{apiVersion: example.com/v1, kind: Thing, metadata: {name: a}, new: 1}"}},
		"renamed":   {Patch: argocd.Patch{Text: "{apiVersion: example.com/v1, kind: Thing, metadata: {name: b}, new: 1}", Target: &Target{Name: "a"}, Options: map[string]bool{"allowNameChange": true}}},
	} {
		before, _ := patchOf(t, strings.Replace(files, "    ---\n", "", 1))
		got, diags := patchOf(t, strings.Replace(files, "    ---\n", "", 1), p)
		if len(diags) > 0 || got[0].value["new"] != int64(1) {
			t.Fatalf("%s: %v %v", name, got, diags)
		}
		delete(got[0].value, "new")
		metadata(got[0].value)["name"] = "a"
		if diff := cmp.Diff(before[0].value, got[0].value); diff != "" || got[0].pos != before[0].pos {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
