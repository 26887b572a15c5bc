package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	corev1 "k8s.io/api/core/v1"
)

var missingConfigMap = lint.Rule{
	Name:     "missing-configmap",
	Severity: lint.Error,
	Summary:  "a pod needs a ConfigMap, or a key of one, that nothing creates",
	Doc: `The pod waits in CreateContainerConfigError or ContainerCreating for a ConfigMap that never comes, and says so only in its events. Add it to
the application, correct the name, or set ` + "`optional: true`" + `. A ConfigMap of another namespace does not count. It is reported only where
all that runs in the namespace is known, and where nothing, such as a custom resource, a Job with the name among its arguments, or a
program that may create ConfigMaps, could create it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: app-config}
data: {colour: blue}
-- a/app.yaml --
` + hardened("          envFrom: [{configMapRef: {name: app-settings}}]\n"),
	Mend: []string{"name: app-settings", "name: app-config"},
	Check: func(in *lint.Context, report lint.Report) {
		for v := range in.Deployed.OrderedInventories() {
			if !v.Complete || v.May("configmaps", "create") {
				continue
			}
			for _, p := range v.Pods {
				said := map[string]bool{}
				for _, need := range configMapNeeds(p) {
					problem, hint := lacksConfigMap(v, need)
					if problem == "" || said[problem] {
						continue
					}
					said[problem] = true
					at, leaf := slices.Concat(p.At, need.At), "name"
					switch {
					case v.Objects["ConfigMap"][need.Secret] == nil:
					case deployed.FieldAt(p.Object, append(slices.Clone(at), "items")...) != nil:
						leaf = "items"
					default:
						leaf = "key"
					}
					lines := []string{"name: " + need.Secret, need.At[len(need.At)-1] + ":"}
					report(in.Places.Source(p.Object, need.Secret, lines, append(at, leaf)...), hint, "%s needs %s", p.Title(), problem)
				}
			}
		}
	},
}

// configMapNeeds are the ConfigMaps that a pod cannot start without.
func configMapNeeds(p *deployed.Pod) []secrets.Need {
	var out []secrets.Need
	add := func(optional *bool, name, key string, at ...string) {
		if name != "" && (optional == nil || !*optional) {
			out = append(out, secrets.Need{Secret: name, Key: key, At: append([]string{"spec"}, at...)})
		}
	}
	containers := func(field string, list []corev1.Container) {
		for i, c := range list {
			for j, e := range c.Env {
				if e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil {
					r := e.ValueFrom.ConfigMapKeyRef
					add(r.Optional, r.Name, r.Key, field, strconv.Itoa(i), "env", strconv.Itoa(j), "valueFrom", "configMapKeyRef")
				}
			}
			for j, e := range c.EnvFrom {
				if e.ConfigMapRef != nil {
					add(e.ConfigMapRef.Optional, e.ConfigMapRef.Name, "", field, strconv.Itoa(i), "envFrom", strconv.Itoa(j), "configMapRef")
				}
			}
		}
	}
	containers("initContainers", p.Spec.InitContainers)
	containers("containers", p.Spec.Containers)
	volume := func(optional *bool, name string, items []corev1.KeyToPath, at ...string) {
		add(optional, name, "", at...)
		for _, item := range items {
			add(optional, name, item.Key, at...)
		}
	}
	for i, v := range p.Spec.Volumes {
		if c := v.ConfigMap; c != nil {
			volume(c.Optional, c.Name, c.Items, "volumes", strconv.Itoa(i), "configMap")
		}
		if v.Projected == nil {
			continue
		}
		for j, source := range v.Projected.Sources {
			if c := source.ConfigMap; c != nil {
				volume(c.Optional, c.Name, c.Items, "volumes", strconv.Itoa(i), "projected", "sources", strconv.Itoa(j), "configMap")
			}
		}
	}
	return out
}

// inEachNamespace are the ConfigMaps that Kubernetes, OpenShift and Istio create in every namespace.
var inEachNamespace = []string{"kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"}

// lacksConfigMap returns what is missing of a need, and what to do; empty when nothing is, or it may exist.
func lacksConfigMap(v *deployed.Inventory, n secrets.Need) (problem, hint string) {
	name := n.Secret
	o := v.Objects["ConfigMap"][name]
	switch {
	case slices.Contains(inEachNamespace, name):
		return "", ""
	case o == nil && v.Makes(name):
		return "", ""
	case o == nil:
		return fmt.Sprintf("the ConfigMap %s, which nothing creates", name), v.Near("ConfigMap", name, "add it to the application, or set optional: true")
	case n.Key == "":
		return "", ""
	}
	data, _ := o.Content()["data"].(map[string]any)
	binary, _ := o.Content()["binaryData"].(map[string]any)
	_, isText := data[n.Key]
	_, isBinary := binary[n.Key]
	if isText || isBinary || len(data)+len(binary) == 0 || filled(v, o) { // something else fills an empty one
		return "", ""
	}
	const most = 50
	if keys := slices.AppendSeq(slices.Collect(maps.Keys(data)), maps.Keys(binary)); len(keys) <= most {
		hint = diag.OneOf("it has ", keys)
	}
	return fmt.Sprintf("the key %s of the ConfigMap %s", n.Key, name), hint
}

// filled reports whether a ConfigMap may get more keys than its manifest has.
func filled(v *deployed.Inventory, o *deployed.Object) bool {
	if v.May("configmaps", "update", "patch") || v.Makes(o.Name) {
		return true
	}
	for _, field := range []string{"annotations", "labels"} { // of OpenShift, reflector, replicator
		of, _ := deployed.FieldAt(o, "metadata", field).(map[string]any)
		for key := range of {
			if strings.Contains(key, "inject") || strings.Contains(key, "reflect") || strings.Contains(key, "replicat") {
				return true
			}
		}
	}
	return slices.ContainsFunc(o.Application.IgnoreDifferences, func(d catalog.IgnoreDifference) bool { return d.Kind == "ConfigMap" || d.Kind == "*" })
}
