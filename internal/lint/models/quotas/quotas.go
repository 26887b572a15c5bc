package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	helpers "k8s.io/component-helpers/resource"
)

// limitedQuota is a ResourceQuota: one of the list's, or one that an application deploys.
type limitedQuota struct {
	name    string
	hard    corev1.ResourceList
	scopes  []string
	classes []string // nil for all
	at      catalog.Place
}

// room is what a namespace permits.
type room struct {
	quotas []limitedQuota
	limits []corev1.LimitRangeItem
	class  string // the priority class of pods that name none
}

// rooms are those of all namespaces that permit not everything. A quota with a scope that nobody can judge here is left out.
func rooms(in *lint.Context) map[string]*room {
	out := map[string]*room{}
	class := ""
	for _, c := range in.Platform.PriorityClasses {
		if c.Global {
			class = c.Name
		}
	}
	of := func(namespace string) *room {
		if out[namespace] == nil {
			out[namespace] = &room{class: class}
		}
		return out[namespace]
	}
	for i := range in.Platform.Namespaces {
		n := &in.Platform.Namespaces[i]
		for _, q := range n.Quotas {
			of(n.Name).quotas = append(of(n.Name).quotas, limitedQuota{q.Name, quantities(q.Hard), q.Scopes, q.PriorityClasses, q.Place})
		}
		if n.Limits != nil {
			for _, l := range n.Limits.Items {
				of(n.Name).limits = append(of(n.Name).limits, corev1.LimitRangeItem{Type: corev1.LimitType(l.Type), Max: quantities(l.Max), Min: quantities(l.Min),
					Default: quantities(l.Default), DefaultRequest: quantities(l.DefaultRequest), MaxLimitRequestRatio: quantities(l.Ratio)})
			}
		}
	}
	for _, o := range in.Deployed.Kind("ResourceQuota") {
		var q corev1.ResourceQuota
		if deployed.GroupOf(o) == "" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &q) == nil && q.Spec.ScopeSelector == nil {
			l := limitedQuota{name: o.Name, hard: q.Spec.Hard, at: in.Places.Field(o, "spec", "hard")}
			for _, s := range q.Spec.Scopes {
				l.scopes = append(l.scopes, string(s))
			}
			of(o.Namespace).quotas = append(of(o.Namespace).quotas, l)
		}
	}
	for _, o := range in.Deployed.Kind("LimitRange") {
		var l corev1.LimitRange
		if deployed.GroupOf(o) == "" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &l) == nil {
			for _, item := range l.Spec.Limits {
				of(o.Namespace).limits = append(of(o.Namespace).limits, stored(item))
			}
		}
	}
	return out
}

// stored is what the API server makes of a limit for containers (SetDefaults_LimitRangeItem of k8s.io/kubernetes/pkg/apis/core/v1).
func stored(l corev1.LimitRangeItem) corev1.LimitRangeItem {
	if l.Type == corev1.LimitTypeContainer {
		defaults, requests := corev1.ResourceList{}, corev1.ResourceList{}
		fill(defaults, l.Default)
		fill(defaults, l.Max)
		fill(requests, l.DefaultRequest)
		fill(requests, defaults)
		fill(requests, l.Min)
		l.Default, l.DefaultRequest = defaults, requests
	}
	return l
}

func quantities(in map[string]string) corev1.ResourceList {
	out := corev1.ResourceList{}
	for name, text := range in {
		if q, err := quantity.ParseQuantity(text); err == nil {
			out[corev1.ResourceName(name)] = q
		}
	}
	return out
}

// admitted is a pod as the API server would have it: a limit is a request, too (SetDefaults_Pod), a LimitRange fills in the rest
// (plugin/pkg/admission/limitranger, mergePodResourceRequirements), and so does the priority class for all that name none.
func (r *room) admitted(p *deployed.Pod) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: p.ObjectMeta, Spec: *p.Spec.DeepCopy()}
	pod.Spec.PriorityClassName = cmp.Or(pod.Spec.PriorityClassName, r.class)
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			c := &list[i].Resources
			if c.Requests == nil {
				c.Requests = corev1.ResourceList{}
			}
			if c.Limits == nil {
				c.Limits = corev1.ResourceList{}
			}
			fill(c.Requests, c.Limits)
			for _, l := range r.limits {
				if l.Type == corev1.LimitTypeContainer {
					fill(c.Limits, l.Default)
					fill(c.Requests, l.DefaultRequest)
				}
			}
		}
	}
	return pod
}

