// Package diff says what a change does to a cluster: what is deleted and lost, which hosts become public, which flows are opened, and
// which fields of which objects differ.
//
// It compares two sides, which others have built, and asks kinds of consequences, which package kinds lists. It reads no disk, decides nothing
// about how a result is printed, and has no clock.
package diff

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/render/object"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Side is one of the two states that are compared: all that a list makes run.
type Side struct {
	Name   string // as a reader knows it, such as main, or the working tree
	Commit string // the commit, where it is one
	// Clusters are those of the list, by name; none when the list cannot be read.
	Clusters []*Cluster
	// Mistakes are what is wrong with the list, or with the sources of applications.
	Mistakes diag.List
	Frame    diag.Frame
	Root     string // where the repository's root is in the checkout
	Files    fs.FS  // the repository from its root; nil when only the objects are known
}

// Cluster is what runs in one cluster of a side.
type Cluster struct {
	Name    string // empty when the list names no clusters
	Objects []*Object
	// Input is what lint would check of it. Compare takes out of it what cannot be compared, which then counts as unknown, before it makes the
	// Context. Nil when the cluster is not on that side.
	Input *lint.Input
	// Context has the platform and the models of it that lint has; nil when the cluster is not on that side.
	Context *lint.Context
	// Applications are all of them, by code.
	Applications []*Application
}

// Application is one application of a side.
type Application struct {
	*catalog.Application
	Entry *catalog.Namespace
	// Unknown is why it is not known what it deploys, in a few words; empty when it is known.
	Unknown string
	// Request identifies what is asked of its source where that is elsewhere: when both sides ask for the same, they get the same, also where
	// nobody here knows what. Empty when that is not known either.
	Request string
}

// ID identifies an object of a cluster. The version of its API does not matter.
type ID struct{ Group, Kind, Namespace, Name string }

func (id ID) compare(other ID) int {
	return cmp.Or(strings.Compare(id.Namespace, other.Namespace), strings.Compare(id.Kind, other.Kind), strings.Compare(id.Name, other.Name), strings.Compare(id.Group, other.Group))
}

// String is the object for people: its kind and, where it has one, its namespace before the name.
func (id ID) String() string {
	if id.Namespace == "" {
		return id.Kind + " " + id.Name
	}
	return id.Kind + " " + id.Namespace + "/" + id.Name
}

// Object is one object of a side.
type Object struct {
	object.Object
	ID ID
	// Application deploys it; nil for what roster renders for the entry or the platform.
	Application *catalog.Application
	// Entry is that of the list which it belongs to; nil for what belongs to the platform as a whole, or when that is not known.
	Entry *catalog.Namespace
	// Deployed is the object in the models of lint; nil for what roster renders.
	Deployed *lint.Object
	// At is what it was made from, at places relative to the repository's root: a manifest, or its entry or application in the list.
	At catalog.Place

	text    []byte // as JSON
	content map[string]any
}

// Content is the object as encoding/json decodes it, with int64 and float64 for numbers. It is not to be changed.
func (o *Object) Content() map[string]any {
	if o == nil {
		return nil
	}
	if o.content == nil {
		_ = utiljson.Unmarshal(o.Text(), &o.content) // it was marshaled here, or by a worker
	}
	return o.content
}

// Text is the object as JSON. The same value may have several texts.
func (o *Object) Text() []byte {
	if o.text == nil {
		if o.JSON != nil {
			o.text = o.JSON
		} else {
			o.text, _ = json.Marshal(o.Value()) // what is printed as YAML can be printed as JSON
		}
	}
	return o.text
}

// forget gives up what can be made again.
func (o *Object) forget() {
	if o != nil {
		o.content, o.text = nil, nil
	}
}

// same reports whether two objects have the same text. If not, they may be equal nevertheless.
func same(a, b *Object) bool {
	if a.JSON == nil && b.JSON == nil && reflect.DeepEqual(a.Value(), b.Value()) { // most of what roster renders: it takes no texts
		return true
	}
	return bytes.Equal(a.Text(), b.Text())
}

// Pair is an object on both sides. Before is nil when it is created, After when it is deleted.
type Pair struct {
	ID            ID
	Before, After *Object
}

