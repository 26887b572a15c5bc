package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/internal/lint"
)

var duplicateInPod = lint.Rule{
	Name:     "duplicate-in-pod",
	Severity: lint.Error,
	Summary:  "two containers, volumes, mounts or ports of a pod have the same name or path",
	Doc: `The API server refuses such a pod, and the workload with it. Names of containers have to be unique among all containers and init containers of a
pod, those of volumes in the pod, and paths of mounts and names of ports in their container. Such a mistake comes from a value file that repeats
what the chart has by itself, or of a patch that adds to a list.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: tmp, emptyDir: {}}, {name: cache, emptyDir: {}}]\n",
		"          volumeMounts:\n            - {name: tmp, mountPath: /tmp}\n            - {name: cache, mountPath: /tmp}\n"),
	Mend: []string{"{name: cache, mountPath: /tmp}", "{name: cache, mountPath: /var/cache}"},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			// An element of a list is found by its name, which does not help here: the place is that of the list.
			once := func(seen map[string]bool, what, name string, at ...string) {
				if name == "" { // another mistake
					return
				}
				if again, ok := seen[name]; ok && !again {
					report(in.Places.Source(p.Object, name, []string{name}, at...), "remove one of the two, or give it another name", "%s has two %s %s", p.Title(), what, name)
				}
				_, ok := seen[name]
				seen[name] = ok
			}
			containers, volumes := map[string]bool{}, map[string]bool{}
			for i, v := range p.Spec.Volumes {
				once(volumes, "volumes of the name", v.Name, slices.Concat(p.At, []string{"spec", "volumes", strconv.Itoa(i)})...)
			}
			for i, c := range p.Containers() {
				once(containers, "containers of the name", c.Name, p.ContainerAt(i, "name")...)
				paths, ports := map[string]bool{}, map[string]bool{}
				for _, m := range mountsOf(&c) {
					once(paths, "mounts in the container "+c.Name+" at", m.path, slices.Concat(p.ContainerAt(i, m.list), []string{strconv.Itoa(m.index), "mountPath"})...)
				}
				for j, port := range c.Ports {
					once(ports, "ports in the container "+c.Name+" of the name", port.Name, slices.Concat(p.ContainerAt(i, "ports"), []string{strconv.Itoa(j), "name"})...)
				}
			}
		}
	},
}
