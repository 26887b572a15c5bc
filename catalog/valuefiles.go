package catalog

import (
	"cmp"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
)

// valuesRef begins the path of a value file of this repository that goes with a chart from elsewhere. roster gives this name
// to the source that holds it (argo-cd docs/user-guide/multiple_sources.md, "Helm value files from external Git repository").
const valuesRef = "$values/"

// valueFiles lists the value files of a chart of this repository: the application's own, values-CODE.yml beside the chart,
// and those that it names; and the files that these are. Reads is all that the chart reads with them; nil when that is unknown.
func (r *sourceReader) valueFiles(in *app, s *Source, local *localSource) (files, values, reads []string) {
	chart, own := s.Path, ownValues(in, local)
	reads = local.reads
	if local.shared != nil { // a chart with value files for many applications: those of the others are not read
		reads = local.shared
	}
	reads = slices.Clip(reads)
	listed := r.listedFiles(in, s, chart)
	if local.files[own] && !slices.ContainsFunc(listed, func(f valueFile) bool { return !f.pattern && slices.Contains(f.files, path.Join(chart, own)) }) {
		// When it is listed, it is used at that place alone. Otherwise it would be read at both places, or only at the
		// first: Argo CD up to 3.2 does the former, 3.5 the latter (reposerver/repository, getResolvedValueFiles).
		listed = append([]valueFile{{written: own, files: []string{path.Join(chart, own)}, reads: path.Join(chart, own)}}, listed...)
	}
	for _, f := range listed {
		files = append(files, f.written)
		switch {
		case reads == nil || f.unknown:
			reads = nil
		case local.shared != nil && f.reads == chart:
			reads = append(reads, ".")
		case local.shared != nil && f.reads == path.Join(chart, own):
			reads = append(reads, own)
		case local.shared != nil || !within(f.reads, chart):
			reads = f.addTo(reads)
		}
	}
	return files, inOrder(listed), reads
}

// fileParameters checks that the files of parameters are there, and adds what the chart reads with them to what it reads.
func (r *sourceReader) fileParameters(in *app, s *Source, local *localSource, reads []string) []string {
	if in.Helm == nil {
		return reads
	}
	for _, p := range in.Helm.FileParameters.Items {
		f, isRef, ok := r.refFile(in, s, p.Value)
		if !isRef {
			f, ok = r.valueFile(in, s, p.Value, s.Path)
		}
		switch {
		case !ok:
		case f.pattern:
			p.Value.Report("bad-path", "name one file", "%s would be a pattern, which Argo CD expands in value files alone", shown(p.Value.V))
		case f.unknown || local.shared != nil || !within(f.reads, s.Path):
			reads = f.addTo(reads)
		}
	}
	return reads
}

// valueFile is one of the list's value files.
type valueFile struct {
	written           string   // as the Application has it
	files             []string // of this repository, relative to its root: one or, for a pattern, any number; none for those of elsewhere
	pattern, variable bool     // whether it is written as one, or with one
	reads             string   // what of this repository it depends on, likewise
	ref               bool     // it is of another source, which it names
	unknown           bool     // it is of this repository, and the commit, which is not known here, decides which
}

// isOurs reports whether it is of this repository.
func (f valueFile) isOurs() bool { return f.reads != "" || f.unknown }

// needsSource reports whether it is of this repository, and nothing says so yet.
func (f valueFile) needsSource() bool { return f.isOurs() && !f.ref }

// behind is the file with what stands before those of this repository.
func (f valueFile) behind(prefix string) string {
	switch {
	case !f.isOurs(), f.ref:
		return f.written
	case f.unknown || f.pattern || f.variable:
		return prefix + strings.TrimLeft(strings.TrimPrefix(f.written, valuesRef), "/")
	}
	return prefix + f.files[0]
}

