package rules

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var claimWithoutBackup = lint.Rule{
	Name:     "claim-without-backup",
	Severity: lint.Warning,
	Summary:  "a volume that nothing backs up, where platform.yml says what makes backups",
	Doc: `Write backup at the application: backup: {claims: [data], schedule: daily}; or why there is none: backup: {none: a cache}. A ReplicationSource of VolSync
and a Schedule of Velero that an application deploys count as well. Without backup in platform.yml, nothing is reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
backup: {kind: volsync, repository: backups/restic}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`,
	Mend: []string{"path: a}]", "path: a, backup: {none: a cache}}]"},
	Check: func(in *lint.Context, report lint.Report) {
		if !in.Platform.Backups {
			return
		}
		claims, namespaces, everywhere := backedUp(in)
		if everywhere {
			return
		}
		look := func(o *deployed.Object, claim string) {
			if o.Application.NoBackup == "" && !namespaces[o.Namespace] && !claims[[2]string{o.Namespace, claim}] {
				report(in.Places.Field(o, "metadata", "name"), "write backup: {claims: ["+claim+"]} at "+o.Application.Code+", or backup: {none: REASON}", "nothing backs up the claim %s of %s", claim, o.Namespace)
			}
		}
		for _, o := range in.Deployed.Kind("PersistentVolumeClaim") {
			look(o, o.Name)
		}
		for _, o := range in.Deployed.Kind("StatefulSet") {
			for _, name := range slices.Sorted(maps.Keys(claimTemplates(o))) {
				look(o, name+"-"+o.Name+"-0")
			}
		}
	},
}

// backedUp are the claims and the namespaces of which there are backups; everywhere is for a Schedule of all namespaces.
func backedUp(in *lint.Context) (claims map[[2]string]bool, namespaces map[string]bool, everywhere bool) {
	claims, namespaces = map[[2]string]bool{}, map[string]bool{}
	for n, a := range in.Deployed.Applications() {
		for _, b := range a.Backups {
			claims[[2]string{n.Name, b.Claim}] = true
		}
		if a.Velero != nil {
			namespaces[n.Name] = true
		}
	}
	for _, o := range in.Deployed.Kind("ReplicationSource") {
		claims[[2]string{o.Namespace, deployed.StringAt(o, "spec", "sourcePVC")}] = true
	}
	for _, o := range in.Deployed.Kind("Schedule") {
		if deployed.GroupOf(o) != "velero.io" {
			continue
		}
		list, _ := deployed.FieldAt(o, "spec", "template", "includedNamespaces").([]any)
		everywhere = everywhere || len(list) == 0
		for _, n := range list {
			name, _ := n.(string)
			everywhere = everywhere || name == "*"
			namespaces[name] = true
		}
	}
	return claims, namespaces, everywhere
}
