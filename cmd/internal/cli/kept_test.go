package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/checkout"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"golang.org/x/tools/txtar"
)

// all is a platform with each kind of source, and each kind of file that a source may read. A link is a file whose text is -> TARGET.
const all = `
-- platform.yml --
repository: {url: https://git.example/homelab.git, revision: main}
argocd: {kustomize: {buildOptions: --enable-helm}}
domain: home.example
kubernetes: {version: v1.33.0, apiVersions: [example.org/v1]}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-chart
      path: chart
      values: {own: 1}
      valueFiles: [values-a.yml, /shared/values.yml]
      helm: {ignoreMissingValueFiles: true, parameters: {image: {value: "2"}}, fileParameters: {text: text.txt}}
    - applicationCode: web-more
      path: chart
      valueFiles: [missing.yml]
      helm: {ignoreMissingValueFiles: true}
      patches: [{patch: '- {op: add, path: /data/patched, value: a}', target: {kind: ConfigMap}}]
    - applicationCode: web-kustom
      path: kustom/over
      kustomize: {components: [../part], ignoreMissingComponents: true}
    - {applicationCode: web-inflated, path: inflated}
    - applicationCode: web-folder
      path: folder
      directory: {recurse: true, include: '{*.yaml,*.jsonnet}', jsonnet: {libs: [lib]}}
    - applicationCode: web-linked
      path: linked
    - applicationCode: web-fetched
      repoURL: https://git.example/other.git
      revision: v1
      path: app
    - {applicationCode: ntfy, catalog: ntfy}
-- chart/Chart.yaml --
{apiVersion: v2, name: chart, version: 1.0.0, dependencies: [{name: sub, version: 1.x.x, repository: ""}]}
-- chart/Chart.lock --
dependencies: [{name: sub, repository: "", version: 1.0.0}]
digest: sha256:0
generated: "2026-01-01T00:00:00Z"
-- chart/.helmignore --
*.bak
-- chart/values.yaml --
image: 1
own: 0
shared: 0
-- chart/values-a.yml --
a: 1
-- chart/values.schema.json --
{"type": "object", "properties": {"own": {"type": "integer"}}}
-- chart/text.txt --
text
-- chart/files/a.bak --
ignored
-- chart/files/a.cfg --
configured
-- chart/crds/a.yaml --
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: as.example.org}}
-- chart/templates/_helpers.tpl --
{{ define "named" }}{{ .Release.Name }}{{ end }}
-- chart/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ include "named" . }}}
data:
  values: {{ toJson .Values | quote }}
  files: {{ (.Files.Glob "files/*").AsConfig | quote }}
  cluster: {{ .Capabilities.KubeVersion.Version }}
  apis: {{ .Capabilities.APIVersions.Has "example.org/v1" | quote }}
-- chart/charts/sub/Chart.yaml --
{apiVersion: v2, name: sub, version: 1.0.0}
-- chart/charts/sub/values.yaml --
sub: 1
-- chart/charts/sub/templates/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: sub-{{ .Release.Name }}}, data: {sub: "{{ .Values.sub }}", version: {{ .Chart.Version }}}}
-- shared/values.yml --
shared: 1
-- kustom/over/kustomization.yaml --
resources: [../base]
components: [../component]
configMapGenerator: [{name: made, files: [data.txt], envs: [data.env]}]
patches: [{path: patch.yaml}]
-- kustom/over/data.txt --
data
-- kustom/over/data.env --
A=b
-- kustom/over/patch.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: base}, data: {patched: b}}
-- kustom/base/kustomization.yml --
resources: [a.yaml]
-- kustom/base/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: base}, data: {a: b}}
-- kustom/component/kustomization.yaml --
{apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component, namePrefix: a-}
-- kustom/part/kustomization.yaml --
{apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component, nameSuffix: -z}
-- inflated/kustomization.yaml --
helmCharts: [{name: small, releaseName: one, valuesFile: values.yml}]
-- inflated/values.yml --
text: one
-- inflated/charts/small/Chart.yaml --
{apiVersion: v2, name: small, version: 1.0.0}
-- inflated/charts/small/values.yaml --
text: none
-- inflated/charts/small/templates/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: small}, data: {text: "{{ .Values.text }}"}}
-- folder/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
-- folder/deep/b.jsonnet --
{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "b"}, data: (import "c.libsonnet") + {text: importstr "d.txt"}}
-- folder/deep/c.libsonnet --
{c: "c"}
-- lib/d.txt --
d
-- linked/.argocd-source.yaml --
directory: {recurse: true}
-- linked/a.yaml --
-> ../elsewhere/a.yaml
-- elsewhere/a.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: linked}, data: {a: b}}
-- elsewhere/b.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}
`

