package engines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestPatches(t *testing.T) {
	both := map[string]int{"plain": 8, "patched": 7}
	compare(t, "patches", (*platform).helm, []source{{name: "catalog", objects: map[string]int{"plain": 3, "patched": 2}}, {name: "chart", objects: both}})
	compare(t, "patches", nil, []source{{name: "folder", objects: both}})
	compare(t, "patches", (*platform).jsonnet, []source{{name: "jsonnet", objects: both}})
}

// theirs is what Argo CD applies of what the tool prints. Where Argo CD would call roster as a plugin, the tool prints the
// same application without patches, with a chart of the catalog as one of the repository, and Kustomize patches that.
func (p *platform) theirs(t *testing.T, code string, print tool) objects {
	t.Helper()
	a := p.apps[code]
	if a.Spec.GetSource().Plugin == nil {
		return p.applied(t, a, print(p, t, a, clone(t, p.dir)))
	}
	plain, patches := p.withoutPlugin(t, code)
	a = plain.apps[code]
	printed := print(plain, t, a, clone(t, plain.dir))
	if len(patches) > 0 {
		printed = kustomized(t, printed, patches)
	}
	return plain.applied(t, a, printed)
}

// kustomized are the objects with the patches applied.
func kustomized(t *testing.T, printed []*unstructured.Unstructured, patches []any) []*unstructured.Unstructured {
	t.Helper()
	folder := t.TempDir()
	var documents []string
	for _, o := range printed {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(data))
	}
	write(t, filepath.Join(folder, "all.yaml"), []byte(strings.Join(documents, "\n---\n")))
	write(t, filepath.Join(folder, "kustomization.yaml"), []byte("resources: [all.yaml]"))
	addPatches(t, folder, patches)
	return split(t, run(t, folder, "kustomize", "build", folder))
}

// withoutPlugin is the platform with one application changed so that Argo CD needs no plugin for it, and its patches.
func (p *platform) withoutPlugin(t *testing.T, code string) (plain *platform, patches []any) {
	t.Helper()
	dir := clone(t, p.dir)
	file := filepath.Join(dir, "applications.yml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var entries []map[string]any
	if err := yaml.Unmarshal(data, &entries); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		all, _ := entry["applications"].([]any)
		for _, one := range all {
			application, _ := one.(map[string]any) // else a code alone
			if application["applicationCode"] != code {
				continue
			}
			patches = readPatches(t, dir, application)
			delete(application, "patches")
			if name, ok := application["catalog"].(string); ok {
				if err := os.CopyFS(filepath.Join(dir, "catalog-"+name), os.DirFS(filepath.Join(root, "catalog/apps", name, "chart"))); err != nil {
					t.Fatal(err)
				}
				// Alone, since it cannot be used when it is not a catalog application; and so there is nothing to wait for.
				without(t, filepath.Join(dir, "platform.yml"), "secrets")
				entries = []map[string]any{{"namespace": entry["namespace"], "applications": []any{map[string]any{
					"applicationCode": code, "path": "catalog-" + name, "values": p.known(code, name, application["values"])}}}}
			}
		}
	}
	if data, err = yaml.Marshal(entries); err != nil {
		t.Fatal(err)
	}
	write(t, file, data)
	plain = load(t, dir)
	if plain.apps[code].Spec.GetSource().Plugin != nil {
		t.Fatalf("Argo CD still needs a plugin for %s", code)
	}
	return plain, patches
}

// without removes a key from a YAML file.
func without(t *testing.T, file, key string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	delete(values, key)
	if data, err = yaml.Marshal(values); err != nil {
		t.Fatal(err)
	}
	write(t, file, data)
}

// known are the values of a catalog application with what roster knows from the list, see docs/catalog.md.
func (p *platform) known(code, name string, values any) map[string]any {
	roster := map[string]any{}
	if host := p.hosts[code]; host != "" {
		roster["host"] = host
	}
	if p.monitoring != "" {
		roster["monitoring"] = p.monitoring
	}
	if name != "ntfy" {
		roster["uses"] = p.uses
	}
	out, _ := values.(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	out["global"] = map[string]any{"roster": roster}
	return out
}

// readPatches are the patches of an application in Kustomize's form.
func readPatches(t *testing.T, dir string, application map[string]any) []any {
	t.Helper()
	all, _ := application["patches"].([]any)
	for _, one := range all {
		patch := one.(map[string]any)
		if file, ok := patch["path"].(string); ok { // relative to the repository's root
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			delete(patch, "path")
			patch["patch"] = string(text)
		}
		if part, ok := patch["patch"].(map[string]any); ok && part["kind"] == nil {
			// Kustomize requires them, and ignores them when there is a target.
			metadata, _ := part["metadata"].(map[string]any)
			if metadata == nil {
				metadata = map[string]any{}
			}
			metadata["name"] = "any"
			part["apiVersion"], part["kind"], part["metadata"] = "example.com/v1", "Any", metadata
		}
		if _, isText := patch["patch"].(string); !isText {
			text, err := yaml.Marshal(patch["patch"])
			if err != nil {
				t.Fatal(err)
			}
			patch["patch"] = string(text)
		}
	}
	return all
}
