// Package policies is the network policies that apply: those of the user, and those that roster renders.
package policies

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/profiles"
)

// Model is the policies of all namespaces.
type Model struct {
	deployed *deployed.Model
	places   *places.Model

	byObject       map[*deployed.Object][]*Policy
	policiesByHand once.Value[[]*Policy]
	policies       once.Value[[]*Policy]
	book           once.Value[*Book]
}

// New is the policies of what is deployed.
func New(d *deployed.Model, p *places.Model) *Model { return &Model{deployed: d, places: p} }

// Prefix reads a CIDR. Cilium treats an address as one as well.
func Prefix(cidr string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(cidr); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(cidr)
}

// Last is the last address of a CIDR.
func Last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// cidrs calls do for each CIDR of the policy.
func (p *Policy) cidrs(do func(at func() catalog.Place, direction catalog.Direction, cidr string, except []string)) {
	if p.Rule == nil {
		return
	}
	list := func(direction catalog.Direction, kind, word string, i int, cidrs api.CIDRSlice, sets api.CIDRRuleSlice) {
		for j, c := range cidrs {
			do(func() catalog.Place { return p.At(kind, strconv.Itoa(i), word+"CIDR", strconv.Itoa(j)) }, direction, string(c), nil)
		}
		for j, c := range sets {
			var except []string
			for _, e := range c.ExceptCIDRs {
				except = append(except, string(e))
			}
			do(func() catalog.Place { return p.At(kind, strconv.Itoa(i), word+"CIDRSet", strconv.Itoa(j)) }, direction, string(c.Cidr), except)
		}
	}
	for i, r := range p.Rule.Egress {
		list(catalog.Egress, "egress", "to", i, r.ToCIDR, r.ToCIDRSet)
	}
	for i, r := range p.Rule.EgressDeny {
		list(catalog.Egress, "egressDeny", "to", i, r.ToCIDR, r.ToCIDRSet)
	}
	for i, r := range p.Rule.Ingress {
		list(catalog.Ingress, "ingress", "from", i, r.FromCIDR, r.FromCIDRSet)
	}
	for i, r := range p.Rule.IngressDeny {
		list(catalog.Ingress, "ingressDeny", "from", i, r.FromCIDR, r.FromCIDRSet)
	}
}

// CIDRs calls do for each CIDR of the list, and of the policies that the user wrote.
func (in *Model) CIDRs(do func(at func() catalog.Place, direction catalog.Direction, cidr string, except []string)) {
	for i := range in.deployed.Platform.Namespaces {
		for _, f := range Declared(&in.deployed.Platform.Namespaces[i]) {
			do(func() catalog.Place { return f.Place }, f.Direction, f.Peer.CIDR, f.Peer.Except)
		}
	}
	for _, p := range in.Own() {
		p.cidrs(do)
	}
}

// Half is an ingress or egress rule, as far as it names pods.
type Half struct {
	Field []string // such as egress, 0, toEndpoints
	Pods  []pods.Selector
}

// Halves are the rules of one direction.
func (p *Policy) Halves(d catalog.Direction) []Half {
	var out []Half
	add := func(word string, endpoints []api.EndpointSelector) {
		h := Half{Field: []string{string(d), strconv.Itoa(len(out)), word}}
		for _, e := range endpoints {
			h.Pods = append(h.Pods, p.peer(e))
		}
		out = append(out, h)
	}
	if d == catalog.Ingress {
		for _, r := range p.Rule.Ingress {
			add("fromEndpoints", r.FromEndpoints)
		}
		return out
	}
	for _, r := range p.Rule.Egress {
		add("toEndpoints", r.ToEndpoints)
	}
	return out
}

// Policy is one rule of a CiliumNetworkPolicy, or of a CiliumClusterwideNetworkPolicy.
type Policy struct {
	Namespace string // empty for a clusterwide one
	Title     string
	Spec      int       // its number among the specs of its object, from 1; 0 for the spec
	Written   any       // the rule as it is written; nil for those of profiles, which are checked when they are loaded
	Rule      *api.Rule // not to be changed; nil when it is not of Cilium's types
	Problem   error     // why rule is nil
	At        func(fields ...string) catalog.Place

	Object  *deployed.Object // that has the rule, or else
	Profile *profiles.Policy // of one of the namespaces that have chosen it
}

