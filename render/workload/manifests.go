package workload

import (
	"bytes"
	"errors"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// manifest is one document of an engine's output: an object, or a list of them.
type manifest struct {
	value map[string]any // of nil, bool, string, int64, float64, []any, map[string]any
	pos   diag.Position  // what it was made from: of the repository, with a line where it is known
	from  string         // the file of an archive, or of something that was fetched, that lies behind pos; or nothing
}

// decode reads YAML documents, or JSON, as Argo CD does (splitYAMLOrJSON of its repo server, kube.SplitYAML of its
// gitops-engine). Of a key that occurs twice, the last one counts, as there. Empty documents are left out. It stops at the
// first mistake, and returns what precedes it. When at has a line, data is not the text of a file, and everything is placed there.
func (app *Application) decode(at diag.Position, data []byte) ([]manifest, diag.List) {
	var out []manifest
	docs, broken := documents(data)
	for _, d := range docs {
		raw, m := d.json()
		if m != nil {
			return out, diag.List{app.unreadable(at, m)}
		}
		if raw = bytes.TrimSpace(raw); string(raw) == "null" {
			continue
		}
		value, m := readObject(raw, d.start())
		if m != nil {
			return out, diag.List{app.unreadable(at, m)}
		}
		out = append(out, manifest{value: value, pos: placed(at, d.start(), 1)})
	}
	if broken != nil {
		return out, diag.List{app.unreadable(at, broken)}
	}
	return out, nil
}

// placed is a line of the file at, unless at has a line itself.
func placed(at diag.Position, line, column int) diag.Position {
	if at.Line == 0 {
		at.Line, at.Column = line, column
	}
	return at
}

func (app *Application) unreadable(at diag.Position, m *mistake) diag.Diagnostic {
	return app.failure(placed(at, m.line, m.column), m.code, "", "%s", m.text)
}

// readObject reads a JSON object that begins on a line. A JSON text is not empty.
func readObject(raw []byte, line int) (map[string]any, *mistake) {
	if raw[0] != '{' {
		return nil, &mistake{"bad-manifest", line, 1, "expected a Kubernetes object, found " + shape(raw)}
	}
	value := map[string]any{}
	if err := syntax.CheckJSON(raw); err != nil {
		return nil, (&document{line: max(line, 1)}).mistake(err)
	}
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return nil, &mistake{"bad-yaml", line, 1, words(err)}
	}
	return value, nil
}

// shape names the type of a JSON text, not its contents.
func shape(text []byte) string {
	switch text[0] {
	case '[':
		return "a list"
	case 'n':
		return "null"
	}
	return "a single value"
}

// json is the document as JSON.
func (d *document) json() ([]byte, *mistake) {
	if d.isJSON {
		return d.text, nil
	}
	raw, err := syntax.ToJSON(d.text)
	excess := (*syntax.Excess)(nil)
	switch {
	case err == nil:
		return raw, nil
	case d.otherwise != nil && !errors.As(err, &excess):
		return nil, d.otherwise
	}
	return nil, d.mistake(err)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
