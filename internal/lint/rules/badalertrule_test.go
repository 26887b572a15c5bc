package rules_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBadAlertRule(t *testing.T) {
	const rules = platform + `
-- a/rules.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec:
  groups:
    - name: a
      rules:
        - {alert: Fine, expr: 'sum by (job) (rate(errors_total{code=~"5.."}[5m])) > 1 and on (job) up == 1', for: 1h30m, labels: {severity: a}}
        - {alert: Number, expr: 1, for: 0s, labels: {severity: a}}
        - {alert: Flags, expr: 'limitk(2, up) > 0 or mad_over_time(up[5m]) > 1', labels: {severity: a}}
        - {alert: Dots, expr: '{"a.b", "c.d"="x"} > 0', labels: {severity: a}}
        - {record: 'a:b', expr: 'sum(up'}
        - alert: Unknown
          for: 5 minutes
          expr: |
            rat(up[5m])
            > 1
          labels: {severity: a}
        - alert: Types
          expr: rate(up) > 1
          labels: {severity: a}
        - {alert: Nothing, expr: '', for: '', labels: {severity: a}}
`
	var got []string
	for _, f := range run(t, rules, false).Findings {
		if f.Code == "bad-alert-rule" || f.Code == "unknown-field" {
			got = append(got, fmt.Sprintf("%d %s: %s", f.Pos.Line, f.Code, f.Message))
		}
	}
	want := []string{
		"12 bad-alert-rule: the rule a:b has an expression that is not PromQL: unclosed left parenthesis",
		`14 bad-alert-rule: the alert Unknown has an invalid duration under for: unknown unit " minutes" in duration "5 minutes"`,
		`15 bad-alert-rule: the alert Unknown has an expression that is not PromQL: unknown function with name "rat"`,
		"20 bad-alert-rule: the alert Types has an expression that is not PromQL: expected type range vector in call to function \"rate\", got instant vector",
		"22 bad-alert-rule: the alert Nothing has an expression that is not PromQL: no expression found in input",
		"22 bad-alert-rule: the alert Nothing has an invalid duration under for: empty duration string",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
