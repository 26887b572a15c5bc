package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

// accountChange says as whom Argo CD syncs the applications of a project: as an account, or with its own rights, which are those of the cluster.
func accountChange(c *diff.Change, p *diff.Pair, of, to *project) []happening {
	before, after := accountsOf(of), accountsOf(to)
	if slices.Equal(before, after) {
		return nil
	}
	h := happening{before: "applications of AppProject ", who: p.ID.Name, apart: fmt.Sprintf("%q %q", before, after)}
	h.Subject, h.Objects = "the account of "+p.ID.String(), []diff.ID{p.ID}
	switch {
	case len(after) == 0 && impersonates(c.After):
		h.Word, h.Weight = "privilege-removed", diff.Danger
		h.after = " have no account any more: Argo CD, which impersonates, cannot sync them"
	case len(after) == 0:
		h.Word, h.Weight = "privilege", diff.Danger
		h.after = fmt.Sprintf(" are no longer synced as %s, but with Argo CD's own rights", fewOf(before, 3))
	case len(before) == 0 && impersonates(c.Before):
		h.Word, h.Weight = "privilege", diff.Notice
		h.after = fmt.Sprintf(" are synced as %s now; before, they had no account", fewOf(after, 3))
	case len(before) == 0:
		h.Word, h.Weight = "privilege-removed", diff.Plain
		h.after = fmt.Sprintf(" are synced as %s now, and no longer with Argo CD's own rights", fewOf(after, 3))
	default:
		h.Word, h.Weight = "privilege", diff.Notice
		h.after = fmt.Sprintf(" are synced as %s now, and no longer as %s", fewOf(missingOr(after, before), 3), fewOf(missingOr(before, after), 3))
	}
	return []happening{h}
}

// missingOr are the elements of a list that another one does not have or, when that has all of them, the whole list: then their order differs, by
// which Argo CD chooses.
func missingOr(list, other []string) []string {
	if out := missingIn(list, other); len(out) > 0 {
		return out
	}
	return list
}

// impersonates reports whether the list says that Argo CD syncs as the accounts of projects.
func impersonates(cluster *diff.Cluster) bool {
	return cluster.Context != nil && cluster.Context.Platform.ArgoCD.Impersonation
}

// accountsOf are the accounts of a project, in order: the first that fits is used.
func accountsOf(p *project) []string {
	var out []string
	for _, a := range p.Accounts {
		text := a.Account
		namespace, name, ok := strings.Cut(a.Account, ":")
		switch {
		case ok && namespace == a.Namespace:
			text = "the account " + name + " of the namespace"
		case a.Namespace != "" && a.Namespace != "*":
			text += " in " + a.Namespace
		}
		if d := (projectDestination{Server: a.Server}).cluster(); d != "" && d != "*" {
			text += " of " + d
		}
		out = append(out, text)
	}
	return out
}
