package catalog

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// metricsInput is where the pods of an application have metrics.
type metricsInput struct {
	*syntax.Node  `example:"9090"`
	Port          syntax.Text      `yaml:"port,short,required" example:"9090"` // of the pods: a number, or the name of a container's
	Path          text             `yaml:"path" example:"/metrics"`
	Interval      text             `yaml:"interval" example:"30s"`
	Timeout       text             `yaml:"timeout" example:"10s"`
	Scheme        text             `yaml:"scheme" enum:"http,https"`
	PodLabels     syntax.Map[text] `yaml:"podLabels" example:"{app.kubernetes.io/name: whoami}"`     // which pods of this namespace; all with that port when absent
	ServiceLabels syntax.Map[text] `yaml:"serviceLabels" example:"{app.kubernetes.io/name: whoami}"` // which Services; all when absent
	HonorLabels   flag             `yaml:"honorLabels"`                                              // whether labels of the metrics win over those of the target
	TargetLabels  []text           `yaml:"targetLabels,one" example:"[app.kubernetes.io/instance]"`  // of the Service or, with podLabels, of the pod
	Fallback      text             `yaml:"fallbackScrapeProtocol" enum:"PrometheusProto,OpenMetricsText0.0.1,OpenMetricsText1.0.0,PrometheusText0.0.4,PrometheusText1.0.0"`
}

// monitoringInput is who scrapes the metrics of applications, and who shows them.
type monitoringInput struct {
	*syntax.Node `example:"{kind: operator, labels: {release: prometheus}}"`
	Kind         text                  `yaml:"kind,short" enum:"operator,annotations"`
	Labels       syntax.Map[text]      `yaml:"labels" example:"{release: prometheus}"` // of what Prometheus looks for
	Namespace    text                  `yaml:"namespace" example:"sys-monitoring"`
	PodLabels    syntax.Map[text]      `yaml:"podLabels" example:"{app.kubernetes.io/name: prometheus}"` // which pods of it scrape; all when absent
	Interval     text                  `yaml:"interval" example:"30s"`
	Dashboards   dashboardsConfigInput `yaml:"dashboards"`
}

// dashboardsConfigInput is how Grafana finds dashboards.
type dashboardsConfigInput struct {
	*syntax.Node     `example:"{labels: {grafana_dashboard: \"1\"}}"`
	Labels           syntax.Map[text] `yaml:"labels" example:"{grafana_dashboard: \"1\"}"`
	FolderAnnotation text             `yaml:"folderAnnotation" example:"grafana_folder"`
}

// Metrics are a ServiceMonitor or a PodMonitor.
type Metrics struct {
	Origin   Origin
	Place    Place
	Pods     bool // whether it selects pods, and not Services
	Labels   map[string]string
	Selector map[string]string // all when empty
	// ServicePort is the name of a port of the Service; when it is empty, Port is one of the pods: a number, or the name of a container's.
	ServicePort, Port               string
	Path, Interval, Timeout, Scheme string
	HonorLabels                     bool
	TargetLabels                    []string // of what is selected, which the metrics get
	Fallback                        string   // the protocol, where a target does not say it
}

const (
	byOperator    = "operator"
	byAnnotations = "annotations"
)

// podsOf is what the catalog knows of the pods of one of its applications.
func (in *app) podLabels() map[string]string {
	if in.builtin == nil || in.builtin.pods == nil {
		return nil
	}
	return in.builtin.pods.Labels
}

// monitored is what scrapes an application; nil when nothing does, or annotations say it.
func (s *settings) monitored(in *app, from Origin) *Metrics {
	m := in.Metrics
	if m == nil || m.Node == nil || !s.metricsAreRight(in) || s.in.Monitoring.Kind.Or(byOperator) != byOperator {
		return nil
	}
	out := &Metrics{Origin: from + "/metrics", Place: place(m.Node), Labels: labelsOf(s.in.Monitoring.Labels), Port: m.Port.V,
		Path: m.Path.Or("/metrics"), Interval: m.Interval.Or(s.in.Monitoring.Interval.V), Timeout: m.Timeout.V, Scheme: m.Scheme.Or("http"),
		HonorLabels: m.HonorLabels.Or(false), TargetLabels: texts(m.TargetLabels), Fallback: m.Fallback.V}
	pods, _ := podLabels(m.PodLabels)
	services, _ := podLabels(m.ServiceLabels)
	switch known := in.builtin; {
	case len(pods) > 0:
		out.Pods, out.Selector = true, pods
	case len(services) > 0:
		out.Selector = services
	case known != nil && known.pods != nil:
		out.Selector, out.ServicePort = known.pods.Labels, known.pods.portNamed(m.Port.V)
		out.Pods = out.ServicePort == ""
	}
	return out
}

