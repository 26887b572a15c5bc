package render

import (
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type monitor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              monitorSpec `json:"spec"`
}

// monitorSpec has Endpoints for a ServiceMonitor, and PodEndpoints for a PodMonitor.
type monitorSpec struct {
	Selector     monitorSelector   `json:"selector"`
	Labels       []string          `json:"targetLabels,omitempty"`
	PodLabels    []string          `json:"podTargetLabels,omitempty"`
	Fallback     string            `json:"fallbackScrapeProtocol,omitempty"`
	Endpoints    []monitorEndpoint `json:"endpoints,omitempty"`
	PodEndpoints []monitorEndpoint `json:"podMetricsEndpoints,omitempty"`
}

type monitorSelector struct {
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
}

// monitorEndpoint has one of the ports: a ServiceMonitor has no portNumber, and a PodMonitor's targetPort is deprecated.
type monitorEndpoint struct {
	Port          string              `json:"port,omitempty"`
	PortNumber    int                 `json:"portNumber,omitempty"`
	TargetPort    *intstr.IntOrString `json:"targetPort,omitempty"`
	Path          string              `json:"path"`
	Scheme        string              `json:"scheme"`
	Interval      string              `json:"interval,omitempty"`
	ScrapeTimeout string              `json:"scrapeTimeout,omitempty"`
	HonorLabels   bool                `json:"honorLabels,omitempty"`
}

func serviceMonitors(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	return monitors(k, n, func(m *catalog.Metrics) bool { return !m.Pods })
}

func podMonitors(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	return monitors(k, n, func(m *catalog.Metrics) bool { return m.Pods })
}

func monitors(k kind, n *catalog.Namespace, wanted func(*catalog.Metrics) bool) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		in := a.Metrics
		if in == nil || !wanted(in) {
			continue
		}
		id := identity{Kind: k, Namespace: n.Name, Name: a.Code, Origin: in.Origin, Sync: a.MetricsSync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			for key, value := range in.Labels {
				m.Labels[key] = value
			}
			spec := monitorSpec{Selector: monitorSelector{in.Selector}, Fallback: in.Fallback}
			if ends := []monitorEndpoint{endpointOf(in)}; in.Pods {
				spec.PodEndpoints, spec.PodLabels = ends, in.TargetLabels
			} else {
				spec.Endpoints, spec.Labels = ends, in.TargetLabels
			}
			return &monitor{TypeMeta: t, ObjectMeta: m, Spec: spec}
		}))
	}
	return out
}

func endpointOf(in *catalog.Metrics) monitorEndpoint {
	e := monitorEndpoint{Port: in.ServicePort, Path: in.Path, Scheme: in.Scheme, Interval: in.Interval, ScrapeTimeout: in.Timeout, HonorLabels: in.HonorLabels}
	number, err := strconv.Atoi(in.Port)
	switch target := intstr.Parse(in.Port); {
	case in.Pods && err == nil:
		e.PortNumber = number
	case in.Pods:
		e.Port = in.Port
	case in.ServicePort == "":
		e.TargetPort = &target
	}
	return e
}

// dashboards are the ConfigMaps from which Grafana has them.
func dashboards(k kind, p *catalog.Platform) []object.Object {
	var out []object.Object
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		for j := range n.Applications {
			a := &n.Applications[j]
			for d := range a.Dashboards {
				in := &a.Dashboards[d]
				id := identity{Kind: k, Namespace: n.Name, Name: in.Name, Origin: in.Origin, Sync: catalog.Sync{Wave: a.MetricsSync.Wave}}
				out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
					for key, value := range in.Labels {
						m.Labels[key] = value
					}
					for key, value := range in.Annotations {
						m.Annotations[key] = value
					}
					return &corev1.ConfigMap{TypeMeta: t, ObjectMeta: m, Data: map[string]string{in.File: in.Text}}
				}))
			}
		}
	}
	return out
}

// configMaps are all that roster renders.
func configMaps(k kind, p *catalog.Platform) []object.Object {
	return append(guards(k, p), dashboards(k, p)...)
}
