// Package network is the cluster as its network policies see it: the pods of all workloads, the Services before them, the policies of any origin, and
// who may talk to whom under them. It judges, and says which line of the list, of a profile or of a manifest decides. It does not say
// what should be permitted.
package network

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/profiles"
)

// Model is the network of a cluster.
type Model struct {
	deployed *deployed.Model
	places   *places.Model
	policies *policies.Model

	labels  once.Value[map[string]map[string]string] // of namespaces, by name
	groups  once.Value[map[string]*Namespace]
	sources once.Value[[]Policy]
	judge   once.Value[*verdict.Judge]
	written written
}

// New is the network of what is deployed.
func New(d *deployed.Model, p *places.Model, policies *policies.Model) *Model {
	return &Model{deployed: d, places: p, policies: policies}
}

// End is an end of a flow.
type End struct {
	Name string // such as web-n8n/n8n, kube-apiserver or 192.168.0.9
	verdict.Endpoint
	// Also are further identities of the same end, for example those of a node: what it takes part in is permitted when all of them are.
	Also []verdict.Endpoint
	// Pods is the template of the pods; nil when they are not known, and for what are no pods.
	Pods *deployed.Pod
	// Node says that it is a node, or pods on the network of their node: for policies, these are the node.
	Node bool

	peers []*verdict.Peer
}

// Unknown reports whether the end is pods that nobody here can see.
func (e *End) Unknown() bool { return e.Endpoint.Unknown }

// Namespace is what is known of a namespace.
type Namespace struct {
	Name  string
	Entry *catalog.Namespace // nil when the list has none
	Pods  []*End             // of all templates, in order
	// Others is the pods that are not among Pods; nil when there are none. Why says why there may be.
	Others *End
	Why    string
}

// PoliciesKnown reports whether all policies that may apply to the pods of a namespace are known.
func (in *Model) PoliciesKnown(n *Namespace) bool { return n.Entry != nil && in.allPolicies(n.Entry) }

// Namespace is that of a name; there may be nothing known of it.
func (in *Model) Namespace(name string) *Namespace {
	all := in.namespaces()
	n := all[name]
	if n == nil {
		n = &Namespace{Name: name, Why: "the list has no entry for the namespace"}
		n.Others = in.PodsWith(name, nil)
		all[name] = n
	}
	return n
}

