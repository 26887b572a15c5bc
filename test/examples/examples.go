// Package examples loads the example platforms for tests, and runs roster on them.
package examples

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
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

// Load resolves and renders an example. An example with mistakes fails the test.
func Load(t testing.TB, name string) (*catalog.Platform, []object.Object) {
	t.Helper()
	root, err := os.OpenRoot(Root())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	platform, diags, err := catalog.Load(root.FS(), "examples/"+name, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diags {
		t.Errorf("%s: %s: %s [%s]", d.Pos, d.Path, d.Message, d.Code)
	}
	if platform == nil {
		t.FailNow()
	}
	return platform, render.Build(platform)
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
	c := exec.Command(roster, append([]string{"render", "--all", "examples/" + name}, flags...)...)
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

// All is what RenderAll prints, object by object.
func All(t testing.TB, roster, name string) (objects []Object, elsewhere []string) {
	t.Helper()
	stdout, elsewhere := RenderAll(t, roster, name)
	for text := range strings.SplitSeq(string(stdout), "\n---\n") {
		o := Object{Text: text}
		json, err := yaml.YAMLToJSONStrict([]byte(text))
		if err == nil {
			err = o.UnmarshalJSON(json)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		objects = append(objects, o)
	}
	return objects, elsewhere
}
