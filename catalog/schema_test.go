package catalog

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/util/validation"
)

// documented is the texts of docs/input.md for the keys of each type. The test of the documentation in test/house ensures
// that there is a section for each type, headed by the first keys that lead to it, and a row for each key.
func documented(t *testing.T) descriptions {
	t.Helper()
	text, err := os.ReadFile("../docs/input.md")
	if err != nil {
		t.Fatal(err)
	}
	pages := tablesOf(string(text))
	out := descriptions{Types: map[string]described{}, Values: map[string]map[string]string{}}
	var visit func(of reflect.Type, heading, path string)
	visit = func(of reflect.Type, heading, path string) {
		if _, seen := out.Types[of.Name()]; seen || of.PkgPath() != reflect.TypeFor[entryInput]().PkgPath() {
			return
		}
		page := cmp.Or(pages[heading], &page{})
		at := described{Section: heading, About: strings.TrimSpace(page.about), Keys: map[string]keyText{}}
		out.Types[of.Name()] = at
		for _, f := range syntax.Fields(of) {
			if text, ok := page.keys[f.Name]; ok {
				at.Keys[f.Name] = text
			}
			below := strings.TrimPrefix(path+"."+f.Name, ".")
			if found := pages[below]; found != nil && found.values != nil && len(f.Enum) > 0 {
				out.Values[strings.Join(f.Enum, ",")] = found.values
			}
			visit(element(f.Type), below, below)
		}
		if of == reflect.TypeFor[platformInput]() { // which embeds it
			out.Types["clusterSettings"] = at
		}
		if of == reflect.TypeFor[controllerInput]() {
			out.Types["podsSettings"] = at
		}
		if of == reflect.TypeFor[backupConfigInput]() {
			out.Types["volSyncSettings"] = at
		}
	}
	visit(reflect.TypeFor[entryInput](), "An entry", "")
	visit(reflect.TypeFor[platformInput](), "The platform", "")
	visit(reflect.TypeFor[clusterInput](), "clusters", "clusters")
	return out
}

// page is what docs/input.md says under a heading.
type page struct {
	about  string // before the table, up to the first empty line
	keys   map[string]keyText
	values map[string]string
	prefix string // of what "there" means in the table
}

// tablesOf are the pages by their headings.
func tablesOf(markdown string) map[string]*page {
	link := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	pages := map[string]*page{"": {}}
	at := pages[""]
	begun := false
	for line := range strings.Lines(link.ReplaceAllString(markdown, "$1")) {
		if strings.HasPrefix(line, "#") {
			at, begun = &page{keys: map[string]keyText{}}, false
			pages[strings.Trim(line, "#` \n")] = at
			continue
		}
		begun = begun || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "```")
		if !begun {
			at.about += line
		}
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|"))
		}
		switch {
		case !strings.HasPrefix(line, "| `"):
		case len(cells) == 4: // two, and nothing at both ends
			if at.values == nil {
				at.values = map[string]string{}
			}
			at.values[strings.Trim(cells[1], "`")] = cells[2]
		case len(cells) == 6:
			at.add(strings.Trim(cells[1], "`"), keyText{Value: cells[2], Default: cells[3], Text: cells[4]})
		}
	}
	return pages
}

// add adds a row. A text such as "`kind` there" is completed by the path of the first row: in an editor nobody sees it.
func (p *page) add(key string, text keyText) {
	switch text.Default {
	case "required":
		text.Default = ""
	}
	if path := regexp.MustCompile("`(spec[.][.a-zA-Z]+)").FindStringSubmatch(text.Text); path != nil && p.prefix == "" {
		p.prefix = strings.TrimSuffix(path[1], "."+key)
	}
	if p.prefix != "" {
		text.Text = regexp.MustCompile("^`([.a-zA-Z]+)` there").ReplaceAllString(text.Text, "`"+p.prefix+".$1`")
	}
	p.keys[key] = text
}

// TestSchemaFiles compares the texts in the schemas with docs/input.md, and the copies for editors with the schemas.
// UPDATE=1 rewrites both.
func TestSchemaFiles(t *testing.T) {
	d := documented(t)
	var texts bytes.Buffer
	e := json.NewEncoder(&texts)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]byte{
		"descriptions.json":                texts.Bytes(),
		"../docs/schema/applications.json": applicationsSchema(d),
		"../docs/schema/platform.json":     platformSchema(d),
	} {
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(got), string(want)); diff != "" {
			t.Errorf("%s is stale; UPDATE=1 rewrites it (-there +wanted):\n%s", file, diff)
		}
	}
}

