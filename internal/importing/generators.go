package importing

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"dario.cat/mergo"
	"github.com/hippotion/roster/internal/syntax"
)

// generators are those of an ApplicationSet, over the files that were read.
type generators struct {
	templates
	files fs.FS
	tree  *tree // what is in them; nil before a generator has looked
}

// beyondFiles are the generators whose answer is not in files.
var beyondFiles = []string{"clusters", "clusterDecisionResource", "scmProvider", "pullRequest", "plugin"}

// all are the parameters of several generators, one after the other. Params are those of the generator before it in a matrix.
func (g *generators) all(list []any, params map[string]any) ([]map[string]any, error) {
	var out []map[string]any
	for _, one := range list {
		m, _ := one.(map[string]any)
		found, err := g.one(m, params)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// answered are the generators whose answer is in files.
var answered = []string{"list", "git", "matrix", "merge"}

// one are the parameters of one generator.
func (g *generators) one(m, params map[string]any) ([]map[string]any, error) {
	for _, name := range beyondFiles {
		if _, there := m[name]; there {
			return nil, fmt.Errorf("its generator %s asks what no file says: export the Applications that it makes from the cluster", name)
		}
	}
	if m["selector"] != nil {
		return nil, errors.New("selector: it is not applied here: export the Applications that it makes from the cluster")
	}
	if len(params) > 0 {
		filled, err := g.fill(m, params)
		if err != nil {
			return nil, err
		}
		m, _ = filled.(map[string]any)
	}
	var kinds []string
	for _, name := range answered {
		if m[name] != nil {
			kinds = append(kinds, name)
		}
		if template := mapping(m, name, "template"); !empty(template["spec"]) || !empty(template["metadata"]) {
			return nil, errors.New(name + ".template: a template of a generator is not merged here")
		}
	}
	if len(kinds) != 1 {
		return nil, fmt.Errorf("a generator that is unknown here: it has %d of %s", len(kinds), strings.Join(answered, ", "))
	}
	switch of := mapping(m, kinds[0]); kinds[0] {
	case "list":
		return g.list(of)
	case "git":
		return g.git(of)
	case "matrix":
		return g.matrix(list(of, "generators"))
	default:
		return g.merge(of)
	}
}

func (g *generators) list(m map[string]any) ([]map[string]any, error) {
	var out []map[string]any
	for _, e := range list(m, "elements") {
		element, ok := e.(map[string]any)
		if !ok {
			return nil, errors.New("list: an element is no mapping")
		}
		if element = cloned(element).(map[string]any); !g.golang {
			var err error
			if element, err = inText(element); err != nil {
				return nil, err
			}
		}
		out = append(out, element)
	}
	if text := text(m, "elementsYaml"); text != "" {
		var more []map[string]any
		if err := syntax.Unmarshal([]byte(text), &more); err != nil {
			return nil, errors.New("list.elementsYaml: it is no list of mappings")
		}
		out = append(out, more...) // as they are, also without Go templates
	}
	return out, nil
}

// inText is an element as templates that are not Go's have it.
func inText(element map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for _, key := range sortedKeys(element) {
		values, isMap := element[key].(map[string]any)
		switch {
		case key != "values":
			out[key] = element[key]
		case !isMap:
			return nil, errors.New("list: Argo CD refuses the element: values is no mapping")
		default:
			for k, v := range values {
				out["values."+k] = v
			}
		}
	}
	for _, key := range sortedKeys(out) {
		if _, isText := out[key].(string); !isText {
			return nil, fmt.Errorf("list: Argo CD refuses the element: %s is no text", key)
		}
	}
	return out, nil
}

// cloned is a value of its own: what is merged is written over.
func cloned(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, one := range v {
			out[key] = cloned(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = cloned(one)
		}
		return out
	}
	return value
}

// matrix is each of one generator with each of another, which may have the first one's parameters.
func (g *generators) matrix(two []any) ([]map[string]any, error) {
	if len(two) != 2 {
		return nil, errors.New("matrix: Argo CD refuses it: it has two generators")
	}
	first, err := g.all(two[:1], nil)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, a := range first {
		second, err := g.all(two[1:], a)
		if err != nil {
			return nil, err
		}
		for _, b := range second {
			both, err := g.both(a, b)
			if err != nil {
				return nil, err
			}
			if out = append(out, both); len(out) > mostApplications {
				return nil, fmt.Errorf("it makes more than %d Applications", mostApplications)
			}
		}
	}
	return out, nil
}

// both are the parameters of two generators in a matrix.
func (g *generators) both(a, b map[string]any) (map[string]any, error) {
	both := map[string]any{}
	if g.golang {
		if err := over(both, b); err != nil {
			return nil, err
		}
		return both, over(both, a)
	}
	for _, of := range []map[string]any{a, b} {
		for _, key := range sortedKeys(of) {
			value := fmt.Sprint(of[key])
			if other, there := both[key]; there && other != value {
				return nil, fmt.Errorf("matrix: Argo CD refuses it: both generators have %s, with different values", key)
			}
			both[key] = value
		}
	}
	return both, nil
}

// over lays a mapping over another one, key by key, with the library that Argo CD has for it: what it makes of empty values, and of lists, is its own.
func over(base, top map[string]any) error {
	if !compatible(base, top) {
		return errors.New("values of a generator git and those of another one are merged: there, Argo CD fails")
	}
	if err := mergo.Merge(&base, top, mergo.WithOverride); err != nil {
		return errors.New("the parameters of two generators, which Argo CD refuses to merge")
	}
	return nil
}

// compatible reports whether mergo can merge two mappings: it panics where any values are put among texts.
func compatible(base, top map[string]any) bool {
	for key, value := range top {
		above, isMap := value.(map[string]any)
		if _, texts := base[key].(map[string]string); texts && isMap {
			return false
		}
		if below, alsoMap := base[key].(map[string]any); isMap && alsoMap && !compatible(below, above) {
			return false
		}
	}
	return true
}

// merge are the parameters of the first generator, each with those of the others that have the same keys.
func (g *generators) merge(m map[string]any) ([]map[string]any, error) {
	keys := texts(m, "mergeKeys")
	all := list(m, "generators")
	if len(all) < 2 || len(keys) == 0 {
		return nil, errors.New("merge: Argo CD refuses it: it has mergeKeys and two generators")
	}
	id := func(params map[string]any) string {
		var out []any
		for _, key := range keys {
			out = append(out, params[key])
		}
		return canonical(out)
	}
	var base []map[string]any
	for i, one := range all {
		sets, err := g.all([]any{one}, nil)
		if err != nil {
			return nil, err
		}
		byID := map[string]map[string]any{}
		for _, s := range sets {
			if byID[id(s)] != nil {
				return nil, errors.New("merge: Argo CD refuses it: two sets of parameters have the same keys")
			}
			byID[id(s)] = s
		}
		if i == 0 {
			base = sets
			continue
		}
		for _, b := range base {
			if err := g.override(b, byID[id(b)]); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(base, func(a, b map[string]any) int { return strings.Compare(id(a), id(b)) })
	return base, nil
}

// override lays parameters over those of the first generator of a merge.
func (g *generators) override(base, top map[string]any) error {
	if g.golang {
		return over(base, top)
	}
	maps.Copy(base, top)
	return nil
}
