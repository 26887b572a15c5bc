package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// storeBlocks reports what the CRD does not have in the block of a provider that the user wrote as it is. What roster has keys for needs no
// such check.
func storeBlocks(in *lint.Context, report lint.Report) {
	for _, s := range in.Platform.AllStores() {
		if _, asItIs := s.BlockAt(); !asItIs {
			continue
		}
		problems, source := deployed.StoreProblems(s.Kind, s.Provider, s.Block)
		for _, p := range problems {
			var at catalog.Place
			fields := deployed.FieldsOf(p.Path) // spec, provider, NAME and so on
			const above = 3
			at, _ = s.BlockAt(fields[min(above, len(fields)):]...)
			hint := ""
			if p.Newer != nil && p.Newer.Found != "" {
				if near := misspelled(p.Newer); near != "" {
					hint = "did you mean " + near + "?"
				} else {
					hint = "if it is not from a newer version, correct or remove it"
				}
			}
			report(at, hint, "the store %s: %s: %s, according to the schema of %s", s.Name, p.Path, p.Message, source)
		}
	}
}
