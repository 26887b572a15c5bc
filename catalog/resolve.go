package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// resolve turns the list, as it is on one cluster, into a Platform. Each stage reports mistakes and goes on, so that all of them are
// found in one run; with any, the result is not used.
func resolve(entries []*entry, s *settings, around surroundings, sizes *sizes) (*Platform, Order) {
	names := namesOf(entries, s.root, around)
	expanded := expand(entries, s, names)
	expanded.permitted = append(expanded.permitted, expanded.permitScrapes(entries)...)
	expanded.permitted = append(expanded.permitted, s.permitBackups(entries)...)
	b := builder{scheduled: map[*entry]*syntax.Node{}, settings: s, names: names, guarded: expanded.guarded, flows: flowsOf(entries, names, expanded.permitted, s),
		routes:  &routes{settings: s, names: names, hosts: map[string]*syntax.Node{}, certificates: map[string]BackendTLS{}},
		sources: &sourceReader{files: s.files, settings: s, known: expanded.known}}
	p := s.platform()
	p.Namespaces = make([]Namespace, 0, len(entries))
	for _, e := range entries {
		p.Namespaces = append(p.Namespaces, b.namespace(e))
		if !sizes.add(&p.Namespaces[len(p.Namespaces)-1], e.Node) {
			break
		}
	}
	p.Profiles = s.ownProfiles(p.Namespaces)
	s.sayable(p, entries)
	slices.SortFunc(p.Namespaces, func(a, b Namespace) int { return cmp.Compare(a.Name, b.Name) })
	return p, sequenced(p, s, names)
}

// platform is what the settings say, without entries.
func (s *settings) platform() *Platform {
	f := s.files
	return &Platform{
		Repository: Repository{URL: s.repoURL, Revision: s.revision, Root: f.root, Folder: f.here(), ListFiles: f.listNames, ListPaths: f.listPaths(s.in.Applications == nil)},
		Cluster:    s.cluster,
		Kubernetes: s.kubernetes,
		ArgoCD: ArgoCD{Namespace: s.argocdNamespace, Destination: s.destination, Root: s.root, Shared: s.in.ArgoCD.Root.IsSet(), Plugin: s.plugin, Impersonation: s.impersonation != nil,
			BuildOptions: s.buildOptions, Version: s.argocdVersion},
		DNS:    s.dns,
		Names:  s.names(),
		Plain:  s.plain,
		Stores: s.stores, StoresElsewhere: s.storesElsewhere,
		Controller: s.controllers()[0].Pods, TraefikVersion: s.traefikVersion, CI: s.issuers, Domain: s.in.Domain.V, Expose: s.expose, ExposeAt: s.exposeAt, Exposures: s.exposed, GatewayAPI: s.gatewayAPI, Nodes: s.nodes, PodCIDRs: s.podCIDRs,
		Backups: s.in.Backup != nil, VeleroIn: s.in.Backup.veleroIn(), PriorityClasses: s.priorityClasses,
		SecretsIn: s.secretsIn, Lint: s.lint, Mirrors: s.mirrors, Submodules: s.in.Sources.Submodules.Or(true), Vendor: s.vendor,
	}
}

// builder makes the namespaces of a platform of what the stages before have found.
type builder struct {
	settings *settings
	names    *names
	guarded  *guarded
	flows    map[string][]Flow // by namespace
	routes   *routes
	sources  *sourceReader
	// scheduled is where the backup of an entry is that Velero makes.
	scheduled map[*entry]*syntax.Node
	own       []Store // the SecretStores of the entry at hand
}

// origin names a part of an entry.
func origin(parts ...string) Origin {
	return Origin(ApplicationsFile + "#" + strings.Join(parts, "/"))
}

// ownProfiles are the user's profiles, by name.
func (s *settings) ownProfiles(namespaces []Namespace) []OwnProfile {
	used := map[string]bool{} // files that a policy of an entry comes from
	chosen := map[string]bool{}
	for _, n := range namespaces {
		chosen[n.Profile] = true
		for _, policy := range n.Policies {
			used[policy.Origin] = true
		}
	}
	var out []OwnProfile
	for _, name := range s.profiles.Names() {
		if profile := s.profiles[name]; profile.Own {
			out = append(out, OwnProfile{Name: name, File: s.files.shown(profile.Origin), Used: chosen[name] || used[profile.Origin]})
		}
	}
	return out
}

func place(n *syntax.Node) Place { return Place{Pos: n.Pos(), Path: n.Path()} }

// unmanaged are the namespaces that Kubernetes itself creates.
var unmanaged = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// MadeByKubernetes reports whether every cluster has the namespace.
func MadeByKubernetes(namespace string) bool { return slices.Contains(unmanaged, namespace) }

