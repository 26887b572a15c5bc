package engines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The only tool for a folder is Argo CD itself.
func TestDirectory(t *testing.T) {
	compare(t, "directory", nil, []source{
		{name: "documents", objects: map[string]int{"documents": 18}},
		{name: "files", objects: map[string]int{"flat": 5, "recurse": 8, "include": 3, "exclude": 5, "both": 6, "class": 3}},
		{name: "json", objects: map[string]int{"json": 5}},
		{name: "lists", objects: map[string]int{"lists": 5}},
		{name: "overrides", objects: map[string]int{"overrides": 2, "common": 3}},
		{name: "scalars", objects: map[string]int{"scalars": 1}},
	})
}

func TestJsonnet(t *testing.T) {
	compare(t, "jsonnet", (*platform).jsonnet, []source{
		{name: "imports", objects: map[string]int{"imports": 3}},
		{name: "many", objects: map[string]int{"many": 300}},
		{name: "mixed", objects: map[string]int{"mixed": 3}},
		{name: "values", objects: map[string]int{"values": 6}},
		{name: "variables", objects: map[string]int{"variables": 1, "defaults": 1}},
	})
	// Argo CD alone looks for files in folders, and knows what its variables stand for.
	compare(t, "jsonnet", nil, []source{
		{name: "environment", objects: map[string]int{"environment": 1, "excluded": 1}},
		{name: "recursive", objects: map[string]int{"recursive": 2}},
	})
}

// jsonnet is jsonnet for each of its files in a folder, and the YAML files there as they are.
func (p *platform) jsonnet(t *testing.T, a app, dir string) []*unstructured.Unstructured {
	t.Helper()
	source := a.Spec.GetSource()
	at := filepath.Join(dir, source.Path)
	var args []string
	if source.Directory != nil {
		variable := func(kind string, v v1alpha1.JsonnetVar) {
			if v.Code {
				args = append(args, "--"+kind+"-code", v.Name+"="+v.Value)
			} else {
				args = append(args, "--"+kind+"-str", v.Name+"="+v.Value)
			}
		}
		for _, v := range source.Directory.Jsonnet.TLAs {
			variable("tla", v)
		}
		for _, v := range source.Directory.Jsonnet.ExtVars {
			variable("ext", v)
		}
		args = append(args, "-J", at) // the last one wins
		for _, lib := range source.Directory.Jsonnet.Libs {
			args = append(args, "-J", filepath.Join(dir, lib))
		}
	}
	files, err := os.ReadDir(at)
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, entry := range files { // in alphabetical order
		file := filepath.Join(at, entry.Name())
		switch filepath.Ext(file) {
		case ".jsonnet":
			printed := run(t, at, "jsonnet", append(args, file)...)
			var array []json.RawMessage
			if json.Unmarshal(printed, &array) != nil {
				array = []json.RawMessage{printed}
			}
			for _, o := range array {
				out = append(out, split(t, o)...)
			}
		case ".yaml", ".json":
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, split(t, data)...)
		}
	}
	return out
}
