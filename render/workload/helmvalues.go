package workload

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/yaml"
)

// values are what app sets over the values of its chart: its value files, its own values, then its parameters.
func (r *Renderer) values(app *Application) (map[string]any, diag.List) {
	helm := r.helmFor(app)
	names, diags := r.valueFiles(app)
	out := map[string]any{}
	for _, f := range names {
		data, err := syntax.ReadFile(f.files, f.file)
		var values map[string]any
		read := err == nil
		if read {
			values, err = r.known.of(helm, data)
		}
		excess := (*syntax.Excess)(nil)
		switch {
		case errors.As(err, &excess):
			at, prefix := f.at(f.shown(), excess.Line, excess.Column)
			diags.Add(app.failure(at, excess.Code, excess.Hint, "%s%s", prefix, excess.Message))
			continue
		case !read:
			at, prefix := f.at(f.shown(), 0, 0)
			diags.Add(app.failure(at, "helm-values", "", "%sthe value file cannot be read: %v", prefix, reason(err)))
			continue
		case err != nil:
			line, message := notValues(data, err)
			at, prefix := f.at(f.shown(), line, min(line, 1))
			diags.Add(app.failure(at, "helm-values", "", "%s%s", prefix, message))
		}
		out = mergeValues(out, values)
	}
	at := app.at()
	if app.Helm.Values != nil {
		// By way of YAML, as in Argo CD: numbers may change.
		values := map[string]any{}
		data, err := json.Marshal(app.Helm.Values)
		if err == nil {
			data, err = yaml.JSONToYAML(data)
		}
		if err == nil {
			err = syntax.Unmarshal(data, &values)
		}
		if err != nil {
			_, message := notValues(data, err)
			diags.Add(app.failure(at, "helm-values", "", "the values: %s", message))
		}
		out = mergeValues(out, values)
	}
	for _, p := range parameters(app.Helm.Parameters) {
		value, err := app.Environment.Expand(p.Value)
		if err == nil {
			set := strvals.ParseInto
			if p.ForceString {
				set = strvals.ParseIntoString
			}
			err = set(p.Name+"="+escapeCommas(value), out)
		}
		if err != nil {
			diags.Add(app.failure(at, "helm-values", "", "the parameter %q: %s", p.Name, withoutValue(p, err)))
		}
	}
	for _, p := range app.Helm.FileParameters {
		diags = append(diags, r.setFile(app, p, out)...)
	}
	return out, diags
}

// setFile sets a parameter to what is in a file.
func (r *Renderer) setFile(app *Application, p argocd.FileParameter, values map[string]any) diag.List {
	fail := func(format string, args ...any) diag.List {
		return diag.List{app.failure(app.at(), "helm-values", "", "the file parameter %q: "+format, append([]any{p.Name}, args...)...)}
	}
	f, diags := r.valueFile(app, p.Path)
	switch {
	case len(diags) > 0:
		return diags
	case !f.url && argocd.IsPattern(f.file):
		return fail("%q would be a pattern, which Argo CD expands in value files alone", p.Path)
	}
	read := func([]rune) (any, error) {
		data, err := syntax.ReadFile(f.files, f.file)
		return string(data), err
	}
	if _, err := read(nil); err != nil {
		return fail("the file cannot be read: %v", reason(err))
	}
	if err := strvals.ParseIntoFile(p.Name+"="+f.file, values, read); err != nil {
		return fail("%s", withoutValue(Parameter{Name: p.Name}, err))
	}
	return nil
}

// parameters orders parameters: Helm reads --set-string after --set. Argo CD itself has no order among the names.
func parameters(in []Parameter) []Parameter {
	return slices.SortedStableFunc(slices.Values(in), func(a, b Parameter) int {
		if a.ForceString != b.ForceString {
			return map[bool]int{false: -1, true: 1}[a.ForceString]
		}
		return cmp.Compare(a.Name, b.Name)
	})
}

