package workload

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"sigs.k8s.io/kustomize/api/builtins" //nolint:staticcheck // there is no other way to them yet
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/yaml"
)

// patched is a manifest under patches. Each has a map of its own, since a map cannot hold two objects of one name.
type patched struct {
	manifest
	objects resmap.ResMap // the object, or nothing when a patch deletes it
	changed bool
}

// patch applies the application's patches to the output of its source, as a kustomization with that as its resource would.
// What no patch touches stays as it is.
func patch(app *Application, in []manifest) (out []manifest, diags diag.List) {
	defer func() { diags = scrubbed(app, in, diags) }()
	defer app.rescue(&out, &diags)
	in, diags = flatten(app, in)
	if len(diags) > 0 {
		return nil, diags
	}
	all := make([]*patched, len(in))
	for i, m := range in {
		object, err := kustomizeFactory().RF().FromMap(m.value)
		if err != nil {
			return nil, diag.List{app.failure(m.pos, "bad-manifest", "", "%s", kustomizeWords(err.Error()))}
		}
		all[i] = &patched{manifest: m, objects: kustomizeFactory().FromResource(object)}
	}
	var met matches
	for i := range app.Patches {
		p := &app.Patches[i]
		matched, err := p.apply(all)
		switch {
		case err != nil:
			diags.Add(app.badPatch(p, err))
		case met.enough(app.Patches, i, matched):
		case p.Optional:
			diags.Add(app.noPods(p))
		default:
			diags.Add(app.noTarget(p, in))
		}
	}
	if len(diags) > 0 {
		return nil, diags
	}
	return app.finish(all)
}

var errEmptyPatch = errors.New("the patch is empty")

func kustomizeFactory() *resmap.Factory {
	return resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory())
}

// apply reports whether every part of the patch found an object.
func (p *Patch) apply(all []*patched) (matched bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New(panicWords(r))
		}
	}()
	config, err := yaml.Marshal(p.kustomize())
	if err != nil {
		return false, err
	}
	plugin := &builtins.PatchTransformerPlugin{}
	if err := plugin.Config(resmap.NewPluginHelpers(nil, nil, kustomizeFactory(), types.DisabledPluginConfig()), config); err != nil {
		return false, err
	}
	parts, err := kustomizeFactory().RF().SliceFromBytes([]byte(plugin.Patch))
	switch {
	case err == nil && len(parts) == 0:
		return false, errEmptyPatch
	case plugin.Target != nil:
		return applyToTarget(plugin, all)
	case err != nil: // a JSON patch
		return false, errors.New("a JSON patch needs a target")
	}
	for _, part := range parts {
		if matched, err = applyByName(plugin.Options, part, all); !matched {
			break
		}
	}
	return matched, err
}

func applyToTarget(plugin *builtins.PatchTransformerPlugin, all []*patched) (matched bool, err error) {
	for _, m := range all {
		selected, err := m.objects.Select(*plugin.Target)
		if err != nil {
			return false, err
		}
		if len(selected) == 0 {
			continue
		}
		matched, m.changed = true, true
		if err := plugin.Transform(m.objects); err != nil {
			return false, fmt.Errorf("%s: %w", name(m.object()), err)
		}
		m.objects.DropEmpties()
	}
	return matched, nil
}

func applyByName(options *types.PatchArgs, part *resource.Resource, all []*patched) (matched bool, err error) {
	id := part.OrgId()
	if options != nil && options.AllowNameChange {
		part.AllowNameChange()
	}
	if options != nil && options.AllowKindChange {
		part.AllowKindChange()
	}
	for _, m := range all {
		target, err := m.objects.GetById(id)
		if err != nil {
			continue // it is another one
		}
		matched, m.changed = true, true
		if err := target.ApplySmPatch(part.DeepCopy()); err != nil {
			return false, fmt.Errorf("%s: %w", name(m.object()), err)
		}
		m.objects.DropEmpties()
	}
	return matched, nil
}

// finish turns the remaining objects into manifests.
func (app *Application) finish(all []*patched) ([]manifest, diag.List) {
	var left []*patched
	renamed := ""
	for _, m := range all {
		if m.objects.Size() == 0 {
			continue
		}
		left = append(left, m)
		o := m.objects.Resources()[0]
		if slices.ContainsFunc(o.PrevIds(), func(id resid.ResId) bool { return id.Name != o.GetName() || !id.IsNsEquals(o.CurId()) }) {
			renamed = name(m.object())
		}
	}
	if renamed != "" {
		if err := rename(left); err != nil {
			why, _, _ := unwrapKustomize(err.Error())
			return nil, diag.List{app.failure(left[0].pos, "bad-patch", "", "%s is renamed, and Kustomize cannot correct what refers to it: %s", renamed, kustomizeWords(why))}
		}
	}
	var out []manifest
	for _, m := range left {
		if !m.changed {
			out = append(out, m.manifest)
			continue
		}
		m.objects.RemoveBuildAnnotations()
		text, err := m.objects.AsYaml()
		if err != nil {
			return nil, diag.List{app.failure(m.pos, "bad-manifest", "", "%s", kustomizeWords(err.Error()))}
		}
		made, diags := app.decode(diag.Position{File: m.pos.File, Line: max(m.pos.Line, 1)}, text)
		if len(diags) > 0 {
			return nil, diags
		}
		for _, object := range made {
			value, _ := keepNumbers(m.value, object.value).(map[string]any)
			out = append(out, manifest{value, m.pos, m.from})
		}
	}
	return out, nil
}

// rename corrects the references to objects that have a new name. Kustomize does so at the end of a build, by the old names that it
// records in annotations.
func rename(all []*patched) error {
	files := filesys.MakeFsInMemory()
	var text strings.Builder
	for _, m := range all {
		if m.generated() {
			return fmt.Errorf("%s has no name yet", name(m.object()))
		}
		object, err := m.objects.AsYaml()
		if err != nil {
			return err
		}
		text.WriteString("---\n" + string(object))
	}
	for name, content := range map[string]string{"/all.yaml": text.String(), "/kustomization.yaml": "resources: [all.yaml]\n"} {
		if err := files.WriteFile(name, []byte(content)); err != nil {
			return err
		}
	}
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/")
	if err != nil {
		return err
	}
	if objects.Size() != len(all) {
		return errors.New("some objects have the annotation config.kubernetes.io/local-config")
	}
	for i, object := range objects.Resources() {
		all[i].objects, all[i].changed = kustomizeFactory().FromResource(object), true
	}
	return nil
}

// keepNumbers restores what Kustomize loses of numbers: it reads those of objects with JSON patches as floats.
func keepNumbers(before, after any) any {
	switch a := after.(type) {
	case map[string]any:
		b, _ := before.(map[string]any)
		for key := range a {
			a[key] = keepNumbers(b[key], a[key])
		}
	case []any:
		b, _ := before.([]any)
		for i := range min(len(a), len(b)) {
			a[i] = keepNumbers(b[i], a[i])
		}
	case int64, float64:
		if f, ok := float(before); ok {
			if g, _ := float(after); f == g {
				return before
			}
		}
	}
	return after
}

func float(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
