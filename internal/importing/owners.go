package importing

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"k8s.io/apimachinery/pkg/util/validation"
)

// leave says of each object that is not for a list to say why: nobody's list has what an Application deploys, or what a controller makes.
func (w *work) leave() {
	roots := w.roots()
	w.inFolders(roots)
	apps := map[string]bool{}
	deployTo := map[string]bool{}
	for _, o := range w.objects {
		if o.Group == argoproj && o.Kind == "Application" && !roots[o.Name] {
			apps[o.Name] = true
			deployTo[text(mapping(o.Value, "spec", "destination"), "namespace")] = true
		}
	}
	for _, o := range w.objects {
		ours := o.Group == argoproj && slices.Contains([]string{"Application", "ApplicationSet", "AppProject"}, o.Kind) || o.Group == "" && o.Kind == "Namespace"
		switch by := o.Application; {
		case o.Group == "" && o.Kind == "Secret":
			w.out(o, Left, "Secrets are not read: a list names where values are, never values")
		case o.Group == argoproj && o.Kind == "Application" && roots[o.Name]:
			if besides := w.besides(o); len(besides) > 0 {
				w.out(o, NotExpressed, "it deploys Applications, and "+besides+" besides: roster's root takes its place for the Applications alone; give the rest a source of its own, which an application deploys")
			} else {
				w.out(o, Left, "it deploys Applications: the root Application of roster takes its place")
			}
		case o.Owner.Kind != "" && !(o.Owner.Kind == "ApplicationSet" && o.Kind == "Application"):
			w.out(o, Left, o.Owner.Kind+" "+o.Owner.Name+" makes it")
		case kindOf(o.ID) == nil && text(mapping(o.Value, "metadata", "labels"), managedBy) == "roster":
			w.out(o, Left, "roster itself has rendered it")
		case ours:
			if o.Kind == "Namespace" && len(validation.IsDNS1123Label(o.Name)) > 0 {
				w.out(o, NotExpressed, "its name is no DNS label of at most 63 characters")
			}
		case apps[by]:
			w.out(o, Left, "the Application "+by+" deploys it")
		case kindOf(o.ID) == nil && len(apps) == 0:
			w.out(o, NotExpressed, "a list has Applications, not what they deploy, and none was read that may deploy it: put it into a folder that an application deploys")
		case kindOf(o.ID) != nil:
			if problem := misplaced(o); problem != "" {
				w.out(o, NotExpressed, problem)
			}
		case o.Namespace == "" || deployTo[o.Namespace]:
			w.out(o, Left, "a list has Applications, not what they deploy: import takes no objects of this kind")
		default:
			w.out(o, NotExpressed, "no Application that was read deploys to its namespace: put it into a folder that an application deploys")
		}
	}
}

// misplaced is why an object belongs to no namespace of a list; empty when it does.
func misplaced(o *Object) string {
	switch {
	case o.Kind == "ClusterSecretStore" || o.Kind == "CiliumClusterwideNetworkPolicy":
		return ""
	case o.Namespace == "":
		return "it names no namespace: what deploys it decides, and no Application that was read does"
	case len(validation.IsDNS1123Label(o.Namespace)) > 0:
		return "its namespace is no DNS label of at most 63 characters"
	}
	return ""
}

