package outdir_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/outdir"
	"github.com/hippotion/roster/render/object"
)

// configMap is an object of a namespace; an empty one is the namespace itself.
func configMap(namespace, name, text string) object.Object {
	kind, metadata := "Namespace", map[string]any{"name": name}
	if namespace != "" {
		kind, metadata = "ConfigMap", map[string]any{"name": name, "namespace": namespace}
	}
	return object.Object{APIVersion: "v1", Kind: kind, Namespace: namespace, Name: name, Value: func() any {
		return map[string]any{"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": map[string]any{"text": text}}
	}}
}

func text(o object.Object) string {
	return "# rendered by roster\n" + string(new(object.Encoder).Encode(nil, o.Value()))
}

// state is each file of a folder with its content, each link with where it leads to, and each folder that is empty.
type state map[string]string

// of is what the objects are as files, beside others.
func of(objects []object.Object, others state) state {
	out := maps.Clone(others)
	if out == nil {
		out = state{}
	}
	for _, o := range objects {
		out[o.File()] = text(o)
	}
	return out
}

func read(t *testing.T, dir string) state {
	t.Helper()
	out := state{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || file == dir {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		switch name = filepath.ToSlash(name); d.Type() {
		case 0:
			var data []byte
			data, err = os.ReadFile(file)
			out[name] = string(data)
		case fs.ModeDir:
			var in []os.DirEntry
			if in, err = os.ReadDir(file); len(in) == 0 {
				out[name+"/"] = ""
			}
		case fs.ModeSymlink:
			var to string
			to, err = os.Readlink(file)
			out[name] = "-> " + to
		default:
			out[name] = d.Type().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func fill(t *testing.T, dir string, files state) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		to, link := strings.CutPrefix(files[name], "-> ")
		switch {
		case err != nil:
		case link:
			err = os.Symlink(to, file)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(file, 0o755)
		default:
			err = os.WriteFile(file, []byte(files[name]), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, dir string, objects []object.Object) error {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return outdir.Write(root, []outdir.Group{{Objects: objects}}, false, new(object.Encoder))
}

func TestWrite(t *testing.T) {
	namespace, a, b := configMap("", "web-a", ""), configMap("web-a", "a", "a"), configMap("web-b", "b", "b")
	changed := configMap("web-a", "a", "another")
	const export = "kind: ConfigMap\nmetadata:\n  labels:\n    app.kubernetes.io/managed-by: roster\n  name: stale\n  namespace: web-a\n"
	for _, c := range []struct {
		name          string
		before, after state
		objects       []object.Object
	}{
		{"a new folder", nil, of([]object.Object{namespace, a}, nil), []object.Object{namespace, a}},
		{"a file changes, one comes, one goes", of([]object.Object{namespace, a, b}, nil), of([]object.Object{changed, configMap("web-a", "c", "")}, nil),
			[]object.Object{changed, configMap("web-a", "c", "")}},
		{"a folder of others", state{"web-a/mine.yaml": "x", "web-a/README.md": "y", "empty/": ""}, of([]object.Object{a}, state{"web-a/mine.yaml": "x", "web-a/README.md": "y", "empty/": ""}), []object.Object{a}},
		{"stale, beside another's", of([]object.Object{b}, state{"web-b/mine.yaml": "x"}), of([]object.Object{a}, state{"web-b/mine.yaml": "x"}), []object.Object{a}},
		{"an export is stale when it has roster's name for it", state{"web-a/configmap-stale.yaml": export, "web-a/stale.yaml": export, "backup/configmap-stale.yaml": export},
			of([]object.Object{b}, state{"web-a/stale.yaml": export, "backup/configmap-stale.yaml": export}), []object.Object{b}},
		{"a copy of another tree, and marks in what is no object", state{"rendered/web-b/configmap-b.yaml": text(b), "copy/configmap-b.yaml": text(b), "web-b/x.yaml": "# rendered by roster\n]", "web-b/list.yaml": "# rendered by roster\n- a\n"},
			of([]object.Object{a}, state{"rendered/web-b/configmap-b.yaml": text(b), "copy/configmap-b.yaml": text(b), "web-b/x.yaml": "# rendered by roster\n]", "web-b/list.yaml": "# rendered by roster\n- a\n"}), []object.Object{a}},
		{"links to what would be stale", state{"web-b/configmap-b.yaml": "-> ../mine", "mine": text(b), "web-c": "-> web-b"}, of([]object.Object{a}, state{"web-b/configmap-b.yaml": "-> ../mine", "mine": text(b), "web-c": "-> web-b"}), []object.Object{a}},
		{"cut off on a full disk", state{"web-a/configmap-a.yaml": "", "_cluster/namespace-web-a.yaml": text(namespace)[:30]}, of([]object.Object{namespace, a}, nil), []object.Object{namespace, a}},
		{"left by a run that was killed", state{".roster-partial/new/web-x/configmap-x.yaml": "", ".roster-partial/old/web-b/configmap-b.yaml": text(b)}, of([]object.Object{a}, nil), []object.Object{a}},
		{"and nothing else to do", of([]object.Object{a}, state{".roster-partial/new/x": ""}), of([]object.Object{a}, nil), []object.Object{a}},
		{"somebody else's beside the tree", state{".roster-partial/mine": "x"}, of([]object.Object{a}, state{".roster-partial/mine": "x"}), []object.Object{a}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, c.before)
			for range 2 { // the second time, there is nothing to do
				if err := write(t, dir, c.objects); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.after, read(t, dir)); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestRefused: where roster cannot write without doing harm, all stays as it is.
func TestRefused(t *testing.T) {
	a, b := configMap("web-a", "a", "a"), configMap("web-b", "b", "b")
	const elsewhere = "\n  hint: move it elsewhere, or choose another folder"
	for _, c := range []struct {
		name    string
		before  state
		objects []object.Object
		want    string
	}{
		{"another's file", state{"web-a/configmap-a.yaml": "mine"}, []object.Object{a, b}, "web-a/configmap-a.yaml: the file was not written by roster\n  hint: move it elsewhere, or choose another folder"},
		{"another's, which has roster's text in it", state{"web-a/configmap-a.yaml": "mine\n" + text(a)}, []object.Object{a, b}, "web-a/configmap-a.yaml: the file was not written by roster" + elsewhere},
		{"another object with roster's mark", state{"web-a/configmap-a.yaml": text(b)}, []object.Object{a, b}, "web-a/configmap-a.yaml: the file was not written by roster" + elsewhere},
		{"a link for a file", state{"mine": "x", "web-a/configmap-a.yaml": "-> ../mine"}, []object.Object{a, b}, "web-a/configmap-a.yaml: something that roster did not write is in its place" + elsewhere},
		{"a folder for a file", state{"web-a/configmap-a.yaml/": ""}, []object.Object{a, b}, "web-a/configmap-a.yaml: something that roster did not write is in its place" + elsewhere},
		{"a link for a folder", state{"web-c/mine": "x", "web-a": "-> web-c"}, []object.Object{a, b}, "web-a/configmap-a.yaml: web-a is a symbolic link, which is not followed\n  hint: remove it"},
		{"a file for a folder", state{"web-a": "x"}, []object.Object{a, b}, "web-a/configmap-a.yaml: web-a is not a folder\n  hint: move it elsewhere"},
		{"a link for roster's own folder", state{"mine/new/x": "x", "mine/old/x": "x", ".roster-partial": "-> mine"}, []object.Object{a, b}, ".roster-partial is not a folder\n  hint: remove it"},
		{"one object twice", state{"mine": "x"}, []object.Object{a, b, a}, "web-a/configmap-a.yaml: two applications deploy it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			stale := configMap("web-z", "stale", "")
			before := of([]object.Object{stale}, c.before)
			fill(t, dir, before)
			err := write(t, dir, c.objects)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if diff := cmp.Diff(before, read(t, dir)); diff != "" {
				t.Errorf("changed (-before +after):\n%s", diff)
			}
		})
	}
	var many []object.Object
	before := state{}
	for i := range 50 {
		o := configMap("web-a", fmt.Sprint("a", i), "")
		many, before[o.File()] = append(many, o), "mine"
	}
	dir := t.TempDir()
	fill(t, dir, before)
	err := write(t, dir, many)
	if err == nil || !strings.Contains(err.Error(), "and 30 more") || strings.Count(err.Error(), "hint") != 20 {
		t.Errorf("got %v", err)
	}
}

// TestMode keeps the permissions of files, and of those that are right everything else too.
func TestMode(t *testing.T) {
	dir := t.TempDir()
	a, b := configMap("web-a", "a", "a"), configMap("web-a", "b", "b")
	fill(t, dir, of([]object.Object{a, b}, nil))
	was := map[string]fs.FileInfo{}
	for _, o := range []object.Object{a, b} {
		file := filepath.Join(dir, o.File())
		if err := os.Chmod(file, 0o640); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		was[file] = info
	}
	if err := write(t, dir, []object.Object{configMap("web-a", "a", "another"), b}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []object.Object{a, b} {
		file := filepath.Join(dir, o.File())
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
		if same := os.SameFile(info, was[file]); same != (o.Name == "b") {
			t.Errorf("%s is the same file: %v", file, same)
		}
	}
}
