package lint

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// policy is one rule of a CiliumNetworkPolicy, or of a CiliumClusterwideNetworkPolicy.
type policy struct {
	namespace string // empty for a clusterwide one
	title     string
	written   any       // the rule as it is written; nil for those of profiles, which are checked when they are loaded
	rule      *api.Rule // not to be changed; nil when it is not of Cilium's types
	problem   error     // why rule is nil
	at        func(fields ...string) catalog.Place
}

// ownPolicies are the policies that users wrote: those among the workloads, and those of their profiles in each namespace that
// has chosen one.
func (in *Input) ownPolicies() []*policy { return in.policies.get(in.readOwnPolicies) }

func (in *Input) readOwnPolicies() []*policy {
	out := slices.Clone(in.handWritten())
	for i := range in.Platform.Namespaces {
		n := &in.Platform.Namespaces[i]
		for _, p := range n.Policies {
			if !p.Own {
				continue
			}
			out = append(out, &policy{namespace: n.Name, title: fmt.Sprintf("policy %s of the profile %s", p.Name, p.Profile), rule: p.Rule,
				at: func(fields ...string) catalog.Place {
					return in.inProfile(path.Join(in.Platform.Repository.Folder, p.Origin), append([]string{"policies", p.Name}, fields...))
				}})
		}
	}
	return out
}

// inProfile is where a field of a profile is written, or the nearest one around it.
func (in *Input) inProfile(file string, fields []string) catalog.Place {
	at := catalog.Place{Pos: diag.Position{File: file, Line: 1, Column: 1}}
	if root := in.root(at.Pos.File); root != nil {
		n, _ := in.nearest(root, nil, fields)
		at.Pos.Line, at.Pos.Column = n.Line, n.Column
	}
	return at
}

// root is what the first document of a file holds; nil when there is none.
func (in *Input) root(file string) *yaml.Node {
	if f := in.file(file); f != nil && len(f.documents) > 0 && len(f.documents[0].Content) > 0 {
		return f.documents[0].Content[0]
	}
	return nil
}

// handWritten are the policies among the workloads.
func (in *Input) handWritten() []*policy { return in.policiesByHand.get(in.readHandWritten) }

func (in *Input) readHandWritten() []*policy {
	var out []*policy
	for _, o := range in.Kind("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy") {
		if strings.HasPrefix(o.APIVersion, "cilium.io/") && o.Application.Catalog == "" {
			out = append(out, in.policiesOf(o)...)
		}
	}
	return out
}

// policiesOf are the rules of a policy's object: its spec, and each of its specs.
func (in *Input) policiesOf(o *Object) []*policy {
	var out []*policy
	add := func(written any, at ...string) {
		p := &policy{title: o.Title(), written: written, at: func(fields ...string) catalog.Place { return in.field(o, append(slices.Clone(at), fields...)...) }}
		if o.Kind == "CiliumNetworkPolicy" {
			p.namespace = o.Namespace
		}
		p.rule, p.problem = ruleOf(written)
		out = append(out, p)
	}
	if spec, ok := o.Content()["spec"]; ok {
		add(spec, "spec")
	}
	specs, _ := o.Content()["specs"].([]any)
	for i, spec := range specs {
		add(spec, "specs", strconv.Itoa(i))
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

// renderedHere reports whether all applications of a namespace are among the workloads.
func (in *Input) renderedHere(n *catalog.Namespace) bool {
	here, known := in.rendered[n]
	if !known {
		here = in.complete(n) && !slices.ContainsFunc(n.Applications, func(a catalog.Application) bool { return !in.yields(a.Code) })
		if in.rendered == nil {
			in.rendered = map[*catalog.Namespace]bool{}
		}
		in.rendered[n] = here
	}
	return here
}

const podNamespace = "io.kubernetes.pod.namespace"

// selector is what the labels of pods have to be, without the source before their keys.
type selector struct {
	equal map[string]string
	other []slimmetav1.LabelSelectorRequirement
}

func selectorOf(s api.EndpointSelector) selector {
	out := selector{equal: map[string]string{}}
	if s.LabelSelector == nil {
		return out
	}
	for key, value := range s.MatchLabels {
		out.equal[bare(key)] = value
	}
	for _, r := range s.MatchExpressions {
		r.Key = bare(r.Key)
		if r.Operator == slimmetav1.LabelSelectorOpIn && len(r.Values) == 1 {
			out.equal[r.Key] = r.Values[0]
		} else {
			out.other = append(out.other, r)
		}
	}
	return out
}

// bare is a label's key without the source of pods' labels before it. Other sources, such as reserved, stay.
func bare(key string) string {
	return strings.TrimPrefix(strings.TrimPrefix(key, "k8s:"), "any:")
}

// mentions reports whether the selector has a key with that prefix.
func (s selector) mentions(prefix string) bool {
	for key := range s.equal {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return slices.ContainsFunc(s.other, func(r slimmetav1.LabelSelectorRequirement) bool { return strings.HasPrefix(r.Key, prefix) })
}

// subject are the pods that the policy applies to.
func (p *policy) subject() selector {
	s := selectorOf(p.rule.EndpointSelector)
	if p.namespace != "" {
		s.equal[podNamespace] = p.namespace
	}
	return s
}

// peer is a selector of another end: pods of the policy's own namespace, unless it names others
// (pkg/k8s/apis/cilium.io/utils/utils.go, getEndpointSelector).
func (p *policy) peer(e api.EndpointSelector) selector {
	s := selectorOf(e)
	if p.namespace != "" && !s.mentions("reserved:") && !s.mentions(podNamespace) && !s.mentions("io.cilium.k8s.namespace.labels.") {
		s.equal[podNamespace] = p.namespace
	}
	return s
}

// disjoint reports whether certainly no pod fits both.
func (s selector) disjoint(t selector) bool {
	for key, value := range s.equal {
		if other, ok := t.equal[key]; ok && other != value {
			return true
		}
	}
	return s.contradicts(t.other) || t.contradicts(s.other)
}

func (s selector) contradicts(requirements []slimmetav1.LabelSelectorRequirement) bool {
	return slices.ContainsFunc(requirements, func(r slimmetav1.LabelSelectorRequirement) bool {
		_, known := s.equal[r.Key]
		return known && !satisfies(s.equal, r)
	})
}

// covers reports whether certainly all pods that fit t also fit s.
func (s selector) covers(t selector) bool {
	for key, value := range s.equal {
		if other, ok := t.equal[key]; !ok || other != value {
			return false
		}
	}
	return len(s.other) == 0
}

// satisfies reports whether labels meet a requirement.
func satisfies(labels map[string]string, r slimmetav1.LabelSelectorRequirement) bool {
	value, found := labels[r.Key]
	switch r.Operator {
	case slimmetav1.LabelSelectorOpIn:
		return found && slices.Contains(r.Values, value)
	case slimmetav1.LabelSelectorOpNotIn:
		return !found || !slices.Contains(r.Values, value)
	case slimmetav1.LabelSelectorOpExists:
		return found
	case slimmetav1.LabelSelectorOpDoesNotExist:
		return !found
	}
	return true
}

// declared are the flows that an entry lists under networkPolicies.allow, as written: not those that catalog applications add, and not the
// halves of what others declare.
func declared(n *catalog.Namespace) []*catalog.Flow {
	var out []*catalog.Flow
	for i := range n.Flows {
		if f := &n.Flows[i]; f.Cause == catalog.Allowed && !f.OfPeer {
			out = append(out, f)
		}
	}
	return out
}
