package importing

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hippotion/roster/internal/syntax"
)

// generators are those of an ApplicationSet, over the files that were read.
type generators struct {
	templates
	files        fs.FS
	repositories []string // that git generators name
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
			for key, value := range element { //nolint:maprange // a mapping is made of it
				if values, isMap := value.(map[string]any); isMap && key == "values" {
					for k, v := range values { //nolint:maprange // likewise
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

// git are folders or files of a repository, for which what was read is taken.
func (g *generators) git(m map[string]any) ([]map[string]any, error) {
	if g.files == nil {
		return nil, errors.New("its generator git looks at a repository: import the folder, or export the Applications that it makes")
	}
	if url := text(m, "repoURL"); !slices.Contains(g.repositories, url) {
		g.repositories = append(g.repositories, url)
	}
	var out []map[string]any
	var err error
	if directories := list(m, "directories"); len(directories) > 0 {
		out, err = g.directories(m, directories)
	} else {
		out, err = g.contents(m, list(m, "files"))
	}
	if err != nil {
		return nil, err
	}
	for _, params := range out {
		if err := g.values(mapping(m, "values"), params); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// values adds the values of a generator, which may have its parameters.
func (g *generators) values(values, params map[string]any) error {
	filled := map[string]any{}
	for _, key := range sortedKeys(values) {
		value, err := g.fill(values[key], params)
		if err != nil {
			return err
		}
		filled[key] = value
	}
	if len(filled) > 0 && g.golang {
		params["values"] = filled
		return nil
	}
	for key, value := range filled { //nolint:maprange // a mapping is made of it
		params["values."+key] = value
	}
	return nil
}

// matching are the paths that one of the patterns matches, and none that excludes.
func matching(patterns []any, matches func(pattern string) []string) []string {
	in, out := map[string]bool{}, map[string]bool{}
	for _, p := range patterns {
		m, _ := p.(map[string]any)
		for _, found := range matches(text(m, "path")) {
			if m["exclude"] == true {
				out[found] = true
			} else {
				in[found] = true
			}
		}
	}
	var all []string
	for _, name := range sortedKeys(in) {
		if !out[name] {
			all = append(all, name)
		}
	}
	return all
}

func (g *generators) directories(m map[string]any, patterns []any) ([]map[string]any, error) {
	var all []string
	err := fs.WalkDir(g.files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir() || name == ".":
		case strings.HasPrefix(path.Base(name), "."): // as Argo CD's repo server (reposerver/repository, GetGitDirectories)
			return fs.SkipDir
		default:
			if all = append(all, name); len(all) > mostFiles {
				return errors.New("the folder has too many folders")
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, dir := range matching(patterns, func(pattern string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(dir string) bool { ok, err := path.Match(pattern, dir); return err != nil || !ok })
	}) {
		out = append(out, g.pathParams(map[string]any{}, m, dir, ""))
	}
	return out, nil
}

// pathParams adds what a generator says of a path; the name of a file is empty for a folder.
func (g *generators) pathParams(params, m map[string]any, dir, name string) map[string]any {
	prefix := text(m, "pathParamPrefix")
	segments := strings.Split(dir, "/")
	if g.golang {
		var all []any
		for _, s := range segments {
			all = append(all, s)
		}
		p := map[string]any{"path": dir, "basename": path.Base(dir), "basenameNormalized": sanitized(path.Base(dir)), "segments": all}
		if name != "" {
			p["filename"], p["filenameNormalized"] = name, sanitized(name)
		}
		if prefix != "" {
			params[prefix] = map[string]any{"path": p}
		} else {
			params["path"] = p
		}
		return params
	}
	at := strings.TrimPrefix(prefix+".path", ".")
	params[at], params[at+".basename"], params[at+".basenameNormalized"] = dir, path.Base(dir), sanitized(path.Base(dir))
	if name != "" {
		params[at+".filename"], params[at+".filenameNormalized"] = name, sanitized(name)
	}
	for i, s := range segments {
		if s != "" {
			params[at+"["+strconv.Itoa(i)+"]"] = s
		}
	}
	return params
}

// contents are the files of a repository with what they say: a mapping, or a list of some.
func (g *generators) contents(m map[string]any, patterns []any) ([]map[string]any, error) {
	var failed error
	names := matching(patterns, func(pattern string) []string {
		found, err := doublestar.Glob(g.files, path.Clean(pattern), doublestar.WithFilesOnly(), doublestar.WithNoFollow())
		if err != nil {
			failed = fmt.Errorf("git.files: the pattern %q cannot be read", pattern)
		}
		return found
	})
	if failed != nil {
		return nil, failed
	}
	var out []map[string]any
	for _, name := range names {
		data, err := syntax.ReadFile(g.files, name)
		if err != nil {
			return nil, fmt.Errorf("git.files: %s cannot be read", name)
		}
		var value any
		if err := syntax.Unmarshal(data, &value); err != nil {
			return nil, fmt.Errorf("git.files: %s is not YAML", name)
		}
		objects, isList := value.([]any)
		if !isList {
			objects = []any{value}
		} else if len(objects) == 0 {
			objects = []any{map[string]any{}}
		}
		for _, o := range objects {
			params, ok := o.(map[string]any)
			if !ok && o != nil {
				return nil, fmt.Errorf("git.files: %s is no mapping", name)
			}
			flat := map[string]any{}
			if g.golang {
				for key, one := range params { //nolint:maprange // a copy
					flat[key] = one
				}
			} else {
				flatten(flat, "", params)
			}
			out = append(out, g.pathParams(flat, m, path.Dir(name), path.Base(name)))
		}
	}
	return out, nil
}

// flatten writes a value as keys with dots.
func flatten(out map[string]any, at string, value any) {
	join := func(key string) string { return strings.TrimPrefix(at+"."+key, ".") }
	switch v := value.(type) {
	case map[string]any:
		for key, one := range v { //nolint:maprange // a mapping is made of it
			flatten(out, join(key), one)
		}
		if len(v) == 0 && at != "" {
			out[at] = "map[]"
		}
	case []any:
		for i, one := range v {
			flatten(out, join(strconv.Itoa(i)), one)
		}
		if len(v) == 0 {
			out[at] = "[]"
		}
	default:
		if at != "" {
			out[at] = fmt.Sprint(value)
		}
	}
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
				for key, value := range a { //nolint:maprange // only asks
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
	for key, value := range top { //nolint:maprange // a mapping is made of it
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
