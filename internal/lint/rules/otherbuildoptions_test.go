package rules_test

import "testing"

func TestOtherBuildOptions(t *testing.T) {
	house := func(platform, namespace, data, a string) string {
		return "-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\n" + platform + "-- applications.yml --\n- {namespace: argocd, applications: [{applicationCode: argocd, path: argocd}]}\n" +
			"- {namespace: web-a, applications: [{applicationCode: web-a, path: a}]}\n-- argocd/config.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm" + namespace + "}\ndata: {" + data + "}\n" +
			"-- a/map.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + a
	}
	const helm, said, kustomization = "kustomize.buildOptions: --enable-helm", "argocd: {kustomize: {buildOptions: --enable-helm}}\n", "-- a/kustomization.yaml --\nresources: [map.yaml]\n"
	const at = "argocd/config.yaml:4:8: Argo CD runs kustomize build "
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"the same":            {house(said, "", helm, kustomization), nil},
		"the same but spaces": {house(said, "", "kustomize.buildOptions: '  --enable-helm '", kustomization), nil},
		"neither":             {house("", "", "a: b", kustomization), nil},
		"Argo CD alone":       {house("", "", helm, kustomization), []string{at + "with --enable-helm, and roster kustomize build without options"}},
		"roster alone":        {house(said, "", "a: b", kustomization), []string{"argocd/config.yaml:4:1: Argo CD runs kustomize build without options, and roster kustomize build with --enable-helm"}},
		"others": {house(said, "", "kustomize.buildOptions: --enable-helm --load-restrictor LoadRestrictionsNone", kustomization),
			[]string{at + "with --enable-helm --load-restrictor LoadRestrictionsNone, and roster kustomize build with --enable-helm"}},
		"no kustomization":  {house("", "", helm, ""), nil},
		"another namespace": {house("", ", namespace: web-a", helm, kustomization), nil},
	} {
		t.Run(name, func(t *testing.T) { check(t, "other-build-options", c.folder, c.want...) })
	}
}
