package lint

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	corev1 "k8s.io/api/core/v1"
)

var missingSecret = Rule{
	Name:     "missing-secret",
	Severity: Error,
	Summary:  "a pod needs a Secret, or a key of one, that nothing creates",
	Doc: `The pod waits in CreateContainerConfigError or ContainerCreating for a Secret that never comes, and says so only in its events.
Add it under ` + "`secrets`" + ` of the application, correct the name, or set ` + "`optional: true`" + `. It is reported only where all that runs in the
namespace is known, and where nothing in it, such as a custom resource, a Job with the name among its arguments or an account that may
create Secrets, could create it. Operators usually name the Secrets of a custom resource after it. The keys of an ExternalSecret are
those of its ` + "`target.template`" + ` or, without one, of its ` + "`data`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened("          env:\n            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: url}}}\n"),
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets: [{name: db, data: {url: web-a#db-url}}]
-- a/app.yaml --
` + hardened("          env:\n            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: url}}}\n"),
	Check: func(in *Input, report Report) {
		makers := in.secretMakers()
		complete := !slices.ContainsFunc(spreaders, func(r catalog.ClusterResource) bool { return !in.allOf(r.Group, r.Kind) })
		for _, p := range in.Pods() {
			n := in.Entry(p.Object.Namespace)
			if n == nil || !in.settled(n) || !complete {
				continue
			}
			said := map[string]bool{}
			for _, need := range needs(p) {
				problem := makers.lacks(n.Name, need)
				if problem == "" || said[problem] {
					continue
				}
				said[problem] = true
				report(in.near(p.Object, need.secret, slices.Concat(p.At, need.at)...), "add it under secrets: of the application", "%s needs %s", p.Title(), problem)
			}
		}
	},
}

// spreaders are the cluster-scoped kinds that create Secrets in any namespace.
var spreaders = []catalog.ClusterResource{{Group: "external-secrets.io", Kind: "ClusterExternalSecret"}, {Group: "kyverno.io", Kind: "ClusterPolicy"},
	{Group: "policies.kyverno.io", Kind: "GeneratingPolicy"}}

// need is a Secret that a pod cannot start without, and a key of it if it asks for one.
type need struct {
	secret, key string
	at          []string // the fields that lead to it, from the pod template
}

// needs are what a pod needs. An image can be pulled without its secret if the node has it, or the registry is open: that is chance.
func needs(p *Pod) []need {
	var out []need
	add := func(optional *bool, secret, key string, at ...string) {
		if secret != "" && (optional == nil || !*optional) {
			out = append(out, need{secret, key, append([]string{"spec"}, at...)})
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
