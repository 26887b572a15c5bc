package world

import (
	"context"
	"fmt"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reference is to a Secret or ConfigMap that a pod cannot start without.
type reference struct{ kind, name string }

// available is an error as long as there is something that the pod names and the cluster does not have: no node starts a pod
// without its Secrets, ConfigMaps and volumes.
func (w *world) available(ctx context.Context, pod *core.Pod) error {
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim == nil {
			continue
		}
		claim, err := w.kube.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, v.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("waits for a volume: %w", err)
		}
		if claim.Status.Phase != core.ClaimBound {
			return fmt.Errorf("waits for the PersistentVolumeClaim %s to be bound", claim.Name)
		}
	}
	for from, keys := range references(pod) {
		found := map[string]bool{}
		switch from.kind {
		case "Secret":
			secret, err := w.kube.CoreV1().Secrets(pod.Namespace).Get(ctx, from.name, metav1.GetOptions{})
			if err != nil {
				return fmt.Errorf("waits: %w", err)
			}
			for key := range secret.Data {
				found[key] = true
			}
		case "ConfigMap":
			config, err := w.kube.CoreV1().ConfigMaps(pod.Namespace).Get(ctx, from.name, metav1.GetOptions{})
			if err != nil {
				return fmt.Errorf("waits: %w", err)
			}
			for key := range config.Data {
				found[key] = true
			}
			for key := range config.BinaryData {
				found[key] = true
			}
		}
		for _, key := range keys {
			if !found[key] {
				return fmt.Errorf("waits for the key %s of %s %s", key, from.kind, from.name)
			}
		}
	}
	return nil
}

// references are all that are not optional, with the keys that have to be there.
func references(pod *core.Pod) map[reference][]string {
	out := map[reference][]string{}
	add := func(kind, name string, optional *bool, keys ...string) {
		if optional == nil || !*optional {
			from := reference{kind, name}
			out[from] = append(out[from], keys...)
		}
	}
	items := func(of []core.KeyToPath) (keys []string) {
		for _, item := range of {
			keys = append(keys, item.Key)
		}
		return keys
	}
	for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		for _, e := range c.EnvFrom {
			if r := e.SecretRef; r != nil {
				add("Secret", r.Name, r.Optional)
			}
			if r := e.ConfigMapRef; r != nil {
				add("ConfigMap", r.Name, r.Optional)
			}
		}
		for _, e := range c.Env {
			if e.ValueFrom == nil {
				continue
			}
			if r := e.ValueFrom.SecretKeyRef; r != nil {
				add("Secret", r.Name, r.Optional, r.Key)
			}
			if r := e.ValueFrom.ConfigMapKeyRef; r != nil {
				add("ConfigMap", r.Name, r.Optional, r.Key)
			}
		}
	}
	for _, v := range pod.Spec.Volumes {
		if s := v.Secret; s != nil {
			add("Secret", s.SecretName, s.Optional, items(s.Items)...)
		}
		if s := v.ConfigMap; s != nil {
			add("ConfigMap", s.Name, s.Optional, items(s.Items)...)
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if s := source.Secret; s != nil {
				add("Secret", s.Name, s.Optional, items(s.Items)...)
			}
			if s := source.ConfigMap; s != nil {
				add("ConfigMap", s.Name, s.Optional, items(s.Items)...)
			}
		}
	}
	return out
}
