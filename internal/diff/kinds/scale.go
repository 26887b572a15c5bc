package kinds

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
)

var scale = &diff.Kind{
	Name: "scale", Words: []string{"stopped", "started"},
	Summary: "A workload is scaled to nothing, or a CronJob is suspended, or no longer",
	Find:    findScale,
}

func findScale(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Of("Deployment.apps", "StatefulSet.apps", "ReplicaSet.apps", "CronJob.batch") {
		if p.Before == nil || p.After == nil || isHook(p.After) || idle(p.Before) == idle(p.After) {
			continue
		}
		if slices.ContainsFunc(p.Fields(), func(d fields.Difference) bool { return d.Noise != "" && d.Path.Begins("spec", "replicas") }) {
			continue // an autoscaler decides
		}
		f := diff.Consequence{Word: "stopped", Weight: diff.Danger, Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		switch cron := isKind(p.After, "CronJob.batch"); {
		case cron && idle(p.After):
			f.Message = fmt.Sprintf("%s is suspended: no run begins any more", p.ID)
		case cron:
			f.Word, f.Weight, f.Message = "started", diff.Plain, fmt.Sprintf("%s is not suspended any more: its runs begin again", p.ID)
		case idle(p.After):
			f.Message = fmt.Sprintf("%s is scaled to 0: none of its pods runs any more", p.ID)
		default:
			f.Word, f.Weight, f.Message = "started", diff.Plain, fmt.Sprintf("%s is scaled from 0: its pods run again", p.ID)
		}
		f.Details = whenSynced(p.After.Application)
		found(f)
	}
}

// idle reports whether a workload says that none of its pods is to run.
func idle(o *diff.Object) bool {
	if isKind(o, "CronJob.batch") {
		return memberAt(o.Content(), "spec", "suspend") == true
	}
	return memberAt(o.Content(), "spec", "replicas") == int64(0)
}
