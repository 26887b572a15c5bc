package workload

import (
	"bytes"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	yamlv3 "go.yaml.in/yaml/v3"
)

// maxWide is how many keys a mapping may have that kustomize reads, with those that it merges, and how many mappings a list: kustomize
// compares each with all others.
const maxWide = 5000

// tooWide reports the first mapping or list of a text that kustomize would take too long for; nil when there is none, or when it is not YAML.
func tooWide(text []byte) *syntax.Excess {
	const each = ",:?{-" // each key needs one of the first, and each mapping of a list
	marks := 0
	for i := range len(each) {
		marks += bytes.Count(text, []byte{each[i]})
	}
	if marks < maxWide && !bytes.Contains(text, []byte("<<")) {
		return nil
	}
	documents, _ := syntax.Documents(text)
	w := wide{known: map[*yamlv3.Node]int{}}
	for _, document := range documents {
		if w.walk(document); w.excess != nil {
			return w.excess
		}
	}
	return nil
}

type wide struct {
	known  map[*yamlv3.Node]int // keys of mappings, with those that are merged
	excess *syntax.Excess
}

func (w *wide) walk(n *yamlv3.Node) {
	switch n.Kind {
	case yamlv3.MappingNode:
		w.keys(n)
	case yamlv3.SequenceNode:
		mappings := 0
		for _, item := range n.Content {
			if item.Kind != yamlv3.ScalarNode {
				if mappings++; mappings == maxWide+1 {
					w.report(item, "mappings in a list")
				}
			}
		}
	}
	for _, child := range n.Content {
		if w.excess != nil {
			return
		}
		w.walk(child)
	}
}

// keys counts those of a mapping and of all that it merges.
func (w *wide) keys(n *yamlv3.Node) int {
	if known, ok := w.known[n]; ok {
		return known // 0 within itself, which all readers refuse
	}
	w.known[n] = 0
	count := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yamlv3.ScalarNode && key.ShortTag() == "!!merge" {
			count += w.merged(n.Content[i+1])
		} else {
			count++
		}
		if count > maxWide {
			w.report(n.Content[i], "keys in a mapping")
			break
		}
	}
	w.known[n] = count
	return count
}

func (w *wide) merged(n *yamlv3.Node) int {
	if n.Kind == yamlv3.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yamlv3.MappingNode:
		return w.keys(n)
	case yamlv3.SequenceNode:
		count := 0
		for _, item := range n.Content {
			if item.Kind != yamlv3.SequenceNode { // which no reader merges
				count += w.merged(item)
			}
		}
		return count
	}
	return 0
}

func (w *wide) report(at *yamlv3.Node, what string) {
	if w.excess == nil {
		w.excess = &syntax.Excess{
			Line: at.Line, Column: at.Column, Code: "too-large", Hint: "split it",
			Message: "kustomize takes too long for more than " + diag.Thousands(maxWide) + " " + what,
		}
	}
}
