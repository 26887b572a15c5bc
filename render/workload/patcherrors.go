package workload

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
)

func (app *Application) badPatch(p *Patch, err error) diag.Diagnostic {
	text, _, _ := unwrapKustomize(err.Error())
	hint := ""
	if strings.HasPrefix(text, "unable to parse SM or JSON patch") { // which it says of [{op: …}] in quotes, too: what begins with [ has to be JSON
		hint = "without quotes around it, write patch: [{op: replace, path: /spec/replicas, value: 2}], or a part of the object: patch: {spec: {replicas: 2}}"
	}
	return diag.Diagnostic{Pos: p.Pos, Path: p.Path, Code: "bad-patch", Message: kustomizeWords(text), Hint: hint}
}

// matches counts the optional patches of one place that have found an object.
type matches struct{ found int }

// enough reports whether the patch at a place in the list may have matched as little as it has: an optional one, when it is not the last of its
// place, or when another one of these has found something.
func (m *matches) enough(all []Patch, i int, matched bool) bool {
	if !all[i].Optional {
		return matched
	}
	if matched {
		m.found++
	}
	if i+1 < len(all) && all[i+1].Optional && all[i+1].Path == all[i].Path {
		return true
	}
	found := m.found
	m.found = 0
	return found > 0
}

// noPods is about a key of the list that is for pods, of an application that has none.
func (app *Application) noPods(p *Patch) diag.Diagnostic {
	return diag.Diagnostic{Pos: p.Pos, Path: p.Path, Code: "patch-no-target", Hint: "remove it",
		Message: "the application has no Deployment, StatefulSet, DaemonSet, Job or CronJob whose pods it could be for"}
}

// noTarget is about a patch that matches none of the known objects.
func (app *Application) noTarget(p *Patch, known []manifest) diag.Diagnostic {
	kind, object, words := "", "", "no object matches"
	if t := p.Target; t != nil {
		kind, object = t.Kind, t.Name
		words += conditions("group", t.Group, "version", t.Version, "kind", kind, "name", object, "namespace", t.Namespace,
			"labels", t.LabelSelector, "annotations", t.AnnotationSelector)
	} else {
		apiVersion, namespace := "", ""
		apiVersion, kind, object, namespace = p.missing(known)
		words += conditions("apiVersion", apiVersion, "kind", kind, "name", object, "namespace", namespace)
	}
	return diag.Diagnostic{Pos: p.Pos, Path: p.Path, Code: "patch-no-target", Message: words, Hint: nearestObject(kind, object, known)}
}

// missing is the object that the part of the patch names, which is not among the objects.
func (p *Patch) missing(known []manifest) (apiVersion, kind, object, namespace string) {
	parts, err := kustomizeFactory().RF().SliceFromBytes([]byte(strings.TrimSpace(p.Text)))
	if err != nil {
		return
	}
	for _, part := range parts {
		apiVersion, kind, object, namespace = part.GetApiVersion(), part.GetKind(), part.GetName(), part.GetNamespace()
		found := false
		for _, m := range known {
			found = found || text(m.value, "apiVersion") == apiVersion && text(m.value, "kind") == kind &&
				text(metadata(m.value), "name") == object && text(metadata(m.value), "namespace") == namespace
		}
		if !found {
			return
		}
	}
	return
}

// conditions joins names and values.
func conditions(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, pairs[i]+" "+pairs[i+1])
		}
	}
	return " " + strings.Join(out, ", ")
}

// nearestObject is the hint for a missing object: another name of that kind or, when there are none, another kind.
func nearestObject(kind, object string, known []manifest) string {
	var kinds, names []string
	for _, m := range known {
		kinds = append(kinds, text(m.value, "kind"))
		if kind == "" || kind == kinds[len(kinds)-1] {
			names = append(names, text(metadata(m.value), "name"))
		}
	}
	found, candidates := object, names
	if len(names) == 0 {
		found, candidates = kind, kinds
	}
	slices.Sort(candidates)
	candidates = slices.Compact(candidates)
	if found == "" || slices.Contains(candidates, found) {
		return "" // something else does not match
	}
	return diag.DidYouMean(found, candidates)
}
