package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/gobwas/glob"
	"github.com/hippotion/roster/internal/lazy"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// maxDirectory is the maximum size of the files of a folder together, besides Jsonnet: the default of Argo CD's
// --max-combined-directory-manifests-size.
const maxDirectory = 10_000_000

var manifestFile = lazy.Regexp(`^.*\.(yaml|yml|json|jsonnet)$`)

// skipMarker in a file makes Argo CD skip it.
const skipMarker = "+argocd:skip-file-rendering"

// directory reads a folder of YAML, JSON and Jsonnet as Argo CD does (findManifests of its repo server).
func (r *Renderer) directory(app *Application) ([]manifest, diag.List) {
	files, diags := r.manifestFiles(app)
	if len(diags) > 0 {
		return nil, diags
	}
	var out []manifest
	var leftOut diag.List // of YAML that Argo CD leaves out
	for _, f := range files {
		var found []manifest
		var problems diag.List
		switch at := (diag.Position{File: f.name}); path.Ext(f.name) {
		case ".jsonnet":
			found, problems = r.jsonnet(app, f.name)
		case ".json":
			found, problems = app.jsonFile(at, f.text)
		default:
			var other bool
			if found, problems, other = app.yamlFile(at, f.text); other {
				leftOut, found, problems = append(leftOut, problems...), nil, nil
			}
		}
		out = append(out, found...)
		diags = append(diags, problems...)
	}
	if len(out) == 0 && len(diags) == 0 && !app.MayBeEmpty {
		if len(leftOut) > 0 { // the likely reason
			return nil, leftOut
		}
		diags.Add(app.failure(app.at(), "empty-source", "", "the folder holds no manifests"))
	}
	return out, diags
}

// yamlFile also reports whether Argo CD treats the file as something else, and leaves it out: its first document is not an object, and it
// does not look like a manifest.
func (app *Application) yamlFile(at diag.Position, text []byte) (found []manifest, diags diag.List, other bool) {
	found, diags = app.decode(at, text)
	firstIsNone := len(found) == 0 && len(diags) > 0
	if len(found) > 0 {
		kind, _ := found[0].value["kind"].(string)
		firstIsNone = kind == ""
	}
	bomb := slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == "alias-bomb" }) // which Argo CD would expand
	return found, diags, firstIsNone && !bomb && !looksLikeManifest(text)
}

func looksLikeManifest(text []byte) bool {
	for _, key := range [...]string{"apiVersion:", "kind:", "metadata:"} {
		if !bytes.Contains(text, []byte(key)) {
			return false
		}
	}
	return true
}

// jsonFile reads a file of one JSON object.
func (app *Application) jsonFile(at diag.Position, text []byte) ([]manifest, diag.List) {
	if err := syntax.CheckJSON(text); err != nil {
		return nil, diag.List{app.unreadable(at, (&document{line: 1}).mistake(err))}
	}
	var raw json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&raw); err != nil {
		return nil, diag.List{app.unreadable(at, jsonMistake(text, err))}
	}
	line := 1 + bytes.Count(text[:int(decoder.InputOffset())-len(raw)], newline)
	if decoder.More() {
		behind := text[:decoder.InputOffset()]
		return nil, diag.List{app.failure(placed(at, 1+bytes.Count(behind, newline), 1), "bad-manifest",
			"use a file for each, or YAML", "expected one JSON object, found text after it")}
	}
	value, m := readObject(raw, line)
	if m != nil {
		return nil, diag.List{app.unreadable(at, m)}
	}
	return []manifest{{value: value, pos: placed(at, line, 1)}}, nil
}

// folderFile is a file that may be a manifest.
type folderFile struct {
	name string // relative to the repository's root
	text []byte // nil for Jsonnet
}

// folder is the walk through the folder of an application.
type folder struct {
	app              *Application
	repository       fs.FS
	root             string
	include, exclude glob.Glob // may be nil
	size             int64     // of all files, besides Jsonnet
	files            []folderFile
	diags            diag.List
}

