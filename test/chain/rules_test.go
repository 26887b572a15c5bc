package chain

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// rules is a file of rules for Prometheus.
type rules struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

// alerts are all alerts, by name.
func (r rules) alerts() map[string]rule {
	all := map[string]rule{}
	for _, g := range r.Groups {
		for _, alert := range g.Rules {
			all[alert.Alert] = alert
		}
	}
	return all
}

// operatorRules are the rules of a PrometheusRule, as the operator writes them into a file.
func operatorRules(t *testing.T, folder, app, name string) string {
	t.Helper()
	return marshaled(t, rendered(t, folder, app, "PrometheusRule", name)["spec"])
}

func fileRules(t *testing.T) string {
	t.Helper()
	return text(t, example("catalog-full"), "sys-alerting-files", "alerting-rules", "rules.yml")
}

// tests is a file of tests for promtool, as far as it says which alerts are tested.
type tests struct {
	Tests []struct {
		AlertRuleTest []struct {
			Alertname string
			ExpAlerts []any `json:"exp_alerts"`
		} `json:"alert_rule_test"`
	}
}

// TestRules has promtool check all rules, and test them.
func TestRules(t *testing.T) {
	for _, c := range []struct{ name, rules, tests string }{
		{"alerting in files", fileRules(t), "testdata/rules.test.yml"},
		{"the gardener's pod", operatorRules(t, example("homelab"), "sys-gardener", "gardener"), "testdata/gardener-pod.test.yml"},
		{"the gardener on a node", operatorRules(t, platform, "sys-gardener", "gardener"), "testdata/gardener-node.test.yml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			output(t, "promtool", "check", "rules", "--lint=all", "--lint-fatal", write(t, dir, "rules.yml", c.rules))
			tests := read(t, c.tests)
			output(t, "promtool", "test", "rules", write(t, dir, "rules.test.yml", tests))
			covered(t, parsed[rules](t, c.rules), tests)
		})
	}
}

// covered fails when there is an alert that no test makes fire, or that no test leaves silent.
func covered(t *testing.T, r rules, text string) {
	t.Helper()
	fires, silent := map[string]bool{}, map[string]bool{
		"DeadMansSwitch": true, // never: silence is what it warns of
	}
	for _, test := range parsed[tests](t, text).Tests {
		for _, c := range test.AlertRuleTest {
			if len(c.ExpAlerts) > 0 {
				fires[c.Alertname] = true
			} else {
				silent[c.Alertname] = true
			}
		}
	}
	alerts := r.alerts()
	for name := range alerts {
		if !fires[name] || !silent[name] {
			t.Errorf("%s: tested firing: %t; silent: %t", name, fires[name], silent[name])
		}
	}
	for name := range fires {
		if _, ok := alerts[name]; !ok {
			t.Errorf("there are tests for %s, which is not in the rules", name)
		}
	}
}

// TestHouseRules runs the command in the comment of house.test.yaml.
func TestHouseRules(t *testing.T) {
	dir, folder := t.TempDir(), filepath.Join(example("homelab"), "deploy", "monitoring-rules", "rules")
	house := parsed[object](t, read(t, filepath.Join(folder, "house.yaml")))
	output(t, "promtool", "check", "rules", "--lint=all", "--lint-fatal", write(t, dir, "house.rules.yaml", marshaled(t, house["spec"])))
	output(t, "promtool", "test", "rules", write(t, dir, "house.test.yaml", read(t, filepath.Join(folder, "house.test.yaml"))))
}

// TestSameRules fails when the operator's rules and those in files differ in more than the namespace, and the alerts that
// only one list has.
func TestSameRules(t *testing.T) {
	operator := operatorRules(t, example("catalog"), "sys-alerting", "alerting")
	output(t, "promtool", "check", "rules", "--lint=all", "--lint-fatal", write(t, t.TempDir(), "rules.yml", operator))
	a, b := parsed[rules](t, operator).alerts(), parsed[rules](t, fileRules(t)).alerts()
	if _, ok := b["NodeDown"]; !ok {
		t.Error("the list's own alert NodeDown is not in the rules")
	}
	delete(b, "NodeDown")
	if names, others := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)); !slices.Equal(names, others) {
		t.Fatalf("alerts are %q, and in files %q", names, others)
	}
	for name, alert := range a {
		for _, side := range []struct{ labels, namespace string }{
			{alert.Labels["namespace"], "sys-alerting"}, {b[name].Labels["namespace"], "sys-alerting-files"},
		} {
			if side.labels != side.namespace {
				t.Errorf("%s: the label namespace is %q, want %q", name, side.labels, side.namespace)
			}
		}
		delete(alert.Labels, "namespace")
		delete(b[name].Labels, "namespace")
		if !reflect.DeepEqual(alert, b[name]) {
			t.Errorf("%s:\n%+v\nand in files\n%+v", name, alert, b[name])
		}
	}
}
