package engines

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/argo"
	lua "github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/gitops-engine/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestApplicationHealth runs the health check of Applications that bootstrap installs, as Argo CD does.
func TestApplicationHealth(t *testing.T) {
	const (
		automated = "spec: {syncPolicy: {automated: {}}}\n"
		stale     = "not compared yet with what is asked for"
	)
	compared := func(asked, compared string) string {
		return "spec: {" + asked + ", syncPolicy: {automated: {}}}\nstatus: {health: {status: Healthy}, operationState: {phase: Succeeded}, " +
			"sync: {status: Synced, comparedTo: {" + compared + "}}}"
	}
	synced := func(compared, finished string) string {
		return "status: {health: {status: Healthy}, sync: {status: OutOfSync}, reconciledAt: 2026-01-01T" + compared +
			", operationState: {phase: Succeeded, finishedAt: 2026-01-01T" + finished + "}}"
	}
	prunes := func(option, message string) string {
		return "operation: {sync: {}}\nspec: {source: {path: a}, syncPolicy: {automated: {}, syncOptions: [ServerSideApply=true, " + option + "]}}\n" +
			"status: {health: {status: Healthy}, sync: {status: OutOfSync, revision: r2}, operationState: {phase: Running, syncResult: {revision: r1, source: {path: a}}, message: " + message + "}}"
	}
	for _, test := range []struct{ name, app, status, message string }{
		{"not looked at", "spec: {}", "Progressing", ""},
		{"healthy", automated + "status: {health: {status: Healthy}, sync: {status: Synced}, operationState: {phase: Succeeded}}", "Healthy", ""},
		{"adopted, without a sync", automated + "status: {health: {status: Healthy}, sync: {status: Synced}}", "Healthy", ""},
		{"ill", automated + "status: {health: {status: Degraded, message: no pods}, sync: {status: Synced}}", "Degraded", "no pods"},
		{"never synced", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}}", "Progressing", "not synced yet"},
		{"syncs", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Running}}", "Progressing", "not synced yet"},
		{"cannot be synced", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Failed, message: forbidden}}",
			"Degraded", "forbidden"},
		{"differs forever", automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Succeeded}}", "Healthy", ""},
		{"about to be synced", "operation: {sync: {}}\n" + automated + "status: {health: {status: Healthy}, sync: {status: OutOfSync}, operationState: {phase: Succeeded}}", "Progressing", "not synced yet"},
		{"just synced", automated + synced("10:00:00Z", "10:00:01Z"), "Progressing", "not compared yet since it was synced"},
		{"synced within a second", automated + synced("10:00:01Z", "10:00:01Z"), "Progressing", "not compared yet since it was synced"},
		{"compared after a sync", automated + synced("10:00:02Z", "10:00:01Z"), "Healthy", ""},
		{"asks before it prunes", prunes("PruneLast=true", "Waiting for pruning confirmation of v1/ConfigMap/roster-guard"), "Healthy", ""},
		{"asks before it prunes what another commit has removed", strings.Replace(prunes("PruneLast=true", "Waiting for pruning confirmation of v1/ConfigMap/roster-guard"), "path: a", "path: b", 1),
			"Progressing", "not synced yet"},
		{"began before it was asked for", strings.Replace(strings.Replace(prunes("PruneLast=true", "Waiting for pruning confirmation of v1/ConfigMap/roster-guard"),
			"path: a", "path: b", 1), "revision: r1", "revision: r2", 1), "Healthy", ""},
		{"asks before it has applied all", prunes("PruneLast=false", "Waiting for pruning confirmation of v1/ConfigMap/roster-guard"), "Progressing", "not synced yet"},
		{"waits", prunes("PruneLast=true", "waiting for healthy state of v1/Namespace/web-a"), "Progressing", "not synced yet"},
		{"applies", prunes("PruneLast=true", "one or more tasks are running"), "Progressing", "not synced yet"},
		{"by hand", "spec: {}\nstatus: {health: {status: Healthy}, sync: {status: OutOfSync}}", "Healthy", ""},
		{"missing", automated + "status: {health: {status: Missing}, sync: {status: OutOfSync}}", "Missing", ""},
		{"compared", compared("source: {repoURL: r, targetRevision: 1.20.2}", "source: {repoURL: r, targetRevision: 1.20.2}"), "Healthy", ""},
		{"a new version", compared("source: {repoURL: r, targetRevision: 1.20.2}", "source: {repoURL: r, targetRevision: 1.20.1}"), "Progressing", stale},
		{"a new version of what is ill", strings.Replace(compared("source: {repoURL: r, targetRevision: 1.20.2}", "source: {repoURL: r, targetRevision: 1.20.1}"),
			"Healthy", "Degraded", 1), "Progressing", stale},
		{"a new version of what is missing", strings.Replace(compared("source: {repoURL: r, path: b}", "source: {repoURL: r, path: a}"), "Healthy", "Missing", 1), "Missing", ""},
		{"never compared", compared("source: {repoURL: r}", "source: {repoURL: ''}"), "Progressing", stale},
		{"other values", compared("source: {helm: {valuesObject: {a: {b: [1, 2]}}}}", "source: {helm: {valuesObject: {a: {b: [1, 3]}}}}"), "Progressing", stale},
		{"a value less", compared("source: {helm: {valuesObject: {a: {b: [1]}}}}", "source: {helm: {valuesObject: {a: {b: [1, 2]}}}}"), "Progressing", stale},
		{"a further option", compared("source: {repoURL: r, helm: {skipCrds: true}}", "source: {repoURL: r}"), "Progressing", stale},
		{"an option less", compared("source: {repoURL: r}", "source: {repoURL: r, helm: {skipCrds: true}}"), "Progressing", stale},
		{"what means nothing left out", compared("source: {repoURL: r, directory: {}, helm: {valueFiles: [], skipCrds: false, valuesObject: {a: null}}}", "source: {repoURL: r, chart: ''}"),
			"Healthy", ""},
		{"two sources", compared("sources: [{repoURL: r, targetRevision: v2}, {repoURL: s, ref: values}]", "source: {repoURL: ''}, sources: [{repoURL: r, targetRevision: v2}, {repoURL: s, ref: values}]"),
			"Healthy", ""},
		{"one of two sources", compared("sources: [{repoURL: r, targetRevision: v2}, {repoURL: s, ref: values}]", "source: {repoURL: ''}, sources: [{repoURL: r, targetRevision: v1}, {repoURL: s, ref: values}]"),
			"Progressing", stale},
		{"two sources instead of one", compared("sources: [{repoURL: r}, {repoURL: s, ref: values}]", "source: {repoURL: r}"), "Progressing", stale},
		{"one source instead of two", compared("source: {repoURL: r}", "source: {repoURL: ''}, sources: [{repoURL: r}, {repoURL: s, ref: values}]"), "Progressing", stale},
		{"another cluster", compared("destination: {server: s2, namespace: web-a}", "destination: {server: s1, namespace: web-a}"), "Progressing", stale},
		{"another namespace", compared("destination: {name: in-cluster, namespace: web-a}", "destination: {name: in-cluster, namespace: web-b}"), "Progressing", stale},
		{"a cluster by its name", compared("destination: {name: in-cluster, namespace: web-a}", "destination: {name: in-cluster, server: s1, namespace: web-a}"), "Healthy", ""},
		{"hydrated", compared("sourceHydrator: {drySource: {repoURL: r}}", "source: {repoURL: r, path: a}"), "Healthy", ""},
		{"not reconciled", "metadata: {annotations: {argocd.argoproj.io/skip-reconcile: 'true'}}\n" + compared("source: {repoURL: r}", "source: {repoURL: q}"), "Healthy", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			health := healthOf(t, manifest(t, test.app), script(t, "application.lua"))
			if string(health.Status) != test.status || health.Message != test.message {
				t.Errorf("%s %q, want %s %q", health.Status, health.Message, test.status, test.message)
			}
		})
	}
}

