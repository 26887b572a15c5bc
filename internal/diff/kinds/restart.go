package kinds

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

const mostReasons = 4 // of one restart, that are named

var restart = &diff.Kind{
	Name: "restart", Words: []string{"restart"},
	Summary: "The pods of a workload are replaced, because their template changes",
	Find:    findRestarts,
}

// restarted is a workload whose pods are replaced.
type restarted struct {
	pair *diff.Pair
	code string
	why  string
	down string // why it has no pod for a while; empty when that is not certain
}

func findRestarts(c *diff.Change, found func(diff.Consequence)) {
	of := map[[2]string][]restarted{} // by reason and code
	codes := map[string][]string{}    // by reason
	for _, p := range c.Of("Deployment.apps", "StatefulSet.apps", "DaemonSet.apps") {
		r, restarts := restartOf(c, p)
		if !restarts {
			continue
		}
		k := [2]string{r.why, r.code}
		if of[k] == nil {
			codes[r.why] = append(codes[r.why], r.code)
		}
		of[k] = append(of[k], r)
	}
	const mostApps = 3 // that have a line each for the same reason
	for _, why := range slices.Sorted(maps.Keys(codes)) {
		slices.Sort(codes[why])
		if len(codes[why]) > mostApps {
			found(restartOfMany(why, codes[why], of))
			continue
		}
		for _, code := range codes[why] {
			found(restartOfApp(code, of[[2]string{why, code}]))
		}
	}
}

// restartOf is the restart of a workload that is on both sides.
func restartOf(c *diff.Change, p *diff.Pair) (restarted, bool) {
	if p.Before == nil || p.After == nil || isHook(p.After) || stands(p.Before) || stands(p.After) || len(unchangeable(p)) > 0 {
		return restarted{}, false
	}
	was, _ := settled(memberAt(p.Before.Content(), "spec", "template")).(map[string]any)
	is, _ := settled(memberAt(p.After.Content(), "spec", "template")).(map[string]any)
	if was == nil || is == nil || sameText(was, is) {
		return restarted{}, false
	}
	why := templateReasons(was, is)
	for i, reason := range why {
		if strings.Contains(reason, "checksum") {
			if by := changedConfig(c, p, is); by != "" {
				why[i] += " (" + by + " changes)"
			}
		}
	}
	if more := len(why) - mostReasons; more > 0 {
		why = append(why[:mostReasons], fmt.Sprintf("and %d more", more))
	}
	return restarted{p, deployerOf(p.After), strings.Join(why, ", "), downtime(p.After)}, true
}

// stands reports whether a workload does not replace its pods by itself, or has none.
func stands(o *diff.Object) bool {
	replicas, counted := memberAt(o.Content(), "spec", "replicas").(int64)
	partition, _ := memberAt(o.Content(), "spec", "updateStrategy", "rollingUpdate", "partition").(int64)
	return memberAt(o.Content(), "spec", "paused") == true || textAt(o, "spec", "updateStrategy", "type") == "OnDelete" ||
		counted && replicas == 0 || partition > 0 && (!counted || partition >= replicas)
}

// downtime is why a workload has no pod for a while.
func downtime(o *diff.Object) string {
	replicas, counted := memberAt(o.Content(), "spec", "replicas").(int64)
	switch {
	case isKind(o, "Deployment.apps") && textAt(o, "spec", "strategy", "type") == "Recreate":
		return "strategy Recreate"
	case isKind(o, "StatefulSet.apps") && counted && replicas == 1:
		return "one replica, which is stopped before the new one starts"
	}
	return ""
}

// templateReasons are the fields in which two pod templates differ, in few words.
func templateReasons(was, is map[string]any) []string {
	var out []string
	for _, key := range differingKeys(memberAt(was, "metadata", "labels"), memberAt(is, "metadata", "labels")) {
		out = append(out, "label "+key)
	}
	for _, key := range differingKeys(memberAt(was, "metadata", "annotations"), memberAt(is, "metadata", "annotations")) {
		out = append(out, "annotation "+key)
	}
	for _, key := range differingKeys(was["spec"], is["spec"]) {
		if key == "containers" || key == "initContainers" {
			out = append(out, containerReasons(memberAt(was, "spec", key), memberAt(is, "spec", key))...)
		} else {
			out = append(out, key)
		}
	}
	if len(out) == 0 {
		out = append(out, "metadata")
	}
	return once(out)
}

// once are texts, each at its first place.
func once(in []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(in, func(s string) bool {
		known := seen[s]
		seen[s] = true
		return known
	})
}

