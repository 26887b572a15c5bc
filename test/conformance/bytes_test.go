package conformance

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"runtime"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/test/examples"
	"go.yaml.in/yaml/v3"
)

// replaced is a file system in which some files have other content.
type replaced struct {
	fs.FS
	files fstest.MapFS
}

func (r replaced) Open(name string) (fs.File, error) {
	if r.files[name] != nil {
		return r.files.Open(name)
	}
	return r.FS.Open(name)
}

func (r replaced) ReadLink(name string) (string, error)   { return fs.ReadLink(r.FS, name) }
func (r replaced) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(r.FS, name) }

// text renders a folder to one text.
func text(t *testing.T, fsys fs.FS, dir string) string {
	t.Helper()
	in, err := catalog.Read(fsys, dir, catalog.Options{})
	if err != nil || len(in.Mistakes) > 0 {
		t.Errorf("%v %v", err, in.Mistakes)
		return ""
	}
	var out bytes.Buffer
	for _, c := range in.Clusters {
		objects := append(render.Root(c.Platform), render.Build(c.Platform)...)
		if c.Platform.Cluster.Remote {
			objects = append(objects, render.InArgoCD(c.Platform)...)
		}
		if err := render.Write(&out, objects); err != nil {
			t.Error(err)
		}
	}
	return out.String()
}

// TestBytes renders the same input in many ways and demands the same bytes.
func TestBytes(t *testing.T) {
	for _, name := range examples.Names(t) {
		t.Run(name, func(t *testing.T) {
			root, err := os.OpenRoot(examples.Root())
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			dir := path.Join("examples", name)
			want := text(t, root.FS(), dir)
			same := func(t *testing.T, fsys fs.FS) {
				if got := text(t, fsys, dir); got != want {
					t.Error("other bytes")
				}
			}
			t.Run("100 times", func(t *testing.T) {
				for range 100 {
					same(t, root.FS())
				}
			})
			t.Run("shuffled", func(t *testing.T) {
				inputs := map[string]bool{}
				for seed := range uint64(20) {
					input := shuffled(t, root.FS(), dir, rand.New(rand.NewPCG(seed, 1)))
					same(t, input)
					inputs[string(input.files[path.Join(dir, catalog.ApplicationsFile)].Data)] = true
				}
				if len(inputs) < 10 {
					t.Errorf("only %d different orders were tried", len(inputs))
				}
			})
			t.Run("cores", func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
				for n := 1; n <= 8; n++ {
					runtime.GOMAXPROCS(n)
					same(t, root.FS())
				}
			})
			t.Run("64 at once", func(t *testing.T) {
				var wg sync.WaitGroup
				for range 64 {
					wg.Go(func() { same(t, root.FS()) })
				}
				wg.Wait()
			})
		})
	}
}

// shuffled is the same input with the keys of every mapping, and the entries of the list, in another order.
func shuffled(t *testing.T, fsys fs.FS, dir string, random *rand.Rand) replaced {
	t.Helper()
	files := fstest.MapFS{}
	parts, err := fs.Glob(fsys, path.Join(dir, catalog.ApplicationsDir, "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(parts, path.Join(dir, catalog.ApplicationsFile), path.Join(dir, catalog.PlatformFile)) {
		before, err := fs.ReadFile(fsys, file)
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(before, &doc); err != nil {
			t.Fatal(err)
		}
		doc = *withoutAliases(&doc) // they must follow their anchors
		shuffle(&doc, random)
		if list := doc.Content[0]; list.Kind == yaml.SequenceNode {
			random.Shuffle(len(list.Content), func(i, j int) { list.Content[i], list.Content[j] = list.Content[j], list.Content[i] })
		}
		after, err := yaml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		files[file] = &fstest.MapFile{Data: after}
	}
	return replaced{fsys, files}
}

func withoutAliases(y *yaml.Node) *yaml.Node {
	if y.Kind == yaml.AliasNode {
		return withoutAliases(y.Alias)
	}
	out := *y
	out.Anchor, out.Content = "", nil
	for _, c := range y.Content {
		out.Content = append(out.Content, withoutAliases(c))
	}
	return &out
}

func shuffle(y *yaml.Node, random *rand.Rand) {
	if y.Kind == yaml.MappingNode {
		random.Shuffle(len(y.Content)/2, func(i, j int) {
			y.Content[2*i], y.Content[2*j] = y.Content[2*j], y.Content[2*i]
			y.Content[2*i+1], y.Content[2*j+1] = y.Content[2*j+1], y.Content[2*i+1]
		})
	}
	for _, c := range y.Content {
		shuffle(c, random)
	}
}
