package rules

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var missingTargetPort = lint.Rule{
	Name:     "missing-target-port",
	Severity: lint.Error,
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
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("Service") {
			ports, _ := deployed.FieldAt(o, "spec", "ports").([]any)
			for i := range ports {
				at := []string{"spec", "ports", strconv.Itoa(i), "targetPort"}
				if name := deployed.StringAt(o, at...); o.APIVersion == "v1" && isNumber(name) {
					report(in.Places.Field(o, at...), "remove the quotes", "%s leads to a port named %q, which is not a valid name", o.Title(), name)
				}
			}
		}
		for _, s := range in.Pods.BackedServices() {
			if n := in.Deployed.Entry(s.Object.Namespace); deployed.Injected(n.Labels) || deployed.Injected(n.Annotations) || n.Labels["istio.io/rev"] != "" || s.Pods.None || s.Pods.Injected {
				continue // with containers that are not known
			}
			for i, port := range s.Spec.Ports {
				name, protocol := port.TargetPort.StrVal, string(deployed.ProtocolOf(port.Protocol))
				if s.Spec.ClusterIP == corev1.ClusterIPNone || port.TargetPort.Type != intstr.String || name == "" || isNumber(name) || s.Pods.Ports[name+"/"+protocol] {
					continue
				}
				at := in.Places.Field(s.Object, "spec", "ports", strconv.Itoa(i), "targetPort")
				if s.Pods.Ports[name] {
					report(at, "write the container port's protocol", "%s leads to the port %s of its pods with %s, which is not the port's protocol", s.Title(), name, protocol)
				} else {
					report(at, s.Pods.Names, "%s leads to the port %s of its pods, and none of their containers has a port of this name", s.Title(), name)
				}
			}
		}
	},
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}
