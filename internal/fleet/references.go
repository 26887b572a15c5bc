package fleet

import (
	"context"
	"io/fs"
	"slices"

	"github.com/hippotion/roster/catalog"
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
		answers, _, err := in.renderAll(ctx, o, in.requests(o), true)
		for _, a := range answers {
			refs = append(refs, a.References...)
		}
		for _, a := range o.Applications {
			ref, copied := copyOf(a.Application)
			if _, locked := in.Locked.Find(ref); copied && locked {
				refs = append(refs, ref)
			}
		}
		return nil, err
	})
	if err != nil || out.Clusters == nil {
		return nil, diags, err
	}
	slices.SortFunc(refs, source.Reference.Compare)
	return slices.Compact(refs), nil, nil
}

// Copies are the charts in whose place applications have a copy in the repository, with the paths of the copies.
func (o *Output) Copies() map[source.Reference]string {
	out := map[source.Reference]string{}
	for _, c := range o.Clusters {
		for _, a := range applications(c.Platform) {
			if ref, copied := copyOf(a.Application); copied {
				out[ref] = a.Workload.Path
			}
		}
	}
	return out
}

// copyOf is the chart that an application has a copy of.
func copyOf(a *catalog.Application) (ref source.Reference, copied bool) {
	if a.Workload == nil || a.Workload.Remote || len(a.Sources) == 0 || a.Sources[0].Chart == "" {
		return ref, false
	}
	return reference(a.Sources[0]), true
}

// nothing is what was fetched when nothing was.
type nothing struct{}

func (nothing) Open(source.Reference) (fs.FS, error) { return nil, source.ErrNotFetched }

func (nothing) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
