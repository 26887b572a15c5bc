package workload

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provenance"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// kustomization is one that is built, repeatedly to find out what is wrong.
type kustomization struct {
	app   *Application
	files *kustomizeFiles
	dir   string // of the application, relative to the repository's root, without links
	file  string // the kustomization file, likewise
}

// kustomize builds the kustomization at app.Path as Argo CD does (util/kustomize): app.Kustomize and app.Patches are written into the
// kustomization file first.
func (r *Renderer) kustomize(app *Application) (out []manifest, diags diag.List) {
	k := &kustomization{app: app, files: newKustomizeFiles(r, app)}
	defer func() { diags = k.files.moved(k.scrubbed(diags)) }()
	defer app.rescue(&out, &diags)
	if diags := k.find(); len(diags) > 0 {
		return nil, diags
	}
	objects, err := k.build(app.Patches)
	if r.onlyAsk {
		return nil, k.files.diags
	}
	switch {
	case len(k.files.diags) > 0:
		return nil, k.files.diags
	case err != nil:
		return nil, diag.List{k.blame(err)}
	}
	if diags := k.idle(); len(diags) > 0 {
		return nil, diags
	}
	return k.manifests(objects)
}

// find looks for the kustomization file.
func (k *kustomization) find() diag.List {
	at := diag.Position{File: k.app.Path}
	dir, info, err := k.files.resolve(k.app.Path)
	k.dir = dir
	if err != nil || !info.IsDir() {
		return diag.List{k.app.failure(at, "missing-path", "", "there is no folder %s", k.app.Path)}
	}
	var found []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if file, _, err := k.files.resolve(path.Join(dir, name)); err == nil {
			k.file = file
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return diag.List{k.app.failure(at, "missing-path", "", "there is none of %s in it", strings.Join(konfig.RecognizedKustomizationFileNames(), ", "))}
	case 1:
		return nil
	}
	return diag.List{k.app.failure(at, "kustomize", "keep one of them", "there is more than one kustomization file: %s", strings.Join(found, ", "))}
}

// build runs kustomize with these patches. After an error, k.files.diags say what was refused.
func (k *kustomization) build(patches []Patch) (out resmap.ResMap, err error) {
	defer func() {
		// Kustomize panics on some input, such as an invalid schema.
		if p := recover(); p != nil {
			out, err = nil, errors.New(panicWords(p))
		}
		if k.files.ownSchema { // it would stay for all later builds
			openapi.ResetOpenAPI()
		}
	}()
	k.files.overlay("", nil)
	text, err := k.files.content(k.file)
	if err != nil {
		return nil, err
	}
	if text, err = k.edit(text, patches); err != nil {
		return nil, err
	}
	k.files.overlay(k.file, text)
	if k.files.walk(k.dir, ""); len(k.files.diags) > 0 || k.files.renderer.onlyAsk {
		return nil, errRefused
	}
	options := krusty.MakeDefaultOptions()
	if k.files.renderer.cluster.Kustomize.AnyFile {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	options.Reorder = krusty.ReorderOptionUnspecified // as without --reorder
	run := func() (resmap.ResMap, error) {
		return krusty.MakeKustomizer(options).Run(k.files, path.Join(kustomizeRoot, k.app.Path))
	}
	out, err = run()
	if k.files.ownSchema { // which kustomize has added to the previous one, if there was one
		openapi.ResetOpenAPI()
		out, err = run()
	}
	if err == nil && len(k.files.diags) > 0 {
		err = errRefused
	}
	return out, err
}

func (k *kustomization) manifests(objects resmap.ResMap) ([]manifest, diag.List) {
	text, err := objects.AsYaml()
	if err != nil {
		return nil, diag.List{k.explain(err)}
	}
	return k.read(text)
}

// read turns kustomize's output into manifests as Argo CD does. Kustomize does not tell which file an object came from.
func (k *kustomization) read(text []byte) ([]manifest, diag.List) {
	at := diag.Position{File: k.file}
	if len(text) > maxOutput {
		return nil, diag.List{k.app.failure(at, "too-large", "", "the output is larger than %d MiB", maxOutput>>20)}
	}
	out, diags := k.app.decode(diag.Position{File: k.file, Line: 1, Column: 1}, text)
	for i := range out {
		out[i].pos = at
		k.origins(out[i].value)
		if l, _ := metadata(out[i].value)["labels"].(map[string]any); l[konfig.ManagedbyLabelKey] == "kustomize-"+provenance.GetProvenance().Semver() {
			l[konfig.ManagedbyLabelKey] = "kustomize-" + kustomizeVersion
		}
	}
	return out, diags
}

// kustomizeVersion is the one that Argo CD ships (hack/tool-versions.sh of its repository). Kustomize may write it into a label, but as a
// library it does not know it.
const kustomizeVersion = "v5.8.1"

// blame finds the patch of the application's that makes the build fail, if it is one.
func (k *kustomization) blame(err error) diag.Diagnostic {
	for i := 0; i <= len(k.app.Patches); i++ {
		_, failed := k.build(k.app.Patches[:i])
		switch {
		case failed == nil:
			continue
		case i == 0:
			return k.explain(failed)
		}
		p := &k.app.Patches[i-1]
		if strings.Contains(failed.Error(), "no resource matches strategic merge patch") {
			return k.noTarget(p)
		}
		return k.app.badPatch(p, failed)
	}
	return k.explain(err)
}

// probe is a JSON patch that fails on every object.
const probe = "/roster-looks-for-the-objects"

// idle reports the patches of the application's that match no object: kustomize accepts those with a target.
func (k *kustomization) idle() diag.List {
	var diags diag.List
	var met matches
	for i, p := range k.app.Patches {
		if parts, err := objectsIn([]byte(p.Text)); err == nil && len(parts) == 0 {
			diags.Add(k.app.badPatch(&p, errEmptyPatch))
			continue
		}
		if p.Target == nil {
			continue // kustomize itself reports it
		}
		p.Text, p.Options = `[{"op": "test", "path": "`+probe+`", "value": true}]`, nil
		_, err := k.build(append(slices.Clone(k.app.Patches[:i]), p))
		switch matched := err != nil && strings.Contains(err.Error(), probe); {
		case met.enough(k.app.Patches, i, matched):
		case p.Optional:
			diags.Add(k.app.noPods(&p))
		default:
			diags.Add(k.noTarget(&k.app.Patches[i]))
		}
	}
	return diags
}

func (k *kustomization) noTarget(p *Patch) diag.Diagnostic {
	var known []manifest
	if objects, err := k.build(nil); err == nil {
		known, _ = k.manifests(objects)
	}
	return k.app.noTarget(p, known)
}

// errRefused is why kustomize does not get a file: the diagnostics of kustomizeFiles have the details.
var errRefused = errors.New("refused")
