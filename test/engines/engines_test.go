// Package engines compares what `roster render --app` prints with what the tools print that it replaces, and with what
// Argo CD's own code makes of the same Application.
package engines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const root = "../.."

// TestMain builds roster and the tools, and puts them where Argo CD looks for them.
func TestMain(m *testing.M) {
	bin, err := os.MkdirTemp("", "roster-engines-")
	if err == nil {
		err = build(bin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	modules, err := exec.Command("go", "env", "GOMODCACHE").Output() // which is found through HOME
	if err != nil {
		panic(err)
	}
	home := filepath.Join(bin, "home")
	environment := map[string]string{
		"GOMODCACHE": strings.TrimSpace(string(modules)),
		"PATH":       path(bin, newest),
		"HOME":       home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home, "KUBECONFIG": os.DevNull, // nothing of the user's
		"ARGOCD_LOG_LEVEL": "fatal",
		"HTTP_PROXY":       "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", // what asks the network fails
	}
	for name, value := range environment {
		if err := os.Setenv(name, value); err != nil {
			panic(err) // the names are fixed
		}
	}
	logrus.SetLevel(logrus.FatalLevel) // Argo CD tells which commands it runs, and those that fail before it tries others
	code := m.Run()
	if err := os.RemoveAll(bin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// release is a version of Argo CD, and the version of Helm in its image.
type release struct{ argocd, helm string }

// The releases with the versions of Helm that are compared.
var (
	newest = release{"3.5", "v4.2.1"}
	older  = release{"3.2", "v3.18.4"}
)

// path is where programs are found, with the Helm of a release.
func path(bin string, r release) string {
	return strings.Join([]string{bin, filepath.Join(bin, r.helm), os.Getenv("PATH")}, string(filepath.ListSeparator))
}

// build builds the programs into the folder bin.
func build(bin string) error {
	for _, b := range [...]struct {
		dir, to, flags string
		packages       []string
	}{
		{root, "", "", []string{"./cmd/roster", "./test/sources"}},
		{"tools", "", "", []string{"sigs.k8s.io/kustomize/kustomize/v5", "github.com/google/go-jsonnet/cmd/jsonnet"}},
		// Helm's releases are told their version when they are built.
		{"tools", older.helm, "-X helm.sh/helm/v3/internal/version.version=" + older.helm, []string{"helm.sh/helm/v3/cmd/helm"}},
		{"tools/helm4", newest.helm, "-X helm.sh/helm/v4/internal/version.version=" + newest.helm, []string{"helm.sh/helm/v4/cmd/helm"}},
	} {
		to := filepath.Join(bin, b.to) + string(filepath.Separator)
		c := exec.Command("go", append([]string{"build", "-ldflags", b.flags, "-o", to}, b.packages...)...)
		c.Dir, c.Stderr = b.dir, os.Stderr
		c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if err := c.Run(); err != nil {
			return fmt.Errorf("building in %s: %w", b.dir, err)
		}
	}
	return nil
}

// tool gives the objects of one Application as the tool of its source prints them. It may change what is in dir.
type tool func(p *platform, t *testing.T, a app, dir string) []*unstructured.Unstructured

// source is a folder below testdata that is a repository, with how many objects each of its applications has.
type source struct {
	name    string
	objects map[string]int
	archive string         // the folder into which the charts in packed/ are put as archives
	ofHelm3 map[string]int // instead of objects, where Helm 3 leaves some out
	argocd  string         // the version of Argo CD that platform.yml names; the newest when empty
}

// compare renders the applications of each source with roster, the tool and Argo CD, and compares the objects.
func compare(t *testing.T, engine string, print tool, sources []source) {
	for _, s := range sources {
		t.Run(s.name, func(t *testing.T) {
			p := load(t, s.checkout(t, engine))
			if diff := cmp.Diff(slices.Sorted(maps.Keys(s.objects)), slices.Sorted(maps.Keys(p.apps))); diff != "" {
				t.Fatalf("the applications (-expected +found):\n%s", diff)
			}
			for code := range p.apps {
				t.Run(code, func(t *testing.T) {
					t.Parallel()
					ours := p.render(t, code)
					if len(ours) != s.objects[code] {
						t.Errorf("roster prints %d objects, expected %d:\n%s", len(ours), s.objects[code], keys(ours))
					}
					if print != nil {
						same(t, "the tool", ours, p.theirs(t, code, print))
					}
					same(t, "Argo CD", ours, p.theirs(t, code, (*platform).generate))
				})
			}
		})
	}
}

// objects are objects by group, kind, namespace and name.
type objects map[kube.ResourceKey]*unstructured.Unstructured

func keys(of objects) string {
	var out bytes.Buffer
	for key := range of {
		_, _ = fmt.Fprintln(&out, key.String())
	}
	return out.String()
}

// same fails the test when the objects are not the same.
func same(t *testing.T, who string, ours, theirs objects) {
	t.Helper()
	if len(theirs) == 0 {
		t.Errorf("%s prints nothing", who)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("differences (-%s +roster):\n%s", who, diff)
	}
}

// checkout copies a source out of testdata: Argo CD and the tools write into it. platform.yml is the one for all sources,
// unless the source has its own.
func (s *source) checkout(t *testing.T, engine string) string {
	t.Helper()
	dir := clone(t, filepath.Join("testdata", engine, s.name))
	file := filepath.Join(dir, "platform.yml")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		text, err = os.ReadFile("testdata/platform.yml")
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.argocd != "" {
		text = append(text, fmt.Sprintf("argocd: {version: %q}\n", s.argocd)...)
	}
	write(t, file, text)
	if s.archive != "" {
		charts, err := filepath.Glob(filepath.Join(dir, "packed", "*"))
		if err != nil || len(charts) == 0 {
			t.Fatalf("there is nothing to pack: %v", err)
		}
		run(t, dir, "helm", append([]string{"package", "--destination", filepath.Join(dir, s.archive)}, charts...)...)
	}
	return dir
}

// eachHelm compares with the Helm of each release. Helm 4 alone renders the sources in addition.
func eachHelm(t *testing.T, print tool, sources []source, addition ...source) {
	roster, err := exec.LookPath("roster")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [...]release{newest, older} {
		t.Run("Helm "+r.helm, func(t *testing.T) {
			t.Setenv("PATH", path(filepath.Dir(roster), r))
			all := slices.Clone(sources)
			if r == newest {
				all = append(all, addition...)
			}
			for i := range all {
				all[i].argocd = r.argocd
				if r == older && all[i].ofHelm3 != nil {
					all[i].objects = all[i].ofHelm3
				}
			}
			compare(t, "helm", print, all)
		})
	}
}

func clone(t *testing.T, dir string) string {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a program in dir, and returns what it prints.
func run(t *testing.T, dir, program string, args ...string) []byte {
	t.Helper()
	c := exec.Command(program, args...)
	var stderr bytes.Buffer
	c.Dir, c.Stderr = dir, &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, &stderr)
	}
	return out
}

// read reads what roster prints.
func read(t *testing.T, text []byte) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	decoder := kubeyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(o)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
}

// split reads what a tool prints, as Argo CD does.
func split(t *testing.T, text []byte) []*unstructured.Unstructured {
	t.Helper()
	out, err := kube.SplitYAML(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// platform is a folder that roster reads, in a repository of its own, and what it makes of it.
type platform struct {
	dir          string
	apps         map[string]app
	clusterWide  map[string]map[kube.ResourceKey]bool // by project, what it permits: keys with group and kind alone
	kubeVersion  string
	apiVersions  []string
	buildOptions string // of kustomize

	// What roster tells catalog applications.
	hosts      map[string]string // by application
	monitoring string            // the namespace of what provides monitoring.coreos.com
	uses       any               // as the first chart of the list has it that uses the bus
}

// app is an Application that roster prints.
type app = *v1alpha1.Application

func load(t *testing.T, dir string) *platform {
	t.Helper()
	p := &platform{dir: dir, apps: map[string]app{}, clusterWide: map[string]map[kube.ResourceKey]bool{}, hosts: map[string]string{}}
	for _, o := range read(t, run(t, dir, "roster", "render", dir, "--repository", dir)) {
		switch o.GetKind() {
		case "Application":
			var a v1alpha1.Application
			convert(t, o, &a)
			p.apps[a.Name] = &a
			if source := a.Spec.GetSource(); p.uses == nil && source.Helm != nil && source.Helm.ValuesObject != nil {
				values := map[string]any{}
				if err := yaml.Unmarshal(source.Helm.ValuesObject.Raw, &values); err != nil {
					t.Fatal(err)
				}
				p.uses, _, _ = unstructured.NestedFieldNoCopy(values, "global", "roster", "uses")
			}
		case "IngressRoute":
			_, origin, _ := strings.Cut(o.GetAnnotations()["roster.hippotion.github.io/origin"], "/applications/")
			if code, host, ok := strings.Cut(origin, "/ingress/"); ok && p.hosts[code] == "" {
				p.hosts[code] = host
			}
		case "AppProject":
			var project v1alpha1.AppProject
			convert(t, o, &project)
			p.clusterWide[project.Name] = map[kube.ResourceKey]bool{}
			for _, kind := range project.Spec.ClusterResourceWhitelist {
				p.clusterWide[project.Name][kube.ResourceKey{Group: kind.Group, Kind: kind.Kind}] = true
			}
		}
	}
	var file struct {
		Kubernetes struct {
			Version     string
			APIVersions []string
		}
		ArgoCD struct{ Kustomize struct{ BuildOptions string } }
	}
	list, err := os.ReadFile(filepath.Join(dir, "applications.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Namespace    string
		Applications []any
	}
	if err := yaml.Unmarshal(list, &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		for _, a := range e.Applications {
			a, _ := a.(map[string]any)
			if groups, _ := a["provides"].([]any); slices.Contains(groups, any("monitoring.coreos.com")) {
				p.monitoring = e.Namespace
			}
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "platform.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	p.kubeVersion, p.apiVersions = file.Kubernetes.Version, file.Kubernetes.APIVersions
	p.buildOptions = file.ArgoCD.Kustomize.BuildOptions
	if p.kubeVersion == "" {
		p.kubeVersion = "v1.35.0" // docs/input.md
	}
	return p
}

func convert(t *testing.T, o *unstructured.Unstructured, out any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, out); err != nil {
		t.Fatal(err)
	}
}

func keyOf(o *unstructured.Unstructured) kube.ResourceKey {
	key := kube.GetResourceKey(o)
	if key.Name == "" {
		key.Name = o.GetGenerateName()
	}
	return key
}

// render is what roster prints for an application. It must be printed once: nothing is left to leave out.
func (p *platform) render(t *testing.T, code string) objects {
	t.Helper()
	out := objects{}
	for _, o := range read(t, run(t, p.dir, "roster", "render", "--app", code, p.dir, "--repository", p.dir)) {
		key := keyOf(o)
		if out[key] != nil {
			t.Errorf("roster prints %s twice", key.String())
		}
		out[key] = o
	}
	return out
}
