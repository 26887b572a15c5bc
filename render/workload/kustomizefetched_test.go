package workload

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/source"
)

func git(url, version string) source.Reference {
	return source.Reference{Kind: source.Git, URL: url, Version: version}
}

func file(url string) source.Reference { return source.Reference{Kind: source.File, URL: url} }

func single(name, text string) fstest.MapFS { return fstest.MapFS{name: {Data: []byte(text)}} }

const (
	toFetch = " was not fetched [not-fetched]\n  hint: run roster fetch\n"
	top     = "app/kustomization.yaml"
)

// TestKustomizeFetched builds kustomizations with what was fetched in the place of what kustomize would fetch.
func TestKustomizeFetched(t *testing.T) {
	cm := func(name string) string { return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n" }
	shelf := shelf{
		git("https://github.com/o/r", "v1"): tree("-- base/kustomization.yaml --\nresources: [cm.yaml, ../other]\n-- base/cm.yaml --\n" + cm("remote") +
			"-- other/kustomization.yaml --\nresources: [x.yaml]\n-- other/x.yaml --\n" + cm("other") +
			"-- comp/kustomization.yaml --\nkind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nnamePrefix: c-\n" +
			"-- out/kustomization.yaml --\nresources: [../../repository/app]\n-- up/kustomization.yaml --\nresources: [../../x]\n-- file/kustomization.yaml --\nresources: [../base/cm.yaml]\n" +
			"-- beside/kustomization.yaml --\nresources: [../../1/base]\n-- made/kustomization.yaml --\nresources: [../../../made/0]\n" +
			"-- more/kustomization.yaml --\nresources: ['https://github.com/o/two?ref=v2']\n-- a/kustomization.yaml --\nresources: ['https://github.com/o/r//b?ref=v1']\n" +
			"-- b/kustomization.yaml --\nresources: ['https://github.com/o/r//a?ref=v1']\n-- broken/kustomization.yaml --\nresources: [y.yaml]\n-- broken/y.yaml --\na: b: c\n" +
			"-- wrong/kustomization.yaml --\nressources: []\n-- gone/kustomization.yaml --\nresources: [no.yaml]\n-- none/x.yaml --\n"),
		git("https://github.com/o/two", "v2"):        tree("-- kustomization.yaml --\nresources: [cm.yaml, 'https://files.example/x.yaml']\n-- cm.yaml --\n" + cm("two")),
		git("git@git.example:team/repo.git", ""):     tree("-- kustomization.yaml --\nresources: [cm.yaml]\n-- cm.yaml --\n" + cm("ssh")),
		file("https://files.example/x.yaml"):         single("x.yaml", cm("file")),
		file("https://files.example/p"):              single("p", "- {op: add, path: /data, value: {a: b}}"),
		file("https://files.example/env"):            single("env", "a=b"),
		file("https://git.example/team/page"):        single("page", "<html>\n"),
		git("https://git.example/team/page", ""):     tree("-- kustomization.yaml --\nresources: [cm.yaml]\n-- cm.yaml --\n" + cm("page")),
		file("https://files.example/bomb.yaml"):      single("bomb.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"),
		file("https://files.example/two"):            fstest.MapFS{"a": {}, "b": {}},
		file("https://files.example/generator.yaml"): single("generator.yaml", "{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: made}, literals: [a=b], options: {disableNameSuffixHash: true}}"),
	}
	const r1 = "https://github.com/o/r at v1: "
	for name, c := range map[string]struct{ files, want, asks string }{
		"a base":            {"namePrefix: p-\nresources: ['github.com/o/r//base?ref=v1']\n", top + " ConfigMap p-other\n" + top + " ConfigMap p-remote\n", "git https://github.com/o/r  v1\n"},
		"with a folder":     {"resources: ['https://github.com/o/r/other?ref=v1']\n", top + " ConfigMap other\n", ""},
		"by its version":    {"resources: ['https://github.com/o/r//other?version=v1&timeout=90s']\n", top + " ConfigMap other\n", ""},
		"of SSH":            {"resources: ['git@git.example:team/repo.git']\n", top + " ConfigMap ssh\n", "git git@git.example:team/repo.git  \n"},
		"a component":       {"resources: [cm.yaml]\ncomponents: ['https://github.com/o/r//comp?ref=v1']\n-- app/cm.yaml --\n" + cm("own"), top + " ConfigMap c-own\n", ""},
		"in a base of ours": {"resources: [../b]\n-- b/kustomization.yaml --\nresources: ['github.com/o/r//other?ref=v1']\n", top + " ConfigMap other\n", ""},
		"of a remote base":  {"resources: ['github.com/o/r//more?ref=v1']\n", top + " ConfigMap file\n" + top + " ConfigMap two\n", "git https://github.com/o/r  v1\ngit https://github.com/o/two  v2\nfile https://files.example/x.yaml  \n"},
		"twice":             {"resources: [one, two]\n-- app/one/kustomization.yaml --\nnamePrefix: a-\nresources: ['github.com/o/r//other?ref=v1']\n-- app/two/kustomization.yaml --\nnamePrefix: b-\nresources: ['github.com/o/r//other?ref=v1']\n", top + " ConfigMap a-other\n" + top + " ConfigMap b-other\n", ""},
		"a file":            {"resources: ['https://files.example/x.yaml']\n", top + " ConfigMap file\n", "file https://files.example/x.yaml  \n"},
		"not a file":        {"resources: ['https://git.example/team/page']\n", top + " ConfigMap page\n", "file https://git.example/team/page  \ngit https://git.example/team/page  \n"},
		"a patch":           {"resources: ['https://files.example/x.yaml']\npatches: [{path: 'https://files.example/p', target: {kind: ConfigMap}}]\n", top + " ConfigMap file map[a:b]\n", ""},
		"files of a ConfigMap": {"configMapGenerator: [{name: g, files: ['https://files.example/env', 'k=https://files.example/env'], envs: ['https://files.example/env']}]\ngeneratorOptions: {disableNameSuffixHash: true}\n",
			top + " ConfigMap g map[a:b env:a=b k:a=b]\n", ""},
		"a generator":         {"generators: ['https://files.example/generator.yaml']\n", top + " ConfigMap made map[a:b]\n", ""},
		"not fetched":         {"resources: ['github.com/o/r?ref=v9', 'https://me:hunter2@files.example/none.yaml', b]\n-- app/b/kustomization.yaml --\nresources: ['git@git.example:x/y']\n", "app/b/kustomization.yaml:1:13: web-app: git@git.example:x/y" + toFetch + top + ":1:13: web-app: https://github.com/o/r at v9" + toFetch + top + ":1:38: web-app: https://files.example/none.yaml" + toFetch, "git https://github.com/o/r  v9\nfile https://files.example/none.yaml  \ngit git@git.example:x/y  \n"},
		"a token":             {"resources: ['https://files.example/x.yaml?access_token=hunter2']\n", top + ":1:13: web-app: kustomize would fetch …: its URL holds a password: leave it out, and give it to Argo CD and to roster fetch [kustomize-remote]\n", ""},
		"no folder":           {"resources: ['github.com/o/r//no?ref=v1']\n", top + ":1:13: web-app: https://github.com/o/r at v1: there is no folder no in it [missing-path]\n", ""},
		"no kustomization":    {"resources: ['github.com/o/r//none?ref=v1']\n", top + ":1:13: web-app: " + r1 + "none: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '(https://github.com/o/r at v1)/none' [kustomize]\n", ""},
		"out of it":           {"resources: ['github.com/o/r//out?ref=v1']\n", top + ":1:13: web-app: " + r1 + "out/kustomization.yaml:1:13: ../../repository/app leads out of the repository [missing-path]\n", ""},
		"above it":            {"resources: ['github.com/o/r//up?ref=v1']\n", top + ":1:13: web-app: " + r1 + "up/kustomization.yaml:1:13: ../../x leads out of the repository [missing-path]\n", ""},
		"beside it":           {"resources: ['github.com/o/r//beside?ref=v1', 'github.com/o/two?ref=v2']\n", top + ":1:13: web-app: " + r1 + "beside/kustomization.yaml:1:13: ../../1/base leads out of the repository [missing-path]\n", ""},
		"into what is made":   {"resources: ['github.com/o/r//made?ref=v1']\n", top + ":1:13: web-app: " + r1 + "made/kustomization.yaml:1:13: ../../../made/0 leads out of the repository [missing-path]\n", ""},
		"a file above":        {"resources: ['github.com/o/r//file?ref=v1']\n", top + ":1:13: web-app: " + r1 + "file/kustomization.yaml:1:13: security; file '(https://github.com/o/r at v1)/base/cm.yaml' is not in or below '(https://github.com/o/r at v1)/file' [kustomize]\n  hint: kustomize reads files in and below the folder of a kustomization; make the other folder a kustomization, and a resource\n", ""},
		"a cycle":             {"resources: ['github.com/o/r//a?ref=v1']\n", top + ":1:13: web-app: " + r1 + "b/kustomization.yaml: cycle detected: candidate root '(https://github.com/o/r at v1)/a' contains visited root '(https://github.com/o/r at v1)/a' [kustomize]\n", ""},
		"broken":              {"resources: ['github.com/o/r//broken?ref=v1']\n", top + ":1:13: web-app: " + r1 + "broken/y.yaml:1:1: mapping values are not allowed in this context [bad-yaml]\n", ""},
		"an unknown field":    {"resources: ['github.com/o/r//wrong?ref=v1']\n", top + ":1:13: web-app: " + r1 + "wrong/kustomization.yaml:1:1: kustomize has no field \"ressources\" there [kustomize]\n", ""},
		"gone":                {"resources: ['github.com/o/r//gone?ref=v1']\n", top + ":1:13: web-app: " + r1 + "gone/kustomization.yaml:1:13: there is no folder or file (https://github.com/o/r at v1)/gone/no.yaml [missing-path]\n", ""},
		"a bomb":              {"resources: ['https://files.example/bomb.yaml']\n", top + ":1:13: web-app: https://files.example/bomb.yaml: line 6: the aliases stand for too many values [kustomize]\n", ""},
		"two files":           {"resources: ['https://files.example/two']\n", top + ":1:13: web-app: https://files.example/two: there is more than one file [kustomize]\n", ""},
		"of the disk":         {"resources: ['file:///repo.git']\n", top + ":1:13: web-app: kustomize would fetch file:///repo.git, which is not in this repository [kustomize-remote]\n  hint: copy it into the repository\n", ""},
		"ours, from the root": {"resources: [../../fetched/0/base, 'github.com/o/r//other?ref=v1']\n", top + ":1:13: web-app: (https://github.com/o/r at v1)/base leads out of the repository [missing-path]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			app := *testApp
			app.Kind = Kustomization
			r := New(Files{Repository: tree("-- app/kustomization.yaml --\n" + c.files), Sources: shelf}, Cluster{})
			if diff := cmp.Diff(c.want, renderedOf(r, &app)); diff != "" {
				t.Error(diff)
			}
			if asked := askedOf(r, &app); c.asks != "" && asked != c.asks {
				t.Errorf("asked for\n%s", asked)
			}
		})
	}
}

