package kinds

import (
	"fmt"

	"github.com/hippotion/roster/internal/diff"
)

var resized = &diff.Kind{
	Name: "resize", Words: []string{"resize"},
	Summary: "A claim asks for more or less storage, or a quota permits more or less",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, p := range c.Of("PersistentVolumeClaim") {
			if f, resizes := resizeOf(c, p); resizes && p.ID.Group == "" {
				found(f)
			}
		}
		findQuotas(c, found)
	},
}

// findQuotas finds ResourceQuotas that are higher or lower. The quota refuses nothing that runs: it is asked when a pod is made.
func findQuotas(c *diff.Change, found func(diff.Consequence)) {
	for _, p := range c.Of("ResourceQuota") {
		if p.ID.Group != "" || p.Before == nil || p.After == nil {
			continue
		}
		less, more := quotaChanges(p)
		f := diff.Consequence{Word: "resize", Weight: diff.Plain, Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		switch {
		case len(less) > 0:
			f.Weight, f.Message = diff.Notice, fmt.Sprintf("%s permits less: %s", p.ID, less[0])
			f.Details = append(firstLines(append(less[1:], more...), mostReadings), "what runs stays; what is made again and does not fit is refused, such as a pod that is replaced")
		case len(more) > 0:
			f.Message, f.Details = fmt.Sprintf("%s permits more: %s", p.ID, more[0]), firstLines(more[1:], mostReadings)
		default:
			continue
		}
		found(f)
	}
}

// quotaChanges are the amounts of a quota that are lower or new, and those that are higher or gone.
func quotaChanges(p *diff.Pair) (less, more []string) {
	before, _ := memberAt(p.Before.Content(), "spec", "hard").(map[string]any)
	after, _ := memberAt(p.After.Content(), "spec", "hard").(map[string]any)
	names := map[string]bool{}
	for _, hard := range []map[string]any{before, after} {
		for name := range hard {
			names[name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		was, limited := parseQuantity(before[name])
		is, limits := parseQuantity(after[name])
		switch {
		case limited && limits && is.Cmp(was) < 0:
			less = append(less, fmt.Sprintf("%s %s → %s", name, was.String(), is.String()))
		case limited && limits && is.Cmp(was) > 0:
			more = append(more, fmt.Sprintf("%s %s → %s", name, was.String(), is.String()))
		case limits && !limited:
			less = append(less, fmt.Sprintf("%s %s, which had no limit", name, is.String()))
		case limited && !limits:
			more = append(more, fmt.Sprintf("%s, which was %s, has no limit", name, was.String()))
		}
	}
	return less, more
}

// resizeOf is what happens to a claim that asks for another size (pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate, and
// plugin/pkg/admission/storage/persistentvolume/resize).
func resizeOf(c *diff.Change, p *diff.Pair) (f diff.Consequence, resizes bool) {
	if p.Before == nil || p.After == nil {
		return f, false
	}
	size := []string{"spec", "resources", "requests", "storage"}
	was, okWas := parseQuantity(memberAt(p.Before.Content(), size...))
	is, okIs := parseQuantity(memberAt(p.After.Content(), size...))
	if !okWas || !okIs || was.Cmp(is) == 0 {
		return f, false
	}
	f = diff.Consequence{Word: "resize", Subject: p.ID.String(), Objects: []diff.ID{p.ID}, About: []string{"storage:"}}
	if is.Cmp(was) < 0 {
		f.Weight = diff.Danger
		f.Message = fmt.Sprintf("%s shrinks from %s to %s: the API server refuses that, and the sync fails", p.ID, was.String(), is.String())
		f.Details = []string{"a smaller volume needs a new claim, and somebody who copies the data"}
		return f, true
	}
	f.Message = fmt.Sprintf("%s grows from %s to %s", p.ID, was.String(), is.String())
	f.Weight = diff.Notice
	class := textAt(p.After, "spec", "storageClassName")
	_, storage := c.Object(diff.ID{Group: "storage.k8s.io", Kind: "StorageClass", Name: class})
	switch {
	case storage == nil:
		f.Details = []string{"the API server refuses that unless its StorageClass has allowVolumeExpansion, which is not known here"}
	case memberAt(storage.Content(), "allowVolumeExpansion") == true:
		f.Details = []string{"in place: StorageClass " + class + " has allowVolumeExpansion"}
	default:
		f.Weight = diff.Danger
		f.Message += ": the API server refuses that, and the sync fails"
		f.Details = []string{"StorageClass " + class + " has no allowVolumeExpansion"}
	}
	return f, true
}
