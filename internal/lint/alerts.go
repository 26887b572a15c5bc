package lint

import (
	"maps"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// alertRule is a rule of a PrometheusRule: an alert or, with Record, a series that is computed.
type alertRule struct {
	writtenRule
	ownLabels map[string]string // without those of the group
	object    *Object
	at        []string // the fields that lead to it
}

type writtenRule struct {
	Alert  string              `json:"alert"`
	Record string              `json:"record"`
	Expr   intstr.IntOrString  `json:"expr"`
	For    *intstr.IntOrString `json:"for"`
	Labels map[string]string   `json:"labels"` // also those of the group

	Annotations map[string]string `json:"annotations"`
}

// alertRules are the rules of all PrometheusRules. What is not such an object is left out: unknown-field reports it.
func (in *Input) alertRules() []alertRule { return in.alerts.get(in.readAlertRules) }

func (in *Input) readAlertRules() []alertRule {
	var out []alertRule
	for _, o := range in.Kind("PrometheusRule") {
		var content struct {
			Spec struct {
				Groups []struct {
					Labels map[string]string `json:"labels"`
					Rules  []writtenRule     `json:"rules"`
				} `json:"groups"`
			} `json:"spec"`
		}
		if groupOf(o) != "monitoring.coreos.com" || runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &content) != nil {
			continue
		}
		for i, g := range content.Spec.Groups {
			for j, r := range g.Rules {
				own, labels := r.Labels, map[string]string{}
				maps.Copy(labels, g.Labels)
				maps.Copy(labels, own)
				r.Labels = labels
				out = append(out, alertRule{r, own, o, []string{"spec", "groups", strconv.Itoa(i), "rules", strconv.Itoa(j)}})
			}
		}
	}
	return out
}

// name is what messages call the rule.
func (r *alertRule) name() string {
	if r.Alert == "" {
		return "the rule " + diag.Beginning(r.Record, longestName)
	}
	return "the alert " + diag.Beginning(r.Alert, longestName)
}

// place is where the user wrote a field of the rule.
func (r *alertRule) place(in *Input, fields ...string) catalog.Place {
	return in.near(r.object, r.Alert+r.Record, append(r.at[:len(r.at):len(r.at)], fields...)...)
}

// alertmanagerConfig is what the rules read of one.
type alertmanagerConfig struct {
	writtenConfig
	object    *Object
	receivers map[string]int // the first of each name
}

type writtenConfig struct {
	Spec struct {
		Route     *alertRoute      `json:"route"`
		Receivers []map[string]any `json:"receivers"`
	} `json:"spec"`
}

type alertRoute struct {
	Receiver string         `json:"receiver"`
	Matchers []alertMatcher `json:"matchers"`
	Routes   []alertRoute   `json:"routes"`
}

type alertMatcher struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	MatchType string `json:"matchType"`
	Regex     bool   `json:"regex"` // the older way to write =~
}

// alertmanagerConfigs are all that applications deploy. What is not such an object is left out: unknown-field reports it.
func (in *Input) alertmanagerConfigs() []alertmanagerConfig {
	return in.alertConfigs.get(in.readAlertmanagerConfigs)
}

func (in *Input) readAlertmanagerConfigs() []alertmanagerConfig {
	var out []alertmanagerConfig
	for _, o := range in.Kind("AlertmanagerConfig") {
		c := alertmanagerConfig{object: o, receivers: map[string]int{}}
		if groupOf(o) == "monitoring.coreos.com" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &c.writtenConfig) == nil && c.Spec.Route != nil {
			for i, r := range c.Spec.Receivers {
				if name, ok := r["name"].(string); ok {
					if _, again := c.receivers[name]; !again {
						c.receivers[name] = i
					}
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// receiver is the receiver of a name; nil when there is none.
func (c *alertmanagerConfig) receiver(name string) (i int, receiver map[string]any) {
	if i, ok := c.receivers[name]; ok {
		return i, c.Spec.Receivers[i]
	}
	return 0, nil
}

// destinations reports whether a receiver sends anything anywhere.
func destinations(receiver map[string]any) bool {
	for key, value := range receiver {
		if list, ok := value.([]any); ok && len(list) > 0 && strings.HasSuffix(key, "Configs") {
			return true
		}
	}
	return false
}
