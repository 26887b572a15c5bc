package catalog

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/itchyny/gojq"
	"k8s.io/apimachinery/pkg/util/validation"
)

// application resolves one application.
func (b *builder) application(in *app) Application {
	s := b.settings
	code := in.ApplicationCode.V
	from := origin(in.entry.Namespace.V, "applications", code)
	guarded := !in.Toggleable.Or(false)
	a := Application{
		Code: code, Name: s.cluster.inArgoCD(code), Origin: from, Place: place(in.Node), written: in.written, Catalog: in.Catalog.V,
		AutoSync: in.AutoSync.resolved(s.autoSync), Retry: s.retry, MayBeEmpty: s.mayBeEmpty(in), Guarded: guarded, Finalizer: in.Finalizer.Or(true),
		SyncOptions: s.syncOptions,
		Labels:      labelsOf(in.Labels), Annotations: annotationsOf(in.Annotations),
	}
	if in.Retry != nil {
		a.Retry = retryOf(in.Retry)
	}
	if in.SyncOptions != nil {
		a.SyncOptions = syncOptionsOf(in.SyncOptions)
	}
	if only := s.only; only == nil || *only == code {
		d := b.sources.source(in)
		s.restarts(in)
		made, at := s.podPatches(in)
		a.Patches = append(b.sources.patches(in), made...)
		if len(a.Patches) > 0 && in.Sources == nil {
			if len(in.Patches) > 0 {
				at = in.Patches[0].Node
			}
			d = b.sources.patched(in, d, a.Patches, at)
		}
		a.Sources, a.GeneratePaths, a.Workload, a.Elsewhere, a.Remote, a.Others = d.sources, d.reads, d.workload, d.elsewhere, d.remote, d.others
	}
	for name, used := range in.used {
		if a.Uses == nil {
			a.Uses = map[string]string{}
		}
		a.Uses[name] = used.Code
	}
	for i := range in.IgnoreDifferences {
		if d, ok := ignoreDifference(&in.IgnoreDifferences[i]); ok {
			a.IgnoreDifferences = append(a.IgnoreDifferences, d)
		}
	}
	for i := range in.Ingress {
		if in.Ingress[i].Node != nil {
			a.Routes = append(a.Routes, b.routes.exposed(&in.Ingress[i], in, from)...)
		}
	}
	a.Metrics, a.Dashboards = s.monitored(in, from), b.dashboards(in, from)
	b.backups(&a, in)
	for i := range in.Secrets {
		if in.Secrets[i].Node != nil {
			a.Secrets = append(a.Secrets, b.secret(in, &in.Secrets[i], from))
		}
	}
	for i := range in.PushSecrets {
		if in.PushSecrets[i].Node != nil {
			a.PushSecrets = append(a.PushSecrets, b.pushSecret(in, &in.PushSecrets[i], from))
		}
	}
	longest := a.Name
	if len(a.Secrets)+len(a.Backups) > 0 {
		longest = s.cluster.partOf(code, SecretPart)
	}
	s.short(in.ApplicationCode.Node, longest)
	slices.SortFunc(a.Routes, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Host+a.Path, b.Host+b.Path), cmp.Compare(a.Key(), b.Key()), cmp.Compare(a.Kind(), b.Kind()))
	})
	slices.SortFunc(a.Secrets, func(a, b Secret) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(a.PushSecrets, func(a, b PushSecret) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range in.DependsOn {
		if d.IsSet() && b.names.apps[d.V] == nil {
			b.names.unknownApplication(d.Node, d.V, "remove it: the order holds within a cluster")
		}
	}
	for _, g := range in.Provides {
		if g.IsSet() && (validation.IsDNS1123Subdomain(g.V) != nil || !strings.Contains(g.V, ".")) {
			g.Report("bad-group", "", "expected an API group such as external-secrets.io, found %s", syntax.Quote(g.V))
		}
	}
	return a
}

// resolved is how an application is synced; nil stands for not at all.
func (in *autoSyncInput) resolved(otherwise *AutoSync) *AutoSync {
	switch {
	case in == nil:
		return otherwise
	case !in.Enabled.Or(true):
		return nil
	}
	return &AutoSync{Prune: in.Prune.Or(true), SelfHeal: in.SelfHeal.Or(true), AllowEmpty: in.AllowEmpty.Or(false)}
}

// mayBeEmpty reports whether an application may deploy nothing.
func (s *settings) mayBeEmpty(in *app) bool {
	sync := in.AutoSync.resolved(s.autoSync)
	return sync != nil && sync.AllowEmpty
}

// retryOf checks how a sync is tried again.
func retryOf(in *retryInput) *Retry {
	if in == nil {
		return nil
	}
	for _, t := range present(in.Duration, in.MaxDuration) {
		if d, err := time.ParseDuration(t.V); err != nil || d <= 0 {
			t.Report("bad-duration", "", "expected a positive time such as 5s or 3m, found %s", syntax.Quote(t.V))
		}
	}
	if in.Factor.IsSet() && in.Factor.V < 1 {
		in.Factor.Report("bad-number", "", "expected a factor of at least 1, found %d", in.Factor.V)
	}
	return &Retry{Limit: in.Limit.V, Duration: in.Duration.V, MaxDuration: in.MaxDuration.V, Factor: in.Factor.V}
}

// syncOption is an option of Argo CD: a name and a value.
var syncOption = regexp.MustCompile(`^[A-Z][A-Za-z]+=[A-Za-z]+$`)

func syncOptionsOf(in []text) []string {
	for _, o := range in {
		switch {
		case !o.IsSet():
		case !syncOption.MatchString(o.V):
			o.Report("bad-sync-option", "", "expected an option such as ServerSideApply=true, found %s", syntax.Quote(o.V))
		case strings.HasPrefix(o.V, "CreateNamespace="):
			o.Report("bad-sync-option", "remove it", "roster renders the Namespace itself: CreateNamespace would have no effect")
		}
	}
	return texts(in)
}

func ignoreDifference(in *ignoreDifferenceInput) (IgnoreDifference, bool) {
	if in.Node == nil || !in.Kind.IsSet() || !filled(in.Kind, "a kind, such as Deployment") {
		return IgnoreDifference{}, false
	}
	d := IgnoreDifference{Group: in.Group.V, Kind: in.Kind.V, Name: in.Name.V, Namespace: in.Namespace.V,
		JSONPointers: texts(in.JSONPointers), JQPathExpressions: texts(in.JQPathExpressions), ManagedFieldsManagers: texts(in.ManagedFieldsManagers)}
	if len(d.JSONPointers)+len(d.JQPathExpressions)+len(d.ManagedFieldsManagers) == 0 &&
		!in.Flawed("jsonPointers", "jqPathExpressions", "managedFieldsManagers") {
		in.Report("missing-field", "write one of them, such as jsonPointers: [/spec/replicas]", "expected jsonPointers, jqPathExpressions or managedFieldsManagers: nothing would be ignored")
	}
	for _, p := range in.JSONPointers {
		if p.IsSet() && !strings.HasPrefix(p.V, "/") {
			p.Report("bad-pointer", "", "expected a JSON pointer such as /spec/replicas, found %s", syntax.Quote(p.V))
		}
	}
	for _, p := range in.JQPathExpressions {
		if err := jqPath(p.V); p.IsSet() && err != nil {
			p.Report("bad-jq", "", "expected a jq path such as .spec.template.spec.containers[].resources, found %s: %v", shown(p.V), err)
		}
	}
	return d, true
}

// jqPath compiles an expression as Argo CD does, which compares nothing of the application when it cannot
// (util/argo/normalizers/diff_normalizer.go).
func jqPath(expression string) error {
	if len(expression) > 1000 { // the compiler recurses as deep as it is nested
		return errors.New("it is too long")
	}
	query, err := gojq.Parse("del(" + expression + ")")
	if err == nil {
		_, err = gojq.Compile(query)
	}
	return err
}

// catalogSource is the source of a catalog application: the sidecar renders it from this very file.
func (r *sourceReader) catalogSource(in *app) deployed {
	if !slices.Contains(apps.Names(), in.Catalog.V) {
		in.Catalog.Report("unknown-catalog-application", diag.DidYouMean(in.Catalog.V, apps.Names()), "the catalog has no application %s", syntax.Quote(in.Catalog.V))
	}
	excluded(in, "a catalog application", in.RepoURL, in.Revision, in.Version)
	r.needRepository()
	d := r.bySidecar(in)
	d.workload = &Workload{Kind: Catalog, Path: in.Catalog.V, Source: Source{Helm: r.helm(in)}, Pos: in.Catalog.Pos()}
	return d
}

// bySidecar is an application that the sidecar renders, with the code of roster render --app.
func (r *sourceReader) bySidecar(in *app) deployed {
	return deployed{
		sources: []Source{{RepoURL: r.repoURL, Revision: r.revision, Path: r.here(), Plugin: r.cluster.Sidecar(r.plugin, r.cluster.inArgoCD(in.ApplicationCode.V))}},
		reads:   slices.Clone(r.listReads),
	}
}

// excluded reports keys that do not apply to that kind of application.
func excluded(in *app, kind string, scalars ...text) {
	for _, s := range present(scalars...) {
		s.Report("no-effect", "remove it", "this has no effect on %s", kind)
	}
	none := func(at *syntax.Node) {
		if at != nil {
			at.Report("no-effect", "remove it", "this has no effect on %s", kind)
		}
	}
	if in.Helm != nil {
		none(in.Helm.Node)
	}
	if in.Kustomize != nil {
		none(in.Kustomize.Node)
	}
	if in.Directory != nil {
		none(in.Directory.Node)
	}
	if in.Plugin != nil {
		none(in.Plugin.Node)
	}
	for _, f := range present(in.ValueFiles...) {
		none(f.Node)
	}
}
