package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const kustomized = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/x.git}
-- applications.yml --
- namespace: web-a
  applications:
    - {applicationCode: web-a, path: deploy/a}
- namespace: web-b
  applications:
    - {applicationCode: web-b, path: charts/b}
-- deploy/a/kustomization.yaml --
namePrefix: our-
labels:
  - pairs:
      team: red
resources:
  - base
images:
  - name: shop
    newTag: "1.17"
configMapGenerator:
  - name: settings
    literals: [A=one]
    files: [notes.txt]
patches:
  - path: patch.yaml
-- deploy/a/README.md --
About our-api.
-- deploy/a/notes.txt --
first line
second line
-- deploy/a/patch.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 2
-- deploy/a/base/kustomization.yaml --
resources: [all.yaml]
-- deploy/a/base/more.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: more
-- deploy/a/base/all.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  labels: {name: other}
  name: api
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: shop
---
apiVersion: v1
kind: Service
metadata: {labels: {x: y}, name: api}
spec:
  ports: [{port: 80}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api}
-- charts/b/Chart.yaml --
apiVersion: v2
name: b
version: 1.0.0
-- charts/b/README.md --
About b.
-- charts/b/values.yaml --
size: 1
color: green
-- charts/b/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  size: {{ .Values.size | quote }}
-- charts/b/templates/b.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
data:
  color: {{ .Values.color | quote }}
`

// TestClues changes several files of an application at once, of which each object that differs is about some.
func TestClues(t *testing.T) {
	for _, c := range []struct {
		name string
		edit []string // pairs: what to replace, and with what
		want []string
	}{
		{"an image, and text for people", []string{"About our-api.", "About our-api 1.18.", `newTag: "1.17"`, `newTag: "1.18"`}, []string{
			"Deployment web-a/our-api deploy/a/kustomization.yaml:9"}},
		{"objects of one file", []string{"image: shop", "image: shop\n          tty: true", "{port: 80}", "{port: 81}"}, []string{
			"Deployment web-a/our-api deploy/a/base/all.yaml:14", "Service web-a/our-api deploy/a/base/all.yaml:20"}},
		{"a patch, and another object", []string{"replicas: 2", "replicas: 3", "{port: 80}", "{port: 81}"}, []string{
			"Deployment web-a/our-api deploy/a/patch.yaml:6", "Service web-a/our-api deploy/a/base/all.yaml:19"}},
		{"an object that is gone, and another one", []string{"---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: api}\n", "", "{port: 80}", "{port: 81}"}, []string{
			"Service web-a/our-api deploy/a/base/all.yaml:19", "ServiceAccount web-a/our-api deploy/a/base/all.yaml:21 before"}},
		{"what concerns all, and one object", []string{"team: red", "team: blue", "{port: 80}", "{port: 81}"}, []string{
			"ConfigMap web-a/our-settings-8c6k47m6gt deploy/a/kustomization.yaml:4", "Deployment web-a/our-api deploy/a/kustomization.yaml:4",
			"Service web-a/our-api deploy/a/base/all.yaml:19 deploy/a/kustomization.yaml:4", "ServiceAccount web-a/our-api deploy/a/kustomization.yaml:4"}},
		{"a file that is listed now", []string{"resources: [all.yaml]", "resources:\n  - all.yaml\n  - more.yaml", "{port: 80}", "{port: 81}"}, []string{
			"ConfigMap web-a/our-more deploy/a/base/kustomization.yaml:3", "Service web-a/our-api deploy/a/base/all.yaml:19"}},
		{"values of two templates, and text for people", []string{"About b.", "About.", "size: 1\ncolor: green", "size: 2\nheight: 3\ncolor: green"}, []string{
			"ConfigMap web-b/a charts/b/values.yaml:1"}},
		{"a template, and values of another one", []string{"  color: {{", "  tone: light\n  color: {{", "size: 1", "size: 7"}, []string{
			"ConfigMap web-b/a charts/b/values.yaml:1", "ConfigMap web-b/b charts/b/templates/b.yaml:5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := kustomized
			for pair := range slices.Chunk(c.edit, 2) {
				if !strings.Contains(changed, pair[0]) {
					t.Fatal("nothing to replace:", pair[0])
				}
				changed = strings.Replace(changed, pair[0], pair[1], 1)
			}
			if d := cmp.Diff(c.want, causesOfAll(t, kustomized, changed)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
