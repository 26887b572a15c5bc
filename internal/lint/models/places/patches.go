package places

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// patchIndex is the patches of an application by what they are for.
type patchIndex struct {
	all     []patch
	targets map[kindName][]int          // by what the target names; empty for any
	named   map[string]map[string][]int // those without a target, by the kind and name in them
	lengths map[string][]int            // of these names, by kind
}

type patch struct {
	*catalog.Patch
	root *yaml.Node
}

type kindName struct{ kind, name string }

// mostPatches is how many patches for the same objects are searched for a field. With more, a place is less exact.
const mostPatches = 100

// patches are those of an application that can be read.
func (in *Model) patches(a *catalog.Application) *patchIndex {
	if x := in.patchesByApp[a]; x != nil {
		return x
	}
	x := &patchIndex{targets: map[kindName][]int{}, named: map[string]map[string][]int{}, lengths: map[string][]int{}}
	for i := range a.Patches {
		p := &a.Patches[i]
		documents, _ := syntax.Documents([]byte(p.Text))
		if len(documents) == 0 || len(documents[0].Content) == 0 {
			continue
		}
		x.all = append(x.all, patch{p, documents[0].Content[0]})
		last := len(x.all) - 1
		if t := p.Target; t != nil {
			key := kindName{t.Kind, t.Name}
			x.targets[key] = someOf(append(x.targets[key], last))
			continue
		}
		for _, m := range manifestsIn(nil, documents[0], "") {
			if x.named[m.kind] == nil {
				x.named[m.kind] = map[string][]int{}
			}
			if m.name != "" && x.named[m.kind][m.name] == nil && len(m.name) <= deployed.LongestName {
				x.lengths[m.kind] = append(x.lengths[m.kind], len(m.name))
			}
			x.named[m.kind][m.name] = someOf(append(x.named[m.kind][m.name], last))
		}
	}
	for kind, lengths := range x.lengths {
		slices.Sort(lengths)
		x.lengths[kind] = slices.Compact(lengths)
	}
	if in.patchesByApp == nil {
		in.patchesByApp = map[*catalog.Application]*patchIndex{}
	}
	in.patchesByApp[a] = x
	return x
}

func someOf(patches []int) []int { return patches[:min(len(patches), mostPatches)] }

// aimed are the patches for o, as far as its kind and name tell, in order.
func (x *patchIndex) aimed(o *deployed.Object) []int {
	var out []int
	for _, key := range []kindName{{o.Kind, o.Name}, {o.Kind, ""}, {"", o.Name}, {"", ""}} {
		out = append(out, x.targets[key]...)
	}
	names := x.named[o.Kind]
	out = append(out, names[o.Name]...)
	if w := o.Workload(); w != nil && w.Kind == catalog.Kustomization && len(o.Name) <= deployed.LongestName {
		for _, length := range x.lengths[o.Kind] {
			for from := 0; from+length <= len(o.Name); from++ {
				out = append(out, names[o.Name[from:from+length]]...)
			}
		}
	}
	slices.Sort(out)
	return someOf(slices.Compact(out))
}

// patched is where a patch of the application has a field of o.
func (in *Model) patched(o *deployed.Object, fields []string) (diag.Position, bool) {
	if len(o.Application.Patches) == 0 {
		return diag.Position{}, false
	}
	x := in.patches(o.Application)
	for _, i := range x.aimed(o) {
		p := &x.all[i]
		n, whole := in.nearest(p.root, o, fields)
		switch {
		case !whole:
		case p.File != "":
			return diag.Position{File: p.File, Line: n.Line, Column: n.Column}, true
		default:
			return p.Place.Pos, true
		}
	}
	return diag.Position{}, false
}
