package workload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

var testApp = &Application{
	Code: "web-app", Namespace: "web", Kind: Manifests, Path: "app",
	Environment: argocd.Environment{Name: "web-app", Namespace: "web", Project: "team", RepoURL: "https://git.example/r.git", Path: "app",
		TargetRevision: "main", Revision: "0123456789abcdef"},
}

// told are the objects, as LINE:COLUMN VALUE, and the diagnostics.
func told(found []manifest, diags diag.List) string {
	var b strings.Builder
	for _, m := range found {
		fmt.Fprintf(&b, "%s %v\n", m.pos, m.value)
	}
	_ = diags.Print(&b, diag.Frame{})
	return b.String()
}

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", ""},
		"comments only":       {"# one\n---\n# two\n", ""},
		"nothing but dashes":  {"---\n---\n---\n", ""},
		"null documents":      {"null\n---\n~\n---\nkind: A\n", "f.yml:5:1 map[kind:A]\n"},
		"two":                 {"kind: A\n---\n\n# about B\nkind: B\n", "f.yml:1:1 map[kind:A]\nf.yml:5:1 map[kind:B]\n"},
		"comment behind ---":  {"--- # one\nkind: A\n---# two\nkind: B\n---   \n", "f.yml:2:1 map[kind:A]\nf.yml:4:1 map[kind:B]\n"},
		"text behind ---":     {"kind: A\n---\nkind: B\n--- hunter2\nkind: C\n", "f.yml:1:1 map[kind:A]\nf.yml:4:4: web-app: expected nothing but a comment after --- [bad-yaml]\n"},
		"four dashes":         {"----\nkind: A\n", "f.yml:1:4: web-app: expected nothing but a comment after --- [bad-yaml]\n"},
		"CRLF":                {"kind: A\r\n---\r\nkind: B\r\n", "f.yml:1:1 map[kind:A]\nf.yml:3:1 map[kind:B]\n"},
		"CRLF in a block":     {"kind: A\r\ntext: |\r\n  a\r\n  b", "f.yml:1:1 map[kind:A text:a\nb\n]\n"},
		"indented dashes":     {"text: |\n  ---\n  x\nkind: A\n", "f.yml:1:1 map[kind:A text:---\nx\n]\n"},
		"dashes in a block":   {"text: |\n  x\n---\n  b: 1\n", "f.yml:1:1 map[text:x\n]\nf.yml:4:1 map[b:1]\n"},
		"end of a document":   {"kind: A\n...\nkind: B\n", "f.yml:1:1 map[kind:A]\n"}, // the rest is not read, as in Argo CD
		"directive":           {"%YAML 1.1\n---\nkind: A\n", "f.yml:1:1: web-app: did not find expected <document start> [bad-yaml]\n"},
		"duplicate keys":      {"kind: A\nkind: B\na: {b: 1}\na: {c: 1}\n", "f.yml:1:1 map[a:map[c:1] kind:B]\n"},
		"YAML 1.1":            {"a: yes\nb: 010\nc: 1e3\nd: 1.5\n1: x\ny: on\n", "f.yml:1:1 map[1:x a:true b:8 c:1000 d:1.5 true:true]\n"},
		"merge":               {"a: &a {b: 1}\nc: {<<: *a, d: 2}\n", "f.yml:1:1 map[a:map[b:1] c:map[b:1 d:2]]\n"},
		"a list":              {"- a: 1\n", "f.yml:1:1: web-app: expected a Kubernetes object, found a list [bad-manifest]\n"},
		"a value":             {"kind: A\n---\nhunter2\n", "f.yml:1:1 map[kind:A]\nf.yml:3:1: web-app: expected a Kubernetes object, found a single value [bad-manifest]\n"},
		"line of the 2nd":     {"kind: A\n---\nkind: B\na:\n  - b\n c: d\n", "f.yml:1:1 map[kind:A]\nf.yml:6:1: web-app: did not find expected key [bad-yaml]\n"},
		"line of the 3rd":     {"---\nkind: A\n---\n---\nkind: B\n---\n# c\n\nkind: C\n\tx: y\n", "f.yml:2:1 map[kind:A]\nf.yml:5:1 map[kind:B]\nf.yml:10:1: web-app: found a tab character that violates indentation [bad-yaml]\n"},
		"unclosed quote":      {"a: \"hunter2\nb: c\n", "f.yml:2:1: web-app: found unexpected end of stream [bad-yaml]\n"},
		"unclosed bracket":    {"a: [1, 2\nb: c\n", "f.yml:2:1: web-app: did not find expected ',' or ']' [bad-yaml]\n"},
		"no colon":            {"a: b\nhunter2\nc: d\n", "f.yml:3:1: web-app: could not find expected ':' [bad-yaml]\n"},
		"a template":          {"a: {{ hunter2 }}\n", "f.yml:1:1: web-app: invalid map key [bad-yaml]\n"},
		"null key":            {"kind: A\n---\n\n~: hunter2\n", "f.yml:1:1 map[kind:A]\nf.yml:4:1: web-app: unsupported map key [bad-yaml]\n"},
		"unknown anchor":      {"a: *hunter2\n", "f.yml:1:1: web-app: unknown anchor referenced [bad-yaml]\n"},
		"anchor in itself":    {"a: &hunter2 [*hunter2]\n", "f.yml:1:1: web-app: anchor value contains itself [bad-yaml]\n"},
		"wrong tag":           {"a: !!int hunter2\n", "f.yml:1:1: web-app: cannot decode !!str [bad-yaml]\n"},
		"infinity":            {"a: .inf\n", "f.yml:1:1: web-app: unsupported value: +Inf [bad-yaml]\n"},
		"control character":   {"kind: A\n---\na: \x01\n", "f.yml:1:1 map[kind:A]\nf.yml:3:1: web-app: control characters are not allowed [bad-yaml]\n"},
		"JSON":                {"\n {\"kind\": \"A\", \"n\": 1, \"f\": 1.5, \"e\": 1e3, \"k\": 1, \"k\": 2}", "f.yml:2:1 map[e:1000 f:1.5 k:2 kind:A n:1]\n"},
		"JSON documents":      {"{\"kind\":\"A\"}{\"kind\":\"B\"}\n\n{\"kind\":\"C\"}\n", "f.yml:1:1 map[kind:A]\nf.yml:1:1 map[kind:B]\nf.yml:3:1 map[kind:C]\n"},
		"JSON, then YAML":     {"{\"kind\":\"A\"}\n---\nkind: B\n", "f.yml:1:1 map[kind:A]\nf.yml:3:1 map[kind:B]\n"},
		"twice JSON and YAML": {"{\"kind\":\"A\"}{\"kind\":\"B\"}\n---\nkind: C\n", "f.yml:1:1 map[kind:A]\nf.yml:1:1 map[kind:B]\nf.yml:2:2: web-app: invalid character '-' in numeric literal [bad-yaml]\n"},
		"YAML like JSON":      {"{kind: A}\n---\nkind: B\n", "f.yml:1:1 map[kind:A]\nf.yml:3:1 map[kind:B]\n"},
		"JSON null":           {"{\"kind\":\"A\"} null {\"kind\":\"B\"}", "f.yml:1:1 map[kind:A]\nf.yml:1:1 map[kind:B]\n"},
		"JSON comma":          {"{\n  \"kind\": \"A\",\n  \"é\" \"hunter2\"\n}\n", "f.yml:3:7: web-app: invalid character '\"' after object key [bad-yaml]\n"},
		"JSON unclosed":       {"{\n  \"kind\": \"A\"", "f.yml:2:14: web-app: unexpected EOF [bad-yaml]\n"},
		"JSON number":         {"{\"a\": 1e999}", "f.yml:1:1: web-app: cannot unmarshal number [bad-yaml]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			found, diags := testApp.decode(diag.Position{File: "f.yml"}, []byte(c.text))
			got := told(found, diags)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(got[strings.LastIndex("\n"+strings.TrimSuffix(got, "\n"), "\n"):], "hunter2") && len(diags) > 0 {
				t.Error("a diagnostic shows what is in the file")
			}
		})
	}
}

