package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const crdYAML = `
kind: CustomResourceDefinition
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing}
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          description: prose
          required: [spec, status]
          x-kubernetes-validations: [{rule: "1 < 2 && has(self.spec)", message: "1 > 2"}]
          properties:
            status: {type: object}
            spec:
              type: object
              properties:
                description: {type: string, description: prose, title: prose, example: prose, maximum: 18446744073709551615}
                default: {type: object, default: {title: kept}}
                list: {type: array, items: {type: object, properties: {a: {type: string}}, oneOf: [{required: [a], description: prose}]}}
                map: {type: object, additionalProperties: {type: integer, format: int64}}
    - name: v1beta1
      served: false
      schema: {openAPIV3Schema: {unknown: keyword}}
`

const want = `{"group":"example.com","kind":"Thing","scope":"Namespaced","versions":{
 "v1":{"required":["spec"],"type":"object","x-kubernetes-validations":[{"message":"1 > 2","rule":"1 < 2 && has(self.spec)"}],"properties":{
  "spec":{"type":"object","properties":{
   "default":{"default":{"title":"kept"},"type":"object"},
   "description":{"maximum":18446744073709551615,"type":"string"},
   "list":{"type":"array","items":{"oneOf":[{"required":["a"]}],"type":"object","properties":{
    "a":{"type":"string"}}}},
   "map":{"type":"object","additionalProperties":{"format":"int64","type":"integer"}}}}}}
}}
`

func crd(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crd.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadKinds(t *testing.T) {
	path := crd(t, "---"+crdYAML)
	for range 20 {
		kinds, err := readKinds(path, []string{"Thing"})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(kinds[0].encode()); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestReadKindsRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a keyword that it does not know", strings.Replace(crdYAML, "format:", "formatt:", 1),
			"Thing v1: properties: spec: properties: map: additionalProperties: formatt: unknown schema keyword"},
		{"a file without the kind", strings.Replace(crdYAML, "{kind: Thing}", "{kind: Other}", 1),
			`it has not all of the kinds ["Thing"]`},
		{"another object", "kind: List", `found a "List", not a CustomResourceDefinition`},
		{"a key twice", "kind: a\nkind: b", `key "kind" already set in map`},
	}
	for _, tt := range tests {
		path := crd(t, tt.text)
		_, err := readKinds(path, []string{"Thing"})
		if err == nil || !strings.HasPrefix(err.Error(), "reading "+path+": ") || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

// The list of files and the requirements must cover each other; run says so
// before it downloads the first module.
func TestLockedVersions(t *testing.T) {
	versions, err := lockedVersions("../crds")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range crdFiles() {
		if versions[f.module] == "" {
			t.Errorf("../crds/go.mod does not require %s", f.module)
		}
	}
}
