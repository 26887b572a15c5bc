package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	corev1 "k8s.io/api/core/v1"
)

var missingConfigMap = Rule{
	Name:     "missing-configmap",
	Severity: Error,
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
	Check: func(in *Input, report Report) {
		for v := range in.orderedInventories() {
			if !v.complete || v.may("configmaps", "create") {
				continue
			}
			for _, p := range v.pods {
				said := map[string]bool{}
				for _, need := range configMapNeeds(p) {
					problem, hint := v.lacksConfigMap(need)
					if problem == "" || said[problem] {
						continue
					}
					said[problem] = true
					at, leaf := slices.Concat(p.At, need.at), "name"
					switch {
					case v.objects["ConfigMap"][need.secret] == nil:
					case fieldAt(p.Object, append(slices.Clone(at), "items")...) != nil:
						leaf = "items"
					default:
						leaf = "key"
					}
					lines := []string{"name: " + need.secret, need.at[len(need.at)-1] + ":"}
					report(in.source(p.Object, need.secret, lines, append(at, leaf)...), hint, "%s needs %s", p.Title(), problem)
				}
			}
		}
	},
}

// configMapNeeds are the ConfigMaps that a pod cannot start without.
func configMapNeeds(p *Pod) []need {
	var out []need
	add := func(optional *bool, name, key string, at ...string) {
		if name != "" && (optional == nil || !*optional) {
			out = append(out, need{name, key, append([]string{"spec"}, at...)})
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
func (v *inventory) lacksConfigMap(n need) (problem, hint string) {
	name := n.secret
	o := v.objects["ConfigMap"][name]
	switch {
	case slices.Contains(inEachNamespace, name):
		return "", ""
	case o == nil && v.makes(name):
		return "", ""
	case o == nil:
		return fmt.Sprintf("the ConfigMap %s, which nothing creates", name), v.near("ConfigMap", name, "add it to the application, or set optional: true")
	case n.key == "":
		return "", ""
	}
	data, _ := o.Content()["data"].(map[string]any)
	binary, _ := o.Content()["binaryData"].(map[string]any)
	_, isText := data[n.key]
	_, isBinary := binary[n.key]
	if isText || isBinary || len(data)+len(binary) == 0 || v.filled(o) { // something else fills an empty one
		return "", ""
	}
	const most = 50
	if keys := slices.AppendSeq(slices.Collect(maps.Keys(data)), maps.Keys(binary)); len(keys) <= most {
		hint = diag.OneOf("it has ", keys)
	}
	return fmt.Sprintf("the key %s of the ConfigMap %s", n.key, name), hint
}

// filled reports whether a ConfigMap may get more keys than its manifest has.
func (v *inventory) filled(o *Object) bool {
	if v.may("configmaps", "update", "patch") || v.makes(o.Name) {
		return true
	}
	for _, field := range []string{"annotations", "labels"} { // of OpenShift, reflector, replicator
		of, _ := fieldAt(o, "metadata", field).(map[string]any)
		for key := range of {
			if strings.Contains(key, "inject") || strings.Contains(key, "reflect") || strings.Contains(key, "replicat") {
				return true
			}
		}
	}
	return slices.ContainsFunc(o.Application.IgnoreDifferences, func(d catalog.IgnoreDifference) bool { return d.Kind == "ConfigMap" || d.Kind == "*" })
}
