package loop

import (
	"bytes"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/world"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

const diffURL = "https://" + trialHost + "/diff.git"

// changes are what is pushed, one after the other. Each has what roster diff must announce and Argo CD must then do, in words of deeds.
var changes = []struct {
	name string
	edit []edit
	want string
}{
	{"an image", []edit{swap("deploy/shop/shop.yaml", "shop:1.0.0", "shop:1.1.0")}, `
		changed Deployment shop/shop`},
	{"a comment, keys in another order, and an entry in another file", []edit{
		swap("applications/tools.yml", "{applicationCode: wiki, path: deploy/wiki}", "{path: deploy/wiki, applicationCode: wiki} # the family's"),
		swap("deploy/shop/shop.yaml", "{name: http, port: 80, targetPort: 8080}", "{targetPort: 8080, port: 80, name: http}"),
		rename("applications/store.yml", "applications/data.yml"),
	}, ``},
	{"an entry is added", []edit{add("late")}, `
		created AppProject argocd/late
		created Application argocd/late
		created CiliumNetworkPolicy late/allow-dns
		created CiliumNetworkPolicy late/allow-ingress-controller
		created CiliumNetworkPolicy late/default-deny
		created ConfigMap late/late
		created ConfigMap late/roster-guard
		created Deployment late/late
		created Namespace late
		created RoleBinding late/access-view-group-house
		created ServiceAccount late/default`},
	{"the version of a chart", []edit{
		swap("deploy/late/Chart.yaml", "1.0.0", "1.1.0"), swap("deploy/late/values.yaml", "1.0.0", "1.1.0"),
	}, `
		changed Deployment late/late
		folded ConfigMap late/late`},
	{"a route", []edit{swap("applications/shop.yml", "{host: shop, service: shop, port: 80}", "{host: shop, service: shop, port: 80, expose: public}")}, `
		changed IngressRoute shop/shop.example.com`},
	{"a profile, and a flow", []edit{swap("applications/late.yml", "networkPolicies: web-app-internal",
		"networkPolicies: {profile: isolated, allow: [{to: {namespace: shop, ports: [8080]}}]}")}, `
		created CiliumNetworkPolicy late/allow-to-shop
		created CiliumNetworkPolicy shop/allow-from-late
		deleted CiliumNetworkPolicy late/allow-dns
		deleted CiliumNetworkPolicy late/allow-ingress-controller`},
	{"an object moves to another application", []edit{ // not in a file of its own: of a file that Git finds renamed, Argo CD sees the new name only
		swap("deploy/shop/shop.yaml", part("prices", ""), ""),
		swap("deploy/jobs/jobs.yaml", part("asked", confirm), part("asked", confirm)+part("prices", "")),
	}, `
		moved ConfigMap shop/prices`},
	{"an application is removed that is toggleable", []edit{swap("applications/tools.yml", "    - {applicationCode: pad, path: deploy/pad, toggleable: true}\n", "")}, `
		deleted Application argocd/pad
		deleted Deployment tools/pad`},
	{"an entry is removed that is toggleable", []edit{rename("applications/preview.yml", "")}, `
		deleted AppProject argocd/preview
		deleted Application argocd/preview
		deleted CiliumNetworkPolicy preview/default-deny
		deleted Deployment preview/preview
		deleted Namespace preview
		deleted ServiceAccount preview/default`},
	{"an application is removed that is guarded", []edit{swap("applications/tools.yml", "    - {path: deploy/wiki, applicationCode: wiki} # the family's\n", "")}, `
		asked by roster
		deleted Application argocd/wiki
		deleted ConfigMap tools/style
		deleted Deployment tools/wiki
		stays ConfigMap tools/pages`},
	{"an application gets another code", []edit{swap("applications/tools.yml", "applicationCode: cache", "applicationCode: memory")}, `
		asked by roster
		created Application argocd/memory
		deleted Application argocd/cache
		moved Deployment tools/cache`},
	{"an application no longer deletes what it has deployed", []edit{swap("applications/tools.yml", "applicationCode: memory", "applicationCode: memory, finalizer: false")}, `
		changed Application argocd/memory`},
	{"and gets another code", []edit{swap("applications/tools.yml", "applicationCode: memory, finalizer: false", "applicationCode: buffer")}, `
		asked by roster
		created Application argocd/buffer
		deleted Application argocd/memory
		moved Deployment tools/cache`},
	{"an entry is removed with a volume", []edit{rename("applications/data.yml", "")}, `
		asked by roster
		deleted AppProject argocd/store
		deleted Application argocd/store
		deleted CiliumNetworkPolicy store/default-deny
		deleted ConfigMap store/roster-guard
		deleted Deployment store/store
		deleted Namespace store
		deleted PersistentVolumeClaim store/data
		deleted ServiceAccount store/default`},
	{"objects leave applications that stay", []edit{
		swap("deploy/log/log.yaml", part("rules", ""), ""),
		swap("deploy/jobs/jobs.yaml", part("asked", confirm)+part("prices", "")+part("kept", ", annotations: {argocd.argoproj.io/sync-options: Prune=false}"), ""),
	}, `
		asked by jobs
		deleted ConfigMap shop/asked
		deleted ConfigMap shop/prices
		stays ConfigMap shop/kept
		stays ConfigMap tools/rules`},
	{"the order", []edit{swap("applications/shop.yml", "path: deploy/jobs", "path: deploy/jobs, dependsOn: [shop]")}, `
		folded Application argocd/shop
		folded IngressRoute shop/shop.example.com`},
	{"selectors", []edit{
		swap("deploy/jobs/jobs.yaml", "app.kubernetes.io/name: jobs", "app.kubernetes.io/name: work"),
		swap("deploy/log/log.yaml", "app.kubernetes.io/name: log", "app.kubernetes.io/name: logs"),
	}, `
		recreated Deployment tools/log
		refused Deployment shop/jobs`},
}

// kept are objects that a change must not have created anew.
var kept = map[string]string{"an image": "Deployment shop/shop", "and gets another code": "Deployment tools/cache"}

// edit is a change of the repository.
type edit func(*testing.T, fstest.MapFS)

func swap(file, from, to string) edit {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		text := files[file].Data
		if !bytes.Contains(text, []byte(from)) {
			t.Fatalf("%s does not have %q", file, from)
		}
		files[file] = &fstest.MapFile{Data: bytes.ReplaceAll(text, []byte(from), []byte(to))}
	}
}

