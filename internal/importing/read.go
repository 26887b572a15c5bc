package importing

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// The bounds of what is read. Each file has those of internal/syntax besides.
const (
	mostFiles   = 50_000
	mostObjects = 200_000
	mostBytes   = 256 << 20
	// MostStream is how many bytes are read from standard input: one text.
	MostStream = syntax.MaxBytes
)

// Reading is what was read, and what could not be.
type Reading struct {
	Objects []*Object
	Broken  diag.List // documents that cannot be read; what else is in the folder was read
	Skipped []Note    // files and folders that were left out, with the reason

	bytes int
}

// ReadFolder reads all manifests of a folder and of those below it, but templates of charts, which are no manifests. Links are not
// followed. An error means that a file could not be read, or that there is too much.
func ReadFolder(files fs.FS) (*Reading, error) {
	r := &Reading{}
	seen := 0
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return fmt.Errorf("reading %w", err)
		case d.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "node_modules"):
			return fs.SkipDir
		case d.IsDir():
			if chart(files, path.Dir(name)) && slices.Contains([]string{"templates", "charts", "crds"}, base) {
				r.Skipped = append(r.Skipped, Note{diag.Position{File: name}, "not read: it belongs to a chart"})
				return fs.SkipDir
			}
			return nil
		case !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)):
			return nil
		case !d.Type().IsRegular():
			r.Skipped = append(r.Skipped, Note{diag.Position{File: name}, "not read: it is a link, which is not followed, or no file"})
			return nil
		}
		if seen++; seen > mostFiles {
			return fmt.Errorf("the folder has more than %s files\n  hint: name a folder below it", diag.Thousands(mostFiles))
		}
		data, err := syntax.ReadFile(files, name)
		if excess := (*syntax.Excess)(nil); errors.As(err, &excess) {
			r.Broken.Add(excess.At(name, ""))
			return nil
		} else if err != nil {
			return fmt.Errorf("reading %w", err)
		}
		return r.Read(name, data)
	})
	return r, err
}

// chart reports whether a folder is a Helm chart.
func chart(files fs.FS, dir string) bool {
	_, err := fs.Lstat(files, path.Join(dir, "Chart.yaml"))
	return err == nil
}

// Read reads the objects of a text: YAML documents, or JSON, and the elements of lists among them. What is no object is passed over, and
// what cannot be read is added to Broken. An error means that there is too much.
func (r *Reading) Read(name string, data []byte) error {
	if r.bytes += len(data); r.bytes > mostBytes {
		return fmt.Errorf("there is more than %d MiB to read\n  hint: name a folder below it", mostBytes>>20)
	}
	line := 0
	for _, text := range documents(data) {
		r.document(diag.Position{File: name, Line: line}, text)
		line += bytes.Count(text, []byte("\n"))
	}
	if len(r.Objects) > mostObjects {
		return fmt.Errorf("there are more than %s objects to read\n  hint: name a folder below it", diag.Thousands(mostObjects))
	}
	return nil
}

// documents cuts a text where a line begins with three dashes, as Argo CD and kubectl do. Each piece but the first has that line.
func documents(data []byte) [][]byte {
	var out [][]byte
	start, at := 0, 0
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(line, []byte("---")) && at > start {
			out = append(out, data[start:at])
			start = at
		}
		at += len(line)
	}
	return append(out, data[start:])
}

// document reads one document, before whose first line are that many lines of its file.
func (r *Reading) document(before diag.Position, text []byte) {
	if !bytes.Contains(text, []byte("kind")) || !bytes.Contains(text, []byte("apiVersion")) {
		return // values, settings of a tool, a comment
	}
	var value any
	nodes, err := syntax.Documents(text)
	if err == nil {
		err = syntax.Unmarshal(text, &value)
	}
	if err != nil {
		r.broken(before, text)
		return
	}
	if len(nodes) == 0 {
		return
	}
	node := nodes[0]
	if node.Kind == yaml.DocumentNode && len(node.Content) == 1 {
		node = node.Content[0]
	}
	r.value(before, value, node)
}

// broken reports why a document cannot be read. The parser's own words may quote a value, which may be secret, so the list's reader says it.
func (r *Reading) broken(before diag.Position, text []byte) {
	var found diag.List
	syntax.Parse(before.File, text, &found)
	d := diag.Diagnostic{Pos: diag.Position{File: before.File, Line: 1, Column: 1}, Code: "bad-manifest", Message: "this document is not YAML that Kubernetes' tools read"}
	if len(found) > 0 {
		d = found[0]
	}
	d.Pos.Line = max(d.Pos.Line, 1) + before.Line
	d.Pos.Column = max(d.Pos.Column, 1)
	d.Path = ""
	r.Broken.Add(d)
}

// value reads an object, or the elements of a list. The node is what it was made of.
func (r *Reading) value(before diag.Position, value any, node *yaml.Node) {
	m, ok := value.(map[string]any)
	if !ok {
		return
	}
	apiVersion, _ := m["apiVersion"].(string)
	kind, _ := m["kind"].(string)
	if items, isList := m["items"].([]any); isList && strings.HasSuffix(kind, "List") {
		elements := field(node, "items")
		for i, item := range items {
			at := node
			if elements != nil && i < len(elements.Content) {
				at = elements.Content[i]
			}
			r.value(before, item, at)
		}
		return
	}
	meta, _ := m["metadata"].(map[string]any)
	name, _ := meta["name"].(string)
	if apiVersion == "" || kind == "" || name == "" {
		return
	}
	o := &Object{APIVersion: apiVersion, Pos: diag.Position{File: before.File, Line: before.Line + node.Line, Column: node.Column}}
	o.Group, o.Kind, o.Name = group(apiVersion), kind, name
	o.Namespace, _ = meta["namespace"].(string)
	o.learn(m)
	r.Objects = append(r.Objects, o)
}

// field is the value of a key of a mapping; nil when there is none.
func field(node *yaml.Node, key string) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			if value := node.Content[i+1]; value.Kind != yaml.AliasNode {
				return value
			} else {
				return value.Alias
			}
		}
	}
	return nil
}
