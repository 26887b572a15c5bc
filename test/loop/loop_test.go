// Package loop runs the whole way from a commit to a healthy cluster, with the real programs: Git, Argo CD with roster as its
// plugin, and Kubernetes. What it stands in for, because there is no machine for it, is in remote (other hosts) and world
// (nodes and operators).
package loop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/remote"
	"github.com/hippotion/roster/test/loop/repo"
	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"
	"github.com/hippotion/roster/test/loop/world"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const (
	root  = "roster" // the Application that deploys the list
	image = "registry.example/roster:v1.0.0"

	// controllers leaves out what would fight with world, which binds volumes itself.
	controllers = "*,-persistentvolume-binder-controller,-persistentvolume-expander-controller"
)

func TestMain(m *testing.M) {
	hosts, err := hosts()
	if err != nil {
		panic(err)
	}
	os.Exit(sandbox.Main(m, hosts, tools.Prepare))
}

// hosts are those that any list of these tests gets something from.
func hosts() ([]string, error) {
	out := slices.Concat([]string{trialHost}, sourcesHosts, clustersHosts, routesHosts)
	for _, example := range []string{"homelab", "team"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "golden", example, "*", "application-*.yaml"))
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("%d Applications of %s: %w", len(files), example, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			objects, err := decode(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			names, err := remote.Hosts(objects)
			if err != nil {
				return nil, err
			}
			out = append(out, names...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// decode reads a stream of objects.
func decode(text []byte) ([]unstructured.Unstructured, error) {
	var out []unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var o unstructured.Unstructured
		switch err := decoder.Decode(&o); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case o.Object != nil:
			out = append(out, o)
		}
	}
}

// loop is a cluster with Argo CD in it, and a repository with a list.
type loop struct {
	*testing.T
	cluster *cluster.Cluster
	argo    *argo.ArgoCD
	remote  *remote.Server
	repo    *repo.Repo
	dir     string // a copy of the repository, in which roster is run as users do
	ca      string // a file with the certificates of the remote hosts
	began   time.Time
}

// options are those of a loop.
type options struct {
	apiServerFlags []string          // further ones
	settings       map[string]string // argocd-cm
	env            []string          // of Argo CD's components, beside what their pods have
}

// start starts the cluster, the rest of the world, and Argo CD without anything to do.
func start(t *testing.T, opts options) *loop {
	t.Helper()
	l := &loop{T: t, dir: t.TempDir(), began: time.Now()}
	names, err := hosts()
	l.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:443")
	l.must(err)
	l.ca = filepath.Join(t.TempDir(), "ca.pem")
	l.remote, err = remote.Start(listener, l.ca, names)
	l.must(err)
	t.Cleanup(func() { _ = l.remote.Close() })
	l.repo = repo.New(t)
	l.cluster = cluster.Start(t, clusterOptions(opts))
	plugins, err := filepath.Abs(filepath.Join("..", "..", "plugin"))
	l.must(err)
	l.argo = argo.Start(t, l.cluster, argo.Options{PluginDir: plugins, CA: l.ca, Env: opts.env, Settings: opts.settings})
	l.step("Argo CD runs")
	return l
}

// clusterOptions are those of a cluster.
func clusterOptions(opts options) cluster.Options {
	o := cluster.Options{Controllers: controllers, APIServerFlags: opts.apiServerFlags}
	if os.Getenv("ARGOCD") == "v2" {
		// Argo CD 2.14 knows the fields of Kubernetes 1.31, and fails at an object with another one, which this feature writes.
		const without = "--feature-gates=DeploymentReplicaSetTerminatingReplicas=false"
		o.APIServerFlags, o.ControllerManagerFlags = append(o.APIServerFlags, without), []string{without}
	}
	return o
}

func (l *loop) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// step logs how long it took until now.
func (l *loop) step(what string) { l.Logf("%5.1f s: %s", time.Since(l.began).Seconds(), what) }

// populate runs nodes and operators.
func (l *loop) populate(o world.Options) {
	l.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // it must outlive what the end of the test stops
	stop, err := world.Run(ctx, l.cluster.Config, o)
	l.must(err)
	l.Cleanup(func() { stop(); cancel() })
}

// push makes the repository that of fsys, where url names it, and returns the revision.
func (l *loop) push(fsys fs.FS, url string) string {
	l.Helper()
	l.must(os.RemoveAll(l.dir))
	l.must(os.CopyFS(l.dir, fsys))
	l.must(l.remote.Git(url, l.repo.Dir))
	return l.repo.Replace(l, fsys)
}

// roster runs roster in the copy of the repository.
func (l *loop) roster(args ...string) []byte {
	l.Helper()
	c := exec.Command(tools.Program("roster"), args...)
	c.Dir = l.dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		l.Fatalf("%s: %v\n%s", c, err, &stderr)
	}
	return out
}

