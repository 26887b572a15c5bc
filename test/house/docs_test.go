package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/test/examples"
)

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples.Root(), file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blocks are the code blocks of a language in a Markdown text.
func blocks(text, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// codes are the words in backticks.
func codes(text string) []string {
	var out []string
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// rows are the rows of the tables in a section of a Markdown text, cell by cell.
func rows(section string) [][]string {
	var out [][]string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "|---") { // the row above is the head
			out = out[:len(out)-1]
		} else if strings.HasPrefix(line, "|") {
			cells := strings.Split(strings.Trim(line, "|\n"), "|")
			for i, cell := range cells {
				cells[i] = strings.TrimSpace(cell)
			}
			out = append(out, cells)
		}
	}
	return out
}

// sections are the parts of a Markdown text by their headings.
func sections(text string) map[string]string {
	out, heading, fenced := map[string]string{}, "", false
	for line := range strings.Lines(text) {
		fenced = fenced != strings.HasPrefix(line, "```")
		if !fenced && strings.HasPrefix(line, "#") {
			heading = strings.Trim(line, "# \n")
		}
		out[heading] += line
	}
	return out
}

// inputTypes are the struct types of the user's files: those whose fields have keys, or examples of the whole.
func inputTypes(t *testing.T) map[string]*ast.StructType {
	t.Helper()
	types := map[string]*ast.StructType{}
	files, err := filepath.Glob(filepath.Join(examples.Root(), "catalog", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok && slices.ContainsFunc(s.Fields.List, hasKey) {
					types[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	return types
}

func hasKey(f *ast.Field) bool {
	return f.Tag != nil && (strings.Contains(f.Tag.Value, `yaml:"`) || strings.Contains(f.Tag.Value, `example:"`))
}

// elementType is the name of the type in pointers, slices and maps.
func elementType(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return elementType(e.X)
	case *ast.ArrayType:
		return elementType(e.Elt)
	case *ast.IndexExpr:
		return elementType(e.Index)
	}
	return ""
}

// tagged are the fields of a struct that have tags, with those of the structs that it embeds, which are seen with it; what was seen with
// another one is documented there.
func tagged(types map[string]*ast.StructType, of *ast.StructType, seen map[string]bool) []*ast.Field {
	var out []*ast.Field
	for _, field := range of.Fields.List {
		if field.Tag != nil {
			out = append(out, field)
		} else if name := elementType(field.Type); len(field.Names) == 0 && types[name] != nil && !seen[name] {
			seen[name] = true
			out = append(out, tagged(types, types[name], seen)...)
		}
	}
	return out
}

// TestInput compares docs/input.md with the types: a section for each, headed by the keys that lead to it, with a table of
// exactly its keys, which says what is required and which values are permitted.
func TestInput(t *testing.T) {
	types, parts := inputTypes(t), sections(read(t, "docs/input.md"))
	seen := map[string]bool{}
	var visit func(name, heading, path string)
	visit = func(name, heading, path string) {
		if seen[name] || types[name] == nil {
			return
		}
		seen[name] = true
		documented := map[string][]string{} // cells: key, value, default, what it becomes
		for _, row := range rows(parts[heading]) {
			for _, key := range codes(row[0]) {
				documented[key] = row
			}
		}
		for _, field := range tagged(types, types[name], seen) {
			literal, _ := strconv.Unquote(field.Tag.Value)
			tag := reflect.StructTag(literal)
			key, options, _ := strings.Cut(tag.Get("yaml"), ",")
			if key == "" { // the mapping itself
				continue
			}
			row, ok := documented[key]
			delete(documented, key)
			if !ok || len(row) != 4 {
				t.Errorf("%q: no row of four cells for the key %q of %s", heading, key, name)
				continue
			}
			if slices.Contains(strings.Split(options, ","), "required") != (row[2] == "required") {
				t.Errorf("%q: says the wrong thing about whether %q is required", heading, key)
			}
			for value := range strings.SplitSeq(tag.Get("enum"), ",") {
				if value != "" && !slices.Contains(codes(row[1]), value) {
					t.Errorf("%q: does not say that %q may be %q", heading, key, value)
				}
			}
			below := strings.TrimPrefix(path+"."+key, ".")
			visit(elementType(field.Type), "`"+below+"`", below)
		}
		for _, field := range tagged(types, types[name], map[string]bool{}) { // also those that another section has to have
			literal, _ := strconv.Unquote(field.Tag.Value)
			key, _, _ := strings.Cut(reflect.StructTag(literal).Get("yaml"), ",")
			delete(documented, key)
		}
		for key := range documented {
			t.Errorf("%q: there is no key %q in %s", heading, key, name)
		}
	}
	visit("entryInput", "An entry", "")
	visit("platformInput", "The platform", "")
	visit("clusterInput", "`clusters`", "clusters")
	if len(seen) != len(types) {
		for name := range types {
			if !seen[name] {
				t.Errorf("%s is not reached", name)
			}
		}
	}
}

func TestProfiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples.Root(), "profiles", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	parts, readme := sections(read(t, "docs/profiles.md")), codes(read(t, "README.md"))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		if parts["`"+name+"`"] == "" {
			t.Errorf("docs/profiles.md has no section for %s", name)
		}
		if !slices.Contains(readme, name) {
			t.Errorf("README.md does not name the profile %s", name)
		}
	}
}

// TestOrder compares the example of docs/order.md with what is rendered.
func TestOrder(t *testing.T) {
	var got, want []string
	for _, row := range rows(sections(read(t, "docs/order.md"))["An example"]) {
		for _, code := range codes(row[1]) {
			got = append(got, row[0]+" "+code)
		}
	}
	_, objects := examples.Load(t, "homelab")
	for _, o := range objects {
		if o.Kind == "Application" && o.Wave < 99 {
			want = append(want, fmt.Sprint(o.Wave, " ", o.Name))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("waves (-rendered +documented):\n%s", diff)
	}
}

// fences are the code blocks of a Markdown text in order, each with its language.
func fences(text string) [][2]string {
	var out [][2]string
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		out = append(out, [2]string{m[1], m[2]})
	}
	return out
}

// TestReadme does what the beginning of README.md says, to the letter, from an empty folder: each command prints what is shown, and the
// files are as they are shown between them.
func TestReadme(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	sh := func(dir, command string) string {
		t.Helper()
		c := exec.Command("sh", "-c", command)
		c.Dir = dir
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	sh(examples.Root(), "go build -o '"+filepath.Join(bin, "roster")+"' ./cmd/roster")
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // not before: Go's cache is there as well
	section := sections(read(t, "README.md"))["From an empty folder"]
	files := []string{"applications.yml", "platform.yml", "applications.yml"} // that the blocks show, in order
	for _, f := range fences(section) {
		switch {
		case f[0] == "console":
			for command := range strings.SplitSeq(strings.TrimPrefix(f[1], "$ "), "\n$ ") {
				command, want, _ := strings.Cut(command, "\n")
				if diff := cmp.Diff(strings.TrimSuffix(want, "\n"), strings.TrimSuffix(sh(dir, command), "\n")); diff != "" {
					t.Errorf("%s (-shown +printed):\n%s", command, diff)
				}
			}
		case f[0] == "yaml" && len(files) > 0:
			data, err := os.ReadFile(filepath.Join(dir, files[0]))
			if err != nil || !strings.HasSuffix(string(data), f[1]) || len(files) > 1 && string(data) != f[1] {
				t.Errorf("%s is %v\n%s\nand not\n%s", files[0], err, data, f[1])
			}
			if files = files[1:]; len(files) == 1 { // before anything is added
				listedObjects(t, section, sh(dir, "roster render"))
			}
		}
	}
	if len(files) > 0 {
		t.Errorf("%q are not shown", files)
	}
}

// listedObjects compares the table of a section with what is rendered.
func listedObjects(t *testing.T, section, rendered string) {
	t.Helper()
	var got, want []string
	for _, row := range rows(section) {
		got = append(got, strings.ReplaceAll(row[0], "`", ""))
	}
	for object := range strings.SplitSeq(rendered, "\n---\n") {
		kind := regexp.MustCompile(`(?m)^kind: (.*)$`).FindStringSubmatch(object)
		name := regexp.MustCompile(`(?m)^  name: "?([^"\n]*)"?$`).FindStringSubmatch(object)
		want = append(want, kind[1]+" "+name[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects of the smallest list (-rendered +listed):\n%s", diff)
	}
}

// TestCommands runs what README.md shows: the commands, the profile, and the mistake that leads to the message.
func TestCommands(t *testing.T) {
	readme, binary := read(t, "README.md"), filepath.Join(t.TempDir(), "roster")
	run := func(dir, name string, args ...string) (string, error) {
		c := exec.Command(name, args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		return string(out), err
	}
	succeed := func(dir, name string, args ...string) {
		t.Helper()
		if out, err := run(dir, name, args...); err != nil {
			t.Errorf("%s %s: %v\n%s", name, args, err, out)
		}
	}
	succeed(examples.Root(), "go", "build", "-o", binary, "./cmd/roster")

	out := t.TempDir()
	for line := range strings.Lines(strings.Join(blocks(readme, "sh"), "")) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		for i, word := range words {
			if word == "out" {
				words[i] = out
			}
		}
		switch {
		case len(words) == 0:
		case words[0] == "make":
			succeed(examples.Root(), "make", append([]string{"-n"}, words[1:]...)...)
		case words[0] == "bin/roster":
			succeed(examples.Root(), binary, words[1:]...)
		default:
			t.Errorf("no test runs %q", line)
		}
	}

	minimal := t.TempDir()
	write := func(file, text string) {
		file = filepath.Join(minimal, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(minimal, os.DirFS(filepath.Join(examples.Root(), "examples", "minimal"))); err != nil {
		t.Fatal(err)
	}
	yamls := blocks(readme, "yaml")
	write("profiles/mail.yml", yamls[len(yamls)-1])
	write("applications.yml", strings.Replace(read(t, "examples/minimal/applications.yml"), "profile: web-app", "profile: mail", 1))
	if rendered, err := run(minimal, binary, "render"); err != nil || !strings.Contains(rendered, "\n  name: allow-smtp\n") {
		t.Errorf("the last yaml block is not a profile that permits mail: %v\n%s", err, rendered)
	}

	write("applications.yml", `- namespace: web-claw
  networkPolicies: web-app
  applications:
    - applicationCode: web-claw
      path: helm-charts/extra-objects
      ingress:
        - {host: claw.home.example, service: openclaw, port: 18789, expse: public, auth: app}
`)
	if message, _ := run(minimal, binary, "render"); !slices.Contains(blocks(readme, ""), message) {
		t.Errorf("README.md shows another message than\n%s", message)
	}
}

// TestLock: the lock that docs/fetch.md shows is one that a script expects.
func TestLock(t *testing.T) {
	locks := blocks(read(t, "docs/fetch.md"), "yaml")
	if len(locks) == 0 || !strings.Contains(read(t, "cmd/internal/cli/testdata/script/good_fetch.txtar"), "\n"+locks[0]) {
		t.Error("the first yaml block of docs/fetch.md is no roster.lock of good_fetch.txtar")
	}
}

// TestDifference: what docs/diff.md shows is what a script expects.
func TestDifference(t *testing.T) {
	if shown := blocks(read(t, "docs/diff.md"), ""); len(shown) == 0 ||
		!strings.Contains(read(t, "cmd/internal/cli/testdata/script/good_diff.txtar"), "-- want --\n"+strings.TrimPrefix(shown[0], "$ roster diff\n")) {
		t.Error("the first block of docs/diff.md is not what good_diff.txtar prints")
	}
}