// TestKustomizeHelm inflates charts that lie there, and charts that were fetched.
func TestKustomizeHelm(t *testing.T) {
	const object = "-- templates/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {v: {{ .Values | toJson | quote }}, n: {{ .Release.Namespace }}, k: {{ .Capabilities.KubeVersion.Version }}, a: '{{ .Capabilities.APIVersions.Has \"x/v1\" }}'}\n"
	const hook = "-- templates/h.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-install}}\n-- templates/t.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: test, annotations: {helm.sh/hook: test}}\n"
	const crd = "-- crds/c.yaml --\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c.x}\nspec: {scope: Cluster, group: x, names: {kind: C}}\n"
	oci := source.Reference{Kind: source.OCI, URL: "oci://registry.example/charts/db", Version: "1.0.0"}
	shelf := shelf{
		charts("db", "1.0.0"):    archived(t, "db", "1.0.0", "-- values.yaml --\nv: chart\nl: [1]\n-- values-other.yaml --\nv: other\n"+object),
		charts("db", ""):         archived(t, "db", "2.0.0", "-- values.yaml --\nv: newest\n"+object),
		charts("db", ">0.0.0-0"): archived(t, "db", "3.0.0-a", "-- values.yaml --\nv: devel\n"+object),
		charts("all", "1.0.0"):   archived(t, "all", "1.0.0", "-- values.yaml --\n{}\n"+object+hook+crd),
		charts("bare", "1.0.0"):  archived(t, "bare", "1.0.0", object),
		charts("needy", "1.0.0"): archived(t, "needy", "1.0.0", "-- values.yaml --\n{}\n-- Chart.yaml --\napiVersion: v2\nname: needy\nversion: 1.0.0\ndependencies: [{name: x, version: 1, repository: 'https://charts.example'}]\n"),
		charts("fails", "1.0.0"): archived(t, "fails", "1.0.0", "-- values.yaml --\nx: hunter2\n-- templates/a.yaml --\n{{ fail .Values.x }}\n"),
		charts("twin", "1.0.0"):  archived(t, "twin", "1.0.0", "-- values.yaml --\n{}\n-- templates/a.yaml --\n"+oneConfigMap+"---\n"+oneConfigMap),
		oci:                      archived(t, "db", "1.0.0", "-- values.yaml --\nv: oci\n"+object),
		git("https://github.com/o/r", "v1"): tree("-- kustomization.yaml --\nhelmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example', releaseName: r}, {name: here, releaseName: h}]\n" +
			"-- charts/here/Chart.yaml --\napiVersion: v2\nname: here\nversion: 1.0.0\n-- charts/here/values.yaml --\n{}\n-- charts/here/templates/a.yaml --\n{{ fail \"no\" }}\n"),
	}
	const of = ", repo: 'https://charts.example', releaseName: r"
	shown := func(name, values string) string {
		return top + " ConfigMap " + name + " map[a:false k:v1.35.0 n:default v:" + values + "]\n"
	}
	for name, c := range map[string]struct{ files, want string }{
		"a chart":         {"helmCharts: [{name: db, version: 1.0.0" + of + "}]\n", shown("r", `{"l":[1],"v":"chart"}`)},
		"the newest":      {"helmCharts: [{name: db" + of + "}]\n", shown("r", `{"v":"newest"}`)},
		"not yet":         {"helmCharts: [{name: db, devel: true" + of + "}]\n", shown("r", `{"v":"devel"}`)},
		"of a registry":   {"helmCharts: [{name: db, version: 1.0.0, repo: 'oci://registry.example/charts', releaseName: r}]\n", shown("r", `{"v":"oci"}`)},
		"a namespace":     {"namespace: outer\nhelmCharts: [{name: db, version: 1.0.0, namespace: inner" + of + "}]\n", top + ` ConfigMap r map[a:false k:v1.35.0 n:inner v:{"l":[1],"v":"chart"}]` + "\n"},
		"a prefix":        {"namePrefix: p-\nhelmCharts: [{name: db, version: 1.0.0" + of + "}]\n", shown("p-r", `{"l":[1],"v":"chart"}`)},
		"inline":          {"helmCharts: [{name: db, version: 1.0.0, valuesInline: {v: inline, w: 1000000, l: null}" + of + "}]\n", shown("r", `{"l":[1],"v":"inline","w":1000000}`)},
		"inline, merged":  {"helmCharts: [{name: db, version: 1.0.0, valuesMerge: merge, valuesInline: {v: inline, w: 1}" + of + "}]\n", shown("r", `{"l":[1],"v":"chart","w":1}`)},
		"inline, alone":   {"helmCharts: [{name: db, version: 1.0.0, valuesMerge: replace, valuesInline: {w: 1}" + of + "}]\n", shown("r", `{"l":[1],"v":"chart","w":1}`)},
		"inline, unknown": {"helmCharts: [{name: db, version: 1.0.0, valuesMerge: mix, valuesInline: {w: 1}" + of + "}]\n", top + ":1:14: web-app: valuesMerge: expected merge, override or replace, found \"mix\" [kustomize]\n"},
		"value files": {"helmCharts: [{name: db, version: 1.0.0, valuesFile: v.yaml, additionalValuesFiles: [w/w.yaml]" + of + "}]\n-- app/v.yaml --\nv: file\na: 1\n-- app/w/w.yaml --\na: 2\n",
			shown("r", `{"a":2,"l":[1],"v":"file"}`)},
		"a value file of the chart": {"helmCharts: [{name: db, version: 1.0.0, valuesFile: charts/db-1.0.0/db/values-other.yaml" + of + "}]\n", shown("r", `{"l":[1],"v":"other"}`)},
		"no value file":             {"helmCharts: [{name: db, version: 1.0.0, valuesFile: v.yaml" + of + "}]\n", top + ":1:14: web-app: valuesFile: app/v.yaml: it does not exist [kustomize]\n"},
		"a value file above":        {"helmCharts: [{name: db, version: 1.0.0, valuesFile: ../v.yaml" + of + "}]\n-- v.yaml --\nv: 1\n", top + ":1:14: web-app: valuesFile: security; file 'v.yaml' is not in or below 'app' [kustomize]\n"},
		"a value file outside":      {"helmCharts: [{name: db, version: 1.0.0, valuesFile: ../../v.yaml" + of + "}]\n", top + ":1:14: web-app: valuesFile: ../../v.yaml leads out of the repository [kustomize]\n"},
		"no values.yaml":            {"helmCharts: [{name: bare, version: 1.0.0" + of + "}]\n", top + ":1:14: web-app: valuesFile: the chart has no file values.yaml [kustomize]\n"},
		"all of it":                 {"helmCharts: [{name: all, version: 1.0.0, includeCRDs: true" + of + "}]\n", top + " Pod hook\n" + shown("r", "{}") + top + " CustomResourceDefinition c.x\n"},
		"no CRDs":                   {"helmCharts: [{name: all, version: 1.0.0" + of + "}]\n", top + " Pod hook\n" + shown("r", "{}")},
		"no hooks":                  {"helmCharts: [{name: all, version: 1.0.0, skipHooks: true" + of + "}]\n", shown("r", "{}")},
		"no tests":                  {"helmCharts: [{name: all, version: 1.0.0, skipTests: true" + of + "}]\n", top + " Pod hook\n" + shown("r", "{}")},
		"versions":                  {"helmCharts: [{name: db, version: 1.0.0, kubeVersion: v1.30.0, apiVersions: [x/v1]" + of + "}]\n", top + ` ConfigMap r map[a:true k:v1.30.0 n:default v:{"l":[1],"v":"chart"}]` + "\n"},
		"a template of the name":    {"helmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example', nameTemplate: '{{ \"Db\" | lower }}-x'}]\n", shown("db-x", `{"l":[1],"v":"chart"}`)},
		"a template that asks":      {"helmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example', nameTemplate: '{{ env \"HOME\" }}'}]\n", top + ":1:14: web-app: nameTemplate cannot be read as a template [kustomize]\n"},
		"two names":                 {"helmCharts: [{name: db, version: 1.0.0, nameTemplate: x" + of + "}]\n", top + ":1:14: web-app: cannot set --name-template and also specify a name [kustomize]\n"},
		"no name":                   {"helmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example'}]\n", shown("db-0", `{"l":[1],"v":"chart"}`) + "warning: " + top + ":1:14: web-app: the chart db has no releaseName: Helm gives the release another name each time [generated-name]\n  hint: set releaseName\n\n"},
		"that lies there":           {"helmGlobals: {chartHome: ../home}\nhelmCharts: [{name: own, releaseName: r, valuesInline: {w: 1}, valuesMerge: replace}]\n-- home/own/Chart.yaml --\napiVersion: v2\nname: own\nversion: 1.0.0\n-- home/own/templates/a.yaml --\n" + oneConfigMap + "data: {w: '{{ .Values.w }}'}\n", top + " ConfigMap a map[w:1]\n"},
		"that was pulled":           {"helmCharts: [{name: db, version: 1.0.0" + of + "}]\n-- app/charts/db-1.0.0/db/Chart.yaml --\napiVersion: v2\nname: db\nversion: 1.0.0\n-- app/charts/db-1.0.0/db/values.yaml --\n{}\n-- app/charts/db-1.0.0/db/templates/a.yaml --\n" + oneConfigMap, top + " ConfigMap a\n"},
		"in a home outside":         {"helmGlobals: {chartHome: ../../home}\nhelmCharts: [{name: own, releaseName: r}]\n", top + ":2:14: web-app: chartHome \"../../home\" is not in the repository [kustomize]\n"},
		"nowhere":                   {"helmCharts: [{name: own, releaseName: r}]\n", top + ":1:14: web-app: there is no chart in the folder app/charts/own, and no repo to fetch it from [kustomize]\n"},
		"without a name":            {"helmCharts: [{releaseName: r}]\n", top + ":1:14: web-app: the chart has no name [kustomize]\n"},
		"without its own":           {"helmCharts: [{name: needy, version: 1.0.0" + of + "}]\n", top + ":1:14: web-app: the chart needy 1.0.0 of https://charts.example: Chart.yaml:4:23: needs the chart x 1 of https://charts.example, which is not in charts/ [helm-dependency]\n  hint: kustomize does not run helm dependency build\n"},
		"that fails":                {"helmCharts: [{name: fails, version: 1.0.0" + of + "}]\n", top + ":1:14: web-app: the chart fails 1.0.0 of https://charts.example: templates/a.yaml:1:4: fail or required stops it; " + hidden + " [helm-template]\n"},
		"with twins":                {"helmCharts: [{name: twin, version: 1.0.0" + of + "}]\n", top + ":1:14: web-app: the chart twin: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs] [kustomize]\n"},
		"all that is missing":       {"helmCharts:\n- {name: x, version: 1.0.0" + of + "}\n- {name: z, repo: 'oci://registry.example'}\n- {name: x, version: 1.0.0" + of + "}\n", top + ":2:3: web-app: the chart x 1.0.0 of https://charts.example" + toFetch + top + ":3:3: web-app: oci://registry.example/z" + toFetch},
		"the old key":               {"helmChartInflationGenerator: [{chartName: db, chartVersion: 1.0.0, chartRepoUrl: 'https://charts.example', releaseName: r, releaseNamespace: x}]\n", shown("r", `{"l":[1],"v":"chart"}`)},
		"a generator":               {"generators: [g.yaml]\n-- app/g.yaml --\napiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: db\nversion: 1.0.0\nrepo: https://charts.example\nreleaseName: r\nvaluesInline: {v: 2}\n", shown("r", `{"l":[1],"v":2}`)},
		"a generator in a text":     {"generators:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: x}\n  name: db\n  version: 1.0.0\n  repo: https://charts.example\n  releaseName: r\n", shown("r", `{"l":[1],"v":"chart"}`)},
		"among others": {"generators: [g]\n-- app/g/kustomization.yaml --\nresources: [a.yaml]\n-- app/g/a.yaml --\n{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: x}, name: db, version: 1.0.0, repo: 'https://charts.example', releaseName: r}\n" +
			"---\n{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: made}, literals: [a=b], options: {disableNameSuffixHash: true}}\n", top + " ConfigMap made map[a:b]\n" + shown("r", `{"l":[1],"v":"chart"}`)},
		"a namespace of its own": {"namespace: outer\nhelmCharts: [{name: db, version: 1.0.0" + of + "}]\n", top + ` ConfigMap r map[a:false k:v1.35.0 n:outer v:{"l":[1],"v":"chart"}]` + "\n"},
		"a namespace from above": {"namespace: outer\nresources: [../mid]\n-- mid/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nhelmCharts: [{name: db, version: 1.0.0" + of + "}]\n", top + ` ConfigMap r map[a:false k:v1.35.0 n:outer v:{"l":[1],"v":"chart"}]` + "\n"},
		"two from above": {"resources: [one, two]\n-- app/one/kustomization.yaml --\nnamespace: one\nnamePrefix: a-\nresources: [../../b]\n-- app/two/kustomization.yaml --\nnamespace: two\nresources: [../../b]\n-- b/kustomization.yaml --\nhelmCharts: [{name: db, version: 1.0.0" + of + "}]\n",
			"b/kustomization.yaml:1:14: web-app: the chart db gets two namespaces from the kustomizations above it, which roster does not follow: one and two [kustomize]\n  hint: set its namespace\n"},
		"patched":          {"helmCharts: [{name: db, version: 1.0.0" + of + "}]\npatches: [{patch: '- {op: replace, path: /data, value: {x: z}}', target: {kind: ConfigMap}}]\n", top + " ConfigMap r map[x:z]\n"},
		"over a generator": {"configMapGenerator: [{name: r, behavior: merge, literals: [a=b]}]\nhelmCharts: [{name: db, version: 1.0.0" + of + "}]\n", top + ": web-app: merging from generator &{0x0 {  } {map[] map[] false}}"},
		"of a remote base": {"resources: ['github.com/o/r?ref=v1']\n", top + ":1:13: web-app: https://github.com/o/r at v1: charts/here/templates/a.yaml:1:4: no [helm-template]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			app := *testApp
			app.Kind = Kustomization
			r := New(Files{Repository: tree("-- app/kustomization.yaml --\n" + c.files), Sources: shelf}, Cluster{Kustomize: argocd.BuildOptions{Helm: true}})
			got := renderedOf(r, &app)
			if diff := cmp.Diff(c.want, got); diff != "" && !(strings.HasSuffix(c.want, "}}") && strings.Contains(got, "id")) {
				t.Error(diff)
			}
		})
	}
}