// addTo adds what it depends on to what is read; nil stands for something unknown.
func (f valueFile) addTo(reads []string) []string {
	switch {
	case f.unknown || reads == nil:
		return nil
	case f.reads == "": // of a web server
		return reads
	case f.reads == ".": // a pattern that begins at the root: everything
		return nil
	case f.pattern && slices.ContainsFunc(reads, func(r string) bool { return strings.HasPrefix(r, "/") && within(f.reads, r[1:]) }):
		return reads
	}
	return append(reads, "/"+f.reads)
}

// inOrder are the files of this repository among those that are listed, in the order in which Argo CD reads them.
func inOrder(listed []valueFile) []string {
	asked := make([]argocd.Asked[string], 0, len(listed))
	for _, f := range listed {
		asked = append(asked, argocd.Asked[string]{Files: f.files, Pattern: f.pattern})
	}
	return argocd.InOrder(asked)
}

// valueURL is what Argo CD reads from elsewhere (helm.valuesFileSchemes in argocd-cm).
var valueURL = regexp.MustCompile(`^https?://[^/?#]+/`)

// listedFiles are the value files that the entry lists, of this repository and by URL. A file that is listed twice is reported,
// whatever it is called: which of the places counts differs between versions of Argo CD.
func (r *sourceReader) listedFiles(in *app, s *Source, chart string) []valueFile {
	var out []valueFile
	first := map[string]*syntax.Node{}
	for _, t := range present(in.ValueFiles...) {
		if valueURL.MatchString(t.V) {
			if !secretInURL(t, "leave the credentials out") && !listedTwice(first, t, t.V) {
				out = append(out, valueFile{written: t.V})
			}
			continue
		}
		f, isRef, ok := r.refFile(in, s, t)
		if !isRef {
			f, ok = r.valueFile(in, s, t, chart)
		}
		if !ok || !f.pattern && !f.unknown && f.reads != "" && listedTwice(first, t, f.reads) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// listedTwice reports a value file that is listed already, and notes it otherwise.
func listedTwice(first map[string]*syntax.Node, f text, file string) bool {
	if at := first[file]; at != nil {
		f.ReportWith(at, "first here", "duplicate-value-file", "remove one of them: of two files with the same key, the later one wins",
			"the value file %s is already listed", shown(f.V))
		return true
	}
	first[file] = f.Node
	return false
}

// ownValues is the value file beside a chart that is the application's own: with .yml or with .yaml, but not with both.
func ownValues(in *app, local *localSource) string {
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
// when it begins with a slash, as in Argo CD; that of a chart which is elsewhere ("") begins with $values/. Argo CD replaces variables in
// it, and expands patterns.
func (r *sourceReader) valueFile(in *app, s *Source, t text, chart string) (valueFile, bool) {
	f := valueFile{written: t.V}
	if !filled(t, ownFile) {
		return f, false
	}
	name := t.V
	if chart == "" {
		name = strings.TrimPrefix(name, valuesRef)
	}
	if strings.HasPrefix(name, valuesRef) && in.refs == nil {
		t.Report("path-outside", "leave out $values: only a chart of another Git repository needs it", "expected a file of this repository, found %s", shown(t.V))
		return f, false
	}
	expanded, err := r.environment(in, s).Expand(name)
	if err != nil { // it is for the renderer to say, which may know the commit
		f.unknown = true
		return f, true
	}
	f.variable = expanded != name
	file := path.Join(chart, expanded)
	if strings.HasPrefix(expanded, "/") {
		file = path.Clean(strings.TrimLeft(expanded, "/"))
	}
	if strings.Contains(expanded, "://") || leaves(file) {
		t.Report("path-outside", "", "expected a file of this repository, found %s%s", shown(t.V), made(name, expanded))
		return f, false
	}
	if !inside(t, file, ownFile) {
		return f, false
	}
	mayMiss := in.Helm != nil && in.Helm.IgnoreMissingValueFiles.Or(false)
	if f.pattern = argocd.IsPattern(file); f.pattern {
		f.reads = argocd.FolderOf(file)
		f.files, err = r.match(file)
		switch {
		case err != nil:
			t.Report("bad-pattern", "", "%s: %v", shown(t.V), err)
		case len(f.files) == 0 && !mayMiss:
			hint := ""
			if problem, _, _ := r.isFile(file); problem == "" {
				hint = "rename the file: Argo CD treats its name as a pattern"
			}
			t.Report("missing-path", hint, "no file of the repository matches %s%s", shown(t.V), made(name, expanded))
		default:
			return f, true
		}
		return f, false
	}
	f.files, f.reads = []string{file}, file
	if problem, code, hint := r.isFile(file); problem != "" {
		if mayMiss && r.isMissing(file) {
			return f, true
		}
		if code == "missing-path" {
			hint = cmp.Or(r.nearValueFile(t.V, file, chart), "make it, or write the path of one that is there: from the folder of the chart or, with a slash in front, from the repository's root")
		}
		if f.variable {
			problem += ": Argo CD makes " + shown(expanded) + " of " + shown(name)
		}
		t.Report(code, hint, "%s", problem)
		return f, false
	}
	return f, true
}

// made says what Argo CD makes of a text with variables.
func made(written, expanded string) string {
	if written == expanded {
		return ""
	}
	return ", which Argo CD makes " + shown(expanded)
}

// match are the files of the repository that a pattern matches. Many applications have the same.
func (f *files) match(pattern string) ([]string, error) {
	if found, known := f.matched[pattern]; known {
		return found.files, found.err
	}
	files := f.fsys
	if f.root != "." {
		var err error
		if files, err = fs.Sub(f.fsys, f.root); err != nil {
			return nil, err
		}
	}
	f.noteRead(argocd.FolderOf(pattern))
	found, err := argocd.Match(files, pattern)
	f.matched[pattern] = matching{found, err}
	return found, err
}

// matching is what a pattern matches.
type matching struct {
	files []string
	err   error
}

// nearValueFile is the hint for a missing value file, with a path that is relative to the same folder as the user's.
func (f *files) nearValueFile(written, file, chart string) string {
	near := f.near(file)
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

// ofArgoCD begins with a variable of the build environment.
var ofArgoCD = regexp.MustCompile(`^\$\{?ARGOCD_APP_`)

// foreignValueFiles lists the value files of a chart of another Git repository.
func (r *sourceReader) foreignValueFiles(in *app, s *Source) []valueFile {
	var out []valueFile
	seen := map[string]*syntax.Node{}
	several := slices.ContainsFunc(in.ValueFiles, func(t text) bool { return strings.HasPrefix(t.V, valuesRef) }) // sources
	for _, t := range present(in.ValueFiles...) {
		if f, isRef, ok := r.refFile(in, s, t); isRef {
			if ok {
				out = append(out, f)
			}
			continue
		}
		if strings.HasPrefix(t.V, valuesRef) {
			if f, ok := r.valueFile(in, s, t, ""); ok && (f.pattern || f.unknown || !listedTwice(seen, t, f.reads)) {
				f.written = f.behind(valuesRef)
				out = append(out, f)
			}
			continue
		}
		name, err := r.environment(in, s).Expand(t.V)
		first, _, _ := strings.Cut(t.V, "/")
		switch {
		case strings.HasPrefix(first, "$") && (several || !ofArgoCD.MatchString(first)):
			t.Report("bad-path", "write $values/PATH for a file of this repository, and ./PATH for one of the chart's repository",
				"%s begins with the name of an unknown source", shown(t.V))
		case err != nil:
			out = append(out, valueFile{written: t.V})
		case filled(t, theirFile) && localPath(t, theirFile):
			file := path.Join(s.Path, name)
			if strings.HasPrefix(name, "/") {
				file = path.Clean(strings.TrimLeft(name, "/"))
			}
			if inside(t, file, theirFile) && (argocd.IsPattern(file) || !listedTwice(seen, t, path.Join("$", file))) { // no file of this repository has such a path
				out = append(out, valueFile{written: t.V})
			}
		}
	}
	return out
}
