package importing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/listtext"
)

// projects puts into entries what AppProjects permit. A list has a project for each namespace, so one of several namespaces is spread, and what it
// permits beyond them is gone.
func (w *work) projects(objects []*Object) {
	users := map[string][]*entry{} // by the name of the project
	for _, e := range w.sorted() {
		for _, a := range e.apps {
			name := text(mapping(a.of[0].Value, "spec"), "project")
			if !slices.Contains(users[name], e) {
				users[name] = append(users[name], e)
			}
		}
	}
	for _, o := range objects {
		entries := users[o.Name]
		delete(users, o.Name)
		if e := w.entries[strings.TrimPrefix(o.Name, "namespace.")]; len(entries) == 0 && e != nil && len(e.apps) == 0 {
			entries = []*entry{e}
		}
		if len(entries) == 0 {
			w.out(o, NotExpressed, "no Application of the list is in it: roster has a project for each namespace that it lists")
			continue
		}
		for _, e := range entries {
			alone := len(entries) == 1 && len(e.projectOf) == 0
			w.project(o, e, alone)
			if len(entries) == 1 && !alone {
				w.took(o, "", "its Applications share the namespace "+e.namespace+" with those of "+e.projectOf[0].Name+", and roster has one project for each namespace")
			}
		}
		w.took(o, entries[0].namespace+".project")
		if len(entries) > 1 {
			w.took(o, "", fmt.Sprintf("roster has a project for each namespace: this one becomes %d, each for its own namespace", len(entries)))
		}
	}
	if len(users["default"]) > 0 {
		w.note(Note{Text: "Applications of the project default, which permits everything, get projects that permit their own namespace: cluster-scoped kinds that they deploy have to be under clusterResources" +
			", and other namespaces under project.destinations; roster lint says which are missing"})
		delete(users, "default")
	}
	for _, name := range slices.Sorted(maps.Keys(users)) {
		if name != "" {
			w.note(Note{Text: "the AppProject " + name + " was not read: what its roles and limits are is unknown"})
		}
	}
}

// project puts what a project permits into one entry; what is about the project itself only where it is the entry's alone.
func (w *work) project(o *Object, e *entry, alone bool) {
	spec := mapping(o.Value, "spec")
	for _, k := range list(spec, "clusterResourceWhitelist") {
		m, _ := k.(map[string]any)
		if text(m, "kind") == "*" || text(m, "group") == "*" {
			w.took(o, "", "clusterResourceWhitelist: roster has no patterns: name the kinds that are deployed under clusterResources")
		} else if text(m, "name") == "" {
			e.cluster = append(e.cluster, strings.TrimPrefix(text(m, "group")+"/"+text(m, "kind"), "/"))
		}
	}
	if !alone {
		return
	}
	e.projectOf = append(e.projectOf, o)
	put(&e.project, "description", text(spec, "description"))
	var repos []string
	used := map[string]bool{}
	for _, a := range e.apps {
		for _, s := range append(list(mapping(a.of[0].Value, "spec"), "sources"), mapping(a.of[0].Value, "spec", "source")) {
			m, _ := s.(map[string]any)
			used[text(m, "repoURL")] = true
		}
	}
	for _, repo := range texts(spec, "sourceRepos") {
		if !used[repo] {
			repos = append(repos, repo)
		}
	}
	put(&e.project, "sourceRepos", repos)
	var others []string
	for _, d := range list(spec, "destinations") {
		m, _ := d.(map[string]any)
		server, name := text(m, "server"), text(m, "name")
		if here := server == inCluster || server == "" && name == inClusterName; here && text(m, "namespace") != e.namespace && !slices.Contains(others, text(m, "namespace")) {
			others = append(others, text(m, "namespace"))
		}
	}
	put(&e.project, "destinations", others)
	if orphans := mapping(spec, "orphanedResources"); spec["orphanedResources"] == nil || orphans["warn"] == false {
		e.project = append(e.project, listtext.Field{Key: "orphanedResources", Value: false})
	}
	put(&e.project, "roles", roles(o.Name, list(spec, "roles")))
}

// roles are those of a project whose policies are about its own Applications, as roster writes them.
func roles(project string, all []any) []listtext.Map {
	var out []listtext.Map
	for _, r := range all {
		role, _ := r.(map[string]any)
		var m listtext.Map
		put(&m, "name", text(role, "name"))
		put(&m, "description", text(role, "description"))
		put(&m, "groups", texts(role, "groups"))
		var actions []string
		for _, p := range texts(role, "policies") {
			parts := strings.Split(p, ",")
			for i := range parts {
				parts[i] = strings.TrimSpace(parts[i])
			}
			if len(parts) == 6 && parts[1] == "proj:"+project+":"+text(role, "name") && parts[2] == "applications" && parts[4] == project+"/*" && parts[5] == "allow" {
				actions = append(actions, parts[3])
			}
		}
		if len(actions) == 0 { // without the key it would be get and sync
			continue
		}
		put(&m, "actions", actions)
		out = append(out, m)
	}
	return out
}

func settleProject(read, rendered map[string]any) (notes []string) {
	meta := mapping(read, "metadata")
	if meta["namespace"] == nil {
		meta["namespace"] = mapping(rendered, "metadata")["namespace"]
	}
	from, to := mapping(read, "spec"), mapping(rendered, "spec")
	for _, key := range []string{"clusterResourceWhitelist", "sourceRepos", "destinations"} { // their order has no meaning
		if sameSet(list(from, key), list(to, key)) && len(list(from, key)) > 0 {
			from[key] = to[key]
		}
		if empty(from[key]) {
			delete(from, key)
		}
	}
	return nil
}

// sameSet reports whether two lists have the same elements.
func sameSet(a, b []any) bool {
	key := func(l []any) []string {
		var out []string
		for _, e := range l {
			out = append(out, fmt.Sprint(e))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(key(a), key(b))
}
