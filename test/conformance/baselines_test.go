package conformance

import (
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/test/examples"
)

// baselineEntries are those of the truth tables: closed ones, one that is open, one that wants no baselines, and one whose profile closes one
// direction only.
const baselineEntries = `
- {namespace: sys-monitoring, networkPolicies: isolated}
- {namespace: sys-prometheus, networkPolicies: monitoring}
- {namespace: web-a, networkPolicies: isolated}
- {namespace: web-b, networkPolicies: web-app}
- {namespace: web-ntfy, networkPolicies: isolated}
- {namespace: web-alone, networkPolicies: {profile: isolated, baselines: false}}
- {namespace: web-open, networkPolicies: open}
- {namespace: web-half, networkPolicies: half}
`

const halfClosed = "policies: {deny-in: {ingress: [{}]}}\n"

// TestBaselines asks Cilium's policy engine what each baseline permits, and what it leaves closed.
func TestBaselines(t *testing.T) {
	for name, c := range map[string]struct{ platform, allowed, denied string }{
		"none": {"", `
			web-half:db > 203.0.113.9 443/TCP
			web-open:app > web-open:db 5432/TCP`, `
			web-a:app > web-a:db 5432/TCP
			sys-monitoring:prometheus > web-a:app 9090/TCP
			web-a:watcher > kube-apiserver 6443/TCP`},
		"within namespaces": {"{withinNamespace: true}", `
			web-a:app > web-a:db 5432/TCP
			web-a:app > web-a:db 5432/UDP
			web-b:app > web-b:db 5432/TCP
			web-open:app > web-open:db 5432/TCP
			web-half:app > web-half:db 5432/TCP
			web-half:app > 203.0.113.9 443/TCP     # what the profile leaves open`, `
			web-half:app > web-a:db 5432/TCP
			web-open:app > web-half:db 5432/TCP
			web-a:app > web-b:db 5432/TCP
			web-b:app > web-a:db 5432/TCP
			default:app > web-a:db 5432/TCP
			remote-node > web-a:db 5432/TCP
			web-a:app > host 22/TCP
			web-a:app > kube-apiserver 6443/TCP
			web-a:app > 203.0.113.9 443/TCP
			web-a:app > kube-system:kube-dns 53/UDP
			web-alone:app > web-alone:db 5432/TCP`},
		"scrapes": {"{scrapes: {namespace: sys-monitoring, podLabels: {app.kubernetes.io/name: prometheus}, ports: [9090, 8000-8100]}}", `
			sys-monitoring:prometheus > web-a:app 9090/TCP
			sys-monitoring:prometheus > web-b:app 8080/TCP
			sys-monitoring:prometheus > sys-prometheus:app 9090/TCP
			sys-monitoring:prometheus > sys-monitoring:alertmanager 9090/TCP
			sys-monitoring:prometheus > web-open:app 9090/TCP
			sys-monitoring:prometheus > default:app 9090/TCP
			sys-monitoring:prometheus > web-half:app 9090/TCP
			web-half:app > 203.0.113.9 443/TCP`, `
			sys-monitoring:prometheus > web-a:app 9090/UDP
			sys-monitoring:prometheus > web-a:app 443/TCP
			sys-monitoring:prometheus > web-open:app 443/TCP
			sys-monitoring:grafana > web-a:app 9090/TCP
			sys-monitoring:grafana > web-open:app 9090/TCP
			sys-prometheus:prometheus > web-a:app 9090/TCP
			default:prometheus > web-a:app 9090/TCP
			web-a:app > sys-monitoring:prometheus 9090/TCP
			web-a:prometheus > web-b:app 9090/TCP
			sys-monitoring:prometheus > host 9090/TCP
			sys-monitoring:prometheus > remote-node 9090/TCP
			sys-monitoring:prometheus > kube-apiserver 9090/TCP
			sys-monitoring:prometheus > 203.0.113.9 9090/TCP
			sys-monitoring:prometheus > web-alone:app 9090/TCP
			203.0.113.9 > web-a:app 9090/TCP
			web-open:app > web-half:db 9090/TCP`},
		"scrapes of ports with names": {"{scrapes: {namespace: sys-monitoring, ports: [metrics, 8000]}}", `
			sys-monitoring:any > web-ntfy:ntfy 9090/TCP
			sys-monitoring:any > web-ntfy:ntfy 8000/TCP
			sys-monitoring:any > web-open:app 80/TCP  # the receiver's half limits, and there is none`, `
			sys-monitoring:any > web-ntfy:ntfy 8080/TCP
			sys-monitoring:any > web-a:app 9090/TCP   # no container there has the name
			sys-monitoring:any > host 9090/TCP
			sys-monitoring:any > 203.0.113.9 8000/TCP`},
		"scrapes by the profile": {"{scrapes: true}", `
			sys-prometheus:any > web-a:app 9090/TCP
			sys-prometheus:any > web-b:app 53/UDP`, `
			sys-prometheus:any > web-alone:app 9090/TCP
			sys-monitoring:any > web-a:app 9090/TCP`},
		"the API server": {"{apiServer: {podLabels: {app.kubernetes.io/name: watcher}}}", `
			web-a:watcher > kube-apiserver 6443/TCP
			web-b:watcher > kube-apiserver 6443/TCP
			web-open:app > kube-apiserver 6443/TCP
			web-half:watcher > 203.0.113.9 443/TCP`, `
			web-a:watcher > kube-apiserver 443/TCP
			web-a:watcher > host 6443/TCP
			web-a:watcher > remote-node 6443/TCP
			web-a:watcher > web-b:watcher 6443/TCP
			web-a:watcher > 203.0.113.9 6443/TCP
			web-a:app > kube-apiserver 6443/TCP
			kube-apiserver > web-a:watcher 6443/TCP
			web-alone:watcher > kube-apiserver 6443/TCP`},
	} {
		t.Run(name, func(t *testing.T) {
			platform := "repository: {url: https://git.example/a.git}\n"
			if c.platform != "" {
				platform += "networkBaselines: " + c.platform + "\n"
			}
			on := examples.ClustersIn(t, fstest.MapFS{
				"examples/a/" + catalog.PlatformFile:     {Data: []byte(platform)},
				"examples/a/" + catalog.ApplicationsFile: {Data: []byte(baselineEntries)},
				"examples/a/profiles/half.yml":           {Data: []byte(halfClosed)},
			}, "a")[0]
			e := engine(t, on.Objects)
			ask(t, e, true, c.allowed)
			ask(t, e, false, c.denied)
		})
	}
}
