package formats_test

import (
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/diff/formats"
	"github.com/hippotion/roster/internal/lint"
)

// pages is how `make page` gets the pages that a browser looks at.
var pages = flag.String("pages", "", "the folder in which TestPages leaves its pages")

// at is a line of the list.
func at(line int) diff.Cause {
	return diff.Cause{Pos: diag.Position{File: "applications.yml", Line: line, Column: 3}}
}

func key(names ...string) fields.Path {
	var p fields.Path
	for _, n := range names {
		if by, value, keyed := strings.Cut(n, "="); keyed {
			p = append(p, fields.Step{By: by, Key: value})
		} else {
			p = append(p, fields.Step{Key: n})
		}
	}
	return p
}

const configBefore = `receivers:
  - name: phone
    webhook_configs:
      - url: http://ntfy.web-push.svc.cluster.local
        send_resolved: true
route:
  receiver: phone
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - matchers: [severity="critical"]
      receiver: phone
    - matchers: [severity="warning"]
      receiver: mail
inhibit_rules: []
templates: []
`

// richResult has one of each thing that the page shows.
func richResult() *diff.Result {
	deploy := diff.ID{Group: "apps", Kind: "Deployment", Namespace: "web-shop", Name: "shop"}
	claim := diff.ID{Kind: "PersistentVolumeClaim", Namespace: "web-shop", Name: "shop-data"}
	route := diff.ID{Group: "traefik.io", Kind: "IngressRoute", Namespace: "web-push", Name: "ntfy"}
	policy := diff.ID{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Namespace: "web-claw", Name: "egress"}
	config := diff.ID{Kind: "ConfigMap", Namespace: "sys-alerting", Name: "alertmanager"}
	noisy := diff.ID{Group: "apps", Kind: "DaemonSet", Namespace: "sys-alerting", Name: "node-exporter"}
	before := diff.Cause{Pos: diag.Position{File: "applications.yml", Line: 31, Column: 5}, Before: true}
	return &diff.Result{
		Before: &diff.Side{Name: "main", Commit: "4f2c9d0a1b7e63c58d90f1a2b3c4d5e6f7081920", Clusters: []*diff.Cluster{{Name: "home"}, {Name: "lab"}}},
		After:  &diff.Side{Name: "feature/shop-move", Commit: "9a31be77c0d24e5f8a6b1c2d3e4f506172839405", Clusters: []*diff.Cluster{{Name: "home"}, {Name: "lab"}}},
		Consequences: []diff.Consequence{
			{Kind: "deletion", Word: "delete", Weight: diff.Danger, Subject: claim.String(), Message: "PersistentVolumeClaim web-shop/shop-data is deleted, and its volume with it",
				Details: []string{"Argo CD asks before it does: the application has a guard.", "The storage class local-path deletes volumes that nobody claims: 20Gi are lost.", "To keep them, set reclaimPolicy to Retain before the merge."},
				Causes:  []diff.Cause{before, at(40)}, Objects: []diff.ID{claim, deploy}, Clusters: []string{"home"}},
			{Kind: "exposure", Word: "public", Weight: diff.Danger, Subject: "push.example.org", Message: "push.example.org is open to the world: it was for the network at home, behind a login",
				Details: []string{"The middleware oauth is on none of its routes any more."}, Causes: []diff.Cause{at(57)}, Objects: []diff.ID{route}},
			{Kind: "flow", Word: "flow-opened", Weight: diff.Notice, Subject: "web-claw → vault", Message: "web-claw reaches sys-vault/vault on TCP 8200 now", Causes: []diff.Cause{at(72)}, Objects: []diff.ID{policy, {Kind: "Service", Namespace: "sys-vault", Name: "vault"}}, Clusters: []string{"lab"}},
			{Kind: "restart", Word: "restart", Weight: diff.Notice, Subject: "web-shop", Message: "The pods of web-shop/shop restart: their template changes", Objects: []diff.ID{deploy}, Clusters: []string{"home"}, Causes: []diff.Cause{at(44)}},
			{Kind: "image", Word: "image", Weight: diff.Plain, Subject: "shop", Message: "web-shop/shop gets ghcr.io/acme/shop 2.4.1 instead of 2.3.9", Objects: []diff.ID{deploy}, Causes: []diff.Cause{at(44)}, Clusters: []string{"home"}},
		},
		Objects: []diff.ObjectChange{
			{Cluster: "home", ID: config, APIVersion: "v1", Sort: diff.Changed, Entry: "sys-alerting", Application: "alertmanager", Causes: []diff.Cause{at(12)}, Fields: []fields.Difference{
				{Path: key("data", "alertmanager.yml"), Change: fields.Changed, From: configBefore, To: strings.NewReplacer("5m", "20s", "receiver: mail\n", "receiver: mail\n    - matchers: [severity=\"info\"]\n      receiver: none\n").Replace(configBefore)},
				{Path: key("metadata", "labels", "helm.sh/chart"), Change: fields.Changed, From: "alertmanager-1.2.0", To: "alertmanager-1.2.1", Noise: "the version of a chart"},
			}},
			{Cluster: "home", ID: noisy, APIVersion: "apps/v1", Sort: diff.Changed, Entry: "sys-alerting", Application: "node-exporter", Fields: []fields.Difference{
				{Path: key("spec", "template", "metadata", "annotations", "checksum/config"), Change: fields.Changed, From: "0a1b2c", To: "3d4e5f", Noise: "a checksum"},
			}},
			{Cluster: "home", ID: route, APIVersion: "traefik.io/v1alpha1", Sort: diff.Changed, Entry: "web-push", Causes: []diff.Cause{at(57)}, Fields: []fields.Difference{
				{Path: key("spec", "routes", "match=Host(`push.example.org`)", "middlewares"), Change: fields.Removed, From: []any{map[string]any{"name": "oauth", "namespace": "sys-auth"}}},
				{Path: key("spec", "entryPoints"), Change: fields.Added, To: []any{"public", "websecure"}},
			}},
			{Cluster: "home", ID: deploy, APIVersion: "apps/v1", Sort: diff.Changed, Entry: "web-shop", Application: "shop", Causes: []diff.Cause{at(44), {Pos: diag.Position{File: "apps/shop/values.yaml", Line: 3, Column: 1}}}, Fields: []fields.Difference{
				{Path: key("spec", "template", "spec", "containers", "name=shop", "image"), Change: fields.Changed, From: "ghcr.io/acme/shop:2.3.9@sha256:6f0e", To: "ghcr.io/acme/shop:2.4.1@sha256:81aa"},
				{Path: key("spec", "replicas"), Change: fields.Changed, From: int64(2), To: int64(3)},
				{Path: key("spec", "template", "spec", "containers", "name=shop", "env", "name=CACHE_URL", "value"), Change: fields.Added, To: "redis://cache.web-shop.svc.cluster.local:6379"},
				{Path: key("spec", "template", "spec", "containers", "name=shop", "env", "name=LEGACY", "value"), Change: fields.Removed, From: "yes"},
				{Path: key("spec", "template", "spec", "containers", "name=shop", "args"), Change: fields.Moved, From: []any{"--quiet", "--port"}, To: []any{"--port", "--quiet"}},
			}},
			{Cluster: "home", ID: claim, APIVersion: "v1", Sort: diff.Deleted, Entry: "web-shop", Application: "shop", Causes: []diff.Cause{before}, Fields: []fields.Difference{
				{Change: fields.Removed, From: map[string]any{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": map[string]any{"name": "shop-data", "namespace": "web-shop"},
					"spec": map[string]any{"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "20Gi"}}, "storageClassName": "local-path"}}},
			}},
			{Cluster: "lab", ID: policy, APIVersion: "cilium.io/v2", Sort: diff.Created, Entry: "web-claw", Causes: []diff.Cause{at(72)}, Fields: []fields.Difference{
				{Path: key("metadata", "name"), Change: fields.Added, To: "egress"}, {Path: key("spec", "egress"), Change: fields.Added, To: []any{map[string]any{"toPorts": []any{map[string]any{"ports": []any{map[string]any{"port": "8200", "protocol": "TCP"}}}}}}},
			}},
		},
		NotCompared: []diff.NotCompared{{Cluster: "lab", Application: "grafana", Why: "its chart was not fetched: run roster fetch first", At: at(90)}},
		NotJudged:   []diff.NotJudged{{Cluster: "lab", Kind: "flow", Why: "a pod is selected by a policy with a field that is not known"}},
		Findings:    []lint.Finding{{Severity: lint.Warning, Diagnostic: diag.Diagnostic{Pos: at(57).Pos, Path: "web-push.applications[0].ingress[0]", Code: "public-without-login", Message: "push.example.org is public and has no login", Hint: "add login: true, or waive this with a comment"}}},
		Mended:      []lint.Finding{{Severity: lint.Error, Diagnostic: diag.Diagnostic{Pos: before.Pos, Path: "web-shop", Code: "unused-secret", Message: "the Secret shop-old is read by nothing"}}},
		Linted:      true,
	}
}

// hostileTexts are texts that try to become a part of the page, or to show something else than they are.
var hostileTexts = []string{
	`</script><script>window.hacked=1</script>`, `"><img src=x onerror=window.hacked=1>`, `'onmouseover='window.hacked=1`, `</style><style>*{display:none}</style>`,
	`<!--<script>`, "\u202egnp.exe", "a\x00b", "\xff\xfe", `{{.Policy}}`, `javascript:window.hacked=1`, `</noscript></template></title><svg onload=window.hacked=1>`, `&lt;script&gt;`,
	"]]><iframe srcdoc='<script>top.hacked=1</script>'>", "line\nbreak\r\x1b[31m", strings.Repeat("long", 1<<18),
}

// hostileResult has them everywhere.
func hostileResult() *diff.Result {
	r := &diff.Result{Before: &diff.Side{Name: hostileTexts[0], Commit: hostileTexts[1]}, After: &diff.Side{Name: hostileTexts[2], Commit: hostileTexts[3]}, Linted: true}
	for i, h := range hostileTexts {
		id := diff.ID{Group: h, Kind: h, Namespace: h, Name: h}
		cause := diff.Cause{Pos: diag.Position{File: h, Line: i, Column: 1}, Before: i%2 == 0}
		r.Before.Clusters = append(r.Before.Clusters, &diff.Cluster{Name: h})
		r.Consequences = append(r.Consequences, diff.Consequence{Kind: h, Word: h, Weight: diff.Danger, Subject: h, Message: h, Details: []string{h}, Causes: []diff.Cause{cause}, Objects: []diff.ID{id}, Clusters: []string{h}})
		r.Objects = append(r.Objects, diff.ObjectChange{Cluster: h, ID: id, APIVersion: h, Sort: diff.Changed, Application: h, Entry: h, Causes: []diff.Cause{cause}, Fields: []fields.Difference{
			{Path: fields.Path{{Key: h}, {By: h, Key: h}}, Change: fields.Changed, From: h, To: h + "\n" + h, Noise: ""},
			{Path: fields.Path{{Key: h}}, Change: fields.Added, To: map[string]any{h: h}, Noise: h},
		}}, diff.ObjectChange{Cluster: h, ID: diff.ID{Kind: h, Name: "new"}, Sort: diff.Created, Fields: []fields.Difference{{Change: fields.Added, To: h}}})
		r.NotCompared = append(r.NotCompared, diff.NotCompared{Cluster: h, Application: h, Why: h, At: cause})
		r.NotJudged = append(r.NotJudged, diff.NotJudged{Cluster: h, Kind: h, Why: h})
		f := lint.Finding{Severity: lint.Warning, Diagnostic: diag.Diagnostic{Pos: cause.Pos, Path: h, Code: h, Message: h, Hint: h}}
		r.Findings, r.Mended = append(r.Findings, f), append(r.Mended, f)
	}
	return r
}

// bigResult has n objects that changed.
func bigResult(n int) *diff.Result {
	side := []*diff.Cluster{{}}
	r := &diff.Result{Before: &diff.Side{Name: "main", Clusters: side}, After: &diff.Side{Name: "the working tree", Clusters: side}}
	for i := range n {
		entry := fmt.Sprintf("web-%03d", i/10)
		o := diff.ObjectChange{ID: diff.ID{Group: "apps", Kind: "Deployment", Namespace: entry, Name: fmt.Sprintf("app-%05d", i)}, Sort: diff.Changed, Entry: entry, Application: "app", Causes: []diff.Cause{at(i)}}
		for k := range 10 {
			o.Fields = append(o.Fields, fields.Difference{Path: key("spec", "template", "spec", "containers", "name=app", "env", fmt.Sprintf("name=V%d", k), "value"), Change: fields.Changed, From: fmt.Sprintf("value %d of %d", k, i), To: fmt.Sprintf("value %d of %d, changed", k, i)})
		}
		if i%100 == 0 {
			r.Consequences = append(r.Consequences, diff.Consequence{Kind: "image", Word: "image", Weight: diff.Plain, Message: "image of " + o.ID.String(), Objects: []diff.ID{o.ID}})
		}
		r.Objects = append(r.Objects, o)
	}
	return r
}

func reported(r *diff.Result, failed ...string) *formats.Report {
	return &formats.Report{Result: r, Tool: "roster", Version: "v1.2.3", Failed: failed}
}

// TestPages writes the pages that test/page opens in a browser.
func TestPages(t *testing.T) {
	if *pages == "" {
		*pages = t.TempDir()
	}
	for name, r := range map[string]*formats.Report{
		"rich": reported(richResult(), "delete", "public"), "hostile": reported(hostileResult(), hostileTexts...), "big": reported(bigResult(10000)),
		"empty":  reported(&diff.Result{Before: &diff.Side{Name: "main", Clusters: []*diff.Cluster{{}}}, After: &diff.Side{Name: "the working tree", Clusters: []*diff.Cluster{{}}}, Linted: true}),
		"broken": reported(&diff.Result{Before: &diff.Side{Name: "main"}, After: &diff.Side{Name: "the working tree", Mistakes: diag.List{{Pos: at(3).Pos, Path: "web-shop", Code: "unknown-field", Message: "replcas is not known", Hint: "did you mean replicas?"}}}, Broken: [2]bool{false, true}}),
	} {
		if err := os.WriteFile(filepath.Join(*pages, name+".html"), []byte(written(t, "html", r)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// between is what stands between two texts, once.
func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, after, found := strings.Cut(text, begin)
	inside, rest, ended := strings.Cut(after, end)
	if !found || !ended || strings.Contains(rest, begin) {
		t.Fatalf("%s … %s is not there once", begin, end)
	}
	return inside
}

// TestPage compares what the page says with testdata, which UPDATE=1 writes.
func TestPage(t *testing.T) {
	text := written(t, "html", reported(richResult(), "delete", "public"))
	got := "<header" + between(t, text, "<header", "<dialog")
	const file = "testdata/page.html"
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
	for range 20 {
		if written(t, "html", reported(richResult(), "delete", "public")) != text {
			t.Fatal("other bytes")
		}
	}
}

// TestPolicy fails when the page may do more than apply its own style and run its own script.
func TestPolicy(t *testing.T) {
	text := written(t, "html", reported(hostileResult(), hostileTexts...))
	got := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(between(t, text, `<meta http-equiv="Content-Security-Policy" content="`, `"`))
	hash := func(of string) string {
		sum := sha256.Sum256([]byte(of))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash(between(t, text, "<style>", "</style>")) + "; script-src " + hash(between(t, text, "<script>", "</script>")) + "; base-uri 'none'; form-action 'none'"
	if got != want {
		t.Errorf("the policy is\n%s, want\n%s", got, want)
	}
}

// TestHostilePage fails when a text becomes a part of the page, or shows something else than it is.
func TestHostilePage(t *testing.T) {
	text := written(t, "html", reported(hostileResult(), hostileTexts...))
	harmless := written(t, "html", reported(richResult(), "delete"))
	if n := len(text); n > 4<<20 {
		t.Errorf("it has %d bytes", n)
	}
	if !utf8.ValidString(text) {
		t.Error("it is not UTF-8")
	}
	ours := map[string]bool{"<tbody>": true}
	mark := regexp.MustCompile(`<[^>]*>|<`)
	value := regexp.MustCompile(`"[^"]*"`)
	body := func(text string) []string {
		return mark.FindAllString("<header"+between(t, text, "<header", "<dialog"), -1)
	}
	for _, m := range body(harmless) {
		ours[value.ReplaceAllString(m, `""`)] = true
	}
	for _, m := range body(text) {
		if !ours[value.ReplaceAllString(m, `""`)] {
			t.Errorf("%q is in the page", m)
		}
		if strings.HasPrefix(m, "<a ") && !regexp.MustCompile(`^<a href="#(c[0-9]+|o[0-9]+|[a-z]+)">$`).MatchString(m) {
			t.Errorf("%q leads elsewhere", m)
		}
	}
	for _, r := range text {
		if !diag.Printable(r) && r != '\n' && r != '\t' {
			t.Errorf("it has %U", r)
		}
	}
}

// TestMarked reads which parts of lines are marked.
func TestMarked(t *testing.T) {
	for _, c := range []struct {
		from, to any
		want     []string
	}{
		{"nginx:1.25.3", "nginx:1.27.3", []string{"25", "27"}},
		{"a long and equal beginning, old", "a long and equal beginning, new", []string{"old", "new"}},
		{"äé", "äè", nil}, // a word of which nothing is in common with the other one
		{"x-é-y", "x-è-y", []string{"é", "è"}},
		{"xé", "x\xc3", nil},
		{int64(2), int64(3), nil},
		{"same\none\n", "same\ntwo\n", nil},
		{"a: 1\nkey: one\n", "a: 1\nkey: two\n", []string{"one", "two"}},
		{"a: 1\nkey: one\n", "a: 1\nkey: one\nkey: two\n", nil},
	} {
		r := bigResult(1)
		r.Objects[0].Fields = []fields.Difference{{Path: key("a"), Change: fields.Changed, From: c.from, To: c.to}}
		var got []string
		for _, m := range regexp.MustCompile(`<b>([^<]*)</b>`).FindAllStringSubmatch(between(t, written(t, "html", reported(r)), `<table class="fields">`, "</details>"), -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("of %q and %q, %q is marked, want %q", c.from, c.to, got, c.want)
		}
	}
}
