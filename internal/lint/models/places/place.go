// Package places is the files of the user's, and where in them what is deployed was written.
package places

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// Model finds places. It reads each file once, when it is needed.
type Model struct {
	deployed *deployed.Model

	// Keys finds keys and elements in all files.
	Keys Keys

	files           map[string]*File    // by name
	folders         map[string][]string // the files below
	corpora         map[string]*corpus
	inList          map[*catalog.Application]*yaml.Node  // what the list says
	textsInList     map[*yaml.Node]*searched             // likewise
	valuesIn        map[*yaml.Node]map[string]*yaml.Node // the first of each text, likewise
	manifests       map[*deployed.Object]asWritten
	manifestsByApp  map[*catalog.Application]manifestIndex
	manifestsInList map[*catalog.Application]manifestIndex
	patchesByApp    map[*catalog.Application]*patchIndex
}

// New is the places of what is deployed.
func New(d *deployed.Model) *Model { return &Model{deployed: d} }

// InProfile is where a field of a profile is written, or the nearest one around it.
func (in *Model) InProfile(file string, fields []string) catalog.Place {
	at := catalog.Place{Pos: diag.Position{File: file, Line: 1, Column: 1}}
	if root := in.Root(at.Pos.File); root != nil {
		n, _ := in.nearest(root, nil, fields)
		at.Pos.Line, at.Pos.Column = n.Line, n.Column
	}
	return at
}

// Root is what the first document of a file holds; nil when there is none.
func (in *Model) Root(file string) *yaml.Node {
	if f := in.File(file); f != nil && len(f.Documents()) > 0 && len(f.Documents()[0].Content) > 0 {
		return f.Documents()[0].Content[0]
	}
	return nil
}

// File is a file of the user's. A file that is not YAML, such as a template, has lines only.
type File struct {
	Lines     []string
	data      []byte // until the documents are asked for
	documents []*yaml.Node

	// What is looked up often, once it was needed.
	search    *searched
	manifests []manifest
	index     manifestIndex         // of all manifests
	byLine    map[int]manifestIndex // of the document that begins at a line
	values    map[string]*yaml.Node // the first of each text
	ends      map[diag.Position]int // the last lines of mappings, by where they begin
	content   []int                 // by line, from 0: the next one that is not empty and not a comment, from 1
}

