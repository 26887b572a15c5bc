package images_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/images"
	"sigs.k8s.io/yaml"
)

func TestParse(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	for text, want := range map[string]images.Image{
		"nginx":                                 {Repository: "docker.io/library/nginx"},
		"nginx:1.27-alpine":                     {Repository: "docker.io/library/nginx", Tag: "1.27-alpine"},
		"grafana/grafana:11.0.0":                {Repository: "docker.io/grafana/grafana", Tag: "11.0.0"},
		"index.docker.io/library/redis:7":       {Repository: "docker.io/library/redis", Tag: "7"},
		"docker.io/redis:7":                     {Repository: "docker.io/library/redis", Tag: "7"},
		"ghcr.io/a/b/c:v1@" + digest:            {Repository: "ghcr.io/a/b/c", Tag: "v1", Digest: digest},
		"ghcr.io/a/b@" + digest:                 {Repository: "ghcr.io/a/b", Digest: digest},
		"localhost/a:1":                         {Repository: "localhost/a", Tag: "1"},
		"registry.example:5000/a:1":             {Repository: "registry.example:5000/a", Tag: "1"},
		"registry:5000/a":                       {Repository: "registry:5000/a"},
		"Host/a:1":                              {Repository: "Host/a", Tag: "1"},
		"":                                      {},
		"nginx:*":                               {},
		"!*:latest":                             {},
		"https://ghcr.io/a":                     {},
		"ghcr.io/A/b":                           {},
		"a/../b":                                {},
		"a:b c":                                 {},
		"me:hunter2@ghcr.io/a/b":                {},
		"ghcr.io/a@sha256:12":                   {},
		"ghcr.io/" + strings.Repeat("a", 600):   {},
		"ghcr.io/a:" + strings.Repeat("1", 129): {},
		"ghcr.io/a\n":                           {},
		"ghcr.io:123456/a":                      {},
		"{{ .Values.image }}":                   {},
	} {
		got, ok := images.Parse(text)
		if got != want || ok != (want.Repository != "") {
			t.Errorf("%q: got %v, %t", text, got, ok)
		}
	}
	if i, _ := images.Parse("ghcr.io/a/b"); i.Registry() != "ghcr.io" {
		t.Errorf("got %s", i.Registry())
	}
}

