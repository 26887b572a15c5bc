package catalog

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// surroundings are what is known of a list besides what is on a cluster.
type surroundings struct {
	complete bool // whether all entries could be read
	mesh     *mesh
	cluster  string
	where    whereabouts
}

// names are what can be referred to on a cluster.
type names struct {
	surroundings
	entries map[string]*entry // by namespace
	apps    map[string]*app   // by code
	// Names that could not be read, because of a mistake that is reported: a reference may mean one of these.
	namespacesMissing, codesMissing bool
}

// namesOf makes the names of the entries known, and reports those that occur twice, or that are the root's.
func namesOf(entries []*entry, root string, around surroundings) *names {
	n := &names{surroundings: around, entries: map[string]*entry{}, apps: map[string]*app{}, namespacesMissing: !around.complete, codesMissing: !around.complete}
	for _, e := range entries {
		n.declare(e, root)
	}
	return n
}

// declare makes the names of an entry known.
func (n *names) declare(e *entry, root string) {
	n.namespacesMissing = n.namespacesMissing || !e.Namespace.IsSet()
	n.codesMissing = n.codesMissing || e.Flawed("applications") || len(e.apps) < len(e.Applications)
	if e.Namespace.IsSet() {
		dnsLabel(e.Namespace) // a bad name is still a name: references to it are not reported
		if first := n.entries[e.Namespace.V]; first != nil {
			e.Namespace.ReportWith(first.Namespace.Node, "first here", "duplicate-namespace", "put the applications of a namespace into one entry",
				"the namespace %q is listed twice", e.Namespace.V)
		} else {
			n.entries[e.Namespace.V] = e
		}
	}
	for _, a := range e.apps {
		if !a.ApplicationCode.IsSet() {
			n.codesMissing = true
			continue
		}
		dnsLabel(a.ApplicationCode)
		if code := a.ApplicationCode.V; code == root || code == RootName { // or that of another list in this Argo CD
			a.ApplicationCode.Report("reserved-name", "choose another code", "%q is the Application that deploys a list", code)
		}
		if first := n.apps[a.ApplicationCode.V]; first != nil {
			a.ApplicationCode.ReportWith(first.ApplicationCode.Node, "first here", "duplicate-application",
				"Argo CD keeps all Applications in one namespace: choose another code", "the applicationCode %q is taken", a.ApplicationCode.V)
		} else {
			n.apps[a.ApplicationCode.V] = a
		}
	}
}

// between says what to write for a flow that goes to another cluster.
const between = "what goes from one cluster to another goes through the outside: name a host that the other one routes (to: {host: …}), or its addresses (from: {cidr: …})"

// unknownNamespace reports a namespace that is not in the list, or not on this cluster; elsewhere is what to do then.
func (n *names) unknownNamespace(at *syntax.Node, name, elsewhere string) {
	if on := n.where.namespaces[name]; len(on) > 0 {
		if n.mesh.on && elsewhere == between {
			elsewhere = "name it beside the namespace: cluster: " + on[0]
		}
		at.Report("other-cluster", elsewhere, "the namespace %q is on %s, and this entry on %q", name, ClusterList(on), n.cluster)
		return
	}
	if n.namespacesMissing {
		return // it may be one that cannot be read
	}
	hint := diag.DidYouMean(name, slices.Collect(maps.Keys(n.entries)))
	if a := n.apps[name]; a != nil && a.entry.Namespace.V != "" {
		hint = "that is an application: its namespace is " + a.entry.Namespace.V
	}
	at.Report("unknown-namespace", hint, "there is no namespace %s in the list", syntax.Quote(name))
}

// unknownApplication reports an application that is not in the list, or not on this cluster.
func (n *names) unknownApplication(at *syntax.Node, code, elsewhere string) {
	if on := n.where.codes[code]; len(on) > 0 {
		at.Report("other-cluster", elsewhere, "the application %q is on %s, and this entry on %q", code, ClusterList(on), n.cluster)
		return
	}
	if n.codesMissing {
		return
	}
	hint := diag.DidYouMean(code, slices.Collect(maps.Keys(n.apps)))
	if n.entries[code] != nil {
		hint = "that is a namespace: name one of its applications"
	}
	at.Report("unknown-application", hint, "there is no application %s", syntax.Quote(code))
}
