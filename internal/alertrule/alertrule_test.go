package alertrule_test

import (
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/alertrule"
)

func TestExpression(t *testing.T) {
	for text, want := range map[string]string{
		"up == 0": "", "up ==": "unexpected end of input", "": "no expression found", "rate(x)": "range vector",
		"sort_by_label(up, 'a')": "", // behind a flag
	} {
		if got := alertrule.Expression(text); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "", "{{ $labels.instance }} has {{ $value | humanize }}": "", "{{ with $externalLabels }}x{{ end }}": "",
		"{{ newFunction .Labels }}": "",
		"{{ bad":                    "unclosed action",
		"{{ $label.instance }}":     "undefined variable",
		"{{ if $value }}":           "unexpected EOF",
		"line one\n{{ end }}":       "2: unexpected {{end}}",
	} {
		if got := alertrule.Template(text); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
