package chain

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secrets is a folder with the files that a configuration of Alertmanager names.
func secrets(t *testing.T, dir string) string {
	t.Helper()
	write(t, dir, "alerting-ntfy/token", producer)
	write(t, dir, "alerting-mail/password", "secret")
	return dir
}

// platform is a list with alerting of both modes.
const platform = "testdata/platform"

// fileConfig is the alertmanager.yml that roster renders with these values.
func fileConfig(t *testing.T, values string) string {
	t.Helper()
	all := parsed[map[string]any](t, "mode: files\n"+values)
	all["secretsFolder"] = secrets(t, t.TempDir())
	folder := edited(t, platform, "sys-alerting-files", all)
	return text(t, folder, "sys-alerting-files", "alerting-alertmanager", "alertmanager.yml")
}

// operatorConfig is what the Prometheus operator makes of the AlertmanagerConfig with these values: keys in
// snake case, matchers as text, Secrets as their values, and the routes below one that sees only alerts of the same
// namespace (pkg/alertmanager/amcfg.go). Names of receivers stay as they are; there they get the object's in front.
func operatorConfig(t *testing.T, values string) string {
	t.Helper()
	config := rendered(t, edited(t, platform, "sys-alerting", parsed[map[string]any](t, values)), "sys-alerting", "AlertmanagerConfig", "alerting")
	dir := secrets(t, t.TempDir())
	route := converted(t, dir, config.at("spec", "route")).(map[string]any)
	route["matchers"] = append(list(route["matchers"]), `namespace="sys-alerting"`)
	route["continue"] = true
	receivers := converted(t, dir, config.at("spec", "receivers")).([]any)
	return marshaled(t, map[string]any{
		"route":     map[string]any{"receiver": "null", "routes": []any{route}},
		"receivers": append(receivers, map[string]any{"name": "null"}),
	})
}

func list(value any) []any { l, _ := value.([]any); return l }

// converted is a value of an AlertmanagerConfig as Alertmanager's own file has it.
func converted(t *testing.T, secrets string, value any) any {
	t.Helper()
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = converted(t, secrets, v[i])
		}
		return out
	case map[string]any:
		if matchType, ok := v["matchType"]; ok {
			return fmt.Sprintf("%s%s%q", v["name"], matchType, v["value"])
		}
		out := map[string]any{}
		for key, value := range v {
			key = strings.ToLower(regexp.MustCompile("[A-Z]").ReplaceAllString(key, "_$0"))
			if s, ok := value.(map[string]any); ok && (key == "credentials" || key == "auth_password") {
				key, value = key+"_file", filepath.Join(secrets, s["name"].(string), s["key"].(string))
			}
			out[key] = converted(t, secrets, value)
		}
		return out
	}
	return value
}

// receiver is who hears of an alert with these labels.
func receiver(t *testing.T, config string, labels ...string) string {
	t.Helper()
	return strings.TrimSpace(output(t, "amtool", append([]string{"config", "routes", "test", "--config.file=" + config}, labels...)...))
}