// TestModelines follows the line of each example that names its schema. README.md shows examples/minimal as a whole, without.
func TestModelines(t *testing.T) {
	files, err := filepath.Glob("../examples/*/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	parts, err := filepath.Glob("../examples/*/applications/*.yml")
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	for _, file := range append(files, parts...) {
		dir, name := path.Split(strings.TrimPrefix(filepath.ToSlash(file), "../"))
		if slices.Contains(parts, file) {
			name = ApplicationsFile // of which it is a part
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		schema, found := strings.CutPrefix(strings.SplitN(string(data), "\n", 2)[0], "# yaml-language-server: $schema=")
		if minimal := path.Base(dir) == "minimal"; found == minimal {
			t.Errorf("%s: its first line names the schema: %t", file, found)
		} else if found && path.Join(dir, schema) != "docs/schema/"+strings.TrimSuffix(name, ".yml")+".json" {
			t.Errorf("%s: its first line leads to %s", file, schema)
		}
	}
}

// TestSchemaTexts fails when a key has no text, or a text that is written for Markdown.
func TestSchemaTexts(t *testing.T) {
	var keys int
	var visit func(where string, s *schema)
	visit = func(where string, s *schema) {
		if s == nil {
			return
		}
		for name, p := range s.Properties {
			keys++
			if strings.HasPrefix(p.Description, "\n") || p.Description == "" || strings.Contains(p.Description, "`` ") || strings.Contains(p.Description, "](") {
				t.Errorf("%s.%s: bad description %q", where, name, p.Description)
			}
			visit(where+"."+name, p)
		}
		for _, alternative := range s.AnyOf {
			visit(where, alternative)
		}
		if len(s.Enum) != len(s.EnumDescriptions) || slices.Contains(s.EnumDescriptions, "") {
			t.Errorf("%s: of its %d values, not each is described: %q", where, len(s.Enum), s.EnumDescriptions)
		}
		visit(where+"[]", s.Items)
		if elements, ok := s.AdditionalProperties.(*schema); ok {
			visit(where+".*", elements)
		}
	}
	visit("applications", readDescriptions().value(reflect.TypeFor[[]entryInput](), syntax.Field{}))
	visit("platform", readDescriptions().value(reflect.TypeFor[platformInput](), syntax.Field{}))
	t.Logf("%d keys", keys)
	if known := BuiltinProfiles(); !slices.ContainsFunc(known, func(p *profiles.Profile) bool { return p.Name == "web-app" }) {
		t.Errorf("the built-in profiles are %v", known)
	}
}

// judges are the parser and the schema of one of the two files.
type judges struct {
	schema *jsonschema.Schema
	input  func() any // what the parser decodes into
}

func newJudges(t *testing.T) map[string]judges {
	t.Helper()
	out := map[string]judges{}
	for file, j := range map[string]struct {
		schema []byte
		input  func() any
	}{
		ApplicationsFile: {ApplicationsSchema(), func() any { return new([]entryInput) }},
		PlatformFile:     {PlatformSchema(), func() any { return new(platformInput) }},
	} {
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(j.schema))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(file, parsed); err != nil {
			t.Fatal(err)
		}
		compiled, err := compiler.Compile(file) // also checks it against draft 07
		if err != nil {
			t.Fatal(err)
		}
		out[file] = judges{compiled, j.input}
	}
	return out
}

// unseen are the codes of mistakes that are gone when YAML has become JSON, or that an editor's YAML reader reports itself.
var unseen = map[string]string{
	"duplicate-key": "the reader of YAML reports it",
	"alias-cycle":   "the reader of YAML reports it",
	"alias-bomb":    "a limit of roster's",
	"too-deep":      "a limit of roster's",
	"unknown-tag":   "JSON has no tags",
	"bad-value":     "JSON cannot hold the value",
}

// judge returns what the parser and the schema find in a file's shape. Comparable is false when only one of them can see it: the
// file is not YAML, or its only mistakes are those of unseen.
func (j judges) judge(t *testing.T, file string, data []byte) (shape diag.List, refused error, comparable bool) {
	t.Helper()
	doc := syntax.Parse(file, data, &shape)
	if doc == nil {
		return shape, nil, false
	}
	doc.Decode(j.input())
	if slices.ContainsFunc(shape, func(d diag.Diagnostic) bool { return unseen[d.Code] != "" }) {
		return shape, nil, false
	}
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil { // a list as a key, say
		if len(shape) == 0 {
			t.Errorf("the parser accepts what the library cannot read: %v", err)
		}
		return shape, nil, false
	}
	converted, err := json.Marshal(jsonOf(value))
	if err != nil {
		t.Fatal(err)
	}
	value, err = jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return shape, j.schema.Validate(value), true
}

// jsonOf turns all keys into texts, as editors do.
func jsonOf(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			value[k] = jsonOf(v)
		}
	case map[any]any:
		out := map[string]any{}
		for k, v := range value {
			out[fmt.Sprint(k)] = jsonOf(v)
		}
		return out
	case []any:
		for i, v := range value {
			value[i] = jsonOf(v)
		}
	}
	return value
}

// TestSchemaAgrees shows the files of all scripts and examples to the parser and to the schema. The schema refuses a file in
// which the parser finds a mistake of shape, and no file that Load accepts.
func TestSchemaAgrees(t *testing.T) {
	all := newJudges(t)
	var accepted, refused, narrowed, unreadable int
	check := func(name string, fsys fs.FS, file string, data []byte) {
		j := all[path.Base(file)]
		shape, err, comparable := j.judge(t, path.Base(file), data)
		switch {
		case !comparable:
			unreadable++
		case len(shape) == 0 && err == nil:
			accepted++
		case len(shape) > 0 && err != nil:
			refused++
		case len(shape) > 0:
			t.Errorf("%s: the schema accepts what the parser refuses:\n%v", name, shape)
		default:
			narrowed++
			if _, diags, loadErr := Load(fsys, path.Dir(file), Options{}); loadErr == nil && len(diags) == 0 {
				t.Errorf("%s: the schema refuses what roster accepts:\n%v", name, err)
			}
		}
	}
	scripts, err := filepath.Glob("../cmd/internal/cli/testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		if err != nil {
			t.Fatal(err)
		}
		fsys := fstest.MapFS{}
		for _, f := range archive.Files {
			fsys[path.Clean(f.Name)] = &fstest.MapFile{Data: f.Data}
		}
		for _, f := range archive.Files {
			if _, known := all[path.Base(f.Name)]; known {
				check(filepath.Base(script)+"/"+f.Name, fsys, path.Clean(f.Name), f.Data)
			}
		}
	}
	for _, file := range []string{ApplicationsFile, PlatformFile} {
		examples, err := fs.Glob(os.DirFS(".."), "examples/*/"+file)
		if err != nil || len(examples) == 0 {
			t.Fatal(examples, err)
		}
		for _, example := range examples {
			data, err := os.ReadFile(filepath.Join("..", example))
			if err != nil {
				t.Fatal(err)
			}
			check(example, os.DirFS(".."), example, data)
		}
	}
	t.Logf("both accept %d files and refuse %d; %d are refused for what their values mean; %d are not comparable", accepted, refused, narrowed, unreadable)
}

