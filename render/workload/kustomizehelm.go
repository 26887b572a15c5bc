package workload

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v4/pkg/chart/common"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/kio"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/kustomize/kyaml/yaml/merge2"
	"sigs.k8s.io/yaml"
)

// chartAsked is a chart that a kustomization asks for, in helmCharts or as a generator (HelmChartInflationGenerator of kustomize's
// api/internal/builtins, which this file follows).
type chartAsked struct {
	types.HelmGlobals `json:",inline"`
	types.HelmChart   `json:",inline"`
	at                diag.Position
	config            chartConfig
}

// charts are those in helmCharts.
func (g guard) charts(k *types.Kustomization) []chartAsked {
	var out []chartAsked
	for i, c := range k.HelmCharts {
		asked := chartAsked{HelmChart: c, at: g.files.helmChartAt(g.file, i)}
		if k.HelmGlobals != nil {
			asked.HelmGlobals = *k.HelmGlobals
		}
		asked.Namespace = cmp.Or(asked.Namespace, g.namespace)
		asked.config.file = g.file
		out = append(out, asked)
	}
	return out
}

// helmChartAt is where the chart of that number stands in a kustomization file.
func (f *kustomizeFiles) helmChartAt(name string, i int) diag.Position {
	files, _, inside, ok := f.treeOf(name)
	if !ok {
		return diag.Position{File: name}
	}
	data, err := syntax.ReadFile(files, inside)
	if err != nil {
		return diag.Position{File: name}
	}
	documents, err := syntax.Documents(data)
	if err != nil || len(documents) == 0 {
		return diag.Position{File: name}
	}
	for _, key := range [...]string{"helmCharts", "helmChartInflationGenerator"} {
		if list := valueOf(documents[0], key).Content; i < len(list) {
			return diag.Position{File: name, Line: list[i].Line, Column: list[i].Column}
		}
	}
	return diag.Position{File: name}
}

// inflate puts the objects of charts in the place of what asks for them: a component, which kustomize reads behind the generators of
// ConfigMaps and Secrets and before all changes, as it does with its own generator. It reports whether there are charts.
func (g guard) inflate(k *types.Kustomization, charts []chartAsked) bool {
	if len(charts) == 0 {
		return false
	}
	k.HelmCharts, k.HelmGlobals = nil, nil
	f := g.files
	if !f.renderer.cluster.Kustomize.Helm {
		_ = f.refuse(charts[0].at, "kustomize-helm", "if Argo CD's kustomize.buildOptions have it, say so in platform.yml: argocd: {kustomize: {buildOptions: --enable-helm}}",
			"kustomize inflates charts only with --enable-helm")
		return true
	}
	dir := madeRoot + strconv.Itoa(len(f.made))
	component := types.Kustomization{TypeMeta: types.TypeMeta{APIVersion: types.ComponentVersion, Kind: types.ComponentKind}}
	for i := range charts {
		objects, ok := g.objectsOf(&charts[i])
		if !ok || len(objects) == 0 {
			continue
		}
		name := fmt.Sprintf("%d.yaml", i)
		f.make(path.Join(dir, name), objects)
		f.configs[path.Join(dir, name)] = charts[i].config
		component.Resources = append(component.Resources, name)
	}
	if len(component.Resources) == 0 {
		return true
	}
	text, err := yaml.Marshal(&component)
	if err != nil {
		_ = f.refuse(charts[0].at, "kustomize", "", "%v", err)
		return true
	}
	f.make(path.Join(dir, konfig.DefaultKustomizationFileName()), text)
	k.Components = slices.Insert(k.Components, 0, pathFrom(g.dir, dir))
	return true
}

