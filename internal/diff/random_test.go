package diff_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/diff/kinds"
)

// TestRandom compares random platforms that have much in common. The difference of two of them, applied to the first, gives the second; the opposite
// direction has the same kinds of consequences for the same subjects; and nothing differs from itself.
func TestRandom(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			a, b := random(seed)
			there, back := compareAll(t, a, b), compareAll(t, b, a)
			applied(t, a, b)
			if d := cmp.Diff(subjects(there), subjects(back)); d != "" {
				t.Errorf("the opposite direction has others (-there +back):\n%s", d)
			}
			if again := compareAll(t, a, b); cmp.Diff(there.Consequences, again.Consequences) != "" || cmp.Diff(there.Objects, again.Objects) != "" {
				t.Error("the same comparison gives something else")
			}
			for _, tree := range []fstest.MapFS{a, b} {
				if same := compareAll(t, tree, tree); len(same.Objects)+len(same.Consequences)+len(same.NotCompared)+len(same.NotJudged) > 0 {
					t.Errorf("a tree differs from itself: %+v", same.Consequences)
				}
			}
			if len(there.NotJudged) > 0 {
				t.Errorf("not judged: %+v", there.NotJudged)
			}
		})
	}
}

func compareAll(t *testing.T, before, after fstest.MapFS) *diff.Result {
	t.Helper()
	r, err := diff.Compare(sideOf(t, "before", before), sideOf(t, "after", after), diff.Options{Kinds: kinds.All()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// applied makes the objects of one tree from those of another one and the fields that differ.
func applied(t *testing.T, before, after fstest.MapFS) {
	t.Helper()
	probe := &diff.Kind{Name: "probe", Find: func(c *diff.Change, _ func(diff.Consequence)) {
		made := map[diff.ID]any{}
		for _, o := range c.Before.Objects {
			made[o.ID] = o.Content()
		}
		for _, p := range c.Pairs {
			value, err := fields.Apply(made[p.ID], p.Fields())
			switch {
			case err != nil:
				t.Errorf("%s: %v", p.ID, err)
			case value == nil:
				delete(made, p.ID)
			default:
				made[p.ID] = value
			}
		}
		want := map[diff.ID]any{}
		for _, o := range c.After.Objects {
			want[o.ID] = any(o.Content())
		}
		if d := cmp.Diff(want, made); d != "" {
			t.Errorf("applied (-want +got):\n%s", d)
		}
	}}
	if _, err := diff.Compare(sideOf(t, "before", before), sideOf(t, "after", after), diff.Options{Kinds: []*diff.Kind{probe}}); err != nil {
		t.Fatal(err)
	}
}

func subjects(r *diff.Result) []string {
	var out []string
	for _, c := range r.Consequences {
		out = append(out, c.Kind+": "+c.Subject)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// random are two platforms. Most of what the second has is what the first one has.
func random(seed uint64) (a, b fstest.MapFS) {
	draw := func(change uint64) fstest.MapFS {
		out := fstest.MapFS{}
		which := rand.New(rand.NewPCG(seed, change))
		list := &strings.Builder{}
		for i := range 5 {
			own := uint64(0)
			if change > 0 && which.IntN(3) == 0 {
				own = change
			}
			g := generator{Rand: rand.New(rand.NewPCG(seed*100+uint64(i), own)), files: out, list: list}
			g.entry(fmt.Sprint("web-", i))
		}
		out["applications.yml"] = &fstest.MapFile{Data: []byte(list.String())}
		out["platform.yml"] = &fstest.MapFile{Data: []byte("domain: home.example\nrepository: {url: https://git.example/x.git}\ningress:\n" +
			"  expose: {public: [web, websecure], lan: [websecure]}\n  auth: {sso: {name: sso, namespace: web-0}}\n")}
		return out
	}
	return draw(0), draw(1)
}

type generator struct {
	*rand.Rand
	files fstest.MapFS
	list  *strings.Builder
	code  string // of the application
}

func (g *generator) of(words ...string) string { return words[g.IntN(len(words))] }

func (g *generator) line(format string, args ...any) { fmt.Fprintf(g.list, format+"\n", args...) }

// perhaps writes a line, or not.
func (g *generator) perhaps(format string, args ...any) {
	if g.IntN(2) == 0 {
		g.line(format, args...)
	}
}

func (g *generator) entry(name string) {
	if g.IntN(6) == 0 {
		return
	}
	g.line("- namespace: %s", name)
	g.perhaps("  podSecurity: %s", g.of("privileged", "baseline", "restricted"))
	g.perhaps("  labels: {team: %s}", g.of("a", "b"))
	if g.IntN(5) > 0 {
		g.line("  networkPolicies:\n    profile: %s", g.of("web-app", "web-app-internal", "isolated", "operator", "media-server"))
		if g.IntN(2) == 0 {
			g.line("    allow:\n      - {%s: {%s, ports: [%s]}}", g.of("to", "from"), g.of("cidr: 203.0.113.0/24", "entity: host", "entity: world"), g.of("80", "443", "53/UDP"))
		}
	}
	g.perhaps("  access: [{group: %s, role: %s}]", g.of("house", "admins"), g.of("view", "edit"))
	g.line("  clusterResources: [rbac.authorization.k8s.io/ClusterRole, apiextensions.k8s.io/CustomResourceDefinition]")
	g.line("  applications:")
	for i := range 1 + g.IntN(2) {
		g.application(fmt.Sprintf("%s-%d", name, i))
	}
}

func (g *generator) application(code string) {
	g.code = code
	g.line("    - applicationCode: %s\n      path: deploy/%s", code, code)
	g.perhaps("      toggleable: true")
	g.perhaps("      autoSync: %s", g.of("true", "false", "{prune: false}"))
	if g.IntN(2) == 0 {
		g.line("      ingress: [{host: %s, service: a, port: 80, expose: %s, auth: %s}]", g.of(code, code+"-new"), g.of("public", "lan"), g.of("sso", "none"))
	}
	if g.IntN(2) == 0 {
		g.line("      secrets: [{name: s-%s, data: {KEY: %s#%s}}]", code, g.of("house/a", "house/b"), g.of("x", "y"))
	}
	var manifests []string
	for range 1 + g.IntN(5) {
		manifests = append(manifests, g.manifest())
	}
	// One name each, or Argo CD would warn.
	slices.Sort(manifests)
	manifests = slices.CompactFunc(manifests, func(a, b string) bool { return identity(a) == identity(b) })
	g.files["deploy/"+code+"/all.yaml"] = &fstest.MapFile{Data: []byte(strings.Join(manifests, "---\n"))}
}

func identity(manifest string) string {
	lines := strings.SplitN(manifest, "\n", 4)
	return strings.Join(lines[:3], "\n")
}

// manifest is one that an application deploys.
func (g *generator) manifest() string {
	header := func(apiVersion, kind, name string) string {
		return fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s-%s}\n", apiVersion, kind, g.code, name)
	}
	container := fmt.Sprintf("{name: c, image: %q, env: [{name: A, value: %q}, {name: B, value: b}], ports: [{containerPort: 80, name: http}], securityContext: {privileged: %s}}",
		g.of("registry.example/a:1", "registry.example/a:2", "ghcr.io/b/c@sha256:"+strings.Repeat("a", 64)), g.of("1", "2"), g.of("true", "false"))
	sidecar := g.of("", ", {name: d, image: registry.example/d:1}")
	app := g.of("a", "b")
	template := fmt.Sprintf("{metadata: {labels: {app: %s}}, spec: {containers: [%s%s]}}", app, container, sidecar)
	switch g.IntN(12) {
	case 0:
		return header("apps/v1", "Deployment", g.of("a", "b")) + fmt.Sprintf("spec: {replicas: %d, selector: {matchLabels: {app: %s}}, template: %s}\n", g.IntN(3), app, template)
	case 1:
		return header("apps/v1", "StatefulSet", "db") + fmt.Sprintf("spec: {serviceName: %s, selector: {matchLabels: {app: %s}}, template: %s}\n", g.of("db", "a"), app, template)
	case 2:
		return header("v1", "PersistentVolumeClaim", "data") + fmt.Sprintf("spec: {accessModes: [ReadWriteOnce], storageClassName: %s, resources: {requests: {storage: %s}}}\n", g.of("fast", "slow"), g.of("1Gi", "2Gi"))
	case 3:
		return header("v1", "ConfigMap", "config") + fmt.Sprintf("data: {a: %q, text: \"one\\n%s\\nthree\\n\"}\n", g.of("1", "2"), g.of("two", "2"))
	case 4:
		return header("v1", "Secret", "secret") + fmt.Sprintf("stringData: {password: %q}\n", g.of("marker-1", "marker-2"))
	case 5:
		return header("rbac.authorization.k8s.io/v1", "Role", "role") + fmt.Sprintf("rules: [{apiGroups: [\"\"], resources: [%s], verbs: [%s]}]\n", g.of("pods", "secrets", "'*'"), g.of("get", "get, list", "'*'"))
	case 6:
		return header("v1", "Service", "a") + fmt.Sprintf("spec: {type: %s, selector: {app: %s}, ports: [{port: 80, targetPort: http, name: http}]}\n", g.of("ClusterIP", "LoadBalancer", "NodePort"), app)
	case 7:
		return header("traefik.io/v1alpha1", "IngressRoute", "own") + fmt.Sprintf("spec: {entryPoints: [%s], routes: [{kind: Rule, match: Host(`%s.home.example`), services: [{name: a, port: 80}]}]}\n", g.of("web", "websecure"), g.of("own", "shared"))
	case 8:
		return header("cilium.io/v2", "CiliumNetworkPolicy", "own") + fmt.Sprintf("spec: {endpointSelector: {}, %s: [{%s: [%s]}]}\n", "ingress", "fromEntities", g.of("world", "cluster", "host"))
	case 9:
		return header("batch/v1", "Job", "job") + fmt.Sprintf("spec: {template: {spec: {restartPolicy: Never, containers: [%s]}}}\n", container)
	case 10:
		return header("batch/v1", "CronJob", "cron") + fmt.Sprintf("spec: {schedule: %q, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [%s]}}}}}\n", g.of("0 1 * * *", "0 2 * * *"), container)
	}
	return header("rbac.authorization.k8s.io/v1", "ClusterRole", "role-"+g.of("a", "b")) + fmt.Sprintf("rules: [{apiGroups: [apps], resources: [deployments], verbs: [%s]}]\n", g.of("get", "get, delete"))
}
