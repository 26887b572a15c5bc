package workload

import (
	"errors"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/source"
)

// origin is where files lie: the repository, the catalog, or something that was fetched.
type origin struct {
	files fs.FS
	name  string        // of what was fetched, in words; empty for the other two
	named diag.Position // where an application asks for what was fetched
}

// at is the place of a file. Of one that was fetched it is where that is asked for, and the file is named by the prefix of the
// message.
func (o origin) at(file string, line, column int) (at diag.Position, prefix string) {
	inside := diag.Position{File: file, Line: line, Column: column}
	switch {
	case o.name == "":
		return inside, ""
	case file == "" || file == ".":
		return o.named, o.name + ": "
	}
	return o.named, o.name + ": " + inside.String() + ": "
}

// inWords names a reference in a message.
func inWords(ref source.Reference) string {
	switch {
	case ref.Kind == source.Chart:
		return "the " + ref.String()
	case ref.Kind == source.Git && ref.Version == "":
		return ref.URL
	case ref.Kind == source.Git:
		return ref.URL + " at " + ref.Version
	}
	return ref.String()
}

// missing is that something was not fetched.
func (app *Application) missing(at diag.Position, ref source.Reference) diag.Diagnostic {
	return app.failure(at, notFetched, "run roster fetch", "%s was not fetched", inWords(ref))
}

// notFetched is the code of what is missing from the sources.
const notFetched = "not-fetched"

// open gives the files of a reference that is asked for at a place, and notes it.
func (r *Renderer) open(app *Application, ref source.Reference, at diag.Position) (origin, diag.List) {
	r.ask([]source.Reference{ref})
	if r.files.Sources == nil {
		return origin{}, diag.List{app.missing(at, ref)}
	}
	files, err := r.files.Sources.Open(ref)
	switch {
	case err == nil:
		return origin{files: files, name: inWords(ref), named: at}, nil
	case errors.Is(err, source.ErrNotFetched):
		return origin{}, diag.List{app.missing(at, ref)}
	case errors.Is(err, source.ErrChanged):
		return origin{}, diag.List{app.failure(at, notFetched, "remove the copy, and run roster fetch --vendor", "%s: %v", inWords(ref), err)}
	}
	return origin{}, diag.List{app.failure(at, notFetched, "run roster fetch", "%s cannot be read from the cache: %v", inWords(ref), reason(err))}
}

func (r *Renderer) ask(refs []source.Reference) {
	for _, ref := range refs {
		if !slices.Contains(r.asked, ref) {
			r.asked = append(r.asked, ref)
		}
	}
}

// warn notes a warning, once.
func (r *Renderer) warn(d diag.Diagnostic) {
	if !slices.ContainsFunc(r.warnings, func(w diag.Diagnostic) bool { return w.Pos == d.Pos && w.Message == d.Message }) {
		r.warnings.Add(d)
	}
}

// eachOnce leaves out of diags that something is missing which is reported already.
func eachOnce(diags diag.List) diag.List {
	said := map[string]bool{}
	return slices.DeleteFunc(diags, func(d diag.Diagnostic) bool {
		if d.Code != notFetched {
			return false
		}
		again := said[d.Message]
		said[d.Message] = true
		return again
	})
}

// References are what app needs from outside of the repository, as far as that is known with what was fetched: a chart that is
// fetched may need more. The order is that in which they are found. What is wrong with app is reported, besides what is missing.
func (r *Renderer) References(app *Application) ([]source.Reference, diag.List) {
	r.asked, r.onlyAsk = nil, true
	defer func() { r.onlyAsk = false }()
	_, diags := r.several(app)
	r.warnings = nil
	diags = slices.DeleteFunc(diags, func(d diag.Diagnostic) bool { return d.Code == notFetched })
	return r.asked, diags
}

// onlyFile is the one file of what was fetched that has such a name, or any.
func (o origin) onlyFile(extension string) (string, error) {
	entries, err := fs.ReadDir(o.files, ".")
	if err != nil {
		return "", reason(err)
	}
	found := ""
	for _, e := range entries {
		if e.IsDir() || extension != "" && path.Ext(e.Name()) != extension {
			continue
		}
		if found != "" {
			return "", errors.New("there is more than one file")
		}
		found = e.Name()
	}
	if found == "" {
		return "", errors.New("there is no file")
	}
	return found, nil
}

var (
	// userInfo is a user name or a password before a host.
	userInfo = lazy.Regexp(`^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@`)
	// secretQuery is a password in the query of a URL.
	secretQuery = lazy.Regexp(`(?i)[?&][a-z_-]*(token|password|secret|signature)=`)
)

// withoutSecret is a text that may be a URL, for a message.
func withoutSecret(text string) string {
	clean, err := withoutUser(text)
	if err != nil {
		return elided
	}
	return clean
}

// errSecretURL is why a URL does not become a reference: those are written into a lock.
var errSecretURL = errors.New("its URL holds a password: leave it out, and give it to Argo CD and to roster fetch")

// withoutUser is a URL as a reference has it.
func withoutUser(text string) (string, error) {
	if secretQuery().MatchString(text) {
		return "", errSecretURL
	}
	return userInfo().ReplaceAllString(text, "$1"), nil
}

// fileReference is a single file of a web server.
func fileReference(text string) (source.Reference, error) {
	clean, err := withoutUser(text)
	if err != nil {
		return source.Reference{}, err
	}
	u, err := url.Parse(clean)
	if err != nil || u.Host == "" {
		return source.Reference{}, errors.New("it is not the URL of a file")
	}
	u.Fragment, u.RawFragment = "", ""
	return source.Reference{Kind: source.File, URL: u.String()}, nil
}

// chartReference is a chart of a repository, which may be a registry.
func chartReference(repository, name, version string) (source.Reference, error) {
	clean, err := withoutUser(strings.TrimRight(repository, "/"))
	if err != nil {
		return source.Reference{}, err
	}
	if registry, ok := strings.CutPrefix(clean, "oci://"); ok && registry != "" {
		return source.Reference{Kind: source.OCI, URL: clean + "/" + name, Version: version}, nil
	}
	if u, err := url.Parse(clean); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return source.Reference{}, errors.New("its repository is not a URL")
	}
	return source.Reference{Kind: source.Chart, URL: clean, Name: name, Version: version}, nil
}
