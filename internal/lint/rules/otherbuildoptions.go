package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var otherBuildOptions = lint.Rule{
	Name:     "other-build-options",
	Severity: lint.Warning,
	Summary:  "the Argo CD in the list runs kustomize with other options than roster",
	Doc: `Argo CD takes the options of ` + "`kustomize build`" + `, such as ` + "`--enable-helm`" + `, from ` + "`kustomize.buildOptions`" + ` of its ConfigMap argocd-cm, and
roster from ` + "`argocd.kustomize.buildOptions`" + ` of ` + "`platform.yml`" + `. Where they differ, a kustomization that roster renders may fail in Argo CD, or
the other way round, or come out differently. ` + "`roster bootstrap`" + ` prints what belongs into argocd-cm. Here the list itself deploys
Argo CD, and has a kustomization.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: argocd
  networkPolicies: isolated
  applications: [{applicationCode: argocd, path: argocd}]
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- argocd/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data:
  kustomize.buildOptions: --enable-helm
-- a/kustomization.yaml --
resources: [map.yaml]
-- a/map.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
`,
	Mend: []string{`repository: {url: https://git.example/homelab.git}`, `repository: {url: https://git.example/homelab.git}
argocd: {kustomize: {buildOptions: --enable-helm}}`},
	Check: func(in *lint.Context, report lint.Report) {
		if !hasKustomization(in) {
			return
		}
		const key = "kustomize.buildOptions"
		said := in.Platform.ArgoCD.BuildOptions.Text
		for _, o := range in.Deployed.Kind("ConfigMap") {
			if o.Name != "argocd-cm" || o.Namespace != in.Platform.ArgoCD.Namespace {
				continue
			}
			if has := strings.Join(strings.Fields(deployed.StringAt(o, "data", key)), " "); has != said {
				hint := "write argocd: {kustomize: {buildOptions: " + has + "}} in platform.yml, or " + key + ": " + said + " in argocd-cm"
				switch {
				case has == "":
					hint = "write " + key + ": " + said + " in argocd-cm"
				case said == "":
					hint = "write argocd: {kustomize: {buildOptions: " + has + "}} in platform.yml"
				}
				report(in.Places.Field(o, "data", key), hint, "Argo CD runs kustomize build %s, and roster kustomize build %s", orNoOption(has), orNoOption(said))
			}
		}
	},
}

func orNoOption(options string) string {
	if options == "" {
		return "without options"
	}
	return "with " + options
}

// hasKustomization reports whether an application is one.
func hasKustomization(in *lint.Context) bool {
	for _, a := range in.Deployed.Applications() {
		if slices.ContainsFunc(append([]*catalog.Workload{a.Workload}, a.Others...), func(w *catalog.Workload) bool { return w != nil && w.Kind == catalog.Kustomization }) {
			return true
		}
	}
	return false
}