// TestSchemaEdits misspells and deletes each key, and puts other values in its place, one at a time. In a mapping that has every key,
// the parser and the schema must agree about its shape; in examples/homelab, the schema must also not refuse what Load
// accepts. What is at the same place in several entries is edited in the first.
func TestSchemaEdits(t *testing.T) {
	values := replacements(t)
	for file, j := range newJudges(t) {
		var edits, refused, narrowed int
		judge := func(edit string, part *yaml.Node, narrow func(err error)) {
			edits++
			shape, err, comparable := j.judge(t, file, yamlOf(t, part))
			switch {
			case !comparable:
				t.Errorf("%s: not comparable: %v", edit, shape)
			case len(shape) > 0 && err == nil:
				t.Errorf("%s: the schema accepts what the parser refuses:\n%v", edit, shape)
			case len(shape) > 0:
				refused++
			case err != nil:
				narrowed++
				narrow(err)
			}
		}

		may := optional{}
		all := may.everything(reflect.TypeOf(j.input()).Elem(), syntax.Field{})
		accepted := func(whole *yaml.Node) {
			if shape, err, _ := j.judge(t, file, yamlOf(t, whole)); len(shape) > 0 || err != nil {
				t.Fatalf("%s, unchanged: %v, %v\n%s", file, shape, err, yamlOf(t, whole))
			}
		}
		accepted(all)
		eachWay([]*yaml.Node{all}, func(way []*yaml.Node) { accepted(may.only(way)) })
		eachEdit([]*yaml.Node{all}, file, map[string]bool{}, values, func(edit string, way []*yaml.Node) {
			judge(edit, may.only(way), func(error) {}) // Load would refuse it in any case
		})

		full, seen := exampleTree(t, file), map[string]bool{}
		parts := []*yaml.Node{full}
		if full.Kind == yaml.SequenceNode {
			parts = full.Content
		}
		for _, part := range parts {
			read := part
			if part != full { // an entry, read alone for speed
				read = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{part}}
			}
			eachEdit([]*yaml.Node{part}, file, seen, values, func(edit string, _ []*yaml.Node) {
				judge(edit, read, func(err error) {
					if len(loadEdited(t, file, yamlOf(t, full))) == 0 {
						t.Errorf("%s: the schema refuses what roster accepts:\n%v", edit, err)
					}
				})
			})
		}
		t.Logf("%s: %d edits, both refuse %d; %d are refused for what the value means", file, edits, refused, narrowed)
	}
}

