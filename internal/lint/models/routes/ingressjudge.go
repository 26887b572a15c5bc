package routes

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/secrets"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// judgeIngresses judges what all paths of an Ingress share.
func (j *judge) judgeIngresses() {
	for _, o := range j.readIngresses() {
		s := j.of(o.Object)
		j.own(o.Object, o.own)
		for i, t := range o.tls {
			if t.SecretName == "" {
				continue
			}
			if problem := s.secrets.Missing(o.Namespace, secrets.Need{Secret: t.SecretName, Key: "tls.crt"}); problem != "" {
				by := o.server
				if by == "" {
					by = "Traefik"
				}
				s.wrong(MissingSecret, []string{"spec", "tls", strconv.Itoa(i), "secretName"}, "add it under secrets: of an application of "+o.Namespace,
					"%s needs %s: %s answers with another certificate", o.Title(), problem, by)
			}
		}
		if o.server == "" {
			s.ingressOptions(o)
		}
	}
}

// ingressOptions are the annotations that Traefik reads.
func (s *subject) ingressOptions(o *ingress) {
	at := func(option string) []string {
		for _, key := range sortedKeys(o.annotations) {
			if strings.EqualFold(key, routerOptions+option) {
				return []string{"metadata", "annotations", key}
			}
		}
		return []string{"metadata", "annotations"}
	}
	if text := o.option("priority"); text != "" {
		if _, err := strconv.ParseInt(text, 0, 64); err != nil {
			s.fault(IgnoredRoute, at("priority"), "write a number", "the priority %q is no number", text)
		}
	}
	for name := range strings.SplitSeq(o.option("middlewares"), ",") {
		name = strings.TrimSpace(name)
		local, own := strings.CutSuffix(name, ownProvider)
		switch {
		case name == "" || strings.Contains(name, "@") && !own:
		case !own:
			s.fault(MissingMiddleware, at("middlewares"), "write NAMESPACE-NAME"+ownProvider, "Traefik finds no middleware %s without the name of its provider", name)
		default:
			s.need(s.referOwn(nameOf(name), local, at("middlewares")), at("middlewares")...)
		}
	}
}

func nameOf(text string) name {
	return name{kind: "Middleware", missing: MissingMiddleware, named: text}
}

// ingressRouter is what becomes of one path (pkg/provider/kubernetes/ingress/kubernetes.go, loadService).
func (s *subject) ingressRouter() {
	r := s.router
	s.need(r.source)
	s.dropped = r.Invalid != nil || r.nowhere(s.settings)
	if r.Server == "" && s.encrypted(r) {
		s.need(s.defaultTLS())
	}
	at := []string{"backend", "service"}
	if slices.Equal(r.base, []string{"spec", "defaultBackend"}) {
		at = at[1:]
	}
	if len(r.services) == 0 {
		if r.Server == "" {
			s.fault(BrokenService, at[:len(at)-1], "write service", "Traefik leads to Services only")
		}
		return
	}
	b := &r.services[0]
	services := s.ServicesOf(r.Namespace)
	k, ok := services[b.Name]
	switch {
	case !ok && s.known(r.Namespace) && !s.operated(r.Namespace):
		s.bad(MissingService, append(at, "name"), s.deployed.DidYouMean(b.Name, len(services), maps.Keys(services)), "no application deploys Service "+b.Name+" of namespace "+r.Namespace)
	case !ok:
	case r.Server == "" && k.Spec.Type == corev1.ServiceTypeExternalName && !s.settings.ExternalIngresses():
		s.fault(BrokenService, append(at, "name"), "set providers.kubernetesIngress.allowExternalNameServices for Traefik", "Service %s is an ExternalName, which Traefik does not allow", b.Name)
	case !k.has(b.Port) && s.known(r.Namespace) && !(k.Spec.Type == corev1.ServiceTypeExternalName && r.Server != ""):
		s.bad(MissingService, append(at, "port"), k.portHint(intstr.IntOrString{Type: b.Port.Type, IntVal: b.Port.IntVal, StrVal: b.Port.StrVal}), "Service "+b.Name+" has no port "+portText(b.Port))
	}
}

// bad notes that a path leads nowhere: Traefik drops it, and others answer with an error.
func (s *subject) bad(c Cause, at []string, hint, what string) {
	if s.router.Server == "" {
		s.fault(c, at, hint, "%s", what)
		return
	}
	s.wrong(c, at, hint, "%s: %s answers with 503", what, s.router.Server)
}
