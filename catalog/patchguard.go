package catalog

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// guardedKinds are those that roster guards where it renders them. An application that may contain one of these could take one over.
var guardedKinds = []string{"Application", "AppProject", "Namespace"}

// keepsGuards reports a patch with which a guarded object could be removed without confirmation: one that makes it a hook, or sets anything
// else that decides what happens to it, or that makes another object one of those.
func keepsGuards(p *patchInput, at *syntax.Node, content any) {
	if kind := kindMadeBy(content); slices.Contains(guardedKinds, kind) && p.Target != nil && !slices.Equal(guardedKindsOf(p.Target), []string{kind}) {
		if _, operations := content.([]any); operations || p.Options.set()["allowKindChange"] {
			at.Report("bad-patch", "write it as a manifest", "the patch changes the kind of an object to %s", kind)
		}
	}
	named := p.Target != nil && p.Target.Kind.IsSet()
	kinds := guardedKindsOf(p.Target)
	if object, ok := content.(map[string]any); ok && p.Target == nil {
		kind, _ := object["kind"].(string)
		kinds, named = nil, true
		if slices.Contains(guardedKinds, kind) {
			kinds = []string{kind}
		}
	}
	if len(kinds) == 0 {
		return
	}
	for _, key := range keysSetBy(content) {
		held := reservedInSource(key)
		if held == nil || held.whose == forKubernetes || strings.HasPrefix(key, "pod-security.kubernetes.io/") {
			continue
		}
		hint := held.hint
		if !named {
			hint = "name the kind: target: {kind: …}"
		}
		at.Report("reserved-name", hint, "the patch sets %s on objects of the kind %s, which could then be removed without confirmation", key, kinds[0])
	}
}

// guardedKindsOf are the guarded kinds that a target may select: its kind is a regular expression for the whole name
// (sigs.k8s.io/kustomize/api/types, NewSelectorRegex).
func guardedKindsOf(t *patchTargetInput) []string {
	if t == nil {
		return nil
	}
	pattern, err := regexp.Compile("^(?:" + t.Kind.V + ")$")
	if err != nil || t.Kind.V == "" {
		return guardedKinds
	}
	var out []string
	for _, kind := range guardedKinds {
		if pattern.MatchString(kind) {
			out = append(out, kind)
		}
	}
	return out
}

// kindMadeBy is the kind that an object has when the patch has been applied; empty when the patch does not set it.
func kindMadeBy(content any) string {
	kind := ""
	switch content := content.(type) {
	case map[string]any:
		kind, _ = content["kind"].(string)
	case []any:
		for _, operation := range content {
			operation, _ := operation.(map[string]any)
			switch path, _ := operation["path"].(string); path {
			case "/kind":
				kind, _ = operation["value"].(string)
			case "":
				if object, ok := operation["value"].(map[string]any); ok {
					kind, _ = object["kind"].(string)
				}
			}
		}
	}
	return kind
}

// keysSetBy are the labels and annotations that a patch sets, sorted.
func keysSetBy(content any) []string {
	keys := map[string]bool{}
	below := func(value any, path ...string) {
		for _, key := range path {
			object, _ := value.(map[string]any)
			value = object[key]
		}
		object, _ := value.(map[string]any)
		for key := range object {
			keys[key] = true
		}
	}
	switch content := content.(type) {
	case map[string]any:
		below(content, "metadata", "annotations")
		below(content, "metadata", "labels")
	case []any:
		for _, operation := range content {
			operation, _ := operation.(map[string]any)
			path, _ := operation["path"].(string)
			parts := strings.Split(path, "/")[1:] // nothing precedes the first slash
			switch value := operation["value"]; {
			case path == "":
				below(value, "metadata", "annotations")
				below(value, "metadata", "labels")
			case parts[0] != "metadata":
			case len(parts) == 1:
				below(value, "annotations")
				below(value, "labels")
			case parts[1] != "annotations" && parts[1] != "labels":
			case len(parts) == 2:
				below(value)
			default:
				keys[strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[2])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
