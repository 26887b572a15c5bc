package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// settings is platform.yml as it is for one cluster, with the defaults of a k3s cluster with Traefik and Vault for what it leaves out.
// All defaults of the platform are applied in this file.
type settings struct {
	in      *platformInput // as it is written
	files   *files
	opts    Options
	cluster Cluster
	// only, when set, is the application whose source alone is looked into.
	only *string
	// part, when set, is the part that is asked for.
	part Part

	repoURL, revision            string
	argocdNamespace, destination string
	plugin, root                 string
	impersonation                *Impersonation
	buildOptions                 argocd.BuildOptions
	argocdVersion                argocd.Version
	traefikVersion               string
	controller, dns              profiles.Pods
	apiServerPort, dnsPort       int
	apiServerOutside             []netip.Prefix
	expose                       map[string][]string
	exposeAt                     map[string][]Place
	exposed                      map[string]Exposure
	gatewayAPI                   GatewayAPI
	auth, middlewares            map[string]Middleware
	logins                       map[string]Login
	routeKind                    RouteKind
	ingressClass                 string
	identityHeaders              []string
	defaultExpose, defaultAuth   string
	secretsIn                    StoreRef
	refreshInterval              time.Duration
	stores                       []Store
	knownStores                  map[string]*knownStore // ClusterSecretStores of platform.yml, by name
	storesElsewhere              []StoreRef
	ownKind                      *knownStore // the default store, when it is a SecretStore
	issuers                      []CIIssuer  // by name
	identities                   []Access    // of jobs, in all namespaces; without an origin
	podSecurity                  PodSecurity
	labels, annotations          map[string]string // of all namespaces
	priorityClasses              []PriorityClass
	autoSync                     *AutoSync
	retry                        *Retry
	syncOptions                  []string
	vendor                       string // the folder with copies of charts, of the repository; may be empty
	kubernetes                   Kubernetes
	nodes                        []Node
	podCIDRs                     []netip.Prefix
	plain                        *profiles.Plain
	lint                         Lint
	mirrors                      []Mirror
	profiles                     profiles.Set
}

