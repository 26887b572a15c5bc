package workload

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/message"
)

// schemaURL is Helm's name for values.schema.json, which shows in messages.
const schemaURL = "file:///values.schema.json"

// maxViolations is how many violations of one schema are reported.
const maxViolations = 20

// compiledSchema is the values.schema.json of a chart.
type compiledSchema struct {
	schema   *jsonschema.Schema
	problems []string           // why it cannot be used
	missing  diag.List          // what it refers to and was not fetched: then nothing is checked
	needs    []source.Reference // what it refers to
}

// violations are where values do not fit the schema of p or of its subcharts, as Helm's ValidateAgainstSchema finds them, with the
// difference that no schema is read from the network or from other files: without one that was not fetched, the values are not
// checked, which is a warning.
func (r *Renderer) violations(app *Application, l *loadedChart, p part, values map[string]any) diag.List {
	var diags diag.List
	if p.chart.Schema != nil {
		from := l.byFile[p.chart.Raw[0]]
		for _, message := range r.validate(app, from, values) {
			diags.Add(from.mistake("helm-schema", "values.schema.json", 0, message))
		}
	}
	for _, sub := range p.parts {
		// Helm has made sure that these are mappings.
		if below, ok := values[sub.name].(map[string]any); ok {
			diags = append(diags, r.violations(app, l, sub, below)...)
		}
	}
	return diags
}

// validate gives the messages of the schema of l alone.
func (r *Renderer) validate(app *Application, l *loadedChart, values map[string]any) (messages []string) {
	// The compiler panics at some schemas; Helm turns that into an error, too.
	defer func() {
		if problem := recover(); problem != nil {
			messages = []string{sentence(fmt.Sprintf("the schema cannot be used: %v", problem))}
		}
	}()
	if l.schema == nil {
		l.schema = &compiledSchema{problems: []string{"the schema cannot be used"}} // when the compiler panics
		*l.schema = r.compileSchema(app, l)
	}
	r.ask(l.schema.needs)
	if len(l.schema.missing) > 0 {
		for _, d := range l.schema.missing {
			d.Path, d.Message = app.Code, "the values were not checked: of their schema, "+d.Message
			r.warn(d)
		}
		return nil
	}
	if len(l.schema.problems) > 0 {
		return l.schema.problems
	}
	if err := l.schema.schema.Validate(values); err != nil {
		return violationLines(err)
	}
	return nil
}

func (r *Renderer) compileSchema(app *Application, l *loadedChart) compiledSchema {
	data := l.chart.Schema
	if err := syntax.CheckJSON(data); err != nil {
		return compiledSchema{problems: []string{"the schema: " + err.Error()}}
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return compiledSchema{problems: []string{sentence("the schema is not JSON: " + err.Error())}}
	}
	compiler := jsonschema.NewCompiler()
	at, _ := l.at("values.schema.json", 0, 0)
	loader := &schemaLoader{renderer: r, app: app, at: at}
	compiler.UseLoader(loader)
	if err := compiler.AddResource(schemaURL, document); err != nil {
		return compiledSchema{problems: []string{sentence(err.Error())}}
	}
	schema, err := compiler.Compile(schemaURL)
	var invalid *jsonschema.SchemaValidationError
	var unread *jsonschema.LoadURLError
	switch {
	case errors.As(err, &invalid):
		problems := violationLines(invalid.Err)
		for i := range problems {
			problems[i] = "the schema is not valid " + problems[i]
		}
		return compiledSchema{problems: problems}
	case len(loader.missing) > 0:
		return compiledSchema{missing: loader.missing, needs: loader.needs}
	case errors.As(err, &unread):
		return compiledSchema{problems: []string{sentence("the schema refers to " + withoutSecret(unread.URL) + ", which is not read")}}
	case err != nil:
		return compiledSchema{problems: []string{sentence(strings.ReplaceAll(err.Error(), schemaURL, "values.schema.json"))}}
	}
	return compiledSchema{schema: schema, needs: loader.needs}
}

// schemaLoader loads what a schema refers to outside of itself: what was fetched.
type schemaLoader struct {
	renderer *Renderer
	app      *Application
	at       diag.Position // of the schema
	needs    []source.Reference
	missing  diag.List
}

var errNotRead = errors.New("not read")

// Load treats a urn as a schema that everything fits, as Helm does.
func (l *schemaLoader) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	if !fetched().MatchString(url) {
		return nil, errNotRead
	}
	ref, err := fileReference(url)
	if err != nil {
		return nil, err
	}
	l.needs = append(l.needs, ref)
	from, diags := l.renderer.open(l.app, ref, l.at)
	if len(diags) > 0 {
		l.missing = append(l.missing, diags...)
		return nil, errNotRead
	}
	name, err := from.onlyFile("")
	if err != nil {
		return nil, err
	}
	data, err := syntax.ReadFile(from.files, name)
	if err == nil {
		err = syntax.CheckJSON(data)
	}
	if err != nil {
		return nil, reason(err)
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(data))
}

// A violation begins at the left; its parts are further to the right.
var (
	violation     = lazy.Regexp(`(?m)^- `)
	violationPart = lazy.Regexp(`\n +- `)
)

// expectation is a kind of violation of which only the expectation is shown: the values of a chart may be secret.
type expectation struct {
	jsonschema.ErrorKind
	words string
}

func (e expectation) LocalizedString(*message.Printer) string { return e.words }

// withoutValues removes from a violation, and from its parts, the value that was found.
func withoutValues(err error) {
	e := (*jsonschema.ValidationError)(nil)
	if !errors.As(err, &e) {
		return
	}
	number := func(r *big.Rat) string { f, _ := r.Float64(); return strconv.FormatFloat(f, 'g', -1, 64) }
	words := ""
	switch k := e.ErrorKind.(type) {
	case *kind.Pattern:
		words = "does not match pattern '" + k.Want + "'"
	case *kind.Format:
		words = "is not a valid " + k.Want
	case *kind.Minimum:
		words = "minimum: want " + number(k.Want)
	case *kind.Maximum:
		words = "maximum: want " + number(k.Want)
	case *kind.ExclusiveMinimum:
		words = "exclusiveMinimum: want more than " + number(k.Want)
	case *kind.ExclusiveMaximum:
		words = "exclusiveMaximum: want less than " + number(k.Want)
	case *kind.MultipleOf:
		words = "multipleOf: want a multiple of " + number(k.Want)
	case *kind.ContentEncoding:
		words = "is not encoded as " + k.Want
	case *kind.ContentMediaType:
		words = "is not of media type " + k.Want
	case *kind.InvalidJsonValue:
		words = "is not a value of JSON"
	}
	if words != "" {
		e.ErrorKind = expectation{e.ErrorKind, words}
	}
	for _, cause := range e.Causes {
		withoutValues(cause)
	}
}

func violationLines(err error) []string {
	withoutValues(err)
	_, text, _ := strings.Cut(err.Error(), "\n") // the first line names the schema
	var out []string
	for _, text := range violation().Split(text, -1)[1:] {
		if len(out) == maxViolations {
			return append(out, "there are more violations")
		}
		out = append(out, sentence(violationPart().ReplaceAllString(text, "; ")))
	}
	return out
}
