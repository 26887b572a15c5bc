package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/eso"
	"sigs.k8s.io/yaml"
)

// templateCase is a template and the keys that it may read.
type templateCase struct {
	Text  string
	Given []string
}

// mistakes are what roster says of it.
func (t *templateCase) mistakes() []eso.Mistake {
	parsed, mistakes := eso.Parse(t.Text)
	if parsed != nil {
		mistakes = parsed.Missing(eso.KeysOf(t.Given...))
	}
	return mistakes
}

// templates are some as people write them, right and wrong ones.
func templates() []templateCase {
	var out []templateCase
	for _, text := range []string{
		"postgres://{{ .user }}:{{ .password | urlquery }}@db", `{{ printf "x:%s" .token | b64enc | quote }}`, "{{ .usr }}", "{{ user }}", "{{ .user", "{{ if .user }}x",
		"{{ range $k, $v := . }}{{ $k }}={{ $v }}{{ end }}", `{{ replace "a" .user }}`, `{{ .user | upper "x" }}`, "{{ . | toYaml }}", "{{ . | toJson }}", `{{ index . "user" }}`,
		"{{ with .user }}{{ . }}{{ end }}", "{{ $x := .token }}{{ $x | sha256sum }}", "{{ $.user }}", "{{ $y }}", `{{ "{{ .user }`, "{{ now | date \"2006\" }}", "{{ .user | nosuch }}",
		"{{ .user | default \"x\" | trunc 3 | lower }}", "{{ list .user .token | join \",\" }}", "{{ (.usr | upper) }}", "{{ with . }}{{ .user }}{{ end }}", "{{/* a comment */}}{{- .user -}}",
		"{{ with . }}{{ .usr }}{{ end }}", "{{ range . }}{{ . }}{{ else }}none{{ end }}", "{{ if eq .user \"x\" }}a{{ else if .token }}b{{ end }}", "{{ env \"HOME\" }}", "{{ expandenv \"$HOME\" }}",
		"{{ (.user | fromJson) | len }}", "{{ ternary .user .token true }}", "{{ dict \"a\" .user | toPrettyJson }}", "{{ $.usr }}", "{{ block \"x\" .user }}{{ . }}{{ end }}", "{{ template \"x\" . }}",
		"{{ break }}", "{{ range . }}{{ break }}{{ end }}", "{{ .user.name }}", "plain", "", "{{ }}", "}}", "{{ . }}", "{{ .user | htpasswd .password }}",
	} {
		out = append(out, templateCase{text, []string{"user", "password", "token"}})
	}
	return out
}

// externalSecret is what of an ExternalSecret its templates are about.
type externalSecret struct {
	Kind string
	Spec struct {
		Data   []struct{ SecretKey string }
		Target struct {
			Template struct {
				Data     map[string]string
				Metadata struct{ Labels, Annotations map[string]string }
			}
		}
	}
}

// goldenTemplates are those of the ExternalSecrets in the golden folders. What dataFrom gives them is what they read: nothing else is known of it.
func goldenTemplates(dir string) ([]templateCase, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "externalsecret-*.yaml"))
	if err != nil {
		return nil, err
	}
	var out []templateCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var s externalSecret
		if err := yaml.Unmarshal(text, &s); err != nil {
			return nil, err
		}
		var given []string
		for _, d := range s.Spec.Data {
			given = append(given, d.SecretKey)
		}
		t := s.Spec.Target.Template
		for _, texts := range []map[string]string{t.Data, t.Metadata.Labels, t.Metadata.Annotations} {
			for _, text := range texts {
				c := templateCase{text, slices.Clone(given)}
				if parsed, _ := eso.Parse(text); parsed != nil {
					c.Given = append(c.Given, parsed.Reads()...)
				}
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b templateCase) int { return strings.Compare(a.Text, b.Text) })
	return out, nil
}