// TestRoutes has amtool check the configuration, and say where alerts go, with the usual values and with others. Those that
// Alertmanager reads from a file and those that the operator makes must agree.
func TestRoutes(t *testing.T) {
	usual := map[string]string{
		"severity=critical":                      "severity-critical",
		"severity=warning":                       "severity-warning",
		"severity=info":                          "severity-info",
		"severity=none":                          "nobody",
		"severity=page":                          "severity-warning", // one that nobody listed
		"alertname=Anything":                     "severity-warning", // and none at all
		"severity=none alertname=DeadMansSwitch": "dead-mans-switch",
	}
	for _, c := range []struct {
		name, values string
		routes       map[string]string // beside the usual ones
		has, lacks   []string          // parts of the configuration
	}{
		{name: "usual", has: []string{"repeat_interval: 24h"}},
		{
			name: "mail with a username",
			values: `
routes: {critical: {topic: '', mail: true}, info: {mail: true}}
mail: {to: me@home.example, from: alarm@home.example, smarthost: 'mail.example:465', username: alarm}`,
			has: []string{"auth_password_file", "smarthost: mail.example:465"},
		},
		{
			name: "mail without one",
			values: `
routes: {critical: {mail: true}}
mail: {to: me@home.example, from: alarm@home.example, smarthost: 'mail.example:25'}`,
			has: []string{"email_configs"}, lacks: []string{"auth_"},
		},
		{
			name:   "a dead man's switch elsewhere",
			values: "deadMansSwitch: {url: 'https://hc.example/ping/1'}",
			has:    []string{"url: https://hc.example/ping/1", "repeat_interval: 5m"}, lacks: []string{"repeat_interval: 24h"},
		},
		{
			name:   "no dead man's switch",
			values: "alerts: {DeadMansSwitch: {enabled: false, severity: none}}",
			routes: map[string]string{"severity=none alertname=DeadMansSwitch": "nobody"}, lacks: []string{"dead-mans-switch"},
		},
		{
			name: "other severities",
			values: `
routes: {page: {topic: crit, priority: 1}}
defaultRoute: page
silent: [none, debug]`,
			routes: map[string]string{
				"severity=page": "severity-page", "severity=unknown": "severity-page", "alertname=Anything": "severity-page", "severity=debug": "nobody",
			},
			has: []string{"priority=1"},
		},
	} {
		for _, mode := range []struct {
			name   string
			render func(*testing.T, string) string
			labels []string
		}{
			{"files", fileConfig, nil},
			{"operator", operatorConfig, []string{"namespace=sys-alerting"}},
		} {
			t.Run(c.name+" in "+mode.name, func(t *testing.T) {
				text := mode.render(t, c.values)
				config := write(t, t.TempDir(), "alertmanager.yml", text)
				output(t, "amtool", "check-config", config)
				for _, part := range c.has {
					if !strings.Contains(marshaled(t, parsed[object](t, text)), part) {
						t.Errorf("there is no %q in\n%s", part, text)
					}
				}
				for _, part := range c.lacks {
					if strings.Contains(text, part) {
						t.Errorf("there is %q in\n%s", part, text)
					}
				}
				for labels, want := range usual {
					if other, ok := c.routes[labels]; ok {
						want = other
					}
					if got := receiver(t, config, append(strings.Fields(labels), mode.labels...)...); got != want {
						t.Errorf("%s goes to %q, want %q", labels, got, want)
					}
				}
				for labels, want := range c.routes {
					if got := receiver(t, config, append(strings.Fields(labels), mode.labels...)...); got != want {
						t.Errorf("%s goes to %q, want %q", labels, got, want)
					}
				}
			})
		}
	}
}

// TestExample has amtool check the configuration of examples/catalog-full, as it is.
func TestExample(t *testing.T) {
	text := text(t, example("catalog-full"), "sys-alerting-files", "alerting-alertmanager", "alertmanager.yml")
	config := write(t, t.TempDir(), "alertmanager.yml", text)
	output(t, "amtool", "check-config", config)
	for labels, want := range map[string]string{
		"severity=critical": "severity-critical", "severity=page": "severity-warning", "severity=none": "nobody",
	} {
		if got := receiver(t, config, labels); got != want {
			t.Errorf("%s goes to %q, want %q", labels, got, want)
		}
	}
}

// TestSecretsFolder gives a folder whose name means something to YAML.
func TestSecretsFolder(t *testing.T) {
	folder := edited(t, platform, "sys-alerting-files", map[string]any{
		"mode": "files", "secretsFolder": "/etc/a, b: {c} #1",
		"routes": map[string]any{"info": map[string]any{"mail": true}},
		"mail":   map[string]any{"to": "me@home.example", "from": "me@home.example", "smarthost": "mail.example:25", "username": "me"},
	})
	config := text(t, folder, "sys-alerting-files", "alerting-alertmanager", "alertmanager.yml")
	for _, file := range []string{"alerting-ntfy/token", "alerting-mail/password"} {
		if data := parsed[object](t, config); !strings.Contains(marshaled(t, data), "'/etc/a, b: {c} #1/"+file+"'") {
			t.Errorf("no file is called %s in\n%s", file, config)
		}
	}
}

