package argo

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/hippotion/roster/test/loop/cluster"
)

const (
	apiVersion = "argoproj.io/v1alpha1"
	kind       = "Application"
	refresh    = "argocd.argoproj.io/refresh"
)

// Status is of the status of an Application what tests look at.
type Status struct {
	Sync struct {
		Status, Revision string
		Revisions        []string // instead of Revision, when the Application has several sources
	}
	Health     struct{ Status string }
	Conditions []struct{ Type, Message string }
	Resources  []struct {
		Group, Version, Kind, Namespace, Name, Status string
		RequiresPruning                               bool
	}
	OperationState struct {
		Phase, Message string
		SyncResult     struct {
			Revision  string
			Resources []struct{ Group, Kind, Namespace, Name, Status, Message, HookPhase string }
		}
	}
}

// Condition is the message of a condition; empty when the Application does not have it.
func (s Status) Condition(kind string) string {
	for _, c := range s.Conditions {
		if c.Type == kind {
			return c.Message
		}
	}
	return ""
}

// Operating tells whether an operation, such as a sync, is under way.
func (s Status) Operating() bool {
	return slices.Contains([]string{"Running", "Terminating"}, s.OperationState.Phase)
}

// App is an Application.
func (a *ArgoCD) App(ctx context.Context, name string) (*unstructured.Unstructured, error) {
	return a.cluster.Get(ctx, apiVersion, kind, Namespace, name)
}

// Status is the status of an Application.
func (a *ArgoCD) Status(ctx context.Context, name string) (Status, error) {
	app, err := a.App(ctx, name)
	if err != nil {
		return Status{}, err
	}
	data, err := app.MarshalJSON()
	if err != nil {
		return Status{}, err
	}
	var in struct{ Status Status }
	err = json.Unmarshal(data, &in)
	return in.Status, err
}

// Refresh makes Argo CD compare an Application with what is in Git now, and returns when it has. Hard makes it render, too,
// what it has rendered before.
func (a *ArgoCD) Refresh(t testing.TB, name string, hard bool) {
	t.Helper()
	must(t, a.RequestRefresh(t.Context(), name, hard))
	cluster.Eventually(t, 2*time.Minute, "Argo CD has compared "+name, func() error {
		app, err := a.App(t.Context(), name)
		if err != nil {
			return err
		}
		if app.GetAnnotations()[refresh] != "" {
			return errors.New("the annotation is still there")
		}
		return nil
	})
}

// RequestRefresh asks for what Refresh waits for.
func (a *ArgoCD) RequestRefresh(ctx context.Context, name string, hard bool) error {
	how := "normal"
	if hard {
		how = "hard"
	}
	_, err := a.cluster.Patch(ctx, apiVersion, kind, Namespace, name, fmt.Sprintf(`{"metadata": {"annotations": {%q: %q}}}`, refresh, how))
	return err
}

// WaitSynced waits until the cluster has what an Application has at a revision, or at any when that is empty, and no
// operation is under way.
func (a *ArgoCD) WaitSynced(t testing.TB, timeout time.Duration, name, revision string) {
	t.Helper()
	cluster.Eventually(t, timeout, name+" is synced", func() error {
		s, err := a.Status(t.Context(), name)
		if err != nil {
			return err
		}
		at := revision == "" || s.Sync.Revision == revision || slices.Contains(s.Sync.Revisions, revision)
		if s.Sync.Status != "Synced" || !at || s.Operating() {
			return fmt.Errorf("its status is %+v", s)
		}
		return nil
	})
}

// Targets are the objects that Argo CD compares the cluster with: those that the repo-server has generated for an Application, each with the
// mark by which Argo CD tracks it. They are where its user interface gets them from.
func (a *ArgoCD) Targets(name string) ([]unstructured.Unstructured, error) {
	for _, key := range a.redis.Keys() {
		if !strings.HasPrefix(key, "app|managed-resources|"+name+"|") { // util/cache/appstate
			continue
		}
		text, err := a.redis.Get(key)
		if err != nil {
			return nil, err
		}
		unzipped, err := gzip.NewReader(strings.NewReader(text))
		if err != nil {
			return nil, err
		}
		var resources []struct{ TargetState string }
		if err := json.NewDecoder(unzipped).Decode(&resources); err != nil {
			return nil, err
		}
		var out []unstructured.Unstructured
		for _, r := range resources {
			if r.TargetState == "null" { // it is in the cluster alone
				continue
			}
			var o unstructured.Unstructured
			if err := o.UnmarshalJSON([]byte(r.TargetState)); err != nil {
				return nil, err
			}
			out = append(out, o)
		}
		return out, nil
	}
	return nil, fmt.Errorf("there is nothing about %s", name)
}

// Terminate ends the operation that is under way, as `argocd app terminate-op` does.
func (a *ArgoCD) Terminate(t testing.TB, name string) {
	t.Helper()
	_, err := a.cluster.Patch(t.Context(), apiVersion, kind, Namespace, name, `{"status": {"operationState": {"phase": "Terminating"}}}`)
	must(t, err)
}
