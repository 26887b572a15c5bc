package workload

import (
	"os"
	"testing"
)

var expandSeeds = []string{
	"", "$", "$$", "$$$", "a$", "$ARGOCD_APP_NAME", "${ARGOCD_APP_NAME}", "$ARGOCD_APP_NAMESPACE-$ARGOCD_APP_PROJECT_NAME",
	"${ARGOCD_APP_SOURCE_PATH}$ARGOCD_APP_SOURCE_REPO_URL@${ARGOCD_APP_SOURCE_TARGET_REVISION}",
	"$ARGOCD_APP_REVISION $ARGOCD_APP_REVISION_SHORT ${ARGOCD_APP_REVISION_SHORT_8}", "$$ARGOCD_APP_NAME", "$HOME${HOME}",
	"${", "${}", "${ARGOCD_APP_NAME", "${{ARGOCD_APP_NAME}}", "${ARGOCD_APP_NAME}}", "${$}", "${*}x", "$1abc", "$_", "$é", "${\n}", "$ARGOCD_APP_NAMEé",
	"\xff${\xff}", "$-x", "${-", "${$", "${1}2", "{$}", "$(ARGOCD_APP_NAME)",
}

// Argo CD expands with os.Expand (v1alpha1.Env.Envsubst).
func envsubst(app *Application, text string) string {
	values := map[string]string{
		"$": "$", "ARGOCD_APP_NAME": app.Code, "ARGOCD_APP_NAMESPACE": app.Namespace, "ARGOCD_APP_PROJECT_NAME": app.Project,
		"ARGOCD_APP_SOURCE_REPO_URL": app.RepoURL, "ARGOCD_APP_SOURCE_PATH": app.Path,
		"ARGOCD_APP_SOURCE_TARGET_REVISION": app.TargetRevision, "ARGOCD_APP_REVISION": "0123456789abcdef",
		"ARGOCD_APP_REVISION_SHORT": "0123456", "ARGOCD_APP_REVISION_SHORT_8": "01234567",
	}
	return os.Expand(text, func(name string) string { return values[name] })
}

func FuzzExpand(f *testing.F) {
	for _, text := range expandSeeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := testApp.expand(text); err != nil || got != envsubst(testApp, text) {
			t.Errorf("%q: %v, got %q, want %q", text, err, got, envsubst(testApp, text))
		}
	})
}

func TestExpandUnknownRevision(t *testing.T) {
	app := *testApp
	app.Revision = ""
	for text, want := range map[string]string{
		"$ARGOCD_APP_REVISION":           "$ARGOCD_APP_REVISION is the commit that Argo CD deploys, which is not known here",
		"a ${ARGOCD_APP_REVISION_SHORT}": "${ARGOCD_APP_REVISION_SHORT} is the commit that Argo CD deploys, which is not known here",
		"$ARGOCD_APP_NAME":               "",
		"$$ARGOCD_APP_REVISION":          "",
	} {
		_, err := app.expand(text)
		if got := ""; err != nil {
			if got = err.Error(); got != want {
				t.Errorf("%q: got %q", text, got)
			}
		} else if want != "" {
			t.Errorf("%q: got no error", text)
		}
	}
	app.Revision = "0123"
	if got, _ := app.expand("$ARGOCD_APP_REVISION_SHORT"); got != "0123" {
		t.Error(got)
	}
}
