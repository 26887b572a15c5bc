package importing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/render"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	finalizer     = "resources-finalizer.argocd.argoproj.io"
	inCluster     = "https://kubernetes.default.svc"
	inClusterName = "in-cluster"

	managedBy     = "app.kubernetes.io/managed-by"
	rosterDomain  = "roster.hippotion.github.io/"
	syncWave      = render.SyncWave
	syncOptions   = "argocd.argoproj.io/sync-options"
	generatePaths = render.ManifestGeneratePaths

	compareOptions = "argocd.argoproj.io/compare-options"
)

// applications puts Applications into the entries of the namespaces that they deploy to.
func (w *work) applications(objects []*Object) {
	for _, o := range objects {
		if w.outcomes[o] != nil { // of an ApplicationSet that cannot be expressed
			continue
		}
		if reason := w.application(o); reason != "" {
			w.out(o, NotExpressed, reason)
		}
	}
}

// unplaced is why an Application belongs to no entry; empty when it does.
func (w *work) unplaced(o *Object) string {
	spec := mapping(o.Value, "spec")
	destination := mapping(spec, "destination")
	namespace := text(destination, "namespace")
	server, name := text(destination, "server"), text(destination, "name")
	plugin := mapping(spec, "source", "plugin")
	switch {
	case o.Namespace != "" && o.Namespace != w.argocd:
		return fmt.Sprintf("it is in the namespace %s, and roster keeps all Applications in that of Argo CD, %s", o.Namespace, w.argocd)
	case server != "" && server != inCluster || name != "" && name != inClusterName:
		return "it deploys to another cluster: write clusters into platform.yml, under which the Application is named CLUSTER.CODE"
	case namespace == "":
		return "its destination has no namespace, and each application of a list belongs to one"
	case len(validation.IsDNS1123Label(namespace)) > 0:
		return "the namespace of its destination is no name of a namespace"
	case len(validation.IsDNS1123Label(o.Name)) > 0:
		return "its name is no DNS label of at most 63 characters, as a code of a list is"
	case !sourced(spec):
		return "a source has no repoURL"
	case w.codes[o.Name] != nil:
		return "another Application of this name was read: " + w.codes[o.Name].of[0].Pos.String()
	case strings.HasPrefix(text(plugin, "name"), "roster") && slices.ContainsFunc(list(plugin, "parameters"), isApplication):
		return "roster itself renders it, from another list: which application of the catalog it is, and its values, are in that list alone: write catalog"
	}
	return ""
}

// application puts one Application into the list, or says why it cannot be there.
func (w *work) application(o *Object) (problem string) {
	if problem := w.unplaced(o); problem != "" {
		return problem
	}
	spec := mapping(o.Value, "spec")
	namespace := text(mapping(spec, "destination"), "namespace")
	e := w.entry(namespace)
	a := &app{code: o.Name, entry: e}
	a.of = []*Object{o}
	put(&a.fields, "applicationCode", o.Name)
	sources := list(spec, "sources")
	if source := mapping(spec, "source"); source != nil && len(sources) == 0 {
		w.source(&a.fields, o, source)
	} else {
		var all []listtext.Map
		for _, s := range sources {
			if source, ok := s.(map[string]any); ok {
				var m listtext.Map
				put(&m, "name", text(source, "name"))
				put(&m, "ref", text(source, "ref"))
				w.source(&m, o, source)
				all = append(all, m)
			}
		}
		put(&a.fields, "sources", all)
	}
	w.syncing(a, spec)
	metadata := mapping(o.Value, "metadata")
	if !slices.ContainsFunc(texts(metadata, "finalizers"), isFinalizer) {
		a.fields = append(a.fields, listtext.Field{Key: "finalizer", Value: false})
	}
	put(&a.fields, "ignoreDifferences", differences(list(spec, "ignoreDifferences")))
	annotations := mapping(metadata, "annotations")
	if text(mapping(metadata, "labels"), managedBy) == "roster" && !strings.Contains(text(annotations, syncOptions), "Prune=confirm") {
		put(&a.fields, "toggleable", true)
	}
	put(&a.fields, "labels", own(mapping(metadata, "labels")))
	put(&a.fields, "annotations", own(annotations))
	e.cluster = append(e.cluster, clusterKinds(o)...)
	e.apps, w.codes[o.Name] = append(e.apps, a), a
	w.took(o, namespace+".applications."+o.Name)
	return ""
}

// isApplication reports whether a parameter of a plugin is roster's own, which names an application of a list.
func isApplication(parameter any) bool {
	m, _ := parameter.(map[string]any)
	return text(m, "name") == "application"
}

