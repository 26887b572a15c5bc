package catalog

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/syntax"
)

// Key is a key of applications.yml or platform.yml, as documentation has it. All texts are Markdown without links.
type Key struct {
	File     string
	Path     string   // from the entry or, of platform.yml, from the file: applications.ingress.auth
	Type     string   // in one or two words, such as list of mappings
	Value    string   // what may be written, in a sentence
	Default  string   // empty when there is none
	Required bool     // in its mapping
	Text     string   // what it becomes
	About    string   // about the mapping that it leads to; may be empty
	Values   []Value  // those that are permitted, when no other is
	Known    []Value  // those that exist without anything of the user's, when others are permitted as well
	Example  string   // of the value, on one line
	Manual   string   // where it is documented
	Keys     []string // paths of those below

	of     reflect.Type // the mapping that has it
	above  aboveKey
	line   string // as a user may write it
	nested string // the same, under the key that leads to the mapping
}

// aboveKey is the key that leads to a mapping.
type aboveKey struct {
	of   reflect.Type // the mapping that has it
	name string
	f    syntax.Field
}

// Value is a value of a key, and what it means.
type Value struct{ Name, Text string }

// Name is the last part of the path.
func (k *Key) Name() string {
	_, name, _ := splitPath(k.Path)
	return name
}

func (k *Key) depth() int { return strings.Count(k.Path, ".") + 1 }

// Keys are all keys of both files, in the order of the files, and each before those below it.
func Keys() []Key { return append(documentedKeys(ApplicationsFile), documentedKeys(PlatformFile)...) }

// documentedKeys are all keys of a file.
func documentedKeys(file string) []Key {
	c := &keyCollector{file: file, texts: readDescriptions()}
	c.below(root(file), "", aboveKey{})
	return c.keys
}

type keyCollector struct {
	file  string
	texts descriptions
	keys  []Key
	open  []reflect.Type
}

// below adds the keys of a mapping, and returns their paths.
func (c *keyCollector) below(t reflect.Type, path string, above aboveKey) (paths []string) {
	if !isInput(t) || slices.Contains(c.open, t) {
		return nil
	}
	c.open = append(c.open, t)
	for _, f := range syntax.Fields(t) {
		at := strings.TrimPrefix(path+"."+f.Name, ".")
		text, section := c.texts.key(t, f)
		i := len(c.keys)
		c.keys = append(c.keys, Key{File: c.file, Path: at, Type: typeName(f.Type, f), Value: text.Value, Default: text.Default, Required: f.Required, Text: text.Text,
			Example: f.Example(), Manual: Manual + "#" + Anchor(section), of: t, above: above, line: f.Line(), nested: nested(t, above, f)})
		element := element(f.Type)
		if section := c.texts.Types[element.Name()].Section; section != "" {
			c.keys[i].About = c.texts.Types[element.Name()].About
			c.keys[i].Manual = Manual + "#" + Anchor(section)
		}
		c.keys[i].Values, c.keys[i].Known = c.values(t, f)
		below := c.below(c.leadsTo(t, f), at, aboveKey{t, f.Name, f})
		c.keys[i].Keys = below
		paths = append(paths, at)
	}
	c.open = c.open[:len(c.open)-1]
	return paths
}

// nested is a key with its example under the one that leads to the mapping, with what is required there.
func nested(t reflect.Type, above aboveKey, f syntax.Field) string {
	if example := above.f.Example(); strings.Contains(example, "{"+f.Name+": ") || strings.Contains(example, " "+f.Name+": ") {
		return above.f.Line()
	}
	var parts []string
	for _, other := range syntax.Fields(t) {
		if other.Required && other.Name != f.Name {
			parts = append(parts, other.Line())
		}
	}
	example := "{" + strings.Join(append(parts, f.Line()), ", ") + "}"
	if above.f.Type != nil && above.f.Type.Kind() == reflect.Slice {
		example = "[" + example + "]"
	}
	return above.name + ": " + example
}

// leadsTo is the type below a key.
func (c *keyCollector) leadsTo(t reflect.Type, f syntax.Field) reflect.Type {
	if t == reflect.TypeFor[platformInput]() && f.Name == "clusters" {
		return reflect.TypeFor[clusterInput]()
	}
	return element(f.Type)
}

// values are those that a key permits, and those that it permits among others.
func (c *keyCollector) values(t reflect.Type, f syntax.Field) (permitted, known []Value) {
	for _, name := range f.Enum {
		permitted = append(permitted, Value{name, c.texts.Values[strings.Join(f.Enum, ",")][name]})
	}
	switch {
	case t == reflect.TypeFor[appInput]() && f.Name == "catalog":
		for _, name := range apps.Names() {
			permitted = append(permitted, Value{name, apps.Find(name).Summary()})
		}
	case t == reflect.TypeFor[networkPoliciesInput]() && f.Name == "profile":
		for _, p := range BuiltinProfiles() {
			known = append(known, Value{p.Name, p.Description})
		}
	}
	return permitted, known
}

// isInput reports whether a type is one of this package, with keys.
func isInput(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[entryInput]().PkgPath()
}

// element is the type in pointers, slices and maps.
func element(t reflect.Type) reflect.Type {
	for {
		if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
			continue
		}
		if t.Kind() != reflect.Struct {
			return t
		}
		items, isMap := t.FieldByName("Items")
		if !isMap {
			return t
		}
		value, _ := items.Type.Elem().FieldByName("Value")
		t = value.Type
	}
}

// typeName is a type for people.
func typeName(t reflect.Type, f syntax.Field) string {
	one := func(name string) string {
		if f.One {
			return name + ", or one of them"
		}
		return name
	}
	switch t {
	case reflect.TypeFor[text]():
		return "text"
	case reflect.TypeFor[number]():
		return "whole number"
	case reflect.TypeFor[flag]():
		return "true or false"
	case reflect.TypeFor[syntax.Text]():
		return "number or text"
	case reflect.TypeFor[syntax.Any]():
		return "anything"
	case reflect.TypeFor[syntax.Layer]():
		return "mapping"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem(), f)
	case reflect.Slice:
		return one("list of " + plural(typeName(t.Elem(), syntax.Field{})))
	}
	if items, isMap := t.FieldByName("Items"); isMap {
		value, _ := items.Type.Elem().FieldByName("Value")
		return "mapping of " + plural(typeName(value.Type, syntax.Field{}))
	}
	for _, short := range syntax.Fields(t) {
		if short.Short {
			return typeName(short.Type, short) + ", or mapping"
		}
	}
	return "mapping"
}

// plural is a name of types of which there are many.
func plural(name string) string {
	words := strings.Split(name, ", or ")
	for i, w := range words {
		switch w {
		case "true or false", "anything":
		case "number or text":
			words[i] = "numbers or texts"
		default:
			if rest, nested := strings.CutPrefix(w, "list of "); nested {
				words[i] = "lists of " + rest
				continue
			}
			words[i] = w + "s"
		}
	}
	return strings.Join(words, " or ")
}

// ForeignWord are the hints for a word of another tool; none when it is not known.
func ForeignWord(word string) []string {
	var out []string
	all := words()
	for _, of := range slices.Sorted(maps.Keys(all)) {
		if hint := all[of][word]; hint != "" && !slices.Contains(out, hint) {
			out = append(out, hint)
		}
	}
	return out
}
