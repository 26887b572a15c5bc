package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

var privilege = &diff.Kind{
	Name:    "privilege",
	Words:   []string{"privilege", "privilege-removed"},
	Summary: "Somebody may do more than before, or less",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		findRBAC(c, found)
		findProjects(c, found)
		findPodPrivileges(c, found)
		findAccounts(c, found)
		unknownPods(c)
	},
}

// happening is a consequence for one of several that may be alike.
type happening struct {
	diff.Consequence
	before, who, after string   // the message, around the name of whom it happens to
	apart              string   // what else has to be the same, so that the opposite direction joins the same ones
	own                []string // details of it alone, which are left out where there are many
}

// happened reports what happens, once where the same happens to many.
func happened(all []happening, found func(diff.Consequence)) {
	type key struct{ word, weight, before, after, details, apart string }
	of := map[key][]happening{}
	var keys []key
	for _, h := range all {
		k := key{h.Word, string(h.Weight), h.before, h.after, strings.Join(h.Details, "\n"), h.apart}
		if of[k] == nil {
			keys = append(keys, k)
		}
		of[k] = append(of[k], h)
	}
	for _, k := range keys {
		f := of[k][0].Consequence
		var who []string
		f.Objects = nil
		for _, h := range of[k] {
			who = append(who, h.who)
			f.Objects = append(f.Objects, h.Objects...)
		}
		f.Objects = uniqueIDs(f.Objects)
		if len(who) == 1 {
			f.Details = slices.Concat(of[k][0].own, f.Details)
		} else {
			f.Subject = fmt.Sprintf("%s and %s more", f.Subject, diag.Thousands(len(who)-1))
		}
		f.Message = k.before + fewOf(who, mostAlike) + k.after
		if len(who) > mostAlike {
			f.Details = append(slices.Clone(f.Details), firstLines(who[mostAlike:], mostListed)...)
		}
		found(f)
	}
}

const (
	mostAlike  = 3  // to whom the same happens, that a message names
	mostListed = 10 // more of them in the details
)

// firstLines are the first of some lines, and how many more there are.
func firstLines(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("and %s more", diag.Thousands(len(lines)-most)))
}

func uniqueIDs(ids []diff.ID) []diff.ID {
	seen := map[diff.ID]bool{}
	return slices.DeleteFunc(ids, func(id diff.ID) bool {
		was := seen[id]
		seen[id] = true
		return was
	})
}

// privilegeWord is the word for what somebody gains, or loses.
func privilegeWord(gained bool) string {
	if gained {
		return "privilege"
	}
	return "privilege-removed"
}

// privilegeWeight is how much it matters: what is lost is no danger.
func privilegeWeight(gained, dangerous bool) diff.Weight {
	switch {
	case !gained:
		return diff.Plain
	case dangerous:
		return diff.Danger
	}
	return diff.Notice
}

// fewOf joins the first of some texts, which are not empty, and says how many more there are.
func fewOf(all []string, most int) string {
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(all[:most], ", "), diag.Thousands(len(all)-most))
}

// missingIn are the elements of a list that another one does not have, in order.
func missingIn(list, other []string) []string {
	has := map[string]bool{}
	for _, e := range other {
		has[e] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(e string) bool { return has[e] })
}
