package catalog

import (
	"cmp"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// everyCluster stands for all clusters in an entry.
const everyCluster = "all"

// cluster is one of platform.yml, as it is written: what is true of it alone, over what is true of all.
type cluster struct {
	name string // empty when the list has one cluster, and no name for it
	at   *syntax.Node
	in   *platformInput

	server, known text // how Argo CD knows it; neither is set for one with an Argo CD of its own
	unclear       bool // whether it may have one of these, which could not be read
	managedBy     text
	argocd        *syntax.Node // where it says something about Argo CD; nil when it does not
	manager       *cluster     // whose Argo CD deploys to it
}

// remote reports whether the Argo CD of another cluster deploys to it.
func (c *cluster) remote() bool { return c.manager != c }

// clusters are those of a platform.yml.
type clusters struct {
	all      []*cluster // by name
	byName   map[string]*cluster
	fallback string // the cluster of entries that name none; empty when they must
	flawed   bool   // whether there may be others, which could not be read
	unsure   bool   // whether there may be a fallback, which could not be read
	tooLarge bool   // whether it is beyond a bound, and not to be resolved
	names    []string
	looks    int // names that were compared with those of clusters
}

// most are bounds: each cluster has settings and profiles of its own, and each entry is resolved on each of its clusters.
const (
	maxClusters = 200
	maxPlaced   = 50_000  // entries, on each of their clusters
	mostLooks   = 100_000 // for what a name could mean
)

// clustersOf reads the clusters. Without any in platform.yml, there is one without a name.
func clustersOf(in *platformInput) clusters {
	out := clusters{byName: map[string]*cluster{}, flawed: in.flawed("clusters") || in.doc != nil && in.doc.FlawedIn("clusters")}
	shared := in.Whole.Only(keysOf[clusterSettings]()...)
	for i, item := range in.Clusters.Items {
		switch name := (text{V: item.Key, Node: item.At}); {
		case i == maxClusters:
			out.tooLarge = true
			item.At.Report("too-large", "", "expected at most %d clusters, found %d", maxClusters, len(in.Clusters.Items))
		case i > maxClusters: // reported
		case !dnsLabel(name), item.Value.Node == nil:
		case slices.Contains([]string{everyCluster, "namespace"}, item.Key): // the project of the namespace "default" is called namespace.default
			item.At.Report("reserved-name", "choose another name", "%q cannot be the name of a cluster", item.Key)
		default:
			c := &cluster{name: item.Key, at: item.At}
			c.read(in, item.Value, shared)
			out.all, out.byName[c.name] = append(out.all, c), c
			continue
		}
		out.flawed = true
	}
	if len(out.all) == 0 {
		if in.Clusters.Node != nil && !out.flawed {
			in.Clusters.Report("missing-value", "name one, such as clusters: {home: {}}; or remove the key", "there are no clusters")
		}
		c := &cluster{at: in.Node, in: in}
		c.manager = c
		out.all, out.byName[""] = []*cluster{c}, c
	}
	slices.SortFunc(out.all, func(a, b *cluster) int { return cmp.Compare(a.name, b.name) })
	out.names = slices.Sorted(maps.Keys(out.byName))
	out.manage()
	out.distinct()
	out.chooseFallback(in)
	return out
}

// read reads what is true of the cluster: what it says, over what platform.yml says of all, which is shared.
func (c *cluster) read(in *platformInput, said, shared syntax.Layer) {
	var of clusterInput
	syntax.Overlay(&of, said, shared)
	c.server, c.known, c.unclear = of.Server, of.Name, said.Flawed("server", "name")
	if !destinationURL(of.Server) {
		c.unclear = true
	} else if strings.HasSuffix(of.Server.V, "/") {
		of.Server.Report("bad-url", "leave it out", "the URL ends with a slash, as no cluster in Argo CD does")
	}
	switch {
	case of.Server.IsSet() && of.Name.IsSet():
		of.Name.Report("bad-choice", "remove one of them", "expected one of server and name, found both")
	case of.Name.IsSet() && filled(of.Name, "the name that Argo CD has for the cluster") && strings.ContainsAny(of.Name.V, "*?[]{}!\\\n"):
		of.Name.Report("bad-name", "", "expected the name that Argo CD has for the cluster, found %s: a project would treat it as a pattern", syntax.Quote(of.Name.V))
	}
	if d := said.Key("defaults"); d != nil && of.Defaults.Cluster.IsSet() && of.Defaults.Cluster.Node != in.Defaults.Cluster.Node && of.Defaults.Cluster.Path() != "defaults.cluster" {
		of.Defaults.Cluster.Report("no-effect", "set it for all", "it is the same for all clusters")
	}
	whole := *in
	whole.clusterSettings, whole.cluster = of.clusterSettings, c.name
	c.in, c.managedBy, c.argocd = &whole, of.ManagedBy, said.Key("argocd")
}

// manage finds out whose Argo CD deploys to each cluster: that of the cluster itself, when it names no server.
func (cs *clusters) manage() {
	var own []string
	flawed := cs.flawed // whether all that have an Argo CD are known
	for _, c := range cs.all {
		if !c.server.IsSet() && !c.known.IsSet() {
			c.manager = c
			own = append(own, c.name)
			flawed = flawed || c.unclear
		}
	}
	for _, c := range cs.all {
		by := c.managedBy
		switch {
		case c.manager == c:
			if by.IsSet() && !c.unclear {
				by.Report("no-effect", "set server or name: how that Argo CD knows this cluster", "the cluster %q has an Argo CD of its own: it has no server", c.name)
			}
			continue
		case by.IsSet() && cs.byName[by.V] == nil && !cs.flawed:
			by.Report("unknown-cluster", diag.DidYouMean(by.V, own), "there is no cluster %s", syntax.Quote(by.V))
		case by.IsSet() && !slices.Contains(own, by.V) && !flawed:
			by.Report("bad-choice", diag.OneOf("those without a server have one: ", own), "the cluster %q has no Argo CD of its own", by.V)
		case by.IsSet():
			c.manager = cs.byName[by.V]
		case len(own) == 1:
			c.manager = cs.byName[own[0]]
		case len(own) == 0 && !flawed:
			c.at.Report("missing-value", "add the cluster that Argo CD runs in, without server: home: {}", "no cluster has an Argo CD that could deploy to %q: all have a server", c.name)
		case !flawed:
			c.at.Report("missing-value", diag.OneOf("set managedBy to one of ", own), "several clusters have an Argo CD: which one deploys to %q?", c.name)
		}
		if c.manager == nil { // reported
			c.manager = c
			continue
		}
		if c.argocd != nil {
			c.argocd.Report("no-effect", "set it for the cluster "+c.manager.name, "the Argo CD of %q deploys to %q", c.manager.name, c.name)
		}
		c.in.ArgoCD = c.manager.in.ArgoCD
	}
}

// distinct reports what is one cluster for Argo CD: the same as the one that Argo CD runs in, or as another one. Its Applications would take
// turns with those of the other.
func (cs *clusters) distinct() {
	type place struct{ manager, server, name string }
	first := map[place]*cluster{}
	asWritten := slices.SortedFunc(slices.Values(cs.all), func(a, b *cluster) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column))
	})
	for _, c := range asWritten {
		if !c.remote() || c.unclear {
			continue
		}
		at, said := place{server: strings.ToLower(strings.TrimRight(c.server.V, "/"))}, c.server
		if !said.IsSet() {
			at, said = place{manager: c.manager.name, name: c.known.V}, c.known
		}
		u, err := url.Parse(c.server.V)
		switch other := first[at]; {
		case c.known.V == inArgoCD, err == nil && inCluster.MatchString(u.Host), c.server.IsSet() && c.server.V == c.manager.in.ArgoCD.Destination.V:
			said.Report("other-cluster", "a cluster with an Argo CD of its own has no server and no name: remove it", "%s is the cluster that Argo CD itself runs in, %q", said.V, c.manager.name)
		case other != nil:
			said.ReportWith(cmp.Or(other.server.Node, other.known.Node), "first here", "duplicate-cluster", "make them one, or correct one of them", "%s is the cluster %q, too", said.V, other.name)
		default:
			first[at] = c
		}
	}
}

