package catalog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/test/examples"
	"go.yaml.in/yaml/v3"
)

const platform = "repository: {url: https://git.example/a.git}\ndomain: a.example\ndefaults: {path: deploy}\ningress: {auth: {sso: {name: sso, namespace: sys-traefik}}, expose: {lan: [web], public: [websecure]}}\n"

// TestWritten compares what applications say of themselves with the list.
func TestWritten(t *testing.T) {
	const list = `- namespace: web-a
  applications:
    - applicationCode: web-a
      chart: wiki
      repoURL: https://charts.example
      version: '1.2'
      valueFiles: [values.yaml]
      helm: {releaseName: wiki, skipCrds: true, parameters: {a: "8"}}
      retry: 3
      uses: [{application: web-ntfy, podLabels: {a: b}}]
      values:
        text: |
          two
          lines
        list: [1, on, {a: b}, []]
      labels: {b: c}
      ingress:
        - {port: 8080, host: a, service: web, auth: none}
        - {service: web, host: b, port: http, expose: lan, auth: none}
    - applicationCode: web-ntfy
      catalog: ntfy
      values: {storage: 2Gi}
    - web-short
    - applicationCode: web-small
      catalog: app
      values: {image: a:1, port: 80, secrets: [known], database: postgres}
      ingress: [{host: small, auth: none}, {path: /x, service: other, port: 81, host: small, auth: none}]
      uses: [web-ntfy]
`
	files := fstest.MapFS{
		catalog.ApplicationsFile: {Data: []byte(list)},
		"values.yaml":            {Data: []byte("a: b\n")},
		"deploy/a.yaml":          {Data: []byte("a: b\n")},
		catalog.PlatformFile:     {Data: []byte(platform)},
	}
	p, mistakes, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(mistakes) > 0 {
		t.Fatal(err, mistakes)
	}
	compare(t, p, []byte(list))
}

// compare compares the applications of a platform with the list that it was made of.
func compare(t *testing.T, p *catalog.Platform, list []byte) {
	t.Helper()
	documents, err := syntax.Documents(list)
	if err != nil {
		t.Fatal(err)
	}
	byCode := map[string]*yaml.Node{}
	var note func(n *yaml.Node)
	note = func(n *yaml.Node) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Kind == yaml.MappingNode && n.Content[i].Value == "applicationCode" {
				byCode[n.Content[i+1].Value] = n
			}
		}
		for _, c := range n.Content {
			note(c)
		}
	}
	note(documents[0])
	for _, n := range p.Namespaces {
		for i := range n.Applications {
			a := &n.Applications[i]
			if got, want := shape(a.Written()), shape(byCode[a.Code]); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", a.Code, got, want)
			}
		}
	}
}

// shape is a node with its places.
func shape(n *yaml.Node) string {
	if n == nil {
		return "nothing"
	}
	at := n
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	var parts []string
	for _, c := range n.Content {
		parts = append(parts, shape(c))
	}
	return fmt.Sprintf("%d:%d %s %d %q [%s]", at.Line, at.Column, n.ShortTag(), n.Style&^yaml.FlowStyle, n.Value, strings.Join(parts, ", "))
}

// TestWrittenExamples does so for the examples, which use each key.
func TestWrittenExamples(t *testing.T) {
	for _, name := range examples.Names(t) {
		if len(examples.Clusters(t, name)) > 1 { // of several files, and with what differs laid over the entries
			continue
		}
		p, _ := examples.Load(t, name)
		list, err := os.ReadFile(filepath.Join(examples.Root(), "examples", name, catalog.ApplicationsFile))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, p, list)
	}
}

func TestWhere(t *testing.T) {
	const list = `- namespace: web-a
  applications:
    - applicationCode: web-a
      chart: wiki
      repoURL: https://charts.example
      version: 1.2.3
      values:
        a: {b: [c, d: e]}
    - {applicationCode: web-ntfy, catalog: ntfy}
`
	p, mistakes, err := catalog.Load(fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list)}, catalog.PlatformFile: {Data: []byte(platform)}}, ".", catalog.Options{})
	if err != nil || len(mistakes) > 0 {
		t.Fatal(err, mistakes)
	}
	for _, test := range []struct {
		application  int
		keys         string
		line, column int
		found        bool
	}{
		{0, "", 3, 7, true},
		{0, "chart", 4, 7, true},
		{0, "values a b 1 d", 8, 20, true},
		{0, "values a b 0", 8, 17, true},
		{0, "values a b 2", 8, 13, false},
		{0, "values a x y", 8, 9, false},
		{0, "ingress 0 host", 3, 7, false},
		{1, "ingress", 9, 7, false}, // the catalog's
		{1, "catalog", 9, 35, true},
	} {
		a := &p.Namespaces[0].Applications[test.application]
		at, found := a.Where(strings.Fields(test.keys)...)
		if at.Pos.Line != test.line || at.Pos.Column != test.column || found != test.found || at.Pos.File != catalog.ApplicationsFile || at.Path != a.Place.Path {
			t.Errorf("%s of %s: got %+v, %t", test.keys, a.Code, at, found)
		}
	}
}
