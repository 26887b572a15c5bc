package importing

import (
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/syntax"
)

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
