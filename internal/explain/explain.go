// Package explain answers what a word means: a key, a profile, a rule of lint, a kind that is rendered, a catalog application, or what a change
// may do. Its texts are those of the parts that know: it has none of its own.
//
// It reads no disk, and decides nothing about the list.
package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/render"
)

// Topic is something that can be explained. All texts are Markdown without links.
type Topic struct {
	Sort     string    `json:"sort"`               // one of Sorts
	Name     string    `json:"name"`               // of a key its path
	File     string    `json:"file,omitempty"`     // that has it
	Type     string    `json:"type,omitempty"`     // of a key's value
	Value    string    `json:"value,omitempty"`    // what may be written, in words
	Default  string    `json:"default,omitempty"`  // when there is one
	Required bool      `json:"required,omitempty"` // in its mapping
	Example  string    `json:"example,omitempty"`  // as it may be written
	Text     string    `json:"text"`               // what it is
	Facts    []Fact    `json:"facts,omitempty"`
	Values   []Meaning `json:"values,omitempty"` // of a key, those that are permitted
	Known    []Meaning `json:"known,omitempty"`  // of a key, those that exist, where others are permitted as well
	Lists    []List    `json:"lists,omitempty"`
	Source   string    `json:"source,omitempty"` // as it is written in a file
	Manual   []string  `json:"documented,omitempty"`
	Keys     []Topic   `json:"keys,omitempty"` // those below a key

	repeats bool // whether the same is said of all clusters
}

// Fact is a short one with a label.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// Meaning is a word and what it means.
type Meaning struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// List has a heading.
type List struct {
	Heading string    `json:"heading"`
	Of      []Meaning `json:"of"`
}

// The sorts of topics.
const (
	Key         = "key"
	Profile     = "profile"
	Rule        = "rule"
	Kind        = "kind"
	Application = "application"
	Change      = "change"
)

// Sorts are all sorts of topics, in the order in which they are looked up and listed.
func Sorts() []string { return []string{Key, Profile, Kind, Application, Rule, Change} }

// Sources are what topics are made of, besides the catalog and the kinds that are rendered.
type Sources struct {
	Profiles []ProfileText
	Rules    lint.Rules
	Changes  []*diff.Kind
}

// Book has all topics.
type Book struct{ topics []Topic }

// New makes the topics.
func New(from Sources) *Book {
	b := &Book{}
	all := catalog.Keys()
	b.topics = append(b.topics, keys(all)...)
	for _, p := range from.Profiles {
		b.topics = append(b.topics, p.topic())
	}
	for _, k := range render.Explained() {
		b.topics = append(b.topics, kind(k, all))
	}
	b.topics = append(b.topics, applications()...)
	for _, r := range from.Rules {
		b.topics = append(b.topics, rule(r))
	}
	for _, k := range from.Changes {
		for _, word := range k.Words {
			b.topics = append(b.topics, change(k, word))
		}
	}
	return b
}

// Topics are all of a sort. The keys are those at the top of a file, with those below them.
func (b *Book) Topics(sort string) []Topic {
	return slices.DeleteFunc(slices.Clone(b.topics), func(t Topic) bool { return t.Sort != sort })
}

// Find returns what a word may mean: the topics of that name, in the right case if there are such, and keys whose path ends with it. Of a
// path with a file's name before it, only keys of that file are meant.
func (b *Book) Find(word string) []Topic {
	file, path := "", word
	if first, rest, found := strings.Cut(word, "."); found && first+".yml" == catalog.PlatformFile {
		file, path = catalog.PlatformFile, rest
	}
	path = strings.TrimSuffix(strings.ReplaceAll(path, "[]", ""), ".")
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var out []Topic
		each(b.topics, func(t Topic) {
			switch {
			case t.repeats && !strings.HasPrefix(path, differing): // is found where it is said of all
			case same(t.Name, word) && file == "", t.Sort == Key && same(t.Name, path) && (file == "" || t.File == file):
				out = append(out, t)
			case t.Sort == Key && (file == "" || t.File == file) && len(t.Name) > len(path) && path != "" && same(t.Name[len(t.Name)-len(path):], path) && t.Name[len(t.Name)-len(path)-1] == '.':
				out = append(out, t)
			}
		})
		if len(out) > 0 {
			slices.SortStableFunc(out, func(a, b Topic) int {
				return cmp.Or(settings(a)-settings(b), cmp.Compare(strings.Count(a.Name, "."), strings.Count(b.Name, ".")))
			})
			return out
		}
	}
	return nil
}

// settings has the keys of the list before those of the settings, which are written once.
func settings(t Topic) int {
	if t.File == catalog.PlatformFile {
		return 1
	}
	return 0
}

// differing begins the paths of what a cluster may say otherwise.
const differing = "clusters."

