package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// mutant is a small change of the program. What was there before stays in its text: all mutants of a sample are
// compiled at once, and the number that stands where the text has a zero byte says which is on.
type mutant struct {
	kind  string
	at    token.Position
	start int // the bytes of the file that the edits change lie between start and end
	end   int
	edits []edit
}

// edit puts text in place of the bytes of a file from start to end.
type edit struct {
	start, end int
	text       string
}

// The kinds of mutants.
const (
	negated   = "condition negated"
	boundary  = "< or > moved by equality"
	logic     = "&& for ||"
	removed   = "statement removed"
	returned  = "zero value returned"
	arithmic  = "arithmetic changed"
	increased = "integer + 1"
	flipped   = "boolean flipped"
)

// finder finds the mutants of a file.
type finder struct {
	fset  *token.FileSet
	info  *types.Info
	text  []byte
	stack []ast.Node // the node, and what it is in
	found []mutant
}

// find returns the mutants of a file in the order of its text. Texts of messages and constants stay as they are: whether a text is tested
// shows in the expected output. Some of the mutants may not compile.
func find(fset *token.FileSet, info *types.Info, file *ast.File, text []byte) []mutant {
	f := finder{fset: fset, info: info, text: text}
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			f.stack = f.stack[:len(f.stack)-1]
			return true
		}
		if d, ok := n.(*ast.GenDecl); ok && d.Tok != token.VAR {
			return false
		}
		f.stack = append(f.stack, n)
		f.visit(n)
		return true
	})
	return f.found
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) source(n ast.Node) string {
	return string(f.text[f.offset(n.Pos()):f.offset(n.End())])
}

// replace adds a mutant that puts text in place of a node.
func (f *finder) replace(kind string, n ast.Node, text string) {
	start, end := f.offset(n.Pos()), f.offset(n.End())
	f.found = append(f.found, mutant{kind, f.fset.Position(n.Pos()), start, end, []edit{{start, end, text}}})
}

// wrap is replace that keeps the text of the node, so that it may be long.
func (f *finder) wrap(kind string, n ast.Node, before, after string) {
	start, end := f.offset(n.Pos()), f.offset(n.End())
	f.found = append(f.found, mutant{kind, f.fset.Position(n.Pos()), start, end, []edit{{start, start, before}, {end, end, after}}})
}

func (f *finder) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil {
			f.condition(n.Cond)
		}
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, clause := range n.Body.List {
				for _, e := range clause.(*ast.CaseClause).List {
					f.condition(e)
				}
			}
		}
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	case *ast.CommClause:
		f.statements(n.Body)
	case *ast.ReturnStmt:
		f.results(n)
	case *ast.BasicLit:
		f.integer(n)
	case *ast.Ident:
		if c, ok := f.info.Uses[n].(*types.Const); ok && c.Parent() == types.Universe && (n.Name == "true" || n.Name == "false") {
			f.negate(flipped, n)
		}
	}
}

// basic is the type of an expression when it is one of Go's own, and not a constant.
func (f *finder) basic(e ast.Expr) *types.Basic {
	b, _ := f.info.TypeOf(e).(*types.Basic)
	return b
}

func (f *finder) constant(e ast.Expr) bool { return f.info.Types[e].Value != nil }

func (f *finder) negate(kind string, e ast.Expr) {
	if b := f.basic(e); b != nil && b.Info()&types.IsBoolean != 0 {
		f.wrap(kind, e, "((", ") != mutation.On(\x00))")
	}
}

// compound reports whether an expression is one that binary handles itself.
func compound(e ast.Expr) bool {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.BinaryExpr:
			return true
		case *ast.Ident:
			return x.Name == "true" || x.Name == "false"
		default:
			return false
		}
	}
}

// condition negates what decides, unless it is a comparison or made of several.
func (f *finder) condition(e ast.Expr) {
	if !compound(e) {
		f.negate(negated, e)
	}
}

