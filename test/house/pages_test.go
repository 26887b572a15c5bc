package house

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/test/examples"
)

// TestPages does what a reader of the tutorial and of the how-tos does, from an empty folder, block by block:
//
//	sh        commands, each of which must succeed
//	console   commands after "$ ", and what they print, to the letter
//	yaml      a file, if its first line is "# FILE"
//	diff      an edit of a file, if its first line is "@@ FILE @@"
//
// An ellipsis in the last line stands for what roster diff prints below "Differences". What needs a cluster or the network is not run, and
// nothing may be shown of what it prints. UPDATE=1 rewrites what commands print.
func TestPages(t *testing.T) {
	r := newReader(t)
	for _, page := range []string{"docs/tutorial.md", "docs/howto.md"} {
		text := read(t, page)
		now := fence.ReplaceAllStringFunc(text, func(block string) string {
			m := fence.FindStringSubmatch(block)
			return "```" + m[1] + "\n" + r.block(page, m[1], m[2]) + "```"
		})
		if now == text {
			continue
		}
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(filepath.Join(examples.Root(), page), []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		} else {
			t.Errorf("%s (-shown +printed); UPDATE=1 rewrites it:\n%s", page, cmp.Diff(text, now))
		}
	}
}

const ellipsis = "…"

// TestInstall runs what docs/install.md has of roster itself, and asks make about the rest.
func TestInstall(t *testing.T) {
	r, ran := newReader(t), 0
	if err := os.CopyFS(r.dir, os.DirFS(filepath.Join(examples.Root(), "examples", "minimal"))); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.Join(blocks(read(t, "docs/install.md"), "sh"), "")) {
		if target, ok := strings.CutPrefix(line, "make "); ok {
			line = "make -C " + examples.Root() + " -n " + target
		} else if script, ok := strings.CutPrefix(line, "source <("); ok {
			line, _, _ = strings.Cut(script, ")")
		} else if !strings.HasPrefix(line, "roster ") && !strings.HasPrefix(line, "mkdir ") {
			continue
		}
		ran++
		if out, err := r.run(strings.Replace(line, "| source", "", 1)); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if ran < 9 {
		t.Errorf("ran %d commands only", ran)
	}
}

var (
	fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	// elsewhere is what a command begins with that needs a cluster or the network.
	elsewhere = regexp.MustCompile(`^(kubectl|argocd|vault|curl|git push|roster (fetch|outdated)) `)
	// commit is the short name of a commit, which a test cannot know before it.
	commit = regexp.MustCompile(`\b[0-9a-f]{7}\b`)
)

// reader is somebody who follows a page.
type reader struct {
	*testing.T
	dir string // where the reader is
	env []string
}

// newReader is in an empty folder, and has roster and git.
func newReader(t *testing.T) *reader {
	bin, home := t.TempDir(), t.TempDir()
	if err := os.Rename(examples.Roster(t), filepath.Join(bin, "roster")); err != nil {
		t.Fatal(err)
	}
	return &reader{t, t.TempDir(), append(os.Environ(),
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "HOME="+home, "XDG_CACHE_HOME="+home, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")}
}

// block does what a block of a page shows, and returns the block as it should be.
func (r *reader) block(page, language, text string) string {
	r.Helper()
	first, rest, _ := strings.Cut(text, "\n")
	switch language {
	case "sh":
		for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
			if out, err := r.run(line); err != nil {
				r.Fatalf("%s: %s: %v\n%s", page, line, err, out)
			}
		}
	case "console":
		return r.session(page, text)
	case "yaml":
		if file, ok := strings.CutPrefix(first, "# "); ok && filepath.IsLocal(file) && filepath.Ext(file) != "" {
			r.write(file, text)
		}
	case "diff":
		r.edit(page, strings.Trim(first, "@ "), rest)
	}
	return text
}

// session runs the commands after "$ ", and returns them with what each prints.
func (r *reader) session(page, text string) string {
	r.Helper()
	var out strings.Builder
	for _, step := range strings.Split("\n"+text, "\n$ ")[1:] {
		command, shown, _ := strings.Cut(step, "\n")
		shown = strings.TrimSuffix(shown, "\n")
		printed, err := r.run(command)
		printed = strings.TrimSuffix(printed, "\n")
		if consequences, _, ok := strings.Cut(printed, "\n\nDifferences\n"); ok && strings.HasSuffix(shown, ellipsis) {
			printed = consequences + "\n" + ellipsis
		}
		if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
			r.Fatalf("%s: %s: %v\n%s", page, command, err, printed)
		}
		if commit.ReplaceAllString(printed, "") == commit.ReplaceAllString(shown, "") {
			printed = shown
		}
		out.WriteString("$ " + command + "\n")
		if printed != "" {
			out.WriteString(printed + "\n")
		}
	}
	return out.String()
}

// run runs a command of a shell where the reader is, as far as it needs no more than this machine.
func (r *reader) run(line string) (string, error) {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
	if dir, ok := strings.CutPrefix(line, "cd "); ok {
		r.dir = filepath.Join(r.dir, dir)
		return "", nil
	}
	if here, there, ok := strings.Cut(line, " | "); ok && elsewhere.MatchString(there) {
		if strings.HasPrefix(here, "roster bootstrap") {
			here += " --image registry.example/roster:v1.2.3" // which a release knows by itself
		}
		out, err := r.run(here)
		if err == nil {
			out = ""
		}
		return out, err
	}
	if elsewhere.MatchString(line + " ") {
		return "", nil
	}
	c := exec.Command("sh", "-c", line)
	c.Dir, c.Env = r.dir, r.env
	out, err := c.CombinedOutput()
	return string(out), err
}

func (r *reader) write(file, text string) {
	r.Helper()
	file = filepath.Join(r.dir, file)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
}

// edit replaces the lines with a minus by those with a plus, at the only place that has them with the others around.
func (r *reader) edit(page, file, text string) {
	r.Helper()
	var was, is strings.Builder
	for line := range strings.Lines(text) {
		if line[0] != '+' {
			was.WriteString(line[1:])
		}
		if line[0] != '-' {
			is.WriteString(line[1:])
		}
	}
	old, err := os.ReadFile(filepath.Join(r.dir, file))
	if err != nil || strings.Count(string(old), was.String()) != 1 {
		r.Fatalf("%s: %v: these lines are not at one place of %s:\n%s\nin\n%s", page, err, file, was.String(), old)
	}
	r.write(file, strings.Replace(string(old), was.String(), is.String(), 1))
}
