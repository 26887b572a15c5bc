package catalog

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/dotgit"
	"github.com/hippotion/roster/internal/syntax"
)

// The checks of what names something elsewhere: repositories, servers, charts, versions and revisions. Argo CD hands these to
// Git and Helm, whose command lines treat what begins with a dash as an option, and file: and ext:: as what is, or runs, where Argo CD
// runs. And it treats the repositories of a project as patterns: nothing that could be one is accepted.

const (
	hostForm = `[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?`
	// pathForm leaves out what is special in a URL, and in a pattern of gobwas/glob, which Argo CD's IsSourcePermitted matches with
	// (argo-cd pkg/apis/application/v1alpha1/app_project_types.go): * ? [ ] { } ! \ and the comma.
	pathForm = `(/[A-Za-z0-9._~%+:=-]+)*/?`
	userForm = `[A-Za-z0-9_][A-Za-z0-9._-]*`
)

var (
	gitURL   = regexp.MustCompile(`^(https?://` + hostForm + `|ssh://(` + userForm + `@)?` + hostForm + `|oci://` + hostForm + `)(:[0-9]{1,5})?` + pathForm + `$`)
	scpURL   = regexp.MustCompile(`^` + userForm + `@` + hostForm + `:/?[A-Za-z0-9._~][A-Za-z0-9._~+=/-]*$`)
	registry = regexp.MustCompile(`^(` + hostForm + `:[0-9]{1,5}|localhost|` + hostForm + `\.` + hostForm + `)` + pathForm + `$`)

	// credentials finds a user name or a password in a URL, even in one that is not well formed. The user name of SSH does not count: it is
	// git almost everywhere, and the key is elsewhere.
	credentials = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^/?#]*:[^/?#]*@|(https?|oci)://[^/?#]*@|[?&](access_token|private_token|job_token|token|password)=`)
	// bareCredentials are those before a host without a scheme.
	bareCredentials = regexp.MustCompile(`^[^/@]+:[^/@]*@`)
	// token finds what GitHub and GitLab have issued, wherever it stands in a URL.
	token = regexp.MustCompile(`(gh[opusr]_|github_pat_|gl(pat|dt|ptt|rt|cbt|agent|oas|soat)-)[A-Za-z0-9_-]{16}`)
	// remote finds what is not a path but a place elsewhere.
	remote = regexp.MustCompile(`://|::|^[^/]*@[^/]*:`)
)

// holdsSecret reports whether a text with a URL in it must not be shown.
func holdsSecret(s string) bool { return credentials.MatchString(s) || token.MatchString(s) }

// gitUser matches URLs with the user name that SSH users write.
var gitUser = regexp.MustCompile(`^(ssh://)?git@[^@]*$`)

// shown is a value for a message, unless it may hold a password.
func shown(s string) string {
	if strings.Contains(s, "@") && !gitUser.MatchString(s) || holdsSecret(s) {
		return "text with credentials"
	}
	return syntax.Quote(s)
}

const (
	secretFound        = "the URL holds a user name or password"
	withoutCredentials = "give Argo CD the credentials in a repository Secret, and roster the URL without them"
)

// secretInURL reports credentials in a URL, which is not shown.
func secretInURL(t text, hint string) bool {
	if !t.IsSet() || !holdsSecret(t.V) {
		return false
	}
	t.Report("secret-in-url", hint, secretFound)
	return true
}

// gitRepository checks what names a Git repository, or an OCI repository with manifests.
func gitRepository(t text) bool {
	return repository(t, "https://git.example/house/homelab.git or git@git.example:house/homelab.git", gitURL, scpURL)
}

// chartRepository checks what names a Helm repository, or the part of a registry that holds charts.
func chartRepository(t text) bool {
	if strings.HasPrefix(t.V, "ssh://") {
		t.Report("bad-url", "", "expected a repository of charts, such as https://charts.example or oci://registry.example/charts, found %s", shown(t.V))
		return false
	}
	return repository(t, "https://charts.example or oci://registry.example/charts", gitURL, registry)
}

