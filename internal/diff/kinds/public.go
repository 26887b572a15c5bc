package kinds

import (
	"fmt"

	"github.com/hippotion/roster/internal/diff"
)

var publicHosts = &diff.Kind{
	Name:    "public",
	Words:   []string{"public", "not-public"},
	Summary: "A host can be reached from everywhere, or there is another way in from outside",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, a := range changedAddresses(c) {
			if a.before.public() != a.after.public() {
				found(a.published(c))
			}
		}
		waysIn(c, found)
	},
}

// published is an address that everybody reaches, or that not everybody does any more.
func (a *address) published(c *diff.Change) diff.Consequence {
	out := diff.Consequence{Word: "public", Weight: diff.Notice, Subject: a.text, Objects: a.objects(c)}
	switch {
	case a.after == nil:
		return a.removed(c, "not-public")
	case a.before.public():
		out.Word, out.Weight = "not-public", diff.Plain
		out.Message = fmt.Sprintf("%s is served %s now, %s; before %s", a.text, a.after.where(), a.after.login, a.before.where())
		return out
	case a.before == nil:
		out.Message = fmt.Sprintf("%s is served by %s now, %s, %s", a.text, a.after.by(), a.after.where(), a.after.publicLogin)
	default:
		out.Message = fmt.Sprintf("%s is served %s now, %s; before %s", a.text, a.after.where(), a.after.publicLogin, a.before.where())
	}
	if a.after.publicLogin.state <= unasked {
		out.Weight = diff.Danger
	}
	return out
}
