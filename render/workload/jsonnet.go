package workload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-jsonnet"
	"github.com/hippotion/roster/internal/lazy"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// jsonnet evaluates a file as Argo CD does (makeJsonnetVM of its repo server): an object, or an array of objects.
func (r *Renderer) jsonnet(app *Application, file string) ([]manifest, diag.List) {
	at := diag.Position{File: file}
	imports := &importer{repository: r.files.Repository, read: map[string]jsonnet.Contents{}}
	vm := jsonnet.MakeVM()
	vm.SetTraceOut(io.Discard)
	vm.Importer(imports)
	if err := app.variables(vm); err != nil {
		return nil, diag.List{app.failure(app.at(), "jsonnet", "", "%v", err)}
	}
	for _, lib := range slices.Backward(app.Directory.Jsonnet.Libs) {
		folder := path.Join(".", lib) // also when it begins with a slash
		if !fs.ValidPath(folder) {
			return nil, diag.List{app.failure(app.at(), "path-outside", "", "the library path %s leads out of the repository", lib)}
		}
		imports.folders = append(imports.folders, folder)
	}
	imports.folders = append(imports.folders, path.Clean(app.Path))

	node, _, err := vm.ImportAST("", file)
	if err != nil {
		return nil, diag.List{app.notJsonnet(at, imports, err)}
	}
	text, err := vm.Evaluate(node)
	if err != nil {
		return nil, diag.List{app.notJsonnet(at, imports, err)}
	}
	if len(text) > maxOutput {
		return nil, diag.List{app.failure(at, "too-large", "", "the output of the file is larger than %d MiB", maxOutput>>20)}
	}
	return app.evaluated(at, []byte(text))
}

// variables gives the VM the top-level arguments and the external variables.
func (app *Application) variables(vm *jsonnet.VM) error {
	for _, group := range [...]struct {
		vars       []JsonnetVar
		text, code func(name, value string)
	}{
		{app.Directory.Jsonnet.TLAs, vm.TLAVar, vm.TLACode},
		{app.Directory.Jsonnet.ExtVars, vm.ExtVar, vm.ExtCode},
	} {
		for _, v := range group.vars {
			value, err := app.Environment.Expand(v.Value)
			switch {
			case err != nil:
				return fmt.Errorf("the Jsonnet variable %s: %w", v.Name, err)
			case v.Code:
				group.code(v.Name, value)
			default:
				group.text(v.Name, value)
			}
		}
	}
	return nil
}

// evaluated reads the output of a Jsonnet file. Argo CD leaves out elements that are null.
func (app *Application) evaluated(at diag.Position, text []byte) ([]manifest, diag.List) {
	elements := []json.RawMessage{bytes.TrimSpace(text)}
	isList := elements[0][0] == '['
	if isList {
		if err := syntax.UnmarshalJSON(text, &elements); err != nil {
			return nil, diag.List{app.failure(at, "jsonnet", "", "%s", words(err))}
		}
	}
	var out []manifest
	for i, raw := range elements {
		if string(raw) == "null" {
			continue
		}
		value, m := readObject(raw, 0)
		switch {
		case m == nil:
			out = append(out, manifest{value: value, pos: at})
		case isList:
			return nil, diag.List{app.failure(at, m.code, "", "element %d of the array: %s", i, m.text)}
		default:
			return nil, diag.List{app.failure(at, m.code, "", "%s", m.text)}
		}
	}
	return out, nil
}

// misplaced is an error of Jsonnet's that begins with its place, as syntax errors do, also in imported files.
var misplaced = lazy.Regexp(`^(.+?):\(?(\d+):(\d+)(?:-\d+|\)-\(\d+:\d+\))? (.*)`)

