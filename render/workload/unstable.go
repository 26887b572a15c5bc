package workload

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// The output of a chart may differ each time: Argo CD then finds a difference whenever it renders again. Where templates call a
// function that could lead to that, the chart is rendered once more, at a later date, and compared.

// unsteady are the template functions whose result differs each time (sprig's functions.go).
var unsteady = map[string]bool{
	"randAlphaNum": true, "randAlpha": true, "randAscii": true, "randNumeric": true, "randBytes": true, "randInt": true,
	"shuffle": true, "uuidv4": true, "bcrypt": true, "htpasswd": true, "encryptAES": true,
	"genPrivateKey": true, "genCA": true, "genCAWithKey": true, "genSelfSignedCert": true, "genSelfSignedCertWithKey": true,
	"genSignedCert": true, "genSignedCertWithKey": true, "now": true, "ago": true,
}

// doubtful are further functions whose result depends on more than their arguments: most give the time of now for what is no time,
// and read the time zone of the machine.
var doubtful = map[string]bool{
	"date": true, "dateInZone": true, "date_in_zone": true, "htmlDate": true, "htmlDateInZone": true, "toDate": true, "mustToDate": true,
	"dateModify": true, "date_modify": true, "mustDateModify": true, "must_date_modify": true,
}

// calls are the functions of interest that templates call.
type calls struct {
	unsteady bool // some of these
	varying  bool // or doubtful ones
	tpl      bool // which renders values as templates
}

func (c calls) or(d calls) calls {
	return calls{c.unsteady || d.unsteady, c.varying || d.varying, c.tpl || d.tpl}
}

// maxUnstable is how many fields of an object are reported.
const maxUnstable = 100

// unstable notes in first which fields differ when app is rendered once more.
func (r *Renderer) unstable(app *Application, first []Object) {
	if app.Kind != Chart && app.Kind != Catalog || !r.calls.unsteady {
		return
	}
	later := *app
	warned := r.warnings
	later.Twice, r.later = false, true
	second, diags := r.render(&later)
	r.later, r.warnings = false, warned
	if len(diags) > 0 {
		return // a check of the date, such as that a certificate has not ended
	}
	key := func(o *Object) [4]string { return [...]string{o.APIVersion, o.Kind, o.Namespace, o.Name} }
	others := map[[4]string][]*Object{} // those with generated names have the same key
	for i := range second.Objects {
		o := &second.Objects[i]
		others[key(o)] = append(others[key(o)], o)
	}
	for i := range first {
		o := &first[i]
		if same := others[key(o)]; len(same) > 0 {
			others[key(o)] = same[1:]
			differ(o.Value(), same[0].Value(), nil, &o.Unstable)
		} else {
			o.Unstable = [][]string{{"metadata", "name"}}
		}
	}
}

// differ adds the fields in which two values differ, and that have no such field in them.
func differ(a, b any, at []string, out *[][]string) {
	if len(*out) >= maxUnstable {
		return
	}
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		keys := slices.AppendSeq(slices.Collect(maps.Keys(x)), maps.Keys(y))
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			differ(x[key], y[key], append(slices.Clone(at), key), out)
		}
		return
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			differ(x[i], y[i], append(slices.Clone(at), strconv.Itoa(i)), out)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		*out = append(*out, at)
	}
}

// calls are the functions of interest that are called when the chart is rendered: by a template or, where tpl is called, by a text that
// it may render.
func (rel *release) calls() calls {
	out := rel.loaded.calls()
	if out.tpl {
		eachText(rel.values, func(text string) { out = out.or(callsOf(text, true)) })
	}
	return out
}

// calls are those of the chart with its subcharts. Only tpl renders what is no template: values, files, and texts in templates.
func (l *loadedChart) calls() calls {
	if l.called == nil {
		found := l.templateCalls()
		if found.tpl {
			found = found.or(l.textCalls())
		}
		l.called = &found
	}
	return *l.called
}

func (l *loadedChart) templateCalls() (out calls) {
	for _, f := range l.chart.Templates {
		out = out.or(callsOf(string(f.Data), false))
	}
	for _, s := range l.subcharts {
		out = out.or(s.templateCalls())
	}
	return out
}