// optional are the keys, of a tree, that may be missing.
type optional map[*yaml.Node]bool

// everything is a value of the type with all its keys.
func (may optional) everything(t reflect.Type, f syntax.Field) *yaml.Node {
	scalar := func(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: value} }
	switch t {
	case reflect.TypeFor[text]():
		switch {
		case len(f.Enum) > 0:
			return scalar(f.Enum[0])
		case f.Name == "cidr" || f.Name == "except" || f.Name == "outside":
			return scalar("10.0.0.0/8")
		case f.Name == "catalog":
			return scalar("ntfy")
		}
		return scalar("a")
	case reflect.TypeFor[number]():
		return scalar("1")
	case reflect.TypeFor[flag]():
		return scalar("true")
	case reflect.TypeFor[syntax.Text]():
		return scalar("8080")
	case reflect.TypeFor[syntax.Any]():
		return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("a"), scalar("b")}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return may.everything(t.Elem(), f)
	case reflect.Slice:
		return &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{may.everything(t.Elem(), f)}}
	}
	out := &yaml.Node{Kind: yaml.MappingNode}
	if items, isMap := t.FieldByName("Items"); isMap {
		value, _ := items.Type.Elem().FieldByName("Value")
		out.Content = []*yaml.Node{scalar("a"), may.everything(value.Type, f)}
		return out
	}
	for _, f := range syntax.Fields(t) {
		key := scalar(f.Name)
		may[key] = !f.Required
		out.Content = append(out.Content, key, may.everything(f.Type, f))
	}
	return out
}

// only is the tree without what no edit at the end of the way depends on: of what is not on the way, what is required is left, and all keys beside
// the edited one.
func (may optional) only(way []*yaml.Node) *yaml.Node {
	var copied func(n *yaml.Node) *yaml.Node
	copied = func(n *yaml.Node) *yaml.Node {
		if n.Kind != yaml.MappingNode && n.Kind != yaml.SequenceNode {
			return n
		}
		out := &yaml.Node{Kind: n.Kind}
		for i := 0; i < len(n.Content); i++ {
			if n.Kind == yaml.SequenceNode {
				out.Content = append(out.Content, copied(n.Content[i]))
				continue
			}
			key, value := n.Content[i], n.Content[i+1]
			i++
			if !may[key] || n == way[len(way)-1] || slices.Contains(way, value) {
				out.Content = append(out.Content, key, copied(value))
			}
		}
		return out
	}
	return copied(way[0])
}

// eachWay calls visit with the nodes that lead to each mapping and list, and that one.
func eachWay(way []*yaml.Node, visit func(way []*yaml.Node)) {
	visit(way)
	for _, below := range way[len(way)-1].Content {
		if len(below.Content) > 0 {
			eachWay(append(slices.Clip(way), below), visit)
		}
	}
}

// eachEdit changes the tree in every way at each place that is not in seen, and calls try while it is changed, with the nodes that lead to the
// changed one. A place is named by keys, without indices.
func eachEdit(way []*yaml.Node, place string, seen map[string]bool, values []*yaml.Node, try func(edit string, way []*yaml.Node)) {
	n, step := way[len(way)-1], 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i < len(n.Content); i += step {
		before, key, below := n.Content, n.Content[i], place+"[]"
		if step == 2 {
			below = place + "." + key.Value
		}
		if !seen[below] {
			seen[below] = true
			if step == 2 {
				name := key.Value
				key.Value = name + "x"
				try(below+": misspelled", way)
				key.Value = name
				n.Content = slices.Delete(slices.Clone(before), i, i+2)
				try(below+": deleted", way)
			}
			for _, v := range values {
				n.Content = slices.Clone(before)
				n.Content[i+step-1] = v
				try(below+": replaced by "+v.HeadComment, way)
			}
			n.Content = before
		}
		if key.Value != "values" && key.Value != "patch" { // what is in them may have any shape
			eachEdit(append(slices.Clip(way), n.Content[i+step-1]), below, seen, values, try)
		}
	}
}

