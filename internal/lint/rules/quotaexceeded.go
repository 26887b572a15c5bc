package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
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
		all := rooms(in)
		inventories := in.Deployed.Inventories()
		for _, namespace := range sortedNames(all) {
			r, v := all[namespace], inventories[namespace]
			if v == nil {
				continue
			}
			for i := range r.quotas {
				r.quotas[i].report(r.quotas[i].needs(r, v), v.Complete && !v.PodMaker, namespace, report)
			}
		}
	},
}

func sortedNames(all map[string]*room) []string {
	var out []string
	for name := range all {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (q *limitedQuota) report(n needs, complete bool, namespace string, report lint.Report) {
	var names []string
	for name := range q.hard {
		names = append(names, string(name))
	}
	slices.Sort(names)
	unsaid := ""
	if !complete {
		n.unknown = append(n.unknown, "what else is in the namespace")
	}
	if len(n.unknown) > 0 {
		unsaid = "; unknown is " + strings.Join(n.unknown[:min(len(n.unknown), 3)], ", ")
	}
	for _, text := range names {
		name := corev1.ResourceName(text)
		hard, base, peak := q.hard[name], n.base[name], n.peak[name]
		switch {
		case base.Cmp(hard) > 0:
			report(q.at, "raise it to "+peak.String()+", or lower what the workloads request", "the ResourceQuota %s of %s permits %s of %s, and its workloads need %s: %s%s",
				q.name, namespace, hard.String(), name, base.String(), n.largest(name), unsaid)
		case peak.Cmp(hard) > 0:
			report(q.at, "raise it to "+peak.String()+", or update with strategy: {type: Recreate}", "the ResourceQuota %s of %s permits %s of %s, and a rolling update of all its workloads needs %s: %s%s",
				q.name, namespace, hard.String(), name, peak.String(), n.largest(name), unsaid)
		}
	}
}
