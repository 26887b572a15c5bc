package rules

import (
	"cmp"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// sealedScopes are the annotations of a SealedSecret that is not for one name in one namespace alone.
const (
	sealedNamespaceWide = "sealedsecrets.bitnami.com/namespace-wide"
	sealedClusterWide   = "sealedsecrets.bitnami.com/cluster-wide"
)

var sealedSecretScope = lint.Rule{
	Name:     "sealed-secret-scope",
	Severity: lint.Error,
	Summary:  "a SealedSecret is deployed under another name or namespace than it may be encrypted for",
	Doc: `kubeseal encrypts a value for one name in one namespace, unless it is told otherwise; the controller decrypts it for no other one. The
annotations ` + "`sealedsecrets.bitnami.com/namespace-wide` and `…/cluster-wide`" + ` of the SealedSecret itself say what it was told; those of its template
are for the Secret, and change nothing about it. So a prefix, a suffix or a namespace of a kustomization, which rename the SealedSecret, and a template
with another name or namespace, leave a Secret that nobody can make: the controller reports that no key could decrypt it. How old a SealedSecret is, and which
of the controller's keys it is for, does not stand in it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: db, namespace: web-a}
spec:
  encryptedData: {password: AgBy3i4OJSWK}
  template:
    metadata:
      name: database
`,
	Mend: []string{`      name: database`, `      name: db`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("SealedSecret") {
			sealed(in, o, report)
		}
	},
}

func sealed(in *lint.Context, o *deployed.Object, report lint.Report) {
	annotation := func(key string, of ...string) bool {
		return deployed.StringAt(o, append(of, "annotations", key)...) == "true"
	}
	template := []string{"spec", "template", "metadata"}
	wide := annotation(sealedClusterWide, "metadata")
	loose := wide || annotation(sealedNamespaceWide, "metadata")
	for _, key := range []string{sealedNamespaceWide, sealedClusterWide} {
		if !loose && annotation(key, template...) {
			report(in.Places.Field(o, append(template, "annotations", key)...), "write it under metadata.annotations of the SealedSecret, if kubeseal was told so",
				"%s: the annotation %s of the template is for the Secret: the SealedSecret is for one name in one namespace", o.Title(), key)
		}
	}
	if name := deployed.StringAt(o, "spec", "template", "metadata", "name"); name != "" && name != o.Name {
		report(in.Places.Field(o, append(template, "name")...), "write "+o.Name, "%s: the Secret has the name of the SealedSecret, and not %s, which its template says", o.Title(), name)
	}
	if namespace := deployed.StringAt(o, "spec", "template", "metadata", "namespace"); namespace != "" && namespace != o.Namespace {
		report(in.Places.Field(o, append(template, "namespace")...), "write "+o.Namespace, "%s: the Secret is in the namespace of the SealedSecret, and not in %s, which its template says", o.Title(), namespace)
	}
	if loose || o.Application == nil {
		return
	}
	for _, s := range o.Application.Sources {
		if k := s.Kustomize; k != nil && (k.NamePrefix != "" || k.NameSuffix != "") {
			report(in.Places.Field(o, "metadata", "name"), "seal it for the new name, or with --scope namespace-wide", "%s got its name from %s of the application, and it is encrypted for one name in one namespace: most likely for that without it",
				o.Title(), cmp.Or(map[bool]string{true: "namePrefix"}[k.NamePrefix != ""], "nameSuffix"))
		}
	}
}
