package source

import (
	"errors"
	"io/fs"
	"net/url"
	"path"
	"strings"
)

// Copies is where a repository holds copies of what was fetched.
type Copies struct {
	Repository string // the root of the repository on the disk
	Tree       string // in its place, the root of a commit's files, as internal/git writes it; with neither, there are no copies
	Folder     string // of the copies, relative to the root
	At         string // where that is in the repository when it is only a part of it; "." (or empty) for all of it
}

// None reports whether there are none.
func (c Copies) None() bool { return c.Repository == "" && c.Tree == "" }

// Inside is where something in the repository lies below the root; false when it is not in that part.
func (c Copies) Inside(name string) (string, bool) {
	if c.At == "" || c.At == "." {
		return name, true
	}
	return strings.CutPrefix(name, c.At+"/")
}

// Copied are sources of which a repository may hold copies: those come first.
type Copied interface {
	With(Copies) Sources
}

// ErrChanged is why a copy in a repository is not used.
var ErrChanged = errors.New("is not what " + LockFile + " has")

// CopyName is where the copy of something lies in the folder of copies: a chart as helm pull writes it, NAME-VERSION.tgz; a repository
// with its beginning of a commit, git/HOST/PATH@COMMIT; manifests of a registry, oci/HOST/PATH@TAG; a file, files/HOST/PATH.
func (k Locked) CopyName() string {
	const commit = 12 // characters of it
	switch {
	case k.Kind == Git:
		return "git/" + placeOf(k.URL) + "@" + k.Resolved[:min(len(k.Resolved), commit)]
	case k.Kind == File:
		return "files/" + placeOf(k.URL)
	case k.Digest.IsTree():
		return "oci/" + placeOf(k.URL) + "@" + fileName(k.Resolved)
	}
	return strings.TrimSuffix(k.FileName(), ".tgz") + "-" + fileName(k.Resolved) + ".tgz"
}

// placeOf is a URL as a path of files.
func placeOf(address string) string {
	u, err := url.Parse(address)
	where := ""
	if err == nil && u.Host != "" {
		where = u.Host + "/" + u.Path
		if u.RawQuery != "" {
			where += "?" + u.RawQuery
		}
	} else { // git@git.example:house/apps.git
		_, where, _ = strings.Cut(address, "@")
		where = strings.Replace(where, ":", "/", 1)
	}
	var parts []string
	for part := range strings.SplitSeq(where, "/") {
		if part != "" {
			parts = append(parts, fileName(part))
		}
	}
	return path.Join(parts...)
}

// fileName is a text as the name of a file that nothing treats as special.
func fileName(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._+=~-", r):
			return r
		}
		return '_'
	}, text)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") {
		name = "_" + name[1:]
	}
	return name
}

// TreeOf is a folder as a tree, whose links are followed within it alone. It is ErrChanged when its digest is another one. It can be used
// as long as the folder can be read, and it is an error when a file is read that has changed since.
func TreeOf(from fs.FS, digest Digest) (fs.FS, error) {
	lines := NewTreeWriter(nowhere{})
	if err := AddFolder(lines, from); err != nil {
		return nil, err
	}
	found, err := lines.Close()
	if err != nil {
		return nil, err
	}
	if found != digest {
		return nil, ErrChanged
	}
	out := &files{folder(".")}
	for _, f := range lines.files {
		e := f.entry(func() ([]byte, error) {
			data, err := fs.ReadFile(from, f.path)
			if err == nil && !f.is(data) {
				err = ErrChanged
			}
			return data, err
		})
		if f.kind == "l" {
			if e.target, err = fs.ReadLink(from, f.path); err != nil {
				return nil, err
			}
		}
		if err := out.add(f.path, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nowhere is where the contents of a tree go of which only the digest is of interest.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// AddFolder adds all files of a folder to a tree.
func AddFolder(to *TreeWriter, from fs.FS) error {
	return fs.WalkDir(from, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			target, err := fs.ReadLink(from, name)
			if err != nil {
				return err
			}
			return to.Add(name, fs.ModeSymlink, strings.NewReader(target))
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return errors.New("it has " + shown(name) + ", which is neither a file nor a folder")
		}
		f, err := from.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(to.Add(name, info.Mode(), f), f.Close())
	})
}
