package fleet

import (
	"cmp"
	"context"
	"strings"

	"github.com/hippotion/roster/catalog"
	builtin "github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/render/workload"
)

// workloads renders what the applications of o deploy into them.
func (in *Input) workloads(ctx context.Context, o *Output) (diags diag.List, err error) {
	requests := in.requests(o)
	answers, seen, err := in.renderAll(ctx, o, requests, false)
	if err != nil {
		return nil, err
	}
	if seen == nil || o.Seen == nil || !o.Seen.Repository.Add(seen) {
		o.Seen = nil
	}
	for i := range requests {
		a, answer := requests[i].of, &answers[i]
		if a.Workload.Kind == catalog.Catalog {
			own(a, answer)
		}
		a.Mistakes = answer.Diags.Sorted()
		o.Warnings, diags = append(o.Warnings, answer.Warnings...), append(diags, answer.Diags...)
		if a.Failed() {
			continue
		}
		for _, made := range answer.Objects {
			a.Yields = append(a.Yields, Yield{Object: made.object(), Source: made.Source, Pos: made.Pos, From: made.From, Unstable: made.Unstable})
		}
	}
	return diags, nil
}

// request is what a worker must know of an application.
type request struct {
	workload.Application
	of *Application
}

// requests are those of the applications that can be rendered.
func (in *Input) requests(o *Output) (out []request) {
	for i := range o.Applications {
		if a := &o.Applications[i]; a.Workload != nil {
			out = append(out, request{in.request(a), a})
		}
	}
	return out
}

// own completes the answer of a catalog application: its files are not in the repository, and it checks what must not be deployed,
// whatever its values and patches are.
func own(a *Application, answer *answer) {
	for i := range answer.Diags {
		answer.Diags[i].Pos, answer.Diags[i].Related = a.Workload.Pos, nil
	}
	for i := range answer.Objects {
		answer.Objects[i].Pos = diag.Position{}
	}
	check := builtin.Find(a.Workload.Path).Check
	if check == nil || len(answer.Diags) > 0 {
		return
	}
	var objects []map[string]any
	for _, o := range answer.Objects {
		objects = append(objects, o.object().Value().(map[string]any))
	}
	for _, problem := range check(objects) {
		answer.Diags.Add(diag.Diagnostic{Pos: a.Workload.Pos, Path: a.Code, Code: "catalog-application", Message: problem, Hint: "change the patches"})
	}
}

// request is what a worker must know to render a.
func (in *Input) request(a *Application) workload.Application {
	out := in.requestOf(a, a.Workload)
	for _, w := range a.Others {
		out.Others = append(out.Others, in.requestOf(a, w))
	}
	return out
}

// requestOf is what a worker must know of one source of a.
func (in *Input) requestOf(a *Application, w *catalog.Workload) workload.Application {
	s := w.Source
	out := workload.Application{
		Code: a.Code, Namespace: a.Namespace.Name, Environment: s.Environment(a.Name, a.Namespace.Name, a.Namespace.Project.Name),
		Kind: kinds[w.Kind], Path: w.Path, Title: w.Title, Twice: in.Want.Unstable, Debug: in.Debug, MayBeEmpty: a.MayBeEmpty,
	}
	out.Pos, out.Environment.Revision = w.Pos, in.Revision
	if w.Remote {
		ref := reference(s)
		out.Remote = &ref
	}
	if w.Title != "" {
		for _, other := range a.Sources {
			if other.Ref == "" {
				continue
			}
			if out.Refs == nil {
				out.Refs = map[string]*source.Reference{}
			}
			out.Refs[other.Ref] = nil
			if !other.Here {
				ref := reference(other)
				out.Refs[other.Ref] = &ref
			}
		}
	}
	for _, c := range a.Namespace.Project.ClusterResources {
		out.ClusterKinds = append(out.ClusterKinds, strings.TrimPrefix(c.Group+"/"+c.Kind, "/"))
	}
	if s.Helm != nil {
		out.Helm = *s.Helm
	}
	if s.Kustomize != nil {
		out.Kustomize = *s.Kustomize
		out.Kustomize.Patches = nil // below, with their places
	}
	if s.Directory != nil {
		out.Directory = *s.Directory
	}
	patches := a.Patches
	if w.Title != "" {
		patches = w.Patches
	}
	for _, p := range patches {
		out.Patches = append(out.Patches, workload.Patch{Patch: p.Patch, Pos: p.Place.Pos, Path: p.Place.Path, Optional: p.Optional})
	}
	return out
}

// reference is where a source lies that is elsewhere. Argo CD knows a repository of charts in a registry without the scheme.
func reference(s catalog.Source) source.Reference {
	ref := source.Reference{Kind: source.Git, URL: strings.TrimRight(s.RepoURL, "/"), Version: s.Revision}
	switch {
	case s.Chart != "" && strings.Contains(s.RepoURL, "://"):
		ref.Kind, ref.Name = source.Chart, s.Chart
	case s.Chart != "":
		ref.Kind, ref.URL = source.OCI, "oci://"+ref.URL+"/"+s.Chart
	case strings.HasPrefix(s.RepoURL, "oci://"):
		ref.Kind = source.OCI
	}
	if ref.Kind == source.Git && ref.Version == "HEAD" {
		ref.Version = ""
	}
	return ref
}

var kinds = map[catalog.SourceKind]workload.Kind{catalog.HelmChart: workload.Chart, catalog.Kustomization: workload.Kustomization,
	catalog.Manifests: workload.Manifests, catalog.Catalog: workload.Catalog}

// clusterOf is what platform.yml sets about the cluster, or else what Argo CD tells its plugins.
func (in *Input) clusterOf(p *catalog.Platform) workload.Cluster {
	said := p.Kubernetes
	c := workload.Cluster{Kustomize: p.ArgoCD.BuildOptions, Helm: p.ArgoCD.Version.Helm(), KubeVersion: cmp.Or(said.KubeVersion, in.Cluster.KubeVersion), APIVersions: said.APIVersions}
	if len(c.APIVersions) == 0 {
		c.APIVersions = in.Cluster.APIVersions
	}
	return c
}
