package secrets

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
)

// Need is a Secret that a pod cannot start without, and a key of it if it asks for one.
type Need struct {
	Secret, Key string
	At          []string // the fields that lead to it, from the pod template
}

// Needs are what a pod needs. An image can be pulled without its secret if the node has it, or the registry is open: that is chance.
func Needs(p *deployed.Pod) []Need {
	return asked(p, func(optional *bool) bool { return optional == nil || !*optional })
}

// Reads are what a pod asks for, whether or not it can start without it.
func Reads(p *deployed.Pod) []Need { return asked(p, func(*bool) bool { return true }) }

// asked are the Secrets that a pod names, those of which their being optional is as it should be.
func asked(p *deployed.Pod, is func(optional *bool) bool) []Need {
	var out []Need
	add := func(optional *bool, secret, key string, at ...string) {
		if secret != "" && is(optional) {
			out = append(out, Need{secret, key, append([]string{"spec"}, at...)})
		}
	}
	for i, s := range p.Spec.ImagePullSecrets {
		add(nil, s.Name, "", "imagePullSecrets", strconv.Itoa(i), "name")
	}
	containers := func(field string, list []corev1.Container) {
		for i, c := range list {
			for j, e := range c.Env {
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					r := e.ValueFrom.SecretKeyRef
					add(r.Optional, r.Name, r.Key, field, strconv.Itoa(i), "env", strconv.Itoa(j), "valueFrom", "secretKeyRef")
				}
			}
			for j, e := range c.EnvFrom {
				if e.SecretRef != nil {
					add(e.SecretRef.Optional, e.SecretRef.Name, "", field, strconv.Itoa(i), "envFrom", strconv.Itoa(j), "secretRef")
				}
			}
		}
	}
	containers("initContainers", p.Spec.InitContainers)
	containers("containers", p.Spec.Containers)
	for i, v := range p.Spec.Volumes {
		at := []string{"volumes", strconv.Itoa(i)}
		if s := v.Secret; s != nil {
			add(s.Optional, s.SecretName, "", append(at, "secret")...)
			for _, item := range s.Items {
				add(s.Optional, s.SecretName, item.Key, append(at, "secret", "items")...)
			}
		}
		if v.Projected == nil {
			continue
		}
		for j, source := range v.Projected.Sources {
			if s := source.Secret; s != nil {
				at := append(at, "projected", "sources", strconv.Itoa(j), "secret")
				add(s.Optional, s.Name, "", at...)
				for _, item := range s.Items {
					add(s.Optional, s.Name, item.Key, append(at, "items")...)
				}
			}
		}
	}
	return out
}
