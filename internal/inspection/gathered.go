package inspection

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// gathered are the findings on all clusters. One that is the same wherever its entry is is told once; another one names its clusters.
type gathered struct {
	clusters []*catalog.Platform
	list     []*gatheredFinding
	byText   map[string]*gatheredFinding
	mistakes diag.List
}

type gatheredFinding struct {
	lint.Finding
	on []string
}

func (g *gathered) add(p *catalog.Platform, found lint.Result) {
	if g.byText == nil {
		g.byText = map[string]*gatheredFinding{}
	}
	g.clusters = append(g.clusters, p)
	if len(g.clusters) == 1 { // what platform.yml says of rules is the same for all
		g.mistakes = found.Mistakes
	}
	for _, f := range found.Findings {
		key := strings.Join([]string{f.Pos.String(), f.Path, f.Code, f.Message, f.Hint}, "\x00")
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
		on := g.where(f.Path)
		if len(f.on) < len(on) {
			if rules.All().Everywhere(f.Code) {
				continue // something that is not used on one cluster is used on another
			}
			f.Message = "on " + catalog.ClusterList(f.on) + ": " + f.Message
		}
		out = append(out, f.Finding)
	}
	return out
}

// where are the clusters that have the entry with which a path begins; all when there is none.
func (g *gathered) where(path string) []*catalog.Platform {
	namespace := path
	if i := strings.IndexAny(path, ".["); i >= 0 {
		namespace = path[:i]
	}
	var out []*catalog.Platform
	for _, p := range g.clusters {
		if slices.ContainsFunc(p.Namespaces, func(n catalog.Namespace) bool { return n.Name == namespace }) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return g.clusters
	}
	return out
}
