package intents

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/profiles"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const monitoring = "monitoring.coreos.com"

// scrape is what a Prometheus is told to scrape, as an intent with one target.
type scrape struct {
	Intent
	reader     string // which Prometheus; empty for one that only platform.yml says something of
	what       string // the path and the parameters, with which other metrics come
	service    string // through which of the Services that a ServiceMonitor selects; empty otherwise
	annotation bool
	ours       bool // whether roster renders it from metrics
	part       bool // whether it may leave out something of what it finds
}

// Scrapes are the ways from Prometheus to what it is told to scrape: by ServiceMonitors and PodMonitors that the operator's Prometheus selects, and by
// annotations where its settings read them.
func (in *Model) Scrapes() []Intent {
	var out []Intent
	for _, s := range in.scrapes() {
		out = append(out, s.Intent)
	}
	return out
}

func (in *Model) scrapes() []scrape {
	return in.scraped.Get(func() []scrape {
		left := mostCompared
		var out []scrape
		for _, p := range in.prometheuses() {
			for _, kind := range monitorKinds {
				for _, m := range in.monitors(kind.kind) {
					if in.selects(p, m, kind.selector) {
						for _, s := range in.monitored(m, &left) {
							s.From, s.reader = in.podsOf(p), p.Title()+" of "+p.Namespace
							out = append(out, s)
						}
					}
				}
			}
		}
		return append(out, in.annotated()...)
	})
}

// monitorKinds are the kinds that tell the operator's Prometheus what to scrape, and the fields with which it selects them.
var monitorKinds = [...]struct{ kind, selector string }{{"ServiceMonitor", "serviceMonitor"}, {"PodMonitor", "podMonitor"}}

// prometheuses are those of the operator.
func (in *Model) prometheuses() []*object {
	return slices.DeleteFunc(slices.Clone(in.deployed.Kind("Prometheus")), func(o *object) bool { return deployed.GroupOf(o) != monitoring })
}

// monitors are those of applications, and those that roster renders from metrics.
func (in *Model) monitors(kind string) []*object {
	return slices.DeleteFunc(in.deployed.All(kind), func(o *object) bool { return deployed.GroupOf(o) != monitoring })
}

// podsOf are the pods that the operator makes of a Prometheus.
func (in *Model) podsOf(p *object) []*network.End {
	return in.said(profiles.Pods{Namespace: p.Namespace, PodLabels: map[string]string{"app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": p.Name}})
}

// selects reports whether a Prometheus selects a monitor, with the two fields that begin with a word.
func (in *Model) selects(p, m *object, word string) bool {
	which, where := selectorAt(p, labels.Nothing(), "spec", word+"Selector"), selectorAt(p, nil, "spec", word+"NamespaceSelector")
	if which == nil || !which.Matches(labelsOf(m)) {
		return false
	}
	if where == nil {
		return m.Namespace == p.Namespace
	}
	return where.Matches(labels.Set(in.network.LabelsOf(m.Namespace)))
}

// mostCompared bounds how many Services and pods the selectors of monitors are compared with.
const mostCompared = 2_000_000

// monitored are the ways to what a monitor selects. Nobody goes them yet.
func (in *Model) monitored(m *object, left *int) []scrape {
	selector := selectorAt(m, nil, "spec", "selector")
	if selector == nil {
		return nil
	}
	field := "endpoints"
	if m.Kind == "PodMonitor" {
		field = "podMetricsEndpoints"
	}
	endpoints, _ := deployed.FieldAt(m, "spec", field).([]any)
	var out []scrape
	for _, namespace := range in.namespacesOf(m) {
		for i, ep := range endpoints {
			s := scrape{what: whatOf(ep), ours: m.Application == nil, part: leavesOut(ep)}
			s.Protocol, s.Asks, s.AtTo = "TCP", m.Title()+" of "+m.Namespace, true
			var found []scrape
			if m.Kind == "PodMonitor" {
				found = s.to(in.scrapedPods(namespace, selector, ep, left))
			} else {
				found = in.scrapedServices(s, namespace, selector, ep, left)
			}
			if len(found) > 0 {
				at := in.monitorAt(m, field, strconv.Itoa(i))
				for j := range found {
					found[j].At = at
				}
			}
			out = append(out, found...)
		}
	}
	return out
}

// to is the scrape for each target.
func (s scrape) to(all []target) []scrape {
	var out []scrape
	for _, i := range s.Intent.to(all) {
		s.Intent = i
		out = append(out, s)
	}
	return out
}

// monitorAt is where an endpoint of a monitor is written: in metrics, when roster renders it.
func (in *Model) monitorAt(m *object, field, i string) catalog.Place {
	if m.Application != nil {
		return in.places.Field(m, "spec", field, i)
	}
	return in.metrics.Get(func() map[deployed.ID]catalog.Place {
		out := map[deployed.ID]catalog.Place{}
		for n, a := range in.deployed.Applications() {
			if a.Metrics != nil {
				out[deployed.ID{Namespace: n.Name, Name: a.Code}] = a.Metrics.Place
			}
		}
		return out
	})[deployed.ID{Namespace: m.Namespace, Name: m.Name}]
}

