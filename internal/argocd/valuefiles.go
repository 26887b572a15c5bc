package argocd

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Value files may be named by patterns since Argo CD 3.4 (reposerver/repository, getResolvedValueFiles).

// IsPattern reports whether Argo CD treats the path of a value file as a pattern.
func IsPattern(file string) bool { return strings.ContainsAny(file, "*?[") }

// FolderOf is the deepest folder that holds everything that a pattern may match.
func FolderOf(pattern string) string {
	folder, _ := doublestar.SplitPattern(path.Clean(pattern))
	return path.Clean(folder)
}

const (
	mostAlternatives = 32     // in braces, which multiply
	mostBraces       = 4      // pairs of them
	mostAnywhere     = 4      // **, each of which tries all folders below those of the one before
	longestPattern   = 1000   // characters
	mostLookedAt     = 200000 // files and folders, some of them several times
)

var (
	errComplex = errors.New("the pattern is too complex")
	errMany    = errors.New("there is too much to look through: name a folder that is deeper")
	errPattern = errors.New("it is not a pattern")
)

// Match lists the files and folders that a pattern matches, in the order in which Argo CD reads them.
func Match(files fs.FS, pattern string) ([]string, error) {
	if len(pattern) > longestPattern || strings.Count(pattern, "{") > mostBraces || strings.Count(pattern, ",") > mostAlternatives || anywhere(pattern) > mostAnywhere {
		return nil, errComplex
	}
	pattern = path.Clean(pattern)
	looking := &bounded{files: files}
	found, err := doublestar.Glob(looking, pattern, doublestar.WithFailOnIOErrors())
	switch {
	case errors.Is(err, doublestar.ErrBadPattern):
		return nil, errPattern
	case err != nil:
		return nil, err
	}
	return found, nil
}

// anywhere is how many parts of a pattern stand for folders at any depth.
func anywhere(pattern string) int {
	n := 0
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.Contains(part, "**") && strings.Trim(part, "*{},") == "" {
			n++
		}
	}
	return n
}

// bounded are files of which only so many are looked at: links may lead around in circles. What cannot be read is not there, as for Argo
// CD.
type bounded struct {
	files fs.FS
	seen  int
}

func (b *bounded) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} // patterns are matched by names
}

func (b *bounded) Stat(name string) (fs.FileInfo, error) {
	if b.seen++; b.seen > mostLookedAt {
		return nil, errMany
	}
	info, err := fs.Stat(b.files, name)
	if err != nil {
		err = fs.ErrNotExist
	}
	return info, err
}

func (b *bounded) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(b.files, name)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	if b.seen += 1 + len(entries); b.seen > mostLookedAt {
		return nil, errMany
	}
	return entries, nil
}

// Asked is what an Application lists among its value files: a file, or what a pattern matches.
type Asked[File comparable] struct {
	Files   []File
	Pattern bool
}

// InOrder are value files in the order in which Argo CD reads them, each once: one that is listed by its name is read there, and not where
// a pattern matches it.
func InOrder[File comparable](asked []Asked[File]) []File {
	named, seen := map[File]bool{}, map[File]bool{}
	for _, a := range asked {
		for _, f := range a.Files {
			named[f] = named[f] || !a.Pattern
		}
	}
	var out []File
	for _, a := range asked {
		for _, f := range a.Files {
			if !seen[f] && (!a.Pattern || !named[f]) {
				seen[f] = true
				out = append(out, f)
			}
		}
	}
	return out
}
