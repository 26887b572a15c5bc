package explain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/profiles"
)

// ProfileText is a profile, and the file that has it.
type ProfileText struct {
	*profiles.Profile
	Source string
}

// Names are what profiles are to be loaded with, so that what they permit is told in words.
func Names() profiles.Names {
	return profiles.Names{IngressController: profiles.Pods{Namespace: controller}, DNS: profiles.Pods{Namespace: dns}, APIServerPort: 6443}
}

// What stands for the namespaces of parts of the platform: none has such a name.
const (
	controller = "roster_controller"
	dns        = "roster_dns"
)

func (p ProfileText) topic() Topic {
	t := Topic{Sort: Profile, Name: p.Name, Text: p.Description, Source: p.Source, Example: "networkPolicies: " + p.Name, Manual: []string{page("profiles.md")}}
	if !p.Own && len(p.Policies) > 0 {
		t.Manual = []string{page("profiles.md#" + p.Name)}
	}
	if p.Own {
		t.File = p.Origin
	}
	if len(p.Extends) > 0 {
		t.Facts = append(t.Facts, Fact{"extends", strings.Join(p.Extends, ", ")})
	}
	permits := List{Heading: "permits"}
	for _, policy := range p.Policies {
		text, flows := policy.Rule.Description, flowsOf(policy.Rule)
		switch {
		case text == "":
			text = cmp.Or(flows, "nothing")
		case flows != "":
			text += ": " + flows
		}
		if policy.Profile != p.Name {
			text += " (of " + policy.Profile + ")"
		}
		permits.Of = append(permits.Of, Meaning{policy.Name, text})
	}
	if len(permits.Of) > 0 {
		t.Lists = []List{permits}
	}
	return t
}

// flowsOf is what a policy permits, in words; empty when it is nothing.
func flowsOf(r *api.Rule) string {
	var out []string
	add := func(way string, peers []string, ports api.PortRules) {
		if len(peers) == 0 {
			return
		}
		flow := way + " " + strings.Join(peers, ", ")
		if on := portsOf(ports); on != "" {
			flow += " on " + on
		}
		out = append(out, flow)
	}
	for _, in := range r.Ingress {
		add("in from", slices.Concat(podsOf(in.FromEndpoints), entitiesOf(in.FromEntities), cidrsOf(in.FromCIDR, in.FromCIDRSet)), in.ToPorts)
	}
	for _, e := range r.Egress {
		var names []string
		for _, n := range e.ToFQDNs {
			names = append(names, n.MatchName+n.MatchPattern)
		}
		add("out to", slices.Concat(podsOf(e.ToEndpoints), entitiesOf(e.ToEntities), cidrsOf(e.ToCIDR, e.ToCIDRSet), names), e.ToPorts)
	}
	// What it denies is said without the details: they are below, as they are written.
	if len(r.IngressDeny)+len(r.EgressDeny) > 0 {
		out = append(out, "and it denies some of what others permit")
	}
	return strings.Join(out, "; ")
}

func podsOf(selectors []api.EndpointSelector) []string {
	var out []string
	for _, s := range selectors {
		if s.LabelSelector == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
			out = append(out, "all pods of the same namespace")
			continue
		}
		var labels []string
		namespace := ""
		for key, value := range s.MatchLabels {
			if key = strings.TrimPrefix(key, "k8s:"); key == "io.kubernetes.pod.namespace" {
				namespace = value
				continue
			}
			labels = append(labels, key+"="+value)
		}
		for _, e := range s.MatchExpressions {
			labels = append(labels, strings.TrimPrefix(e.Key, "k8s:")+" "+strings.TrimSpace(string(e.Operator)+" "+strings.Join(e.Values, " ")))
		}
		slices.Sort(labels)
		text := "pods"
		switch namespace {
		case controller:
			text = "the ingress controller"
		case dns:
			text = "the DNS server of the cluster"
		case "":
		default:
			text += " of " + namespace
		}
		if len(labels) > 0 {
			text += " with " + strings.Join(labels, " and ")
		}
		out = append(out, text)
	}
	return out
}

func entitiesOf(entities api.EntitySlice) []string {
	var out []string
	for _, e := range entities {
		out = append(out, "the entity "+string(e))
	}
	return out
}

func cidrsOf(plain api.CIDRSlice, sets api.CIDRRuleSlice) []string {
	var out []string
	for _, c := range plain {
		out = append(out, string(c))
	}
	for _, c := range sets {
		text := string(c.Cidr)
		for i, without := range c.ExceptCIDRs {
			if i == 0 {
				text += " without "
			} else {
				text += " and "
			}
			text += string(without)
		}
		out = append(out, text)
	}
	return out
}

// portsOf are the ports of rules; empty when all are meant.
func portsOf(rules api.PortRules) string {
	var out []string
	for _, r := range rules {
		for _, p := range r.Ports {
			port := p.Port
			if p.EndPort != 0 {
				port += "-" + strconv.Itoa(int(p.EndPort))
			}
			if p.Protocol != "" && p.Protocol != api.ProtoAny {
				port += "/" + string(p.Protocol)
			}
			out = append(out, port)
		}
	}
	return strings.Join(out, ", ")
}
