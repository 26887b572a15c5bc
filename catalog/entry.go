package catalog

import (
	"github.com/hippotion/roster/catalog/apps/builtin"
)

// entry is one of the list, as it is on one cluster: what the user wrote, and what the applications of the catalog add to it. It is a
// copy: the list itself stays as it was written.
type entry struct {
	entryInput
	apps []*app
	open bool // whether it says that the namespace is open
	// profileOf is the application of the catalog whose profile the entry has; nil when the user wrote one, or nobody did.
	profileOf *app
}

// app is one application of an entry, likewise.
type app struct {
	appInput
	written *appInput // in the list
	entry   *entry
	// builtin is set for an application of the catalog.
	builtin *builtinApp
	used    map[string]builtin.Used // what it calls, by the name in the catalog

	whole *app // when this is one of several sources: the application
	refs  map[string]*Source
}

// entriesOf are copies of the entries on a cluster.
func entriesOf(list []*entryInput) []*entry {
	out := make([]*entry, 0, len(list))
	for _, in := range list {
		e := &entry{entryInput: *in}
		apps := make([]app, len(e.Applications))
		for j := range e.Applications {
			if e.Applications[j].Node != nil {
				apps[j] = app{appInput: e.Applications[j], written: &e.Applications[j], entry: e}
				e.apps = append(e.apps, &apps[j])
			}
		}
		out = append(out, e)
	}
	return out
}

// eachApp calls do for each application of the entries.
func eachApp(entries []*entry, do func(*app)) {
	for _, e := range entries {
		for _, a := range e.apps {
			do(a)
		}
	}
}
