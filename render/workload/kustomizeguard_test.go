package workload

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestKustomizeFetchesNothing names an address in every place that holds a path. A server and a git that notes its calls
// show whether kustomize follows it.
func TestKustomizeFetchesNothing(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	programs := t.TempDir()
	called := filepath.Join(programs, "called")
	if err := os.WriteFile(filepath.Join(programs, "git"), []byte("#!/bin/sh\necho \"$@\" >> "+called+"\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))

	const plugin, inline = "apiVersion: builtin\nmetadata: {name: x}\n", "  apiVersion: builtin\n  metadata: {name: x}\n"
	const list = "resources: [cm.yaml]\n"
	for name, files := range map[string]string{
		"resources":             "resources: [URL]",
		"resources, upper case": "resources: [UPPER]",
		"RESOURCES":             "RESOURCES: [URL]",
		"escaped":               `resources: ["\u0068ttp://127.0.0.1:1/x"]`,
		"binary":                "resources: [!!binary aHR0cDovLzEyNy4wLjAuMToxL3guZ2l0]",
		"alias":                 list + "namePrefix: &a URL\ncrds: [*a]",
		"merge key":             list + "openapi: &a {path: URL}\npatches: [{<<: *a}]",
		"twice":                 "resources: [cm.yaml]\nresources: [URL]",
		"bases":                 "bases: [URL]",
		"components":            "components: [URL]",
		"crds":                  list + "crds: [URL]",
		"configurations":        list + "configurations: [URL]",
		"openapi":               list + "openapi: {path: URL}",
		"patches":               list + "patches: [{path: URL}]",
		"patchesJson6902":       list + "patchesJson6902: [{path: URL, target: {kind: A, version: v1, name: a}}]",
		"patchesStrategicMerge": list + "patchesStrategicMerge: [URL]",
		"replacements":          list + "replacements: [{path: URL}]",
		"configMapGenerator":    "configMapGenerator: [{name: a, files: [URL]}]",
		"with a key":            "configMapGenerator: [{name: a, files: ['k=URL']}]",
		"envs":                  "configMapGenerator: [{name: a, envs: [URL]}]",
		"env":                   "configMapGenerator: [{name: a, env: URL}]",
		"secretGenerator":       "secretGenerator: [{name: a, files: ['k=URL']}]",
		"secret envs":           "secretGenerator: [{name: a, envs: [URL]}]",
		"generators":            "generators: [URL]",
		"transformers":          list + "transformers: [URL]",
		"validators":            list + "validators: [URL]",
		"in a base":             "resources: [base]\n-- app/base/kustomization.yml --\nresources: [URL]",
		"in a component":        list + "components: [c]\n-- app/c/Kustomization --\nkind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches: [{path: URL}]",
		"inline transformer":    list + "transformers:\n- |-\n  kind: PatchTransformer\n  path: URL\n" + inline,
		"inline, upper case":    list + "transformers:\n- |-\n  kind: PatchTransformer\n  PATH: URL\n" + inline,
		"inline validator":      list + "validators:\n- |-\n  kind: PatchTransformer\n  path: URL\n" + inline,
		"inline Json6902":       list + "transformers:\n- |-\n  kind: PatchJson6902Transformer\n  path: URL\n  target: {kind: A, name: a}\n" + inline,
		"inline strategic":      list + "transformers:\n- |-\n  kind: PatchStrategicMergeTransformer\n  paths: [URL]\n" + inline,
		"inline replacement":    list + "transformers:\n- |-\n  kind: ReplacementTransformer\n  replacements: [{path: URL}]\n" + inline,
		"inline value add":      list + "transformers:\n- |-\n  kind: ValueAddTransformer\n  value: a\n  targetFilePath: URL\n" + inline,
		"inline generator":      "generators:\n- |-\n  kind: ConfigMapGenerator\n  name: a\n  files: ['k=URL']\n" + inline,
		"inline envs":           "generators:\n- |-\n  kind: SecretGenerator\n  name: a\n  envs: [URL]\n" + inline,
		"in a file":             list + "transformers: [t.yaml]\n-- app/t.yaml --\nkind: PatchTransformer\npath: URL\n" + plugin,
		"in a list":             list + "transformers: [t.yaml]\n-- app/t.yaml --\nkind: List\napiVersion: v1\nitems: [{apiVersion: builtin, kind: PatchTransformer, metadata: {name: x}, path: URL}]",
		"in a folder":           list + "transformers: [t]\n-- app/t/kustomization.yaml --\nresources: [t.yaml]\n-- app/t/t.yaml --\nkind: PatchTransformer\npath: URL\n" + plugin,
		"in two folders":        list + "transformers: [t]\n-- app/t/kustomization.yaml --\nresources: [u]\n-- app/t/u/kustomization.yaml --\nresources: [t.yaml]\n-- app/t/u/t.yaml --\nkind: PatchTransformer\npath: URL\n" + plugin,
		"made of parts": list + "transformers: [t]\n-- app/t/kustomization.yaml --\nresources: [t.yaml]\npatches:\n- target: {kind: PatchTransformer}\n  patch: '[{op: replace, path: /path, value: URL}]'\n" +
			"-- app/t/t.yaml --\nkind: PatchTransformer\npath: x\n" + plugin,
		"git":           "resources: ['git@github.com:org/repo']",
		"github":        "resources: ['github.com/org/repo//base?ref=v1']",
		"GitHub":        "resources: [GitHub.com/org/repo]",
		"git::":         "resources: ['git::GITHUB.com:org/repo']",
		"ssh":           "resources: ['SSH://git@host/org/repo']",
		"file":          "resources: ['file:///org/repo']",
		"user":          "components: ['me@host/org/repo.git']",
		"Azure":         "resources: ['https://user:secret@dev.azure.com/o/p/_git/r']",
		"git generator": "generators: [github.com/org/repo]",
		"like a folder": "resources: [github.com/org/repo]\n-- app/github.com/org/repo/kustomization.yaml --\nresources: []",
		"like İt":       "resources: [gİthub.com/org/repo]\n-- app/gİthub.com/org/repo/kustomization.yaml --\nresources: []",
		"missing":       "resources: [../missing/repo]",
		"plain host":    "resources: [gitlab.com/org/repo.git//base]",
		"many slashes":  "resources: [org//repo]",
	} {
		archive := "-- app/cm.yaml --\napiVersion: v1\nkind: A\nmetadata: {name: a}\n-- app/kustomization.yaml --\n" + files + "\n"
		archive = strings.NewReplacer("URL", server.URL+"/x.yaml", "UPPER", strings.Replace(server.URL, "http", "HTTP", 1)).Replace(archive)
		got := kustomizeOf(tree(archive), nil)
		if !strings.Contains(got, "[kustomize-remote]") && !strings.Contains(got, "[not-fetched]") && !strings.Contains(got, "[missing-path]") && !strings.Contains(got, "does more than list resources") || strings.Contains(got, "secret") {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
	got := kustomizeOf(tree(oneMap), func(app *Application) { app.Kustomize.Components = []string{server.URL, "github.com/org/repo/*"} })
	if strings.Count(got, "[kustomize-remote]") != 1 || strings.Count(got, "[not-fetched]") != 1 {
		t.Error(got)
	}
	text, err := os.ReadFile(called)
	if n := requests.Load(); n > 0 || err == nil {
		t.Errorf("%d requests, and git %s", n, text)
	}
}

func TestKustomizeGuard(t *testing.T) {
	const enable = "  hint: if Argo CD's kustomize.buildOptions have it, say so in platform.yml: argocd: {kustomize: {buildOptions: --enable-helm}}\n"
	for name, c := range map[string]struct{ files, want string }{
		"place and hint": {"resources:\n- a.yaml\n- https://me:pass@example.com/x\n-- app/a.yaml --\n",
			"app/kustomization.yaml:3:3: web-app: https://example.com/x was not fetched [not-fetched]\n  hint: run roster fetch\n"},
		"all at once": {"resources: [a, b]\ncomponents: [c]\npatches: [{path: d}]\n",
			"app/kustomization.yaml:1:13: web-app: there is no folder or file app/a [missing-path]\n" +
				"app/kustomization.yaml:1:16: web-app: there is no folder or file app/b [missing-path]\n" +
				"app/kustomization.yaml:2:14: web-app: there is no folder or file app/c [missing-path]\n" +
				"app/kustomization.yaml:3:18: web-app: there is no file app/d [missing-path]\n"},
		"behind a key": {"configMapGenerator: [{name: a, files: [k=x]}]\n",
			"app/kustomization.yaml:1:40: web-app: there is no file app/x [missing-path]\n"},
		"in a plugin": {"generators:\n- |-\n  {apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: a}, files: ['k=http://x/y']}\n",
			"app/kustomization.yaml:2:3: web-app: kustomize would fetch http://x/y, which is not in this repository [kustomize-remote]\n  hint: copy it into the repository\n"},
		"absolute": {"resources: [/app/x.yaml]\n-- app/x.yaml --\n",
			"app/kustomization.yaml:1:13: web-app: there is no /app/x.yaml in the repository [missing-path]\n  hint: paths are relative to the folder of the kustomization\n"},
		"outside": {"resources: [../../x]\n-- x/kustomization.yaml --\n",
			"app/kustomization.yaml:1:13: web-app: ../../x leads out of the repository [missing-path]\n"},
		"a path with a user": {"resources: [me@x/y/z]\n-- app/me@x/y/z/kustomization.yaml --\n",
			"app/kustomization.yaml:1:13: web-app: me@x/y/z was not fetched [not-fetched]\n  hint: if you mean the path in the repository, put ./ before it\n"},
		"Helm": {"resources: []\nhelmCharts: [{name: x, repo: https://example.com}]\n",
			"app/kustomization.yaml:2:14: web-app: kustomize inflates charts only with --enable-helm [kustomize-helm]\n" + enable},
		"Helm, as a generator": {"generators: [g.yaml]\n-- app/g.yaml --\n{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: x}, name: x}\n",
			"app/g.yaml:1:29: web-app: kustomize inflates charts only with --enable-helm [kustomize-helm]\n" + enable},
		"a function": {"transformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Fn\n  metadata: {name: x, annotations: {config.kubernetes.io/function: 'exec: {path: ./x.sh}'}}\n",
			"app/kustomization.yaml:2:3: web-app: Fn x is not part of kustomize, which Argo CD does not let run other programs [kustomize]\n"},
		"neither text nor path": {"transformers:\n- |-\n  apiVersion: builtin\n  kind: [\n",
			"app/kustomization.yaml:2:3: web-app: it names no file and is not an object: line 2: did not find expected node content [bad-yaml]\n"},
	} {
		if got := kustomizeOf(tree("-- app/kustomization.yaml --\n"+c.files), nil); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestKustomizeBounds(t *testing.T) {
	many := tree("-- app/kustomization.yaml --\nconfigMapGenerator:\n- {name: a, files: [a, b, c, d, e]}\n")
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		many["app/"+name] = many["app/kustomization.yaml"]
	}
	large := *many["app/a"]
	large.Data = make([]byte, maxKustomizeFile)
	for _, name := range []string{"a", "b", "c", "d"} {
		many["app/"+name] = &large
	}
	if got := kustomizeOf(many, nil); !strings.Contains(got, "kustomize reads more than 64 MiB [too-large]") {
		t.Errorf("%.500s", got)
	}
	tooLarge := large
	tooLarge.Data = make([]byte, maxKustomizeFile+1)
	many["app/a"] = &tooLarge
	if got := kustomizeOf(many, nil); got != "app/a: web-app: the file is larger than 16 MiB [too-large]\n" {
		t.Errorf("%.500s", got)
	}
	for comment, want := range map[string]string{
		strings.Repeat("#", maxKustomization-len("resources: []\n")): "",
		strings.Repeat("#", maxKustomization):                        "app/kustomization.yaml: web-app: a kustomization file may have 1 MiB [too-large]\n  hint: move patches and what generators read into files of their own\n",
	} {
		if got := kustomizeOf(tree("-- app/kustomization.yaml --\nresources: []\n"+comment), nil); got != want {
			t.Errorf("%.500s", got)
		}
	}
	names := "-- app/x --\n-- app/kustomization.yaml --\nconfigMapGenerator:\n- name: a\n  files:\n"
	for i := range maxKustomizeFiles {
		names += fmt.Sprintf("  - k%d=x\n", i)
	}
	if got := kustomizeOf(tree(names), nil); got != "app/x: web-app: kustomize reads more than 10000 files [too-large]\n" {
		t.Errorf("%.500s", got)
	}
	k := kustomization{app: testApp, file: "app/kustomization.yaml"}
	if got := told(k.read(make([]byte, maxOutput+1))); got != "app/kustomization.yaml: web-app: the output is larger than 32 MiB [too-large]\n" {
		t.Errorf("%.500s", got)
	}
}
