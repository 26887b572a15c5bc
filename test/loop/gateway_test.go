package loop

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	gatewayGroup = "gateway.networking.k8s.io"
	gatewayAPI   = gatewayGroup + "/v1"
	ingressAPI   = "networking.k8s.io/v1"
	// The providers of Traefik, and the kinds that they read.
	crdProvider, gatewayProvider, ingressProvider = "kubernetescrd", "kubernetesgateway", "kubernetesingress"
)

func gatewayClass() map[string]any {
	return object(gatewayAPI, "GatewayClass", "", "traefik", map[string]any{"controllerName": "traefik.io/gateway-controller"})
}

func ingressClass() map[string]any {
	return object(ingressAPI, "IngressClass", "", "traefik", map[string]any{"controller": "traefik.io/ingress-controller"})
}

// providers are those that read some objects: always the one of Traefik's own kinds, which has the Middlewares.
func providers(objects []map[string]any) []string {
	found := map[string]bool{crdProvider: true}
	for _, o := range objects {
		switch apiVersion := (&unstructured.Unstructured{Object: o}).GetAPIVersion(); {
		case strings.HasPrefix(apiVersion, gatewayGroup+"/"):
			found[gatewayProvider] = true
		case apiVersion == ingressAPI:
			found[ingressProvider] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// namespacesOf are those of the objects, in order.
func namespacesOf(objects []map[string]any) []string {
	found := map[string]bool{}
	for _, o := range objects {
		if namespace := (&unstructured.Unstructured{Object: o}).GetNamespace(); namespace != "" {
			found[namespace] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// probes are a route for each provider that reads some objects. A provider has all objects, or none: when its own is answered, they are there.
func probes(namespace string, objects []map[string]any, port int) []map[string]any {
	ping := map[string]any{"group": "traefik.io", "kind": "TraefikService", "name": "ping@internal"}
	out := []map[string]any{object(traefikAPI, "IngressRoute", namespace, "probe", map[string]any{
		"entryPoints":      []any{probe},
		"ingressClassName": "traefik", // is read with and without the option
		"routes": []any{map[string]any{
			"kind": "Rule", "match": "Host(`" + crdProvider + ".example`)", "services": []any{map[string]any{"kind": "TraefikService", "name": "ping@internal"}},
		}},
	})}
	for _, provider := range providers(objects) {
		switch provider {
		case gatewayProvider:
			out = append(out, object(gatewayAPI, "Gateway", namespace, "probe", map[string]any{
				"gatewayClassName": "traefik", "listeners": []any{map[string]any{"name": probe, "protocol": "HTTP", "port": int64(port)}},
			}), object(gatewayAPI, "HTTPRoute", namespace, "probe", map[string]any{
				"parentRefs": []any{map[string]any{"name": "probe"}}, "hostnames": []any{gatewayProvider + ".example"}, "rules": []any{map[string]any{"backendRefs": []any{ping}}},
			}))
		case ingressProvider:
			o := object(ingressAPI, "Ingress", namespace, "probe", map[string]any{"ingressClassName": "traefik", "rules": []any{map[string]any{
				"host": ingressProvider + ".example", "http": map[string]any{"paths": []any{map[string]any{
					"path": "/", "pathType": "Prefix", "backend": map[string]any{"service": map[string]any{"name": "probe", "port": map[string]any{"number": int64(80)}}},
				}}},
			}}})
			o["metadata"].(map[string]any)["annotations"] = map[string]any{"traefik.ingress.kubernetes.io/router.entrypoints": probe}
			out = append(append(out, o), backend(namespace, "probe", 0xfefe, int64(80))...)
		}
	}
	return out
}

// certificate is a Secret with a certificate of its own making for some names.
func (r *routes) certificate(namespace, name string, hosts ...string) map[string]any {
	r.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r.must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: hosts, IsCA: true, BasicConstraintsValid: true}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	r.must(err)
	der, err := x509.MarshalECPrivateKey(key)
	r.must(err)
	var certPEM, keyPEM bytes.Buffer
	r.must(pem.Encode(&certPEM, &pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	r.must(pem.Encode(&keyPEM, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	o := object("v1", "Secret", namespace, name, nil)
	o["type"], o["stringData"] = "kubernetes.io/tls", map[string]any{"tls.crt": certPEM.String(), "tls.key": keyPEM.String()}
	return o
}
