package catalog

import (
	"cmp"
	"maps"
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
}

// clustersOf reads the clusters. Without any in platform.yml, there is one without a name.
func clustersOf(in *platformInput) clusters {
	out := clusters{byName: map[string]*cluster{}, flawed: in.flawed("clusters")}
	for _, item := range in.Clusters.Items {
		if name := (text{V: item.Key, Node: item.At}); !dnsLabel(name) {
			out.flawed = true
			continue
		}
		// The project of the namespace "default" is called namespace.default.
		if slices.Contains([]string{everyCluster, "namespace"}, item.Key) {
			item.At.Report("reserved-name", "choose another name", "%q cannot be the name of a cluster", item.Key)
		}
		c := &cluster{name: item.Key, at: item.At}
		c.read(in, item.Value)
		out.all, out.byName[c.name] = append(out.all, c), c
	}
	if in.Clusters.Node == nil || len(in.Clusters.Items) == 0 {
		if in.Clusters.Node != nil && !out.flawed {
			in.Clusters.Report("empty", "name one, such as clusters: {home: {}}; or remove the key", "there are no clusters")
		}
		c := &cluster{at: in.Node, in: in}
		c.manager = c
		out.all, out.byName[""] = []*cluster{c}, c
	}
	slices.SortFunc(out.all, func(a, b *cluster) int { return cmp.Compare(a.name, b.name) })
	out.manage()
	out.chooseFallback(in)
	return out
}

// read reads what is true of the cluster: what it says, over what platform.yml says of all.
func (c *cluster) read(in *platformInput, said syntax.Layer) {
	var of clusterInput
	shared := in.Whole.Only(keysOf[clusterSettings]()...)
	syntax.Overlay(&of, said, shared)
	c.server, c.known = of.Server, of.Name
	destinationURL(of.Server)
	switch {
	case of.Server.IsSet() && of.Name.IsSet():
		of.Name.Report("bad-choice", "remove one of them", "expected one of server and name, found both")
	case of.Name.IsSet() && filled(of.Name, "the name that Argo CD has for the cluster") && strings.ContainsAny(of.Name.V, "*?[]{}!\\\n"):
		of.Name.Report("bad-name", "", "expected the name that Argo CD has for the cluster, found %s: a project would treat it as a pattern", syntax.Quote(of.Name.V))
	}
	filled(of.Server, "the address of an API server")
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
	for _, c := range cs.all {
		if !c.server.IsSet() && !c.known.IsSet() {
			c.manager = c
			own = append(own, c.name)
		}
	}
	for _, c := range cs.all {
		by := c.managedBy
		switch {
		case c.manager == c:
			if by.IsSet() {
				by.Report("no-effect", "set server or name: how that Argo CD knows this cluster", "the cluster %q has an Argo CD of its own: it has no server", c.name)
			}
			continue
		case by.IsSet() && cs.byName[by.V] == nil && !cs.flawed:
			by.Report("unknown-cluster", diag.DidYouMean(by.V, own), "there is no cluster %s", syntax.Quote(by.V))
		case by.IsSet() && !slices.Contains(own, by.V) && !cs.flawed:
			by.Report("bad-choice", diag.OneOf("those without a server have one: ", own), "the cluster %q has no Argo CD of its own", by.V)
		case by.IsSet():
			c.manager = cs.byName[by.V]
		case len(own) == 1:
			c.manager = cs.byName[own[0]]
		case len(own) == 0 && !cs.flawed:
			c.at.Report("missing-value", "add the cluster that Argo CD runs in, without server: home: {}", "no cluster has an Argo CD that could deploy to %q: all have a server", c.name)
		case !cs.flawed:
			c.at.Report("missing-value", diag.OneOf("set managedBy to one of ", own), "several clusters have an Argo CD: which one deploys to %q", c.name)
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

// chooseFallback finds the cluster of entries that name none.
func (cs *clusters) chooseFallback(in *platformInput) {
	name := in.Defaults.Cluster
	switch {
	case name.IsSet() && in.Clusters.Node == nil:
		name.Report("no-effect", "add clusters, or remove it", "%s has no clusters", PlatformFile)
	case name.IsSet() && cs.byName[name.V] == nil && !cs.flawed:
		name.Report("unknown-cluster", diag.DidYouMean(name.V, cs.names()), "there is no cluster %s", syntax.Quote(name.V))
	case name.IsSet():
		cs.fallback = name.V
	case len(cs.all) == 1:
		cs.fallback = cs.all[0].name
	}
}

// names are the names of all clusters, in order.
func (cs *clusters) names() []string { return slices.Sorted(maps.Keys(cs.byName)) }

// named reports whether platform.yml has clusters.
func (cs *clusters) named() bool { return len(cs.all) > 0 && cs.all[0].name != "" }

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
			return cs.names()
		case t.V == everyCluster:
			t.Report("bad-choice", "write it alone", "%q is every cluster", everyCluster)
		case cs.byName[t.V] == nil:
			if !cs.flawed {
				t.Report("unknown-cluster", diag.DidYouMean(t.V, cs.names()), "there is no cluster %s", syntax.Quote(t.V))
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
	case !cs.flawed && !e.Flawed():
		e.Report("missing-value", diag.OneOf("set cluster to one of ", cs.names())+"; or defaults: {cluster: …} in "+PlatformFile, "on which cluster is this entry?")
	}
	return out
}

// whereabouts are the clusters on which there is a namespace or an application of that name.
type whereabouts struct {
	namespaces, codes map[string][]string
}

// views are the entries on each cluster, by its name, with what differs there.
func (cs *clusters) views(list []entryInput) (views map[string][]*entryInput, where whereabouts) {
	views = map[string][]*entryInput{}
	where = whereabouts{map[string][]string{}, map[string][]string{}}
	for i := range list {
		e := &list[i]
		if e.Node == nil {
			continue
		}
		on := cs.of(e)
		cs.overrides(e, on)
		for _, name := range on {
			where.note(e, name)
			views[name] = append(views[name], e.on(name))
		}
	}
	return views, where
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
				item.At.Report("unknown-cluster", diag.DidYouMean(item.Key, on), "there is no cluster %s", syntax.Quote(item.Key))
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

// on is the entry as it is on a cluster.
func (e *entryInput) on(cluster string) *entryInput {
	if e.Whole.Node == nil {
		return e
	}
	layers := []syntax.Layer{e.Whole.Without("perCluster")}
	for _, item := range e.PerCluster.Items {
		if item.Key == cluster && item.Value.Node != nil {
			layers = []syntax.Layer{item.Value.Without(placing...), layers[0]}
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
