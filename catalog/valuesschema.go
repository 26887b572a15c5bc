package catalog

import (
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// valuesSchema is the schema of a catalog application's values. A description in it tells the user what to write there.
type valuesSchema struct {
	*jsonschema.Schema
	document any
}

func valuesSchemaOf(chart fs.FS) (valuesSchema, error) {
	const file = "values.schema.json"
	f, err := chart.Open(file)
	if err != nil {
		return valuesSchema{}, err
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return valuesSchema{}, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(file, document); err != nil {
		return valuesSchema{}, err
	}
	compiled, err := compiler.Compile(file)
	return valuesSchema{compiled, document}, err
}

// unfit reports, at their places, the values that do not fit.
func (s valuesSchema) unfit(b *builtinApp, e *jsonschema.ValidationError) {
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			s.unfit(b, cause)
		}
		return
	}
	at, _ := valueOf(b, e.InstanceLocation)
	part := s.part(e.SchemaURL)
	write := s.write(e.SchemaURL)
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		properties, _ := part["properties"].(map[string]any)
		known := slices.DeleteFunc(slices.Collect(maps.Keys(properties)), func(key string) bool { return key == "global" })
		for _, name := range k.Properties {
			at, _ := valueOf(b, append(slices.Clone(e.InstanceLocation), name))
			hint := write
			if len(known) > 0 {
				hint = diag.DidYouMean(name, known)
			}
			at.Report("unknown-value", hint, "%s has no value %s here", b.Name, syntax.Quote(name))
		}
	case *kind.Required:
		properties, _ := part["properties"].(map[string]any)
		missing, _ := properties[k.Missing[0]].(map[string]any)
		at.Report("missing-value", s.description(missing), "missing %s", strings.Join(k.Missing, ", "))
	case *kind.Type:
		at.Report("wrong-type", write, "expected %s, found %s", strings.Join(k.Want, " or "), k.Got)
	case *kind.Pattern: // the value may be a URL with a password
		at.Report("bad-value", write, "expected text that matches %s", k.Want)
	default:
		at.Report("bad-value", write, "%s", e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
}

// write tells what to write where a mistake is: what is said of the value or, when nothing is, of what it is in.
func (s valuesSchema) write(location string) string {
	for {
		part := s.part(location)
		if text, _ := part["description"].(string); text != "" {
			return text
		}
		last := strings.LastIndexByte(location, '/')
		if last < 0 {
			return ""
		}
		location = location[:last]
	}
}

// part is the part of the schema that a mistake is against; nil when it has another form.
func (s valuesSchema) part(location string) map[string]any {
	_, pointer, _ := strings.Cut(location, "#")
	at := s.document
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		if whole, err := url.PathUnescape(step); err == nil {
			step = whole
		}
		switch in := at.(type) {
		case map[string]any:
			at = in[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			at = in[i]
		}
	}
	out, _ := at.(map[string]any)
	return out
}

// description says what to write for a property, which may refer to a definition.
func (s valuesSchema) description(property map[string]any) string {
	own, _ := property["description"].(string)
	reference, _ := property["$ref"].(string)
	if own != "" || reference == "" {
		return own
	}
	defined, _ := s.part(reference)["description"].(string)
	return defined
}
