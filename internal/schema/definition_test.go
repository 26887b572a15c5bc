package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/schema"
	"sigs.k8s.io/yaml"
)

func TestDefinition(t *testing.T) {
	d, err := schema.NewDefinition(map[string]any{"type": "object", "properties": map[string]any{"spec": map[string]any{
		"type": "object", "required": []any{"name", "kind"},
		"oneOf": []any{map[string]any{"required": []any{"one"}}, map[string]any{"required": []any{"two"}}},
		"properties": map[string]any{
			"name": map[string]any{"type": "string"}, "kind": map[string]any{"type": "string", "default": "x"},
			"one": map[string]any{"type": "string", "enum": []any{"a", "b"}}, "two": map[string]any{"type": "string", "pattern": "^a$"},
			"size": map[string]any{"type": "integer", "maximum": 3}, "at": map[string]any{"type": "string", "format": "date-time"},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	for object, want := range map[string]string{
		"{spec: {name: web, one: a}}":                                 "",
		"{spec: {one: a}}":                                            "spec.name is required",
		"{spec: {name: web, one: hunter2}}":                           "spec.one has none of the permitted values",
		"{spec: {name: web, two: hunter2}}":                           "spec.two should match '^a$'",
		"{spec: {name: web, one: a, size: hunter2}}":                  "spec.size must be of type integer",
		"{spec: {name: web, one: a, size: 4}}":                        "spec.size should be less than or equal to 3",
		"{spec: {name: web, one: a, at: hunter2}}":                    "spec.at must be of type date-time",
		"{spec: {name: web, one: a, more: {b: 1, a: 2}, other: [1]}}": "drops spec.more, drops spec.other",
		"{spec: {name: web}}":                                         "spec.one is required, spec: must validate one and only one schema (oneOf)",
	} {
		text, err := yaml.YAMLToJSON([]byte("{apiVersion: x.example/v1, kind: X, metadata: {name: x}, " + object[1:]))
		if err != nil {
			t.Fatal(err)
		}
		dropped, refused := d.Check(text)
		for _, field := range dropped {
			refused = append(refused, "drops "+field)
		}
		if diff := cmp.Diff(want, strings.Join(refused, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", object, diff)
		}
	}
}

func TestNoDefinition(t *testing.T) {
	for name, broken := range map[string]map[string]any{
		"no schema":    {"type": 1},
		"no JSON":      {"type": func() {}},
		"unstructured": {"type": "object", "$ref": "#/definitions/x"},
	} {
		if _, err := schema.NewDefinition(broken); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
