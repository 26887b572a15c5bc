package kinds

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/render"
)

// departures are what is on one side only, by whose it is, and what of that is the same thing in another place.
type departures struct {
	*diff.Change
	sides [2]departing
	// owned are the pairs of which one side is missing, by that which is there and by owner.
	owned [2]map[owner][]*diff.Pair
	// elsewhere are owners of which move says what happens to what they own.
	elsewhere map[owner]bool
	// renamed are pairs that are the same object under another name; those that follow are owned by nobody else.
	renamed []renamedObject
	// handed are the objects that something else deploys after the change, by the codes of both; roster has none.
	handed map[[2]string][]*diff.Pair
	// guests are the applications that deploy into a namespace after the change, by the namespaces that go.
	guests map[string][]string
}

// departing is one side of a change.
type departing struct {
	*diff.Cluster
	entries map[string]*catalog.Namespace
	apps    map[string]*diff.Application // by code
}

// ownerSort is how much goes with an owner.
type ownerSort int

const (
	wholePlatform ownerSort = iota // what belongs to no entry
	wholeEntry                     // an entry that is on one side only
	wholeApp                       // an application that is on one side only, of an entry that stays
	partOfEntry                    // what roster renders for an entry that stays
	partOfApp                      // what an application deploys that stays
)

// owner is what the objects of one side belong to.
type owner struct {
	sort ownerSort
	name string // of the entry, or the code of the application
}

func (o owner) compare(other owner) int {
	return cmp.Or(cmp.Compare(o.sort, other.sort), strings.Compare(o.name, other.name))
}

func newDepartures(c *diff.Change) *departures {
	d := &departures{Change: c, elsewhere: map[owner]bool{}, owned: [2]map[owner][]*diff.Pair{{}, {}}}
	for i, cluster := range c.Clusters() {
		s := departing{cluster, map[string]*catalog.Namespace{}, map[string]*diff.Application{}}
		if cluster.Context != nil {
			for j := range cluster.Context.Platform.Namespaces {
				n := &cluster.Context.Platform.Namespaces[j]
				s.entries[n.Name] = n
			}
		}
		for _, a := range cluster.Applications {
			s.apps[a.Code] = a
		}
		d.sides[i] = s
	}
	d.findOwners()
	d.findHanded()
	d.findMoves()
	d.findGuests()
	return d
}

// findGuests notes what is still deployed into namespaces that go.
func (d *departures) findGuests() {
	d.guests = map[string][]string{}
	seen := map[[2]string]bool{}
	for _, o := range d.After.Objects {
		if o.Application == nil || !d.namespaceGoes(o.ID.Namespace) || seen[[2]string{o.ID.Namespace, o.Application.Code}] {
			continue
		}
		seen[[2]string{o.ID.Namespace, o.Application.Code}] = true
		d.guests[o.ID.Namespace] = append(d.guests[o.ID.Namespace], o.Application.Code)
	}
}

// toldByMeaning are kinds that roster renders, of which other consequences say what they do: flows, hosts and permissions.
var toldByMeaning = []string{"CiliumNetworkPolicy", "ClusterRole", "ClusterRoleBinding", "IngressRoute", "Middleware", "NetworkPolicy", "RoleBinding"}

// findOwners groups what is on one side only. Hooks are left out: Argo CD creates and deletes them as their policies say, and does not
// prune them (gitops-engine pkg/sync/sync_context.go, getSyncTasks). So are the Applications of other clusters that this one's Argo CD deploys
// to: what they are for is a consequence there.
func (d *departures) findOwners() {
	own := d.inArgoCD()
	for _, p := range d.Pairs {
		o := p.Either()
		if p.Before != nil && p.After != nil || isHook(o) || o.Application == nil && o.ID.Group == deployed.ArgoGroup && !own[o.ID.Name] {
			continue
		}
		side := 0
		if p.Before == nil {
			side = 1
		}
		of := d.ownerOf(o, side)
		if o.Application == nil && (of.sort == partOfEntry || of.sort == wholePlatform) && slices.Contains(toldByMeaning, p.ID.Kind) {
			continue
		}
		d.owned[side][of] = append(d.owned[side][of], p)
	}
	for side := range d.sides {
		for name := range d.sides[side].entries {
			if d.sides[1-side].entries[name] == nil { // also one without any object
				of := owner{wholeEntry, name}
				d.owned[side][of] = slices.Clip(d.owned[side][of])
			}
		}
	}
}

