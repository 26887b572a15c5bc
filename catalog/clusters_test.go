package catalog_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
)

// list is a folder with a list, and a chart.
func list(platform, applications string) fstest.MapFS {
	return fstest.MapFS{
		"chart/Chart.yaml": {Data: []byte("name: chart\n")},
		"platform.yml":     {Data: []byte("repository: {url: https://git.example/house.git}\n" + platform)},
		"applications.yml": {Data: []byte(applications)},
	}
}

func read(t *testing.T, files fstest.MapFS, options catalog.Options) catalog.Reading {
	t.Helper()
	in, err := catalog.Read(files, ".", options)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Mistakes) > 0 {
		t.Fatal(in.Mistakes)
	}
	return in
}

const threeClusters = `domain: home.example
ingress: {expose: {lan: [websecure]}}
podSecurity: {warn: restricted}
nodes: [192.168.0.1, 192.168.0.2]
defaults: {cluster: home, autoSync: true, syncOptions: [ServerSideApply=true]}
clusters:
  work: {name: work, nodes: [10.0.0.1]}
  vps:
    server: https://vps.example
    domain: vps.example
    podSecurity: {enforce: baseline}
    defaults: {autoSync: false}
    ingress: {expose: {public: [web]}, defaults: {expose: public}}
  home: {}
`