// settingsOf reads the settings of one cluster, but its profiles.
func settingsOf(c *cluster, cs *clusters, f *files, opts Options, target Target) *settings {
	in := c.in
	s := &settings{in: in, files: f, opts: opts, cluster: Cluster{Name: c.name, Remote: c.remote(), Server: c.server.V, Known: c.known.V, Manager: c.manager.name, Mesh: in.ClusterMesh.Or(false), Home: c.manager == cs.home()}}
	switch {
	case !opts.Asked || opts.AllSources || target.Part == RootPart:
	case target.Part == WorkloadPart:
		s.only = &target.Code
	default: // Argo CD does not send any
		s.only, s.part = new(string), target.Part
	}
	s.repoURL, s.revision = in.Repository.URL.Or(opts.RepoURL), in.Repository.Revision.Or(cmp.Or(opts.Revision, "HEAD"))
	gitRepository(in.Repository.URL)
	s.repositoryOfArgoCD()
	if in.Domain.IsSet() {
		hostname(in.Domain)
	}

	revisionOf(in.Repository.Revision)
	if in.Defaults.Path.IsSet() {
		repositoryPath(in.Defaults.Path)
	}

	switch {
	case !in.Vendor.IsSet():
	case s.only != nil || opts.NewCopies: // the folder may be missing when that application does not need it
		s.vendor, _ = repositoryPath(in.Vendor)
	default:
		s.vendor, _ = f.folder(in.Vendor)
	}
	s.mirrors = mirrorsOf(&in.Sources)
	s.kubernetes = kubernetesOf(&in.Kubernetes)
	s.argocdNamespace = in.ArgoCD.Namespace.Or("argocd")
	optionalLabel(in.ArgoCD.Namespace)
	s.destination = in.ArgoCD.Destination.Or("https://kubernetes.default.svc")
	s.destinationOf(in.ArgoCD.Destination, cs.named())
	s.root = in.ArgoCD.Root.Or(RootName)
	optionalLabel(in.ArgoCD.Root)
	reservedRoot(in.ArgoCD.Root)
	if c.remote() {
		s.short(c.at, s.cluster.partOf(s.root, NamespacePart)) // the longest of its names
	}
	s.plugin = in.ArgoCD.Plugin.Or("roster-v1")
	filled(in.ArgoCD.Plugin, "the name of the sidecar's plugin")
	if i := in.ArgoCD.Impersonation; i != nil && i.Enabled.Or(true) {
		s.impersonation = &Impersonation{ServiceAccount: i.ServiceAccount.Or("argocd-deployer"), ClusterRole: i.ClusterRole.Or("admin")}
		optionalLabel(i.ServiceAccount)
		if a := i.ServiceAccount; a.V == "default" || strings.HasPrefix(a.V, "access-") {
			a.Report("reserved-name", "leave it out for argocd-deployer", "%q is the name of something else in each namespace", a.V)
		}
		filled(i.ClusterRole, "the name of a ClusterRole")
		if strings.ContainsAny(i.ClusterRole.V, "/%") {
			i.ClusterRole.Report("bad-name", "", "expected the name of a ClusterRole, found %s", syntax.Quote(i.ClusterRole.V))
		}
	}

	s.buildOptions = buildOptionsOf(in.ArgoCD.Kustomize.BuildOptions)
	s.argocdVersion = argocdVersionOf(in.ArgoCD.Version)

	s.controller = podsOf(in.Ingress.Controller.podsSettings, "kube-system", "app.kubernetes.io/name", "traefik")
	s.traefikVersion = traefikVersionOf(&in.Ingress.Controller.Version)
	s.dns = podsOf(in.DNS.podsSettings, "kube-system", "k8s-app", "kube-dns") // k3s's CoreDNS carries the label of its predecessor
	s.apiServerPort = portOr(in.APIServer.Port, 6443)                         // the API server's own port, not its Service's
	s.dnsPort = portOr(in.DNS.Port, 53)
	for _, o := range present(in.APIServer.Outside...) {
		switch p, ok := cidr(o); {
		case ok && p.Bits() == 0:
			o.Report("bad-cidr", "", "expected the addresses of the API server, found all addresses: nothing of the world would be left")
		case ok:
			s.apiServerOutside = append(s.apiServerOutside, p)
		}
	}
	s.ingressSettings()
	s.secretSettings()
	s.ciSettings()

	s.podSecurity = PodSecurity{Audit: "baseline", Warn: "baseline", Version: "latest"}
	s.podSecurity = s.podSecurityOf(&in.PodSecurity)
	s.labels, s.annotations = labelsOf(in.Namespaces.Labels), annotationsOf(in.Namespaces.Annotations)
	s.namespaceDefaults()
	s.monitoringSettings()
	s.backupSettings()
	s.priorityClasses = priorityClassesOf(in.PriorityClasses)
	for _, n := range in.Nodes {
		if !n.IsSet() {
			continue
		}
		address, err := netip.ParseAddr(n.V)
		if err != nil {
			n.Report("bad-address", "", "expected the IP address of a node, found %q", n.V)
		}
		s.nodes = append(s.nodes, Node{address, place(n.Node)})
	}
	if in.PodCIDRs == nil {
		s.podCIDRs = []netip.Prefix{netip.MustParsePrefix("10.42.0.0/16")} // k3s's default
	}
	for _, c := range present(in.PodCIDRs...) {
		if p, ok := cidr(c); ok {
			s.podCIDRs = append(s.podCIDRs, p)
		}
	}
	if s.plain = s.plainOf(&in.Policy); s.plain != nil {
		s.cluster.Mesh = false // Cilium connects clusters
	}
	s.lint = Lint{Strict: in.Lint.Strict.Or(false), Severities: map[string]LintSeverity{}}
	for _, rule := range in.Lint.Rules.Items {
		s.lint.Severities[rule.Key] = LintSeverity{rule.Value.V, place(rule.At)}
	}
	s.autoSync, s.retry = in.Defaults.AutoSync.resolved(nil), retryOf(in.Defaults.Retry)
	s.syncOptions = syncOptionsOf(in.Defaults.SyncOptions)
	return s
}

// names are what profiles call by names of their own.
func (s *settings) names() profiles.Names {
	controllers := s.controllers()
	return profiles.Names{IngressController: controllers[0].Pods, DNS: s.dns, APIServerPort: s.apiServerPort, ControllerOn: controllers[0].On, Others: controllers[1:],
		DNSPort: s.dnsPort, NodeLocalDNS: s.in.DNS.NodeLocal.V, APIServerOutside: s.apiServerOutside, Clients: s.in.LoadBalancer.Clients.V}
}

