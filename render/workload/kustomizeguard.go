package workload

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// guard checks what one file names before kustomize follows it, and puts what was fetched in the place of what kustomize would
// fetch. It reads the file with kustomize's own parsers, so that both see the same. Where it is not certain what kustomize does,
// it refuses.
type guard struct {
	files *kustomizeFiles
	dir   string // to which paths are relative
	file  string
	// namespace is what charts of the kustomizations below get that say none: that of the nearest kustomization above them.
	namespace string
}

var (
	// fetched is what kustomize gets by HTTP where it expects a file (api/internal/loader).
	fetched = lazy.Regexp(`(?i)^https?:`)
	// cloned covers all that kustomize treats as a Git repository where it expects a folder (api/internal/git).
	cloned   = lazy.Regexp(`(?is)^(git::)?((ssh|https?|file)://|github\.com[/:]|[a-z][a-z0-9-]*@[^/:]*[/:].*(/|\.git))`)
	password = lazy.Regexp(`//[^/@]*@`)
)

// remote reports whether kustomize would fetch what an entry names.
func remote(entry string, folder bool) bool {
	// It compares in lower case: Go lowers more letters to i than a regular expression does.
	return fetched().MatchString(entry) || folder && (cloned().MatchString(entry) || cloned().MatchString(strings.ToLower(entry)))
}

// check guards a kustomization file, and reports whether kustomize may read it.
func (f *kustomizeFiles) check(dir, file, namespace string) bool {
	known := len(f.diags)
	f.visited[dir+"\x00"+file] = true
	if !f.first(dir, file, namespace) {
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
	g := guard{f, dir, file, cmp.Or(k.Namespace, namespace)}
	if !g.kustomization(&k) {
		return len(f.diags) == known
	}
	if f.rewritten[file], err = yaml.Marshal(&k); err != nil {
		f.broken[file] = err
	}
	return len(f.diags) == known
}

// walk checks all that a folder leads to: what is missing is found out at once.
func (f *kustomizeFiles) walk(dir, namespace string) {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if file, _, err := f.resolve(path.Join(dir, name)); err == nil {
			f.check(dir, file, namespace)
		}
	}
}

// first reports whether something is checked for the first time.
func (f *kustomizeFiles) first(what ...string) bool {
	key := strings.Join(what, "\x00")
	seen := f.checked[key]
	f.checked[key] = true
	return !seen
}

