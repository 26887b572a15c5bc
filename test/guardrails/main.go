// Command guardrails holds what roster says of the guardrails' policies against Kyverno's own engines, on a table of requests and on all
// workloads of the golden trees: what is refused, and with which words. Kyverno also says what becomes of the objects that live-state
// is about, and what default-deny generates.
//
// The table itself is a fast test. Run this with `go run ./test/guardrails` in the root of the repository: it builds Kyverno. With the word
// `table` it prints the table, with what roster says, for the test with the real API server (TestAdmission in test/loop).
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/admission"
)

// verdict is what Kyverno says of a request: see the program in the folder kyverno.
type verdict struct {
	Rules     map[string]string
	Object    map[string]any
	Generated []map[string]any
}

func main() {
	work := run
	if slices.Equal(os.Args[1:], []string{"table"}) {
		work = func() error { return printTable(os.Stdout) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "guardrails:", err)
		os.Exit(1)
	}
}

func run() error {
	objects, err := policies("kyverno")
	if err != nil {
		return err
	}
	by, err := compiled(objects)
	if err != nil {
		return err
	}
	table, err := requests()
	if err != nil {
		return err
	}
	deployed, err := golden()
	if err != nil {
		return err
	}
	changes, makes := changed(), generating()
	all := slices.Concat(table, deployed, changes, makes)
	verdicts, err := askKyverno(objects, all)
	if err != nil {
		return err
	}
	var problems []error
	refused := 0
	for i, r := range slices.Concat(table, deployed) {
		got := refusals(verdicts[i])
		refused += len(got)
		own, err := judged(by, r)
		if err != nil {
			return err
		}
		if !maps.Equal(got, own) {
			problems = append(problems, fmt.Errorf("%s: Kyverno: %q, roster: %q", r.name, got, own))
		}
		if i < len(table) && names(got) != r.want {
			problems = append(problems, fmt.Errorf("%s: Kyverno: %q, want %q", r.name, names(got), r.want))
		}
	}
	rest := verdicts[len(table)+len(deployed):]
	problems = append(problems, holdChanges(changes, rest[:len(changes)])...)
	problems = append(problems, holdGenerated(makes, rest[len(changes):])...)
	if refused == 0 || len(deployed) == 0 {
		problems = append(problems, errors.New("nothing was refused, or nothing is deployed"))
	}
	fmt.Printf("%d requests of the table and %d workloads of the golden trees, %d refusals, %d changes, %d generated: Kyverno and roster disagree on %d\n",
		len(table), len(deployed), refused, len(changes), len(makes), len(problems))
	return errors.Join(problems...)
}

// refusals are what guardrails say of a request that they do not fit.
func refusals(v verdict) map[string]string {
	out := map[string]string{}
	for name, said := range v.Rules {
		if said != "pass" && said != "skip" {
			out[guardrailOf(name)] = said
		}
	}
	return out
}

// askKyverno has its engines judge requests.
func askKyverno(policies []map[string]any, requests []request) ([]verdict, error) {
	var used []map[string]any
	for _, p := range policies {
		if kind, _ := p["kind"].(string); strings.HasSuffix(kind, "Policy") {
			used = append(used, p)
		}
	}
	in, err := json.Marshal(map[string]any{"policies": used, "namespaces": namespaces, "requests": requests})
	if err != nil {
		return nil, err
	}
	c := exec.Command("go", "run", ".")
	c.Dir, c.Stdin, c.Stderr = filepath.Join("test", "guardrails", "kyverno"), bytes.NewReader(in), os.Stderr
	c.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("kyverno: %w", err)
	}
	var verdicts []verdict
	if err := json.Unmarshal(out, &verdicts); err != nil {
		return nil, err
	}
	if len(verdicts) != len(requests) {
		return nil, fmt.Errorf("kyverno: %d verdicts for %d requests", len(verdicts), len(requests))
	}
	return verdicts, nil
}

// golden are the workloads of all golden trees, as if they were in the namespace that enforces.
func golden() ([]request, error) {
	var out []request
	err := filepath.WalkDir("golden", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		o, err := object(string(data))
		if err != nil || !admission.Judges(o) {
			return err
		}
		for _, s := range shapes {
			if s.kind == o["kind"] {
				out = append(out, request{name: path, Resource: s.resource, Namespace: "shop", Object: o})
			}
		}
		return nil
	})
	return out, err
}

// changed are objects that live-state is about.
func changed() []request {
	copied := map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a", "namespace": "shop", "uid": "1", "resourceVersion": "2", "generation": 3},
		"data": map[string]any{"a": "b"}}
	deployment := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "spec": map[string]any{}, "status": map[string]any{"replicas": 1},
		"metadata": map[string]any{"name": "a", "namespace": "shop", "annotations": map[string]any{"deployment.kubernetes.io/revision": "1", "a": "b"}}}
	return []request{
		{name: "a ConfigMap", Resource: "configmaps", Namespace: "shop", Object: copied, want: `{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}}`},
		{name: "a Deployment", Resource: "deployments", Namespace: "shop", Object: deployment,
			want: `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{"a":"b"},"name":"a","namespace":"shop"},"spec":{}}`},
		{name: "an update", Resource: "configmaps", Namespace: "shop", Object: copied, Old: copied, want: "null"},
		{name: "another namespace", Resource: "configmaps", Namespace: "other", Object: copied, want: "null"},
	}
}

func holdChanges(requests []request, verdicts []verdict) (problems []error) {
	for i, r := range requests {
		got, err := json.Marshal(verdicts[i].Object)
		if err != nil || string(got) != r.want && !(r.want == "null" && reflect.DeepEqual(verdicts[i].Object, plain(r.Object))) {
			problems = append(problems, fmt.Errorf("live-state, %s: %s, want %s %w", r.name, got, r.want, err))
		}
	}
	return problems
}

// plain is a value as JSON has it.
func plain(o map[string]any) map[string]any {
	data, _ := json.Marshal(o)
	var out map[string]any
	_ = json.Unmarshal(data, &out)
	return out
}

// generating are namespaces, and which policy each gets.
func generating() []request {
	namespace := func(name, want string) request {
		return request{name: name, Resource: "namespaces", Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}, want: want}
	}
	return []request{namespace("shop", ""), namespace("kube-system", ""),
		namespace("stray", `{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"roster-default-deny","namespace":"stray"},"spec":{"egress":[{}],"endpointSelector":{},"ingress":[{}]}}`)}
}

func holdGenerated(requests []request, verdicts []verdict) (problems []error) {
	for i, r := range requests {
		var texts []string
		for _, o := range verdicts[i].Generated {
			metadata := o["metadata"].(map[string]any)
			delete(metadata, "labels") // by which Kyverno finds what it made
			text, err := json.Marshal(o)
			if err != nil {
				problems = append(problems, err)
			}
			texts = append(texts, string(text))
		}
		if got := strings.Join(texts, "\n"); got != r.want {
			problems = append(problems, fmt.Errorf("default-deny, %s: %q, want %q", r.name, got, r.want))
		}
	}
	return problems
}