// TestSettings: what a cluster says is laid over what is true of all.
func TestSettings(t *testing.T) {
	in := read(t, list(threeClusters, "- {namespace: web-a, clusters: all, networkPolicies: open, applications: [{applicationCode: web-a, path: chart, ingress: [{host: a, service: a, port: 80, auth: app}]}]}\n"), catalog.Options{})
	got := map[string][]any{}
	for _, c := range in.Clusters {
		p := c.Platform
		n := p.Namespaces[0]
		a := n.Applications[0]
		got[p.Cluster.Name] = []any{p.Domain, len(p.Nodes), len(p.Expose), n.PodSecurity.Enforce, n.PodSecurity.Warn, a.AutoSync != nil, a.SyncOptions, a.Routes[0].Host, a.Name, n.Project.Name}
	}
	options := []string{"ServerSideApply=true"}
	want := map[string][]any{
		"home": {"home.example", 2, 1, "", "restricted", true, options, "a.home.example", "web-a", "web-a"},
		"vps":  {"vps.example", 2, 2, "baseline", "restricted", false, options, "a.vps.example", "vps.web-a", "vps.web-a"},
		"work": {"home.example", 1, 1, "", "restricted", true, options, "a.home.example", "work.web-a", "work.web-a"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, want := range []catalog.Cluster{
		{Name: "home", Manager: "home", Home: true},
		{Name: "vps", Manager: "home", Home: true, Remote: true, Server: "https://vps.example"},
		{Name: "work", Manager: "home", Home: true, Remote: true, Known: "work"},
	} {
		if got := in.Clusters[i].Platform.Cluster; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestPlaces: an entry is where it says, with what differs there; two may have one namespace where they do not meet.
func TestPlaces(t *testing.T) {
	in := read(t, list(threeClusters, `
- {namespace: one, networkPolicies: open}
- {namespace: named, cluster: vps, networkPolicies: open}
- {namespace: some, clusters: [work, home], networkPolicies: open}
- {namespace: every, clusters: all, networkPolicies: open, labels: {a: b, c: d}, perCluster: {vps: {labels: {a: e}}}}
- {namespace: twice, cluster: vps, networkPolicies: open, labels: {of: vps}}
- {namespace: twice, clusters: [home, work], networkPolicies: open, labels: {of: others}}
`), catalog.Options{})
	got := map[string][]string{}
	for _, c := range in.Clusters {
		for _, n := range c.Platform.Namespaces {
			got[c.Platform.Cluster.Name] = append(got[c.Platform.Cluster.Name], fmt.Sprint(n.Name, n.Labels))
		}
	}
	want := map[string][]string{
		"home": {"everymap[a:b c:d]", "onemap[]", "somemap[]", "twicemap[of:others]"},
		"vps":  {"everymap[a:e c:d]", "namedmap[]", "twicemap[of:vps]"},
		"work": {"everymap[a:b c:d]", "somemap[]", "twicemap[of:others]"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTarget: what the name of an Application is about, for each Argo CD that asks.
func TestTarget(t *testing.T) {
	const platform = "clusters: {a: {}, b: {}, a1: {server: https://a1.example, managedBy: a}, b1: {server: https://b1.example, managedBy: b}}\n"
	const entries = "- {namespace: web-a, clusters: [a, b, a1], networkPolicies: open, applications: [{applicationCode: web-a, path: chart}]}\n- {namespace: b1, cluster: b1, networkPolicies: open, applications: [{applicationCode: web-b, path: chart}]}\n"
	for _, c := range []struct {
		cluster, name string
		want          catalog.Target
	}{
		{"a", "", catalog.Target{Cluster: "a", Part: catalog.RootPart}},
		{"a1", "", catalog.Target{Cluster: "a1", Part: catalog.RootPart}},
		{"b", "roster", catalog.Target{Cluster: "b", Part: catalog.RootPart}},
		{"b", "b1.roster", catalog.Target{Cluster: "b1", Part: catalog.RootPart}},
		{"", "b1.roster", catalog.Target{Cluster: "b1", Part: catalog.RootPart}},
		{"b1", "roster", catalog.Target{Cluster: "b1", Part: catalog.RootPart}},
		{"a", "web-a", catalog.Target{Cluster: "a", Code: "web-a"}},
		{"a", "a1.web-a", catalog.Target{Cluster: "a1", Code: "web-a"}},
		{"a1", "web-a", catalog.Target{Cluster: "a1", Code: "web-a"}},
		{"a", "a1.web-a.secrets", catalog.Target{Cluster: "a1", Part: catalog.SecretPart, Code: "web-a"}},
		{"", "a1.roster.namespaces", catalog.Target{Cluster: "a1", Part: catalog.NamespacePart}},
		{"a1", "roster.policies", catalog.Target{Cluster: "a1", Part: catalog.PolicyPart}},
		{"a", "a1.roster.store", catalog.Target{Cluster: "a1", Part: catalog.StorePart}},
		{"a", "a1.roster.routes", catalog.Target{Cluster: "a1", Part: catalog.RoutePart}},
		// What no cluster has is an application of that name, for which whoever asks looks in vain.
		{"a", "roster.policies", catalog.Target{Cluster: "a", Code: "roster.policies"}},
		{"a", "a.web-a", catalog.Target{Cluster: "a", Code: "a.web-a"}},
	} {
		in := read(t, list(platform, entries), catalog.Options{Asked: true, Cluster: c.cluster, Application: c.name})
		if in.Target != c.want || len(in.Clusters) != 1 || in.Clusters[0].Platform.Cluster.Name != c.want.Cluster || in.Number != 4 {
			t.Errorf("%q in the Argo CD of %q: %+v", c.name, c.cluster, in.Target)
		}
	}
}

// TestUnsent: for a part, Argo CD sends no source; for a root, all.
func TestUnsent(t *testing.T) {
	files := list("clusters: {home: {}, vps: {server: https://vps.example}}\nvendor: vendor\n",
		"- {namespace: web-a, clusters: all, networkPolicies: open, applications: [{applicationCode: web-a, path: missing, secrets: [{name: a, dataFrom: [a]}]}]}\n")
	for name, missing := range map[string]bool{
		"vps.roster": true, "roster": true, "web-a": true, "vps.web-a": true, "vps.web-a.secrets": false, "vps.roster.namespaces": false, "vps.roster.routes": false,
	} {
		in, err := catalog.Read(files, ".", catalog.Options{Asked: true, Application: name})
		if err != nil || slices.ContainsFunc(in.Mistakes, func(d diag.Diagnostic) bool { return d.Code == "missing-path" }) != missing {
			t.Errorf("%s: %v %v", name, in.Mistakes, err)
		}
	}
}

// many is a platform.yml with clusters c0, c1 and so on, and the list with entries on all of them.
func many(clusters, entries int) fstest.MapFS {
	var platform, applications strings.Builder
	platform.WriteString("clusters:\n  c0: {}\n")
	for i := 1; i < clusters; i++ {
		fmt.Fprintf(&platform, "  c%d: {server: 'https://c%d.example', apiServer: {port: %d}}\n", i, i, 6000+i)
	}
	for i := range entries {
		fmt.Fprintf(&applications, "- namespace: web-%d\n  clusters: all\n  networkPolicies: {profile: web-app, allow: [{to: {namespace: web-%d, ports: [80]}}]}\n  perCluster: {c1: {podSecurity: restricted}}\n"+
			"  applications: [{applicationCode: web-%d, path: chart, values: {a: b}}]\n", i, (i+1)%entries, i)
	}
	return list(platform.String(), applications.String())
}

// TestLinear: the time and the memory for a list grow with its entries on all of its clusters.
func TestLinear(t *testing.T) {
	cost := func(clusters, entries int) (took time.Duration, allocated uint64) {
		files := many(clusters, entries)
		took = time.Hour
		for range 4 { // the quickest is the one that was not disturbed
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if in := read(t, files, catalog.Options{}); len(in.Clusters) != clusters || len(in.Clusters[clusters-1].Platform.Namespaces) != entries {
				t.Fatal("not all of it was read")
			}
			took = min(took, time.Since(start))
			runtime.ReadMemStats(&after)
			allocated = after.TotalAlloc - before.TotalAlloc
		}
		return took, allocated
	}
	cost(2, 10)
	time1, memory1 := cost(3, 50)
	for _, c := range []struct{ clusters, entries int }{{30, 50}, {3, 500}} { // ten times as much
		time10, memory10 := cost(c.clusters, c.entries)
		if memory10 > 12*memory1 {
			t.Errorf("%d clusters with %d entries allocate %d MiB; a tenth of them %d MiB", c.clusters, c.entries, memory10>>20, memory1>>20)
		}
		if time10 > 60*time1 { // the machine may be busy; of what grows with the square, it would be 100
			t.Errorf("%d clusters with %d entries take %s; a tenth of them %s", c.clusters, c.entries, time10, time1)
		}
	}
}

// TestClusterLimits: what is small when written, and large on many clusters, is refused.
func TestClusterLimits(t *testing.T) {
	text := func(files fstest.MapFS) map[string]string {
		out := map[string]string{}
		for name, file := range files {
			out[name] = string(file.Data)
		}
		return out
	}
	var misspelled strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&misspelled, "- {namespace: web-%d, clusters: [%s]}\n", i, strings.Repeat("d, ", 25))
	}
	wrong := many(200, 1)
	wrong["applications.yml"].Data = []byte(misspelled.String())
	shared := many(30, 20)
	shared["platform.yml"].Data = append(shared["platform.yml"].Data, "defaults: {syncOptions: ['A="+strings.Repeat("a", 500_000)+"']}\n"...)
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"clusters", many(201, 10), "platform.yml:203:3: clusters.c200: expected at most 200 clusters, found 201 [too-large]"},
		{"entries on clusters", many(1000, 10_000), "applications.yml:1251:3: web-250: with this entry, there are more than 50000 on all clusters together [too-large]"},
		{"the sizes of all platforms", shared, "applications.yml:11:3: web-2: on the cluster c15: with this entry, the platform would render to more than 68 MiB [too-large]"},
		{"unknown clusters", wrong, "applications.yml:1:33: web-0.clusters[0]: there is no cluster \"d\" [unknown-cluster]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			diags := refuse(t, text(c.files))
			if d := diags[0]; fmt.Sprintf("%s: %s: %s [%s]", d.Pos, d.Path, d.Message, d.Code) != c.want {
				t.Errorf("%d messages, the first is\n%.300v", len(diags), d)
			}
		})
	}
}
