package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// impurity is a place where a package is not pure.
type impurity struct {
	at       token.Position
	what     string
	variable string // that changes
}

// impurities are those of a package, in the order of its text. A variable that is a pointer, a slice or a map may still be
// changed through a copy of it.
func impurities(p checked) []impurity {
	c := checker{p: p}
	for _, file := range p.files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if strings.HasPrefix(comment.Text, "//go:linkname") {
					c.add(comment.Pos(), "go:linkname")
				}
			}
		}
		for _, spec := range file.Imports {
			if spec.Path.Value == `"C"` || spec.Name != nil && spec.Name.Name == "_" && spec.Path.Value != `"embed"` {
				c.add(spec.Pos(), "imports "+spec.Path.Value)
			}
		}
		ast.Inspect(file, c.visit)
	}
	slices.SortFunc(c.found, func(a, b impurity) int { return strings.Compare(a.at.String(), b.at.String()) })
	return c.found
}

type checker struct {
	p     checked
	found []impurity
}

func (c *checker) add(at token.Pos, what string) {
	c.found = append(c.found, impurity{at: c.p.fset.Position(at), what: what})
}

// changed reports the variable of a package that an expression is, or is a part of.
func (c *checker) changed(e ast.Expr) {
	if v, name := c.global(e); v != nil {
		c.found = append(c.found, impurity{c.p.fset.Position(e.Pos()), "changes the variable " + name, name})
	}
}

func (c *checker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv == nil && n.Name.Name == "init" {
			c.add(n.Pos(), "has an init function")
		}
	case *ast.Ident:
		c.use(n)
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, left := range n.Lhs {
				c.changed(left)
			}
		}
	case *ast.IncDecStmt:
		c.changed(n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			for _, left := range []ast.Expr{n.Key, n.Value} {
				c.changed(left)
			}
		}
	case *ast.SendStmt:
		c.changed(n.Chan)
	case *ast.UnaryExpr:
		_, structure := c.p.uses.TypeOf(n.X).Underlying().(*types.Struct) // which is passed by its address to be read, too
		if n.Op == token.ARROW || n.Op == token.AND && !structure {
			c.changed(n.X)
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && slices.Contains(words("clear close copy delete"), f.Name) {
			if _, builtin := c.p.uses.Uses[f].(*types.Builtin); builtin {
				c.changed(n.Args[0])
			}
		}
	case *ast.SelectorExpr: // a method that gets the variable's address
		if s := c.p.uses.Selections[n]; s != nil && s.Kind() == types.MethodVal && !isPointer(s.Recv()) {
			if receiver := s.Obj().Type().(*types.Signature).Recv(); isPointer(receiver.Type()) {
				c.changed(n.X)
			}
		}
	}
	return true
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// use reports the use of a name that is not pure, be it called or not.
func (c *checker) use(id *ast.Ident) {
	switch used := c.p.uses.Uses[id].(type) {
	case *types.Builtin:
		if used.Name() == "print" || used.Name() == "println" {
			c.add(id.Pos(), "uses "+used.Name())
		}
	case *types.Const, *types.Func, *types.TypeName, *types.Var:
		if used.Pkg() == nil || used.Pkg() == c.p.types {
			return
		}
		name := used.Name()
		if f, ok := used.(*types.Func); ok && f.Signature().Recv() != nil {
			if name = method(f); name == "" {
				return
			}
		} else if used.Parent() != used.Pkg().Scope() { // a field
			return
		}
		if path := used.Pkg().Path(); !permitted(path, name) {
			c.add(id.Pos(), "uses "+path+"."+name)
		}
	}
}

// method is Type.Method of a method of a type with a name.
func method(f *types.Func) string {
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name() + "." + f.Name()
	}
	return ""
}

