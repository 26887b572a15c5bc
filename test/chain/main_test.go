package chain

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// root is the repository's.
const root = "../.."

func TestMain(m *testing.M) {
	os.Exit(prepared(m))
}

func prepared(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chain-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = Prepare(root, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "preparing the programs:", err)
		return 1
	}
	return m.Run()
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := exec.Command(Program(name), args...)
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", c, err, &stdout, &stderr)
	}
	return stdout.String()
}

func example(name string) string { return filepath.Join(root, "examples", name) }

type object map[string]any

// at is the value at a path of keys, or nil.
func (o object) at(path ...string) any {
	var value any = map[string]any(o)
	for _, key := range path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

// rendered is the object of a kind and name that roster renders for an application of the list in a folder.
func rendered(t *testing.T, folder, app, kind, name string) object {
	t.Helper()
	for _, document := range strings.Split("\n"+output(t, "roster", "render", "--app", app, folder), "\n---\n") {
		o := parsed[object](t, document)
		if o["kind"] == kind && o.at("metadata", "name") == name {
			return o
		}
	}
	t.Fatalf("%s in %s: there is no %s %s", app, folder, kind, name)
	return nil
}

func parsed[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return value
}

func marshaled(t *testing.T, value any) string {
	t.Helper()
	data, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// text is what the ConfigMap of an application has under a key.
func text(t *testing.T, folder, app, configMap, key string) string {
	t.Helper()
	text, ok := rendered(t, folder, app, "ConfigMap", configMap).at("data", key).(string)
	if !ok {
		t.Fatalf("%s: the ConfigMap %s has no %s", app, configMap, key)
	}
	return text
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// write writes a file into a folder, and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// edited is a copy of a folder in which an application of the list has other values, or more of them.
func edited(t *testing.T, folder, app string, values map[string]any) string {
	t.Helper()
	namespaces := parsed[[]object](t, read(t, filepath.Join(folder, "applications.yml")))
	found := false
	for _, n := range namespaces {
		for _, a := range n["applications"].([]any) {
			entry := a.(map[string]any)
			if entry["applicationCode"] != app {
				continue
			}
			found = true
			all, _ := entry["values"].(map[string]any)
			if all == nil {
				all = map[string]any{}
			}
			maps.Copy(all, values)
			entry["values"] = all
		}
	}
	if !found {
		t.Fatalf("%s has no %s", folder, app)
	}
	dir := t.TempDir()
	write(t, dir, "platform.yml", read(t, filepath.Join(folder, "platform.yml")))
	write(t, dir, "applications.yml", marshaled(t, namespaces))
	return dir
}
