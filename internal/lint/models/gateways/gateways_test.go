package gateways_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/lint/models/gateways"
)

func TestCommon(t *testing.T) {
	for _, c := range []struct {
		listener string
		route    []string
		want     string
	}{
		{"", nil, "true"},
		{"", []string{"a.example"}, "a.example true"},
		{"a.example", nil, "a.example true"},
		{"*.example", []string{"a.example", "b.other"}, "a.example true"},
		{"*.example", []string{"a.b.example"}, "a.b.example true"},
		{"*.example", []string{"example"}, "false"},
		{"a.example", []string{"*.example"}, "a.example true"},
		{"*.a.example", []string{"*.example", "*.b.a.example"}, "*.a.example *.b.a.example true"},
		{"a.example", []string{"A.example"}, "a.example true"},
		{"a.example", []string{"b.example"}, "false"},
		{"*.example", []string{"*.other"}, "false"},
	} {
		hosts, ok := gateways.Common(c.listener, c.route)
		if got := strings.TrimSpace(fmt.Sprintf("%s %v", strings.Join(hosts, " "), ok)); got != c.want {
			t.Errorf("%q and %q: %s, want %s", c.listener, c.route, got, c.want)
		}
	}
}