func containerReasons(was, is any) []string {
	before, after := namedElements(was), namedElements(is)
	var out []string
	for _, name := range differingKeys(before, after) {
		if before[name] == nil || after[name] == nil {
			out = append(out, "container "+name)
			continue
		}
		for _, key := range differingKeys(before[name], after[name]) {
			if key != "env" {
				out = append(out, key)
				continue
			}
			variables := differingKeys(namedElements(memberAt(before[name], "env")), namedElements(memberAt(after[name], "env")))
			if len(variables) == 0 {
				out = append(out, "order of env")
			}
			for _, v := range variables {
				out = append(out, "env "+v)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, "order of containers")
	}
	return out
}

// namedElements are the elements of a list by their names.
func namedElements(v any) map[string]any {
	list, _ := v.([]any)
	out := map[string]any{}
	for _, e := range list {
		if name, ok := memberAt(e, "name").(string); ok {
			out[name] = e
		}
	}
	return out
}

// differingKeys are the keys of which two mappings have different values, in order.
func differingKeys(was, is any) []string {
	a, _ := was.(map[string]any)
	b, _ := is.(map[string]any)
	var out []string
	for key := range a {
		if !sameText(a[key], b[key]) {
			out = append(out, key)
		}
	}
	for key, value := range b {
		if _, known := a[key]; !known && value != nil {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// changedConfig is the ConfigMap or Secret that a pod template names and that changes, if it is one; empty otherwise.
func changedConfig(c *diff.Change, p *diff.Pair, template map[string]any) string {
	var names []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for key, e := range v {
				kind, field := configKinds[key][0], configKinds[key][1]
				if name, ok := memberAt(e, field).(string); ok && kind != "" {
					id := diff.ID{Kind: kind, Namespace: p.ID.Namespace, Name: name}
					if before, after := c.Object(id); before != nil && after != nil && !sameText(before.Content()["data"], after.Content()["data"]) {
						names = append(names, kind+" "+name)
					}
				}
				walk(e)
			}
		}
	}
	walk(template)
	slices.Sort(names)
	if names = slices.Compact(names); len(names) != 1 {
		return ""
	}
	return names[0]
}

// configKinds are the fields that refer to a ConfigMap or a Secret: the kind, and where its name is.
var configKinds = map[string][2]string{
	"configMap": {"ConfigMap", "name"}, "configMapRef": {"ConfigMap", "name"}, "configMapKeyRef": {"ConfigMap", "name"},
	"secret": {"Secret", "secretName"}, "secretRef": {"Secret", "name"}, "secretKeyRef": {"Secret", "name"},
}

// restartOfApp is the restart of workloads of one application for the same reason.
func restartOfApp(code string, all []restarted) diff.Consequence {
	f := diff.Consequence{Word: "restart", Weight: diff.Notice, Subject: "pods of " + code}
	down := map[string][]string{}
	for _, r := range all {
		f.Objects = append(f.Objects, r.pair.ID)
		if r.down != "" {
			down[r.down] = append(down[r.down], r.pair.ID.String())
		}
	}
	if len(all) == 1 {
		f.Subject = "pods of " + all[0].pair.ID.String()
		f.Message = fmt.Sprintf("%s restarts its pods: %s", all[0].pair.ID, all[0].why)
	} else {
		f.Message = fmt.Sprintf("%s restarts the pods of %d workloads: %s", code, len(all), all[0].why)
		f.Details = namesOf(objectsOf(pairsOf(all), 1))
	}
	for _, why := range slices.Sorted(maps.Keys(down)) {
		f.Details = append(f.Details, "down meanwhile ("+why+"): "+named(down[why]))
	}
	f.Details = append(f.Details, whenSynced(all[0].pair.After.Application)...)
	return f
}

func pairsOf(all []restarted) []*diff.Pair {
	var out []*diff.Pair
	for _, r := range all {
		out = append(out, r.pair)
	}
	return out
}

// restartOfMany is the restart of workloads of many applications for the same reason.
func restartOfMany(why string, codes []string, of map[[2]string][]restarted) diff.Consequence {
	f := diff.Consequence{Word: "restart", Weight: diff.Notice, Subject: fmt.Sprintf("pods of %d applications: %s", len(codes), why)}
	var down []string
	for _, code := range codes {
		for _, r := range of[[2]string{why, code}] {
			f.Objects = append(f.Objects, r.pair.ID)
			if r.down != "" {
				down = append(down, r.pair.ID.String())
			}
		}
	}
	f.Message = fmt.Sprintf("%d applications restart the pods of %d workloads: %s", len(codes), len(f.Objects), why)
	f.Details = []string{named(codes)}
	if len(down) > 0 {
		f.Details = append(f.Details, "down meanwhile: "+named(down))
	}
	return f
}
