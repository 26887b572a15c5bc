package catalog

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
)

// findings are the mistakes of all clusters. One that is the same wherever its entry is, is of the list itself; all others are told with
// the clusters on which they are.
type findings struct {
	once  map[string]bool
	list  []finding
	index map[string]int // in list
}

type finding struct {
	diag.Diagnostic
	clusters []string
}

// newFindings begins with the mistakes of the list itself.
func newFindings(of diag.List) *findings {
	f := &findings{once: map[string]bool{}, index: map[string]int{}}
	for _, d := range of {
		if key := keyOf(d); !f.once[key] {
			f.once[key] = true
			f.list = append(f.list, finding{Diagnostic: d})
		}
	}
	return f
}

// keyOf is the same for what reads the same, but for the hint: what is known there differs between clusters.
func keyOf(d diag.Diagnostic) string {
	return strings.Join([]string{d.Pos.String(), d.Path, d.Code, d.Message}, "\x00")
}

// add adds what is wrong on a cluster.
func (f *findings) add(cluster string, of diag.List) {
	for _, d := range of {
		key := keyOf(d)
		if f.once[key] {
			continue
		}
		i, known := f.index[key]
		if !known {
			i = len(f.list)
			f.index[key] = i
			f.list = append(f.list, finding{Diagnostic: d})
		}
		if f.list[i].Hint != d.Hint {
			f.list[i].Hint = ""
		}
		if at := &f.list[i]; !slices.Contains(at.clusters, cluster) {
			at.clusters = append(at.clusters, cluster)
		}
	}
}

// merged are all mistakes of a number of clusters.
func (f *findings) merged(clusters int, where whereabouts) diag.List {
	var out diag.List
	for _, d := range f.list {
		of := clusters
		namespace, _, _ := strings.Cut(d.Path, ".")
		namespace, _, _ = strings.Cut(namespace, "[")
		if on := where.namespaces[namespace]; len(on) > 0 && d.Pos.File != PlatformFile {
			of = min(of, len(on))
		}
		if n := len(d.clusters); n > 0 && n < of && !d.said() {
			d.Message = "on " + ClusterList(d.clusters) + ": " + d.Message
		}
		out.Add(d.Diagnostic)
	}
	return out
}

// said reports whether the path says already which cluster it is about.
func (d *finding) said() bool {
	path, name := d.Path+".", d.clusters[0]
	return strings.HasPrefix(path, "clusters."+name+".") || strings.Contains(path, ".perCluster."+name+".")
}

// ClusterList names clusters in a sentence; many are cut short.
func ClusterList(names []string) string {
	const most = 5
	switch n := len(names); {
	case n == 1:
		return "the cluster " + names[0]
	case n > most:
		return "the clusters " + strings.Join(names[:most], ", ") + " and others"
	default:
		return "the clusters " + strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
