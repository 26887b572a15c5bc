package workload

import (
	"fmt"
	"regexp"
	"strings"
)

// variable is what os.Expand treats as a variable; an unclosed brace is one without a name.
var variable = regexp.MustCompile(`\$(?:\{[^}]*\}|\{|[A-Za-z_][A-Za-z0-9_]*|[*#$@!?0-9-])`)

// expand replaces the variables of Argo CD's build environment (docs/user-guide/build-environment.md). $$ stands for a
// dollar sign; unknown variables are empty, as there.
func (app *Application) expand(text string) (string, error) {
	var err error
	out := variable.ReplaceAllStringFunc(text, func(v string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(v[1:], "{"), "}")
		switch name {
		case "$":
			return "$"
		case "ARGOCD_APP_NAME":
			return app.Code
		case "ARGOCD_APP_NAMESPACE":
			return app.Namespace
		case "ARGOCD_APP_PROJECT_NAME":
			return app.Project
		case "ARGOCD_APP_SOURCE_REPO_URL":
			return app.RepoURL
		case "ARGOCD_APP_SOURCE_PATH":
			return app.Path
		case "ARGOCD_APP_SOURCE_TARGET_REVISION":
			return app.TargetRevision
		case "ARGOCD_APP_REVISION", "ARGOCD_APP_REVISION_SHORT", "ARGOCD_APP_REVISION_SHORT_8":
			if app.Revision == "" {
				err = fmt.Errorf("%s is the commit that Argo CD deploys, which is not known here", v)
			}
			short := map[string]int{"ARGOCD_APP_REVISION_SHORT": 7, "ARGOCD_APP_REVISION_SHORT_8": 8}[name]
			if short == 0 {
				short = len(app.Revision)
			}
			return app.Revision[:min(short, len(app.Revision))]
		}
		return ""
	})
	return out, err
}
