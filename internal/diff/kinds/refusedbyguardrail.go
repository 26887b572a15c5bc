package kinds

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
)

// refusedByGuardrails are the workloads that an enforced guardrail refuses on one side only: those that differ, those whose Namespace or LimitRange differs,
// and all when the policies do, of which the list's guardrails and exceptions are a part.
func refusedByGuardrails(c *diff.Change) []happening {
	besides := map[string]bool{}
	for _, p := range c.Of("Namespace", "LimitRange") {
		besides[cmp.Or(p.ID.Namespace, p.ID.Name)] = true
	}
	everywhere := len(policiesOf(c)) > 0
	var all []happening
	for _, p := range workloadsIn(c, func(namespace string) bool { return everywhere || besides[namespace] }) {
		before, after := refusalsOf(c.Before, p.Before), refusalsOf(c.After, p.After)
		both := maps.Clone(before)
		maps.Copy(both, after)
		for _, name := range slices.Sorted(maps.Keys(both)) {
			_, was := before[name]
			why, is := after[name]
			if was == is {
				continue
			}
			h := happening{before: "the guardrail " + name + " refuses ", who: p.ID.String(), after: ": " + why}
			h.Word, h.Weight, h.Subject = "pods-refused", diff.Danger, p.ID.String()+" and the guardrail "+name
			h.Objects = append([]diff.ID{p.ID}, policiesOf(c)[name]...)
			kept := keptFromGuardrail(c, p)
			h.apart = fmt.Sprint(kept, both[name], p.Before == nil || p.After == nil)
			switch {
			case is && kept != "":
				h.Details = []string{kept}
			case !is:
				h.Word, h.Weight = "pods-admitted", diff.Plain
				h.before, h.after = "the guardrail "+name+" no longer refuses ", ", of which it said: "+before[name]
			}
			all = append(all, h)
		}
	}
	return all
}

// refusalsOf are the enforced guardrails that refuse an object, and why.
func refusalsOf(cluster *diff.Cluster, o *diff.Object) map[string]string {
	out := map[string]string{}
	if p := podOf(cluster, o); p != nil {
		for _, j := range cluster.Context.Guardrails.Judge(p) {
			if j.Action == catalog.Enforce && j.Unfit() {
				out[j.Guardrail] = j.Message
			}
		}
	}
	return out
}

// keptFromGuardrail says what becomes of a workload that runs already.
func keptFromGuardrail(c *diff.Change, p *diff.Pair) string {
	if podOf(c.Before, p.Before) == nil || podOf(c.After, p.After) == nil {
		return ""
	}
	return "what runs goes on, and nothing takes its place: Argo CD can no longer apply it, and no pod of it is made anew"
}
