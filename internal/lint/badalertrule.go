package lint

import (
	"errors"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

var badAlertRule = Rule{
	Name:     "bad-alert-rule",
	Severity: Error,
	Summary:  "a rule of Prometheus has an expression or a duration that Prometheus cannot read",
	Doc: `The operator leaves out the whole PrometheusRule that such a rule stands in, and logs it where nobody looks: none of its
alerts is raised any more. Expressions are read by Prometheus' own parser. Functions that Prometheus has to be told to permit are
taken to be permitted. When the rule is meant for something that speaks another language, such as Loki, say so in a waiver.`,
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
	Check: func(in *Input, report Report) {
		for _, r := range in.alertRules() {
			if problem := promQL(r.Expr.String()); problem != "" {
				report(r.place(in, "expr"), "", "%s has an expression that is not PromQL: %s", r.name(), problem)
			}
			if r.For == nil {
				continue
			}
			if _, err := model.ParseDuration(*r.For); err != nil {
				report(r.place(in, "for"), "write it as 90s, 5m, 1h30m or 2d", "%s has no duration under for: %v", r.name(), err)
			}
		}
	},
}

// promQL is what is wrong with an expression; empty when nothing is.
func promQL(expression string) string {
	_, err := parser.ParseExpr(expression)
	var all parser.ParseErrors
	if !errors.As(err, &all) {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	for _, e := range all {
		// Prometheus refuses these only without a flag.
		if text := e.Err.Error(); !strings.Contains(text, "enabled") {
			return text
		}
	}
	return ""
}
