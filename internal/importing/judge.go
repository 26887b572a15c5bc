package importing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/render/object"
)

// mostRounds is how often what the list refuses is taken out of it. Each round takes out all that is reported; a second one is for what was hidden
// by the first.
const mostRounds = 100

// settled builds the list, and takes out what it refuses until it refuses nothing: each time with the reason.
func (w *work) settled() ([]object.Object, []File, error) {
	for range mostRounds {
		files := w.files()
		if files == nil {
			return nil, nil, nil
		}
		objects, diags, err := w.in.Build(files)
		if err != nil || len(diags) == 0 {
			return objects, files, err
		}
		taken := false
		for _, d := range slices.Backward(diags.Sorted()) { // so that taking one out does not move those that follow
			taken = w.takeOut(d) || taken
		}
		if w.policiesChanged {
			w.policiesChanged = false
			w.writePolicies()
		}
		if !taken {
			return nil, nil, fmt.Errorf("what was read makes a list with a mistake that cannot be taken out, please report it: %s: %s", diags[0].Path, diags[0].Message)
		}
	}
	return nil, nil, errors.New("what was read makes a list with too many mistakes, please report it")
}

// takeOut takes out what a mistake is about, and reports whether there was something.
func (w *work) takeOut(d diag.Diagnostic) bool {
	why := strings.TrimSuffix(d.Message, ".")
	at := steps(d.Path)
	if d.Pos.File == platformFile {
		return w.takeOutOfPlatform(at, why)
	}
	if strings.HasPrefix(d.Pos.File, "profiles/") {
		return w.takeOutProfile(strings.TrimSuffix(strings.TrimPrefix(d.Pos.File, "profiles/"), ".yml"), why)
	}
	if len(at) == 0 {
		return false
	}
	e := w.entries[at[0].key]
	if e == nil || e.gone {
		return false
	}
	at = at[1:]
	if len(at) == 0 {
		return w.drop(e, why)
	}
	switch at[0].key {
	case "applications":
		if apps := kept(e.apps); len(at) > 1 && at[1].index >= 0 && at[1].index < len(apps) {
			return w.takeOutOfApp(apps[at[1].index], at[2:], why)
		}
	case "access":
		return w.takeOutPart(kept(e.access), at[1:], why)
	case "networkPolicies":
		return w.refusePolicies(e, why)
	case "clusterResources":
		if len(at) > 1 && at[1].index >= 0 {
			return w.takeOutKind(e, at[1].index, why)
		}
	case "project":
		return w.takeOutOf(&e.project, at[1:], e.projectOf, "project", why)
	default:
		return w.takeOutOf(&e.fields, at, e.of, "", why)
	}
	return false
}

func (w *work) takeOutOfApp(a *app, at []step, why string) bool {
	if len(at) > 0 {
		switch at[0].key {
		case "ingress":
			return w.takeOutPart(kept(a.ingress), at[1:], why)
		case "secrets":
			return w.takeOutPart(kept(a.secret), at[1:], why)
		case "applicationCode":
		default:
			// A source without one of its keys would be another source: an application is taken out as a whole then.
			if !isSource[at[0].key] && w.takeOutOf(&a.fields, at, a.of, "", why) {
				return true
			}
		}
		why = pathText(at) + ": " + why
	}
	if a.gone {
		return false
	}
	a.gone = true
	delete(w.codes, a.code)
	for _, o := range a.of {
		w.out(o, NotExpressed, why).Became = ""
	}
	for _, other := range a.entry.apps {
		if !other.gone { // what is rendered is the same under another one
			other.ingress, other.secret = append(other.ingress, a.ingress...), append(other.secret, a.secret...)
			a.ingress, a.secret = nil, nil
			return true
		}
	}
	for _, p := range append(a.ingress, a.secret...) {
		w.dropPart(p, "the application that it would be under is not in the list")
		w.out(p.of[0], NotExpressed).Became = ""
	}
	return true
}

// isSource are the keys of an application that say what is deployed.
var isSource = map[string]bool{"path": true, "chart": true, "version": true, "repoURL": true, "revision": true, "values": true, "valueFiles": true, "helm": true, "kustomize": true,
	"directory": true, "plugin": true, "patches": true, "sources": true}

// takeOutPart takes out a part as a whole: without something of it, it would be another one.
func (w *work) takeOutPart(parts []*part, at []step, why string) bool {
	if len(at) == 0 || at[0].index < 0 || at[0].index >= len(parts) {
		return false
	}
	if len(at) > 1 {
		why = pathText(at[1:]) + ": " + why
	}
	return w.dropPart(parts[at[0].index], why)
}

func (w *work) dropPart(p *part, why string) bool {
	if p.gone {
		return false
	}
	p.gone = true
	for _, o := range p.of {
		w.took(o, "", why)
	}
	return true
}

// drop takes out a whole entry.
func (w *work) drop(e *entry, why string) bool {
	if e.gone {
		return false
	}
	e.gone = true
	for _, o := range e.of {
		w.out(o, NotExpressed, why).Became = ""
	}
	for _, a := range e.apps {
		w.takeOutOfApp(a, nil, "its entry is not in the list: "+why)
	}
	for _, p := range e.access {
		w.dropPart(p, "its entry is not in the list: "+why)
	}
	w.refusePolicies(e, "its entry is not in the list: "+why)
	return true
}

// takeOutOf takes what a path leads to out of a mapping.
func (w *work) takeOutOf(m *listtext.Map, at []step, of []*Object, within, why string) bool {
	if len(at) == 0 {
		return false
	}
	if !without(m, at) {
		return false
	}
	where := strings.TrimPrefix(within+"."+pathText(at), ".")
	for _, o := range of {
		w.took(o, "", where+": "+why)
	}
	return true
}

// takeOutKind takes out one of the kinds of clusterResources, by its number in what is written.
func (w *work) takeOutKind(e *entry, number int, why string) bool {
	kinds := sortedOnce(e.cluster)
	if number >= len(kinds) {
		return false
	}
	e.cluster = append(kinds[:number:number], kinds[number+1:]...)
	for _, o := range e.projectOf {
		w.took(o, "", "clusterResourceWhitelist: "+kinds[number]+": "+why)
	}
	return true
}

// takeOutOfPlatform takes out what platform.yml may not say, and the parts of the list that need it.
func (w *work) takeOutOfPlatform(at []step, why string) bool {
	if len(at) < 2 {
		return false
	}
	switch {
	case at[0].key == "secrets":
		if w.platform.store == nil {
			return false
		}
		w.platform.store = nil
		for _, o := range w.platform.storeOf {
			w.out(o, NotExpressed, why).Became = ""
		}
		return true
	case at[0].key == "ingress" && len(at) > 2:
		m, key := &w.platform.expose, "expose"
		if at[1].key == "auth" {
			m, key = &w.platform.auth, "auth"
		}
		if !without(m, at[2:3]) {
			return false
		}
		for _, e := range w.sorted() {
			for _, a := range e.apps {
				for _, p := range a.ingress {
					if get(p.fields, key) == at[2].key {
						w.dropPart(p, pathText(at[2:])+": "+why)
					}
				}
			}
		}
		return true
	}
	return false
}