// namespacesOf are the namespaces that a monitor looks at.
func (in *Model) namespacesOf(m *object) []string {
	var out []string
	if all, _ := deployed.FieldAt(m, "spec", "namespaceSelector", "any").(bool); all {
		for _, n := range in.network.Namespaces() {
			out = append(out, n.Name)
		}
		return out
	}
	list, _ := deployed.FieldAt(m, "spec", "namespaceSelector", "matchNames").([]any)
	if len(list) == 0 {
		return []string{m.Namespace}
	}
	for _, n := range list {
		if text, ok := n.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// whatOf is what an endpoint asks for: the path, and the parameters.
func whatOf(endpoint any) string {
	path, _ := deployed.Member(endpoint, "path").(string)
	parameters := ""
	if p, ok := deployed.Member(endpoint, "params").(map[string]any); ok && len(p) > 0 {
		text, _ := json.Marshal(p)
		parameters = string(text)
	}
	return cmp.Or(path, metricsPath) + parameters
}

// metricsPath is where metrics are unless something says otherwise.
const metricsPath = "/metrics"

// leavesOut reports whether an endpoint may leave out some of its targets or metrics, so that another one can have these.
func leavesOut(endpoint any) bool {
	for _, field := range []string{"relabelings", "metricRelabelings"} {
		list, _ := deployed.Member(endpoint, field).([]any)
		for _, r := range list {
			action, _ := deployed.Member(r, "action").(string)
			if action = strings.ToLower(action); strings.HasPrefix(action, "keep") || strings.HasPrefix(action, "drop") {
				return true
			}
		}
	}
	return false
}

func (in *Model) scrapedServices(s scrape, namespace string, selector labels.Selector, endpoint any, left *int) []scrape {
	var out []scrape
	name, _ := deployed.Member(endpoint, "port").(string)
	for _, o := range in.deployed.Within(namespace) {
		if o.Kind != "Service" {
			continue
		}
		if *left--; *left < 0 || !selector.Matches(labelsOf(o)) {
			continue
		}
		service := in.routes.ServicesOf(namespace)[o.Name]
		if service == nil || len(service.Spec.Selector) == 0 || service.Spec.Type == corev1.ServiceTypeExternalName {
			continue
		}
		s.service = o.Name
		if target, ok := portAt(endpoint, "targetPort"); ok && name == "" {
			out = append(out, s.to(declared(in.at(namespace, service.Spec.Selector, target, 0, "TCP")))...)
			continue
		}
		for _, p := range service.Spec.Ports {
			if name != "" && p.Name == name {
				out = append(out, s.to(in.at(namespace, service.Spec.Selector, p.TargetPort, p.Port, string(p.Protocol)))...)
			}
		}
	}
	return out
}

// declared are the targets without those pods that do not list the port: the operator keeps a target by the port of its container
// (__meta_kubernetes_pod_container_port_number).
func declared(all []target) []target {
	return slices.DeleteFunc(all, func(t target) bool {
		return t.ends[0].Pods != nil && !t.ends[0].Pods.Declares(strconv.Itoa(int(t.port)))
	})
}

func (in *Model) scrapedPods(namespace string, selector labels.Selector, endpoint any, left *int) []target {
	var port intstr.IntOrString
	for _, field := range []string{"port", "portNumber", "targetPort"} { // in this order (pkg/prometheus/promcfg.go)
		if p, ok := portAt(endpoint, field); ok {
			port = p
			break
		}
	}
	var out []target
	for _, e := range in.network.Namespace(namespace).Pods {
		if *left--; *left < 0 || !selector.Matches(labels.Set(e.Pods.Labels)) {
			continue
		}
		number := port.IntVal
		if port.Type == intstr.String {
			number = e.Pods.PortNamed(port.StrVal, corev1.ProtocolTCP)
		}
		if number > 0 && number <= 65535 {
			out = append(out, target{[]*network.End{e}, false, uint16(number)})
		}
	}
	return declared(out)
}

// portAt is a port at a field of an endpoint, by its name or number.
func portAt(endpoint any, field string) (intstr.IntOrString, bool) {
	switch v := deployed.Member(endpoint, field).(type) {
	case int64:
		return intstr.FromInt32(int32(v)), v > 0 && v <= 65535
	case float64: // as JSON has it
		return intstr.FromInt32(int32(v)), v == float64(uint16(v)) && v > 0
	case string:
		return intstr.FromString(v), v != ""
	}
	return intstr.IntOrString{}, false
}

// selectorAt is the selector at a field: the other one when there is none, and nil when it cannot be read.
func selectorAt(o *object, otherwise labels.Selector, fields ...string) labels.Selector {
	content, ok := deployed.FieldAt(o, fields...).(map[string]any)
	if !ok {
		return otherwise
	}
	var s metav1.LabelSelector
	if runtime.DefaultUnstructuredConverter.FromUnstructured(content, &s) != nil {
		return nil
	}
	out, err := metav1.LabelSelectorAsSelector(&s)
	if err != nil {
		return nil
	}
	return out
}

func labelsOf(o *object) labels.Set {
	out := labels.Set{}
	all, _ := deployed.FieldAt(o, "metadata", "labels").(map[string]any)
	for key, value := range all {
		if text, ok := value.(string); ok {
			out[key] = text
		}
	}
	return out
}
