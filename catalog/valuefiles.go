package catalog

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// valuesRef begins the path of a value file of this repository that goes with a chart from elsewhere. roster gives this name
// to the source that holds it (argo-cd docs/user-guide/multiple_sources.md, "Helm value files from external Git repository").
const valuesRef = "$values/"

// valueFiles lists the value files of a chart of this repository: the application's own, values-CODE.yml beside the chart,
// and those that it names. Reads is all that the chart reads with them.
func (r *resolver) valueFiles(in *appInput, local *localSource, chart string) (files, reads []string) {
	own := r.ownValues(in, local)
	reads = local.reads
	if local.shared != nil { // a chart with value files for many applications: those of the others are not read
		reads = local.shared
	}
	reads = slices.Clip(reads)
	listed := r.listedFiles(in, chart)
	if local.files[own] && !slices.ContainsFunc(listed, func(f valueFile) bool { return f.path == path.Join(chart, own) }) {
		// When it is listed, it is used at that place alone. Otherwise it would be read at both places, or only at the
		// first: Argo CD up to 3.2 does the former, 3.5 the latter (reposerver/repository, getResolvedValueFiles).
		listed = append([]valueFile{{written: own, path: path.Join(chart, own)}}, listed...)
	}
	for _, f := range listed {
		files = append(files, f.written)
		switch {
		case f.path == "": // of a web server
		case !within(f.path, chart):
			reads = append(reads, "/"+f.path)
		case local.shared != nil && f.path == path.Join(chart, own):
			reads = append(reads, own)
		case local.shared != nil:
			reads = append(reads, "/"+f.path)
		}
	}
	return files, reads
}

// fileParameters checks that the files of parameters are there, and returns what the chart reads with them besides.
func (r *resolver) fileParameters(in *appInput, local *localSource, chart string) []string {
	if in.Helm == nil {
		return nil
	}
	var reads []string
	for _, p := range in.Helm.FileParameters.Items {
		if file, ok := r.valueFile(in, p.Value, chart); ok && (local.shared != nil || !within(file, chart)) {
			reads = append(reads, "/"+file)
		}
	}
	return reads
}

// valueFile is a value file of this repository, or of a web server.
type valueFile struct {
	written string // as in the list
	path    string // relative to the repository's root; empty for a URL
}

// behind is the file with what stands before those of this repository.
func (f valueFile) behind(prefix string) string {
	if f.path == "" {
		return f.written
	}
	return prefix + f.path
}

// valueURL is what Argo CD reads from elsewhere (helm.valuesFileSchemes in argocd-cm).
var valueURL = regexp.MustCompile(`^https?://[^/?#]+/`)

// listedFiles are the value files that the entry lists, of this repository and by URL. A file that is listed twice is reported,
// whatever it is called: which of the places counts differs between versions of Argo CD.
func (r *resolver) listedFiles(in *appInput, chart string) []valueFile {
	var out []valueFile
	first := map[string]*syntax.Node{}
	for _, f := range present(in.ValueFiles...) {
		if valueURL.MatchString(f.V) {
			if !secretInURL(f, "leave the credentials out") && !r.listedTwice(first, f, f.V) {
				out = append(out, valueFile{written: f.V})
			}
			continue
		}
		file, ok := r.valueFile(in, f, chart)
		if !ok || r.listedTwice(first, f, file) {
			continue
		}
		out = append(out, valueFile{f.V, file})
	}
	return out
}

// listedTwice reports a value file that is listed already, and notes it otherwise.
func (r *resolver) listedTwice(first map[string]*syntax.Node, f text, file string) bool {
	if at := first[file]; at != nil {
		f.ReportWith(at, "first here", "duplicate-value-file", "remove one of them: of two files with the same key, the later one wins",
			"the value file %s is already listed", shown(f.V))
		return true
	}
	first[file] = f.Node
	return false
}

