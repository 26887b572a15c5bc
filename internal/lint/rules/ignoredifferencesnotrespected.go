package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
)

var ignoreDifferencesNotRespected = lint.Rule{
	Name:     "ignore-differences-not-respected",
	Severity: lint.Info,
	Summary:  "each sync overwrites what ignoreDifferences leaves to others",
	Doc: `` + "`ignoreDifferences`" + ` hides a difference. A sync, which any other change triggers, still applies the whole manifest, including
the ignored fields (argo-cd, docs/user-guide/sync-options.md). With ` + "`RespectIgnoreDifferences=true`" + ` among ` + "`syncOptions`" + `, these fields stay as
they are. If no manifest has them, it makes no difference, and is not reported where the manifests are known and JSON pointers name the fields.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
defaults: {autoSync: true}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      repoURL: https://git.example/a.git
      path: deploy
      ignoreDifferences:
        - {group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}
`,
	Mend: []string{`      path: deploy`, `      path: deploy
      syncOptions: [RespectIgnoreDifferences=true]`},
	Check: func(in *lint.Context, report lint.Report) {
		const respect = "RespectIgnoreDifferences=true"
		const message = "a sync of %s overwrites what ignoreDifferences leaves to others, as far as the manifests have it"
		var trees fieldTrees
		for _, a := range in.Deployed.Applications() {
			matters := func(d catalog.IgnoreDifference) bool { return inManifests(in, &trees, a, d) }
			if a.AutoSync != nil && !slices.Contains(a.SyncOptions, respect) && slices.ContainsFunc(a.IgnoreDifferences, matters) {
				at, _ := a.Where("ignoreDifferences")
				report(at, "add "+respect+" to syncOptions", message, a.Code)
			}
		}
		for _, o := range in.Deployed.Kind("Application") {
			ignored, _ := deployed.FieldAt(o, "spec", "ignoreDifferences").([]any)
			if deployed.GroupOf(o) == deployed.ArgoGroup && len(ignored) > 0 && deployed.FieldAt(o, "spec", "syncPolicy", "automated") != nil && !slices.Contains(syncOptionsOf(o), respect) {
				report(in.Places.Field(o, "spec", "ignoreDifferences"), "add "+respect+" to syncOptions", message, o.Title())
			}
		}
	},
}

// inManifests reports whether the manifests of an application have what is ignored, or may have it.
func inManifests(in *lint.Context, trees *fieldTrees, a *catalog.Application, d catalog.IgnoreDifference) bool {
	if a.Workload == nil || a.Workload.Kind == catalog.Catalog || len(d.JQPathExpressions)+len(d.ManagedFieldsManagers) > 0 {
		return true
	}
	fields := trees.of(in, ofApplication{a.Code, deployed.ID{Group: d.Group, Kind: d.Kind, Name: d.Name}})
	return slices.ContainsFunc(d.JSONPointers, func(pointer string) bool {
		at := fields
		for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			at = at[pointed.Replace(part)]
		}
		return at != nil
	})
}

// pointed replaces what is escaped in a JSON pointer.
var pointed = strings.NewReplacer("~1", "/", "~0", "~")

// fieldTree is the fields that one of several objects has: by name, or by index in a list.
type fieldTree map[string]fieldTree

// ofApplication is the objects of an application that have a group, a kind and a name; all names when it is empty.
type ofApplication struct {
	code string
	deployed.ID
}

// fieldTrees are the fields of all objects that differences are ignored in.
type fieldTrees struct {
	once.Value[map[ofApplication]fieldTree]
}

// of are the fields of some objects; nil when there is no such object.
func (t *fieldTrees) of(in *lint.Context, which ofApplication) fieldTree {
	return t.Get(func() map[ofApplication]fieldTree {
		wanted := map[ofApplication]fieldTree{}
		for _, a := range in.Deployed.Applications() {
			for _, d := range a.IgnoreDifferences {
				wanted[ofApplication{a.Code, deployed.ID{Group: d.Group, Kind: d.Kind, Name: d.Name}}] = nil
			}
		}
		for _, o := range in.Workloads {
			for _, name := range []string{"", o.Name} {
				which := ofApplication{o.Application.Code, deployed.ID{Group: deployed.GroupOf(o), Kind: o.Kind, Name: name}}
				if tree, ok := wanted[which]; ok {
					wanted[which] = withFields(tree, o.Content())
				}
			}
		}
		return wanted
	})[which]
}

// withFields adds the fields of a value that are not null.
func withFields(tree fieldTree, v any) fieldTree {
	if tree == nil {
		tree = fieldTree{}
	}
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			if e != nil {
				tree[key] = withFields(tree[key], e)
			}
		}
	case []any:
		for i, e := range v {
			if e != nil {
				tree[strconv.Itoa(i)] = withFields(tree[strconv.Itoa(i)], e)
			}
		}
	}
	return tree
}