// inArgoCD are the names of the Applications and AppProjects of the cluster's entries.
func (d *departures) inArgoCD() map[string]bool {
	out := map[string]bool{}
	for _, s := range d.sides {
		for _, a := range s.apps {
			out[a.Name] = true
		}
		for _, n := range s.entries {
			out[n.Project.Name] = true
		}
	}
	return out
}

// ownerOf is whose an object of a side is. What goes with an entry is that entry's: the half of a flow in another namespace as well.
func (d *departures) ownerOf(o *diff.Object, side int) owner {
	entry, code := d.entryOf(o, side), codeOf(o)
	other := d.sides[1-side]
	of := []string{entry}
	if o.Entry != nil {
		of = append(of, o.Entry.Name)
	}
	if a := d.sides[side].apps[code]; a != nil {
		of = append(of, a.Entry.Name)
	}
	for _, name := range of {
		if name != "" && other.entries[name] == nil {
			return owner{wholeEntry, name}
		}
	}
	switch {
	case entry == "":
		return owner{sort: wholePlatform}
	case code != "" && other.apps[code] == nil:
		return owner{wholeApp, code}
	case o.Application == nil:
		return owner{partOfEntry, entry}
	}
	return owner{partOfApp, code}
}

// entryOf is the name of the entry that an object of a side belongs to. What roster renders into the namespace of an entry is that entry's, also
// where another one has the flow that it is for.
func (d *departures) entryOf(o *diff.Object, side int) string {
	switch {
	case o.Application == nil && o.ID.Group != deployed.ArgoGroup && d.sides[side].entries[o.ID.Namespace] != nil:
		return o.ID.Namespace
	case o.Entry != nil:
		return o.Entry.Name
	}
	return ""
}

// owners are those of a side of which nothing else is said, in order.
func (d *departures) owners(side int) []owner {
	out := slices.SortedFunc(maps.Keys(d.owned[side]), owner.compare)
	return slices.DeleteFunc(out, func(o owner) bool { return d.elsewhere[o] })
}

// codeOf is the code of the application that an object belongs to: the one that deploys it, or for which roster renders it.
func codeOf(o *diff.Object) string {
	if o.Application != nil {
		return o.Application.Code
	}
	origin, _ := memberAt(o.Content(), "metadata", "annotations", render.OriginAnnotation).(string)
	_, path, _ := strings.Cut(origin, "#")
	parts := strings.SplitN(path, "/", 4)
	if len(parts) < 3 || parts[1] != "applications" {
		return ""
	}
	return parts[2]
}

// uniqueIDsOf are the objects of some pairs, each once.
func uniqueIDsOf(pairs []*diff.Pair) []diff.ID {
	var out []diff.ID
	for _, p := range pairs {
		out = append(out, p.ID)
	}
	return slices.Compact(out)
}

func idsOf(objects []*diff.Object) []diff.ID {
	out := make([]diff.ID, 0, len(objects))
	for _, o := range objects {
		out = append(out, o.ID)
	}
	return out
}

// objectsOf are the objects of a side.
func objectsOf(pairs []*diff.Pair, side int) []*diff.Object {
	var out []*diff.Object
	for _, p := range pairs {
		if o := [2]*diff.Object{p.Before, p.After}[side]; o != nil {
			out = append(out, o)
		}
	}
	return out
}
