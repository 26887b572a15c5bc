package routes

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// backend is what a rule, a TraefikService or an error page leads to.
type backend struct {
	Kind               string             `json:"kind"`
	Name               string             `json:"name"`
	Namespace          string             `json:"namespace"`
	Port               intstr.IntOrString `json:"port"`
	Scheme             string             `json:"scheme"`
	Strategy           string             `json:"strategy"`
	ServersTransport   string             `json:"serversTransport"`
	NativeLB           *bool              `json:"nativeLB"`
	HealthCheck        map[string]any     `json:"healthCheck"`
	PassiveHealthCheck map[string]any     `json:"passiveHealthCheck"`
	ResponseForwarding map[string]any     `json:"responseForwarding"`
	Middlewares        []reference        `json:"middlewares"`
	Weight             *int               `json:"weight"`
}

// backends are what one subject leads to: one that Traefik cannot use is enough for it to drop all. With several, or in a TraefikService,
// Traefik builds each Service once for all that refer to it.
func (s *subject) backends(list []backend, at []string, shared, route bool) {
	off := len(list) > 0 && shared && at[len(at)-1] == "services"
	for i := range list {
		s.backend(&list[i], item(at, i), shared, route)
		off = off && list[i].Weight != nil && *list[i].Weight == 0
	}
	if off {
		s.wrong(BrokenService, item(at, 0, "weight"), "", "all weights are 0: Traefik answers with 503")
	}
}

func (s *subject) backend(b *backend, at []string, shared, route bool) {
	field := func(name string) []string { return append(slices.Clone(at), name) }
	if b.Kind == "TraefikService" {
		s.need(s.refer(name{b.Kind, MissingService, s.namespace(), b.Namespace, b.Name}, at, "name"), at...)
		return
	}
	if !s.loads(b, at, field, route) {
		s.absent = true
		return
	}
	namespace := cmp.Or(b.Namespace, s.namespace())
	transport := name{"ServersTransport", MissingService, namespace, "", b.ServersTransport}
	if b.ServersTransport != "" && !s.allowed(transport, at, "serversTransport") {
		return
	}
	for i, m := range b.Middlewares {
		if !s.allowed(name{"Middleware", MissingMiddleware, namespace, m.Namespace, m.Name}, item(field("middlewares"), i), "name") {
			return
		}
	}
	if shared && len(s.variants[b.shared(s.namespace())]) > 1 && !(s.strict && s.settings.SafeNaming) {
		return // which of the references counts is unknown
	}
	if b.ServersTransport != "" {
		s.need(s.refer(transport, at, "serversTransport"), field("serversTransport")...)
	}
	for i, m := range b.Middlewares {
		at := item(field("middlewares"), i)
		s.need(s.refer(name{"Middleware", MissingMiddleware, namespace, m.Namespace, m.Name}, at, "name"), at...)
	}
}

// loads reports whether Traefik's provider can read a Service and what is set for it (buildServersLB).
func (s *subject) loads(b *backend, at []string, field func(string) []string, route bool) bool {
	switch {
	case b.Kind != "" && b.Kind != "Service":
		s.fault(BrokenService, field("kind"), "write Service or TraefikService", "Traefik leads to no %s", b.Kind)
		return false
	case !s.allowed(name{"Service", MissingService, s.namespace(), b.Namespace, b.Name}, at, "name"):
		return false
	case strings.Contains(b.Name, "@"):
		s.fault(MissingService, field("name"), "add kind: TraefikService", "Traefik looks for a Service with the name %s, and none can have it", b.Name)
		return false
	case b.Strategy != "" && !slices.Contains(strategies, b.Strategy):
		s.fault(BrokenService, field("strategy"), "write one of "+strings.Join(strategies, ", "), "Traefik has no strategy %s", b.Strategy)
		return false
	case !s.service(b, field, route):
		return false
	}
	for _, d := range b.durations() {
		if !isDuration(d.value) {
			s.fault(BrokenService, slices.Concat(at, d.at), "", "%v is no duration", d.value)
			return false
		}
	}
	return true
}

// strategies are those of pkg/provider/kubernetes/crd/kubernetes_http.go, buildServersLB.
var strategies = []string{"wrr", "p2c", "hrw", "leasttime", "RoundRobin"}

