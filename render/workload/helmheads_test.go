package workload

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	releaseutil3 "helm.sh/helm/v3/pkg/releaseutil"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

// TestHelmDocuments separates documents where each Helm does.
func TestHelmDocuments(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"---", "-", "--", "\n", " ", "\t", "\r", "\f", "\v", "\u00a0", "\u0085", "a: 1", "# b", "x", "------", "\n---\n", "\n--- # c\n"}
	for range 20000 {
		var b strings.Builder
		for range random.IntN(9) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		text := b.String()
		for version, split := range map[string]map[string]string{"v3.20.2": releaseutil3.SplitManifests(text), "v4.2.1": releaseutil.SplitManifests(text)} {
			var want []string
			for i := range len(split) {
				want = append(want, split[fmt.Sprintf("manifest-%d", i)])
			}
			if got := helmNamed(version).split(text); !slices.Equal(got, want) {
				t.Fatalf("%q: %q, want %q", text, got, want)
			}
		}
	}
}

// TestHeads: Helm gives the same order and hooks for heads, and where it may not, it gets the documents themselves.
func TestHeads(t *testing.T) {
	const first = "apiVersion: v1\nkind: Service\nmetadata: {name: z}\n"
	for text, want := range map[string]bool{
		first: true,
		"# only a comment\n---\n" + first + "---\n{kind: ConfigMap, metadata: {name: a, annotations: null}}\n---\nmetadata:\n": true,
		"kind: Job\nmetadata:\n  name: b\n  annotations:\n    helm.sh/hook: post-install\n    helm.sh/hook-weight: \"-5\"\n---\n" +
			"kind: Job\nmetadata: {name: c, annotations: {helm.sh/hook: 'post-install,test', helm.sh/hook-weight: '-6'}}\n": true,
		"kind: Job\nmetadata: {name: unknown, annotations: {helm.sh/hook: crd-install}}\n": true,
		"kind: A\nkind: Namespace\n---\n" + first:                                          true,
		"kind: Secret\nstringData:\n  a: |\n    text":                                      true,
		"kind: Secret\nstringData:\n  a: |+\n    text\n\n  b: \"\\n\"":                     true,
		"kind: Secret\nstringData:\n  a: >-\n    text\n    more\n   # not more":            true,
		"kind: Secret\nstringData:\n  a: text\n    more\n  b:":                             true,
		"kind: Secret\nstringData:\n  - a\n  -":                                            true,
		"kind: Secret\nstringData: |\n# no text":                                           true,
		"kind: ConfigMap\nmetadata: {name: a, annotations: {x: \"\\x7f\"}}\n":              false,
		"kind: Job\nmetadata: {annotations: {helm.sh/hook-weight: 5}}\n":                   false,
		"kind: 1\n": false, "[a]\n": false, "a: [\n": false, "a: 1\r\nb: 2\n": false, "------\n": false, "%YAML 1.1\n": false,
		"kind: Job\nmetadata:\n  annotations:\n    a: |\n      text": false,
	} {
		texts := map[string]string{"c/templates/b.yaml": text, "c/templates/a.yaml": first, "c/templates/_partial.tpl": "kind: Partial"}
		for _, helm := range []helmVersion{helmNamed("v3.20.2"), helmNamed("v4.2.1")} {
			short := headsOf(helm, texts)
			if short == nil {
				if want {
					t.Errorf("%q has no heads", text)
				}
				continue
			}
			objects, hooks, err := helm.sort(maps.Clone(short.texts))
			if (err == nil) != want {
				t.Errorf("%q: %v", text, err)
			}
			if err != nil {
				continue
			}
			short.whole(objects)
			short.whole(hooks)
			wantObjects, wantHooks, err := helm.sort(texts)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for _, all := range [][]printed{objects, hooks} {
				for i := range all {
					for _, end := range []string{"\n", ""} {
						o, plain := &output{app: &Application{}}, all[i]
						got, _ := o.decode(all[i], all[i].header(), end)
						plain.json = nil
						want, diags := o.decode(plain, all[i].header(), end)
						if len(diags) > 0 || len(got) != len(want) || len(got) > 0 && !cmp.Equal(got[0].value, want[0].value) {
							t.Errorf("%q: with the end %q read as %v, want %v (%v)", text, end, got, want, diags)
						}
					}
					all[i].json = nil
				}
			}
			if !cmp.Equal(objects, wantObjects, cmp.AllowUnexported(printed{})) || !cmp.Equal(hooks, wantHooks, cmp.AllowUnexported(printed{})) {
				t.Errorf("%q: %v and %v, want %v and %v", text, objects, hooks, wantObjects, wantHooks)
			}
		}
	}
}
