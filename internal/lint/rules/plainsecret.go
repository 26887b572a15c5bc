package rules

import (
	"strings"

	"github.com/hippotion/roster/internal/lint"
)

var plainSecret = lint.Rule{
	Name:     "plain-secret",
	Severity: lint.Error,
	Summary:  "a Secret is in Git with its values",
	Doc: `Anyone who can read the repository can read it, and so can everyone who has ever cloned it: base64 is not encryption. Put the
values into Vault and name them under ` + "`secrets`" + `; a SealedSecret or a file that SOPS has encrypted is fine, too. Then create new
values: Git does not forget the old ones. What a chart generates while it renders is in no file, and not reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData:
  password: correct-horse-battery-staple
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets:
        - {name: db, data: {password: web-a#db-password}}
-- a/secret.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: deployer-token # Kubernetes fills it in
  annotations: {kubernetes.io/service-account.name: deployer}
type: kubernetes.io/service-account-token
`,
	Check: func(in *lint.Context, report lint.Report) {
		for _, s := range in.Secrets.Plain() {
			report(s.At, "name it under secrets: of the application; then change the values, there and where they are used", "%s is in Git with its values: %s", s.Object.Title(),
				strings.Join(s.Keys, ", "))
		}
	},
}
