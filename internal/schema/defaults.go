package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/runtime"
)

// Default is one field that an API server adds.
type Default struct {
	Path  string
	Value any
}

// String returns the path and the value as JSON, as in spec.refreshInterval="1h0m0s".
func (d Default) String() string {
	text, err := json.Marshal(d.Value)
	if err != nil {
		return fmt.Sprintf("%s=%v", d.Path, d.Value)
	}
	return d.Path + "=" + string(text)
}

// applyDefaults fills obj in and returns what it added, sorted by path. It is the algorithm of
// apiextensions-apiserver/pkg/apiserver/schema/defaulting, which does not tell what it changed, and whose import adds CEL; the tests of
// celrules compare the two.
func applyDefaults(obj map[string]any, s *structuralschema.Structural) []Default {
	var added []Default
	defaultMap(obj, s, "", &added)
	slices.SortFunc(added, func(a, b Default) int { return strings.Compare(a.Path, b.Path) })
	return added
}

func defaultValue(x any, s *structuralschema.Structural, path string, added *[]Default) {
	if s == nil {
		return
	}
	switch x := x.(type) {
	case map[string]any:
		defaultMap(x, s, path, added)
	case []any:
		for i := range x {
			at := fmt.Sprintf("%s[%d]", path, i)
			x[i] = defaultNull(x[i], s.Items, at, added)
			defaultValue(x[i], s.Items, at, added)
		}
	}
}

func defaultMap(x map[string]any, s *structuralschema.Structural, path string, added *[]Default) {
	for _, name := range sortedNames(s.Properties) {
		prop := s.Properties[name]
		value, found := x[name]
		if prop.Default.Object == nil || found && (value != nil || prop.Nullable) {
			continue
		}
		value = runtime.DeepCopyJSONValue(prop.Default.Object)
		// A default object may lack fields that have defaults of their own: it
		// counts as one addition, complete.
		defaultValue(value, &prop, "", new([]Default))
		x[name] = value
		*added = append(*added, Default{join(path, name), value})
	}
	for _, name := range sortedNames(x) {
		at := join(path, name)
		if prop, ok := s.Properties[name]; ok {
			defaultValue(x[name], &prop, at, added)
		} else if s.AdditionalProperties != nil {
			x[name] = defaultNull(x[name], s.AdditionalProperties.Structural, at, added)
			defaultValue(x[name], s.AdditionalProperties.Structural, at, added)
		}
	}
}

// defaultNull replaces a null that its schema does not allow.
func defaultNull(x any, s *structuralschema.Structural, path string, added *[]Default) any {
	if x != nil || s == nil || s.Nullable || s.Default.Object == nil {
		return x
	}
	value := runtime.DeepCopyJSONValue(s.Default.Object)
	*added = append(*added, Default{path, value})
	return value
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