// portOr is a port, or another one where none is set. So it is where a wrong one is: the profiles are not reported, too.
func portOr(in number, otherwise int) int {
	if !in.IsSet() {
		return otherwise
	}
	if in.V < 1 || in.V > 65535 {
		in.Report("bad-port", "", "expected a port from 1 to 65535, found %d", in.V)
		return otherwise
	}
	return in.V
}

// flawed reports whether a value of platform.yml, such as ingress.auth, may be set though it was not read.
func (s *settings) flawed(value string) bool { return s.in.flawed(value) }

// kubeVersion is a version of Kubernetes as Helm's --kube-version takes it.
var kubeVersion = regexp.MustCompile(`^v?1\.\d+(\.\d+)?([-+][0-9A-Za-z.+-]+)?$`)

func kubernetesOf(in *kubernetesInput) Kubernetes {
	return Kubernetes{KubeVersion: kubeVersionOf(in.Version), APIVersions: apiVersionsOf(in.APIVersions)}
}

func kubeVersionOf(v text) string {
	if v.IsSet() && !kubeVersion.MatchString(v.V) {
		v.Report("bad-version", "", "expected a version such as v1.35.3, found %s", syntax.Quote(v.V))
	}
	return v.V
}

// argocdVersionOf is a version of Argo CD; zero when it is not set, or wrong.
func argocdVersionOf(in syntax.Text) argocd.Version {
	if in.Node == nil {
		return argocd.Version{}
	}
	v, ok := argocd.ParseVersion(in.V)
	switch hint := fmt.Sprintf(`write what "argocd version" prints of the server, such as "%s" or v%s.1`, argocd.Newest(), argocd.Newest()); {
	case !ok:
		in.Report("bad-version", hint, "expected a version of Argo CD, found %s", shown(in.V))
	case !v.Supported():
		in.Report("bad-version", hint, "roster works with Argo CD %s and later, found %s", argocd.Oldest(), shown(in.V))
	default:
		return v
	}
	return argocd.Version{}
}

var traefikVersionShape = lazy.Regexp(`^v?[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?$`)

// traefikVersionOf is a version of Traefik; empty when it is not set, or wrong.
func traefikVersionOf(in *text) string {
	switch {
	case in.Node == nil:
		return ""
	case !traefikVersionShape().MatchString(in.V):
		in.Report("bad-version", `write what "traefik version" prints, such as "3.7.13"`, "expected a version of Traefik, found %s", shown(in.V))
		return ""
	}
	return in.V
}

func apiVersionsOf(in []text) []string {
	for _, v := range in {
		if n := strings.Count(v.V, "/"); v.IsSet() && (n < 1 || n > 2) {
			v.Report("bad-version", "", "expected GROUP/VERSION or GROUP/VERSION/KIND, found %s", syntax.Quote(v.V))
		}
	}
	return texts(in)
}

// rootOf is the repository's root as a path in the file system.
func (f *files) rootOf(root text, topIsRoot bool) string {
	at := path.Join(f.dir, root.Or("."))
	if strings.HasPrefix(root.V, "/") || leaves(at) || !within(f.dir, at) {
		root.Report("path-outside", "write a path such as ../.. that leads up to the root of the Git repository",
			"the repository's root cannot be %q", root.V)
		return f.dir
	}
	if topIsRoot && at != "." {
		up := strings.Repeat("/..", 1+strings.Count(f.dir, "/"))[1:]
		d := diag.Diagnostic{Pos: diag.Position{File: f.shown(PlatformFile)}, Path: "repository.root", Code: "wrong-root", Hint: "set repository: {root: " + up + "}",
			Message: fmt.Sprintf("this folder is %s of the Git repository, not its root", syntax.Quote(f.dir))}
		if root.Node != nil {
			d.Pos = root.Pos()
		}
		f.diags.Add(d)
	}
	return at
}

// leaves reports whether a clean path leads out of the folder that it begins in.
func leaves(p string) bool { return p == ".." || strings.HasPrefix(p, "../") }

// within reports whether p is dir or is below it.
func within(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }

func podsOf(in podsSettings, namespace, key, value string) profiles.Pods {
	out := profiles.Pods{Namespace: namespace, PodLabels: map[string]string{key: value}}
	labels, ok := podLabels(in.PodLabels)
	if !optionalLabel(in.Namespace) || !ok { // so that the profiles that name these pods are not reported, too
		return out
	}
	out.Namespace = in.Namespace.Or(namespace)
	if in.PodLabels.Node != nil {
		out.PodLabels = labels
	}
	return out
}

