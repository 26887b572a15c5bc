package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// readers are what expands a text, or reads a file to its end: functions by the package that has them. On what users write, only
// internal/syntax may call them, which first checks what the text expands to.
var readers = map[string][]string{
	"sigs.k8s.io/yaml":                         {"Unmarshal", "UnmarshalStrict", "YAMLToJSON", "YAMLToJSONStrict"},
	"sigs.k8s.io/yaml/goyaml.v2":               {"Unmarshal", "UnmarshalStrict", "NewDecoder"},
	"sigs.k8s.io/yaml/goyaml.v3":               {"Unmarshal", "NewDecoder"},
	"sigs.k8s.io/yaml/kyaml":                   {"Unmarshal"},
	"go.yaml.in/yaml/v2":                       {"Unmarshal", "UnmarshalStrict", "NewDecoder"},
	"go.yaml.in/yaml/v3":                       {"Unmarshal", "NewDecoder"},
	"gopkg.in/yaml.v2":                         {"Unmarshal", "UnmarshalStrict", "NewDecoder"},
	"gopkg.in/yaml.v3":                         {"Unmarshal", "NewDecoder"},
	"k8s.io/apimachinery/pkg/util/yaml":        {"Unmarshal", "ToJSON", "NewYAMLOrJSONDecoder", "NewYAMLToJSONDecoder", "NewYAMLReader", "NewDocumentDecoder"},
	"k8s.io/apimachinery/pkg/util/json":        {"Unmarshal"},
	"encoding/json":                            {"Unmarshal", "NewDecoder"},
	"github.com/santhosh-tekuri/jsonschema/v6": {"UnmarshalJSON"},
	"io/fs": {"ReadFile"},
	"io":    {"ReadAll"},
}

// mayRead are the calls outside of internal/syntax, by file and function, with the reason why each is safe.
var mayRead = map[string]string{
	"catalog/apps/app/values.go decode json.Unmarshal":                       "as builtin.Values.Decode: short forms, of values that fit the schema",
	"catalog/apps/builtin/builtin.go Decode json.Unmarshal":                  "values that the catalog has made JSON of",
	"catalog/apps/gardener/gardener.go checkNode yaml.Unmarshal":             "a file of ours",
	"catalog/apps/builtin/builtin.go file fs.ReadFile":                       "a file of ours",
	"catalog/builtin.go builtinValues fs.ReadFile":                           "a file of ours",
	"catalog/builtin.go builtinValues yaml.Unmarshal":                        "a file of ours",
	"catalog/dashboards.go dashboard json.Unmarshal":                         "at most a mebibyte, and its members are not read",
	"catalog/guardrails.go guardedOf json.Unmarshal":                         "values that the catalog has made JSON of",
	"internal/lint/models/deployed/deployed.go mapping json.Unmarshal":       "made of a value by json.Marshal",
	"catalog/valuesschema.go valuesSchemaOf jsonschema.UnmarshalJSON":        "a file of ours",
	"catalog/schema.go readDescriptions json.Unmarshal":                      "a file of ours",
	"profiles/resolve.go rule json.NewDecoder":                               "made of a syntax.Raw, which has no aliases",
	"plugin/environment.go asked json.Unmarshal":                             "a variable of the environment, which Argo CD sets",
	"internal/fleet/placed.go ReadFile fs.ReadFile":                          "a file system: who calls it bounds it",
	"internal/fleet/proposed.go ReadFile fs.ReadFile":                        "the same",
	"render/object/writer.go writeJSON json.NewDecoder":                      "made of an object",
	"render/workload/chartfiles.go file fs.ReadFile":                         "the size is checked before",
	"render/workload/helmheads.go headOf json.Unmarshal":                     "made by syntax.ToJSON",
	"render/workload/directory.go jsonFile json.NewDecoder":                  "CheckJSON stands before it",
	"render/workload/directory.go visit fs.ReadFile":                         "the size is checked before",
	"render/workload/documents.go documents json.NewDecoder":                 "cuts JSON, and makes no values of it",
	"render/workload/helm4.go values kubeyaml.NewYAMLReader":                 "cuts a text, and makes no values of it",
	"render/workload/jsonnet.go open fs.ReadFile":                            "the size is checked before",
	"render/workload/manifests.go readObject utiljson.Unmarshal":             "CheckJSON stands before it",
	"render/workload/override.go merge json.Unmarshal":                       "made of the options of a source",
	"render/workload/valuesschema.go compileSchema jsonschema.UnmarshalJSON": "CheckJSON stands before it",
	"render/workload/valuesschema.go Load jsonschema.UnmarshalJSON":          "CheckJSON stands before it",
	"internal/lint/extend.go extendedBy yaml.Unmarshal":                      "a flow that a rule has made; addable has no aliases",
	"internal/lint/models/network/services.go addPools json.Unmarshal":       "made of an object",
	"internal/lint/models/network/network.go labelsOf json.Unmarshal":        "made of an object",
	"internal/lint/models/policies/policies.go ruleOf json.Unmarshal":        "made of an object",
	"internal/lint/models/policies/book.go Rendered json.Unmarshal":          "made of an object",
	"cmd/internal/cli/import.go readManifests io.ReadAll":                    "a LimitReader",
	"cmd/internal/cli/elsewhere.go credentials io.ReadAll":                   "a LimitReader",
	"internal/fleet/place.go Beside fs.ReadFile":                             "the size is checked before",
	"internal/source/copies/copies.go Open fs.ReadFile":                      "the size is checked before",
	"internal/source/cache/cache.go File io.ReadAll":                         "a LimitReader",
	"internal/source/fetch/git.go run io.ReadAll":                            "a LimitReader",
	"internal/source/fetch/index.go inJSON json.Unmarshal":                   "of an index of at most 64 MiB, one chart; JSON has no aliases",
	"internal/source/fetch/index.go inYAML yaml.Unmarshal":                   "syntax.Check stands before it",
	"internal/source/fetch/network.go read io.ReadAll":                       "a LimitReader",
	"internal/source/fetch/oci.go manifest json.Unmarshal":                   "of at most 4 MiB; JSON has no aliases",
	"internal/source/fetch/credentials.go readSettings io.ReadAll":           "a LimitReader",
	"internal/source/fetch/repositories.go readRepositories yaml.Unmarshal":  "syntax.Check stands before it",
	"internal/source/fetch/registries.go readRegistries json.Unmarshal":      "of at most 4 MiB; JSON has no aliases",
	"internal/source/fetch/registries.go helped json.Unmarshal":              "tail bounds it; JSON has no aliases",
	"internal/source/copy.go TreeOf fs.ReadFile":                             "TreeWriter has bounded the file, and its digest is verified",
	"internal/source/fetch/copy.go fromCopy fs.ReadFile":                     "copies.Open has bounded the file",
	"internal/report/baseline.go ReadBaseline json.NewDecoder":               "CheckJSON stands before it",
	"internal/fleet/kept.go find json.Unmarshal":                             "what a run has kept, which nobody else can encrypt",
	"internal/rendered/book.go Find json.Unmarshal":                          "the same",
	"internal/rendered/book.go part json.Unmarshal":                          "the same",
	"internal/trace/recorder.go ReadFile fs.ReadFile":                        "a file system: who calls it bounds it",
	"internal/trace/verifier.go see json.Unmarshal":                          "made of a reference",
	"internal/fleet/worker.go object utiljson.Unmarshal":                     "an answer of a worker, which bounded has read",
	"internal/fleet/worker.go connect json.NewDecoder":                       "bounded reads the answers",
	"cmd/internal/cli/worker.go pinned json.Unmarshal":                       "what the main process hands over",
	"internal/fleet/worker.go Serve json.NewDecoder":                         "what the main process asks for",
}