// notJsonnet returns where the evaluation failed: at the innermost place in the repository. The calls that led there are related.
func (app *Application) notJsonnet(at diag.Position, imports *importer, err error) diag.Diagnostic {
	var failed jsonnet.RuntimeError
	isRuntime := errors.As(err, &failed)
	text := strings.TrimSpace(err.Error())
	if isRuntime {
		text = strings.TrimSpace(failed.Msg)
	}
	var places []diag.Position // the innermost one first
	var steps []diag.Related
	if m := misplaced().FindStringSubmatch(text); m != nil && imports.has(m[1]) {
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		text, places = m[4], append(places, diag.Position{File: m[1], Line: line, Column: column})
	} else if isRuntime {
		text = "RUNTIME ERROR: " + text
	}
	for _, frame := range slices.Backward(failed.StackTrace) {
		loc := frame.Loc
		pos := diag.Position{File: loc.FileName, Line: loc.Begin.Line, Column: loc.Begin.Column}
		switch {
		case !loc.IsSet(): // such as: Field "spec"
			steps = append(steps, diag.Related{Pos: at, Note: loc.FileName})
		case imports.has(loc.FileName) && !slices.Contains(places, pos):
			places = append(places, pos)
		}
	}
	if len(places) > 0 {
		at, steps = places[0], nil
		for _, pos := range places[1:] {
			steps = append(steps, diag.Related{Pos: pos, Note: "called from here"})
		}
	}
	d := app.failure(at, "jsonnet", "", "%.300s", imports.words(text))
	d.Related = steps[:min(len(steps), 3)]
	return d
}

// words are what is shown of a message: all of a syntax error, since it quotes the files.
func (i *importer) words(text string) string {
	said, isRuntime := strings.CutPrefix(text, "RUNTIME ERROR: ")
	if !isRuntime {
		return firstLine(text)
	}
	s := &sources{}
	for _, file := range slices.Sorted(maps.Keys(i.read)) {
		if ext := path.Ext(file); ext == ".jsonnet" || ext == ".libsonnet" { // others may be values
			s.script(i.read[file].String())
		}
	}
	shown := s.engine(said)
	if shown == "" {
		shown = s.show(said)
	}
	if shown == "" {
		shown = hidden
	}
	return "RUNTIME ERROR: " + shown
}

// importer reads files of the repository for one VM: relative to the file that imports, else to one of the folders.
type importer struct {
	repository fs.FS
	folders    []string // the first one wins
	read       map[string]jsonnet.Contents
}

func (i *importer) has(file string) bool {
	_, ok := i.read[file]
	return ok
}

// Import implements jsonnet.Importer.
func (i *importer) Import(from, name string) (jsonnet.Contents, string, error) {
	outside := false
	for _, folder := range slices.Concat([]string{path.Dir(from)}, i.folders) {
		file := path.Join(folder, name)
		if path.IsAbs(name) || !fs.ValidPath(file) {
			outside = true
			continue
		}
		if c, ok := i.read[file]; ok {
			return c, file, nil
		}
		if _, err := fs.Lstat(i.repository, file); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		text, err := i.open(file)
		if err != nil {
			return jsonnet.Contents{}, "", fmt.Errorf("couldn't open import %q: %w", name, err)
		}
		i.read[file] = jsonnet.MakeContentsRaw(text)
		return i.read[file], file, nil
	}
	if outside {
		return jsonnet.Contents{}, "", fmt.Errorf("couldn't open import %q: it leads out of the repository", name)
	}
	return jsonnet.Contents{}, "", fmt.Errorf("couldn't open import %q: no match locally or in the Jsonnet library paths", name)
}

// open reads a file; what is not a regular file may never end.
func (i *importer) open(file string) ([]byte, error) {
	info, err := fs.Stat(i.repository, file)
	switch {
	case err != nil:
		return nil, reason(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case info.Size() > maxOutput:
		return nil, fmt.Errorf("it is larger than %d MiB", maxOutput>>20)
	}
	data, err := fs.ReadFile(i.repository, file)
	if err != nil {
		return nil, reason(err)
	}
	return data, nil
}