func (s *settings) ingressSettings() {
	in := &s.in.Ingress
	s.routeKind, s.ingressClass = RouteKind(in.Kind.Or(string(TraefikRoutes))), in.Class.V
	optionalSubdomain(in.Class)
	if in.Class.IsSet() && s.routeKind != IngressRoutes {
		in.Class.Report("no-effect", "remove it, or set kind: ingress", "class has no effect: only an Ingress has one")
	}
	s.exposures()
	s.auth, s.logins = map[string]Middleware{}, map[string]Login{}
	for _, item := range in.Auth.Items {
		s.logins[item.Key] = item.Value.login()
		s.auth[item.Key] = Middleware{Name: item.Value.Name.V, Namespace: item.Value.Namespace.V}
		if item.Key == "none" || item.Key == "app" {
			item.At.Report("reserved-name", "choose another name", "%q cannot name a middleware: it means that roster adds none", item.Key)
		}
	}
	s.middlewares = map[string]Middleware{}
	for _, item := range in.Middlewares.Items {
		s.middlewares[item.Key] = Middleware{Name: item.Value.Name.V, Namespace: item.Value.Namespace.V}
		optionalLabel(item.Value.Namespace)
		optionalSubdomain(item.Value.Name)
	}
	s.identityHeaders = identityHeadersOf(in.IdentityHeaders)
	s.defaultExpose = in.Defaults.Expose.Or("lan")
	if in.Defaults.Expose.IsSet() {
		s.exposure(in.Defaults.Expose.Node, s.defaultExpose)
	}
	s.defaultAuth = in.Defaults.Auth.V
	if in.Defaults.Auth.IsSet() {
		s.middleware(in.Defaults.Auth)
	} else if len(s.auth) == 1 {
		s.defaultAuth = slices.Collect(maps.Keys(s.auth))[0]
	}
}

var podSecurityVersion = regexp.MustCompile(`^(latest|v1\.(0|[1-9]\d*))$`)

// podSecurityOf is the levels that in sets, over those of the platform.
func (s *settings) podSecurityOf(in *podSecurityInput) PodSecurity {
	out := s.podSecurity
	if in == nil {
		return out
	}
	out.Enforce, out.Audit, out.Warn = in.Enforce.Or(out.Enforce), in.Audit.Or(out.Audit), in.Warn.Or(out.Warn)
	out.Version = in.Version.Or(out.Version)
	if in.Version.IsSet() && !podSecurityVersion.MatchString(in.Version.V) {
		in.Version.Report("bad-version", "", "expected latest or a version such as v1.35, found %q", in.Version.V)
	}
	return out
}

func durationOf(in text, otherwise time.Duration) time.Duration {
	if !in.IsSet() {
		return otherwise
	}
	d, err := time.ParseDuration(in.V)
	if err != nil || d < 0 {
		in.Report("bad-duration", "", "expected a time such as 1h or 30m, found %q", in.V)
	}
	return d
}

func texts(in []text) []string {
	out := make([]string, 0, len(in))
	for _, t := range in {
		if t.IsSet() {
			out = append(out, t.V)
		}
	}
	return out
}

// destinationOf checks the API server of the cluster that Argo CD runs in. Where platform.yml has no clusters, another one must be meant by
// what Argo CD does not know by itself; and the root Application, the projects and the Applications would be applied there.
func (s *settings) destinationOf(t text, named bool) {
	if !destinationURL(t) || !t.IsSet() || named {
		return
	}
	if u, err := url.Parse(t.V); err != nil || inCluster.MatchString(u.Host) {
		return
	}
	t.Report("other-cluster", "for another cluster: clusters: {NAME: {server: URL}}; for Argo CD's own, under this name: clusters: {NAME: {argocd: {destination: URL}}}",
		"expected https://kubernetes.default.svc, the API server of Argo CD's own cluster, found another one: there would be no Argo CD for the Applications")
}

// inCluster are the names that each cluster has for its own API server.
var inCluster = regexp.MustCompile(`^kubernetes\.default(\.svc(\.[a-z0-9.-]+)?)?(:[0-9]+)?$`)

// reservedRoot reports names that Argo CD itself, or a namespace's project, has.
func reservedRoot(t text) {
	if t.V == "default" {
		t.Report("reserved-name", "choose another name", "%q is Argo CD's own project", t.V)
	}
}
