package quotas

import (
	"testing"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
)

// TestQuotaCovers has quotas count pods by what the API server adds to them; TestQuota in test/loop asks a real one.
func TestQuotaCovers(t *testing.T) {
	stated := &corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": quantity.MustParse("1m")}}
	for _, c := range []struct {
		name  string
		quota Quota
		spec  corev1.PodSpec
		class string
		want  bool
	}{
		{"the default class", Quota{Classes: []string{"usual"}}, corev1.PodSpec{}, "usual", true},
		{"another class", Quota{Classes: []string{"usual"}}, corev1.PodSpec{PriorityClassName: "critical"}, "usual", false},
		{"no class", Quota{Classes: []string{"usual"}}, corev1.PodSpec{}, "", false},
		{"nothing stated", Quota{Scopes: []string{"BestEffort"}}, corev1.PodSpec{Containers: []corev1.Container{{}}}, "", true},
		{"stated for the pod", Quota{Scopes: []string{"BestEffort"}}, corev1.PodSpec{Containers: []corev1.Container{{}}, Resources: stated}, "", false},
	} {
		r := &Room{class: c.class}
		pod := r.Admitted(&deployed.Pod{PodTemplateSpec: corev1.PodTemplateSpec{Spec: c.spec}})
		if got := c.quota.Covers(pod); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if n := Used(pod)["count/pods"]; n.Value() != 1 {
			t.Errorf("%s: %s pods are counted", c.name, n.String())
		}
	}
}
