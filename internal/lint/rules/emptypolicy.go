package rules

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var emptyPolicy = lint.Rule{
	Name:     "empty-policy",
	Severity: lint.Error,
	Summary:  "Cilium refuses a policy, or a policy has an empty list with an unintended meaning",
	Doc: `The API server accepts policies that Cilium's agent refuses: nothing of them is enforced, and only the agent's log and the
object's status show it. Empty lists are the trap among them (pkg/policy/api/rule.go). ` + "`ingress: []`" + ` does not deny, as it does in a
Kubernetes NetworkPolicy: it leaves the direction open, and ` + "`[{}]`" + ` denies what nothing else allows. ` + "`fromEndpoints: []`" + ` selects no
pod, and ` + "`[{}]`" + ` those of the namespace; ` + "`toPorts: []`" + ` permits every port.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: web-app
  applications:
    - {applicationCode: web-a, path: a}
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: deny-all}
spec:
  endpointSelector: {}
  ingress: []
  egress: []
`,
	Mend: []string{`  ingress: []
  egress: []`, `  ingress: [{}]
  egress: [{}]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy") {
			if strings.HasPrefix(o.APIVersion, "cilium.io/") && o.Application.Catalog == "" && o.Content()["spec"] == nil && o.Content()["specs"] == nil {
				report(in.Places.Field(o), "", "%s has neither spec nor specs: Cilium refuses it", o.Title())
			}
		}
		for _, p := range in.Policies.HandWritten() {
			if written, ok := p.Written.(map[string]any); ok {
				emptiness(in, p, written, report)
			}
		}
		for number, p := range in.Network.Policies() {
			if reason, refused := in.Network.Refused()[number]; refused && p.Kubernetes != nil && p.Problem == nil && p.Object.Application.Catalog == "" {
				report(in.Places.Field(p.Object, "spec"), "", "Cilium refuses %s: %s", p.Object.Title(), reason)
			}
		}
	},
}

// directions are the lists of a rule that have rules of their own.
var directions = [...]string{"egress", "egressDeny", "ingress", "ingressDeny"}

// emptiness reports the first mistake in the policy, and each empty list.
func emptiness(in *lint.Context, p *policies.Policy, written map[string]any, report lint.Report) {
	// Whether other policies close a direction, for the same pods. Which pods a clusterwide policy applies to is not looked at.
	closed := func(direction string) bool {
		d := catalog.Egress
		if strings.HasPrefix(direction, "ingress") {
			d = catalog.Ingress
		}
		return p.Rule != nil && p.Namespace != "" && in.Network.Closed(p.Namespace, policies.Subject(p), d)
	}

	var empty []string
	rules := 0
	for _, d := range directions {
		list, ok := written[d].([]any)
		rules += len(list)
		if ok && len(list) == 0 {
			empty = append(empty, d)
		}
	}
	if rules == 0 {
		denied := ", and nothing is denied"
		if closed("ingress") && closed("egress") {
			denied = "" // by others
		}
		report(p.At(empty[:min(1, len(empty))]...), "list what is allowed: everything else is then denied"+appliesEverywhere(p),
			"%s has no rules: Cilium refuses it%s", p.Title, denied)
		return
	}
	for _, d := range empty {
		if closed(d) {
			continue
		}
		report(p.At(d), "list what is allowed, or write [{}] for nothing: the rest is then denied"+appliesEverywhere(p)+"; or remove the line", "the empty list %s of %s leaves that direction open", d, p.Title)
	}
	mixed := false
	for _, d := range directions {
		list, _ := written[d].([]any)
		for i, r := range list {
			rule, _ := r.(map[string]any)
			mixed = peersOf(p, rule, d, i, report) || mixed
		}
	}
	if mixed {
		return // Cilium reports the same, with names in varying order
	}
	if problem, at := refused(in, p); problem != "" {
		report(p.At(at...), "", "Cilium refuses %s: %s", p.Title, problem)
	}
}

// peersOf reports empty lists of one rule, and peers of more than one kind.
func peersOf(p *policies.Policy, rule map[string]any, direction string, i int, report lint.Report) (mixed bool) {
	var kinds []string
	for _, key := range slices.Sorted(maps.Keys(rule)) {
		list, ok := rule[key].([]any)
		peers := key != "toPorts" && (strings.HasPrefix(key, "to") || strings.HasPrefix(key, "from"))
		at := func() catalog.Place { return p.At(direction, strconv.Itoa(i), key) }
		switch {
		case !ok:
		case len(list) > 0 && peers:
			kinds = append(kinds, key)
		case len(list) == 0 && key == "toPorts":
			report(at(), "list ports, or remove the line", "the empty list toPorts of %s permits every port", p.Title)
		case len(list) == 0 && strings.HasSuffix(key, "Endpoints"):
			report(at(), "write [{}] for every pod of the namespace; to deny everything, the rule is just {}", "the empty list %s of %s selects nothing", key, p.Title)
		case len(list) == 0 && peers:
			report(at(), "remove the line", "the empty list %s of %s selects nothing", key, p.Title)
		}
	}
	if len(kinds) > 1 {
		report(p.At(direction, strconv.Itoa(i), kinds[1]), "write two rules: each permits what it lists",
			"Cilium refuses %s: it accepts one kind of peers in a rule, found %s", p.Title, strings.Join(kinds, " and "))
	}
	return len(kinds) > 1
}

// refused returns why Cilium's agent would refuse the policy, and where.
func refused(in *lint.Context, p *policies.Policy) (problem string, at []string) {
	if p.Rule == nil {
		return p.Problem.Error(), nil
	}
	if !in.Network.Refuses(p) {
		return "", nil
	}
	if p.Namespace != "" && p.Rule.NodeSelector.LabelSelector != nil {
		return "nodeSelector is for a CiliumClusterwideNetworkPolicy", []string{"nodeSelector"}
	}
	err := p.Rule.DeepCopy().Sanitize()
	if err == nil {
		return "", nil
	}
	alone := func(part api.Rule, fields ...string) {
		if at != nil {
			return
		}
		part.EndpointSelector, part.NodeSelector = p.Rule.EndpointSelector, p.Rule.NodeSelector
		if failed := part.DeepCopy().Sanitize(); failed != nil {
			err, at = failed, fields
		}
	}
	alone(api.Rule{Ingress: []api.IngressRule{{}}}, "endpointSelector") // which everything fails with when it is wrong
	for i := range p.Rule.Egress {
		alone(api.Rule{Egress: p.Rule.Egress[i : i+1]}, "egress", strconv.Itoa(i))
	}
	for i := range p.Rule.EgressDeny {
		alone(api.Rule{EgressDeny: p.Rule.EgressDeny[i : i+1]}, "egressDeny", strconv.Itoa(i))
	}
	for i := range p.Rule.Ingress {
		alone(api.Rule{Ingress: p.Rule.Ingress[i : i+1]}, "ingress", strconv.Itoa(i))
	}
	for i := range p.Rule.IngressDeny {
		alone(api.Rule{IngressDeny: p.Rule.IngressDeny[i : i+1]}, "ingressDeny", strconv.Itoa(i))
	}
	return firstOf(err), at
}

// firstOf is the first of several errors: their order changes.
func firstOf(err error) string {
	if all, ok := errors.AsType[interface {
		error
		Errors() []error
	}](err); ok {
		var texts []string
		for _, e := range all.Errors() {
			texts = append(texts, e.Error())
		}
		return slices.Min(texts)
	}
	return err.Error()
}

// appliesEverywhere warns about what a clusterwide policy closes.
func appliesEverywhere(p *policies.Policy) string {
	if p.Namespace == "" {
		return ", in all namespaces, also that of the DNS server"
	}
	return ""
}
