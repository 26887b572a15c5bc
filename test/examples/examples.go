// Package examples loads the example platforms for tests, and runs roster on them.
package examples

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Root is the root of this repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Names lists the examples.
func Names(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(Root(), "examples"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// Repository is the folder that is the repository of an example, and the folder of its list in there: most are one by themselves.
func Repository(t testing.TB, name string) (repository, list string) {
	t.Helper()
	reading, err := catalog.Read(os.DirFS(Root()), "examples/"+name, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(Root(), filepath.FromSlash(reading.Root)), reading.Folder
}

// Cluster is an example as it is on one of its clusters.
type Cluster struct {
	Example  string
	Platform *catalog.Platform
	// Objects are those that live there: its own, and what its Argo CD has for the clusters that it deploys to.
	Objects []object.Object
	// Managed are the platforms of all clusters that its Argo CD deploys to; none when it has none.
	Managed []*catalog.Platform
}

// String is the name of the example, and of the cluster if it has several.
func (c Cluster) String() string { return path.Join(c.Example, c.Platform.Cluster.Name) }

// Every is all clusters of all examples.
func Every(t testing.TB) []Cluster {
	t.Helper()
	var out []Cluster
	for _, name := range Names(t) {
		out = append(out, Clusters(t, name)...)
	}
	return out
}

// Clusters resolves and renders an example. An example with mistakes fails the test.
func Clusters(t testing.TB, name string) []Cluster {
	t.Helper()
	root, err := os.OpenRoot(Root())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return ClustersIn(t, root.FS(), name)
}

// ClustersIn is the same for another file system, in which files of the example may be other ones.
func ClustersIn(t testing.TB, root fs.FS, name string) []Cluster {
	t.Helper()
	reading, err := catalog.Read(root, "examples/"+name, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range reading.Mistakes {
		t.Errorf("%s: %s: %s [%s]", d.Pos, d.Path, d.Message, d.Code)
	}
	if reading.Clusters == nil {
		t.FailNow()
	}
	var out []Cluster
	for _, on := range reading.Clusters {
		c := Cluster{Example: name, Platform: on.Platform, Objects: render.Build(on.Platform)}
		for _, other := range reading.Clusters {
			if other.Platform.Cluster.Manager == c.Platform.Cluster.Name {
				c.Managed = append(c.Managed, other.Platform)
			}
			if other.Platform.Cluster.Manager == c.Platform.Cluster.Name && other.Platform.Cluster.Remote {
				c.Objects = append(c.Objects, render.InArgoCD(other.Platform)...)
			}
		}
		object.Sort(c.Objects)
		out = append(out, c)
	}
	return out
}

// Load is Clusters for an example with one cluster.
func Load(t testing.TB, name string) (*catalog.Platform, []object.Object) {
	t.Helper()
	c := Clusters(t, name)
	if len(c) != 1 {
		t.Fatalf("%s has %d clusters", name, len(c))
	}
	return c[0].Platform, c[0].Objects
}

// Roster builds the program and returns its path.
func Roster(t testing.TB) string {
	t.Helper()
	// go test does not know what another program reads, and would answer from its cache. It knows which folders of this
	// repository a test lists, and runs the test again when a file in one of them is another one.
	for _, source := range []string{"catalog", "cmd", "examples", "go.mod", "internal", "plugin", "profiles", "render"} {
		if err := filepath.WalkDir(filepath.Join(Root(), source), func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "roster.exe") // a name for any system
	c := exec.Command("go", "build", "-o", program, "./cmd/roster")
	c.Dir = Root()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// RenderAll runs `roster render --all` on an example. It returns what the program printed, and the applications that it could
// not render because their sources are elsewhere.
func RenderAll(t testing.TB, roster, name string, flags ...string) (stdout []byte, elsewhere []string) {
	t.Helper()
	return Render(t, roster, name, append([]string{"--all"}, flags...)...)
}

// Render is RenderAll with other flags.
func Render(t testing.TB, roster, name string, flags ...string) (stdout []byte, elsewhere []string) {
	t.Helper()
	c := exec.Command(roster, append([]string{"render", "examples/" + name}, flags...)...)
	c.Dir = Root()
	var out, messages bytes.Buffer
	c.Stdout, c.Stderr = &out, &messages
	err := c.Run()
	for line := range strings.Lines(messages.String()) {
		app, _, ok := strings.Cut(line, ": not rendered here: ")
		if !ok {
			t.Errorf("%s: %s", name, line)
		}
		elsewhere = append(elsewhere, app)
	}
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if partial := len(elsewhere) > 0; code != 0 && code != 3 || partial != (code == 3) {
		t.Fatalf("%s: exit code %d", name, code)
	}
	return out.Bytes(), elsewhere
}

// Object is one object that roster printed, and its text.
type Object struct {
	unstructured.Unstructured
	Text string
}

// Platform reports whether roster made the object; all others are what an application deploys.
func (o *Object) Platform() bool { return o.GetLabels()["app.kubernetes.io/managed-by"] == "roster" }

// All is what RenderAll prints for a cluster, object by object.
func All(t testing.TB, roster string, c Cluster) (objects []Object, elsewhere []string) {
	t.Helper()
	var flags []string
	if name := c.Platform.Cluster.Name; name != "" {
		flags = []string{"--cluster", name}
	}
	stdout, elsewhere := RenderAll(t, roster, c.Example, flags...)
	for text := range strings.SplitSeq(string(stdout), "\n---\n") {
		o := Object{Text: text}
		json, err := yaml.YAMLToJSONStrict([]byte(text))
		if err == nil {
			err = o.UnmarshalJSON(json)
		}
		if err != nil {
			t.Fatalf("%v: %v\n%s", c, err, text)
		}
		objects = append(objects, o)
	}
	return objects, elsewhere
}
