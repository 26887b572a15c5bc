package lint

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

// sourceFile is a file of the user's. A file that is not YAML, such as a template, has lines only.
type sourceFile struct {
	lines     []string
	documents []*yaml.Node
}

// file reads a file of the repository; nil when it cannot be read, or is too large to be looked into.
func (in *Input) file(name string) *sourceFile {
	if f, ok := in.files[name]; ok {
		return f
	}
	if in.files == nil {
		in.files = map[string]*sourceFile{}
	}
	in.files[name] = nil
	const most = 16 << 20 // bytes; nobody writes more by hand
	if info, err := fs.Stat(in.Repository, name); err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return nil
	}
	data, err := fs.ReadFile(in.Repository, name)
	if err != nil {
		return nil
	}
	f := &sourceFile{lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			break
		}
		f.documents = append(f.documents, &document)
	}
	in.files[name] = f
	return f
}

// at is p.
func (in *Input) at(p catalog.Place) catalog.Place { return p }

// field is where the user wrote a field of o, such as spec, replicas; or else the nearest one around it. It looks for a manifest
// of that kind and name in all that the application reads, also among the values of a chart, and then into its patches. When
// there is none, it is where o was made, or the application's place.
func (in *Input) field(o *Object, fields ...string) catalog.Place {
	a := o.Application
	at := catalog.Place{Path: a.Place.Path}
	whole := false
	m, name := in.manifest(o)
	if m != nil {
		var n *yaml.Node
		n, whole = nearest(m, o, fields)
		at.Pos = diag.Position{File: name, Line: n.Line, Column: n.Column}
	}
	if !whole {
		if pos, ok := in.patched(o, fields); ok {
			at.Pos = pos
			return at
		}
	}
	switch {
	case m != nil:
		return at
	case o.Pos.Line > 0:
		at.Pos = o.Pos
		return at
	}
	if f := in.file(o.Pos.File); f != nil { // a template that is YAML as it stands
		for _, document := range f.documents {
			if m, likeness := manifestIn(document, o); likeness > 0 {
				n, _ := nearest(m, o, fields)
				at.Pos = diag.Position{File: o.Pos.File, Line: n.Line, Column: n.Column}
				return at
			}
		}
	}
	if pos, ok := in.inTemplate(o, fields); ok {
		at.Pos = pos
		return at
	}
	return in.at(a.Place)
}

// inTemplate is where the template that makes o has the last of the fields, behind its kind.
func (in *Input) inTemplate(o *Object, fields []string) (diag.Position, bool) {
	w := o.Application.Workload
	if len(fields) == 0 || w == nil || w.Kind != catalog.HelmChart || o.Pos.Line > 0 || !strings.HasSuffix(o.Pos.File, ".yaml") {
		return diag.Position{}, false
	}
	last := fields[len(fields)-1]
	kind, ok := in.find(o.Pos.File, "kind: "+o.Kind, 0)
	if !ok || last == "kind" {
		return kind, ok
	}
	if last == "apiVersion" { // stands before
		return in.find(o.Pos.File, "apiVersion:", max(0, kind.Line-1))
	}
	return in.find(o.Pos.File, last+":", kind.Line)
}

// manifest is where the user wrote o as such, with its kind and name, and the file. A name may have a template in it, or get a
// prefix from a kustomization: the one that says most is taken.
func (in *Input) manifest(o *Object) (found *yaml.Node, file string) {
	a := o.Application
	files := []string{o.Pos.File}
	if o.Pos.Line == 0 {
		files = valueFiles(a)
		if w := a.Workload; w != nil && w.Kind == catalog.Kustomization {
			files = in.filesOf(a)
		}
	}
	best := 0
	look := func(n *yaml.Node, name string) bool {
		m, likeness := manifestIn(n, o)
		if likeness > best {
			best, found, file = likeness, m, name
		}
		return best == identical
	}
	for _, name := range files {
		f := in.file(name)
		if f == nil {
			continue
		}
		documents := f.documents // of two of one name, o is the one at its line
		if i := slices.IndexFunc(documents, func(d *yaml.Node) bool { return len(d.Content) > 0 && d.Content[0].Line == o.Pos.Line }); i >= 0 {
			documents = documents[i : i+1]
		}
		if slices.ContainsFunc(documents, func(d *yaml.Node) bool { return look(d, name) }) {
			return found, file
		}
	}
	if n, name := in.listed(a); n != nil && value(n, "values") != nil {
		look(value(n, "values"), name)
	}
	return found, file
}

