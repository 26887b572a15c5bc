package workload

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
)

// guard checks what one file names before kustomize follows it. It reads the file with kustomize's own parsers, so that
// both see the same. Where it is not certain what kustomize does, it refuses.
type guard struct {
	files *kustomizeFiles
	dir   string // to which paths are relative
	file  string
}

var (
	// fetched is what kustomize gets by HTTP where it expects a file (api/internal/loader).
	fetched = regexp.MustCompile(`(?i)^https?:`)
	// cloned covers all that kustomize treats as a Git repository where it expects a folder (api/internal/git).
	cloned   = regexp.MustCompile(`(?is)^(git::)?((ssh|https?|file)://|github\.com[/:]|[a-z][a-z0-9-]*@[^/:]*[/:].*(/|\.git))`)
	password = regexp.MustCompile(`//[^/@]*@`)
)

// remote reports whether kustomize would fetch what an entry names.
func remote(entry string, folder bool) bool {
	// It compares in lower case: Go lowers more letters to i than a regular expression does.
	return fetched.MatchString(entry) || folder && (cloned.MatchString(entry) || cloned.MatchString(strings.ToLower(entry)))
}

// check guards a kustomization file, and reports whether kustomize may read it.
func (f *kustomizeFiles) check(dir, file string) bool {
	known := len(f.diags)
	if !f.first(dir, file) {
		return known == 0
	}
	text, err := f.content(file)
	if err != nil {
		return false
	}
	var k types.Kustomization
	if err := k.Unmarshal(text); err != nil {
		f.broken[file] = err // kustomize will report it, unless it needs the file for something else
		return true
	}
	k.FixKustomization()
	f.ownSchema = f.ownSchema || len(k.OpenAPI) > 0
	g := guard{f, dir, file}
	g.kustomization(&k)
	return len(f.diags) == known
}

// first reports whether something is checked for the first time.
func (f *kustomizeFiles) first(what ...string) bool {
	key := strings.Join(what, "\x00")
	seen := f.checked[key]
	f.checked[key] = true
	return !seen
}

func (g guard) kustomization(k *types.Kustomization) {
	if len(k.HelmCharts) > 0 {
		g.refuseHelm("helmCharts", "helmChartInflationGenerator")
	}
	for _, e := range k.Resources {
		g.path(e, true)
	}
	for _, e := range k.Components {
		g.path(e, true)
	}
	for _, e := range slices.Concat(k.Crds, k.Configurations) {
		g.path(e, false)
	}
	if e, ok := k.OpenAPI["path"]; ok {
		g.path(e, false)
	}
	for _, p := range slices.Concat(k.Patches, k.PatchesJson6902) { //nolint:staticcheck // kustomize reads them still
		if p.Path != "" {
			g.path(p.Path, false)
		}
	}
	for _, text := range inline(k) {
		if excess := (*syntax.Excess)(nil); errors.As(syntax.Check([]byte(text)), &excess) {
			_ = g.files.refuse(g.files.at(g.file, text), excess.Code, excess.Hint, "in this text, %s", excess.Message)
			return // the rest would be read
		}
	}
	for _, p := range k.PatchesStrategicMerge { //nolint:staticcheck // kustomize reads them still
		if _, err := objectsIn([]byte(p)); err != nil {
			g.pathNotText(string(p), false, err)
		}
	}
	for _, r := range k.Replacements {
		if r.Path != "" {
			g.path(r.Path, false)
		}
	}
	for _, c := range k.ConfigMapGenerator {
		g.pairs(&c.KvPairSources)
	}
	for _, s := range k.SecretGenerator {
		g.pairs(&s.KvPairSources)
	}
	for _, e := range slices.Concat(k.Generators, k.Transformers, k.Validators) {
		g.plugin(e)
	}
}

// inline are the texts of a kustomization that kustomize reads as YAML.
func inline(k *types.Kustomization) []string {
	out := slices.Concat(k.Generators, k.Transformers, k.Validators)
	for _, p := range slices.Concat(k.Patches, k.PatchesJson6902) { //nolint:staticcheck // kustomize reads them still
		out = append(out, p.Patch)
	}
	for _, p := range k.PatchesStrategicMerge { //nolint:staticcheck // kustomize reads them still
		out = append(out, string(p))
	}
	return out
}

func (g guard) refuseHelm(fields ...string) {
	for _, field := range fields {
		if at := g.files.at(g.file, field); at.Line > 0 || field == fields[len(fields)-1] {
			_ = g.files.refuse(at, "kustomize", "deploy the chart as an application of its own", "Argo CD does not let kustomize run Helm")
			return
		}
	}
}

func (g guard) path(entry string, folder bool) (name string, info fs.FileInfo) {
	return g.pathIn(entry, entry, folder)
}