// replacements are values of all types.
func replacements(t *testing.T) []*yaml.Node {
	t.Helper()
	var out []*yaml.Node
	for _, text := range []string{"~", "7", "1.5", "true", "A text", "web-ntfy", `"7"`, "[]", "[~]", "{}", "{a: b}"} {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(text), &n); err != nil {
			t.Fatal(err)
		}
		n.Content[0].HeadComment = text
		out = append(out, n.Content[0])
	}
	return out
}

// exampleTree is a file of examples/homelab with its aliases written out.
func exampleTree(t *testing.T, file string) *yaml.Node {
	t.Helper()
	data, err := os.ReadFile("../examples/homelab/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var plain func(n *yaml.Node) *yaml.Node
	plain = func(n *yaml.Node) *yaml.Node {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style}
		for _, c := range n.Content {
			out.Content = append(out.Content, plain(c))
		}
		return out
	}
	return plain(doc.Content[0])
}

func yamlOf(t *testing.T, n *yaml.Node) []byte {
	t.Helper()
	data, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// loadEdited is what Load reports about examples/homelab with another text in one file.
func loadEdited(t *testing.T, file string, data []byte) diag.List {
	t.Helper()
	_, diags, err := Load(edited{os.DirFS(".."), "examples/homelab/" + file, data}, "examples/homelab", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return diags
}

// edited is a file system in which one file is another.
type edited struct {
	fs.FS
	file string
	data []byte
}

func (e edited) Open(name string) (fs.File, error) {
	if name == e.file {
		return fstest.MapFS{name: {Data: e.data}}.Open(name)
	}
	return e.FS.Open(name)
}

// TestSchemaDocuments replaces the whole file.
func TestSchemaDocuments(t *testing.T) {
	all := newJudges(t)
	for _, text := range []string{"[]", "[~]", "[a]", "[[]]", "[{}]", "[{namespace: a}]", "{}", "{domain: }", "{domain: a, Domain: a}", "a", "7", "true"} {
		for file, j := range all {
			fsys := fstest.MapFS{ApplicationsFile: {Data: []byte("[{namespace: web-a}]")}, file: {Data: []byte(text)}}
			_, refused, _ := j.judge(t, file, []byte(text))
			if _, diags, _ := Load(fsys, ".", Options{}); (refused == nil) != (len(diags) == 0) {
				t.Errorf("%s: %s: the schema says %v, and Load %v", file, text, refused, diags)
			}
		}
	}
}

// TestSchemaShapes fails when a pattern refuses a text that the check accepts, of all that can be made of a few pieces.
func TestSchemaShapes(t *testing.T) {
	pieces := []string{"a", "B", "1", "0", "8000", "65535", "-", ".", ":", "::", "/", "/8", "+", "_", " ", "é", "%", "/TCP", "/udp", "ffff:", "1.2.3.4", strings.Repeat("a", 62), "\n"}
	checks := []struct {
		shape string
		takes func(s string) bool
	}{
		{labelShape, func(s string) bool { return validation.IsDNS1123Label(s) == nil }},
		{hostShape, isHostname},
		{cidrShape, func(s string) bool { _, err := netip.ParsePrefix(s); return err == nil }},
		{portShape, func(s string) bool { _, reason := parsePort(s); return reason == "" }},
		{servicePortShape, func(s string) bool {
			var diags diag.List
			doc := syntax.Parse("", []byte("a"), &diags)
			servicePort(syntax.Text{V: s, Node: doc.Root()})
			return len(diags) == 0
		}},
	}
	for _, c := range checks {
		shape, taken := regexp.MustCompile(c.shape), 0
		var try func(s string, more int)
		try = func(s string, more int) {
			matches := shape.MatchString(s)
			if !matches && c.takes(s) {
				t.Errorf("%s refuses %q", c.shape, s)
			} else if matches && c.takes(s) {
				taken++
			}
			if more > 0 {
				for _, p := range pieces {
					try(s+p, more-1)
				}
			}
		}
		try("", 3)
		if taken == 0 {
			t.Errorf("no text fits %s", c.shape)
		}
	}
}
