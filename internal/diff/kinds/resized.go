package kinds

import (
	"fmt"

	"github.com/hippotion/roster/internal/diff"
)

var resized = &diff.Kind{
	Name: "resize", Words: []string{"resize"},
	Summary: "A claim asks for more or less storage",
	Find: func(c *diff.Change, found func(diff.Consequence)) {
		for _, p := range c.Of("PersistentVolumeClaim") {
			if f, resizes := resizeOf(c, p); resizes && p.ID.Group == "" {
				found(f)
			}
		}
	},
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
