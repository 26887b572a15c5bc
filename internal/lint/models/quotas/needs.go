package quotas

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

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

// Needs is what the workloads of a namespace need at once of what a quota counts.
type Needs struct {
	Base, Peak corev1.ResourceList
	Unknown    []string // what is not known of them
	byWorkload map[corev1.ResourceName]map[string]quantity.Quantity
}

// Needs is what the workloads of a namespace need of it.
func (q *Quota) Needs(r *Room, v *deployed.Inventory) Needs {
	n := Needs{Base: corev1.ResourceList{}, Peak: corev1.ResourceList{}, byWorkload: map[corev1.ResourceName]map[string]quantity.Quantity{}}
	scaled := map[string]int64{}
	for _, o := range v.Objects["HorizontalPodAutoscaler"] {
		if most, ok := deployed.FieldAt(o, "spec", "maxReplicas").(int64); ok {
			scaled[deployed.StringAt(o, "spec", "scaleTargetRef", "kind")+" "+deployed.StringAt(o, "spec", "scaleTargetRef", "name")] = most
		}
	}
	add := func(title string, base, more corev1.ResourceList) {
		plus(n.Base, base)
		plus(n.Peak, base)
		plus(n.Peak, more)
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
		pod := r.Admitted(p)
		c := crowdOf(p.Object, scaled)
		if q.Covers(pod) {
			add(p.Title(), times(Used(pod), c.most), times(Used(pod), c.more))
			if c.unknown != "" {
				n.Unknown = append(n.Unknown, c.unknown)
			}
		}
		if len(q.Scopes)+len(q.Classes) == 0 {
			templates, _ := deployed.FieldAt(p.Object, "spec", "volumeClaimTemplates").([]any)
			for _, t := range templates {
				add(p.Title(), times(Claimed(t), c.most), nil)
			}
		}
	}
	if len(q.Scopes)+len(q.Classes) == 0 {
		for _, name := range slices.Sorted(maps.Keys(v.Objects["PersistentVolumeClaim"])) {
			o := v.Objects["PersistentVolumeClaim"][name]
			add(o.Title(), Claimed(o.Content()), nil)
		}
		for _, name := range slices.Sorted(maps.Keys(v.Objects["Service"])) {
			o := v.Objects["Service"][name]
			add(o.Title(), served(o), nil)
		}
	}
	if !v.Complete || v.PodMaker {
		n.Unknown = append(n.Unknown, "what else is in the namespace")
	}
	return n
}

// Claimed is what a quota counts of a claim.
func Claimed(claim any) corev1.ResourceList {
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

// Largest names the workloads that need most of something.
func (n *Needs) Largest(name corev1.ResourceName) string {
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
