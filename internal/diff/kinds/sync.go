package kinds

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

var syncs = &diff.Kind{
	Name:    "sync",
	Words:   []string{"sync-less", "sync-more"},
	Summary: "Argo CD no longer syncs, prunes or deletes by itself what an application deploys, or now does",
	Find:    findSyncs,
}

// care is something that Argo CD does for an application by itself, and what it means when it no longer does, or begins to.
type care struct {
	of         func(application map[string]any) bool
	less, more [2]string // before the names of applications; and a detail
}

// cares are all of them. The two in the middle only count where applications are synced by themselves on both sides.
var cares = [...]care{
	{automated, [2]string{"no longer synced by itself: ", "later changes wait until somebody syncs it"},
		[2]string{"synced by itself now: ", "what has changed meanwhile is applied at once"}},
	{pruning, [2]string{"no longer pruned: ", "what leaves its source stays in the cluster"},
		[2]string{"pruned now: ", "what is not in its source any more is deleted"}},
	{healing, [2]string{"no longer healed: ", "what somebody changes in the cluster stays until the next sync"},
		[2]string{"healed now: ", "what somebody changes in the cluster is taken back at once"}},
	{finalized, [2]string{"without a finalizer now: ", "when the Application is deleted, what it has deployed stays in the cluster"},
		[2]string{"with a finalizer now: ", "when the Application is deleted, what it has deployed is deleted, too"}},
}

// automated reports whether an Application is synced by itself.
func automated(application map[string]any) bool {
	policy, _ := memberAt(application, "spec", "syncPolicy", "automated").(map[string]any)
	return policy != nil && policy["enabled"] != false
}

func pruning(application map[string]any) bool {
	options, _ := memberAt(application, "spec", "syncPolicy", "syncOptions").([]any)
	return memberAt(application, "spec", "syncPolicy", "automated", "prune") == true && !slices.Contains(options, any("Prune=false"))
}

func healing(application map[string]any) bool {
	return memberAt(application, "spec", "syncPolicy", "automated", "selfHeal") == true
}

// finalized reports whether what an Application has deployed is deleted with it.
func finalized(application map[string]any) bool {
	all, _ := memberAt(application, "metadata", "finalizers").([]any)
	return slices.ContainsFunc(all, func(f any) bool {
		name, _ := f.(string)
		return strings.HasPrefix(name, "resources-finalizer.argocd.argoproj.io")
	})
}

func findSyncs(c *diff.Change, found func(diff.Consequence)) {
	var all []happening
	for _, p := range c.Of("Application.argoproj.io") {
		if p.Before == nil || p.After == nil {
			continue
		}
		before, after := p.Before.Content(), p.After.Content()
		for i, care := range cares {
			was, is := care.of(before), care.of(after)
			beside := i == 1 || i == 2
			if was == is || beside && !(automated(before) && automated(after)) {
				continue
			}
			word, says := "sync-less", care.less
			if is {
				word, says = "sync-more", care.more
			}
			all = append(all, happening{before: says[0], who: p.ID.Name, Consequence: diff.Consequence{
				Word: word, Weight: diff.Notice, Subject: p.ID.String(), Objects: []diff.ID{p.ID}, Details: []string{says[1]}}})
		}
	}
	happened(all, found)
}
