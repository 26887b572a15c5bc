package workload

import (
	"slices"

	"github.com/hippotion/roster/internal/diag"
)

// several gives the output of all sources of app as Argo CD does (GetRepoObjs and DeduplicateTargetObjects of its controller): one behind
// the other, and of what occurs twice the last one.
func (r *Renderer) several(app *Application) (Result, diag.List) {
	if len(app.Others) == 0 {
		return r.render(app)
	}
	var out Result
	var diags diag.List
	at := map[key]int{} // places in out.Objects
	for i := range 1 + len(app.Others) {
		part := *app
		if i > 0 {
			part = app.Others[i-1]
		}
		part.Others, part.MayBeEmpty = nil, true
		warned := len(r.warnings)
		made, mistakes := r.render(&part)
		inSource(r.warnings[warned:], part.Title)
		inSource(made.Warnings, part.Title)
		diags = append(diags, inSource(mistakes, part.Title)...)
		out.Warnings = append(out.Warnings, made.Warnings...)
		for _, k := range made.leftOut {
			if j, again := at[k]; again {
				out.Objects[j].Phase = never
			}
		}
		for _, o := range made.Objects {
			o.Source = i
			j, again := at[keyOf(o.Object)]
			switch {
			case !again || text(metadata(o.Value().(map[string]any)), "name") == "":
				at[keyOf(o.Object)] = len(out.Objects)
				out.Objects = append(out.Objects, o)
				continue
			case out.Objects[j].Phase != never:
				warning := app.failure(o.Pos, "repeated-object", "keep one of the two", "%s is also in another source: Argo CD applies that of the last one", name(o.Object))
				warning.Related = []diag.Related{{Pos: out.Objects[j].Pos, Note: "in the other source"}}
				out.Warnings.Add(inSource(diag.List{warning}, part.Title)[0])
			}
			out.Objects[j] = o
		}
	}
	out.Objects = slices.DeleteFunc(out.Objects, func(o Object) bool { return o.Phase == never })
	switch {
	case len(diags) > 0 || r.onlyAsk:
		return Result{}, diags
	case len(out.Objects) == 0 && !app.MayBeEmpty:
		return Result{}, diag.List{app.failure(app.Pos, "empty-source", "", "the sources have no objects: Argo CD would deploy nothing")}
	}
	slices.SortStableFunc(out.Objects, compare)
	return out, nil
}

// inSource are diagnostics about a source among several.
func inSource(diags diag.List, title string) diag.List {
	for i := range diags {
		diags[i].Path += " (" + title + ")"
	}
	return diags
}
