package kinds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"k8s.io/apimachinery/pkg/runtime"
)

// project is what an AppProject of Argo CD permits. Argo CD's own type would cost more at each start than all the rest.
type project struct {
	SourceRepos                []string             `json:"sourceRepos"`
	SourceNamespaces           []string             `json:"sourceNamespaces"`
	Destinations               []projectDestination `json:"destinations"`
	ClusterResourceWhitelist   []projectKind        `json:"clusterResourceWhitelist"`
	ClusterResourceBlacklist   []projectKind        `json:"clusterResourceBlacklist"`
	NamespaceResourceWhitelist *[]projectKind       `json:"namespaceResourceWhitelist"` // absent: all kinds; empty: none
	NamespaceResourceBlacklist []projectKind        `json:"namespaceResourceBlacklist"`
	Accounts                   []projectAccount     `json:"destinationServiceAccounts"`
	Roles                      []projectRole        `json:"roles"`
	OnlyProjectClusters        bool                 `json:"permitOnlyProjectScopedClusters"`
}

type projectDestination struct {
	Server    string `json:"server"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type projectKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"` // of cluster-scoped kinds, since Argo CD 3.2
}

type projectAccount struct {
	Server    string `json:"server"`
	Namespace string `json:"namespace"`
	Account   string `json:"defaultServiceAccount"`
}

type projectRole struct {
	Name     string   `json:"name"`
	Policies []string `json:"policies"`
	Groups   []string `json:"groups"`
}

// projectOf is the AppProject of an object; one that permits nothing when there is none.
func projectOf(o *diff.Object) (*project, bool) {
	spec, _ := o.Content()["spec"].(map[string]any)
	var out project
	if o == nil {
		out.NamespaceResourceWhitelist = &[]projectKind{}
		return &out, true
	}
	return &out, runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &out) == nil
}

// projectRight is something that a project permits: what it is, and whether it is dangerous.
type projectRight struct {
	text      string
	dangerous bool
}

func findProjects(c *diff.Change, found func(diff.Consequence)) {
	var all []happening
	for _, p := range c.Of("AppProject.argoproj.io") {
		before, readable := projectOf(p.Before)
		after, alsoReadable := projectOf(p.After)
		if !readable || !alsoReadable {
			continue
		}
		both := p.Before != nil && p.After != nil
		if both {
			all = append(all, accountChange(c, p, before, after)...)
		}
		for side, more := range [][]projectRight{before.beyond(after), after.beyond(before)} {
			if len(more) > 0 && (both || more[0].dangerous) { // what else a new project permits is what its applications are for
				all = append(all, permitted(p, more, side == 1))
			}
		}
	}
	happened(all, found)
}

