// Package catalog reads what is to run in a cluster, applications.yml with platform.yml and profiles/ beside it, into a
// Platform in which every name is bound and every default applied.
//
// All mistakes of the input are found here, and reported with their place; what comes behind cannot fail because of the
// input. The package reads through the file system that it is given, and nothing else: no environment, no network. It
// does not know what objects a platform becomes.
package catalog

import (
	"errors"
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

// Options are what the caller knows, besides the files.
type Options struct {
	// RepoURL and Revision are those of the repository that holds the list, for a platform.yml that does not say them.
	RepoURL, Revision string
	// TopIsRoot says that the top of fsys is the root of the Git repository: repository.root must lead there.
	TopIsRoot bool
	// Application, when set, is the code of the only application whose source is looked into. The others have none, and the
	// files that they name need not be there.
	Application string
}

// Load reads the platform in folder dir of fsys. Nothing outside of fsys is read, so fsys must be the repository (or what
// part of it may be trusted), and must itself keep symbolic links from leading out, as os.Root does.
//
// The platform is nil when the input has mistakes; these are in the list, in order. An error means that a file is there
// but could not be read.
func Load(fsys fs.FS, dir string, options Options) (*Platform, diag.List, error) {
	var diags diag.List
	r := &resolver{sources: map[string]*localSource{}, fsys: fsys, opts: options, dir: path.Clean(dir), diags: &diags}
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
	doc, err := syntax.Read(r.fsys, path.Join(r.dir, name), name, r.diags)
	if !errors.Is(err, fs.ErrNotExist) {
		return doc, err
	}
	missing := diag.Diagnostic{Pos: diag.Position{File: name}, Code: "missing-file", Message: "there is no such file", Hint: "name the folder that holds it"}
	other := strings.TrimSuffix(name, ".yml") + ".yaml"
	if _, err := fs.Stat(r.fsys, path.Join(r.dir, other)); err == nil {
		missing.Message, missing.Hint = "the file is named "+other+": it would not be read", "rename "+other
	} else if name == PlatformFile {
		return nil, nil
	}
	r.diags.Add(missing)
	return nil, nil
}
