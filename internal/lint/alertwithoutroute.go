package lint

import (
	"regexp"
	"slices"
	"strings"
)

var alertWithoutRoute = Rule{
	Name:     "alert-without-route",
	Severity: Warning,
	Summary:  "an alert has a severity that no route of Alertmanager is for",
	Doc: `Such an alert takes the default route, whatever it is about: a word that is spelled another way makes a warning of what
should wake you up, and nothing says so. Give the alert a severity that the application ` + "`alerting`" + ` has under ` + "`routes`" + ` or
` + "`silent`" + `, or add a route for it. The rule looks when the list has one such application, and at the AlertmanagerConfigs that
can be rendered here.`,
	Bad:  alertExample("page"),
	Good: alertExample("critical"),
	Check: func(in *Input, report Report) {
		if in.alertings() != 1 {
			return
		}
		configs := in.alertmanagerConfigs()
		if len(configs) == 0 {
			return
		}
		for _, r := range in.alertRules() {
			severity, has := r.Labels["severity"]
			if r.Alert == "" || strings.Contains(severity, "{{") || slices.ContainsFunc(configs, func(c alertmanagerConfig) bool { return c.routes(&r) }) {
				continue
			}
			problem, at := "no severity", r.place(in, "labels")
			if has {
				problem, at = "the severity "+severity+", which no route is for", r.place(in, "labels", "severity")
			}
			hint := "the routes are for " + strings.Join(severities(configs), ", ")
			report(at, hint, "%s has %s: it takes the default route%s", r.name(), problem, defaultReceiver(configs))
		}
	},
}

// alertings counts the applications that set Alertmanager up.
func (in *Input) alertings() (n int) {
	for _, a := range in.applications() {
		if a.Catalog == "alerting" {
			n++
		}
	}
	return n
}

// routes says whether a route below the default one may be for an alert. Labels that the alert's rule does not set may come
// from its expression, other than the severity.
func (c *alertmanagerConfig) routes(r *alertRule) bool {
	return slices.ContainsFunc(c.Spec.Route.Routes, func(route alertRoute) bool {
		return !slices.ContainsFunc(route.Matchers, func(m alertMatcher) bool {
			value, known := r.Labels[m.Name]
			if m.Name == "alertname" {
				value, known = r.Alert, true
			}
			return (known || m.Name == "severity") && !strings.Contains(value, "{{") && !m.matches(value)
		})
	})
}

func (m *alertMatcher) matches(value string) bool {
	matchType := m.MatchType
	if matchType == "" && m.Regex {
		matchType = "=~"
	}
	switch matchType {
	case "!=":
		return value != m.Value
	case "=~", "!~":
		pattern, err := regexp.Compile("^(?:" + m.Value + ")$")
		return err != nil || pattern.MatchString(value) == (matchType == "=~")
	}
	return value == m.Value
}

// severities are those that routes are for, in order.
func severities(configs []alertmanagerConfig) []string {
	var out []string
	for _, c := range configs {
		for _, route := range c.Spec.Route.Routes {
			for _, m := range route.Matchers {
				if m.Name == "severity" && m.Value != "" {
					out = append(out, m.Value)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// defaultReceiver names the receiver of the default route, when there is one only.
func defaultReceiver(configs []alertmanagerConfig) string {
	if len(configs) > 1 || configs[0].Spec.Route.Receiver == "" {
		return ""
	}
	return ", to " + configs[0].Spec.Route.Receiver
}

// alertExample is a list with alerting, and an alert of a severity. The AlertmanagerConfig is as alerting has it.
func alertExample(severity string) string {
	return `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
- namespace: sys-alerting
  applications: [{applicationCode: sys-alerting, catalog: alerting}]
- namespace: sys-rules
  networkPolicies: isolated
  applications: [{applicationCode: sys-rules, path: rules}]
-- rules/rules.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: backup}
spec:
  groups:
    - name: backup
      rules:
        - alert: BackupMissing
          expr: time() - backup_last_success_timestamp_seconds > 86400
          for: 1h
          labels: {severity: ` + severity + `}
          annotations: {summary: There is no backup of last night}
-- rules/routes.yaml --
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: rules}
spec:
  route:
    receiver: bus
    routes:
      - receiver: bus
        matchers: [{name: severity, value: critical, matchType: "="}]
  receivers:
    - name: bus
      webhookConfigs: [{url: 'http://ntfy.web-ntfy.svc.cluster.local/hl-crit'}]
`
}
