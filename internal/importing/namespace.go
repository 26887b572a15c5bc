package importing

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
)

const podSecurity = "pod-security.kubernetes.io/"

// kubernetesOwn are the namespaces that Kubernetes itself makes, and that a list therefore never manages.
var kubernetesOwn = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// namespaces puts Namespaces into the list.
func (w *work) namespaces(objects []*Object) {
	for _, o := range objects {
		if slices.Contains(kubernetesOwn, o.Name) {
			w.out(o, Left, "Kubernetes makes it")
			continue
		}
		e := w.entry(o.Name)
		if e.managed {
			w.out(o, NotExpressed, "another Namespace of this name was read: "+e.of[0].Pos.String())
			continue
		}
		e.managed, e.of = true, []*Object{o}
		labels := own(mapping(o.Value, "metadata", "labels"))
		var levels listtext.Map
		version := ""
		for _, mode := range []string{"enforce", "audit", "warn"} {
			level := text(labels, podSecurity+mode)
			put(&levels, mode, level)
			if v := text(labels, podSecurity+mode+"-version"); level != "" && v != "latest" && version == "" {
				version = v
			}
		}
		put(&levels, "version", version)
		switch {
		case len(levels) == 1 && levels[0].Key == "enforce":
			put(&e.fields, "podSecurity", levels[0].Value)
		default:
			put(&e.fields, "podSecurity", levels)
		}
		for key := range labels {
			if strings.HasPrefix(key, podSecurity) {
				delete(labels, key)
			}
		}
		put(&e.fields, "labels", labels)
		put(&e.fields, "annotations", own(mapping(o.Value, "metadata", "annotations")))
		w.took(o, o.Name)
		if o.Application != "" && w.codes[o.Application] != nil {
			w.took(o, o.Name, "the Application "+o.Application+" deploys it, too: take it out of its source when the list has taken over")
		}
	}
}

// settleNamespace makes the same what Pod Security treats alike.
func settleNamespace(read, rendered map[string]any) (notes []string) {
	from, to := mapping(read, "metadata", "labels"), mapping(rendered, "metadata", "labels")
	added := false
	for _, mode := range []string{"enforce", "audit", "warn"} {
		level, version := podSecurity+mode, podSecurity+mode+"-version"
		switch {
		case from[level] == nil && mode != "enforce" && to[level] != nil:
			delete(to, level)
			delete(to, version)
			added = true
		case from[level] != nil && from[version] == nil && to[version] == "latest":
			delete(to, version)
			notes = append(notes, "Pod Security: without a version it is the latest")
		}
	}
	if added {
		notes = append(notes, "Pod Security warns and audits as platform.yml says: nothing is refused by it")
	}
	return notes
}