func (f *finder) binary(n *ast.BinaryExpr) {
	if f.constant(n) {
		return
	}
	x, y := f.source(n.X), f.source(n.Y)
	switch n.Op {
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		f.replace(boundary, n, "(("+x+" "+n.Op.String()+" "+y+") != (mutation.On(\x00) && "+x+" == "+y+"))")
		f.negate(negated, n)
	case token.EQL, token.NEQ:
		f.negate(negated, n)
	case token.LAND, token.LOR:
		other := map[token.Token]string{token.LAND: " || ", token.LOR: " && "}[n.Op]
		f.replace(logic, n, "(mutation.On(\x00) && ("+x+other+y+") || !mutation.On(\x00) && ("+x+" "+n.Op.String()+" "+y+"))")
		f.condition(n.X)
		f.condition(n.Y)
	case token.ADD, token.SUB, token.MUL, token.QUO, token.REM:
		other := map[token.Token]string{token.ADD: " - ", token.SUB: " + ", token.MUL: " + ", token.QUO: " * ", token.REM: " * "}[n.Op]
		if b := f.basic(n); b != nil && b.Info()&types.IsInteger != 0 {
			f.replace(arithmic, n, "func() "+b.Name()+" { if mutation.On(\x00) { return "+x+other+y+" }; return "+x+" "+n.Op.String()+" "+y+" }()")
		}
	}
}

func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok {
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "panic" {
					continue
				}
			}
		case *ast.AssignStmt:
			if name, ok := s.Lhs[0].(*ast.Ident); s.Tok == token.DEFINE || ok && name.Name == "_" {
				continue
			}
		case *ast.IncDecStmt:
		case *ast.BranchStmt:
			if s.Tok != token.BREAK && s.Tok != token.CONTINUE {
				continue
			}
		default:
			continue
		}
		f.wrap(removed, s, "if !mutation.On(\x00) { ", " }")
	}
}

// results returns the zero value in place of each result that is not written as zero, and the other truth value.
func (f *finder) results(n *ast.ReturnStmt) {
	signature := f.signature()
	if signature == nil || signature.Results().Len() != len(n.Results) {
		return
	}
	for i, e := range n.Results {
		t, want := f.info.Types[e], signature.Results().At(i).Type()
		if b, ok := want.Underlying().(*types.Basic); ok && b.Info()&types.IsBoolean != 0 {
			f.condition(e)
			continue
		}
		if literal, ok := e.(*ast.CompositeLit); ok && len(literal.Elts) == 0 || t.IsNil() || !types.Identical(t.Type, want) || isZero(t.Value) {
			continue
		}
		f.wrap(returned, e, "mutation.Zero(\x00, ", ")")
	}
}

func isZero(v constant.Value) bool {
	if v == nil {
		return false
	}
	if v.Kind() == constant.String {
		return constant.StringVal(v) == ""
	}
	return constant.Sign(v) == 0
}

// signature is that of the function that the node is in.
func (f *finder) signature() *types.Signature {
	for i := len(f.stack) - 1; i >= 0; i-- {
		switch n := f.stack[i].(type) {
		case *ast.FuncLit:
			return f.info.TypeOf(n).(*types.Signature)
		case *ast.FuncDecl:
			return f.info.Defs[n.Name].Type().(*types.Signature)
		}
	}
	return nil
}

// integer adds one to a number, where it need not be a constant and is not only a hint of how much room to make.
func (f *finder) integer(n *ast.BasicLit) {
	b := f.basic(n)
	if n.Kind != token.INT || b == nil || b.Info()&types.IsInteger == 0 || len(f.stack) < 2 {
		return
	}
	switch parent := f.stack[len(f.stack)-2].(type) {
	case *ast.ArrayType, *ast.CaseClause:
		return
	case *ast.KeyValueExpr:
		if parent.Key == n {
			return
		}
	case *ast.CallExpr:
		if name, ok := parent.Fun.(*ast.Ident); ok && name.Name == "make" && parent.Args[1] != n {
			return
		}
	case ast.Expr:
		if f.constant(parent) {
			return
		}
	}
	f.wrap(increased, n, fmt.Sprintf("mutation.Add[%s](\x00, ", b.Name()), ")")
}
