package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// example is the platform whose chart and values are measured.
const example = "../../examples/homelab"

// chart is the folder of the chart that its small applications share.
const chart = "helm-charts/extra-objects"

// workloads compares roster render --all with running helm template once for each application of the shared chart, one
// after the other, on the example and on a platform of 300 such applications. Roster prints the platform as well and, of the
// example, what kustomizations and folders of manifests yield.
func (p programs) workloads(work string) error {
	many, err := manyApplications(filepath.Join(work, "workloads"), 300)
	if err != nil {
		return err
	}
	fmt.Println("\n| applications of the chart | objects of all | roster render --all | helm template for each | helm/roster | in CPU time | roster memory |")
	fmt.Println("|:--|--:|--:|--:|--:|--:|--:|")
	for _, in := range []struct {
		name, dir string
		runs      int
	}{{"homelab", example, 7}, {"300", many, 3}} {
		values, err := filepath.Glob(filepath.Join(in.dir, chart, "values-*.yml"))
		if err != nil || len(values) == 0 {
			return errors.Join(err, fmt.Errorf("%s has no value files", in.dir))
		}
		count, err := printed(p.renderAll(in.dir))
		if err != nil && !incomplete(err) {
			return err
		}
		both, err := alternate(in.runs, func() (sample, error) {
			s, err := run(p.renderAll(in.dir))
			if incomplete(err) {
				err = nil
			}
			return s, err
		}, func() (sample, error) { return p.templates(in.dir, values) })
		if err != nil {
			return err
		}
		fmt.Printf("| %s: %d | %d | %s | %s | %.1f | %.1f | %s |\n", in.name, len(values), count, ms(wall(both.a)), ms(wall(both.b)), both.times(), both.work(), mib(both.a))
	}
	return nil
}

func (p programs) renderAll(dir string) *exec.Cmd {
	return exec.Command(p.roster, "render", "--all", dir)
}

// incomplete says whether roster printed all that it could, but some charts are in other repositories.
func incomplete(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == 3
}

// templates runs helm template for each file of values, and adds up what that took.
func (p programs) templates(dir string, values []string) (sample, error) {
	var sum sample
	for _, file := range values {
		code := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "values-"), ".yml")
		c := exec.Command(p.helm, "template", code, filepath.Join(dir, chart), "--namespace", code, "--include-crds", "--values", file)
		c.Env = []string{"HOME=" + os.TempDir(), "KUBECONFIG=" + os.DevNull}
		s, err := run(c)
		if err != nil {
			return sum, err
		}
		sum.wall, sum.cpu, sum.rss = sum.wall+s.wall, sum.cpu+s.cpu, max(sum.rss, s.rss)
	}
	return sum, nil
}

// manyApplications is a folder with applications of the example's chart, which take turns with its value files.
func manyApplications(dir string, count int) (string, error) {
	values, err := filepath.Glob(filepath.Join(example, chart, "values-*.yml"))
	if err != nil {
		return "", err
	}
	slices.Sort(values)
	if err := os.CopyFS(filepath.Join(dir, chart), os.DirFS(filepath.Join(example, chart))); err != nil {
		return "", err
	}
	for _, file := range values { // those of the example itself
		if err := os.Remove(filepath.Join(dir, chart, filepath.Base(file))); err != nil {
			return "", err
		}
	}
	var list strings.Builder
	for i := range count {
		code := "web-" + strconv.Itoa(i)
		fmt.Fprintf(&list, "- namespace: %s\n  networkPolicies: web-app\n  clusterResources: [PersistentVolume, rbac.authorization.k8s.io/ClusterRole, rbac.authorization.k8s.io/ClusterRoleBinding]\n  applications: [{applicationCode: %s, path: %s}]\n", code, code, chart)
		data, err := os.ReadFile(values[i%len(values)])
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, chart, "values-"+code+".yml"), data, 0o644); err != nil {
			return "", err
		}
	}
	for name, text := range map[string]string{"applications.yml": list.String(), "platform.yml": "repository: {url: https://git.example/many.git}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}