// manifestFiles finds the files of the folder that Argo CD would read, in its order.
func (r *Renderer) manifestFiles(app *Application) ([]folderFile, diag.List) {
	f := &folder{app: app, repository: r.files.Repository, root: path.Clean(app.Path)}
	at := diag.Position{File: app.Path}
	if !fs.ValidPath(f.root) {
		return nil, diag.List{app.failure(at, "path-outside", "", "the path leads out of the repository")}
	}
	switch info, err := fs.Lstat(f.repository, f.root); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, diag.List{app.failure(at, "missing-path", "", "there is no such folder in the repository")}
	case err != nil:
		return nil, diag.List{app.failure(at, "path-outside", "", "the folder cannot be read in the repository: %v", reason(err))}
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, diag.List{app.failure(at, "empty-source", "write the path of the folder itself", "the path is a link, which Argo CD does not follow: it holds no manifests")}
	case !info.IsDir():
		return nil, diag.List{app.failure(at, "missing-path", "", "expected a folder, found a file")}
	}
	f.include, f.exclude = f.pattern("include", app.Directory.Include), f.pattern("exclude", app.Directory.Exclude)
	if len(f.diags) > 0 {
		return nil, f.diags
	}
	if err := fs.WalkDir(f.repository, f.root, f.visit); err != nil {
		return nil, append(f.diags, app.failure(at, "too-large", "set include or exclude, or split the application",
			"the manifests of the folder are larger than 10 MB together, which Argo CD refuses (--max-combined-directory-manifests-size)"))
	}
	return f.files, f.diags
}

// pattern is nil when there is none. Argo CD treats a pattern that it cannot read as one that matches nothing.
func (f *folder) pattern(name, text string) glob.Glob {
	if text == "" {
		return nil
	}
	g, err := glob.Compile(text)
	if err != nil {
		f.diags.Add(f.app.failure(diag.Position{File: f.app.Path}, "bad-glob", "", "%s is not a pattern: %v", name, err))
	}
	return g
}

var errTooLarge = errors.New("too large")

// visit is called for each file of the folder; it fails only when they are too large.
func (f *folder) visit(name string, entry fs.DirEntry, err error) error {
	at := diag.Position{File: name}
	switch {
	case err != nil:
		f.diags.Add(f.app.failure(at, "path-outside", "", "the folder cannot be read in the repository: %v", reason(err)))
		return nil
	case entry.IsDir() && name != f.root && (!f.app.Directory.Recurse || name == ".git"): // .git is not in the repository
		return fs.SkipDir
	case entry.IsDir(), !manifestFile().MatchString(entry.Name()):
		return nil
	}
	info, err := fs.Stat(f.repository, name)
	switch {
	case errors.Is(err, fs.ErrNotExist): // a link to nothing, which Argo CD skips
		return nil
	case err != nil:
		f.diags.Add(f.app.failure(at, "path-outside", "", "the file cannot be read in the repository: %v", reason(err)))
		return nil
	case !info.Mode().IsRegular() || !f.matches(name):
		return nil
	case info.Size() > maxOutput:
		return errTooLarge
	}
	data, err := fs.ReadFile(f.repository, name)
	if err != nil {
		f.diags.Add(f.app.failure(at, "path-outside", "", "the file cannot be read in the repository: %v", reason(err)))
		return nil
	}
	text := decodeText(data)
	switch {
	case bytes.Contains(text, []byte(skipMarker)):
		return nil
	case path.Ext(name) == ".jsonnet":
		f.files = append(f.files, folderFile{name: name})
		return nil
	}
	if f.size += info.Size(); f.size > maxDirectory {
		return errTooLarge
	}
	f.files = append(f.files, folderFile{name, text})
	return nil
}

// matches matches the path within the folder; an asterisk also matches slashes, as in Argo CD.
func (f *folder) matches(name string) bool {
	name = strings.TrimPrefix(name, f.root+"/")
	return (f.exclude == nil || !f.exclude.Match(name)) && (f.include == nil || f.include.Match(name))
}

// decodeText is data as UTF-8, without a byte order mark. As Argo CD does (utfutil), it accepts UTF-16 with such a mark, and replaces what
// is not UTF-8.
func decodeText(data []byte) []byte {
	text, _, _ := transform.Bytes(unicode.BOMOverride(unicode.UTF8.NewDecoder()), data) // which have no errors
	return text
}
