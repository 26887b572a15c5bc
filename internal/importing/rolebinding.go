package importing

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/listtext"
)

// roleBindings puts bindings into entries: one for each subject.
func (w *work) roleBindings(objects []*Object) {
	for _, o := range objects {
		e := w.entry(o.Namespace)
		role := mapping(o.Value, "roleRef")
		subjects := list(o.Value, "subjects")
		switch {
		case len(subjects) == 0:
			w.out(o, NotExpressed, "it has no subjects")
			continue
		}
		var all []*part
		for _, s := range subjects {
			m, _ := s.(map[string]any)
			p := &part{of: []*Object{o}}
			switch name := text(m, "name"); text(m, "kind") {
			case "Group":
				put(&p.fields, "group", name)
			case "User":
				put(&p.fields, "user", name)
			case "ServiceAccount":
				if namespace := text(m, "namespace"); namespace != "" && namespace != o.Namespace {
					name = namespace + "/" + name
				}
				put(&p.fields, "serviceAccount", name)
			}
			key := "role"
			if text(role, "kind") == "ClusterRole" && !slices.Contains([]string{"view", "edit", "admin"}, text(role, "name")) {
				key = "clusterRole"
			}
			put(&p.fields, key, text(role, "name"))
			all = append(all, p)
		}
		if text(role, "kind") == "Role" && slices.Contains([]string{"view", "edit", "admin"}, text(role, "name")) {
			w.out(o, NotExpressed, "its Role is named as one that every cluster has: roster would bind that")
			continue
		}
		for _, p := range all {
			if !slices.ContainsFunc(e.access, func(a *part) bool { return equalFields(a.fields, p.fields) }) {
				e.access = append(e.access, p)
			}
		}
		w.took(o, o.Namespace+".access")
	}
}

func equalFields(a, b listtext.Map) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// sameAccess reports whether a binding that is rendered gives one of the subjects of another one its role.
func sameAccess(read, rendered map[string]any) bool {
	if !sameRole(mapping(read, "roleRef"), mapping(rendered, "roleRef")) {
		return false
	}
	for _, s := range list(rendered, "subjects") {
		if !slices.ContainsFunc(list(read, "subjects"), func(r any) bool { return sameSubject(r, s, read) }) {
			return false
		}
	}
	return len(list(rendered, "subjects")) > 0
}

func sameRole(a, b map[string]any) bool { return a["kind"] == b["kind"] && a["name"] == b["name"] }

func sameSubject(a, b any, of map[string]any) bool {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	namespace := func(m map[string]any) string {
		if text(m, "namespace") == "" && text(m, "kind") == "ServiceAccount" {
			return text(mapping(of, "metadata"), "namespace")
		}
		return text(m, "namespace")
	}
	return x["kind"] == y["kind"] && x["name"] == y["name"] && namespace(x) == namespace(y)
}
