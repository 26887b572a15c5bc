package syntax

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// pair is one key of a mapping with its value.
type pair struct{ key, value *yaml.Node }

// plainTags are the tags of plain values. Readers of YAML differ in how they treat all others.
var plainTags = []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!map", "!!seq", "!!merge"}

// follow returns what y stands for: y itself, or the node that it is an alias of; nil, and a report, when that cannot be found. The caller
// calls done when it has read the node.
func (d *decoder) follow(y *yaml.Node, at *Node) (target *yaml.Node, done func()) {
	done = func() {}
	alias := y.Kind == yaml.AliasNode
	if alias {
		switch {
		case d.cyclic[y.Alias] || slices.Contains(d.open, y.Alias):
			if d.cyclic == nil {
				d.cyclic = map[*yaml.Node]bool{}
			}
			d.cyclic[y.Alias] = true
			at.Report("alias-cycle", "write the value out in place of the alias", "the alias *%s is part of its own value", y.Value)
			return nil, done
		case len(d.open) == maxDepth:
			at.Report("too-deep", "write the value out in place of the alias", "expected at most %d aliases inside of each other, found more", maxDepth)
			return nil, done
		}
		y = y.Alias
	}
	if isTemplate(y) {
		at.Report("template", filled, "expected a value, found a template: {{ … }}")
		return nil, done
	}
	if tag := y.ShortTag(); !slices.Contains(plainTags, tag) {
		at.Report("unknown-tag", "remove the tag, or put all of it in quotes", "expected a plain value, found the YAML tag %s", Quote(tag))
		return nil, done
	}
	if alias {
		d.open = append(d.open, y)
		done = func() { d.open = d.open[:len(d.open)-1] }
	}
	return y, done
}

// filled is the hint where a file is written as a template of Helm.
const filled = "write the value itself: the file is no Helm template, and nothing in {{ }} is filled in"

// isTemplate reports whether y is what YAML makes of {{ … }} without quotes: a mapping whose only key is a mapping.
func isTemplate(y *yaml.Node) bool {
	return y.Kind == yaml.MappingNode && len(y.Content) == 2 && y.Content[0].Kind == yaml.MappingNode && y.Style&yaml.FlowStyle != 0
}

// pairs lists the keys of the mapping y with the keys that it merges (<<: *defaults) after its own. It reports keys that occur twice and
// keys that are not text, unless scalars of any type may be keys, and leaves those out.
func (d *decoder) pairs(y *yaml.Node, at *Node, anyKey bool) []pair {
	out := make([]pair, 0, len(y.Content)/2)
	var merged []pair
	seen := keySet{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge" {
			merged = append(merged, d.merge(value, at, anyKey)...)
			continue
		}
		if key.Kind != yaml.ScalarNode || !anyKey && key.ShortTag() != "!!str" {
			at.at(key).Report("wrong-type", "put the key in quotes", "expected text as a key, found %s", describe(key, false))
			continue
		}
		if first := seen.add(out, key); first != nil {
			at.at(key).ReportWith(at.at(first), "first here", "duplicate-key", "remove one of them", "the key %s occurs twice", Quote(key.Value))
			continue
		}
		out = append(out, pair{key, value})
	}
	for _, p := range merged {
		if seen.add(out, p.key) == nil {
			out = append(out, p)
		}
	}
	return out
}

// keySet finds keys that occur twice: in the pairs so far while they are few, else in a map.
type keySet struct{ byName map[string]*yaml.Node }

// add returns the key of the same name, if there is one among the pairs so far, which include all keys that were added.
func (s *keySet) add(pairs []pair, key *yaml.Node) *yaml.Node {
	const few = 16
	if len(pairs) < few {
		for _, p := range pairs {
			if p.key.Value == key.Value {
				return p.key
			}
		}
		return nil
	}
	if s.byName == nil {
		s.byName = make(map[string]*yaml.Node, 2*few)
		for _, p := range pairs {
			s.byName[p.key.Value] = p.key
		}
	}
	if first := s.byName[key.Value]; first != nil {
		return first
	}
	s.byName[key.Value] = key
	return nil
}

// merge lists what the value of a << key merges: a mapping, or a list of mappings of which the first wins.
func (d *decoder) merge(y *yaml.Node, at *Node, anyKey bool) []pair {
	at = at.child(y, "<<")
	y, done := d.follow(y, at)
	defer done()
	switch {
	case y == nil:
		return nil
	case y.Kind == yaml.MappingNode:
		return d.pairs(y, at, anyKey)
	case y.Kind == yaml.SequenceNode && !slices.ContainsFunc(y.Content, func(c *yaml.Node) bool { return c.Kind == yaml.SequenceNode }):
		var out []pair
		for _, c := range y.Content {
			out = append(out, d.merge(c, at, anyKey)...)
		}
		return out
	}
	d.mismatch(y, at, "a mapping to merge", &Field{Hidden: true})
	return nil
}
