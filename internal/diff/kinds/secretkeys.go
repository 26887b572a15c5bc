package kinds

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

// templateChanges are what differs of what an ExternalSecret makes of the values that it reads: without a template each is a key of the Secret, with one
// the keys are its own, unless it merges them (external-secrets pkg/controllers/externalsecret/externalsecret_controller_template.go, ApplyTemplate). What
// templates say is not shown.
func templateChanges(before, after *diff.Object) []string {
	old, now := templateOf(before), templateOf(after)
	var lines []string
	switch read := plainKeys(after); {
	case !old.keepsRead && now.keepsRead:
		lines = append(lines, "the values that are read are keys of the Secret now"+listed(read))
	case old.keepsRead && !now.keepsRead:
		lines = append(lines, "the values that are read are no keys of the Secret any more, which has those of the template alone"+listed(plainKeys(before)))
	}
	for _, key := range slices.Sorted(maps.Keys(old.keys)) {
		if _, there := now.keys[key]; !there {
			lines = append(lines, fmt.Sprintf("key %s, made by a template before, is gone", key))
		} else if !reflect.DeepEqual(old.keys[key], now.keys[key]) {
			lines = append(lines, fmt.Sprintf("key %s is made by another template", key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(now.keys)) {
		if _, there := old.keys[key]; !there {
			lines = append(lines, fmt.Sprintf("key %s, made by a template now, is new", key))
		}
	}
	if !reflect.DeepEqual(old.from, now.from) {
		lines = append(lines, "other templates are read from ConfigMaps, Secrets or literals")
	}
	return lines
}

// secretTemplate is what spec.target.template of an ExternalSecret says of keys.
type secretTemplate struct {
	keys      map[string]any
	from      []any
	keepsRead bool // whether what is read is a key each
}

// externalSpec is the spec of an ExternalSecret, or the one that a ClusterExternalSecret makes them of.
func externalSpec(o *diff.Object) any {
	if o.Kind == "ClusterExternalSecret" {
		return fieldAt(o.Content(), "spec", "externalSecretSpec")
	}
	return fieldAt(o.Content(), "spec")
}

func templateOf(o *diff.Object) secretTemplate {
	spec := externalSpec(o)
	out := secretTemplate{from: elementsAt(spec, "target", "template", "templateFrom")}
	out.keys, _ = fieldAt(spec, "target", "template", "data").(map[string]any)
	out.keepsRead = len(out.keys)+len(out.from) == 0 || fieldAt(spec, "target", "template", "mergePolicy") == "Merge"
	return out
}

// plainKeys are the names that an ExternalSecret gives to values one by one.
func plainKeys(o *diff.Object) (out []string) {
	for _, d := range elementsAt(externalSpec(o), "data") {
		out = append(out, nameAt(d, "secretKey"))
	}
	slices.Sort(out)
	return out
}

func listed(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return ": " + fewOf(keys, mostReadings)
}
