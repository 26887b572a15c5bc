package workload

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// release is one chart that is rendered.
type release struct {
	app     *Application // with the options of Helm
	cluster Cluster
	loaded  *loadedChart
	values  map[string]any
	noHooks bool
}

// helm gives what helm template prints for app, called as Argo CD calls it (helmTemplate of its repo server).
func (r *Renderer) helm(app *Application) ([]manifest, diag.List) {
	loaded, diags := r.chart(app)
	values, more := r.values(app)
	if diags = append(diags, more...); len(diags) > 0 {
		return nil, diags
	}
	out, printed, diags := r.template(&release{app: app, cluster: r.cluster, loaded: loaded, values: values})
	if len(diags) > 0 {
		return nil, diags
	}
	for _, p := range printed {
		out.add(p)
	}
	return out.manifests, out.diags
}

// template renders the chart, unless it is only to be found out what it needs.
func (r *Renderer) template(rel *release) (*output, []printed, diag.List) {
	c := rel.loaded.copy()
	if r.later {
		delay(c, rel.values)
	}
	top, diags := r.renderValues(rel, c)
	if len(diags) > 0 || r.onlyAsk {
		return &output{}, nil, diags
	}
	out := &output{app: rel.app, noHooks: rel.noHooks, templates: map[string]templateFile{}}
	out.index(rel.loaded, c)
	texts, err := engine.Engine{}.Render(c, top)
	if err != nil {
		return nil, nil, diag.List{rel.app.failed(err, out.templates)}
	}
	found, diags := out.print(c, texts)
	return out, found, diags
}

// renderValues are what templates see. It turns c into the chart that is rendered: without the subcharts that are turned off.
func (r *Renderer) renderValues(rel *release, c *chart.Chart) (chartutil.Values, diag.List) {
	app, loaded, values := rel.app, rel.loaded, rel.values
	fail := func(code, format string, args ...any) (chartutil.Values, diag.List) {
		return nil, diag.List{app.failure(app.at(), code, "", format, args...)}
	}
	release := chartutil.ReleaseOptions{Name: app.Helm.ReleaseName, Namespace: cmp.Or(app.Helm.Namespace, app.Namespace), Revision: 1, IsInstall: true}
	if release.Name == "" {
		release.Name = app.Code
	}
	if err := chartutil.ValidateReleaseName(release.Name); err != nil {
		return fail("helm-chart", "release name %q: %v", release.Name, err)
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return fail("helm-values", "%s", notMerged(err))
	}
	version, apis := cmp.Or(app.Helm.KubeVersion, rel.cluster.KubeVersion), rel.cluster.APIVersions
	if len(app.Helm.APIVersions) > 0 {
		apis = app.Helm.APIVersions
	}
	kube, err := chartutil.ParseKubeVersion(version)
	if err != nil {
		return fail("helm-chart", "Kubernetes version %q: %v", version, err)
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *kube
	capabilities.APIVersions = slices.Concat(capabilities.APIVersions, apis)
	// Helm would read over the network what a schema refers to.
	top, err := chartutil.ToRenderValuesWithSchemaValidation(c, values, release, capabilities, true)
	if err != nil {
		return fail("helm-values", "%s", notMerged(err))
	}
	var diags diag.List
	if !app.Helm.SkipSchemaValidation {
		diags = r.violations(app, loaded, c, top["Values"].(chartutil.Values).AsMap())
	}
	for i := range diags {
		diags[i].Path = app.Code
	}
	if want := c.Metadata.KubeVersion; len(diags) == 0 && want != "" && !chartutil.IsCompatibleRange(want, kube.Version) {
		problem := loaded.mistake("helm-chart", "Chart.yaml", 0, fmt.Sprintf("the chart requires Kubernetes %s, which %s is not", want, kube.Version))
		problem.Path = app.Code
		diags.Add(problem)
	}
	return top, diags
}

var mismatch = regexp.MustCompile(`^type mismatch on (.*?): `)

// notMerged is why values cannot be merged. Helm would print the value.
func notMerged(err error) string {
	if m := mismatch.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Sprintf("the value %s: expected a mapping, since a subchart has this name", m[1])
	}
	return "the values of the chart and those of its subcharts cannot be merged; " + hidden
}

// templateFile is a file of a chart, which Helm names by charts instead of folders.
type templateFile struct {
	loaded *loadedChart
	name   string
	text   []byte
}

func (t templateFile) at(f frame) (diag.Position, string) {
	if t.loaded == nil {
		return diag.Position{}, ""
	}
	return t.loaded.at(t.name, f.line, f.column)
}

// output is the output of one application.
type output struct {
	app       *Application
	noHooks   bool
	templates map[string]templateFile // by Helm's names, such as web/charts/db/templates/a.yaml
	manifests []manifest
	diags     diag.List
}

