package workload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// options are the parts of a source that Argo CD takes from files beside it.
type options struct {
	Helm      *helmOptions    `json:"helm,omitempty"`
	Kustomize *Kustomize      `json:"kustomize,omitempty"`
	Directory *Directory      `json:"directory,omitempty"`
	Plugin    json.RawMessage `json:"plugin,omitempty"`
}

// helmOptions are those of Helm, with the one that roster itself never writes.
type helmOptions struct {
	Helm
	Text string `json:"values,omitempty"` // YAML, unless there is a valuesObject
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
		if err := merged.merge(data, at); errors.As(err, &excess) {
			return nil, diag.List{excess.At(at.File, app.Code)}
		} else if err != nil {
			message := strings.TrimPrefix(firstLine(err.Error()), "json: ")
			message = quotedValue().ReplaceAllString(message, "$1…")
			return nil, diag.List{app.failure(at, "bad-override", "it may hold helm, kustomize and directory, with the keys of Argo CD's sources", "%s", message)}
		}
		app = &merged
	}
	return app, nil
}

// quotedValue finds where the YAML reader quotes a value (go.yaml.in/yaml/v3, decode.go, terror): it may be a parameter with a secret.
var quotedValue = lazy.Regexp("(cannot (?:decode|unmarshal) !![a-z]+ )`.*`")

func (r *Renderer) isFolder(name string) bool {
	info, err := fs.Stat(r.files.Repository, name)
	return err == nil && info.IsDir()
}

// merge applies a JSON merge patch, in YAML, to the options of the source.
func (app *Application) merge(patch []byte, at diag.Position) error {
	kustomize := app.Kustomize
	for _, p := range app.Patches {
		kustomize.Patches = append(kustomize.Patches, p.Patch)
	}
	before, err := json.Marshal(options{Helm: &helmOptions{Helm: app.Helm}, Kustomize: &kustomize, Directory: &app.Directory})
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
	// As Argo CD does, over the existing options: what the file leaves out of a list element is kept from the element that was in its place,
	// and keys that it does not know have no effect.
	var out options
	if err := json.Unmarshal(before, &out); err != nil {
		return err
	}
	if err := syntax.CheckJSON(after); err != nil {
		return err
	}
	if err := json.Unmarshal(after, &out); err != nil {
		return err
	}
	if len(out.Plugin) > 0 && string(out.Plugin) != "null" {
		return errors.New("a plugin renders it, which is not in roster")
	}
	app.Helm, app.Kustomize, app.Directory = Helm{}, Kustomize{}, Directory{}
	if h := out.Helm; h != nil {
		app.Helm = h.Helm
		if h.Values == nil && h.Text != "" {
			values := map[string]any{}
			if err := syntax.Unmarshal([]byte(h.Text), &values); err != nil {
				_, message := notValues([]byte(h.Text), err)
				return errors.New("helm.values: " + message)
			}
			app.Helm.Values = values
		}
	}
	if out.Kustomize != nil {
		app.Kustomize = *out.Kustomize
	}
	if app.Kind == Kustomization {
		app.setPatches(app.Kustomize.Patches, at)
	}
	app.Kustomize.Patches = nil
	if out.Directory != nil {
		app.Directory = *out.Directory
	}
	return nil
}

// setPatches are the patches of a kustomization after a merge. Those that are new were written in the file.
func (app *Application) setPatches(patches []argocd.Patch, at diag.Position) {
	before := app.Patches
	app.Patches = nil
	for i, p := range patches {
		if i < len(before) && reflect.DeepEqual(before[i].Patch, p) {
			app.Patches = append(app.Patches, before[i])
		} else {
			app.Patches = append(app.Patches, Patch{Patch: p, Pos: at, Path: fmt.Sprintf("%s.kustomize.patches[%d]", app.Code, i)})
		}
	}
}