// identical is the likeness of a name to itself; less is how many characters of a name are in another.
const identical = 1 << 10

// manifestIn is the mapping at or below n that has the kind of o and the name that is most like its.
func manifestIn(n *yaml.Node, o *Object) (found *yaml.Node, likeness int) {
	if n.Kind == yaml.MappingNode {
		kind, name := value(n, "kind"), value(value(n, "metadata"), "name")
		if kind != nil && name != nil && kind.Value == o.Kind {
			return n, like(name.Value, o)
		}
	}
	for _, c := range n.Content {
		if m, l := manifestIn(c, o); l > likeness {
			found, likeness = m, l
		}
	}
	return found, likeness
}

// templated is a part of a text that Helm fills in.
var templated = regexp.MustCompile(`\{\{.*?\}\}`)

// like says how much of a name that the user wrote is in the name of o; 0 when it cannot be its.
func like(name string, o *Object) int {
	switch w := o.Application.Workload; {
	case name == o.Name:
		return identical
	case strings.Contains(name, "{{"):
		parts := templated.Split(name, -1)
		for i, part := range parts {
			parts[i] = regexp.QuoteMeta(part)
		}
		if pattern, err := regexp.Compile("^" + strings.Join(parts, ".*") + "$"); err == nil && pattern.MatchString(o.Name) {
			return 1 + len(strings.Join(parts, ""))
		}
	case w != nil && w.Kind == catalog.Kustomization && name != "" && strings.Contains(o.Name, name):
		return len(name)
	}
	return 0
}

// patched is where a patch of the application has a field of o.
func (in *Input) patched(o *Object, fields []string) (diag.Position, bool) {
	for _, p := range o.Application.Patches {
		var document yaml.Node
		if yaml.Unmarshal([]byte(p.Text), &document) != nil || len(document.Content) == 0 || !aims(p, &document, o) {
			continue
		}
		n, whole := nearest(document.Content[0], o, fields)
		if !whole {
			continue
		}
		if p.File != "" {
			return diag.Position{File: p.File, Line: n.Line, Column: n.Column}, true
		}
		return in.at(catalog.Place{Pos: p.Pos}).Pos, true
	}
	return diag.Position{}, false
}

// aims says whether a patch is for o, as far as its kind and name tell.
func aims(p catalog.Patch, document *yaml.Node, o *Object) bool {
	if t := p.Target; t != nil {
		return (t.Kind == "" || t.Kind == o.Kind) && (t.Name == "" || t.Name == o.Name)
	}
	_, likeness := manifestIn(document, o)
	return likeness > 0
}

// value is the value at a key of a mapping; nil when there is none.
func value(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	if i := keyIn(n, key); i >= 0 {
		return n.Content[i+1]
	}
	return nil
}

// nearest is the key that fields lead to in a mapping, or the nearest one around it, and whether it is the former. An element of a
// list is found by the name that it has in o, where it has one: a patch does not have all elements.
func nearest(n *yaml.Node, o *Object, fields []string) (at *yaml.Node, whole bool) {
	at = n
	for i, field := range fields {
		var key, next *yaml.Node
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		switch n.Kind {
		case yaml.MappingNode:
			for j := 0; j+1 < len(n.Content); j += 2 {
				if n.Content[j].Value == field {
					key, next = n.Content[j], n.Content[j+1]
				}
			}
		case yaml.SequenceNode:
			next = element(n, o, fields[:i+1])
			key = next
		}
		if next == nil {
			return at, false
		}
		at, n = key, next
	}
	return at, true
}

// element is the element of a list that is at some place of o.
func element(list *yaml.Node, o *Object, place []string) *yaml.Node {
	if o != nil {
		if is, _ := fieldAt(o, place...).(map[string]any); is["name"] != nil {
			for _, e := range list.Content {
				if name := value(e, "name"); name != nil && name.Value == is["name"] {
					return e
				}
			}
			return nil
		}
	}
	if i, err := strconv.Atoi(place[len(place)-1]); err == nil && i >= 0 && i < len(list.Content) {
		return list.Content[i]
	}
	return nil
}