// TestComparedHealth: what Argo CD writes after it has compared an Application is never treated as a comparison of another one, or the
// Application would be progressing forever; and a new revision is noticed.
func TestComparedHealth(t *testing.T) {
	check := script(t, "application.lua")
	files, err := filepath.Glob(filepath.Join(root, "golden", "*", "*", "application-*.yaml"))
	if err != nil || len(files) < 50 {
		t.Fatalf("%d Applications: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var app v1alpha1.Application
		if err := yaml.UnmarshalStrict(text, &app); err != nil {
			t.Fatal(err)
		}
		asked := manifest(t, string(text))
		app.Spec = *argo.NormalizeApplicationSpec(&app.Spec)
		app.Status.Health.Status = health.HealthStatusHealthy
		app.Status.Sync = v1alpha1.SyncStatus{Status: v1alpha1.SyncStatusCodeSynced, ComparedTo: app.Spec.BuildComparedToStatus(app.Spec.GetSources())}
		// As it comes back from the cluster, where null is removed by the patch that writes the status.
		after := toObject(t, &app)
		asked.Object["status"] = withoutNulls(after["status"])
		if got := healthOf(t, asked, check); got.Status != health.HealthStatusHealthy {
			t.Errorf("%s: %s %q", file, got.Status, got.Message)
		}
		spec := asked.Object["spec"].(map[string]any)
		source, ok := spec["source"].(map[string]any)
		if !ok {
			source = spec["sources"].([]any)[0].(map[string]any)
		}
		source["targetRevision"] = "another"
		if got := healthOf(t, asked, check); got.Status != health.HealthStatusProgressing {
			t.Errorf("%s at another revision: %s", file, got.Status)
		}
	}
}

func toObject(t *testing.T, app *v1alpha1.Application) map[string]any {
	t.Helper()
	text, err := json.Marshal(app)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if v[key] = withoutNulls(value); value == nil {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
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
