package lint_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// addition is one at a line and column.
func addition(line, column int, key string, values ...string) lint.Addition {
	return lint.Addition{At: diag.Position{File: "applications.yml", Line: line, Column: column}, Key: key, Values: values}
}

func TestExtend(t *testing.T) {
	const kinds, after = "clusterResources", "dependsOn"
	for _, c := range []struct {
		name, in  string
		additions []lint.Addition
		want      string // empty when it stays as it is
	}{
		{"a key in lines", "# all\n- namespace: web-a # first\n  # its projects\n  applications: [web-a]\n", []lint.Addition{addition(2, 3, kinds, "ClusterRole", "a.example/B")},
			"# all\n- namespace: web-a # first\n  clusterResources: [ClusterRole, a.example/B]\n  # its projects\n  applications: [web-a]\n"},
		{"two keys", "- applicationCode: web-a\n  path: a\n", []lint.Addition{addition(1, 3, "provides", "cilium.io"), addition(1, 3, after, "web-b")},
			"- applicationCode: web-a\n  dependsOn: [web-b]\n  provides: [cilium.io]\n  path: a\n"},
		{"the first key is long", "- applications:\n    - web-a\n  namespace: 'web-a'\n", []lint.Addition{addition(1, 3, kinds, "ClusterRole")},
			"- applications:\n    - web-a\n  namespace: 'web-a'\n  clusterResources: [ClusterRole]\n"},
		{"no end of line", "- namespace: web-a", []lint.Addition{addition(1, 3, kinds, "ClusterRole")}, "- namespace: web-a\n  clusterResources: [ClusterRole]"},
		{"CRLF", "- namespace: web-a\r\n  labels: {}\r\n", []lint.Addition{addition(1, 3, kinds, "ClusterRole")}, "- namespace: web-a\r\n  clusterResources: [ClusterRole]\r\n  labels: {}\r\n"},
		{"a key in braces", "- {namespace: web-a, applications: [{applicationCode: web-a, path: a}]}\n",
			[]lint.Addition{addition(1, 3, kinds, "ClusterRole"), addition(1, 37, after, "web-b", "web-c")},
			"- {namespace: web-a, applications: [{applicationCode: web-a, path: a, dependsOn: [web-b, web-c]}], clusterResources: [ClusterRole]}\n"},
		{"a list in brackets", "- namespace: web-a\n  clusterResources: [A, {kind: \"B]\"}] # why\n", []lint.Addition{addition(1, 3, kinds, "C")},
			"- namespace: web-a\n  clusterResources: [A, {kind: \"B]\"}, C] # why\n"},
		{"one of many lines", "- namespace: web-a\n  clusterResources: [\n    A,\n    B,\n  ]\n", []lint.Addition{addition(1, 3, kinds, "C")},
			"- namespace: web-a\n  clusterResources: [\n    A,\n    B, C,\n  ]\n"},
		{"an empty list", "- namespace: web-a\n  clusterResources: []\n", []lint.Addition{addition(1, 3, kinds, "C")}, "- namespace: web-a\n  clusterResources: [C]\n"},
		{"a list in lines", "- namespace: web-a\n  clusterResources:\n  - A # why\n  - kind: B\n    group: b.example # too\n  # behind\n  applications: []\n", []lint.Addition{addition(1, 3, kinds, "C", "D")},
			"- namespace: web-a\n  clusterResources:\n  - A # why\n  - kind: B\n    group: b.example # too\n  - C\n  - D\n  # behind\n  applications: []\n"},
		{"a code alone", "- namespace: web-a\n  applications: [web-a, \"web-b\"]\n", []lint.Addition{addition(2, 18, after, "web-c"), addition(2, 25, after, "web-a"), addition(2, 25, "provides", "cilium.io")},
			"- namespace: web-a\n  applications: [{applicationCode: web-a, dependsOn: [web-c]}, {applicationCode: \"web-b\", dependsOn: [web-a], provides: [cilium.io]}]\n"},
		{"a code alone, in lines", "- namespace: web-a\n  applications:\n    - web-a # it\n", []lint.Addition{addition(3, 7, after, "web-c")},
			"- namespace: web-a\n  applications:\n    - {applicationCode: web-a, dependsOn: [web-c]} # it\n"},
		{"wide characters", "- {namespace: web-a, labels: {a: ö€}, applications: [web-b]}\n", []lint.Addition{addition(1, 54, after, "web-c")},
			"- {namespace: web-a, labels: {a: ö€}, applications: [{applicationCode: web-b, dependsOn: [web-c]}]}\n"},
		{"twice the same", "- namespace: web-a\n", []lint.Addition{addition(1, 3, kinds, "A", "B"), addition(1, 3, kinds, "B", "C")}, "- namespace: web-a\n  clusterResources: [A, B, C]\n"},

		{"a flow beside a profile", "- namespace: web-a\n  networkPolicies: isolated # quiet\n", []lint.Addition{addition(1, 3, lint.Flows, "{to: {namespace: web-b, ports: [80]}}")},
			"- namespace: web-a\n  networkPolicies: {profile: isolated, allow: [{to: {namespace: web-b, ports: [80]}}]} # quiet\n"},
		{"a flow for an entry in braces", "- {namespace: web-a, networkPolicies: 'isolated'}\n", []lint.Addition{addition(1, 3, lint.Flows, "{podLabels: {a/b: 'true'}, to: {entity: host, ports: [53/ANY]}}")},
			"- {namespace: web-a, networkPolicies: {profile: 'isolated', allow: [{podLabels: {a/b: 'true'}, to: {entity: host, ports: [53/ANY]}}]}}\n"},
		{"flows below a profile", "- namespace: web-a\n  networkPolicies:\n    profile: isolated # quiet\n  applications: []\n", []lint.Addition{addition(1, 3, lint.Flows, "{to: {entity: host}}"), addition(1, 3, lint.Flows, "{from: {entity: host}}")},
			"- namespace: web-a\n  networkPolicies:\n    profile: isolated # quiet\n    allow: [{to: {entity: host}}, {from: {entity: host}}]\n  applications: []\n"},
		{"a flow below others", "- namespace: web-a\n  networkPolicies:\n    allow:\n      - to: {entity: host} # why\n    profile: isolated\n", []lint.Addition{addition(1, 3, lint.Flows, "{from: {entity: host}}")},
			"- namespace: web-a\n  networkPolicies:\n    allow:\n      - to: {entity: host} # why\n      - {from: {entity: host}}\n    profile: isolated\n"},
		{"a flow beside others in brackets", "- {namespace: web-a, networkPolicies: {profile: isolated, allow: [{to: {entity: host}}]}}\n", []lint.Addition{addition(1, 3, lint.Flows, "{from: {entity: host}}")},
			"- {namespace: web-a, networkPolicies: {profile: isolated, allow: [{to: {entity: host}}, {from: {entity: host}}]}}\n"},

		{"a flow without policies", "- namespace: web-a\n", []lint.Addition{addition(1, 3, lint.Flows, "{from: {entity: host}}")}, ""},
		{"a flow for policies that others share", "- namespace: web-a\n  networkPolicies: &p {profile: isolated}\n- namespace: web-b\n  networkPolicies: *p\n", []lint.Addition{addition(1, 3, lint.Flows, "{from: {entity: host}}")}, ""},
		{"a flow for policies of others", "- namespace: web-a\n  networkPolicies: &p {profile: isolated}\n- namespace: web-b\n  networkPolicies: *p\n", []lint.Addition{addition(3, 3, lint.Flows, "{from: {entity: host}}")}, ""},
		{"a flow that is no YAML", "- namespace: web-a\n  networkPolicies: isolated\n", []lint.Addition{addition(1, 3, lint.Flows, "{from: {entity: host}")}, ""},
		{"nothing", "- namespace: web-a\n", nil, ""},
		{"no such place", "- namespace: web-a\n", []lint.Addition{addition(2, 3, kinds, "A")}, ""},
		{"a pattern", "- namespace: web-a\n", []lint.Addition{addition(1, 3, kinds, "*")}, ""},
		{"what is YAML", "- namespace: web-a\n", []lint.Addition{addition(1, 3, kinds, "A]\n- b")}, ""},
		{"not a list", "- namespace: web-a\n  clusterResources: A\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"an empty value", "- namespace: web-a\n  clusterResources:\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"a list that others share", "- &a\n  namespace: web-a\n  clusterResources: &k [A]\n- namespace: web-b\n  clusterResources: *k\n", []lint.Addition{addition(4, 3, kinds, "B")}, ""},
		{"a mapping that others share", "- &a\n  namespace: web-a\n- <<: *a\n", []lint.Addition{addition(2, 3, kinds, "B")}, ""},
		{"within what others share", "- namespace: web-a\n  applications: &all [web-a]\n- namespace: web-b\n  applications: *all\n", []lint.Addition{addition(2, 23, after, "web-c")}, ""},
		{"a merged list", "- &a\n  namespace: web-a\n  clusterResources: [A]\n- <<: *a\n  namespace: web-b\n", []lint.Addition{addition(4, 3, kinds, "B")}, ""},
		{"a comment within", "- namespace: web-a\n  clusterResources: [\n    A, # why\n  ]\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"a text of lines", "- namespace: web-a\n  clusterResources:\n  - |\n    A\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"two documents", "- namespace: web-a\n---\n- namespace: web-b\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"a tag", "- namespace: web-a\n  clusterResources: !!seq [A]\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"not YAML", "- namespace: [\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
		{"strange lines", "- namespace: \"web-a\u2028\"\n", []lint.Addition{addition(1, 3, kinds, "B")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := []byte(c.in)
			out, ok := lint.Extend(in, c.additions)
			if c.want == "" {
				if ok || !bytes.Equal(out, in) {
					t.Errorf("it became (%t)\n%s", ok, out)
				}
			} else if diff := cmp.Diff(c.want, string(out)); diff != "" || !ok {
				t.Errorf("%t, %s", ok, diff)
			}
		})
	}
}
