package catalog

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/eso"
	"github.com/hippotion/roster/internal/syntax"
)

// templated resolves what a Secret is made with.
func (in *secretInput) templated(s *Secret) {
	if in.Template.Node == nil && in.TemplateFrom == nil && in.Labels.Node == nil && in.Annotations.Node == nil && s.Type == "" {
		if in.MergePolicy.IsSet() {
			in.MergePolicy.Report("no-effect", "write template, or remove it", "mergePolicy has no effect without template")
		}
	} else {
		s.Template = &SecretTemplate{MergePolicy: in.MergePolicy.Or("Replace")}
	}
	given := s.given()
	if in.Flawed("data", "dataFrom") || len(s.Data) < len(in.Data.Items) || len(s.From) < len(in.DataFrom) { // a mistake that is reported already
		given.Open = true
	}
	if s.Template != nil {
		s.Template.Data = templates(in.Template, given)
		s.Template.Labels = secretMetadata(in.Labels, "a label", given)
		s.Template.Annotations = secretMetadata(in.Annotations, "an annotation", given)
		s.Template.From = templatesFrom(in.TemplateFrom, given)
	}
	if in.Flawed("template", "templateFrom") || given.Open {
		return
	}
	if lacks := eso.TypeLacks(s.Type, s.Keys()); len(lacks) > 0 && (s.CreationPolicy == "Owner" || s.CreationPolicy == "Orphan") {
		what := "the key "
		if len(lacks) > 1 {
			what = "the keys "
		}
		join := " and "
		if s.Type == "kubernetes.io/basic-auth" {
			what, join = "the key ", " or "
		}
		in.Type.Report("missing-secret-key", "add it to data, or make it with template: {"+lacks[0]+": \"{{ .key }}\"}", "a Secret of the type %s needs %s%s, and has %s", s.Type, what, strings.Join(lacks, join), diag.OneOf("", s.Keys().Sorted()))
	}
}

// templates are the texts that become values, each checked as the operator will read it.
func templates(in syntax.Map[text], given eso.Keys) map[string]string {
	out := map[string]string{}
	for _, item := range in.Items {
		if !item.Value.IsSet() {
			continue
		}
		secretKey(item.At, item.Key)
		out[item.Key] = item.Value.V
		template(item.Node, item.Key, item.Value.V, given)
	}
	return out
}

// secretMetadata are labels or annotations of a Secret, whose values may be templates. None is reserved: those such as
// argocd.argoproj.io/secret-type are why some Secrets are made.
func secretMetadata(in syntax.Map[text], what string, given eso.Keys) map[string]string {
	out, _ := metadata(in, what, unreserved, func(at *syntax.Node, value string) bool {
		switch {
		case strings.Contains(value, "{{"):
			template(at, "", value, given)
		case what == "a label":
			return labelValue(at, value)
		case credentials.MatchString(value):
			at.Report("secret-in-url", "leave it out of the URL", "a URL in the annotation holds a user name or password")
		}
		return true
	})
	return out
}

// templatesFrom are templates that stand elsewhere, or that make keys as well.
func templatesFrom(in []templateFromInput, given eso.Keys) []TemplateFrom {
	var out []TemplateFrom
	for i := range in {
		f := &in[i]
		if f.Node == nil || f.Flawed("configMap", "secret", "literal") {
			continue
		}
		if set := len(present(f.ConfigMap, f.Secret, f.Literal)); set != 1 {
			f.Report("bad-source", "write {configMap: NAME, items: [KEY]}", "expected one of configMap, secret and literal, found %s", [...]string{"none", "", "two", "three"}[set])
			continue
		}
		optionalSubdomain(f.ConfigMap)
		optionalSubdomain(f.Secret)
		from := TemplateFrom{ConfigMap: f.ConfigMap.V, Secret: f.Secret.V, Literal: f.Literal.V, Target: f.Target.Or("Data")}
		switch {
		case f.Literal.IsSet():
			template(f.Literal.Node, "", f.Literal.V, given)
			if f.Keys != nil {
				f.Report("no-effect", "remove items", "items has no effect with literal")
			}
		case len(f.Keys) == 0 && !f.Flawed("items"):
			f.Report("missing-field", "write items: [KEY], the keys that are templates", "missing \"items\"")
		}
		for _, item := range f.Keys {
			if item.Key.IsSet() {
				secretKey(item.Key.Node, item.Key.V)
				from.Items = append(from.Items, TemplateItem{item.Key.V, item.TemplateAs.Or("Values")})
			}
		}
		out = append(out, from)
	}
	return slices.Clip(out)
}
