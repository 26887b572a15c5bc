package workload

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
)

// kustomizeOf builds the kustomization in the folder app.
func kustomizeOf(repository fs.FS, change func(*Application)) string {
	app := *testApp
	app.Kind = Kustomization
	if change != nil {
		change(&app)
	}
	return told(New(Files{Repository: repository}, Cluster{}).kustomize(&app))
}

const oneMap = "-- app/kustomization.yaml --\nresources: [cm.yaml]\n-- app/cm.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

// TestKustomizeMistakes: a message is kustomize's own, without the words around it, at the place.
func TestKustomizeMistakes(t *testing.T) {
	const cm = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	for name, c := range map[string]struct{ files, want string }{
		"no folder":              {"-- x --\n", "app: web-app: there is no folder app [missing-path]\n"},
		"no file":                {"-- app/x --\n", "app: web-app: there is none of kustomization.yaml, kustomization.yml, Kustomization in it [missing-path]\n"},
		"two files":              {"-- app/Kustomization --\n-- app/kustomization.yml --\n", "app: web-app: there is more than one kustomization file: kustomization.yml, Kustomization [kustomize]\n  hint: keep one of them\n"},
		"empty":                  {"-- app/kustomization.yaml --\n# none\n", "app/kustomization.yaml: web-app: kustomization.yaml is empty [kustomize]\n"},
		"unknown field":          {"-- app/kustomization.yaml --\nresources: []\nressources: [a]\n", "app/kustomization.yaml:2:1: web-app: kustomize has no field \"ressources\" there [kustomize]\n"},
		"unknown field, base":    {"-- app/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nx: 1\n", "b/kustomization.yaml:1:1: web-app: kustomize has no field \"x\" there [kustomize]\n"},
		"wrong type":             {"-- app/kustomization.yaml --\nresources: a\n", "app/kustomization.yaml:1:1: web-app: resources: expected a list, found string [kustomize]\n"},
		"wrong type deep inside": {"-- app/kustomization.yaml --\nlabels:\n- pairs: {a: 1}\n", "app/kustomization.yaml:2:3: web-app: labels.pairs: expected text, found number [kustomize]\n"},
		"not YAML":               {"-- app/kustomization.yaml --\nresources:\n- a: [\n", "app/kustomization.yaml:2:1: web-app: did not find expected node content [bad-yaml]\n"},
		"a key twice":            {"-- app/kustomization.yaml --\nresources: [../b]\nnamePrefix: x-\n-- b/kustomization.yaml --\nresources: [x.yaml, y.yaml]\n-- b/x.yaml --\n" + cm + "-- b/y.yaml --\n" + strings.Replace(cm, "name: ", "name: y", 1) + "data:\n  a: b\n  c: {}\n  a: hunter2\n", "b/y.yaml:7:3: web-app: the key \"a\" is there twice: kustomize reads neither; the first is at line 5 [kustomize]\n  hint: remove one of the two\n"},
		"resource not YAML":      {"-- app/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nresources: [x.yaml]\n-- b/x.yaml --\n" + cm + "---\na: b: c\n", "b/x.yaml:5:1: web-app: mapping values are not allowed in this context [bad-yaml]\n"},
		"resource without name":  {"-- app/kustomization.yaml --\nresources: [x.yaml]\n-- app/x.yaml --\nkind: Secret\napiVersion: v1\ndata: {a: c2VjcmV0}\n", "app/x.yaml: web-app: missing metadata.name [kustomize]\n"},
		"twice":                  {"-- app/kustomization.yaml --\nresources: [x.yaml, y.yaml]\n-- app/x.yaml --\n" + cm + "-- app/y.yaml --\n" + cm, "app/kustomization.yaml:1:21: web-app: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs] [kustomize]\n"},
		"twice, of a base":       {"-- app/kustomization.yaml --\nresources: [x.yaml, ../b]\n-- app/x.yaml --\n" + cm + "-- b/kustomization.yaml --\nresources: [y.yaml]\n-- b/y.yaml --\n" + cm, "b/kustomization.yaml: web-app: may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs] [kustomize]\n"},
		"restricted":             {"-- app/kustomization.yaml --\nresources: [../x.yaml]\n-- x.yaml --\n" + cm, "app/kustomization.yaml:1:13: web-app: security; file 'x.yaml' is not in or below 'app' [kustomize]\n  hint: kustomize reads files in and below the folder of a kustomization; make the other folder a kustomization, and a resource\n"},
		"a base is none":         {"-- app/kustomization.yaml --\nresources: [b]\n-- app/b/x.yaml --\n", "app/b: web-app: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory 'app/b' [kustomize]\n"},
		"itself":                 {"-- app/kustomization.yaml --\nresources: [.]\n", "app/kustomization.yaml: web-app: cycle detected: candidate root 'app' contains visited root 'app' [kustomize]\n"},
		"a cycle":                {"-- app/kustomization.yaml --\nresources: [../b]\n-- b/kustomization.yaml --\nresources: [../app]\n", "b/kustomization.yaml: web-app: cycle detected: candidate root 'app' contains visited root 'app' [kustomize]\n"},
		"a cycle of components":  {"-- app/kustomization.yaml --\ncomponents: [../b]\n-- b/kustomization.yaml --\nkind: Component\ncomponents: [../app]\n", "b/kustomization.yaml: web-app: cycle detected: candidate root 'app' contains visited root 'app' [kustomize]\n"},
		"a cycle of plugins":     {"-- app/kustomization.yaml --\ntransformers: [../b]\n-- b/kustomization.yaml --\nresources: [../c]\n-- c/kustomization.yaml --\nresources: [../b]\n", "c/kustomization.yaml: web-app: cycle detected: candidate root 'b' contains visited root 'b' [kustomize]\n"},
		"no component":           {"-- app/kustomization.yaml --\ncomponents: [b]\n-- app/b/kustomization.yaml --\nnamePrefix: a\n", "app/kustomization.yaml: web-app: expected kind 'Component' for path 'app/b' but got 'Kustomization' [kustomize]\n"},
		"a patch of nothing":     {"-- app/kustomization.yaml --\nresources: []\npatches: [{path: p.yaml}]\n-- app/p.yaml --\n" + cm, "app/kustomization.yaml: web-app: no resource matches strategic merge patch \"ConfigMap.v1.[noGrp]/a.[noNs]\": no matches for Id ConfigMap.v1.[noGrp]/a.[noNs]; failed to find unique target for patch ConfigMap.v1.[noGrp]/a.[noNs] [kustomize]\n"},
		"a patch that is none":   {"-- app/kustomization.yaml --\nresources: []\npatches: [{path: p.yaml}]\n-- app/p.yaml --\nkind: A\n", "app/p.yaml: web-app: missing metadata.name [kustomize]\n"},
		"a patch not YAML":       {"-- app/kustomization.yaml --\nresources: []\npatches: [{path: p.yaml}]\n-- app/p.yaml --\nkind: A: B\n", "app/p.yaml:1:1: web-app: mapping values are not allowed in this context [bad-yaml]\n"},
	} {
		if got := kustomizeOf(tree(c.files), nil); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestKustomizeSecrets: no value of a Secret is in a message.
func TestKustomizeSecrets(t *testing.T) {
	for name, files := range map[string]string{
		"a literal":      "secretGenerator: [{name: a, literals: ['hunter2']}]",
		"two literals":   "secretGenerator: [{name: a, literals: [\"hunter2\\nx\"]}]",
		"a key twice":    "secretGenerator: [{name: a, literals: [a=hunter2, a=hunter2]}]",
		"the name twice": "secretGenerator: [{name: a, literals: [a=hunter2]}, {name: a, literals: [b=hunter2]}]",
		"a key":          "secretGenerator: [{name: a, literals: ['a b=hunter2'], behavior: merge}]",
		"an env file":    "secretGenerator: [{name: a, envs: [e]}]\n-- app/e --\na=hunter2\xff",
		"a patch":        "resources: []\npatches: [{patch: '{kind: Secret, data: hunter2}'}]",
		"two patches":    "resources: []\npatches: [{patch: \"{kind: Secret, apiVersion: v1, metadata: {name: a}, data: {a: hunter2}}\\n---\\n{kind: Secret, apiVersion: v1, metadata: {name: b}}\", target: {kind: A}}]",
		"path and patch": "resources: []\npatches: [{path: e, patch: hunter2}]\n-- app/e --\n",
		"no path":        "resources: []\npatchesStrategicMerge: [\"kind: Secret\\nstringData: {a: hunter2}\"]",
		"a validator":    "secretGenerator: [{name: a, literals: [a=hunter2]}]\nvalidators:\n- |-\n  {apiVersion: builtin, kind: PrefixTransformer, metadata: {name: x}, prefix: a, fieldSpecs: [{path: metadata/name}]}",
	} {
		got := kustomizeOf(tree("-- app/kustomization.yaml --\n"+files+"\n"), nil)
		if strings.Contains(got, "hunter2") || strings.Contains(got, "map[") || strings.Contains(got, "aHVudGVyM") || !strings.Contains(got, "]\n") {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

// TestKustomizeEdits: what Argo CD adds to a kustomization.
func TestKustomizeEdits(t *testing.T) {
	const files = `
-- app/kustomization.yml --
resources: [cm.yaml]
images: [{name: nginx, newTag: "1", digest: "sha256:1"}, {name: keep, newTag: "3"}]
commonLabels: {old: x}
components: [../c/one]
-- app/cm.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: "nginx:0"}, {name: b, image: keep}, {name: c, image: new}]}
-- c/one/kustomization.yaml --
kind: Component
commonAnnotations: {one: "1"}
-- c/two/kustomization.yaml --
kind: Component
commonAnnotations: {two: "2"}
-- c/.three/kustomization.yaml --
kind: Nothing
`
	for name, c := range map[string]struct {
		change func(*Kustomize)
		want   string
	}{
		"all": {func(k *Kustomize) {
			*k = Kustomize{NamePrefix: "p-", NameSuffix: "-s", Namespace: "n", Images: []string{"nginx=*:2", "new=x/y@sha256:2"},
				CommonLabels: map[string]string{"app": "$ARGOCD_APP_NAME", "q": `"5"`}, CommonAnnotations: map[string]string{"a": "$ARGOCD_APP_NAME:b"}, Components: []string{"../c/*", "../c/one"}}
		}, "app/kustomization.yml map[apiVersion:v1 kind:Pod metadata:map[annotations:map[a:$ARGOCD_APP_NAME:b one:1 two:2] labels:map[app:web-app old:x q:5] name:p-a-s namespace:n]" +
			" spec:map[containers:[map[image:nginx:2 name:a] map[image:keep:3 name:b] map[image:x/y@sha256:2 name:c]]]]\n"},
		"a label there": {func(k *Kustomize) { k.CommonLabels = map[string]string{"old": "x"} },
			"app/kustomization.yml: web-app: common label old is already in the kustomization file, and Argo CD does not replace it [kustomize]\n"},
		"no image": {func(k *Kustomize) { k.Images = []string{"nginx"} },
			"app/kustomization.yml: web-app: images: nginx has no new name, tag or digest [kustomize]\n"},
		"no component": {func(k *Kustomize) { k.Components = []string{"../d/*"} },
			"app/kustomization.yml: web-app: there is no folder or file d/* [missing-path]\n"},
	} {
		got := kustomizeOf(tree(files), func(app *Application) { c.change(&app.Kustomize) })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	got := kustomizeOf(tree(files), func(app *Application) {
		app.Environment.Revision, app.Kustomize.Images = "", []string{"nginx:$ARGOCD_APP_REVISION"}
	})
	if !strings.HasPrefix(got, "app/kustomization.yml: web-app: images: $ARGOCD_APP_REVISION is the commit") {
		t.Error(got)
	}
}

func TestKustomizeLinks(t *testing.T) {
	files := tree("-- app/kustomization.yaml --\nresources: [cm.yaml, base]\n-- app/real/cm.yaml --\napiVersion: v1\nkind: A\nmetadata: {name: a}\n" +
		"-- shared.yaml --\nresources: [b.yaml]\n-- b/b.yaml --\napiVersion: v1\nkind: A\nmetadata: {name: b}\n-- b/shared.yaml --\nresources: [b.yaml]\n")
	for name, c := range map[string]struct {
		links map[string]string
		want  string
	}{
		"inside": {map[string]string{"app/cm.yaml": "real/cm.yaml", "app/base": "../b", "b/kustomization.yaml": "shared.yaml"},
			"app/kustomization.yaml map[apiVersion:v1 kind:A metadata:map[name:a]]\napp/kustomization.yaml map[apiVersion:v1 kind:A metadata:map[name:b]]\n"},
		"out of the kustomization": {map[string]string{"app/cm.yaml": "../b/b.yaml", "app/base": "../b", "b/kustomization.yaml": "shared.yaml"},
			"app/kustomization.yaml:1:13: web-app: security; file 'app/cm.yaml' is not in or below 'app' [kustomize]\n  hint: kustomize reads files in and below the folder of a kustomization; make the other folder a kustomization, and a resource\n"},
		"out of the repository": {map[string]string{"app/cm.yaml": "../../outside.yaml", "app/base": "/b"},
			"app/kustomization.yaml:1:13: web-app: cm.yaml leads out of the repository [missing-path]\napp/kustomization.yaml:1:22: web-app: base leads out of the repository [missing-path]\n"},
		"a cycle": {map[string]string{"app/cm.yaml": "cm.yaml", "app/base": "../b", "b/kustomization.yaml": "shared.yaml"},
			"app/kustomization.yaml:1:13: web-app: there is no folder or file app/cm.yaml [missing-path]\n"},
		"a base that is above": {map[string]string{"app/cm.yaml": "real/cm.yaml", "app/base": ".."},
			"app/kustomization.yaml: web-app: cycle detected: candidate root '.' contains visited root 'app' [kustomize]\n"},
	} {
		if got := kustomizeOf(repositoryOf(t, files, c.links), nil); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
	// The kustomization file is checked also when a link hides its name.
	files["b/shared.yaml"] = tree("-- x --\nresources: ['http://127.0.0.1:1/x']\n")["x"]
	got := kustomizeOf(repositoryOf(t, files, map[string]string{"app/cm.yaml": "real/cm.yaml", "app/base": "../b", "b/kustomization.yaml": "shared.yaml"}), nil)
	if !strings.HasPrefix(got, "b/shared.yaml:1:13: ") || !strings.Contains(got, "[not-fetched]") {
		t.Error(got)
	}
}

// TestKustomizeSchema: the schema of one kustomization is not that of the next.
func TestKustomizeSchema(t *testing.T) {
	const merged = "-- app/kustomization.yaml --\nresources: [d.yaml]\npatches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: b}]}}}}'}]\n" +
		"-- app/d.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a}]}}}\n"
	before := kustomizeOf(tree(merged), nil)
	if strings.Count(before, "name:") != 3 {
		t.Error(before)
	}
	other := kustomizeOf(tree(strings.Replace(merged, "patches:", "openapi: {path: s.json}\npatches:", 1)+"-- app/s.json --\n{\"definitions\": {}}\n"), nil)
	if other == before {
		t.Error("the schema has no effect")
	}
	none := kustomizeOf(tree(strings.Replace(merged, "patches:", "openapi: {path: s.json}\npatches:", 1)+"-- app/s.json --\n[]\n"), nil)
	if !strings.HasPrefix(none, "app/kustomization.yaml: web-app: kustomize fails on this: invalid schema file: json: ") {
		t.Error(none)
	}
	if after := kustomizeOf(tree(merged), nil); after != before {
		t.Error(after)
	}
}

func TestKustomizePatches(t *testing.T) {
	at := diag.Position{File: "applications.yml", Line: 7, Column: 3}
	for name, c := range map[string]struct {
		patches []Patch
		want    string
	}{
		"before the prefix": {[]Patch{{Patch: argocd.Patch{Text: `[{"op": "add", "path": "/data", "value": {"a": "b"}}]`, Target: &Target{Name: "a"}}}},
			"app/kustomization.yaml map[apiVersion:v1 data:map[a:b] kind:ConfigMap metadata:map[name:x-a]]\n"},
		"nothing with that name": {[]Patch{{Patch: argocd.Patch{Text: `[{"op": "add", "path": "/data", "value": {}}]`, Target: &Target{Kind: "ConfigMap", Name: "x-b"}}}},
			"applications.yml:7:3: p0: no object matches kind ConfigMap, name x-b [patch-no-target]\n  hint: did you mean \"x-a\"?\n"},
		"nothing by itself": {[]Patch{{Patch: argocd.Patch{Text: `{apiVersion: v1, kind: ConfigMap, metadata: {name: zzz}}`}}},
			"applications.yml:7:3: p0: no object matches apiVersion v1, kind ConfigMap, name zzz [patch-no-target]\n  hint: known: x-a\n"},
		"deleted before": {[]Patch{{Patch: argocd.Patch{Text: `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, $patch: delete}`}}, {Patch: argocd.Patch{Text: `[{"op": "add", "path": "/data", "value": {}}]`, Target: &Target{Name: "a"}}}},
			"applications.yml:7:3: p1: no object matches name a [patch-no-target]\n  hint: known: x-a\n"},
		"no such path": {[]Patch{{Patch: argocd.Patch{Text: `[{"op": "add", "path": "/data", "value": {}}]`, Target: &Target{Name: "a"}}}, {Patch: argocd.Patch{Text: `[{"op": "remove", "path": "/spec"}]`, Target: &Target{Name: "a"}}}},
			"applications.yml:7:3: p1: error in remove for path: '/spec': Unable to remove nonexistent key: spec: missing value [bad-patch]\n"},
		"no regular expression": {[]Patch{{Patch: argocd.Patch{Text: `[{"op": "add", "path": "/data", "value": {}}]`, Target: &Target{Name: "("}}}},
			"applications.yml:7:3: p0: error parsing regexp: missing closing ): `^(?:()$` [bad-patch]\n"},
		"no YAML": {[]Patch{{Patch: argocd.Patch{Text: `a: b: c`, Target: &Target{Name: "a"}}}},
			"applications.yml:7:3: p0: unable to parse SM or JSON patch [bad-patch]\n" + patchForms},
		"empty": {[]Patch{{Patch: argocd.Patch{Text: "# none", Target: &Target{Name: "a"}}}}, "applications.yml:7:3: p0: the patch is empty [bad-patch]\n"},
		"an option that is none": {[]Patch{{Patch: argocd.Patch{Text: `{}`, Target: &Target{Name: "a"}, Options: map[string]bool{"x": true}}}},
			"applications.yml:7:3: p0: json: unknown field \"x\" [bad-patch]\n"},
	} {
		got := kustomizeOf(tree(strings.Replace(oneMap, "\n", "\nnamePrefix: x-\n", 1)), func(app *Application) {
			for i, p := range c.patches {
				p.Pos, p.Path = at, "p"+string(rune('0'+i))
				app.Patches = append(app.Patches, p)
			}
		})
		if got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}
