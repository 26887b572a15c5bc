package engines

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestHelm(t *testing.T) {
	eachHelm(t, (*platform).helm, []source{
		{name: "crds", objects: map[string]int{"crds": 6, "skipcrds": 2}},
		{name: "documents", objects: map[string]int{"documents": 16}},
		{name: "filedependency", objects: map[string]int{"filedependency": 2}},
		{name: "functions", objects: map[string]int{"functions": 4}},
		{name: "hooks", objects: map[string]int{"hooks": 18, "notests": 17}},
		{name: "nested", objects: map[string]int{"all": 10, "some": 4, "imported": 10}, ofHelm3: map[string]int{"all": 7, "some": 5, "imported": 7}},
		{name: "nulls", objects: map[string]int{"defaults": 5, "set": 5, "beside": 5, "files": 5}},
		{name: "subcharts", objects: map[string]int{"subcharts": 8, "others": 7}, ofHelm3: map[string]int{"subcharts": 7, "others": 7}, archive: "chart/charts"},
		{name: "values", objects: map[string]int{"values": 2, "forgiving": 2, "defaults": 2, "told": 1}},
		{name: "vendored", objects: map[string]int{"vendored": 2, "alone": 2}, archive: "vendor"},
	}, source{name: "helm4", objects: map[string]int{"helm4": 5}})
}

// Argo CD reads files beside the source, such as those that its image updater writes; helm knows nothing of them.
func TestHelmOverrides(t *testing.T) {
	eachHelm(t, nil, []source{{name: "overrides", objects: map[string]int{"overrides": 1, "common": 1}}})
}

// What Argo CD replaces variables in, helm never sees.
func TestHelmVariables(t *testing.T) {
	compare(t, "helm", nil, []source{{name: "variables", objects: map[string]int{"named": 1, "second": 1}}})
}

// No tool renders several sources.
func TestSeveralSources(t *testing.T) {
	compare(t, "several", nil, []source{{name: "sources", objects: map[string]int{"several": 4, "twice": 2}}})
}

// helm is helm template with the arguments that Argo CD gives it.
func (p *platform) helm(t *testing.T, a app, dir string) []*unstructured.Unstructured {
	t.Helper()
	source := a.Spec.GetSource()
	chart := filepath.Join(dir, source.Path)
	if source.Chart != "" {
		chart = filepath.Join(dir, "vendor", source.Chart+"-"+source.TargetRevision+".tgz")
	} else if file, err := os.ReadFile(filepath.Join(chart, "Chart.yaml")); err != nil {
		t.Fatal(err)
	} else if bytes.Contains(file, []byte("file://")) {
		run(t, dir, "helm", "dependency", "build", chart)
	}
	version, _, _ := strings.Cut(source.GetKubeVersionOrDefault(p.kubeVersion), "+")
	args := []string{"template", chart, "--name-template", a.Name, "--namespace", source.GetNamespaceOrDefault(a.Spec.Destination.Namespace),
		"--kube-version", version}
	for _, version := range source.GetAPIVersionsOrDefault(p.apiVersions) {
		args = append(args, "--api-versions", version)
	}
	options := source.Helm
	if options == nil || !options.SkipCrds {
		args = append(args, "--include-crds")
	}
	if options != nil {
		if options.ReleaseName != "" {
			args[3] = options.ReleaseName
		}
		if options.SkipTests {
			args = append(args, "--skip-tests")
		}
		for _, file := range options.ValueFiles {
			if fromRoot, ok := strings.CutPrefix(strings.TrimPrefix(file, "$values"), "/"); ok {
				file = filepath.Join(dir, fromRoot)
			} else {
				file = filepath.Join(chart, file)
			}
			if _, err := os.Stat(file); err != nil && options.IgnoreMissingValueFiles {
				continue
			}
			args = append(args, "--values", file)
		}
		if !options.ValuesIsEmpty() {
			file := filepath.Join(t.TempDir(), "values.yaml")
			write(t, file, options.ValuesYAML())
			args = append(args, "--values", file)
		}
		for _, parameter := range options.Parameters {
			value := os.Expand(parameter.Value, func(name string) string {
				return map[string]string{"ARGOCD_APP_NAME": a.Name, "ARGOCD_APP_NAMESPACE": a.Spec.Destination.Namespace}[name]
			})
			if !strings.HasPrefix(value, "{") { // a list
				value = strings.ReplaceAll(strings.ReplaceAll(value, `\,`, ","), ",", `\,`)
			}
			set := "--set"
			if parameter.ForceString {
				set = "--set-string"
			}
			args = append(args, set, parameter.Name+"="+value)
		}
		for _, parameter := range options.FileParameters {
			file := filepath.Join(chart, parameter.Path)
			if filepath.IsAbs(parameter.Path) {
				file = filepath.Join(dir, parameter.Path)
			}
			args = append(args, "--set-file", parameter.Name+"="+file)
		}
		if options.SkipSchemaValidation {
			args = append(args, "--skip-schema-validation")
		}
	}
	return split(t, bytes.TrimSuffix(run(t, dir, "helm", args...), []byte("\n"))) // as Argo CD does with what a tool prints
}

// unpack unpacks a chart, and returns where it is.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, "tar", "-xzf", archive)
	charts, err := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml"))
	if err != nil || len(charts) != 1 {
		t.Fatalf("%s holds %d charts: %v", archive, len(charts), err)
	}
	return filepath.Dir(charts[0])
}
