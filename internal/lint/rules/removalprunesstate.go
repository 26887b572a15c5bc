package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var removalPrunesState = lint.Rule{
	Name:     "removal-prunes-state",
	Severity: lint.Warning,
	Summary:  "removing a toggleable application deletes its data without asking",
	Doc: `An application with ` + "`toggleable: true`" + ` is pruned without confirmation, and with it what it has deployed, volumes included; and the
namespace, when all its applications are toggleable, with everything in it. Leave ` + "`toggleable`" + ` out, so that Argo CD asks; or, if the
namespace stays, annotate the claim with ` + "`argocd.argoproj.io/sync-options: Delete=false`" + `. If the data is worth nothing, say so in a waiver.
Kubernetes keeps the claims of a StatefulSet: they count when the namespace goes, or ` + "`whenDeleted`" + ` is ` + "`Delete`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a, toggleable: true}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: notes}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`,
	Mend: []string{`  applications: [{applicationCode: web-a, path: a, toggleable: true}]`, `  applications: [{applicationCode: web-a, path: a}]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("PersistentVolumeClaim", "StatefulSet") {
			goes := o.Entry.Managed && !o.Entry.Guarded // the namespace, and everything in it
			if o.Application.Guarded || !o.Application.Finalizer && !goes || keeps(o) {
				continue
			}
			if o.Kind == "StatefulSet" {
				claims, _ := deployed.FieldAt(o, "spec", "volumeClaimTemplates").([]any)
				if len(claims) == 0 || !goes && deployed.StringAt(o, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") != "Delete" {
					continue
				}
			}
			what := "the application"
			if goes {
				what = "the namespace"
			}
			report(in.Places.Field(o, "kind"), "leave out toggleable: Argo CD then asks", "%s and its data go with %s, without confirmation: %s is toggleable",
				o.Title(), what, o.Application.Code)
		}
	},
}

// keeps reports whether the owner has decided what happens to an object that is removed.
func keeps(o *deployed.Object) bool {
	// Argo CD heeds Helm's annotation when it deletes (controller/appcontroller.go, shouldBeDeleted).
	if policy, _ := deployed.ValueOf(o, "metadata", "annotations", "helm.sh/resource-policy"); policy == "keep" {
		return true
	}
	options, _ := deployed.ValueOf(o, "metadata", "annotations", "argocd.argoproj.io/sync-options")
	for option := range strings.SplitSeq(options, ",") {
		if slices.Contains([]string{"Prune=false", "Prune=confirm", "Delete=false", "Delete=confirm"}, strings.TrimSpace(option)) {
			return true
		}
	}
	return false
}
