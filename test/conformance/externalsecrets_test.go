package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	"github.com/itchyny/gojq"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// release is what one or more releases of External Secrets say of their kinds: the schemas of their specs, without descriptions.
type release struct {
	Versions  []string
	Kinds     map[string]string // the name of a schema by kind
	Providers map[string]string // likewise, by provider of a store
}

// releases are all of them, from the oldest, and the schemas by their names: most stay what they are from one release to the next.
type releases struct {
	Schemas  map[string]*apiextensionsv1.JSONSchemaProps
	Releases []release
}

const releasesFile = "testdata/external-secrets.json"

// externalSecretsList has each form that an object of External Secrets can have: secrets, and a store of each provider.
var externalSecretsList = fstest.MapFS{
	"platform.yml": {Data: []byte(`repository: {url: https://git.example/homelab.git}
secrets:
  store: {vault: {server: 'https://vault.example:8200', role: external-secrets}}
  stores:
    vault-token: {vault: {server: 'https://vault.example:8200', token: external-secrets/vault#token, version: v1, namespace: house, ca: {configMap: external-secrets/ca#ca.crt}}}
    vault-role: {vault: {server: 'https://vault.example:8200', appRole: {id: external-secrets/vault#role, secret: external-secrets/vault#secret}, ca: {secret: external-secrets/ca#ca.crt}}}
    onepassword: {onepassword: {connect: 'http://connect.sys-1password.svc:8080', vaults: [homelab, shared], token: external-secrets/op#token}}
    onepassword-sdk: {onepasswordSDK: {vault: homelab, token: external-secrets/op#token}}
    bitwarden: {bitwardensecretsmanager: {organizationID: a, projectID: b, token: external-secrets/bw#token, apiURL: 'https://api.bitwarden.eu', identityURL: 'https://identity.bitwarden.eu', ca: {secret: external-secrets/bw#ca.crt}}}
    infisical: {infisical: {project: homelab, environment: prod, path: /web, clientId: external-secrets/inf#id, clientSecret: external-secrets/inf#secret}}
    infisical-kubernetes: {infisical: {project: homelab, environment: prod, hostAPI: 'https://infisical.example/api', identityId: external-secrets/inf#id}}
    infisical-ca: {infisical: {project: homelab, environment: prod, clientId: external-secrets/inf#id, clientSecret: external-secrets/inf#secret, ca: {configMap: external-secrets/ca#ca.crt}}}
    kubernetes: {kubernetes: {namespace: sys-secrets, serviceAccount: sys-secrets/reader}}
    kubernetes-other: {kubernetes: {namespace: sys-secrets, server: 'https://vps.example:6443', token: external-secrets/vps#token, ca: {secret: external-secrets/vps#ca.crt}}}
    aws: {aws: {region: eu-central-1, prefix: /a/, role: 'arn:aws:iam::123456789012:role/secrets', serviceAccount: external-secrets/aws}}
    aws-keys: {aws: {service: ParameterStore, region: eu-central-1, accessKeyID: external-secrets/aws#id, secretAccessKey: external-secrets/aws#key}}
    aws-pod: {aws: {region: eu-central-1}}
    gcp: {gcpsm: {projectID: homelab, key: external-secrets/gcp#key.json}}
    gcp-identity: {gcpsm: {projectID: homelab, location: europe-west3, serviceAccount: external-secrets/gcp, clusterName: homelab, clusterLocation: europe-west3}}
    azure: {azurekv: {vaultUrl: 'https://homelab.vault.azure.net', tenantId: a, clientId: external-secrets/az#id, clientSecret: external-secrets/az#secret}}
    azure-identity: {azurekv: {vaultUrl: 'https://homelab.vault.azure.net', serviceAccount: external-secrets/az, environment: ChinaCloud}}
    azure-managed: {azurekv: {vaultUrl: 'https://homelab.vault.azure.net', identityId: a}}
    doppler: {doppler: {token: external-secrets/doppler#token, project: homelab, config: prd}}
    akeyless: {akeyless: {accessID: external-secrets/ak#id, accessType: external-secrets/ak#type, accessTypeParam: external-secrets/ak#param}}
    gitlab: {gitlab: {token: external-secrets/gitlab#token, projectID: "42", groupIDs: ["7"], inheritFromGroups: true, environment: production}}
    webhook: {webhook: {url: 'http://bw.svc:8087/{{ .remoteRef.key }}', method: POST, headers: {Content-Type: application/json}, body: '{}', jsonPath: '$.data', secrets: {auth: external-secrets/webhook#token}, timeout: 10s}}
    webhook-short: {webhook: {url: 'http://bw.svc:8087/{{ .remoteRef.key }}'}, conditions: [{namespaces: [web-a]}, {namespaceRegexes: [^web-]}, {namespaceLabels: {team: house}}]}
    fake: {fake: {data: {/greeting: hello}}}
    oracle: {provider: {oracle: {region: eu-frankfurt-1, vault: ocid1.vault.x}}}
`)},
	"applications.yml": {Data: []byte(`- namespace: web-a
  networkPolicies: isolated
  secretStores:
    own: {doppler: {token: doppler#token}}
    own-vault: {vault: {server: 'https://vault.example:8200', role: web-a}}
  applications:
    - applicationCode: web-a
      path: web
      secrets:
        - {name: data, data: {KEY: web-a#key, OTHER: web-a#other}}
        - {name: from, dataFrom: [web-a, web-b], refreshInterval: 90m}
        - {name: both, data: {KEY: web-a#key}, dataFrom: [web-b], type: kubernetes.io/dockerconfigjson, store: {kind: SecretStore, name: own-vault}}
        - {name: long, data: {KEY: {key: web-a, property: key, version: 3, decodingStrategy: Base64, conversionStrategy: Unicode, metadataPolicy: Fetch}, OTHER: {ref: item/field, store: onepassword}}}
        - {name: found, dataFrom: [{find: ^web-}]}
        - {name: merged, dataFrom: [{extract: web-a, rewrite: [{merge: {}}]}]}
        - name: templated
          data: {KEY: web-a#key}
          templateFrom: [{literal: "{{ . | toYaml }}"}, {configMap: templates, items: [a]}, {secret: templates, items: [{key: b, templateAs: KeysAndValues}], target: Labels}]
      pushSecrets:
        - {name: pushed, secret: data, data: {KEY: backup/data#key}, template: {KEY: "{{ .KEY | upper }}"}}
`)},
	"web/config.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n")},
}

