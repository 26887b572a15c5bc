package catalog_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
)

// TestCause tells the flows that entries list from those that follow from them, and from those of the catalog.
func TestCause(t *testing.T) {
	const list = `- namespace: web-a
  networkPolicies: {profile: isolated, allow: [{to: {namespace: web-b}}, {to: {namespace: web-a}}, {from: {cidr: 192.0.2.0/24}}]}
  applications: [{applicationCode: web-a, path: deploy, uses: [web-ntfy]}]
- namespace: web-b
  networkPolicies: isolated
  applications: [{applicationCode: web-b, path: deploy}]
- {namespace: web-ntfy, applications: [{applicationCode: web-ntfy, catalog: ntfy, values: {upstream: 'https://ntfy.sh'}}]}
`
	p, mistakes, err := catalog.Load(fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list)}, catalog.PlatformFile: {Data: []byte(platform)},
		"deploy/a.yaml": {Data: []byte("a: b\n")}}, ".", catalog.Options{})
	if err != nil || len(mistakes) > 0 {
		t.Fatal(err, mistakes)
	}
	var got []string
	for _, n := range p.Namespaces {
		for _, f := range n.Flows {
			got = append(got, fmt.Sprint(n.Name, " ", f.Direction, " ", f.Peer.Namespace, f.Peer.CIDR, f.Peer.Host, " ", f.Cause, " ", f.OfPeer))
		}
	}
	slices.Sort(got)
	want := []string{ // where, direction, peer, cause, and whether it was declared at the other end
		"web-a egress web-a networkPolicies.allow false",
		"web-a egress web-b networkPolicies.allow false",
		"web-a egress web-ntfy uses false",
		"web-a ingress 192.0.2.0/24 networkPolicies.allow false",
		"web-a ingress web-a networkPolicies.allow true",
		"web-b ingress web-a networkPolicies.allow true",
		"web-ntfy egress ntfy.sh catalog false",
		"web-ntfy ingress web-a uses true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