// service reports whether Traefik can use the Service itself (loadServers).
func (s *subject) service(b *backend, field func(string) []string, route bool) bool {
	namespace := cmp.Or(b.Namespace, s.namespace())
	services := s.ServicesOf(namespace)
	k, ok := services[b.Name]
	switch {
	case !ok && s.known(namespace) && !s.operated(namespace):
		s.fault(MissingService, field("name"), s.deployed.DidYouMean(b.Name, len(services), maps.Keys(services)),
			"no application deploys Service %s of namespace %s", b.Name, namespace)
		return false
	case !ok: // the rest is about one that is known
		return s.scheme(b, field)
	}
	external := k.Spec.Type == corev1.ServiceTypeExternalName
	native := s.strict && s.settings.NativeLBByDefault && route
	if b.NativeLB != nil {
		native = *b.NativeLB
	}
	none := intstr.IntOrString{}
	switch {
	case external && b.Port.Type == intstr.Int && b.Port != none, k.has(b.Port): // of an ExternalName, any number will do
		return s.usable(b, k, native, field)
	case !s.known(namespace): // there may be another one
		return true
	case b.Port == none || b.Port == intstr.FromString(""):
		s.fault(MissingService, field("port"), k.portHint(b.Port), "no port of Service %s is named", b.Name)
	default:
		s.fault(MissingService, field("port"), k.portHint(b.Port), "Service %s has no port %s", b.Name, portText(b.Port))
	}
	return false
}

// usable reports whether Traefik can use a Service that has the port.
func (s *subject) usable(b *backend, k *Service, native bool, field func(string) []string) bool {
	external := k.Spec.Type == corev1.ServiceTypeExternalName
	switch {
	case !external && b.HealthCheck != nil:
		s.fault(BrokenService, field("healthCheck"), "remove it: the readinessProbe of its pods is what counts", "Traefik checks the health of an ExternalName only, and Service %s is none", b.Name)
	case external && s.strict && !s.settings.AllowExternalNameServices:
		s.fault(BrokenService, field("name"), "set providers.kubernetesCRD.allowExternalNameServices for Traefik", "Service %s is an ExternalName, which Traefik does not allow", b.Name)
	case !external && native && k.Spec.ClusterIP == corev1.ClusterIPNone:
		s.fault(BrokenService, field("nativeLB"), "write nativeLB: false", "Service %s is headless, and has no address for nativeLB", b.Name)
	default:
		return s.scheme(b, field)
	}
	return false
}

func (s *subject) scheme(b *backend, field func(string) []string) bool {
	if b.Scheme != "" && !slices.Contains([]string{"http", "https", "h2c"}, b.Scheme) {
		s.fault(BrokenService, field("scheme"), "write http, https or h2c", "Traefik has no scheme %s", b.Scheme)
		return false
	}
	return true
}

// duration is a value that Traefik reads as one.
type duration struct {
	at    []string
	value any
}

func (b *backend) durations() []duration {
	var out []duration
	for _, d := range []struct {
		of         map[string]any
		part, name string
	}{
		{b.HealthCheck, "healthCheck", "interval"}, {b.HealthCheck, "healthCheck", "unhealthyInterval"}, {b.HealthCheck, "healthCheck", "timeout"},
		{b.PassiveHealthCheck, "passiveHealthCheck", "failureWindow"}, {b.ResponseForwarding, "responseForwarding", "flushInterval"},
	} {
		if value := d.of[d.name]; value != nil && value != "" {
			out = append(out, duration{[]string{d.part, d.name}, value})
		}
	}
	return out
}

// isDuration is whether Traefik can read a value: seconds, or as Go writes it (paerser, types/duration.go).
func isDuration(v any) bool {
	text, ok := v.(string)
	if !ok {
		return true
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil {
		return true
	}
	_, err := time.ParseDuration(text)
	return err == nil
}

// shared is the name that Traefik gives a Service for all who refer to it from lists of several and from TraefikServices.
func (b *backend) shared(parent string) string {
	return normalized(cmp.Or(b.Namespace, parent), b.Name+"-"+b.Port.String())
}

// readVariants are what is asked of each shared Service: with more than one, the last that Traefik reads counts, in no fixed order.
func (j *judge) readVariants() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	add := func(parent string, list []backend) {
		for i := range list {
			b := &list[i]
			text, _ := json.Marshal([]any{b.ServersTransport, b.Middlewares})
			id := b.shared(parent)
			if out[id] == nil {
				out[id] = map[string]bool{}
			}
			out[id][string(text)] = true
		}
	}
	for _, r := range slices.Concat(j.Routers(), j.children()) {
		if len(r.services) > 1 {
			add(r.Namespace, r.services)
		}
	}
	for _, o := range j.deployed.Kind("TraefikService") {
		for _, l := range leadsOf(o) {
			add(o.Namespace, l.list)
		}
	}
	return out
}