// since are the objects that not all releases store as they are rendered, with the first that does; everything else is right in all of them.
var since = map[string]string{
	"ClusterSecretStore onepassword-sdk":      "v0.17.0",
	"ClusterSecretStore infisical-kubernetes": "v0.19.2",
	"ClusterSecretStore infisical-ca":         "v1.2.1",
	"ExternalSecret merged":                   "v0.18.1",
	"secrets MFA tokens-10":                   "v0.18.0",
	"secrets SSHKey tokens-2":                 "v0.19.0",
	"secrets CloudsmithAccessToken tokens-8":  "v0.20.0",
	"secrets ExternalSecret tokens":           "v0.20.0",
	"secrets ExternalSecret settings":         "v0.20.2",
}

// applied are objects of External Secrets, and what the Application that deploys them does not compare.
type applied struct {
	from    string // an example; empty for the list above
	ignore  []argo.ResourceIgnoreDifferences
	objects []*unstructured.Unstructured
}

func appliedOf(t *testing.T, from string, p *catalog.Platform) applied {
	t.Helper()
	var root argo.Application
	decode(t, render.Root(p)[1], &root)
	out := applied{from: from, ignore: root.Spec.IgnoreDifferences}
	for _, o := range render.Build(p) {
		if strings.Contains(o.APIVersion, "external-secrets.io/") {
			out.objects = append(out.objects, content(t, o))
		}
	}
	return out
}