// pathIn checks an entry, in a longer text of the file, that names a file or, when kustomize may treat it as one, a folder.
func (g guard) pathIn(text, entry string, folder bool) (name string, info fs.FileInfo) {
	full := path.Join(g.dir, entry)
	name, info, err := g.files.resolve(full)
	if err == nil && !path.IsAbs(entry) && !remote(entry, folder) {
		return name, info
	}
	at := g.files.at(g.file, text)
	switch {
	case remote(entry, folder):
		hint := "copy it into the repository"
		if err == nil && !fetched.MatchString(entry) {
			hint = "if you mean the path in the repository, put ./ before it"
		}
		_ = g.files.refuse(at, "kustomize-remote", hint, "kustomize would fetch %s, which is not in this repository", password.ReplaceAllString(entry, "//"))
	case path.IsAbs(entry):
		_ = g.files.refuse(at, "missing-path", "paths are relative to the folder of the kustomization", "there is no %s in the repository", entry)
	case errors.Is(err, fs.ErrPermission): // such as .git
		_ = g.files.refuse(at, "path-outside", "", "%s: %v", full, reason(err))
	case errors.Is(err, errLeads):
		_ = g.files.refuse(at, "missing-path", "", "%s leads out of the repository", entry)
	case err != nil && folder:
		_ = g.files.refuse(at, "missing-path", "", "there is no folder or file %s", full)
	default:
		_ = g.files.refuse(at, "missing-path", "", "there is no file %s", full)
	}
	return "", nil
}

// pathNotText checks an entry that may also be the text of an object, but is not.
func (g guard) pathNotText(entry string, folder bool, notText error) (name string, info fs.FileInfo) {
	if strings.Contains(entry, "\n") && !remote(entry, folder) {
		_ = g.files.refuse(g.files.at(g.file, entry), "bad-yaml", "", "it names no file and is not an object: %s", kustomizeWords(notText.Error()))
		return "", nil
	}
	return g.path(entry, folder)
}

// pairs checks what a ConfigMap or a Secret is made from.
func (g guard) pairs(p *types.KvPairSources) {
	for _, e := range p.FileSources {
		key, file, named := strings.Cut(e, "=")
		switch {
		case fetched.MatchString(e):
			g.path(e, false)
		case !named:
			g.path(key, false)
		case key != "" && file != "" && !strings.Contains(file, "="): // else kustomize refuses it
			g.pathIn(e, file, false)
		}
	}
	for _, e := range p.EnvSources {
		g.path(e, false)
	}
}

// plugin checks an entry of generators, transformers or validators: the objects themselves, a file with them, or a folder.
func (g guard) plugin(entry string) {
	objects, err := objectsIn([]byte(entry))
	if err == nil {
		for _, o := range objects {
			g.config(o, entry)
		}
		return
	}
	name, info := g.pathNotText(entry, true, err)
	switch {
	case info == nil || !g.files.first("plugin", name):
		return
	case info.IsDir():
		g.pluginFolder(name, entry)
		return
	}
	text, err := g.files.content(name)
	if err != nil {
		return
	}
	if objects, err = objectsIn(text); err != nil {
		return
	}
	for _, o := range objects {
		guard{g.files, g.dir, name}.config(o, "")
	}
}

// pluginFolder checks a kustomization of plugins. It may only gather files: one that changes them could assemble an address from parts.
func (g guard) pluginFolder(dir, entry string) {
	for _, base := range konfig.RecognizedKustomizationFileNames() {
		file, _, err := g.files.resolve(path.Join(dir, base))
		if err != nil {
			continue
		}
		text, err := g.files.content(file)
		var k types.Kustomization
		if err != nil || k.Unmarshal(text) != nil {
			continue // so does kustomize
		}
		k.FixKustomization()
		for _, e := range k.Resources {
			guard{g.files, dir, file}.plugin(e)
		}
		k.Resources, k.MetaData = nil, nil
		if k.CheckEmpty() == nil {
			_ = g.files.refuse(g.files.at(g.file, entry), "kustomize", "name its files one by one", "%s does more than list resources, which roster does not follow for plugins", dir)
		}
	}
}

// config checks the configuration of a plugin. Paths in it are relative to the kustomization.
func (g guard) config(o *resource.Resource, entry string) {
	at := g.files.at(g.file, entry)
	gvk := o.GetGvk()
	if gvk.Group != "" || gvk.Version != konfig.BuiltinPluginApiVersion {
		_ = g.files.refuse(at, "kustomize", "", "%s %s is not part of kustomize, which Argo CD does not let run other programs", gvk.Kind, o.GetName())
		return
	}
	if gvk.Kind == "HelmChartInflationGenerator" {
		g.refuseHelm(gvk.Kind, entry)
		return
	}
	text, err := o.AsYAML()
	if err != nil {
		return
	}
	var values any
	if syntax.Unmarshal(text, &values) == nil {
		g.strings(values, entry, false)
	}
}

// pathKeys are those of kustomize's own plugins that hold paths, or KEY=PATH.
var pathKeys = []string{"path", "paths", "files", "envs", "env", "targetFilePath"}

// strings checks the addresses in a plugin's configuration, which is a text of the file or, when that is empty, the file.
func (g guard) strings(value any, text string, arePaths bool) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			g.strings(v[key], text, slices.ContainsFunc(pathKeys, func(k string) bool { return strings.EqualFold(k, key) }))
		}
	case []any:
		for _, item := range v {
			g.strings(item, text, arePaths)
		}
	case string:
		for _, part := range []string{v, v[strings.Index(v, "=")+1:]} {
			if arePaths && remote(part, false) {
				g.pathIn(cmp.Or(text, v), part, false)
				break
			}
		}
	}
}

// objectsIn reads objects as kustomize does.
func objectsIn(text []byte) ([]*resource.Resource, error) {
	if err := syntax.Check(text); err != nil {
		return nil, err
	}
	objects, err := kustomizeFactory().NewResMapFromBytes(text)
	if err != nil {
		return nil, err
	}
	return objects.Resources(), nil
}
