package intents

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/profiles"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// target is pods that answer on a port of their own, which is 0 when it is not known.
type target struct {
	ends []*network.End
	any  bool // whether only one of the ends may be meant
	port uint16
}

// behind are the pods behind a port of a Service. There are none where nothing is known of them.
func (in *Model) behind(l routes.Lead) []target {
	s := in.routes.ServicesOf(l.Namespace)[l.Name]
	if s == nil {
		return in.unseen(l)
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName || len(s.Spec.Selector) == 0 || pods.Shared(s.Service) {
		return nil
	}
	for _, p := range s.Spec.Ports {
		if l.Port.Type == intstr.Int && p.Port == l.Port.IntVal || l.Port.Type == intstr.String && l.Port.StrVal != "" && p.Name == l.Port.StrVal {
			return in.at(l.Namespace, s.Spec.Selector, p.TargetPort, p.Port, string(p.Protocol))
		}
	}
	return nil
}

// at are the pods that a selector selects, with the number of a port that may be a name.
func (in *Model) at(namespace string, selector map[string]string, port intstr.IntOrString, otherwise int32, protocol string) []target {
	var out []target
	for _, e := range in.serving(namespace, selector) {
		number := port.IntVal
		switch {
		case port.Type == intstr.Int && number == 0:
			number = otherwise
		case port.Type == intstr.String && e.Pods == nil:
			number = 0 // whatever it is
		case port.Type == intstr.String:
			if number = e.Pods.PortNamed(port.StrVal, corev1.Protocol(protocol)); number == 0 {
				continue
			}
		}
		if number >= 0 && number <= 65535 {
			out = append(out, target{[]*network.End{e}, false, uint16(number)})
		}
	}
	return out
}

// serving are the pods that a selector selects, without those of jobs beside others: a chart gives all its pods the same labels, and jobs serve nobody.
func (in *Model) serving(namespace string, selector map[string]string) []*network.End {
	key := namespace + "\x00" + pods.LabelText(selector)
	out, known := in.selected[key]
	if known {
		return out
	}
	for _, e := range in.network.Selected(namespace, selector) {
		if e.Pods == nil || e.Pods.Kind != "Job" && e.Pods.Kind != "CronJob" {
			out = append(out, e)
		}
	}
	in.selected[key] = out
	return out
}

// said are pods that platform.yml says there are, whoever deploys them.
func (in *Model) said(p profiles.Pods) []*network.End {
	ends := in.serving(p.Namespace, p.PodLabels)
	if len(ends) == 0 {
		key := p.Namespace + "\x00" + pods.LabelText(p.PodLabels)
		ends = []*network.End{in.network.PodsWith(p.Namespace, p.PodLabels)}
		in.selected[key] = ends
	}
	return ends
}

// controller is the ingress controller, as what it is for Cilium.
func (in *Model) controller() []*network.End {
	p := in.deployed.Platform
	switch p.Names.ControllerOn {
	case profiles.OnHost:
		return []*network.End{in.once("the ingress controller on its node", network.Node)}
	case profiles.OnCilium:
		return []*network.End{in.entity("ingress", "the ingress controller of Cilium")}
	}
	return in.said(p.Controller)
}

// unseen are the pods that a Service may lead to that nobody here has seen, in a namespace in which not all is known. One of them, on some port, is
// what is meant.
func (in *Model) unseen(l routes.Lead) []target {
	n := in.network.Namespace(l.Namespace)
	if n.Entry == nil || n.Others == nil || ciliums(l.Name) {
		return nil
	}
	return []target{{append([]*network.End{n.Others}, n.Pods...), true, 0}}
}

// ciliums reports whether a Service is one that Cilium makes for a Gateway or an Ingress, in the namespace of that (operator/pkg/model/translation). There
// are no pods behind it: Cilium's own proxy answers, on the node.
func ciliums(service string) bool {
	return strings.HasPrefix(service, "cilium-gateway-") || service == "cilium-ingress" || strings.HasPrefix(service, "cilium-ingress-")
}

// to is the intent for each target.
func (i Intent) to(all []target) []Intent {
	var out []Intent
	for _, t := range all {
		i.To, i.Any, i.Port = t.ends, t.any, t.port
		out = append(out, i)
	}
	return out
}

// service is the Service that a name within the cluster means to a pod of a namespace. Inside says that it is certainly one of the cluster.
func (in *Model) service(host, namespace string) (l routes.Lead, inside bool) {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	l = routes.Lead{Namespace: namespace, Name: parts[0]}
	exists := func() bool { return in.routes.ServicesOf(l.Namespace)[l.Name] != nil }
	switch i := slices.Index(parts, "svc"); {
	case len(parts) == 1:
		return l, exists()
	case i == 2 || i == 3: // NAME.NAMESPACE.svc, POD.NAME.NAMESPACE.svc
		if rest := strings.Join(parts[i+1:], "."); rest != "" && rest != "cluster.local" {
			return l, false
		}
		l.Name, l.Namespace = parts[i-2], parts[i-1]
		return l, in.deployed.Entry(l.Namespace) != nil
	case len(parts) == 2:
		l.Namespace = parts[1]
		return l, exists()
	}
	return l, false
}
