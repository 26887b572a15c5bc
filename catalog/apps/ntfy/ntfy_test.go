package ntfy

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"sigs.k8s.io/yaml"
)

// server is a Deployment with a container ntfy that has more lines.
func server(lines ...string) string {
	return "kind: Deployment\nspec: {template: {spec: {containers: [{name: sidecar}, {name: ntfy, " + strings.Join(lines, ", ") + "}]}}}\n"
}

// TestClosed finds what would open the server, also when it comes from a patch.
func TestClosed(t *testing.T) {
	const (
		args   = "args: [serve]"
		file   = "{name: NTFY_AUTH_FILE, value: /x}"
		users  = "{name: NTFY_AUTH_ACCESS, value: 'alertmanager:hl-crit:wo,phone:hl-crit:ro'}, {name: NTFY_ENABLE_SIGNUP, value: 'false'}"
		access = "{name: NTFY_AUTH_DEFAULT_ACCESS, value: deny-all}, " + users
	)
	for name, c := range map[string]struct {
		object, problem string
	}{
		"closed":                  {server(args, "env: ["+file+", "+access+"]"), ""},
		"no file":                 {server(args, "env: ["+access+"]"), "NTFY_AUTH_FILE"},
		"an empty file":           {server(args, "env: [{name: NTFY_AUTH_FILE}, "+access+"]"), "NTFY_AUTH_FILE"},
		"the file taken back":     {server(args, "env: ["+file+", "+access+", {name: NTFY_AUTH_FILE, value: ''}]"), "NTFY_AUTH_FILE"},
		"a file from elsewhere":   {server(args, "env: [{name: NTFY_AUTH_FILE, valueFrom: {}}, "+access+"]"), "NTFY_AUTH_FILE"},
		"open by default":         {server(args, "env: ["+file+", {name: NTFY_AUTH_DEFAULT_ACCESS, value: read-write}]"), "deny-all"},
		"everyone":                {server(args, "env: ["+file+", "+access+", {name: NTFY_AUTH_ACCESS, value: 'a:b:wo, everyone:*:rw'}]"), "for everyone"},
		"anybody":                 {server(args, "env: ["+file+", "+access+", {name: NTFY_AUTH_ACCESS, value: '*:*:rw'}]"), "for everyone"},
		"access from elsewhere":   {server(args, "env: ["+file+", "+access+", {name: NTFY_AUTH_ACCESS, valueFrom: {secretKeyRef: {}}}]"), "NTFY_AUTH_ACCESS is not set"},
		"nobody at all":           {server(args, "env: ["+file+", "+access+", {name: NTFY_AUTH_ACCESS, value: ''}]"), ""},
		"signup":                  {server(args, "env: ["+file+", "+access+", {name: NTFY_ENABLE_SIGNUP, value: 'true'}]"), "SIGNUP"},
		"signup from elsewhere":   {server(args, "env: ["+file+", "+access+", {name: NTFY_ENABLE_SIGNUP, valueFrom: {configMapKeyRef: {}}}]"), "SIGNUP"},
		"no environment":          {server(args), "deny-all"},
		"another option":          {server("args: [serve, --auth-default-access=read-write]", "env: ["+file+", "+access+"]"), "command"},
		"another command":         {server(args, "command: [sh]", "env: ["+file+", "+access+"]"), "command"},
		"the container renamed":   {strings.Replace(server(args), "name: ntfy", "name: other", 1), "found 0"},
		"no server":               {"kind: Service\n", "found 0"},
		"a kind that is a number": {"kind: 1\n", "found 0"},
	} {
		var o builtin.Object
		if err := yaml.Unmarshal([]byte(c.object), &o); err != nil {
			t.Fatal(name, err)
		}
		got := strings.Join(closed([]builtin.Object{o}), "; ")
		if c.problem == "" && got != "" || !strings.Contains(got, c.problem) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestDefaultThresholds: what is checked against the topics is what the chart uses.
func TestDefaultThresholds(t *testing.T) {
	template, err := fs.ReadFile(Application.Chart, "templates/usagewatch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, percent := range slices.Sorted(maps.Keys(defaultThresholds)) {
		words = append(words, fmt.Sprintf("%q %q", percent, defaultThresholds[percent]))
	}
	if want := ".thresholds | default (dict " + strings.Join(words, " ") + ")"; !strings.Contains(string(template), want) {
		t.Errorf("the template has no %s", want)
	}
}
