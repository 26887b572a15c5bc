package workload

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

// helmVersion is a version of Helm: that part of it in which the versions differ. The rest is the same in all of them, and taken from the
// newest, with its type of a chart.
type helmVersion interface {
	// reads reports whether it renders charts of an API version.
	reads(apiVersion string) bool
	// values reads values.yaml, or a value file.
	values(text []byte) (map[string]any, error)
	// prepare decides which subcharts there are, and merges the values. It may change the chart and the values.
	prepare(c *chart.Chart, values map[string]any, told capabilities) (*prepared, error)
	// split separates the documents of the output of a template, as SplitManifests does.
	split(text string) []string
	// sort puts the documents of all templates into the order in which they are installed.
	sort(texts map[string]string) (objects, hooks []printed, err error)
}

// capabilities are what templates are told besides values.
type capabilities struct {
	release common.ReleaseOptions
	kube    *common.KubeVersion
	apis    []string // besides Kubernetes' own
}

// prepared is a chart that can be rendered.
type prepared struct {
	top    part
	crds   []printed
	values map[string]any // of the top chart, with those of its subcharts
	render func() (texts map[string]string, err error)
}

// part is a chart, or a subchart that is turned on.
type part struct {
	chart      *chart.Chart
	name, path string // of a subchart its alias, and that of the charts above it; the path begins the names of its templates
	parts      []part
}

// helmNamed is Helm of a version.
func helmNamed(version string) helmVersion {
	if strings.HasPrefix(version, "v3.") {
		return helm3(version)
	}
	return helm4(version)
}

// helmFor is the Helm that renders app. Charts of the catalog are always rendered by roster, so they need not follow Argo CD: they
// are the same everywhere.
func (r *Renderer) helmFor(app *Application) helmVersion {
	if app.Kind == Catalog {
		return helmNamed(argocd.Newest().Helm())
	}
	return helmNamed(r.cluster.Helm)
}

// release is one chart that is rendered.
type release struct {
	app     *Application // with the options of Helm
	cluster Cluster
	loaded  *loadedChart
	values  map[string]any
	noHooks bool
	// asWritten says whether the chart is told the version of Kubernetes with its suffix, such as +k3s1. Argo CD removes it.
	asWritten bool
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
	for i, p := range printed {
		end := "\n"
		if i == len(printed)-1 {
			end = "" // Argo CD cuts it off from what a tool prints
		}
		out.add(p, end)
	}
	return out.manifests, out.diags
}

// template renders the chart, unless it is only to be found out what it needs.
func (r *Renderer) template(rel *release) (*output, []printed, diag.List) {
	c := rel.loaded.copy()
	if r.later {
		delay(c, rel.values)
	}
	helm := r.helmFor(rel.app)
	ready, diags := r.prepare(rel, helm, c)
	if len(diags) > 0 || r.onlyAsk {
		return &output{}, nil, diags
	}
	r.calls = r.calls.or(rel.calls())
	out := &output{app: rel.app, helm: helm, noHooks: rel.noHooks, templates: map[string]templateFile{}}
	out.index(rel.loaded, ready.top)
	texts, err := ready.render()
	if err != nil {
		return nil, nil, diag.List{rel.app.failed(err, out.templates)}
	}
	found, diags := out.print(ready.crds, texts)
	return out, found, diags
}

// prepare is what helm does before it renders templates.
func (r *Renderer) prepare(rel *release, helm helmVersion, c *chart.Chart) (*prepared, diag.List) {
	app, loaded := rel.app, rel.loaded
	fail := func(code, format string, args ...any) (*prepared, diag.List) {
		return nil, diag.List{app.failure(app.at(), code, "", format, args...)}
	}
	release := common.ReleaseOptions{Name: app.Helm.ReleaseName, Namespace: cmp.Or(app.Helm.Namespace, app.Namespace), Revision: 1, IsInstall: true}
	if release.Name == "" {
		release.Name = app.Code
	}
	if err := chartutil.ValidateReleaseName(release.Name); err != nil {
		return fail("helm-chart", "release name %q: %v", release.Name, err)
	}
	version, apis := cmp.Or(app.Helm.KubeVersion, rel.cluster.KubeVersion), rel.cluster.APIVersions
	if len(app.Helm.APIVersions) > 0 {
		apis = app.Helm.APIVersions
	}
	kube, err := common.ParseKubeVersion(version)
	if err != nil {
		return fail("helm-chart", "Kubernetes version %q: %v", version, err)
	}
	if !rel.asWritten {
		kube.Version = kube.String()
	}
	ready, err := helm.prepare(c, rel.values, capabilities{release, kube, apis})
	if err != nil {
		return fail("helm-values", "%s", notMerged(err))
	}
	var diags diag.List
	if !app.Helm.SkipSchemaValidation {
		diags = r.violations(app, loaded, ready.top, ready.values)
	}
	for i := range diags {
		diags[i].Path = app.Code
	}
	if want := c.Metadata.KubeVersion; len(diags) == 0 && want != "" && !chartutil.IsCompatibleRange(want, kube.String()) {
		problem := loaded.mistake("helm-chart", "Chart.yaml", 0, fmt.Sprintf("the chart requires Kubernetes %s, which %s is not", want, kube.Version))
		problem.Path = app.Code
		diags.Add(problem)
	}
	return ready, diags
}

var mismatch = lazy.Regexp(`^type mismatch on (.*?): `)

