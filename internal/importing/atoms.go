package importing

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// atom is the smallest thing that a policy says: that some pods may talk with one peer on one port, or must not, or that what nothing permits is
// denied. Policies permit and deny the union of what their atoms do, so policies with the same atoms mean the same.
type atom struct {
	ingress, deny bool
	subject       string // the pods that it is about, as labelText writes them
	kind          string // of the peer: endpoint, entity, cidr, fqdn, any; close, of a rule that permits nothing; or other
	peer          string
	port          string // such as 443/TCP; empty for all
	rules         string // of a proxy, above the port
}

// detail is what an atom is made of, where it has no more than labels.
type detail struct {
	subject   map[string]string
	namespace string // of the peer; empty when it is no pod
	labels    map[string]string
	except    []string
	plain     bool // whether the subject and the peer have nothing but these
}

// said are atoms, with what they are made of.
type said map[atom]detail

// everyPod is the subject of a policy for all pods of its namespace.
const everyPod = "{}"

const podNamespace = "io.kubernetes.pod.namespace"

// atomsOf are those of the rules of a policy, which are those of its spec or its specs.
func atomsOf(namespace string, rules []map[string]any) said {
	out := said{}
	for _, r := range rules {
		subject, labels, plain := selected(mapping(r, "endpointSelector"), "")
		if r["nodeSelector"] != nil || r["endpointSelector"] == nil {
			out[atom{kind: "other", peer: canonical(r)}] = detail{}
			continue
		}
		for _, direction := range []string{"ingress", "egress", "ingressDeny", "egressDeny"} {
			a := atom{ingress: strings.HasPrefix(direction, "ingress"), deny: strings.HasSuffix(direction, "Deny"), subject: subject}
			for _, e := range list(r, direction) {
				element, _ := e.(map[string]any)
				if mapping(r, "enableDefaultDeny")[strings.TrimSuffix(direction, "Deny")] != false {
					closing := a
					closing.kind, closing.deny = "close", false
					out[closing] = detail{}
				}
				out.element(a, detail{subject: labels, plain: plain}, namespace, element)
			}
		}
	}
	return out
}

// element adds the atoms of one rule of a direction.
func (s said) element(a atom, d detail, namespace string, element map[string]any) {
	ports := list(element, "toPorts")
	peers := maps.Clone(element)
	delete(peers, "toPorts")
	if len(peers) > 1 || !understood(peers) {
		a.kind, a.peer, d.plain = "other", canonical(element), false
		s[a] = d
		return
	}
	if len(element) == 0 { // it permits nothing, and closes
		return
	}
	for _, one := range grants(ports) {
		at := a
		at.port, at.rules = one[0], one[1]
		if len(peers) == 0 {
			at.kind = "any"
			s[at] = d
		}
		for key, value := range peers {
			s.peers(at, d, namespace, strings.TrimPrefix(strings.TrimPrefix(key, "from"), "to"), value.([]any))
		}
	}
}

// understood reports whether the peers of a rule are of a kind that is split.
func understood(peers map[string]any) bool {
	for key, value := range peers {
		kind := strings.TrimPrefix(strings.TrimPrefix(key, "from"), "to")
		if _, isList := value.([]any); !isList || !slices.Contains([]string{"Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs"}, kind) {
			return false
		}
	}
	return true
}

func (s said) peers(a atom, d detail, namespace, kind string, all []any) {
	for _, p := range all {
		at, of := a, d
		m, _ := p.(map[string]any)
		switch kind {
		case "Endpoints":
			at.kind = "endpoint"
			var plain bool
			at.peer, of.labels, plain = selected(m, namespace)
			of.namespace, of.plain = of.labels[podNamespace], d.plain && plain
			delete(of.labels, podNamespace)
		case "Entities":
			at.kind, at.peer = "entity", fmt.Sprint(p)
		case "CIDR":
			at.kind, at.peer = "cidr", fmt.Sprint(p)
		case "CIDRSet":
			at.kind, at.peer, of.except = "cidr", text(m, "cidr"), texts(m, "except")
			if len(of.except) > 0 {
				at.peer += " except " + strings.Join(slices.Sorted(slices.Values(of.except)), ",")
			}
			if m["cidrGroupRef"] != nil || m["cidrGroupSelector"] != nil {
				at.kind, at.peer, of.plain = "other", canonical(m), false
			}
		case "FQDNs":
			at.kind, at.peer = "fqdn", text(m, "matchName")+text(m, "matchPattern")
		}
		s[at] = of
	}
}

