package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/alerts"
)

var receiverWithoutDestination = lint.Rule{
	Name:     "receiver-without-destination",
	Severity: lint.Error,
	Summary:  "a route of Alertmanager leads to a receiver that is missing or sends nothing",
	Doc: `When a receiver is missing, the operator leaves out the whole AlertmanagerConfig, with all its routes. A
receiver without a destination receives alerts and notifies nobody. When that is what you want, name it ` + "`nobody`, `null`, `none`,\n`silence` or `blackhole`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-alerts
  networkPolicies: isolated
  applications: [{applicationCode: sys-alerts, path: alerts}]
-- alerts/routes.yaml --
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: alerts}
spec:
  route:
    receiver: mail
    routes:
      - receiver: phone
        matchers: [{name: severity, value: critical, matchType: "="}]
  receivers:
    - name: mail
      webhookConfigs: [{url: 'http://mailer.sys-alerts.svc.cluster.local/'}]
`,
	Mend: []string{`      - receiver: phone
        matchers: [{name: severity, value: critical, matchType: "="}]`, `      - receiver: nobody
        matchers: [{name: severity, value: none, matchType: "="}]`, `  receivers:`, `  receivers:
    - name: nobody`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, c := range in.Alerts.Configs() {
			told := map[string]bool{}
			walk(c.Spec.Route, []string{"spec", "route"}, func(r *alerts.Route, at []string) {
				i, receiver := c.Receiver(r.Receiver)
				switch {
				case r.Receiver == "": // that of the route around it
				case receiver == nil:
					report(in.Places.Near(c.Object, r.Receiver, append(at, "receiver")...), "add it under receivers", "%s has no receiver %s: the operator leaves out the whole object",
						c.Object.Title(), r.Receiver)
				case !told[r.Receiver] && !alerts.Destinations(receiver) && !slices.Contains(silentNames[:], strings.ToLower(r.Receiver)):
					told[r.Receiver] = true
					report(in.Places.Near(c.Object, r.Receiver, "spec", "receivers", strconv.Itoa(i), "name"), "add a destination, or name it nobody",
						"the receiver %s of %s sends nothing", r.Receiver, c.Object.Title())
				}
			})
		}
	},
}

// silentNames are names of receivers that are meant to send nothing.
var silentNames = [...]string{"blackhole", "nobody", "none", "null", "silence"}

// walk visits a route and those below it, with the fields that lead to them.
func walk(r *alerts.Route, at []string, visit func(r *alerts.Route, at []string)) {
	visit(r, at[:len(at):len(at)])
	for i := range r.Routes {
		walk(&r.Routes[i], append(at[:len(at):len(at)], "routes", strconv.Itoa(i)), visit)
	}
}
