// Package helpers checks what the helpers have in common: that they are small, and their image. No container engine is
// needed.
package helpers

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

const module = "github.com/hippotion/roster/"

// commands are the folders of cmd that are a helper: all that hold a program but roster's.
func commands(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob(filepath.Join(examples.Root(), "cmd", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, main := range mains {
		if name := filepath.Base(filepath.Dir(main)); name != "roster" {
			names = append(names, name)
		}
	}
	return names
}

func TestCommands(t *testing.T) {
	if got, want := commands(t), []string{"gardener", "hostwatch", "usagewatch"}; !slices.Equal(got, want) {
		t.Errorf("helpers are %q, want %q", got, want)
	}
}

// TestDependencies fails when a helper links anything but the standard library and our internal packages.
func TestDependencies(t *testing.T) {
	for _, name := range commands(t) {
		c := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./cmd/"+name)
		c.Dir = examples.Root()
		out, err := c.Output()
		if err != nil {
			t.Errorf("go list %s: %v", name, err)
			continue
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, module+"cmd/"+name) {
			t.Errorf("%s: go list names %q only", name, deps)
		}
		for _, d := range deps {
			if d != module+"cmd/"+name && !strings.HasPrefix(d, module+"internal/") {
				t.Errorf("%s links %s", name, d)
			}
		}
	}
}

// stages are the stages of the Dockerfile: lists of instructions, each on one line, without comments.
func stages(t *testing.T) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples.Root(), "cmd", "helpers.Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(string(data), "")
	text = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, "")
	var out [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "FROM ") {
			out = append(out, nil)
		}
		if line != "" {
			out[len(out)-1] = append(out[len(out)-1], line)
		}
	}
	if len(out) != 2 {
		t.Fatalf("%d stages", len(out))
	}
	return out
}

// TestBuild runs the first stage's go build: it must build all helpers, static, into what the last stage copies.
func TestBuild(t *testing.T) {
	dockerfile := stages(t)
	var build string
	for _, line := range dockerfile[0] {
		if command, ok := strings.CutPrefix(line, "RUN "); ok && strings.Contains(command, "go build") {
			build = command
		}
	}
	const out = " -o /out/ "
	if !strings.Contains(build, out) || !slices.Contains(dockerfile[1], "COPY --from=build /out/ /usr/local/bin/") {
		t.Fatalf("the last stage does not copy what is built: %q", dockerfile)
	}
	bin := t.TempDir()
	c := exec.Command("sh", "-c", strings.Replace(build, out, ` -o "$BIN/" `, 1))
	c.Dir = examples.Root()
	// As in the image, where no module has been downloaded.
	c.Env = append(os.Environ(), "BIN="+bin, "GOOS=linux", "GOFLAGS=-modcacherw", "GOMODCACHE="+t.TempDir())
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, text)
	}
	entries, err := os.ReadDir(bin)
	if err != nil {
		t.Fatal(err)
	}
	var built []string
	for _, e := range entries {
		built = append(built, e.Name())
		binary, err := elf.Open(filepath.Join(bin, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		defer binary.Close()
		for _, p := range binary.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("%s is not static: it has %v", e.Name(), p.Type)
			}
		}
	}
	if want := commands(t); !slices.Equal(built, want) {
		t.Errorf("built %q, want %q", built, want)
	}
}

// TestCopies: what the Dockerfile copies from the repository is there.
func TestCopies(t *testing.T) {
	copies := 0
	for _, line := range slices.Concat(stages(t)...) {
		words := strings.Fields(line)
		if words[0] != "COPY" && words[0] != "ADD" || strings.HasPrefix(words[1], "--from=build") {
			continue
		}
		for _, source := range words[1 : len(words)-1] {
			copies++
			if found, err := filepath.Glob(filepath.Join(examples.Root(), source)); err != nil || len(found) == 0 {
				t.Errorf("%s: there is no %s", line, source)
			}
		}
	}
	if copies == 0 {
		t.Error("nothing is copied")
	}
}

// TestUser: containers do not run as root, and the cluster can see it, for which the user must be a number. Each names its
// program itself.
func TestUser(t *testing.T) {
	last := stages(t)[1]
	user := ""
	for _, line := range last {
		instruction, rest, _ := strings.Cut(line, " ")
		switch instruction {
		case "USER":
			user = rest
		case "ENTRYPOINT", "CMD":
			t.Errorf("%s", line)
		}
	}
	for part := range strings.SplitSeq(user, ":") {
		if id, err := strconv.Atoi(part); err != nil || id <= 0 {
			t.Errorf("the user is %q", user)
		}
	}
	// ssh refuses a user without a name.
	if all := strings.Join(last, "\n"); !strings.Contains(all, "adduser -D -u 65532 ") || user != "65532:65532" {
		t.Errorf("the user %q has no name", user)
	}
	if !strings.HasPrefix(last[len(last)-1], "USER ") {
		t.Errorf("something runs after USER: %s", last[len(last)-1])
	}
}