// grants are the ports of a rule with what a proxy has to say about each; one without a port stands for all.
func grants(ports []any) [][2]string {
	if len(ports) == 0 {
		return [][2]string{{}}
	}
	var out [][2]string
	for _, p := range ports {
		m, _ := p.(map[string]any)
		var rules []string
		rest := maps.Clone(m)
		delete(rest, "ports")
		if dns := list(mapping(m, "rules"), "dns"); len(rest) == 1 && len(mapping(m, "rules")) == 1 && len(dns) > 0 {
			for _, d := range dns {
				one, _ := d.(map[string]any)
				rules = append(rules, "dns "+text(one, "matchName")+text(one, "matchPattern"))
			}
		} else if len(rest) > 0 && !(len(rest) == 1 && empty(rest["rules"])) {
			rules = []string{canonical(rest)}
		} else {
			rules = []string{""}
		}
		all := list(m, "ports")
		if len(all) == 0 {
			all = []any{map[string]any{}}
		}
		for _, port := range all {
			one, _ := port.(map[string]any)
			for _, r := range rules {
				out = append(out, [2]string{portText(one), r})
			}
		}
	}
	return out
}

// portText is a port as a list has it, always with its protocol; empty for all ports.
func portText(m map[string]any) string {
	port := fmt.Sprint(whole(m["port"]))
	protocol := strings.ToUpper(text(m, "protocol"))
	if protocol == "" {
		protocol = "ANY"
	}
	if m["port"] == nil || port == "0" || port == "" {
		if protocol == "ANY" {
			return ""
		}
		port = "1-65535"
	} else if end := whole(m["endPort"]); end != nil && fmt.Sprint(end) != "0" && fmt.Sprint(end) != port {
		port += "-" + fmt.Sprint(end)
	}
	return port + "/" + protocol
}

// selected is a selector as text, and its labels; plain says that it has no more than labels. In a namespace, pods of it are meant unless others are
// named.
func selected(m map[string]any, namespace string) (string, map[string]string, bool) {
	labels := map[string]string{}
	plain := len(list(m, "matchExpressions")) == 0
	named := false
	matched := mapping(m, "matchLabels")
	for _, written := range sortedKeys(matched) {
		key := strings.TrimPrefix(strings.TrimPrefix(written, "k8s:"), "any:")
		labels[key] = fmt.Sprint(matched[written])
		named = named || aboutNamespace(key)
		if key != podNamespace && (strings.HasPrefix(key, "io.cilium.") || strings.HasPrefix(key, "io.kubernetes.") || strings.Contains(key, ":")) {
			plain = false
		}
	}
	expressions := ""
	for _, e := range list(m, "matchExpressions") {
		one, _ := e.(map[string]any)
		key := strings.TrimPrefix(strings.TrimPrefix(text(one, "key"), "k8s:"), "any:")
		named = named || aboutNamespace(key)
		expressions += " " + key + " " + text(one, "operator") + " " + canonical(one["values"])
	}
	if namespace != "" && !named {
		labels[podNamespace] = namespace
	}
	if len(labels) == 0 && expressions == "" {
		return everyPod, labels, plain
	}
	return labelText(labels) + expressions, labels, plain
}

// aboutNamespace reports whether a label in a selector says in which namespaces pods are, or that they are no pods.
func aboutNamespace(key string) bool {
	return key == podNamespace || strings.HasPrefix(key, "io.cilium.k8s.namespace.labels") || strings.HasPrefix(key, "reserved")
}

func labelText(labels map[string]string) string {
	var out []string
	for _, key := range sortedKeys(labels) {
		out = append(out, key+"="+labels[key])
	}
	return strings.Join(out, ",")
}

// canonical is a value as text: the same for the same.
func canonical(value any) string {
	text, err := json.Marshal(value)
	if err != nil { // it was read from JSON
		panic("importing: " + err.Error())
	}
	return string(text)
}

// covers reports whether the set says what an atom does, or more of the same.
func (s said) covers(a atom) bool {
	candidates := []atom{a}
	for _, change := range []func(*atom){
		func(a *atom) { a.subject = everyPod },
		func(a *atom) { a.port, a.rules = "", "" },
		func(a *atom) {
			if strings.HasPrefix(a.rules, "dns ") {
				a.rules = "dns *"
			}
		},
	} {
		for _, c := range slices.Clone(candidates) {
			change(&c)
			candidates = append(candidates, c)
		}
	}
	return slices.ContainsFunc(candidates, func(c atom) bool { _, there := s[c]; return there })
}

// coversAll reports whether the set says all that another one does.
func (s said) coversAll(other said) bool {
	for a := range other {
		if !s.covers(a) {
			return false
		}
	}
	return true
}
