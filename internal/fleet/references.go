package fleet

import (
	"context"
	"io/fs"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
)

// References are what the applications need from elsewhere, each once and in order, as far as that is known with in.Sources: what is
// fetched may need more, so ask again with it, until there is nothing new. Want says of which applications; by default, of all.
//
// The list holds what is wrong with the list of applications; then there are no references. What is wrong with their sources is for
// Build to say: they need what was found before. Errors are those of Build.
func References(in Input) ([]source.Reference, diag.List, error) {
	if in.Sources == nil {
		in.Sources = nothing{}
	}
	in.Want.Workloads, in.Want.Unstable = true, false
	var refs []source.Reference
	out, diags, err := in.build(func(ctx context.Context, o *Output) (diag.List, error) {
		requests, _ := in.requests(o)
		answers, err := in.renderAll(ctx, o, requests, true)
		for _, a := range answers {
			refs = append(refs, a.References...)
		}
		return nil, err
	})
	if err != nil || out.Platform == nil {
		return nil, diags, err
	}
	slices.SortFunc(refs, source.Reference.Compare)
	return slices.Compact(refs), nil, nil
}

// nothing is what was fetched when nothing was.
type nothing struct{}

func (nothing) Open(source.Reference) (fs.FS, error) { return nil, source.ErrNotFetched }

func (nothing) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