// inArgoCD is Argo CD's name for the cluster that it runs in.
const inArgoCD = "in-cluster"

// chooseFallback finds the cluster of entries that name none.
func (cs *clusters) chooseFallback(in *platformInput) {
	name := in.Defaults.Cluster
	cs.unsure = in.flawed("defaults.cluster")
	switch {
	case name.IsSet() && name.V == everyCluster && in.Clusters.Node != nil:
		cs.unsure = true
		name.Report("unknown-cluster", "name one; entries that are on all clusters say so: clusters: all", "%q cannot be the default", everyCluster)
	case name.IsSet() && in.Clusters.Node == nil:
		name.Report("no-effect", "add clusters, or remove it", "%s has no clusters", PlatformFile)
	case name.IsSet() && cs.byName[name.V] == nil && !cs.flawed:
		cs.unsure = true
		name.Report("unknown-cluster", cs.near(name.V), "there is no cluster %s", syntax.Quote(name.V))
	case name.IsSet():
		cs.fallback = name.V
	case len(cs.all) == 1:
		cs.fallback = cs.all[0].name
	}
}

// near is the hint for an unknown name.
func (cs *clusters) near(name string) string {
	if cs.looks += len(cs.names); cs.looks > mostLooks {
		return ""
	}
	return diag.DidYouMean(name, cs.names)
}

// named reports whether platform.yml has clusters.
func (cs *clusters) named() bool { return cs.all[0].name != "" }