// sourceRepository checks what names a repository of either kind.
func sourceRepository(t text) bool {
	return repository(t, "https://git.example/house/homelab.git", gitURL, scpURL, registry)
}

func repository(t text, example string, forms ...*regexp.Regexp) bool {
	if !t.IsSet() {
		return true
	}
	if secretInURL(t, withoutCredentials) {
		return false
	}
	if bareCredentials.MatchString(t.V) {
		t.Report("secret-in-url", withoutCredentials, secretFound)
		return false
	}
	if isRepository(t.V, forms...) {
		return true
	}
	hint := "write it as in " + example
	if strings.ContainsAny(t.V, `*?[]{}!\`) {
		hint = "write each URL out: Argo CD would treat it as a pattern, and permit every repository that matches"
	}
	t.Report("bad-url", hint, "expected the URL of one repository, found %s", shown(t.V))
	return false
}

func isRepository(s string, forms ...*regexp.Regexp) bool {
	for _, form := range forms {
		if form.MatchString(s) && !hasDots(s) && !hidesDots(s) {
			_, err := url.Parse(s)
			return err == nil || form == scpURL // Argo CD treats all that cannot be parsed as one repository (util/git, NormalizeGitURL)
		}
	}
	return false
}

// hasDots reports whether a part of a path is . or .., which lead elsewhere.
func hasDots(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return false
}

// hidesDots reports whether a path leads elsewhere, or has what nobody can see in it, once its percent signs are read.
func hidesDots(s string) bool {
	plain, err := url.PathUnescape(s)
	return err == nil && plain != s && (hasDots(plain) || strings.ContainsFunc(plain, func(c rune) bool { return !diag.Printable(c) }))
}

// repositoryOfArgoCD checks the URL from Argo CD, which is that of the applications when the list does not set one.
func (s *settings) repositoryOfArgoCD() {
	if s.in.Repository.URL.IsSet() || s.opts.RepoURL == "" {
		return
	}
	d := diag.Diagnostic{Pos: diag.Position{File: PlatformFile}, Path: "repository.url", Code: "bad-url", Hint: "correct spec.source.repoURL of the root Application",
		Message: "expected the URL of one repository, found in the root Application: " + shown(s.opts.RepoURL)}
	switch {
	case holdsSecret(s.opts.RepoURL):
		d.Code, d.Hint, d.Message = "secret-in-url", withoutCredentials, "the URL of the root Application holds a user name or password"
	case isRepository(s.opts.RepoURL, gitURL, scpURL):
		return
	}
	s.files.diags.Add(d)
}

// serverURL checks the address of a server: its scheme, and that there are no credentials in it.
func serverURL(t text, example string) bool {
	u, err := url.Parse(t.V)
	switch {
	case !t.IsSet():
		return true
	case secretInURL(t, "leave the credentials out"):
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(t.V, `*{}?#!\`):
		t.Report("bad-url", "", "expected an address such as %s, found %s", example, shown(t.V))
	default:
		return true
	}
	return false
}

// destinationURL checks the address of an API server. Projects permit it, as a pattern: the brackets of an IPv6 address would be one.
func destinationURL(t text) bool {
	const example = "https://kubernetes.default.svc"
	if strings.ContainsAny(t.V, "[]") && !holdsSecret(t.V) {
		t.Report("bad-url", "write a host name: Argo CD would treat the brackets as a pattern", "expected an address such as %s, found %s", example, shown(t.V))
		return false
	}
	return serverURL(t, example)
}

