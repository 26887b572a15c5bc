package kinds

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

var exposures = &diff.Kind{
	Name:    "exposure",
	Words:   []string{"exposure"},
	Summary: "A host is on other entry points",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, a := range changedAddresses(c) {
			if a.before == nil || a.after == nil || a.before.notItsRoutes || a.after.notItsRoutes || a.before.public() != a.after.public() ||
				slices.Equal(a.before.entryPoints, a.after.entryPoints) {
				continue
			}
			found(diff.Consequence{Word: "exposure", Weight: diff.Notice, Subject: a.text, Objects: a.objects(c),
				Message: fmt.Sprintf("%s is served on %s now; before on %s", a.text, enumerated(a.after.on()), enumerated(a.before.on()))})
		}
	},
}
