package importing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/internal/verdict"
)

// differing says of each namespace whose policies mean something else with the list what differs first.
func (w *work) differing(all []*made) map[string]string {
	rendered := policiesOf(all)
	out := map[string]string{}
	for _, namespace := range sortedKeys(w.guarded) {
		if g := w.guarded[namespace]; !g.refused && !g.entry.gone {
			if problem := w.differ(g, rendered[namespace]); problem != "" {
				out[namespace] = problem
			}
		}
	}
	return out
}

// policiesOf are the policies that are rendered, by namespace.
func policiesOf(all []*made) map[string][]*made {
	out := map[string][]*made{}
	for _, m := range all {
		if m.Kind == "CiliumNetworkPolicy" {
			out[m.Namespace] = append(out[m.Namespace], m)
		}
	}
	return out
}

// comparedPolicies compares the policies of all namespaces: each with the one of its name where that is the same, and else by what all policies of
// its namespace mean together, as the engine of verdicts says.
func (w *work) comparedPolicies(all []*made, byID map[ID]*made) {
	rendered := policiesOf(all)
	for _, namespace := range sortedKeys(w.guarded) {
		for _, p := range w.guarded[namespace].policies {
			if w.outcomes[p.Object].State == "" {
				w.comparedPolicy(p.Object, byID, rendered[namespace], w.problems[namespace])
			}
		}
	}
}

// comparedPolicy says how one policy compares.
func (w *work) comparedPolicy(o *Object, byID map[ID]*made, rendered []*made, problem string) {
	if len(rendered) == 0 {
		w.out(o, NotExpressed, "nothing is rendered in its place").Became = ""
		return
	}
	outcome := w.outcomes[o]
	if m := byID[o.ID]; m != nil {
		read := normal(o.Value).(map[string]any)
		to := normal(m.value()).(map[string]any)
		differences := fields.Compare(read["spec"], to["spec"])
		description := func(d fields.Difference) bool { return d.Path.Begins("description") }
		if differences = slices.DeleteFunc(differences, description); len(differences) == 0 && problem == "" {
			m.taken = true
			w.compare(&kind{settle: settlePolicy}, o, []*made{m})
			return
		}
	}
	for _, m := range rendered {
		m.taken = m.taken || byID[m.ID] == m && m.Name == o.Name
		outcome.Rendered = append(outcome.Rendered, m.ID)
	}
	if problem != "" {
		w.out(o, Different, problem)
		return
	}
	w.out(o, Equal, "the policies that roster renders permit the same, under other names")
}

// settlePolicy leaves out the description, which is for people.
func settlePolicy(read, rendered map[string]any) []string {
	from, to := mapping(read, "spec"), mapping(rendered, "spec")
	if from["description"] == to["description"] {
		return nil
	}
	delete(from, "description")
	delete(to, "description")
	return []string{"its description is another one"}
}

// differ says what differs first between what the policies of a namespace permit and what those that are rendered do; empty when nothing does.
// Cilium's own code reads both, and they are asked about each pod and each peer that one of them names. What the engine does not judge, such as rules
// of HTTP, has to be the same text.
func (w *work) differ(g *guarded, rendered []*made) string {
	after := said{}
	var before, now []verdict.Policy
	for _, p := range g.policies {
		before = append(before, policyOf(g.namespace, p.Name, p.rules))
	}
	for _, m := range rendered {
		rules := []map[string]any{normal(mapping(m.value(), "spec")).(map[string]any)}
		for a, d := range atomsOf(g.namespace, rules) {
			after[a] = d
		}
		now = append(now, policyOf(g.namespace, m.Name, rules))
	}
	for _, pair := range [][2]said{{g.all, after}, {after, g.all}} {
		for _, a := range inOrderOf(pair[0]) {
			if (a.rules != "" || a.kind == "other") && !pair[1].covers(a) {
				return fmt.Sprintf("networkPolicies: only one side says %s", a)
			}
		}
	}
	old, new := verdict.New(verdict.Options{}, before), verdict.New(verdict.Options{}, now)
	for _, s := range old.Skipped() {
		if s.Refused {
			return "Cilium refuses the policy " + before[s.Policy].Name + ", and so enforces nothing of it: " + s.Reason
		}
	}
	for _, here := range subjects(g, after) {
		for _, other := range others(g, after) {
			for _, ingress := range []bool{true, false} {
				if text := asked(old, new, here, other, ingress); text != "" {
					return text
				}
			}
		}
	}
	return ""
}