// each calls do for each topic, and for those below it.
func each(topics []Topic, do func(Topic)) {
	for _, t := range topics {
		do(t)
		each(t.Keys, do)
	}
}

// Unknown is the error for a word that means nothing here, with what could be meant.
func (b *Book) Unknown(word string) error {
	var hint string
	if known := catalog.ForeignWord(word); len(known) > 0 && len(known) <= few {
		hint = strings.Join(known, "\n  hint: ")
	} else {
		var names []string
		each(b.topics, func(t Topic) {
			names = append(names, t.Name)
			if i := strings.LastIndexByte(t.Name, '.'); i >= 0 {
				names = append(names, t.Name[i+1:])
			}
		})
		hint = "roster explain lists all that there is"
		if near := diag.Nearest(word, names); near != "" {
			hint = `did you mean "` + near + `"?`
		}
	}
	return fmt.Errorf("there is no key, profile, kind, catalog application, rule or word of diff called %q\n  hint: %s", diag.Beginning(word, 60), hint)
}

// few is how many topics are explained one after the other; of more, there is a list.
const few = 3

// keys are the topics of the keys at the top of the files.
func keys(all []catalog.Key) []Topic {
	at, whole := 0, map[string]bool{}
	for _, k := range all {
		whole[k.File+k.Path] = true
	}
	var tree func(depth int) []Topic
	tree = func(depth int) []Topic {
		var out []Topic
		for at < len(all) && strings.Count(all[at].Path, ".") == depth {
			k := all[at]
			t := Topic{Sort: Key, Name: k.Path, File: k.File, Type: k.Type, Value: k.Value, Default: k.Default, Required: k.Required, Text: k.Text,
				Example: k.Name() + ": " + k.Example, Values: meanings(k.Values), Known: meanings(k.Known), Manual: []string{k.Manual}}
			t.repeats = whole[k.File+strings.TrimPrefix(k.Path, differing)] && strings.HasPrefix(k.Path, differing)
			if k.About != "" {
				t.Text += "\n\n" + k.About
			}
			at++
			t.Keys = tree(depth + 1)
			out = append(out, t)
		}
		return out
	}
	return tree(0)
}

func meanings(values []catalog.Value) []Meaning {
	var out []Meaning
	for _, v := range values {
		out = append(out, Meaning(v))
	}
	return out
}

// page is where a page of the documentation is.
func page(name string) string { return strings.TrimSuffix(catalog.Manual, "input.md") + name }

func kind(k render.Explanation, all []catalog.Key) Topic {
	scope := "the cluster"
	if k.Namespaced {
		scope = "a namespace"
	}
	t := Topic{Sort: Kind, Name: k.Kind.Kind, Text: k.Text, Facts: []Fact{{"apiVersion", k.APIVersion()}, {"scope", scope}, {"wave", k.Waves}}}
	from := List{Heading: "made from"}
	for _, path := range k.Keys {
		for _, key := range all {
			if path == key.Path && key.File == catalog.ApplicationsFile || path == "platform."+key.Path && key.File == catalog.PlatformFile {
				from.Of = append(from.Of, Meaning{path, key.Text})
			}
		}
	}
	t.Lists = []List{from}
	for _, name := range k.Pages {
		t.Manual = append(t.Manual, page(name))
	}
	return t
}

func rule(r *lint.Rule) Topic {
	t := Topic{Sort: Rule, Name: r.Name, Text: r.Summary + ".\n\n" + strings.TrimSpace(r.Doc), Facts: []Fact{{"severity", string(r.Severity)}}, Manual: []string{page("lint.md#" + r.Name)}}
	if r.Strict {
		t.Facts = append(t.Facts, Fact{"strict", "it is off unless lint: {strict: true} of platform.yml turns it on"})
	}
	if r.Fixable {
		t.Facts = append(t.Facts, Fact{"fix", "roster lint --fix mends what it finds, where that is possible"})
	}
	t.Source = "bad:\n\n" + strings.TrimSpace(r.Bad) + "\n\ngood:\n\n" + strings.TrimSpace(r.Mended()) + "\n"
	return t
}

func change(k *diff.Kind, word string) Topic {
	t := Topic{Sort: Change, Name: word, Text: k.Summary + ".", Facts: []Fact{{"gate", "roster diff --fail-on " + word}}, Manual: []string{page("diff.md#consequences")}}
	for _, other := range k.Words {
		if other != word {
			t.Facts = append(t.Facts, Fact{"see also", other})
		}
	}
	return t
}

// All are all topics.
func (b *Book) All() []Topic { return b.topics }

// Words are those that lead to topics, in alphabetical order.
func (b *Book) Words() []string {
	var out []string
	each(b.topics, func(t Topic) { out = append(out, t.asked()) })
	slices.Sort(out)
	return slices.Compact(out)
}
