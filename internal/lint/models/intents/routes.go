package intents

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/gateways"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/verdict"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Routes are the ways from the ingress controller to what routes lead to: those of the list, and those that applications bring.
func (in *Model) Routes() []Intent {
	controller, cilium := in.controller(), in.entity("ingress", "the Gateway of Cilium")
	var out []Intent
	add := func(asks string, at func() catalog.Place, udp bool, from []*network.End, leads []routes.Lead) {
		i := Intent{From: from, Protocol: "TCP", Not: lookups, Asks: asks, AtTo: true}
		if udp {
			i.Protocol = "UDP"
		}
		for _, l := range leads {
			if targets := in.behind(l); len(targets) > 0 {
				i.At = at()
				out = append(out, i.to(targets)...)
			}
		}
	}
	for _, r := range in.routes.Everything() {
		switch {
		case r.Server == "":
			add(r.String(), func() catalog.Place { return r.At() }, false, controller, in.routes.Leads(r))
		case r.Listener != nil && r.Listener.Controller == gateways.Cilium:
			add(r.String(), func() catalog.Place { return r.At() }, false, []*network.End{cilium}, in.routes.Leads(r))
		default:
			if behind := in.network.BehindGateway(r.Gateway); len(behind) > 0 {
				add(r.String(), func() catalog.Place { return r.At() }, false, behind, in.routes.Leads(r))
			}
		}
	}
	for _, s := range in.routes.GatewayStreams() {
		if s.ByTraefik() {
			add(s.Title(), func() catalog.Place { return in.places.Field(s.Object, "kind") }, s.Kind == "UDPRoute", controller, s.Leads())
		}
	}
	for _, s := range in.routes.StreamRoutes() {
		add(s.Title(), func() catalog.Place { return in.places.Field(s.Object, "kind") }, s.UDP, controller, s.StreamLeads())
	}
	return out
}

// lookups are the ports of DNS, on which nobody answers HTTP requests.
var lookups = verdict.Ports{"TCP": {{First: 53, Last: 53}, {First: 853, Last: 853}}, "UDP": {{First: 53, Last: 53}, {First: 853, Last: 853}}}

// Logins are the ways from the ingress controller to what its middlewares ask: about each request, or for an error page.
func (in *Model) Logins() []Intent {
	controller := in.controller()
	var out []Intent
	routesOf := map[*deployed.Object]int{}
	for _, r := range in.routes.Everything() {
		for _, m := range in.routes.Asked(r) {
			routesOf[m]++
		}
	}
	seen := map[*deployed.Object]bool{}
	for _, r := range in.routes.Everything() {
		for _, m := range in.routes.Asked(r) {
			if seen[m] {
				continue
			}
			seen[m] = true
			more := ""
			if n := routesOf[m] - 1; n > 0 {
				more = fmt.Sprintf(" and %d more", n)
			}
			i := Intent{From: controller, Protocol: "TCP", Not: lookups, AtTo: true}
			var targets []target
			at := []string{"spec", "forwardAuth", "address"}
			if address := deployed.StringAt(m, at...); address != "" {
				targets = in.authService(address)
			} else {
				at = []string{"spec", "errors", "service"}
			}
			for _, l := range in.routes.ErrorPages(m) {
				targets = append(targets, in.behind(l)...)
			}
			if len(targets) == 0 {
				continue
			}
			i.At = in.places.Field(m, at...)
			i.Asks = fmt.Sprintf("the login of %s%s by %s of %s", diag.Beginning(r.String(), deployed.LongestName), more, m.Title(), m.Namespace)
			out = append(out, i.to(targets)...)
		}
	}
	return out
}

// authService is what answers at the address of a forwardAuth.
func (in *Model) authService(address string) []target {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	l, inside := in.service(u.Hostname(), in.deployed.Platform.Controller.Namespace)
	if !inside {
		return nil
	}
	l.Port = portOf(u)
	return in.behind(l)
}

// portOf is the port of a URL: the scheme's own, when none is written. It is 0 when there is none.
func portOf(u *url.URL) intstr.IntOrString {
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > 65535 {
		if u.Port() != "" {
			return intstr.IntOrString{}
		}
		port = schemes[u.Scheme]
	}
	return intstr.FromInt32(int32(port))
}

// schemes are the ports of schemes that say how to reach a server.
var schemes = map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379, "mysql": 3306, "mariadb": 3306,
	"mongodb": 27017, "amqp": 5672, "amqps": 5671, "nats": 4222, "mqtt": 1883, "mqtts": 8883, "ldap": 389, "ldaps": 636, "tcp": 0, "grpc": 0}
