package kinds

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/schema"
)

// wordsOfSchemas are the parts of a schema that are for people only.
var wordsOfSchemas = [...]string{"description", "title", "example", "externalDocs"}

// sameSchema reports whether two schemas mean the same.
func sameSchema(a, b any) bool {
	x, mapping := a.(map[string]any)
	y, alsoMapping := b.(map[string]any)
	if !mapping || !alsoMapping {
		return reflect.DeepEqual(a, b)
	}
	for key := range x {
		if !forPeople(key, x[key]) && !sameSchema(x[key], y[key]) {
			return false
		}
	}
	for key := range y {
		if _, both := x[key]; !both && !forPeople(key, y[key]) {
			return false
		}
	}
	return true
}

// forPeople reports whether a field of a schema means nothing to the API server. A property of that name is no text.
func forPeople(key string, value any) bool {
	_, text := value.(string)
	return text && slices.Contains(wordsOfSchemas[:], key)
}

const maxSchemaFields = 50_000

// schemaFields are the fields that a schema has, in order: spec.rules[].host.
func schemaFields(of map[string]any) []string {
	var out []string
	var walk func(at string, s map[string]any)
	walk = func(at string, s map[string]any) {
		properties, _ := s["properties"].(map[string]any)
		for _, name := range sortedKeys(properties) {
			below := strings.TrimPrefix(at+"."+name, ".")
			if len(out) >= maxSchemaFields {
				return
			}
			out = append(out, below)
			field, _ := properties[name].(map[string]any)
			walk(below, field)
		}
		for _, more := range [...]string{"items", "additionalProperties"} {
			if element, ok := s[more].(map[string]any); ok {
				walk(at+"[]", element)
			}
		}
	}
	walk("", of)
	slices.Sort(out)
	return slices.Compact(out)
}

// refusedBy says which objects of the list a new schema refuses, or drops fields of, and the old one does not.
func (d *crdChange) refusedBy(version string, before, after map[string]any) *crdLine {
	users := d.using(version)
	if len(users) == 0 {
		return nil
	}
	was, err := schema.NewDefinition(before)
	now, otherErr := schema.NewDefinition(after)
	if err != nil || otherErr != nil { // the API server does not take it
		return nil
	}
	var of []*diff.Object
	var lines []string
	for _, o := range users {
		oldDropped, oldRefused := was.Check(o.Text())
		dropped, refused := now.Check(o.Text())
		dropped, refused = missingIn(dropped, oldDropped), missingIn(refused, oldRefused)
		if len(dropped)+len(refused) == 0 {
			continue
		}
		of = append(of, o)
		if len(refused) > 0 {
			lines = append(lines, fmt.Sprintf("%s is refused: %s", o.ID, fewOf(refused, 3)))
		} else {
			lines = append(lines, fmt.Sprintf("%s loses %s", o.ID, fewOf(dropped, 3)))
		}
	}
	if len(of) == 0 {
		return nil
	}
	return &crdLine{diff.Danger, fmt.Sprintf("no longer fits %s of the list, in %s", objectsText(of), version), firstLines(lines, 5)}
}
