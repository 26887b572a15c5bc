package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var backupOfNothing = lint.Rule{
	Name:     "backup-of-nothing",
	Severity: lint.Error,
	Summary:  "a backup of a claim that nothing creates",
	Doc: `VolSync waits for the claim, and there is no backup of what was meant. Correct the name; the claims of a StatefulSet are called
TEMPLATE-STATEFULSET-NUMBER. It is reported only where all that runs in the namespace is known, and nothing else could create the claim.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
backup: {kind: volsync, repository: backups/restic}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a, backup: {claims: [data, dat]}}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`,
	Mend: []string{"[data, dat]", "[data]"},
	Check: func(in *lint.Context, report lint.Report) {
		inventories := in.Deployed.Inventories()
		for n, a := range in.Deployed.Applications() {
			v := inventories[n.Name]
			if len(a.Backups) == 0 || v == nil || !v.Complete || v.May("persistentvolumeclaims", "create") {
				continue
			}
			templates := claimTemplatesIn(v)
			for _, b := range a.Backups {
				if v.Objects["PersistentVolumeClaim"][b.Claim] == nil && !templates[unnumbered(b.Claim)] && !v.Makes(b.Claim) {
					report(b.Place, v.Near("PersistentVolumeClaim", b.Claim, "add the claim to the application, or correct the name"), "nothing creates the claim %s of %s, which is to be backed up", b.Claim, n.Name)
				}
			}
		}
	},
}
