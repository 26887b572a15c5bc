package kinds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

const (
	maxRuleComparisons = 5_000_000 // in one change
	maxBrokenRules     = 20_000    // permissions of one subject: what a rule means when it is written out
)

// everythingRule is what cluster-admin permits.
var everythingRule = rbacv1.PolicyRule{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}

// permissions is what somebody may do.
type permissions struct {
	rules   []rbacv1.PolicyRule
	unknown []diff.ID // roles that the list does not define
	tooMany bool      // whether there are too many to compare
}

func (p *permissions) none() bool { return len(p.rules) == 0 && len(p.unknown) == 0 && !p.tooMany }

// add adds what else is permitted. In a namespace, nobody may ask for paths of the API server.
func (p *permissions) add(of permissions, namespaced bool) {
	p.unknown = append(p.unknown, of.unknown...)
	for _, rule := range of.rules {
		if namespaced {
			rule.NonResourceURLs = nil
		}
		p.rules = append(p.rules, rule)
	}
}

// uncovered is what of some permissions others do not have, as Kubernetes itself decides it when somebody writes a role.
func (r *rbacChange) uncovered(owner, servant permissions) permissions {
	var out permissions
	count := 0
	for _, rule := range servant.rules {
		count += len(rule.Verbs) * (len(rule.APIGroups)*len(rule.Resources)*max(1, len(rule.ResourceNames)) + len(rule.NonResourceURLs))
	}
	width := 0
	for _, rule := range owner.rules {
		width += 1 + len(rule.Verbs) + len(rule.APIGroups) + len(rule.Resources) + len(rule.ResourceNames) + len(rule.NonResourceURLs)
	}
	if r.budget -= count * (width + 1); count > maxBrokenRules || r.budget < 0 {
		return permissions{tooMany: true}
	}
	_, out.rules = validation.Covers(owner.rules, servant.rules)
	if all, _ := validation.Covers(owner.rules, []rbacv1.PolicyRule{everythingRule}); !all {
		for _, id := range servant.unknown {
			if !slices.ContainsFunc(owner.unknown, func(has diff.ID) bool { return includesRole(has, id) }) && !slices.Contains(out.unknown, id) {
				out.unknown = append(out.unknown, id)
			}
		}
	}
	return out
}

// kubernetesRoles are those of Kubernetes for people: each permits what those before it do.
var kubernetesRoles = [...]string{"view", "edit", "admin"}

// includesRole reports whether a role that the list does not define permits all that another one does.
func includesRole(has, id diff.ID) bool {
	if has == id {
		return true
	}
	a, b := slices.Index(kubernetesRoles[:], has.Name), slices.Index(kubernetesRoles[:], id.Name)
	return has.Kind == "ClusterRole" && id.Kind == "ClusterRole" && b >= 0 && a >= b
}

// String is what may be done, for people: get, list secrets; create pods/exec. Each rule has one verb and one resource.
func (p permissions) String() string {
	var out []string
	if p.tooMany {
		out = append(out, "do what is too much to compare, so it may be the same as before,")
	}
	for _, id := range p.unknown {
		out = append(out, "do what "+id.String()+" permits")
	}
	return fewOf(append(out, phrases(p.rules)...), 6)
}

