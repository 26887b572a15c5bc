package eso_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/eso"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"postgres://{{ .user }}:{{ .password | urlquery }}@db", ""},
		{`{{ printf "x:%s" .token | b64enc | quote }}`, ""},
		{"{{ range $k, $v := . }}{{ $k }}={{ $v }}\n{{ end }}", ""},
		{"{{ $user := .user }}{{ if eq $user \"x\" }}{{ $.other }}{{ end }}", "1 it reads the key other, which nothing gives"},
		{"a\nb {{ .usr }}", "2 it reads the key usr, which nothing gives (did you mean \"user\"?)"},
		{"{{ user }}", "1 unknown function user (for the value of a key, write a dot before it: {{ .user }})"},
		{"{{ .user | b64encode }}", "1 unknown function b64encode (did you mean \"b64enc\"?)"},
		{"{{ $x }}", "1 unknown variable $x (for the value of a key, write {{ .key }})"},
		{"x\n{{ .user", "2 it cannot be parsed: unclosed action"},
		{"{{ if .user }}", "1 it cannot be parsed: unexpected EOF"},
		{`{{ "hunter2 }}`, "1 it cannot be parsed: unterminated quoted string"},
		{`{{ .user "hunter2" | "hunter3" }}`, "1 it cannot be parsed: non executable command in pipeline stage 2"},
		{`{{ replace "a" .user }}`, "1 replace gets 2 arguments, and takes 3"},
		{`{{ .user | upper "x" }}`, "1 upper gets 2 arguments, and takes 1"},
		{`{{ now "x" }}`, "1 now gets 1 argument, and takes 0"},
		{"{{ \"{{ .user }}\" }}", "1 it is written so that Helm leaves it alone, and no Helm renders it here: External Secrets would put the braces into the Secret (write it without the braces around, such as {{ .password }})"},
		{"{{ with .user }}{{ .anything }}{{ end }}", ""},
		{"{{ with . }}{{ .nothing }}{{ end }}", "1 it reads the key nothing, which nothing gives (known: password, token, user)"},
		{`{{ define "x" }}{{ .y }}{{ $.z }}{{ end }}{{ template "x" .user }}`, ""},
		{`{{ (.usr | upper) | lower }}`, `1 it reads the key usr, which nothing gives (did you mean "user"?)`},
		{"{{ .user.name }}", "1 it reads name of the key user, whose value is a text (when that is JSON, write {{ (.user | fromJson).name }})"},
		{"{{ $.user.name }}", "1 it reads name of the key user, whose value is a text (when that is JSON, write {{ (.user | fromJson).name }})"},
		{`{{ template "hunter2" . }}`, "1 it calls a template that it does not define (write {{ define }} for it, or the text itself)"},
		{strings.Repeat("x", 70_000), "1 it is longer than 65,536 bytes (put it into a ConfigMap, and name that under templateFrom)"},
		{"{{" + strings.Repeat("(", 300) + ".user" + strings.Repeat(")", 300) + "}}", "1 it is nested too deeply (make it simpler)"},
	} {
		parsed, mistakes := eso.Parse(c.text)
		if parsed != nil {
			mistakes = parsed.Missing(eso.KeysOf("user", "password", "token"))
		}
		var got []string
		for _, m := range mistakes {
			text := string(rune('0'+m.Line)) + " " + m.Text
			if m.Hint != "" {
				text += " (" + m.Hint + ")"
			}
			got = append(got, text)
		}
		want := c.want
		if strings.Contains(want, "key other") {
			want += " (known: password, token, user)"
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%.60q: got\n%s, want\n%s", c.text, strings.Join(got, "; "), want)
		}
		if strings.Contains(strings.Join(got, ""), "hunter") {
			t.Errorf("a literal is shown: %s", got)
		}
	}
}

