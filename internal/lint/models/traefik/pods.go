package traefik

import (
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/syntax"
	corev1 "k8s.io/api/core/v1"
)

// inPods are the Traefiks whose pods are known.
func (in *Model) inPods() []*instance {
	var out []*instance
	for _, p := range in.deployed.Pods() {
		for i := range p.Spec.Containers {
			c := &p.Spec.Containers[i]
			flags := slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(a string) bool {
				return strings.HasPrefix(strings.ToLower(a), "--providers.kubernetes")
			})
			if name, _, _ := strings.Cut(imageName(c.Image), ":"); !flags && name != "traefik" {
				continue
			}
			t := &instance{options: in.optionsOf(p, c), version: imageVersion(c.Image), namespace: p.Object.Namespace, at: p.Application.Place}
			t.place = in.placesOf(p.Application)
			if t.unclear || t.has("providers.kubernetescrd") || t.has(gatewayProvider) || t.has(ingressProvider) {
				out = append(out, t)
			}
		}
	}
	return out
}

// placesOf are the places of what an application's chart makes entry points of.
func (in *Model) placesOf(a *catalog.Application) func(string, ...string) catalog.Place {
	var v *values
	return func(name string, fields ...string) catalog.Place {
		if !isChart(a) {
			return a.Place
		}
		if v == nil {
			of, _ := in.valuesOf(a)
			v = &of
		}
		return v.place(a.Place, name, fields...)
	}
}

// optionsOf is the configuration of a container: a file, or else the arguments, or else the environment.
func (in *Model) optionsOf(p *deployed.Pod, c *corev1.Container) *options {
	args := slices.Concat(c.Command, c.Args)
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") { // the program
		args = args[1:]
	}
	o := argumentsOf(args)
	// Those that Traefik looks for, in order (pkg/cli/loader_file.go).
	files := []string{"/etc/traefik/traefik.toml", "/etc/traefik/traefik.yaml", "/etc/traefik/traefik.yml"}
	named := o.values["configfile"]
	if named != "" {
		files = append([]string{path.Clean(named)}, files...)
	}
	for _, file := range files {
		text, there, known := in.mounted(p, c, file)
		if known && !there && file != named {
			continue
		}
		if known && there && (strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml")) {
			if documents, err := syntax.Documents([]byte(text)); err == nil && len(documents) == 1 {
				return fileOf(documents[0])
			}
		}
		o.unclear = true
		return o
	}
	if len(args) > 0 {
		return o
	}
	for _, e := range c.Env {
		if name := strings.ToUpper(e.Name); strings.HasPrefix(name, variablePrefix) {
			o.unclear = o.unclear || e.ValueFrom != nil || strings.Contains(e.Value, "$(")
			o.set(strings.ToLower(strings.ReplaceAll(name[len(variablePrefix):], "_", ".")), e.Value)
		}
	}
	o.unclear = o.unclear || len(c.EnvFrom) > 0
	return o
}

// mounted is a file that a volume brings into a container: what is in it, whether it is there, and whether that is known.
func (in *Model) mounted(p *deployed.Pod, c *corev1.Container, file string) (text string, there, known bool) {
	var mount *corev1.VolumeMount
	for i := range c.VolumeMounts {
		m := &c.VolumeMounts[i]
		if around := path.Clean(m.MountPath); around != file && around != "/" && !strings.HasPrefix(file, around+"/") {
			continue
		}
		if mount == nil || len(path.Clean(m.MountPath)) > len(path.Clean(mount.MountPath)) {
			mount = m
		}
	}
	if mount == nil {
		return "", false, true
	}
	inside := path.Join(mount.SubPath, strings.TrimPrefix(file, path.Clean(mount.MountPath)))
	i := slices.IndexFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
	if i < 0 || mount.SubPathExpr != "" {
		return "", false, false
	}
	v := &p.Spec.Volumes[i]
	if v.EmptyDir != nil {
		return "", false, true
	}
	if v.ConfigMap == nil {
		return "", false, false
	}
	o := in.deployed.Named(deployed.ID{Kind: "ConfigMap", Namespace: p.Object.Namespace, Name: v.ConfigMap.Name})
	if o == nil {
		return "", false, false
	}
	key := strings.TrimPrefix(inside, "/")
	if len(v.ConfigMap.Items) > 0 {
		i := slices.IndexFunc(v.ConfigMap.Items, func(k corev1.KeyToPath) bool { return path.Clean(k.Path) == key })
		if i < 0 {
			return "", false, true
		}
		key = v.ConfigMap.Items[i].Key
	}
	data, _ := o.Content()["data"].(map[string]any)
	text, there = data[key].(string)
	return text, there, true
}
