package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

var replaced = &diff.Kind{
	Name: "replace", Words: []string{"replace", "immutable"},
	Summary: "A field changes that cannot be changed in place, or no longer",
	Find:    findReplaced,
}

func findReplaced(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Pairs {
		if p.Before == nil || p.After == nil || isHook(p.After) {
			continue
		}
		if fields := unchangeable(p); len(fields) > 0 {
			found(replaceOf(c, p, fields))
		} else if what := settles(p); what != "" {
			found(diff.Consequence{Word: "immutable", Weight: diff.Plain, Subject: p.ID.String(), Message: p.ID.String() + " " + what, Objects: []diff.ID{p.ID}})
		}
	}
}

// replaceOf says what happens to an object with fields that cannot be changed.
func replaceOf(c *diff.Change, p *diff.Pair, fields []string) diff.Consequence {
	f := diff.Consequence{Word: "replace", Weight: diff.Danger, Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
	f.Message = fmt.Sprintf("%s cannot be changed in place: %s", p.ID, strings.Join(fields, ", "))
	f.About = keysBelow(p, fields)
	by := "roster"
	if c.After.Context != nil {
		by = c.After.Context.Platform.RootName()
	}
	if p.After.Application != nil {
		by = p.After.Application.Code
	}
	if how := recreates(p.After); how != "" {
		f.Also = []string{wordDelete}
		f.Details = append(f.Details, "Argo CD deletes it and creates it anew, as "+how+" tells it to")
	} else {
		f.Details = append(f.Details, "the API server refuses the change, and the sync of "+by+" fails until somebody deletes the object; Argo CD then creates it anew")
		if isKind(p.After, "StatefulSet.apps") && !slices.Contains(fields, "spec.selector") {
			f.Details = append(f.Details, "its pods and claims stay with kubectl -n "+p.ID.Namespace+" delete statefulset "+p.ID.Name+" --cascade=orphan")
			return f
		}
		if memberAt(p.Before.Content(), "spec", "ttlSecondsAfterFinished") != nil && isKind(p.Before, "Job.batch") {
			f.Details = append(f.Details, "unless it has finished and is gone already: it has ttlSecondsAfterFinished")
		}
	}
	switch {
	case isKind(p.Before, "PersistentVolumeClaim", "PersistentVolume", "StatefulSet.apps", "CustomResourceDefinition.apiextensions.k8s.io"):
		for _, line := range lossesOf(c, []*diff.Object{p.Before}, nil).details() {
			f.Details = append(f.Details, "then: "+line)
		}
	case runsPods(p.Before):
		f.Details = append(f.Details, "then its pods are deleted, before there are new ones")
	}
	return f
}

// keysBelow are the keys and texts of what is different below some fields of an object.
func keysBelow(p *diff.Pair, fields []string) (out []string) {
	for _, d := range p.Fields() {
		keys := d.Path.Fields()
		for _, field := range fields {
			name, _, _ := strings.Cut(field, " ")
			if len(keys) == 0 || !strings.HasPrefix(strings.Join(keys, ".")+".", name+".") {
				continue
			}
			out = append(out, keys[len(keys)-1])
			for _, value := range []any{d.From, d.To} {
				if text, ok := value.(string); ok && text != "" {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

// recreates is the option that makes Argo CD delete an object that it cannot change, and create it anew; empty when there is none. Without
// Force=true, kubectl replace is refused as well; Force=true alone works where Argo CD applies on the client's side (gitops-engine
// pkg/sync/sync_context.go, applyObject; kubectl pkg/cmd/apply/patcher.go). A CustomResourceDefinition and a Namespace are only updated.
func recreates(o *diff.Object) string {
	option := func(name string) bool {
		return annotated(o, argoOptions, name) || o.Application != nil && slices.Contains(o.Application.SyncOptions, name)
	}
	switch force := annotated(o, argoOptions, "Force=true"); {
	case !force, o.Application == nil:
		return ""
	case option("Replace=true"):
		if isKind(o, "CustomResourceDefinition.apiextensions.k8s.io", "Namespace") {
			return ""
		}
		return "Force=true with Replace=true"
	case option("ServerSideApply=true") && !annotated(o, argoOptions, "ServerSideApply=false"):
		return ""
	}
	return "Force=true"
}
