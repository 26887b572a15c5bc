package house

import (
	"cmp"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pure are the packages below the verbs, the plugin and what reads a checkout: they must give the same output for the same
// input, whatever the machine, the hour and what was called before. What they import of this module must be pure too.
var pure = []string{
	"./catalog/...", "./profiles", "./render/...", "./internal/alertrule", "./internal/argocd", "./internal/bounds", "./internal/diag", "./internal/diff", "./internal/diff/fields", "./internal/diff/formats", "./internal/diff/kinds", "./internal/dotgit", "./internal/eso", "./internal/explain", "./internal/hubble", "./internal/images", "./internal/importing", "./internal/lazy", "./internal/lint/...", "./docs/ci", "./internal/listadd", "./internal/listtext", "./internal/yamltext", "./internal/muxer", "./internal/reach", "./internal/report", "./internal/admission", "./internal/jobtoken",
	"./internal/schema", "./internal/schema/celrules", "./internal/source", "./internal/starter", "./internal/syntax", "./internal/trace", "./internal/verdict/...",
}

// names are those of a package's functions, types, constants and variables that a pure package may use: only these, or all
// but these. A method is Type.Method.
type names struct{ only, not []string }

// permits reports whether a pure package may use the name.
func (n names) permits(name string) bool {
	if n.only != nil {
		return slices.Contains(n.only, name)
	}
	return !slices.Contains(n.not, name)
}

// ofStandard are the names of the standard library. A package that is not listed is forbidden: decide what of it is pure.
var ofStandard = map[string]names{
	"bufio": {}, "bytes": {}, "cmp": {}, "container/heap": {}, "crypto/sha256": {}, "crypto/x509/pkix": {}, "embed": {}, "encoding": {}, "encoding/csv": {}, "encoding/base64": {},
	"encoding/hex": {}, "encoding/json": {}, "encoding/xml": {}, "errors": {}, "go/ast": {}, "go/token": {}, "hash": {}, "hash/fnv": {}, "html": {}, "index/suffixarray": {}, "io": {}, "io/fs": {}, "iter": {},
	"maps": {}, "math": {}, "math/big": {}, "math/bits": {}, "net/netip": {}, "net/url": {}, "path": {}, "reflect": {}, "regexp": {}, "regexp/syntax": {},
	"slices": {}, "sort": {}, "strconv": {}, "strings": {}, "sync": {}, "sync/atomic": {}, "text/template/parse": {}, "unicode": {},
	"unicode/utf16": {}, "unicode/utf8": {},

	"crypto/rsa":      {only: words("PublicKey PublicKey.Equal PrivateKey")},
	"crypto/x509":     {only: words("Certificate ExtKeyUsage ExtKeyUsageClientAuth ExtKeyUsageServerAuth KeyUsageCertSign KeyUsageDigitalSignature KeyUsageKeyEncipherment ParseCertificate ParsePKCS1PrivateKey")}, // Verify reads the system's roots
	"encoding/pem":    {only: words("Block Decode")},
	"context":         {not: words("WithDeadline WithDeadlineCause WithTimeout WithTimeoutCause")},
	"fmt":             {not: words("Print Printf Println Scan Scanf Scanln")},
	"encoding/binary": {only: words("AppendUvarint AppendVarint")},
	"net/textproto":   {only: words("CanonicalMIMEHeaderKey")},
	"go/parser":       {only: words("ParseExpr ParseExprFrom")}, // ParseFile reads files
	"html/template":   {not: words("ParseFiles ParseGlob Template.ParseFiles Template.ParseGlob")},
	"log/slog":        {only: words("Logger New DiscardHandler")},
	"mime":            {only: words("ParseMediaType")}, // the types of file names are read from the system
	"net/http":        {only: words("StatusText CanonicalHeaderKey StatusFound StatusMovedPermanently")},
	"net":             {only: words("CIDRMask IP IPMask IPNet ParseCIDR ParseIP")},
	"path/filepath":   {only: words("Base Clean Dir Ext FromSlash IsLocal Join Match Separator Split ToSlash")},
	"runtime":         {only: words("Error GOMAXPROCS")}, // how many goroutines share the work, which changes no output
	"text/template":   {not: words("ParseFiles ParseGlob Template.ParseFiles Template.ParseGlob")},
	"time": {not: words("After AfterFunc LoadLocation Local NewTicker NewTimer Now Since Sleep Tick Until " +
		"Time.Local Timer.Reset Ticker.Reset")},
}

// ofOthers are the doors of other modules to the disk, the network, the environment and the clock. Those of packages that
// nobody imports bite once somebody does.
var ofOthers = map[string]names{
	"github.com/google/go-jsonnet":             {not: words("FileImporter")},
	"github.com/itchyny/gojq":                  {not: words("NewModuleLoader WithEnvironLoader")},
	"github.com/prometheus/common/model":       {not: words("Now")},
	"github.com/santhosh-tekuri/jsonschema/v6": {not: words("FileLoader")},
	"helm.sh/helm/v3/pkg/chartutil":            {not: words("Create CreateFrom ExpandFile IsChartDir LoadChartfile ReadValuesFile Save SaveChartfile SaveDir")},
	"helm.sh/helm/v3/pkg/engine":               {not: words("New RenderWithClient RenderWithClientProvider")}, // lookup asks a cluster
	"helm.sh/helm/v4/pkg/chart/common":         {not: words("ReadValuesFile")},
	"helm.sh/helm/v4/pkg/chart/common/util":    {not: words("ToRenderValues ValidateAgainstSchema ValidateAgainstSingleSchema")}, // a schema by URL
	"helm.sh/helm/v4/pkg/chart/v2/loader":      {not: words("DirLoader FileLoader Load LoadDir LoadFile Loader")},
	"helm.sh/helm/v4/pkg/chart/v2/util":        {not: words("Create CreateFrom Expand ExpandFile IsChartDir LoadChartfile Save SaveChartfile SaveDir StrictLoadChartfile")},
	"helm.sh/helm/v4/pkg/engine":               {not: words("New RenderWithClient RenderWithClientProvider")}, // lookup asks a cluster
	"helm.sh/helm/v4/pkg/ignore":               {not: words("ParseFile")},
	"k8s.io/apimachinery/pkg/apis/meta/v1":     {not: words("Now NowMicro")},
	"sigs.k8s.io/kustomize/kyaml/filesys":      {not: words("MakeFsOnDisk NewTmpConfirmedDir")},
	"k8s.io/client-go/rest":                    {only: []string{}},
	"k8s.io/client-go/tools/clientcmd":         {only: []string{}},
	"k8s.io/klog/v2":                           {only: []string{}},
}

// keptState are the variables of packages that change all the same, and why.
var keptState = map[string]string{
	"internal/verdict/cilium: upstream":      "guards the variables of Cilium's engine, which it sets once",
	"internal/verdict/cilium: option.Config": "is how Cilium's engine is configured; only tests link it",
}

func words(s string) []string { return strings.Fields(s) }

// TestPure fails when a pure package uses what makes its output depend on more than its input, imports a package of this
// module that is not pure, has an init function, or changes a variable of a package.
func TestPure(t *testing.T) {
	packages := check(t, nil, pure...)
	known, kept := map[string]bool{}, map[string]bool{}
	for _, p := range packages {
		known[p.types.Path()] = true
	}
	for _, p := range packages {
		for _, imported := range p.types.Imports() {
			if strings.HasPrefix(imported.Path(), module) && !known[imported.Path()] {
				t.Errorf("%s imports %s, which is not pure", p.types.Path(), imported.Path())
			}
			for _, name := range ofOthers[imported.Path()].not { // a name that is not there would forbid nothing
				if imported.Scope().Lookup(name) == nil {
					t.Errorf("%s has no %s", imported.Path(), name)
				}
			}
		}
		for _, f := range impurities(p) {
			if key := strings.TrimPrefix(p.types.Path(), module) + ": " + f.variable; keptState[key] != "" {
				kept[key] = true
				continue
			}
			t.Errorf("%s: %s", f.at, f.what)
		}
	}
	for key := range keptState {
		if !kept[key] {
			t.Errorf("keptState has %s, which is not there", key)
		}
	}
}

// checked is a package of this module, its files and what their names mean.
type checked struct {
	fset  *token.FileSet
	files []*ast.File
	types *types.Package
	uses  types.Info
}

// check parses packages and checks their types, with what they import as the compiler left it. The overlay maps files that are
// not there to those that stand for them.
func check(t *testing.T, overlay map[string]string, patterns ...string) []checked {
	t.Helper()
	replaced, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, replaced, 0o600); err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	all := list(t, append([]string{"-overlay=" + file, "-export", "-deps"}, patterns...)...)
	for _, p := range all {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imported := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var out []checked
	for _, p := range all {
		if p.DepOnly {
			continue
		}
		c := checked{fset: fset, uses: types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}}
		for _, name := range p.GoFiles {
			name = filepath.Join(p.Dir, name)
			f, err := parser.ParseFile(fset, cmp.Or(overlay[name], name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			c.files = append(c.files, f)
		}
		config := types.Config{Importer: imported, FakeImportC: true}
		if c.types, err = config.Check(p.ImportPath, fset, c.files, &c.uses); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}
