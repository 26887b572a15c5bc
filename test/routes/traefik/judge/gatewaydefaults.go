package main

import gatev1 "sigs.k8s.io/gateway-api/apis/v1"

// What follows are the defaults of the CRDs of the Gateway API.

func orElse[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func defaultGateway(g *gatev1.Gateway) {
	for i := range g.Spec.Listeners {
		l := &g.Spec.Listeners[i]
		orElse(&l.AllowedRoutes, gatev1.AllowedRoutes{})
		orElse(&l.AllowedRoutes.Namespaces, gatev1.RouteNamespaces{})
		orElse(&l.AllowedRoutes.Namespaces.From, gatev1.NamespacesFromSame)
		for k := range l.AllowedRoutes.Kinds {
			orElse(&l.AllowedRoutes.Kinds[k].Group, gatev1.GroupName)
		}
		if l.TLS == nil {
			continue
		}
		orElse(&l.TLS.Mode, gatev1.TLSModeTerminate)
		for k := range l.TLS.CertificateRefs {
			orElse(&l.TLS.CertificateRefs[k].Group, "")
			orElse(&l.TLS.CertificateRefs[k].Kind, "Secret")
		}
	}
}

func defaultParents(parents []gatev1.ParentReference) {
	for i := range parents {
		orElse(&parents[i].Group, gatev1.GroupName)
		orElse(&parents[i].Kind, "Gateway")
	}
}

func defaultBackend(b *gatev1.BackendRef) {
	orElse(&b.Group, "")
	orElse(&b.Kind, "Service")
	orElse(&b.Weight, 1)
}

func defaultBackends(all []gatev1.BackendRef) {
	for i := range all {
		defaultBackend(&all[i])
	}
}

func defaultHTTPRoute(r *gatev1.HTTPRoute) {
	defaultParents(r.Spec.ParentRefs)
	if len(r.Spec.Rules) == 0 {
		r.Spec.Rules = []gatev1.HTTPRouteRule{{}}
	}
	for i := range r.Spec.Rules {
		rule := &r.Spec.Rules[i]
		if rule.Matches == nil {
			rule.Matches = []gatev1.HTTPRouteMatch{{}}
		}
		for k := range rule.Matches {
			defaultMatch(&rule.Matches[k])
		}
		defaultFilters(rule.Filters)
		for k := range rule.BackendRefs {
			defaultBackend(&rule.BackendRefs[k].BackendRef)
			defaultFilters(rule.BackendRefs[k].Filters)
		}
	}
}

func defaultMatch(m *gatev1.HTTPRouteMatch) {
	orElse(&m.Path, gatev1.HTTPPathMatch{})
	orElse(&m.Path.Type, gatev1.PathMatchPathPrefix)
	orElse(&m.Path.Value, "/")
	for i := range m.Headers {
		orElse(&m.Headers[i].Type, gatev1.HeaderMatchExact)
	}
	for i := range m.QueryParams {
		orElse(&m.QueryParams[i].Type, gatev1.QueryParamMatchExact)
	}
}

func defaultFilters(filters []gatev1.HTTPRouteFilter) {
	for i := range filters {
		if redirect := filters[i].RequestRedirect; redirect != nil {
			orElse(&redirect.StatusCode, 302)
		}
	}
}

func defaultGRPCRoute(r *gatev1.GRPCRoute) {
	defaultParents(r.Spec.ParentRefs)
	for i := range r.Spec.Rules {
		for k := range r.Spec.Rules[i].Matches {
			m := &r.Spec.Rules[i].Matches[k]
			if m.Method != nil {
				orElse(&m.Method.Type, gatev1.GRPCMethodMatchExact)
			}
			for h := range m.Headers {
				orElse(&m.Headers[h].Type, gatev1.GRPCHeaderMatchExact)
			}
		}
		for k := range r.Spec.Rules[i].BackendRefs {
			defaultBackend(&r.Spec.Rules[i].BackendRefs[k].BackendRef)
		}
	}
}
