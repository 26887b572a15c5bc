// Package alerting is the alarm that reaches you: rules for Prometheus, and routes of Alertmanager to the bus.
package alerting

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/alertrule"
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
	Rules []struct{ Alert, Severity, Expr, Summary, Description string }

	Routes map[string]struct {
		Topic string
		Mail  bool
	}
	DefaultRoute string
	Silent       []string
	Mail         struct {
		To, From, Smarthost, Username string
		PodPort                       int
	}
	DeadMansSwitch struct {
		URL, Topic string
		PodPort    int
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
	callers := builtin.Callers{Namespace: s.Monitoring, PodLabels: v.Alertmanager.PodLabels} // or else here
	if v.Alertmanager.Namespace != "" {
		callers.Namespace, callers.Path = v.Alertmanager.Namespace, []string{"alertmanager", "namespace"}
	}
	d := builtin.Declaration{
		Profile: "isolated-job", // it has no pods itself; Alertmanager's, if they are here, resolve names
		Callers: callers,
		Secrets: []builtin.Secret{{Name: "alerting-ntfy", Data: map[string]string{"token": "ntfy-token"}}},
		// Where no application is known to install the kinds, they are assumed to exist.
		Monitors: v.Mode == "operator" && s.Monitoring != "",
	}
	var problems builtin.Problems
	if v.Mail.Username != "" {
		d.Secrets = append(d.Secrets, builtin.Secret{Name: "alerting-mail", Data: map[string]string{"password": "mail-password"}})
	}
	to := func(url string, podPort int, path ...string) {
		peer, err := builtin.To(url, podPort)
		if err != nil {
			problems.Add(path, "", "%v", err)
			return
		}
		d.Flows = append(d.Flows, builtin.Flow{Callers: callers, Peer: peer, Path: path})
	}
	if v.Mail.Smarthost != "" {
		to("https://"+v.Mail.Smarthost, v.Mail.PodPort, "mail", "smarthost") // the schema has a pattern for it: HOST:PORT
	}
	if v.DeadMansSwitch.URL != "" {
		to(v.DeadMansSwitch.URL, v.DeadMansSwitch.PodPort, "deadMansSwitch", "url")
	}
	v.routed(&problems)
	v.readable(&problems)
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
			problems.Add([]string{"rules", fmt.Sprint(i), "alert"}, "change that one under alerts", "the alert %s already exists", rule.Alert)
		}
	}
	if !slices.Contains(severities, v.DefaultRoute) {
		problems.Add([]string{"defaultRoute"}, hint, "there is no route %q for alerts of other rules", v.DefaultRoute)
	}
	for i, severity := range v.Silent {
		if slices.Contains(severities, severity) {
			problems.Add([]string{"silent", fmt.Sprint(i)}, "remove it here, or under routes", "%q has a route", severity)
		}
	}
}

// readable reports rules that Prometheus would refuse, with all those beside them.
func (v *values) readable(problems *builtin.Problems) {
	for i, rule := range v.Rules {
		add := func(field, problem string) {
			if problem != "" {
				problems.Add([]string{"rules", fmt.Sprint(i), field}, "", "Prometheus cannot read it: %s", problem)
			}
		}
		add("expr", alertrule.Expression(rule.Expr))
		add("summary", alertrule.Template(rule.Summary))
		add("description", alertrule.Template(rule.Description))
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
	if v.DeadMansSwitch.URL == "" { // or else the topic is not used
		topic(v.DeadMansSwitch.Topic, "deadMansSwitch", "topic")
	}
	if on := v.Alerts["DeadMansSwitch"].Enabled; (on == nil || *on) && v.DeadMansSwitch.URL == "" && v.DeadMansSwitch.Topic == "" {
		problems.Add([]string{"deadMansSwitch"}, "set url or topic; or alerts: {DeadMansSwitch: {enabled: false}}", "the dead man's switch notifies nobody")
	}
}