// kept is a checkout, and the cache that is used for it.
type kept struct {
	*testing.T
	dir     string
	cache   rendered.Cache
	sources cache.Pinned
}

func keptCheckout(t *testing.T) *kept {
	k := &kept{T: t, dir: t.TempDir(), cache: rendered.In(t.TempDir())}
	for _, f := range txtar.Parse([]byte(all)).Files {
		k.write(f.Name, string(f.Data))
	}
	k.sources.Folder = t.TempDir()
	k.fetch("one")
	return k
}

func (k *kept) write(name, text string) {
	k.Helper()
	name = filepath.Join(k.dir, name)
	err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.RemoveAll(name))
	if target, ok := strings.CutPrefix(strings.TrimSpace(text), "-> "); ok {
		err = errors.Join(err, os.Symlink(target, name))
	} else {
		err = errors.Join(err, os.WriteFile(name, []byte(text), 0o644))
	}
	if err != nil {
		k.Fatal(err)
	}
}

func (k *kept) replace(name, before, after string) {
	k.Helper()
	data, err := os.ReadFile(filepath.Join(k.dir, name))
	if err != nil || !strings.Contains(string(data), before) {
		k.Fatalf("%s has no %s (%v)", name, before, err)
	}
	k.write(name, strings.Replace(string(data), before, after, 1))
}

// fetch puts a folder of another repository into the cache, and what it is into the lock.
func (k *kept) fetch(text string) {
	k.Helper()
	store, err := cache.Open(k.sources.Folder)
	if err != nil {
		k.Fatal(err)
	}
	defer store.Close()
	w, err := store.Create(1 << 20)
	if err != nil {
		k.Fatal(err)
	}
	defer w.Discard()
	tree := source.NewTreeWriter(w)
	err = tree.Add("app/a.yaml", 0, strings.NewReader("{apiVersion: v1, kind: ConfigMap, metadata: {name: fetched}, data: {text: "+text+"}}\n"))
	digest, closed := tree.Close()
	if err = errors.Join(err, closed); err == nil {
		err = w.Commit(digest, "x")
	}
	if err != nil {
		k.Fatal(err)
	}
	k.sources.Lock = source.NewLock(source.Locked{Reference: source.Reference{Kind: source.Git, URL: "https://git.example/other.git", Version: "v1"}, Digest: digest})
}