func (l *loadedChart) textCalls() (out calls) {
	for _, f := range slices.Concat(l.chart.Templates, l.chart.Files) {
		out = out.or(callsOf(string(f.Data), true))
	}
	eachText(l.chart.Values, func(text string) { out = out.or(callsOf(text, true)) })
	for _, s := range l.subcharts {
		out = out.or(s.textCalls())
	}
	return out
}

// callsOf are those of a text as a template and, when inside is set, those of the texts in its actions, too.
func callsOf(text string, inside bool) (out calls) {
	note := func(name string) string {
		out.unsteady = out.unsteady || unsteady[name]
		out.varying = out.varying || unsteady[name] || doubtful[name]
		out.tpl = out.tpl || name == "tpl"
		return name
	}
	scan(text, note, func(literal string) {
		if inside {
			identifiers(literal, note)
		}
	})
	return out
}

// A later date takes the place of now, in the templates and in values that tpl may render. Without it, a date would only
// differ when a second ends in between.
const laterDate = "(toDate `2006-01-02` `2001-02-03`)"

func atLaterDate(text string) string {
	return identifiers(text, func(name string) string {
		switch name {
		case "now":
			return laterDate
		case "ago": // which has a clock of its own
			return "toString"
		}
		return name
	})
}

// delay changes a copy of a chart, and the values for it, to render as at another date.
func delay(c *chart.Chart, values map[string]any) {
	c.Values, _ = changeTexts(c.Values, atLaterDate).(map[string]any)
	maps.Copy(values, changeTexts(values, atLaterDate).(map[string]any))
	templates := make([]*common.File, len(c.Templates))
	for i, f := range c.Templates {
		templates[i] = &common.File{Name: f.Name, Data: []byte(atLaterDate(string(f.Data)))}
	}
	c.Templates = templates
	for _, sub := range c.Dependencies() {
		delay(sub, map[string]any{})
	}
}

// changeTexts is a copy of a value in which each text is changed.
func changeTexts(v any, change func(string) string) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "{{") {
			return change(v)
		}
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for key, e := range v {
			out[key] = changeTexts(e, change)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = changeTexts(e, change)
		}
		return out
	}
	return v
}

// eachText passes each text in a value to look.
func eachText(v any, look func(string)) {
	switch v := v.(type) {
	case string:
		look(v)
	case map[string]any:
		for _, e := range v {
			eachText(e, look)
		}
	case []any:
		for _, e := range v {
			eachText(e, look)
		}
	}
}

// identifiers passes each identifier in the actions of a template to change, such as the names of functions, and returns the text with the
// results in their place. What is in strings and comments, or follows a dot or a dollar, is not one.
func identifiers(text string, change func(string) string) string {
	return scan(text, change, func(string) {})
}

// scan is identifiers, which also tells the texts in the actions.
func scan(text string, change func(string) string, literal func(string)) string {
	var out strings.Builder
	for {
		before, action, found := strings.Cut(text, "{{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("{{")
		if end := commentEnd(action); end > 0 {
			out.WriteString(action[:end])
			text = action[end:]
			continue
		}
		i := 0
	inside:
		for i < len(action) {
			start := i
			switch c := action[i]; {
			case strings.HasPrefix(action[i:], "}}"):
				break inside
			case c == '"' || c == '\'' || c == '`':
				i++
				for i < len(action) && action[i] != c {
					if action[i] == '\\' && c != '`' {
						i++
					}
					i++
				}
				i = min(i+1, len(action))
				literal(action[start:i])
			case isLetter(c):
				for i < len(action) && (isLetter(action[i]) || '0' <= action[i] && action[i] <= '9') {
					i++
				}
				if start == 0 || !strings.ContainsRune(".$0123456789", rune(action[start-1])) {
					out.WriteString(change(action[start:i]))
					continue
				}
			default:
				i++
			}
			out.WriteString(action[start:i])
		}
		text = action[i:]
	}
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// commentEnd is where a comment ends with which an action begins; 0 when it begins with none.
func commentEnd(action string) int {
	rest := strings.TrimLeft(strings.TrimPrefix(action, "-"), " \t\r\n")
	if !strings.HasPrefix(rest, "/*") {
		return 0
	}
	end := strings.Index(rest, "*/")
	if end < 0 {
		return len(action)
	}
	return len(action) - len(rest) + end + len("*/")
}