// rooms are the packages that see what users write.
var rooms = []string{"catalog", "profiles", "plugin", "render", "internal/lint", "internal/report", "internal/fleet", "internal/source", "internal/trace", "internal/rendered", "cmd/internal/cli"}

// TestReaders fails when a package reads what users write with anything but the reader that bounds it.
func TestReaders(t *testing.T) {
	used := map[string]bool{}
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join(examples.Root(), room), func(file string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			name, err := filepath.Rel(examples.Root(), file)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, call := range calls(t, filepath.ToSlash(name), text) {
				if used[call] = true; mayRead[call] == "" {
					t.Errorf("%s: use internal/syntax, or say in mayRead why the text is within bounds", call)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for call := range mayRead {
		if !used[call] {
			t.Errorf("mayRead has %s, which is not there", call)
		}
	}
}

// calls are the uses of readers in a file, as FILE FUNCTION PACKAGE.NAME. It also finds one that is passed on as a value.
func calls(t *testing.T, name string, text []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{} // import paths by the names that the file has for them
	for _, i := range file.Imports {
		imported, _ := strconv.Unquote(i.Path.Value)
		if readers[imported] == nil {
			continue
		}
		local := imported[strings.LastIndex(imported, "/")+1:]
		if imported == "go.yaml.in/yaml/v3" || strings.Contains(imported, "yaml.v") || imported == "go.yaml.in/yaml/v2" || strings.HasPrefix(local, "goyaml") {
			local = "yaml"
		} else if strings.HasPrefix(local, "v") && strings.Contains(imported, "jsonschema") {
			local = "jsonschema"
		}
		if i.Name != nil {
			local = i.Name.Name
		}
		if local == "." {
			t.Errorf("%s: %s is imported without a name", name, imported)
		}
		of[local] = imported
	}
	var out []string
	for _, declaration := range file.Decls {
		function := "-"
		if f, ok := declaration.(*ast.FuncDecl); ok {
			function = f.Name.Name
		}
		ast.Inspect(declaration, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(readers[of[x.Name]], s.Sel.Name) {
				out = append(out, name+" "+function+" "+x.Name+"."+s.Sel.Name)
			}
			return true
		})
	}
	return out
}

// TestCalls: the test above sees what it looks for.
func TestCalls(t *testing.T) {
	got := calls(t, "a.go", []byte(`package a
import ("encoding/json"; y "sigs.k8s.io/yaml"; "go.yaml.in/yaml/v3"; "k8s.io/apimachinery/pkg/util/json")
var read = y.Unmarshal
func f() { _ = yaml.NewDecoder(nil); go func() { _ = yaml.Unmarshal }(); yaml.Marshal(nil); y.JSONToYAML(nil) }
`))
	want := []string{"a.go - y.Unmarshal", "a.go f yaml.NewDecoder", "a.go f yaml.Unmarshal"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
