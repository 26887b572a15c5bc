package inspection

import (
	"cmp"
	"path"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// gathered are the findings on all clusters. One that is the same wherever its entry is is told once; another one names its clusters.
type gathered struct {
	clusters int
	having   map[string]int    // how many clusters have an entry of that namespace
	own      map[string]bool   // files and folders that the list is read from
	read     []map[string]bool // and those that the sources on each cluster are
	list     []*gatheredFinding
	byText   map[text]*gatheredFinding
	mistakes diag.List
}

// text is what tells findings apart.
type text struct {
	diag.Identity
	hint string
}

type gatheredFinding struct {
	lint.Finding
	on []string
}

func (g *gathered) add(p *catalog.Platform, found lint.Result) {
	if g.byText == nil {
		g.byText, g.having = map[text]*gatheredFinding{}, map[string]int{}
	}
	for i := range p.Namespaces {
		g.having[p.Namespaces[i].Name]++
	}
	g.read = append(g.read, readBy(p))
	if g.clusters++; g.clusters == 1 {
		g.own = map[string]bool{}
		for read := range strings.SplitSeq(p.Repository.ListPaths, ";") {
			g.own[catalog.FromRoot(p.Repository.Folder, read)] = true
		}
		// what platform.yml says of rules is the same for all
		g.mistakes = found.Mistakes
	}
	for _, f := range found.Findings {
		key := text{f.Identity(), f.Hint}
		known := g.byText[key]
		if known == nil {
			known = &gatheredFinding{Finding: f}
			g.byText[key] = known
			g.list = append(g.list, known)
		}
		known.on = append(known.on, p.Cluster.Name)
	}
}

// findings are all of them.
func (g *gathered) findings() []lint.Finding {
	out := make([]lint.Finding, 0, len(g.list))
	for _, f := range g.list {
		switch everywhere := rules.All().Everywhere(f.Code); {
		case everywhere && len(f.on) < g.readers(f.Pos.File): // what is not used on one cluster is used on another
			continue
		case !everywhere && len(f.on) < g.possible(f.Outermost()):
			f.Message = catalog.OnClusters(f.on, f.Message)
		}
		out = append(out, f.Finding)
	}
	return out
}

// possible is the number of clusters that have the entry of a namespace; of all when there is none.
func (g *gathered) possible(namespace string) int {
	return cmp.Or(g.having[namespace], g.clusters)
}

// readers is the number of clusters for which a file is read; all of them when it is one of the list itself.
func (g *gathered) readers(file string) int {
	n := 0
	for _, read := range g.read {
		if holds(read, file) {
			n++
		}
	}
	if n == 0 || holds(g.own, file) {
		return g.clusters
	}
	return n
}

// holds reports whether a file, or a folder that it is in, is one of a set.
func holds(set map[string]bool, file string) bool {
	for ; file != "."; file = path.Dir(file) {
		if set[file] {
			return true
		}
	}
	return set["."]
}

// readBy are the files and folders of the repository that the sources on a cluster are read from.
func readBy(p *catalog.Platform) map[string]bool {
	out := map[string]bool{}
	for i := range p.Namespaces {
		for _, a := range p.Namespaces[i].Applications {
			for _, read := range a.Reads() {
				out[read] = true
			}
		}
	}
	return out
}