var promDuration = lazy.Regexp(`^([1-9][0-9]*(ms|s|m|h))+$`)

// metricsAreRight checks what an application says about its metrics.
func (s *settings) metricsAreRight(in *app) bool {
	m := in.Metrics
	ok := m.Port.Node != nil && !m.Flawed()
	if n, err := strconv.Atoi(m.Port.V); m.Port.Node != nil && (err == nil && (n < 1 || n > 65535) || err != nil && validation.IsValidPortName(m.Port.V) != nil) {
		m.Port.Report("bad-port", "write a port of the pods as 9090, or the name of a container's port", "expected a port from 1 to 65535, or a port's name, found %s", syntax.Quote(m.Port.V))
		ok = false
	}
	if p := m.Path; p.IsSet() && !regexpPath().MatchString(p.V) {
		p.Report("bad-path", "", "expected a path such as /metrics, found %s", shown(p.V))
		ok = false
	}
	for _, d := range present(m.Interval, m.Timeout) {
		ok = scrapeTime(d) && ok
	}
	for _, l := range present(m.TargetLabels...) {
		if validation.IsQualifiedName(l.V) != nil {
			l.Report("bad-name", "", "expected the key of a label, found %s", shown(l.V))
			ok = false
		}
	}
	if m.PodLabels.Node != nil && m.ServiceLabels.Node != nil {
		m.ServiceLabels.Report("bad-choice", "remove one of them", "expected one of podLabels and serviceLabels, found both: a PodMonitor selects pods, and a ServiceMonitor Services")
		ok = false
	}
	if p := in.builtin; ok && p != nil && p.pods != nil && m.PodLabels.Node == nil && m.ServiceLabels.Node == nil && !p.pods.has(m.Port.V) {
		m.Port.Report("unknown-port", "add it to values: ports: {metrics: 9090}", "the application has no port %s", shown(m.Port.V))
		ok = false
	}
	if s.in.Monitoring.Kind.Or(byOperator) == byAnnotations {
		ok = m.annotable() && ok
	}
	return ok
}

func scrapeTime(d text) bool {
	if promDuration().MatchString(d.V) {
		return true
	}
	d.Report("bad-duration", "", "expected a time such as 30s or 1m, found %s", syntax.Quote(d.V))
	return false
}

var regexpPath = lazy.Regexp(`^/[-A-Za-z0-9_./~%]*$`)

// annotable reports what annotations of pods cannot say.
func (m *metricsInput) annotable() bool {
	ok := true
	unsaid := []*syntax.Node{m.Interval.Node, m.Timeout.Node, m.HonorLabels.Node, m.Fallback.Node}
	for _, l := range m.TargetLabels {
		unsaid = append(unsaid, l.Node)
	}
	for _, at := range unsaid {
		if at != nil {
			at.Report("no-effect", "remove it, or set monitoring: operator in platform.yml", "annotations cannot say it: Prometheus' own settings do")
			ok = false
		}
	}
	for _, labels := range []*syntax.Node{m.ServiceLabels.Node, m.PodLabels.Node} {
		if labels != nil {
			labels.Report("no-effect", "remove it: all pods of the application get the annotations", "annotations of pods need no labels")
			ok = false
		}
	}
	if _, err := strconv.Atoi(m.Port.V); err != nil && m.Port.Node != nil {
		m.Port.Report("bad-port", "write its number", "the annotation prometheus.io/port is a number, found %s", shown(m.Port.V))
		ok = false
	}
	return ok
}

// annotations are those of the pods of an application, as a part of their template.
func (s *settings) metricAnnotations(in *app) []Patch {
	m := in.Metrics
	if m == nil || m.Node == nil || s.in.Monitoring.Kind.V != byAnnotations || !s.metricsAreRight(in) || !patchable(in, m.Node) {
		return nil
	}
	return podPatch(m.Node, `metadata: {annotations: {prometheus.io/scrape: "true", prometheus.io/port: "`+m.Port.V+`", prometheus.io/path: "`+m.Path.Or("/metrics")+`", prometheus.io/scheme: "`+m.Scheme.Or("http")+`"}}`)
}