// permitted says what a project permits that it did not, or the other way around.
func permitted(p *diff.Pair, more []projectRight, gained bool) happening {
	h := happening{before: "permitted in AppProject ", who: p.ID.Name, after: " now: " + more[0].text}
	if !gained {
		h.before, h.after = "no longer permitted in AppProject ", ": "+more[0].text
	}
	h.Consequence = diff.Consequence{Word: privilegeWord(gained), Weight: privilegeWeight(gained, more[0].dangerous), Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
	for _, r := range more[1:] {
		h.Details = append(h.Details, "also: "+r.text)
	}
	h.Details = firstLines(h.Details, mostRights)
	return h
}

const mostRights = 10 // that are named of one project

// beyond is what a project permits, and another one does not, the dangerous first.
func (p *project) beyond(other *project) []projectRight {
	if len(p.Destinations)+len(p.SourceRepos)+len(p.SourceNamespaces)+len(p.ClusterResourceWhitelist) > mostPatterns {
		return []projectRight{{"maybe more than before (it has too many patterns to compare)", true}}
	}
	out := slices.Concat(p.moreDestinations(other), p.moreSources(other), p.moreKinds(other), p.moreRoles(other))
	return slices.Concat(
		slices.DeleteFunc(slices.Clone(out), func(r projectRight) bool { return !r.dangerous }),
		slices.DeleteFunc(slices.Clone(out), func(r projectRight) bool { return r.dangerous }))
}

const mostPatterns = 2000 // of a project: comparing them takes time that grows with the square

func (p *project) moreDestinations(other *project) []projectRight {
	var out []projectRight
	for _, d := range p.Destinations {
		if !d.denies() && !slices.ContainsFunc(other.Destinations, d.within) {
			out = append(out, projectRight{"deploying to " + d.String(), d.wide()})
		}
	}
	for _, d := range other.Destinations {
		if d.denies() && !slices.Contains(p.Destinations, d) && slices.ContainsFunc(p.Destinations, projectDestination.allows) {
			out = append(out, projectRight{"deploying to " + strings.ReplaceAll(d.String(), "!", "") + ", which was excluded", true})
		}
	}
	if other.OnlyProjectClusters && !p.OnlyProjectClusters {
		out = append(out, projectRight{"deploying to clusters that are not its own", true})
	}
	return out
}

func (d projectDestination) denies() bool {
	return strings.HasPrefix(d.Server, "!") || strings.HasPrefix(d.Name, "!") || strings.HasPrefix(d.Namespace, "!")
}

func (d projectDestination) allows() bool { return !d.denies() }

func (d projectDestination) wide() bool {
	return d.Namespace == "*" || d.Server == "*" || d.Name == "*"
}

// within reports whether another destination permits all that this one does. Argo CD compares servers with servers and names with names.
func (d projectDestination) within(other projectDestination) bool {
	return other.allows() && globCovers(other.Namespace, d.Namespace) &&
		(d.Server == "" || other.Server != "" && globCovers(other.Server, d.Server)) && (d.Name == "" || other.Name != "" && globCovers(other.Name, d.Name))
}

func (d projectDestination) String() string {
	out := "namespace " + d.Namespace
	if d.Namespace == "*" {
		out = "all namespaces"
	}
	switch cluster := d.cluster(); cluster {
	case "":
		return out
	case "*":
		return out + " of all clusters"
	default:
		return out + " of " + cluster
	}
}

// cluster names the cluster; empty for the one that Argo CD runs in.
func (d projectDestination) cluster() string {
	cluster := cmp.Or(d.Server, d.Name)
	if cluster == "https://kubernetes.default.svc" || cluster == "in-cluster" {
		return ""
	}
	return cluster
}

func (p *project) moreSources(other *project) []projectRight {
	var out []projectRight
	for _, s := range uncoveredPatterns(p.SourceRepos, other.SourceRepos, '/') {
		out = append(out, projectRight{"sources from " + patternText(s, "any repository"), s == "*"})
	}
	for _, s := range uncoveredPatterns(p.SourceNamespaces, other.SourceNamespaces) {
		out = append(out, projectRight{"Applications in namespace " + patternText(s, "*"), s == "*"})
	}
	return out
}

func patternText(pattern, all string) string {
	switch {
	case pattern == "*":
		return all
	case strings.HasPrefix(pattern, "!"):
		return pattern[1:] + ", which was excluded"
	}
	return pattern
}

func (p *project) moreKinds(other *project) []projectRight {
	var out []projectRight
	for _, k := range p.ClusterResourceWhitelist {
		if !slices.ContainsFunc(other.ClusterResourceWhitelist, k.within) && !slices.ContainsFunc(p.ClusterResourceBlacklist, k.within) {
			out = append(out, projectRight{"the cluster-scoped kind " + k.String(), k.dangerous()})
		}
	}
	for _, k := range reopened(other.ClusterResourceBlacklist, p.ClusterResourceBlacklist) {
		if len(p.ClusterResourceWhitelist) > 0 {
			out = append(out, projectRight{"the cluster-scoped kind " + k.String() + ", which was excluded", k.dangerous()})
		}
	}
	switch mine, others := p.NamespaceResourceWhitelist, other.NamespaceResourceWhitelist; {
	case others == nil:
	case mine == nil:
		out = append(out, projectRight{"all kinds in namespaces", false})
	default:
		for _, k := range *mine {
			if !slices.ContainsFunc(*others, k.within) && !slices.ContainsFunc(p.NamespaceResourceBlacklist, k.within) {
				out = append(out, projectRight{"the kind " + k.String(), false})
			}
		}
	}
	for _, k := range reopened(other.NamespaceResourceBlacklist, p.NamespaceResourceBlacklist) {
		out = append(out, projectRight{"the kind " + k.String() + ", which was excluded", false})
	}
	return out
}

// reopened are the kinds that one list excludes, and another one does not.
func reopened(excluded, now []projectKind) []projectKind {
	return slices.DeleteFunc(slices.Clone(excluded), func(k projectKind) bool { return slices.ContainsFunc(now, k.within) })
}

func (k projectKind) within(other projectKind) bool {
	return globCovers(other.Group, k.Group) && globCovers(other.Kind, k.Kind) && (other.Name == "" || k.Name != "" && globCovers(other.Name, k.Name))
}

func (k projectKind) String() string {
	out := k.Kind
	switch {
	case k.Kind == "*" && k.Group == "*":
		out = "* (all of them)"
	case k.Group != "":
		out += "." + k.Group
	}
	if k.Name != "" {
		out += " " + k.Name
	}
	return out
}

// dangerous reports whether whoever may create such objects can take any right in the cluster.
func (k projectKind) dangerous() bool {
	return strings.ContainsAny(k.Kind, "*?[") || strings.ContainsAny(k.Group, "*?[") || slices.Contains([]string{
		"ClusterRole", "ClusterRoleBinding", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService", "Namespace",
	}, k.Kind)
}

func (p *project) moreRoles(other *project) []projectRight {
	var out []projectRight
	before := map[string]projectRole{}
	for _, r := range other.Roles {
		before[r.Name] = r
	}
	for _, r := range p.Roles {
		old, there := before[r.Name]
		if groups := missingIn(r.Groups, old.Groups); len(groups) > 0 {
			out = append(out, projectRight{fmt.Sprintf("what role %s may to group %s", r.Name, fewOf(groups, 3)), false})
		}
		var more []string
		for _, policy := range r.Policies {
			if text := policyText(policy); text != "" && !slices.ContainsFunc(old.Policies, func(o string) bool { return policyText(o) == text }) {
				more = append(more, text)
			}
		}
		if len(more) > 0 && (there || len(r.Groups) == 0) {
			out = append(out, projectRight{fmt.Sprintf("role %s: %s", r.Name, fewOf(more, 5)), false})
		}
	}
	return out
}

// policyText is what a policy of a role lets it do: sync applications team/*. Of one that denies, and of what Argo CD would not read, nothing is
// said.
func policyText(policy string) string {
	fields := strings.Split(policy, ",")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	if len(fields) != 6 || fields[0] != "p" || fields[5] != "allow" {
		return ""
	}
	return fields[3] + " " + fields[2] + " " + fields[4]
}
