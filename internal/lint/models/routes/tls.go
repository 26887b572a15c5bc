package routes

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/secrets"
)

// tlsOf is the certificate of an IngressRoute, and its options.
func (s *subject) tlsOf(in *ingressRoute) {
	if in.TLS == nil {
		return
	}
	if name := in.TLS.SecretName; name != "" {
		if problem := s.secrets.Missing(in.Namespace, secrets.Need{Secret: name, Key: "tls.crt"}); problem != "" {
			s.wrong(MissingSecret, []string{"spec", "tls", "secretName"}, "add it under secrets: of an application of "+in.Namespace,
				"%s needs %s: Traefik answers with another certificate", s.object.Title(), problem)
		}
	}
	if o := in.TLS.Options; o != nil && o.Name != "" {
		at := []string{"spec", "tls", "options"}
		s.need(s.refer(name{"TLSOption", BrokenTLSOption, in.Namespace, o.Namespace, o.Name}, at, "name"), at...)
	} else {
		s.need(s.defaultTLS(), "spec", "tls")
	}
}

// defaultTLS is the TLSOption for all that name none; nil when there is none: with several, Traefik takes none of them.
func (j *judge) defaultTLS() *deployed.Object {
	if all := j.named.byID["TLSOption"]["default"]; len(all) == 1 {
		return all[0]
	}
	return nil
}

// encrypted reports whether all entry points of a router have TLS of themselves, with the default options.
func (j *judge) encrypted(r *Router) bool {
	return j.strict && r.Server == "" && !r.TLS && len(r.EntryPoints) > 0 && !slices.ContainsFunc(r.EntryPoints, func(e string) bool {
		e = strings.ToLower(e)
		return !j.settings.Encrypted[e] || j.settings.TLSOptions[e]
	})
}

// served is a host on an entry point, which has the TLS options of all rules for it, or the default ones.
type served struct{ host, entryPoint string }

// conflicts are the rules whose TLS options Traefik does not apply: another rule has others for the same host and entry point, or the rule names
// no host by which they could be chosen (pkg/server/aggregator.go, resolveHTTPTLSOptions).
func (t *tree) conflicts(routers []*subject) {
	if !slices.ContainsFunc(routers, func(s *subject) bool { return t.optionsOf(s.router) != "" }) {
		return
	}
	hosts := map[*subject][]string{}
	users := map[served]map[string]*subject{} // by the options: the first
	each := func(visit func(s *subject, at served, options string)) {
		for _, s := range routers {
			for _, e := range s.router.EntryPoints {
				options, known := t.resolved(s.router, e)
				for _, h := range hosts[s] {
					if known {
						visit(s, served{h, e}, options)
					}
				}
			}
		}
	}
	for _, s := range routers {
		if s.router.Server == "" {
			hosts[s] = t.hostsOf(s.router)
		}
	}
	each(func(s *subject, at served, options string) {
		if users[at] == nil {
			users[at] = map[string]*subject{}
		}
		if users[at][options] == nil {
			users[at][options] = s
		}
	})
	said, lost := map[*deployed.Object]bool{}, map[*subject]map[string]bool{}
	each(func(s *subject, at served, options string) {
		if len(users[at]) < 2 {
			return
		}
		if lost[s] == nil {
			lost[s] = map[string]bool{}
		}
		lost[s][at.entryPoint] = true
		if options == "" || said[s.router.Object] {
			return
		}
		said[s.router.Object] = true
		for _, key := range slices.Sorted(maps.Keys(users[at])) {
			if other := users[at][key]; key != options {
				t.of(s.router.Object).wrong(BrokenTLSOption, []string{"spec", "tls", "options"}, "give both the same",
					"%s has other TLS options for %s: Traefik %s", other.router, at.host, t.fallback())
				break
			}
		}
	})
	for _, s := range routers {
		if t.optionsOf(s.router) != "" && hosts[s] != nil && len(hosts[s]) == 0 && !said[s.router.Object] {
			said[s.router.Object] = true
			t.of(s.router.Object).wrong(BrokenTLSOption, []string{"spec", "tls", "options"}, "name the hosts in the rule, with Host", "the rule names no host for its TLS options: Traefik %s", t.fallback())
		}
		if t.settings.StrictTLSOptions && len(lost[s]) > 0 && len(lost[s]) == len(s.router.EntryPoints) {
			s.dropped = true
		}
	}
}

// fallback is what Traefik does with rules of which it cannot apply the TLS options.
func (t *tree) fallback() string {
	if t.settings.StrictTLSOptions {
		return "drops the rules"
	}
	return "applies the default ones instead, which ask no client for a certificate"
}

