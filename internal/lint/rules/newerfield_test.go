package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNewerField: what External Secrets 2.9 has more than the version whose schema is here is not a mistake; what is misspelled is one.
func TestNewerField(t *testing.T) {
	const source = " of external-secrets v1.3.2"
	object := func(kind, spec string) string {
		return inFolder + "-- a/a.yaml --\napiVersion: external-secrets.io/v1" + map[string]string{"PushSecret": "alpha1"}[kind] + "\nkind: " + kind + "\nmetadata: {name: db}\nspec:\n  " +
			strings.ReplaceAll(spec, "\n", "\n  ") + "\n"
	}
	const ref = "secretStoreRef: {kind: ClusterSecretStore, name: vault}\n"
	const push = "selector: {secret: {name: x}}\nsecretStoreRefs: [{name: x}]\n"
	provider := func(p string) string { return object("SecretStore", "provider: "+p) }
	typo := func(at, meant string) []string {
		return []string{"unknown-field: " + at + ": unknown field, according to the schema" + source + `: did you mean "` + meant + `"?`}
	}
	for _, c := range []struct {
		name, folder string
		want         []string
	}{
		{"nullBytePolicy", object("ExternalSecret", ref+"data: [{secretKey: a, remoteRef: {key: a, nullBytePolicy: Ignore}}]\ndataFrom: [{extract: {key: a, nullBytePolicy: Fail}}, {find: {nullBytePolicy: Fail}}]"), nil},
		{"syncWindows", object("ExternalSecret", ref+"syncWindows: []\ndataFrom: [{extract: {key: a}}]"), nil},
		{"a new policy", object("ExternalSecret", ref+"target: {creationPolicy: CreateOrMerge}\ndataFrom: [{extract: {key: a}}]"), nil},
		{"a new generator", object("ExternalSecret", "dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: GitlabDeployToken, name: x}}}]"), nil},
		{"valuesDecodingStrategy", object("ExternalSecret", ref+"target: {template: {templateFrom: [{literal: x, valuesDecodingStrategy: None}]}}\ndataFrom: [{extract: {key: a}}]"), nil},
		{"dataTo", object("PushSecret", push+"dataTo: [{storeRef: {name: x}}]"), nil},
		{"a new provider", provider("{ovh: {server: x}}"), nil},
		{"a new provider, with others around it", provider("{openBao: {server: x}}\nrefreshInterval: 1h"), nil},
		{"what a new field stands for", provider("{pulumi: {organization: a, project: b, environment: c, auth: {oidcConfig: {}}}}"), nil},
		{"a new way to log in", provider("{secretserver: {serverURL: x, token: {value: x}}}"), nil},
		{"a new service", provider("{aws: {service: CertificateManager, region: x, sessionTagsPolicy: None, customSessionTags: []}}"), nil},
		{"the same name elsewhere", provider("{dvls: {serverUrl: x, vault: x, auth: {secretRef: {appId: {name: a, key: b}, appSecret: {name: a, key: b}}}}}"), nil},

		{"a field too many", object("ExternalSecret", "secretStoreRefs: {kind: ClusterSecretStore, name: vault}\ndataFrom: [{extract: {key: a}}]"),
			typo("ExternalSecret db: spec.secretStoreRefs", "secretStoreRef")},
		{"in lower case", object("ExternalSecret", ref+"datafrom: [{extract: {key: a}}]"), typo("ExternalSecret db: spec.datafrom", "dataFrom")},
		{"with an underscore", object("ExternalSecret", ref+"refresh_interval: 1h\ndataFrom: [{extract: {key: a}}]"), typo("ExternalSecret db: spec.refresh_interval", "refreshInterval")},
		{"in a list", object("ExternalSecret", ref+"data: [{secretKey: a, remoteRef: {key: a, propertty: b}}]"), typo("ExternalSecret db: spec.data[0].remoteRef.propertty", "property")},
		{"a field that is missing", object("ExternalSecret", ref+"data: [{secretKey: a, remoteRef: {property: b}}]"),
			[]string{"unknown-field: ExternalSecret db: spec.data[0].remoteRef.key: is required, according to the schema" + source + ": "}},
		{"a misspelled field that is missing", object("ExternalSecret", ref+"data: [{secretKey: a, remoteRef: {keys: b}}]"),
			[]string{"unknown-field: ExternalSecret db: spec.data[0].remoteRef.key: is required, according to the schema" + source + ": ",
				"unknown-field: ExternalSecret db: spec.data[0].remoteRef.keys: unknown field, according to the schema" + source + `: did you mean "key"?`}},
		{"a misspelled value", object("ExternalSecret", ref+"target: {creationPolicy: owner}\ndataFrom: [{extract: {key: a}}]"),
			[]string{`unknown-field: ExternalSecret db: spec.target.creationPolicy: found "owner", expected one of "Owner", "Orphan", "Merge", "None", according to the schema` + source + `: did you mean "Owner"?`}},
		{"at the top", strings.Replace(object("ExternalSecret", ref+"dataFrom: [{extract: {key: a}}]"), "spec:", "more: {}\nspec:", 1),
			[]string{"unknown-field: ExternalSecret db: more: unknown field, according to the schema" + source + ": "}},
		{"no provider", provider("{}"), []string{"unknown-field: SecretStore db: spec.provider: found 0: should have at least 1 properties, according to the schema" + source + ": "}},
		{"of another type", object("ExternalSecret", ref+"refreshInterval: 5\ndataFrom: [{extract: {key: a}}]"),
			[]string{`unknown-field: ExternalSecret db: spec.refreshInterval: must be of type string: "integer", according to the schema` + source + ": "}},
		{"of Kubernetes' own", inFolder + "-- a/a.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], everythingElse: 1}\n",
			[]string{"unknown-field: Service a: spec.everythingElse: unknown field: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, says(t, c.folder, "unknown-field")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			newer := len(says(t, c.folder, "newer-field"))
			if (newer > 0) != (c.want == nil) {
				t.Errorf("%d fields are said to be newer", newer)
			}
		})
	}
}
