package house

import (
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"testing"
)

// TestPatterns compiles what is otherwise compiled at its first use: the patterns that messages need.
func TestPatterns(t *testing.T) {
	found := 0
	for _, p := range check(t, nil, "./catalog/...", "./internal/...", "./profiles", "./render/...") {
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				f, ok := p.uses.Uses[name.Sel].(*types.Func)
				if !ok || f.FullName() != module+"internal/lazy.Regexp" {
					return true
				}
				at := p.fset.Position(call.Pos())
				text := p.uses.Types[call.Args[0]].Value
				if text == nil {
					t.Errorf("%s: not a constant", at)
					return true
				}
				if _, err := regexp.Compile(constant.StringVal(text)); err != nil {
					t.Errorf("%s: %v", at, err)
				}
				found++
				return true
			})
		}
	}
	if found == 0 {
		t.Error("found none")
	}
}
