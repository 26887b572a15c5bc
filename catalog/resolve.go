package catalog

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// resolver turns what the user wrote into a Platform. Its methods report mistakes and go on, so that all of them are
// found in one run; what they return after a report is not used.
type resolver struct {
	fsys  fs.FS
	dir   string // the folder of applications.yml in fsys
	opts  Options
	reads string // the deepest folder of the repository that holds all that was read
	diags *diag.List

	order  Order
	unread bool // whether a file of the list could not be read at all

	in      platformInput
	entries []entryInput

	settingsOfPlatform
	profiles profiles.Set
	sources  map[string]*localSource // by path in the repository
	matched  map[string]matching     // by pattern

	entryOf      map[string]*entryInput // by namespace
	appOf        map[string]*appInput   // by code
	hosts        map[string]*syntax.Node
	flows        map[string][]Flow // by the namespace whose policy permits them
	builtin      map[*appInput]*builtinApp
	monitoring   provider
	used         map[*appInput]map[string]builtin.Used // what an application calls, by the name in the catalog
	openByChoice map[*entryInput]bool                  // entries that say that their namespace is open
	flaws        flaws

	domainMissing bool // reported
	// Names that could not be read, because of a mistake that is reported: a reference may mean one of these.
	namespacesMissing, codesMissing bool
}

// resolve binds the names of all entries.
func (r *resolver) resolve() *Platform {
	r.entryOf, r.appOf = map[string]*entryInput{}, map[string]*appInput{}
	r.hosts, r.flows, r.openByChoice = map[string]*syntax.Node{}, map[string][]Flow{}, map[*entryInput]bool{}
	p := &Platform{
		Repository: Repository{URL: r.repoURL, Revision: r.revision, Root: r.root, Folder: r.here()},
		Cluster:    r.cluster,
		ArgoCD:     ArgoCD{Namespace: r.argocdNamespace, Destination: r.destination, Plugin: r.plugin, Impersonation: r.impersonation != nil, BuildOptions: r.buildOptions, Version: r.argocdVersion},
		DNS:        r.dns,
		Store:      r.store,
		Controller: r.controller, Domain: r.in.Domain.V, Expose: r.expose, Nodes: r.nodes, PodCIDRs: r.podCIDRs,
		StoreKind: r.storeKind, StoreName: r.storeName, Lint: r.lint, Mirrors: r.mirrors, Submodules: r.in.Sources.Submodules.Or(true), Vendor: r.vendor,
	}

	r.namespacesMissing, r.codesMissing = r.entries == nil, r.entries == nil
	for i := range r.entries {
		r.declare(&r.entries[i])
	}
	r.builtins()
	for i := range r.entries {
		r.allow(&r.entries[i])
	}
	for _, flows := range r.flows { // the order of the entries does not matter
		slices.SortStableFunc(flows, func(a, b Flow) int { return cmp.Compare(a.Origin, b.Origin) })
	}
	p.Namespaces = make([]Namespace, 0, len(r.entries))
	sizes := newSizes(len(r.entries))
	for i := range r.entries {
		if e := &r.entries[i]; e.Node != nil {
			p.Namespaces = append(p.Namespaces, r.namespace(e))
			if !sizes.add(&p.Namespaces[len(p.Namespaces)-1], e.Node) {
				break
			}
		}
	}
	p.Profiles = r.ownProfiles(p.Namespaces)
	slices.SortFunc(p.Namespaces, func(a, b Namespace) int { return cmp.Compare(a.Name, b.Name) })
	r.waves(p)
	p.Repository.Reads = r.reads
	return p
}

// declare makes the names of an entry known, and reports names that occur twice.
func (r *resolver) declare(e *entryInput) {
	r.namespacesMissing = r.namespacesMissing || !e.Namespace.IsSet()
	r.codesMissing = r.codesMissing || r.flawed(e.Node, "applications")
	if e.Namespace.IsSet() {
		r.dnsLabel(e.Namespace) // a bad name is still a name: references to it are not reported
		if first := r.entryOf[e.Namespace.V]; first != nil {
			e.Namespace.ReportWith(first.Namespace.Node, "first here", "duplicate-namespace", "put the applications of a namespace into one entry",
				"the namespace %q is listed twice", e.Namespace.V)
		} else {
			r.entryOf[e.Namespace.V] = e
		}
	}
	for i := range e.Applications {
		a := &e.Applications[i]
		a.entry = e
		if !a.ApplicationCode.IsSet() {
			r.codesMissing = true
			continue
		}
		r.dnsLabel(a.ApplicationCode)
		if a.ApplicationCode.V == RootName {
			a.ApplicationCode.Report("reserved-name", "choose another code", "%q is the Application that deploys this list", RootName)
		}
		if first := r.appOf[a.ApplicationCode.V]; first != nil {
			a.ApplicationCode.ReportWith(first.ApplicationCode.Node, "first here", "duplicate-application",
				"Argo CD keeps all Applications in one namespace: choose another code", "the applicationCode %q is taken", a.ApplicationCode.V)
		} else {
			r.appOf[a.ApplicationCode.V] = a
		}
	}
}