func (o *output) index(top *loadedChart, c *chart.Chart) {
	from := top.byFile[c.Raw[0]]
	for _, f := range slices.Concat(c.Templates, c.Files) {
		// Of the other files, which may be one for each application, only these become objects.
		if name := f.Name; strings.HasPrefix(name, "templates/") || strings.HasPrefix(name, "crds/") {
			o.templates[path.Join(c.ChartFullPath(), name)] = templateFile{from, name, f.Data}
		}
	}
	for _, sub := range c.Dependencies() {
		o.index(top, sub)
	}
}

// printed is a document of what a template renders or, when it is verbatim, a file.
type printed struct {
	name, text string
	verbatim   bool
}

func (p printed) header() string { return "---\n# Source: " + p.name + "\n" }

// print gives everything in the order in which Helm prints it.
func (o *output) print(c *chart.Chart, texts map[string]string) ([]printed, diag.List) {
	var crds []chart.CRD
	if !o.app.Helm.SkipCRDs {
		crds = c.CRDObjects()
	}
	size := 0
	for _, crd := range crds {
		size += len(crd.File.Data)
	}
	for name, text := range texts {
		size += len(text)
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(texts, name)
		}
	}
	if size > maxOutput {
		return nil, diag.List{o.app.failure(o.app.at(), "too-large", "", "the output of the chart is larger than %d MiB", maxOutput>>20)}
	}
	if diags := o.swollen(texts); len(diags) > 0 {
		return nil, diags
	}
	hooks, manifests, err := releaseutil.SortManifests(texts, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, diag.List{o.notSorted(err, texts)}
	}
	var out []printed
	for _, crd := range crds {
		out = append(out, printed{crd.Filename, string(crd.File.Data), true})
	}
	for _, m := range manifests {
		out = append(out, printed{m.Name, m.Content, false})
	}
	for _, h := range hooks {
		if !o.noHooks && (!o.app.Helm.SkipTests || !slices.Contains(h.Events, "test")) {
			out = append(out, printed{h.Path, h.Manifest, false})
		}
	}
	return out, nil
}

// swollen finds documents that expand to too much for Helm to read.
func (o *output) swollen(texts map[string]string) diag.List {
	var diags diag.List
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if syntax.Plain([]byte(texts[name])) {
			continue // splitting takes longer than all the rest
		}
		for _, document := range releaseutil.SplitManifests(texts[name]) {
			excess := (*syntax.Excess)(nil)
			if errors.As(syntax.Check([]byte(document)), &excess) { // the rest Helm says
				at, prefix := o.templates[name].at(frame{})
				diags.Add(o.app.failure(at, excess.Code, "", "%sin the output, %s", prefix, excess.Message))
			}
		}
	}
	return diags
}

// add reads a document as Helm prints it, since a text that begins with a brace is read in another way.
func (o *output) add(p printed) {
	header := p.header()
	found, diags := o.app.decode(diag.Position{}, []byte(header+p.text+"\n"))
	place := func(line, column int) (at diag.Position, prefix string) {
		var f frame // the lines of the output are not those of the template
		if p.verbatim {
			f.line, f.column = line-strings.Count(header, "\n"), column
		}
		return o.templates[p.name].at(f)
	}
	for _, m := range found {
		at, prefix := place(m.pos.Line, 1)
		m.pos, m.from = at, strings.TrimSuffix(prefix, ": ")
		o.manifests = append(o.manifests, m)
	}
	for _, d := range diags {
		at, prefix := place(d.Pos.Line, d.Pos.Column)
		d.Pos, d.Message = at, prefix+d.Message
		o.diags.Add(d)
	}
}

var notSorted = regexp.MustCompile(`^YAML parse error on (.*?): `)

// notSorted finds the document in which Helm does not find a kind and annotations.
func (o *output) notSorted(err error, texts map[string]string) diag.Diagnostic {
	m := notSorted.FindStringSubmatch(err.Error())
	if m == nil {
		return o.app.failure(o.app.at(), "bad-yaml", "", "%s", sentence(err.Error()))
	}
	documents := releaseutil.SplitManifests(texts[m[1]])
	for i := range len(documents) {
		text := documents[fmt.Sprintf("manifest-%d", i)]
		if err := syntax.Unmarshal([]byte(text), new(releaseutil.SimpleHead)); err != nil {
			return o.notYAML(m[1], text, texts[m[1]], err)
		}
	}
	return o.notYAML(m[1], "", "", err)
}

// notYAML returns where the rendered text of a template is wrong: its lines are not those of the template.
func (o *output) notYAML(name, text, whole string, err error) diag.Diagnostic {
	at, prefix := o.templates[name].at(frame{})
	line, message := notValues([]byte(text), err)
	if line == 0 {
		return o.app.failure(at, "bad-manifest", "", "%sthe output is not a Kubernetes object: %s", prefix, message)
	}
	line += strings.Count(whole[:max(strings.Index(whole, text), 0)], "\n")
	return o.app.failure(at, "bad-yaml", "", "%sthe output is not YAML: line %d: %s", prefix, line, message)
}
