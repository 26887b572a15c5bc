package cli

import (
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/source"
)

// references are what the applications of the list need from elsewhere, as far as is known with what was fetched. With an application
// that is wanted, they are those of that one.
func references(in fleet.Input, known source.Sources) ([]source.Reference, diag.List, error) {
	in.Sources = known
	return fleet.References(in)
}
