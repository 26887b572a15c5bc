package argocd_test

import (
	"os"
	"testing"

	"github.com/hippotion/roster/internal/argocd"
)

var environment = argocd.Environment{Name: "web-app", Namespace: "web", Project: "house", RepoURL: "https://git.example/homelab.git", Path: "app",
	TargetRevision: "main", Revision: "0123456789abcdef"}

var expandSeeds = []string{
	"", "$", "$$", "$$$", "a$", "$ARGOCD_APP_NAME", "${ARGOCD_APP_NAME}", "$ARGOCD_APP_NAMESPACE-$ARGOCD_APP_PROJECT_NAME",
	"${ARGOCD_APP_SOURCE_PATH}$ARGOCD_APP_SOURCE_REPO_URL@${ARGOCD_APP_SOURCE_TARGET_REVISION}",
	"$ARGOCD_APP_REVISION $ARGOCD_APP_REVISION_SHORT ${ARGOCD_APP_REVISION_SHORT_8}", "$$ARGOCD_APP_NAME", "$HOME${HOME}",
	"${", "${}", "${ARGOCD_APP_NAME", "${{ARGOCD_APP_NAME}}", "${ARGOCD_APP_NAME}}", "${$}", "${*}x", "$1abc", "$_", "$é", "${\n}", "$ARGOCD_APP_NAMEé",
	"\xff${\xff}", "$-x", "${-", "${$", "${1}2", "{$}", "$(ARGOCD_APP_NAME)",
}

// Argo CD expands with os.Expand (v1alpha1.Env.Envsubst).
func envsubst(e argocd.Environment, text string) string {
	values := map[string]string{
		"$": "$", "ARGOCD_APP_NAME": e.Name, "ARGOCD_APP_NAMESPACE": e.Namespace, "ARGOCD_APP_PROJECT_NAME": e.Project,
		"ARGOCD_APP_SOURCE_REPO_URL": e.RepoURL, "ARGOCD_APP_SOURCE_PATH": e.Path,
		"ARGOCD_APP_SOURCE_TARGET_REVISION": e.TargetRevision, "ARGOCD_APP_REVISION": "0123456789abcdef",
		"ARGOCD_APP_REVISION_SHORT": "0123456", "ARGOCD_APP_REVISION_SHORT_8": "01234567",
	}
	return os.Expand(text, func(name string) string { return values[name] })
}

func FuzzExpand(f *testing.F) {
	for _, text := range expandSeeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := environment.Expand(text); err != nil || got != envsubst(environment, text) {
			t.Errorf("%q: %v, got %q, want %q", text, err, got, envsubst(environment, text))
		}
	})
}

func TestExpandUnknownRevision(t *testing.T) {
	unknown := environment
	unknown.Revision = ""
	for text, want := range map[string]string{
		"$ARGOCD_APP_REVISION":           "$ARGOCD_APP_REVISION is the commit that Argo CD deploys, which is not known here",
		"a ${ARGOCD_APP_REVISION_SHORT}": "${ARGOCD_APP_REVISION_SHORT} is the commit that Argo CD deploys, which is not known here",
		"$ARGOCD_APP_NAME":               "",
		"$$ARGOCD_APP_REVISION":          "",
	} {
		_, err := unknown.Expand(text)
		if got := ""; err != nil {
			if got = err.Error(); got != want {
				t.Errorf("%q: got %q", text, got)
			}
		} else if want != "" {
			t.Errorf("%q: got no error", text)
		}
	}
	unknown.Revision = "0123"
	if got, _ := unknown.Expand("$ARGOCD_APP_REVISION_SHORT"); got != "0123" {
		t.Error(got)
	}
}
