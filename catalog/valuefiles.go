package catalog

import (
	"path"
	"slices"
	"strings"
)

// valueFiles lists the value files of a chart of this repository: the application's own, values-CODE.yml beside the chart,
// and those that it names. Reads is all that the chart reads with them.
func (r *resolver) valueFiles(in *appInput, local *localSource, chart string) (files, reads []string) {
	own := ownValues(in)
	reads = local.reads
	if local.shared != nil { // a chart with value files for many applications: theirs are not ours
		reads = local.shared
	}
	reads = slices.Clip(reads)
	if local.files[own] {
		files = append(files, own)
		if local.shared != nil {
			reads = append(reads, own)
		}
	}
	for _, f := range present(in.ValueFiles...) {
		file, ok := r.valueFile(in, f, chart)
		if !ok {
			continue
		}
		files = append(files, f.V)
		if local.shared != nil || !within(file, chart) {
			reads = append(reads, "/"+file)
		}
	}
	return files, reads
}

// ownValues is the value file beside a chart that is the application's own.
func ownValues(in *appInput) string { return "values-" + in.ApplicationCode.V + ".yml" }

// valueFile checks that a value file is there. Its path is seen from the chart, or from the repository's root when it
// begins with a slash, as in Argo CD; the result is seen from the root.
func (r *resolver) valueFile(in *appInput, f text, chart string) (string, bool) {
	file := path.Join(chart, f.V)
	if strings.HasPrefix(f.V, "/") {
		file = strings.TrimPrefix(path.Clean(f.V), "/")
	}
	if !r.filled(f, "a file of this repository") {
		return "", false
	}
	if strings.Contains(f.V, "://") || strings.HasPrefix(f.V, "$") || leaves(file) {
		f.Report("path-outside", "", "expected a file of this repository, found %s", shown(f.V))
		return "", false
	}
	if problem, code, hint := r.isFile(file); problem != "" && (in.Helm == nil || !in.Helm.IgnoreMissingValueFiles.Or(false)) {
		if code == "missing-path" {
			hint = r.nearValueFile(f.V, file, chart)
		}
		f.Report(code, hint, "%s", problem)
		return "", false
	}
	return file, true
}

// nearValueFile is the hint for a value file that is not there, with a path that begins where the user's begins.
func (r *resolver) nearValueFile(written, file, chart string) string {
	near := r.near(file)
	switch {
	case near == "" || near == file:
		return ""
	case strings.HasPrefix(written, "/"):
		near = "/" + near
	case chart != "." && within(near, chart):
		near = strings.TrimPrefix(near, chart+"/")
	case chart != ".":
		near = "/" + near
	}
	return `did you mean "` + near + `"?`
}
