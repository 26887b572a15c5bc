package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/quotas"
	corev1 "k8s.io/api/core/v1"
)

var quotaExceeded = lint.Rule{
	Name:     "quota-exceeded",
	Severity: lint.Error,
	Summary:  "the workloads of a namespace need more than its ResourceQuota permits",
	Doc: `The API server refuses the pods that do not fit: the Deployment is there, and some of its pods never are. Raise the quota, or lower
requests or replicas. Pods are counted as the API server counts them: init containers, sidecars and overhead; with what a LimitRange fills in; as many as there are
replicas, as a HorizontalPodAutoscaler permits at most, or as a Job runs at once. When all fit and a rolling update of a Deployment does not, that is
reported too. What other programs create in the namespace, on how many nodes a DaemonSet runs, and how many jobs of a CronJob run at once is unknown: one is counted.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  quota: {cpu: 5m}
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"cpu: 5m}", "cpu: 20m}"},
	Check: func(in *lint.Context, report lint.Report) {
		all := in.Quotas.Rooms()
		inventories := in.Deployed.Inventories()
		for _, namespace := range sortedNames(all) {
			r, v := all[namespace], inventories[namespace]
			if v == nil {
				continue
			}
			for i := range r.Quotas {
				reportNeeds(&r.Quotas[i], r.Quotas[i].Needs(r, v), namespace, report)
			}
		}
	},
}

func sortedNames(all map[string]*quotas.Room) []string {
	var out []string
	for name := range all {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func reportNeeds(q *quotas.Quota, n quotas.Needs, namespace string, report lint.Report) {
	var names []string
	for name := range q.Hard {
		names = append(names, string(name))
	}
	slices.Sort(names)
	unsaid := ""
	if len(n.Unknown) > 0 {
		unsaid = "; unknown is " + strings.Join(n.Unknown[:min(len(n.Unknown), 3)], ", ")
	}
	for _, text := range names {
		name := corev1.ResourceName(text)
		hard, base, peak := q.Hard[name], n.Base[name], n.Peak[name]
		switch {
		case base.Cmp(hard) > 0:
			report(q.At, "raise it to "+peak.String()+", or lower what the workloads request", "the ResourceQuota %s of %s permits %s of %s, and its workloads need %s: %s%s",
				q.Name, namespace, hard.String(), name, base.String(), n.Largest(name), unsaid)
		case peak.Cmp(hard) > 0:
			report(q.At, "raise it to "+peak.String()+", or update with strategy: {type: Recreate}", "the ResourceQuota %s of %s permits %s of %s, and a rolling update of all its workloads needs %s: %s%s",
				q.Name, namespace, hard.String(), name, peak.String(), n.Largest(name), unsaid)
		}
	}
}
