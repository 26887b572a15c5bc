package kinds

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// touched finds the ends whose flows may differ: those that policies see otherwise, and those that a policy is for which differs. A flow is judged by
// the policies at its ends and by what these are, so nothing else can differ; but for the names of ports, which are looked up among all pods.
type touched struct {
	sides [2]*lint.Context
	ends  []*flowEnd
	parts []*flowEnd             // of the world, that policies name
	by    map[*flowEnd][]diff.ID // what has touched an end; the key is there also when that is nothing of its own
	// changed are those of them that others may see otherwise.
	changed map[*flowEnd]bool
}

// policyKinds are the kinds of objects that are policies.
var policyKinds = []string{"CiliumNetworkPolicy.cilium.io", "CiliumClusterwideNetworkPolicy.cilium.io", "NetworkPolicy.networking.k8s.io"}

// unmoved reports whether nothing differs that flows are judged by. It asks no model, as these cost time.
func unmoved(c *diff.Change) bool {
	if c.Before.Context == nil || c.After.Context == nil {
		return false
	}
	if c.Before.Context.Platform.Cluster.Mesh != c.After.Context.Platform.Cluster.Mesh || c.Before.Context.Platform.Names.ControllerOn != c.After.Context.Platform.Names.ControllerOn {
		return false
	}
	if len(changedPolicies(c)) > 0 {
		return false
	}
	return !slices.ContainsFunc(c.Pairs, func(p *diff.Pair) bool {
		if p.ID.Kind == "Namespace" && p.ID.Group == "" {
			return p.Before == nil || p.After == nil || !reflect.DeepEqual(labelsOf(p.Before), labelsOf(p.After))
		}
		before, after := seenAs(p.Before), seenAs(p.After)
		return !reflect.DeepEqual(before, after)
	})
}

func labelsOf(o *diff.Object) any {
	metadata, _ := o.Content()["metadata"].(map[string]any)
	return metadata["labels"]
}

// seenAs is what policies see of the pods of a workload; nil when it has none.
func seenAs(o *diff.Object) any {
	if o == nil || o.Deployed == nil {
		return nil
	}
	p := deployed.PodOf(o.Deployed)
	if p == nil {
		return nil
	}
	return []any{p.Labels, p.Spec.ServiceAccountName, p.Spec.DeprecatedServiceAccount, p.Spec.HostNetwork, p.NamedPorts()}
}

// changedPolicies are the policies whose rules differ.
func changedPolicies(c *diff.Change) []*diff.Pair {
	return slices.DeleteFunc(c.Of(policyKinds...), func(p *diff.Pair) bool {
		if p.Before == nil || p.After == nil {
			return false
		}
		before, after := p.Before.Content(), p.After.Content()
		return reflect.DeepEqual(before["spec"], after["spec"]) && reflect.DeepEqual(before["specs"], after["specs"])
	})
}

func touchedBy(c *diff.Change, ends []*flowEnd) *touched {
	t := &touched{sides: [2]*lint.Context{c.Before.Context, c.After.Context}, ends: ends, by: map[*flowEnd][]diff.ID{}, changed: map[*flowEnd]bool{}}
	all := t.sides[0].Network.Cluster() != t.sides[1].Network.Cluster()
	keys := selectedKeys(t.sides)
	for _, e := range ends {
		switch {
		case !e.both() || e.moves() || e.either().Namespace == "":
		case all || !reflect.DeepEqual(identityOf(e.of[0], keys), identityOf(e.of[1], keys)):
			t.touch(e, t.causeOf(c, e)...)
			t.changed[e] = true
		case !reflect.DeepEqual(e.of[0].Ports, e.of[1].Ports): // which only its own policies look at, and portNames
			t.touch(e, t.causeOf(c, e)...)
		}
	}
	for _, p := range changedPolicies(c) {
		t.policy(p.ID, p.ID)
	}
	t.portNames(c)
	return t
}

func (t *touched) touch(e *flowEnd, by ...diff.ID) {
	if e.moves() {
		return
	}
	if t.by[e] == nil {
		t.by[e] = []diff.ID{}
	}
	for _, id := range by {
		if !slices.Contains(t.by[e], id) {
			t.by[e] = append(t.by[e], id)
		}
	}
}

// causeOf are the objects for which policies see an end otherwise: the workload, or the labels of its namespace.
func (t *touched) causeOf(c *diff.Change, e *flowEnd) []diff.ID {
	out := []diff.ID{{Kind: "Namespace", Name: e.group}}
	if p := e.either().Pods; p != nil {
		id := diff.ID{Group: deployed.GroupOf(p.Object), Kind: p.Kind, Namespace: p.Object.Namespace, Name: p.Object.Name}
		out = append([]diff.ID{id}, out...)
	}
	return slices.DeleteFunc(out, func(id diff.ID) bool { return !differing(c)[id] })
}