// origin names a part of an entry.
func origin(parts ...string) Origin {
	return Origin(ApplicationsFile + "#" + strings.Join(parts, "/"))
}

// ownProfiles are the user's profiles, by name.
func (r *resolver) ownProfiles(namespaces []Namespace) []OwnProfile {
	used := map[string]bool{} // files that a policy of an entry comes from
	chosen := map[string]bool{}
	for _, n := range namespaces {
		chosen[n.Profile] = true
		for _, policy := range n.Policies {
			used[policy.Origin] = true
		}
	}
	var out []OwnProfile
	for _, name := range r.profiles.Names() {
		if profile := r.profiles[name]; profile.Own() {
			out = append(out, OwnProfile{Name: name, File: r.shown(profile.Origin), Used: chosen[name] || used[profile.Origin]})
		}
	}
	return out
}

func place(n *syntax.Node) Place { return Place{Pos: n.Pos(), Path: n.Path()} }

// unmanaged are the namespaces that Kubernetes itself creates.
var unmanaged = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// MadeByKubernetes reports whether every cluster has the namespace.
func MadeByKubernetes(namespace string) bool { return slices.Contains(unmanaged, namespace) }

// namespaceOf is the namespace of the application with that code; empty when there is none.
func (r *resolver) namespaceOf(code string) string {
	for i := range r.entries {
		if slices.ContainsFunc(r.entries[i].Applications, func(a appInput) bool { return a.ApplicationCode.IsSet() && a.ApplicationCode.V == code }) {
			return r.entries[i].Namespace.V
		}
	}
	return ""
}

func (r *resolver) namespace(e *entryInput) Namespace {
	name := e.Namespace.V
	n := Namespace{
		Name:    name,
		Origin:  origin(name),
		Place:   place(e.Node),
		Managed: e.ManageNamespace.Or(!slices.Contains(unmanaged, name)),
		Labels:  r.labels(e.Labels),

		Annotations:                  r.annotations(e.Annotations),
		AutomountServiceAccountToken: e.AutomountServiceAccountToken.Or(false),
		Impersonation:                r.impersonation,

		Access: r.access(e),
		Open:   r.openByChoice[e],
		Flows:  r.flows[name],
	}
	if n.Managed && slices.Contains(unmanaged, name) {
		e.ManageNamespace.Report("unmanaged-namespace", "remove the line", "Kubernetes creates the namespace %q itself: roster must not own it", name)
	}
	if !n.Managed {
		r.withoutEffect(e)
	}
	n.PodSecurity = r.podSecurityOf(e.PodSecurity)
	if np := e.NetworkPolicies; np != nil && np.Profile.IsSet() {
		if profile := r.profiles[np.Profile.V]; profile != nil {
			n.Profile, n.Policies = profile.Name, profile.Policies
		} else {
			np.Profile.Report("unknown-profile", diag.DidYouMean(np.Profile.V, r.profiles.Names()), "there is no profile %s", syntax.Quote(np.Profile.V))
		}
	}
	for i := range e.Applications {
		if a := &e.Applications[i]; a.Node != nil {
			n.Applications = append(n.Applications, r.application(e, a))
		}
	}
	slices.SortFunc(n.Applications, func(a, b Application) int { return cmp.Compare(a.Code, b.Code) })
	n.Guarded = len(n.Applications) == 0 || slices.ContainsFunc(n.Applications, func(a Application) bool { return a.Guarded })
	n.Project = r.project(e, n.Applications)
	r.distinctSecrets(e)
	return n
}

// withoutEffect reports what describes a Namespace object that is not rendered.
func (r *resolver) withoutEffect(e *entryInput) {
	report := func(at *syntax.Node, key string) {
		if at != nil {
			at.Report("no-effect", "remove it, or set it on the namespace by hand", "%s has no effect: roster does not render the namespace %q", key, e.Namespace.V)
		}
	}
	report(e.Labels.Node, "labels")
	report(e.Annotations.Node, "annotations")
	if e.PodSecurity != nil {
		report(e.PodSecurity.Node, "podSecurity")
	}
}

// distinctSecrets reports Secrets of one namespace that have the same name.
func (r *resolver) distinctSecrets(e *entryInput) {
	seen := map[string]*syntax.Node{}
	for _, a := range e.Applications {
		for _, s := range a.Secrets {
			if !s.Name.IsSet() {
				continue
			}
			if first := seen[s.Name.V]; first != nil {
				s.Name.ReportWith(first, "first here", "duplicate-secret", "choose another name", "the namespace has two secrets %q", s.Name.V)
				continue
			}
			seen[s.Name.V] = s.Name.Node
		}
	}
}

// shown is a file beside applications.yml as messages name it: relative to the repository's root.
func (r *resolver) shown(name string) string { return path.Join(r.here(), name) }

// here is the folder of applications.yml, relative to the repository's root.
func (r *resolver) here() string {
	if r.root == "." {
		return r.dir
	}
	if r.dir == r.root {
		return "."
	}
	return path.Clean(strings.TrimPrefix(r.dir, r.root+"/"))
}
