package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// settingsOfPlatform is platform.yml with the defaults of a k3s cluster with Traefik and Vault for what it leaves out.
// All defaults of the platform are applied in this file.
type settingsOfPlatform struct {
	root                         string // of the repository in the file system
	repoURL, revision            string
	argocdNamespace, destination string
	plugin                       string
	impersonation                *Impersonation
	buildOptions                 argocd.BuildOptions
	argocdVersion                argocd.Version
	controller, dns              profiles.Pods
	apiServerPort                int
	expose                       map[string][]string
	auth                         map[string]Middleware
	defaultExpose, defaultAuth   string
	storeKind, storeName         string
	refreshInterval              time.Duration
	store                        *Store
	podSecurity                  PodSecurity
	autoSync                     *AutoSync
	retry                        *Retry
	syncOptions                  []string
	vendor                       string // the folder with copies of charts, of the repository; may be empty
	cluster                      Cluster
	nodes                        []Node
	podCIDRs                     []netip.Prefix
	lint                         Lint
	mirrors                      []Mirror
}

func (r *resolver) settings() {
	in := &r.in
	r.reads = r.here()
	r.repoURL, r.revision = in.Repository.URL.Or(r.opts.RepoURL), in.Repository.Revision.Or(cmp.Or(r.opts.Revision, "HEAD"))
	r.gitRepository(in.Repository.URL)
	r.repositoryOfArgoCD()
	if in.Domain.IsSet() {
		r.hostname(in.Domain)
	}

	r.revisionOf(in.Repository.Revision)
	if in.Defaults.Path.IsSet() {
		r.repositoryPath(in.Defaults.Path)
	}

	switch {
	case !in.Vendor.IsSet():
	case r.opts.Application != "" || r.opts.NewCopies: // the folder may be missing when that application does not need it
		r.vendor, _ = r.repositoryPath(in.Vendor)
	default:
		r.vendor, _ = r.folder(in.Vendor)
	}
	r.mirrors = r.mirrorsOf(&in.Sources)
	r.cluster = r.clusterOf(&in.Kubernetes)
	r.argocdNamespace = in.ArgoCD.Namespace.Or("argocd")
	r.optionalLabel(in.ArgoCD.Namespace)
	r.destination = in.ArgoCD.Destination.Or("https://kubernetes.default.svc")
	r.destinationURL(in.ArgoCD.Destination)
	r.plugin = in.ArgoCD.Plugin.Or("roster-v1")
	r.filled(in.ArgoCD.Plugin, "the name of the sidecar's plugin")
	if i := in.ArgoCD.Impersonation; i != nil && i.Enabled.Or(true) {
		r.impersonation = &Impersonation{ServiceAccount: i.ServiceAccount.Or("argocd-deployer"), ClusterRole: i.ClusterRole.Or("admin")}
		r.optionalLabel(i.ServiceAccount)
		if a := i.ServiceAccount; a.V == "default" || strings.HasPrefix(a.V, "access-") {
			a.Report("reserved-name", "leave it out for argocd-deployer", "%q is the name of something else in each namespace", a.V)
		}
		r.filled(i.ClusterRole, "the name of a ClusterRole")
		if strings.ContainsAny(i.ClusterRole.V, "/%") {
			i.ClusterRole.Report("bad-name", "", "expected the name of a ClusterRole, found %s", syntax.Quote(i.ClusterRole.V))
		}
	}

	r.buildOptions = r.buildOptionsOf(in.ArgoCD.Kustomize.BuildOptions)
	r.argocdVersion = argocdVersionOf(in.ArgoCD.Version)

	r.controller = r.pods(in.Ingress.Controller, "kube-system", "app.kubernetes.io/name", "traefik")
	r.dns = r.pods(in.DNS, "kube-system", "k8s-app", "kube-dns") // k3s's CoreDNS carries the label of its predecessor
	r.apiServerPort = in.APIServer.Port.Or(6443)                 // the API server's own port, not its Service's
	if p := in.APIServer.Port; p.IsSet() && (p.V < 1 || p.V > 65535) {
		p.Report("bad-port", "", "expected a port from 1 to 65535, found %d", p.V)
		r.apiServerPort = 6443 // so that the profiles are not reported, too
	}
	r.ingressSettings()
	r.secretSettings()

	r.podSecurity = PodSecurity{Audit: "baseline", Warn: "baseline", Version: "latest"}
	r.podSecurity = r.podSecurityOf(&in.PodSecurity)
	for _, n := range in.Nodes {
		if !n.IsSet() {
			continue
		}
		address, err := netip.ParseAddr(n.V)
		if err != nil {
			n.Report("bad-address", "", "expected the IP address of a node, found %q", n.V)
		}
		r.nodes = append(r.nodes, Node{address, place(n.Node)})
	}
	if r.in.PodCIDRs == nil {
		r.podCIDRs = []netip.Prefix{netip.MustParsePrefix("10.42.0.0/16")} // k3s's default
	}
	for _, c := range present(in.PodCIDRs...) {
		if p, ok := r.cidr(c); ok {
			r.podCIDRs = append(r.podCIDRs, p)
		}
	}
	r.lint = Lint{Strict: in.Lint.Strict.Or(false), Severities: map[string]LintSeverity{}}
	for _, rule := range in.Lint.Rules.Items {
		r.lint.Severities[rule.Key] = LintSeverity{rule.Value.V, place(rule.At)}
	}
	r.autoSync, r.retry = in.Defaults.AutoSync.resolved(nil), r.retryOf(in.Defaults.Retry)
	r.syncOptions = r.syncOptionsOf(in.Defaults.SyncOptions)
}

