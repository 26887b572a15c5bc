package deployed

import (
	"github.com/hippotion/roster/internal/schema"
)

// StoreProblems are what an API server would refuse, or drop, of the block of a store's provider, and where the schema comes from.
func StoreProblems(kind, provider string, block map[string]any) (problems []schema.Problem, source string) {
	o := map[string]any{"apiVersion": "external-secrets.io/v1", "kind": kind, "metadata": map[string]any{"name": "store"},
		"spec": map[string]any{"provider": map[string]any{provider: block}}}
	problems, err := schemas().Validate(o)
	if err != nil {
		return nil, ""
	}
	for _, s := range schema.Sources() {
		for _, k := range s.Kinds {
			if k == kind {
				source = "external-secrets " + s.Version
			}
		}
	}
	return problems, source
}
