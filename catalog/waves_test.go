package catalog_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
)

// loadList reads a list of which every application is the folder app.
func loadList(t *testing.T, platform, list string) *catalog.Platform {
	t.Helper()
	return readList(t, platform, list).Clusters[0].Platform
}

func readList(t *testing.T, platform, list string) catalog.Reading {
	t.Helper()
	reading, err := catalog.Read(fstest.MapFS{
		"platform.yml":     {Data: []byte("repository: {url: https://git.example/homelab.git}\ndefaults: {path: app}\n" + platform)},
		"applications.yml": {Data: []byte(list)},
		"app/config.yaml":  {Data: []byte("{}\n")},
	}, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		t.Fatal(err, reading.Mistakes)
	}
	return reading
}

// longChain is a list of n applications that depend on each other, and one that nothing waits for, with a secret.
func longChain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- namespace: web-%d\n  applications:\n    - applicationCode: web-%d\n", i, i)
		if i > 0 {
			fmt.Fprintf(&b, "      dependsOn: [web-%d]\n", i-1)
		}
	}
	b.WriteString("- namespace: web-last\n  applications:\n    - {applicationCode: web-last, secrets: [{name: last, data: {KEY: last#key}}]}\n")
	return b.String()
}

// TestLongChain: after a chain that needs more waves than there are, the last two waves follow it: first the secrets of what nothing
// waits for, and not together with the last application of the chain that something waits for.
func TestLongChain(t *testing.T) {
	for _, c := range []struct{ chain, needed, last catalog.Wave }{{98, 96, 100}, {99, 97, 100}, {100, 98, 100}, {101, 99, 101}, {150, 148, 150}} {
		p := loadList(t, "", longChain(int(c.chain)))
		waves := map[string]catalog.Wave{}
		for _, n := range p.Namespaces {
			if n.GuardWave != c.last {
				t.Fatalf("%d applications: the guard of %s is in wave %d, want %d", c.chain, n.Name, n.GuardWave, c.last)
			}
			a := n.Applications[0]
			waves[a.Code] = a.Wave
			if a.Code == "web-last" && (a.Wave != c.last || a.SecretsSync.Wave != c.last-1 || a.SecretsSync.Wave <= c.needed) {
				t.Errorf("%d applications: the one that nobody waits for is in wave %d, its secret in %d, want %d", c.chain, a.Wave, a.SecretsSync.Wave, c.last)
			}
		}
		before := fmt.Sprintf("web-%d", c.chain-2)
		if waves[before] != c.needed || waves[fmt.Sprintf("web-%d", c.chain-1)] != c.last {
			t.Errorf("%d applications: %s is in wave %d, want %d", c.chain, before, waves[before], c.needed)
		}
	}
}

// TestLongChainOfStore: the store, too, comes before the secrets of what nothing waits for.
func TestLongChainOfStore(t *testing.T) {
	const chain = 120
	p := loadList(t, fmt.Sprintf("secrets: {dependsOn: [web-%d], store: {vault: {server: 'https://vault.example', role: r}}}\n", chain-1), longChain(chain))
	for _, n := range p.Namespaces {
		for _, a := range n.Applications {
			if a.Code == "web-last" && (p.Stores[0].Sync.Wave != chain || a.SecretsSync.Wave != chain+1 || a.Wave != chain+2) {
				t.Errorf("the store is in wave %d, the secret in %d, its application in %d", p.Stores[0].Sync.Wave, a.SecretsSync.Wave, a.Wave)
			}
		}
	}
}

// TestAwaited: an application waits for what it depends on, for its Secrets, and for all that these wait for.
func TestAwaited(t *testing.T) {
	reading := readList(t, "secrets: {dependsOn: [vault]}\n", `
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: cilium, provides: [cilium.io]}
    - {applicationCode: operator, provides: [external-secrets.io]}
    - {applicationCode: other, provides: [external-secrets.io], dependsOn: [cilium]}
    - {applicationCode: vault}
    - {applicationCode: reads, secrets: [{name: a, data: {KEY: a#key}}]}
    - {applicationCode: after, dependsOn: [reads]}
    - {applicationCode: alone}
`)
	for code, want := range map[string]string{
		"cilium": "", "vault": "cilium", "alone": "cilium", "operator": "cilium", "other": "cilium",
		"reads": "cilium operator other vault and secrets", "after": "cilium operator other reads vault and secrets", "unknown": "",
	} {
		a := reading.Clusters[0].Order.Awaited(code)
		got := strings.Join(slices.Sorted(maps.Keys(a.Applications)), " ")
		if a.Secrets {
			got += " and secrets"
		}
		if got != want {
			t.Errorf("%s waits for %q, expected %q", code, got, want)
		}
	}
}
