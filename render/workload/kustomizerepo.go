package workload

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/hippotion/roster/internal/source"
)

// repoSpec is what kustomize reads in the address of a folder in a Git repository (api/internal/git, which cannot be imported:
// test/engines compares the two).
type repoSpec struct {
	repository string // for git clone
	folder     string // in it; empty for the root
	ref        string // empty for HEAD
}

// gitUserName is a user before a host, as kustomize knows it.
var gitUserName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@`)

// parseRepoSpec reports whether kustomize takes an entry for such an address.
func parseRepoSpec(entry string) (spec repoSpec, ok bool) {
	if path.IsAbs(entry) {
		return spec, false
	}
	address, query, _ := strings.Cut(entry, "?")
	if values, err := url.ParseQuery(query); err == nil {
		if spec.ref = values.Get("ref"); spec.ref == "" {
			spec.ref = values.Get("version")
		}
	}
	host, rest, ok := gitHost(address)
	if !ok {
		return repoSpec{}, false
	}
	repository, folder, ok := gitFolder(rest, strings.HasPrefix(host, "file://"))
	if !ok || repository == "" {
		return repoSpec{}, false
	}
	folder = strings.TrimPrefix(folder, "/")
	if clean := path.Clean(folder); clean == ".." || strings.HasPrefix(clean, "../") {
		return repoSpec{}, false
	}
	spec.repository, spec.folder = host+repository, folder
	return spec, true
}

// gitHost cuts an address behind the host, which then ends in what separates it from the path.
func gitHost(address string) (host, rest string, ok bool) {
	address, _ = cutPrefixFold(address, "git::")
	scheme := ""
	for _, s := range [...]string{"ssh://", "https://", "http://", "file://"} {
		if after, found := cutPrefixFold(address, s); found {
			scheme, address = s, after
			break
		}
	}
	if scheme == "file://" {
		return scheme, address, true
	}
	user := gitUserName.FindString(address)
	address = address[len(user):]
	lower := strings.ToLower(address)
	github := strings.HasPrefix(lower, "github.com/") || strings.HasPrefix(lower, "github.com:")
	short := scheme == "" && (user != "" || github) // USER@HOST:PATH
	if scheme == "" && !short {
		return "", "", false
	}
	end := strings.IndexByte(address, '/')
	if colon := strings.IndexByte(address, ':'); short && (end < 0 || colon > 0 && colon < end) {
		end = colon
	}
	host = address
	if end >= 0 {
		host, rest = address[:end+1], address[end+1:]
	}
	switch {
	case github && (scheme == "ssh://" || user != ""):
		return user + "github.com:", rest, true
	case github:
		return "https://github.com/", rest, true
	}
	return scheme + user + host, rest, host != ""
}

// gitFolder cuts a path behind the repository: where a mark says it, else behind OWNER/REPOSITORY.
func gitFolder(rest string, isFile bool) (repository, folder string, ok bool) {
	const azure = "_git/"
	if i := strings.Index(rest, azure); i >= 0 {
		name, folder, _ := strings.Cut(rest[i+len(azure):], "/")
		return rest[:i+len(azure)] + name, folder, true
	}
	if repository, folder, ok = strings.Cut(rest, "//"); ok {
		return repository, folder, true
	}
	if before, after, found := strings.Cut(rest, ".git"); found {
		return before + ".git", after, true
	}
	if isFile {
		return rest, "", true
	}
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) < 2 {
		return "", "", false
	}
	return parts[0] + "/" + parts[1], strings.Join(parts[2:], ""), true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.ToLower(s[:len(prefix)]) == prefix {
		return s[len(prefix):], true
	}
	return s, false
}

// reference is the repository as a reference. The user name of SSH is no secret.
func (s repoSpec) reference() (source.Reference, error) {
	repository := s.repository
	if rest, ok := strings.CutPrefix(repository, "ssh://"); ok {
		if user, host, found := strings.Cut(rest, "@"); found && !strings.ContainsAny(user, "/") {
			user, _, _ = strings.Cut(user, ":")
			return source.Reference{Kind: source.Git, URL: "ssh://" + user + "@" + host, Version: s.ref}, nil
		}
	}
	clean, err := withoutUser(repository)
	return source.Reference{Kind: source.Git, URL: clean, Version: s.ref}, err
}

var (
	// rawFile is what forges and web servers give as a file, by its address.
	rawFile = regexp.MustCompile(`(?i)(\.(ya?ml|json)$|/raw(/|$)|/releases/download/)`)
	// gitMark is what only the address of a repository has.
	gitMark = regexp.MustCompile(`(?i)^(git::)?https?://[^/?]+/([^?]*(\.git(/|\?|$)|_git/|//)|[^?]*\?([^?]*&)?(ref|version)=)|^(git::)?https?://([^/?]*@)?(github|gitlab|bitbucket|codeberg)\.(com|org)/`)
)

// looksCloned reports whether kustomize, which tries such an address as a file first, will find a repository there.
func looksCloned(entry string) bool {
	address, _, _ := strings.Cut(entry, "?")
	return gitMark.MatchString(entry) && !rawFile.MatchString(address)
}
