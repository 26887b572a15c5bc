package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// cycloneDX is the schema of the format, which the library has for its own tests.
func cycloneDX(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := command(".", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	if err != nil {
		t.Fatal(err)
	}
	schemas := filepath.Join(strings.TrimSpace(string(dir)), "schema")
	compiler := jsonschema.NewCompiler()
	for _, name := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schemax.json"} {
		f, err := os.Open(filepath.Join(schemas, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		text, err := jsonschema.UnmarshalJSON(f)
		if err == nil {
			err = compiler.AddResource("http://cyclonedx.org/schema/"+strings.Replace(name, "schemax", "schema", 1), text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// boms: each list is valid by the schema of its format, and has what the programs themselves say is linked, all with a licence.
func boms(t *testing.T, out string) {
	schema := cycloneDX(t)
	names, err := filepath.Glob(filepath.Join(out, "*.cdx.json"))
	if err != nil || len(names) != 4 {
		t.Fatalf("lists %q: %v", names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var list cdx.BOM
		if err := json.Unmarshal(data, &list); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(filepath.Base(name), "roster_") {
			linkedParts(t, list, filepath.Join(out, "roster_"+version+"_linux_"+runtime.GOARCH+".tar.gz"))
		}
	}
}

func linkedParts(t *testing.T, list cdx.BOM, archive string) {
	t.Helper()
	have := map[string]bool{}
	for _, c := range *list.Components {
		have[c.PackageURL] = true
		if c.Licenses == nil {
			t.Errorf("%s has no licence", c.BOMRef)
		}
	}
	info, err := buildinfo.Read(bytes.NewReader(unpacked(t, archive)["roster"]))
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) < 100 {
		t.Errorf("roster links %d modules", len(info.Deps))
	}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		if !have["pkg:golang/"+d.Path+"@"+d.Version] {
			t.Errorf("%s %s is not in the list", d.Path, d.Version)
		}
	}
}
