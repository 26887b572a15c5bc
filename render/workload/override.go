package workload

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// options are the parts of a source that Argo CD takes from files beside it.
type options struct {
	Helm      *Helm      `json:"helm,omitempty"`
	Kustomize *Kustomize `json:"kustomize,omitempty"`
	Directory *Directory `json:"directory,omitempty"`
}

// override is app with .argocd-source.yaml and .argocd-source-CODE.yaml of its folder applied as JSON merge patches: the
// image updater writes its tags there (argo-cd docs/user-guide/parameters.md, "Store overrides in Git").
func (r *Renderer) override(app *Application) (*Application, diag.List) {
	if app.Kind == Catalog || app.Remote != nil || strings.HasSuffix(app.Path, ".tgz") {
		return app, nil
	}
	for _, name := range [...]string{".argocd-source.yaml", ".argocd-source-" + app.Code + ".yaml"} {
		at := diag.Position{File: path.Join(app.Path, name)}
		data, err := syntax.ReadFile(r.files.Repository, at.File)
		excess := (*syntax.Excess)(nil)
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist), r.isFolder(at.File):
			continue
		case errors.As(err, &excess):
			return nil, diag.List{excess.At(at.File, app.Code)}
		default:
			return nil, diag.List{app.failure(at, "path-outside", "", "the file cannot be read in the repository")}
		}
		merged := *app
		if err := merged.merge(data); errors.As(err, &excess) {
			return nil, diag.List{excess.At(at.File, app.Code)}
		} else if err != nil {
			message := strings.TrimPrefix(firstLine(err.Error()), "json: ")
			return nil, diag.List{app.failure(at, "bad-override", "it may hold helm, kustomize and directory, with the keys of Argo CD's sources, but not values (use valuesObject) and fileParameters", "%s", message)}
		}
		app = &merged
	}
	return app, nil
}

func (r *Renderer) isFolder(name string) bool {
	info, err := fs.Stat(r.files.Repository, name)
	return err == nil && info.IsDir()
}

// merge applies a JSON merge patch, in YAML, to the options of the source.
func (app *Application) merge(patch []byte) error {
	before, err := json.Marshal(options{&app.Helm, &app.Kustomize, &app.Directory})
	if err != nil {
		return err
	}
	patch, err = syntax.ToJSON(patch)
	if err != nil {
		return err
	}
	after, err := jsonpatch.MergePatch(before, patch)
	if err != nil {
		return err
	}
	// As Argo CD does, over the existing options: what the file leaves out of a list element is kept from the element that was in its place.
	var out options
	if err := json.Unmarshal(before, &out); err != nil {
		return err
	}
	if err := syntax.StrictJSON(after, &out); err != nil { // unknown options would be lost
		return err
	}
	app.Helm, app.Kustomize, app.Directory = Helm{}, Kustomize{}, Directory{}
	if out.Helm != nil {
		app.Helm = *out.Helm
	}
	if out.Kustomize != nil {
		app.Kustomize = *out.Kustomize
	}
	if out.Directory != nil {
		app.Directory = *out.Directory
	}
	return nil
}