// roots are the Applications that deploy Applications: by what their status says, by who tracks Applications, or by the folder that they deploy.
func (w *work) roots() map[string]bool {
	roots := map[string]bool{}
	for _, o := range w.objects {
		if o.Group != argoproj || o.Kind != "Application" && o.Kind != "ApplicationSet" { // AppProjects are deployed with Argo CD itself
			continue
		}
		if o.Application != "" && o.Application != o.Name {
			roots[o.Application] = true
		}
		for _, d := range o.Deploys {
			if d.Group == argoproj && (d.Kind == "Application" || d.Kind == "ApplicationSet") && d.Name != o.Name {
				roots[o.Name] = true
			}
		}
	}
	in, below := map[string]int{}, map[string]int{} // how many Applications and sets are in a folder, and in those below it, too
	isOne := func(o *Object) bool {
		return o.Group == argoproj && (o.Kind == "Application" || o.Kind == "ApplicationSet") && o.Pos.File != "" && (o.Set == nil || o.Kind == "ApplicationSet")
	}
	each := func(o *Object, by int) {
		in[path.Dir(o.Pos.File)] += by
		for dir := path.Dir(o.Pos.File); ; dir = path.Dir(dir) {
			if below[dir] += by; dir == "." || dir == "/" {
				break
			}
		}
	}
	for _, o := range w.objects {
		if isOne(o) {
			each(o, 1)
		}
	}
	for _, o := range w.objects {
		if o.Group != argoproj || o.Kind != "Application" {
			continue
		}
		if isOne(o) { // itself does not count
			each(o, -1)
		}
		for _, f := range w.folders(o) {
			if in[f.path] > 0 || f.recurse && below[f.path] > 0 {
				roots[o.Name] = true
			}
		}
		if isOne(o) {
			each(o, 1)
		}
	}
	return roots
}

// besides is what a root deploys that is for no list to say, as far as that is known: the first, and how many more there are.
func (w *work) besides(root *Object) string {
	all := map[ID]bool{}
	for _, id := range root.Deploys {
		all[id] = true
	}
	folders := w.folders(root)
	for _, o := range w.objects {
		if o.Application == root.Name || slices.ContainsFunc(folders, func(f folderOf) bool { return o.Pos.File != "" && f.has(o.Pos.File) && !w.kustomization(f.path) }) {
			all[o.ID] = true
		}
	}
	first, count := "", 0
	for id := range all {
		if id.Group != argoproj && kindOf(id) == nil && !(id.Group == "" && id.Kind == "Secret") {
			if count++; first == "" || id.String() < first {
				first = id.String()
			}
		}
	}
	if count > 1 {
		return fmt.Sprintf("%s and %s more", first, diag.Thousands(count-1))
	}
	return first
}

// folderOf is a folder that an Application deploys, in the repository that was read.
type folderOf struct {
	path    string
	recurse bool
}

func (f folderOf) has(file string) bool {
	if f.recurse {
		return f.path == "." || strings.HasPrefix(file, f.path+"/")
	}
	return path.Dir(file) == f.path
}

// folders are those of an Application's sources. Folders below one of manifests count with recurse alone; what a kustomization takes from below its
// own is not looked into, so all of it counts.
func (w *work) folders(o *Object) []folderOf {
	var out []folderOf
	spec := mapping(o.Value, "spec")
	for _, s := range append(list(spec, "sources"), mapping(spec, "source")) {
		m, _ := s.(map[string]any)
		if text(m, "path") == "" || text(m, "chart") != "" || o.Pos.File == "" {
			continue
		}
		dir := path.Clean(text(m, "path"))
		out = append(out, folderOf{dir, mapping(m, "directory")["recurse"] == true || w.kustomization(dir)})
	}
	return out
}

// kustomization reports whether a folder of what was read is one.
func (w *work) kustomization(dir string) bool {
	if w.in.Files == nil || !fs.ValidPath(dir) {
		return false
	}
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		if _, err := fs.Stat(w.in.Files, path.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// inFolders says of objects in a folder that an Application deploys that it does.
func (w *work) inFolders(roots map[string]bool) {
	type deployer struct {
		folderOf
		app string
	}
	byPath := map[string][]deployer{}
	for _, o := range w.objects {
		if o.Group == argoproj && o.Kind == "Application" && !roots[o.Name] {
			for _, f := range w.folders(o) {
				byPath[f.path] = append(byPath[f.path], deployer{f, o.Name})
			}
		}
	}
	for _, o := range w.objects {
		if o.Application != "" || o.Pos.File == "" {
			continue
		}
		for dir, up := path.Dir(o.Pos.File), true; up && o.Application == ""; dir, up = path.Dir(dir), dir != "." && dir != "/" {
			for _, d := range byPath[dir] {
				if d.has(o.Pos.File) && o.Application == "" {
					o.Application = d.app
				}
			}
		}
	}
}