// build gives all that is rendered, and what is reported. Without the cache, it is done in this process.
func (k *kept) build(cached bool) string {
	k.Helper()
	place, closer := k.place(cached)
	defer closer()
	in := fleet.Input{Place: place, Sources: k.sources, Want: fleet.Want{Workloads: true}}
	if cached {
		in.Rendered = k.cache
	}
	out, diags, err := fleet.Build(in)
	if err != nil {
		k.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintln(&b, len(diags), "mistakes")
	_ = errors.Join(out.Warnings.Print(&b, out.Frame), diags.Print(&b, out.Frame))
	for _, a := range out.Applications {
		fmt.Fprintln(&b, a.Code, a.Workload != nil)
		for _, y := range a.Yields {
			value, err := json.Marshal(y.Value())
			if err != nil {
				k.Fatal(err)
			}
			fmt.Fprintln(&b, y.Wave, y.Pos, y.From, string(value))
		}
	}
	return b.String()
}

// lint gives what lint finds.
func (k *kept) lint(cached bool) string {
	k.Helper()
	place, closer := k.place(cached)
	defer closer()
	in := inspection.Input{Place: place, Sources: k.sources, Today: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	look := inspection.Look
	if cached {
		in.Rendered, look = k.cache, inspection.Supervised
	}
	r, err := look(in)
	if err != nil {
		k.Fatal(err)
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		k.Fatal(err)
	}
	return string(text)
}

func (k *kept) place(cached bool) (fleet.Place, func()) {
	k.Helper()
	place, err := fleet.Find(k.dir, k.dir)
	if err != nil {
		k.Fatal(err)
	}
	if cached {
		return place, func() {}
	}
	root, err := os.OpenRoot(k.dir)
	if err != nil {
		k.Fatal(err)
	}
	place.Files = checkout.FS(root)
	return place, func() { _ = root.Close() }
}

// same checks that both ways give the same, and returns it.
func (k *kept) same(what string) string {
	k.Helper()
	want := k.build(false)
	if diff := cmp.Diff(want, k.build(true)); diff != "" {
		k.Errorf("%s: with the cache, render gives something else (-without +with):\n%s", what, diff)
	}
	return want
}

func (k *kept) sameFindings(what string) {
	k.Helper()
	if diff := cmp.Diff(k.lint(false), k.lint(true)); diff != "" {
		k.Errorf("%s: with the cache, lint finds something else (-without +with):\n%s", what, diff)
	}
}

// TestKeptInputs: whatever goes into what is rendered changes it, also when all else is in the cache.
func TestKeptInputs(t *testing.T) {
	k := keptCheckout(t)
	before := k.same("at first")
	for _, code := range []string{"web-chart", "web-more", "web-kustom", "web-inflated", "web-folder", "web-linked", "web-fetched", "ntfy"} {
		if !strings.Contains(before, code+" true\n") {
			t.Fatalf("%s is not rendered:\n%s", code, before)
		}
	}
	if !strings.HasPrefix(before, "0 mistakes\n") {
		t.Fatal(before)
	}
	for _, c := range []struct {
		what   string
		change func()
	}{
		{"a template", func() { k.replace("chart/templates/a.yaml", "\ndata:", "\ndata:\n  new: a") }},
		{"a helper", func() { k.replace("chart/templates/_helpers.tpl", ".Release.Name", `"named"`) }},
		{"a new template", func() {
			k.write("chart/templates/b.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}, data: {a: b}}\n")
		}},
		{"the chart's values", func() { k.replace("chart/values.yaml", "image: 1", "image: 1\nmore: 1") }},
		{"a value file", func() { k.replace("chart/values-a.yml", "a: 1", "a: 2") }},
		{"a value file of the repository", func() { k.replace("shared/values.yml", "1", "2") }},
		{"a value file that was missing", func() { k.write("chart/missing.yml", "late: 1\n") }},
		{"a file parameter", func() { k.write("chart/text.txt", "other") }},
		{"the schema of the values", func() { k.replace("chart/values.schema.json", "integer", "string") }},
		{"the schema again", func() { k.replace("chart/values.schema.json", `"string"`, `["string", "integer"]`) }},
		{"a file of the chart", func() { k.write("chart/files/b.cfg", "more") }},
		{"what is ignored", func() { k.write("chart/.helmignore", "*.cfg\n") }},
		{"a CRD", func() { k.replace("chart/crds/a.yaml", "as.example", "bs.example") }},
		{"a subchart", func() { k.replace("chart/charts/sub/values.yaml", "1", "2") }},
		{"which subchart there is", func() { k.replace("chart/charts/sub/Chart.yaml", "version: 1.0.0", "version: 1.1.0") }},
		{"Chart.lock", func() { k.write("chart/Chart.lock", "dependencies: 1\n") }},
		{"Chart.lock again", func() { k.write("chart/Chart.lock", "dependencies: []\n") }},
		{"the values of the list", func() { k.replace("applications.yml", "own: 1", "own: 2") }},
		{"a parameter", func() { k.replace("applications.yml", `value: "2"`, `value: "3"`) }},
		{"a patch of the list", func() { k.replace("applications.yml", "value: a", "value: b") }},
		{"lines of the list", func() { k.replace("applications.yml", "- namespace", "# a comment\n- namespace") }},
		{"the namespace", func() { k.replace("applications.yml", "namespace: web-a", "namespace: web-b") }},
		{"the version of the cluster", func() { k.replace("platform.yml", "v1.33.0", "v1.34.0") }},
		{"the APIs of the cluster", func() { k.replace("platform.yml", "example.org/v1", "example.org/v2") }},
		{"a kustomization", func() { k.replace("kustom/over/kustomization.yaml", "resources", "nameSuffix: -y\nresources") }},
		{"a base", func() { k.replace("kustom/base/a.yaml", "a: b", "a: c") }},
		{"a component", func() { k.replace("kustom/component/kustomization.yaml", "a-", "b-") }},
		{"a component of the list", func() { k.replace("kustom/part/kustomization.yaml", "-z", "-y") }},
		{"no component of the list", func() { _ = os.RemoveAll(filepath.Join(k.dir, "kustom/part")) }},
		{"the file of a generator", func() { k.write("kustom/over/data.txt", "other") }},
		{"the environment of a generator", func() { k.write("kustom/over/data.env", "A=c\n") }},
		{"the file of a patch", func() { k.replace("kustom/over/patch.yaml", "patched: b", "patched: c") }},
		{"a chart of a kustomization", func() { k.replace("inflated/charts/small/templates/a.yaml", "text:", "text2:") }},
		{"the values of that chart", func() { k.replace("inflated/values.yml", "one", "two") }},
		{"build options", func() { k.replace("platform.yml", "--enable-helm", "--load-restrictor LoadRestrictionsNone") }},
		{"build options again", func() { k.replace("platform.yml", "--load-restrictor LoadRestrictionsNone", "--enable-helm") }},
		{"a manifest", func() { k.replace("folder/a.yaml", "name: a", "name: c") }},
		{"a new manifest", func() { k.write("folder/deep/new.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}\n") }},
		{"a manifest less", func() { _ = os.Remove(filepath.Join(k.dir, "folder/deep/new.yaml")) }},
		{"an import", func() { k.replace("folder/deep/c.libsonnet", `"c"`, `"d"`) }},
		{"an import of a library", func() { k.write("lib/d.txt", "e") }},
		{"an import that hides another", func() { k.write("folder/deep/d.txt", "f") }},
		{"a pattern", func() { k.replace("applications.yml", "{*.yaml,*.jsonnet}", "*.jsonnet") }},
		{"a file behind a link", func() { k.replace("elsewhere/a.yaml", "a: b", "a: c") }},
		{"where a link leads", func() { k.write("linked/a.yaml", "-> ../elsewhere/b.yaml") }},
		{"a link to nothing", func() { k.write("linked/a.yaml", "-> ../elsewhere/c.yaml") }},
		{"a file in place of a link", func() { k.write("linked/a.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: file}}\n") }},
		{".argocd-source.yaml", func() { k.write("linked/.argocd-source.yaml", "directory: {include: '*.json'}\n") }},
		{"no .argocd-source.yaml", func() { _ = os.Remove(filepath.Join(k.dir, "linked/.argocd-source.yaml")) }},
		{"what was fetched", func() { k.fetch("two") }},
		{"that nothing was fetched", func() { k.sources.Folder = t.TempDir() }},
		{"that it was fetched again", func() { k.fetch("two") }},
	} {
		c.change()
		after := k.same(c.what)
		if after == before {
			t.Errorf("%s: nothing changes, so that this shows nothing:\n%s", c.what, after)
		}
		before = after
	}
	k.sameFindings("at the end")
}

// TestKeptFiles removes and replaces each file of the checkout in turn, and adds one to each folder: the cache never gives what was.
func TestKeptFiles(t *testing.T) {
	k := keptCheckout(t)
	k.same("at first")
	k.sameFindings("at first")
	var files []string
	_ = filepath.WalkDir(k.dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, err = filepath.Rel(k.dir, name)
			files = append(files, name)
		}
		return err
	})
	folders := map[string]bool{}
	for i, name := range files {
		full := filepath.Join(k.dir, name)
		away := filepath.Join(t.TempDir(), "away")
		if err := os.Rename(full, away); err != nil {
			t.Fatal(err)
		}
		k.same("without " + name)
		if i%5 == 0 { // it takes time
			k.sameFindings("without " + name)
		}
		k.write(name, "changed: text\n")
		k.same("with another " + name)
		if err := os.Rename(away, full); err != nil {
			t.Fatal(err)
		}
		if beside := filepath.Join(filepath.Dir(name), "new.yaml"); !folders[beside] {
			folders[beside] = true
			k.write(beside, "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}\n")
			k.same("with " + beside)
			if err := os.Remove(filepath.Join(k.dir, beside)); err != nil {
				t.Fatal(err)
			}
		}
	}
	k.same("at the end")
	k.sameFindings("at the end")
}
