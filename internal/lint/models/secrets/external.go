package secrets

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/eso"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// External is an ExternalSecret that an application deploys.
type External struct {
	*deployed.Object
	Target             string // the name of the Secret; empty when it makes none, but an object of another kind
	Creation, Deletion string
	Given, Keys        eso.Keys // those that its templates read, and those of the Secret
	Template           map[string]any
	Labels             map[string]any // templates as well
	Annotations        map[string]any
}

// externalOf is what an object of that kind says. The keys are those of the template if it has any, and with mergePolicy: Merge, or without a
// template, those of data as well (external-secrets pkg/controllers/externalsecret/externalsecret_controller_template.go, ApplyTemplate).
func externalOf(o *deployed.Object) External {
	out := External{Object: o, Target: deployed.StringAt(o, "spec", "target", "name"), Creation: deployed.StringAt(o, "spec", "target", "creationPolicy"),
		Deletion: deployed.StringAt(o, "spec", "target", "deletionPolicy")}
	if out.Target == "" {
		out.Target = o.Name
	}
	if out.Creation == "" {
		out.Creation = "Owner"
	}
	if kind := deployed.StringAt(o, "spec", "target", "manifest", "kind"); kind != "" && kind != "Secret" {
		out.Target = ""
	}
	out.Given = givenBy(o)
	out.Template, _ = deployed.FieldAt(o, "spec", "target", "template", "data").(map[string]any)
	out.Labels, _ = deployed.FieldAt(o, "spec", "target", "template", "metadata", "labels").(map[string]any)
	out.Annotations, _ = deployed.FieldAt(o, "spec", "target", "template", "metadata", "annotations").(map[string]any)
	from, _ := deployed.FieldAt(o, "spec", "target", "template", "templateFrom").([]any)
	if len(out.Template)+len(from) == 0 {
		out.Keys = out.Given
		return out
	}
	if deployed.StringAt(o, "spec", "target", "template", "mergePolicy") == "Merge" {
		out.Keys.Join(out.Given)
	}
	out.Keys.Add(slices.Collect(maps.Keys(out.Template))...)
	for i := range from { // what is in there may make any keys
		f, _ := from[i].(map[string]any)
		out.Keys.Open = out.Keys.Open || f["target"] == nil || f["target"] == "Data"
	}
	return out
}

// givenBy are the keys of data and dataFrom.
func givenBy(o *deployed.Object) eso.Keys {
	out := eso.Keys{}
	data, _ := deployed.FieldAt(o, "spec", "data").([]any)
	for i := range data {
		d, _ := data[i].(map[string]any)
		if key, _ := d["secretKey"].(string); key != "" {
			out.Add(key)
		}
	}
	from, _ := deployed.FieldAt(o, "spec", "dataFrom").([]any)
	for i := range from {
		f, _ := from[i].(map[string]any)
		source, _ := f["sourceRef"].(map[string]any)
		ref, _ := source["generatorRef"].(map[string]any)
		kind, _ := ref["kind"].(string)
		out.Join(eso.Rewritten(eso.Generated(kind, nil), rewritesOf(f["rewrite"])))
	}
	if len(data)+len(from) == 0 { // it is not finished
		out.Open = true
	}
	return out
}

func rewritesOf(list any) []eso.Rewrite {
	var out []eso.Rewrite
	all, _ := list.([]any)
	for i := range all {
		m, _ := all[i].(map[string]any)
		var op eso.Rewrite
		if regexp, ok := m["regexp"].(map[string]any); ok {
			op.Regexp = true
			op.Source, _ = regexp["source"].(string)
			op.Target, _ = regexp["target"].(string)
		}
		if transform, ok := m["transform"].(map[string]any); ok {
			op.Transform, _ = transform["template"].(string)
		}
		if merge, ok := m["merge"].(map[string]any); ok {
			op.Merge = &eso.Merge{}
			op.Merge.Strategy, _ = merge["strategy"].(string)
			op.Merge.Into, _ = merge["into"].(string)
		}
		out = append(out, op)
	}
	return out
}