// ownValues is the value file beside a chart that is the application's own: with .yml or with .yaml, but not with both.
func (r *resolver) ownValues(in *appInput, local *localSource) string {
	short, long := "values-"+in.ApplicationCode.V+".yml", "values-"+in.ApplicationCode.V+".yaml"
	switch {
	case !local.files[long]:
		return short
	case local.files[short]:
		in.ApplicationCode.Report("ambiguous-values", "remove one of them", "the chart has %s and %s", short, long)
	}
	return long
}

// valueFile checks that a value file of this repository is there. Its path is relative to the chart, or to the repository's root
// when it begins with a slash, as in Argo CD; that of a chart which is elsewhere ("") begins with $values/. The result is
// relative to the root.
func (r *resolver) valueFile(in *appInput, f text, chart string) (string, bool) {
	if !r.filled(f, ownFile) {
		return "", false
	}
	name := f.V
	if chart == "" {
		name = strings.TrimPrefix(name, valuesRef)
	}
	file := path.Join(chart, name)
	if strings.HasPrefix(name, "/") {
		file = path.Clean(strings.TrimLeft(name, "/"))
	}
	if strings.Contains(name, "://") || strings.HasPrefix(name, "$") || leaves(file) {
		hint := ""
		if strings.HasPrefix(name, valuesRef) {
			hint = "leave out $values: only a chart of another Git repository needs it"
		}
		f.Report("path-outside", hint, "expected a file of this repository, found %s", shown(f.V))
		return "", false
	}
	if meaning := mark(name); meaning != "" {
		f.Report("bad-path", "rename the file", "Argo CD gives %q in the path of a value file a special meaning", meaning)
		return "", false
	}
	if !inside(f, file, ownFile) {
		return "", false
	}
	if problem, code, hint := r.isFile(file); problem != "" {
		if in.Helm != nil && in.Helm.IgnoreMissingValueFiles.Or(false) && r.isMissing(file) {
			return file, true
		}
		if code == "missing-path" {
			hint = r.nearValueFile(f.V, file, chart)
		}
		f.Report(code, hint, "%s", problem)
		return "", false
	}
	return file, true
}

// nearValueFile is the hint for a missing value file, with a path that is relative to the same folder as the user's.
func (r *resolver) nearValueFile(written, file, chart string) string {
	near := r.near(file)
	switch {
	case near == "" || near == file:
		return ""
	case chart == "":
		near = valuesRef + near
	case strings.HasPrefix(written, "/"):
		near = "/" + near
	case chart != "." && within(near, chart):
		near = strings.TrimPrefix(near, chart+"/")
	case chart != ".":
		near = "/" + near
	}
	return `did you mean "` + near + `"?`
}

// foreignValueFiles lists the value files of a chart of another Git repository, and reports whether some are of this one.
func (r *resolver) foreignValueFiles(in *appInput, chart string) (files []string, ours bool) {
	first := map[string]*syntax.Node{}
	for _, f := range present(in.ValueFiles...) {
		switch {
		case strings.HasPrefix(f.V, valuesRef):
			if file, ok := r.valueFile(in, f, ""); ok && !r.listedTwice(first, f, file) {
				files, ours = append(files, valuesRef+file), true
			}
		case strings.HasPrefix(f.V, "$"):
			f.Report("bad-path", "write $values/PATH for a file of this repository, and PATH for one of the chart's repository",
				"%s begins with the name of an unknown source", shown(f.V))
		case mark(f.V) != "":
			f.Report("bad-path", "rename the file", "Argo CD gives %q in the path of a value file a special meaning", mark(f.V))
		case r.filled(f, theirFile) && localPath(f, theirFile):
			file := path.Join(chart, f.V)
			if strings.HasPrefix(f.V, "/") {
				file = path.Clean(strings.TrimLeft(f.V, "/"))
			}
			if inside(f, file, theirFile) && !r.listedTwice(first, f, path.Join("$", file)) { // no file of this repository has such a path
				files = append(files, f.V)
			}
		}
	}
	return files, ours
}
