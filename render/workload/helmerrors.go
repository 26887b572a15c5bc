package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
)

// reason is why something cannot be read, without its path in the file system.
func reason(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it does not exist")
	}
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}

// notValues returns what is wrong with a YAML text that was read into Go values, and on which line; 0 when it is YAML of
// another shape.
func notValues(text []byte, err error) (line int, message string) {
	first := 1
	if part := (*partError)(nil); errors.As(err, &part) {
		text, first = part.text, first+part.line
	}
	wrong := (*json.UnmarshalTypeError)(nil)
	if !errors.As(err, &wrong) {
		m := (&document{text: slices.Concat(bytes.TrimSuffix(text, newline), newline), line: first}).mistake(innermost(err))
		return m.line, m.text
	}
	found, _, _ := strings.Cut(wrong.Value, " ") // a number is followed by itself
	message = fmt.Sprintf("expected %s, found %s", kindWords(wrong.Type.Kind().String()), kindWords(found))
	if wrong.Field != "" {
		message = wrong.Field + ": " + message
	}
	return 0, message
}

// partError is what is wrong with one of the documents of a text.
type partError struct {
	text []byte // of the document
	line int    // how many lines stand before it
	err  error
}

func (p *partError) Error() string { return p.err.Error() }
func (p *partError) Unwrap() error { return p.err }

// kindWords is a kind of Go or of JSON in the words of YAML.
func kindWords(kind string) string {
	switch kind {
	case "slice", "array":
		return "a list"
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "map", "struct", "ptr", "object":
		return "a mapping"
	}
	return "a number"
}

// maxSentence is the maximum length of a chart's message: with the function fail, charts may write anything.
const maxSentence = 1000

// sentence puts foreign text on one line, without what could steer a terminal.
func sentence(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return -1
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxSentence {
		text = strings.ToValidUTF8(text[:maxSentence], "") + "…"
	}
	return text
}

var cannotLoad = lazy.Regexp(`^cannot load (\S+): `)

// notLoaded is why Helm does not accept the files of a chart.
func (p place) notLoaded(err error, files []*archive.BufferedFile) diag.Diagnostic {
	m := cannotLoad().FindStringSubmatch(err.Error())
	if m == nil {
		return p.mistake("helm-chart", "Chart.yaml", 0, sentence(strings.TrimPrefix(err.Error(), "validation: ")))
	}
	i := slices.IndexFunc(files, func(f *archive.BufferedFile) bool { return f.Name == m[1] })
	line, message := notValues(files[i].Data, err)
	return p.mistake("helm-chart", m[1], line, message)
}

var (
	parseError = lazy.Regexp(`(?s)^parse error (?:at|in) \((.+?)(?::(\d+))?(?::(\d+))?\): (.*)$`)
	failError  = lazy.Regexp(`(?s)^execution error at \((.+?):(\d+):(\d+)\): (.*)$`)
	execError  = lazy.Regexp(`(?s)^template: (.+?):(\d+):(\d+): executing ".*?" at <`) // and the error, with those nested in it
	tplCall    = lazy.Regexp(`(?s)^(.*?: error calling tpl: )(?:cannot parse template "|error during tpl function)`)
	tracedHead = lazy.Regexp(`(?ms)^([^\n]+?):(\d+):(\d+)\n  executing "[^\n]*?" at (<.*?>):\n    `) // and the error, up to the next one
	unclosed   = lazy.Regexp(`^(unclosed action) started at .*:(\d+)$`)
	tplText    = lazy.Regexp(`^template: gotpl:(\d+)(?::\d+)?: `) // gotpl is Helm's name for text that tpl renders
)

// frame is one of the templates in which an error happened.
type frame struct {
	name         string
	line, column int
	text         string
	kind         frameKind
}

// frameKind is what the engine was doing.
type frameKind int

const (
	executing frameKind = iota
	parsing
	refusing // by fail or required
)

// newFrame takes the matches of the expressions above. The engine counts columns from 0.
func newFrame(m []string) frame {
	line, _ := strconv.Atoi(m[2])
	column, _ := strconv.Atoi(m[3])
	return frame{name: m[1], line: line, column: column + 1, text: m[4]}
}

