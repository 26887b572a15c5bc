package catalog

import (
	"cmp"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
)

// Dashboard is a ConfigMap with a dashboard of Grafana.
type Dashboard struct {
	Name        string
	Origin      Origin
	Folder      string // of the repository
	File        string // its name, without folders
	Text        string
	Labels      map[string]string
	Annotations map[string]string
}

const (
	// largestDashboard is what a ConfigMap may hold (k8s.io/kubernetes/pkg/apis/core/validation, MaxSecretSize), less what its key takes.
	largestDashboard = 1<<20 - 512
	mostDashboards   = 200 // of an application
)

// dashboards are those of the files that an application names.
func (b *builder) dashboards(in *app, from Origin) []Dashboard {
	s := b.settings
	if s.only != nil && s.part != MetricsPart { // something else is asked for, and Argo CD does not send the files
		return nil
	}
	if in.DashboardFolder.IsSet() && len(in.Dashboards) == 0 && !in.Flawed("dashboards") {
		in.DashboardFolder.Report("no-effect", "write dashboards: deploy/dashboards/*.json", "there are no dashboards")
	}
	var out []Dashboard
	seen := map[string]bool{}
	for _, t := range present(in.Dashboards...) {
		for _, file := range b.sources.dashboardFiles(t) {
			if len(out) == mostDashboards {
				t.Report("too-large", "", "expected at most %d dashboards of an application", mostDashboards)
				return out
			}
			if seen[file] {
				continue
			}
			seen[file] = true
			content, ok := b.sources.dashboard(t, file)
			if !ok {
				continue
			}
			d := Dashboard{Name: dashboardName(in.ApplicationCode.V, file), Origin: from + "/dashboards", Folder: path.Dir(file), File: path.Base(file), Text: content, Labels: s.dashboardLabels()}
			if f := in.DashboardFolder; f.IsSet() {
				d.Annotations = map[string]string{s.in.Monitoring.Dashboards.FolderAnnotation.Or("grafana_folder"): f.V}
			}
			if slices.ContainsFunc(out, func(o Dashboard) bool { return o.Name == d.Name }) {
				t.Report("duplicate-dashboard", "rename one of them", "two files would be the ConfigMap %s", d.Name)
				continue
			}
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Dashboard) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (s *settings) dashboardLabels() map[string]string {
	if in := s.in.Monitoring.Dashboards.Labels; in.Node != nil {
		return labelsOf(in)
	}
	return map[string]string{"grafana_dashboard": "1"}
}

// dashboardName is that of the ConfigMap: the code, and what is left of the file's name.
func dashboardName(code, file string) string {
	base := strings.ToLower(strings.TrimSuffix(path.Base(file), path.Ext(file)))
	name := code + "-dashboard-" + strings.Trim(unsafe().ReplaceAllString(base, "-"), "-")
	return strings.TrimRight(name[:min(len(name), 253)], "-")
}

// dashboardFiles are the files of the repository that a path or a pattern names.
func (f *files) dashboardFiles(t text) []string {
	clean, ok := repositoryPath(t)
	if !ok {
		return nil
	}
	if !argocd.IsPattern(clean) {
		if problem, code, hint := f.isFile(clean); problem != "" {
			if inside := f.inspect(clean); inside.problem == "" {
				hint = "write " + path.Join(clean, "*.json")
			}
			t.Report(code, hint, "%s", problem)
			return nil
		}
		return []string{clean}
	}
	found, err := f.match(clean)
	switch {
	case err != nil:
		t.Report("bad-path", "", "expected a file, or a pattern such as deploy/dashboards/*.json, found %s: %v", syntax.Quote(t.V), err)
	case len(found) == 0:
		t.Report("missing-path", "write files that are there, from the repository's root, such as dashboards: deploy/dashboards/*.json", "no file of the repository is named %s", syntax.Quote(t.V))
	}
	return found
}

// dashboard is the text of a file, if Grafana can read it and a ConfigMap can hold it.
func (f *files) dashboard(t text, file string) (string, bool) {
	data, err := syntax.ReadFile(f.fsys, f.file(file))
	if err != nil || len(data) > largestDashboard {
		t.Report("too-large", "make it smaller: a ConfigMap holds 1 MiB", "the dashboard %s cannot be read, or is too large for a ConfigMap", syntax.Quote(file))
		return "", false
	}
	report := func(at int, message, hint string) (string, bool) {
		pos := diag.Position{File: f.seen(file), Line: 1 + strings.Count(string(data[:at]), "\n")}
		pos.Column = at - strings.LastIndexByte(string(data[:at]), '\n')
		f.diags.Add(diag.Diagnostic{Pos: pos, Path: t.Path(), Code: "bad-dashboard", Message: message, Hint: hint})
		return "", false
	}
	var content map[string]json.RawMessage
	err = json.Unmarshal(data, &content)
	var wrong *json.SyntaxError
	switch {
	case !utf8.Valid(data):
		return report(0, "the dashboard is not UTF-8: a ConfigMap cannot hold it as text", "")
	case errors.As(err, &wrong):
		return report(min(max(int(wrong.Offset)-1, 0), len(data)), "the dashboard is not JSON: "+wrong.Error(), "")
	case err != nil || content == nil:
		return report(0, "expected a dashboard, a mapping, found something else", "")
	case content["dashboard"] != nil && content["panels"] == nil && content["meta"] != nil:
		return report(0, "this is what Grafana's API answers: the dashboard is in it, under dashboard", "export it with Share, Export, or keep only what is under dashboard")
	}
	return string(data), true
}

// unsafe is what cannot be in the name of an object.
var unsafe = lazy.Regexp(`[^a-z0-9]+`)
