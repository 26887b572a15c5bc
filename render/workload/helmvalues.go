package workload

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

// values are what app sets over the values of its chart: its value files, its own values, then its parameters.
func (r *Renderer) values(app *Application) (map[string]any, diag.List) {
	names, diags := r.valueFiles(app)
	out := map[string]any{}
	for _, f := range names {
		data, err := syntax.ReadFile(r.lying(f), f.name)
		excess := (*syntax.Excess)(nil)
		if err == nil {
			if err = syntax.Check(data); !errors.As(err, &excess) {
				err = nil // reported below
			}
		}
		switch {
		case errors.As(err, &excess):
			diags.Add(excess.At(f.name, app.Code))
			continue
		case err != nil:
			diags.Add(app.failure(diag.Position{File: f.name}, "helm-values", "", "the value file cannot be read: %v", reason(err)))
			continue
		}
		values := map[string]any{}
		if err := syntax.Unmarshal(data, &values); err != nil {
			line, message := notValues(data, err)
			diags.Add(app.failure(diag.Position{File: f.name, Line: line, Column: min(line, 1)}, "helm-values", "", "%s", message))
		}
		out = mergeValues(out, values)
	}
	at := diag.Position{File: app.Path}
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
		value, err := app.expand(p.Value)
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
		if problem := r.setFile(app, p, out); problem != "" {
			diags.Add(app.failure(at, "helm-values", "", "the file parameter %q: %s", p.Name, problem))
		}
	}
	return out, diags
}

// setFile sets a parameter to what is in a file.
func (r *Renderer) setFile(app *Application, p argocd.FileParameter, values map[string]any) string {
	f, problem := app.valueFile(p.Path)
	if problem != "" {
		return fmt.Sprintf("the file %q %s", p.Path, problem)
	}
	read := func([]rune) (any, error) {
		data, err := syntax.ReadFile(r.lying(f), f.name)
		return string(data), err
	}
	if _, err := read(nil); err != nil {
		return fmt.Sprintf("the file cannot be read: %v", reason(err))
	}
	if err := strvals.ParseIntoFile(p.Name+"="+f.name, values, read); err != nil {
		return withoutValue(Parameter{Name: p.Name}, err)
	}
	return ""
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
	return sentence(quoted.ReplaceAllStringFunc(err.Error(), func(q string) string {
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
	name      string
	inCatalog bool
}

func (r *Renderer) lying(f valueFile) fs.FS {
	if f.inCatalog {
		return r.files.Catalog
	}
	return r.files.Repository
}

// valueFiles finds the value files of app, each once, as Argo CD does (getResolvedValueFiles of its repo server).
func (r *Renderer) valueFiles(app *Application) ([]valueFile, diag.List) {
	var out []valueFile
	var diags diag.List
	for _, raw := range app.Helm.ValueFiles {
		f, problem := app.valueFile(raw)
		if problem != "" {
			diags.Add(app.failure(diag.Position{File: app.Path}, "helm-values", "", "the value file %q %s", raw, problem))
			continue
		}
		info, err := fs.Stat(r.lying(f), f.name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && app.Helm.IgnoreMissingValueFiles, slices.Contains(out, f):
		case err == nil && !info.Mode().IsRegular():
			diags.Add(app.failure(diag.Position{File: app.Path}, "helm-values", "", "the value file %q is not a file", raw))
		default:
			out = append(out, f)
		}
	}
	return out, diags
}

func (app *Application) valueFile(raw string) (f valueFile, problem string) {
	text, err := app.expand(raw)
	if err != nil {
		return f, "cannot be found: " + err.Error()
	}
	if u, err := url.Parse(text); err == nil && u.Scheme != "" {
		return f, "is a URL, which is not read"
	}
	f.name = strings.TrimLeft(path.Clean(text), "/")
	if !path.IsAbs(text) {
		if strings.HasSuffix(app.Path, ".tgz") {
			return f, "must begin with a slash, since the chart is an archive"
		}
		f = valueFile{path.Join(app.Path, text), app.Kind == Catalog}
	}
	switch {
	case strings.ContainsAny(f.name, "*?["):
		return f, "is a pattern, which is not supported"
	case strings.ContainsAny(f.name, `,"`):
		return f, "has a comma or a quote in its path, which Helm treats as the end of the path"
	case !fs.ValidPath(f.name) || f.name == ".":
		return f, "is not in the repository"
	}
	return f, ""
}