// objectsOf are the objects of a chart, as YAML. They are made once for all builds of one kustomization.
func (g guard) objectsOf(c *chartAsked) (text []byte, ok bool) {
	key, err := yaml.Marshal(c)
	if err != nil {
		return nil, false
	}
	place := g.dir + "\x00" + c.at.String()
	if before, known := g.files.released[place]; known && before != c.Namespace {
		_ = g.files.refuse(c.at, "kustomize", "set its namespace", "the chart %s gets two namespaces from the kustomizations above it, which roster does not follow: %s and %s",
			c.Name, cmp.Or(before, "none"), cmp.Or(c.Namespace, "none"))
		return nil, false
	}
	g.files.released[place] = c.Namespace
	name := place + "\x00" + string(key)
	if text, known := g.files.inflated[name]; known {
		return text, true
	}
	documents, diags := g.template(c)
	for _, d := range diags {
		g.files.plain[d.Message] = true
	}
	if len(diags) > 0 {
		g.files.diags = append(g.files.diags, diags...)
		return nil, false
	}
	if text, err = helmObjects(documents); err != nil {
		_ = g.files.refuse(c.at, "kustomize", "", "the chart %s: %s", c.Name, kustomizeWords(err.Error()))
		return nil, false
	}
	g.files.inflated[name] = text
	return text, true
}

// template renders a chart as kustomize has Helm do it.
func (g guard) template(c *chartAsked) ([]printed, diag.List) {
	f := g.files
	fail := func(format string, args ...any) ([]printed, diag.List) {
		return nil, diag.List{f.app.failure(c.at, "kustomize", "", format, args...)}
	}
	switch {
	case c.Name == "":
		return fail("the chart has no name")
	case c.ValuesMerge == "":
		c.ValuesMerge = "override"
	case !slices.Contains([]string{"merge", "override", "replace"}, c.ValuesMerge):
		return fail("valuesMerge: expected merge, override or replace, found %s", syntax.Quote(c.ValuesMerge))
	}
	app := &Application{Code: f.app.Code, Kind: Chart, Path: g.file, Namespace: cmp.Or(c.Namespace, "default"),
		Helm: Helm{SkipCRDs: !c.IncludeCRDs, SkipTests: c.SkipTests}}
	var err error
	if app.Helm.ReleaseName, err = c.release(); err != nil {
		return fail("%v", err)
	}
	loaded, home, diags := g.chart(c)
	if len(diags) > 0 {
		return nil, diags
	}
	values, err := g.helmValues(c, loaded, home)
	if err != nil {
		return fail("%s", kustomizeWords(err.Error()))
	}
	if len(f.diags) > 0 { // such as a value file that was not fetched
		return nil, nil
	}
	if c.ReleaseName == "" && c.NameTemplate == "" {
		f.renderer.warn(f.app.failure(c.at, "generated-name", "set releaseName", "the chart %s has no releaseName: Helm gives the release another name each time", c.Name))
	}
	rel := &release{app: app, cluster: f.renderer.cluster, loaded: loaded, values: values, noHooks: c.SkipHooks}
	// Argo CD says the versions on kustomize's command line, where those of the kustomization file win.
	rel.cluster.KubeVersion = cmp.Or(c.KubeVersion, f.app.Kustomize.KubeVersion, rel.cluster.KubeVersion)
	rel.asWritten = c.KubeVersion != ""
	for _, versions := range [...][]string{f.app.Kustomize.APIVersions, c.ApiVersions} {
		if len(versions) > 0 {
			rel.cluster.APIVersions = versions
		}
	}
	_, documents, diags := f.renderer.template(rel)
	return documents, diags
}

// outside are functions of templates that look at more than their arguments.
var outside = lazy.Regexp(`(?i)^(env|expandenv|gethostbyname|ago|(must)?(html)?_?date.*)$`)

