package importing

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/render/object"
)

// made is an object that the new list renders.
type made struct {
	ID
	value func() map[string]any
	taken bool // something that was read became it
}

// proven is the list, once the policies of each namespace mean what they did: those that do not with a profile and flows are written as they are.
func (w *work) proven() (rendered, []File, error) {
	for {
		objects, files, err := w.settled()
		if err != nil {
			return rendered{}, nil, err
		}
		built := madeOf(objects)
		w.problems = w.differing(built.all)
		again := false
		for _, namespace := range sortedKeys(w.problems) {
			if g := w.guarded[namespace]; !g.verbatim && !g.refused {
				again = w.refusePolicies(g.entry, w.problems[namespace]) || again
			}
		}
		if !again {
			return built, files, nil
		}
		w.policiesChanged = false
		w.writePolicies()
	}
}

// compared says of each object that was read what the new list renders in its place, and what it renders besides.
func (w *work) compared(with rendered) []Added {
	all, byID := with.all, with.byID
	near := map[ID][]*made{} // by group, kind and namespace
	for _, m := range all {
		at := m.ID
		at.Name = ""
		near[at] = append(near[at], m)
	}
	w.comparedPolicies(all, byID)
	for _, o := range w.objects {
		outcome := w.outcomes[o]
		if m := byID[o.ID]; m != nil && kindOf(o.ID) == nil && outcome != nil && outcome.State == Left { // such as the guard of an entry
			outcome.State, outcome.Reasons = "", nil
			w.compare(&kind{}, o, []*made{m})
			continue
		}
		if outcome == nil || outcome.State != "" || o.Kind == "ApplicationSet" {
			continue
		}
		k := kindOf(o.ID)
		id := o.ID
		if o.Group == argoproj {
			id.Namespace = w.argocd
		}
		if o.Kind == "AppProject" {
			w.comparedProject(o, byID)
			continue
		}
		found := []*made{}
		if m := byID[id]; m != nil {
			found = append(found, m)
		} else if k.anyName != nil {
			at := id
			at.Name = ""
			for _, m := range near[at] {
				if k.anyName(o.Value, m.value()) {
					found = append(found, m)
				}
			}
		}
		w.compare(k, o, found)
	}
	w.comparedSets()
	var added []Added
	for _, m := range all {
		if !m.taken {
			added = append(added, Added{m.ID, w.whyAdded(m)})
		}
	}
	return added
}

// rendered are the objects that the new list renders, in order and by what they are.
type rendered struct {
	all  []*made
	byID map[ID]*made
}

func madeOf(objects []object.Object) rendered {
	all := make([]*made, len(objects))
	byID := map[ID]*made{}
	for i, o := range objects {
		m := &made{ID: ID{group(o.APIVersion), o.Kind, o.Namespace, o.Name}, value: content(o)}
		all[i], byID[m.ID] = m, m
	}
	return rendered{all, byID}
}

// group is that of an apiVersion; empty for the core of Kubernetes.
func group(apiVersion string) string {
	if group, _, found := strings.Cut(apiVersion, "/"); found {
		return group
	}
	return ""
}

// content is an object as what was read is: made once, when it is asked for.
func content(o object.Object) func() map[string]any {
	var out map[string]any
	return func() map[string]any {
		if out == nil {
			text, err := json.Marshal(o.Value())
			if err == nil {
				err = syntax.UnmarshalJSON(text, &out)
			}
			if err != nil { // what is printed as YAML can be printed as JSON
				panic(fmt.Sprintf("importing: %s %s: %v", o.Kind, o.Name, err))
			}
			delete(out, "status")
			delete(mapping(out, "metadata"), "creationTimestamp")
			if empty(out["spec"]) {
				delete(out, "spec")
			}
		}
		return out
	}
}

// compare says how one object compares with what is rendered in its place.
func (w *work) compare(k *kind, o *Object, found []*made) {
	outcome := w.outcomes[o]
	if len(found) == 0 {
		w.out(o, NotExpressed, "nothing is rendered in its place").Became = ""
		return
	}
	for _, m := range found {
		m.taken = true
		outcome.Rendered = append(outcome.Rendered, m.ID)
	}
	if k.anyName != nil && (len(found) > 1 || found[0].Name != o.Name) {
		w.comparedByMeaning(k, o, found)
		return
	}
	read, rendered := normal(o.Value).(map[string]any), normal(found[0].value()).(map[string]any)
	var notes []string
	if k.settle != nil {
		notes = k.settle(read, rendered)
	}
	differences := fields.Compare(read, rendered)
	state := Identical
	if len(notes) > 0 || len(outcome.Reasons) > 0 || len(differences) > 0 {
		state = Equal
	}
	w.told(o, state, notes, differences)
}

