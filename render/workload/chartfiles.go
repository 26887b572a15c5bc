package workload

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/ignore"
)

// Bounds of a chart with its subcharts, packed or not, besides those of Helm's loader (5 MiB in a file).
const (
	maxChartSize  = 100 << 20
	maxChartFiles = 20000
	maxSubcharts  = 16 // in one another
)

// loadedChart is a chart as it is in the repository. Helm changes a chart when it renders it, so each application gets a
// copy.
type loadedChart struct {
	place
	chart     *chart.Chart // without its subcharts
	subcharts []*loadedChart
	byFile    map[*common.File]*loadedChart // of the top chart: by the first raw file, which copies share
	schema    *compiledSchema               // nil until it is needed
	called    *calls                        // of the templates; nil until it is needed
	looked    int                           // the number of what was looked at for it, for a Watcher
	needs     []source.Reference            // of the top chart: what it asked for
	diags     diag.List                     // why it cannot be used, without the path of an application
	doubts    diag.List                     // warnings, likewise
}

// copy returns the chart for Helm to change. What Helm only reads is shared.
func (l *loadedChart) copy() *chart.Chart {
	out, metadata := *l.chart, *l.chart.Metadata
	out.Metadata, metadata.Dependencies = &metadata, nil
	for _, d := range l.chart.Metadata.Dependencies {
		dependency := *d
		metadata.Dependencies = append(metadata.Dependencies, &dependency)
	}
	for _, s := range l.subcharts {
		out.AddDependency(s.copy())
	}
	return &out
}

// index notes which of the charts below l a copy was made from.
func (l *loadedChart) index(byFile map[*common.File]*loadedChart) {
	byFile[l.chart.Raw[0]] = l
	for _, s := range l.subcharts {
		s.index(byFile)
	}
}

// chart loads the chart of app, once for all applications that share it.
func (r *Renderer) chart(app *Application) (*loadedChart, diag.List) {
	key := string(app.Kind) + " " + app.Path
	if app.Remote != nil {
		key = fmt.Sprint(*app.Remote, app.Pos) // of which messages speak
	}
	c := &chartReader{renderer: r, app: app, build: true}
	loaded := r.loadOnce(key, func() *loadedChart { return c.whole(c.source()) })
	return loaded, r.about(loaded, app)
}