// withoutValue is what is wrong with a parameter, without quoted parts of its value.
func withoutValue(p Parameter, err error) string {
	return sentence(quoted().ReplaceAllStringFunc(err.Error(), func(q string) string {
		if strings.Contains(p.Name, strings.Trim(q, `"`)) {
			return q
		}
		return elided
	}))
}

// escapeCommas does for --set what Argo CD does: a comma is part of the value, unless that is a list in braces.
func escapeCommas(value string) string {
	if strings.HasPrefix(value, "{") && strings.HasSuffix(value, "}") {
		return value
	}
	var out strings.Builder
	before := ' '
	for _, c := range value {
		if c == ',' && before != '\\' {
			out.WriteByte('\\')
		}
		out.WriteRune(c)
		before = c
	}
	return out.String()
}

// mergeValues merges b over a, as Helm merges value files.
func mergeValues(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for key, value := range b {
		over, ok := value.(map[string]any)
		under, also := out[key].(map[string]any)
		if ok && also {
			value = mergeValues(under, over)
		}
		out[key] = value
	}
	return out
}

// valueFile is where a value file is.
type valueFile struct {
	origin
	file      string
	outer     bool // whether it is of the repository that holds the list, while the chart is not
	inCatalog bool
	url       bool   // whether it was fetched by itself
	raw       string // as it is asked for
}

// shown is its name in messages.
func (f *valueFile) shown() string {
	if f.outer {
		return outerPrefix + f.file
	}
	return f.file
}

// place is what tells a value file from others.
func (f *valueFile) place() valuePlace { return valuePlace{f.file, f.name, f.outer, f.inCatalog} }

type valuePlace struct {
	file, name       string
	outer, inCatalog bool
}

// valueFiles finds the value files of app, each once, as Argo CD does (getResolvedValueFiles of its repo server).
func (r *Renderer) valueFiles(app *Application) ([]valueFile, diag.List) {
	var asked []argocd.Asked[valuePlace]
	var diags diag.List
	at := map[valuePlace]valueFile{}
	for _, raw := range app.Helm.ValueFiles {
		files, isPattern, more := r.valueFilesOf(app, raw)
		diags = append(diags, more...)
		a := argocd.Asked[valuePlace]{Pattern: isPattern}
		for _, f := range files {
			at[f.place()], a.Files = f, append(a.Files, f.place())
		}
		asked = append(asked, a)
	}
	var out []valueFile
	for _, place := range argocd.InOrder(asked) {
		f := at[place]
		info, err := fs.Stat(f.files, f.file)
		switch {
		case errors.Is(err, fs.ErrNotExist) && app.Helm.IgnoreMissingValueFiles:
		case err == nil && !info.Mode().IsRegular():
			diags.Add(app.failure(app.at(), "helm-values", "", "the value file %q is not a file", f.raw))
		default:
			out = append(out, f)
		}
	}
	return out, diags
}

// valueFilesOf are the files that one of the list's stands for: itself, or what it matches as a pattern.
func (r *Renderer) valueFilesOf(app *Application, raw string) (files []valueFile, isPattern bool, diags diag.List) {
	f, diags := r.valueFile(app, raw)
	if len(diags) > 0 {
		return nil, false, diags
	}
	if f.url || !argocd.IsPattern(f.file) {
		return []valueFile{f}, false, nil
	}
	fail := func(problem string) ([]valueFile, bool, diag.List) {
		return nil, true, diag.List{app.failure(app.at(), "helm-values", "", "the value file %q %s", withoutSecret(raw), problem)}
	}
	found, err := argocd.Match(f.files, f.file)
	switch {
	case err != nil:
		return fail("cannot be found: " + err.Error())
	case len(found) == 0 && !app.Helm.IgnoreMissingValueFiles:
		return fail("matches no file")
	}
	for _, name := range found {
		if strings.ContainsAny(name, notInArgument) {
			return fail("matches " + strconv.Quote(name) + ", and Helm treats the comma or the quote as the end of the path")
		}
		f.file, f.raw = name, name
		files = append(files, f)
	}
	return files, true, nil
}