// text is where the user wrote a text that stands in o, or else the next one of texts: for a manifest, a line of its file; for
// what a chart makes, where a value file, the values of the entry, a patch or the template has it. If none has, it was put
// together: then it is the manifest, or the application.
func (in *Input) text(o *Object, texts ...string) catalog.Place {
	at := catalog.Place{Path: o.Application.Place.Path}
	for _, text := range texts {
		if p, ok := in.textAt(o, text); ok {
			if p.Path == "" {
				p.Path = at.Path
			}
			return p
		}
	}
	if o.Pos.Line > 0 {
		at.Pos = o.Pos
		return at
	}
	return in.at(o.Application.Place)
}

func (in *Input) textAt(o *Object, text string) (at catalog.Place, ok bool) {
	a := o.Application
	if o.Pos.Line > 0 {
		if at.Pos, ok = in.find(o.Pos.File, text, o.Pos.Line); ok {
			return at, true
		}
	}
	for _, f := range valueFiles(a) {
		if at.Pos, ok = in.find(f, text, 0); ok {
			return at, true
		}
	}
	if n, name := in.listed(a); n != nil {
		if found := scalar(n, text, 0); found != nil {
			at.Pos = diag.Position{File: name, Line: found.Line, Column: found.Column}
			return at, true
		}
	}
	for _, name := range in.filesOf(a) {
		if name == o.Pos.File || strings.HasSuffix(name, catalog.ApplicationsFile) {
			continue
		}
		if at.Pos, ok = in.find(name, text, 0); ok {
			return at, true
		}
	}
	if o.Pos.File != "" && o.Pos.Line == 0 {
		at.Pos, ok = in.find(o.Pos.File, text, 0)
	}
	return at, ok
}

// valueFiles are the value files of a chart of this repository, seen from its root, the last of which wins.
func valueFiles(a *catalog.Application) []string {
	if a.Workload == nil || a.Workload.Source.Helm == nil {
		return nil
	}
	var out []string
	for _, f := range slices.Backward(a.Workload.Source.Helm.ValueFiles) {
		if rooted, ok := strings.CutPrefix(f, "/"); ok {
			out = append(out, rooted)
		} else {
			out = append(out, path.Join(a.Workload.Path, f))
		}
	}
	return out
}

// find is the first scalar at or behind a line of a file that has the text in it, or else the first line that has.
func (in *Input) find(file, text string, from int) (diag.Position, bool) {
	f := in.file(file)
	if f == nil {
		return diag.Position{}, false
	}
	for _, document := range f.documents {
		if n := scalar(document, text, from); n != nil {
			return diag.Position{File: file, Line: n.Line, Column: n.Column}, true
		}
	}
	for i, line := range f.lines {
		if column := strings.Index(line, text); column >= 0 && i+1 >= from {
			return diag.Position{File: file, Line: i + 1, Column: column + 1}, true
		}
	}
	return diag.Position{}, false
}

// scalar is the first scalar below n, at or behind a line, that has the text in it.
func scalar(n *yaml.Node, text string, from int) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Line >= from && strings.Contains(n.Value, text) {
		return n
	}
	for _, c := range n.Content {
		if found := scalar(c, text, from); found != nil {
			return found
		}
	}
	return nil
}

// comment is what the user wrote behind "#" on the line of a place, or on the lines right above it.
func (in *Input) comment(at diag.Position) string {
	f := in.file(at.File)
	if f == nil || at.Line < 1 || at.Line > len(f.lines) {
		return ""
	}
	var out []string
	if _, comment, found := strings.Cut(f.lines[at.Line-1], " #"); found {
		out = append(out, strings.TrimSpace(comment))
	}
	for i := at.Line - 2; i >= 0; i-- {
		comment, found := strings.CutPrefix(strings.TrimSpace(f.lines[i]), "#")
		if !found {
			break
		}
		out = append([]string{strings.TrimSpace(comment)}, out...)
	}
	return strings.Join(out, " ")
}
