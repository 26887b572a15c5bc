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
)

// services are where receivers of a kind send to, when they name no address (prometheus/alertmanager, config/config.go and notifiers.go).
var services = map[string]string{"opsgenieConfigs": "https://api.opsgenie.com", "pagerdutyConfigs": "https://events.pagerduty.com",
	"pushoverConfigs": "https://api.pushover.net", "telegramConfigs": "https://api.telegram.org"}

// Receivers are the ways from Alertmanager to the addresses that its receivers send to.
func (in *Model) Receivers() []Intent {
	var from []*network.End
	for _, o := range in.deployed.Kind("Alertmanager") {
		if deployed.GroupOf(o) == monitoring {
			from = append(from, in.said(profiles.Pods{Namespace: o.Namespace, PodLabels: map[string]string{"app.kubernetes.io/name": "alertmanager", "alertmanager": o.Name}})...)
		}
	}
	if len(from) == 0 {
		return nil
	}
	var out []Intent
	configs := in.alerts.Configs()
	for k := range configs {
		c := &configs[k]
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
