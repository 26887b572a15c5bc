// Package apps lists the applications that roster brings itself: one folder each, a Helm chart.
//
// It does not render them.
package apps

import (
	"embed"
	"io/fs"
)

//go:embed all:ntfy
var charts embed.FS

// names are the applications in alphabetical order. To add one, add its folder here and above.
var names = [...]string{"ntfy"}

// Names lists the applications in alphabetical order.
func Names() []string { return names[:] }

// Charts holds the Helm charts, one folder each.
func Charts() fs.FS { return charts }

// Chart is the Helm chart of an application.
func Chart(name string) fs.FS {
	chart, err := fs.Sub(charts, name)
	if err != nil {
		panic(err) // the embedded folder is missing, which the tests rule out
	}
	return chart
}
