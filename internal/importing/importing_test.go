package importing_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/importing"
	"github.com/hippotion/roster/render/object"
	"github.com/rogpeppe/go-internal/txtar"
)

// build renders a list as the verb does.
func build(files []importing.File) ([]object.Object, diag.List, error) {
	texts := map[string]string{}
	for _, f := range files {
		texts[f.Name] = string(f.Text)
	}
	out, diags, err := fleet.Build(fleet.Input{Place: fleet.Nowhere(".").With(texts)})
	if err != nil || len(diags) > 0 {
		return nil, diags, err
	}
	return out.Clusters[0].Objects, nil, nil
}

// of imports one text.
func of(t *testing.T, text string) *importing.Result {
	t.Helper()
	var r importing.Reading
	if err := r.Read("text", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if len(r.Broken) > 0 {
		t.Fatal(r.Broken)
	}
	result, err := importing.Import(importing.Input{Objects: r.Objects, Build: build})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// writtenList is the text of applications.yml.
func writtenList(r *importing.Result) string {
	for _, f := range r.Files {
		if f.Name == "applications.yml" {
			return string(f.Text)
		}
	}
	return ""
}

// TestPolicies are policies of a namespace, and what an entry says of them: a profile with flows where that means the same, and else the policies as
// they are.
func TestPolicies(t *testing.T) {
	const controller = `fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:app.kubernetes.io/name": traefik}}]`
	const dns = `{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}], toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]}`
	for _, c := range []struct{ name, specs, want string }{
		{"one policy that is a profile", "{endpointSelector: {}, ingress: [{" + controller + "}], egress: [" + dns + "]}", "networkPolicies: web-app-internal"},
		{"the same in parts", "{endpointSelector: {}, ingress: [{}], egress: [{}]}\n{endpointSelector: {}, ingress: [{" + controller + "}]}\n{endpointSelector: {}, egress: [" + dns + "]}", "networkPolicies: web-app-internal"},
		{"a flow", "{endpointSelector: {}, ingress: [{}], egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}], toPorts: [{ports: [{port: \"22\", protocol: TCP}]}]}]}",
			"    allow:\n      - to: {cidr: 10.0.0.0/8, except: [10.1.0.0/16], ports: [22]}"},
		{"an entity without ports", "{endpointSelector: {}, ingress: [{fromEntities: [host]}], egress: [{}]}", "      - {from: {entity: host}}"},
		{"some pods", "{endpointSelector: {}, ingress: [{}], egress: [{}]}\n{endpointSelector: {matchLabels: {app: a}}, ingress: [{fromEntities: [world], toPorts: [{ports: [{port: \"80\", endPort: 90, protocol: UDP}]}]}]}",
			"      - podLabels: {app: a}\n        from: {entity: world, ports: [80-90/UDP]}"},
		{"a host without a lookup is no flow", "{endpointSelector: {}, ingress: [{}], egress: [{toFQDNs: [{matchName: api.example}]}]}", "toFQDNs never matches"},
		{"one direction alone is open in the other", "{endpointSelector: {}, ingress: [{}]}", "networkPolicies: web"},
		{"denied", "{endpointSelector: {}, ingress: [{}], egress: [{}], egressDeny: [{toEntities: [world]}]}", "networkPolicies: web"},
		{"half a flow", "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {\"k8s:io.kubernetes.pod.namespace\": other}}]}], egress: [{}]}", "networkPolicies: web"},
		{"rules of HTTP", "{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [{method: GET}]}}]}], egress: [{}]}", "networkPolicies: web"},
		{"expressions", "{endpointSelector: {matchExpressions: [{key: app, operator: Exists}]}, ingress: [{}]}", "networkPolicies: web"},
		{"what Cilium refuses", "{endpointSelector: {}, ingress: [{fromEntities: [nobody]}]}", `there is no entity "nobody"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n" +
				"---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: closed, namespace: other}\nspec: {endpointSelector: {}, ingress: [{}], egress: [{}]}\n")
			for i, spec := range strings.Split(c.specs, "\n") {
				fmt.Fprintf(&b, "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p%d, namespace: web}\nspec: %s\n", i, spec)
			}
			result := of(t, b.String())
			if said := writtenList(result) + result.Text(); !strings.Contains(said, c.want) {
				t.Errorf("expected %s\n%s", c.want, said)
			}
			for _, o := range result.Outcomes {
				if o.State == importing.Different {
					t.Errorf("%s: %v", o.Object.ID, o.Reasons)
				}
			}
		})
	}
}

// TestPairs are flows between namespaces: written once, where both halves are permitted.
func TestPairs(t *testing.T) {
	text := `
{apiVersion: v1, kind: Namespace, metadata: {name: web}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: db}}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: web}
spec: {endpointSelector: {}, ingress: [{}], egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": db, "k8s:app": pg}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: db}
spec: {endpointSelector: {}, ingress: [{}], egress: [{}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: q, namespace: db}
spec: {endpointSelector: {matchLabels: {app: pg}}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": web}}], toPorts: [{ports: [{port: "5432", protocol: TCP}]}]}]}
`
	r := of(t, text)
	list := writtenList(r)
	if !r.Complete() || len(r.Files) != 1 || strings.Count(list, "5432") != 1 || !strings.Contains(list, "to: {namespace: db, podLabels: {app: pg}, ports: [5432]}") {
		t.Errorf("expected one flow\n%s\n%s", list, r.Text())
	}
}

// TestHostile gives Import each of some manifests with each value replaced by one of another shape: it returns.
func TestHostile(t *testing.T) {
	archive, err := txtar.ParseFile(filepath.Join("../../cmd/internal/cli/testdata/script", "import_live.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, f := range archive.Files {
		if f.Name == "live.yaml" {
			text = string(f.Data)
		}
	}
	odd := []any{nil, "x", "{{", 3.5, true, []any{}, []any{nil}, []any{map[string]any{}}, map[string]any{}, map[string]any{"": nil}}
	var objects importing.Reading
	if err := objects.Read("text", []byte(text)); err != nil {
		t.Fatal(err)
	}
	count := 0
	for number := 0; ; number++ {
		left := number
		var changed importing.Reading
		for _, o := range objects.Objects {
			if o.Value == nil { // a Secret
				continue
			}
			value := copied(t, o.Value)
			if left >= 0 {
				replaced(value, odd[number%len(odd)], &left)
			}
			data, err := json.Marshal(value)
			if err == nil {
				err = changed.Read("text", data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if left >= 0 {
			break
		}
		count++
		if _, err := importing.Import(importing.Input{Objects: changed.Objects, Build: build}); err != nil {
			t.Errorf("%d: %v", number, err)
		}
	}
	if count < 200 {
		t.Errorf("only %d values were replaced", count)
	}
}

// copied is a copy of an object.
func copied(t *testing.T, value map[string]any) map[string]any {
	t.Helper()
	data, err := json.Marshal(value)
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// replaced replaces the value of the given number, and reports whether it was there.
func replaced(value, by any, number *int) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range keys(v) {
			if *number--; *number == -1 {
				v[key] = by
				return true
			}
			if replaced(v[key], by, number) {
				return true
			}
		}
	case []any:
		for i := range v {
			if *number--; *number == -1 {
				v[i] = by
				return true
			}
			if replaced(v[i], by, number) {
				return true
			}
		}
	}
	return false
}

// TestMany imports thousands of objects.
func TestMany(t *testing.T) {
	const namespaces = 1000
	var b strings.Builder
	for i := range namespaces {
		fmt.Fprintf(&b, `---
{apiVersion: v1, kind: Namespace, metadata: {name: web-%[1]d}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web-%[1]d, namespace: argocd}
spec: {project: default, source: {repoURL: https://git.example/x.git, path: apps/%[1]d}, destination: {server: https://kubernetes.default.svc, namespace: web-%[1]d}}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: web-%[1]d}
spec: {endpointSelector: {}, ingress: [{fromEntities: [cluster]}], egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": web-%[2]d}}]}]}
`, i, (i+1)%namespaces)
	}
	r := of(t, b.String())
	if expressed, of := r.Share(); expressed != 3*namespaces || of != 3*namespaces {
		t.Errorf("%d of %d are expressed\n%.2000s", expressed, of, r.Text())
	}
}

// TestDocumentation requires a row in docs/import.md for each kind that is read.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range importing.Kinds() {
		row := regexp.MustCompile(`(?m)^\| ([A-Za-z]+, )*` + kind + `(, [A-Za-z]+)* \|`)
		if !row.Match(page) {
			t.Errorf("docs/import.md has no row for %s", kind)
		}
	}
}

// TestReadFolder leaves out templates of charts and what is no manifest.
func TestReadFolder(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	r, err := importing.ReadFolder(fstest.MapFS{
		"a.yaml": file("# a comment\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n\n---\nkind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n" +
			"- apiVersion: v1\n  kind: Namespace\n  metadata: {name: c}\n"),
		"d.json": file("{\"apiVersion\": \"v1\",\n \"kind\": \"Namespace\", \"metadata\": {\"name\": \"d\"}}"), "chart/Chart.yaml": file("name: x"),
		"chart/templates/x.yaml": file("apiVersion: {{\nkind: x"), "values.yaml": file("a: ["), ".github/x.yaml": file("kind: apiVersion: ["),
	})
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, o := range r.Objects {
		places = append(places, o.Name+" "+o.Pos.String())
	}
	const want = "a a.yaml:3:1, b a.yaml:12:3, c a.yaml:13:3, d d.json:1:1"
	if got := strings.Join(places, ", "); got != want || len(r.Broken) > 0 {
		t.Errorf("found %s, expected %s; %v", got, want, r.Broken)
	}
}

func keys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// TestPlanNames: a file may name an object as no cluster does, and no command is about it: kubectl takes --all for all objects there are.
func TestPlanNames(t *testing.T) {
	p := of(t, `
{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: --all, namespace: argocd}, spec: {destination: {namespace: argocd}, source: {repoURL: https://git.example/x.git, path: apps}},
 status: {resources: [{group: argoproj.io, kind: Application, namespace: argocd, name: web}]}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web, namespace: argocd}, spec: {destination: {server: https://kubernetes.default.svc, namespace: web}, source: {repoURL: https://git.example/x.git, path: web}}}
---
{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, metadata: {name: "$(x)", namespace: argocd}, spec: {generators: [{list: {elements: [{of: one}]}}], template: {metadata: {name: "s-{{of}}"}, spec: {destination: {server: https://kubernetes.default.svc, namespace: s}, source: {repoURL: https://git.example/x.git, path: s}}}}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: --all}, spec: {persistentVolumeReclaimPolicy: Delete}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: "c\nrm x", namespace: web}}
`).Plan()
	commands := 0
	for line := range strings.Lines(p.Text()) {
		if commands++; !strings.HasPrefix(line, "#") && strings.ContainsAny(line, "$") || strings.Contains(line, "'--all'") || strings.HasPrefix(line, "rm") {
			t.Errorf("a command: %s", line)
		}
	}
	for _, unknown := range []string{"Application argocd/--all", "ApplicationSet argocd/$(x)", "PersistentVolume --all"} {
		if !slices.Contains(p.Unknown, "what "+unknown+" is: no cluster has an object of this name") {
			t.Errorf("%s is not unknown: %q", unknown, p.Unknown)
		}
	}
	if len(p.Released) != 2 || len(p.Volumes) != 0 || commands < 10 { // web, and what the set makes
		t.Errorf("%+v", p)
	}
}

// TestSameBytes: labels that an Application has for its Namespace are written in the same order each time.
func TestSameBytes(t *testing.T) {
	const text = `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web, namespace: argocd}, spec: {destination: {server: https://kubernetes.default.svc, namespace: web},
 source: {repoURL: https://git.example/x.git, path: web}, syncPolicy: {syncOptions: [CreateNamespace=true], managedNamespaceMetadata: {labels: {e: "1", d: "2", c: "3", b: "4", a: "5"}}}}}`
	want := writtenList(of(t, text))
	if !strings.Contains(want, `{a: "5", b: "4", c: "3", d: "2", e: "1"}`) {
		t.Error(want)
	}
	for range 20 {
		if got := writtenList(of(t, text)); got != want {
			t.Fatalf("%s\nand\n%s", want, got)
		}
	}
}
