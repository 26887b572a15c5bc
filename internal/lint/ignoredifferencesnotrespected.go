package lint

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

var ignoreDifferencesNotRespected = Rule{
	Name:     "ignore-differences-not-respected",
	Severity: Info,
	Summary:  "what ignoreDifferences leaves to others is put back with each sync",
	Doc: `` + "`ignoreDifferences`" + ` hides a difference. A sync, which any other change sets off, applies the whole manifest all the same, and what it has of
the ignored fields (argo-cd, docs/user-guide/sync-options.md). With ` + "`RespectIgnoreDifferences=true`" + ` among ` + "`syncOptions`" + `, these fields stay as
they are. If no manifest has them, it makes no difference, and is not reported where the manifests are known and JSON pointers say it.`,
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
	Check: func(in *Input, report Report) {
		const respect = "RespectIgnoreDifferences=true"
		const message = "a sync of %s overwrites what ignoreDifferences leaves to others, as far as the manifests have it"
		for _, a := range in.applications() {
			matters := func(d catalog.IgnoreDifference) bool { return in.inManifests(a, d) }
			if a.AutoSync && !slices.Contains(a.SyncOptions, respect) && slices.ContainsFunc(a.IgnoreDifferences, matters) {
				report(in.key(a, "ignoreDifferences"), "add "+respect+" to syncOptions", message, a.Code)
			}
		}
		for _, o := range in.Kind("Application") {
			ignored, _ := fieldAt(o, "spec", "ignoreDifferences").([]any)
			if groupOf(o) == argoGroup && len(ignored) > 0 && fieldAt(o, "spec", "syncPolicy", "automated") != nil && !slices.Contains(syncOptionsOf(o), respect) {
				report(in.field(o, "spec", "ignoreDifferences"), "add "+respect+" to syncOptions", message, o.Title())
			}
		}
	},
}

// inManifests says whether the manifests of an application have what is ignored, or may have it.
func (in *Input) inManifests(a *catalog.Application, d catalog.IgnoreDifference) bool {
	if a.Workload == nil || a.Workload.Kind == catalog.Catalog || len(d.JQPathExpressions)+len(d.ManagedFieldsManagers) > 0 {
		return true
	}
	for _, o := range in.Kind(d.Kind) {
		if o.Application.Code != a.Code || groupOf(o) != d.Group || d.Name != "" && d.Name != o.Name {
			continue
		}
		for _, pointer := range d.JSONPointers {
			fields := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
			for i := range fields {
				fields[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(fields[i])
			}
			if fieldAt(o, fields...) != nil {
				return true
			}
		}
	}
	return false
}
