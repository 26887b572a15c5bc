// Package alerts is the rules that alert, and where Alertmanager sends what they find.
package alerts

import (
	"maps"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Model is the alerts of all namespaces.
type Model struct {
	deployed *deployed.Model
	places   *places.Model

	alerts       once.Value[[]Rule]
	alertConfigs once.Value[[]Config]
}

// New is the alerts of what is deployed.
func New(d *deployed.Model, p *places.Model) *Model { return &Model{deployed: d, places: p} }

// Rule is a rule of a PrometheusRule: an alert or, with Record, a series that is computed.
type Rule struct {
	writtenRule
	OwnLabels map[string]string // without those of the group
	object    *deployed.Object
	at        []string // the fields that lead to it
	places    *places.Model
}

type writtenRule struct {
	Alert  string              `json:"alert"`
	Record string              `json:"record"`
	Expr   intstr.IntOrString  `json:"expr"`
	For    *intstr.IntOrString `json:"for"`
	Labels map[string]string   `json:"labels"` // also those of the group

	Annotations map[string]string `json:"annotations"`
}

// Rules are the rules of all PrometheusRules. What is not such an object is left out: unknown-field reports it.
func (in *Model) Rules() []Rule { return in.alerts.Get(in.readAlertRules) }

func (in *Model) readAlertRules() []Rule {
	var out []Rule
	for _, o := range in.deployed.Kind("PrometheusRule") {
		var content struct {
			Spec struct {
				Groups []struct {
					Labels map[string]string `json:"labels"`
					Rules  []writtenRule     `json:"rules"`
				} `json:"groups"`
			} `json:"spec"`
		}
		if deployed.GroupOf(o) != "monitoring.coreos.com" || runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &content) != nil {
			continue
		}
		for i, g := range content.Spec.Groups {
			for j, r := range g.Rules {
				own, labels := r.Labels, map[string]string{}
				maps.Copy(labels, g.Labels)
				maps.Copy(labels, own)
				r.Labels = labels
				out = append(out, Rule{r, own, o, []string{"spec", "groups", strconv.Itoa(i), "rules", strconv.Itoa(j)}, in.places})
			}
		}
	}
	return out
}

// Name is what messages call the rule.
func (r *Rule) Name() string {
	if r.Alert == "" {
		return "the rule " + diag.Beginning(r.Record, deployed.LongestName)
	}
	return "the alert " + diag.Beginning(r.Alert, deployed.LongestName)
}

// Place is where the user wrote a field of the rule.
func (r *Rule) Place(fields ...string) catalog.Place {
	return r.places.Near(r.object, r.Alert+r.Record, append(r.at[:len(r.at):len(r.at)], fields...)...)
}

// Config is what the rules read of one.
type Config struct {
	writtenConfig
	Object    *deployed.Object
	receivers map[string]int // the first of each name
}

type writtenConfig struct {
	Spec struct {
		Route     *Route           `json:"route"`
		Receivers []map[string]any `json:"receivers"`
	} `json:"spec"`
}

type Route struct {
	Receiver string    `json:"receiver"`
	Matchers []Matcher `json:"matchers"`
	Routes   []Route   `json:"routes"`
}

type Matcher struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	MatchType string `json:"matchType"`
	Regex     bool   `json:"regex"` // the older way to write =~
}

// Configs are all that applications deploy. What is not such an object is left out: unknown-field reports it.
func (in *Model) Configs() []Config {
	return in.alertConfigs.Get(in.readAlertmanagerConfigs)
}

func (in *Model) readAlertmanagerConfigs() []Config {
	var out []Config
	for _, o := range in.deployed.Kind("AlertmanagerConfig") {
		c := Config{Object: o, receivers: map[string]int{}}
		if deployed.GroupOf(o) == "monitoring.coreos.com" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &c.writtenConfig) == nil && c.Spec.Route != nil {
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

// Receiver is the receiver of a name; nil when there is none.
func (c *Config) Receiver(name string) (i int, receiver map[string]any) {
	if i, ok := c.receivers[name]; ok {
		return i, c.Spec.Receivers[i]
	}
	return 0, nil
}

// Destinations reports whether a receiver sends anything anywhere.
func Destinations(receiver map[string]any) bool {
	for key, value := range receiver {
		if list, ok := value.([]any); ok && len(list) > 0 && strings.HasSuffix(key, "Configs") {
			return true
		}
	}
	return false
}
