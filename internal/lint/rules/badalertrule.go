package rules

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/alertrule"
	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/lint"
	"github.com/prometheus/common/model"
)

var badAlertRule = lint.Rule{
	Name:     "bad-alert-rule",
	Severity: lint.Error,
	Summary:  "a rule of Prometheus has an expression, a duration or a template that Prometheus cannot read",
	Doc: `The operator leaves out the whole PrometheusRule with such a rule, and logs it where nobody looks: none of its
alerts is raised any more. Expressions are read by Prometheus' own parser. Functions that Prometheus permits only on request are
assumed to be permitted. When the rule is meant for a program with another language, such as Loki, say so in a waiver.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
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
          expr: time() - max(backup_last_success_timestamp_seconds > 86400
          for: 1h
          labels: {severity: warning}
          annotations: {summary: There is no backup of last night}
`,
	Mend: []string{`          expr: time() - max(backup_last_success_timestamp_seconds > 86400`, `          expr: time() - max(backup_last_success_timestamp_seconds) > 86400`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, r := range in.Alerts.Rules() {
			if problem := bounds.PromQL.Exceeded(r.Expr.String()); problem != "" {
				report(r.Place("expr"), "write a shorter one", "%s has an expression that %s: it is not checked", r.Name(), problem)
			} else if problem := alertrule.Expression(r.Expr.String()); problem != "" {
				report(r.Place("expr"), "", "%s has an expression that is not PromQL: %s", r.Name(), problem)
			}
			if r.For != nil {
				if _, err := model.ParseDuration(r.For.StrVal); err != nil { // a number is not one, even 0
					report(r.Place("for"), "write it as 90s, 5m, 1h30m or 2d", "%s has an invalid duration under for: %v", r.Name(), err)
				}
			}
			if r.Alert == "" {
				continue
			}
			for _, written := range []struct {
				field string
				texts map[string]string
			}{{"annotations", r.Annotations}, {"labels", r.OwnLabels}} {
				field, texts := written.field, written.texts
				for _, key := range slices.Sorted(maps.Keys(texts)) {
					if problem := bounds.AlertTemplate.Exceeded(texts[key]); problem != "" {
						report(r.Place(field, key), "write a shorter one", "%s has a template under %s.%s that %s: it is not checked", r.Name(), field, key, problem)
					} else if problem := alertrule.Template(texts[key]); problem != "" {
						report(r.Place(field, key), "", "%s has a template under %s.%s that Prometheus cannot read: line %s", r.Name(), field, key, problem)
					}
				}
			}
		}
	},
}
