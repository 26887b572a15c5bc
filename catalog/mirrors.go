package catalog

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// repositoryName is how a chart names a repository that Argo CD and Helm know by name.
var repositoryName = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9._-]*$`)

// mirrorsOf are the other places in the place of URLs. A path leads into this repository: who writes the list must not be able to have
// any file of the machine read that fetches for it.
func mirrorsOf(in *sourcesInput) []Mirror {
	var out []Mirror
	seen := map[string]*mirrorInput{}
	for i := range in.Map {
		m := &in.Map[i]
		if m.Node == nil || !repositoryName.MatchString(m.URL.V) && !sourceRepository(m.URL) || !m.To.IsSet() {
			continue
		}
		to := m.To.V
		if strings.Contains(to, "://") || remote.MatchString(to) {
			if !sourceRepository(m.To) {
				continue
			}
		} else if clean, ok := repositoryPath(m.To); ok {
			to = clean
		}
		if first := seen[m.URL.V]; first != nil {
			m.URL.ReportWith(first.URL.Node, "first here", "duplicate-key", "remove one of them", "the URL occurs twice")
			continue
		}
		seen[m.URL.V] = m
		out = append(out, Mirror{URL: m.URL.V, To: to})
	}
	slices.SortFunc(out, func(a, b Mirror) int { return cmp.Compare(a.URL, b.URL) })
	return out
}
