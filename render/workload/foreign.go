package workload

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
	"sigs.k8s.io/kustomize/api/konfig"
)

// outerPrefix begins the path of a value file of the repository that holds the list, when the chart is of another one.
const outerPrefix = "$values/"

// isChartAlone reports whether the source is what a repository of charts has under a name.
func (app *Application) isChartAlone() bool {
	return app.Remote.Kind == source.Chart || app.Remote.Kind == source.OCI && app.Kind == Chart && app.Path == ""
}

// foreign renders a folder of something that was fetched. There it is as if the list lay in it, so all places are moved to where
// the list names the folder.
func (r *Renderer) foreign(app *Application) (Result, diag.List) {
	from, diags := r.open(app, *app.Remote, app.Pos)
	if len(diags) > 0 {
		return Result{}, diags
	}
	other := r.others[*app.Remote]
	switch {
	case other != nil:
		from.files = other.files.Repository
	case app.Remote.Kind == source.OCI:
		var err error
		if from.files, err = unpacked(from.files); err != nil {
			return Result{}, diag.List{app.failure(app.Pos, "helm-chart", "", "%s: the chart cannot be read: %v", from.name, reason(err))}
		}
	}
	inner := *app
	inner.Remote, inner.Pos, inner.Path = nil, diag.Position{}, path.Clean(app.Path)
	if inner.Kind == "" {
		if inner.Kind, diags = app.discover(from); len(diags) > 0 {
			return Result{}, diags
		}
	}
	inner.Patches = slices.Clone(app.Patches)
	for i := range inner.Patches {
		inner.Patches[i].Pos.File = outerPrefix + inner.Patches[i].Pos.File
	}
	if other == nil {
		other = New(Files{Repository: from.files, Sources: r.files.Sources, Watcher: r.files.Watcher}, r.cluster)
		other.outer, other.known = r.files.Repository, r.known
		r.others[*app.Remote] = other
	}
	other.asked, other.warnings, other.calls, other.onlyAsk, other.later = nil, nil, calls{}, r.onlyAsk, r.later
	out, diags := other.render(&inner)
	r.ask(other.asked)
	r.calls = r.calls.or(other.calls)
	r.warnings = append(r.warnings, from.moved(other.warnings)...)
	out.Warnings = from.moved(out.Warnings)
	for i := range out.Objects {
		o := &out.Objects[i]
		at, prefix := from.moves(o.Pos)
		o.Pos, o.From = at, strings.TrimSuffix(prefix+o.From, ": ")
	}
	return out, from.moved(diags)
}

// unpacked gives the files of what a registry has. A chart is kept as it is packed; for Argo CD, it is the folder in the archive
// (util/oci/client.go).
func unpacked(from fs.FS) (fs.FS, error) {
	entries, err := fs.ReadDir(from, ".")
	if err != nil || len(entries) != 1 || entries[0].IsDir() || path.Ext(entries[0].Name()) != ".tgz" {
		return from, err
	}
	var c chartReader
	data, err := c.file(from, entries[0].Name(), maxChartSize)
	if err != nil {
		return nil, err
	}
	files, err := c.unpack(data)
	if err != nil {
		return nil, err
	}
	contents := map[string][]byte{}
	for _, f := range files {
		contents[f.Name] = f.Data
	}
	return source.Files(contents)
}

// discover finds out how Argo CD reads a folder of which the list does not say it: of the files whose names tell it, the last
// one counts (util/app/discovery).
func (app *Application) discover(from origin) (Kind, diag.List) {
	dir := path.Clean(app.Path)
	fail := func(format string, args ...any) (Kind, diag.List) {
		return "", diag.List{app.failure(app.Pos, "missing-path", "", "%s: "+format, append([]any{from.name}, args...)...)}
	}
	if !fs.ValidPath(dir) {
		return fail("the path %s leads out of it", app.Path)
	}
	entries, err := fs.ReadDir(from.files, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail("there is no folder %s in it", dir)
	case err != nil:
		return fail("the folder %s cannot be read: %v", dir, reason(err))
	}
	kind := Manifests
	for _, e := range entries {
		switch {
		case e.IsDir():
		case strings.HasSuffix(e.Name(), "Chart.yaml"):
			kind = Chart
		case slices.Contains(konfig.RecognizedKustomizationFileNames(), e.Name()):
			kind = Kustomization
		}
	}
	return kind, nil
}

// moves gives the place for one in what was fetched, and what a message begins with.
func (o origin) moves(pos diag.Position) (at diag.Position, prefix string) {
	if file, outer := strings.CutPrefix(pos.File, outerPrefix); outer {
		pos.File = file
		return pos, ""
	}
	return o.at(pos.File, pos.Line, pos.Column)
}

func (o origin) moved(diags diag.List) diag.List {
	out := slices.Clone(diags)
	for i := range out {
		d := &out[i]
		at, prefix := o.moves(d.Pos)
		d.Pos, d.Message = at, prefix+d.Message
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			at, prefix := o.moves(d.Related[j].Pos)
			d.Related[j].Pos, d.Related[j].Note = at, prefix+d.Related[j].Note
		}
	}
	return out
}
