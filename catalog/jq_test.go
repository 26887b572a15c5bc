package catalog_test

import (
	"github.com/hippotion/roster/internal/diag"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
)

// TestJQBound: a jq expression is compiled up to a length, since the compiler recurses as deep as it is nested.
func TestJQBound(t *testing.T) {
	of := func(length int) string {
		expression := "." + strings.Repeat("a", length-1)
		_, diags, err := catalog.Load(fstest.MapFS{
			"platform.yml":     {Data: []byte("repository: {url: https://git.example/a.git}\n")},
			"web/a.yaml":       {Data: []byte("{}")},
			"applications.yml": {Data: []byte("- {namespace: a, applications: [{applicationCode: a, path: web, ignoreDifferences: [{kind: Deployment, jqPathExpressions: ['" + expression + "']}]}]}\n")},
		}, ".", catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		_ = diags.Print(&b, diag.Frame{})
		return b.String()
	}
	if got := of(1000); got != "" {
		t.Errorf("1,000 characters: %s", got)
	}
	const want = "applications.yml:1:124: a.applications[0].ignoreDifferences[0].jqPathExpressions[0]: expected a jq path such as " +
		".spec.template.spec.containers[].resources, found "
	if got := of(1001); !strings.HasPrefix(got, want) || !strings.Contains(got, ": it is too long [bad-jq]\n") {
		t.Errorf("1,001 characters: %s", got)
	}
}
