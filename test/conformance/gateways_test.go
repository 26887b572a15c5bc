package conformance

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/test/examples"
)

// gatewayPods are what answers for the Gateway sys-gateway/home, by its implementation: the ends of rows for ask.
var gatewayPods = map[string]string{
	"traefik":       "sys-traefik:traefik",
	"envoy-gateway": "envoy-gateway-system:envoy-of-home",
	"cilium":        "ingress",
	"istio":         "sys-gateway:pod-of-home",
	"kgateway":      "sys-gateway:pod-of-home",
	"nginx":         "sys-gateway:pod-of-home",
}

// gatewayList has an entry with routes, one without, and those with the pods of Gateways, which are closed as well.
const gatewayList = `
- namespace: web-shop
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-shop
      path: web
      ingress:
        - {host: shop, service: shop, port: 80, auth: app}
        - {host: nas, address: 192.168.1.5, port: 8080, auth: app}
- {namespace: web-job, networkPolicies: isolated-job, applications: [{applicationCode: web-job, path: web}]}
- {namespace: sys-traefik, networkPolicies: ingress-controller, applications: [{applicationCode: sys-traefik, path: web}]}
- {namespace: envoy-gateway-system, networkPolicies: ingress-controller, applications: [{applicationCode: envoy, path: web}]}
- {namespace: sys-gateway, networkPolicies: ingress-controller, applications: [{applicationCode: sys-gateway, path: web}]}
`

// TestGatewayFlows asks Cilium's policy engine who reaches what routes lead to, for each implementation of the Gateway API.
func TestGatewayFlows(t *testing.T) {
	for implementation, gateway := range gatewayPods {
		t.Run(implementation, func(t *testing.T) {
			platform := fmt.Sprintf(`domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  kind: gateway
  gateway: {name: home, namespace: sys-gateway, implementation: %s}
  expose: {lan: [https]}
  controller: {namespace: sys-traefik}
`, implementation)
			e := engine(t, render.Build(loaded(t, fstest.MapFS{"platform.yml": {Data: []byte(platform)}, "applications.yml": {Data: []byte(gatewayList)},
				"web/config.yaml": externalSecretsList["web/config.yaml"]})))
			ask(t, e, true, fmt.Sprintf("%s > web-shop:shop 8080/TCP\n%[1]s > web-shop:other 3000/TCP", gateway))
			denied := []string{
				"%s > web-job:job 8080/TCP", // it has no route
				"web-shop:shop > %s 8443/TCP",
			}
			if gateway != "ingress" { // which no policy of a namespace is about
				ask(t, e, true, fmt.Sprintf("203.0.113.9 > %s 8443/TCP\n%[1]s > 192.168.1.5 8080/TCP\n%[1]s > kube-system:kube-dns 53/UDP", gateway))
				denied = append(denied, "%s > 192.168.1.5 22/TCP", "%s > 192.168.1.6 8080/TCP", "%s > 203.0.113.9 443/TCP")
			}
			for _, row := range denied {
				ask(t, e, false, fmt.Sprintf(row, gateway))
			}
			for _, other := range []string{"sys-traefik:traefik", "sys-traefik:other", "envoy-gateway-system:envoy-of-home", "envoy-gateway-system:envoy-of-other", "envoy-gateway-system:envoy-gateway",
				"ingress", "sys-gateway:pod-of-home", "sys-gateway:pod-of-other", "remote-node", "kube-apiserver", "203.0.113.9", "web-job:job"} {
				if other != gateway {
					ask(t, e, false, other+" > web-shop:shop 8080/TCP")
				}
			}
		})
	}
}

// gatewayLabels are those of the pods of a Gateway that is named as the end of a row is: envoy-of-home, or pod-of-home.
func gatewayLabels(name string) map[string]string {
	if gateway, found := strings.CutPrefix(name, "envoy-of-"); found {
		return map[string]string{"app.kubernetes.io/name": "envoy", "gateway.envoyproxy.io/owning-gateway-name": gateway, "gateway.envoyproxy.io/owning-gateway-namespace": "sys-gateway"}
	}
	if gateway, found := strings.CutPrefix(name, "pod-of-"); found {
		return map[string]string{"gateway.networking.k8s.io/gateway-name": gateway}
	}
	return nil
}

// TestGatewayMove asks the same of a house on Envoy Gateway, which has one host on Traefik still.
func TestGatewayMove(t *testing.T) {
	_, objects := examples.Load(t, "homelab-gateway")
	e := engine(t, objects)
	ask(t, e, true, `
		envoy-gateway-system:envoy-of-home > web-vaultwarden:vaultwarden 8080/TCP
		envoy-gateway-system:envoy-of-home > web-ntfy:ntfy 8080/TCP
		envoy-gateway-system:envoy-of-home > web-immich:server 2283/TCP
		sys-traefik:traefik > web-immich:server 2283/TCP # until nobody comes by the old one
		203.0.113.9 > envoy-gateway-system:envoy-of-home 10443/TCP
		sys-cloudflared:cloudflared > envoy-gateway-system:envoy-of-home 7080/TCP
		# who logs people in, and where External Secrets has its values from
		envoy-gateway-system:envoy-of-home > sys-oauth2-gitlab:oauth2-proxy 4180/TCP
		sys-external-secrets:external-secrets > sys-1password:onepassword-connect 8080/TCP
		web-media:sonarr > web-jellyfin:jellyfin 8096/TCP
	`)
	ask(t, e, false, `
		envoy-gateway-system:envoy-of-other > web-vaultwarden:vaultwarden 8080/TCP
		envoy-gateway-system:envoy-gateway > web-vaultwarden:vaultwarden 8080/TCP
		sys-traefik:other > web-immich:server 2283/TCP
		ingress > web-vaultwarden:vaultwarden 8080/TCP
		remote-node > web-vaultwarden:vaultwarden 8080/TCP
		203.0.113.9 > web-vaultwarden:vaultwarden 8080/TCP
		sys-cloudflared:cloudflared > envoy-gateway-system:envoy-of-home 10443/TCP
		sys-cloudflared:cloudflared > web-vaultwarden:vaultwarden 8080/TCP
		envoy-gateway-system:envoy-of-home > 203.0.113.9 443/TCP
		web-vaultwarden:vaultwarden > sys-1password:onepassword-connect 8080/TCP
		web-vaultwarden:vaultwarden > web-immich:server 2283/TCP
		web-vaultwarden:vaultwarden > kube-apiserver 6443/TCP
		web-vaultwarden:vaultwarden > envoy-gateway-system:envoy-of-home 10443/TCP
		web-homer:homer > 203.0.113.9 443/TCP
	`)
}
