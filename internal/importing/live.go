package importing

import (
	"strings"
)

// What Kubernetes, kubectl and Argo CD write into objects, and nobody who writes them.
var (
	writtenMeta        = []string{"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid", "ownerReferences"}
	writtenAnnotations = []string{"kubectl.kubernetes.io/last-applied-configuration", tracking, "argocd.argoproj.io/installation-id", "argocd.argoproj.io/refresh", "deprecated.daemonset.template.generation", "deployment.kubernetes.io/revision"}
)

const (
	tracking = "argocd.argoproj.io/tracking-id"
	instance = "argocd.argoproj.io/instance"
	metaName = "kubernetes.io/metadata.name" // that the API server gives to each Namespace
)

// learn keeps of an object what somebody wrote, and what the rest of it says about it. Nothing of a Secret is kept but its name.
func (o *Object) learn(m map[string]any) {
	meta := mapping(m, "metadata")
	o.Owner = owner(meta)
	annotations, labels := mapping(meta, "annotations"), mapping(meta, "labels")
	if id, _, found := strings.Cut(text(annotations, tracking), ":"); found {
		o.Application = id
	} else if name := text(labels, instance); name != "" {
		o.Application = name
	}
	if o.Group == "" && o.Kind == "Secret" {
		return
	}
	if o.Group == argoproj && o.Kind == "Application" {
		o.Deploys = deployed(mapping(m, "status"))
	}
	for _, key := range writtenMeta {
		delete(meta, key)
	}
	for _, key := range writtenAnnotations {
		delete(annotations, key)
	}
	delete(labels, instance)
	if o.Kind == "Namespace" {
		delete(labels, metaName)
		if spec := mapping(m, "spec"); len(spec) == 0 || len(spec) == 1 && spec["finalizers"] != nil {
			delete(m, "spec") // finalizers: [kubernetes], which the API server writes
		}
	}
	for _, key := range []string{"annotations", "labels", "finalizers"} {
		if empty(meta[key]) {
			delete(meta, key)
		}
	}
	for _, key := range []string{"status", "operation"} {
		delete(m, key)
	}
	o.Value = m
}

// owner is the first of an object's owners that controls it, or the first.
func owner(meta map[string]any) ID {
	references, _ := meta["ownerReferences"].([]any)
	var out ID
	for _, r := range references {
		m, _ := r.(map[string]any)
		if controls, _ := m["controller"].(bool); out.Kind == "" || controls {
			out = ID{Group: group(text(m, "apiVersion")), Kind: text(m, "kind"), Namespace: text(meta, "namespace"), Name: text(m, "name")}
		}
	}
	return out
}

// deployed are the objects that the status of an Application lists.
func deployed(status map[string]any) []ID {
	resources, _ := status["resources"].([]any)
	var out []ID
	for _, r := range resources {
		if m, ok := r.(map[string]any); ok {
			out = append(out, ID{text(m, "group"), text(m, "kind"), text(m, "namespace"), text(m, "name")})
		}
	}
	return out
}

// mapping is a mapping in another one; nil when there is none.
func mapping(m map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		m, _ = m[key].(map[string]any)
	}
	return m
}

// text is a text in a mapping; empty when there is none.
func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// list is a list in a mapping; nil when there is none.
func list(m map[string]any, key string) []any {
	l, _ := m[key].([]any)
	return l
}

// texts are the texts of a list in a mapping.
func texts(m map[string]any, key string) []string {
	var out []string
	for _, e := range list(m, key) {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// empty reports whether a value says nothing.
func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
