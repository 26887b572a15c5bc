package intents

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/profiles"
	"k8s.io/apimachinery/pkg/labels"
)

// services are where receivers of a kind send to, when they name no address (prometheus/alertmanager, config/config.go and notifiers.go).
var services = map[string]string{"opsgenieConfigs": "https://api.opsgenie.com", "pagerdutyConfigs": "https://events.pagerduty.com",
	"pushoverConfigs": "https://api.pushover.net", "telegramConfigs": "https://api.telegram.org"}

// Receivers are the ways from Alertmanager to the addresses that its receivers send to.
func (in *Model) Receivers() []Intent {
	var out []Intent
	configs := in.alerts.Configs()
	for k := range configs {
		c := &configs[k]
		from := in.senders(c.Object)
		if len(from) == 0 {
			continue
		}
		for n, receiver := range c.Spec.Receivers {
			for _, kind := range slices.Sorted(maps.Keys(receiver)) {
				list, _ := receiver[kind].([]any)
				for m, config := range list {
					address := services[kind]
					for _, field := range []string{"url", "apiURL", "apiUrl"} {
						if text, ok := deployed.Member(config, field).(string); ok {
							address = text
						}
					}
					u, err := url.Parse(address)
					if err != nil || u.Host == "" || strings.Contains(address, "{{") {
						continue
					}
					i := Intent{From: from, Protocol: "TCP", Asks: "a receiver of " + c.Object.Title(), At: in.places.Field(c.Object, "spec", "receivers", strconv.Itoa(n), kind, strconv.Itoa(m))}
					l, inside := in.service(u.Hostname(), from[0].Namespace)
					if !inside {
						out = append(out, in.away(i, u)...)
						continue
					}
					l.Port = portOf(u)
					out = append(out, i.to(in.behind(l))...)
				}
			}
		}
	}
	return out
}

// senders are the pods of the Alertmanagers that read an AlertmanagerConfig.
func (in *Model) senders(config *object) []*network.End {
	var out []*network.End
	for _, o := range in.deployed.Kind("Alertmanager") {
		which, where := selectorAt(o, labels.Nothing(), "spec", "alertmanagerConfigSelector"), selectorAt(o, nil, "spec", "alertmanagerConfigNamespaceSelector")
		here := config.Namespace == o.Namespace
		selected := which != nil && which.Matches(labelsOf(config)) && (where == nil && here || where != nil && where.Matches(labels.Set(in.network.LabelsOf(config.Namespace))))
		if deployed.GroupOf(o) == monitoring && (selected || here && deployed.StringAt(o, "spec", "alertmanagerConfiguration", "name") == config.Name) {
			out = append(out, in.said(profiles.Pods{Namespace: o.Namespace, PodLabels: map[string]string{"app.kubernetes.io/name": "alertmanager", "alertmanager": o.Name}})...)
		}
	}
	return out
}
