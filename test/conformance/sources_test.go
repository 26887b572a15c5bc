package conformance

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
)

// sourcesList has an application for each way to say where one comes from, with and without options.
var sourcesList = fstest.MapFS{
	"platform.yml":                  {Data: []byte("repository: {url: https://git.example/homelab.git}\n")},
	"web/HelmChart.yaml":            {Data: []byte("{}\n")},
	"kustom/kustomization.yaml":     {Data: []byte("{}\n")},
	"chart/Chart.yaml":              {Data: []byte("name: app\n")},
	"chart/values-chart-values.yml": {Data: []byte("{}\n")},
	"values/a.yml":                  {Data: []byte("{}\n")},
	"applications.yml": {Data: []byte(`- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: folder, path: web}
    - {applicationCode: folder-empty, path: web, directory: {}}
    - {applicationCode: folder-options, path: web, directory: {recurse: false, jsonnet: {libs: []}}}
    - {applicationCode: folder-include, path: web, directory: {include: '*.yaml'}}
    - {applicationCode: folder-exclude, path: web, directory: {exclude: '*.json'}}
    - {applicationCode: folder-recurse, path: web, directory: {recurse: true}}
    - {applicationCode: folder-jsonnet, path: web, directory: {jsonnet: {extVars: {a: b}}}}
    - {applicationCode: kustom, path: kustom}
    - {applicationCode: kustom-empty, path: kustom, kustomize: {}}
    - {applicationCode: kustom-options, path: kustom, kustomize: {images: [], commonLabels: {}}}
    - {applicationCode: kustom-image, path: kustom, kustomize: {images: [a=b]}}
    - {applicationCode: chart, path: chart}
    - {applicationCode: chart-empty, path: chart, helm: {}}
    - {applicationCode: chart-options, path: chart, helm: {skipCrds: false, parameters: {}}, valueFiles: []}
    - {applicationCode: chart-skip, path: chart, helm: {skipTests: true}}
    - {applicationCode: chart-values, path: chart, values: {}}
    - {applicationCode: remote, chart: app, repoURL: 'https://charts.example', version: 1.0.0}
    - {applicationCode: remote-files, chart: app, repoURL: 'https://charts.example', version: 1.0.0, valueFiles: [values/a.yml]}
    - {applicationCode: foreign, repoURL: 'https://git.example/other.git', path: a}
    - {applicationCode: foreign-folder, repoURL: 'https://git.example/other.git', path: a, directory: {}}
    - {applicationCode: foreign-kustom, repoURL: 'https://git.example/other.git', path: a, kustomize: {}}
    - {applicationCode: foreign-chart, repoURL: 'https://git.example/other.git', path: a, helm: {}}
    - {applicationCode: foreign-files, repoURL: 'https://git.example/other.git', path: a, valueFiles: [b.yml]}
    - {applicationCode: foreign-ours, repoURL: 'https://git.example/third.git', path: a, valueFiles: [b.yml, $values/values/a.yml]}
`)},
}

// TestSources asks Argo CD's own types about the sources of all examples, and of a list with all there is: its controller would
// not change them, it knows the type where roster does, it finds what value files refer to, and the project permits all of it.
func TestSources(t *testing.T) {
	platform, diags, err := catalog.Load(sourcesList, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	lists := map[string][]object.Object{"all sources": render.Build(platform)}
	for _, c := range examples.Every(t) {
		lists[c.String()] = c.Objects
	}
	for name, objects := range lists {
		t.Run(name, func(t *testing.T) {
			projects := map[string]*argo.AppProject{}
			for _, o := range objects {
				if o.Kind == "AppProject" {
					projects[o.Name] = &argo.AppProject{}
					decode(t, o, projects[o.Name])
				}
			}
			for _, o := range objects {
				if o.Kind != "Application" {
					continue
				}
				app := &argo.Application{}
				decode(t, o, app)
				sources := app.Spec.GetSources()
				for _, s := range sources {
					settled(t, app.Name, s)
					referred(t, app.Name, s, sources)
				}
				if p := projects[app.Spec.Project]; p != nil { // there is none of a root here
					permitted(t, p, app)
				}
			}
		})
	}

	for _, n := range platform.Namespaces {
		for _, a := range n.Applications {
			app := &argo.Application{}
			i := slices.IndexFunc(lists["all sources"], func(o object.Object) bool { return o.Kind == "Application" && o.Name == a.Code })
			decode(t, lists["all sources"][i], app)
			sources := app.Spec.GetSources()
			kind, err := sources[0].ExplicitType()
			if err != nil {
				t.Errorf("%s: %v", a.Code, err)
			}
			if isFolder := strings.Contains(a.Code, "folder"); isFolder != (kind != nil && *kind == argo.ApplicationSourceTypeDirectory) {
				t.Errorf("%s: Argo CD is told that its type is %v", a.Code, kind)
			}
			if two := strings.HasSuffix(a.Code, "-files") && a.Code != "foreign-files" || a.Code == "foreign-ours"; two != (len(sources) == 2) {
				t.Errorf("%s: %d sources", a.Code, len(sources))
			}
		}
	}
}

// settled fails where Argo CD's controller removes options from an Application (util/argo, NormalizeSource, in 2.14 and 3.5): the
// Application that deploys it would put them back, forever.
func settled(t *testing.T, app string, s argo.ApplicationSource) {
	t.Helper()
	if s.Helm != nil && s.Helm.IsZero() || s.Kustomize != nil && s.Kustomize.IsZero() {
		t.Errorf("%s: Argo CD would remove its options: %+v", app, s)
	}
	if d := s.Directory; d != nil && d.IsZero() && d.Include == "" && d.Exclude == "" {
		t.Errorf("%s: Argo CD would remove its directory: %+v", app, s)
	}
}

// referred fails when a value file begins with the name of a missing source.
func referred(t *testing.T, app string, s argo.ApplicationSource, all argo.ApplicationSources) {
	t.Helper()
	if s.Helm == nil {
		return
	}
	for _, file := range s.Helm.ValueFiles {
		ref, _, _ := strings.Cut(file, "/")
		if strings.HasPrefix(ref, "$") && !slices.ContainsFunc(all, func(s argo.ApplicationSource) bool { return "$"+s.Ref == ref && s.Chart == "" && s.Path == "" }) {
			t.Errorf("%s: there is no source for %s", app, file)
		}
	}
}
