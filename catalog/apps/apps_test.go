package apps_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/schema"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// values are what an entry must give each application.
var values = map[string]map[string]any{
	"ntfy": {"baseURL": "https://ntfy.home.example"},
}

// render renders a chart as Helm does.
func render(t *testing.T, name string, values map[string]any) (map[string]string, error) {
	t.Helper()
	var files []*loader.BufferedFile
	chart := apps.Chart(name)
	err := fs.WalkDir(chart, ".", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(chart, at)
		files = append(files, &loader.BufferedFile{Name: at, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := loader.LoadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "web-" + name, Namespace: "web-" + name, IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

// TestList holds the list of applications against the folders.
func TestList(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	if !slices.Equal(folders, apps.Names()) {
		t.Errorf("folders %v, listed %v", folders, apps.Names())
	}
}

// TestCharts renders each application with no more values than it needs: every object is one that an API server takes, and
// every pod meets the level restricted.
func TestCharts(t *testing.T) {
	set := schema.New()
	for _, name := range apps.Names() {
		manifests, err := render(t, name, values[name])
		if err != nil {
			t.Fatal(err)
		}
		pods := 0
		for file, text := range manifests {
			if path.Ext(file) != ".yaml" {
				continue
			}
			problems, err := set.ValidateYAML([]byte(text))
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			for _, p := range problems {
				t.Errorf("%s: %v", file, p)
			}
			if strings.Contains(text, "kind: Deployment") {
				pods++
				restricted(t, text)
			}
		}
		if pods == 0 {
			t.Errorf("%s has no pods", name)
		}
	}
}

func restricted(t *testing.T, text string) {
	t.Helper()
	var d appsv1.Deployment
	if err := yaml.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	if r := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &d.Spec.Template.ObjectMeta, &d.Spec.Template.Spec)); !r.Allowed {
		t.Error(r.ForbiddenDetail())
	}
}

// TestRefused checks values that would make an application useless or unsafe.
func TestRefused(t *testing.T) {
	for name, bad := range map[string]map[string]any{
		"no address":    {},
		"plain HTTP":    {"baseURL": "http://ntfy.home.example"},
		"no auth":       {"baseURL": "https://ntfy.home.example", "authSecret": ""},
		"unknown value": {"baseURL": "https://ntfy.home.example", "authFile": "none"},
	} {
		if _, err := render(t, "ntfy", bad); err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
}
