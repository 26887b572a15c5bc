package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/eso"
	"github.com/hippotion/roster/internal/syntax"
)

// several resolves an element of dataFrom, that of an index.
func (r *secretReader) several(in *dataFromInput, of *Secret, index int) (SecretFrom, bool) {
	if in.Node == nil || in.Flawed("extract", "find", "generator") {
		return SecretFrom{}, false
	}
	out := SecretFrom{Rewrite: rewrites(in.Rewrite)}
	set := 0
	var store *knownStore
	if in.Generator == nil {
		store, out.Store = r.of(in.Store, in.Node)
	}
	if in.Extract != nil && in.Extract.Key.IsSet() {
		set++
		out.Extract = in.Extract.resolved(store)
	}
	if in.Find != nil {
		set++
		out.Find = in.Find.resolved()
	}
	if in.Generator != nil {
		set++
		out.Generator = in.Generator.resolved(generatorName(of.Name, index), of.Origin)
		if in.Store != nil {
			in.Store.Report("no-effect", "remove it", "a generator reads from no store")
		}
	}
	if set != 1 {
		in.Report("bad-source", "write a path, as in [web-whoami/postgres]; or {find: '^web-'}, or {generator: Password}", "expected one of extract, find and generator, found %s", [...]string{"none", "", "two", "three"}[set])
		return out, false
	}
	return out, true
}

// resolved is what all is read at; nothing without a store, which reads with a generator beside it do not have.
func (in *extractInput) resolved(store *knownStore) *SecretData {
	out := &SecretData{Property: in.Property.V, Version: in.Version.V, Decoding: in.DecodingStrategy.V, Conversion: in.ConversionStrategy.V, MetadataFrom: in.MetadataPolicy.V}
	if store == nil {
		return out
	}
	store.options(in.Version, in.MetadataPolicy)
	key, property := store.extract(in.Key)
	if property != "" && in.Property.IsSet() {
		in.Property.Report("two-keys", "remove property, or what follows # in key", "expected one property, found two")
	}
	out.Path, out.Property = key, cmp.Or(property, out.Property)
	return out
}

// generatorName is the name of a generator that has none of its own: that of the Secret, and a number from the second element on.
func generatorName(secret string, index int) string {
	if index == 0 {
		return secret
	}
	return fmt.Sprintf("%s-%d", secret, index+1)
}

func (in *findInput) resolved() *Find {
	out := &Find{Name: in.Name.V, Path: in.Path.V, Decoding: in.DecodingStrategy.V, Conversion: in.ConversionStrategy.V}
	if in.Name.IsSet() {
		keyPattern(in.Name)
	}
	for _, tag := range in.Tags.Items {
		if out.Tags == nil {
			out.Tags = map[string]string{}
		}
		out.Tags[tag.Key] = tag.Value.V
	}
	if !in.Name.IsSet() && len(in.Tags.Items) == 0 && !in.Flawed("name", "tags") {
		in.Report("missing-field", "write find: '^web-' for names that match, or find: {tags: {app: whoami}}", "expected name or tags: nothing says what to find")
	}
	return out
}

// keyPattern checks a regular expression of names. Messages do not show it.
func keyPattern(t text) {
	if _, problem := eso.Pattern(t.V); problem != "" {
		t.Report("bad-pattern", "", "expected a regular expression, as Go reads them%s", problem)
	}
}

// selfContained are the kinds of generators that need no spec.
var selfContained = [...]string{"Password", "SSHKey", "UUID"}

// resolved is a generator, which is rendered unless it has only a name.
func (in *generatorInput) resolved(name string, from Origin) *Generator {
	out := &Generator{Kind: in.Kind.V, Name: in.Name.Or(name), Origin: from + "/generators/" + Origin(in.Name.Or(name))}
	optionalSubdomain(in.Name)
	spec, isMapping := in.Spec.V.(map[string]any)
	switch known := slices.Contains(selfContained[:], out.Kind); {
	case in.Flawed("kind"):
	case in.Spec.Node != nil && (out.Kind == "ClusterGenerator" || out.Kind == "GitlabDeployToken"):
		in.Spec.Report("no-effect", "write its name; what deploys it is an application", "roster renders no %s", out.Kind)
	case in.Spec.Node != nil && !isMapping:
		in.Spec.Report("wrong-type", "write spec: {length: 32}", "expected a mapping, the spec of the %s", out.Kind)
	case in.Spec.Node != nil:
		out.Spec = spec
	case in.Name.IsSet():
	case known:
		out.Spec = map[string]any{}
	case in.Kind.IsSet():
		in.Kind.Report("missing-field", "write {kind: "+out.Kind+", name: NAME} for one that is there, or its spec", "expected name or spec: a %s does not work without either", out.Kind)
	}
	return out
}

// rewrites are operations on the names of keys.
func rewrites(in []keyRewriteInput) []KeyRewrite {
	var out []KeyRewrite
	for i := range in {
		r := &in[i]
		if r.Node == nil || r.Flawed("regexp", "transform", "merge") {
			continue
		}
		set := 0
		var op KeyRewrite
		if r.Regexp != nil {
			set++
			op.Regexp, op.Source, op.Target = true, r.Regexp.Source.V, r.Regexp.Target.V
			keyPattern(r.Regexp.Source)
		}
		if r.Transform.IsSet() {
			set++
			op.Transform = r.Transform.V
			template(r.Transform.Node, "", op.Transform, eso.KeysOf("value"))
		}
		if r.Merge != nil {
			set++
			op.merges(r.Merge)
		}
		if set != 1 {
			r.Report("bad-rewrite", "write {regexp: {source: ^, target: DB_}}, and an element for each operation", "expected one of regexp, transform and merge, found %s", [...]string{"none", "", "two", "three"}[set])
			continue
		}
		out = append(out, op)
	}
	return out
}

func (op *KeyRewrite) merges(in *rewriteMergeInput) {
	op.Merge = &eso.Merge{Strategy: in.Strategy.Or("Extract"), Into: in.Into.V}
	op.ConflictPolicy, op.PriorityPolicy, op.Priority = in.ConflictPolicy.Or("Error"), in.PriorityPolicy.Or("Strict"), texts(in.Priority)
	switch json := op.Merge.Strategy == "JSON"; {
	case json && !in.Into.IsSet() && !in.Flawed("into"):
		in.Report("missing-field", "write into: all.json, the key that gets them", "missing \"into\": the strategy JSON needs it")
	case !json && in.Into.IsSet():
		in.Into.Report("no-effect", "write strategy: JSON beside it, or remove it", "into has no effect: the strategy Extract makes a key of each")
	}
}

// template reports what is wrong in a template, of a key or, without one, of what is at a place.
func template(at *syntax.Node, key, text string, keys eso.Keys) {
	t, mistakes := eso.Parse(text)
	code := "bad-template"
	if len(mistakes) == 0 {
		mistakes = t.Missing(keys)
		code = "unknown-secret-key"
	}
	of := ""
	if key != "" {
		of = " of " + syntax.Quote(key)
	}
	for _, m := range mistakes {
		at.Report(code, m.Hint, "the template%s, line %d: %s", of, m.Line, m.Text)
	}
}
