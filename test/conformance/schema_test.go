// Package conformance checks what the examples render with the code of the programs that will read it: the schemas of the kinds,
// Argo CD, and Cilium.
package conformance

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/hippotion/roster/internal/schema"
	"github.com/hippotion/roster/internal/schema/celrules"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestSchema validates every object against the schema of its kind, with the CEL rules of the CRDs, and demands that every
// field that has a default is written out, or not compared: an object without them would be OutOfSync forever.
func TestSchema(t *testing.T) {
	set := schema.New()
	rules := celrules.New(set)
	for _, c := range examples.Every(t) {
		var e object.Encoder
		var root argo.Application
		decode(t, render.Root(c.Platform)[1], &root)
		ignore := root.Spec.IgnoreDifferences
		for _, o := range c.Objects {
			t.Run(c.String()+"/"+o.File(), func(t *testing.T) {
				text := e.Encode(nil, o.Value())
				problems, err := set.ValidateYAML(text)
				if err != nil {
					t.Fatal(err)
				}
				var content map[string]any
				if err := yaml.UnmarshalStrict(text, &content); err != nil {
					t.Fatal(err)
				}
				if isCustom(set, o) {
					more, err := rules.Validate(content)
					if err != nil {
						t.Fatal(err)
					}
					problems = append(problems, more...)
				}
				for _, p := range problems {
					t.Error(p)
				}
				defaults, err := set.Defaults(content)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range defaults {
					if compared(t, ignore, content, d) {
						t.Errorf("a field with a default is not written out: %v", d)
					}
				}
			})
		}
	}
}

// compared reports whether Argo CD sees that a default was filled in. Only fields of mappings are left to releases.
func compared(t *testing.T, ignore []argo.ResourceIgnoreDifferences, content map[string]any, d schema.Default) bool {
	t.Helper()
	rendered := &unstructured.Unstructured{Object: content}
	stored := rendered.DeepCopy()
	if err := unstructured.SetNestedField(stored.Object, d.Value, strings.Split(d.Path, ".")...); err != nil {
		return true
	}
	return !reflect.DeepEqual(ignoring(t, ignore, rendered), ignoring(t, ignore, stored))
}

func isCustom(set *schema.Set, o object.Object) bool {
	return slices.Contains(set.Kinds(), o.APIVersion+" "+o.Kind)
}

// TestIdentity compares the identity that an object carries for us with the one in its text.
func TestIdentity(t *testing.T) {
	type identity struct {
		APIVersion, Kind string
		Metadata         struct {
			Namespace, Name     string
			Labels, Annotations map[string]string
		}
	}
	for _, c := range examples.Every(t) {
		var e object.Encoder
		for _, o := range c.Objects {
			var got identity
			if err := yaml.Unmarshal(e.Encode(nil, o.Value()), &got); err != nil {
				t.Fatal(err)
			}
			if got.APIVersion != o.APIVersion || got.Kind != o.Kind || got.Metadata.Namespace != o.Namespace || got.Metadata.Name != o.Name {
				t.Errorf("%s: the text says %+v", o.File(), got)
			}
			if got.Metadata.Labels["app.kubernetes.io/managed-by"] != "roster" {
				t.Errorf("%s: no managed-by label", o.File())
			}
			if origin := got.Metadata.Annotations["roster.hippotion.github.io/origin"]; !strings.Contains(origin, "#") {
				t.Errorf("%s: origin %q", o.File(), origin)
			}
		}
	}
}