// File reads a file of the repository; nil when it cannot be read, or is too large to be searched.
func (in *Model) File(name string) *File {
	if f, ok := in.files[name]; ok {
		return f
	}
	if in.files == nil {
		in.files = map[string]*File{}
	}
	in.files[name] = nil
	data, err := syntax.ReadFile(in.deployed.Repository, name)
	if err != nil {
		return nil
	}
	f := &File{Lines: strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"), data: data}
	in.files[name] = f
	return f
}

// Documents are the YAML documents of the file, as far as it can be read.
func (f *File) Documents() []*yaml.Node {
	if f.data != nil {
		f.documents, _ = syntax.Documents(f.data) // those before a mistake
		f.data = nil
	}
	return f.documents
}

// Field is where the user wrote a field of o, such as spec, replicas; or else the nearest one around it. It looks for a manifest
// of that kind and name in all that the application reads, also among the values of a chart, and then into its patches. When
// there is none, it is where o was made, or the application's place.
func (in *Model) Field(o *deployed.Object, fields ...string) catalog.Place {
	a := o.Application
	at := catalog.Place{Path: a.Place.Path}
	whole := false
	m, name := in.Manifest(o)
	if m != nil {
		var n *yaml.Node
		n, whole = in.nearest(m, o, fields)
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
	case !o.Written():
		return o.InList()
	case o.Pos.Line > 0:
		at.Pos = o.Pos
		return at
	}
	if f := in.File(o.Pos.File); f != nil { // a template that is valid YAML
		w := o.Workload()
		if m, likeness := f.manifestsAt(o.Pos.File, 0).like(o, w != nil && w.Kind == catalog.Kustomization); likeness > 0 {
			n, _ := in.nearest(m.node, o, fields)
			at.Pos = diag.Position{File: o.Pos.File, Line: n.Line, Column: n.Column}
			return at
		}
	}
	if pos, ok := in.inTemplate(o, fields); ok {
		at.Pos = pos
		return at
	}
	return a.Place
}

// inTemplate is where the template that makes o has the last of the fields, after its kind.
func (in *Model) inTemplate(o *deployed.Object, fields []string) (diag.Position, bool) {
	w := o.Workload()
	if len(fields) == 0 || w == nil || w.Kind != catalog.HelmChart || o.Pos.Line > 0 || !strings.HasSuffix(o.Pos.File, ".yaml") {
		return diag.Position{}, false
	}
	last := fields[len(fields)-1]
	kind, ok := in.Find(o.Pos.File, "kind: "+o.Kind, 0)
	if !ok || last == "kind" {
		return kind, ok
	}
	if last == "apiVersion" { // precedes it
		return in.Find(o.Pos.File, "apiVersion:", max(0, kind.Line-1))
	}
	return in.Find(o.Pos.File, last+":", kind.Line)
}

// asWritten is where the user wrote an object as such; node is nil when nowhere.
type asWritten struct {
	node *yaml.Node
	file string
}

// Manifest is where the user wrote o as such, with its kind and name, and the file. A name may have a template in it, or get a
// prefix from a kustomization: the most specific one is used.
func (in *Model) Manifest(o *deployed.Object) (found *yaml.Node, file string) {
	w, known := in.manifests[o]
	if !known {
		w = in.lookForManifest(o)
		if in.manifests == nil {
			in.manifests = map[*deployed.Object]asWritten{}
		}
		in.manifests[o] = w
	}
	return w.node, w.file
}

func (in *Model) lookForManifest(o *deployed.Object) asWritten {
	a := o.Application
	var all manifestIndex
	if o.Pos.Line == 0 || !o.Written() {
		all = in.manifestsOf(a)
	} else if f := in.File(o.Pos.File); f != nil {
		all = f.manifestsAt(o.Pos.File, o.Pos.Line) // of two of one name, o is the one at its line
	}
	w := o.Workload()
	best, likeness := all.like(o, w != nil && w.Kind == catalog.Kustomization)
	if likeness < identical {
		if m, l := in.manifestsInValues(a).like(o, w != nil && w.Kind == catalog.Kustomization); l > likeness {
			best = m
		}
	}
	return asWritten{best.node, best.file}
}

// manifestsOf are the manifests among the value files of an application or, for a kustomization, in all its files.
func (in *Model) manifestsOf(a *catalog.Application) manifestIndex {
	if x, ok := in.manifestsByApp[a]; ok {
		return x
	}
	files := ValueFiles(a)
	if w := a.Workload; w != nil && slices.ContainsFunc(append(a.Others, w), func(w *catalog.Workload) bool { return w.Kind == catalog.Kustomization && !w.Remote }) {
		files = in.filesOf(a)
	}
	var all []manifest
	for _, name := range files {
		if f := in.File(name); f != nil {
			all = append(all, f.allManifests(name)...)
		}
	}
	if in.manifestsByApp == nil {
		in.manifestsByApp = map[*catalog.Application]manifestIndex{}
	}
	in.manifestsByApp[a] = indexed(all)
	return in.manifestsByApp[a]
}

// manifestsInValues are the manifests among the values that the list gives an application.
func (in *Model) manifestsInValues(a *catalog.Application) manifestIndex {
	if x, ok := in.manifestsInList[a]; ok {
		return x
	}
	var all []manifest
	if n, name := in.Listed(a); n != nil && Value(n, "values") != nil {
		all = manifestsIn(nil, Value(n, "values"), name)
	}
	if in.manifestsInList == nil {
		in.manifestsInList = map[*catalog.Application]manifestIndex{}
	}
	in.manifestsInList[a] = indexed(all)
	return in.manifestsInList[a]
}

// allManifests are the manifests of all documents of a file, in order.
func (f *File) allManifests(name string) []manifest {
	if f.manifests == nil {
		f.manifests = []manifest{}
		for _, document := range f.Documents() {
			f.manifests = manifestsIn(f.manifests, document, name)
		}
	}
	return f.manifests
}

// manifestsAt are those of the document that begins at a line, or of all documents when none does.
func (f *File) manifestsAt(name string, line int) manifestIndex {
	if f.byLine == nil {
		f.byLine = map[int]manifestIndex{}
		for _, document := range f.Documents() {
			if len(document.Content) > 0 && f.byLine[document.Content[0].Line] == nil {
				f.byLine[document.Content[0].Line] = indexed(manifestsIn(nil, document, name))
			}
		}
	}
	if x, ok := f.byLine[line]; ok {
		return x
	}
	if f.index == nil {
		f.index = indexed(f.allManifests(name))
	}
	return f.index
}

// Value is the value at a key of a mapping; nil when there is none.
func Value(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	if i := IndexOf(n, key); i >= 0 {
		return n.Content[i+1]
	}
	return nil
}

// nearest is the key that fields lead to in a mapping, or the nearest one around it, and whether it is the former. An element of a
// list is found by the name that it has in o, where it has one: a patch does not have all elements.
func (in *Model) nearest(n *yaml.Node, o *deployed.Object, fields []string) (at *yaml.Node, whole bool) {
	at = n
	var is any // what o has there
	if o != nil {
		is = o.Content()
	}
	for _, field := range fields {
		is = deployed.Member(is, field)
		var key, next *yaml.Node
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		switch n.Kind {
		case yaml.MappingNode:
			key, next = in.Keys.Key(n, field)
		case yaml.SequenceNode:
			next = in.element(n, is, field)
			key = next
		}
		if next == nil {
			return at, false
		}
		at, n = key, next
	}
	return at, true
}

// element is the element of a list that has the name of an object's element, or else its index.
func (in *Model) element(list *yaml.Node, is any, index string) *yaml.Node {
	if m, _ := is.(map[string]any); m["name"] != nil {
		name, ok := m["name"].(string)
		if !ok {
			return nil
		}
		return in.Keys.named(list, name)
	}
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(list.Content) {
		return list.Content[i]
	}
	return nil
}

// Text is where the user wrote a text that is in o, or else the next one of texts: for a manifest, a line of its file; for
// what a chart makes, where a value file, the values of the entry, a patch or the template has it. If none has, it was assembled: then it
// is the manifest, or the application.
func (in *Model) Text(o *deployed.Object, texts ...string) catalog.Place {
	at := catalog.Place{Path: o.Application.Place.Path}
	for _, text := range texts {
		if p, ok := in.textAt(o, text); ok {
			if p.Path == "" {
				p.Path = at.Path
			}
			return p
		}
	}
	if o.Written() && o.Pos.Line > 0 {
		at.Pos = o.Pos
		return at
	}
	return o.InList()
}

func (in *Model) textAt(o *deployed.Object, text string) (at catalog.Place, ok bool) {
	a := o.Application
	if o.Written() && o.Pos.Line > 0 {
		if at.Pos, ok = in.Find(o.Pos.File, text, o.Pos.Line); ok {
			return at, true
		}
	}
	if at.Pos, ok = in.inFiles("values of "+a.Code, ValueFiles(a), text); ok {
		return at, true
	}
	if n, name := in.Listed(a); n != nil {
		if found := cmp.Or(in.Exactly(n, text), in.scalarIn(n, text)); found != nil { // an image may have a Secret's name in its own
			at.Pos = diag.Position{File: name, Line: found.Line, Column: found.Column}
			return at, true
		}
	}
	if at.Pos, ok = in.inSources(a, text, o.Pos.File); ok {
		return at, true
	}
	if o.Written() && o.Pos.Line == 0 {
		at.Pos, ok = in.Find(o.Pos.File, text, 0)
	}
	return at, ok
}

// few is how many files or folders are searched one after the other; more are put together first.
const few = 8

// inFiles is the first place of a text in some files.
func (in *Model) inFiles(name string, files []string, text string) (at diag.Position, ok bool) {
	if len(files) > few {
		return in.corpus(name, func() []string { return files }).find(text, "")
	}
	for _, file := range files {
		if at, ok = in.Find(file, text, 0); ok {
			break
		}
	}
	return at, ok
}

// inSources is the first place of a text in the files that an application is made from, without the list and one other file.
func (in *Model) inSources(a *catalog.Application, text, without string) (diag.Position, bool) {
	folders := foldersOf(a)
	if len(folders) > few {
		return in.corpus("files of "+a.Code, func() []string { return in.filesOf(a) }).find(text, without)
	}
	for _, folder := range folders {
		if at, ok := in.folder(folder).find(text, without); ok {
			return at, true
		}
	}
	return diag.Position{}, false
}

// folder is all files at or below a path of the repository.
func (in *Model) folder(at string) *corpus {
	return in.corpus("folder "+at, func() []string { return in.below(at) })
}

// ValueFiles are the value files of an application that is rendered here which are of this repository, relative to its root; the last one
// wins, and comes first.
func ValueFiles(a *catalog.Application) []string {
	if a.Workload == nil {
		return nil
	}
	return lastFirst(a.Workload, a.Others)
}

func lastFirst(first *catalog.Workload, others []*catalog.Workload) []string {
	var out []string
	for _, w := range append([]*catalog.Workload{first}, others...) {
		if w != nil {
			out = append(out, w.Values...)
		}
	}
	slices.Reverse(out)
	return out
}

// Find is the first scalar at or after a line of a file that has the text in it, or else the first line that has.
func (in *Model) Find(file, text string, from int) (diag.Position, bool) {
	f := in.File(file)
	if f == nil {
		return diag.Position{}, false
	}
	s := f.searched()
	if n := s.scalar(text, from); n != nil {
		return diag.Position{File: file, Line: n.Line, Column: n.Column}, true
	}
	return s.inLines(file, text, from)
}

// scalarIn is the first scalar in the list's mapping of an application that has the text in it.
func (in *Model) scalarIn(n *yaml.Node, text string) *yaml.Node {
	s := in.textsInList[n]
	if s == nil {
		s = &searched{nodes: scalars(nil, n)}
		s.scalars.text, s.nodesAt = joined(len(s.nodes), func(i int) string { return s.nodes[i].Value })
		if in.textsInList == nil {
			in.textsInList = map[*yaml.Node]*searched{}
		}
		in.textsInList[n] = s
	}
	return s.scalar(text, 0)
}
