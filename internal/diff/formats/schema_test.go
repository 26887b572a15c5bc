package formats_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchemas validates what programs read with the schema of it, in which no further field is permitted.
func TestSchemas(t *testing.T) {
	for format, file := range map[string]string{"json": "../../../docs/ci/diff.schema.json", "gitlab": "../../report/testdata/gitlab-code-quality.schema.json"} {
		schema := compiled(t, file)
		for name, r := range reports() {
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(written(t, format, r)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s, %s: %v", format, name, err)
			}
		}
		for _, wrong := range []string{`{}`, `[{}]`, `{"version": 1}`} {
			value, _ := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
			if schema.Validate(value) == nil {
				t.Errorf("%s takes %s", file, wrong)
			}
		}
	}
}

func compiled(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	forbid(schema)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forbid forbids further properties, all the way down.
func forbid(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, ok := s["properties"]; ok && s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			forbid(v)
		}
	case []any:
		for _, v := range s {
			forbid(v)
		}
	}
}

// TestValues reads back the values of fields: they are exact, whatever characters they have, and a null is not a missing value.
func TestValues(t *testing.T) {
	const odd = "a\x1b[31m\u202e\u200b\U000e0041\n<&>\u2028é"
	r := empty()
	r.Objects = []diff.ObjectChange{{Sort: diff.Changed, Fields: []fields.Difference{
		{Path: steps(odd), Change: fields.Changed, From: odd, To: nil}, {Change: fields.Added, To: int64(1 << 60)}, {Change: fields.Removed, From: nil},
	}}}
	text := written(t, "json", r)
	for _, c := range text {
		if c != '\n' && !diag.Printable(c) {
			t.Errorf("has %U", c)
		}
	}
	var got struct {
		Objects []struct {
			Fields []map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	f := got.Objects[0].Fields
	var from string
	var path []struct{ Key string }
	if err := json.Unmarshal(f[0]["from"], &from); err != nil || from != odd {
		t.Errorf("%q, %v", from, err)
	}
	if err := json.Unmarshal(f[0]["path"], &path); err != nil || path[0].Key != odd {
		t.Errorf("%q, %v", path, err)
	}
	if _, has := f[1]["from"]; string(f[0]["to"]) != "null" || has || string(f[1]["to"]) != "1152921504606846976" || string(f[2]["from"]) != "null" || len(f[2]["to"]) > 0 {
		t.Errorf("%s", f)
	}
}

// TestVisible fails when a format for people writes what cannot be seen, or a line that GitHub's runner treats as a command of the input's.
func TestVisible(t *testing.T) {
	for name, r := range reports() {
		r.Color = false
		for _, format := range []string{"text", "markdown", "github", "gitlab", "json"} {
			for line := range strings.Lines(written(t, format, r)) {
				line = strings.TrimSuffix(line, "\n")
				for _, c := range line {
					if !diag.Printable(c) {
						t.Errorf("%s, %s: has %U", name, format, c)
					}
				}
				trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
				if strings.HasPrefix(trimmed, "::") && (format != "github" || !strings.Contains(line, " file=")) || strings.Contains(line, "##[") {
					t.Errorf("%s, %s: a line is a command: %q", name, format, line)
				}
			}
		}
	}
}
