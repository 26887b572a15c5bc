package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/places"
	"go.yaml.in/yaml/v3"
)

var dependsOnWithoutHealth = lint.Rule{
	Name:     "depends-on-without-health",
	Severity: lint.Error,
	Summary:  "applications depend on each other, and Argo CD is not told to wait for them",
	Doc: `Without a health check for Applications, Argo CD treats one as healthy as soon as it exists, and no sync wave waits for what it
deploys (argo-cd, docs/operator-manual/health.md): ` + "`dependsOn`" + `, ` + "`provides`" + ` and the order of secrets have no effect. Where the list
deploys Argo CD itself, the check belongs in its values or its ConfigMap ` + "`argocd-cm`" + `: ` + "`roster bootstrap --format helm`" + ` and
` + "`--format kustomize`" + ` print it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: argocd
  networkPolicies: isolated
  applications:
    - applicationCode: argocd
      chart: argo-cd
      repoURL: https://argoproj.github.io/argo-helm
      version: 10.1.1
      valueFiles: [argocd.yml]
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy, dependsOn: [argocd]}
-- argocd.yml --
configs: {params: {server.insecure: true}}
`,
	Mend: []string{`configs: {params: {server.insecure: true}}`, `configs:
  cm:
    resource.customizations.health.argoproj.io_Application: |
      hs = {status = "Progressing"}
      if obj.status ~= nil and obj.status.health ~= nil then hs.status = obj.status.health.status end
      return hs`},
	Check: func(in *lint.Context, report lint.Report) {
		first := firstAwaited(in)
		if first == "" {
			return
		}
		const hint = "roster bootstrap --format helm prints the values, --format kustomize a component"
		const message = "Argo CD does not wait for Applications, such as %s, on which others depend: there is no %s"
		// What is rendered is what counts, whatever the values are.
		rendered := false
		for _, o := range in.Deployed.Kind("ConfigMap") {
			if o.Name != "argocd-cm" {
				continue
			}
			rendered = true
			data, _ := o.Content()["data"].(map[string]any)
			old, _ := data["resource.customizations"].(string)
			if _, ok := data[healthKey]; !ok && !strings.Contains(old, "argoproj.io/Application") {
				report(in.Places.Field(o, "data"), hint, message, first, healthKey)
			}
		}
		if rendered {
			return
		}
		told := map[*places.File]bool{} // many applications may have files in common
		for n, a := range in.Deployed.Applications() {
			if in.Deployed.FailedBeside(n, "argo-cd") || len(a.Sources) == 0 || a.Sources[0].Chart != "argo-cd" || tellsHealth(in, told, a) {
				continue
			}
			report(a.Place, hint, message, first, healthKey)
		}
	},
}

const healthKey = "resource.customizations.health.argoproj.io_Application"

// firstAwaited is an application that comes before the last wave: something waits for it.
func firstAwaited(in *lint.Context) string {
	for n, a := range in.Deployed.Applications() {
		if a.Wave < n.GuardWave {
			return a.Code
		}
	}
	return ""
}

// tellsHealth reports whether the values of Argo CD's chart have the check, or cannot all be seen.
func tellsHealth(in *lint.Context, told map[*places.File]bool, a *catalog.Application) bool {
	if h := a.Sources[0].Helm; h != nil {
		if len(h.Parameters) > 0 || len(places.ValuesFrom(a)) != len(h.ValueFiles) {
			return true
		}
	}
	for _, name := range places.ValuesFrom(a) {
		f := in.Places.File(name)
		if f == nil || len(f.Documents()) == 0 {
			return true
		}
		tells, known := told[f]
		if !known {
			tells = slices.ContainsFunc(f.Documents(), func(document *yaml.Node) bool { return hasKey(document, healthKey) })
			told[f] = tells
		}
		if tells {
			return true
		}
	}
	n, _ := in.Places.Listed(a)
	return n != nil && places.Value(n, "values") != nil && hasKey(places.Value(n, "values"), healthKey)
}

// hasKey reports whether there is a key anywhere below n, or the old form of it: a text with the checks of many kinds.
func hasKey(n *yaml.Node, key string) bool {
	seen := map[*yaml.Node]bool{} // aliases may lead to the same again and again
	var has func(n *yaml.Node) bool
	has = func(n *yaml.Node) bool {
		if n.Kind == yaml.AliasNode {
			if n = n.Alias; seen[n] {
				return false
			}
			seen[n] = true
		}
		if places.Value(n, key) != nil {
			return true
		}
		if old := places.Value(n, "resource.customizations"); old != nil && strings.Contains(old.Value, "argoproj.io/Application") {
			return true
		}
		return slices.ContainsFunc(n.Content, has)
	}
	return has(n)
}
