package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	lua "github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/gitops-engine/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestApplicationHealth runs the health check of Applications that bootstrap installs, as Argo CD does.
func TestApplicationHealth(t *testing.T) {
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
			health := healthOf(t, manifest(t, test.app), script(t, "application.lua"))
			if string(health.Status) != test.status || health.Message != test.message {
				t.Errorf("%s %q, want %s %q", health.Status, health.Message, test.status, test.message)
			}
		})
	}
}

// TestCRDHealth compares the health check of CRDs that bootstrap installs with the one that Argo CD has built in: they may differ in
// one case only, that of a CRD that is not established yet.
func TestCRDHealth(t *testing.T) {
	const (
		accepted = "{type: NamesAccepted, status: 'True', reason: NoConflicts, message: no conflicts found}, "
		pending  = accepted + "{type: Established, status: 'False', reason: %s, message: m}"
	)
	for _, test := range []struct{ name, crd, builtIn, ours string }{
		{"new", "metadata: {}\nstatus: {storedVersions: [v1]}", "Progressing", "Progressing"},
		{"new, without conditions", "metadata: {}\nstatus: {conditions: []}", "Progressing", "Progressing"},
		{"names accepted", conditions(accepted), "Degraded", "Progressing"},
		{"being installed", conditions(fmt.Sprintf(pending, "Installing")), "Degraded", "Progressing"},
		{"established", conditions(accepted + "{type: Established, status: 'True', message: m}"), "Healthy", "Healthy"},
		{"established first", conditions("{type: Established, status: 'True', message: m}, " + accepted), "Healthy", "Healthy"},
		{"names taken", conditions("{type: NamesAccepted, status: 'False', message: m}, {type: Established, status: 'False', message: m}"), "Degraded", "Degraded"},
		{"names taken later", conditions("{type: Established, status: 'True', message: m}, {type: NamesAccepted, status: 'False', message: m}"), "Degraded", "Degraded"},
		{"no structural schema", conditions("{type: NonStructuralSchema, status: 'True', message: m}"), "Degraded", "Degraded"},
		{"no CA of the webhook", conditions(fmt.Sprintf(pending, "InvalidCABundle")), "Degraded", "Degraded"},
		{"terminating", conditions("{type: Established, status: 'True', message: m}, {type: Terminating, status: 'True', message: m}"), "Progressing", "Progressing"},
		{"being deleted", "metadata: {deletionTimestamp: 2026-01-01T00:00:00Z}\nstatus: {conditions: [{type: Established, status: 'True', message: m}]}", "Progressing", "Progressing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			crd := manifest(t, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"+test.crd)
			builtIn, _, err := (&lua.VM{}).GetHealthScript(crd)
			if err != nil || builtIn == "" {
				t.Fatalf("Argo CD's own check: %q, %v", builtIn, err)
			}
			if got := healthOf(t, crd, builtIn); string(got.Status) != test.builtIn {
				t.Errorf("Argo CD says %s %q, want %s", got.Status, got.Message, test.builtIn)
			}
			if got := healthOf(t, crd, script(t, "customresourcedefinition.lua")); string(got.Status) != test.ours || test.ours != "Healthy" && got.Message == "" {
				t.Errorf("%s %q, want %s with a message", got.Status, got.Message, test.ours)
			}
		})
	}
}

func conditions(list string) string { return "metadata: {}\nstatus: {conditions: [" + list + "]}" }

func script(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "plugin", "health", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func manifest(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	var o unstructured.Unstructured
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return &o
}

func healthOf(t *testing.T, o *unstructured.Unstructured, script string) *health.HealthStatus {
	t.Helper()
	out, err := (&lua.VM{}).ExecuteHealthLua(o, script)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
