package workload

import (
	"fmt"
	"strings"
	"testing"
)

// TestKustomizeWide: kustomize compares each key of a mapping, and each mapping of a list, with all others, which takes half a minute for
// 50,000. What it reads as YAML may have 5,000; what only goes into a ConfigMap may have any number.
func TestKustomizeWide(t *testing.T) {
	keys := func(n int, indent string) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, "%sk%d: a\n", indent, i)
		}
		return out.String()
	}
	const (
		object   = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
		said     = ": web-app: kustomize takes too long for more than 5,000 keys in a mapping [too-large]\n  hint: split it\n"
		resource = "resources: [a.yaml]\n"
		small    = "-- app/a.yaml --\n" + object + "  b: c\n"
		raw      = "configMapGenerator: [{name: b, files: [b.yaml]}]\n"
		plugin   = "transformers:\n- |-\n  {apiVersion: builtin, kind: PatchTransformer, metadata: {name: x}, path: b.yaml}\n"
	)
	large := object + keys(5001, "  ")
	const row = 5005 // of the key that is one too many
	at := func(file string, line, column int) string {
		return fmt.Sprintf("app/%s:%d:%d", file, line, column) + said
	}
	lists := object[:len(object)-len("data:\n")] + "spec:\n" + strings.Repeat("- {a: b}\n", 5000)
	for name, c := range map[string]struct{ files, want string }{
		"a manifest":                {resource + "-- app/a.yaml --\n" + large, at("a.yaml", row, 3)},
		"as many as may be":         {resource + "-- app/a.yaml --\n" + object + keys(5000, "  "), ""},
		"in JSON":                   {resource + "-- app/a.yaml --\n{apiVersion: v1, kind: A, metadata: {name: a}, b: {" + strings.Repeat("? a, ", 5001) + "}}\n", at("a.yaml", 1, 54+5*5000)},
		"a patch":                   {resource + "patches: [{path: b.yaml}]\n" + small + "-- app/b.yaml --\n" + large, at("b.yaml", row, 3)},
		"a patch in it":             {resource + "patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    data:\n" + keys(5001, "      ") + small, "app/kustomization.yaml:3:10" + strings.Replace(said, ": kust", ": in this text, kust", 1)},
		"a replacement":             {resource + "replacements: [{path: b.yaml}]\n" + small + "-- app/b.yaml --\n" + keys(5001, ""), at("b.yaml", 5001, 1)},
		"the kustomization":         {resource + "commonAnnotations:\n" + keys(5001, "  ") + small, at("kustomization.yaml", 5003, 3)},
		"in a base":                 {"resources: [b]\n-- app/b/kustomization.yaml --\nresources: [a.yaml]\n-- app/b/a.yaml --\n" + large, at("b/a.yaml", row, 3)},
		"merged":                    {resource + "-- app/a.yaml --\nx: &x\n" + keys(3000, "  ") + "y: &y {<<: *x}\nz:\n  <<: [*x, *y]\n" + object, at("a.yaml", 3004, 3)},
		"merged once":               {resource + "-- app/a.yaml --\nx: &x\n" + keys(3000, "  ") + "y: &y {<<: *x}\n" + object + "  b: c\n", ""},
		"mappings in a list":        {resource + "-- app/a.yaml --\n" + lists + "- {a: b}\n", strings.Replace(at("a.yaml", 5005, 3), "keys in a mapping", "mappings in a list", 1)},
		"as many mappings":          {resource + "-- app/a.yaml --\n" + lists, ""},
		"numbers in a list":         {resource + "-- app/a.yaml --\n" + object[:len(object)-len("data:\n")] + "spec:\n" + strings.Repeat("- 1\n", 5001), ""},
		"data":                      {resource + raw + small + "-- app/b.yaml --\n" + large, ""},
		"data with another key":     {resource + "secretGenerator: [{name: b, files: [c=b.yaml]}]\n" + small + "-- app/b.yaml --\n" + large, ""},
		"data and a manifest":       {"resources: [b.yaml]\n" + raw + "-- app/b.yaml --\n" + large, at("b.yaml", row, 3)},
		"data and a plugin's patch": {resource + raw + plugin + small + "-- app/b.yaml --\n" + large, at("b.yaml", row, 3)},
	} {
		got := kustomizeOf(tree("-- app/kustomization.yaml --\n"+c.files), nil)
		if c.want == "" && strings.Contains(got, "kind:") {
			continue
		}
		if got != c.want {
			t.Errorf("%s: got\n%.300s\nwant\n%s", name, got, c.want)
		}
	}
}