func (b *builder) namespace(e *entry) Namespace {
	name := e.Namespace.V
	n := Namespace{
		Name:    name,
		Origin:  origin(name),
		Place:   place(e.Node),
		Managed: e.ManageNamespace.Or(!slices.Contains(unmanaged, name)),
		Labels:  withDefaults(b.settings.labels, labelsOf(e.Labels)),

		Annotations:                  withDefaults(b.settings.annotations, annotationsOf(e.Annotations)),
		AutomountServiceAccountToken: e.AutomountServiceAccountToken.Or(false),
		Impersonation:                b.settings.impersonation,

		Access: b.settings.accessesOf(e),
		Open:   e.open,
		Flows:  b.flows[name],

		Guardrails: b.guarded.of[name],
	}
	n.Quotas, n.Limits = b.settings.quotas(e, n.Managed), b.settings.limits(e, n.Managed)
	if n.Managed && slices.Contains(unmanaged, name) {
		e.ManageNamespace.Report("unmanaged-namespace", "remove the line", "Kubernetes creates the namespace %q itself: roster must not own it", name)
	}
	if !n.Managed {
		withoutEffect(e)
	}
	n.PodSecurity = b.settings.podSecurityOf(e.PodSecurity)
	n.PoliciesAt = n.Place
	if np := e.NetworkPolicies; np != nil && np.Node != nil {
		n.PoliciesAt = place(np.Node)
	}
	if np := e.NetworkPolicies; np != nil && np.Profile.IsSet() {
		if profile := b.settings.profiles[np.Profile.V]; profile != nil {
			n.Profile, n.Policies = profile.Name, profile.Policies
			n.ProfileOnly = np.Node.Pos() == np.Profile.Pos()
		} else {
			np.Profile.Report("unknown-profile", profileHint(np.Profile.V, b.settings.profiles.Names()), "there is no profile %s", syntax.Quote(np.Profile.V))
		}
	}
	n.Stores = ownStores(e)
	b.own = n.Stores
	for _, in := range e.apps {
		n.Applications = append(n.Applications, b.application(in))
	}
	slices.SortFunc(n.Applications, func(a, b Application) int { return cmp.Compare(a.Code, b.Code) })
	if slices.ContainsFunc(n.Applications, withoutLogin) {
		n.IdentityHeaders = b.settings.identityHeaders
	}
	n.Guarded = len(n.Applications) == 0 || slices.ContainsFunc(n.Applications, func(a Application) bool { return a.Guarded })
	n.Project = b.settings.project(e, n.Applications)
	distinctSecrets(e)
	distinctTargets(e, n.Applications)
	distinctBackups(&n, e)
	return n
}

// withDefaults are labels or annotations of the platform, and those of an entry over them.
func withDefaults(platform, own map[string]string) map[string]string {
	if len(platform) == 0 {
		return own
	}
	out := maps.Clone(platform)
	maps.Copy(out, own)
	return out
}

// withoutEffect reports what describes a Namespace object that is not rendered.
func withoutEffect(e *entry) {
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
func distinctSecrets(e *entry) {
	seen := map[string]*syntax.Node{}
	for _, a := range e.apps {
		for _, s := range a.Secrets {
			if !s.Name.IsSet() {
				continue
			}
			if first := seen[s.Name.V]; first != nil {
				hint := "choose another name"
				if s.Node == a.Catalog.Node { // which adds one only where no application of the namespace lists it
					hint = "list it under secrets of one of them: [{name: " + s.Name.V + ", dataFrom: [" + e.Namespace.V + "]}]"
				}
				s.Name.ReportWith(first, "first here", "duplicate-secret", hint, "the namespace has two secrets %q", s.Name.V)
				continue
			}
			seen[s.Name.V] = s.Name.Node
		}
	}
}

// distinctTargets reports what two secrets of a namespace would both make: a Secret, a generator, or what is pushed. Each would undo what the other one
// does.
func distinctTargets(e *entry, apps []Application) {
	type made struct{ kind, name string }
	seen := map[made]string{}
	by := func(at *syntax.Node, kind, name, who string) {
		key := made{kind, name}
		if first, ok := seen[key]; ok && first != who {
			at.Report("duplicate-secret", "choose another name", "the %s %q is made by %s as well", kind, name, syntax.Quote(first))
			return
		}
		seen[key] = who
	}
	at := map[string]*syntax.Node{}
	for _, a := range e.apps {
		for _, s := range a.Secrets {
			at[s.Name.V] = s.Node
		}
		for _, s := range a.PushSecrets {
			if s.Name.IsSet() {
				if first := at["push "+s.Name.V]; first != nil {
					s.Name.ReportWith(first, "first here", "duplicate-secret", "choose another name", "the namespace has two pushSecrets %q", s.Name.V)
				}
				at["push "+s.Name.V] = s.Name.Node
			}
		}
	}
	for i := range apps {
		for j := range apps[i].Secrets {
			s := &apps[i].Secrets[j]
			if at[s.Name] == nil {
				continue
			}
			if s.CreationPolicy == "Owner" || s.CreationPolicy == "Orphan" {
				by(at[s.Name], "Secret", s.Target, s.Name)
			}
			for _, f := range s.From {
				if f.Generator != nil && f.Generator.Spec != nil {
					by(at[s.Name], f.Generator.Kind, f.Generator.Name, s.Name)
				}
			}
		}
	}
}

// profileHint is what to write in place of a profile that does not exist.
func profileHint(name string, known []string) string {
	switch strings.ToLower(name) {
	case "none", "no", "off", "disabled", "allow", "allow-all", "any", "unrestricted", "privileged":
		return "write open for a namespace that is open to everything"
	case "deny", "deny-all", "default-deny", "closed", "restricted", "strict", "block":
		return "write isolated for a namespace with no flows but those under allow, or isolated-job, which also resolves names"
	}
	return diag.DidYouMeanKey(name, append(known, open))
}