// policy touches the ends that a policy may be for, on either side.
func (t *touched) policy(id diff.ID, by ...diff.ID) {
	if id.Namespace != "" {
		for _, e := range t.ends {
			if e.both() && e.either().Namespace == id.Namespace {
				t.touch(e, by...)
			}
		}
		return
	}
	for _, side := range t.sides {
		for i := range side.Network.Policies() {
			if p := &side.Network.Policies()[i]; p.Namespace == "" && policyID(p) == id {
				t.clusterwide(side, i, by)
			}
		}
	}
}

// clusterwide touches the ends that a policy without a namespace selects.
func (t *touched) clusterwide(side *lint.Context, number int, by []diff.ID) {
	p := &side.Network.Policies()[number]
	k := 0
	if side == t.sides[1] {
		k = 1
	}
	var refs []verdict.Ref
	for _, r := range rulesOf(p) {
		spec := 1 + slices.Index(p.Specs, r)
		for direction, rules := range map[string]int{"ingress": len(r.Ingress), "ingressDeny": len(r.IngressDeny), "egress": len(r.Egress), "egressDeny": len(r.EgressDeny)} {
			if rules > 0 {
				refs = append(refs, verdict.Ref{Policy: number, Spec: spec, Direction: direction})
			}
		}
	}
	for _, e := range t.ends {
		if !e.both() || e.of[k].Namespace == "" && e.of[k].Entity != "ingress" {
			continue
		}
		peer, err := side.Network.Judge().Peer(e.of[k].Endpoint)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(refs, func(r verdict.Ref) bool {
			surely, perhaps := side.Network.Judge().Selects(r, peer)
			return surely || perhaps && !e.unseen() // of pods that may be selected, nothing is known
		}) {
			t.touch(e, by...)
		}
	}
}

// portNames touches the ends whose policies name a port that stands for another one now: in egress rules, a name is looked up among all pods.
func (t *touched) portNames(c *diff.Change) {
	var numbers [2]map[string]int
	for i := range t.sides {
		numbers[i] = map[string]int{}
		for _, e := range t.ends {
			if e.of[i] == nil || e.of[i].Node {
				continue
			}
			for _, p := range e.of[i].Ports {
				name := strings.ToLower(p.Name)
				if known, ok := numbers[i][name+"/"+string(deployed.ProtocolOf(p.Protocol))]; ok && known != int(p.ContainerPort) {
					numbers[i][name+"/"+string(deployed.ProtocolOf(p.Protocol))] = -1
				} else {
					numbers[i][name+"/"+string(deployed.ProtocolOf(p.Protocol))] = int(p.ContainerPort)
				}
			}
		}
	}
	moved := map[string]bool{}
	for i := range numbers {
		for key, number := range numbers[i] {
			if other, known := numbers[1-i][key]; !known || other != number {
				name, _, _ := strings.Cut(key, "/")
				moved[name] = true
			}
		}
	}
	if len(moved) == 0 {
		return
	}
	var by []diff.ID // the workloads
	for _, e := range t.ends {
		for _, end := range e.of {
			if end != nil && slices.ContainsFunc(end.Ports, func(p corev1.ContainerPort) bool { return moved[strings.ToLower(p.Name)] }) {
				by = append(by, t.causeOf(c, e)...)
			}
		}
	}
	for _, side := range t.sides {
		for i := range side.Network.Policies() {
			if p := &side.Network.Policies()[i]; namesPort(p, moved) {
				t.policy(policyID(p), by...)
			}
		}
	}
}

// namesPort reports whether the egress rules of a policy name one of some ports.
func namesPort(p *network.Policy, names map[string]bool) bool {
	for _, f := range p.Flows {
		for _, port := range f.Ports {
			if names[strings.ToLower(port.Name)] {
				return true
			}
		}
	}
	if p.Kubernetes != nil {
		return slices.ContainsFunc(p.Kubernetes.Egress, func(e networkingv1.NetworkPolicyEgressRule) bool {
			return slices.ContainsFunc(e.Ports, func(port networkingv1.NetworkPolicyPort) bool {
				return port.Port != nil && port.Port.Type == intstr.String && names[strings.ToLower(port.Port.StrVal)]
			})
		})
	}
	if p.Later != nil {
		return false // its flows were looked at
	}
	for _, r := range rulesOf(p) {
		for i := range r.Egress {
			for _, ports := range r.Egress[i].ToPorts {
				for _, port := range ports.Ports {
					if _, err := strconv.Atoi(port.Port); err != nil && names[strings.ToLower(port.Port)] {
						return true
					}
				}
			}
		}
		for i := range r.EgressDeny {
			for _, ports := range r.EgressDeny[i].ToPorts {
				for _, port := range ports.Ports {
					if names[strings.ToLower(port.Port)] {
						return true
					}
				}
			}
		}
	}
	return false
}
