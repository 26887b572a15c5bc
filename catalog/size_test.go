package catalog_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
)

// TestProducts: small files in which one long part is used very often. Each would make gigabytes.
func TestProducts(t *testing.T) {
	list := func(n int, format string) string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
		}
		return strings.Join(out, ", ")
	}
	const platform = "repository: {url: https://git.example/a.git}\n"
	entries := "[" + list(6000, "{namespace: n#, networkPolicies: PROFILE}") + "]"
	profile := "policies:\n  a:\n    ingress:\n      - fromCIDR: [" + list(6000, "10.0.0.0/8") + "]\n"
	for name, files := range map[string]map[string]string{
		"a profile for each namespace": {"profiles/p.yml": profile, "applications.yml": strings.ReplaceAll(entries, "PROFILE", "p")},
		"an extended profile":          {"profiles/p.yml": profile, "profiles/q.yml": "extends: p\n", "applications.yml": strings.ReplaceAll(entries, "PROFILE", "q")},
		"labels for each namespace":    {"platform.yml": platform + "ingress: {controller: {podLabels: {" + list(3000, "l#: v") + "}}}\n", "applications.yml": strings.ReplaceAll(entries, "PROFILE", "web-app")},
		"options for each application": {"platform.yml": platform + "defaults: {path: chart, syncOptions: [" + list(10000, "ServerSideApply=true") + "]}\n",
			"applications.yml": "[" + list(5000, "{namespace: n#, applications: [a#]}") + "]"},
		"entry points for each route": {"platform.yml": platform + "domain: home.example\ndefaults: {path: chart}\ningress: {expose: {lan: [" + list(20000, "e#") + "]}}\n",
			"applications.yml": "[{namespace: a, applications: [{applicationCode: a, ingress: [" + list(5000, "{host: h#, service: s, port: 1, auth: none}") + "]}]}]"},
		"a store for each secret": {"platform.yml": platform + "defaults: {path: chart}\nsecrets: {store: {name: " + strings.Repeat("a.", 100000) + "a}}\n",
			"applications.yml": "[{namespace: a, applications: [" + list(3000, "{applicationCode: a#, secrets: [{name: x#, data: {A: \"p\\x23b\"}}]}") + "]}]"},
		"a long URL for each application": {"platform.yml": "repository: {url: 'https://git.example/" + strings.Repeat("a", 200000) + ".git'}\ndefaults: {path: chart}\n",
			"applications.yml": "[" + list(5000, "{namespace: n#, applications: [a#]}") + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			if files["platform.yml"] == "" {
				files["platform.yml"] = platform
			}
			diags := refuse(t, files)
			found := 0
			for _, d := range diags {
				if d.Code == "too-large" && d.Pos.File == "applications.yml" && d.Pos.Line == 1 && strings.HasPrefix(d.Message, "with this entry, the platform would render to more than ") {
					found++
				}
			}
			if found != 1 {
				t.Errorf("found %d messages, the first is %.300v", len(diags), diags[0])
			}
		})
	}
}

// TestWavesOfProducts: each of many steps waits for each of many applications. A step per pair would be millions.
func TestWavesOfProducts(t *testing.T) {
	load := func(n int, platform string, entry func(i int) string) uint64 {
		var b strings.Builder
		for i := range n {
			b.WriteString(entry(i))
		}
		files := map[string]string{"applications.yml": b.String(), "platform.yml": "repository: {url: https://git.example/a.git}\ndefaults: {path: chart}\n" + platform}
		return cost(t, files)
	}
	for name, of := range map[string]func(n int) uint64{
		"kinds": func(n int) uint64 {
			return load(n, "", func(i int) string {
				return fmt.Sprintf("- {namespace: n%d, networkPolicies: isolated, applications: [{applicationCode: a%d, provides: [cilium.io, traefik.io, external-secrets.io]}]}\n", i, i)
			})
		},
		"secrets": func(n int) uint64 {
			var codes []string
			for i := range n / 2 {
				codes = append(codes, fmt.Sprintf("a%d", i))
			}
			return load(n, "secrets: {dependsOn: ["+strings.Join(codes, ", ")+"]}\n", func(i int) string {
				if i < n/2 {
					return fmt.Sprintf("- {namespace: n%d, applications: [a%d]}\n", i, i)
				}
				return fmt.Sprintf("- {namespace: n%d, applications: [{applicationCode: a%d, secrets: [{name: s, data: {A: 'p#b'}}]}]}\n", i, i)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			few, many := of(400), of(3200)
			if many > 14*few { // 8 times, and what grows with the logarithm; the product is 64 times
				t.Errorf("8 times as many take %d times the memory: %d and %d KiB", many/few, few>>10, many>>10)
			}
		})
	}
}

// cost is how many bytes are allocated to load a platform without mistakes.
func cost(t *testing.T, files map[string]string) uint64 {
	t.Helper()
	fsys := fstest.MapFS{"chart/Chart.yaml": {Data: []byte("name: chart\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, diags, err := catalog.Load(fsys, ".", catalog.Options{})
	runtime.ReadMemStats(&after)
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	return after.TotalAlloc - before.TotalAlloc
}
