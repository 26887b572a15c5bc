package argocd

import (
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
)

// Environment is the build environment of a source (docs/user-guide/build-environment.md of Argo CD). KUBE_VERSION and
// KUBE_API_VERSIONS, which that page lists as well, are for plugins alone.
type Environment struct {
	Name, Namespace, Project      string // of the Application, and where it deploys to
	RepoURL, Path, TargetRevision string // of the source
	Revision                      string // the commit; empty when it is unknown
}

// variable is what os.Expand treats as a variable; an unclosed brace is one without a name.
var variable = lazy.Regexp(`\$(?:\{[^}]*\}|\{|[A-Za-z_][A-Za-z0-9_]*|[*#$@!?0-9-])`)

// Expand replaces the variables in a text as Argo CD does (Env.Envsubst). $$ stands for a dollar sign; unknown variables are empty, as
// there.
func (e Environment) Expand(text string) (string, error) {
	var err error
	out := variable().ReplaceAllStringFunc(text, func(v string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(v[1:], "{"), "}")
		switch name {
		case "$":
			return "$"
		case "ARGOCD_APP_NAME":
			return e.Name
		case "ARGOCD_APP_NAMESPACE":
			return e.Namespace
		case "ARGOCD_APP_PROJECT_NAME":
			return e.Project
		case "ARGOCD_APP_SOURCE_REPO_URL":
			return e.RepoURL
		case "ARGOCD_APP_SOURCE_PATH":
			return e.Path
		case "ARGOCD_APP_SOURCE_TARGET_REVISION":
			return e.TargetRevision
		case "ARGOCD_APP_REVISION", "ARGOCD_APP_REVISION_SHORT", "ARGOCD_APP_REVISION_SHORT_8":
			if e.Revision == "" {
				err = fmt.Errorf("%s is the commit that Argo CD deploys, which is not known here", v)
			}
			short := map[string]int{"ARGOCD_APP_REVISION_SHORT": 7, "ARGOCD_APP_REVISION_SHORT_8": 8}[name]
			if short == 0 {
				short = len(e.Revision)
			}
			return e.Revision[:min(short, len(e.Revision))]
		}
		return ""
	})
	return out, err
}