var (
	chartName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`)
	// chartVersion is a version, a range of them, or the digest of an OCI artifact.
	chartVersion = regexp.MustCompile(`^([A-Za-z0-9*^~<>=!][A-Za-z0-9._+*^~<>=!|, -]*|sha256:[0-9a-f]{64})$`)
	// gitRevision is the name of a branch, a tag or a commit, or a range of versions, which Argo CD looks up among the tags.
	gitRevision = regexp.MustCompile(`^[\pL\pN*^~<>=!@_][\pL\pN._+*^~<>=!|, /@#-]*$`)
)

// chartNamed checks the name of a chart in a repository.
func chartNamed(t text) bool {
	return matches(t, chartName, "bad-name", "the name of a chart, such as vault or charts/vault")
}

func versionOfChart(t text) bool {
	return matches(t, chartVersion, "bad-version", "the version of a chart, such as 1.2.3")
}

// revisionOf checks the name of a branch, tag or commit.
func revisionOf(t text) bool {
	return matches(t, gitRevision, "bad-revision", "a branch, tag or commit, such as main or v1.2.3")
}

// matches checks that a value which is set is not empty, has that form, and has no part that leads elsewhere.
func matches(t text, form *regexp.Regexp, code, expected string) bool {
	if !t.IsSet() {
		return true
	}
	if !filled(t, expected) {
		return false
	}
	if !form.MatchString(t.V) || strings.Contains(t.V, "..") || strings.Contains(t.V, "//") || strings.Contains(t.V, "@{") {
		t.Report(code, "", "expected %s, found %s", expected, shown(t.V))
		return false
	}
	return true
}

// kustomizeNames checks what Kustomize gets from elsewhere by name.
func kustomizeNames(in *app) {
	k := in.Kustomize
	if k == nil {
		return
	}
	for _, t := range k.Images {
		if !secretInURL(t, "leave the credentials out") && strings.HasPrefix(t.V, "-") { // an option of kustomize edit set image (argo-cd util/kustomize)
			t.Report("bad-image", "", "expected an image such as registry.example/web:v1.2.3, found %s", shown(t.V))
		}
	}
}

const (
	ownFile     = "a file of this repository"
	ownFolder   = "a folder of this repository"
	theirFile   = "a file of the chart's repository"
	theirFolder = "a folder of the kustomization's repository"
)

// inside checks a path that begins at the root of a repository, whatever lies there: it leads neither out of it nor into .git, and all
// of it can be seen.
func inside(t text, clean, expected string) bool {
	switch {
	case strings.ContainsFunc(t.V, func(c rune) bool { return !diag.Printable(c) }):
		t.Report("bad-path", "rename it", "expected %s, found characters that cannot be seen in %s", expected, shown(t.V))
	case leaves(clean):
		t.Report("path-outside", "", "expected %s, found %s", expected, shown(t.V))
	case dotgit.In(clean):
		t.Report("path-outside", "", "%s: %s", syntax.Quote(clean), dotgit.Why)
	default:
		return true
	}
	return false
}

// notForProgram checks that a path is neither an option nor a pattern for the program that gets it: kustomize edit add component takes
// both (argo-cd util/kustomize).
func notForProgram(t text) bool {
	switch {
	case strings.HasPrefix(t.V, "-"):
		t.Report("bad-path", "rename it: programs would treat it as an option", "expected a path that does not begin with a dash, found %s", shown(t.V))
	case strings.ContainsAny(t.V, "*?["):
		t.Report("bad-path", "rename the folder", "Kustomize treats %s as a pattern", shown(t.V))
	default:
		return true
	}
	return false
}

// onGitHub begins what Kustomize fetches, even where a folder has that name.
var onGitHub = regexp.MustCompile(`(?i)^github\.com[:/]`)

// foreignComponents checks those of a kustomization that lies elsewhere.
func foreignComponents(in *app, base string) {
	if in.Kustomize == nil {
		return
	}
	for _, c := range present(in.Kustomize.Components...) {
		switch {
		case !filled(c, theirFolder) || !localPath(c, theirFolder) || !notForProgram(c):
		case path.IsAbs(c.V), onGitHub.MatchString(c.V):
			c.Report("path-outside", "paths of components are relative to the kustomization", "expected %s, found %s", theirFolder, shown(c.V))
		default:
			inside(c, path.Join(base, c.V), theirFolder)
		}
	}
}

// localPath checks that a value is a path, not a place elsewhere.
func localPath(t text, expected string) bool {
	if !remote.MatchString(t.V) {
		return true
	}
	if !secretInURL(t, "leave the credentials out") {
		t.Report("bad-path", "", "expected %s, found %s", expected, shown(t.V))
	}
	return false
}
