package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/quotas"
	corev1 "k8s.io/api/core/v1"
	helpers "k8s.io/component-helpers/resource"
)

var limitRangeRefuses = lint.Rule{
	Name:     "limit-range-refuses",
	Severity: lint.Error,
	Summary:  "a container or a claim asks for more or less than the LimitRange of its namespace permits",
	Doc:      `The API server refuses each such pod, and nobody is told but the controller. Lower what the container asks for, or raise max of limits. A claim that is refused leaves its pods waiting for a volume.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  limits: {max: {memory: 32Mi}}
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"memory: 32Mi}}", "memory: 1Gi}}"},
	Check: func(in *lint.Context, report lint.Report) {
		all := in.Quotas.Rooms()
		for _, p := range in.Deployed.Pods() {
			if r := all[p.Object.Namespace]; r != nil && len(r.Limits) > 0 {
				refusesPods(in, r, p, report)
			}
		}
		for _, o := range in.Deployed.Kind("PersistentVolumeClaim") {
			if problem := refusesClaim(all[o.Namespace], o.Content()); problem != "" {
				report(in.Places.Field(o, "spec", "resources"), "", "%s is refused by the LimitRange: %s", o.Title(), problem)
			}
		}
		for _, o := range in.Deployed.Kind("StatefulSet") {
			templates, _ := deployed.FieldAt(o, "spec", "volumeClaimTemplates").([]any)
			for i, t := range templates {
				if problem := refusesClaim(all[o.Namespace], t); problem != "" {
					report(in.Places.Field(o, "spec", "volumeClaimTemplates", strconv.Itoa(i), "spec", "resources"), "", "the claims %s of %s are refused by the LimitRange: %s",
						deployed.Member(deployed.Member(t, "metadata"), "name"), o.Title(), problem)
				}
			}
		}
	},
}

// refusesPods reports what a LimitRange does not permit of a workload's containers, and of all of them together.
func refusesPods(in *lint.Context, r *quotas.Room, p *deployed.Pod, report lint.Report) {
	pod := r.Admitted(p)
	for _, l := range r.Limits {
		switch l.Type {
		case corev1.LimitTypeContainer:
			for i, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
				if problem := beyond(&l, c.Resources.Requests, c.Resources.Limits); problem != "" {
					report(in.Places.Field(p.Object, p.ContainerAt(i, "resources")...), "", "the container %s of %s is refused by the LimitRange: %s", c.Name, p.Title(), problem)
				}
			}
		case corev1.LimitTypePod:
			options := helpers.PodResourcesOptions{}
			if problem := beyond(&l, helpers.PodRequests(pod, options), helpers.PodLimits(pod, options)); problem != "" {
				report(in.Places.Field(p.Object, append(slices.Clone(p.At), "spec")...), "", "the pods of %s are refused by the LimitRange: all containers together: %s", p.Title(), problem)
			}
		}
	}
}

// refusesClaim is what a LimitRange does not permit of a claim (PersistentVolumeClaimLimitFunc of the same plugin, which looks at min and max of
// what is requested); empty when it permits it.
func refusesClaim(r *quotas.Room, claim any) string {
	if r == nil {
		return ""
	}
	for _, l := range r.Limits {
		requests := quotas.Claimed(claim)
		size, requested := requests["requests.storage"]
		low, hasMin := l.Min[corev1.ResourceStorage]
		high, hasMax := l.Max[corev1.ResourceStorage]
		switch {
		case l.Type != corev1.LimitTypePersistentVolumeClaim || !requested:
		case hasMin && size.Cmp(low) < 0:
			return "it requests " + size.String() + " of storage, and min is " + low.String()
		case hasMax && size.Cmp(high) > 0:
			return "it requests " + size.String() + " of storage, and max is " + high.String()
		}
	}
	return ""
}

// beyond is what of requests and limits a LimitRange does not permit (minConstraint, maxConstraint and limitRequestRatioConstraint of
// k8s.io/kubernetes/plugin/pkg/admission/limitranger); empty when it permits them.
func beyond(l *corev1.LimitRangeItem, requests, limits corev1.ResourceList) string {
	var names []string
	for _, list := range []corev1.ResourceList{l.Min, l.Max, l.MaxLimitRequestRatio} {
		for name := range list {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	for _, text := range slices.Compact(names) {
		name := corev1.ResourceName(text)
		request, requested := requests[name]
		limit, limited := limits[name]
		low, hasMin := l.Min[name]
		high, hasMax := l.Max[name]
		ratio, hasRatio := l.MaxLimitRequestRatio[name]
		switch {
		case hasMin && !requested:
			return "it has no request of " + text + ", and min is " + low.String()
		case hasMin && request.Cmp(low) < 0:
			return "it requests " + request.String() + " of " + text + ", and min is " + low.String()
		case hasMin && limited && limit.Cmp(low) < 0:
			return "its limit of " + text + " is " + limit.String() + ", and min is " + low.String()
		case hasMax && !limited:
			return "it has no limit of " + text + ", and max is " + high.String()
		case hasMax && limit.Cmp(high) > 0:
			return "its limit of " + text + " is " + limit.String() + ", and max is " + high.String()
		case hasMax && requested && request.Cmp(high) > 0:
			return "it requests " + request.String() + " of " + text + ", and max is " + high.String()
		case hasRatio && (!requested || request.IsZero() || !limited || limit.IsZero()):
			return "it has no request and no limit of " + text + ", and there is a ratio of them"
		case hasRatio && limit.AsApproximateFloat64()/request.AsApproximateFloat64() > ratio.AsApproximateFloat64():
			return "its limit of " + text + " is more than " + ratio.String() + " times its request"
		}
	}
	return ""
}
