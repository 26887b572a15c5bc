package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/alerts"
)

var alertWithoutRoute = lint.Rule{
	Name:     "alert-without-route",
	Severity: lint.Warning,
	Summary:  "an alert has a severity for which Alertmanager has no route",
	Doc: `Such an alert takes the default route, whatever it is about: a misspelled word turns into a warning what
should wake you up, silently. Give the alert a severity that the application ` + "`alerting`" + ` has under ` + "`routes`" + ` or
` + "`silent`" + `, or add a route for it. The rule applies when the list has one such application, and to the AlertmanagerConfigs that
can be rendered here.`,
	Bad:  alertExample("page"),
	Good: alertExample("critical"),
	Check: func(in *lint.Context, report lint.Report) {
		if alertings(in) != 1 || len(in.Failed) > 0 { // any application may deploy routes
			return
		}
		configs := in.Alerts.Configs()
		if len(configs) == 0 {
			return
		}
		table := newRouteTable(configs)
		for _, c := range table.unread {
			report(in.Places.Near(c.config.Object, c.value, "spec", "route"), "", "%s has a regular expression that %s: the routes with it are not checked",
				c.config.Object.Title(), c.problem)
		}
		there := diag.OneOf("the routes are for ", severities(configs))
		for i := range in.Alerts.Rules() {
			r := &in.Alerts.Rules()[i]
			severity, has := r.Labels["severity"]
			if r.Alert == "" || strings.Contains(r.Alert+severity, "{{") || table.routes(r) {
				continue
			}
			problem, at := "no severity", r.Place("labels")
			if has {
				problem, at = "the severity "+severity+", for which there is no route", r.Place("labels", "severity")
			}
			report(at, there, "%s has %s: it takes the default route%s", r.Name(), problem, defaultReceiver(configs))
		}
	},
}

// alertings counts the applications that configure Alertmanager.
func alertings(in *lint.Context) (n int) {
	for _, a := range in.Deployed.Applications() {
		if a.Catalog == "alerting" {
			n++
		}
	}
	return n
}

// routeTable is the routes below the default ones, by their severity and name.
type routeTable struct {
	byLabels map[alertLabels][]tableRoute
	unread   []unreadMatcher
}

// alertLabels are what a route matches; nil when it does not match exactly one value.
type alertLabels struct {
	severity, name       string
	anySeverity, anyName bool
}

// tableRoute is what else a route matches.
type tableRoute []tableMatcher

type tableMatcher struct {
	alerts.Matcher
	pattern *regexp.Regexp // nil for none, and for one that cannot be read, which may match
}

// unreadMatcher is a regular expression that is too large.
type unreadMatcher struct {
	config         *alerts.Config
	value, problem string
}

func newRouteTable(configs []alerts.Config) *routeTable {
	t := &routeTable{byLabels: map[alertLabels][]tableRoute{}}
	for i := range configs {
		for _, r := range configs[i].Spec.Route.Routes {
			key := alertLabels{anySeverity: true, anyName: true}
			var rest tableRoute
			for _, m := range r.Matchers {
				switch {
				case kind(&m) == "=" && m.Name == "severity" && key.anySeverity:
					key.severity, key.anySeverity = m.Value, false
				case kind(&m) == "=" && m.Name == "alertname" && key.anyName:
					key.name, key.anyName = m.Value, false
				default:
					rest = append(rest, t.matcher(&configs[i], m))
				}
			}
			t.byLabels[key] = append(t.byLabels[key], rest)
		}
	}
	return t
}

func (t *routeTable) matcher(c *alerts.Config, m alerts.Matcher) tableMatcher {
	out := tableMatcher{Matcher: m}
	if kind := kind(&m); kind == "=~" || kind == "!~" {
		pattern, problem := bounds.Regexp("^(?:" + m.Value + ")$")
		if problem != "" {
			t.unread = append(t.unread, unreadMatcher{c, m.Value, problem})
		}
		out.pattern = pattern
	}
	return out
}

// routes reports whether a route below the default one may be for an alert. Labels that the alert's rule does not set may come
// from its expression, other than the severity.
func (t *routeTable) routes(r *alerts.Rule) bool {
	severity := r.Labels["severity"]
	for _, key := range []alertLabels{{severity, r.Alert, false, false}, {severity, "", false, true}, {"", r.Alert, true, false}, {"", "", true, true}} {
		if slices.ContainsFunc(t.byLabels[key], func(route tableRoute) bool { return route.takes(r) }) {
			return true
		}
	}
	return false
}

func (route tableRoute) takes(r *alerts.Rule) bool {
	return !slices.ContainsFunc(route, func(m tableMatcher) bool {
		value, known := r.Labels[m.Name]
		if m.Name == "alertname" {
			value, known = r.Alert, true
		}
		return (known || m.Name == "severity") && !strings.Contains(value, "{{") && !m.matches(value)
	})
}

// kind is how a matcher compares.
func kind(m *alerts.Matcher) string {
	switch {
	case m.MatchType == "" && m.Regex:
		return "=~"
	case slices.Contains([]string{"!=", "=~", "!~"}, m.MatchType):
		return m.MatchType
	}
	return "="
}

func (m *tableMatcher) matches(value string) bool {
	switch kind := kind(&m.Matcher); kind {
	case "!=":
		return value != m.Value
	case "=~", "!~":
		return m.pattern == nil || m.pattern.MatchString(value) == (kind == "=~")
	}
	return value == m.Value
}

// severities are those with a route, in order.
func severities(configs []alerts.Config) []string {
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

// defaultReceiver names the receiver of the default route, if there is only one.
func defaultReceiver(configs []alerts.Config) string {
	if len(configs) > 1 || configs[0].Spec.Route.Receiver == "" {
		return ""
	}
	return ", to " + configs[0].Spec.Route.Receiver
}
