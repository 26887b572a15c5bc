package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	corev1 "k8s.io/api/core/v1"
)

var missingVolume = lint.Rule{
	Name:     "missing-volume",
	Severity: lint.Error,
	Summary:  "a container mounts a volume that its pod does not have",
	Doc: `The API server refuses such a pod, and most workloads with it. Each name under ` + "`volumeMounts`" + ` and ` + "`volumeDevices`" + ` has to be one under
` + "`volumes`" + `, or under ` + "`volumeClaimTemplates`" + ` of a StatefulSet. Add the volume, or correct the name.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: cache, emptyDir: {}}]\n", "          volumeMounts: [{name: tmp, mountPath: /tmp}]\n"),
	Mend: []string{"volumes: [{name: cache,", "volumes: [{name: tmp,"},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			volumes := claimTemplates(p.Object)
			if volumes == nil {
				volumes = map[string]bool{}
			}
			var names []string
			for _, v := range p.Spec.Volumes {
				volumes[v.Name] = true
				names = append(names, v.Name)
			}
			for i, c := range p.Containers() {
				for _, m := range mountsOf(&c) {
					if volumes[m.volume] {
						continue
					}
					volumes[m.volume] = true // once for each pod
					hint := "add it under volumes"
					if near := diag.Nearest(m.volume, names[:min(len(names), 500)]); near != "" {
						hint = `did you mean "` + near + `"?`
					}
					report(in.Places.Source(p.Object, m.volume, []string{"name: " + m.volume, m.list + ":"}, slices.Concat(p.ContainerAt(i, m.list), []string{strconv.Itoa(m.index), "name"})...), hint,
						"the container %s of %s mounts the volume %s, which the pod does not have", c.Name, p.Title(), m.volume)
				}
			}
		}
	},
}

// mount is where a container mounts a volume.
type mount struct {
	list         string // the field
	index        int
	volume, path string
}

func mountsOf(c *corev1.Container) []mount {
	var out []mount
	for i, m := range c.VolumeMounts {
		out = append(out, mount{"volumeMounts", i, m.Name, m.MountPath})
	}
	for i, d := range c.VolumeDevices {
		out = append(out, mount{"volumeDevices", i, d.Name, d.DevicePath})
	}
	return out
}
