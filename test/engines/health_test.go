package engines

import (
	"os"
	"path/filepath"
	"testing"

	lua "github.com/argoproj/argo-cd/v3/util/lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestHealth runs the health check that bootstrap installs, as Argo CD does.
func TestHealth(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("..", "..", "plugin", "health.lua"))
	if err != nil {
		t.Fatal(err)
	}
	const automated = "spec: {syncPolicy: {automated: {}}}\n"
	for _, test := range []struct{ name, app, status, message string }{
		{"not looked at", "spec: {}", "Progressing", ""},
		{"healthy", automated + "status: {health: {status: Healthy}, sync: {status: Synced}, operationState: {phase: Succeeded}}", "Healthy", ""},
		{"adopted, without a sync", automated + "status: {health: {status: Healthy}, sync: {status: Synced}}", "Healthy", ""},
		{"ill", automated + "status: {health: {status: Degraded, message: no pods}, sync: {status: Synced}}", "Degraded", "no pods"},
		{"never synced", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}}", "Progressing", "not synced yet"},
		{"syncs", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Running}}", "Progressing", "not synced yet"},
		{"cannot be synced", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Failed, message: forbidden}}",
			"Degraded", "forbidden"},
		{"differs for ever", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Succeeded}}", "Healthy", ""},
		{"by hand", "spec: {}\nstatus: {health: {status: Healthy}, sync: {status: OutOfSync}}", "Healthy", ""},
		{"missing", automated + "status: {health: {status: Missing}, sync: {status: OutOfSync}}", "Missing", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var app unstructured.Unstructured
			if err := yaml.Unmarshal([]byte(test.app), &app.Object); err != nil {
				t.Fatal(err)
			}
			health, err := (&lua.VM{}).ExecuteHealthLua(&app, string(script))
			if err != nil {
				t.Fatal(err)
			}
			if string(health.Status) != test.status || health.Message != test.message {
				t.Errorf("%s %q, want %s %q", health.Status, health.Message, test.status, test.message)
			}
		})
	}
}