func permitted(path, name string) bool {
	n, known := ofOthers[path]
	first, _, _ := strings.Cut(path, "/")
	if standard := !strings.Contains(first, "."); standard {
		n, known = ofStandard[path]
		if !known {
			return false
		}
	}
	if typ, _, isMethod := strings.Cut(name, "."); isMethod && n.only != nil {
		return known && n.permits(typ) // who has the value may ask it
	}
	return n.permits(name)
}

// global is the variable of a package, its own or another's, that an expression is or is a part of, and how it is written.
func (c *checker) global(e ast.Expr) (*types.Var, string) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			if v := c.variable(x.Sel); v != nil {
				return v, types.ExprString(x)
			}
			e = x.X
		case *ast.Ident:
			return c.variable(x), x.Name
		default:
			return nil, ""
		}
	}
}

func (c *checker) variable(id *ast.Ident) *types.Var {
	if v, ok := c.p.uses.Uses[id].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		return v
	}
	return nil
}

// TestImpurities checks that TestPure can fail: each file, added to a pure package, is reported for its one reason.
func TestImpurities(t *testing.T) {
	cases := []struct{ imports, text, want string }{
		{"time", `func f0() any { return time.Now() }`, "uses time.Now"},
		{"time", `func f1() any { now := time.Now; return now }`, "uses time.Now"},
		{"time", `type t2 struct{ now func() time.Time }; func f2() any { return t2{time.Now} }`, "uses time.Now"},
		{"time", `func f3() any { return time.Since(time.Time{}) }`, "uses time.Since"},
		{"time", `func f4(at time.Time) any { return at.Local() }`, "uses time.Time.Local"},
		{"time", `func f5() { time.Sleep(1) }`, "uses time.Sleep"},
		{"syscall", `func f6() any { v, _ := syscall.Getenv("HOME"); return v }`, "uses syscall.Getenv"},
		{"path/filepath", `func f7() any { v, _ := filepath.Glob("*"); return v }`, "uses path/filepath.Glob"},
		{"path/filepath", `func f8() any { v, _ := filepath.Abs("."); return v }`, "uses path/filepath.Abs"},
		{"path/filepath", `func f9() any { return filepath.Walk }`, "uses path/filepath.Walk"},
		{"os", `func f10() any { return os.Getenv("HOME") }`, "uses os.Getenv"},
		{"os", `func f11() any { return os.Args }`, "uses os.Args"},
		{"io/ioutil", `func f12() any { v, _ := ioutil.ReadFile("x"); return v }`, "uses io/ioutil.ReadFile"},
		{"net", `func f13() any { v, _ := net.LookupHost("x"); return v }`, "uses net.LookupHost"},
		{"net/http", `func f14() any { v, _ := http.Get("x"); return v }`, "uses net/http.Get"},
		{"os/exec", `func f15() any { return exec.Command }`, "uses os/exec.Command"},
		{"math/rand", `func f16() any { return rand.Int() }`, "uses math/rand.Int"},
		{"math/rand/v2", `func f17() any { return rand.Int() }`, "uses math/rand/v2.Int"},
		{"crypto/rand", `func f18() any { return rand.Text() }`, "uses crypto/rand.Text"},
		{"runtime", `func f19() any { return runtime.NumCPU() }`, "uses runtime.NumCPU"},
		{"runtime/debug", `func f20() any { v, _ := debug.ReadBuildInfo(); return v }`, "uses runtime/debug.ReadBuildInfo"},
		{"log", `func f21() { log.Print("x") }`, "uses log.Print"},
		{"log/slog", `func f22() { slog.Info("x") }`, "uses log/slog.Info"},
		{"fmt", `func f23() { fmt.Println("x") }`, "uses fmt.Println"},
		{"", `func f24() { println("x") }`, "uses println"},
		{"os/user", `func f25() any { v, _ := user.Current(); return v }`, "uses os/user.Current"},
		{"os/signal", `func f26() any { return signal.Ignored }`, "uses os/signal.Ignored"},
		{"context", `func f27() any { return context.WithTimeout }`, "uses context.WithTimeout"},
		{"text/template", `func f28() any { return new(template.Template).ParseFiles }`, "uses text/template.Template.ParseFiles"},
		{"hash/maphash", `func f29() any { return maphash.MakeSeed() }`, "uses hash/maphash.MakeSeed"},
		{"unsafe", `var v30 unsafe.Pointer`, "uses unsafe.Pointer"},
		{"", "import _ \"unsafe\"\n//go:linkname f31 runtime.x\nfunc f31() {}", "imports \"unsafe\"; go:linkname"},
		{"sigs.k8s.io/kustomize/kyaml/filesys", `func f32() any { return filesys.MakeFsOnDisk() }`, "uses sigs.k8s.io/kustomize/kyaml/filesys.MakeFsOnDisk"},
		{"helm.sh/helm/v4/pkg/chart/v2/loader", `func f33() any { return loader.LoadDir }`, "uses helm.sh/helm/v4/pkg/chart/v2/loader.LoadDir"},
		{"k8s.io/client-go/rest", `func f34() any { return rest.InClusterConfig }`, "uses k8s.io/client-go/rest.InClusterConfig"},
		{"", `func init() {}`, "has an init function"},
		{"", `var v36 int; func f36() { v36 = 1 }`, "changes the variable v36"},
		{"", `var v37 int; func f37() { v37++ }`, "changes the variable v37"},
		{"", `var v38 = map[string]int{}; func f38() { v38["x"] += 1 }`, "changes the variable v38"},
		{"", `var v39 struct{ a []int }; func f39() { v39.a[0] = 1 }`, "changes the variable v39"},
		{"", `var v40 int; func f40() any { return &v40 }`, "changes the variable v40"},
		{"", `var v41 = map[string]int{}; func f41() { delete(v41, "x") }`, "changes the variable v41"},
		{"", `var v42 int; func f42() { for v42 = range 3 { } }`, "changes the variable v42"},
		{"sync", `var v43 sync.Map; func f43() { v43.Store(1, 1) }`, "changes the variable v43"},
		{"", `var v44 = new(int); func f44() { *v44 = 1 }`, "changes the variable v44"},
		{"", `var v45 = make(chan int, 1); func f45() { v45 <- 1 }`, "changes the variable v45"},
		{"", `var v51 = make(chan int); func f51() any { return <-v51 }`, "changes the variable v51"},
		{"io/fs", `func f46() { fs.ErrNotExist = nil }`, "changes the variable fs.ErrNotExist"},
		{"time", `func f47() any { return func(d time.Duration) (any, any) { v, err := time.Parse(time.RFC3339, d.String()); return v, err } }`, ""},
		{"sync", `var f48 = sync.OnceValue(func() int { return 1 })`, ""},
		{"io/fs", `func f49(f fs.FS) any { v, _ := fs.ReadFile(f, "x"); return v }`, ""},
		{"", `var v50 = map[string]int{"a": 1}; func f50(v50 int) int { v50 = 1; return v50 }`, ""},
	}
	dir, overlay := t.TempDir(), map[string]string{}
	file := func(i int) string { return filepath.Join(dir, fmt.Sprintf("case%02d.go", i)) }
	for i, c := range cases {
		text := "package alertrule\n"
		if c.imports != "" {
			text += fmt.Sprintf("import %q\n", c.imports)
		}
		if err := os.WriteFile(file(i), []byte(text+c.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(examples.Root(), "internal", "alertrule", filepath.Base(file(i)))] = file(i)
	}
	got := map[string][]string{}
	for _, f := range impurities(check(t, overlay, "./internal/alertrule")[0]) {
		got[f.at.Filename] = append(got[f.at.Filename], f.what)
	}
	for i, c := range cases {
		if found := strings.Join(got[file(i)], "; "); found != c.want {
			t.Errorf("%s: found %q, want %q", c.text, found, c.want)
		}
	}
}
