package kinds_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTooManyRules: what would take too long to compare is said to be unknown.
func TestTooManyRules(t *testing.T) {
	tree := func(verb string) fstest.MapFS {
		var resources, verbs []string
		for i := range 150 {
			resources, verbs = append(resources, fmt.Sprintf("r%d", i)), append(verbs, fmt.Sprintf("v%d", i))
		}
		role := "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n  - {apiGroups: [a], resources: [" + strings.Join(resources, ", ") + "], verbs: [" + strings.Join(append(verbs, verb), ", ") + "]}\n"
		binding := "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: op}]\n"
		return fstest.MapFS{
			"platform.yml":      {Data: []byte("repository: {url: https://git.example/x.git}\n")},
			"applications.yml":  {Data: []byte("- namespace: web-a\n  networkPolicies: isolated\n  applications: [{applicationCode: web-a, path: deploy/a}]\n")},
			"deploy/a/all.yaml": {Data: []byte(role + binding)},
		}
	}
	got := text(compare(t, tree("one"), tree("two")))
	want := "notice privilege: ServiceAccount web-a/op may do what is too much to compare, so it may be the same as before, in web-a now\n"
	if !strings.Contains(got, want) {
		t.Errorf("got:\n%s", got)
	}
}
