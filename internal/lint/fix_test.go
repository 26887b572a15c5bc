package lint_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/lint"
	"go.yaml.in/yaml/v3"
)

// fixes are files and what becomes of them.
var fixes = []struct{ name, in, want string }{
	{"lines", `# what runs
apiVersion: v1
kind: ConfigMap # the colours
metadata:
  # the identity
  uid: 0c2b1f0e # of the old cluster
  name: 'a'
  generation: 3

  labels: &labels {app: a}
  managedFields:
  - apiVersion: v1
    manager: kubectl
  annotations:
    note: "x"
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1",
      # not a comment
       "kind":"ConfigMap"}
    # stays
    other: y
  creationTimestamp: null
data: {a: "1", copy: *labels}
status:
  # within
  a: b

  # behind
# at the end
`, `# what runs
apiVersion: v1
kind: ConfigMap # the colours
metadata:
  # the identity
  name: 'a'

  labels: &labels {app: a}
  annotations:
    note: "x"
    # stays
    other: y
data: {a: "1", copy: *labels}

  # behind
# at the end
`},
	{"documents", `---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  annotations:
    deployment.kubernetes.io/revision: "3"
spec: {replicas: 1}
status: {}
---
# nothing
---
apiVersion: v1
kind: Service
metadata: {name: a}
status:
  loadBalancer: {}
...
`, `---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec: {replicas: 1}
---
# nothing
---
apiVersion: v1
kind: Service
metadata: {name: a}
...
`},
	{"braces", `{apiVersion: v1, kind: Service, status: {a: [b, {c: 'd, }'}]}, metadata: {uid: x, name: a, generation: 1, selfLink: "}"}}` + "\n",
		`{apiVersion: v1, kind: Service, metadata: {name: a}}` + "\n"},
	{"the last in braces", `{apiVersion: v1, kind: Service, metadata: {name: a, annotations: {deployment.kubernetes.io/revision: '1'}, }, status: {}}`,
		`{apiVersion: v1, kind: Service, metadata: {name: a, }}`},
	{"JSON", `{
  "apiVersion": "v1",
  "kind": "Service",
  "metadata": {
    "name": "a",
    "ünicode": "ö",
    "resourceVersion": "1",
    "uid": "x"
  },
  "status": {
    "loadBalancer": {}
  }
}
`, `{
  "apiVersion": "v1",
  "kind": "Service",
  "metadata": {
    "name": "a",
    "ünicode": "ö"
  }
}
`},
	{"a List", `apiVersion: v1
items:
- apiVersion: v1
  kind: Service
  metadata:
    creationTimestamp: "2026-01-01T00:00:00Z"
    name: a
  status:
    loadBalancer: {}
- apiVersion: v1
  kind: Service
  metadata:
    name: b
    uid: x
  status:
    loadBalancer: {}
kind: List
metadata:
  resourceVersion: ""
`, `apiVersion: v1
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: a
- apiVersion: v1
  kind: Service
  metadata:
    name: b
kind: List
metadata:
  resourceVersion: ""
`},
	{"breaks of Windows, and no break at the end", "apiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  name: a\r\n  uid: x\r\nstatus: {}", "apiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  name: a\r\n"},
	{"texts of many lines", `apiVersion: v1
kind: Service
metadata:
  "selfLink": "a
    # not a comment"
  uid: a
    b
  name: a
status:
  message: >-

    # text
      # text
  # comment
`, `apiVersion: v1
kind: Service
metadata:
  name: a
  # comment
`},
	{"an alias of what stays", "apiVersion: v1\nkind: Service\nmetadata:\n  name: &a a\n  uid: *a\n", "apiVersion: v1\nkind: Service\nmetadata:\n  name: &a a\n"},

	{"a text with a number", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nstatus:\n  a: |2\n    b\n   # c\n", ""},
	{"nothing to do", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {status: a, uid: b}\n", ""},
	{"a CRD's status", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nstatus: {}\n", ""},
	{"no manifest", "metadata: {uid: x}\nstatus: ok\n", ""},
	{"a template", "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n  uid: x\n", ""},
	{"a template's branch", "apiVersion: v1\nkind: Service\n{{- if .Values.a }}\nstatus: {}\n{{- end }}\n", ""},
	{"an alias of what would go", "apiVersion: v1\nkind: Service\nmetadata:\n  uid: &a a\n  name: *a\n", ""},
	{"a merge", "apiVersion: v1\nkind: Service\nx: &x {uid: a}\nmetadata:\n  <<: *x\n  name: a\nstatus: {}\n", ""},
	{"an alias of the metadata", "apiVersion: v1\nkind: Service\nx: &x {uid: a, name: a}\nmetadata: *x\n", ""},
	{"a tab", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nstatus:\n  a: |\n   b\n \tc\n", ""},
	{"a comment in braces", "apiVersion: v1\nkind: Service\nmetadata: {name: a, # of it\n  uid: x}\n", ""},
	{"a key behind a dash", "apiVersion: v1\nkind: List\nitems:\n- status: {}\n  apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n", ""},
	{"a key with an anchor", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n&a status: {}\n", ""},
	{"a key that is asked for", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n? status\n: {}\n", ""},
	{"an odd break", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\rstatus: {}\n", ""},
	{"not UTF-8", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nstatus: {a: \"\xff\"}\n", ""},
	{"nothing", "", ""},
}

func TestFix(t *testing.T) {
	for _, c := range fixes {
		got, changed := lint.Fix([]byte(c.in))
		want := c.want
		if want == "" {
			want = c.in
		}
		if diff := cmp.Diff(want, string(got)); diff != "" || changed != (c.want != "") {
			t.Errorf("%s: changed %v, -want +got:\n%s", c.name, changed, diff)
		}
		if again, changed := lint.Fix(got); changed || !bytes.Equal(again, got) {
			t.Errorf("%s: another time, it is changed to\n%s", c.name, again)
		}
	}
}

// FuzzFix checks that what is left are the same documents without the fields, and all comments from elsewhere.
func FuzzFix(f *testing.F) {
	for _, c := range fixes {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fixed, changed := lint.Fix(bytes.Clone(data))
		if !changed {
			if !bytes.Equal(fixed, data) {
				t.Fatalf("it is not said to be changed, and is\n%s", fixed)
			}
			return
		}
		if again, changed := lint.Fix(fixed); changed {
			t.Errorf("another time, it is changed to\n%s", again)
		}
		nodes, before := documentsOf(t, data)
		_, after := documentsOf(t, fixed)
		for i := range before {
			before[i] = stripped(before[i])
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("it says something else:\n%s\nbefore:\n%s", fixed, data)
		}
		for _, n := range nodes {
			for _, comment := range commentsOf(n.Content[0]) {
				if !bytes.Contains(fixed, []byte(comment)) {
					t.Errorf("the comment %q is gone:\n%s\nbefore:\n%s", comment, fixed, data)
				}
			}
		}
	})
}

func documentsOf(t *testing.T, data []byte) (nodes []*yaml.Node, values []any) {
	t.Helper()
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var n yaml.Node
		var v any
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			return nodes, values
		}
		if err == nil {
			err = n.Decode(&v)
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, data)
		}
		nodes, values = append(nodes, &n), append(values, v)
	}
}

// live is what is removed: from metadata, from annotations, from the manifest.
var live = [3]string{
	" creationTimestamp deletionGracePeriodSeconds deletionTimestamp generation managedFields ownerReferences resourceVersion selfLink uid ",
	" deployment.kubernetes.io/revision kubectl.kubernetes.io/last-applied-configuration ", " status ",
}

// without is a mapping without some keys; nil when it is empty then, and was not before.
func without(m map[string]any, keys string) map[string]any {
	out := map[string]any{}
	for key, v := range m {
		if !strings.Contains(keys, " "+key+" ") {
			out[key] = v
		}
	}
	if len(out) == 0 && len(m) > 0 {
		return nil
	}
	return out
}

// stripped is a document without the fields.
func stripped(document any) any {
	m, ok := document.(map[string]any)
	if !ok || text(m["kind"]) == "" || text(m["apiVersion"]) == "" {
		return document
	}
	if items, ok := m["items"].([]any); ok {
		out := without(m, "")
		fixed := make([]any, len(items))
		for i := range items {
			fixed[i] = stripped(items[i])
		}
		out["items"] = fixed
		return out
	}
	keys := live[2]
	if m["kind"] == "CustomResourceDefinition" {
		keys = ""
	}
	out := without(m, keys)
	metadata, ok := out["metadata"].(map[string]any)
	if !ok {
		return out
	}
	keys = live[0]
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		metadata = without(metadata, "")
		if metadata["annotations"] = without(annotations, live[1]); without(annotations, live[1]) == nil {
			keys += "annotations "
		}
	}
	if out["metadata"] = without(metadata, keys); without(metadata, keys) == nil {
		delete(out, "metadata")
	}
	return out
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// commentsOf are the lines of all comments of a manifest that do not belong to a field that is removed.
func commentsOf(n *yaml.Node) []string {
	var v map[string]any
	if n.Decode(&v) != nil || text(v["kind"]) == "" || text(v["apiVersion"]) == "" {
		return commentsIn(n, 3)
	}
	if _, isList := v["items"].([]any); !isList {
		return commentsIn(n, 2)
	}
	var out []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "items" {
			out = append(out, append(commentsIn(n.Content[i], 3), commentsIn(n.Content[i+1], 3)...)...)
			continue
		}
		for _, item := range n.Content[i+1].Content {
			out = append(out, commentsOf(item)...)
		}
	}
	return out
}

// commentsIn are those of a mapping of which the fields of live[level] are removed.
func commentsIn(n *yaml.Node, level int) []string {
	var out []string
	for _, text := range []string{n.HeadComment, n.LineComment, n.FootComment} {
		for line := range strings.Lines(text) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	for i, c := range n.Content {
		below := 3
		if n.Kind == yaml.MappingNode && level < 3 {
			switch key := n.Content[i-i%2].Value; {
			case strings.Contains(live[level], " "+key+" "):
				continue
			case level == 2 && key == "metadata":
				below = 0
			case level == 0 && key == "annotations":
				below = 1
			}
			if below < 3 && i%2 == 0 {
				continue // it may be left empty
			}
		}
		out = append(out, commentsIn(c, below)...)
	}
	return out
}