// TestNamespace checks a comment in the chart: the operator lets an AlertmanagerConfig see its own namespace only.
func TestNamespace(t *testing.T) {
	config := write(t, t.TempDir(), "alertmanager.yml", operatorConfig(t, ""))
	if got := receiver(t, config, "severity=critical", "namespace=sys-other"); got != "null" {
		t.Errorf("an alert of another namespace goes to %q", got)
	}
}

// TestEveryAlertHasARoute sends each alert of the rules, with the labels that it has there.
func TestEveryAlertHasARoute(t *testing.T) {
	operator := operatorRules(t, platform, "sys-alerting", "alerting")
	files := text(t, platform, "sys-alerting-files", "alerting-rules", "rules.yml")
	for name, side := range map[string]struct{ rules, config string }{
		"files": {files, fileConfig(t, "")}, "operator": {operator, operatorConfig(t, "")},
	} {
		config := write(t, t.TempDir(), "alertmanager.yml", side.config)
		for alert, rule := range parsed[rules](t, side.rules).alerts() {
			want := "severity-" + rule.Labels["severity"]
			if alert == "DeadMansSwitch" {
				want = "dead-mans-switch"
			}
			got := receiver(t, config, "alertname="+alert, "severity="+rule.Labels["severity"], "namespace="+rule.Labels["namespace"])
			if got != want {
				t.Errorf("%s: %s goes to %q, want %q", name, alert, got, want)
			}
		}
	}
}

// TestMessagesFit fails when ntfy would refuse a message because it is too long: then nobody would be notified of any alert in it.
// All alerts that one message may have are as they are in the rules, with their templates and the whole expression, which is
// part of the link to Prometheus.
func TestMessagesFit(t *testing.T) {
	config := parsed[struct {
		Receivers []struct {
			Name           string
			WebhookConfigs []struct {
				URL       string
				MaxAlerts int `json:"max_alerts"`
			} `json:"webhook_configs"`
		}
	}](t, fileConfig(t, ""))
	most := map[string]int{}
	for _, r := range config.Receivers {
		for _, w := range r.WebhookConfigs {
			most[r.Name] = w.MaxAlerts
			if w.MaxAlerts == 0 {
				t.Errorf("%s: one message may have any number of alerts", r.Name)
			}
		}
	}
	for name, rule := range parsed[rules](t, fileRules(t)).alerts() {
		receiver := "severity-" + rule.Labels["severity"]
		if name == "DeadMansSwitch" {
			receiver = "dead-mans-switch"
		}
		labels := map[string]string{"alertname": name, "instance": "node1.home.example:9100"}
		for label, value := range rule.Labels {
			labels[label] = value
		}
		one := alert{
			Status: "resolved", Labels: labels, Annotations: rule.Annotations,
			StartsAt: "2026-01-02T03:04:05.678Z", EndsAt: "2026-01-02T03:04:05.678Z",
			// strutil.TableLinkForExpression in Prometheus.
			GeneratorURL: "http://prometheus.sys-monitoring:9090/graph?g0.expr=" + url.QueryEscape(rule.Expr) + "&g0.tab=1",
		}
		hook := webhook{Version: "4", Status: "resolved", Receiver: receiver}
		for range most[receiver] {
			hook.Alerts = append(hook.Alerts, one)
		}
		body, err := json.Marshal(hook)
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := alertmanager(body)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > maxMessage || len(body) > maxBody {
			t.Errorf("%s: %d alerts make a message of %d bytes, and ntfy takes %d", name, most[receiver], len(text), maxMessage)
		}
	}
}
