// Package profiles holds the named sets of Cilium rules that a namespace can choose: the built-in ones beside this file,
// one YAML file each, and the user's own.
//
// It reads them, fills in what only the platform knows, resolves what they extend, and checks each rule with Cilium's own
// code. It does not know about namespaces, flows or applications.
package profiles

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

//go:embed *.yml
var builtin embed.FS

// Profile is a named set of policies.
type Profile struct {
	Name        string
	Origin      string // the file
	Own         bool   // whether it is the user's
	Description string
	Extends     []string // the profiles that it extends itself
	Policies    []Policy // in the order of the files, those of extended profiles first
}

// Policy becomes one CiliumNetworkPolicy in each namespace that chooses the profile.
type Policy struct {
	Name    string
	Profile string    // that has it
	Own     bool      // whether that is the user's
	Origin  string    // the file that holds the rule
	Rule    *api.Rule // shared by all namespaces: not to be changed
}

// Set is the profiles of a platform by name.
type Set map[string]*Profile

// Names lists the profiles in alphabetical order.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s)) }

// ReservedPrefixes begin the names of policies that come from flows; a profile's policies have other names.
var ReservedPrefixes = [...]string{"allow-to-", "allow-from-"}

// file is a profile as it is written.
type file struct {
	*syntax.Node
	Description syntax.Value[string]   `yaml:"description"`
	Extends     []syntax.Value[string] `yaml:"extends,one"`
	Policies    syntax.Map[syntax.Raw] `yaml:"policies"`

	name, origin string
	own          bool // whether it is the user's
	broken       bool // its shape is wrong, which is reported
}

// Load reads the built-in profiles and those in folder dir of fsys, which need not exist and which messages call shown. What
// is wrong with the user's profiles is added to diags; an error means that a file could not be read.
func Load(fsys fs.FS, dir, shown string, names Names, diags *diag.List) (Set, error) {
	files := map[string]*file{}
	if err := readAll(builtin, ".", "built-in", file{origin: "built-in"}, files, diags); err != nil {
		return nil, err
	}
	if err := readAll(fsys, dir, shown, file{origin: "profiles", own: true}, files, diags); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	r := &resolver{files: files, platform: &names, names: names.nodes(), set: Set{}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r.resolve(name, nil)
	}
	return r.set, nil
}

// Text is the profile as it is written, empty for one that is not in a file; dir is the folder of the user's profiles in fsys.
func (p *Profile) Text(fsys fs.FS, dir string) (string, error) {
	if p.Origin == "" {
		return "", nil
	}
	if !p.Own {
		fsys, dir = builtin, "."
	}
	text, err := syntax.ReadFile(fsys, path.Join(dir, path.Base(p.Origin)))
	return string(text), err
}

// readAll reads the profiles in a folder, which messages call shown. All have in common whose they are, and what annotations of what is made
// from them call the folder.
func readAll(fsys fs.FS, dir, shown string, common file, files map[string]*file, diags *diag.List) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return fmt.Errorf("reading %s: %w", shown, err)
	}
	for _, e := range entries {
		ext := path.Ext(e.Name())
		if ext != ".yml" && ext != ".yaml" || e.IsDir() {
			continue
		}
		name := strings.TrimSuffix(e.Name(), ext)
		display := path.Join(shown, e.Name())
		if first := files[name]; first != nil {
			diags.Add(diag.Diagnostic{Pos: diag.Position{File: display, Line: 1, Column: 1}, Code: "duplicate-profile",
				Message: fmt.Sprintf("the profile %q already exists, in %s", name, first.origin), Hint: "choose another name; a profile can extend another"})
			continue
		}
		f := &file{name: name, origin: path.Join(common.origin, e.Name()), own: common.own}
		files[name] = f // a broken profile still exists: references to it are not reported
		before := len(*diags)
		doc, err := syntax.Guided{Guide: guide{}}.Read(fsys, path.Join(dir, e.Name()), display, diags)
		if err != nil {
			return err
		}
		if doc != nil {
			doc.Decode(f)
		}
		f.broken = len(*diags) > before
	}
	return nil
}

// Builtin lists the profiles that need no file, in alphabetical order.
func Builtin() []string {
	files, err := fs.ReadDir(builtin, ".")
	if err != nil {
		panic(err) // they are in the program
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".yml"))
	}
	return out
}
