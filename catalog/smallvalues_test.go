package catalog_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
)

// smallMistakes are the mistakes of each of several values of the small application, which all are in one list.
func smallMistakes(t *testing.T, values ...string) [][]diag.Diagnostic {
	t.Helper()
	var list strings.Builder
	for i, v := range values {
		fmt.Fprintf(&list, "- namespace: web-a%d\n  applications:\n    - applicationCode: web-a%d\n      catalog: app\n      values: %s\n", i, i, v)
	}
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list.String())}, catalog.PlatformFile: {Data: []byte(platform)}}
	_, mistakes, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]diag.Diagnostic, len(values))
	for _, m := range mistakes {
		if m.Pos.Line%5 < 4 && m.Pos.Line%5 > 0 {
			t.Errorf("not at the application: %v", m)
		}
		of := &out[(m.Pos.Line-1)/5]
		*of = append(*of, m)
	}
	return out
}

// TestSmallValuesOfAnyType writes what does not belong there for each value of the small application, however deep: each mistake is at the values,
// and says what to write.
func TestSmallValuesOfAnyType(t *testing.T) {
	data, err := fs.ReadFile(apps.Charts(), "app/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	paths := pathsIn(schema, schema, nil)
	if len(paths) < 150 {
		t.Fatalf("the schema has %d values", len(paths))
	}
	long := strings.Repeat("x", 1000) // YAML has no longer keys
	for _, path := range paths {
		var values []string
		for _, value := range []any{nil, "", "x", "-", long, "\x00\u2028{{ fail }}", -1, 1.5, 1e300, 1 << 62, true, []any{}, []any{1}, []any{[]any{long}},
			map[string]any{}, map[string]any{"x": 1}, map[string]any{long: long}} {
			text, err := json.Marshal(with(path, value))
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, string(text))
		}
		refused := 0
		for i, mistakes := range smallMistakes(t, values...) {
			refused += min(len(mistakes), 1)
			for _, m := range mistakes {
				if m.Hint == "" {
					t.Errorf("%.200s\n%v", values[i], m)
				}
			}
		}
		if refused < 5 {
			t.Errorf("%s: only %d of the values were refused", strings.Join(path, "."), refused)
		}
	}
}

// pathsIn are the keys that lead to each value that a part of the schema describes.
func pathsIn(schema, part map[string]any, path []string) [][]string {
	if reference, ok := part["$ref"].(string); ok {
		part = schema["definitions"].(map[string]any)[strings.TrimPrefix(reference, "#/definitions/")].(map[string]any)
	}
	var out [][]string
	if len(path) > 0 {
		out = append(out, path)
	}
	below := func(key string, in any) {
		if in, ok := in.(map[string]any); ok && key != "global" {
			out = append(out, pathsIn(schema, in, append(slices.Clone(path), key))...)
		}
	}
	properties, _ := part["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		below(key, properties[key])
	}
	patterns, _ := part["patternProperties"].(map[string]any)
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		key := "memory"
		if strings.HasPrefix(pattern, "^(/") {
			key = "/data"
		}
		below(key, patterns[pattern])
	}
	below("memory", part["additionalProperties"])
	below("0", part["items"])
	return out
}

// with are values that have one at a path, and an image.
func with(path []string, value any) map[string]any {
	for _, key := range slices.Backward(path) {
		if key == "0" {
			value = []any{value}
		} else {
			value = map[string]any{key: value}
		}
	}
	out := map[string]any{"image": "a:1"}
	maps.Copy(out, value.(map[string]any))
	return out
}

// TestSmallValuesSay: what is wrong with more than one value, or with the list around them, says what to write.
func TestSmallValuesSay(t *testing.T) {
	const called = "which is what y, yes, on, n, no and off mean without quotes; write the name in quotes, such as 'y' or 'on'"
	for values, want := range map[string][]string{
		`{image: a:1, env: {y: 1, on: 2}}`: {"env.true: the variable would be called true, " + called, `the key "true" occurs twice; put it in quotes: without them, on is true`},
		`{image: a:1, env: {off: 1}}`:      {"env.false: the variable would be called false, " + called},
		`{image: a:1, env: {A: 022, B: 1.10, C: yes, D: , E: ~, F: 0x1f, G: 1e3}}`: {
			"YAML reads this as a number, and would write it in another way; put it in quotes: it is a text", "YAML reads this as a number, and would write it in another way; put it in quotes: it is a text",
			"YAML reads this as true; put it in quotes: it is a text", "expected a text, found nothing; write a text, such as '', or remove it", "expected a text, found nothing; write a text, such as '', or remove it",
			"YAML reads this as a number, and would write it in another way; put it in quotes: it is a text", "YAML reads this as a number, and would write it in another way; put it in quotes: it is a text",
		},
		`{image: a:1, containers: [{name: b, image: c:1, args: [-n, 010], env: {A: 1.50}}]}`: {
			"YAML reads this as a number, and would write it in another way; put it in quotes: it is a text", "YAML reads this as a number, and would write it in another way; put it in quotes: it is a text",
		},
		`{image: a:1, env: {A: 1, B: true, C: -1.5, D: '022', E: ""}}`: nil,
		`{image: a:1, ports: {a: 80, b: 80}}`:                          {"the pod has the port 80/TCP twice: a is the same; remove one of them"},
		`{image: a:1, ports: {abcdefghijklmnop: 1}}`:                   {"expected a name of at most 15 characters, found 16; write a shorter name"},
		`[a]`: {"expected a mapping of a chart's values, found a list; write values as a mapping; roster explain app lists them"},
	} {
		var got []string
		for _, m := range smallMistakes(t, values)[0] {
			got = append(got, m.Message+"; "+m.Hint)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", values, got, want)
		}
	}
}

// TestSmallSecretOfTwo: what two applications want of the store for one Secret is unknown until one of them lists it.
func TestSmallSecretOfTwo(t *testing.T) {
	const (
		first  = "- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      catalog: app\n      values: {image: a:1, secrets: [x]}\n"
		second = "    - applicationCode: web-b\n      catalog: app\n      values: {image: a:1, secrets: [x]}\n"
		listed = "      secrets: [{name: x, dataFrom: [web-a]}]\n"
		hint   = "list it under secrets of one of them: [{name: x, dataFrom: [web-a]}]"
	)
	for list, want := range map[string]string{first + second: hint, first + listed + second: "", first + second + listed: ""} {
		files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list)},
			catalog.PlatformFile: {Data: []byte(platform + "secrets: {store: {kind: ClusterSecretStore, name: vault}}\n")}}
		_, mistakes, err := catalog.Load(files, ".", catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range mistakes {
			got += m.Hint
		}
		if got != want {
			t.Errorf("%s\n%v", list, mistakes)
		}
	}
}