// of are the clusters that an entry lives on.
func (cs *clusters) of(e *entryInput) []string {
	if !cs.named() {
		for _, t := range present(append([]text{e.Cluster}, e.Clusters...)...) {
			if !cs.flawed {
				t.Report("no-effect", "add clusters to "+PlatformFile+", or remove it", "%s has no clusters", PlatformFile)
			}
		}
		return []string{""}
	}
	if e.Cluster.IsSet() && e.Clusters != nil {
		e.Cluster.Report("bad-choice", "remove one of them", "expected one of cluster and clusters, found both")
	}
	var out []string
	first := map[string]*syntax.Node{}
	for _, t := range present(append([]text{e.Cluster}, e.Clusters...)...) {
		switch {
		case t.V == everyCluster && len(e.Clusters) < 2:
			return cs.names
		case t.V == everyCluster:
			t.Report("bad-choice", "write it alone", "%q is every cluster", everyCluster)
		case cs.byName[t.V] == nil:
			if !cs.flawed {
				t.Report("unknown-cluster", cs.near(t.V), "there is no cluster %s", syntax.Quote(t.V))
			}
		case first[t.V] != nil:
			t.ReportWith(first[t.V], "first here", "duplicate-cluster", "remove one of them", "the cluster %q is listed twice", t.V)
		default:
			first[t.V] = t.Node
			out = append(out, t.V)
		}
	}
	switch {
	case e.Clusters != nil && len(e.Clusters) == 0:
		e.Report("missing-value", "name one, or remove the entry", "the entry is on no cluster")
	case len(out) > 0 || e.Cluster.IsSet() || e.Clusters != nil || e.Flawed("cluster", "clusters"):
	case cs.fallback != "":
		out = []string{cs.fallback}
	case !cs.flawed && !cs.unsure && !e.Flawed():
		e.Report("missing-value", diag.OneOf("set cluster to one of ", cs.names)+"; or defaults: {cluster: …} in "+PlatformFile, "on which cluster is this entry?")
	}
	return out
}

// whereabouts are the clusters on which there is a namespace or an application of that name.
type whereabouts struct {
	namespaces, codes map[string][]string
}

// views are the entries on each cluster, by its name, with what differs there, and how many these are.
func (cs *clusters) views(list []entryInput) (views map[string][]*entryInput, where whereabouts, placed int) {
	views = map[string][]*entryInput{}
	where = whereabouts{map[string][]string{}, map[string][]string{}}
	for i := range list {
		e := &list[i]
		if e.Node == nil {
			continue
		}
		on := cs.of(e)
		if placed += len(on); placed > maxPlaced && cs.named() {
			cs.tooLarge = true
			e.Report("too-large", "make it several lists", "with this entry, there are more than %d on all clusters together", maxPlaced)
			break
		}
		cs.overrides(e, on)
		base := e.Whole.Without("perCluster")
		for _, name := range on {
			where.note(e, name)
			views[name] = append(views[name], e.on(name, base))
		}
	}
	return views, where, placed
}

// note notes that an entry is on a cluster.
func (w *whereabouts) note(e *entryInput, cluster string) {
	if e.Namespace.IsSet() {
		w.namespaces[e.Namespace.V] = append(w.namespaces[e.Namespace.V], cluster)
	}
	for _, a := range e.Applications {
		if a.ApplicationCode.IsSet() {
			w.codes[a.ApplicationCode.V] = append(w.codes[a.ApplicationCode.V], cluster)
		}
	}
}

// placing are the keys of an entry that cannot differ between its clusters.
var placing = []string{"namespace", "cluster", "clusters", "perCluster"}

// overrides checks the clusters for which an entry says what differs.
func (cs *clusters) overrides(e *entryInput, on []string) {
	for _, item := range e.PerCluster.Items {
		switch {
		case !cs.named():
			if !cs.flawed {
				item.At.Report("no-effect", "add clusters to "+PlatformFile+", or remove it", "%s has no clusters", PlatformFile)
			}
		case cs.byName[item.Key] == nil:
			if !cs.flawed {
				item.At.Report("unknown-cluster", cs.near(item.Key), "there is no cluster %s", syntax.Quote(item.Key))
			}
		case !slices.Contains(on, item.Key) && len(on) > 0:
			item.At.Report("no-effect", "add "+item.Key+" to clusters, or remove it", "the entry is not on the cluster %q", item.Key)
		}
		for _, key := range placing {
			if at := item.Value.Key(key); at != nil {
				at.Report("bad-choice", "remove it", "%s cannot differ between clusters", key)
			}
		}
	}
}

// on is the entry as it is on a cluster: base, with what differs there laid over it.
func (e *entryInput) on(cluster string, base syntax.Layer) *entryInput {
	if e.Whole.Node == nil {
		return e
	}
	layers := []syntax.Layer{base}
	for _, item := range e.PerCluster.Items {
		if item.Key == cluster && item.Value.Node != nil {
			layers = []syntax.Layer{item.Value.Without(placing...), base}
		}
	}
	out := &entryInput{}
	syntax.Overlay(out, layers...)
	return out
}

// keysOf are the keys of a mapping that is read into a struct.
func keysOf[T any]() []string {
	var out []string
	for _, f := range syntax.Fields(reflect.TypeFor[T]()) {
		out = append(out, f.Name)
	}
	return out
}
