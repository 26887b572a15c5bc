package intents

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/images"
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

// Scrapes are the ways from Prometheus to what it is told to scrape: by ServiceMonitors and PodMonitors that the operator's Prometheus selects, and by
// annotations where its settings read them.
func (in *Model) Scrapes() []Intent {
	var out []Intent
	left := mostCompared
	for _, p := range in.deployed.Kind("Prometheus") {
		if deployed.GroupOf(p) != monitoring {
			continue
		}
		from := in.said(profiles.Pods{Namespace: p.Namespace, PodLabels: map[string]string{"app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": p.Name}})
		for _, kind := range []struct{ kind, selector, namespaces string }{
			{"ServiceMonitor", "serviceMonitorSelector", "serviceMonitorNamespaceSelector"}, {"PodMonitor", "podMonitorSelector", "podMonitorNamespaceSelector"},
		} {
			which := selectorAt(p, labels.Nothing(), "spec", kind.selector)
			where := selectorAt(p, nil, "spec", kind.namespaces)
			for _, m := range in.deployed.Kind(kind.kind) {
				if deployed.GroupOf(m) != monitoring || which == nil || !which.Matches(labelsOf(m)) ||
					(where == nil && m.Namespace != p.Namespace) || where != nil && !where.Matches(labels.Set(in.network.LabelsOf(m.Namespace))) {
					continue
				}
				out = append(out, in.monitored(m, from, &left)...)
			}
		}
	}
	return append(out, in.annotated()...)
}

// mostCompared bounds how many Services and pods the selectors of monitors are compared with.
const mostCompared = 2_000_000

// monitored are the ways to what a monitor selects.
func (in *Model) monitored(m *object, from []*network.End, left *int) []Intent {
	selector := selectorAt(m, nil, "spec", "selector")
	if selector == nil {
		return nil
	}
	field := "endpoints"
	if m.Kind == "PodMonitor" {
		field = "podMetricsEndpoints"
	}
	endpoints, _ := deployed.FieldAt(m, "spec", field).([]any)
	namespaces := []string{m.Namespace}
	if list, ok := deployed.FieldAt(m, "spec", "namespaceSelector", "matchNames").([]any); ok && len(list) > 0 {
		namespaces = nil
		for _, n := range list {
			if text, ok := n.(string); ok {
				namespaces = append(namespaces, text)
			}
		}
	}
	if all, _ := deployed.FieldAt(m, "spec", "namespaceSelector", "any").(bool); all {
		namespaces = nil
		for _, n := range in.network.Namespaces() {
			namespaces = append(namespaces, n.Name)
		}
	}
	var out []Intent
	for _, namespace := range namespaces {
		for i, ep := range endpoints {
			var targets []target
			if m.Kind == "PodMonitor" {
				targets = in.scrapedPods(namespace, selector, ep, left)
			} else {
				targets = in.scrapedServices(namespace, selector, ep, left)
			}
			intent := Intent{From: from, Protocol: "TCP", Asks: m.Title() + " of " + m.Namespace, AtTo: true}
			if len(targets) > 0 {
				intent.At = in.places.Field(m, "spec", field, strconv.Itoa(i))
			}
			out = append(out, intent.to(targets)...)
		}
	}
	return out
}

func (in *Model) scrapedServices(namespace string, selector labels.Selector, endpoint any, left *int) []target {
	var out []target
	name, _ := deployed.Member(endpoint, "port").(string)
	for _, o := range in.deployed.Within(namespace) {
		if o.Kind != "Service" {
			continue
		}
		if *left--; *left < 0 || !selector.Matches(labelsOf(o)) {
			continue
		}
		s := in.routes.ServicesOf(namespace)[o.Name]
		if s == nil || len(s.Spec.Selector) == 0 || s.Spec.Type == corev1.ServiceTypeExternalName {
			continue
		}
		if target, ok := portAt(endpoint, "targetPort"); ok && name == "" {
			out = append(out, in.at(namespace, s.Spec.Selector, target, 0, "TCP")...)
			continue
		}
		for _, p := range s.Spec.Ports {
			if name != "" && p.Name == name {
				out = append(out, in.at(namespace, s.Spec.Selector, p.TargetPort, p.Port, string(p.Protocol))...)
			}
		}
	}
	return out
}

func (in *Model) scrapedPods(namespace string, selector labels.Selector, endpoint any, left *int) []target {
	var out []target
	port, ok := portAt(endpoint, "port")
	if !ok {
		if port, ok = portAt(endpoint, "portNumber"); !ok {
			return nil
		}
	}
	for _, e := range in.network.Namespace(namespace).Pods {
		if *left--; *left < 0 || !selector.Matches(labels.Set(e.Pods.Labels)) {
			continue
		}
		number := port.IntVal
		if port.Type == intstr.String {
			i := slices.IndexFunc(e.Pods.NamedPorts(), func(p corev1.ContainerPort) bool { return p.Name == port.StrVal })
			if i < 0 {
				continue
			}
			number = e.Pods.NamedPorts()[i].ContainerPort
		}
		if number > 0 && number <= 65535 {
			out = append(out, target{[]*network.End{e}, false, uint16(number)})
		}
	}
	return out
}

// portAt is a port at a field of an endpoint, by its name or number.
func portAt(endpoint any, field string) (intstr.IntOrString, bool) {
	switch v := deployed.Member(endpoint, field).(type) {
	case int64:
		return intstr.FromInt32(int32(v)), v > 0
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

// annotated are the ways to pods that ask to be scraped with annotations, from a Prometheus whose settings read these.
func (in *Model) annotated() []Intent {
	const read = "prometheus_io_scrape"
	var from []*network.End
	for _, n := range in.network.Namespaces() {
		for _, e := range n.Pods {
			if e.Pods.Kind == "Job" || !slices.ContainsFunc(e.Pods.Spec.Containers, func(c container) bool { return images.Name(c.Image) == "prometheus" }) {
				continue
			}
			if slices.ContainsFunc(e.Pods.Spec.Volumes, func(v corev1.Volume) bool {
				if v.ConfigMap == nil {
					return false
				}
				o := in.deployed.Named(deployed.ID{Kind: "ConfigMap", Namespace: n.Name, Name: v.ConfigMap.Name})
				return o != nil && deployed.Has(o.Content()["data"], read)
			}) {
				from = append(from, e)
			}
		}
	}
	if len(from) == 0 {
		return nil
	}
	var out []Intent
	for _, n := range in.network.Namespaces() {
		for _, e := range n.Pods {
			port, err := strconv.Atoi(e.Pods.Annotations["prometheus.io/port"])
			if e.Node || strings.ToLower(e.Pods.Annotations["prometheus.io/scrape"]) != "true" || err != nil || port < 1 || port > 65535 || slices.Contains(from, e) {
				continue
			}
			i := Intent{From: from, Protocol: "TCP", Asks: "the annotation prometheus.io/scrape of " + e.Name, AtTo: true}
			i.At = in.annotation(e)
			out = append(out, i.to([]target{{[]*network.End{e}, false, uint16(port)}})...)
		}
	}
	return out
}

func (in *Model) annotation(e *network.End) catalog.Place {
	return in.places.Field(e.Pods.Object, append(slices.Clone(e.Pods.At), "metadata", "annotations", "prometheus.io/scrape")...)
}
