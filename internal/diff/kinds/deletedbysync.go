package kinds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// findDeletedBySync finds objects that stay in the list, and that Argo CD or Kubernetes deletes nevertheless, with what is in them.
func findDeletedBySync(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Pairs {
		if p.Before == nil || p.After == nil || p.Before.Deployed == nil || p.After.Deployed == nil || deployed.Loses(p.After.Deployed) == "" {
			continue
		}
		f := diff.Consequence{Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		before, after := deletedBy(p.Before), deletedBy(p.After)
		switch {
		case before == "" && after != "":
			f.Word, f.Weight, f.Message = wordDelete, diff.Danger, fmt.Sprintf("%s is deleted by Argo CD now: %s", p.ID, after)
			f.Details = lossesOf(c, []*diff.Object{p.Before}, nil).details()
			found(f)
		case before != "" && after == "":
			f.Word, f.Weight, f.Message = wordCreate, diff.Plain, fmt.Sprintf("%s is no longer deleted by Argo CD; before: %s", p.ID, before)
			found(f)
		}
		if was, is := replicasOf(p.Before), replicasOf(p.After); isKind(p.After, "StatefulSet.apps") && was != is {
			scaled := func(o *diff.Object) bool {
				return textAt(o, "spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") == "Delete" && len(claimTemplates(o)) > 0
			}
			f.Details = nil
			f.Message = fmt.Sprintf("%s goes from %d replicas to %d: the claims of the pods that go are deleted, by persistentVolumeClaimRetentionPolicy", p.ID, was, is)
			if f.Word, f.Weight = wordDelete, diff.Danger; is < was && scaled(p.After) {
				found(f)
			}
			f.Message = fmt.Sprintf("%s goes from %d replicas to %d, with new claims", p.ID, was, is)
			if f.Word, f.Weight = wordCreate, diff.Plain; is > was && scaled(p.Before) {
				found(f)
			}
		}
	}
}

// replicasOf is how many pods a workload asks for.
func replicasOf(o *diff.Object) int64 {
	if n, ok := memberAt(o.Content(), "spec", "replicas").(int64); ok {
		return n
	}
	return 1
}

// hooksThatRun are the values of the annotations for hooks that Argo CD creates (gitops-engine pkg/sync/hook, and its folder helm).
var hooksThatRun = []string{"PreSync", "Sync", "PostSync", "SyncFail", "pre-install", "pre-upgrade", "post-install", "post-upgrade"}

// deletedBy is why Argo CD deletes an object that it deploys, with its syncs; empty when it does not.
func deletedBy(o *diff.Object) string {
	hook := slices.ContainsFunc(hooksThatRun, func(h string) bool { return annotated(o, argoHook, h) || annotated(o, helmHook, h) })
	if !hook {
		if how := recreates(o); how == "Force=true with Replace=true" {
			return "with each sync, before it creates it anew, as " + how + " tells it to"
		}
		return ""
	}
	policies := strings.ToLower(textAt(o, "metadata", "annotations", "argocd.argoproj.io/hook-delete-policy") + "," + textAt(o, "metadata", "annotations", "helm.sh/hook-delete-policy"))
	policies = strings.ReplaceAll(policies, "-", "")
	switch {
	case strings.Contains(policies, "hooksucceeded"):
		return "as a hook, when a sync has succeeded"
	case strings.Contains(policies, "hookfailed") && !strings.Contains(policies, "beforehookcreation"):
		return "as a hook, when a sync has failed"
	}
	return "as a hook, with each sync, before it creates it anew"
}
