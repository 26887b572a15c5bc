package importing

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// generators are those of an ApplicationSet, over the files that were read.
type generators struct {
	templates
	files fs.FS
	seen  bool // whether a generator has looked at them
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
	if params != nil {
		filled, err := g.fill(m, params)
		if err != nil {
			return nil, err
		}
		m, _ = filled.(map[string]any)
	}
	for _, name := range []string{"list", "git", "matrix", "merge"} {
		if one := mapping(m, name); !empty(mapping(one, "template")["spec"]) {
			return nil, errors.New(name + ".template: a template of a generator is not merged here")
		}
	}
	switch {
	case m["list"] != nil:
		return g.list(mapping(m, "list"))
	case m["git"] != nil:
		return g.git(mapping(m, "git"))
	case m["matrix"] != nil:
		return g.matrix(list(mapping(m, "matrix"), "generators"), params)
	case m["merge"] != nil:
		return g.merge(mapping(m, "merge"))
	}
	return nil, errors.New("a generator that is unknown here")
}

func (g *generators) list(m map[string]any) ([]map[string]any, error) {
	elements := list(m, "elements")
	if text := text(m, "elementsYaml"); text != "" {
		var more []any
		if err := syntax.Unmarshal([]byte(text), &more); err != nil {
			return nil, errors.New("list.elementsYaml: it is no list of mappings")
		}
		elements = append(slices.Clip(elements), more...)
	}
	var out []map[string]any
	for _, e := range elements {
		element, ok := e.(map[string]any)
		if !ok {
			return nil, errors.New("list: an element is no mapping")
		}
		if !g.golang {
			flat := map[string]any{}
			for key, value := range element {
				if values, isMap := value.(map[string]any); isMap && key == "values" {
					for k, v := range values {
						flat["values."+k] = v
					}
				} else if _, isText := value.(string); !isText {
					return nil, fmt.Errorf("list: Argo CD refuses the element: %s is no text", key)
				} else {
					flat[key] = value
				}
			}
			element = flat
		}
		out = append(out, element)
	}
	return out, nil
}

// matrix is each of one generator with each of another, which may have the first one's parameters.
func (g *generators) matrix(two []any, outer map[string]any) ([]map[string]any, error) {
	if len(two) != 2 {
		return nil, errors.New("matrix: it has two generators")
	}
	first, err := g.all(two[:1], outer)
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
			both := map[string]any{}
			over(both, b)
			if !g.golang {
				for key, value := range a {
					if other, there := b[key]; there && other != value {
						return nil, fmt.Errorf("matrix: Argo CD refuses it: both generators have %s, with different values", key)
					}
				}
			}
			over(both, a)
			if out = append(out, both); len(out) > mostApplications {
				return nil, fmt.Errorf("it makes more than %d Applications", mostApplications)
			}
		}
	}
	return out, nil
}

// over lays a mapping over another one, key by key; what is empty replaces nothing.
func over(base, top map[string]any) {
	for key, value := range top {
		below, isMap := base[key].(map[string]any)
		above, alsoMap := value.(map[string]any)
		switch {
		case isMap && alsoMap:
			merged := map[string]any{}
			over(merged, below)
			over(merged, above)
			base[key] = merged
		case base[key] == nil || !empty(value) && value != "" && value != false:
			base[key] = value
		}
	}
}

// merge are the parameters of the first generator, each with those of the others that have the same keys.
func (g *generators) merge(m map[string]any) ([]map[string]any, error) {
	keys := texts(m, "mergeKeys")
	all := list(m, "generators")
	if len(all) < 2 || len(keys) == 0 {
		return nil, errors.New("merge: it has mergeKeys and two generators")
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
			if top := byID[id(b)]; top != nil {
				over(b, top)
			}
		}
	}
	slices.SortStableFunc(base, func(a, b map[string]any) int { return strings.Compare(id(a), id(b)) })
	return base, nil
}
