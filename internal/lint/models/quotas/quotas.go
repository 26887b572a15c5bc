// Package quotas is what namespaces permit, by ResourceQuotas and LimitRanges, and what their workloads need of it, counted as the API server counts.
package quotas

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	helpers "k8s.io/component-helpers/resource"
)

// Model is what all namespaces permit.
type Model struct {
	deployed *deployed.Model
	places   *places.Model
	rooms    once.Value[map[string]*Room]
}

// New is the quotas of what is deployed.
func New(d *deployed.Model, p *places.Model) *Model { return &Model{deployed: d, places: p} }

// Quota is a ResourceQuota: one of the list's, or one that an application deploys.
type Quota struct {
	Name    string
	Hard    corev1.ResourceList
	Scopes  []string
	Classes []string // nil for all
	At      catalog.Place
}

// Room is what a namespace permits.
type Room struct {
	Quotas []Quota
	Limits []corev1.LimitRangeItem
	class  string // the priority class of pods that name none
}

// FillsIn reports whether a LimitRange for containers gives pods what they do not say themselves. No room permits everything.
func (r *Room) FillsIn() bool {
	return r != nil && slices.ContainsFunc(r.Limits, func(l corev1.LimitRangeItem) bool { return l.Type == corev1.LimitTypeContainer })
}

// Rooms are those of all namespaces that permit not everything. A quota with a scope that nobody can judge here is left out.
func (in *Model) Rooms() map[string]*Room { return in.rooms.Get(in.build) }

func (in *Model) build() map[string]*Room {
	out := map[string]*Room{}
	class := ""
	for _, c := range in.deployed.Platform.PriorityClasses {
		if c.Global {
			class = c.Name
		}
	}
	of := func(namespace string) *Room {
		if out[namespace] == nil {
			out[namespace] = &Room{class: class}
		}
		return out[namespace]
	}
	for i := range in.deployed.Platform.Namespaces {
		n := &in.deployed.Platform.Namespaces[i]
		for _, q := range n.Quotas {
			of(n.Name).Quotas = append(of(n.Name).Quotas, Quota{q.Name, quantities(q.Hard), q.Scopes, q.PriorityClasses, q.Place})
		}
		if n.Limits != nil {
			for _, l := range n.Limits.Items {
				of(n.Name).Limits = append(of(n.Name).Limits, corev1.LimitRangeItem{Type: corev1.LimitType(l.Type), Max: quantities(l.Max), Min: quantities(l.Min),
					Default: quantities(l.Default), DefaultRequest: quantities(l.DefaultRequest), MaxLimitRequestRatio: quantities(l.Ratio)})
			}
		}
	}
	for _, o := range in.deployed.Kind("ResourceQuota") {
		var q corev1.ResourceQuota
		if deployed.GroupOf(o) == "" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &q) == nil && q.Spec.ScopeSelector == nil {
			l := Quota{Name: o.Name, Hard: q.Spec.Hard, At: in.places.Field(o, "spec", "hard")}
			for _, s := range q.Spec.Scopes {
				l.Scopes = append(l.Scopes, string(s))
			}
			of(o.Namespace).Quotas = append(of(o.Namespace).Quotas, l)
		}
	}
	for _, o := range in.deployed.Kind("LimitRange") {
		var l corev1.LimitRange
		if deployed.GroupOf(o) == "" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &l) == nil {
			for _, item := range l.Spec.Limits {
				of(o.Namespace).Limits = append(of(o.Namespace).Limits, stored(item))
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

// Admitted is a pod as the API server would have it: a limit is a request, too (SetDefaults_Pod), a LimitRange fills in the rest
// (plugin/pkg/admission/limitranger, mergePodResourceRequirements), and so does the priority class for all that name none.
func (r *Room) Admitted(p *deployed.Pod) *corev1.Pod {
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
			for _, l := range r.Limits {
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

// Covers reports whether the quota counts a pod.
func (q *Quota) Covers(p *corev1.Pod) bool {
	if len(q.Classes) > 0 && !slices.Contains(q.Classes, p.Spec.PriorityClassName) {
		return false
	}
	for _, s := range q.Scopes {
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

// Used is what a quota counts of a pod, as PodUsageFunc of k8s.io/kubernetes/pkg/quota/v1/evaluator/core does.
func Used(p *corev1.Pod) corev1.ResourceList {
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