// raw is the text of a file of the chart; empty when there is none.
func (l *loadedChart) raw(name string) []byte {
	for _, f := range l.chart.Raw {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// about are the diagnostics of a chart for an application, which is warned, too.
func (r *Renderer) about(l *loadedChart, app *Application) diag.List {
	for _, d := range l.doubts {
		d.Path = app.Code
		r.warn(d)
	}
	diags := slices.Clone(l.diags)
	for i := range diags {
		diags[i].Path = app.Code
	}
	return diags
}

// loadOnce loads a chart that is known by a key.
func (r *Renderer) loadOnce(key string, load func() *loadedChart) *loadedChart {
	loaded, known := r.charts[key]
	if known {
		r.ask(loaded.needs)
		if r.files.Watcher != nil {
			r.files.Watcher.Again(loaded.looked)
		}
		return loaded
	}
	before := r.asked
	r.asked = nil
	if r.files.Watcher == nil {
		loaded = load()
	} else {
		number := r.files.Watcher.Shared(func() { loaded = load() })
		loaded.looked = number
	}
	loaded.needs = r.asked
	r.asked = before
	r.ask(loaded.needs)
	r.charts[key] = loaded
	return loaded
}

// whole is a chart that can be rendered, or the diagnostics that say why not.
func (c *chartReader) whole(loaded *loadedChart, diags diag.List) *loadedChart {
	if len(diags) == 0 {
		diags = c.unread(loaded)
	}
	if len(diags) == 0 {
		diags = c.complete(loaded)
	}
	if len(diags) > 0 {
		return &loadedChart{diags: diags}
	}
	loaded.doubts = c.byChance(loaded)
	loaded.byFile = map[*common.File]*loadedChart{}
	loaded.index(loaded.byFile)
	return loaded
}

// unread reports a chart of an API version that Helm does not render. Helm asks only the top chart.
func (c *chartReader) unread(top *loadedChart) diag.List {
	version := top.chart.Metadata.APIVersion
	if c.renderer.helmFor(c.app).reads(version) {
		return nil
	}
	line := 0
	if documents, err := syntax.Documents(top.raw("Chart.yaml")); err == nil && len(documents) > 0 {
		line = valueOf(documents[0], "apiVersion").Line
	}
	return diag.List{top.mistake("helm-chart", "Chart.yaml", line, "Helm 4 renders charts of apiVersion v1 and v2, and not of "+syntax.Quote(version))}
}

// chartReader reads one chart, and what it depends on.
type chartReader struct {
	renderer *Renderer
	app      *Application
	build    bool  // whether to bring what charts/ lacks
	size     int64 // of all files so far
	count    int   // files and folders so far
}

// source reads the chart of the application.
func (c *chartReader) source() (*loadedChart, diag.List) {
	if ref := c.app.Remote; ref != nil {
		from, diags := c.renderer.open(c.app, *ref, c.app.Pos)
		if len(diags) > 0 {
			return nil, diags
		}
		return c.fetched(from)
	}
	at := place{path: path.Clean(c.app.Path), packed: strings.HasSuffix(c.app.Path, ".tgz")}
	at.files = c.renderer.files.Repository
	if c.app.Kind == Catalog {
		at.files = c.renderer.files.Catalog
	}
	return c.read(at)
}

func (c *chartReader) read(at place) (*loadedChart, diag.List) {
	var files []*archive.BufferedFile
	var err error
	if at.packed {
		var data []byte
		if data, err = c.file(at.files, at.path, maxChartSize); err == nil {
			files, err = c.unpack(data)
		}
	} else {
		files, err = c.folder(at.files, at.path)
	}
	if err != nil {
		return nil, diag.List{at.mistake("helm-chart", "", 0, "the chart cannot be read: "+reason(err).Error())}
	}
	return c.load(at, files, 0)
}

// folder reads a chart as Helm's loader.LoadDir does.
func (c *chartReader) folder(from fs.FS, dir string) ([]*archive.BufferedFile, error) {
	rules := ignore.Empty()
	if data, err := c.file(from, path.Join(dir, ignore.HelmIgnore), archive.MaxDecompressedFileSize); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", ignore.HelmIgnore, err)
		}
	}
	rules.AddDefaults()
	return c.walk(from, dir, "", rules)
}

func (c *chartReader) walk(from fs.FS, dir, folder string, rules *ignore.Rules) ([]*archive.BufferedFile, error) {
	entries, err := fs.ReadDir(from, path.Join(dir, folder))
	if err != nil {
		return nil, named(folder, err)
	}
	var out []*archive.BufferedFile
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		info, err := fs.Stat(from, path.Join(dir, name)) // follows links
		if err != nil {
			return nil, named(name, err)
		}
		if c.count++; c.count > maxChartFiles {
			return nil, fmt.Errorf("it has more than %d files", maxChartFiles)
		}
		if rules.Ignore(name, info) {
			continue
		}
		if info.IsDir() {
			below, err := c.walk(from, dir, name, rules)
			if err != nil {
				return nil, err
			}
			out = append(out, below...)
			continue
		}
		data, err := c.file(from, path.Join(dir, name), archive.MaxDecompressedFileSize)
		if err != nil {
			return nil, named(name, err)
		}
		out = append(out, &archive.BufferedFile{Name: name, Data: bytes.TrimPrefix(data, []byte("\ufeff"))})
	}
	return out, nil
}

// named is an error about a file or folder of a chart; the chart itself has no name.
func named(name string, err error) error {
	if name == "" {
		return reason(err)
	}
	return fmt.Errorf("%s: %w", name, reason(err))
}

// file reads a regular file of at most limit bytes.
func (c *chartReader) file(from fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(from, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("larger than %d MiB", limit>>20)
	}
	if err := c.take(info.Size()); err != nil {
		return nil, err
	}
	return fs.ReadFile(from, name)
}

