package builtin_test

import (
	"reflect"
	"testing"

	"github.com/hippotion/roster/catalog/apps/builtin"
)

func TestTo(t *testing.T) {
	for _, c := range []struct {
		url     string
		podPort int
		want    builtin.Peer // empty for an error
	}{
		{"https://git.example/notes.git", 0, builtin.Peer{Host: "git.example", Ports: []string{"443"}}},
		{"http://git.example:8080", 0, builtin.Peer{Host: "git.example", Ports: []string{"8080"}}},
		{"https://Git.Example", 0, builtin.Peer{Host: "git.example", Ports: []string{"443"}}},
		{"https://192.0.2.7:8443", 0, builtin.Peer{CIDR: "192.0.2.7/32", Ports: []string{"8443"}}},
		{"https://[2001:db8::1]", 0, builtin.Peer{CIDR: "2001:db8::1/128", Ports: []string{"443"}}},
		{"https://git.example:99999", 0, builtin.Peer{}},
		{"https://git.example:0", 0, builtin.Peer{}},
		{"http://n8n.web-n8n.svc.cluster.local:80/x", 5678, builtin.Peer{Namespace: "web-n8n", Ports: []string{"5678"}}},
		{"http://n8n.web-n8n.svc", 5678, builtin.Peer{Namespace: "web-n8n", Ports: []string{"5678"}}},
		{"http://n8n.web-n8n.svc", 0, builtin.Peer{}},
		{"http://pod.n8n.web-n8n.svc", 1, builtin.Peer{}},
		{"http://n8n.svc", 1, builtin.Peer{}},
		{"https://user:secret@git.example", 0, builtin.Peer{}},
		{"ssh://git.example", 0, builtin.Peer{}},
		{"git.example", 0, builtin.Peer{}},
		{"http://%zz", 0, builtin.Peer{}},
	} {
		got, err := builtin.To(c.url, c.podPort)
		if !reflect.DeepEqual(got, c.want) || (err != nil) != (c.want.Ports == nil) {
			t.Errorf("%s: %+v, %v", c.url, got, err)
		}
	}
}