func TestDecodeElsewhere(t *testing.T) {
	at := diag.Position{File: "templates/a.yaml", Line: 7, Column: 3}
	found, diags := testApp.decode(at, []byte("kind: A\n---\nkind: B\n---\n\n\ta: b"))
	if got := told(found, diags); got != "templates/a.yaml:7:3 map[kind:A]\ntemplates/a.yaml:7:3 map[kind:B]\ntemplates/a.yaml:7:3: web-app: found character that cannot start any token [bad-yaml]\n" {
		t.Error(got)
	}
}

// A hostile file is refused soon, and with a message.
func TestDecodeBounded(t *testing.T) {
	aliases := func(first, each string) string {
		var b strings.Builder
		b.WriteString(first)
		for i := range 9 {
			fmt.Fprintf(&b, "a%d: &a%d "+each, i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 9), ","))
		}
		return b.String()
	}
	for name, c := range map[string]struct{ text, want string }{
		"laughs":           {aliases("a0: &a0 [x,x,x,x,x,x,x,x,x]\n", "[%s]\n"), "f.yml:6:10: web-app: the aliases stand for too many values [alias-bomb]\n"},
		"merges":           {aliases("a0: &a0 {x: y}\n", "{<<: [%s]}\n"), "f.yml:6:27: web-app: the aliases stand for too many values [alias-bomb]\n"},
		"a long text":      {"a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n", "f.yml:2:95: web-app: the aliases stand for more than 32 MiB [alias-bomb]\n"},
		"deep flow":        {strings.Repeat("[", 1<<19), "f.yml:1:1: web-app: exceeded max depth of 10000 [bad-yaml]\n"},
		"deep block":       {strings.Repeat("- ", 1<<19) + "x", "f.yml:1:1: web-app: exceeded max depth of 10000 [bad-yaml]\n"},
		"deep enough":      {strings.Repeat("- ", 200) + "x", "f.yml:1:257: web-app: expected at most 128 levels of nesting, found more [too-deep]\n"},
		"deep JSON object": {strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "f.yml:1:641: web-app: expected at most 128 levels of nesting, found more [too-deep]\n"},
		"deep JSON":        {strings.Repeat(`{"a":`, 1<<18), "f.yml:1:50001: web-app: invalid character '{' exceeded max depth [bad-yaml]\n"},
		"many dashes":      {strings.Repeat("---\n", 1<<17), ""},
		"many nulls":       {strings.Repeat("---\n#\n", 1<<16), ""},
		"many dashes, \\r": {strings.Repeat("\r", 1<<20), ""},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			found, diags := testApp.decode(diag.Position{File: "f.yml"}, []byte(c.text))
			if got := told(found, diags); got != c.want {
				t.Errorf("got %.300s", got)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Log(took)
			}
		})
	}
	t.Run("many documents", func(t *testing.T) {
		start := time.Now()
		found, diags := testApp.decode(diag.Position{File: "f.yml"}, []byte(strings.Repeat("---\nkind: A\n", 50_000)))
		if len(found) != 50_000 || len(diags) > 0 || found[49_999].pos.Line != 100_000 {
			t.Errorf("%d documents, %v", len(found), diags)
		}
		t.Log(time.Since(start))
	})
}