// release is the name of the release.
func (c *chartAsked) release() (string, error) {
	switch {
	case c.ReleaseName != "" && c.NameTemplate != "":
		return "", errors.New("cannot set --name-template and also specify a name")
	case c.ReleaseName != "":
		return c.ReleaseName, nil
	case c.NameTemplate == "":
		return path.Base(c.Name) + "-0", nil // Helm takes the time
	}
	functions := sprig.TxtFuncMap()
	for name := range functions { // the environment, the network, the clock, and chance
		if unsteady[name] || outside().MatchString(name) {
			delete(functions, name)
		}
	}
	t, err := template.New("name-template").Funcs(functions).Parse(c.NameTemplate)
	if err != nil {
		return "", errors.New("nameTemplate cannot be read as a template")
	}
	var out bytes.Buffer
	if err := t.Execute(&out, nil); err != nil {
		return "", errors.New("nameTemplate cannot be rendered")
	}
	return out.String(), nil
}

// chart loads the chart: from the folder that may hold it, or what was fetched. The folder is where it lies, or would lie.
func (g guard) chart(c *chartAsked) (loaded *loadedChart, folder string, diags diag.List) {
	f, r := g.files, g.files.renderer
	fail := func(hint, format string, args ...any) (*loadedChart, string, diag.List) {
		return nil, "", diag.List{f.app.failure(c.at, "kustomize", hint, format, args...)}
	}
	home := cmp.Or(c.ChartHome, types.HelmDefaultHome)
	if c.Version != "" && c.Repo != "" {
		home = path.Join(home, c.Name+"-"+c.Version)
	}
	folder = path.Join(g.dir, home, c.Name)
	if path.IsAbs(home) || !f.sameTree(g.dir, folder) {
		return fail("", "chartHome %s is not in the repository", syntax.Quote(c.ChartHome))
	}
	reader := &chartReader{renderer: r, app: f.app}
	if resolved, info, err := f.resolve(folder); err == nil && info.IsDir() {
		from, inside := f.originOf(resolved)
		loaded = r.loadOnce(fmt.Sprint("kustomize ", from.name, from.named, inside), func() *loadedChart { return reader.whole(reader.read(place{origin: from, path: inside})) })
		return loaded, folder, r.about(loaded, f.app)
	}
	if c.Repo == "" {
		return fail("", "there is no chart in the folder %s, and no repo to fetch it from", folder)
	}
	version := c.Version
	if version == "" && c.Devel {
		version = ">0.0.0-0"
	}
	ref, err := chartReference(c.Repo, c.Name, version)
	if err != nil {
		return fail("", "the chart %s: %v", c.Name, err)
	}
	loaded = r.loadOnce(fmt.Sprint("kustomize ", ref, c.at), func() *loadedChart {
		from, diags := r.open(f.app, ref, c.at)
		if len(diags) > 0 {
			return &loadedChart{diags: diags}
		}
		return reader.whole(reader.fetched(from))
	})
	return loaded, folder, r.about(loaded, f.app)
}

