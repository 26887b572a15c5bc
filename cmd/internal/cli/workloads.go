package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	builtin "github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
)

// errIncomplete ends a render that printed all that it could, but not all that there is.
var errIncomplete = errors.New("some applications are not rendered here")

// app is one application with its namespace.
type app struct {
	namespace *catalog.Namespace
	*catalog.Application
}

// apps are the applications of the platform, by code.
func apps(p *catalog.Platform) []app {
	var out []app
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		for j := range n.Applications {
			out = append(out, app{n, &n.Applications[j]})
		}
	}
	slices.SortFunc(out, func(a, b app) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// yield is an object that an application deploys.
type yield struct {
	object.Object
	pos diag.Position // what it was made from, seen from the repository's root; nothing for applications that roster brings
}

// objects are the yields without their places.
func objects(yields []yield) []object.Object {
	out := make([]object.Object, len(yields))
	for i, y := range yields {
		out[i] = y.Object
	}
	return out
}

// rendered is what the applications yield.
type rendered struct {
	yields          [][]yield // by application
	elsewhere       []app     // applications whose source is not in the repository: they yield nothing
	warnings, diags diag.List // seen from the folder of the list
}

// workloads renders what the applications yield, and returns it in their order. Applications whose source is not in the
// repository are listed on stderr, and complete is false. What is wrong with any of them is printed to stderr.
func workloads(in *input, apps []app, timeout time.Duration, stderr io.Writer) (out [][]yield, complete bool, err error) {
	r, err := renderWorkloads(in, apps, timeout)
	if err != nil {
		return nil, false, err
	}
	for _, a := range r.elsewhere {
		_, _ = fmt.Fprintf(stderr, "%s: not rendered here: %s\n", a.Code, a.Elsewhere)
	}
	if err := errors.Join(r.warnings.Print(stderr, in.shown), reported(r.diags, stderr, in.shown)); err != nil {
		return nil, false, err
	}
	return r.yields, len(r.elsewhere) == 0, nil
}

func renderWorkloads(in *input, apps []app, timeout time.Duration) (rendered, error) {
	out := rendered{yields: make([][]yield, len(apps))}
	var requests []workload.Application
	var places []int
	for i, a := range apps {
		if a.Workload == nil {
			out.elsewhere = append(out.elsewhere, a)
			continue
		}
		requests, places = append(requests, in.request(a)), append(places, i)
	}
	pool := workerPool{job: workerJob{in.repository, in.at, in.clusterOf()}, timeout: timeout}
	answers, err := pool.render(requests)
	if err != nil {
		return rendered{}, err
	}
	for i, a := range answers {
		if w := apps[places[i]].Workload; w.Kind == catalog.Catalog { // its files are not in the repository
			for j := range a.Diags {
				a.Diags[j].Pos, a.Diags[j].Related = in.fromRoot(w.Pos), nil
			}
			for j := range a.Objects {
				a.Objects[j].Pos = diag.Position{}
			}
		}
		out.warnings, out.diags = append(out.warnings, a.Warnings...), append(out.diags, a.Diags...)
		out.diags = append(out.diags, in.checked(apps[places[i]], a)...)
		for _, o := range a.Objects {
			out.yields[places[i]] = append(out.yields[places[i]], yield{o.object(), o.Pos})
		}
	}
	in.seenFromFolder(out.warnings)
	in.seenFromFolder(out.diags)
	return out, nil
}

// checked is what must not be deployed of an application that roster brings, whatever its values and patches are.
func (in *input) checked(a app, yields answer) diag.List {
	if a.Workload.Kind != catalog.Catalog || len(yields.Diags) > 0 {
		return nil
	}
	check := builtin.Find(a.Workload.Path).Check
	if check == nil {
		return nil
	}
	var objects []map[string]any
	for _, o := range yields.Objects {
		objects = append(objects, o.object().Value().(map[string]any))
	}
	var diags diag.List
	for _, problem := range check(objects) {
		diags.Add(diag.Diagnostic{Pos: in.fromRoot(a.Workload.Pos), Path: a.Code, Code: "catalog-application", Message: problem, Hint: "change the patches"})
	}
	return diags
}

// fromRoot is a place in the folder of the list, seen from the repository's root.
func (in *input) fromRoot(p diag.Position) diag.Position {
	p.File = path.Join(in.platform.Repository.Folder, p.File)
	return p
}

// seenFromFolder changes places of the repository into those seen from the folder of the list, as in all other messages.
func (in *input) seenFromFolder(diags diag.List) {
	folder := in.platform.Repository.Folder
	seen := func(p *diag.Position) {
		if inside, ok := strings.CutPrefix(p.File, folder+"/"); ok {
			p.File = inside
		} else if folder != "." {
			p.File = strings.Repeat("../", 1+strings.Count(folder, "/")) + p.File
		}
	}
	for i := range diags {
		seen(&diags[i].Pos)
		for j := range diags[i].Related {
			seen(&diags[i].Related[j].Pos)
		}
	}
}

// request is what a worker must know to render a.
func (in *input) request(a app) workload.Application {
	s := a.Workload.Source
	out := workload.Application{
		Code: a.Code, Namespace: a.namespace.Name, Project: a.namespace.Project.Name,
		RepoURL: s.RepoURL, TargetRevision: s.Revision, Revision: in.revision,
		Kind: kinds[a.Workload.Kind], Path: a.Workload.Path,
	}
	for _, c := range a.namespace.Project.ClusterResources {
		out.ClusterKinds = append(out.ClusterKinds, strings.TrimPrefix(c.Group+"/"+c.Kind, "/"))
	}
	if h := s.Helm; h != nil {
		out.Helm = workload.Helm{ReleaseName: h.ReleaseName, ValueFiles: h.ValueFiles, SkipCRDs: h.SkipCRDs, SkipTests: h.SkipTests,
			IgnoreMissingValueFiles: h.IgnoreMissingValueFiles}
		if h.Values != nil {
			out.Helm.Values, _ = json.Marshal(h.Values) // of syntax.Any: always possible
		}
		for _, p := range h.Parameters {
			out.Helm.Parameters = append(out.Helm.Parameters, workload.Parameter{Name: p.Name, Value: p.Value})
		}
	}
	if k := s.Kustomize; k != nil {
		out.Kustomize = workload.Kustomize{Images: k.Images, NamePrefix: k.NamePrefix, NameSuffix: k.NameSuffix, Namespace: k.Namespace,
			CommonLabels: k.CommonLabels, CommonAnnotations: k.CommonAnnotations, Components: k.Components}
	}
	if d := s.Directory; d != nil {
		out.Directory = workload.Directory{Recurse: d.Recurse, Include: d.Include, Exclude: d.Exclude}
		if j := d.Jsonnet; j != nil {
			out.Directory.Jsonnet = workload.Jsonnet{TLAs: jsonnetVars(j.TLAs), ExtVars: jsonnetVars(j.ExtVars), Libs: j.Libs}
		}
	}
	for _, p := range a.Patches {
		out.Patches = append(out.Patches, workload.Patch{Pos: in.fromRoot(p.Pos), Path: p.Path, Text: p.Text,
			Target: (*workload.Target)(p.Target), Options: p.Options})
	}
	return out
}

var kinds = map[catalog.SourceKind]workload.Kind{catalog.HelmChart: workload.Chart, catalog.Kustomization: workload.Kustomization,
	catalog.Manifests: workload.Manifests, catalog.Catalog: workload.Catalog}

func jsonnetVars(in []catalog.JsonnetVar) []workload.JsonnetVar {
	out := make([]workload.JsonnetVar, len(in))
	for i, v := range in {
		out[i] = workload.JsonnetVar(v)
	}
	return out
}

// clusterOf is what platform.yml says about the cluster, or else what Argo CD tells its plugins.
func (in *input) clusterOf() workload.Cluster {
	said := in.platform.Cluster
	c := workload.Cluster{KubeVersion: cmp.Or(said.KubeVersion, in.cluster.KubeVersion), APIVersions: said.APIVersions}
	if len(c.APIVersions) == 0 {
		c.APIVersions = in.cluster.APIVersions
	}
	return c
}

// withWorkloads are the objects of the platform, each wave followed by what its Applications yield: Argo CD syncs these, and
// waits for them, before it goes on to the next wave.
func withWorkloads(p *catalog.Platform, apps []app, yields [][]yield) []object.Object {
	byWave := map[int][]object.Object{}
	for i, a := range apps {
		byWave[int(a.Wave)] = append(byWave[int(a.Wave)], objects(yields[i])...)
	}
	platform := render.Build(p)
	var out []object.Object
	for i, o := range platform {
		out = append(out, o)
		if i == len(platform)-1 || platform[i+1].Wave != o.Wave {
			out = append(out, byWave[o.Wave]...)
		}
	}
	return out
}
