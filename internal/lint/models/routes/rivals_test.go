package routes

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// TestRivals finds the same routers as comparing each with each, and one finding for each that is not the first.
func TestRivals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hosts, paths := []string{"", "Host(`a`)", "Host(`b`)"}, []string{"", "Path(`/x`)", "PathPrefix(`/`)", "PathPrefix(`/x`)", "PathPrefix(`/x/y`)"}
	for run := range 400 {
		settings := &traefik.Settings{Encrypted: map[string]bool{"e2": true}}
		var routers []*Router
		for i := range 2 + r.IntN(8) {
			var parts []string
			for _, p := range []string{hosts[r.IntN(len(hosts))], paths[r.IntN(len(paths))], []string{"", "", "Method(`GET`)"}[r.IntN(3)]} {
				if p != "" {
					parts = append(parts, p)
				}
			}
			if len(parts) == 0 {
				parts = []string{"Host(`c`)"}
			}
			o := &Router{Name: "r" + strconv.Itoa(i), Namespace: "web", Text: strings.Join(parts, " && "), TLS: r.IntN(4) == 0}
			for _, e := range []string{"e1", "e2"} {
				if r.IntN(2) == 0 {
					o.EntryPoints = append(o.EntryPoints, e)
				}
			}
			o.understand(1 + r.IntN(2))
			routers = append(routers, o)
		}
		first := map[*Router]*Router{}
		for j, second := range routers {
			for _, other := range routers[:j] {
				if other.Priority == second.Priority && other.Meets(second, settings) && Common(other, second) != nil && first[second] == nil {
					first[second] = other
				}
			}
		}
		got := RivalsOf(routers, settings)
		for _, o := range routers {
			if (first[o] == nil) != (got[o].First == nil) {
				t.Errorf("%d: %s %s %v tls %v: got %v, want %v", run, o.Name, o.Text, o.EntryPoints, o.TLS, got[o].First, first[o])
			}
			if f := got[o].First; f != nil && (Common(f, o) == nil || !f.Meets(o, settings) || f.Priority != o.Priority) {
				t.Errorf("%d: %s is no rival of %s", run, f, o)
			}
		}
		if t.Failed() {
			for _, o := range routers {
				t.Log(fmt.Sprint(o.Name, " ", o.Text, " ", o.EntryPoints, " ", o.TLS, " ", o.Priority))
			}
			break
		}
	}
}

// TestManyRivals reports each of many routes once.
func TestManyRivals(t *testing.T) {
	var routers []*Router
	for i := range 4 {
		o := &Router{Name: "r" + strconv.Itoa(i), Namespace: "web", Text: "Host(`a`)", EntryPoints: []string{"e"}}
		o.understand(0)
		routers = append(routers, o)
	}
	got := RivalsOf(routers, &traefik.Settings{})
	for i, o := range routers {
		if i > 0 && (got[o].First != routers[0] || got[o].Count != i) || i == 0 && got[o].First != nil {
			t.Errorf("%s: %v, %d", o.Name, got[o].First, got[o].Count)
		}
	}
}
