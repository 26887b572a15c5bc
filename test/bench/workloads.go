package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// example is the platform whose chart and values are measured.
const example = "../../examples/homelab"

// chart is the folder of the chart that its small applications share.
const chart = "helm-charts/extra-objects"

// workloads compares roster render --all with running helm template once for each application of the shared chart, one
// after the other, on the example and on a platform of many such applications. Roster prints the platform as well and, of the
// example, the output of kustomizations and folders of manifests. Nothing is kept from one run to the next.
func (p programs) workloads(work string, s size) ([]promise, error) {
	own, err := p.releases(example)
	if err != nil {
		return nil, err
	}
	many := filepath.Join(work, "workloads")
	if err := manyApplications(many, s.many, own); err != nil {
		return nil, err
	}
	fmt.Println("\n| applications of the chart | objects of all | roster render --all | helm template for each | helm/roster | in CPU time | roster memory |")
	fmt.Println("|:--|--:|--:|--:|--:|--:|--:|")
	for _, in := range []struct {
		name, dir string
		runs      int
	}{{"homelab", example, 7}, {strconv.Itoa(s.many), many, 3}} {
		releases, err := p.releases(in.dir)
		if err != nil {
			return nil, err
		}
		if err := writeValues(work, releases); err != nil {
			return nil, err
		}
		count, err := printed(p.renderAll(in.dir))
		if err != nil && !incomplete(err) {
			return nil, err
		}
		both, err := alternate(s.runs(in.runs), func() (sample, error) {
			s, err := run(p.renderAll(in.dir))
			if incomplete(err) {
				err = nil
			}
			return s, err
		}, func() (sample, error) { return p.templates(in.dir, releases) })
		if err != nil {
			return nil, err
		}
		fmt.Printf("| %s: %d | %d | %s | %s | %.1f | %.1f | %s |\n", in.name, len(releases), count, ms(wall(both.a)), ms(wall(both.b)), both.times(), both.work(), mib(both.a))
	}
	return p.kept(work, own, s)
}

func (p programs) renderAll(dir string) *exec.Cmd {
	return exec.Command(p.roster, "render", "--all", "--no-cache", dir)
}

// kept measures what is done again with nothing changed, and a chart with much output.
func (p programs) kept(work string, own []release, s size) ([]promise, error) {
	linted := filepath.Join(work, "linted")
	if err := manyApplications(linted, s.linted, own); err != nil {
		return nil, err
	}
	caches := filepath.Join(work, "caches")
	fmt.Println("\n| with what is kept | wall time | memory |")
	fmt.Println("|:--|--:|--:|")
	var out []promise
	for _, c := range []struct {
		name  string
		args  []string
		limit float64 // seconds
	}{
		{"render --all of the homelab", []string{"render", "--all", example}, 0.15},
		{fmt.Sprintf("lint of %d applications", s.linted), []string{"lint", linted}, 0.3},
	} {
		var all []sample
		for i := range s.runs(7) + 1 {
			command := exec.Command(p.roster, c.args...)
			command.Env = append(os.Environ(), "ROSTER_CACHE="+caches)
			one, err := run(command)
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() != 2 { // there are findings, or it is not all
				err = nil
			}
			if err != nil {
				return nil, err
			}
			if i > 0 { // the first keeps it
				all = append(all, one)
			}
		}
		fmt.Printf("| %s | %s | %s |\n", c.name, ms(wall(all)), mib(all))
		out = append(out, promise{c.name + " with nothing changed: seconds", wall(all).Seconds(), c.limit})
	}
	large, err := p.largeChart(filepath.Join(work, "large"), s)
	return append(out, large), err
}

const largeTemplate = `{{ range until (int .Values.objects) }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{{ . }}
  labels: {app.kubernetes.io/name: web-{{ . }}}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: web-{{ . }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{{ . }}
    spec:
      containers:
        {{- range until 4 }}
        - name: c{{ . }}
          image: registry.example/house/web:1.2.{{ . }}
          args: ["--listen", ":8080", "--log", "info"]
          env:
            - name: TEXT
              value: "a text that is long enough to be one of those that charts have"
            - name: SECRET
              valueFrom:
                secretKeyRef:
                  name: web
                  key: secret
          resources:
            limits:
              cpu: 100m
              memory: 128Mi
        {{- end }}
{{ end }}`

