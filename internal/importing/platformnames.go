package importing

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// platformNames is what the policies of all namespaces say of the platform. What most of them agree on is written into platform.yml where it is not
// the default anyway; profiles then mean these pods. Where it is wrong no profile fits, and the policies stay as they are.
func (w *work) platformNames(all map[string]*guarded) profiles.Names {
	controllers, dns, ports, dnsPorts := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	details := map[string]detail{}
	for _, g := range all {
		for a, d := range g.all {
			_, protocol, _ := strings.Cut(a.port, "/")
			number := strings.TrimSuffix(a.port, "/"+protocol)
			switch {
			case a.deny:
			case a.ingress && a.kind == "endpoint" && d.plain && d.namespace != "" && a.subject == everyPod && strings.Contains(a.peer, "traefik"):
				controllers[a.peer]++
				details[a.peer] = d
			case !a.ingress && a.kind == "endpoint" && d.namespace != "" && strings.HasPrefix(a.rules, "dns "):
				dns[a.peer]++
				dnsPorts[number]++
				details[a.peer] = d
			case !a.ingress && a.kind == "entity" && a.peer == "kube-apiserver" && protocol == "TCP":
				ports[number]++
			}
		}
	}
	names := profiles.Names{IngressController: profiles.Pods{Namespace: "kube-system", PodLabels: map[string]string{"app.kubernetes.io/name": "traefik"}},
		DNS: profiles.Pods{Namespace: "kube-system", PodLabels: map[string]string{"k8s-app": "kube-dns"}}, APIServerPort: 6443}
	w.platform.controller, w.platform.dns, w.platform.apiServer = nil, nil, nil
	if peer := most(controllers); peer != "" {
		w.platform.controller = pods(&names.IngressController, details[peer])
	}
	if peer := most(dns); peer != "" {
		w.platform.dns = pods(&names.DNS, details[peer])
	}
	if port, err := strconv.Atoi(most(dnsPorts)); err == nil && port != 53 {
		names.DNSPort = port
		put(&w.platform.dns, "port", port)
	}
	if port, err := strconv.Atoi(most(ports)); err == nil && port != 6443 {
		names.APIServerPort = port
		w.platform.apiServer = listtext.Map{{Key: "port", Value: port}}
	}
	labels := map[string]string{podNamespace: names.DNS.Namespace}
	maps.Copy(labels, names.DNS.PodLabels)
	w.dnsPods = atom{kind: "endpoint", peer: labelText(labels), port: names.DNSPorts()[0].Port + "/ANY"}
	return names
}

// pods sets which pods are meant, and returns what platform.yml says of them; nothing when they are those that it means anyway.
func pods(p *profiles.Pods, d detail) listtext.Map {
	if p.Namespace == d.namespace && maps.Equal(p.PodLabels, d.labels) || len(d.labels) == 0 {
		return nil
	}
	p.Namespace, p.PodLabels = d.namespace, d.labels
	return listtext.Map{{Key: "namespace", Value: d.namespace}, {Key: "podLabels", Value: anyMap(d.labels)}}
}

// most is what there is most of; of several the first in order.
func most(count map[string]int) string {
	best := ""
	for _, key := range slices.Sorted(maps.Keys(count)) {
		if best == "" || count[key] > count[best] {
			best = key
		}
	}
	return best
}

// ruleMap is a rule as it is read.
func ruleMap(r *api.Rule) map[string]any {
	text, err := json.Marshal(r)
	var out map[string]any
	if err == nil {
		err = syntax.UnmarshalJSON(text, &out)
	}
	if err != nil {
		panic("importing: " + err.Error())
	}
	return normal(out).(map[string]any)
}

// nothing is a folder without files.
type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
