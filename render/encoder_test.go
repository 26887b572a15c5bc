package render_test

import (
	"fmt"
	"testing"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
)

// TestEncoder: the encoder for what is rendered is quicker than any other, and writes the same.
func TestEncoder(t *testing.T) {
	labels := map[string]string{"k8s:a": "b"}
	values := []any{[]api.EndpointSelector{{}, {LabelSelector: &slimmetav1.LabelSelector{}}, {LabelSelector: &slimmetav1.LabelSelector{MatchLabels: labels}},
		{LabelSelector: &slimmetav1.LabelSelector{MatchExpressions: []slimmetav1.LabelSelectorRequirement{{Key: "k8s:a", Operator: "In", Values: []string{"b"}}}}},
		api.NewESFromMatchRequirements(map[string]string{"k8s.a": "b"}, nil)}}
	for _, c := range examples.Every(t) {
		for _, o := range c.Objects {
			values = append(values, o.Value())
		}
	}
	quick := render.Encoder()
	var other object.Encoder
	for _, v := range values {
		if got, want := string(quick.Encode(nil, v)), string(other.Encode(nil, v)); got != want {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want)
		}
	}
}

// BenchmarkEncoder is why there is an encoder for what is rendered.
func BenchmarkEncoder(b *testing.B) {
	_, objects := examples.Load(b, "homelab")
	var policies []any
	for _, o := range objects {
		if o.Kind == "CiliumNetworkPolicy" {
			policies = append(policies, o.Value())
		}
	}
	for _, e := range []*object.Encoder{render.Encoder(), {}} {
		b.Run(fmt.Sprintf("forms=%d", len(e.Forms)), func(b *testing.B) {
			var text []byte
			for b.Loop() {
				for _, v := range policies {
					text = e.Encode(text[:0], v)
				}
			}
		})
	}
}
