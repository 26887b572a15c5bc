package verdict

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/cilium/cilium/pkg/policy/api"
)

// TestWithout: what is left of ports, wherever those that go begin and end.
func TestWithout(t *testing.T) {
	set := func(ranges ...Range) Ports { return Ports{"TCP": ranges} }
	for _, c := range []struct {
		p, q Ports
		want string
	}{
		{set(Range{1, 65535}), set(Range{1, 65535}), "none"},
		{set(Range{1, 10}, Range{20, 30}), set(Range{5, 25}), "1-4/TCP, 26-30/TCP"},
		{set(Range{1, 10}), set(Range{2, 2}, Range{4, 5}, Range{10, 20}), "1/TCP, 3/TCP, 6-9/TCP"},
		{set(Range{5, 6}, Range{8, 9}, Range{11, 12}), set(Range{1, 2}, Range{6, 6}, Range{8, 11}), "5/TCP, 12/TCP"},
		{set(Range{1, 3}, Range{5, 9}), set(Range{2, 7}, Range{9, 9}), "1/TCP, 8/TCP"},
	} {
		if got := c.p.Without(c.q).String(); got != c.want {
			t.Errorf("%s without %s: got %s, want %s", c.p, c.q, got, c.want)
		}
	}
}

// TestNumbers: numbers of ports are read as Cilium reads them, and none is taken for another one.
func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{"80": "80/TCP", "010": "8/TCP", "0": "TCP", "0x10": "none"} {
		r := &rule{ports: Ports{}}
		r.port(api.PortProtocol{Port: text, Protocol: "TCP"})
		if got := r.ports.String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	r := &rule{ports: Ports{}}
	r.port(api.PortProtocol{Port: "80", EndPort: 70000, Protocol: "TCP"})
	if got := r.ports.String(); got != "80-65535/TCP" {
		t.Error(got)
	}
}

// TestKubernetesPorts: a NetworkPolicy with numbers that the API server refuses permits nothing.
func TestKubernetesPorts(t *testing.T) {
	number := func(n int) *intstr.IntOrString { v := intstr.FromInt32(int32(n)); return &v }
	name := intstr.FromString("http")
	end := func(n int32) *int32 { return &n }
	for _, c := range []struct {
		port networkingv1.NetworkPolicyPort
		ok   bool
	}{
		{networkingv1.NetworkPolicyPort{}, true},
		{networkingv1.NetworkPolicyPort{Port: &name}, true},
		{networkingv1.NetworkPolicyPort{Port: number(80), EndPort: end(80)}, true},
		{networkingv1.NetworkPolicyPort{Port: number(0)}, false},
		{networkingv1.NetworkPolicyPort{Port: number(-1)}, false},
		{networkingv1.NetworkPolicyPort{Port: number(65536)}, false},
		{networkingv1.NetworkPolicyPort{Port: number(80), EndPort: end(79)}, false},
		{networkingv1.NetworkPolicyPort{Port: number(80), EndPort: end(65536)}, false},
		{networkingv1.NetworkPolicyPort{Port: &name, EndPort: end(90)}, false},
		{networkingv1.NetworkPolicyPort{EndPort: end(90)}, false},
	} {
		if _, err := kubernetesPorts([]networkingv1.NetworkPolicyPort{c.port}); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.port, err)
		}
	}
}
