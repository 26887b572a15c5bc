package importing

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	finalizer     = "resources-finalizer.argocd.argoproj.io"
	inCluster     = "https://kubernetes.default.svc"
	inClusterName = "in-cluster"

	managedBy     = "app.kubernetes.io/managed-by"
	rosterDomain  = "roster.hippotion.github.io/"
	syncWave      = "argocd.argoproj.io/sync-wave"
	syncOptions   = "argocd.argoproj.io/sync-options"
	generatePaths = "argocd.argoproj.io/manifest-generate-paths"
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

// application puts one Application into the list, or says why it cannot be there.
func (w *work) application(o *Object) (problem string) {
	spec := mapping(o.Value, "spec")
	destination := mapping(spec, "destination")
	namespace := text(destination, "namespace")
	server, name := text(destination, "server"), text(destination, "name")
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
	}
	if p := mapping(spec, "source", "plugin"); strings.HasPrefix(text(p, "name"), "roster") && slices.ContainsFunc(list(p, "parameters"), isApplication) {
		return "roster itself renders it, from another list: which application of the catalog it is, and its values, are in that list alone: write catalog"
	}
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
	for key, value := range own(mapping(policy, "managedNamespaceMetadata", "labels")) { //nolint:maprange // sorted when it is written
		if s, ok := value.(string); ok && get(a.entry.labels, key) == nil {
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

// whole is a number as the list has it; nil when there is none.
func whole(value any) any {
	switch v := value.(type) {
	case float64:
		if v == float64(int64(v)) {
			return int64(v)
		}
	case int64:
		return v
	case string:
		return v
	}
	return value
}

// source is one source of an Application.
func (w *work) source(m *listtext.Map, o *Object, source map[string]any) {
	revision := text(source, "targetRevision")
	repoURL := text(source, "repoURL")
	switch chart, folder := text(source, "chart"), text(source, "path"); {
	case chart != "":
		put(m, "chart", chart)
		put(m, "repoURL", repoURL)
		put(m, "version", revision)
	default:
		put(m, "path", folder)
		if folder == "" && text(source, "ref") == "" {
			put(m, "path", ".")
		}
		put(m, "repoURL", repoURL)
		if revision != "HEAD" {
			put(m, "revision", revision)
		}
	}
	if helm := mapping(source, "helm"); helm != nil {
		w.helm(m, o, helm)
	}
	if k := mapping(source, "kustomize"); k != nil {
		kustomize(m, k)
	}
	if d := mapping(source, "directory"); d != nil {
		directory(m, d)
	}
	if p := mapping(source, "plugin"); p != nil {
		plugin(m, p)
	}
}

func (w *work) helm(m *listtext.Map, o *Object, helm map[string]any) {
	put(m, "values", valuesOf(helm))
	put(m, "valueFiles", texts(helm, "valueFiles"))
	var options listtext.Map
	if name := text(helm, "releaseName"); name != o.Name {
		put(&options, "releaseName", name)
	}
	put(&options, "namespace", text(helm, "namespace"))
	put(&options, "kubeVersion", text(helm, "kubeVersion"))
	put(&options, "apiVersions", texts(helm, "apiVersions"))
	for _, key := range []string{"skipCrds", "skipTests", "passCredentials", "ignoreMissingValueFiles", "skipSchemaValidation"} {
		put(&options, key, helm[key] == true)
	}
	var parameters, files listtext.Map
	for _, p := range list(helm, "parameters") {
		one, _ := p.(map[string]any)
		var value any = text(one, "value")
		if one["forceString"] == true {
			value = listtext.Map{{Key: "value", Value: text(one, "value")}, {Key: "forceString", Value: true}}
		}
		parameters = append(parameters, listtext.Field{Key: text(one, "name"), Value: value})
	}
	put(&options, "parameters", parameters)
	for _, p := range list(helm, "fileParameters") {
		one, _ := p.(map[string]any)
		put(&files, text(one, "name"), text(one, "path"))
	}
	put(&options, "fileParameters", files)
	put(m, "helm", options)
}

// valuesOf are the values that an Application has itself: the object, or else the text.
func valuesOf(helm map[string]any) map[string]any {
	if values := mapping(helm, "valuesObject"); values != nil {
		return values
	}
	var values map[string]any
	if err := syntax.Unmarshal([]byte(text(helm, "values")), &values); err != nil {
		return nil
	}
	return values
}

func kustomize(m *listtext.Map, k map[string]any) {
	options := listtext.Map{}
	put(&options, "images", texts(k, "images"))
	for _, key := range []string{"namePrefix", "nameSuffix", "namespace"} {
		put(&options, key, text(k, key))
	}
	put(&options, "commonLabels", mapping(k, "commonLabels"))
	put(&options, "commonAnnotations", mapping(k, "commonAnnotations"))
	put(&options, "components", texts(k, "components"))
	var replicas listtext.Map
	for _, r := range list(k, "replicas") {
		one, _ := r.(map[string]any)
		put(&replicas, text(one, "name"), whole(one["count"]))
	}
	put(&options, "replicas", replicas)
	for _, key := range []string{"forceCommonLabels", "labelWithoutSelector", "labelIncludeTemplates", "forceCommonAnnotations", "commonAnnotationsEnvsubst", "ignoreMissingComponents"} {
		put(&options, key, k[key] == true)
	}
	put(&options, "kubeVersion", text(k, "kubeVersion"))
	put(&options, "apiVersions", texts(k, "apiVersions"))
	if len(options) > 0 {
		put(m, "kustomize", options)
	}
	var patches []listtext.Map
	for _, p := range list(k, "patches") {
		one, _ := p.(map[string]any)
		var patch listtext.Map
		put(&patch, "patch", text(one, "patch"))
		put(&patch, "path", text(one, "path"))
		put(&patch, "target", inOrder(mapping(one, "target"), "group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"))
		put(&patch, "options", inOrder(mapping(one, "options"), "allowNameChange", "allowKindChange"))
		put2(&patches, patch)
	}
	put(m, "patches", patches)
}

// inOrder are the keys of a mapping that are wanted, in their order.
func inOrder(m map[string]any, keys ...string) listtext.Map {
	var out listtext.Map
	for _, key := range keys {
		put(&out, key, m[key])
	}
	return out
}

func directory(m *listtext.Map, d map[string]any) {
	var options listtext.Map
	put(&options, "recurse", d["recurse"] == true)
	put(&options, "include", text(d, "include"))
	put(&options, "exclude", text(d, "exclude"))
	jsonnet := mapping(d, "jsonnet")
	var j listtext.Map
	for _, key := range []string{"tlas", "extVars"} {
		var vars listtext.Map
		for _, v := range list(jsonnet, key) {
			one, _ := v.(map[string]any)
			var value any = text(one, "value")
			if one["code"] == true {
				value = listtext.Map{{Key: "code", Value: text(one, "value")}}
			}
			vars = append(vars, listtext.Field{Key: text(one, "name"), Value: value})
		}
		put(&j, key, vars)
	}
	put(&j, "libs", texts(jsonnet, "libs"))
	put(&options, "jsonnet", j)
	put(m, "directory", options)
}

func plugin(m *listtext.Map, p map[string]any) {
	var options, env, parameters listtext.Map
	put(&options, "name", text(p, "name"))
	for _, e := range list(p, "env") {
		one, _ := e.(map[string]any)
		env = append(env, listtext.Field{Key: text(one, "name"), Value: text(one, "value")})
	}
	put(&options, "env", env)
	for _, e := range list(p, "parameters") {
		one, _ := e.(map[string]any)
		for _, key := range []string{"string", "array", "map"} {
			if one[key] != nil {
				parameters = append(parameters, listtext.Field{Key: text(one, "name"), Value: one[key]})
			}
		}
	}
	put(&options, "parameters", parameters)
	put(m, "plugin", options)
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

// settleApplication makes the same what Argo CD treats alike.
func settleApplication(read, rendered map[string]any) (notes []string) {
	note := func(s string) { notes = append(notes, s) }
	meta, spec := mapping(read, "metadata"), mapping(read, "spec")
	if meta["namespace"] == nil {
		meta["namespace"] = mapping(rendered, "metadata")["namespace"]
	}
	for i, f := range list(meta, "finalizers") {
		if f == finalizer {
			list(meta, "finalizers")[i] = finalizer + "/foreground"
			note("finalizer: the name without /foreground means the same")
		}
	}
	for _, d := range list(spec, "ignoreDifferences") {
		if m, _ := d.(map[string]any); m != nil && (m["group"] == "" || m["group"] == nil) {
			delete(m, "group")
		}
	}
	if d := mapping(spec, "destination"); text(d, "name") == inClusterName {
		delete(d, "name")
		d["server"] = inCluster
		note("destination: in-cluster is " + inCluster)
	}
	if project := mapping(rendered, "spec")["project"]; spec["project"] != project {
		note("project: roster has one for each namespace; what of its own is lost is told at the AppProject")
		spec["project"] = project
	}
	if s := list(spec, "sources"); len(s) > 0 {
		delete(spec, "source")
		for i := range s {
			if to := list(mapping(rendered, "spec"), "sources"); i < len(to) {
				settleSource(s[i], to[i], note)
			}
		}
	} else {
		delete(spec, "sources")
		settleSource(spec["source"], mapping(rendered, "spec")["source"], note)
	}
	settleSync(spec, note)
	return notes
}

func settleSource(read, rendered any, note func(string)) {
	s, _ := read.(map[string]any)
	to, _ := rendered.(map[string]any)
	if s == nil || to == nil {
		return
	}
	if revision := text(s, "targetRevision"); revision == "" && to["targetRevision"] == "HEAD" {
		s["targetRevision"] = "HEAD"
		note("targetRevision: none is HEAD")
	}
	if helm := mapping(s, "helm"); helm != nil {
		if values := valuesOf(helm); helm["values"] != nil && values != nil {
			delete(helm, "values")
			helm["valuesObject"] = normal(values)
			note("helm.values is written as valuesObject")
		}
		delete(helm, "version") // Argo CD has one version of Helm
		if releaseName := mapping(to, "helm")["releaseName"]; releaseName == nil && helm["releaseName"] != nil && len(helm) > 0 {
			note("helm.releaseName is the name of the Application anyway")
			delete(helm, "releaseName")
		}
		for key, value := range helm {
			if value == false || empty(value) {
				delete(helm, key)
			}
		}
		if len(helm) == 0 {
			delete(s, "helm")
		}
	}
	if d := mapping(s, "directory"); len(d) == 0 || len(d) == 1 && d["recurse"] == false {
		delete(s, "directory")
	}
	if d := mapping(to, "directory"); len(d) == 1 && d["include"] == "*" && s["directory"] == nil {
		note("directory: include: '*' says that it is a folder of manifests")
		s["directory"] = d
	}
	switch from := text(s, "path"); {
	case text(s, "chart") != "" && from == "":
		delete(s, "path")
	case from != text(to, "path") && text(to, "path") != "" && path.Clean(from) == text(to, "path"):
		s["path"] = to["path"]
		note("path: " + text(to, "path") + " is the same folder")
	}
}

func settleSync(spec map[string]any, note func(string)) {
	policy := mapping(spec, "syncPolicy")
	if policy == nil {
		return
	}
	var options []any
	for _, o := range list(policy, "syncOptions") {
		if s, _ := o.(string); strings.HasPrefix(s, "CreateNamespace=") {
			note("syncOptions: " + s + " is left out: the list has the namespace")
			continue
		}
		options = append(options, o)
	}
	policy["syncOptions"] = options
	delete(policy, "managedNamespaceMetadata")
	if automated, there := policy["automated"].(map[string]any); there {
		for _, key := range []string{"prune", "selfHeal"} {
			if automated[key] == nil {
				automated[key] = false
			}
		}
		if automated["allowEmpty"] == false {
			delete(automated, "allowEmpty")
		}
		if automated["enabled"] == false {
			delete(policy, "automated")
		} else {
			delete(automated, "enabled")
		}
	}
	for key, value := range policy {
		if _, automated := value.(map[string]any); empty(value) && !(automated && key == "automated") {
			delete(policy, key)
		}
	}
	if len(policy) == 0 {
		delete(spec, "syncPolicy")
	}
}
