package kinds

import (
	"cmp"
	"fmt"
	"reflect"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/pods"
)

var refused = &diff.Kind{
	Name:    "refused",
	Words:   []string{"pods-refused", "pods-admitted"},
	Summary: "The API server refuses a workload or its pods, or no longer does",
	Find:    findRefused,
}

// refusal is why the pods of a workload are refused on one side.
type refusal struct{ why, detail, level string }

// refusalOf judges the pods of an object; the reason is empty when they are admitted, or when nobody knows what the namespace enforces.
func refusalOf(cluster *diff.Cluster, namespace, o *diff.Object) refusal {
	p := podOf(cluster, o)
	if p == nil || namespace == nil {
		return refusal{}
	}
	l := securityLevelOf(namespace, "enforce")
	r := cluster.Context.Pods.Forbids(p, l.level, l.version)
	return refusal{pods.Reasons(r), pods.Forbidden(r), l.level}
}

func findRefused(c *diff.Change, found func(diff.Consequence)) {
	all := append(refusedByGuardrails(c), refusedByQuotas(c)...)
	for _, p := range workloadPairs(c, "Namespace") {
		space := diff.ID{Kind: "Namespace", Name: p.ID.Namespace}
		spaceBefore, spaceAfter := c.Object(space)
		before, after := refusalOf(c.Before, spaceBefore, p.Before), refusalOf(c.After, spaceAfter, p.After)
		h := happening{before: "pods of ", who: p.ID.String()}
		h.Subject, h.Objects = "pods of "+p.ID.String(), []diff.ID{p.ID, space}
		kept, same := keptRunning(c, p)
		h.apart = fmt.Sprint(kept, p.Before == nil || p.After == nil, spaceBefore == nil || spaceAfter == nil)
		switch {
		case before.why == "" && after.why != "":
			h.Word, h.Weight = "pods-refused", diff.Danger
			h.after = fmt.Sprintf(" are refused, because %s is enforced there: %s", after.level, after.why)
			h.own = []string{after.detail}
			if kept != "" {
				h.Details = []string{kept}
			}
		case before.why == "" || after.why != "":
			continue
		default:
			h.Word, h.Weight, h.after = "pods-admitted", diff.Plain, admitted(p, spaceAfter, before)
		}
		if same {
			h.Objects = []diff.ID{space}
		}
		all = append(all, h)
	}
	happened(all, found)
}

// admitted says why pods are no longer refused.
func admitted(p *diff.Pair, space *diff.Object, before refusal) string {
	switch {
	case p.After == nil:
		return fmt.Sprintf(", which were refused at %s, are gone: %s", before.level, before.why)
	case space == nil:
		return fmt.Sprintf(", which were refused at %s, may be admitted: the list no longer says what is enforced there: %s", before.level, before.why)
	}
	return fmt.Sprintf(" are no longer refused; before, they were at %s: %s", before.level, before.why)
}

// workloadPairs are the pairs of workloads that differ, and of those beside an object of a kind that differs, such as their Namespace.
func workloadPairs(c *diff.Change, beside string) []*diff.Pair {
	spaces := map[string]bool{}
	for _, p := range c.Of(beside) {
		spaces[cmp.Or(p.ID.Namespace, p.ID.Name)] = true
	}
	return workloadsIn(c, func(namespace string) bool { return spaces[namespace] })
}

// workloadsIn are the pairs of workloads that differ, and all of some namespaces.
func workloadsIn(c *diff.Change, in func(namespace string) bool) []*diff.Pair {
	seen := map[diff.ID]bool{}
	out := c.Of(podKinds[:]...)
	for _, p := range out {
		seen[p.ID] = true
	}
	for _, o := range c.After.Objects {
		if o.Deployed != nil && in(o.ID.Namespace) && !seen[o.ID] && podOf(c.After, o) != nil {
			seen[o.ID] = true
			before, _ := c.Object(o.ID)
			out = append(out, &diff.Pair{ID: o.ID, Before: before, After: o})
		}
	}
	return out
}

// podKinds are the kinds of workloads.
var podKinds = [...]string{"CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "StatefulSet"}

// keptRunning says what becomes of the pods that run already, where that is certain: those of a workload that stays as it is.
func keptRunning(c *diff.Change, p *diff.Pair) (note string, same bool) {
	before, after := podOf(c.Before, p.Before), podOf(c.After, p.After)
	if before == nil || after == nil || !reflect.DeepEqual(before.PodTemplateSpec, after.PodTemplateSpec) {
		return "", false
	}
	switch p.ID.Kind {
	case "CronJob":
		return "the next run gets no pods", true
	case "Job", "Pod":
		return "a pod that runs goes on; none can take its place", true
	}
	return "the pods that run go on until they are replaced, and then none takes their place", true
}