// sourced reports whether all sources say where they are.
func sourced(spec map[string]any) bool {
	sources := list(spec, "sources")
	if len(sources) == 0 {
		sources = []any{spec["source"]}
	}
	return !slices.ContainsFunc(sources, func(s any) bool { m, _ := s.(map[string]any); return text(m, "repoURL") == "" })
}

func isFinalizer(name string) bool {
	return name == finalizer || strings.HasPrefix(name, finalizer+"/")
}

// own are labels or annotations but those that roster writes itself.
func own(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for key, value := range m {
		if key == managedBy && value == "roster" || strings.HasPrefix(key, rosterDomain) || slices.Contains([]string{syncWave, syncOptions, generatePaths}, key) {
			delete(out, key)
		}
	}
	return out
}

// clusterKinds are the kinds without a namespace that an Application deploys, as its status says.
func clusterKinds(o *Object) []string {
	var out []string
	for _, d := range o.Deploys {
		if d.Namespace == "" && !(d.Group == "" && d.Kind == "Namespace") {
			out = append(out, strings.TrimPrefix(d.Group+"/"+d.Kind, "/"))
		}
	}
	return out
}

// syncing is how an Application is synced.
func (w *work) syncing(a *app, spec map[string]any) {
	policy := mapping(spec, "syncPolicy")
	if automated, there := policy["automated"].(map[string]any); there && automated["enabled"] != false {
		prune, heal, none := automated["prune"] == true, automated["selfHeal"] == true, automated["allowEmpty"] == true
		if prune && heal && !none {
			put(&a.fields, "autoSync", true)
		} else {
			m := listtext.Map{}
			if !prune {
				m = append(m, listtext.Field{Key: "prune", Value: false})
			}
			if !heal {
				m = append(m, listtext.Field{Key: "selfHeal", Value: false})
			}
			put(&m, "allowEmpty", none)
			put(&a.fields, "autoSync", m)
		}
	}
	if retry := mapping(policy, "retry"); retry != nil && retry["limit"] != nil {
		backoff := mapping(retry, "backoff")
		if len(backoff) == 0 {
			put(&a.fields, "retry", whole(retry["limit"]))
		} else {
			m := listtext.Map{{Key: "limit", Value: whole(retry["limit"])}}
			put(&m, "duration", text(backoff, "duration"))
			put(&m, "factor", whole(backoff["factor"]))
			put(&m, "maxDuration", text(backoff, "maxDuration"))
			put(&a.fields, "retry", m)
		}
	}
	var options []string
	for _, option := range texts(policy, "syncOptions") {
		if option == "CreateNamespace=true" {
			a.entry.made = true
		} else if !strings.HasPrefix(option, "CreateNamespace=") {
			options = append(options, option)
		}
	}
	put(&a.fields, "syncOptions", options)
	labels := own(mapping(policy, "managedNamespaceMetadata", "labels"))
	for _, key := range sortedKeys(labels) {
		if s, ok := labels[key].(string); ok && get(a.entry.labels, key) == nil {
			put(&a.entry.labels, key, s)
		}
	}
}

// differences are ignoreDifferences, whose keys the list has as they are.
func differences(all []any) []listtext.Map {
	var out []listtext.Map
	for _, d := range all {
		m, _ := d.(map[string]any)
		var one listtext.Map
		for _, key := range []string{"group", "kind", "name", "namespace"} {
			put(&one, key, text(m, key))
		}
		for _, key := range []string{"jsonPointers", "jqPathExpressions", "managedFieldsManagers"} {
			put(&one, key, texts(m, key))
		}
		put2(&out, one)
	}
	return out
}

func put2(all *[]listtext.Map, m listtext.Map) {
	if len(m) > 0 {
		*all = append(*all, m)
	}
}

// whole is a value as the list has it: a whole number as such.
func whole(value any) any {
	if v, ok := value.(float64); ok && v == float64(int64(v)) {
		return int64(v)
	}
	return value
}

// argocdNamespace is where most Applications are.
func argocdNamespace(objects []*Object) string {
	count := map[string]int{}
	best := ""
	for _, o := range objects {
		if o.Group == argoproj && o.Kind == "Application" && o.Namespace != "" {
			if count[o.Namespace]++; count[o.Namespace] > count[best] || count[o.Namespace] == count[best] && o.Namespace < best {
				best = o.Namespace
			}
		}
	}
	return cmp.Or(best, "argocd")
}