// asked is one question to both sides.
func asked(old, new *verdict.Judge, here, other verdict.Endpoint, ingress bool) string {
	half := func(j *verdict.Judge) (verdict.Ports, verdict.Ports, error) {
		at, err := j.Peer(here)
		if err != nil {
			return nil, nil, err
		}
		to, err := j.Peer(other)
		if err != nil {
			return nil, nil, err
		}
		sure, most := j.Half(at, to, ingress)
		return sure, most, nil
	}
	sure, most, err := half(old)
	if err != nil { // it cannot be an end: none of both is asked
		return ""
	}
	sureNow, mostNow, err := half(new)
	if err == nil && sure.Equal(sureNow) && most.Equal(mostNow) {
		return ""
	}
	word := "to"
	if ingress {
		word = "from"
	}
	return fmt.Sprintf("pods %s of %s %s %s: %s before, %s with the list", cmp.Or(labelText(here.Labels), "without labels"), here.Namespace, word, named(other), most, mostNow)
}

func named(e verdict.Endpoint) string {
	switch {
	case e.Namespace != "":
		return fmt.Sprintf("pods %s of %s", cmp.Or(labelText(e.Labels), "without labels"), e.Namespace)
	case e.Entity != "":
		return e.Entity
	case e.FQDN != "":
		return e.FQDN
	}
	return e.IP.String()
}

// policyOf is a policy for the engine.
func policyOf(namespace, name string, rules []map[string]any) verdict.Policy {
	out := verdict.Policy{Namespace: namespace, Name: name}
	for _, r := range rules {
		text, err := json.Marshal(r)
		rule := &api.Rule{}
		if err == nil {
			err = syntax.UnmarshalJSON(text, rule)
		}
		if err != nil { // it is no rule: the engine refuses it
			rule = &api.Rule{}
		}
		out.Specs = append(out.Specs, rule)
	}
	return out
}

// inOrderOf are atoms in order.
func inOrderOf(s said) []atom {
	var out []atom
	for a := range s {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b atom) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// String is an atom as people read it.
func (a atom) String() string {
	word := map[bool]string{true: "ingress", false: "egress"}[a.ingress]
	if a.deny {
		word += "Deny"
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s of %s: %s %s %s %s", word, a.subject, a.kind, a.peer, a.port, a.rules)), " ")
}

// mostSubjects and mostOthers are how many ends are asked about: policies that name more are compared by their atoms alone, which is as exact.
const (
	mostSubjects = 40
	mostOthers   = 400
)

// subjects are pods of the namespace: without labels, with those that a rule names, and with all of them.
func subjects(g *guarded, after said) []verdict.Endpoint {
	byText := map[string]map[string]string{"": {}}
	together := map[string]string{}
	for _, s := range []said{g.all, after} {
		for _, a := range inOrderOf(s) {
			if d := s[a]; len(d.subject) > 0 {
				byText[labelText(d.subject)] = d.subject
				for key, value := range d.subject {
					together[key] = value
				}
			}
		}
	}
	byText[labelText(together)] = together
	var out []verdict.Endpoint
	for _, key := range sortedKeys(byText) {
		if len(out) < mostSubjects {
			out = append(out, verdict.Endpoint{Namespace: g.namespace, Labels: byText[key]})
		}
	}
	return out
}

// others are the ends that rules name, and some that none does.
func others(g *guarded, after said) []verdict.Endpoint {
	byText := map[string]verdict.Endpoint{}
	add := func(e verdict.Endpoint) { byText[named(e)] = e }
	for _, entity := range []string{"host", "remote-node", "kube-apiserver", "world", "world-ipv6", "health", "ingress", "init", "unmanaged"} {
		add(verdict.Endpoint{Entity: entity})
	}
	for _, namespace := range []string{g.namespace, "kube-system", "no-rule-names-this"} {
		add(verdict.Endpoint{Namespace: namespace})
	}
	for _, s := range []said{g.all, after} {
		for a, d := range s {
			switch a.kind {
			case "endpoint":
				namespace := cmp.Or(d.namespace, g.namespace)
				add(verdict.Endpoint{Namespace: namespace})
				add(verdict.Endpoint{Namespace: namespace, Labels: d.labels})
			case "fqdn":
				add(verdict.Endpoint{FQDN: strings.ReplaceAll(a.peer, "*", "x")})
			case "cidr":
				cidr, _, _ := strings.Cut(a.peer, " ")
				for _, text := range append([]string{cidr}, d.except...) {
					if prefix, err := netip.ParsePrefix(text); err == nil {
						add(verdict.Endpoint{IP: prefix.Addr()})
					}
				}
			}
		}
	}
	var out []verdict.Endpoint
	for _, key := range sortedKeys(byText) {
		if len(out) < mostOthers {
			out = append(out, byText[key])
		}
	}
	return out
}
