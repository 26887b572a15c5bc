package kinds

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
)

var guardrail = &diff.Kind{
	Name:    "guardrail",
	Words:   []string{"guardrail-lowered", "guardrail-raised"},
	Summary: "A guardrail of the catalog does something else in a namespace",
	Find:    findGuardrails,
}

// strictnessOf orders what a guardrail does; that of none is 0.
var strictnessOf = map[string]int{catalog.Audit: 1, catalog.Enforce: 2}

// guardrailKinds are the kinds of what the guardrails are made of.
var guardrailKinds = [...]string{"MutatingPolicy.policies.kyverno.io", "ValidatingPolicy.policies.kyverno.io", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}

// findGuardrails finds guardrails that do something else in namespaces which are on both sides. In one that is new nothing was held to anything before;
// which workloads are refused there is another kind's.
func findGuardrails(c *diff.Change, found func(diff.Consequence)) {
	if c.Before.Context == nil || c.After.Context == nil {
		return
	}
	var all []happening
	for i := range c.After.Context.Platform.Namespaces {
		after := &c.After.Context.Platform.Namespaces[i]
		before := c.Before.Context.Deployed.Entry(after.Name)
		if before == nil {
			continue
		}
		for _, name := range catalog.GuardrailNames() {
			h := heldTo(name, before.Guardrails.Actions[name], after.Guardrails.Actions[name])
			if h.Word == "" {
				continue
			}
			h.Subject, h.who = "guardrail "+name+" in "+after.Name, after.Name
			h.Objects, h.About = policiesOf(c)[name], []string{name + ":", "guardrails:"}
			unknown := [2][]string{unfitted(c.Before, after.Name), unfitted(c.After, after.Name)}
			h.apart = fmt.Sprint(unknown, h.Objects)
			if h.Word == "guardrail-raised" {
				h.Details = unknown[1]
			}
			all = append(all, h)
		}
	}
	happened(all, found)
}

// heldTo says how what a guardrail does differs; without a word when it does not.
func heldTo(guardrail, before, after string) (h happening) {
	h.before = "the guardrail " + guardrail
	was := map[string]string{"": "did nothing", catalog.Audit: "only reported", catalog.Enforce: "was enforced"}[before]
	does := map[string]string{"": " does nothing in ", catalog.Audit: " only reports in ", catalog.Enforce: " is enforced in "}[after]
	h.before, h.after = h.before+does, " now; before, it "+was
	switch d := cmp.Compare(strictnessOf[after], strictnessOf[before]); {
	case d > 0:
		h.Word, h.Weight = "guardrail-raised", diff.Plain
	case d < 0 && before == catalog.Enforce:
		h.Word, h.Weight = "guardrail-lowered", diff.Danger
	case d < 0:
		h.Word, h.Weight = "guardrail-lowered", diff.Notice
	}
	return h
}

// changedGuardrails are the policies of each guardrail that differ.
type changedGuardrails map[string][]diff.ID

func policiesOf(c *diff.Change) changedGuardrails {
	return diff.Once(c, func(c *diff.Change) changedGuardrails {
		out := changedGuardrails{}
		for _, p := range c.Of(guardrailKinds[:]...) {
			if a := p.Either().Application; a == nil || a.Catalog != catalog.GuardrailsName {
				continue
			}
			for _, name := range catalog.GuardrailNames() {
				if strings.HasPrefix(p.ID.Name, "roster-"+name) {
					out[name] = append(out[name], p.ID)
				}
			}
		}
		return out
	})
}
