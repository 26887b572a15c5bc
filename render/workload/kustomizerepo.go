package workload

import (
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/source"
	"sigs.k8s.io/kustomize/api/resource"
)

// repoSpec is what kustomize reads in the address of a folder in a Git repository.
type repoSpec struct {
	repository string // for git clone
	folder     string // in it; empty for the root
	ref        string // empty for HEAD
}

// notCloned is what kustomize calls the root of a repository that it has not cloned.
const notCloned = "notCloned"

// parseRepoSpec reports whether kustomize takes an entry for such an address. Its parser (api/internal/git) is to be had through what
// it notes of the origins of resources.
func parseRepoSpec(entry string) (spec repoSpec, ok bool) {
	o := (&resource.Origin{}).Append(entry)
	if o.Repo == "" {
		return spec, false
	}
	spec = repoSpec{repository: o.Repo, folder: o.Path, ref: o.Ref}
	if spec.folder == notCloned && !strings.Contains(entry, notCloned) {
		spec.folder = ""
	}
	return spec, true
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
	rawFile = lazy.Regexp(`(?i)(\.(ya?ml|json)$|/raw(/|$)|/releases/download/)`)
	// gitMark is what only the address of a repository has.
	gitMark = lazy.Regexp(`(?i)^(git::)?https?://[^/?]+/([^?]*(\.git(/|\?|$)|_git/|//)|[^?]*\?([^?]*&)?(ref|version)=)|^(git::)?https?://([^/?]*@)?(github|gitlab|bitbucket|codeberg)\.(com|org)/`)
)

// looksCloned reports whether kustomize, which tries such an address as a file first, will find a repository there.
func looksCloned(entry string) bool {
	address, _, _ := strings.Cut(entry, "?")
	return gitMark().MatchString(entry) && !rawFile().MatchString(address)
}