// monitoringSettings checks what platform.yml says of monitoring.
func (s *settings) monitoringSettings() {
	in := &s.in.Monitoring
	optionalLabel(in.Namespace)
	podLabels(in.PodLabels)
	labelsOf(in.Labels)
	if in.Interval.IsSet() {
		scrapeTime(in.Interval)
	}
	labelsOf(in.Dashboards.Labels)
	if f := in.Dashboards.FolderAnnotation; f.IsSet() && (validation.IsQualifiedName(f.V) != nil || reserved(f.V) != nil) {
		f.Report("bad-name", "", "expected the key of an annotation such as grafana_folder, found %s", syntax.Quote(f.V))
	}
	if in.Kind.V == byAnnotations {
		if in.Labels.Node != nil {
			in.Labels.Report("no-effect", "remove it", "labels are of ServiceMonitors, which there are not with annotations")
		}
		if in.Interval.IsSet() {
			in.Interval.Report("no-effect", "remove it", "annotations have no interval: Prometheus' own settings do")
		}
	}
}

// permitScrapes permits that the pods which scrape reach those that have metrics, where no baseline permits it already.
func (x *expansion) permitScrapes(entries []*entry) []permission {
	var out []permission
	s := x.settings
	eachApp(entries, func(in *app) {
		m := in.Metrics
		if m == nil || m.Node == nil || in.entry.NetworkPolicies == nil || m.Port.Node == nil || !in.ApplicationCode.IsSet() || !in.entry.Namespace.IsSet() || m.Flawed() {
			return
		}
		if _, problem := parsePort(m.Port.V); problem != "" { // reported
			return
		}
		by := x.scraperOf(in, entries)
		if by == "" || s.scrapedAnyway(in.entry, by, m.Port.V) {
			return
		}
		labels := m.PodLabels
		if known := in.podLabels(); labels.Node == nil && m.ServiceLabels.Node == nil && known != nil {
			labels = written{m.Node}.labels(known)
		}
		peer := &peerInput{Node: m.Node, Namespace: text{V: by, Node: m.Node}, PodLabels: s.in.Monitoring.PodLabels, Ports: []syntax.Text{m.Port}}
		out = append(out, permission{in.entry, flowInput{Node: m.Node, From: peer, PodLabels: labels}, Measured, origin(in.entry.Namespace.V, "applications", in.ApplicationCode.V, "metrics")})
	})
	return out
}

// scraperOf is the namespace that scrapes an application: that of platform.yml, of its baseline, or that of the application which installs the operator.
func (x *expansion) scraperOf(in *app, entries []*entry) string {
	s := x.settings
	if set := s.in.Monitoring.Namespace; set.IsSet() {
		if x.names.entries[set.V] == nil {
			x.names.unknownNamespace(set.Node, set.V, between)
			return ""
		}
		return set.V
	}
	if b := s.in.Baselines.Scrapes; b != nil && b.Namespace.IsSet() && x.names.entries[b.Namespace.V] != nil {
		return b.Namespace.V
	}
	if by := x.monitoring.namespace(); by != "" {
		return by
	}
	for _, e := range entries {
		if np := e.NetworkPolicies; np != nil && np.Profile.V == monitoring {
			return e.Namespace.V
		}
	}
	in.Metrics.Report("missing-value", "set monitoring: {namespace: NAME} in platform.yml", "the namespace has network policies, and nobody says which namespace scrapes it")
	return ""
}

// scrapedAnyway reports whether the baseline of platform.yml permits a scrape.
func (s *settings) scrapedAnyway(e *entry, by, port string) bool {
	b := s.in.Baselines.Scrapes
	if b == nil || !b.Enabled.Or(true) || !e.NetworkPolicies.Baselines.Or(true) || b.Namespace.IsSet() && b.Namespace.V != by {
		return false
	}
	return len(b.Ports) == 0 || slices.ContainsFunc(b.Ports, func(p syntax.Text) bool { return p.V == port || p.V == port+"/TCP" })
}