// rendered are the objects that roster prints.
func (l *loop) rendered() []unstructured.Unstructured {
	l.Helper()
	objects, err := decode(l.roster("render"))
	l.must(err)
	return objects
}

// byHand applies what roster bootstrap prints.
func (l *loop) byHand() {
	l.Helper()
	_, err := l.cluster.Apply(l.Context(), l.roster("bootstrap", "--image", image), "--field-manager", "roster")
	l.must(err)
}

// patch merges a JSON document into an Application, as somebody would by hand.
func (l *loop) patch(app, merge string) {
	l.Helper()
	_, err := l.cluster.Patch(l.Context(), "argoproj.io/v1alpha1", "Application", argo.Namespace, app, merge)
	l.must(err)
}

// installCRDs installs what remote.CRDs has found.
func (l *loop) installCRDs(crds map[string][]unstructured.Unstructured) {
	l.Helper()
	for _, list := range crds {
		for _, crd := range list {
			l.cluster.InstallCRDs(l, crd.GetName())
		}
	}
}

// bootstrap does what a user does by hand, and what a cluster then does: the repo-server starts again with its sidecar.
func (l *loop) bootstrap() {
	l.Helper()
	l.byHand()
	l.argo.StartRepoServer(l)
	l.step("bootstrap is applied")
}

// provide creates the namespaces that objects are in and that are not among them: those that the list says somebody else
// makes, with manageNamespace: false.
func (l *loop) provide(objects []unstructured.Unstructured) {
	l.Helper()
	made := map[string]bool{"": true}
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			made[o.GetName()] = true
		}
	}
	for _, o := range objects {
		if name := o.GetNamespace(); !made[name] {
			made[name] = true
			_, err := l.cluster.Apply(l.Context(), fmt.Appendf(nil, "{apiVersion: v1, kind: Namespace, metadata: {name: %q}}", name))
			l.must(err)
		}
	}
}

// publish stands in for what the objects name and is not in this repository.
func (l *loop) publish(objects []unstructured.Unstructured, ours string, crds map[string][]unstructured.Unstructured) {
	l.Helper()
	repositories, err := remote.RepositoriesOf(objects)
	l.must(err)
	for i, r := range repositories {
		if r.URL != ours {
			dir := filepath.Join(l.TempDir(), fmt.Sprint(i))
			l.must(r.StandIn(dir))
			l.must(l.remote.Git(r.URL, dir))
		}
	}
	charts, err := remote.ChartsOf(objects)
	l.must(err)
	for _, c := range charts {
		l.must(c.AddCRDs(crds[c.Name]...))
		l.must(l.remote.Publish(c))
	}
}

// compare reports rendered objects that are not in the cluster as they were rendered. What the cluster adds is its own.
func (l *loop) compare(objects []unstructured.Unstructured) error {
	var problems []error
	for _, want := range objects {
		got, err := l.cluster.Get(l.Context(), want.GetAPIVersion(), want.GetKind(), want.GetNamespace(), want.GetName())
		if err == nil {
			err = holds(got.Object, want.Object, "")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s %s/%s: %w", want.GetKind(), want.GetNamespace(), want.GetName(), err))
		}
	}
	return errors.Join(problems...)
}

// holds returns where got does not have what want has. An item of a list has nothing else: many lists are compared as a whole.
func holds(got, want any, at string) error {
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		for key, value := range got {
			if _, ok := want[key]; !ok && strings.Contains(at, "[") {
				return fmt.Errorf("%s: there is %s: %v as well", at, key, value)
			}
		}
		for key, value := range want {
			if err := holds(got[key], value, at+"."+key); err != nil {
				return err
			}
		}
		return nil
	case []any:
		got, _ := got.([]any)
		if len(got) != len(want) {
			return fmt.Errorf("%s: %d items, want %d", at, len(got), len(want))
		}
		for i, value := range want {
			if err := holds(got[i], value, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%s: %v, want %v", at, got, want)
	}
	return nil
}

// retried are the Applications whose last sync had to be tried more than once.
func (l *loop) retried() (names []string) {
	l.Helper()
	apps, err := l.cluster.List(l.Context(), "argoproj.io/v1alpha1", "Application", argo.Namespace, listAll)
	l.must(err)
	for _, app := range apps {
		if n, _, _ := unstructured.NestedInt64(app.Object, "status", "operationState", "retryCount"); n > 0 {
			message, _, _ := unstructured.NestedString(app.Object, "status", "operationState", "message")
			names = append(names, fmt.Sprintf("%s (%d times: %s)", app.GetName(), n, strings.TrimSpace(message)))
		}
	}
	return names
}
