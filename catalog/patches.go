package catalog

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
	"sigs.k8s.io/yaml"
)

// patched is d with patches. A kustomization gets them in Argo CD as well. Argo CD does not patch charts and folders of
// manifests: those the sidecar renders, with the code of roster render --app, so that the cluster cannot disagree with it.
// What roster cannot render cannot be patched. What a chart takes from elsewhere is in the lock and in the copies, since nothing is fetched there.
func (r *sourceReader) patched(in *app, d deployed, patches []Patch, at *syntax.Node) deployed {
	switch {
	case len(d.sources) == 0: // reported
		return d
	case d.workload != nil && d.workload.Kind == Catalog:
		d.reads = append(d.reads, patchFiles(in)...)
		return d
	case d.sources[0].Kustomize != nil || d.workload != nil && d.workload.Kind == Kustomization:
		var k argocd.Kustomize
		if d.sources[0].Kustomize != nil {
			k = *d.sources[0].Kustomize
		}
		k.Patches = nil
		for _, p := range patches {
			k.Patches = append(k.Patches, p.Patch)
		}
		d.sources[0].Kustomize = &k
		return d
	case d.workload == nil && r.opts.NewCopies && in.Chart.IsSet():
		return d // its copy is about to be made
	case d.workload == nil:
		hint := "patch a kustomization, or a source in this repository"
		if in.Chart.IsSet() {
			hint = r.copyHint(in)
		}
		at.Report("unpatchable", hint, "Argo CD cannot patch this source, and roster cannot render it: %s", d.elsewhere)
		return d
	}
	r.needRepository()
	out := r.bySidecar(in)
	out.workload = d.workload
	if d.reads == nil { // unknown: any commit may change it
		out.reads = nil
		return out
	}
	if in.Chart.IsSet() {
		out.reads = append(out.reads, "/"+d.workload.Path)
	}
	for _, read := range d.reads {
		if !strings.HasPrefix(read, "/") { // relative to the source's own folder
			read = "/" + path.Join(d.workload.Path, read)
		}
		out.reads = append(out.reads, read)
	}
	if d.workload.Kind == HelmChart {
		if r.hasLock() {
			out.reads = append(out.reads, source.LockFile)
		}
		if r.vendor != "" {
			copies := "/" + r.vendor
			out.reads = append(slices.DeleteFunc(out.reads, func(read string) bool { return within(read, copies) }), copies)
		}
	}
	out.reads = append(out.reads, patchFiles(in)...)
	return out
}

// hasLock reports whether there is a lock beside the list. Without one, the sidecar has nothing from elsewhere.
func (f *files) hasLock() bool {
	info, err := fs.Stat(f.fsys, path.Join(f.dir, source.LockFile))
	return err == nil && info.Mode().IsRegular()
}

