package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var duplicateObject = lint.Rule{
	Name:     "duplicate-object",
	Severity: lint.Error,
	Summary:  "two applications deploy the same object",
	Doc: `An object belongs to one Application. The other one takes it over when it syncs, the first takes it back, and each
shows it as out of sync (with a SharedResourceWarning). When one of the two is removed, it prunes what the other
needs. Deploy it once; leave out what roster renders from the list, such as Namespaces. Mind the order where something would be lost:
Argo CD prunes what leaves the manifests of the application that it is tracked for, and with a Namespace everything in it. With
` + "`argocd.argoproj.io/sync-options: Prune=false,Delete=false`" + ` on the object in the cluster it stays, until the other application has taken it over.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
    - {applicationCode: web-a-extra, path: extra}
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data: {colour: blue}
-- extra/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data: {colour: red}
`,
	Mend: []string{`-- extra/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config}`, `-- extra/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: config-extra}`},
	Check: func(in *lint.Context, report lint.Report) {
		first := map[deployed.ID]*deployed.Object{}
		for _, o := range in.Workloads {
			if deployed.StringAt(o, "metadata", "name") == "" {
				continue // the API server generates a name for each
			}
			name := deployed.IDOf(o)
			other, again := first[name]
			switch {
			case in.Deployed.Rosters(name):
				report(in.Places.Field(o, "metadata", "name"), deployed.HandOver(o, "the application", "sync the root Application, which then owns it"), "%s deploys %s, which roster renders from the list", o.Application.Code, o.Title())
			case again && other.Application.Code != o.Application.Code:
				report(in.Places.Field(o, "metadata", "name"), oneOwner(o), "%s and %s deploy the same %s",
					other.Application.Code, o.Application.Code, o.Title())
			case !again:
				first[name] = o
			}
		}
	},
}

// oneOwner is how to deploy an object once.
func oneOwner(o *deployed.Object) string {
	if deployed.Loses(o) == "" {
		return "deploy it with one of the two"
	}
	return deployed.HandOver(o, "one of the two", "sync the other one, which then owns it")
}
