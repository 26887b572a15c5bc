package rules

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/verdict"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var probesDenied = lint.Rule{
	Name:     "probes-denied",
	Severity: lint.Error,
	Summary:  "a policy denies the node, and with it the kubelet's probes",
	Doc: `The kubelet's probes come from the node that the pod runs on. Cilium permits them whatever the policies say (allow-localhost), but for one
thing: a deny wins over all that permits, and the entities ` + "`cluster`, `host` and `all`" + ` have the node in them. The pods then never become ready,
or are restarted for ever. List who is meant instead. A deny on ports that no probe uses is no fault; that of a profile without ports is one for whatever
pod comes next.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: web-app
  applications:
    - {applicationCode: web-a, path: a}
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: no-neighbours}
spec:
  endpointSelector: {}
  ingressDeny:
    - fromEntities: [cluster]
-- a/pod.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: a
      image: registry.example/a:1.2.3
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /, port: http}}
      livenessProbe: {httpGet: {path: /, port: http}}
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
`,
	Mend: []string{`    - fromEntities: [cluster]`, `    - fromEntities: [remote-node]`},
	Check: func(in *lint.Context, report lint.Report) {
		type denial struct {
			*policies.Policy
			index int
		}
		denials := map[verdict.Ref]denial{}
		for _, p := range in.Policies.Own() {
			if p.Rule == nil {
				continue
			}
			for i := range p.Rule.IngressDeny {
				if r, known := in.Network.Ref(p, "ingressDeny", i); known {
					denials[r] = denial{p, i}
				}
			}
		}
		if len(denials) == 0 {
			return
		}
		const hint = "list who is meant, such as fromEntities: [world, remote-node]: cluster, host and all have the pod's own node in them, and no rule permits again what one denies"
		type rule struct {
			title       string // the same for a policy of a profile in all namespaces
			spec, index int
		}
		node, told := in.Network.Entity("host"), map[rule]bool{}
		for _, n := range in.Network.Namespaces() {
			for _, e := range n.Pods {
				if e.Node {
					continue
				}
				for _, probe := range probesOf(e.Pods) {
					v, err := in.Network.Verdict(node, e, "TCP", probe.port)
					if err != nil || v.Ingress.Allowed {
						continue
					}
					for _, r := range v.Ingress.Rules {
						d, known := denials[r]
						if !known {
							continue
						}
						of := rule{d.Title, d.Spec, d.index}
						if d.Profile == nil {
							of.title += " of " + d.Namespace
						}
						if told[of] {
							continue
						}
						told[of] = true
						report(d.At("ingressDeny", strconv.Itoa(d.index)), hint, "%s denies the node, and with it the %s of %s on port %d", d.Title, probe.name, e.Pods.Title(), probe.port)
					}
				}
			}
		}
		for _, p := range in.Policies.Own() {
			if p.Profile == nil {
				continue
			}
			for i, r := range p.Rule.IngressDeny {
				ref, _ := in.Network.Ref(p, "ingressDeny", i)
				if len(r.ToPorts)+len(r.ICMPs) == 0 && !told[rule{p.Title, 0, i}] && in.Network.Denies(ref, node) {
					told[rule{p.Title, 0, i}] = true
					report(p.At("ingressDeny", strconv.Itoa(i)), hint, "%s denies the node, and with it the kubelet's probes of all pods that have some", p.Title)
				}
			}
		}
	},
}

// probe is one by which the kubelet asks a pod over the network.
type probe struct {
	name string
	port uint16
}

// probesOf are the probes of a pod's containers that come over the network to the pod itself.
func probesOf(p *deployed.Pod) []probe {
	var out []probe
	for _, c := range p.Containers() {
		for _, of := range []struct {
			name string
			*corev1.Probe
		}{{"startupProbe", c.StartupProbe}, {"livenessProbe", c.LivenessProbe}, {"readinessProbe", c.ReadinessProbe}} {
			if of.Probe == nil {
				continue
			}
			var port intstr.IntOrString
			switch {
			case of.HTTPGet != nil && of.HTTPGet.Host == "":
				port = of.HTTPGet.Port
			case of.TCPSocket != nil && of.TCPSocket.Host == "":
				port = of.TCPSocket.Port
			case of.GRPC != nil:
				port = intstr.FromInt32(of.GRPC.Port)
			default:
				continue
			}
			number := port.IntValue()
			for _, named := range c.Ports {
				if port.Type == intstr.String && named.Name == port.StrVal {
					number = int(named.ContainerPort)
				}
			}
			if number > 0 && number <= 65535 {
				out = append(out, probe{of.name, uint16(number)})
			}
		}
	}
	return out
}