func loaded(t *testing.T, list fstest.MapFS) *catalog.Platform {
	t.Helper()
	platform, diags, err := catalog.Load(list, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	return platform
}

// everyApplied is what is rendered of the list above, and of the examples.
func everyApplied(t *testing.T) []applied {
	t.Helper()
	out := []applied{appliedOf(t, "", loaded(t, externalSecretsList))}
	for _, c := range examples.Every(t) {
		out = append(out, appliedOf(t, c.String(), c.Platform))
	}
	return out
}

// TestExternalSecretsReleases applies what is rendered to the schemas of all releases since 0.16, the first that serves external-secrets.io/v1,
// as an API server does: what it stores must be what is rendered, but for what the root Application ignores, or the object would be OutOfSync
// forever.
func TestExternalSecretsReleases(t *testing.T) {
	all := readReleases(t)
	tried, right := map[string]bool{}, map[string]string{}
	for _, a := range everyApplied(t) {
		for _, rendered := range a.objects {
			tried[rendered.GetKind()] = true
			name := strings.TrimSpace(a.from + " " + rendered.GetKind() + " " + rendered.GetName())
			for _, r := range all.Releases {
				diff := all.differs(t, &r, a.ignore, rendered)
				switch first := since[name]; {
				case diff == "" && right[name] == "":
					right[name] = r.Versions[0]
				case diff != "" && (first == "" || right[name] != ""):
					t.Errorf("%s: %s is stored as something else (-rendered +stored):\n%s", r.Versions, name, diff)
				}
			}
		}
	}
	for name, first := range since {
		if right[name] != first {
			t.Errorf("%s is right since %q, not since %s", name, right[name], first)
		}
	}
	for _, kind := range []string{"ExternalSecret", "ClusterSecretStore", "SecretStore", "PushSecret", "Password", "VaultDynamicSecret"} {
		if !tried[kind] {
			t.Errorf("no %s was tried", kind)
		}
	}
}

// differs is how a release stores an object otherwise than it is rendered, but for what is not compared, and what is wrong with it.
func (all *releases) differs(t *testing.T, r *release, ignore []argo.ResourceIgnoreDifferences, rendered *unstructured.Unstructured) string {
	t.Helper()
	spec := all.spec(r, rendered)
	if spec == nil {
		return "it does not have the kind or the provider"
	}
	stored, problems := stored(t, spec, rendered)
	return cmp.Diff(ignoring(t, ignore, rendered), ignoring(t, ignore, stored)) + strings.Join(problems, "\n")
}

// spec is the schema of an object's spec in a release; nil when that has no such kind, or not the provider of the store.
func (all *releases) spec(r *release, o *unstructured.Unstructured) *apiextensionsv1.JSONSchemaProps {
	named := all.Schemas[r.Kinds[o.GetKind()]]
	if named == nil || !strings.HasSuffix(o.GetKind(), "SecretStore") {
		return named
	}
	providers, _, _ := unstructured.NestedMap(o.Object, "spec", "provider")
	spec := named.DeepCopy()
	block := spec.Properties["provider"]
	block.Properties = map[string]apiextensionsv1.JSONSchemaProps{}
	for name := range providers {
		provider := all.Schemas[r.Providers[name]]
		if provider == nil {
			return nil
		}
		block.Properties[name] = *provider
	}
	spec.Properties["provider"] = block
	return spec
}

// TestExternalSecretsReleasesKnown fails when the releases end long before those of today, or a release is missing in between.
func TestExternalSecretsReleasesKnown(t *testing.T) {
	var all []string
	for _, r := range readReleases(t).Releases {
		all = append(all, r.Versions...)
		for _, kind := range []string{"ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore", "PushSecret", "Password", "UUID", "ECRAuthorizationToken"} {
			if r.Kinds[kind] == "" {
				t.Errorf("%s: there is no %s", r.Versions, kind)
			}
		}
	}
	for _, v := range []string{"v0.16.0", "v0.17.0", "v0.19.2", "v0.20.4", "v1.3.2", "v2.2.0", "v2.6.0", "v2.7.0", "v2.9.0"} {
		if !slices.Contains(all, v) {
			t.Errorf("%s is not in %s", v, releasesFile)
		}
	}
}

// ignoring is an object without what is not to be compared, which Argo CD removes from both sides in this way
// (util/argo/normalizers, NewIgnoreNormalizer and jqNormalizerPatch.Apply).
func ignoring(t *testing.T, ignore []argo.ResourceIgnoreDifferences, o *unstructured.Unstructured) any {
	t.Helper()
	out := o.DeepCopy().Object
	for _, i := range ignore {
		if gvk := o.GroupVersionKind(); i.Group != gvk.Group || i.Kind != gvk.Kind {
			continue
		}
		for _, path := range i.JQPathExpressions {
			query, err := gojq.Parse("del(" + path + ")")
			if err != nil {
				t.Fatal(err)
			}
			first, _ := query.Run(out).Next()
			var ok bool
			if out, ok = first.(map[string]any); !ok {
				t.Fatalf("del(%s) yields %v", path, first)
			}
		}
	}
	return out
}

func content(t *testing.T, o object.Object) *unstructured.Unstructured {
	t.Helper()
	var e object.Encoder
	var out map[string]any
	if err := yaml.UnmarshalStrict(e.Encode(nil, o.Value()), &out); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: out}
}

// stored is what an API server keeps of an object, and what is wrong with it.
func stored(t *testing.T, spec *apiextensionsv1.JSONSchemaProps, o *unstructured.Unstructured) (*unstructured.Unstructured, []string) {
	t.Helper()
	props := apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": *spec}}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil); err != nil {
		t.Fatal(err)
	}
	s, err := structural.NewStructural(&internal)
	if err != nil {
		t.Fatal(err)
	}
	out := o.DeepCopy()
	pruning.Prune(out.Object, s, true)
	defaulting.Default(out.Object, s)
	validator, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		t.Fatal(err)
	}
	var problems []string
	for _, problem := range validation.ValidateCustomResource(nil, out.Object, validator) {
		problems = append(problems, problem.Error())
	}
	return out, problems
}