// Namespaces are those of the list, and those that its applications deploy pods into, by name.
func (in *Model) Namespaces() []*Namespace {
	var out []*Namespace
	for _, n := range in.namespaces() {
		if n.Entry != nil || len(n.Pods) > 0 {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b *Namespace) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (in *Model) namespaces() map[string]*Namespace {
	return in.groups.Get(func() map[string]*Namespace {
		out := map[string]*Namespace{}
		for i := range in.deployed.Platform.Namespaces {
			n := &in.deployed.Platform.Namespaces[i]
			out[n.Name] = &Namespace{Name: n.Name, Entry: n}
		}
		for _, p := range in.deployed.Pods() {
			n := out[p.Object.Namespace]
			if n == nil {
				n = &Namespace{Name: p.Object.Namespace}
				out[p.Object.Namespace] = n
			}
			n.Pods = append(n.Pods, in.podsOf(p))
		}
		for _, n := range out {
			if n.Why = in.why(n); n.Why != "" {
				n.Others = in.PodsWith(n.Name, nil)
			}
		}
		return out
	})
}

// why is the reason why a namespace may have other pods than those of templates; empty when it has none.
func (in *Model) why(n *Namespace) string {
	switch {
	case n.Entry == nil:
		return "the list has no entry for the namespace"
	case !n.Entry.Managed:
		return "others deploy into the namespace as well"
	}
	for i := range n.Entry.Applications {
		a := &n.Entry.Applications[i]
		if in.deployed.Unseen(a) {
			return "what the application " + a.Code + " deploys was not fetched"
		}
		if in.deployed.Faulty(a) {
			return "the application " + a.Code + " cannot be rendered"
		}
	}
	switch {
	case in.deployed.OtherPods()[n.Name] || slices.ContainsFunc(n.Entry.Access, deployed.Deploys):
		return "something there may create pods"
	case !in.deployed.RenderedHere(n.Entry) && len(n.Entry.Applications) > 0 && len(n.Pods) == 0:
		return "its applications deploy no pods that are known"
	}
	return ""
}

func (in *Model) podsOf(p *deployed.Pod) *End {
	namespace := p.Object.Namespace
	name := namespace + "/" + p.Object.Name
	if p.Spec.HostNetwork {
		// The policies of pods do not apply to a node's network, and those of others know the node only.
		e := Node(name)
		e.Pods = p
		return e
	}
	e := &End{Name: name, Pods: p}
	e.Endpoint = verdict.Endpoint{Namespace: namespace, NamespaceLabels: in.LabelsOf(namespace), NamespaceUnknown: !in.labelled(namespace), Labels: labelsOfPod(p),
		ServiceAccount: cmp.Or(p.Spec.ServiceAccountName, p.Spec.DeprecatedServiceAccount, "default"), Ports: p.NamedPorts()}
	return e
}

// PodsWith are pods of a namespace of which only labels are known, for example those that platform.yml gives; without labels, all that are not known.
func (in *Model) PodsWith(namespace string, labels map[string]string) *End {
	name := namespace + "/…"
	if len(labels) > 0 {
		name = namespace + "/" + pods.LabelText(labels)
	}
	return &End{Name: name, Endpoint: verdict.Endpoint{Namespace: namespace, NamespaceLabels: in.LabelsOf(namespace), NamespaceUnknown: !in.labelled(namespace),
		Labels: labels, Unknown: true}}
}

// Having are pods that have just these labels, as the one who asks says.
func (in *Model) Having(namespace string, labels map[string]string) *End {
	e := in.PodsWith(namespace, labels)
	e.Endpoint.Unknown = false
	return e
}

// Entity is one of Cilium's reserved entities.
func (in *Model) Entity(name string) *End {
	return &End{Name: name, Endpoint: verdict.Endpoint{Entity: name}}
}

// Node is a node, which is another identity for the pods that run on it than for all others; or pods on its network.
func Node(name string) *End {
	return &End{Name: name, Node: true, Endpoint: verdict.Endpoint{Entity: "remote-node"}, Also: []verdict.Endpoint{{Entity: "host"}}}
}

// APIServer is the API server as the source of calls. With tunnel routing, which is Cilium's default, those to a pod of another node carry that node's
// address, and have the identity remote-node (cilium issue 43260).
func (in *Model) APIServer() *End {
	e := in.APIServerAt()
	e.Also = append(e.Also, verdict.Endpoint{Entity: "remote-node"})
	return e
}

// APIServerAt is the API server as the target of calls: on a node, which may be the caller's own, or outside of the cluster.
func (in *Model) APIServerAt() *End {
	e := &End{Name: "kube-apiserver"}
	for _, p := range in.deployed.Platform.Names.APIServerOutside {
		e.Also = append(e.Also, verdict.Endpoint{IP: p.Addr(), APIServer: true})
	}
	if len(e.Also) > 0 {
		e.Endpoint, e.Also = e.Also[0], e.Also[1:]
		return e
	}
	e.Endpoint, e.Also = verdict.Endpoint{Entity: "kube-apiserver"}, []verdict.Endpoint{{Entity: "host", APIServer: true}}
	return e
}

// IsAPIServer reports whether an address outside of the cluster is one of the API server.
func (in *Model) IsAPIServer(address netip.Addr) bool {
	return slices.ContainsFunc(in.deployed.Platform.Names.APIServerOutside, func(p netip.Prefix) bool { return p.Contains(address) })
}

// Controller is the ingress controller that $ingress-controller is named after: its pods, the nodes when it is on their network, or Cilium's own.
func (in *Model) Controller() []*End {
	return in.ControllerEnds(&in.deployed.Platform.Names.Controllers()[0])
}

// BehindGateway are the ends behind a Gateway, by its NAMESPACE/NAME, where platform.yml says what they are; none when they are not known.
func (in *Model) BehindGateway(name string) []*End {
	if c := in.deployed.Platform.ControllerOf(name); c != nil {
		return in.ControllerEnds(c)
	}
	return nil
}

// ControllerEnds are the ends that an ingress controller is, or what stands behind a Gateway.
func (in *Model) ControllerEnds(c *profiles.Controller) []*End {
	switch c.On {
	case profiles.OnHost:
		return []*End{Node("the ingress controller on the nodes")}
	case profiles.OnCilium:
		return []*End{in.Entity("ingress")}
	}
	return in.Selected(c.Namespace, c.PodLabels)
}

// Described are the pods of a namespace that platform.yml describes, of those that are not known otherwise.
func (in *Model) Described(namespace string) []*End {
	var out []*End
	described := []profiles.Pods{in.deployed.Platform.Controller, in.deployed.Platform.DNS}
	for _, c := range in.deployed.Platform.Names.Others {
		described = append(described, c.Pods)
	}
	for _, p := range described {
		if p.Namespace != namespace {
			continue
		}
		for _, e := range in.Selected(p.Namespace, p.PodLabels) {
			if e.Unknown() {
				out = append(out, e)
			}
		}
	}
	return out
}

// LabelsOf are the labels of a namespace, as far as they are known: every one has its own name.
func (in *Model) LabelsOf(namespace string) map[string]string {
	if labels, known := in.allLabels()[namespace]; known {
		return labels
	}
	return map[string]string{metadataName: namespace}
}

// metadataName is the label of a namespace that Kubernetes itself gives to each.
const metadataName = "kubernetes.io/metadata.name"

// labelled reports whether all labels of a namespace are known: those of one that others have made are not.
func (in *Model) labelled(namespace string) bool { return in.allLabels()[namespace] != nil }

func (in *Model) allLabels() map[string]map[string]string {
	return in.labels.Get(func() map[string]map[string]string {
		out := map[string]map[string]string{}
		add := func(name string, labels map[string]string) {
			if out[name] == nil {
				out[name] = map[string]string{}
			}
			maps.Copy(out[name], labels)
		}
		for i := range in.deployed.Objects {
			if o := &in.deployed.Objects[i]; o.Kind == "Namespace" {
				add(o.Name, labelsOf(o.Value()))
			}
		}
		for _, o := range in.deployed.Kind("Namespace") {
			add(o.Name, labelsOf(o.Content()))
		}
		for name := range out {
			out[name][metadataName] = name
		}
		return out
	})
}

// Selected are the pods of a namespace that a selector of labels selects. When it selects none that is known, and there may be others, these are it.
func (in *Model) Selected(namespace string, labels map[string]string) []*End {
	var ends []*End
	n := in.Namespace(namespace)
	for _, e := range n.Pods {
		if e.Pods != nil && pods.Selects(labels, e.Pods) {
			ends = append(ends, e)
		}
	}
	if n.Others != nil && len(ends) == 0 {
		return []*End{in.PodsWith(namespace, labels)}
	}
	return ends
}

// Cluster is the name that Cilium knows the cluster by.
func (in *Model) Cluster() string {
	if !in.deployed.Platform.Cluster.Mesh {
		return "default" // Cilium does not know the name that the list has for it
	}
	return in.deployed.Platform.Cluster.Name
}

// Judge is what judges flows between ends: all policies, and the ports of all pods.
func (in *Model) Judge() *verdict.Judge {
	return in.judge.Get(func() *verdict.Judge {
		o := verdict.Options{Cluster: in.Cluster(), Pods: []verdict.Endpoint{}}
		for _, n := range in.Namespaces() {
			for _, e := range n.Pods {
				if !e.Node {
					o.Pods = append(o.Pods, e.Endpoint)
				}
			}
		}
		var all []verdict.Policy
		for _, p := range in.Policies() {
			all = append(all, p.Policy)
		}
		return verdict.New(o, all)
	})
}

// ready are the identities of an end, ready to be judged.
func (in *Model) ready(e *End) ([]*verdict.Peer, error) {
	if e.peers == nil {
		for _, one := range append([]verdict.Endpoint{e.Endpoint}, e.Also...) {
			p, err := in.Judge().Peer(one)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.Name, err)
			}
			e.peers = append(e.peers, p)
		}
	}
	return e.peers, nil
}