// rename moves a file; to nowhere when to is empty.
func rename(from, to string) edit {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		if files[from] == nil {
			t.Fatalf("there is no %s", from)
		}
		if to != "" {
			files[to] = files[from]
		}
		delete(files, from)
	}
}

func add(entry string) edit {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		maps.Copy(files, copied(t, filepath.Join("testdata", "diff", entry)))
	}
}

const confirm = ", annotations: {argocd.argoproj.io/sync-options: Prune=confirm}"

// part is a ConfigMap in a file.
func part(name, metadata string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + metadata + "}\ndata: {title: " + name + "}\n"
}

// differ is a platform that changes.
type differ struct {
	*trial
	log    string                                 // what was written to the API server
	kinds  map[schema.GroupVersionResource]string // of all objects
	stayed map[string]bool                        // objects that no Application has any more
}

// TestDiff changes a platform, and holds what roster diff announces of each change against what Argo CD then does on the API server.
func TestDiff(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	l := &differ{trial: &trial{start(t, options{apiServerFlags: []string{"--audit-policy-file", filepath.Join("testdata", "team", "audit.yaml"), "--audit-log-path", log}}), t}, log: log, stayed: map[string]bool{}}
	l.cluster.InstallCRDs(l, "ciliumnetworkpolicies.cilium.io", "ingressroutes.traefik.io")
	l.kinds = l.allKinds()
	l.populate(world.Options{Log: l.Logf})
	files := copied(t, filepath.Join("testdata", "diff", "repository"))
	revision := l.push(files, diffURL)
	l.bootstrap()
	l.settle(revision)
	l.step("the platform is synced")
	for _, c := range changes {
		if !t.Run(c.name, func(t *testing.T) {
			own := *l.loop
			own.T = t
			of := *l
			of.trial = &trial{&own, l.top}
			for _, e := range c.edit {
				e(t, files)
			}
			revision = of.change(files, revision, c.want, kept[c.name])
		}) {
			return // nobody knows in what state the cluster is
		}
	}
}

// change pushes a change, and compares what was announced, what Argo CD does, and what is wanted.
func (l *differ) change(files fstest.MapFS, from, want, kept string) (revision string) {
	l.Helper()
	revision = l.repo.Record(l, files)
	announced := l.announced(from, revision)
	before, mark := l.tracked(), len(l.audited())
	l.repo.Push(l)
	done := deeds{}
	asking := l.settle(revision)
	for _, app := range asking {
		done.add("asked by", app)
		l.waits(app, before)
	}
	for _, app := range asking {
		l.confirmed(app)
		cluster.Eventually(l, patience, app+" goes on", func() error {
			if l.asking(app) == nil {
				return errors.New("it still asks")
			}
			return nil
		})
	}
	if len(asking) > 0 {
		if again := l.settle(revision); len(again) > 0 {
			l.Fatalf("confirmed, and %q ask", again)
		}
	}
	l.observe(done, before, l.patched(mark))
	if kept != "" && before[kept].uid != l.tracked()[kept].uid {
		l.Errorf("%s was created anew", kept)
	}
	done.fold(announced)
	if !maps.Equal(announced, done) {
		l.Errorf("roster diff announced:\n%s\n\nand Argo CD has done:\n%s", announced, done)
	}
	if !slices.Equal(strings.Fields(want), strings.Fields(done.String())) {
		l.Errorf("Argo CD has done:\n%s\n\nwanted:\n%s", done, want)
	}
	l.step("done")
	return revision
}
