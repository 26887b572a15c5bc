package importing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestFuel: a template of an ApplicationSet that counts for ever, or makes much of little, ends soon, with a reason.
func TestFuel(t *testing.T) {
	const double = `{{$x := "aaaaaaaaaaaaaaaa"}}{{range 60}}{{$x = FUNCTION}}{{end}}{{len $x}}`
	long := strings.Repeat("a", 100_000)
	for name, c := range map[string]struct{ golang, element, template, reason string }{
		"counting":      {"true", "one", "{{range 100000000000}}{{end}}", "its templates have too much to do"},
		"calling":       {"true", "one", `{{define "a"}}{{template "b"}}{{template "b"}}{{end}}{{define "b"}}{{range 1000000}}{{template "c"}}{{end}}{{end}}{{define "c"}}{{end}}{{template "a"}}`, "its templates have too much to do"},
		"doubling":      {"true", "one", strings.Replace(double, "FUNCTION", "print $x $x", 1), "its templates have too much to do"},
		"doubling both": {"true", "one", strings.Replace(double, "FUNCTION", "list $x $x", 1), "its templates have too much to do"},
		"multiplying":   {"true", long, `{{replace "a" .of .of | len}}`, "its templates have too much to do"},
		"containing":    {"true", "one", `{{$d := dict}}{{$_ := set $d "a" $d}}{{$d}}`, "a template that is not understood here: it may use a function whose result is not known beforehand"},
		"repeating":     {"false", long, strings.Repeat("{{of}}", 100), "its templates have too much to do"},
		"a loop":        {"true", "one", `{{range list "a" "b"}}{{.}}{{end}}-{{printf "%s" .of | upper | lower}}-{{join "-" (splitList "," "x,y")}}`, ""},
		"no Go":         {"false", "one", "{{of}}-{{ of }}-{{none}}", ""},
		"no end":        {"false", "one", "{{of}}-{{", "a template with {{ and without }}, which Argo CD refuses"},
	} {
		text := "{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, metadata: {name: s, namespace: argocd}, spec: {goTemplate: " + c.golang + ", generators: [{list: {elements: [{of: " + c.element + "}]}}],\n" +
			" template: {metadata: {name: web, annotations: {x: '" + c.template + "'}}, spec: {destination: {server: https://kubernetes.default.svc, namespace: web}, source: {repoURL: https://git.example/x.git, path: x}}}}}"
		begin := time.Now()
		r := of(t, text)
		if takes := time.Since(begin); takes > 30*time.Second {
			t.Errorf("%s: it takes %v", name, takes)
		}
		reason := ""
		if set := r.Outcomes[0]; set.State == "not expressed" {
			reason = strings.Join(set.Reasons, "; ")
		}
		if reason != c.reason {
			t.Errorf("%s: %q, want %q", name, reason, c.reason)
		}
	}
	got := writtenList(of(t, `{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, metadata: {name: s, namespace: argocd}, spec: {goTemplate: true, generators: [{list: {elements: [{of: one}]}}],
 template: {metadata: {name: web, annotations: {x: '{{range list "a" "b"}}{{.}}{{end}}-{{printf "%s" .of | upper}}-{{join "-" (splitList "," "x,y")}}'}}, spec: {destination: {server: https://kubernetes.default.svc, namespace: web}, source: {repoURL: https://git.example/x.git, path: x}}}}}`))
	if !strings.Contains(got, "ab-ONE-x-y") {
		t.Error(got)
	}
}

// TestManySets: what one set may make, several may not make together. The first that fits is taken.
func TestManySets(t *testing.T) {
	var sets strings.Builder
	for i := range 3 {
		elements := strings.TrimSuffix(strings.Repeat("{a: b}, ", 100), ", ")
		fmt.Fprintf(&sets, "---\n"+`{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet, metadata: {name: s%d, namespace: argocd}, spec: {generators: [{matrix: {generators: [{list: {elements: [%s]}}, {list: {elements: [%s]}}]}}],
 template: {metadata: {name: web-%d}, spec: {project: default, destination: {server: https://kubernetes.default.svc, namespace: web}, source: {repoURL: https://git.example/x.git, path: x}}}}}`+"\n", i, elements, elements, i)
	}
	text := of(t, sets.String()).Text()
	if first, rest := strings.Count(text, "two of the Applications that it makes have the name web-0"), strings.Count(text, "with it, ApplicationSets make more than 10000 Applications"); first != 1 || rest != 2 {
		t.Errorf("the first is looked at %d times, and %d others are not made:\n%.2000s", first, rest, text)
	}
}