// frames splits an error of the engine, from the outermost template to the innermost.
func frames(err error) []frame {
	for kind, known := range [...]*regexp.Regexp{parsing: parseError(), refusing: failError()} {
		if known == nil {
			continue
		}
		m := known.FindStringSubmatch(err.Error())
		if m == nil {
			continue
		}
		if began := unclosed().FindStringSubmatch(m[4]); began != nil {
			m[2], m[4] = began[2], began[1]
		}
		f := newFrame(m)
		f.kind = frameKind(kind)
		return []frame{f}
	}
	var out []frame
	for exec := (template.ExecError{}); errors.As(err, &exec); {
		text := exec.Error()
		m := execError().FindStringSubmatchIndex(text)
		if m == nil {
			break
		}
		err = errors.Unwrap(exec.Err)
		out = append(out, newFrame([]string{"", text[m[2]:m[3]], text[m[4]:m[5]], text[m[6]:m[7]], text[m[1]-1:]}))
	}
	if len(out) == 0 {
		return traced(err.Error())
	}
	last := &out[len(out)-1]
	if call := tplCall().FindStringSubmatch(last.text); call != nil {
		// Helm repeats the text, which may come from the user's values.
		last.text = call[1] + tplText().ReplaceAllString(innermost(err).Error(), "line $1 of the text: ")
	}
	return out
}

// traced are the frames of an error that Helm 4 has written anew, without the errors that it is made of (reformatExecErrorMsg).
func traced(text string) []frame {
	var out []frame
	heads := tracedHead().FindAllStringSubmatchIndex(text, -1)
	for i, m := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		message := strings.Join(strings.Fields(text[m[1]:end]), " ")
		out = append(out, newFrame([]string{"", text[m[2]:m[3]], text[m[4]:m[5]], text[m[6]:m[7]], text[m[8]:m[9]] + ": " + message}))
	}
	return out
}

func innermost(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

// words are what is shown of the text of a frame, which is in a file or else in text that tpl renders.
func (f frame) words(templates map[string]templateFile, inFile bool) string {
	if f.kind == parsing {
		return f.text // it quotes the file
	}
	s := templateTexts(templates)
	if f.kind == executing {
		return s.says(f.text, inFile)
	}
	if shown := s.show(f.text); shown != "" {
		return shown
	}
	return "fail or required stops it; " + hidden
}

// templateTexts are the texts of templates.
func templateTexts(templates map[string]templateFile) *sources {
	s := &sources{}
	for _, name := range slices.Sorted(maps.Keys(templates)) {
		if strings.HasPrefix(templates[name].name, "templates/") {
			s.template(string(templates[name].text))
		}
	}
	return s
}

// failed is why the engine does not render a chart: at the innermost template, with those that include it.
func (app *Application) failed(err error, templates map[string]templateFile) diag.Diagnostic {
	stack := frames(err)
	last := len(stack) - 1
	for last >= 0 && templates[stack[last].name].loaded == nil {
		last--
	}
	if last < 0 {
		return app.failure(app.at(), "helm-template", "", "the chart cannot be rendered; %s", hidden)
	}
	inner := stack[len(stack)-1]
	inner.text = inner.words(templates, last == len(stack)-1)
	if last < len(stack)-1 {
		inner.text = fmt.Sprintf("line %d of text that tpl renders: %s", inner.line, inner.text)
	}
	at, prefix := templates[stack[last].name].at(stack[last])
	out := app.failure(at, "helm-template", "", "%s%s", prefix, sentence(inner.text))
	seen := map[string]bool{prefix + at.String(): true}
	for _, f := range slices.Backward(stack[:last]) {
		at, prefix := templates[f.name].at(f)
		if place := prefix + at.String(); templates[f.name].loaded != nil && !seen[place] && len(out.Related) < 3 {
			seen[place] = true
			out.Related = append(out.Related, diag.Related{Pos: at, Note: prefix + "included from here"})
		}
	}
	return out
}