// optionsOf are the TLS options of a router, by a name of theirs; empty for the default ones.
func (t *tree) optionsOf(r *Router) string {
	in := t.all[r.Object]
	if in == nil || in.TLS == nil || in.TLS.Options == nil || in.TLS.Options.Name == "" {
		return ""
	}
	if o := in.TLS.Options; !strings.Contains(o.Name, "@") {
		return cmp.Or(o.Namespace, in.Namespace) + "/" + o.Name
	}
	return in.TLS.Options.Name
}

// resolved are the options of a router on an entry point, if they are known and it has TLS there.
func (t *tree) resolved(r *Router, entryPoint string) (options string, known bool) {
	if r.TLS {
		return t.optionsOf(r), true
	}
	e := strings.ToLower(entryPoint)
	return "", t.strict && t.settings.Encrypted[e] && !t.settings.TLSOptions[e]
}

// hostsOf are the hosts that the rule of a router names; nil when it cannot be read.
func (t *tree) hostsOf(r *Router) []string {
	if r.Rule == nil {
		return nil
	}
	found := map[string]bool{}
	for _, alternative := range r.Rule.Alternatives {
		for _, m := range alternative {
			if m.Name == "Host" && !m.Not {
				for _, host := range m.Args {
					found[strings.ToLower(host)] = true
				}
			}
		}
	}
	return slices.AppendSeq([]string{}, maps.Keys(found))
}

// tlsOption is what Traefik makes of one (pkg/tls/tlsmanager.go, buildTLSConfig; pkg/provider/kubernetes/crd/kubernetes.go, buildTLSOptions).
func (s *subject) tlsOption() {
	for _, list := range []struct {
		field, what, known string
	}{{"cipherSuites", "cipher suite", cipherSuites}, {"curvePreferences", "curve", curves}} {
		at := []string{"spec", list.field}
		for i, text := range textsAt(s.object, at...) {
			if !slices.Contains(strings.Fields(list.known), text) {
				s.fault(BrokenTLSOption, item(at, i), "", "Traefik knows no %s %s", list.what, text)
			}
		}
	}
	at := []string{"spec", "clientAuth", "secretNames"}
	names := textsAt(s.object, at...)
	lacks := map[int]string{} // by the place of the name
	for i, name := range names {
		problem := s.secrets.Missing(s.object.Namespace, secrets.Need{Secret: name, Key: "ca.crt"})
		if problem != "" && s.secrets.Missing(s.object.Namespace, secrets.Need{Secret: name, Key: "tls.ca"}) != "" {
			lacks[i] = problem
		}
	}
	kind := deployed.StringAt(s.object, "spec", "clientAuth", "clientAuthType")
	verifies := slices.Contains([]string{"VerifyClientCertIfGiven", "RequireAndVerifyClientCert"}, kind)
	switch {
	case kind != "" && !verifies && !slices.Contains([]string{"NoClientCert", "RequestClientCert", "RequireAnyClientCert"}, kind):
		s.fault(BrokenTLSOption, []string{"spec", "clientAuth", "clientAuthType"}, "", "Traefik knows no clientAuthType %s", kind)
		return
	case verifies && len(names) == 0:
		s.fault(BrokenTLSOption, []string{"spec", "clientAuth", "clientAuthType"}, "add secretNames with the CA", "%s needs the CA that signs the certificates of clients", kind)
		return
	}
	for i := range names {
		switch hint := "add it under secrets: of an application of " + s.object.Namespace; {
		case lacks[i] == "":
		case len(lacks) < len(names):
			s.wrong(MissingSecret, item(at, i), hint, "%s needs %s: Traefik refuses the clients that have a certificate of this CA", s.object.Title(), lacks[i])
		case verifies:
			s.fault(MissingSecret, item(at, i), hint, "%s needs %s", s.object.Title(), lacks[i])
		default:
			s.wrong(MissingSecret, item(at, i), hint, "%s needs %s: Traefik checks no certificate of a client", s.object.Title(), lacks[i])
		}
	}
}

// The names of pkg/tls/cipher.go and certificate.go, with spaces between.
const (
	cipherSuites = `TLS_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_RSA_WITH_AES_256_CBC_SHA
		TLS_RSA_WITH_AES_128_CBC_SHA256 TLS_RSA_WITH_AES_128_GCM_SHA256 TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_RC4_128_SHA
		TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA TLS_ECDHE_RSA_WITH_RC4_128_SHA TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
		TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
		TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
		TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
		TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
		TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_FALLBACK_SCSV`
	curves = `secp256r1 CurveP256 secp384r1 CurveP384 secp521r1 CurveP521 x25519 X25519 x25519mlkem768 X25519MLKEM768
		secp256r1mlkem768 SecP256r1MLKEM768 secp384r1mlkem1024 SecP384r1MLKEM1024`
)