// kustomization checks all entries, and reports whether it has changed some.
func (g guard) kustomization(k *types.Kustomization) (changed bool) {
	swap := func(entry *string, kind entryKind) {
		if instead := g.swap(*entry, kind); instead != *entry {
			*entry, changed = instead, true
		}
	}
	for i := range k.Resources {
		swap(&k.Resources[i], fileOrFolder)
	}
	for i := range k.Components {
		swap(&k.Components[i], aFolder)
	}
	for i := range k.Crds {
		swap(&k.Crds[i], aFile)
	}
	for i := range k.Configurations {
		swap(&k.Configurations[i], aFile)
	}
	if e, ok := k.OpenAPI["path"]; ok {
		swap(&e, aFile)
		k.OpenAPI["path"] = e
	}
	for _, list := range [][]types.Patch{k.Patches, k.PatchesJson6902} { //nolint:staticcheck // kustomize reads them still
		for i := range list {
			if list[i].Path != "" {
				swap(&list[i].Path, aFile)
			}
		}
	}
	for _, text := range inline(k) {
		excess := (*syntax.Excess)(nil)
		if !errors.As(syntax.Check([]byte(text)), &excess) {
			excess = tooWide([]byte(text))
		}
		if excess != nil {
			_ = g.files.refuse(g.files.at(g.file, text), excess.Code, excess.Hint, "in this text, %s", excess.Message)
			return // the rest would be read
		}
	}
	for i, p := range k.PatchesStrategicMerge { //nolint:staticcheck // kustomize reads them still
		if _, err := objectsIn([]byte(p)); err != nil {
			entry := string(p)
			if g.isNoText(entry, false, err) {
				continue
			}
			swap(&entry, aFile)
			k.PatchesStrategicMerge[i] = types.PatchStrategicMerge(entry) //nolint:staticcheck // kustomize reads them still
		}
	}
	for i := range k.Replacements {
		if k.Replacements[i].Path != "" {
			swap(&k.Replacements[i].Path, aFile)
		}
	}
	for i := range k.ConfigMapGenerator {
		changed = g.pairs(&k.ConfigMapGenerator[i].KvPairSources) || changed
	}
	for i := range k.SecretGenerator {
		changed = g.pairs(&k.SecretGenerator[i].KvPairSources) || changed
	}
	charts := g.charts(k)
	for _, list := range []*[]string{&k.Generators, &k.Transformers, &k.Validators} {
		var left []string
		for _, e := range *list {
			if isElsewhere(e) {
				swap(&e, fileOrFolder)
			}
			e, found := g.plugin(e)
			if e != "" {
				left = append(left, e)
			}
			charts, changed = append(charts, found...), changed || len(found) > 0
		}
		*list = left
	}
	if g.inflate(k, charts) {
		changed = true
	}
	return changed
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

// entryKind is what kustomize takes an entry for.
type entryKind int

const (
	aFile entryKind = iota
	aFolder
	fileOrFolder
)

// isElsewhere reports whether kustomize would fetch what an entry of plugins names.
func isElsewhere(entry string) bool {
	_, isGit := parseRepoSpec(entry)
	return !strings.Contains(entry, "\n") && (isGit || fetched().MatchString(entry))
}

// swap checks an entry, and gives what is to stand in its place.
func (g guard) swap(entry string, kind entryKind) string { return g.swapIn(entry, entry, kind) }

// swapIn does so for an entry in a longer text of the file.
func (g guard) swapIn(text, entry string, kind entryKind) string {
	spec, isGit := parseRepoSpec(entry)
	isGit = isGit && kind != aFile && !strings.HasPrefix(spec.repository, "file://")
	if kind != aFolder && fetched().MatchString(entry) && !(isGit && looksCloned(entry)) {
		instead, content, ok := g.download(entry, g.files.at(g.file, text))
		if !ok {
			return entry
		}
		if _, err := objectsIn(content); err == nil || !isGit {
			return instead
		}
	}
	if isGit {
		return g.clone(entry, spec)
	}
	name, info := g.pathIn(text, entry, kind != aFile)
	g.files.data[name] = false
	if info != nil && info.IsDir() {
		g.files.walk(name, g.namespace)
	}
	return entry
}

// download puts a file of a web server beside the kustomization: elsewhere kustomize would not read it.
func (g guard) download(entry string, at diag.Position) (instead string, text []byte, ok bool) {
	ref, err := fileReference(entry)
	if err != nil {
		_ = g.files.refuse(at, "kustomize-remote", "", "kustomize would fetch %s: %v", withoutSecret(entry), err)
		return "", nil, false
	}
	from, diags := g.files.renderer.open(g.files.app, ref, at)
	if len(diags) > 0 {
		g.files.diags = append(g.files.diags, diags...)
		return "", nil, false
	}
	name, err := from.onlyFile("")
	if err == nil {
		text, err = readBounded(from.files, name)
	}
	if excess := (*syntax.Excess)(nil); errors.As(syntax.Check(text), &excess) {
		err = excess
	}
	if err != nil {
		_ = g.files.refuse(at, "kustomize", "", "%s: %v", from.name, reason(err))
		return "", nil, false
	}
	instead = fetchedFile + strconv.Itoa(len(g.files.made))
	g.files.make(path.Join(g.dir, instead), text)
	g.files.original[instead] = entry
	return instead, text, true
}

// readBounded reads a file that may be as large as those of the repository.
func readBounded(files fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(files, name)
	switch {
	case err != nil:
		return nil, err
	case info.Size() > maxKustomizeFile:
		return nil, fmt.Errorf("the file is larger than %d MiB", maxKustomizeFile>>20)
	}
	return syntax.ReadFile(files, name)
}

// clone leads to a folder of a repository that was fetched, and checks it.
func (g guard) clone(entry string, spec repoSpec) string {
	at := g.files.at(g.file, entry)
	ref, err := spec.reference()
	if err != nil {
		_ = g.files.refuse(at, "kustomize-remote", "", "kustomize would fetch a repository: %v", err)
		return entry
	}
	root, diags := g.files.tree(ref, at)
	if len(diags) > 0 {
		if _, info, err := g.files.resolve(path.Join(g.dir, entry)); err == nil && info.IsDir() && g.files.sameTree(g.dir, path.Join(g.dir, entry)) {
			diags[0].Hint = "if you mean the path in the repository, put ./ before it"
		}
		g.files.diags = append(g.files.diags, diags...)
		return entry
	}
	name, info, err := g.files.resolve(path.Join(root, spec.folder))
	if err != nil || !info.IsDir() {
		_ = g.files.refuse(at, "missing-path", "", "%s: there is no folder %s in it", inWords(ref), cmp.Or(spec.folder, "."))
		return entry
	}
	g.files.walk(name, g.namespace)
	instead := pathFrom(g.dir, name)
	g.files.original[instead] = entry
	return instead
}

// path checks an entry that names a file that kustomize reads as YAML or, when it may be one, a folder.
func (g guard) path(entry string, folder bool) (name string, info fs.FileInfo) {
	name, info = g.pathIn(entry, entry, folder)
	g.files.data[name] = false
	return name, info
}

// bytes checks an entry, in a text of the file, that names a file whose bytes go into a ConfigMap or a Secret.
func (g guard) bytes(text, entry string) {
	name, info := g.pathIn(text, entry, false)
	if _, known := g.files.data[name]; !known && info != nil {
		g.files.data[name] = true
	}
}

// pathIn checks an entry, in a longer text of the file, that names a file or, when kustomize may treat it as one, a folder.
func (g guard) pathIn(text, entry string, folder bool) (name string, info fs.FileInfo) {
	full := path.Join(g.dir, entry)
	name, info, err := g.files.resolve(full)
	if !g.files.isMade(full) && !g.files.sameTree(g.dir, full) {
		err = errLeads
	}
	if err == nil && !path.IsAbs(entry) && !remote(entry, folder) && g.near(name, info) {
		return name, info
	}
	at := g.files.at(g.file, text)
	switch {
	case err == nil && !g.near(name, info):
		_ = g.files.refuse(at, "kustomize", "", "security; file '%s' is not in or below '%s'", name, g.dir)
	case remote(entry, folder):
		hint := "copy it into the repository"
		if err == nil && !fetched().MatchString(entry) {
			hint = "if you mean the path in the repository, put ./ before it"
		}
		_ = g.files.refuse(at, "kustomize-remote", hint, "kustomize would fetch %s, which is not in this repository", password().ReplaceAllString(entry, "//"))
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

// near reports whether a file lies where kustomize permits it even if it permits more in the repository: in or below the folder of
// a kustomization that was fetched.
func (g guard) near(name string, info fs.FileInfo) bool {
	_, root, _, _ := g.files.treeOf(g.dir)
	return root == "" || info.IsDir() || !g.files.renderer.cluster.Kustomize.AnyFile || strings.HasPrefix(name, g.dir+"/")
}

// isNoText refuses an entry that can only be the text of an object, but is none.
func (g guard) isNoText(entry string, folder bool, notText error) bool {
	if !strings.Contains(entry, "\n") || remote(entry, folder) {
		return false
	}
	_ = g.files.refuse(g.files.at(g.file, entry), "bad-yaml", "", "it names no file and is not an object: %s", kustomizeWords(notText.Error()))
	return true
}

// pairs checks where a ConfigMap or a Secret is made from, and reports whether it has changed an entry.
func (g guard) pairs(p *types.KvPairSources) (changed bool) {
	for i, e := range p.FileSources {
		key, name, named := strings.Cut(e, "=")
		switch {
		case !named && fetched().MatchString(e):
			if instead := g.swap(e, aFile); instead != e {
				p.FileSources[i], changed = path.Base(e)+"="+instead, true
			}
		case fetched().MatchString(e):
			g.path(e, false)
		case !named:
			g.bytes(key, key)
		case key == "" || name == "" || strings.Contains(name, "="): // kustomize refuses it
		case fetched().MatchString(name):
			if instead := g.swapIn(e, name, aFile); instead != name {
				p.FileSources[i], changed = key+"="+instead, true
			}
		default:
			g.bytes(e, name)
		}
	}
	for i, e := range p.EnvSources {
		if instead := g.swap(e, aFile); instead != e {
			p.EnvSources[i], changed = instead, true
		}
	}
	return changed
}

// plugin checks an entry of generators, transformers or validators: the objects themselves, a file with them, or a folder. It gives
// the charts among them, and what is left of the entry.
func (g guard) plugin(entry string) (left string, charts []chartAsked) {
	objects, files := g.plugins(entry)
	var rest []*resource.Resource
	for i, o := range objects {
		c, isChart := guard{g.files, g.dir, cmp.Or(files[i], g.file), ""}.config(o, entry)
		if isChart {
			charts = append(charts, c)
		} else {
			rest = append(rest, o)
		}
	}
	switch {
	case len(charts) == 0:
		return entry, nil
	case len(rest) == 0:
		return "", charts
	}
	var text []byte
	for _, o := range rest {
		one, err := o.AsYAML()
		if err != nil {
			continue
		}
		text = append(append(text, "---\n"...), one...)
	}
	return string(text), charts
}

// plugins are the objects of an entry, with the files that hold them; a file is empty for objects that stand in the kustomization.
func (g guard) plugins(entry string) (objects []*resource.Resource, files []string) {
	objects, err := objectsIn([]byte(entry))
	if err == nil {
		return objects, make([]string, len(objects))
	}
	if g.isNoText(entry, true, err) {
		return nil, nil
	}
	name, info := g.path(entry, true)
	switch {
	case info == nil:
		return nil, nil
	case info.IsDir():
		if !g.files.first("plugin", g.dir, name) { // a cycle, which kustomize reports
			return nil, nil
		}
		return g.pluginFolder(name, entry)
	}
	text, err := g.files.content(name)
	if err != nil {
		return nil, nil
	}
	objects, err = objectsIn(text)
	if err != nil {
		return nil, nil
	}
	for range objects {
		files = append(files, name)
	}
	return objects, files
}

// pluginFolder gives the plugins of a kustomization. It may only gather files: one that changes them could assemble an address from
// parts.
func (g guard) pluginFolder(dir, entry string) (objects []*resource.Resource, files []string) {
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
			more, in := guard{g.files, dir, file, ""}.plugins(e)
			objects, files = append(objects, more...), append(files, in...)
		}
		k.Resources, k.MetaData = nil, nil
		if k.CheckEmpty() == nil {
			_ = g.files.refuse(g.files.at(g.file, entry), "kustomize", "name its files one by one", "%s does more than list resources, which roster does not follow for plugins", dir)
		}
	}
	return objects, files
}

// config checks the configuration of a plugin, which may ask for a chart. Paths in it are relative to the kustomization.
func (g guard) config(o *resource.Resource, entry string) (c chartAsked, isChart bool) {
	at := g.files.at(g.file, entry)
	gvk := o.GetGvk()
	if gvk.Group != "" || gvk.Version != konfig.BuiltinPluginApiVersion {
		_ = g.files.refuse(at, "kustomize", "", "%s %s is not part of kustomize, which Argo CD does not let run other programs", gvk.Kind, o.GetName())
		return c, false
	}
	text, err := o.AsYAML()
	if err != nil {
		return c, false
	}
	if gvk.Kind == "HelmChartInflationGenerator" {
		if at.Line == 0 {
			at = g.files.at(g.file, gvk.Kind)
		}
		c.at, c.config = at, chartConfig{g.file, o.GetName()}
		if err := syntax.Unmarshal(text, &c); err != nil {
			_ = g.files.refuse(at, "kustomize", "", "%s", kustomizeWords(err.Error()))
		}
		return c, true
	}
	var values any
	if syntax.Unmarshal(text, &values) == nil {
		g.strings(values, entry, false)
	}
	return c, false
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
			switch {
			case arePaths && remote(part, false):
				g.pathIn(cmp.Or(text, v), part, false)
				return
			case arePaths:
				if name, _, err := g.files.resolve(path.Join(g.dir, part)); err == nil {
					g.files.data[name] = false
				}
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