// largeChart compares with helm template for a chart with 5 MB of output, in processor time.
func (p programs) largeChart(dir string, s size) (promise, error) {
	for name, text := range map[string]string{
		"chart/Chart.yaml":       "{apiVersion: v2, name: large, version: 1.0.0}\n",
		"chart/values.yaml":      "objects: " + strconv.Itoa(s.large*4/5) + "\n",
		"chart/templates/a.yaml": largeTemplate,
		"platform.yml":           "repository: {url: https://git.example/large.git}\n",
		"applications.yml":       "- {namespace: web-a, networkPolicies: isolated, applications: [{applicationCode: web-a, path: chart}]}\n",
	} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			return promise{}, err
		}
	}
	both, err := alternate(s.runs(5), func() (sample, error) {
		return run(exec.Command(p.roster, "render", "--app", "web-a", "--no-cache", dir))
	}, func() (sample, error) {
		c := exec.Command(p.helm, "template", "web-a", filepath.Join(dir, "chart"), "--namespace", "web-a")
		c.Env = []string{"HOME=" + os.TempDir(), "KUBECONFIG=" + os.DevNull}
		return run(c)
	})
	if err != nil {
		return promise{}, err
	}
	fmt.Printf("\nA chart with much output: roster %s, helm template %s.\n", ms(wall(both.a)), ms(wall(both.b)))
	return promise{"a chart with 5 MB of output: processor time, in that of helm template", 1 / both.work(), 1.3}, nil
}

// incomplete reports whether roster printed all that it could, but some charts are in other repositories.
func incomplete(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 3
}

// release is what Argo CD hands to Helm for an Application of the shared chart.
type release struct {
	name, namespace string
	files           []string        // in the chart
	values          json.RawMessage // beside the files, as what catalog applications tell those that use them
	written         string          // the file with values, when there are any
}

// releases are those of the Applications that roster renders.
func (p programs) releases(dir string) ([]release, error) {
	out, err := p.render(input{dir: dir}).Output()
	if err != nil {
		return nil, err
	}
	var all []release
	for _, document := range bytes.Split(out, []byte("\n---\n")) {
		if !bytes.Contains(document, []byte("kind: Application\n")) { // decoding takes memory, and this process must stay small
			continue
		}
		var a struct {
			Metadata struct{ Name string }
			Spec     struct {
				Destination struct{ Namespace string }
				Source      struct {
					Path string
					Helm struct {
						ReleaseName  string
						ValueFiles   []string
						ValuesObject json.RawMessage
					}
				}
			}
		}
		if err := yaml.Unmarshal(document, &a); err != nil {
			return nil, err
		}
		if a.Spec.Source.Path == chart {
			helm := a.Spec.Source.Helm
			all = append(all, release{name: cmp.Or(helm.ReleaseName, a.Metadata.Name), namespace: a.Spec.Destination.Namespace, files: helm.ValueFiles, values: helm.ValuesObject})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no applications of %s", dir, chart)
	}
	return all, nil
}

// writeValues writes the values that releases have beside their files, for Helm to read.
func writeValues(work string, releases []release) error {
	for i, r := range releases {
		if len(r.values) > 0 {
			releases[i].written = filepath.Join(work, r.name+".json")
			if err := os.WriteFile(releases[i].written, r.values, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// templates runs helm template for each release, and adds up what that took.
func (p programs) templates(dir string, releases []release) (sample, error) {
	var sum sample
	for _, r := range releases {
		c := exec.Command(p.helm, "template", r.name, filepath.Join(dir, chart), "--namespace", r.namespace, "--include-crds")
		for _, file := range r.files {
			c.Args = append(c.Args, "--values", filepath.Join(dir, chart, file))
		}
		if r.written != "" {
			c.Args = append(c.Args, "--values", r.written)
		}
		c.Env = []string{"HOME=" + os.TempDir(), "KUBECONFIG=" + os.DevNull}
		s, err := run(c)
		if err != nil {
			return sum, err
		}
		sum.wall, sum.cpu, sum.rss = sum.wall+s.wall, sum.cpu+s.cpu, max(sum.rss, s.rss)
	}
	return sum, nil
}

// manyApplications writes a platform of applications of the example's chart, which take turns with what its releases are given.
func manyApplications(dir string, count int, releases []release) error {
	if err := os.CopyFS(filepath.Join(dir, chart), os.DirFS(filepath.Join(example, chart))); err != nil {
		return err
	}
	var list strings.Builder
	for i := range count {
		code, r := "web-"+strconv.Itoa(i), releases[i%len(releases)]
		files, err := json.Marshal(r.files)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "- namespace: %s\n  networkPolicies: web-app\n", code)
		fmt.Fprintln(&list, "  clusterResources: [PersistentVolume, rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/ClusterRoleBinding]")
		fmt.Fprintf(&list, "  applications: [{applicationCode: %s, path: %s, valueFiles: %s, values: %s}]\n", code, chart, files, cmp.Or(string(r.values), "{}"))
	}
	for name, text := range map[string]string{"applications.yml": list.String(), "platform.yml": "repository: {url: https://git.example/many.git}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
