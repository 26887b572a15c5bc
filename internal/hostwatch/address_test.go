package hostwatch

import "testing"

func TestAddress(t *testing.T) {
	lan := testOptions(t).lan
	wide := testOptions(t, "--lan", "private, 2001:db8:1::/48", "--lan=203.0.113.5").lan
	narrow := testOptions(t, "--lan=192.168.7.9/24").lan
	for _, c := range []struct {
		address               string
		private, wide, narrow bool // is it outside of these
		label, source         string
	}{
		{"10.1.2.3", false, false, true, "10.1.2.3", "10.1.2.3"},
		{"172.31.255.255", false, false, true, "172.31.255.255", "172.31.255.255"},
		{"172.32.0.0", true, true, true, "172.32.0.0", "172.32.0.0"},
		{"192.168.7.1", false, false, false, "192.168.7.1", "192.168.7.1"},
		{"::ffff:192.168.7.1", false, false, false, "192.168.7.1", "192.168.7.1"},
		{"::ffff:203.0.113.9", true, true, true, "203.0.113.9", "203.0.113.9"},
		{"203.0.113.5", true, false, true, "203.0.113.5", "203.0.113.5"},
		{"127.0.0.1", false, false, true, "127.0.0.1", "127.0.0.1"},
		{"::1", false, false, true, "::1", "::/64"},
		{"fe80::1%eth0", false, false, true, "fe80::1", "fe80::/64"},
		{"fd00::1", false, false, true, "fd00::1", "fd00::/64"},
		{"2001:DB8:1::1", true, false, true, "2001:db8:1::1", "2001:db8:1::/64"},
		{"2001:db8:0:1:2::", true, true, true, "2001:db8:0:1:2::", "2001:db8:0:1::/64"},
		{"UNKNOWN", true, true, true, "UNKNOWN", "UNKNOWN"},
		{"192.168.7.1.evil.example", true, true, true, "192.168.7.1.evil.example", "192.168.7.1.evil.example"},
		{"192.168.007.1", true, true, true, "192.168.007.1", "192.168.007.1"}, // some read that as octal
		{"", true, true, true, "unknown", "unknown"},
		{"\xff\n\u202e", true, true, true, "\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"},
	} {
		if a, b, d := outside(c.address, lan), outside(c.address, wide), outside(c.address, narrow); a != c.private || b != c.wide || d != c.narrow {
			t.Errorf("%q is outside: %v, %v, %v", c.address, a, b, d)
		}
		if label, source := addressLabel(c.address), sourceOf(c.address); label != c.label || source != c.source {
			t.Errorf("%q: label %q, source %q", c.address, label, source)
		}
	}
}