// kubeVersion is a version of Kubernetes as Helm's --kube-version takes it.
var kubeVersion = regexp.MustCompile(`^v?1\.\d+(\.\d+)?([-+][0-9A-Za-z.+-]+)?$`)

func (r *resolver) clusterOf(in *kubernetesInput) Cluster {
	return Cluster{KubeVersion: kubeVersionOf(in.Version), APIVersions: apiVersionsOf(in.APIVersions)}
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

func apiVersionsOf(in []text) []string {
	for _, v := range in {
		if n := strings.Count(v.V, "/"); v.IsSet() && (n < 1 || n > 2) {
			v.Report("bad-version", "", "expected GROUP/VERSION or GROUP/VERSION/KIND, found %s", syntax.Quote(v.V))
		}
	}
	return texts(in)
}

// rootOf is the repository's root as a path in the file system.
func (r *resolver) rootOf(root text) string {
	at := path.Join(r.dir, root.Or("."))
	if strings.HasPrefix(root.V, "/") || leaves(at) || !within(r.dir, at) {
		root.Report("path-outside", "write a path such as ../.. that leads up to the root of the Git repository",
			"the repository's root cannot be %q", root.V)
		return r.dir
	}
	if r.opts.TopIsRoot && at != "." {
		up := strings.Repeat("/..", 1+strings.Count(r.dir, "/"))[1:]
		d := diag.Diagnostic{Pos: diag.Position{File: r.shown(PlatformFile)}, Path: "repository.root", Code: "wrong-root", Hint: "set repository: {root: " + up + "}",
			Message: fmt.Sprintf("this folder is %s of the Git repository, not its root", syntax.Quote(r.dir))}
		if root.Node != nil {
			d.Pos = root.Pos()
		}
		r.diags.Add(d)
	}
	return at
}

// leaves reports whether a clean path leads out of the folder that it begins in.
func leaves(p string) bool { return p == ".." || strings.HasPrefix(p, "../") }

// within reports whether p is dir or is below it.
func within(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }

func (r *resolver) pods(in podsInput, namespace, key, value string) profiles.Pods {
	out := profiles.Pods{Namespace: namespace, PodLabels: map[string]string{key: value}}
	before := len(*r.diags)
	r.optionalLabel(in.Namespace)
	labels := r.podLabels(in.PodLabels)
	if len(*r.diags) > before { // so that the profiles that name these pods are not reported, too
		return out
	}
	out.Namespace = in.Namespace.Or(namespace)
	if in.PodLabels.Node != nil {
		out.PodLabels = labels
	}
	return out
}

func (r *resolver) ingressSettings() {
	in := &r.in.Ingress
	r.exposures()
	r.auth = map[string]Middleware{}
	for _, item := range in.Auth.Items {
		r.auth[item.Key] = Middleware{Name: item.Value.Name.V, Namespace: item.Value.Namespace.V}
		if item.Key == "none" || item.Key == "app" {
			item.At.Report("reserved-name", "choose another name", "%q cannot name a middleware: it means that roster adds none", item.Key)
		}
		r.optionalLabel(item.Value.Namespace)
		r.optionalSubdomain(item.Value.Name)
	}
	r.defaultExpose = in.Defaults.Expose.Or("lan")
	if in.Defaults.Expose.IsSet() {
		r.exposure(in.Defaults.Expose.Node, r.defaultExpose)
	}
	r.defaultAuth = in.Defaults.Auth.V
	if in.Defaults.Auth.IsSet() {
		r.middleware(in.Defaults.Auth)
	} else if len(r.auth) == 1 {
		r.defaultAuth = slices.Collect(maps.Keys(r.auth))[0]
	}
}

func (r *resolver) secretSettings() {
	in := &r.in.Secrets
	r.storeKind, r.storeName = in.Store.Kind.Or("ClusterSecretStore"), in.Store.Name.Or("vault")
	r.optionalSubdomain(in.Store.Name)
	r.refreshInterval = r.duration(in.RefreshInterval, time.Hour)
	v := in.Store.Vault
	if v == nil {
		return
	}
	if r.storeKind == "SecretStore" {
		v.Report("no-effect", "remove kind", "roster renders a ClusterSecretStore, not a %s", r.storeKind)
	}
	r.store = &Store{
		Origin: PlatformFile + "#secrets/store", Name: r.storeName, Server: v.Server.V, Path: v.Path.Or("secret"),
		MountPath: v.MountPath.Or("kubernetes"), Role: v.Role.V,
		ServiceAccount:   v.ServiceAccount.Name.Or("external-secrets"),
		ServiceAccountNS: v.ServiceAccount.Namespace.Or("external-secrets"),
	}
	r.serverURL(v.Server, "https://vault.vault.svc:8200")
	r.filled(v.Role, "the name of a role of Vault")
	r.filled(v.Path, "the path of the KV engine")
	r.filled(v.MountPath, "the path of the Kubernetes auth method")
	r.optionalSubdomain(v.ServiceAccount.Name)
	r.optionalLabel(v.ServiceAccount.Namespace)
}

var podSecurityVersion = regexp.MustCompile(`^(latest|v1\.(0|[1-9]\d*))$`)

// podSecurityOf is the levels that in sets, over those of the platform.
func (r *resolver) podSecurityOf(in *podSecurityInput) PodSecurity {
	out := r.podSecurity
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

func (r *resolver) duration(in text, otherwise time.Duration) time.Duration {
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
