package diff_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/kinds"
	"github.com/hippotion/roster/internal/gen"
)

// changed are two platforms of 1,000 applications. They differ in one file.
func changed(b *testing.B, file string, edit func(string) string) [2]*diff.Side {
	options := gen.Options{Entries: 1000, Workloads: true}
	before, after := gen.Folder(options), gen.Folder(options)
	text := edit(string(after[file].Data))
	if text == string(before[file].Data) {
		b.Fatalf("%s is what it was", file)
	}
	after[file] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	return [2]*diff.Side{sideOf(b, "before", before), sideOf(b, "after", after)}
}

func replaced(old, with string, n int) func(string) string {
	return func(text string) string { return strings.Replace(text, old, with, n) }
}

// each compares both sides without kinds, and with all of them.
func each(b *testing.B, both [2]*diff.Side) {
	run := func(name string, of ...*diff.Kind) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := diff.Compare(both[0], both[1], diff.Options{Kinds: of}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("none")
	run("all", kinds.All()...)
}

// BenchmarkCompareValue is a change of a value of one application.
func BenchmarkCompareValue(b *testing.B) {
	each(b, changed(b, gen.Values(500), replaced("replicas: 1", "replicas: 2", 1)))
}

// BenchmarkComparePolicy is a change of what one namespace may reach.
func BenchmarkComparePolicy(b *testing.B) {
	each(b, changed(b, "applications.yml", replaced("profile: web-app", "profile: isolated", 1)))
}

// BenchmarkCompareLabel is a change of a label of one namespace.
func BenchmarkCompareLabel(b *testing.B) {
	each(b, changed(b, "applications.yml", replaced("family-4", "family-9", 1)))
}

// BenchmarkCompareChart is a change of all that the applications deploy.
func BenchmarkCompareChart(b *testing.B) {
	each(b, changed(b, gen.Template, replaced("  labels: {", "  labels: {house.example/new: label, ", -1)))
}
