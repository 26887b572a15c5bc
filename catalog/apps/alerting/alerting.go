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
	var problems builtin.Problems
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
			problems.Add([]string{"deadMansSwitch", "url"}, "", "%v", err)
		} else {
			d.Flows = append(d.Flows, builtin.Flow{Callers: callers, Peer: peer})
		}
	}
	v.routed(&problems)
	v.delivered(s.Uses["ntfy"], &problems)
	return d, problems, nil
}

// routed reports alerts that would go nowhere.
func (v *values) routed(problems *builtin.Problems) {
	severities := slices.Sorted(maps.Keys(v.Routes))
	hint := "routes has " + strings.Join(severities, ", ") + "; silent has " + strings.Join(v.Silent, ", ")
	known := func(severity string) bool {
		return slices.Contains(severities, severity) || slices.Contains(v.Silent, severity)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Alerts)) {
		a := v.Alerts[name]
		if (a.Enabled == nil || *a.Enabled) && !known(a.Severity) {
			problems.Add([]string{"alerts", name, "severity"}, hint, "the alert %s has the severity %q, which has no route", name, a.Severity)
		}
	}
	for i, rule := range v.Rules {
		if !known(rule.Severity) {
			problems.Add([]string{"rules", fmt.Sprint(i), "severity"}, hint, "the alert %s has the severity %q, which has no route", rule.Alert, rule.Severity)
		}
		if _, taken := v.Alerts[rule.Alert]; taken {
			problems.Add([]string{"rules", fmt.Sprint(i), "alert"}, "change that one under alerts", "there is an alert %s already", rule.Alert)
		}
	}
	if !slices.Contains(severities, v.DefaultRoute) {
		problems.Add([]string{"defaultRoute"}, hint, "there is no route %q for what other rules raise", v.DefaultRoute)
	}
	for i, severity := range v.Silent {
		if slices.Contains(severities, severity) {
			problems.Add([]string{"silent", fmt.Sprint(i)}, "remove it here, or under routes", "%q has a route", severity)
		}
	}
}

// delivered reports receivers that would send nothing, or to a topic that the bus does not have.
func (v *values) delivered(bus builtin.Used, problems *builtin.Problems) {
	if bus.Offer == nil {
		return // reported
	}
	topic := func(name string, path ...string) {
		if name != "" {
			problems.CheckTopic(bus, name, path...)
		}
	}
	mail := false
	for _, severity := range slices.Sorted(maps.Keys(v.Routes)) {
		r := v.Routes[severity]
		topic(r.Topic, "routes", severity, "topic")
		if r.Topic == "" && !r.Mail {
			problems.Add([]string{"routes", severity}, "set topic, or mail: true; or list the severity under silent", "nobody would hear of alerts of the severity %q", severity)
		}
		if r.Mail && (v.Mail.To == "" || v.Mail.From == "" || v.Mail.Smarthost == "") {
			problems.Add([]string{"routes", severity, "mail"}, "set mail: {to: …, from: …, smarthost: 'HOST:PORT'}", "nothing says where to send the mail")
		}
		mail = mail || r.Mail
	}
	if v.Mail.To != "" && !mail {
		problems.Add([]string{"mail", "to"}, "set mail: true at a route", "no route sends mail")
	}
	topic(v.DeadMansSwitch.Topic, "deadMansSwitch", "topic")
	if on := v.Alerts["DeadMansSwitch"].Enabled; (on == nil || *on) && v.DeadMansSwitch.URL == "" && v.DeadMansSwitch.Topic == "" {
		problems.Add([]string{"deadMansSwitch"}, "set url or topic; or alerts: {DeadMansSwitch: {enabled: false}}", "the dead man's switch has nobody to reassure")
	}
}
