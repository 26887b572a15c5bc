package loop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestSets compares what roster import makes of ApplicationSets, over the files of a repository, with what it makes of the Applications that
// Argo CD has made of them: the same list, and the same said of each Application. The annotation of a set says what must come of it: made
// (by both), said (Argo CD may make some, and roster import says that it does not), refused (by both).
func TestSets(t *testing.T) {
	l := start(t, options{})
	l.argo.Controller.Stop() // it writes into Applications
	folder := filepath.Join("testdata", "sets")
	l.push(os.DirFS(folder), "https://"+trialHost+"/x.git")
	l.argo.StartSets(l)
	text, err := os.ReadFile(filepath.Join(folder, "sets", "sets.yaml"))
	l.must(err)
	_, err = l.cluster.Apply(l.Context(), text)
	l.must(err)
	l.step("the ApplicationSets are applied")
	sets, err := decode(text)
	l.must(err)
	got := l.imports(folder, nil)
	expect, refused := map[string]string{}, map[string]string{}
	for _, set := range sets {
		name := set.GetName()
		expect[name], refused[name] = set.GetAnnotations()["expect"], l.refusal(name)
	}
	made, count := l.madeOf(expect)
	for _, set := range sets {
		name := set.GetName()
		is := "made"
		if id := "ApplicationSet argocd/" + name; got.said[id].State == "not expressed" {
			if is = "said"; expect[name] == "refused" && refused[name] != "" && count[name] == 0 {
				is = "refused"
			}
			delete(got.said, id)
		} else if delete(got.said, id); refused[name] != "" || count[name] == 0 {
			is = "made here alone"
		}
		if is != expect[name] {
			l.Errorf("%s is %s, want %s; Argo CD has made %d Applications, and says %q", name, is, expect[name], count[name], refused[name])
		}
	}
	want := l.imports("-", made)
	if d := cmp.Diff(want.list, got.list); d != "" {
		l.Errorf("the list for what Argo CD makes (-), and for the ApplicationSets (+):\n%s", d)
	}
	if d := cmp.Diff(want.said, got.said); d != "" {
		l.Errorf("what is said of the Applications that Argo CD makes (-), and of those of the ApplicationSets (+):\n%s", d)
	}
	l.step("all are compared")
}

// refusal waits until Argo CD is done with a set, and returns why it refuses it.
func (l *loop) refusal(set string) (why string) {
	l.Helper()
	cluster.Eventually(l, patience, "Argo CD is done with "+set, func() error {
		o, err := l.cluster.Get(l.Context(), argoAPI, "ApplicationSet", argo.Namespace, set)
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
		for _, c := range conditions {
			switch c, _ := c.(map[string]any); {
			case c["type"] == "ErrorOccurred" && c["status"] == "True":
				why = fmt.Sprint(c["message"])
				return nil
			case c["type"] == "ResourcesUpToDate" && c["status"] == "True":
				return nil
			}
		}
		return fmt.Errorf("its conditions are %v", conditions)
	})
	return why
}

// madeOf are the Applications of the sets of which some are expected, and how many each set has.
func (l *loop) madeOf(expect map[string]string) (list []byte, count map[string]int) {
	l.Helper()
	apps, err := l.cluster.List(l.Context(), argoAPI, "Application", argo.Namespace, metav1.ListOptions{})
	l.must(err)
	out := unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	count = map[string]int{}
	for _, app := range apps {
		set := app.GetOwnerReferences()[0].Name
		if count[set]++; expect[set] == "made" {
			out.Items = append(out.Items, app)
		}
	}
	list, err = out.MarshalJSON()
	l.must(err)
	return list, count
}

// saying is what roster import says of an object.
type saying struct {
	State   string
	Reasons []string
	Fields  []struct{ Path, Change string }
}

// importing is what roster import makes of a folder, or of a text.
type importing struct {
	list string
	said map[string]saying // by kind, namespace and name
}

func (l *loop) imports(from string, stdin []byte) importing {
	l.Helper()
	dir := l.TempDir()
	c := exec.Command(tools.Program("roster"), "import", from, "--format", "json", "-o", dir)
	c.Stdin = bytes.NewReader(stdin)
	text, err := c.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() != 3 {
		l.Fatalf("%s: %v\n%s", c, err, exit.Stderr)
	}
	var report struct {
		Objects []struct {
			saying
			Kind, Namespace, Name string
		}
	}
	l.must(json.Unmarshal(text, &report))
	out := importing{said: map[string]saying{}}
	for _, o := range report.Objects {
		out.said[o.Kind+" "+o.Namespace+"/"+o.Name] = o.saying
	}
	list, err := os.ReadFile(filepath.Join(dir, "applications.yml"))
	l.must(err)
	out.list = string(list)
	return out
}
