package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// report prints the results of the sample as tables.
func report(w io.Writer, all count, byPackage, byKind map[string]*count) {
	for _, table := range []struct {
		head   string
		counts map[string]*count
	}{{"package", byPackage}, {"kind", byKind}} {
		_, _ = fmt.Fprintf(w, "\n| %s | mutants | caught | share | not reached by any test |\n|:--|--:|--:|--:|--:|\n", table.head)
		for _, key := range slices.Sorted(maps.Keys(table.counts)) {
			line(w, key, *table.counts[key])
		}
		line(w, "**all**", all)
	}
	low, high := interval(all.caught, all.all)
	_, _ = fmt.Fprintf(w, "\nThe share of all mutants that is caught lies between %.0f and %.0f %% with 95 %% confidence.\n", 100*low, 100*high)
}

func line(w io.Writer, key string, c count) {
	_, _ = fmt.Fprintf(w, "| %s | %d | %d | %.0f %% | %d |\n", key, c.all, c.caught, 100*float64(c.caught)/float64(max(1, c.all)), c.unreached)
}

// interval is Wilson's for a share of a sample, with 95 % confidence.
func interval(hits, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	share, size := float64(hits)/float64(n), float64(n)
	middle := (share + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(share*(1-share)/size+z*z/(4*size*size))
	return middle - half, middle + half
}
