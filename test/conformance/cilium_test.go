package conformance

import (
	"io"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// policies reads the rendered policies back into Cilium's type and has Cilium parse them as its agent does: what fails there
// is not enforced, although the API server accepts it.
func policies(t *testing.T, objects []object.Object) []verdict.Policy {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	var out []verdict.Policy
	var e object.Encoder
	for _, o := range objects {
		if o.Kind == "NetworkPolicy" { // which Cilium reads as well
			var p networkingv1.NetworkPolicy
			if err := yaml.UnmarshalStrict(e.Encode(nil, o.Value()), &p); err != nil {
				t.Fatalf("%s: %v", o.File(), err)
			}
			out = append(out, verdict.Policy{Namespace: o.Namespace, Name: o.Name, Kubernetes: &p.Spec})
		}
		if o.Kind != "CiliumNetworkPolicy" {
			continue
		}
		var p ciliumv2.CiliumNetworkPolicy
		if err := yaml.UnmarshalStrict(e.Encode(nil, o.Value()), &p); err != nil {
			t.Fatalf("%s: %v", o.File(), err)
		}
		if _, err := p.DeepCopy().Parse(logger, ""); err != nil {
			t.Errorf("%s: %v", o.File(), err)
		}
		out = append(out, verdict.Policy{Namespace: o.Namespace, Name: o.Name, Rule: p.Spec})
	}
	return out
}

func engine(t *testing.T, objects []object.Object) *cilium.Engine {
	t.Helper()
	e, err := cilium.New(verdict.Options{}, policies(t, objects))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestFlows asks Cilium's policy engine whether what the entries allow passes at both ends, and only in that direction.
func TestFlows(t *testing.T) {
	for _, c := range examples.Every(t) {
		t.Run(c.String(), func(t *testing.T) {
			e := engine(t, c.Objects)
			for _, n := range c.Platform.Namespaces {
				for _, f := range n.Flows {
					if f.Direction == catalog.Egress {
						passes(t, e, n.Name, f)
					}
				}
			}
		})
	}
}

// passes asks for each port of an outgoing flow, and for one that no flow has.
func passes(t *testing.T, e *cilium.Engine, namespace string, f catalog.Flow) {
	t.Helper()
	from := verdict.Endpoint{Namespace: namespace, NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": namespace}, Labels: f.PodLabels}
	to, ok := peer(f.Peer)
	if !ok {
		return
	}
	for _, p := range f.Ports {
		number, err := strconv.ParseUint(p.Name, 10, 16)
		if err != nil {
			number = 4567
			to.Ports = []corev1.ContainerPort{{Name: p.Name, ContainerPort: 4567, Protocol: corev1.Protocol(p.Protocol)}}
		}
		protocol := p.Protocol
		if protocol == "ANY" {
			protocol = "TCP"
		}
		flow := verdict.Flow{From: from, To: to, Port: uint16(number), Protocol: protocol}
		v, err := e.Verdict(flow)
		if err != nil {
			t.Errorf("%s: %v", f.Origin, err)
		} else if !v.Allowed() {
			t.Errorf("%s: port %s/%s is denied: %+v", f.Origin, p.Name, p.Protocol, v)
		}
		if to.FQDN != "" && !v.Learned {
			t.Errorf("%s: Cilium never learns the host's addresses", f.Origin)
		}
	}
}

// peer is an endpoint that the peer selects; false for what is not one endpoint.
func peer(p catalog.Peer) (verdict.Endpoint, bool) {
	switch {
	case p.Namespace != "":
		return verdict.Endpoint{Namespace: p.Namespace, NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": p.Namespace}, Labels: p.PodLabels}, true
	case p.Host != "":
		return verdict.Endpoint{FQDN: strings.ReplaceAll(p.Host, "*", "any")}, true
	case p.CIDR != "":
		if block := netip.MustParsePrefix(p.CIDR); !block.IsSingleIP() {
			return verdict.Endpoint{IP: block.Addr().Next()}, true
		}
		return verdict.Endpoint{IP: netip.MustParsePrefix(p.CIDR).Addr()}, true
	case p.Entity == "world":
		return verdict.Endpoint{IP: netip.MustParseAddr("203.0.113.9")}, true
	}
	return verdict.Endpoint{Entity: p.Entity}, !p.Everywhere && p.Entity != "cluster" && p.Entity != "all"
}

// TestHomelabFlows is what the owner of the example would be sorry to see change: FROM > TO PORT/PROTOCOL, where an end is
// NAMESPACE, NAMESPACE:NAME (the pod's app.kubernetes.io/name), an entity, an address or a host name.
func TestHomelabFlows(t *testing.T) {
	_, objects := examples.Load(t, "homelab")
	e := engine(t, objects)
	ask(t, e, true, `
		# openclaw may talk to the model and to one API
		web-openclaw:openclaw > web-ai-engine:llama-server 8080/TCP
		web-openclaw:openclaw > integrate.api.example 443/TCP
		web-openclaw:openclaw > kube-system:kube-dns 53/UDP
		# everything public and private comes through Traefik
		sys-traefik:traefik > web-vaultwarden:vaultwarden 8080/TCP
		sys-cloudflared:cloudflared > sys-traefik:traefik 7080/TCP
		203.0.113.9 > sys-traefik:traefik 8443/TCP
		# BitTorrent
		203.0.113.9 > web-qbittorrent:qbittorrent 6881/TCP
		203.0.113.9 > web-qbittorrent:qbittorrent 6881/UDP
		# the operators reach the API server, and External Secrets reaches Vault
		sys-external-secrets:external-secrets > kube-apiserver 6443/TCP
		sys-external-secrets:external-secrets > sys-vault:vault 8200/TCP
		# sonarr hands downloads over
		web-media:sonarr > web-qbittorrent:qbittorrent 8080/TCP
		# brew-buddy's API has its database
		web-brew-buddy:api > web-brew-buddy:postgres 5432/TCP
		# the gardener pushes, and reports
		sys-gardener:gardener > gitlab.example 443/TCP
		sys-gardener:gardener > web-ntfy:ntfy 8080/TCP
		sys-gardener:gardener > web-n8n:n8n 5678/TCP
		# the bus: who sends, who scrapes, and what wakes iPhones
		sys-monitoring:alertmanager > web-ntfy:ntfy 8080/TCP
		sys-monitoring:prometheus > web-ntfy:ntfy 9090/TCP
		argocd:argocd-notifications-controller > web-ntfy:ntfy 8080/TCP
		web-n8n:n8n > web-ntfy:ntfy 8080/TCP
		web-openclaw:openclaw > web-ntfy:ntfy 8080/TCP
		sys-traefik:traefik > web-ntfy:ntfy 8080/TCP
		web-ntfy:ntfy > ntfy.sh 443/TCP
		sys-monitoring:alertmanager > hc.example 443/TCP
	`)
	ask(t, e, false, `
		# … and nothing else in the house, nor outside
		web-openclaw:openclaw > web-ai-engine:open-webui 8080/TCP
		web-openclaw:openclaw > web-vaultwarden:vaultwarden 8080/TCP
		web-openclaw:openclaw > sys-vault:vault 8200/TCP
		web-openclaw:openclaw > kube-apiserver 6443/TCP
		web-openclaw:openclaw > host 22/TCP
		web-openclaw:openclaw > 203.0.113.9 443/TCP
		web-openclaw:openclaw > 192.168.0.1 443/TCP
		web-openclaw:openclaw > other.example 443/TCP
		web-openclaw:openclaw > integrate.api.example 80/TCP
		# the tunnel reaches one entry point of Traefik, and no application
		sys-cloudflared:cloudflared > sys-traefik:traefik 8443/TCP
		sys-cloudflared:cloudflared > web-vaultwarden:vaultwarden 8080/TCP
		# applications do not see each other
		web-vaultwarden:vaultwarden > web-immich:server 2283/TCP
		web-sonarr:x > web-qbittorrent:qbittorrent 8080/TCP
		web-n8n:n8n > sys-vault:vault 8200/TCP
		web-blog:blog > 203.0.113.9 443/TCP
		# the frontend has no way to the database
		web-brew-buddy:frontend > web-brew-buddy:postgres 5432/TCP
		sys-traefik:other > web-vaultwarden:vaultwarden 8080/TCP
		# the gardener has no way to the node or the cluster
		sys-gardener:gardener > host 22/TCP
		sys-gardener:gardener > host 9100/TCP
		sys-gardener:gardener > web-ntfy:ntfy 9090/TCP
		sys-gardener:other > web-ntfy:ntfy 8080/TCP
		sys-gardener:other > gitlab.example 443/TCP
		# nobody else reaches the bus, and the bus nobody else
		web-vaultwarden:vaultwarden > web-ntfy:ntfy 8080/TCP
		web-blog:blog > web-ntfy:ntfy 8080/TCP
		argocd:argocd-server > web-ntfy:ntfy 8080/TCP
		sys-monitoring:alertmanager > web-ntfy:other 8080/TCP
		203.0.113.9 > web-ntfy:ntfy 8080/TCP
		web-ntfy:ntfy > host 22/TCP
		web-ntfy:ntfy > host 9100/TCP
		web-ntfy:ntfy > kube-apiserver 6443/TCP
		web-ntfy:ntfy > other.example 443/TCP
		web-ntfy:ntfy > sys-gardener:gardener 8080/TCP
		sys-gardener:gardener > kube-apiserver 6443/TCP
		sys-gardener:gardener > 203.0.113.9 443/TCP
		# strangers come in through Traefik only
		203.0.113.9 > web-vaultwarden:vaultwarden 8080/TCP
		203.0.113.9 > web-qbittorrent:qbittorrent 8080/TCP
	`)
}

// ask compares the engine with rows.
func ask(t *testing.T, e *cilium.Engine, want bool, rows string) {
	t.Helper()
	for line := range strings.Lines(rows) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		number, protocol, _ := strings.Cut(words[3], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil || words[1] != ">" {
			t.Fatalf("not a row: %s", line)
		}
		v, err := e.Verdict(verdict.Flow{From: endpoint(words[0]), To: endpoint(words[2]), Port: uint16(port), Protocol: protocol})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if v.Allowed() != want {
			t.Errorf("%s: allowed is %t: %+v", line, v.Allowed(), v)
		}
	}
}

func endpoint(s string) verdict.Endpoint {
	if ip, err := netip.ParseAddr(s); err == nil {
		return verdict.Endpoint{IP: ip}
	}
	namespace, name, isPod := strings.Cut(s, ":")
	switch {
	case isPod && name == "ntfy": // policies name its ports
		return verdict.Endpoint{Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/name": name}, Ports: []corev1.ContainerPort{
			{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}, {Name: "metrics", ContainerPort: 9090, Protocol: corev1.ProtocolTCP}}}
	case isPod && gatewayLabels(name) != nil:
		return verdict.Endpoint{Namespace: namespace, Labels: gatewayLabels(name)}
	case isPod && name == "kube-dns":
		return verdict.Endpoint{Namespace: namespace, Labels: map[string]string{"k8s-app": name}}
	case isPod:
		return verdict.Endpoint{Namespace: namespace, Labels: map[string]string{"app.kubernetes.io/name": name}}
	case strings.Contains(s, "."):
		return verdict.Endpoint{FQDN: s}
	}
	return verdict.Endpoint{Entity: s}
}

// TestCatalogAlone asks about catalog applications whose entries set nothing but their names.
func TestCatalogAlone(t *testing.T) {
	_, objects := examples.Load(t, "catalog")
	e := engine(t, objects)
	ask(t, e, true, `
		sys-alerting:alertmanager > web-ntfy:ntfy 8080/TCP
		sys-gardener:gardener > web-ntfy:ntfy 8080/TCP
		sys-gardener:gardener > gitlab.example 443/TCP
		kube-system:traefik > web-ntfy:ntfy 8080/TCP
	`)
	ask(t, e, false, `
		# a random pod
		default:random > web-ntfy:ntfy 8080/TCP
		sys-alerting:random > web-ntfy:ntfy 8080/TCP
		sys-gardener:random > web-ntfy:ntfy 8080/TCP
		# the node
		web-ntfy:ntfy > host 22/TCP
		web-ntfy:ntfy > host 10250/TCP
		web-ntfy:ntfy > remote-node 22/TCP
		sys-alerting:alertmanager > host 22/TCP
		sys-gardener:gardener > host 22/TCP
		sys-gardener:gardener > host 10250/TCP
		sys-gardener:gardener > kube-apiserver 6443/TCP
		# outside
		web-ntfy:ntfy > ntfy.sh 443/TCP
		sys-gardener:gardener > other.example 443/TCP
	`)
	_, objects = examples.Load(t, "catalog-full")
	e = engine(t, objects)
	ask(t, e, true, `
		web-push:usagewatch > web-models:gateway 8080/TCP
		web-push:usagewatch > web-push:ntfy 8080/TCP
		sys-alerting-files:alertmanager > web-push:ntfy 8080/TCP
		sys-alerting-files:alertmanager > smtp.mail.example 587/TCP
	`)
	ask(t, e, false, `
		web-push:ntfy > web-models:gateway 8080/TCP
		web-push:usagewatch > web-models:gateway 9090/TCP
		# it lives on a node, and no pod of its name is let in
		sys-gardener-node:gardener > web-push:ntfy 8080/TCP
		sys-alerting-files:random > smtp.mail.example 587/TCP
	`)
}