// told says how an object compares. Of one that differs, only what makes it another one is told.
func (w *work) told(o *Object, state State, notes []string, differences []fields.Difference) {
	outcome := w.outcomes[o]
	var different []string
	for _, d := range differences {
		why, same := explained(o, d)
		if same {
			notes = append(notes, why)
			continue
		}
		state = Different
		different = append(different, why)
		outcome.Fields = append(outcome.Fields, d)
	}
	if state == Different {
		notes = different
	}
	w.out(o, state, notes...)
}

// comparedByMeaning is for objects to which roster gives other names, or which become several: what they are for is compared, not their metadata.
func (w *work) comparedByMeaning(k *kind, o *Object, found []*made) {
	state := Equal
	var notes []string
	if found[0].Name != o.Name || len(found) > 1 {
		notes = append(notes, "roster names it after what it says")
	}
	switch o.Kind {
	case "RoleBinding":
		if subjects := len(list(o.Value, "subjects")); len(found) < subjects {
			state = Different
		}
	case "IngressRoute":
		read := normal(o.Value).(map[string]any)
		var all []any
		for _, m := range found {
			rendered := normal(m.value()).(map[string]any)
			if len(all) == 0 {
				notes = append(notes, k.settle(read, rendered)...)
			}
			all = append(all, list(mapping(rendered, "spec"), "routes")...)
		}
		rendered := map[string]any{"entryPoints": mapping(found[0].value(), "spec")["entryPoints"], "routes": all}
		from := mapping(read, "spec")
		if sameSet(list(from, "routes"), all) {
			from["routes"] = all
		}
		differences := fields.Compare(from, rendered)
		for i := range differences {
			differences[i].Path = append(fields.Path{{Key: "spec"}}, differences[i].Path...)
		}
		w.told(o, state, notes, differences)
		return
	}
	w.out(o, state, notes...)
}

// comparedProject compares an AppProject with that of the entry that it became.
func (w *work) comparedProject(o *Object, byID map[ID]*made) {
	outcome := w.outcomes[o]
	namespace, _, _ := strings.Cut(outcome.Became, ".")
	name := namespace
	if name == "default" || name == "roster" {
		name = "namespace." + name
	}
	m := byID[ID{argoproj, "AppProject", w.argocd, name}]
	if m == nil {
		w.out(o, NotExpressed, "its entry is not in the list").Became = ""
		return
	}
	if o.Name != name {
		w.took(o, "", "roster names it after the namespace: "+name)
	}
	before := slices.Clone(outcome.Reasons)
	value := normal(o.Value).(map[string]any)
	mapping(value, "metadata")["name"] = name
	one := *o
	one.Value = value
	w.outcomes[&one] = outcome
	w.compare(kindOf(o.ID), &one, []*made{m})
	delete(w.outcomes, &one)
	if outcome.State == Identical && len(before) > 0 {
		outcome.State = Equal
	}
}

// whyAdded says what an object that was not read is for.
func (w *work) whyAdded(m *made) string {
	switch m.Kind {
	case "Namespace":
		return "an Application makes it with CreateNamespace, or it was not read"
	case "ConfigMap":
		return "Argo CD asks before it prunes an entry that is removed"
	case "AppProject":
		return "roster has a project for each namespace"
	case "ServiceAccount":
		return "the default account, as Kubernetes makes it"
	case "CiliumNetworkPolicy":
		return "a policy of the profile or of a flow: together they permit what the policies that were read do"
	case "RoleBinding", "IngressRoute":
		return "one of several objects that an object becomes"
	}
	return "roster renders it beside what was read"
}

// normal is a copy of a value with whole numbers as such.
func normal(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, one := range v {
			out[key] = normal(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = normal(one)
		}
		return out
	}
	return whole(value)
}

// sortedKeys are the keys of a mapping in order.
func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