// Either is the object after the change or, when it is deleted, before it.
func (p *Pair) Either() *Object { return cmp.Or(p.After, p.Before) }

// Change is what is different in one cluster, as kinds of consequences ask about it.
type Change struct {
	Cluster       string
	Before, After *Cluster // neither is nil; one that is not on a side is empty there
	// Pairs are the objects that differ, by namespace, kind and name.
	Pairs []*Pair

	byID     [2]map[ID]*Object
	lines    *files
	caused   map[[2]*Object][]Cause
	shared   map[any]any
	unjudged []string
}

// Clusters are the cluster before and after the change.
func (c *Change) Clusters() [2]*Cluster { return [2]*Cluster{c.Before, c.After} }

// Once is what build makes of a change the first time: kinds that ask for the same type share it.
func Once[T any](c *Change, build func(*Change) T) T {
	if made, ok := c.shared[(*T)(nil)]; ok {
		return made.(T)
	}
	if c.shared == nil {
		c.shared = map[any]any{}
	}
	made := build(c)
	c.shared[(*T)(nil)] = made
	return made
}

// Unjudged notes what the kind that is being asked could not find out, and why.
func (c *Change) Unjudged(why string) {
	if !slices.Contains(c.unjudged, why) {
		c.unjudged = append(c.unjudged, why)
	}
}

// Object finds an object on both sides, whether it differs or not; either is nil where there is none.
func (c *Change) Object(id ID) (before, after *Object) {
	for i, cluster := range c.Clusters() {
		if c.byID[i] == nil {
			c.byID[i] = make(map[ID]*Object, len(cluster.Objects))
			for _, o := range cluster.Objects {
				c.byID[i][o.ID] = o
			}
		}
	}
	return c.byID[0][id], c.byID[1][id]
}

// Of are the pairs of some kinds, such as Deployment, or IngressRoute.traefik.io where the group matters.
func (c *Change) Of(kinds ...string) []*Pair {
	var out []*Pair
	for _, p := range c.Pairs {
		for _, k := range kinds {
			if kind, group, grouped := strings.Cut(k, "."); p.ID.Kind == kind && (!grouped || p.ID.Group == group) {
				out = append(out, p)
			}
		}
	}
	return out
}

// Weight is how much a consequence matters.
type Weight string

// The weights, the heaviest first.
const (
	Danger Weight = "danger" // something is lost, opened, or stops to work
	Notice Weight = "notice" // worth a look
	Plain  Weight = "plain"  // what the change is probably for, or the opposite of a danger
)

// Weights are all of them, the heaviest first.
func Weights() []Weight { return []Weight{Danger, Notice, Plain} }

// Kind is one sort of consequence. It looks in both directions: what is worse in one of them is better in the other.
type Kind struct {
	Name string // lower case with dashes
	// Words are what --fail-on may name of it, one for each way that it can go, such as flow-opened and flow-closed. A word belongs to one kind.
	Words   []string
	Summary string // one line, without a full stop
	Find    func(*Change, func(Consequence))
}

// Consequence is something that a change does.
type Consequence struct {
	Kind   string // the name of its kind, which Compare sets
	Word   string // one of those of the kind
	Weight Weight
	// Also are words of other kinds that --fail-on takes it for as well, such as delete for what moves and is deleted where it was.
	Also []string
	// Subject is what it happens to, such as an object, a host, or a flow. In the opposite direction, the same kind has a consequence with the same
	// subject.
	Subject  string
	Message  string   // what happens, in one line that names the subject
	Details  []string // what else is worth knowing, a line each: what Argo CD asks, what is lost, what to do
	Causes   []Cause  // the lines that cause it, the most specific first
	Objects  []ID     // that are concerned
	About    []string // words of which the lines that cause it have one, where these are known
	Clusters []string // on which it happens; empty when that is all of them
}

// Is reports whether a consequence is one that --fail-on calls by a word.
func (c *Consequence) Is(word string) bool { return c.Word == word || slices.Contains(c.Also, word) }

// Cause is a line that has changed.
type Cause struct {
	Pos    diag.Position // relative to the repository's root
	Before bool          // whether the line is one of the side before
}

// side is the number of the side that has the line.
func (c Cause) side() int {
	if c.Before {
		return 0
	}
	return 1
}
