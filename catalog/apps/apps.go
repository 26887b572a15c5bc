// Package apps lists the applications of the catalog: one folder each, with a Helm chart and what it needs around
// it.
//
// It does not render them.
package apps

import (
	"cmp"
	"io/fs"
	"strings"

	"github.com/hippotion/roster/catalog/apps/alerting"
	"github.com/hippotion/roster/catalog/apps/app"
	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/catalog/apps/gardener"
	"github.com/hippotion/roster/catalog/apps/guardrails"
	"github.com/hippotion/roster/catalog/apps/ntfy"
)

// all are the applications in alphabetical order. To add one, add its folder and a line here.
var all = [...]*builtin.Application{
	&alerting.Application,
	&app.Application,
	&gardener.Application,
	&guardrails.Application,
	&ntfy.Application,
}

// Names lists the applications in alphabetical order.
func Names() []string {
	var names []string
	for _, a := range all {
		names = append(names, a.Name)
	}
	return names
}

// Find is the application of that name; nil when there is none.
func Find(name string) *builtin.Application {
	for _, a := range all {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Charts holds the Helm charts, one folder each.
func Charts() fs.FS { return charts{} }

type charts struct{}

// Open opens NAME/FILE.
func (charts) Open(name string) (fs.File, error) {
	first, rest, _ := strings.Cut(name, "/")
	a := Find(first)
	if a == nil || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return a.Chart.Open(cmp.Or(rest, "."))
}
