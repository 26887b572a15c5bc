package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render/workload"
)

// input is a platform, and where it was read from.
type input struct {
	platform   *catalog.Platform
	repository string // the absolute path of the repository's root, or of the part of it that is here
	at         string // where that part lies in the repository; "." for all of it
	shown      string // the folder of the list, as the user named it
	root       string // of the repository, seen from the top of the checkout
	within     string // the folder of the list, seen from there

	revision string           // the commit, when Argo CD says it
	cluster  workload.Cluster // that is deployed to, as Argo CD describes it
}

// load reads the platform in folder dir and prints what is wrong with it to stderr.
func load(dir, repository string, stderr io.Writer) (*input, error) {
	in, diags, err := open(dir, repository)
	if err != nil {
		return nil, err
	}
	return in, reported(diags, stderr, in.shown)
}

// open reads the platform in folder dir; it is nil when there is something wrong with it. Only files of the repository are
// read: of the folder named, else of the Git checkout around dir, else of dir itself.
func open(dir, repository string) (*input, diag.List, error) {
	here, err := folder(dir)
	if err != nil {
		return nil, nil, err
	}
	top := checkout(here)
	if repository != "" {
		if top, err = folder(repository); err != nil {
			return nil, nil, err
		}
	}
	inside, err := filepath.Rel(top, here)
	if err != nil || !filepath.IsLocal(inside) {
		return nil, nil, fmt.Errorf("%q is not in the repository %q", dir, repository)
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	in := &input{at: ".", shown: filepath.ToSlash(dir), within: filepath.ToSlash(inside)}
	platform, diags, err := catalog.Load(root.FS(), filepath.ToSlash(inside), catalog.Options{})
	if platform != nil {
		in.platform, in.root = platform, platform.Repository.Root
		in.repository = filepath.Join(top, filepath.FromSlash(in.root))
	}
	return in, diags, err
}

// reported prints what is wrong, with the folder as the user named it, and returns errReported, if there is anything.
func reported(diags diag.List, stderr io.Writer, shown string) error {
	if len(diags) == 0 {
		return nil
	}
	if err := diags.Print(stderr, shown); err != nil {
		return err
	}
	return errReported
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
