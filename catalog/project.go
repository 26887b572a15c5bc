package catalog

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// roleName is what Argo CD accepts as the name of a project role (argo-cd pkg/apis/application/v1alpha1, validateRoleName).
var roleName = regexp.MustCompile(`^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$`)

var kindName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)

// project is the AppProject of e: what its applications need, and what the entry adds.
func (s *settings) project(e *entry, apps []Application) Project {
	p := Project{Name: s.projectOf(e), WarnOrphaned: true}
	for _, a := range apps {
		for _, s := range a.Sources {
			p.SourceRepos = append(p.SourceRepos, s.RepoURL)
		}
	}
	if in := e.Project; in != nil {
		p.Description, p.WarnOrphaned = in.Description.V, in.OrphanedResources.Or(true)
		for _, repo := range in.SourceRepos {
			if repo.IsSet() && sourceRepository(repo) {
				p.SourceRepos = append(p.SourceRepos, repo.V)
			}
		}
		p.Roles = projectRoles(in)
		p.Destinations = s.destinations(e, in)
	}
	slices.Sort(p.SourceRepos)
	p.SourceRepos = slices.Compact(p.SourceRepos)
	seen := map[ClusterResource]bool{}
	for i := range e.ClusterResources {
		c, ok := clusterResource(&e.ClusterResources[i])
		if ok && !seen[c] {
			seen[c] = true
			p.ClusterResources = append(p.ClusterResources, c)
		}
	}
	return p
}

// destinations are the namespaces that the applications of an entry may deploy to, besides its own.
func (s *settings) destinations(e *entry, in *projectInput) []Destination {
	var out []Destination
	first := map[string]*syntax.Node{}
	for _, t := range present(in.Destinations...) {
		switch {
		case strings.ContainsAny(t.V, "*?[!{"):
			t.Report("bad-name", "write each namespace out", "expected a namespace, found the pattern %s", syntax.Quote(t.V))
			continue
		case !dnsLabel(t):
			continue
		case t.V == e.Namespace.V:
			t.Report("no-effect", "remove it", "the project permits the entry's own namespace anyway")
		case t.V == s.argocdNamespace:
			t.Report("reserved-name", "write an entry for "+t.V+", and deploy it there",
				"whoever may deploy into the namespace of Argo CD may create Applications of every project, and so do anything")
		case first[t.V] != nil:
			t.ReportWith(first[t.V], "first here", "duplicate-destination", "remove one of them", "the namespace %q is already listed", t.V)
		default:
			first[t.V] = t.Node
			out = append(out, Destination{t.V, place(t.Node)})
		}
	}
	slices.SortFunc(out, func(a, b Destination) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return out
}

// projectOf is the name of the AppProject of an entry. Argo CD's own project "default" is for everything that names none, and the list itself
// has one, too: this one must not take their place. No namespace has a dot in its name.
func (s *settings) projectOf(e *entry) string {
	name := e.Namespace.V
	if name == "default" || name == s.root || name == RootName {
		name = "namespace." + name
	}
	return s.cluster.inArgoCD(name)
}

func clusterResource(in *clusterResourceInput) (ClusterResource, bool) {
	if !in.Kind.IsSet() {
		return ClusterResource{}, false
	}
	c := ClusterResource{Group: in.Group.V, Kind: in.Kind.V}
	if group, kind, found := strings.Cut(c.Kind, "/"); found && !in.Group.IsSet() {
		c = ClusterResource{Group: group, Kind: kind}
	}
	if !kindName.MatchString(c.Kind) {
		in.Report("bad-kind", "", "expected one kind such as ClusterRole or rbac.authorization.k8s.io/ClusterRole, found %s", syntax.Quote(in.Kind.V))
		return c, false
	}
	return c, c.Group == "" || subdomain(text{V: c.Group, Node: in.Node})
}

func projectRoles(in *projectInput) []ProjectRole {
	var out []ProjectRole
	seen := map[string]*syntax.Node{}
	for i := range in.Roles {
		role := &in.Roles[i]
		if !role.Name.IsSet() {
			continue
		}
		if !roleName.MatchString(role.Name.V) {
			role.Name.Report("bad-name", "", `expected a role name of letters, digits, "-" and "_", found %s`, syntax.Quote(role.Name.V))
			continue
		}
		if first := seen[role.Name.V]; first != nil {
			role.Name.ReportWith(first, "first here", "duplicate-role", "remove one of them", "the project has two roles %q", role.Name.V)
			continue
		}
		seen[role.Name.V] = role.Name.Node
		groups := map[string]*syntax.Node{}
		for _, g := range role.Groups {
			if first := groups[g.V]; first != nil && g.IsSet() { // Argo CD's API would refuse the project
				g.ReportWith(first, "first here", "duplicate-group", "remove one of them", "the role has the group %s twice", syntax.Quote(g.V))
			}
			groups[g.V] = g.Node
			if g.IsSet() && (strings.TrimSpace(g.V) == "" || strings.ContainsAny(g.V, ",\n\r\t")) {
				g.Report("bad-name", "", "expected the name of a group, found %s", syntax.Quote(g.V))
			}
		}
		actions := texts(role.Actions)
		if len(actions) == 0 {
			actions = []string{"get", "sync"}
		}
		slices.Sort(actions)
		out = append(out, ProjectRole{Name: role.Name.V, Description: role.Description.V, Groups: texts(role.Groups), Actions: slices.Compact(actions)})
	}
	return out
}
