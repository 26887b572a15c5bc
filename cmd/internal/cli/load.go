package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hippotion/roster/catalog"
)

// input is a platform, and where it was read from.
type input struct {
	platform   *catalog.Platform
	repository string // the absolute path of the repository's root, or of the part of it that is here
	at         string // where that part lies in the repository; "." for all of it
	shown      string // the folder of the list, as the user named it

	revision string  // the commit, when Argo CD says it
	cluster  cluster // as Argo CD describes it
}

// cluster is what Argo CD says about the cluster that is deployed to.
type cluster struct {
	kubeVersion string
	apiVersions []string
}

// load reads the platform in folder dir and prints what is wrong with it to stderr. Only files of the repository are read:
// of the folder named, else of the Git checkout around dir, else of dir itself.
func load(dir, repository string, stderr io.Writer) (*input, error) {
	here, err := folder(dir)
	if err != nil {
		return nil, err
	}
	top := checkout(here)
	if repository != "" {
		if top, err = folder(repository); err != nil {
			return nil, err
		}
	}
	inside, err := filepath.Rel(top, here)
	if err != nil || !filepath.IsLocal(inside) {
		return nil, fmt.Errorf("%q is not in the repository %q", dir, repository)
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	platform, diags, err := catalog.Load(root.FS(), filepath.ToSlash(inside), catalog.Options{})
	if err != nil {
		return nil, err
	}
	if len(diags) > 0 {
		if err := diags.Print(stderr, filepath.ToSlash(dir)); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	return &input{platform: platform, repository: filepath.Join(top, filepath.FromSlash(platform.Repository.Root)), at: ".",
		shown: filepath.ToSlash(dir)}, nil
}

// folder is the absolute path of an existing folder, without symbolic links.
func folder(dir string) (string, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no folder %q", dir)
	case err != nil:
		return "", fmt.Errorf("reading %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("%q is not a folder\n  hint: name the folder that holds %s", dir, catalog.ApplicationsFile)
	}
	full, err := filepath.Abs(dir)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	return full, err
}

// checkout is the root of the Git checkout around dir, or dir when there is none.
func checkout(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