func fill(into, from corev1.ResourceList) {
	for name, q := range from {
		if _, has := into[name]; !has {
			into[name] = q
		}
	}
}

// covers reports whether the quota counts a pod.
func (q *limitedQuota) covers(p *corev1.Pod) bool {
	if len(q.classes) > 0 && !slices.Contains(q.classes, p.Spec.PriorityClassName) {
		return false
	}
	for _, s := range q.scopes {
		terminating := p.Spec.ActiveDeadlineSeconds != nil && *p.Spec.ActiveDeadlineSeconds >= 0
		switch s {
		case "Terminating":
			if !terminating {
				return false
			}
		case "NotTerminating":
			if terminating {
				return false
			}
		case "BestEffort":
			if !bestEffort(p) {
				return false
			}
		case "NotBestEffort":
			if bestEffort(p) {
				return false
			}
		default: // unknown here: nothing is said
			return false
		}
	}
	return true
}

// bestEffort reports whether a pod asks for nothing, as a whole and in its containers.
func bestEffort(p *corev1.Pod) bool {
	all := slices.Concat(p.Spec.InitContainers, p.Spec.Containers)
	if p.Spec.Resources != nil {
		all = append(all, corev1.Container{Resources: *p.Spec.Resources})
	}
	return !slices.ContainsFunc(all, func(c corev1.Container) bool {
		for _, list := range []corev1.ResourceList{c.Resources.Requests, c.Resources.Limits} {
			for name, q := range list {
				if (name == corev1.ResourceCPU || name == corev1.ResourceMemory) && !q.IsZero() {
					return true
				}
			}
		}
		return false
	})
}

// used is what a quota counts of a pod, as PodUsageFunc of k8s.io/kubernetes/pkg/quota/v1/evaluator/core does.
func used(p *corev1.Pod) corev1.ResourceList {
	out := corev1.ResourceList{"pods": quantity.MustParse("1"), "count/pods": quantity.MustParse("1")}
	for name, q := range helpers.PodRequests(p, helpers.PodResourcesOptions{}) {
		out["requests."+name] = q
		if name == corev1.ResourceCPU || name == corev1.ResourceMemory || name == corev1.ResourceEphemeralStorage {
			out[name] = q
		}
	}
	for name, q := range helpers.PodLimits(p, helpers.PodResourcesOptions{}) {
		out["limits."+name] = q
	}
	return out
}

// crowd is how many pods of a workload there are at once: at most, and how many more while it is updated.
type crowd struct {
	most, more int64
	unknown    string // what is not known of it
}

// crowdOf is that of a workload; scaled are the largest numbers of HorizontalPodAutoscalers, by kind and name.
func crowdOf(o *deployed.Object, scaled map[string]int64) crowd {
	number := func(otherwise int64, at ...string) int64 {
		switch v := deployed.FieldAt(o, at...).(type) {
		case int64:
			return v
		case float64:
			return int64(v)
		}
		return otherwise
	}
	c := crowd{most: 1}
	switch o.Kind {
	case "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController":
		c.most = max(number(1, "spec", "replicas"), scaled[o.Kind+" "+o.Name])
		if o.Kind == "Deployment" && c.most > 0 && deployed.StringAt(o, "spec", "strategy", "type") != "Recreate" {
			c.more = surge(deployed.FieldAt(o, "spec", "strategy", "rollingUpdate", "maxSurge"), c.most)
		}
	case "DaemonSet":
		c.unknown = "on how many nodes " + o.Title() + " runs"
	case "Job":
		c.most = min(number(1, "spec", "parallelism"), number(1<<30, "spec", "completions"))
	case "CronJob":
		c.most = min(number(1, "spec", "jobTemplate", "spec", "parallelism"), number(1<<30, "spec", "jobTemplate", "spec", "completions"))
		if cmp.Or(deployed.StringAt(o, "spec", "concurrencyPolicy"), "Allow") == "Allow" {
			c.unknown = "how many jobs of " + o.Title() + " run at once"
		}
		if suspended, _ := deployed.FieldAt(o, "spec", "suspend").(bool); suspended {
			c.most = 0
		}
	}
	return c
}