func (c *chartReader) take(size int64) error {
	if c.size += size; c.size > maxChartSize {
		return fmt.Errorf("it is larger than %d MiB in all", maxChartSize>>20)
	}
	return nil
}

func (c *chartReader) unpack(data []byte) ([]*archive.BufferedFile, error) {
	files, err := archive.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := c.take(int64(len(f.Data))); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// load makes a chart from its files as Helm's loader.LoadFiles does. It keeps the places of subcharts, and their order, which differs from
// run to run there.
func (c *chartReader) load(at place, files []*archive.BufferedFile, depth int) (*loadedChart, diag.List) {
	if depth > maxSubcharts {
		return nil, diag.List{at.mistake("helm-chart", "", 0, fmt.Sprintf("there are subcharts in more than %d subcharts", maxSubcharts))}
	}
	own, folders := split(files)
	for _, f := range own {
		excess := (*syntax.Excess)(nil)
		if metadata := path.Ext(f.Name) == ".yaml" || path.Ext(f.Name) == ".lock"; !metadata || strings.Contains(f.Name, "/") {
			continue
		}
		if errors.As(syntax.Check(f.Data), &excess) { // Helm reports the rest
			pos, prefix := at.at(f.Name, excess.Line, excess.Column)
			return nil, diag.List{{Pos: pos, Code: excess.Code, Message: prefix + excess.Message, Hint: excess.Hint}}
		}
	}
	loaded, err := c.loadFiles(own)
	if err != nil {
		return nil, diag.List{at.notLoaded(err, own)}
	}
	out := &loadedChart{place: at, chart: loaded}
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		if strings.IndexAny(name, "_.") == 0 {
			continue
		}
		subchart, diags := c.subchart(at, name, folders[name], depth)
		if len(diags) > 0 {
			return nil, diags
		}
		out.subcharts = append(out.subcharts, subchart)
	}
	return out, nil
}

// loadFiles makes a chart of its own files. Versions of Helm differ in how they read the values.
func (c *chartReader) loadFiles(own []*archive.BufferedFile) (*chart.Chart, error) {
	isValues := func(f *archive.BufferedFile) bool { return f.Name == chartutil.ValuesfileName }
	out, err := loader.LoadFiles(slices.DeleteFunc(slices.Clone(own), isValues))
	if err != nil {
		return nil, err
	}
	for _, f := range own {
		if !isValues(f) {
			continue
		}
		out.Raw = append(out.Raw, &common.File{Name: f.Name, Data: f.Data})
		if out.Values, err = c.renderer.helmFor(c.app).values(f.Data); err != nil {
			return nil, fmt.Errorf("cannot load %s: %w", f.Name, err)
		}
	}
	return out, nil
}

// subchart loads what charts/ of the chart at a place holds under a name: a folder, or an archive.
func (c *chartReader) subchart(at place, name string, files []*archive.BufferedFile, depth int) (*loadedChart, diag.List) {
	sub := at.join("charts/" + name)
	if path.Ext(name) == ".tgz" {
		sub.packed = true
		if files[0].Name != "" {
			return nil, diag.List{sub.mistake("helm-chart", "", 0, "expected an archive, found a folder")}
		}
		var err error
		if files, err = c.unpack(files[0].Data); err != nil {
			return nil, diag.List{sub.mistake("helm-chart", "", 0, "the chart cannot be read: "+reason(err).Error())}
		}
	}
	return c.load(sub, files, depth+1)
}

// split separates a chart's own files from those of its subcharts, which it groups by folder or archive.
func split(files []*archive.BufferedFile) (own []*archive.BufferedFile, subcharts map[string][]*archive.BufferedFile) {
	subcharts = map[string][]*archive.BufferedFile{}
	for _, f := range files {
		name, ok := strings.CutPrefix(f.Name, "charts/")
		if !ok || path.Ext(name) == ".prov" {
			own = append(own, f)
			continue
		}
		folder, rest, _ := strings.Cut(name, "/")
		subcharts[folder] = append(subcharts[folder], &archive.BufferedFile{Name: rest, Data: f.Data})
	}
	return own, subcharts
}
