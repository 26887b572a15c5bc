// Package alerting is the alarm that reaches you: rules for Prometheus, and routes of Alertmanager to the bus.
package alerting

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
)

//go:embed all:chart
var files embed.FS

// Application is alerting.
var Application = builtin.Application{
	Name:    "alerting",
	Chart:   builtin.Chart(files),
	Uses:    map[string]bool{"ntfy": true},
	Declare: declare,
}

// values are the chart's values as far as something around the chart depends on them, or they depend on each other.
type values struct {
	Mode   string
	Alerts map[string]struct {
		Enabled  *bool
		Severity string
	}
	Rules []struct{ Alert, Severity string }

	Routes map[string]struct {
		Topic string
		Mail  bool
	}
	DefaultRoute   string
	Silent         []string
	Mail           struct{ To, From, Smarthost, Username string }
	DeadMansSwitch struct {
		URL, Topic string
	}
	Alertmanager struct {
		Namespace string
		PodLabels map[string]string
	}
}

func declare(s *builtin.Surroundings) (builtin.Declaration, []builtin.Problem, error) {
	var v values
	if err := s.Values.Decode(&v); err != nil {
		return builtin.Declaration{}, nil, err
	}
	callers := builtin.Callers{Namespace: v.Alertmanager.Namespace, PodLabels: v.Alertmanager.PodLabels}
	if callers.Namespace == "" {
		callers.Namespace = s.Monitoring // or else here
	}
	d := builtin.Declaration{
		Profile: "isolated-job", // it has no pods itself; Alertmanager's, if they are here, resolve names
		Callers: callers,
		Secrets: []builtin.Secret{{Name: "alerting-ntfy", Data: map[string]string{"token": "ntfy-token"}}},
		// Where nothing says who brings the kinds, they are taken to be there.
		Monitors: v.Mode == "operator" && s.Monitoring != "",
	}
	var problems []builtin.Problem
	report := func(hint, format string, args ...any) func(path ...string) {
		return func(path ...string) {
			problems = append(problems, builtin.Problem{Path: path, Hint: hint, Message: fmt.Sprintf(format, args...)})
		}
	}
	if v.Mail.Username != "" {
		d.Secrets = append(d.Secrets, builtin.Secret{Name: "alerting-mail", Data: map[string]string{"password": "mail-password"}})
	}
	if v.Mail.Smarthost != "" {
		host, port, _ := strings.Cut(v.Mail.Smarthost, ":") // the schema has a pattern for it
		d.Flows = append(d.Flows, builtin.Flow{Callers: callers, Peer: builtin.Peer{Host: host, Ports: []string{port}}})
	}
	if v.DeadMansSwitch.URL != "" {
		peer, err := builtin.To(v.DeadMansSwitch.URL, 0)
		if err != nil {
			report("", "%v", err)("deadMansSwitch", "url")
		} else {
			d.Flows = append(d.Flows, builtin.Flow{Callers: callers, Peer: peer})
		}
	}
	v.routed(report)
	v.delivered(s.Uses["ntfy"], report)
	return d, problems, nil
}

// routed reports alerts that would go nowhere.
func (v *values) routed(report func(hint, format string, args ...any) func(path ...string)) {
	severities := slices.Sorted(maps.Keys(v.Routes))
	hint := "routes has " + strings.Join(severities, ", ") + "; silent has " + strings.Join(v.Silent, ", ")
	known := func(severity string) bool {
		return slices.Contains(severities, severity) || slices.Contains(v.Silent, severity)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Alerts)) {
		a := v.Alerts[name]
		if (a.Enabled == nil || *a.Enabled) && !known(a.Severity) {
			report(hint, "the alert %s has the severity %q, which has no route", name, a.Severity)("alerts", name, "severity")
		}
	}
	for i, rule := range v.Rules {
		if !known(rule.Severity) {
			report(hint, "the alert %s has the severity %q, which has no route", rule.Alert, rule.Severity)("rules", fmt.Sprint(i), "severity")
		}
		if _, taken := v.Alerts[rule.Alert]; taken {
			report("change that one under alerts", "there is an alert %s already", rule.Alert)("rules", fmt.Sprint(i), "alert")
		}
	}
	if !slices.Contains(severities, v.DefaultRoute) {
		report(hint, "there is no route %q for what other rules raise", v.DefaultRoute)("defaultRoute")
	}
	for i, severity := range v.Silent {
		if slices.Contains(severities, severity) {
			report("remove it here, or under routes", "%q has a route", severity)("silent", fmt.Sprint(i))
		}
	}
}

// delivered reports receivers that would send nothing, or to a topic that the bus does not have.
func (v *values) delivered(bus builtin.Used, report func(hint, format string, args ...any) func(path ...string)) {
	if bus.Offer == nil {
		return // reported
	}
	names := slices.Sorted(maps.Keys(bus.Offer.Topics))
	topic := func(name string, path ...string) {
		if name != "" && !slices.Contains(names, name) {
			report(fmt.Sprintf("the topics of %s are called %s", bus.Code, strings.Join(names, ", ")), "%s has no topic %q", bus.Code, name)(path...)
		}
	}
	mail := false
	for _, severity := range slices.Sorted(maps.Keys(v.Routes)) {
		r := v.Routes[severity]
		topic(r.Topic, "routes", severity, "topic")
		if r.Topic == "" && !r.Mail {
			report("set topic, or mail: true; or list the severity under silent", "nobody would hear of alerts of the severity %q", severity)("routes", severity)
		}
		if r.Mail && (v.Mail.To == "" || v.Mail.From == "" || v.Mail.Smarthost == "") {
			report("set mail: {to: …, from: …, smarthost: 'HOST:PORT'}", "nothing says where to send the mail")("routes", severity, "mail")
		}
		mail = mail || r.Mail
	}
	if v.Mail.To != "" && !mail {
		report("set mail: true at a route", "no route sends mail")("mail", "to")
	}
	topic(v.DeadMansSwitch.Topic, "deadMansSwitch", "topic")
	if on := v.Alerts["DeadMansSwitch"].Enabled; (on == nil || *on) && v.DeadMansSwitch.URL == "" && v.DeadMansSwitch.Topic == "" {
		report("set url or topic; or alerts: {DeadMansSwitch: {enabled: false}}", "the dead man's switch has nobody to reassure")("deadMansSwitch")
	}
}
