package lint

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var servicePortInPolicy = Rule{
	Name:     "service-port-in-policy",
	Severity: Error,
	Summary:  "a flow has the port of a Service, where Cilium looks at the port of the pod",
	Doc: `Cilium decides when the Service's address and port have been replaced by those of a pod. With ` + "`port: 80, targetPort: 8080`" + `
a flow on port 80 matches nothing. Write the pod's port, or the name of the container's port. This is reported only when all pods
of the other end are known.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
- namespace: web-b
  networkPolicies:
    profile: isolated
    allow:
      - to: {namespace: web-a, ports: [80]}
  applications:
    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}
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
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
-- a/service.yaml --
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  selector: {app: a}
  ports: [{name: http, port: 80, targetPort: http}]
`,
	Mend: []string{`      - to: {namespace: web-a, ports: [80]}`, `      - to: {namespace: web-a, ports: [8080]}`},
	Check: func(in *Input, report Report) {
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, f := range declared(n) {
				receiver, labels := f.Peer.Namespace, f.Peer.PodLabels
				if f.Direction == catalog.Ingress {
					receiver, labels = n.Name, f.PodLabels
				}
				pods, known := in.namespacePods(receiver)
				if !known {
					continue
				}
				pods = withLabels(pods, labels)
				for _, port := range f.Ports {
					number, err := strconv.Atoi(port.Name)
					if err != nil || port.End != 0 {
						continue
					}
					if service, target := in.servicePort(receiver, pods, number); service != "" {
						report(in.at(f.Place), "write "+strconv.Itoa(target), "port %d is that of the Service %s in %s, not of its pods", number, service, receiver)
					}
				}
			}
		}
	},
}

// servicePort is a Service that leads from a port to another one of the pods. There is none when a pod may listen on the port
// itself.
func (in *Input) servicePort(namespace string, pods []*Pod, port int) (name string, target int) {
	if slices.ContainsFunc(pods, func(p *Pod) bool { return listens(p, port) }) {
		return "", 0
	}
	behind := map[*Pod]bool{} // pods that the Service leads to
	for _, o := range in.Kind("Service") {
		var s corev1.Service
		if o.Namespace != namespace || runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s) != nil || len(s.Spec.Selector) == 0 {
			continue
		}
		for _, sp := range s.Spec.Ports {
			for _, p := range withLabels(pods, s.Spec.Selector) {
				switch number := podPort(p, sp); {
				case number == port:
					return "", 0
				case number != 0 && int(sp.Port) == port:
					name, target, behind[p] = o.Name, number, true
				}
			}
		}
	}
	for _, p := range pods { // who says nothing about ports may have this one
		if !behind[p] && !slices.ContainsFunc(p.containers(), func(c corev1.Container) bool { return len(c.Ports) > 0 }) {
			return "", 0
		}
	}
	return name, target
}

// listens says whether a pod says that it listens on a port.
func listens(p *Pod, port int) bool {
	return slices.ContainsFunc(p.containers(), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(cp corev1.ContainerPort) bool { return int(cp.ContainerPort) == port })
	})
}

// podPort is where a Service's port leads to in a pod, or 0.
func podPort(p *Pod, sp corev1.ServicePort) int {
	switch {
	case sp.TargetPort.Type == intstr.Int && sp.TargetPort.IntVal != 0:
		return int(sp.TargetPort.IntVal)
	case sp.TargetPort.Type == intstr.Int:
		return int(sp.Port)
	}
	for _, c := range p.containers() {
		for _, cp := range c.Ports {
			if cp.Name == sp.TargetPort.StrVal {
				return int(cp.ContainerPort)
			}
		}
	}
	return 0
}
