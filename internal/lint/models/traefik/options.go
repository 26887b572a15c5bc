package traefik

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// options are a static configuration: values by their path, such as entrypoints.web.address, in lower case. Traefik reads them from one
// place only: a file, or else the arguments, or else its environment (cmd/traefik/traefik.go, loaders).
type options struct {
	values  map[string]string
	spelled map[string]string // the path as it is written
	unclear bool              // whether there is more than was understood
}

func newOptions() *options {
	return &options{values: map[string]string{}, spelled: map[string]string{}}
}

// argumentsOf reads Traefik's arguments, as its parser does (paerser, flag/flagparser.go): the first of several spellings counts, and
// the last of several values, but for lists.
func argumentsOf(args []string) *options {
	o := newOptions()
	for _, arg := range args {
		name, dashed := strings.CutPrefix(arg, "-")
		if !dashed { // the value of the one before, or a shell's business
			o.unclear = true
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(name, "-"), "=")
		if !given {
			value = "true"
		}
		o.unclear = o.unclear || name == "" || strings.Contains(arg, "$(") // a variable
		if before, again := o.values[strings.ToLower(name)]; again && strings.HasSuffix(strings.ToLower(name), ".http.middlewares") {
			value = before + "," + value
		}
		o.set(name, value)
	}
	return o
}

// variablePrefix begins the names of the variables that Traefik reads.
const variablePrefix = "TRAEFIK_"

func (o *options) set(path, value string) {
	key := strings.ToLower(path)
	if _, again := o.values[key]; !again {
		o.spelled[key] = path
	}
	o.values[key] = value
}

// fileOf reads a configuration file.
func fileOf(root *yaml.Node) *options {
	o := newOptions()
	o.read("", root, deepest)
	return o
}

// deepest is how deeply nested a configuration may be. Traefik's own is not that deep.
const deepest = 32

func (o *options) read(path string, n *yaml.Node, depth int) {
	switch {
	case depth == 0 || n.Kind == yaml.AliasNode:
		o.unclear = true
	case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
		o.read(path, n.Content[0], depth)
	case n.Kind == yaml.MappingNode:
		if len(n.Content) == 0 {
			o.set(path, "true")
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if path != "" {
				key = path + "." + key
			}
			o.unclear = o.unclear || n.Content[i].Value == "<<"
			o.read(key, n.Content[i+1], depth-1)
		}
	case n.Kind == yaml.SequenceNode:
		var all []string
		for _, e := range n.Content {
			all = append(all, e.Value)
		}
		o.set(path, strings.Join(all, ","))
	case n.Kind == yaml.ScalarNode:
		o.set(path, n.Value)
	}
}

// on reports whether an option is set to true.
func (o *options) on(path string) bool {
	on, err := strconv.ParseBool(o.values[path])
	return err == nil && on
}

// has reports whether something is configured: unless it is false, or nothing of it is set.
func (o *options) has(path string) bool {
	if value, ok := o.values[path]; ok {
		on, err := strconv.ParseBool(value)
		return err != nil || on
	}
	for key := range o.values {
		if strings.HasPrefix(key, path+".") {
			return true
		}
	}
	return false
}

// below are the options of each element of a mapping, by its name as Traefik has it: of several spellings the first in alphabetical
// order (paerser, parser/labels_decode.go).
func (o *options) below(path string) map[string]*options {
	out, names := map[string]*options{}, map[string]string{}
	for _, spelled := range slices.SortedFunc(maps.Values(o.spelled), cmp.Compare) {
		key := strings.ToLower(spelled)
		rest, ok := strings.CutPrefix(key, path+".")
		if !ok {
			continue
		}
		lower, rest, _ := strings.Cut(rest, ".")
		name := names[lower]
		if name == "" {
			name = spelled[len(path)+1:][:len(lower)]
			names[lower], out[name] = name, newOptions()
		}
		out[name].set(rest, o.values[key])
	}
	return out
}
