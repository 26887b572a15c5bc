package deployed

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hippotion/roster/internal/schema"
	"github.com/hippotion/roster/render/object"
)

// schemas are the schemas of all kinds that have one. They are read when a rule first asks for them: other verbs do not pay for them.
var schemas = sync.OnceValue(schema.New)

// checked is what an API server would say about an object.
type checked struct {
	problems []schema.Problem
	err      error
}

// Validated is validate, once for each object.
func (o *Object) Validated() ([]schema.Problem, error) {
	o.progress.Object(o.number)
	if o.checked == nil {
		o.checked = &checked{}
		o.checked.problems, o.checked.err = validate(o)
	}
	return o.checked.problems, o.checked.err
}

// validate returns what an API server would refuse in an object, or that there is no schema of its kind.
func validate(o *Object) ([]schema.Problem, error) {
	// The definition that most have serves v1alpha1 only; the one with v1beta1 needs a webhook (prometheus-operator's
	// Documentation/platform/webhook.md).
	if o.APIVersion == "monitoring.coreos.com/v1beta1" && o.Kind == "AlertmanagerConfig" {
		return nil, schema.ErrNoSchema
	}
	content := withoutNulls(o.Content()).(map[string]any)
	if metadata, ok := content["metadata"].(map[string]any); ok {
		delete(metadata, "namespace") // roster has filled it in, also for kinds of which it does not know that they have none
		if metadata["name"] == nil {
			metadata["name"] = o.Name + "x7k2m" // of generateName: the API server adds as much before it validates
		}
	}
	return schemas().Validate(content)
}

// SchemaOf names the version of the software that the schema of a custom kind comes from; empty for Kubernetes' own kinds.
func SchemaOf(o *Object) string {
	for _, s := range schema.Sources() {
		if slices.Contains(s.Kinds, o.Kind) {
			return path.Base(majorVersion.ReplaceAllString(s.Module, "")) + " " + s.Version
		}
	}
	return ""
}

// majorVersion is how the path of a Go module ends.
var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

// withoutNulls is a value without the keys of mappings that have no value. The API server drops them, and charts write many.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			if e != nil {
				out[key] = withoutNulls(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = withoutNulls(e)
		}
		return out
	}
	return v
}

// FieldsOf are the fields of a path such as spec.routes[0].match, as in.field takes them.
func FieldsOf(path string) []string {
	var out []string
	for path != "" {
		end := strings.IndexAny(path, ".[")
		switch {
		case end < 0:
			return append(out, path)
		case end > 0:
			out = append(out, path[:end])
		case path[0] == '[':
			key, rest, _ := strings.Cut(path[1:], "]")
			out, path = append(out, key), rest
			continue
		}
		path = strings.TrimPrefix(path[end:], ".")
	}
	return out
}

// OldTraefikGroup is the API group of Traefik's kinds before Traefik 3.
const OldTraefikGroup = "traefik.containo.us"

// Unchecked is how many objects there are of each kind without a schema, and the first of each.
type Unchecked struct {
	Count map[string]int
	First []*Object
}

func (in *Model) Unchecked() Unchecked {
	return in.checked.Get(func() Unchecked {
		out, known := Unchecked{Count: map[string]int{}}, map[string]bool{}
		for _, o := range in.Workloads {
			kind := o.APIVersion + " " + o.Kind
			if _, seen := known[kind]; !seen {
				_, removed := RemovedKind(o)                       // removed-api-version reports it
				removed = removed || GroupOf(o) == OldTraefikGroup // old-traefik-group does
				known[kind] = removed
				if !removed {
					known[kind] = hasSchema(o)
				}
				if !known[kind] {
					out.First = append(out.First, o)
				}
			}
			if !known[kind] {
				out.Count[kind]++
			}
		}
		return out
	})
}

// hasSchema reports whether there is a schema of an object's kind. Any object of the kind will do.
func hasSchema(o *Object) bool {
	stub := &Object{Object: object.Object{APIVersion: o.APIVersion, Kind: o.Kind, Name: "any"}}
	stub.content = map[string]any{"apiVersion": o.APIVersion, "kind": o.Kind, "metadata": map[string]any{"name": "any"}}
	_, err := validate(stub)
	return err == nil
}