// FuzzDecode compares with the decoder that Argo CD uses, and with the two ways in which it uses it.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"", "---", "kind: A\n---\nkind: B", "kind: A\r\n---\r\nx: |\r\n y\r\n", "{\"kind\":\"A\"}\n{\"kind\":\"B\"} 1", "{\"kind\":\"A\"}\n---\nkind: B\n",
		"{kind: A}\n---\n{kind: B}", "{\"kind\":\"A\"} {kind: B}", "kind: A\n--- x\n", "kind: A\n--- #x\nkind: B\n", "# x\n---\n{\"kind\":\"A\"}",
		"x: |\n---\n y", "%YAML 1.1\n---\nkind: A\n", "kind: A\n...\nkind: B\n", "{\"kind\":\"A\"}#", "{\"kind\":\"A\"}\n#", "null\n---\nkind: A", " {\"kind\":\"A\"}null",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want []map[string]any
		var wantErr error
		for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); wantErr == nil; {
			var raw runtime.RawExtension
			if wantErr = decoder.Decode(&raw); wantErr != nil || len(raw.Raw) == 0 || string(raw.Raw) == "null" {
				continue
			}
			value := map[string]any{}
			if wantErr = utiljson.Unmarshal(raw.Raw, &value); wantErr == nil {
				want = append(want, value)
			}
		}
		found, diags := testApp.decode(diag.Position{File: "f.yml"}, text)
		var got []map[string]any
		for _, m := range found {
			got = append(got, m.value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		if (len(diags) > 0) != !errors.Is(wantErr, io.EOF) {
			t.Errorf("%q: want %v, got %v", text, wantErr, diags)
		}
		for _, p := range diags {
			if p.Pos.Line < 1 || p.Pos.Line > 1+bytes.Count(text, newline) {
				t.Errorf("%q: %v", text, p)
			}
		}
	})
}
