package workload

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// scrubber removes from Kustomize's messages the values that it worked on. kustomizeWords knows where Kustomize usually quotes them; this
// is for all other messages.
type scrubber struct{ values map[string]bool }

// shortest is the minimum length of a value that is removed: shorter ones are words of any message.
const shortest = 6

// operations are those of JSON patches that are as long.
var operations = []string{"remove", "replace"}

// namingKeys are the keys whose values messages need, and that are not secret: what names an object or a part of it.
var namingKeys = map[string]bool{"name": true, "namespace": true, "kind": true, "apiVersion": true, "group": true, "version": true, "path": true, "fieldPath": true,
	"fieldPaths": true, "resources": true, "components": true, "bases": true, "crds": true, "configurations": true, "files": true, "envs": true,
	"namePrefix": true, "nameSuffix": true, "target": true, "select": true, "objref": true}

// text notes the values in a text: of YAML, or of lines as in a file for the environment.
func (s *scrubber) text(data []byte) {
	documents, err := syntax.Documents(data)
	for _, d := range documents {
		s.node(d)
	}
	if err != nil || len(documents) == 1 && len(documents[0].Content) == 1 && documents[0].Content[0].Kind == yaml.ScalarNode {
		for line := range bytes.Lines(data) {
			s.value(string(line))
		}
	}
}

func (s *scrubber) node(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "\n") || strings.ContainsAny(n.Value[:min(len(n.Value), 1)], "{[") {
			s.text([]byte(n.Value)) // a patch or a file in it
		}
		s.value(n.Value)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !namingKeys[n.Content[i].Value] {
				s.node(n.Content[i+1])
			}
		}
	default:
		for _, c := range n.Content {
			s.node(c)
		}
	}
}

// value notes a value, and what follows an equals sign in it.
func (s *scrubber) value(text string) {
	_, behind, _ := strings.Cut(text, "=")
	for _, v := range []string{strings.TrimSpace(text), strings.Trim(behind, " \t\r\n\"'")} {
		if len(v) >= shortest && !slices.Contains(operations, v) {
			s.values[v] = true
		}
	}
}

// object notes the values of an object.
func (s *scrubber) object(value any) {
	switch v := value.(type) {
	case string:
		s.value(v)
	case []any:
		for _, e := range v {
			s.object(e)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !namingKeys[key] {
				s.object(v[key])
			}
		}
	}
}

// clean removes the values from the messages, the longest first.
func (s *scrubber) clean(diags diag.List) diag.List {
	values := slices.SortedFunc(maps.Keys(s.values), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	for i := range diags {
		if diags[i].Code == notFetched { // which names a URL alone, without what is secret in it
			continue
		}
		for _, v := range values {
			diags[i].Message = strings.ReplaceAll(diags[i].Message, v, elided)
		}
	}
	return diags
}

func newScrubber(app *Application) *scrubber {
	s := &scrubber{values: map[string]bool{}}
	for _, p := range app.Patches {
		s.text([]byte(p.Text))
	}
	return s
}

// scrubbed are the diagnostics about a kustomization without the values of the files that were read for it.
func (k *kustomization) scrubbed(diags diag.List) diag.List {
	if len(diags) == 0 {
		return nil
	}
	s := newScrubber(k.app)
	for _, name := range slices.Sorted(maps.Keys(k.files.read)) {
		s.text(k.files.read[name])
	}
	var plain diag.List
	rest := slices.DeleteFunc(slices.Clone(diags), func(d diag.Diagnostic) bool {
		if k.files.plain[d.Message] {
			plain.Add(d)
		}
		return k.files.plain[d.Message]
	})
	return append(s.clean(rest), plain...)
}

// scrubbed are the diagnostics about patches without the values of the objects that they are for.
func scrubbed(app *Application, objects []manifest, diags diag.List) diag.List {
	if len(diags) == 0 {
		return nil
	}
	s := newScrubber(app)
	for _, m := range objects {
		s.object(m.value)
	}
	return s.clean(diags)
}
