package gen_test

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/gen"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// each runs a benchmark for every size and mix, and tells the time for one object.
func each(b *testing.B, run func(b *testing.B, o gen.Options)) {
	for _, plain := range []bool{true, false} {
		for _, entries := range []int{30, 3000, 30000} {
			mix := map[bool]string{true: "plain", false: "mixed"}[plain]
			b.Run(fmt.Sprintf("%s/%d", mix, entries), func(b *testing.B) {
				b.ReportAllocs()
				run(b, gen.Options{Entries: entries, Plain: plain})
			})
		}
	}
}

func perObject(b *testing.B, objects int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(objects), "ns/object")
	b.ReportMetric(float64(objects), "objects")
}

// platform loads an input from a real folder, as the command does.
func platform(tb testing.TB, o gen.Options) *catalog.Platform {
	tb.Helper()
	return load(tb, folder(tb, o))
}

func folder(tb testing.TB, o gen.Options) *os.Root {
	tb.Helper()
	dir := tb.TempDir()
	if err := gen.Write(dir, o); err != nil {
		tb.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = root.Close() })
	return root
}

func load(tb testing.TB, root *os.Root) *catalog.Platform {
	p, diags, err := catalog.Load(root.FS(), ".", catalog.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	if len(diags) > 0 {
		tb.Fatalf("%d diagnostics, the first: %+v", len(diags), diags[0])
	}
	return p
}

func BenchmarkLoad(b *testing.B) {
	each(b, func(b *testing.B, o gen.Options) {
		root := folder(b, o)
		objects := len(render.Build(load(b, root)))
		for b.Loop() {
			load(b, root)
		}
		perObject(b, objects)
	})
}

func BenchmarkBuild(b *testing.B) {
	each(b, func(b *testing.B, o gen.Options) {
		p := platform(b, o)
		var objects []object.Object
		for b.Loop() {
			objects = render.Build(p)
		}
		perObject(b, len(objects))
	})
}

// BenchmarkEncode is what a render cannot do without: the YAML of objects that are built already, one after the other.
func BenchmarkEncode(b *testing.B) {
	each(b, func(b *testing.B, o gen.Options) {
		var values []any
		for _, object := range render.Build(platform(b, o)) {
			values = append(values, object.Value())
		}
		for b.Loop() {
			e := render.Encoder()
			var buf []byte
			for _, v := range values {
				buf = e.Encode(append(buf[:0], "---\n"...), v)
			}
		}
		perObject(b, len(values))
	})
}

// BenchmarkRender is all of it but the start of the process.
func BenchmarkRender(b *testing.B) {
	each(b, func(b *testing.B, o gen.Options) {
		root := folder(b, o)
		objects := len(render.Build(load(b, root)))
		for b.Loop() {
			if err := render.Write(io.Discard, render.Build(load(b, root))); err != nil {
				b.Fatal(err)
			}
		}
		perObject(b, objects)
	})
}

// TestFolder holds the generator to what the benchmarks' figures rest on: inputs without mistakes, of the size asked for,
// with everything in the mix that it promises, and the same in memory as on disk.
func TestFolder(t *testing.T) {
	for _, o := range []gen.Options{{Entries: 30}, {Entries: 30, Plain: true}} {
		onDisk := platform(t, o)
		inMemory, diags, err := catalog.Load(gen.Folder(o), ".", catalog.Options{})
		if err != nil || len(diags) > 0 {
			t.Fatalf("%+v: %v %v", o, diags, err)
		}
		if !reflect.DeepEqual(onDisk, inMemory) {
			t.Errorf("%+v: the folder on disk is not the one in memory", o)
		}
		if len(onDisk.Namespaces) != o.Entries {
			t.Errorf("%+v: %d namespaces", o, len(onDisk.Namespaces))
		}
		got := map[string]int{}
		for _, x := range render.Build(onDisk) {
			got[x.Kind]++
		}
		want := map[string]int{"Namespace": 30, "ConfigMap": 30, "ServiceAccount": 30, "AppProject": 30, "Application": 30, "CiliumNetworkPolicy": 120}
		if !o.Plain { // each of six flows has a policy at either end
			want["CiliumNetworkPolicy"] += 12
			want["ExternalSecret"], want["IngressRoute"] = 6, 6
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: objects: got %v, want %v", o, got, want)
		}
	}
}
