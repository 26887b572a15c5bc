package plugin

import (
	"path"
	"strings"
)

// Sent returns which part of the repository was sent. For an Application with the annotation manifest-generate-paths, Argo CD
// sends only the deepest folder that holds all of these (argo-cd reposerver/repository, getApplicationRootPath), and calls the
// plugin in the folder of the list inside of it: as much of the list's path as the working directory ends with was sent.
//
// Folder is the top of what was sent, on the disk; at is where it is in the repository.
func (r Request) Sent(workingDirectory string) (folder, at string) {
	if r.Path == "." {
		return workingDirectory, "."
	}
	for at, rest := ".", r.Path; rest != ""; {
		if folder, inside := strings.CutSuffix(workingDirectory, "/"+rest); inside {
			return folder, at
		}
		first, below, _ := strings.Cut(rest, "/")
		at, rest = path.Join(at, first), below
	}
	return workingDirectory, r.Path
}
