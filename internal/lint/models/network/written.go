package network

import (
	"maps"
	"slices"
	"strconv"

	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/verdict"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What is asked about the policies that users write: what becomes of their rules at the other end, and which directions they close.

// written is what was found out about them.
type written struct {
	numbers once.Value[map[any]int] // of policies, by their object or their policy in a profile
	refused once.Value[map[int]string]
	unread  once.Value[map[string]bool]
	failing once.Value[map[string]bool]
	ends    map[string]*End // pods of which labels are known, by their namespace and labels
	halves  map[[2]*End]*[2]verdict.Ports
	spent   int
}

// mostRules bounds how many rules are looked at for the other ends of the users' rules, when in large namespaces nothing fits anything. A pair of pods
// counts as some rules itself: its answer is kept. Of what is beyond the bound, nothing is known.
const mostRules, perPair = 500_000, 10

// number is the place of a user's policy among Policies.
func (in *Model) number(p *policies.Policy) (int, bool) {
	all := in.written.numbers.Get(func() map[any]int {
		out := map[any]int{}
		for i, p := range in.Policies() {
			switch {
			case p.Object != nil:
				out[p.Object] = i
			case p.Profile != nil:
				out[p.Profile] = i
			}
		}
		return out
	})
	if p.Object != nil {
		number, known := all[p.Object]
		return number, known
	}
	number, known := all[p.Profile]
	return number, known
}

// Ref is a rule of a user's policy, as the judge has it.
func (in *Model) Ref(p *policies.Policy, direction string, index int) (verdict.Ref, bool) {
	number, known := in.number(p)
	return verdict.Ref{Policy: number, Spec: p.Spec, Direction: direction, Index: index}, known && p.Rule != nil
}

// Refused is why Cilium refuses a policy, by its place among Policies: nothing of it is enforced.
func (in *Model) Refused() map[int]string {
	return in.written.refused.Get(func() map[int]string {
		out := map[int]string{}
		for _, s := range in.Judge().Skipped() {
			if s.Refused {
				out[s.Policy] = s.Reason
			}
		}
		return out
	})
}

// Refuses reports whether Cilium refuses the object of a user's policy.
func (in *Model) Refuses(p *policies.Policy) bool {
	number, known := in.number(p)
	_, refused := in.Refused()[number]
	return known && refused
}

// allPolicies reports whether all policies that may apply to pods of a namespace are known, and can be read: what another repository deploys may
// include more.
func (in *Model) allPolicies(n *catalog.Namespace) bool {
	return in.deployed.RenderedHere(n) && in.deployed.AllOf("cilium.io", "CiliumClusterwideNetworkPolicy") && !in.Unread(n.Name)
}

// Unread reports whether a policy that may apply to pods of a namespace cannot be read.
func (in *Model) Unread(namespace string) bool {
	unread := in.written.unread.Get(func() map[string]bool {
		out := map[string]bool{}
		for _, p := range in.Policies() {
			if p.Problem != nil {
				out[p.Namespace] = true
			}
		}
		return out
	})
	return unread[""] || unread[namespace]
}

// labelsOfPod are the labels of a workload's pods: those of a Job get its name as well.
func labelsOfPod(p *deployed.Pod) map[string]string {
	if p.Object.Kind != "Job" {
		return p.Labels
	}
	out := map[string]string{"job-name": p.Object.Name, "batch.kubernetes.io/job-name": p.Object.Name}
	maps.Copy(out, p.Labels)
	return out
}

// Answer is what the other end of a user's rule says to it.
type Answer struct {
	*Namespace      // of the other end
	OtherPorts bool // whether its policies permit something on other ports
}

// Unanswered reports whether a rule of a user lets pods out to, or in from, pods whose own policies certainly permit none of it: number is that of
// the peer in the rule. Where not all is known of the other end, it is not.
func (in *Model) Unanswered(p *policies.Policy, h *policies.Half, number int) (Answer, bool) {
	peer := h.Pods[number]
	namespace := NamespaceOf(peer)
	index, _ := strconv.Atoi(h.Field[1])
	r, known := in.Ref(p, h.Field[0], index)
	if !known || namespace == "" || !in.Here(peer) {
		return Answer{}, false
	}
	n := in.Namespace(namespace)
	if !in.PoliciesKnown(n) || in.refusesIn(namespace) {
		return Answer{}, false
	}
	a := &asking{Model: in, rule: r, ingress: h.Field[0] == string(catalog.Egress)}
	// Those of whom no more is known than what the policy says of them get at least what any of them gets.
	from, to := in.with(p.Namespace, policies.Subject(p)), in.with(namespace, peer)
	if _, named := in.Judge().Names(r, number, in.peer(to)); !named {
		return Answer{}, false
	}
	own := a.own(to, from)
	permitted := a.permits(to, from)
	if !permitted && p.Namespace != namespace {
		return Answer{Namespace: n, OtherPorts: a.otherPorts}, own && !a.unsure
	}
	subjects := in.among(in.Namespace(p.Namespace), from, func(e *verdict.Peer) (bool, bool) { return in.Judge().Selects(r, e) })
	others := in.among(n, to, func(e *verdict.Peer) (bool, bool) { return in.Judge().Names(r, number, e) })
	if len(subjects) == 1 && slices.Equal(subjects, others) && others[0].Alone() {
		return Answer{}, false // no policy judges what a pod asks itself, also through a Service (bpf/bpf_lxc.c, hairpin_flow)
	}
	if permitted {
		a.otherPorts = false // which of them it is for certain is asked again
		// That a selector selects nothing is another finding.
		if len(subjects) == 0 || len(others) == 0 || a.anyPermits(others, subjects, to, from) {
			return Answer{}, false
		}
		own = slices.ContainsFunc(others, func(o *End) bool { return a.own(o, subjects[0]) }) || slices.ContainsFunc(subjects, func(s *End) bool { return a.own(others[0], s) })
	}
	return Answer{Namespace: n, OtherPorts: a.otherPorts}, own && !a.unsure
}

// Alone reports whether an end is a single pod, which always reaches itself.
func (e *End) Alone() bool {
	if e.Pods == nil || !slices.Contains([]string{"Deployment", "Pod", "StatefulSet"}, e.Pods.Kind) {
		return false
	}
	replicas, set, err := unstructured.NestedInt64(e.Pods.Content(), "spec", "replicas")
	return err == nil && (!set || replicas <= 1)
}

// Here reports whether a selector of a policy may be for pods of this cluster: it may name another one of the mesh.
func (in *Model) Here(s pods.Selector) bool {
	cluster := s.Equal[k8sconst.PolicyLabelCluster]
	return cluster == "" || cluster == in.Cluster()
}

// NamespaceOf is the namespace that a selector of a policy names; empty when it may select pods of several.
func NamespaceOf(s pods.Selector) string {
	if namespace := s.Equal[pods.PodNamespace]; namespace != "" {
		return namespace
	}
	return s.Equal[k8sconst.PodNamespaceMetaLabels+"."+metadataName]
}

// refusesIn reports whether Cilium refuses a policy that is for pods of a namespace, or for those of all. It is a mistake of its own, and what it was to
// permit is not known.
func (in *Model) refusesIn(namespace string) bool {
	failing := in.written.failing.Get(func() map[string]bool {
		out := map[string]bool{}
		for number := range in.Refused() {
			out[in.Policies()[number].Namespace] = true
		}
		return out
	})
	return failing[""] || failing[namespace]
}

// with are pods of a namespace of which only that is known which labels a selector requires; the same for the same labels.
func (in *Model) with(namespace string, s pods.Selector) *End {
	labels := maps.Clone(s.Equal)
	delete(labels, pods.PodNamespace)
	key := namespace + "\x00" + pods.Selector{Equal: labels}.Key()
	e := in.written.ends[key]
	if e == nil {
		if in.written.ends == nil {
			in.written.ends, in.written.halves = map[string]*End{}, map[[2]*End]*[2]verdict.Ports{}
		}
		e = in.PodsWith(namespace, labels)
		in.written.ends[key] = e
	}
	return e
}

// peer is an end that is pods on their own network, which is never two things at once.
func (in *Model) peer(e *End) *verdict.Peer {
	all, err := in.ready(e)
	if err != nil {
		panic(err)
	}
	return all[0]
}

// among are the pods of a namespace that are selected. Where there may be others, or none at all are known, rest stands for those.
func (in *Model) among(n *Namespace, rest *End, selects func(*verdict.Peer) (surely, perhaps bool)) []*End {
	var out []*End
	for _, e := range n.Pods {
		if e.Node {
			continue
		}
		if _, selected := selects(in.peer(e)); selected {
			out = append(out, e)
		}
	}
	if n.Others != nil || len(n.Pods) == 0 {
		return []*End{rest} // who may be any of them
	}
	return out
}

// asking is one question to the other end of a rule.
type asking struct {
	*Model
	rule       verdict.Ref
	ingress    bool // the direction of the other end
	otherPorts bool
	unsure     bool // whether it cost too much
}

// anyPermits reports whether one of the others permits what the rule lets one of the subjects do. Those are left out first that nobody permits, or that
// permit nobody: few pairs are left.
func (a *asking) anyPermits(others, subjects []*End, anyOther, anySubject *End) bool {
	var possible []*End
	for _, s := range subjects {
		if a.permits(anyOther, s) {
			possible = append(possible, s)
		}
	}
	if len(possible) > 0 {
		a.otherPorts = false
	}
	for _, o := range others {
		seen := a.otherPorts
		if len(possible) == 0 || !a.permits(o, anySubject) {
			continue
		}
		a.otherPorts = seen
		for _, s := range possible {
			if a.permits(o, s) {
				return true
			}
		}
	}
	return false
}

// own reports whether the rule itself may permit anything.
func (a *asking) own(other, subject *End) bool {
	return !a.Judge().On(a.rule, a.peer(subject), a.peer(other)).Empty()
}

// permits reports whether the policies of the other end may permit the rule's flow, on one of its ports.
func (a *asking) permits(other, subject *End) bool {
	to, from := a.peer(other), a.peer(subject)
	half := a.written.halves[[2]*End{other, subject}]
	if half == nil {
		// The rules for a peer are looked up for its weight: that is not done either once the bound is reached.
		if a.written.spent <= mostRules {
			a.written.spent += perPair + a.Judge().Weight(to, a.ingress)
		}
		if a.written.spent > mostRules {
			a.unsure = true
			return false
		}
		half = &[2]verdict.Ports{}
		a.written.halves[[2]*End{other, subject}] = half
	}
	i := 0
	if a.ingress {
		i = 1
	}
	if half[i] == nil {
		_, half[i] = a.Judge().Half(to, from, a.ingress)
	}
	a.otherPorts = a.otherPorts || !half[i].Empty()
	return !half[i].And(a.Judge().On(a.rule, from, to)).Empty()
}

// Closed reports whether policies certainly deny what nothing allows, in one direction, for all pods of a namespace that a selector selects. Pods on the
// network of their node do not count: no policy of pods is for them.
func (in *Model) Closed(namespace string, s pods.Selector, d catalog.Direction) bool {
	n, ingress := in.Namespace(namespace), d == catalog.Ingress
	if in.Judge().Closed(in.peer(in.with(namespace, s)), ingress) {
		return true
	}
	if n.Others != nil {
		return false
	}
	some := false
	for _, e := range n.Pods {
		if e.Node || !pods.Selects(s.Equal, e.Pods) {
			continue
		}
		some = true
		if !in.Judge().Closed(in.peer(e), ingress) {
			return false
		}
	}
	return some
}

// Denies reports whether an end is certainly one of those that a rule, one that denies, is for.
func (in *Model) Denies(r verdict.Ref, e *End) bool {
	all, err := in.ready(e)
	return err == nil && in.Judge().Has(r, all[0])
}