// Own are the policies that users wrote: those among the workloads, and those of their profiles in each namespace that
// has chosen one.
func (in *Model) Own() []*Policy { return in.policies.Get(in.readOwnPolicies) }

func (in *Model) readOwnPolicies() []*Policy {
	out := slices.Clone(in.HandWritten())
	for i := range in.deployed.Platform.Namespaces {
		n := &in.deployed.Platform.Namespaces[i]
		for k := range n.Policies {
			p := &n.Policies[k]
			if !p.Own {
				continue
			}
			out = append(out, &Policy{Profile: p, Namespace: n.Name, Title: fmt.Sprintf("policy %s of the profile %s", p.Name, p.Profile), Rule: p.Rule,
				At: func(fields ...string) catalog.Place {
					return in.places.InProfile(path.Join(in.deployed.Platform.Repository.Folder, p.Origin), append([]string{"policies", p.Name}, fields...))
				}})
		}
	}
	return out
}

// HandWritten are the policies among the workloads.
func (in *Model) HandWritten() []*Policy { return in.policiesByHand.Get(in.readHandWritten) }

func (in *Model) readHandWritten() []*Policy {
	var out []*Policy
	for _, o := range in.deployed.Kind("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy") {
		if strings.HasPrefix(o.APIVersion, "cilium.io/") && o.Application.Catalog == "" {
			out = append(out, in.Of(o)...)
		}
	}
	return out
}

// Of are the rules of a policy's object: its spec, and each of its specs.
func (in *Model) Of(o *deployed.Object) []*Policy {
	out, known := in.byObject[o]
	if !known {
		if in.byObject == nil {
			in.byObject = map[*deployed.Object][]*Policy{}
		}
		out = in.readPolicies(o)
		in.byObject[o] = out
	}
	return out
}

func (in *Model) readPolicies(o *deployed.Object) []*Policy {
	var out []*Policy
	add := func(number int, written any, at ...string) {
		p := &Policy{Object: o, Title: o.Title(), Spec: number, Written: written, At: func(fields ...string) catalog.Place {
			return in.places.Field(o, append(slices.Clone(at), fields...)...)
		}}
		if o.Kind == "CiliumNetworkPolicy" {
			p.Namespace = o.Namespace
		}
		p.Rule, p.Problem = ruleOf(written)
		out = append(out, p)
	}
	if spec, ok := o.Content()["spec"]; ok {
		add(0, spec, "spec")
	}
	specs, _ := o.Content()["specs"].([]any)
	for i, spec := range specs {
		add(i+1, spec, "specs", strconv.Itoa(i))
	}
	return out
}

// ruleOf reads a rule from what is written.
func ruleOf(written any) (*api.Rule, error) {
	text, err := json.Marshal(written)
	if err != nil {
		return nil, err
	}
	rule := &api.Rule{}
	if err := json.Unmarshal(text, rule); err != nil {
		return nil, err
	}
	return rule, nil
}

// Subject are the pods that a policy applies to.
func Subject(p *Policy) pods.Selector {
	s := pods.SelectorOf(p.Rule.EndpointSelector)
	if p.Namespace != "" {
		s.Equal[pods.PodNamespace] = p.Namespace
	}
	return s
}

// peer is a selector of another end: pods of the policy's own namespace, unless it names others
// (pkg/k8s/apis/cilium.io/utils/utils.go, getEndpointSelector).
func (p *Policy) peer(e api.EndpointSelector) pods.Selector {
	s := pods.SelectorOf(e)
	if p.Namespace != "" && !s.Mentions("reserved:") && !s.Mentions(pods.PodNamespace) && !s.Mentions("io.cilium.k8s.namespace.labels.") {
		s.Equal[pods.PodNamespace] = p.Namespace
	}
	return s
}

// Declared are the flows that an entry lists under networkPolicies.allow, as written: not those that catalog applications add, and not the
// halves of what others declare.
func Declared(n *catalog.Namespace) []*catalog.Flow {
	var out []*catalog.Flow
	for i := range n.Flows {
		if f := &n.Flows[i]; f.Cause == catalog.Allowed && !f.OfPeer {
			out = append(out, f)
		}
	}
	return out
}