// readReleases reads the schemas. With UPDATE=1 and the path of a clone of github.com/external-secrets/external-secrets in
// EXTERNAL_SECRETS, it first writes them anew from the tags there.
func readReleases(t *testing.T) *releases {
	t.Helper()
	if clone := os.Getenv("EXTERNAL_SECRETS"); clone != "" && os.Getenv("UPDATE") == "1" {
		writeReleases(t, clone)
	}
	data, err := os.ReadFile(releasesFile)
	if err != nil {
		t.Fatal(err)
	}
	out := &releases{}
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func writeReleases(t *testing.T, clone string) {
	t.Helper()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", clone}, args...)...).Output()
		if err != nil {
			t.Fatalf("git %s: %v", args, err)
		}
		return string(out)
	}
	all := &releases{Schemas: map[string]*apiextensionsv1.JSONSchemaProps{}}
	for _, tag := range versionTags(strings.Fields(git("tag", "--list", "v*"))) {
		r := release{[]string{tag}, map[string]string{}, map[string]string{}}
		for _, file := range strings.Fields(git("ls-tree", "--name-only", tag, "config/crds/bases/")) {
			if strings.Contains(file, "external-secrets.io_") {
				all.add(t, &r, git("show", tag+":"+file))
			}
		}
		last := len(all.Releases) - 1
		if last >= 0 && reflect.DeepEqual(all.Releases[last].Kinds, r.Kinds) && reflect.DeepEqual(all.Releases[last].Providers, r.Providers) {
			all.Releases[last].Versions = append(all.Releases[last].Versions, tag)
		} else {
			all.Releases = append(all.Releases, r)
		}
	}
	var text bytes.Buffer
	text.WriteString("{\"Schemas\": {\n")
	line := func(v any, end string) {
		one, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(one, end...))
	}
	names := slices.Sorted(maps.Keys(all.Schemas))
	for i, name := range names {
		line(name, ": ")
		line(all.Schemas[name], map[bool]string{true: "\n", false: ",\n"}[i == len(names)-1])
	}
	text.WriteString("}, \"Releases\": [\n")
	for i, r := range all.Releases {
		line(r, map[bool]string{true: "\n", false: ",\n"}[i == len(all.Releases)-1])
	}
	text.WriteString("]}\n")
	if err := os.WriteFile(releasesFile, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// add notes the kind of a CustomResourceDefinition in a release: in the version that roster renders.
func (all *releases) add(t *testing.T, r *release, text string) {
	t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal([]byte(text), &crd); err != nil {
		t.Fatal(err)
	}
	kind := crd.Spec.Names.Kind
	for _, v := range crd.Spec.Versions {
		if v.Name != "v1" && (v.Name != "v1alpha1" || kind == "ExternalSecret" || strings.HasSuffix(kind, "SecretStore") || kind == "ClusterExternalSecret") {
			continue
		}
		spec := v.Schema.OpenAPIV3Schema.Properties["spec"]
		bare(&spec)
		if strings.HasSuffix(kind, "SecretStore") {
			block := spec.Properties["provider"]
			for name, provider := range block.Properties {
				r.Providers[name] = all.name(t, name, provider)
			}
			block.Properties = nil
			spec.Properties["provider"] = block
		}
		r.Kinds[kind] = all.name(t, kind, spec)
	}
}

// name is the name of a schema, which follows from it.
func (all *releases) name(t *testing.T, of string, s apiextensionsv1.JSONSchemaProps) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if of == "ClusterSecretStore" { // the two have the same
		of = "SecretStore"
	}
	name := fmt.Sprintf("%s %x", of, sha256.Sum256(text))[:len(of)+9]
	all.Schemas[name] = &s
	return name
}

// versionTags are the tags of releases since 0.16, from the oldest.
func versionTags(tags []string) []string {
	version := regexp.MustCompile(`^v(\d+)\.(\d+)\.(\d+)$`)
	number := func(tag string) (n int) {
		for _, part := range version.FindStringSubmatch(tag)[1:] {
			i, _ := strconv.Atoi(part)
			n = n*1000 + i
		}
		return n
	}
	out := slices.DeleteFunc(tags, func(tag string) bool { return !version.MatchString(tag) || number(tag) < number("v0.16.0") })
	slices.SortFunc(out, func(a, b string) int { return number(a) - number(b) })
	return out
}

// bare removes descriptions and CEL rules from a schema: they change nothing of what is stored.
func bare(s *apiextensionsv1.JSONSchemaProps) {
	s.Description, s.XValidations = "", nil
	for name, p := range s.Properties {
		bare(&p)
		s.Properties[name] = p
	}
	if s.Items != nil && s.Items.Schema != nil {
		bare(s.Items.Schema)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		bare(s.AdditionalProperties.Schema)
	}
}
