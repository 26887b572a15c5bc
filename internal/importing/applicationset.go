package importing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// mostApplications is how many all ApplicationSets together may make here.
const mostApplications = 10_000

// expand makes the Applications of the sets of which none was read: those that Argo CD has made are among live objects.
func (w *work) expand() {
	made := map[ID][]*Object{}
	for _, o := range w.objects {
		if o.Group == argoproj && o.Kind == "Application" && o.Owner.Kind == "ApplicationSet" {
			id := o.Owner
			made[id] = append(made[id], o)
		}
	}
	w.sets = map[*Object][]*Object{}
	for _, o := range slices.Clone(w.objects) {
		if o.Group != argoproj || o.Kind != "ApplicationSet" {
			continue
		}
		if apps := made[o.ID]; len(apps) > 0 {
			for _, a := range apps {
				a.Set = o
			}
			w.sets[o] = apps
			continue
		}
		apps, err := w.makeApplications(o)
		if err != nil {
			w.out(o, NotExpressed, err.Error())
			continue
		}
		w.sets[o] = apps
		w.objects = append(w.objects, apps...)
	}
}

// makeApplications are those that Argo CD would make of a set, as far as files can tell.
func (w *work) makeApplications(o *Object) ([]*Object, error) {
	spec := mapping(o.Value, "spec")
	if spec["templatePatch"] != nil {
		return nil, errors.New("templatePatch: it is not expanded here: export the Applications that it makes from the cluster")
	}
	g := &generators{files: w.in.Files, templates: templates{golang: spec["goTemplate"] == true, options: texts(spec, "goTemplateOptions"), fuel: &w.fuel}}
	all, err := g.all(list(spec, "generators"), nil)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("its generators find nothing in what was read")
	}
	if g.tree != nil { // the URL may have a password
		w.note(Note{o.Pos, "the ApplicationSet " + o.Name + " looks at a repository: what was read is taken for it"})
	}
	if w.made += len(all); w.made > mostApplications {
		w.made -= len(all)
		return nil, fmt.Errorf("with it, ApplicationSets make more than %d Applications", mostApplications)
	}
	var out []*Object
	names := map[string]bool{}
	for _, params := range all {
		a, err := g.application(o, params)
		switch {
		case err != nil:
			return nil, err
		case names[a.Name]: // Argo CD makes none of those
			return nil, errors.New("two of the Applications that it makes have the name " + a.Name)
		}
		names[a.Name] = true
		out = append(out, a)
	}
	return out, nil
}

// application is the one that a set of parameters makes.
func (g *generators) application(o *Object, params map[string]any) (*Object, error) {
	spec := mapping(o.Value, "spec")
	filled := cloned(mapping(spec, "template"))
	if len(params) > 0 {
		var err error
		if filled, err = g.fill(filled, params); err != nil {
			return nil, err
		}
	}
	m, _ := filled.(map[string]any)
	name := text(mapping(m, "metadata"), "name")
	if name == "" || strings.Contains(name, "{{") {
		return nil, errors.New("template.metadata.name: a parameter is missing")
	}
	if to := mapping(m, "spec", "destination"); text(to, "name") != "" && text(to, "server") != "" {
		return nil, errors.New("a destination that has name and server, which Argo CD refuses")
	}
	meta := map[string]any{"name": name} // the namespace is that of the set, whatever the template says
	if o.Namespace != "" {
		meta["namespace"] = o.Namespace
	}
	for _, key := range []string{"labels", "annotations", "finalizers"} {
		if value := mapping(m, "metadata")[key]; !empty(value) {
			meta[key] = value
		}
	}
	// Argo CD adds it only where it has filled in something (applicationset/utils, RenderTemplateParams).
	if meta["finalizers"] == nil && len(params) > 0 && mapping(spec, "syncPolicy")["preserveResourcesOnDeletion"] != true {
		meta["finalizers"] = []any{finalizer}
	}
	a := &Object{ID: ID{argoproj, "Application", o.Namespace, name}, APIVersion: "argoproj.io/v1alpha1", Pos: o.Pos, Set: o}
	a.Value = map[string]any{"apiVersion": a.APIVersion, "kind": a.Kind, "metadata": meta, "spec": m["spec"]}
	return a, nil
}

// applicationSets have been expanded, or cannot be.
func (w *work) applicationSets(objects []*Object) {
	for _, o := range objects {
		w.took(o, "")
	}
}

// comparedSets says of a set what became of what it makes.
func (w *work) comparedSets() {
	for _, o := range w.objects {
		apps, known := w.sets[o]
		if !known || w.outcomes[o] == nil || w.outcomes[o].State != "" {
			continue
		}
		state := Equal
		for _, a := range apps {
			outcome := w.outcomes[a]
			if outcome == nil || outcome.State == Different || outcome.State == NotExpressed {
				state = Different
				w.took(o, "", "not all Applications that it makes are expressed, see there")
				continue
			}
			w.outcomes[o].Rendered = append(w.outcomes[o].Rendered, outcome.Rendered...)
		}
		w.out(o, state, fmt.Sprintf("the list has the Applications that it makes: %d, and what is to be added later is a new entry", len(apps)))
		w.outcomes[o].Became = listFile
	}
}
