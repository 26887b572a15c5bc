package lint

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var missingTargetPort = Rule{
	Name:     "missing-target-port",
	Severity: Error,
	Summary:  "a Service's targetPort names a port that no container of its pods has",
	Doc: `A name under ` + "`targetPort`" + ` is that of a container's port, with the same protocol. Where no container has it, the Service has no endpoints for
this port: connections are refused. Name the container's port, or write its number, which no container has to declare. This is
reported only where all pods of the namespace are known. A headless Service leads to its pods whatever its ports are.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/service.yaml --
apiVersion: v1
kind: Service
metadata: {name: app}
spec:
  selector: {app: app}
  ports:
    - {port: 80, targetPort: web}
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"targetPort: web}", "targetPort: http}"},
	Check: func(in *Input, report Report) {
		for _, o := range in.Kind("Service") {
			ports, _ := fieldAt(o, "spec", "ports").([]any)
			for i := range ports {
				at := []string{"spec", "ports", strconv.Itoa(i), "targetPort"}
				if name := stringAt(o, at...); o.APIVersion == "v1" && isNumber(name) {
					report(in.field(o, at...), "remove the quotes", "%s leads to a port named %q, which is not a valid name", o.Title(), name)
				}
			}
		}
		for _, s := range in.backedServices() {
			if n := in.Entry(s.Object.Namespace); injected(n.Labels) || injected(n.Annotations) || n.Labels["istio.io/rev"] != "" || s.pods.none || s.pods.injected {
				continue // with containers that are not known
			}
			for i, port := range s.Spec.Ports {
				name, protocol := port.TargetPort.StrVal, string(protocolOf(port.Protocol))
				if s.Spec.ClusterIP == corev1.ClusterIPNone || port.TargetPort.Type != intstr.String || name == "" || isNumber(name) || s.pods.ports[name+"/"+protocol] {
					continue
				}
				at := in.field(s.Object, "spec", "ports", strconv.Itoa(i), "targetPort")
				if s.pods.ports[name] {
					report(at, "write the container port's protocol", "%s leads to the port %s of its pods with %s, which is not the port's protocol", s.Title(), name, protocol)
				} else {
					report(at, s.pods.names, "%s leads to the port %s of its pods, and none of their containers has a port of this name", s.Title(), name)
				}
			}
		}
	},
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}