// TestKustomizeOrigins: what kustomize notes of where objects are from does not tell where roster has put them.
func TestKustomizeOrigins(t *testing.T) {
	cm := func(name string) string { return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n" }
	const more = "buildMetadata: [originAnnotations, transformerAnnotations]\n"
	shelf := shelf{
		git("https://github.com/o/r", "v1"): tree("-- base/kustomization.yaml --\nresources: [cm.yaml, ../other]\nnamePrefix: p-\nconfigMapGenerator: [{name: g, literals: [a=b]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n" +
			"-- base/cm.yaml --\n" + cm("base") + "\n-- other/kustomization.yaml --\nresources: [cm.yaml]\nhelmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example', releaseName: inner}]\n-- other/cm.yaml --\n" + cm("other")),
		file("https://files.example/a/x.yaml"): single("x.yaml", cm("file")),
		charts("db", "1.0.0"):                  archived(t, "db", "1.0.0", "-- values.yaml --\n{}\n-- templates/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n"),
	}
	const inflated = "configuredBy:\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n"
	const prefixed = "- configuredIn: base/kustomization.yaml\n  configuredBy:\n    apiVersion: builtin\n    kind: PrefixTransformer\n  repo: https://github.com/o/r\n  ref: v1\n"
	app := *testApp
	app.Kind = Kustomization
	r := New(Files{Repository: tree("-- app/kustomization.yaml --\n" + more + "resources: ['https://github.com/o/r//base?ref=v1', own.yaml, 'https://files.example/a/x.yaml', ../near]\n" +
		"helmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example', releaseName: outer}]\ngenerators: [chart.yaml]\n" +
		"-- app/own.yaml --\n" + cm("own") + "\n-- app/chart.yaml --\n{apiVersion: builtin, kind: HelmChartInflationGenerator, metadata: {name: mine}, name: db, version: 1.0.0, repo: 'https://charts.example', releaseName: generated}\n" +
		"-- near/kustomization.yaml --\nresources: ['https://files.example/a/x.yaml']\nnameSuffix: -near\n"), Sources: shelf}, Cluster{Kustomize: argocd.BuildOptions{Helm: true}})
	out, diags := r.Render(&app)
	if len(diags) > 0 {
		t.Fatal(told(nil, diags))
	}
	got := map[string]string{}
	for _, o := range out.Objects {
		annotations, _ := metadata(o.Value().(map[string]any))["annotations"].(map[string]any)
		got[o.Name], _ = annotations[originAnnotation].(string)
		if changes, _ := annotations[transformerAnnotation].(string); strings.Contains(changes, "etched") || strings.Contains(changes, "made") {
			t.Errorf("%s: %s", o.Name, changes)
		} else if o.Name == "p-base" && !strings.Contains(changes, "repo: https://github.com/o/r\n  ref: v1\n") {
			t.Errorf("got %s, want %s", changes, prefixed)
		}
	}
	want := map[string]string{ // of files by URL, kustomize does not know better
		"p-base":    "path: base/cm.yaml\nrepo: https://github.com/o/r\nref: v1\n",
		"p-other":   "path: other/cm.yaml\nrepo: https://github.com/o/r\nref: v1\n",
		"p-g":       "repo: https://github.com/o/r\nref: v1\nconfiguredIn: base/kustomization.yaml\nconfiguredBy:\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n",
		"p-inner":   "repo: https://github.com/o/r\nref: v1\nconfiguredIn: other/kustomization.yaml\n" + inflated,
		"own":       "path: own.yaml\n",
		"file":      "path: notCloned\nrepo: https://files.example/a/x.yaml\n",
		"file-near": "path: notCloned\nrepo: https://files.example/a/x.yaml\n",
		"outer":     "configuredIn: kustomization.yaml\n" + inflated,
		"generated": "configuredIn: chart.yaml\n" + inflated + "  name: mine\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r = New(Files{Repository: tree("-- app/kustomization.yaml --\nresources: [cm.yaml]\nhelmCharts: [{name: db, version: 1.0.0, repo: 'https://charts.example', releaseName: twice}]\n-- app/cm.yaml --\n" + cm("twice")), Sources: shelf},
		Cluster{Kustomize: argocd.BuildOptions{Helm: true}})
	const said = "app/kustomization.yaml: web-app: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/twice.[noNs] [kustomize]\n"
	if diff := cmp.Diff(said, renderedOf(r, &app)); diff != "" {
		t.Error(diff)
	}
}