// surge is how many pods more there are while a Deployment is updated: a quarter, unless it says otherwise.
func surge(v any, replicas int64) int64 {
	of := intstr.FromString("25%")
	switch v := v.(type) {
	case string:
		of = intstr.FromString(v)
	case int64:
		return v
	case float64:
		return int64(v)
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(&of, int(min(replicas, 1<<30)), true)
	if err != nil {
		return 0
	}
	return int64(n)
}

// times is a list of amounts, several times.
func times(list corev1.ResourceList, n int64) corev1.ResourceList {
	out := corev1.ResourceList{}
	for name, q := range list {
		q = q.DeepCopy()
		q.Mul(n)
		out[name] = q
	}
	return out
}

func plus(into, more corev1.ResourceList) {
	for name, q := range more {
		sum := into[name]
		sum.Add(q)
		into[name] = sum
	}
}

// needs is what the workloads of a namespace need at once of what a quota counts.
type needs struct {
	base, peak corev1.ResourceList
	byWorkload map[corev1.ResourceName]map[string]quantity.Quantity
	unknown    []string
}

func (q *limitedQuota) needs(r *room, v *deployed.Inventory) needs {
	n := needs{corev1.ResourceList{}, corev1.ResourceList{}, map[corev1.ResourceName]map[string]quantity.Quantity{}, nil}
	scaled := map[string]int64{}
	for _, o := range v.Objects["HorizontalPodAutoscaler"] {
		if most, ok := deployed.FieldAt(o, "spec", "maxReplicas").(int64); ok {
			scaled[deployed.StringAt(o, "spec", "scaleTargetRef", "kind")+" "+deployed.StringAt(o, "spec", "scaleTargetRef", "name")] = most
		}
	}
	add := func(title string, base, more corev1.ResourceList) {
		plus(n.base, base)
		plus(n.peak, base)
		plus(n.peak, more)
		for name, amount := range base {
			if n.byWorkload[name] == nil {
				n.byWorkload[name] = map[string]quantity.Quantity{}
			}
			sum := n.byWorkload[name][title]
			sum.Add(amount)
			n.byWorkload[name][title] = sum
		}
	}
	for _, p := range v.Pods {
		pod := r.admitted(p)
		c := crowdOf(p.Object, scaled)
		if q.covers(pod) {
			add(p.Title(), times(used(pod), c.most), times(used(pod), c.more))
			if c.unknown != "" {
				n.unknown = append(n.unknown, c.unknown)
			}
		}
		if len(q.scopes)+len(q.classes) == 0 {
			templates, _ := deployed.FieldAt(p.Object, "spec", "volumeClaimTemplates").([]any)
			for _, t := range templates {
				add(p.Title(), times(claimed(t), c.most), nil)
			}
		}
	}
	if len(q.scopes)+len(q.classes) == 0 {
		for _, name := range slices.Sorted(maps.Keys(v.Objects["PersistentVolumeClaim"])) {
			o := v.Objects["PersistentVolumeClaim"][name]
			add(o.Title(), claimed(o.Content()), nil)
		}
		for _, name := range slices.Sorted(maps.Keys(v.Objects["Service"])) {
			o := v.Objects["Service"][name]
			add(o.Title(), served(o), nil)
		}
	}
	return n
}

// claimed is what a quota counts of a claim.
func claimed(claim any) corev1.ResourceList {
	out := corev1.ResourceList{"persistentvolumeclaims": quantity.MustParse("1")}
	size := claim
	for _, key := range []string{"spec", "resources", "requests", "storage"} {
		size = deployed.Member(size, key)
	}
	if q, err := quantity.ParseQuantity(fmt.Sprint(size)); size != nil && err == nil {
		out["requests.storage"] = q
	}
	return out
}

// served is what a quota counts of a Service.
func served(o *deployed.Object) corev1.ResourceList {
	out := corev1.ResourceList{"services": quantity.MustParse("1")}
	ports, _ := deployed.FieldAt(o, "spec", "ports").([]any)
	switch deployed.StringAt(o, "spec", "type") {
	case "LoadBalancer":
		out["services.loadbalancers"] = quantity.MustParse("1")
		out["services.nodeports"] = *quantity.NewQuantity(int64(len(ports)), quantity.DecimalSI)
	case "NodePort":
		out["services.nodeports"] = *quantity.NewQuantity(int64(len(ports)), quantity.DecimalSI)
	}
	return out
}

// largest names the workloads that need most of something.
func (n *needs) largest(name corev1.ResourceName) string {
	of := n.byWorkload[name]
	titles := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		x, y := of[a], of[b]
		return cmp.Or(y.Cmp(x), strings.Compare(a, b))
	})
	var out []string
	for _, title := range titles[:min(len(titles), 3)] {
		q := of[title]
		out = append(out, title+" "+q.String())
	}
	if len(titles) > 3 {
		out = append(out, "and others")
	}
	return strings.Join(out, ", ")
}
