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

// git are folders or files of a repository, for which what was read is taken.
func (g *generators) git(m map[string]any) ([]map[string]any, error) {
	if g.files == nil {
		return nil, errors.New("its generator git looks at a repository: import the folder, or export the Applications that it makes")
	}
	g.seen = true
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
	for key, value := range filled {
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
		for key, one := range v {
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
