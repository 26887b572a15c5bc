package intents

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
	corev1 "k8s.io/api/core/v1"
)

// The parts of pods.
type (
	container = corev1.Container
	variable  = corev1.EnvVar
)

// away is the way to what is at a URL outside of the cluster. There is none when it may be inside: a host of the list, or a name that is only good at
// home.
func (in *Model) away(i Intent, u *url.URL) []Intent {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	port := portOf(u).IntVal
	if port == 0 || len(i.From) == 0 || !in.isAway(host) {
		return nil
	}
	there := &network.End{Name: host, Endpoint: verdict.Endpoint{FQDN: host}}
	if a, err := netip.ParseAddr(host); err == nil {
		there.Endpoint = verdict.Endpoint{IP: a}
	}
	i.Port, i.Any = uint16(port), true
	var out []Intent
	for _, from := range i.From { // each has its own policies
		one := i
		one.From, one.To = []*network.End{from}, append([]*network.End{there}, in.beyond(from.Namespace)...)
		out = append(out, one)
	}
	return out
}

// isAway reports whether a name or address is certainly outside of the cluster, and no placeholder.
func (in *Model) isAway(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsGlobalUnicast() && !a.IsPrivate() && !netip.MustParsePrefix("100.64.0.0/10").Contains(a)
	}
	parts := strings.Split(host, ".")
	last := parts[len(parts)-1]
	for _, p := range parts {
		if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	switch {
	case len(parts) < 2 || strings.Trim(last, "0123456789") == "":
		return false
	case last == "local" || last == "lan" || last == "internal" || last == "home" || last == "svc" || last == "localhost" || last == "localdomain" || last == "arpa" ||
		last == "test" || last == "invalid" || last == "intra" || last == "corp" || last == "private" || last == "cluster":
		return false
	case len(parts) >= 2 && parts[len(parts)-2] == "example" && (last == "com" || last == "org" || last == "net"):
		return false
	}
	// What is below the own domain, or a host of a route, is answered here.
	hosts := in.hosts.Get(func() map[string]bool {
		out := map[string]bool{in.deployed.Platform.Domain: true}
		for _, r := range in.routes.Everything() {
			for _, s := range r.Scopes {
				out[s.Host] = true
			}
		}
		for _, o := range in.deployed.Kind("Ingress", "HTTPRoute", "Gateway", "Certificate") {
			for text := range deployed.Texts(o.Content()["spec"]) {
				out[strings.TrimPrefix(text, "*.")] = true
			}
		}
		return out
	})
	for i := range parts {
		if hosts[strings.Join(parts[i:], ".")] {
			return false
		}
	}
	return true
}
