package plugin_test

import (
	"testing"

	"github.com/hippotion/roster/plugin"
)

// TestSent: the working directory of the plugin ends with as much of the list's path as Argo CD sent.
func TestSent(t *testing.T) {
	for _, test := range []struct{ path, dir, folder, at string }{
		{".", "/tmp/w/1", "/tmp/w/1", "."},
		{"home", "/tmp/w/1/home", "/tmp/w/1", "."},
		{"home", "/tmp/w/1", "/tmp/w/1", "home"},
		{"clusters/home", "/tmp/w/1/clusters/home", "/tmp/w/1", "."},
		{"clusters/home", "/tmp/w/1/home", "/tmp/w/1", "clusters"},
		{"clusters/home", "/tmp/w/1", "/tmp/w/1", "clusters/home"},
		{"a/a", "/tmp/w/1/a/a", "/tmp/w/1", "."},
		{"a/a", "/tmp/w/1/a", "/tmp/w/1", "a"},
		{"ome", "/tmp/w/1/home", "/tmp/w/1/home", "ome"},
	} {
		if folder, at := (plugin.Request{Path: test.path}).Sent(test.dir); folder != test.folder || at != test.at {
			t.Errorf("path %s in %s: %s at %s, want %s at %s", test.path, test.dir, folder, at, test.folder, test.at)
		}
	}
}
