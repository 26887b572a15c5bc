package workload

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
	"sigs.k8s.io/kustomize/api/pkg/util"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// edit changes a kustomization file as Argo CD does before it builds: with kustomize edit set, then by appending
// the patches, then with kustomize edit add component. A file that kustomize cannot read stays as it is.
func (k *kustomization) edit(text []byte, patches []Patch) ([]byte, error) {
	var file types.Kustomization
	if file.Unmarshal(text) != nil {
		return text, nil
	}
	file.FixKustomization()
	set, err := k.set(&file)
	if err != nil {
		return nil, err
	}
	if set {
		if text, err = yaml.Marshal(&file); err != nil {
			return nil, err
		}
	}
	if len(patches) > 0 {
		if text, err = appendPatches(text, patches); err != nil {
			return nil, err
		}
	}
	if len(k.app.Kustomize.Components) == 0 {
		return text, nil
	}
	if err := file.Unmarshal(text); err != nil {
		return nil, err
	}
	file.FixKustomization()
	if err := k.addComponents(&file); err != nil {
		return nil, err
	}
	return yaml.Marshal(&file)
}

// set does what kustomize edit set nameprefix, namesuffix, image and namespace, and kustomize edit add label and annotation
// do, and reports whether there was anything to do.
func (k *kustomization) set(file *types.Kustomization) (bool, error) {
	o := &k.app.Kustomize
	file.NamePrefix = cmp.Or(o.NamePrefix, file.NamePrefix)
	file.NameSuffix = cmp.Or(o.NameSuffix, file.NameSuffix)
	file.Namespace = cmp.Or(o.Namespace, file.Namespace)
	if len(o.Images) > 0 {
		if err := k.setImages(file); err != nil {
			return false, fmt.Errorf("images: %w", err)
		}
	}
	if len(o.Replicas) > 0 {
		setReplicas(file, o.Replicas)
	}
	labels, err := k.expandAll(o.CommonLabels)
	if err != nil {
		return false, fmt.Errorf("common label %w", err)
	}
	if err := addPairs(labelsOf(file, o), labels, o.ForceCommonLabels); err != nil {
		return false, fmt.Errorf("common label %w", err)
	}
	annotations := o.CommonAnnotations
	if o.CommonAnnotationsEnvsubst {
		if annotations, err = k.expandAll(annotations); err != nil {
			return false, fmt.Errorf("common annotation %w", err)
		}
	}
	if err := addPairs(&file.CommonAnnotations, annotations, o.ForceCommonAnnotations); err != nil {
		return false, fmt.Errorf("common annotation %w", err)
	}
	return o.NamePrefix+o.NameSuffix+o.Namespace != "" || len(o.Images)+len(o.Replicas)+len(o.CommonLabels)+len(o.CommonAnnotations) > 0, nil
}

// expandAll replaces variables in all values.
func (k *kustomization) expandAll(pairs map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		expanded, err := k.app.Environment.Expand(pairs[key])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = expanded
	}
	return out, nil
}

// labelsOf are the labels of a kustomization file that kustomize edit add label adds to.
func labelsOf(file *types.Kustomization, o *Kustomize) *map[string]string {
	if !o.LabelWithoutSelector || len(o.CommonLabels) == 0 {
		return &file.CommonLabels //nolint:staticcheck // it is what Argo CD sets
	}
	for i := range file.Labels {
		if l := &file.Labels[i]; !l.IncludeSelectors && l.IncludeTemplates == o.LabelIncludeTemplates {
			return &l.Pairs
		}
	}
	file.Labels = append(file.Labels, types.Label{IncludeTemplates: o.LabelIncludeTemplates})
	return &file.Labels[len(file.Labels)-1].Pairs
}

// setReplicas does what kustomize edit set replicas does.
func setReplicas(file *types.Kustomization, replicas []argocd.Replica) {
	set := map[string]types.Replica{}
	for _, r := range replicas {
		set[r.Name] = types.Replica{Name: r.Name, Count: int64(r.Count)}
	}
	for _, old := range file.Replicas {
		if _, ok := set[old.Name]; !ok {
			set[old.Name] = old
		}
	}
	file.Replicas = nil
	for _, name := range slices.Sorted(maps.Keys(set)) {
		file.Replicas = append(file.Replicas, set[name])
	}
}

// keep stands for the kustomization's own new name, tag or digest of an image.
const keep = "*"

func (k *kustomization) setImages(file *types.Kustomization) error {
	images := map[string]types.Image{}
	for _, text := range k.app.Kustomize.Images {
		expanded, err := k.app.Environment.Expand(text)
		if err != nil {
			return err
		}
		image, err := parseImage(expanded)
		if err != nil {
			return err
		}
		images[image.Name] = image
	}
	for _, old := range file.Images {
		image, set := images[old.Name]
		if !set {
			images[old.Name] = old
			continue
		}
		images[old.Name] = replaceKept(image, old)
	}
	file.Images = nil
	for _, name := range slices.Sorted(maps.Keys(images)) {
		file.Images = append(file.Images, replaceKept(images[name], types.Image{}))
	}
	return nil
}