// Judged is the verdict about a flow, and the identities of its ends that it is about.
type Judged struct {
	verdict.Verdict
	From, To verdict.Endpoint
}

// Verdict judges a flow. Protocol is TCP, UDP, SCTP, ICMP or ICMPV6; the port is the pods' own, not a Service's. Of ends with several identities, it
// is the worst verdict of all.
func (in *Model) Verdict(from, to *End, protocol string, port uint16) (Judged, error) {
	var worst Judged
	a, err := in.ready(from)
	if err != nil {
		return worst, err
	}
	b, err := in.ready(to)
	if err != nil {
		return worst, err
	}
	for i := range a {
		for k := range b {
			if v := in.Judge().Judge(a[i], b[k], protocol, port); i+k == 0 || rank(v) < rank(worst.Verdict) {
				worst = Judged{v, from.identity(i), to.identity(k)}
			}
		}
	}
	return worst, nil
}

// identity is one of the identities of an end.
func (e *End) identity(i int) verdict.Endpoint {
	if i == 0 {
		return e.Endpoint
	}
	return e.Also[i-1]
}

// rank orders verdicts: a sure no comes first, then what is not sure.
func rank(v verdict.Verdict) int {
	switch {
	case v.Sure() && !v.Allowed():
		return 0
	case !v.Sure():
		return 1
	}
	return 2
}

// Permitted is the ports on which flows from one end to another are permitted, surely and perhaps.
func (in *Model) Permitted(from, to *End) (sure, perhaps verdict.Ports, err error) {
	a, err := in.ready(from)
	if err != nil {
		return nil, nil, err
	}
	b, err := in.ready(to)
	if err != nil {
		return nil, nil, err
	}
	for i := range a {
		for k := range b {
			s, p := in.Judge().Permitted(a[i], b[k])
			if i+k == 0 {
				sure, perhaps = s, p
				continue
			}
			most := sure.Or(perhaps).And(s.Or(p))
			sure = sure.And(s)
			perhaps = most.Without(sure)
		}
	}
	return sure, perhaps, nil
}

// Halves are the ports that the policies at one end of a flow permit, surely and at most, whatever those at the other end do: for each identity of the
// one with each of the other. What names may be looked up is left out.
func (in *Model) Halves(at, other *End, ingress bool) ([][2]verdict.Ports, error) {
	a, err := in.ready(at)
	if err != nil {
		return nil, err
	}
	b, err := in.ready(other)
	if err != nil {
		return nil, err
	}
	var out [][2]verdict.Ports
	for _, one := range a {
		for _, two := range b {
			sure, most := in.Judge().Half(one, two, ingress)
			out = append(out, [2]verdict.Ports{sure, most})
		}
	}
	return out, nil
}

// labelsOf are the labels in the metadata of an object.
func labelsOf(value any) map[string]string {
	var out struct {
		Metadata struct{ Labels map[string]string }
	}
	text, err := json.Marshal(value)
	if err != nil || json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out.Metadata.Labels
}
