package catalog

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
)

// jsonnet resolves the variables of Jsonnet files, and checks that their libraries are there.
func (r *sourceReader) jsonnet(in *jsonnetInput) argocd.Jsonnet {
	if in == nil {
		return argocd.Jsonnet{}
	}
	out := argocd.Jsonnet{TLAs: jsonnetVars(in.TLAs.Items), ExtVars: jsonnetVars(in.ExtVars.Items)}
	for _, lib := range present(in.Libs...) {
		if clean, ok := r.folder(lib); ok {
			out.Libs = append(out.Libs, clean)
		}
	}
	return out
}

func jsonnetVars(items []syntax.Item[jsonnetVarInput]) []argocd.JsonnetVar {
	var out []argocd.JsonnetVar
	for _, item := range items {
		v := item.Value
		switch {
		case v.Node == nil || v.Flawed("value", "code"): // reported
		case v.Code.IsSet() == v.Value.IsSet():
			item.At.Report("bad-choice", "", "expected one of value and code")
		default:
			out = append(out, argocd.JsonnetVar{Name: item.Key, Value: v.Value.Or(v.Code.V), Code: v.Code.IsSet()})
		}
	}
	slices.SortFunc(out, func(a, b argocd.JsonnetVar) int { return strings.Compare(a.Name, b.Name) })
	return out
}
