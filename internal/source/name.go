package source

import (
	"cmp"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/lazy"
)

// String names the reference in a message: chart vault 0.28.x of https://charts.example.
func (r Reference) String() string {
	version := ""
	if r.Version != "" {
		version = " " + r.Version
	}
	switch r.Kind {
	case Chart:
		return "chart " + r.Name + version + " of " + r.URL
	case Git:
		return cmp.Or(r.Version, "HEAD") + " of " + r.URL
	}
	return r.URL + version
}

// Named reports whether a chart repository is known by a name, as in Helm's repositories.yaml: what it stands for is known where it is
// fetched, and in the lock.
func (r Reference) Named() bool { return r.Kind == Chart && strings.HasPrefix(r.URL, "@") }

// Compare orders references by kind, URL, name and version.
func (r Reference) Compare(s Reference) int {
	return cmp.Or(cmp.Compare(r.Kind, s.Kind), cmp.Compare(r.URL, s.URL), cmp.Compare(r.Name, s.Name), cmp.Compare(r.Version, s.Version))
}

// FileName is the name under which a chart or a File is opened.
func (r Reference) FileName() string {
	switch r.Kind {
	case Chart:
		return path.Base(r.Name) + ".tgz"
	case OCI:
		return path.Base(r.URL) + ".tgz"
	}
	u, err := url.Parse(r.URL)
	if err != nil || strings.Trim(path.Base(u.Path), "./") == "" {
		return "file"
	}
	return path.Base(u.Path)
}

const longest = 2048 // characters of a URL, a name or a version

var (
	nameForm = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`)
	// repositoryForm is how a chart repository is named that Helm's repositories.yaml has.
	repositoryForm = lazy.Regexp(`^@[A-Za-z0-9][A-Za-z0-9._-]*$`)
	// scpForm is how Git repositories are named that are reached by SSH: git@git.example:house/homelab.git.
	scpForm = lazy.Regexp(`^[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[A-Za-z0-9._~/][A-Za-z0-9._~+=/-]*$`)
)

// schemes are those that a kind of reference may have.
var schemes = map[Kind][]string{Chart: {"https", "http"}, OCI: {"oci"}, Git: {"https", "http", "ssh"}, File: {"https", "http"}}

// Problem says what is wrong with a reference, so that nobody must be asked for it; empty when nothing is. It quotes no URL that holds
// credentials.
func (r Reference) Problem() string {
	known := schemes[r.Kind]
	if known == nil {
		return "unknown kind of reference"
	}
	for _, s := range []string{r.URL, r.Name, r.Version} {
		if len(s) > longest || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return "it is too long, or has characters that cannot be seen"
		}
	}
	if strings.HasPrefix(r.Version, "-") {
		return "a version must not begin with a dash"
	}
	if r.Kind == Chart && (!nameForm().MatchString(r.Name) || strings.Contains(r.Name, "..")) {
		return "expected the name of a chart"
	}
	if r.Kind != Chart && r.Name != "" {
		return "only a chart of a chart repository has a name"
	}
	if climbs(r.URL) {
		return "expected a URL without . and .. in its path"
	}
	if r.Named() && repositoryForm().MatchString(r.URL) {
		return ""
	}
	if r.Kind == Git && scpForm().MatchString(r.URL) {
		return ""
	}
	u, err := url.Parse(r.URL)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || strings.HasPrefix(u.Hostname(), "-"):
		return "expected a URL such as " + known[0] + "://HOST/PATH"
	case !slices.Contains(known, u.Scheme):
		return "expected a URL that begins with " + strings.Join(known, ":// or ") + "://"
	case u.User != nil && (u.Scheme != "ssh" || hasPassword(u)):
		return "the URL holds a user name or password"
	case u.Fragment != "" || u.RawQuery != "" && r.Kind != File:
		return "expected a URL without ? and #"
	case r.Kind == OCI && strings.Trim(u.Path, "/") == "":
		return "expected a repository in the registry: oci://HOST/PATH"
	}
	return ""
}

// climbs reports whether there is a part in a URL that leads out of a folder: servers differ in what they make of it, and in its place
// there may be a folder of this machine.
func climbs(address string) bool {
	plain, err := url.PathUnescape(address)
	if err != nil {
		plain = address
	}
	parts := strings.FieldsFunc(plain, func(r rune) bool { return strings.ContainsRune(`/\:?`, r) })
	return slices.Contains(parts, ".") || slices.Contains(parts, "..")
}

func hasPassword(u *url.URL) bool {
	_, is := u.User.Password()
	return is || strings.HasPrefix(u.User.Username(), "-")
}
