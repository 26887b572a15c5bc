package kinds

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

// findStores finds stores of External Secrets that read from another place, or as somebody else.
func findStores(c *diff.Change, found func(diff.Consequence)) {
	pairs := slices.DeleteFunc(c.Of("ClusterSecretStore."+externalSecrets, "SecretStore."+externalSecrets), func(p *diff.Pair) bool { return p.Before == nil || p.After == nil })
	if len(pairs) == 0 {
		return
	}
	users := storeUsers(c)
	for _, p := range pairs {
		lines := storeChanges("", fieldAt(p.Before.Content(), "spec", "provider"), fieldAt(p.After.Content(), "spec", "provider"))
		if len(lines) == 0 {
			continue
		}
		f := diff.Consequence{Weight: diff.Notice, Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		f.Message = fmt.Sprintf("%s reads from another place, or in another way: %s", p.ID, lines[0])
		f.Details = firstLines(lines[1:], mostReadings)
		if n := users[p.ID]; n == 1 {
			f.Details = append(f.Details, "one ExternalSecret of the list uses it")
		} else if n > 1 {
			f.Details = append(f.Details, diag.Thousands(n)+" ExternalSecrets of the list use it")
		}
		found(f)
	}
}

// storeUsers is how many ExternalSecrets use each store after the change.
func storeUsers(c *diff.Change) map[diff.ID]int {
	out := map[diff.ID]int{}
	for _, o := range c.After.Objects {
		if o.ID.Group != externalSecrets || o.Kind != "ExternalSecret" {
			continue
		}
		used := map[diff.ID]bool{}
		use := func(ref any) {
			id := diff.ID{Group: externalSecrets, Kind: "SecretStore", Namespace: o.Namespace, Name: nameAt(ref, "name")}
			if nameAt(ref, "kind") == "ClusterSecretStore" {
				id.Kind, id.Namespace = "ClusterSecretStore", ""
			}
			used[id] = true
		}
		spec := fieldAt(o.Content(), "spec")
		use(fieldAt(spec, "secretStoreRef"))
		for _, d := range append(slices.Clone(elementsAt(spec, "data")), elementsAt(spec, "dataFrom")...) {
			use(fieldAt(d, "sourceRef", "storeRef"))
		}
		for id := range used {
			out[id]++
		}
	}
	return out
}

// shownInStores are the fields of stores whose values name a place or an account, and are no secret.
var shownInStores = [...]string{"server", "path", "version", "role", "mountPath", "name", "namespace", "kind", "region", "projectID", "vaultUrl", "tenantId", "environmentType", "roleId"}

// storeChanges are the fields of a provider that differ. Of most, only that they do.
func storeChanges(path string, before, after any) []string {
	old, mapping := before.(map[string]any)
	now, alsoMapping := after.(map[string]any)
	if mapping && alsoMapping {
		keys := map[string]bool{}
		for _, m := range []map[string]any{old, now} {
			for key := range m {
				keys[key] = true
			}
		}
		var out []string
		for _, key := range sortedKeys(keys) {
			out = append(out, storeChanges(path+"."+key, old[key], now[key])...)
		}
		return out
	}
	if reflect.DeepEqual(before, after) {
		return nil
	}
	name := path[strings.LastIndex(path, ".")+1:]
	_, text := before.(string)
	_, alsoText := after.(string)
	switch field := path[min(1, len(path)):]; {
	case before == nil:
		return []string{field + " is set"}
	case after == nil:
		return []string{field + " is not set any more"}
	case text && alsoText && slices.Contains(shownInStores[:], name):
		return []string{fmt.Sprintf("%s %s → %s", field, diag.Beginning(before.(string), longestReference), diag.Beginning(after.(string), longestReference))}
	default:
		return []string{field + " differs"}
	}
}
