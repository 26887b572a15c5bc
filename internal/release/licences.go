package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// permitted are the licences, by their SPDX names, under which something may be linked. None of them asks for the source of roster. That of
// MPL-2.0 asks to say where the source of the module is, which the notice does.
var permitted = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "Unlicense", "Zlib"}

// component is something that is linked: a module, or the standard library.
type component struct {
	path, version string
	licences      []string
	texts         map[string]string // by their paths in the module
}

// listedPackage is what go list tells of a package.
type listedPackage struct {
	Dir      string
	Standard bool
	Module   *listedModule
}

type listedModule struct {
	Path, Version, Dir string
	Main               bool
	Replace            *listedModule
}

// linked returns what programs link on a platform, by the compiler's own list, with its licences. All that cannot be shipped is one error.
func (c checkout) linked(p platform, programs []string) ([]component, error) {
	args := []string{"list", "-deps", "-json=Dir,Standard,Module"}
	for _, program := range programs {
		args = append(args, "./cmd/"+program)
	}
	out, err := command(c.dir, c.environment(p), "go", args...)
	if err != nil {
		return nil, err
	}
	folders := map[listedModule]map[string]bool{} // of the packages
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var l listedPackage
		if err := d.Decode(&l); err != nil {
			return nil, err
		}
		if l.Standard || l.Module.Main {
			continue
		}
		m := *l.Module
		if m.Replace != nil {
			m = *m.Replace
		}
		m.Main, m.Replace = false, nil
		if folders[m] == nil {
			folders[m] = map[string]bool{}
		}
		folders[m][l.Dir] = true
	}
	standard, err := c.standard()
	all, problems := []component{standard}, []error{err}
	for _, m := range slices.SortedFunc(maps.Keys(folders), func(a, b listedModule) int { return strings.Compare(a.Path, b.Path) }) {
		texts, err := licenceTexts(m.Dir, folders[m])
		if err != nil {
			return nil, err
		}
		one := component{path: m.Path, version: m.Version, texts: texts}
		one.licences, err = identified(one)
		problems = append(problems, err)
		all = append(all, one)
	}
	return all, errors.Join(problems...)
}

// schemas is where go.mod names the modules whose schemas are in roster.
const schemas = "internal/schema/crds"

// embedded returns the modules of which roster has a part that is not code: schemas of kinds.
func (c checkout) embedded() ([]component, error) {
	name := filepath.Join(c.dir, schemas, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse(name, data, nil)
	if err != nil {
		return nil, err
	}
	var all []component
	var problems []error
	for _, r := range mod.Require {
		out, err := command(filepath.Join(c.dir, schemas), c.environment(host), "go", "mod", "download", "-json", r.Mod.String())
		if err != nil {
			return nil, err
		}
		var at struct{ Dir string }
		if err := json.Unmarshal(out, &at); err != nil {
			return nil, err
		}
		one := component{path: r.Mod.Path, version: r.Mod.Version}
		if o, offered := offers[one.path]; offered {
			one.texts, err = o.taken(at.Dir)
			one.licences = []string{o.licence}
		} else {
			if one.texts, err = licenceTexts(at.Dir, map[string]bool{at.Dir: true}); err != nil {
				return nil, err
			}
			one.licences, err = identified(one)
		}
		problems, all = append(problems, err), append(all, one)
	}
	return all, errors.Join(problems...)
}

// offer is that what roster has of a module may be used under another licence than the rest of it.
type offer struct {
	licence string
	file    string // one of those that the schemas are made of, whose head makes the offer
	words   string // with which it does
}

// offers are by modules. The CRDs of VolSync are written by controller-gen from the types in api, which may be used under the Apache License; the program
// is under AGPL-3.0, and nothing of it is here.
var offers = map[string]offer{
	"github.com/backube/volsync": {"Apache-2.0", "api/v1alpha1/replicationsource_types.go",
		"This file may be used, at your option, according to either the GNU AGPL 3.0 or the Apache V2 license."},
}

// taken is the head of the file; an error when it does not make the offer any more.
func (o offer) taken(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(o.file)))
	if err != nil {
		return nil, err
	}
	head, _, _ := strings.Cut("\n"+string(text), "\npackage ")
	head = strings.TrimPrefix(head, "\n")
	if !strings.Contains(strings.Join(strings.Fields(head), " "), o.words) {
		return nil, fmt.Errorf("%s no longer says that it may be used under %s", o.file, o.licence)
	}
	return map[string]string{o.file: head}, nil
}

