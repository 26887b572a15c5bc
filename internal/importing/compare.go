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
func (w *work) proven() ([]object.Object, []File, error) {
	for {
		objects, files, err := w.settled()
		if err != nil {
			return nil, nil, err
		}
		w.problems = w.differing(objects)
		again := false
		for _, namespace := range sortedKeys(w.problems) {
			if g := w.guarded[namespace]; !g.verbatim && !g.refused {
				again = w.refusePolicies(g.entry, w.problems[namespace]) || again
			}
		}
		if !again {
			return objects, files, nil
		}
		w.policiesChanged = false
		w.writePolicies()
	}
}

// compared says of each object that was read what the new list renders in its place, and what it renders besides.
func (w *work) compared(objects []object.Object) []Added {
	all, byID := madeOf(objects)
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

// madeOf are the objects that are rendered, in order and by what they are.
func madeOf(objects []object.Object) ([]*made, map[ID]*made) {
	all := make([]*made, len(objects))
	byID := map[ID]*made{}
	for i, o := range objects {
		m := &made{ID: ID{group(o.APIVersion), o.Kind, o.Namespace, o.Name}, value: content(o)}
		all[i], byID[m.ID] = m, m
	}
	return all, byID
}

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
		for key, one := range v { //nolint:maprange // a copy
			out[key] = normal(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = normal(one)
		}
		return out
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	}
	return value
}

// explained says what a difference is about, and whether it means the same.
func explained(o *Object, d fields.Difference) (why string, same bool) {
	keys := d.Path.Fields()
	at := d.Path.String()
	last := ""
	if len(keys) > 0 {
		last = keys[len(keys)-1]
	}
	switch {
	case len(keys) > 2 && keys[0] == "metadata" && (last == managedBy || strings.HasPrefix(last, rosterDomain)), at == "metadata.labels" && d.Change == fields.Added:
		return "roster marks its objects", d.Change != fields.Removed || strings.HasPrefix(last, rosterDomain)
	case at == "metadata.annotations" && d.Change == fields.Added:
		return "roster marks its objects", true
	case last == syncWave:
		if o.Kind != "Application" || d.Change == fields.Added {
			return "order: roster computes the sync wave", true
		}
		return "order: roster computes sync waves from dependsOn and provides, which an Application does not say", false
	case last == syncOptions:
		from, to := options(d.From), options(d.To)
		if slices.Equal(from, to) {
			return "order: roster decides from provides whether a kind is tried before it exists", true
		}
		for _, option := range from {
			if !slices.Contains(to, option) {
				return at + ": " + option + " is for toggleable, or for nothing in a list, to say", false
			}
		}
		return "Argo CD asks before it prunes it: toggleable says otherwise", true
	case last == generatePaths:
		return "roster writes which paths make Argo CD render it again", true
	}
	for key := at; key != ""; key = shorter(key) {
		if why := unsaid[key]; why != "" {
			return key + ": " + why, false
		}
	}
	switch d.Change {
	case fields.Added:
		return at + ": only the list has it", false
	case fields.Removed:
		return at + ": roster has no key for it, or it was refused", false
	case fields.Moved:
		return at + ": in another order", false
	}
	return at + ": changed", false
}

// options are those of an annotation, in order, but for the one about kinds that are missing.
func options(value any) []string {
	text, _ := value.(string)
	var out []string
	for _, o := range strings.Split(text, ",") {
		if o = strings.TrimSpace(o); o != "" && o != "SkipDryRunOnMissingResource=true" {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// shorter is a path without its last part.
func shorter(path string) string {
	if i := strings.LastIndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return ""
}

// unsaid is what a list has no words for.
var unsaid = map[string]string{
	"metadata.finalizers":             "roster writes finalizers of its own",
	"spec.destinations":               "roster permits the namespace of the entry, and others by name under project.destinations",
	"spec.sourceRepos":                "roster permits the repositories of the applications, and others by their URL under project.sourceRepos: no patterns",
	"spec.roles":                      "a role of a list acts on the Applications of its project: other policies are for argocd-rbac-cm",
	"spec.tls":                        "Traefik serves a route with it on entry points with TLS alone: a list leaves that to the entry points",
	"spec.revisionHistoryLimit":       "roster has no key for it: Argo CD keeps 10",
	"spec.info":                       "roster has no key for it: it only informs",
	"spec.namespaceResourceWhitelist": "roster has no key for it: the project permits all kinds of its namespace",
	"spec.namespaceResourceBlacklist": "roster has no key for it: the project permits all kinds of its namespace",
	"spec.clusterResourceWhitelist":   "name the kinds that are deployed under clusterResources",
	"spec.clusterResourceBlacklist":   "roster has no key for it: a list says what is permitted",
	"spec.destinationServiceAccounts": "argocd.impersonation of platform.yml says for all namespaces as whom Argo CD syncs",
	"spec.syncWindows":                "roster has no key for it",
	"spec.signatureKeys":              "roster has no key for it",
	"spec.sourceNamespaces":           "roster has no key for it: all Applications are in the namespace of Argo CD",
}

// sortedKeys are the keys of a mapping in order.
func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
