package profiles

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation"
)

// resolver turns files into profiles, extended ones first.
type resolver struct {
	files    map[string]*file
	platform *Names
	names    map[string]*yaml.Node // as the platform has them
	set      Set
}

// resolve returns the profile of that name, or nil when it is broken, which has been reported. Chain is the profiles
// that extend each other down to this one.
func (r *resolver) resolve(name string, chain []string) *Profile {
	if p, done := r.set[name]; done {
		return p
	}
	f := r.files[name]
	p := &Profile{Name: name, Origin: f.origin, Own: f.own, Description: strings.TrimSpace(f.Description.V)}
	chain = append(chain, name)
	for _, base := range f.Extends {
		switch {
		case base.Node == nil:
			continue // not text, reported
		case r.files[base.V] == nil:
			base.Report("unknown-profile", diag.DidYouMean(base.V, slices.Collect(maps.Keys(r.files))), "there is no profile %s", syntax.Quote(base.V))
			f.broken = true
			continue
		case slices.Contains(chain, base.V):
			base.Report("cycle", "remove one of these", "profiles extend each other in a circle: %s", strings.Join(append(chain, base.V), " → "))
			f.broken = true
			continue
		}
		p.Extends = append(p.Extends, base.V)
		if b := r.resolve(base.V, chain); b != nil {
			for _, policy := range b.Policies {
				p.put(policy)
			}
			f.broken = f.broken || r.files[base.V].broken
		}
	}
	for _, item := range f.Policies.Items {
		if item.Value.YAML == nil {
			continue
		}
		checkName(item.At, item.Key)
		rule := r.rule(item.Value)
		if rule == nil {
			f.broken = true
			continue
		}
		p.put(Policy{Name: item.Key, Profile: name, Own: f.own, Origin: f.origin, Rule: rule})
	}
	if len(f.Extends)+len(f.Policies.Items) == 0 && !f.broken {
		f.Report("empty-profile", "add policies, or extend a profile that has policies", "the profile %q has no policies", name)
	}
	if !f.broken {
		p.checkDNS(f)
	}
	r.set[name] = p
	return p
}

// put adds a policy, in the place of one with its name if there is one.
func (p *Profile) put(policy Policy) {
	for i := range p.Policies {
		if p.Policies[i].Name == policy.Name {
			p.Policies[i] = policy
			return
		}
	}
	p.Policies = append(p.Policies, policy)
}

func checkName(at *syntax.Node, name string) {
	if errs := validation.IsDNS1123Subdomain(name); errs != nil {
		at.Report("bad-name", "use lower-case letters, digits and -", "%s cannot name a policy", syntax.Quote(name))
	}
	for _, prefix := range ReservedPrefixes {
		if strings.HasPrefix(name, prefix) {
			at.Report("reserved-name", "choose another name", "names that begin with %q belong to policies of allowed flows", prefix)
		}
	}
}

// checkDNS requires the DNS rule without which toFQDNs never matches: Cilium learns the addresses of a name from the DNS
// answers that pass its proxy (Documentation/security/policy/layer3.rst, "DNS based").
func (p *Profile) checkDNS(f *file) {
	fqdn, dns := (*syntax.Node)(nil), false
	for _, policy := range p.Policies {
		for i, e := range policy.Rule.Egress {
			if fqdn == nil && len(e.ToFQDNs) > 0 {
				fqdn = f.egress(policy.Name, i)
			}
			for _, ports := range e.ToPorts {
				dns = dns || ports.Rules != nil && len(ports.Rules.DNS) > 0
			}
		}
	}
	if fqdn != nil && !dns {
		f.broken = true // once, not for each profile that extends it
		fqdn.Report("fqdn-without-dns", `add a policy with toEndpoints: [$dns], port 53 and rules: {dns: [{matchPattern: "*"}]}`,
			"toFQDNs never matches in a profile that has no DNS rule")
	}
}

// egress is the place of an egress rule, or of the file when another one holds it.
func (f *file) egress(policy string, i int) *syntax.Node {
	for _, item := range f.Policies.Items {
		if item.Key == policy {
			return element(item.Value, "egress", i)
		}
	}
	return f.Node
}

// rule reads and checks one rule. It returns nil when the rule cannot be used, which has been reported.
func (r *resolver) rule(raw syntax.Raw) *api.Rule {
	c := checker{names: r.names}
	c.fill(raw.YAML, raw.Node)
	c.check(raw.YAML, raw.Node, ruleType)
	if c.failed {
		return nil
	}
	value, err := plain(raw.YAML)
	var text []byte
	if err == nil {
		text, err = json.Marshal(value)
	}
	rule := &api.Rule{}
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(rule)
	}
	if err != nil {
		raw.Report("bad-rule", "", "not a Cilium rule: %v", err)
		return nil
	}
	if rule.EndpointSelector.LabelSelector == nil {
		rule.EndpointSelector = api.EndpointSelector{LabelSelector: &slimmetav1.LabelSelector{}}
	}
	if !sanitize(rule, raw) {
		return nil
	}
	r.platform.Widen(rule)
	return rule
}

// plain is a YAML value for encoding/json. What reads YAML to make JSON of it would take the text, and longer for all profiles than for a
// list.
func plain(y *yaml.Node) (any, error) {
	var err error
	switch y.Kind {
	case yaml.MappingNode:
		out := make(map[string]any, len(y.Content)/2)
		for i := 0; i+1 < len(y.Content) && err == nil; i += 2 {
			out[y.Content[i].Value], err = plain(y.Content[i+1])
		}
		return out, err
	case yaml.SequenceNode:
		out := make([]any, len(y.Content))
		for i := 0; i < len(out) && err == nil; i++ {
			out[i], err = plain(y.Content[i])
		}
		return out, err
	}
	if y.ShortTag() == "!!str" {
		return y.Value, nil
	}
	var out any
	err = y.Decode(&out)
	return out, err
}

// sanitize runs Cilium's own check, which the agent runs when it loads a policy: a rule that fails it is not enforced
// though the API server accepts it. The message points at the ingress or egress rule that fails alone, if one does.
func sanitize(rule *api.Rule, raw syntax.Raw) bool {
	err := rule.DeepCopy().Sanitize()
	if err == nil {
		return true
	}
	at := raw.Node
	fails := func(part *api.Rule) bool {
		part.EndpointSelector = rule.EndpointSelector
		alone := part.DeepCopy().Sanitize()
		return alone != nil && alone.Error() == err.Error()
	}
	for i := range rule.Egress {
		if fails(&api.Rule{Egress: rule.Egress[i : i+1]}) {
			at = element(raw, "egress", i)
		}
	}
	for i := range rule.Ingress {
		if fails(&api.Rule{Ingress: rule.Ingress[i : i+1]}) {
			at = element(raw, "ingress", i)
		}
	}
	at.Report("bad-rule", "", "Cilium would not enforce this rule: %v", err)
	return false
}

// element is the place of raw[key][i].
func element(raw syntax.Raw, key string, i int) *syntax.Node {
	for k := 0; k+1 < len(raw.YAML.Content); k += 2 {
		if list := raw.YAML.Content[k+1]; raw.YAML.Content[k].Value == key && i < len(list.Content) {
			return raw.At(list, key, 0).At(list.Content[i], "", i)
		}
	}
	return raw.Node
}