// key is a text that only the same permissions have.
func (p permissions) key() string {
	all := make([]string, 0, len(p.rules)+len(p.unknown))
	for _, rule := range p.rules {
		all = append(all, resourceText(rule)+" "+strings.Join(rule.Verbs, " "))
	}
	for _, id := range p.unknown {
		all = append(all, id.String())
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\n")
}

// phrases are rules of one verb and one resource as text, those with the same verbs together.
func phrases(rules []rbacv1.PolicyRule) []string {
	verbs := map[string][]string{}
	for _, rule := range rules {
		verbs[resourceText(rule)] = append(verbs[resourceText(rule)], rule.Verbs...)
	}
	resources := map[string][]string{}
	for _, resource := range sortedKeys(verbs) {
		key := verbsText(verbs[resource])
		resources[key] = append(resources[key], resource)
	}
	var out []string
	for _, key := range sortedKeys(resources) {
		out = append(out, key+" "+fewOf(resources[key], 6))
	}
	return out
}

func verbsText(verbs []string) string {
	if slices.Contains(verbs, "*") {
		return "do everything with"
	}
	order := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	place := func(verb string) int {
		if i := slices.Index(order, verb); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(verbs, func(a, b string) int { return cmp.Or(place(a)-place(b), cmp.Compare(a, b)) })
	return strings.Join(slices.Compact(verbs), "/")
}

// resourceText is the resource of a rule: secrets, deployments.apps, pods/exec, secrets db, or a path of the API server.
func resourceText(rule rbacv1.PolicyRule) string {
	if len(rule.NonResourceURLs) > 0 {
		return rule.NonResourceURLs[0]
	}
	if len(rule.Resources) == 0 || len(rule.APIGroups) == 0 { // it permits nothing
		return "nothing"
	}
	out, group := rule.Resources[0], rule.APIGroups[0]
	switch {
	case out == "*" && group == "*":
		out = "all resources"
	case out == "*" && group == "":
		out = "all core resources"
	case out == "*":
		out = "all resources of " + group
	case group == "*":
		out += " of all API groups"
	case group != "":
		resource, sub, _ := strings.Cut(out, "/")
		out = resource + "." + group
		if sub != "" {
			out += "/" + sub
		}
	}
	if len(rule.ResourceNames) > 0 {
		out += " " + rule.ResourceNames[0]
	}
	return out
}

// ruleDanger is a permission that gives more than it seems to.
type ruleDanger struct {
	groups, resources, verbs []string // all when empty
	why                      string
}

var ruleDangers = [...]ruleDanger{
	{nil, []string{"*"}, []string{"*"}, "that is everything there is"},
	{[]string{""}, []string{"secrets"}, []string{"get", "list", "watch"}, "who reads Secrets has every credential in them"},
	{nil, nil, []string{"escalate", "bind"}, "who may escalate or bind can take any right"},
	{nil, nil, []string{"impersonate"}, "who may impersonate can act as others"},
	{[]string{""}, []string{"pods/exec", "pods/attach", "pods/ephemeralcontainers"}, []string{"get", "create", "update", "patch"}, "who may exec or attach runs commands in others' pods"},
	{[]string{""}, []string{"nodes/proxy"}, []string{"get", "create"}, "who reaches kubelets runs commands in all pods of a node, without a trace in the audit log"},
	{[]string{""}, []string{"serviceaccounts/token"}, []string{"create"}, "who makes tokens can act as any account there"},
	{[]string{""}, []string{"pods", "replicationcontrollers"}, []string{"create"}, podMaking},
	{[]string{"apps", "batch"}, []string{"deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"}, []string{"create", "update", "patch"}, podMaking},
	{[]string{"admissionregistration.k8s.io"}, nil, []string{"create", "update", "patch"}, "who writes webhooks sees and changes what others write"},
}

const podMaking = "who makes pods can read every Secret, and act as every account, of the namespace"

// dangers are why it matters what may be done; none when nothing of it is special.
func (p permissions) dangers() []string {
	var out []string
	for _, d := range ruleDangers {
		if slices.ContainsFunc(p.rules, d.in) {
			out = append(out, d.why)
			if len(d.groups) == 0 && d.verbs[0] == "*" { // all others are part of it
				break
			}
		}
	}
	for _, id := range p.unknown {
		switch {
		case id.Kind == "ClusterRole" && (id.Name == "edit" || id.Name == "admin"):
			out = append(out, "ClusterRole "+id.Name+" permits reading Secrets and making pods")
		case id.Kind != "ClusterRole" || id.Name != "view":
			out = append(out, "the list does not define "+id.String()+": what it permits is not known here")
		}
	}
	return slices.Compact(out)
}

// in reports whether a rule of one verb and one resource is one of those.
func (d ruleDanger) in(rule rbacv1.PolicyRule) bool {
	if len(rule.Resources) == 0 || len(rule.APIGroups) == 0 || len(rule.Verbs) == 0 {
		return false
	}
	has := func(list []string, one string) bool {
		return len(list) == 0 || one == "*" || slices.Contains(list, one)
	}
	if len(d.groups) == 0 && len(d.resources) == 1 { // everything: only when it is said
		return rule.Resources[0] == "*" && rule.Verbs[0] == "*"
	}
	return has(d.groups, rule.APIGroups[0]) && has(d.resources, rule.Resources[0]) && has(d.verbs, rule.Verbs[0]) && (len(d.resources) > 0 || rule.Verbs[0] != "*")
}
