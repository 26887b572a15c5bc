package places

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"go.yaml.in/yaml/v3"
)

func IndexOf(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// manifest is a mapping with a kind and a name that the user wrote.
type manifest struct {
	node       *yaml.Node
	file       string
	kind, name string
}

// identical is the similarity of a name to itself; lower values are how many characters of a name are in another.
const identical = 1 << 10

// mostTemplated is how many names with a template in them are compared. With more in the files of one application, a place
// is less exact.
const mostTemplated = 100

// templated is a part of a text that Helm fills in.
var templated = regexp.MustCompile(`\{\{.*?\}\}`)

// manifestsIn adds the manifests at or below n, in order. What is inside a manifest counts when it is of another kind.
func manifestsIn(out []manifest, n *yaml.Node, file string) []manifest {
	around := map[string]int{}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.MappingNode {
			if kind, name := Value(n, "kind"), Value(Value(n, "metadata"), "name"); kind != nil && name != nil {
				if around[kind.Value] == 0 {
					out = append(out, manifest{n, file, kind.Value, name.Value})
				}
				around[kind.Value]++
				defer func() { around[kind.Value]-- }()
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(n)
	return out
}

// manifestIndex finds the manifest that an object was made of: one of the same kind, with the most similar name.
type manifestIndex map[string]*namesakes

// namesakes are the manifests of a kind.
type namesakes struct {
	all     []manifest
	first   map[string]int // by name
	lengths []int          // of names without a template, each once, the longest first
	// patterns are of the names with a template.
	patterns []namePattern
}

type namePattern struct {
	of       int // in all
	regexp   *regexp.Regexp
	likeness int
}

func indexed(all []manifest) manifestIndex {
	out := manifestIndex{}
	for _, m := range all {
		k := out[m.kind]
		if k == nil {
			k = &namesakes{first: map[string]int{}}
			out[m.kind] = k
		}
		k.all = append(k.all, m)
		if _, again := k.first[m.name]; again {
			continue
		}
		k.first[m.name] = len(k.all) - 1
		switch {
		case !strings.Contains(m.name, "{{"):
			k.lengths = append(k.lengths, len(m.name))
		case len(k.patterns) < mostTemplated && len(m.name) < identical:
			if p, ok := patternOf(m.name); ok {
				p.of = len(k.all) - 1
				k.patterns = append(k.patterns, p)
			}
		}
	}
	for _, k := range out {
		slices.Sort(k.lengths)
		k.lengths = slices.Compact(k.lengths)
		slices.Reverse(k.lengths)
	}
	return out
}

// patternOf is what a name with a template in it may become.
func patternOf(name string) (namePattern, bool) {
	parts := templated.Split(name, -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	r, err := regexp.Compile("^" + strings.Join(parts, ".*") + "$")
	return namePattern{regexp: r, likeness: 1 + len(strings.Join(parts, ""))}, err == nil
}

// like is the manifest that has the most of the name of o, the first of several, and how much that is; 0 when there is none.
// Within is whether a name also counts that is a part of the name of o: a kustomization adds a prefix to names.
func (x manifestIndex) like(o *deployed.Object, within bool) (found manifest, likeness int) {
	k := x[o.Kind]
	if k == nil {
		return found, 0
	}
	if i, ok := k.first[o.Name]; ok {
		return k.all[i], identical
	}
	if len(o.Name) > deployed.LongestName {
		return found, 0
	}
	best := len(k.all)
	take := func(i, l int) {
		if l > likeness || l == likeness && i < best {
			best, likeness = i, l
		}
	}
	for _, p := range k.patterns {
		if p.likeness >= likeness && p.regexp.MatchString(o.Name) {
			take(p.of, p.likeness)
		}
	}
	if within {
		for _, length := range k.lengths {
			if length < max(1, likeness) {
				break
			}
			for from := 0; from+length <= len(o.Name); from++ {
				if i, ok := k.first[o.Name[from:from+length]]; ok {
					take(i, length)
				}
			}
		}
	}
	if likeness == 0 {
		return found, 0
	}
	return k.all[best], likeness
}

// Keys finds keys of mappings, and elements of lists by their names. Those of large ones are noted when they are asked for.
type Keys struct {
	keys     map[*yaml.Node]map[string]int
	elements map[*yaml.Node]map[string]*yaml.Node
}

// small is up to how many keys or elements are looked at one after the other.
const small = 16

// Key is the last key of a mapping with that name, and its value; nil when there is none.
func (x *Keys) Key(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	if len(n.Content) <= 2*small {
		for i := len(n.Content)/2*2 - 2; i >= 0; i -= 2 {
			if n.Content[i].Value == name {
				return n.Content[i], n.Content[i+1]
			}
		}
		return nil, nil
	}
	keys := x.keys[n]
	if keys == nil {
		keys = make(map[string]int, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			keys[n.Content[i].Value] = i
		}
		if x.keys == nil {
			x.keys = map[*yaml.Node]map[string]int{}
		}
		x.keys[n] = keys
	}
	if i, ok := keys[name]; ok {
		return n.Content[i], n.Content[i+1]
	}
	return nil, nil
}

// named is the first element of a list that has a name; nil when there is none.
func (x *Keys) named(list *yaml.Node, name string) *yaml.Node {
	if len(list.Content) <= small {
		for _, e := range list.Content {
			if n := Value(e, "name"); n != nil && n.Value == name {
				return e
			}
		}
		return nil
	}
	elements := x.elements[list]
	if elements == nil {
		elements = make(map[string]*yaml.Node, len(list.Content))
		for _, e := range list.Content {
			if n := Value(e, "name"); n != nil && elements[n.Value] == nil {
				elements[n.Value] = e
			}
		}
		if x.elements == nil {
			x.elements = map[*yaml.Node]map[string]*yaml.Node{}
		}
		x.elements[list] = elements
	}
	return elements[name]
}

// Exactly is the first value of a file that equals a text; nil when there is none.
func (f *File) Exactly(text string) *yaml.Node {
	if f.values == nil {
		f.values = map[string]*yaml.Node{}
		for _, document := range f.Documents() {
			withValues(document, f.values)
		}
	}
	return f.values[text]
}

// withValues notes the first scalar of each text at or below n that is not a key.
func withValues(n *yaml.Node, into map[string]*yaml.Node) {
	if n.Kind == yaml.ScalarNode && into[n.Value] == nil {
		into[n.Value] = n
	}
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			withValues(c, into)
		}
	}
}