func replaceKept(image, old types.Image) types.Image {
	kept := image
	if image.NewName == keep {
		kept.NewName = old.NewName
	}
	if image.NewTag == keep {
		kept.NewTag = old.NewTag
	}
	if image.Digest == keep {
		kept.Digest = old.Digest
	}
	if kept != image {
		kept.TagSuffix = "" // as kustomize
	}
	return kept
}

// parseImage reads IMAGE, NAME=IMAGE, where IMAGE has a tag or a digest or both, unless it has a name before it.
func parseImage(text string) (types.Image, error) {
	key, value, renamed := strings.Cut(text, "=")
	if !renamed {
		value = text
	}
	name, tag, digest := util.SplitImageName(value)
	if name == text {
		return types.Image{}, fmt.Errorf("%s has no new name, tag or digest", text)
	}
	image := types.Image{Name: name, NewTag: tag, Digest: digest}
	if renamed && key != "" {
		image.Name, image.NewName = key, name
	}
	return image, nil
}

// addPairs adds labels or annotations, as text KEY:VALUE, which kustomize splits again.
func addPairs(to *map[string]string, pairs map[string]string, force bool) error {
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		name, value, _ := strings.Cut(key+":"+pairs[key], ":")
		if name == "" {
			return errors.New("without a name")
		}
		if len(value) > 1 && strings.HasPrefix(value, `"`) && strings.HasSuffix(value, `"`) {
			value = value[1 : len(value)-1]
		}
		if _, exists := (*to)[name]; exists && !force {
			return fmt.Errorf("%s is already in the kustomization file, and Argo CD does not replace it", name)
		}
		if *to == nil {
			*to = map[string]string{}
		}
		(*to)[name] = value
	}
	return nil
}

func appendPatches(text []byte, patches []Patch) ([]byte, error) {
	file := map[string]any{}
	if err := syntax.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	list, ok := file["patches"].([]any)
	if _, exists := file["patches"]; exists && !ok {
		return nil, errors.New("patches: expected a list")
	}
	for i := range patches {
		list = append(list, patches[i].kustomize())
	}
	file["patches"] = list
	return yaml.Marshal(file)
}

// kustomize is the patch as Kustomize writes it.
func (p *Patch) kustomize() map[string]any {
	out := map[string]any{"patch": p.Text}
	if len(p.Options) > 0 {
		out["options"] = p.Options
	}
	if t := p.Target; t != nil {
		target := map[string]any{}
		for key, value := range map[string]string{
			"group": t.Group, "version": t.Version, "kind": t.Kind, "name": t.Name, "namespace": t.Namespace,
			"labelSelector": t.LabelSelector, "annotationSelector": t.AnnotationSelector,
		} {
			if value != "" {
				target[key] = value
			}
		}
		out["target"] = target
	}
	return out
}

// addComponents adds the folders that patterns match.
func (k *kustomization) addComponents(file *types.Kustomization) error {
	for _, pattern := range k.app.Kustomize.Components {
		if k.app.Kustomize.IgnoreMissingComponents && k.lacks(pattern) {
			continue
		}
		found, err := k.glob(pattern)
		if err != nil {
			return fmt.Errorf("components: %w", err)
		}
		for _, component := range found {
			if component != path.Base(k.file) && !slices.Contains(file.Components, component) {
				file.Components = append(file.Components, component)
			}
		}
	}
	return nil
}

// lacks reports whether there is nothing at the path of a component. Argo CD does not take it for a pattern here, so that one
// which is a pattern is left out; and neither does it fetch a place elsewhere.
func (k *kustomization) lacks(component string) bool {
	_, _, err := k.files.resolve(path.Join(k.app.Path, component))
	return err != nil
}

// glob returns what a pattern matches, relative to the kustomization. A pattern that matches nothing is left to the guard, which reports it.
func (k *kustomization) glob(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, `*?[\`) || remote(pattern, true) {
		return []string{pattern}, nil
	}
	full := path.Join(k.app.Path, pattern)
	if strings.HasPrefix(full, "..") {
		return []string{pattern}, nil
	}
	matches, err := fs.Glob(k.files.repo, full)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	var out []string
	for _, m := range matches {
		if !strings.HasPrefix(path.Base(m), ".") || strings.HasPrefix(path.Base(pattern), ".") {
			out = append(out, seenFrom(k.app.Path, m))
		}
	}
	if len(out) == 0 {
		out = []string{pattern}
	}
	return out, nil
}

// seenFrom is the path of name relative to a folder; both are relative to the repository's root.
func seenFrom(dir, name string) string {
	up := ""
	for dir != "." && dir != name && !strings.HasPrefix(name, dir+"/") {
		dir, up = path.Dir(dir), up+"../"
	}
	return path.Join(up, strings.TrimPrefix(strings.TrimPrefix(name, dir), "/"))
}