func TestOf(t *testing.T) {
	for name, c := range map[string]struct{ object, want string }{
		"all containers of a pod": {"{apiVersion: v1, kind: Pod, spec: {containers: [{image: b}, {image: a}, {image: b}, {name: x}, text], initContainers: [{image: c}], ephemeralContainers: [{image: d}], volumes: [{name: v, image: {reference: e}}, {name: w}]}}", "a b c d e"},
		"a workload":              {"{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: a}]}}}}}}", "a"},
		"a template of a pod":     {"{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {template: {spec: {containers: [{image: a}]}}}}", "a"},
		"a workflow":              {"{apiVersion: argoproj.io/v1alpha1, kind: WorkflowTemplate, spec: {templates: [{container: {image: a}}, {script: {image: b}}]}}", "a b"},
		"no workflow":             {"{apiVersion: x.example/v1, kind: Y, spec: {container: {image: a}}}", ""},
		"Prometheus":              {"{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {image: a, containers: [{name: x, image: b}]}}", "a b"},
		"without one":             {"{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, spec: {version: v3}}", ""},
		"a database":              {"{apiVersion: postgresql.cnpg.io/v1, kind: Cluster, spec: {imageName: a, image: b}}", "a"},
		"another Cluster":         {"{apiVersion: x.example/v1, kind: Cluster, spec: {imageName: a}}", ""},
		"a policy":                {"{apiVersion: kyverno.io/v1, kind: ClusterPolicy, spec: {rules: [{validate: {pattern: {spec: {containers: [{image: '*:*'}]}}}}]}}", ""},
		"a constraint":            {"{apiVersion: templates.gatekeeper.sh/v1, kind: ConstraintTemplate, spec: {containers: [{image: a}]}}", ""},
		"a definition":            {"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {example: {containers: [{image: a}]}}}", ""},
		"a text":                  {"{apiVersion: v1, kind: ConfigMap, data: {containers: '[{image: a}]'}}", ""},
		"nothing":                 {"{apiVersion: v1, kind: Pod, spec: {containers: [{image: ''}, {image: 1}]}}", ""},
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(c.object), &object); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, strings.Join(images.Of(object), " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestNewer: tags are compared with those that are written alike, and with no others.
func TestNewer(t *testing.T) {
	const unknown = "unknown"
	for name, c := range map[string]struct{ tag, tags, want string }{
		"the newest":                {"1.2.3", "1.2.2 1.2.3 1.2.10 1.10.0 2.0.0 latest", "1.10.0 2.0.0"},
		"nothing newer":             {"1.2.3", "1.2.2 1.2.3 0.9.9", " "},
		"the same twice":            {"1.2.3", "1.2.3 1.02.3", " "},
		"of the same major version": {"1.2.3", "1.3.0", "1.3.0 1.3.0"},
		"a new major version":       {"1.2.3", "2.0.0", " 2.0.0"},
		"with a v":                  {"v1.2.3", "1.9.9 v1.2.4", "v1.2.4 v1.2.4"},
		"without one":               {"1.2.3", "v1.9.9 V1.9.9 release-1.9.9", " "},
		"with a word":               {"release-1.2.3", "release-1.2.4 1.9.9", "release-1.2.4 release-1.2.4"},
		"two numbers":               {"1.27", "1.27.5 1.28 1.29.1 2.0.0", "1.28 1.28"},
		"a variant":                 {"1.27-alpine", "1.28 1.28-alpine 1.29-alpine-slim 1.29-bookworm", "1.28-alpine 1.28-alpine"},
		"a variant with a version":  {"1.27.1-alpine3.20", "1.27.2-alpine3.20 1.27.2-alpine3.21 1.27.2-alpine 1.27.1-alpine3.21", "1.27.2-alpine3.21 1.27.2-alpine3.21"},
		"a build":                   {"5.14.0.8836-ls241", "5.14.0.8836-ls242 5.14.0.8836-ls99", "5.14.0.8836-ls242 5.14.0.8836-ls242"},
		"a build of another form":   {"1.2.3-debian-12-r5", "1.2.3-debian-12-r6 1.2.4-debian-11-r0 1.2.9", "1.2.4-debian-11-r0 1.2.4-debian-11-r0"},
		"years":                     {"2024.10.1", "2024.12.0 2025.1.2 2024.9.9 3.0.0 20250101", "2024.12.0 2025.1.2"},
		"no years":                  {"3.0.0", "2024.12.0 3.0.1", "3.0.1 3.0.1"},
		"zeros before a number":     {"2024.08.1", "2024.09.0 2024.10.0", "2024.10.0 2024.10.0"},
		"dates":                     {"20240923", "20241231 7 8 20249999", " 20241231"},
		"one number":                {"16", "17 18 20240101 16.4 17-alpine", " 18"},
		"one number, a variant":     {"16-alpine", "17-alpine 18", " 17-alpine"},
		"no pre-releases":           {"1.2.3", "1.3.0-rc.1 1.3.0-beta 1.3.0rc1 2.0.0-alpha1", " "},
		"pre-releases":              {"2.0.0-rc.1", "2.0.0-rc.2 2.0.0-beta.9", "2.0.0-rc.2 2.0.0-rc.2"},
		"a release behind them":     {"2.0.0-rc.1", "1.9.0 2.0.0 2.0.0-rc.1", "2.0.0 2.0.0"},
		"the next one behind them":  {"2.0.0rc1", "2.1.0", "2.1.0 2.1.0"},
		"a variant is no release":   {"1.2.3-alpine", "1.2.4 1.2.3", " "},
		"latest":                    {"latest", "1.0.0 latest", unknown},
		"a branch":                  {"main", "1.0.0", unknown},
		"a branch with a number":    {"pr-12", "pr-13", unknown},
		"a branch of a version":     {"1.2-main-abc1234", "1.2-main-abc1235", unknown},
		"a commit":                  {"sha-1a2b3c4", "1.0.0", unknown},
		"a bare commit":             {"1a2b3c4", "2a2b3c4", unknown},
		"a commit in numbers":       {"1234567", "1234568", unknown},
		"described":                 {"v1.2.3-4-gabcdef1", "v1.2.4", unknown},
		"a time":                    {"20240923101112", "20250101000000", unknown},
		"nothing":                   {"", "1.0.0", unknown},
		"words":                     {"3.20x", "3.21x", unknown},
		"hostile":                   {"1.0.0", "1.0.1\x1b[31m 1.0.2\u202e 1.0.3-" + strings.Repeat("9", 200) + " 1.0.4", "1.0.4 1.0.4"},
		"large numbers":             {"1.99999999999999999999.0", "1.100000000000000000000.0", "1.100000000000000000000.0 1.100000000000000000000.0"},
	} {
		within, newest, known := images.Newer(c.tag, strings.Fields(c.tags))
		got := within + " " + newest
		if !known {
			got = unknown
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for image, want := range map[string]string{
		"nginx": "nginx", "nginx:1.27": "nginx", "registry.example:5000/team/web:1@sha256:ab": "web", "docker.io/cloudflare/cloudflared@sha256:ab": "cloudflared", "x/{{ y }}": "{{ y }}", "": "",
	} {
		if got := images.Name(image); got != want {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
}
