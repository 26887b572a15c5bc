package celrules_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/internal/schema"
	"github.com/hippotion/roster/internal/schema/celrules"
)

func TestValidate(t *testing.T) {
	want := map[string]string{
		"certmanager.yaml: neither of the three that a CEL rule asks for": "[spec.venafi: Invalid value: " +
			"exactly one of tpp, cloud, or ngts must be configured]",
		"cilium.yaml: neither spec nor specs": "[Invalid value: spec or specs must be provided]",
		"externalsecrets.yaml: neither of the two that a CEL rule asks for": "[spec.provider.doppler.auth: Invalid value: " +
			"Exactly one of 'secretRef' or 'oidcConfig' must be specified]",
		"gatewayapi.yaml: what is left out":            "[spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with backendRefs]",
		"traefik.yaml: a CEL rule for a path":          "[spec.addPrefix.prefix: Invalid value: \"app\": must start with a '/']",
		"traefik.yaml: to servers, against a CEL rule": "[spec.rootCAs[0]: Invalid value: RootCA cannot have both Secret and ConfigMap defined.]",
	}
	set := schema.New()
	rules := celrules.New(set)
	for title, obj := range objects(t) {
		if wrong, err := set.Validate(obj); err == nil && len(wrong) > 0 {
			continue // the API server asks the rules only about what the rest of the schema permits
		}
		problems, err := rules.Validate(obj)
		if err != nil && !errors.Is(err, schema.ErrNoSchema) {
			t.Error(title, err)
		}
		expected, ok := want[title]
		if !ok {
			expected = "[]"
		}
		if got := fmt.Sprint(problems); got != expected {
			t.Errorf("%s:\ngot  %s\nwant %s", title, got, expected)
		}
		delete(want, title)
	}
	for title := range want {
		t.Errorf("%s: no such case in testdata", title)
	}
}

// Cutting the schemas down must not take away a field that a rule needs.
func TestRulesCompile(t *testing.T) {
	set, rules := schema.New(), 0
	for _, name := range set.Kinds() {
		apiVersion, kind, _ := strings.Cut(name, " ")
		s, err := set.Structural(apiVersion, kind)
		if err != nil {
			t.Fatal(err)
		}
		rules += compile(t, name, s, true)
	}
	if rules == 0 {
		t.Error("no rules were compiled")
	}
}

// compile returns how many rules s has, below it too.
func compile(t *testing.T, path string, s *structuralschema.Structural, root bool) int {
	t.Helper()
	if len(s.XValidations) > 0 {
		env := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
		results, err := cel.Compile(s, model.SchemaDeclType(s, root), celconfig.PerCallLimit, env, cel.StoredExpressionsEnvLoader())
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, r := range results {
			if r.Error != nil || r.MessageExpressionError != nil {
				t.Errorf("%s: %v %v", path, r.Error, r.MessageExpressionError)
			}
		}
	}
	n := len(s.XValidations)
	for name, prop := range s.Properties {
		n += compile(t, path+"."+name, &prop, false)
	}
	if s.Items != nil {
		n += compile(t, path+"[]", s.Items, false)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil {
		n += compile(t, path+".*", s.AdditionalProperties.Structural, false)
	}
	return n
}

// The validator and the defaulting of package schema are made from lighter parts
// than the API server's. Both must say the same.
func TestAgreesWithUpstream(t *testing.T) {
	set := schema.New()
	checked := 0
	for title, obj := range objects(t) {
		apiVersion, _ := obj["apiVersion"].(string)
		kind, _ := obj["kind"].(string)
		structural, err := set.Structural(apiVersion, kind)
		if err != nil || structural == nil {
			continue
		}
		checked++
		problems, err := set.Validate(obj)
		if err != nil {
			t.Fatal(title, err)
		}
		defaults, err := set.Defaults(obj)
		if err != nil {
			t.Fatal(title, err)
		}

		upstream := runtime.DeepCopyJSON(obj)
		defaulting.Default(upstream, structural)
		ours := runtime.DeepCopyJSON(obj)
		for _, d := range defaults {
			setPath(ours, d.Path, d.Value)
		}
		if !reflect.DeepEqual(ours, upstream) {
			t.Errorf("%s: defaults\ngot  %v\nwant %v", title, ours, upstream)
		}

		pruning.Prune(upstream, structural, true)
		errs := validation.ValidateCustomResource(nil, upstream, upstreamValidator(t, apiVersion, kind))
		var want []string
		for _, err := range errs {
			if err.Field != "<nil>" { // oneOf and its like, whose path is only in the text
				want = append(want, err.Field)
			}
		}
		var got []string
		for _, p := range problems {
			if isSchemaProblem(p) {
				got = append(got, p.Path)
			}
		}
		slices.Sort(want)
		if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
			t.Errorf("%s: problems\ngot  %q\nwant %q", title, got, want)
		}
	}
	if checked < 50 {
		t.Errorf("only %d objects were checked", checked)
	}
}

// isSchemaProblem leaves out what ValidateCustomResource does not look at, and
// the oneOf and its like.
func isSchemaProblem(p schema.Problem) bool {
	return p.Message != "unknown field" && !strings.HasPrefix(p.Path, "metadata") &&
		!strings.HasPrefix(p.Message, "Duplicate value") && !strings.HasPrefix(p.Message, "must validate ")
}

// objects reads the cases of package schema, by file and title, leaving out what
// is not an object at all.
func objects(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	objs := map[string]map[string]any{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for doc := range strings.SplitSeq(string(data), "\n---\n") {
			text, err := yaml.YAMLToJSON([]byte(doc))
			if err != nil {
				t.Fatal(file, err)
			}
			var obj map[string]any
			if utiljson.Unmarshal(text, &obj) != nil {
				continue
			}
			title, _, _ := strings.Cut(doc, "\n")
			objs[filepath.Base(file)+": "+strings.TrimPrefix(title, "# ")] = obj
		}
	}
	return objs
}

// upstreamValidator is the one that the API server builds from a CRD.
func upstreamValidator(t *testing.T, apiVersion, kind string) validation.SchemaValidator {
	t.Helper()
	group, version, _ := strings.Cut(apiVersion, "/")
	data, err := os.ReadFile(filepath.Join("../kinds", group, kind+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Versions map[string]*apiextensionsv1.JSONSchemaProps
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(f.Versions[version], &internal, nil); err != nil {
		t.Fatal(err)
	}
	v, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// setPath writes a value at a path such as spec.data[0].remoteRef.
func setPath(obj map[string]any, path string, value any) {
	var at any = obj
	steps := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) })
	for i, step := range steps {
		last := i == len(steps)-1
		switch node := at.(type) {
		case map[string]any:
			if last {
				node[step] = value
			}
			at = node[step]
		case []any:
			n, _ := strconv.Atoi(step)
			if last {
				node[n] = value
			}
			at = node[n]
		}
	}
}
