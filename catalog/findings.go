package catalog

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
)

// findings are the mistakes of all clusters. One that is the same wherever its entry is, is of the list itself; all others are told with
// the clusters on which they are.
type findings struct {
	once  map[diag.Identity]bool
	list  []finding
	index map[diag.Identity]int // in list. Hints do not tell findings apart: what is known, which they list, differs between clusters
}

type finding struct {
	diag.Diagnostic
	clusters []string
}

// newFindings begins with the mistakes of the list itself.
func newFindings(of diag.List) *findings {
	f := &findings{once: map[diag.Identity]bool{}, index: map[diag.Identity]int{}}
	for _, d := range of {
		if key := d.Identity(); !f.once[key] {
			f.once[key] = true
			f.list = append(f.list, finding{Diagnostic: d})
		}
	}
	return f
}

// add adds what is wrong on a cluster.
func (f *findings) add(cluster string, of diag.List) {
	for _, d := range of {
		key := d.Identity()
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
		if on := where.namespaces[d.Outermost()]; len(on) > 0 && d.Pos.File != PlatformFile {
			of = min(of, len(on))
		}
		if n := len(d.clusters); n > 0 && n < of && !d.said() {
			d.Message = OnClusters(d.clusters, d.Message)
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

// OnClusters is a message about some of the clusters.
func OnClusters(names []string, message string) string {
	return "on " + ClusterList(names) + ": " + message
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
