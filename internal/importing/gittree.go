package importing

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
)

const (
	// mostCompared is how many names the patterns of a set's generators may be compared with.
	mostCompared = 50_000_000
	// mostNames is how many files a folder may have that generators look at.
	mostNames = 200_000
)

// tree is what is in a folder, as Git has it: folders are there when files are.
type tree struct {
	from               fs.FS
	directories, files []string // in order
	links              map[string]bool
	compared, bytes    int // what generators have cost
}

// look finds out what is in the folder, once.
func (g *generators) look() error {
	if g.tree != nil {
		return nil
	}
	g.tree = &tree{from: g.files, links: map[string]bool{}}
	directories := map[string]bool{}
	err := fs.WalkDir(g.files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if g.tree.files = append(g.tree.files, name); len(g.tree.files) > mostNames {
			return errors.New("the folder has too many files")
		}
		g.tree.links[name] = !d.Type().IsRegular()
		for dir := path.Dir(name); dir != "." && !directories[dir]; dir = path.Dir(dir) {
			directories[dir] = true
		}
		return nil
	})
	// As Argo CD's repo server (reposerver/repository, GetGitDirectories), which does not look into what is hidden.
	g.tree.directories = slices.DeleteFunc(slices.Sorted(maps.Keys(directories)), func(dir string) bool { return strings.Contains("/"+dir, "/.") })
	return err
}

// read is the text of a file.
func (t *tree) read(name string) ([]byte, error) {
	if t.links[name] {
		return nil, errors.New("is a link, which is not followed here")
	}
	data, err := syntax.ReadFile(t.from, name)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	if t.bytes += len(data); t.bytes > mostBytes {
		return nil, errors.New("is read too often")
	}
	return data, nil
}

var class = lazy.Regexp(`^\[[!^]?[^\[\]\\]+\]`)

// pathspec reports which files a pattern of git.files means: it is one of Git (gitglossary, pathspec), where * and ? match slashes, too, and a
// folder means all that is in it. Argo CD has another way, which an administrator may turn on; no file says so.
func pathspec(pattern string) (func(name string) bool, error) {
	if pattern == "" || strings.HasPrefix(pattern, ":") || strings.HasPrefix(pattern, "/") {
		return nil, errors.New("git.files: a path that is empty, or begins with a colon or a slash")
	}
	clean := path.Clean(pattern)
	if clean == ".." || strings.HasPrefix(clean, "../") {
		return nil, errors.New("git.files: a path that leaves the repository")
	}
	folder := strings.HasSuffix(pattern, "/")
	literal := func(name string) bool {
		return clean == "." || name == clean && !folder || strings.HasPrefix(name, clean+"/")
	}
	if !strings.ContainsAny(clean, `*?[\`) {
		return literal, nil
	}
	if folder {
		clean += "/"
	}
	matches, err := wildcard(clean)
	if err != nil {
		return nil, err
	}
	return func(name string) bool { return literal(name) || matches(name) }, nil
}

// wildcard is a pattern of Git's as an expression, whose cost is linear.
func wildcard(pattern string) (func(name string) bool, error) {
	b := strings.Builder{}
	b.WriteString("(?s)^")
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[':
			found := class().FindString(pattern[i:])
			if found == "" {
				return nil, errors.New("git.files: a pattern with characters in brackets that is not understood here")
			}
			if i += len(found) - 1; found[1] == '!' {
				found = "[^" + found[2:]
			}
			b.WriteString(found)
		case '\\':
			i++
			fallthrough
		default:
			if i == len(pattern) {
				return nil, errors.New("git.files: a pattern that ends with a backslash")
			}
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	expression, err := regexp.Compile(b.String() + "$")
	if err != nil {
		return nil, errors.New("git.files: a pattern that is not understood here")
	}
	return expression.MatchString, nil
}