// notInArgument are the characters that the list of --values does not take in a path.
const notInArgument = `,"`

func (r *Renderer) valueFile(app *Application, raw string) (f valueFile, diags diag.List) {
	fail := func(problem string) (valueFile, diag.List) {
		return f, diag.List{app.failure(app.at(), "helm-values", "", "the value file %q %s", withoutSecret(raw), problem)}
	}
	if ref, known := app.Refs[referred(raw)]; known {
		_, inside, _ := strings.Cut(raw, "/")
		text, err := app.Environment.Expand(inside)
		if err != nil {
			return fail("cannot be found: " + err.Error())
		}
		f.file = strings.TrimLeft(path.Clean(text), "/")
		switch {
		case ref != nil:
			if f.origin, diags = r.open(app, *ref, cmp.Or(app.Pos, app.at())); len(diags) > 0 {
				return f, diags
			}
		case r.outer != nil:
			f.origin, f.outer = origin{files: r.outer}, true
		default:
			f.origin = origin{files: r.files.Repository}
		}
	} else if inside, ok := strings.CutPrefix(raw, outerPrefix); ok && r.outer != nil {
		text, err := app.Environment.Expand(inside)
		if err != nil {
			return fail("cannot be found: " + err.Error())
		}
		f, raw = valueFile{origin: origin{files: r.outer}, file: strings.TrimLeft(path.Clean(text), "/"), outer: true}, inside
	} else {
		text, err := app.Environment.Expand(raw)
		if err != nil {
			return fail("cannot be found: " + err.Error())
		}
		if u, err := url.Parse(text); err == nil && u.Scheme != "" {
			return r.valueURL(app, text)
		}
		f = valueFile{origin: origin{files: r.files.Repository}, file: strings.TrimLeft(path.Clean(text), "/")}
		if !path.IsAbs(text) {
			if app.Remote != nil || strings.HasSuffix(app.Path, ".tgz") {
				return fail("must begin with a slash, since the chart is an archive")
			}
			f.file = path.Join(app.Path, text)
			if app.Kind == Catalog {
				f.files, f.inCatalog = r.files.Catalog, true
			}
		}
	}
	switch {
	case !argocd.IsPattern(f.file) && strings.ContainsAny(f.file, notInArgument):
		return fail("has a comma or a quote in its path, which Helm treats as the end of the path")
	case !fs.ValidPath(f.file) || f.file == ".":
		return fail("is not in the repository")
	}
	f.raw = raw
	return f, nil
}

// referred is the name of the source that a value file is of; empty when it has none.
func referred(raw string) string {
	first, _, ok := strings.Cut(raw, "/")
	name, isRef := strings.CutPrefix(first, "$")
	if !ok || !isRef {
		return ""
	}
	return name
}

// valueURL is a value file of a web server.
func (r *Renderer) valueURL(app *Application, text string) (f valueFile, diags diag.List) {
	fail := func(problem string) (valueFile, diag.List) {
		return f, diag.List{app.failure(app.at(), "helm-values", "", "the value file %q %s", withoutSecret(text), problem)}
	}
	if !fetched().MatchString(text) {
		return fail("is neither a file nor a URL that Argo CD reads")
	}
	ref, err := fileReference(text)
	if err != nil {
		return fail("is not read: " + err.Error())
	}
	at := app.Pos
	if at.File == "" {
		at = app.at()
	}
	if f.origin, diags = r.open(app, ref, at); len(diags) > 0 {
		return f, diags
	}
	f.url = true
	if f.file, err = f.onlyFile(""); err != nil {
		return fail("cannot be read: " + err.Error())
	}
	return f, nil
}
