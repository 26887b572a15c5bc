package importing

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// git are folders or files of a repository, for which what was read is taken.
func (g *generators) git(m map[string]any) ([]map[string]any, error) {
	if g.files == nil {
		return nil, errors.New("its generator git looks at a repository: import the folder, or export the Applications that it makes")
	}
	var out []map[string]any
	if err := g.look(); err != nil {
		return nil, err
	}
	var err error
	if directories := list(m, "directories"); len(directories) > 0 {
		out, err = g.directories(m, directories)
	} else if files := list(m, "files"); len(files) > 0 {
		out, err = g.contents(m, files)
	} else {
		err = errors.New("git: Argo CD refuses it: it has neither directories nor files")
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
	filled := map[string]string{}
	for _, key := range sortedKeys(values) {
		value, err := g.text(text(values, key), params)
		if err != nil {
			return err
		}
		filled[key] = value
	}
	if len(filled) > 0 && g.golang {
		params["values"] = filled
		return nil
	}
	for key, value := range filled {
		params["values."+key] = value
	}
	return nil
}

// matching are the names that one of the patterns matches, and none that excludes.
func (g *generators) matching(patterns []any, names []string, matcher func(pattern string) (func(name string) bool, error)) ([]string, error) {
	in, out := map[string]bool{}, map[string]bool{}
	for _, p := range patterns {
		m, _ := p.(map[string]any)
		matches, err := matcher(text(m, "path"))
		if err != nil {
			return nil, err
		}
		to := in
		if m["exclude"] == true {
			to = out
		}
		if g.tree.compared += len(names); g.tree.compared > mostCompared {
			return nil, errors.New("its generators compare too many names with too many patterns")
		}
		for _, name := range names {
			if matches(name) {
				to[name] = true
			}
		}
	}
	return slices.DeleteFunc(sortedKeys(in), func(name string) bool { return out[name] }), nil
}

func (g *generators) directories(m map[string]any, patterns []any) ([]map[string]any, error) {
	names, err := g.matching(patterns, g.tree.directories, func(pattern string) (func(string) bool, error) {
		return func(name string) bool { ok, err := path.Match(pattern, name); return err == nil && ok }, nil
	})
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, dir := range names {
		out = append(out, g.pathParams(map[string]any{}, m, dir, ""))
	}
	return out, nil
}

// pathParams adds what a generator says of a path; the name of a file is empty for a folder.
func (g *generators) pathParams(params, m map[string]any, dir, name string) map[string]any {
	prefix := text(m, "pathParamPrefix")
	segments := strings.Split(dir, "/")
	if g.golang {
		p := map[string]any{"path": dir, "basename": path.Base(dir), "basenameNormalized": sanitized(path.Base(dir)), "segments": segments}
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
	names, err := g.matching(patterns, g.tree.files, pathspec)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, name := range names {
		data, err := g.tree.read(name)
		if err != nil {
			return nil, fmt.Errorf("git.files: %s %w", name, err)
		}
		var value any
		if err := syntax.Unmarshal(data, &value); err != nil {
			return nil, fmt.Errorf("git.files: %s is not YAML", name)
		}
		objects, isList := value.([]any)
		if !isList {
			objects = []any{value}
		}
		for _, o := range objects {
			params, ok := o.(map[string]any)
			if !ok && o != nil {
				return nil, fmt.Errorf("git.files: %s is no mapping", name)
			}
			flat := map[string]any{}
			if g.golang {
				for key, one := range params {
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
		for _, key := range sortedKeys(v) { // a.b and b below a are one
			flatten(out, join(key), v[key])
		}
	case []any:
		for i, one := range v {
			flatten(out, join(strconv.Itoa(i)), one)
		}
	default:
		out[at] = fmt.Sprint(value)
	}
}
