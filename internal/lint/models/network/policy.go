package network

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/profiles"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Policy is a policy that applies, and where it comes from: exactly one of Profile, Flows and Object is set.
type Policy struct {
	verdict.Policy
	Profile *profiles.Policy   // that an entry has chosen
	Flows   []catalog.Flow     // of an entry, which share the policy
	Object  *deployed.Object   // that an application deploys
	Entry   *catalog.Namespace // of Profile and Flows
	Plain   bool               // whether these are a NetworkPolicy in the cluster
	Problem error              // why it cannot be read: it is not judged then
}

// Source is what has written a rule.
type Source struct {
	Policy *Policy
	// Text says what it is, such as: the profile web-app (allow-dns); networkPolicies.allow of web-n8n;
	// networkBaselines.scrapes of platform.yml; CiliumNetworkPolicy deny-all.
	Text string
	At   catalog.Place
}

// Policies are all policies, of the namespaces and clusterwide, in the order in which the judge has them.
func (in *Model) Policies() []Policy { return in.sources.Get(in.readPolicies) }

func (in *Model) readPolicies() []Policy {
	var out []Policy
	type id struct{ namespace, name string }
	rendered, plain := map[id]*object.Object{}, in.deployed.Platform.Plain != nil
	for i := range in.deployed.Objects {
		if o := &in.deployed.Objects[i]; o.Kind == "CiliumNetworkPolicy" {
			rendered[id{o.Namespace, o.Name}] = o
		}
	}
	for i := range in.deployed.Platform.Namespaces {
		n := &in.deployed.Platform.Namespaces[i]
		for k := range n.Policies {
			p := &n.Policies[k]
			out = append(out, Policy{Policy: verdict.Policy{Namespace: n.Name, Name: p.Name, Rule: p.Rule}, Profile: p, Entry: n, Plain: plain})
		}
		at := map[string]int{}
		for _, f := range n.Flows {
			name := render.FlowPolicy(f)
			if k, known := at[name]; known {
				out[k].Flows = append(out[k].Flows, f)
				continue
			}
			at[name] = len(out)
			number, p := len(out), Policy{Policy: verdict.Policy{Namespace: n.Name, Name: name}, Flows: []catalog.Flow{f}, Entry: n, Plain: plain}
			if plain { // what is rendered says the same in other words
				p.Later = func() *api.Rule { return in.deployed.Platform.FlowRule(out[number].Flows) }
			} else if o := rendered[id{n.Name, name}]; o != nil {
				p.Later = func() *api.Rule {
					rule, _ := policies.Rendered(o) // what roster renders can be read
					return rule
				}
			}
			out = append(out, p)
		}
	}
	kinds := []string{"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy"}
	if plain {
		kinds = kinds[2:] // nobody reads the others
	}
	for _, o := range in.deployed.Kind(kinds...) {
		if p, ok := in.deployedPolicy(o); ok {
			out = append(out, p)
		}
	}
	return out
}

// deployedPolicy reads a policy that an application deploys.
func (in *Model) deployedPolicy(o *deployed.Object) (Policy, bool) {
	p := Policy{Policy: verdict.Policy{Name: o.Name}, Object: o}
	if o.Kind != "CiliumClusterwideNetworkPolicy" {
		p.Namespace = o.Namespace
	}
	switch {
	case o.Kind == "NetworkPolicy" && strings.HasPrefix(o.APIVersion, "networking.k8s.io/"):
		p.Kubernetes = &networkingv1.NetworkPolicySpec{}
		if spec, ok := o.Content()["spec"].(map[string]any); ok {
			p.Problem = runtime.DefaultUnstructuredConverter.FromUnstructured(spec, p.Kubernetes)
		}
	case strings.HasPrefix(o.APIVersion, "cilium.io/"):
		for _, r := range in.policies.Of(o) {
			switch {
			case r.Problem != nil:
				p.Problem = r.Problem
			case r.Spec > 0:
				p.Specs = append(p.Specs, r.Rule)
			default:
				p.Rule = r.Rule
			}
		}
	default:
		return p, false
	}
	if p.Problem != nil {
		p.Rule, p.Specs, p.Kubernetes = nil, nil, nil // the API server takes an object as a whole, or not at all
	}
	return p, true
}

// Source is what has written a rule, for a flow on a port of a protocol: several flows of the list may share a policy.
func (in *Model) Source(r verdict.Ref, protocol string, port uint16) Source {
	p := &in.Policies()[r.Policy]
	switch {
	case p.Profile != nil && p.Profile.Own:
		return Source{p, in.profileText(p), in.places.InProfile(path.Join(in.deployed.Platform.Repository.Folder, p.Profile.Origin), append([]string{"policies", p.Name}, r.Field()[1:]...))}
	case p.Profile != nil:
		return Source{p, in.profileText(p), p.Entry.PoliciesAt}
	case p.Object != nil:
		return Source{p, p.Object.Title(), in.places.Field(p.Object, r.Field()...)}
	}
	f := flowOn(p.Flows, protocol, port)
	if f.Cause.Baseline() {
		return Source{p, string(f.Cause) + " of " + catalog.PlatformFile, f.Place}
	}
	text := string(f.Cause) + " of " + p.Entry.Name
	if f.OfPeer {
		text = string(f.Cause) + " of " + f.Peer.Namespace
	}
	return Source{p, text, f.Place}
}

func (in *Model) profileText(p *Policy) string {
	if p.Profile.Profile != p.Entry.Profile {
		return fmt.Sprintf("the profile %s (%s, from %s)", p.Entry.Profile, p.Name, p.Profile.Profile)
	}
	return fmt.Sprintf("the profile %s (%s)", p.Entry.Profile, p.Name)
}

// flowOn is the flow that permits a port, or else the first.
func flowOn(flows []catalog.Flow, protocol string, port uint16) catalog.Flow {
	return append(FlowsOn(flows, protocol, port), flows[0])[0]
}

// FlowsOn are those flows that permit a port, and those that name one, which may be that port.
func FlowsOn(flows []catalog.Flow, protocol string, port uint16) []catalog.Flow {
	var out []catalog.Flow
	for _, f := range flows {
		if len(f.Ports) == 0 || slices.ContainsFunc(f.Ports, func(p catalog.Port) bool {
			first, err := strconv.Atoi(p.Name)
			return (p.Protocol == "ANY" || p.Protocol == protocol) && (err != nil || int(port) >= first && int(port) <= max(first, p.End))
		}) {
			out = append(out, f)
		}
	}
	return out
}