// standard is Go's standard library.
func (c checkout) standard() (component, error) {
	root, err := command(c.dir, nil, "go", "env", "GOROOT", "GOVERSION")
	if err != nil {
		return component{}, err
	}
	words := strings.Fields(string(root))
	std := component{path: "std", version: strings.TrimPrefix(words[1], "go")}
	if std.texts, err = licenceTexts(words[0], map[string]bool{words[0]: true}); err != nil {
		return component{}, err
	}
	std.licences, err = identified(std)
	return std, err
}

// licenceFile are the names of files with a licence, or with what must be said beside it.
var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents)([-._][^/]*)?$`)

// code are the ends of names of files that are something else.
var code = regexp.MustCompile(`(?i)\.(go|json|ya?ml|sh|py|tmpl|html)$`)

// addition are the names of those that come with a licence and are none, or are one of documentation, which is not linked.
var addition = regexp.MustCompile(`(?i)(^|/)(notice|patents|licen[cs]e\.docs)[^/]*$`)

// licenceTexts returns the licences of a module: those beside the packages that are linked, and above them.
func licenceTexts(root string, packages map[string]bool) (map[string]string, error) {
	texts, seen := map[string]string{}, map[string]bool{}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		for ; !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			entries, err := os.ReadDir(dir)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if e.Type()&fs.ModeType != 0 || !licenceFile.MatchString(e.Name()) || code.MatchString(e.Name()) {
					continue
				}
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					return nil, err
				}
				name, err := filepath.Rel(root, filepath.Join(dir, e.Name()))
				if err != nil {
					return nil, err
				}
				texts[filepath.ToSlash(name)] = string(text)
			}
			if dir == root {
				break
			}
		}
	}
	return texts, nil
}

// identified returns the licences that the texts are, or why what they belong to cannot be shipped.
func identified(c component) ([]string, error) {
	found := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(c.texts)) {
		if addition.MatchString(name) {
			continue
		}
		covered := licensecheck.Scan([]byte(c.texts[name]))
		for _, m := range covered.Match {
			if !m.IsURL {
				found[m.ID] = true
			}
		}
	}
	licences := slices.Sorted(maps.Keys(found))
	if len(licences) == 0 {
		return nil, fmt.Errorf("%s %s: no licence that is known, in %d files: it cannot be shipped", c.path, c.version, len(c.texts))
	}
	for _, l := range licences {
		if !slices.Contains(permitted, l) {
			return licences, fmt.Errorf("%s %s: %s is not among the licences that are permitted (%s)", c.path, c.version, l, strings.Join(permitted, ", "))
		}
	}
	return licences, nil
}

// notice is what is shipped beside the programs: who has a part in them, under which licence, and its text.
func notice(about string, all []component) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n\nWhat others have made of it follows, with versions and licences; and after the list, the texts of these.\n\n", about)
	for _, c := range all {
		fmt.Fprintf(&out, "%s %s: %s\n", c.path, c.version, strings.Join(c.licences, ", "))
		if slices.Contains(c.licences, "MPL-2.0") {
			escaped, err := module.EscapePath(c.path)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&out, "    its source: https://proxy.golang.org/%s/@v/%s.zip\n", escaped, c.version)
		}
	}
	owners, order := map[string][]string{}, []string(nil) // of each text: many are the same
	for _, c := range all {
		for _, name := range slices.Sorted(maps.Keys(c.texts)) {
			text := strings.TrimSpace(strings.ReplaceAll(c.texts[name], "\r\n", "\n"))
			if owners[text] == nil {
				order = append(order, text)
			}
			owners[text] = append(owners[text], c.path+" "+c.version+": "+name)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&out, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 100), strings.Join(owners[text], "\n"), text)
	}
	return out.Bytes(), nil
}
