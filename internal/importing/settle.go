package importing

import (
	"path"
	"strings"
)

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
