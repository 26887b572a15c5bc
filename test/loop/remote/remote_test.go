package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"
)

const golden = "../../../golden/homelab"

func TestMain(m *testing.M) {
	objects, err := homelab()
	if err != nil {
		panic(err)
	}
	hosts, err := Hosts(objects)
	if err != nil {
		panic(err)
	}
	os.Exit(sandbox.Main(m, hosts, tools.Prepare))
}

// homelab is what roster makes of the example.
func homelab() ([]unstructured.Unstructured, error) {
	var out []unstructured.Unstructured
	err := filepath.WalkDir(golden, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		objects, err := read(path)
		out = append(out, objects...)
		return err
	})
	return out, err
}

// start serves everything that the example names.
func start(t *testing.T) (*Server, []Chart) {
	t.Helper()
	objects, err := homelab()
	check(t, err)
	hosts, err := Hosts(objects)
	check(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:443")
	check(t, err)
	s, err := Start(l, caFile(), hosts)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	repositories, err := RepositoriesOf(objects)
	check(t, err)
	for i, r := range repositories {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(i))
		check(t, r.StandIn(dir))
		check(t, s.Git(r.URL, dir))
	}
	charts, err := ChartsOf(objects)
	check(t, err)
	crds, err := CRDs(objects)
	check(t, err)
	if found := slices.Sorted(maps.Keys(crds)); len(found) != 6 {
		t.Fatalf("only these charts bring CRDs: %s", found)
	}
	for _, c := range charts {
		check(t, c.AddCRDs(crds[c.Name]...))
		check(t, s.Publish(c))
	}
	return s, charts
}

func TestRepositories(t *testing.T) {
	start(t)
	for _, revision := range []string{"v2026.11", "next"} {
		dir := t.TempDir()
		run(t, "git", "clone", "--quiet", "--depth=1", "--branch", revision, "https://gitlab.example/house/blog.git", dir)
		text, err := os.ReadFile(filepath.Join(dir, "deploy/workload.yaml"))
		check(t, err)
		if image := "image: registry.gitlab.example/house/blog\n"; !strings.Contains(string(text), image) {
			t.Errorf("at %s there is no %q in:\n%s", revision, image, text)
		}
	}
	run(t, "git", "ls-remote", "--exit-code", "https://gitlab.example/house/homelab.git", "refs/heads/main")
	if out, err := command("git", "ls-remote", "https://gitlab.example/house/other.git").Output(); err == nil {
		t.Errorf("a repository that nobody registered is there: %s", out)
	}
}

func TestCharts(t *testing.T) {
	s, charts := start(t)
	newer := charts[slices.IndexFunc(charts, func(c Chart) bool { return c.Name == "prometheus-operator-crds" })]
	newer.Version = "31.1.0+build"
	check(t, s.Publish(newer))
	for _, c := range charts {
		t.Run(c.Name, func(t *testing.T) {
			out := template(t, c)
			for _, line := range []string{"name: release", "namespace: place", `version: "` + c.Version + `"`, `values: "{\"key\":\"value\"}"`} {
				if !strings.Contains(out, line) {
					t.Errorf("there is no %q in:\n%s", line, out[max(0, len(out)-1000):])
				}
			}
			crds := 0
			for name := range c.Files {
				crds += strings.Count(name, "crds/")
			}
			if found := strings.Count(out, "kind: CustomResourceDefinition"); found != crds {
				t.Errorf("it brings %d CRDs, expected %d", found, crds)
			}
		})
	}
	newer.Version = ">=31.0.1" // the registry lists its tags
	if out := template(t, newer); !strings.Contains(out, `version: "31.1.0+build"`) {
		t.Errorf("it is not the newer chart:\n%s", out[max(0, len(out)-1000):])
	}
}

// template pulls a chart, as Argo CD does it, and renders it.
func template(t *testing.T, c Chart) string {
	t.Helper()
	dir := t.TempDir()
	pull := []string{"pull", "--destination", dir, "--version", c.Version}
	if strings.HasPrefix(c.RepoURL, "https://") {
		pull = append(pull, "--repo", c.RepoURL, c.Name)
	} else {
		pull = append(pull, "oci://"+c.RepoURL+"/"+c.Name)
	}
	run(t, "helm", pull...)
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	check(t, err)
	if len(archives) != 1 {
		t.Fatalf("%d archives, expected one", len(archives))
	}
	return run(t, "helm", "template", "release", archives[0], "--namespace", "place", "--set", "key=value", "--include-crds")
}

func caFile() string { return filepath.Join(os.TempDir(), "ca.pem") }

// command is a program that trusts the server, and sees nothing of the user's.
func command(program string, args ...string) *exec.Cmd {
	if program == "helm" {
		program = tools.Program(program)
	}
	c := exec.Command(program, args...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "SSL_CERT_FILE=" + caFile(), "GIT_SSL_CAINFO=" + caFile()}
	return c
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	c := command(program, args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, &stderr)
	}
	return string(out)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read reads the objects of a YAML file.
func read(file string) ([]unstructured.Unstructured, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var document json.RawMessage
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case string(document) == "null": // comments only
			continue
		}
		var o unstructured.Unstructured
		if err := o.UnmarshalJSON(document); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
}
