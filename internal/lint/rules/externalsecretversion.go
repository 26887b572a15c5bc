package rules

import (
	"slices"

	"github.com/hippotion/roster/internal/lint"
)

var externalSecretVersion = lint.Rule{
	Name:     "external-secret-version",
	Severity: lint.Error,
	Summary:  "an object of External Secrets has a version that is no longer served",
	Doc: `External Secrets serves ` + "`external-secrets.io/v1`" + ` only since its version 0.17.0 (the CRDs have ` + "`v1beta1`" + ` with
` + "`served: false`" + `). The API server does not have the older ones, and Argo CD fails to apply objects with them. The fields that are in
common use have the same names: write ` + "`v1`" + `. PushSecret is still ` + "`v1alpha1`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  dataFrom: [{extract: {key: web-a}}]
`,
	Mend: []string{`apiVersion: external-secrets.io/v1beta1`, `apiVersion: external-secrets.io/v1`, `  dataFrom: [{extract: {key: web-a}}]`, `  dataFrom: [{extract: {key: web-a}}]
---
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: db}
spec:
  secretStoreRefs: [{kind: ClusterSecretStore, name: vault}]
  selector: {secret: {name: db}}
  data: [{match: {secretKey: user, remoteRef: {remoteKey: web-b, property: user}}}]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore") {
			if slices.Contains([]string{"external-secrets.io/v1beta1", "external-secrets.io/v1alpha1"}, o.APIVersion) {
				report(in.Places.Field(o, "apiVersion"), "write apiVersion: external-secrets.io/v1", "%s has the version %s, which is not served since External Secrets 0.17",
					o.Title(), o.APIVersion)
			}
		}
	},
}
