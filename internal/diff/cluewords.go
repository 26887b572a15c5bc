package diff

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diff/fields"
)

// wordsOf are what a line may say of fields: their keys with their values, and the values alone where these are not too common.
func wordsOf(line string) (out []string) {
	parts := []string{line}
	if strings.ContainsAny(line, "{[") {
		parts = append(parts, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("{}[],", r) })...)
	}
	for _, part := range parts {
		part = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(part), "- "))
		key, value, keyed := strings.Cut(part, ": ")
		if !keyed {
			if key, value, keyed = strings.Cut(part, "="); !keyed {
				value = part
			}
		}
		value, _, _ = strings.Cut(value, " #")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		if keyed {
			out = append(out, strings.TrimSpace(key)+": "+value)
		}
		out = append(append(out, rare(part)...), rare(value)...)
	}
	return out
}

// rare are a text and its last part, such as the tag of an image, where they are long enough to be there for one reason only.
func rare(text string) (out []string) {
	parts := []string{text}
	if i := strings.LastIndexAny(text, ":@"); i >= 0 {
		parts = append(parts, text[:i], text[i+1:])
	}
	for _, part := range parts {
		if len(part) >= 4 && part != "true" && part != "false" && part != "null" {
			out = append(out, part)
		}
	}
	return out
}

// document is a part of a file of YAML. Without a kind it defines no object.
type document struct {
	first, end int // lines
	definition
}

func documentsOf(name string, text [][]byte) (out []document) {
	if ext := path.Ext(name); ext != ".yaml" && ext != ".yml" {
		return nil
	}
	first := 1
	for i := 0; i <= len(text); i++ {
		if i == len(text) || bytes.HasPrefix(text[i], []byte("---")) {
			out = append(out, document{first, i + 1, definitionOf(text[first-1 : i])})
			first = i + 2
		}
	}
	return out
}

// definitionOf is what a document defines, as far as its lines tell. The files of Kustomize itself define nothing.
func definitionOf(text [][]byte) (out definition) {
	within, indent := false, 0
	for _, line := range text {
		content := bytes.TrimLeft(line, " ")
		if len(content) == 0 || content[0] == '#' {
			continue
		}
		depth := len(line) - len(content)
		if depth == 0 {
			within, indent = bytes.HasPrefix(line, []byte("metadata:")), 0
		}
		key, value, _ := strings.Cut(string(content[:min(len(content), longestLine)]), ":")
		value, _, _ = strings.Cut(value, " #")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case depth == 0 && key == "kind":
			out.kind = value
		case depth == 0 && within && strings.HasPrefix(value, "{"):
			_, name, _ := strings.Cut(value, "name:")
			name, _, _ = strings.Cut(name, ",")
			out.name = strings.Trim(strings.TrimSpace(name), `"'}`)
		case within && depth > 0 && (indent == 0 || depth == indent):
			if indent = depth; key == "name" {
				out.name = value
			}
		}
	}
	if out.kind == "Kustomization" || out.kind == "Component" || out.name == "" {
		return definition{}
	}
	return out
}

func lastKey(p fields.Path) string {
	if keys := p.Fields(); len(keys) > 0 {
		return keys[len(keys)-1]
	}
	return ""
}

// eachLeaf finds the values of a field, each with its key, in the order of the keys.
func eachLeaf(key string, value any, found func(key, text string)) {
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			eachLeaf(k, v[k], found)
		}
	case []any:
		for _, e := range v {
			eachLeaf(key, e, found)
		}
	case string:
		found(key, v)
	case bool:
		found(key, strconv.FormatBool(v))
	case int64, float64:
		found(key, fmt.Sprint(v))
	}
}