// notMerged is why values cannot be merged. Helm would print the value.
func notMerged(err error) string {
	if m := mismatch().FindStringSubmatch(err.Error()); m != nil {
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
	helm      helmVersion
	noHooks   bool
	templates map[string]templateFile // by Helm's names, such as web/charts/db/templates/a.yaml
	manifests []manifest
	diags     diag.List
}

func (o *output) index(top *loadedChart, p part) {
	from := top.byFile[p.chart.Raw[0]]
	for _, f := range slices.Concat(p.chart.Templates, p.chart.Files) {
		// Of the other files, which may be one for each application, only these become objects.
		if name := f.Name; strings.HasPrefix(name, "templates/") || strings.HasPrefix(name, "crds/") {
			o.templates[path.Join(p.path, name)] = templateFile{from, name, f.Data}
		}
	}
	for _, sub := range p.parts {
		o.index(top, sub)
	}
}

// printed is a document of what a template renders or, when it is verbatim, a file.
type printed struct {
	name, text string
	json       []byte // the text as JSON, where that is known
	verbatim   bool
	test       bool // whether it is a hook that tests the release
}

func (p printed) header() string { return "---\n# Source: " + p.name + "\n" }

// print gives everything in the order in which Helm prints it.
func (o *output) print(crds []printed, texts map[string]string) ([]printed, diag.List) {
	if o.app.Helm.SkipCRDs {
		crds = nil
	}
	size := 0
	for _, crd := range crds {
		size += len(crd.text)
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
	objects, hooks, diags := o.sorted(texts)
	if len(diags) > 0 {
		return nil, diags
	}
	hooks = slices.DeleteFunc(hooks, func(h printed) bool { return o.noHooks || o.app.Helm.SkipTests && h.test })
	return slices.Concat(crds, objects, hooks), nil
}

// sorted are the documents of all templates, in Helm's order.
func (o *output) sorted(texts map[string]string) (objects, hooks []printed, diags diag.List) {
	if short := headsOf(o.helm, texts); short != nil {
		if objects, hooks, err := o.helm.sort(short.texts); err == nil {
			short.whole(objects)
			short.whole(hooks)
			return objects, hooks, nil
		}
	}
	if diags := o.swollen(texts); len(diags) > 0 {
		return nil, nil, diags
	}
	objects, hooks, err := o.helm.sort(texts)
	if err != nil {
		return nil, nil, diag.List{o.notSorted(err, texts)}
	}
	return objects, hooks, nil
}

// swollen finds documents that expand to too much for Helm to read.
func (o *output) swollen(texts map[string]string) diag.List {
	var diags diag.List
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if syntax.Plain([]byte(texts[name])) {
			continue // splitting takes longer than all the rest
		}
		for _, document := range o.helm.split(texts[name]) {
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
func (o *output) add(p printed, end string) {
	header := p.header()
	found, diags := o.decode(p, header, end)
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

func (o *output) decode(p printed, header, end string) ([]manifest, diag.List) {
	switch value, m := map[string]any(nil), (*mistake)(nil); {
	case p.json == nil || end != "\n" && endsLine(p.json): // it was read with the end of its line
	case string(p.json) == "null":
		return nil, nil
	default:
		if value, m = readObject(p.json, 1); m == nil {
			return []manifest{{value: value}}, nil
		}
	}
	return o.app.decode(diag.Position{}, []byte(header+p.text+end))
}

// endsLine reports whether a text in a JSON text may end with the end of a line. If none does, then in YAML the last of them is the same with
// and without an end of its line.
func endsLine(raw []byte) bool { return bytes.Contains(raw, []byte(`\n"`)) }

var notSorted = lazy.Regexp(`^YAML parse error on (.*?): `)

// notSorted finds the document in which Helm does not find a kind and annotations.
func (o *output) notSorted(err error, texts map[string]string) diag.Diagnostic {
	m := notSorted().FindStringSubmatch(err.Error())
	if m == nil {
		return o.app.failure(o.app.at(), "bad-yaml", "", "%s", sentence(err.Error()))
	}
	for _, text := range o.helm.split(texts[m[1]]) {
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
	before := strings.Count(whole[:max(strings.Index(whole, text), 0)], "\n")
	d := o.app.failure(at, "bad-yaml", o.app.showAll(), "%sthe output is not YAML: line %d: %s", prefix, before+line, message)
	d.Related = o.around(at, text, line, before)
	return d
}

const (
	linesBefore, linesAfter = 3, 1 // of the output, around a mistake
	mostLines               = 10_000
)

// secretKey is a key whose value is not shown, even when it stands in the template.
var secretKey = lazy.Regexp(`(?i)((?:passw|token|secret|credential|private|key)[\w-]*["']?\s*[:=]\s*)\S.*`)

// around are the lines of a text that a template printed, around the one that is wrong, with an ellipsis for each value; before is how many
// lines precede the text. Whoever asks for it gets all lines as they are.
func (o *output) around(at diag.Position, text string, wrong, before int) []diag.Related {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	from, to := max(wrong-1-linesBefore, 0), min(wrong+linesAfter, len(lines))
	known := templateTexts(o.templates)
	show := func(line string) string {
		bare := strings.TrimLeft(line, " ")
		if strings.TrimSpace(bare) == "" {
			return ""
		}
		return line[:len(line)-len(bare)] + secretKey().ReplaceAllString(known.line(strings.TrimSpace(bare)), "$1"+elided)
	}
	if o.app.Debug {
		from, to, show = 0, min(len(lines), mostLines), func(line string) string { return line }
	}
	var out []diag.Related
	for i := from; i < to; i++ {
		mark := " "
		if i == wrong-1 {
			mark = ">"
		}
		out = append(out, diag.Related{Pos: at, Note: fmt.Sprintf("%s %4d | %s", mark, before+i+1, show(lines[i]))})
	}
	return out
}

// showAll is the hint where a message shows only a part of what a template has printed.
func (app *Application) showAll() string {
	if app.Debug {
		return ""
	}
	return "roster render --app " + app.Code + " --debug shows all of it, also the values in it"
}
