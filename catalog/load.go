// Package catalog reads what is to run in a cluster, applications.yml with platform.yml and profiles/ beside it, into a
// Platform in which every name is bound and every default applied.
//
// All mistakes of the input are found here, and reported with their place; what comes behind cannot fail because of the
// input. The package reads through the file system that it is given, and nothing else: no environment, no network. It
// does not know what objects a platform becomes.
package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// The files that make up the input, in the folder that the user names.
const (
	ApplicationsFile = "applications.yml"
	PlatformFile     = "platform.yml"
	ProfilesDir      = "profiles"
)

// Load reads the platform in folder dir of fsys. Nothing outside of fsys is read, so fsys must be the repository (or what
// part of it may be trusted), and must itself keep symbolic links from leading out, as os.Root does.
//
// The platform is nil when the input has mistakes; these are in the list, in order. An error means that a file is there
// but could not be read.
func Load(fsys fs.FS, dir string) (*Platform, diag.List, error) {
	var diags diag.List
	r := &resolver{fsys: fsys, dir: path.Clean(dir), diags: &diags}
	if doc, err := r.open(PlatformFile); err != nil {
		return nil, nil, err
	} else if doc != nil {
		doc.Decode(&r.in)
	}
	doc, err := r.open(ApplicationsFile)
	if err != nil {
		return nil, nil, err
	}
	if doc != nil {
		doc.Decode(&r.entries)
		if len(diags) == 0 && len(r.entries) == 0 {
			doc.Root().Report("empty", "add an entry, such as: - namespace: web-whoami", "the list has no namespaces")
		}
	}
	r.noteFlaws()
	r.settings()
	names := profiles.Names{IngressController: r.controller, DNS: r.dns, APIServerPort: r.apiServerPort}
	if r.profiles, err = profiles.Load(fsys, path.Join(dir, ProfilesDir), names, &diags); err != nil {
		return nil, nil, err
	}
	platform := r.resolve()
	if len(diags) > 0 {
		return nil, diags.Sorted(), nil
	}
	return platform, nil, nil
}

// open parses one file of the input. The document is nil when there is none, or when it is not YAML, which is reported.
func (r *resolver) open(name string) (*syntax.Document, error) {
	report := func(code, hint, format string, args ...any) (*syntax.Document, error) {
		r.diags.Add(diag.Diagnostic{Pos: diag.Position{File: name}, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)})
		return nil, nil
	}
	file := path.Join(r.dir, name)
	info, err := fs.Stat(r.fsys, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		other := strings.TrimSuffix(name, ".yml") + ".yaml"
		if _, err := fs.Stat(r.fsys, path.Join(r.dir, other)); err == nil {
			return report("missing-file", "rename "+other, "the file is named %s: it would not be read", other)
		}
		if name == PlatformFile {
			return nil, nil
		}
		return report("missing-file", "name the folder that holds it", "there is no such file")
	case err != nil && isLink(r.fsys, file):
		return report("path-outside", "keep the file itself in the repository", "the file is a link that leads out of the repository, or nowhere")
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", name, err)
	case !info.Mode().IsRegular(): // a pipe would hang
		return report("missing-file", "", "expected a file, found a %s", kindOf(info))
	case info.Size() > syntax.MaxBytes:
		return report("too-large", "", "expected at most %d MiB, found %d MiB", syntax.MaxBytes>>20, info.Size()>>20)
	}
	f, err := r.fsys.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, syntax.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return syntax.Parse(name, data, r.diags), nil
}

func isLink(fsys fs.FS, file string) bool {
	info, err := fs.Lstat(fsys, file)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func kindOf(info fs.FileInfo) string {
	if info.IsDir() {
		return "folder"
	}
	return "special file"
}