// leads are the backends of one field of a TraefikService.
type leads struct {
	at   []string
	list []backend
	one  bool // whether it is a single one, and at its place
}

// leadsOf are the backends of a TraefikService. Of several kinds, Traefik takes the first (buildTraefikService).
func leadsOf(o *deployed.Object) []leads {
	one := func(fields ...string) leads {
		b, _ := backendAt(o, fields...)
		return leads{fields, []backend{b}, true}
	}
	list := func(fields ...string) leads {
		all, _ := deployed.FieldAt(o, fields...).([]any)
		out := leads{at: fields}
		for i := range all {
			b, _ := backendAt(o, item(fields, i)...)
			out.list = append(out.list, b)
		}
		return out
	}
	switch kindOf(o) {
	case "weighted":
		return []leads{list("spec", "weighted", "services")}
	case "mirroring":
		return []leads{one("spec", "mirroring"), list("spec", "mirroring", "mirrors")}
	case "highestRandomWeight":
		return []leads{list("spec", "highestRandomWeight", "services")}
	case "failover":
		return []leads{one("spec", "failover", "service"), one("spec", "failover", "fallback")}
	}
	return nil
}

// kindOf is the kind of a TraefikService; empty when it has none.
func kindOf(o *deployed.Object) string {
	for _, kind := range []string{"weighted", "mirroring", "highestRandomWeight", "failover"} {
		if deployed.FieldAt(o, "spec", kind) != nil {
			return kind
		}
	}
	return ""
}

// backendAt is the backend at a field, and whether it can be read.
func backendAt(o *deployed.Object, fields ...string) (b backend, ok bool) {
	content, _ := deployed.FieldAt(o, fields...).(map[string]any)
	ok = decode(content, &b)
	return b, ok
}

// traefikService is what Traefik makes of one (pkg/server/service/service.go).
func (s *subject) traefikService() {
	kind := kindOf(s.object)
	if kind == "" {
		s.fault(BrokenService, []string{"spec"}, "write weighted, mirroring, highestRandomWeight or failover", "TraefikService %s is of no kind", s.object.Name)
	}
	for _, l := range leadsOf(s.object) {
		if !l.one {
			s.backends(l.list, l.at, true, false)
			continue
		}
		s.backend(&l.list[0], l.at, true, false)
	}
	switch kind {
	case "mirroring":
		mirrors, _ := deployed.FieldAt(s.object, "spec", "mirroring", "mirrors").([]any)
		for i := range mirrors {
			if percent, ok := deployed.Member(mirrors[i], "percent").(int64); ok && (percent < 0 || percent > 100) {
				s.fault(BrokenService, item([]string{"spec", "mirroring", "mirrors"}, i, "percent"), "", "%d is no percentage", percent)
			}
		}
	case "failover":
		s.failover()
	}
}

// failover needs to know when to change over: by the status of answers, or by the health of the first service.
func (s *subject) failover() {
	at := []string{"spec", "failover", "errors", "status"}
	status := textsAt(s.object, at...)
	if i := badStatus(status); i >= 0 {
		s.fault(BrokenService, item(at, i), "write 500, or 500-599", "%q is no status", status[i])
	}
	b, _ := backendAt(s.object, "spec", "failover", "service")
	if len(status) == 0 && (b.Kind == "TraefikService" || b.HealthCheck == nil) && !strings.Contains(b.Name, "@") {
		s.fault(BrokenService, []string{"spec", "failover"}, "add errors.status, such as 500-599", "nothing says when to change over to the fallback")
	}
}

// textsAt are the texts of a list.
func textsAt(o *deployed.Object, fields ...string) []string {
	list, _ := deployed.FieldAt(o, fields...).([]any)
	out := make([]string, len(list))
	for i := range list {
		out[i] = fmt.Sprint(list[i])
	}
	return out
}

// badStatus is the first that is neither a status nor a range; -1 when all are (pkg/types/http_code_range.go).
func badStatus(list []string) int {
	return slices.IndexFunc(list, func(text string) bool {
		codes := strings.Split(text, "-")
		return slices.ContainsFunc(codes[:min(len(codes), 2)], func(c string) bool { _, err := strconv.Atoi(c); return err != nil })
	})
}
