package traefik

// What Traefik reads besides IngressRoutes: each kind by a provider of its own.
const (
	gatewayProvider = "providers.kubernetesgateway"
	ingressProvider = "providers.kubernetesingress"
)

func (t *Settings) addProviders(i *instance) {
	if i.has("providers.kubernetescrd") {
		t.routes++
	}
	if i.has(gatewayProvider) {
		t.gateways++
		t.experimental = t.experimental || i.on(gatewayProvider+".experimentalchannel")
	}
	if !i.has(ingressProvider) {
		return
	}
	t.ingresses++
	if t.ingressClasses == nil {
		t.ingressClasses = map[string]bool{}
	}
	t.ingressClasses[i.values[ingressProvider+".ingressclass"]] = true
	t.externalIngress = t.externalIngress || i.on(ingressProvider+".allowexternalnameservices")
	if i.on(ingressProvider + ".strictprefixmatching") {
		t.strictPrefixes++
	}
}

// certain reports whether all of Traefik's settings are known.
func (t *Settings) certain() bool { return t.Known && !t.Failed && t.EntryPointsKnown }

// ReadsGateways reports whether a Traefik may read the objects of the Gateway API: it does when nothing is known.
func (t *Settings) ReadsGateways() bool { return !t.certain() || t.gateways > 0 }

// ReadsIngressRoutes reports whether a Traefik may read IngressRoutes and Middlewares.
func (t *Settings) ReadsIngressRoutes() bool { return !t.certain() || t.routes > 0 }

// Experimental reports whether a Traefik may read TCPRoutes.
func (t *Settings) Experimental() bool { return !t.certain() || t.experimental }

// ReadsIngresses reports whether a Traefik may read the Ingresses that name a class, or none. Without a setting of its own, it reads those whose class
// an IngressClass has, whosever that is (pkg/provider/kubernetes/ingress/kubernetes.go, shouldProcessIngress).
func (t *Settings) ReadsIngresses(class string) bool {
	switch {
	case !t.certain():
		return class == "traefik"
	case t.ingresses == 0:
		return false
	}
	return t.ingressClasses[class] || t.ingressClasses[""] && class == "traefik"
}

// StrictPrefixes reports whether Traefik compares the prefixes of Ingresses by elements of the path, and whether that is known.
func (t *Settings) StrictPrefixes() (strict, known bool) {
	return t.strictPrefixes > 0, t.strictPrefixes == 0 || t.strictPrefixes == t.ingresses
}

// ExternalIngresses reports whether an Ingress may lead to an ExternalName.
func (t *Settings) ExternalIngresses() bool { return !t.certain() || t.externalIngress }