// helmValues are the values of a chart: those of a file, with others laid over them or below them, then those of further files.
func (g guard) helmValues(c *chartAsked, loaded *loadedChart, folder string) (map[string]any, error) {
	// Kustomize reads the value file of a chart that it has fetched from where it has put it.
	load := func(name string) ([]byte, error) {
		full := path.Join(g.dir, name)
		if inside, ok := strings.CutPrefix(full, folder+"/"); ok && loaded.name != "" && !path.IsAbs(name) {
			i := slices.IndexFunc(loaded.chart.Raw, func(f *common.File) bool { return f.Name == inside })
			if i < 0 {
				return nil, fmt.Errorf("the chart has no file %s", inside)
			}
			return loaded.chart.Raw[i].Data, nil
		}
		return g.load(name)
	}
	for _, name := range c.AdditionalValuesFiles {
		if _, err := load(name); err != nil {
			return nil, fmt.Errorf("additionalValuesFiles: %w", err)
		}
	}
	file := c.ValuesFile
	if file == "" {
		file = pathFrom(g.dir, path.Join(folder, "values.yaml"))
	}
	inline := c.ValuesInline
	var text []byte
	var err error
	if len(inline) == 0 || c.ValuesMerge != "replace" {
		if text, err = load(file); err != nil {
			return nil, fmt.Errorf("valuesFile: %w", err)
		}
	}
	if len(inline) > 0 {
		if c.ValuesMerge != "replace" {
			if inline, err = mergeInline(text, inline, c.ValuesMerge == "merge"); err != nil {
				return nil, err
			}
		}
		if text, err = yaml.Marshal(inline); err != nil {
			return nil, err
		}
	}
	texts := [][]byte{text}
	for _, name := range c.AdditionalValuesFiles {
		text, err := load(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	out, helm := map[string]any{}, helmNamed(g.files.renderer.cluster.Helm)
	for i, text := range texts {
		values, err := helm.values(text)
		if err != nil {
			_, message := notValues(text, err)
			return nil, fmt.Errorf("%s: %s", append([]string{cmp.Or(c.ValuesFile, "values.yaml")}, c.AdditionalValuesFiles...)[i], message)
		}
		out = mergeValues(out, values)
	}
	return out, nil
}

// mergeInline lays values over those of a file or, when the file is to win, below them.
func mergeInline(file []byte, inline map[string]any, fileWins bool) (map[string]any, error) {
	of, err := kyaml.Parse(string(file))
	if err != nil {
		return nil, errors.New("the value file is empty, or no YAML")
	}
	values, err := kyaml.FromMap(inline)
	if err != nil {
		return nil, errors.New("valuesInline cannot be read")
	}
	if fileWins {
		of, values = values, of
	}
	merged, err := merge2.Merge(values, of, kyaml.MergeOptions{})
	if err != nil {
		return nil, errors.New("valuesInline cannot be merged with the value file")
	}
	out, err := merged.Map()
	if err != nil {
		return nil, errors.New("valuesInline and the value file are no mapping together")
	}
	return out, nil
}

// load reads a file as kustomize's loader does: in or below the folder of the kustomization, unless more is permitted, or by URL.
func (g guard) load(name string) ([]byte, error) {
	if fetched().MatchString(name) {
		_, text, _ := g.download(name, g.files.at(g.file, name)) // what is wrong is reported
		return text, nil
	}
	full := path.Join(g.dir, name)
	if path.IsAbs(name) || !g.files.sameTree(g.dir, full) {
		return nil, fmt.Errorf("%s leads out of the repository", name)
	}
	resolved, info, err := g.files.resolve(full)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", full, reason(err))
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder", full)
	}
	if _, root, _, _ := g.files.treeOf(g.dir); root != "" || !g.files.renderer.cluster.Kustomize.AnyFile {
		if g.dir != "." && !strings.HasPrefix(resolved, g.dir+"/") {
			return nil, fmt.Errorf("security; file '%s' is not in or below '%s'", resolved, g.dir)
		}
	}
	return g.files.content(resolved)
}

// helmObjects reads what Helm prints, as kustomize does: the objects of a chart, which it marks.
func helmObjects(documents []printed) ([]byte, error) {
	if len(documents) == 0 {
		return nil, nil
	}
	var text bytes.Buffer
	for _, d := range documents {
		text.WriteString(d.header() + d.text + "\n")
	}
	objects, err := kustomizeFactory().NewResMapFromBytes(text.Bytes())
	if err != nil {
		nodes, failed := (&kio.ByteReader{Reader: &text, OmitReaderAnnotations: true}).Read()
		if failed != nil || len(nodes) == 0 {
			return nil, err
		}
		if objects, err = kustomizeFactory().NewResMapFromRNodeSlice(nodes); err != nil {
			return nil, err
		}
	}
	return asHelmMade(objects)
}

// asHelmMade are the objects with the mark of those that Helm has made: kustomize gives them no namespace.
func asHelmMade(objects resmap.ResMap) ([]byte, error) {
	var out bytes.Buffer
	for _, o := range objects.Resources() {
		if err := o.PipeE(kyaml.SetAnnotation(konfig.HelmGeneratedAnnotation, "true")); err != nil {
			return nil, err
		}
		text, err := o.AsYAML()
		if err != nil {
			return nil, err
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	return out.Bytes(), nil
}
