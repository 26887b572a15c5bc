package workload

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// tree is a file system with the files of an archive.
func tree(archive string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		out[f.Name] = &fstest.MapFile{Data: bytes.TrimSuffix(f.Data, []byte("\n"))}
	}
	return out
}

func directoryOf(repository fs.FS, d Directory) string {
	app := *testApp
	app.Directory = d
	return told(New(Files{Repository: repository}, Cluster{}).directory(&app))
}

const manyFiles = `
-- app/b.yaml --
kind: B
-- app/a.yml --
kind: A
-- app/c.json --

{"kind": "C"}
-- app/.d.yaml --
kind: D
-- app/sub/e.yaml --
kind: E
-- app/sub.yaml --
kind: Sub
-- app/sub/deep/f.yaml --
kind: F
-- app/README.md --
kind: R
-- app/x.libsonnet --
{}
-- app/upper.YAML --
kind: U
-- other/z.yaml --
kind: Z
`

func TestDirectory(t *testing.T) {
	const empty = "app: web-app: the folder holds no manifests [empty-source]\n"
	for name, c := range map[string]struct {
		files string
		d     Directory
		want  string
	}{
		"one folder": {manyFiles, Directory{},
			"app/.d.yaml:1:1 map[kind:D]\napp/a.yml:1:1 map[kind:A]\napp/b.yaml:1:1 map[kind:B]\napp/c.json:2:1 map[kind:C]\napp/sub.yaml:1:1 map[kind:Sub]\n"},
		"recurse": {manyFiles, Directory{Recurse: true},
			"app/.d.yaml:1:1 map[kind:D]\napp/a.yml:1:1 map[kind:A]\napp/b.yaml:1:1 map[kind:B]\napp/c.json:2:1 map[kind:C]\n" +
				"app/sub/deep/f.yaml:1:1 map[kind:F]\napp/sub/e.yaml:1:1 map[kind:E]\napp/sub.yaml:1:1 map[kind:Sub]\n"},
		"include": {manyFiles, Directory{Recurse: true, Include: "*.yaml"},
			"app/.d.yaml:1:1 map[kind:D]\napp/b.yaml:1:1 map[kind:B]\napp/sub/deep/f.yaml:1:1 map[kind:F]\napp/sub/e.yaml:1:1 map[kind:E]\napp/sub.yaml:1:1 map[kind:Sub]\n"},
		"include some":        {manyFiles, Directory{Recurse: true, Include: "{a,b,sub/e}*.y*ml"}, "app/a.yml:1:1 map[kind:A]\napp/b.yaml:1:1 map[kind:B]\napp/sub/e.yaml:1:1 map[kind:E]\n"},
		"exclude":             {manyFiles, Directory{Recurse: true, Include: "*.yaml", Exclude: "sub/*"}, "app/.d.yaml:1:1 map[kind:D]\napp/b.yaml:1:1 map[kind:B]\napp/sub.yaml:1:1 map[kind:Sub]\n"},
		"nothing included":    {manyFiles, Directory{Include: "sub/*"}, empty},
		"bad patterns":        {manyFiles, Directory{Include: "[a-", Exclude: "[a"}, "app: web-app: exclude is not a pattern: unexpected end of input [bad-glob]\napp: web-app: include is not a pattern: unexpected end of input [bad-glob]\n"},
		"no folder":           {"-- b/a.yaml --\nkind: A\n", Directory{}, "app: web-app: there is no such folder in the repository [missing-path]\n"},
		"a file":              {"-- app --\nkind: A\n", Directory{}, "app: web-app: expected a folder, found a file [missing-path]\n"},
		"no manifests":        {"-- app/x.txt --\n", Directory{}, empty},
		"empty files":         {"-- app/a.yaml --\n-- app/b.yaml --\n# b\n---\n", Directory{}, empty},
		"all broken":          {"-- app/a.yaml --\na: [\n-- app/b.yml --\n# values\nb: 1\n", Directory{}, "app/a.yaml:1:1: web-app: did not find expected node content [bad-yaml]\n"},
		"empty JSON":          {"-- app/a.json --\n", Directory{}, "app/a.json:1:1: web-app: EOF [bad-yaml]\n"},
		"skip":                {"-- app/a.yaml --\nkind: A\n-- app/b.yaml --\n# +argocd:skip-file-rendering\nkind: [\n-- app/c.jsonnet --\n// +argocd:skip-file-rendering\nerror 1\n", Directory{}, "app/a.yaml:1:1 map[kind:A]\n"},
		"a list":              {"-- app/a.yaml --\nkind: List\napiVersion: v1\nitems:\n- kind: A\n- null\n", Directory{}, "app/a.yaml:1:1 map[apiVersion:v1 items:[map[kind:A] <nil>] kind:List]\n"},
		"a JSON array":        {"-- app/a.json --\n\n[{\"kind\": \"A\"}]\n", Directory{}, "app/a.json:2:1: web-app: expected a Kubernetes object, found a list [bad-manifest]\n"},
		"JSON null":           {"-- app/a.json --\nnull\n", Directory{}, "app/a.json:1:1: web-app: expected a Kubernetes object, found null [bad-manifest]\n"},
		"JSON values":         {"-- app/a.json --\n{\"kind\": \"A\"}\n{\"kind\": \"B\"}\n", Directory{}, "app/a.json:2:1: web-app: expected one JSON object, found text after it [bad-manifest]\n  hint: use a file for each, or YAML\n"},
		"JSON and a bracket":  {"-- app/a.json --\n{\"kind\": \"A\"} ] hunter2\n", Directory{}, "app/a.json:1:1 map[kind:A]\n"},
		"JSON and YAML":       {"-- app/a.json --\n{\"kind\": \"A\"}\n---\n", Directory{}, "app/a.json:2:1: web-app: expected one JSON object, found text after it [bad-manifest]\n  hint: use a file for each, or YAML\n"},
		"YAML as JSON":        {"-- app/a.json --\nkind: A\n", Directory{}, "app/a.json:1:1: web-app: invalid character 'k' looking for beginning of value [bad-yaml]\n"},
		"JSON of another":     {"-- app/package.json --\n{\"name\": \"x\"}\n", Directory{}, "app/package.json:1:1 map[name:x]\n"}, // to be refused: Argo CD does not apply it
		"JSON keys twice":     {"-- app/a.json --\n{\"kind\": \"A\", \"kind\": \"B\"}\n", Directory{}, "app/a.json:1:1 map[kind:B]\n"},
		"YAML of another":     {"-- app/values.yaml --\nreplicas: 1\n---\nkind: A\n-- app/x.yaml --\nkind: X\n", Directory{}, "app/x.yaml:1:1 map[kind:X]\n"},
		"broken YAML":         {"-- app/values.yaml --\n{{ .Values }}: a\n-- app/x.yaml --\nkind: X\n", Directory{}, "app/x.yaml:1:1 map[kind:X]\n"},
		"broken manifest":     {"-- app/a.yaml --\napiVersion: v1\nkind: A\nmetadata:\n  name: {{ hunter2 }}\n", Directory{}, "app/a.yaml:1:1: web-app: invalid map key [bad-yaml]\n"},
		"manifest, no kind":   {"-- app/a.yaml --\napiVersion: v1\n# kind: A\nmetadata:\n", Directory{}, "app/a.yaml:1:1 map[apiVersion:v1 metadata:<nil>]\n"},
		"broken behind":       {"-- app/a.yaml --\nkind: A\n---\na: 'b\n", Directory{}, "app/a.yaml:1:1 map[kind:A]\napp/a.yaml:3:1: web-app: found unexpected end of stream [bad-yaml]\n"},
		"several are broken":  {"-- app/a.yaml --\nkind: A\n---\n[]\n-- app/b.json --\n{\"a\": tru}\n-- app/c.yaml --\nkind: C\n---\na: *b\n", Directory{}, "app/a.yaml:1:1 map[kind:A]\napp/c.yaml:1:1 map[kind:C]\napp/a.yaml:3:1: web-app: expected a Kubernetes object, found a list [bad-manifest]\napp/b.json:1:10: web-app: invalid character '}' in literal true (expecting 'e') [bad-yaml]\napp/c.yaml:3:1: web-app: unknown anchor referenced [bad-yaml]\n"},
		"nothing but strange": {"-- app/values.yaml --\na: 1\n", Directory{}, empty},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, directoryOf(tree(c.files), c.d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDirectoryRoot(t *testing.T) {
	files := tree("-- a.yaml --\nkind: A\n-- sub/b.yaml --\nkind: B\n-- .git/refs/heads/x.yaml --\nkind: X\n-- sub/.git/c.yaml --\nkind: C\n")
	for place, want := range map[string]string{
		".":      "a.yaml:1:1 map[kind:A]\nsub/.git/c.yaml:1:1 map[kind:C]\nsub/b.yaml:1:1 map[kind:B]\n",
		"":       "a.yaml:1:1 map[kind:A]\nsub/.git/c.yaml:1:1 map[kind:C]\nsub/b.yaml:1:1 map[kind:B]\n",
		"sub/":   "sub/.git/c.yaml:1:1 map[kind:C]\nsub/b.yaml:1:1 map[kind:B]\n",
		"../x":   "../x: web-app: the path leads out of the repository [path-outside]\n",
		"/sub":   "/sub: web-app: the path leads out of the repository [path-outside]\n",
		"sub/..": "a.yaml:1:1 map[kind:A]\nsub/.git/c.yaml:1:1 map[kind:C]\nsub/b.yaml:1:1 map[kind:B]\n",
	} {
		app := *testApp
		app.Path, app.Directory.Recurse = place, true
		if diff := cmp.Diff(want, told(New(Files{Repository: files}, Cluster{}).directory(&app))); diff != "" {
			t.Errorf("%q: %s", place, diff)
		}
	}
}

func TestDirectoryEncodings(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"UTF-8 with mark":  {"\xef\xbb\xbfkind: é", "é"},
		"little endian":    {"\xff\xfek\x00i\x00n\x00d\x00:\x00 \x00\xe9\x00", "é"},
		"big endian":       {"\xfe\xff\x00k\x00i\x00n\x00d\x00:\x00 \xd8\x3d\xde\x00", "\U0001f600"},
		"Latin-1":          {"kind: a\xe9\xe8b", "a\ufffd\ufffdb"},
		"half a character": {"\xff\xfek\x00i\x00n\x00d\x00:\x00 \x00a\x00b", "a\ufffd"},
		"half UTF-8":       {"kind: a\xe2\x82 b", "a\ufffd b"},
	} {
		got := directoryOf(fstest.MapFS{"app/a.yaml": {Data: []byte(c.text)}}, Directory{})
		if want := "app/a.yaml:1:1 map[kind:" + c.want + "]\n"; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestDirectoryTooLarge(t *testing.T) {
	const tooLarge = "app: web-app: the manifests of the folder are larger than 10 MB together, which Argo CD refuses (--max-combined-directory-manifests-size) [too-large]\n  hint: set include or exclude, or split the application\n"
	half := []byte("kind: A\n" + strings.Repeat("#\n", 2_499_996))
	files := fstest.MapFS{"app/a.yaml": {Data: half}, "app/b.yaml": {Data: half}, "app/c.txt": {Data: half}}
	const both = "app/a.yaml:1:1 map[kind:A]\napp/b.yaml:1:1 map[kind:A]\n"
	if got := directoryOf(files, Directory{}); got != both {
		t.Error(got)
	}
	files["app/c.yaml"] = &fstest.MapFile{Data: []byte("#")}
	if got := directoryOf(files, Directory{}); got != tooLarge {
		t.Error(got)
	}
	if got := directoryOf(files, Directory{Exclude: "c.*"}); got != both {
		t.Error(got)
	}
	files["app/c.yaml"] = &fstest.MapFile{Data: append(half, skipMarker...)} // does not count
	files["app/d.jsonnet"] = &fstest.MapFile{Data: []byte("[]" + strings.Repeat(" ", 1<<20))}
	if got := directoryOf(files, Directory{}); got != both {
		t.Error(got)
	}
	files["app/c.yaml"] = &fstest.MapFile{Data: make([]byte, maxOutput+1)}
	if got := directoryOf(files, Directory{}); got != tooLarge {
		t.Error(got)
	}
}

// repositoryOf writes files and links into a folder, and opens it so that no link leads out of it.
func repositoryOf(t *testing.T, files fstest.MapFS, links map[string]string) fs.FS {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "repository")
	if err := os.CopyFS(folder, files); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "../outside.yaml"), []byte("kind: Outside\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root.FS()
}

func TestDirectoryLinks(t *testing.T) {
	const files = "-- app/a.yaml --\nkind: A\n-- other/b.yaml --\nkind: B\n-- other/c.txt --\nkind: C\n"
	const onlyA = "app/a.yaml:1:1 map[kind:A]\n"
	for name, c := range map[string]struct {
		links map[string]string
		want  string
	}{
		"to a file":          {map[string]string{"app/b.yaml": "../other/b.yaml"}, onlyA + "app/b.yaml:1:1 map[kind:B]\n"},
		"to another name":    {map[string]string{"app/c.yaml": "../other/c.txt"}, onlyA + "app/c.yaml:1:1 map[kind:C]\n"},
		"with another name":  {map[string]string{"app/b.txt": "../other/b.yaml"}, onlyA},
		"to a link":          {map[string]string{"app/b.yaml": "../l.yaml", "l.yaml": "other/b.yaml"}, onlyA + "app/b.yaml:1:1 map[kind:B]\n"},
		"to a folder":        {map[string]string{"app/sub": "../other"}, onlyA},
		"named as manifests": {map[string]string{"app/sub.yaml": "../other"}, onlyA},
		"to nothing":         {map[string]string{"app/b.yaml": "../other/none.yaml"}, onlyA},
		"out":                {map[string]string{"app/b.yaml": "../../outside.yaml"}, "app/b.yaml: web-app: the file cannot be read in the repository: path escapes from parent [path-outside]\n"},
		"out and excluded":   {map[string]string{"app/x.yaml": "../../outside.yaml"}, "app/x.yaml: web-app: the file cannot be read in the repository: path escapes from parent [path-outside]\n"},
		"absolute":           {map[string]string{"app/b.yaml": "/etc/hostname"}, "app/b.yaml: web-app: the file cannot be read in the repository: path escapes from parent [path-outside]\n"},
		"to itself":          {map[string]string{"app/b.yaml": "b.yaml"}, "app/b.yaml: web-app: the file cannot be read in the repository: too many levels of symbolic links [path-outside]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, directoryOf(repositoryOf(t, tree(files), c.links), Directory{Recurse: true, Exclude: "x.*"})); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("the folder", func(t *testing.T) {
		got := directoryOf(repositoryOf(t, tree("-- other/b.yaml --\nkind: B\n"), map[string]string{"app": "other"}), Directory{})
		if want := "app: web-app: the path is a link, which Argo CD does not follow: it holds no manifests [empty-source]\n  hint: write the path of the folder itself\n"; got != want {
			t.Error(got)
		}
	})
}
