package kinds

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/quotas"
	corev1 "k8s.io/api/core/v1"
)

// exceeded is what a quota counts, and permits less of than the workloads of its namespace need.
type exceeded struct {
	namespace, quota string
	name             corev1.ResourceName
}

// refusedByQuotas are the quotas that refuse pods of the list on one side only: because they permit less, because they are new, or because the workloads
// need more.
func refusedByQuotas(c *diff.Change) []happening {
	changed := map[string]bool{}
	for _, p := range c.Pairs {
		changed[p.ID.Namespace] = true
	}
	before, after := exceededIn(c.Before, changed), exceededIn(c.After, changed)
	both := maps.Clone(before)
	maps.Copy(both, after)
	var all []happening
	for _, x := range slices.SortedFunc(maps.Keys(both), func(a, b exceeded) int {
		return slices.Compare([]string{a.namespace, a.quota, string(a.name)}, []string{b.namespace, b.quota, string(b.name)})
	}) {
		if (before[x] == "") == (after[x] == "") {
			continue
		}
		id := diff.ID{Kind: "ResourceQuota", Namespace: x.namespace, Name: x.quota}
		h := happening{before: "pods are refused by ", who: id.String(), after: ": " + after[x]}
		h.Word, h.Weight = "pods-refused", diff.Danger
		if after[x] == "" {
			h.Word, h.Weight = "pods-admitted", diff.Plain
			h.before, h.after = "pods are no longer refused by ", "; before: "+before[x]
		}
		h.Subject, h.Objects = fmt.Sprintf("%s and %s", id, x.name), []diff.ID{id}
		for _, p := range c.Of(podKinds[:]...) {
			if p.ID.Namespace == x.namespace {
				h.Objects = append(h.Objects, p.ID)
			}
		}
		h.apart = fmt.Sprint(before[x], after[x])
		all = append(all, h)
	}
	return all
}

// exceededIn is what quotas of some namespaces permit less of than is needed, and how much.
func exceededIn(cluster *diff.Cluster, namespaces map[string]bool) map[exceeded]string {
	out := map[exceeded]string{}
	if cluster.Context == nil {
		return out
	}
	rooms := cluster.Context.Quotas.Rooms()
	for namespace := range namespaces {
		room := rooms[namespace]
		if room == nil || len(room.Quotas) == 0 {
			continue
		}
		inventory := cluster.Context.Deployed.Inventories()[namespace]
		if inventory == nil {
			continue
		}
		for i := range room.Quotas {
			q := &room.Quotas[i]
			needs := q.Needs(room, inventory)
			for name, hard := range q.Hard {
				if need := needs.Base[name]; need.Cmp(hard) > 0 {
					out[exceeded{namespace, q.Name, name}] = fmt.Sprintf("permitted %s of %s, needed %s: %s%s", hard.String(), name, need.String(), needs.Largest(name), unsaid(&needs))
				}
			}
		}
	}
	return out
}

// unsaid is what is not known of needs.
func unsaid(n *quotas.Needs) string {
	if len(n.Unknown) == 0 {
		return ""
	}
	return "; unknown is " + strings.Join(n.Unknown[:min(len(n.Unknown), mostAlike)], ", ")
}
