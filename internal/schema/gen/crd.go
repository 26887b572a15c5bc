package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// kind is what is kept of one CustomResourceDefinition.
type kind struct {
	Group, Kind, Scope string
	versions           []version // served ones, in the CRD's order
}

type version struct {
	name   string
	schema node
}

// node is one JSON schema, cut down.
type node map[string]any

// parseCRD reads one CRD (JSON) and cuts its schemas down.
func parseCRD(text []byte) (kind, error) {
	var crd struct {
		Kind string
		Spec struct {
			Group    string
			Scope    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Served bool
				Schema struct{ OpenAPIV3Schema node }
			}
		}
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber() // a limit must be written back digit for digit
	if err := dec.Decode(&crd); err != nil {
		return kind{}, err
	}
	if crd.Kind != "CustomResourceDefinition" {
		return kind{}, fmt.Errorf("found a %q, not a CustomResourceDefinition", crd.Kind)
	}
	k := kind{Group: crd.Spec.Group, Kind: crd.Spec.Names.Kind, Scope: crd.Spec.Scope}
	for _, v := range crd.Spec.Versions {
		if !v.Served {
			continue
		}
		schema := v.Schema.OpenAPIV3Schema
		dropStatus(schema)
		if err := compact(schema); err != nil {
			return kind{}, fmt.Errorf("%s %s: %w", k.Kind, v.Name, err)
		}
		k.versions = append(k.versions, version{v.Name, schema})
	}
	return k, nil
}

// dropStatus removes the status from a root schema: controllers write it, and
// an object that roster renders must have none.
func dropStatus(schema node) {
	if props, ok := schema["properties"].(map[string]any); ok {
		delete(props, "status")
	}
	if required, ok := schema["required"].([]any); ok {
		schema["required"] = slices.DeleteFunc(required, func(v any) bool { return v == "status" })
	}
}

// compact drops the prose of a schema, in place. A keyword that it does not
// know is an error: it might be one that validation needs.
func compact(schema node) error {
	for key, value := range schema {
		var err error
		switch key {
		case "description", "title", "example", "externalDocs":
			delete(schema, key)
		case "type", "format", "pattern", "enum", "default", "nullable", "required",
			"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
			"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
			"x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
			"x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-validations":
		case "properties":
			err = compactMap(value)
		case "items", "not":
			err = compactOne(value)
		case "additionalProperties":
			if _, isBool := value.(bool); !isBool {
				err = compactOne(value)
			}
		case "oneOf", "anyOf", "allOf":
			for _, s := range value.([]any) {
				if err = compactOne(s); err != nil {
					break
				}
			}
		default:
			err = fmt.Errorf("unknown schema keyword")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func compactOne(value any) error {
	schema, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("found a %T, not a schema", value)
	}
	return compact(schema)
}

func compactMap(value any) error {
	for name, s := range value.(map[string]any) {
		if err := compactOne(s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// encode writes the kind as JSON with one property a line, indented by one
// space a level, so that the diff of a version bump shows which field changed.
func (k kind) encode() []byte {
	e := &encoder{}
	e.WriteString(`{"group":` + quote(k.Group) + `,"kind":` + quote(k.Kind) + `,"scope":` + quote(k.Scope) + `,"versions":{`)
	for i, v := range k.versions {
		e.sep(i)
		e.newline(1)
		e.WriteString(quote(v.name) + ":")
		e.schema(v.schema, 2)
	}
	e.WriteString("\n}}\n")
	return e.Bytes()
}

type encoder struct{ bytes.Buffer }

func (e *encoder) newline(depth int) { e.WriteString("\n" + strings.Repeat(" ", depth)) }

func (e *encoder) sep(i int) {
	if i > 0 {
		e.WriteByte(',')
	}
}

// schema writes the short keywords first and the nested schemas last, so that an object's own rules are on its own line.
func (e *encoder) schema(s node, depth int) {
	e.WriteByte('{')
	for i, key := range sortedKeys(s) {
		e.sep(i)
		e.WriteString(quote(key) + ":")
		switch value := s[key].(type) {
		case map[string]any:
			switch key {
			case "properties":
				e.properties(value, depth)
			case "items", "additionalProperties", "not":
				e.schema(value, depth)
			default: // default: an example value, not a schema
				e.Write(marshal(value))
			}
		default:
			e.Write(marshal(value))
		}
	}
	e.WriteByte('}')
}

func (e *encoder) properties(props map[string]any, depth int) {
	e.WriteByte('{')
	for i, name := range sortedKeys(props) {
		e.sep(i)
		e.newline(depth)
		e.WriteString(quote(name) + ":")
		e.schema(props[name].(map[string]any), depth+1)
	}
	e.WriteByte('}')
}

// sortedKeys sorts by name; the keys that open nested lines come last.
func sortedKeys(m map[string]any) []string {
	nested := map[string]int{"additionalProperties": 1, "items": 2, "properties": 3}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := nested[a] - nested[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

func quote(s string) string { return string(marshal(s)) }

// marshal is json.Marshal without HTML escapes: the rules are full of < and &.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // v came from a JSON decoder
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
