package kinds

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

var takenHosts = &diff.Kind{
	Name:    "taken",
	Words:   []string{"host-taken"},
	Summary: "Another application answers for a host, or for a path of one",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, a := range changedAddresses(c) {
			if a.before == nil || a.after == nil || slices.Equal(a.before.codes, a.after.codes) {
				continue
			}
			out := diff.Consequence{Word: "host-taken", Weight: diff.Notice, Subject: a.text, Objects: a.objects(c),
				Message: fmt.Sprintf("%s is answered by %s now; before by %s", a.text, a.after.by(), a.before.by())}
			if !slices.Equal(a.before.namespaces, a.after.namespaces) {
				out.Weight = diff.Danger
			}
			for _, why := range a.sides[1].lost(a.text) {
				out.Details = append(out.Details, "Traefik drops the route of another one: "+why)
			}
			found(out)
		}
	},
}