func TestMissingOfOpenKeys(t *testing.T) {
	parsed, _ := eso.Parse("{{ .anything }}")
	if got := parsed.Missing(eso.Keys{Open: true}); got != nil {
		t.Errorf("a key that may be there is missing: %v", got)
	}
	if got := parsed.Reads(); !slices.Equal(got, []string{"anything"}) {
		t.Errorf("it reads %v", got)
	}
}

func TestRewritten(t *testing.T) {
	source := func(source, target string) eso.Rewrite {
		return eso.Rewrite{Regexp: true, Source: source, Target: target}
	}
	transform := func(text string) eso.Rewrite { return eso.Rewrite{Transform: text} }
	for _, c := range []struct {
		name string
		ops  []eso.Rewrite
		want string
	}{
		{"a prefix", []eso.Rewrite{source("^", "DB_")}, "DB_db-user DB_password"},
		{"a group", []eso.Rewrite{source("db-(.*)", "$1")}, "password user"},
		{"one after the other", []eso.Rewrite{source("-", "_"), transform("{{ .value | upper }}")}, "DB_USER PASSWORD"},
		{"text around", []eso.Rewrite{transform(`x-{{ .value | trimPrefix "db-" | replace "s" "z" }}`)}, "x-pazzword x-uzer"},
		{"functions first", []eso.Rewrite{transform(`{{ upper .value }}`)}, "DB-USER PASSWORD"},
		{"another function", []eso.Rewrite{transform(`{{ .value | snakecase }}`)}, "open"},
		{"a bad pattern", []eso.Rewrite{source("(", "")}, "open"},
		{"all to one", []eso.Rewrite{source(".*", "")}, ""},
		{"JSON", []eso.Rewrite{{Merge: &eso.Merge{Strategy: "JSON", Into: "all"}}}, "all db-user password"},
		{"extract", []eso.Rewrite{{Merge: &eso.Merge{Strategy: "Extract"}}}, "open"},
		{"growing", slices.Repeat([]eso.Rewrite{source("(.+)", "$1$1")}, 60), "open"},
	} {
		keys := eso.Rewritten(eso.KeysOf("password", "db-user"), c.ops)
		got := strings.Join(keys.Sorted(), " ")
		if keys.Open {
			got = "open"
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestGenerated(t *testing.T) {
	for _, c := range []struct {
		kind string
		spec map[string]any
		want string
		open bool
	}{
		{"Password", map[string]any{}, "password", false},
		{"Password", nil, "", true},
		{"Password", map[string]any{"secretKeys": []any{"a", "b"}}, "a b", false},
		{"Fake", map[string]any{"data": map[string]any{"x": "1"}}, "x", false},
		{"UUID", nil, "uuid", false},
		{"SSHKey", nil, "privateKey publicKey", false},
		{"Webhook", map[string]any{}, "", true},
		{"ClusterGenerator", nil, "", true},
	} {
		keys := eso.Generated(c.kind, c.spec)
		if got := strings.Join(keys.Sorted(), " "); got != c.want || keys.Open != c.open {
			t.Errorf("%s: got %q, open %t", c.kind, got, keys.Open)
		}
	}
}

func TestTypeLacks(t *testing.T) {
	for _, c := range []struct {
		kind, keys, want string
	}{
		{"kubernetes.io/tls", "tls.crt", "tls.key"},
		{"kubernetes.io/tls", "tls.crt tls.key ca.crt", ""},
		{"kubernetes.io/dockerconfigjson", "token", ".dockerconfigjson"},
		{"kubernetes.io/basic-auth", "user", "username password"},
		{"kubernetes.io/basic-auth", "password", ""},
		{"kubernetes.io/ssh-auth", "", "ssh-privatekey"},
		{"kubernetes.io/dockercfg", "x", ".dockercfg"},
		{"", "x", ""},
	} {
		if got := strings.Join(eso.TypeLacks(c.kind, eso.KeysOf(strings.Fields(c.keys)...)), " "); got != c.want {
			t.Errorf("%s with %s lacks %q", c.kind, c.keys, got)
		}
	}
}