// oneVersion is a version that a copy of a chart can have in its name.
var oneVersion = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+([-+][A-Za-z0-9.+-]*)?$`)

// copyHint says how a chart is put where it can be patched.
func (r *sourceReader) copyHint(in *app) string {
	copied := "as " + path.Base(in.Chart.V) + "-" + in.Version.V + ".tgz"
	switch {
	case !oneVersion.MatchString(in.Version.V):
		return "name one version, such as 1.2.3, and run roster fetch --vendor: a copy of that can be patched"
	case !r.in.Vendor.IsSet():
		return "add vendor: vendor to " + PlatformFile + ", and run roster fetch --vendor: it puts the chart there, " + copied
	}
	return "run roster fetch --vendor: it puts the chart into the folder that vendor names, " + copied
}

// patchFiles are the files that hold patches, from the root, with a leading slash.
func patchFiles(in *app) []string {
	var out []string
	for i := range in.Patches {
		if p := in.Patches[i]; p.Node != nil && p.Path.IsSet() {
			out = append(out, "/"+path.Clean(p.Path.V))
		}
	}
	return out
}

func (r *sourceReader) patches(in *app) []Patch {
	var out []Patch
	for i := range in.Patches {
		p := &in.Patches[i]
		if p.Node == nil {
			continue
		}
		text, ok := r.patchText(p)
		if !ok {
			continue
		}
		patch := Patch{Patch: argocd.Patch{Text: text}, Place: place(p.Node)}
		if p.Path.IsSet() {
			patch.File = path.Clean(p.Path.V)
		}
		if t := p.Target; t != nil {
			patch.Target = &argocd.Target{Group: t.Group.V, Version: t.Version.V, Kind: t.Kind.V, Name: t.Name.V, Namespace: t.Namespace.V,
				LabelSelector: t.LabelSelector.V, AnnotationSelector: t.AnnotationSelector.V}
			if *patch.Target == (argocd.Target{}) && !t.Flawed() {
				t.Report("missing-field", "name a kind: kind: Deployment", "the target selects nothing")
			}
		}
		patch.Options = p.Options.set()
		out = append(out, patch)
	}
	return out
}

// set are the options that are true; nil when there are none.
func (o *patchOptionsInput) set() map[string]bool {
	if o == nil {
		return nil
	}
	var out map[string]bool
	for name, option := range map[string]flag{"allowNameChange": o.AllowNameChange, "allowKindChange": o.AllowKindChange} {
		if option.Or(false) {
			if out == nil {
				out = map[string]bool{}
			}
			out[name] = true
		}
	}
	return out
}

// patchText is the patch as YAML, wherever it stands; false when a mistake in it is reported.
func (r *sourceReader) patchText(p *patchInput) (string, bool) {
	at, patch := p.Patch.Node, ""
	switch {
	case p.Patch.Node != nil && p.Path.IsSet():
		p.Path.Report("bad-choice", "remove one of them", "expected one of patch and path, found both")
		return "", false
	case p.Path.IsSet():
		text, ok := r.patchFile(p.Path)
		if !ok {
			return "", false
		}
		at, patch = p.Path.Node, text
	case p.Patch.Node == nil:
		if !p.Flawed("patch", "path") {
			p.Report("missing-field", "write path: patches/replicas.yml, or patch: [{op: remove, path: /spec/replicas}]", "expected patch or path")
		}
		return "", false
	default:
		if text, ok := p.Patch.V.(string); ok {
			patch = text
		} else if text, err := yaml.Marshal(p.Patch.V); err == nil {
			patch = string(text)
		}
	}
	var content any
	excess := (*syntax.Excess)(nil)
	switch err := syntax.Unmarshal([]byte(patch), &content); {
	case errors.As(err, &excess):
		r.excess(p, at, excess)
		return "", false
	case err != nil:
		at.Report("bad-patch", "", "the patch is not YAML: %s", strings.TrimPrefix(err.Error(), "error converting YAML to JSON: yaml: "))
		return "", false
	}
	keepsGuards(p, at, content)
	switch content := content.(type) {
	case []any:
		if p.Target == nil {
			p.Report("missing-field", "add target: {kind: Deployment, name: …}", "the operations of a JSON patch need a target")
		}
	case map[string]any:
		meta, _ := content["metadata"].(map[string]any)
		if content["kind"] != nil && content["apiVersion"] != nil && meta["name"] != nil {
			break
		}
		if p.Target == nil {
			p.Report("missing-field", "add target: {kind: Deployment, name: …}", "a patch without a target needs apiVersion, kind and metadata.name")
			return "", false
		}
		return named(p, content), true
	default:
		at.Report("bad-patch", "", "expected a part of an object, or a list of operations, found a single value")
		return "", false
	}
	return patch, true
}

// excess reports a patch that expands to more than is read: at its file, when it has one.
func (r *sourceReader) excess(p *patchInput, at *syntax.Node, e *syntax.Excess) {
	if !p.Path.IsSet() {
		at.Report(e.Code, e.Hint, "the patch, on its line %d: %s", max(e.Line, 1), e.Message)
		return
	}
	r.diags.Add(e.At(r.seen(path.Clean(p.Path.V)), at.Path()))
}

// seen is a file of the repository relative to the folder of the list.
func (f *files) seen(p string) string {
	inside, up := f.dir, ""
	for ; inside != "." && !within(path.Join(f.root, p), inside); inside = path.Dir(inside) {
		up += "../"
	}
	p = path.Join(f.root, p)
	if inside != "." {
		p = strings.TrimPrefix(p, inside+"/")
	}
	return up + p
}

// named is a patch with the apiVersion, kind and name that it lacks. Kustomize requires them, and ignores them when there
// is a target (sigs.k8s.io/kustomize/api/resmap, ApplySmPatch).
func named(p *patchInput, patch map[string]any) string {
	if len(p.Options.set()) > 0 {
		p.Report("missing-field", "write the new ones", "a patch that may change the name or the kind needs apiVersion, kind and metadata.name")
	}
	meta, _ := patch["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	setDefault := func(in map[string]any, key, value string) {
		if in[key] == nil {
			in[key] = value
		}
	}
	setDefault(patch, "apiVersion", "v1")
	setDefault(patch, "kind", "Target")
	setDefault(meta, "name", "target")
	patch["metadata"] = meta
	text, err := yaml.Marshal(patch)
	if err != nil { // it was read from YAML
		panic(err)
	}
	return string(text)
}

// patchFile is the text of a file that holds a patch.
func (r *sourceReader) patchFile(file text) (string, bool) {
	clean, ok := repositoryPath(file)
	if !ok {
		return "", false
	}
	if problem, code, hint := r.isFile(clean); problem != "" {
		file.Report(code, hint, "%s", problem)
		return "", false
	}
	data, err := syntax.ReadFile(r.fsys, r.file(clean))
	if err != nil {
		file.Report("bad-patch", "", "%s cannot be read, or is too large", syntax.Quote(clean))
		return "", false
	}
	return string(data), true
}
