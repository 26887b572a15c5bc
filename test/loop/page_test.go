package loop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"
)

// block is a code block of the page: commands for a shell or a part of a file, and what the commands print when the page says so.
type block struct{ language, commands, prints string }

// planned checks that the page has the commands that roster import --plan prints for this cluster, each under its heading.
func (l *mover) planned() {
	l.Helper()
	out, err := l.shell("roster import - --plan --format json < ../today.yaml || test $? = 3")
	l.must(err)
	var plan struct {
		Steps []struct {
			Title    string
			Commands []string
		}
	}
	l.must(json.Unmarshal([]byte(out), &plan))
	for _, step := range plan.Steps {
		page := ""
		for _, b := range l.page[step.Title] {
			page += b.commands
		}
		for _, command := range step.Commands {
			_, rest, found := strings.Cut(page, command+"\n")
			if !found {
				l.Errorf("under %q the page does not have, or not in this order:\n%s", step.Title, command)
			}
			page = rest
		}
	}
	if len(plan.Steps) != 7 {
		l.Errorf("the plan has %d steps", len(plan.Steps))
	}
}

// blocks are the code blocks of the page, by their heading.
func (l *mover) blocks() map[string][]*block {
	l.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "migrate.md"))
	l.must(err)
	out := map[string][]*block{}
	heading, language := "", ""
	for line := range strings.Lines(string(text)) {
		of := out[heading]
		name, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && language == "":
			if language = strings.TrimSpace(name); language != "text" {
				out[heading] = append(of, &block{language: language})
			}
		case fence:
			language = ""
		case language == "text":
			of[len(of)-1].prints += line
		case language != "":
			of[len(of)-1].commands += line
		case strings.HasPrefix(line, "##"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return out
}

// follow does what the page says under a heading. A check is repeated until it prints what the page says.
func (l *mover) follow(heading string) {
	l.Helper()
	if len(l.page[heading]) == 0 {
		l.Fatalf("the page says nothing under %q", heading)
	}
	for _, b := range l.page[heading] {
		switch {
		case b.language == "yaml":
			l.edit(b.commands)
		case b.prints == "":
			_, err := l.shell(b.commands)
			l.must(err)
			l.kubelet()
		default:
			cluster.Eventually(l, patience, heading, func() error {
				out, err := l.shell(b.commands)
				if err == nil && out != b.prints {
					err = fmt.Errorf("%sprints:\n%s\nthe page says:\n%s", b.commands, out, b.prints)
				}
				return err
			})
		}
		if strings.Contains(b.commands, "--plan") {
			l.planned()
		}
	}
}

// edit writes into a file what the page shows: the first line names it. An entry takes the place of the one of its namespace.
func (l *mover) edit(text string) {
	l.Helper()
	name, text, _ := strings.Cut(text, "\n")
	file := filepath.Join(l.work, strings.TrimPrefix(name, "# "))
	was, err := os.ReadFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		l.must(err)
	}
	first, _, _ := strings.Cut(text, "\n")
	rest := string(was)
	if head, tail, found := strings.Cut(rest, first+"\n"); found {
		rest = head
		if at := strings.Index(tail, "\n- "); at >= 0 {
			rest += tail[at+1:]
		}
	}
	l.must(os.WriteFile(file, []byte(rest+text), 0o644))
}

// shell runs commands as the user would, in the clone.
func (l *mover) shell(commands string) (string, error) {
	l.Helper()
	dir := l.TempDir()
	release := "#!/bin/sh\n[ \"$1\" != bootstrap ] || set -- \"$@\" --image " + image + "\nexec " + tools.Program("roster") + " \"$@\"\n"
	l.must(os.WriteFile(filepath.Join(dir, "roster"), []byte(release), 0o755)) // a release knows its image
	c := exec.CommandContext(l.Context(), "bash", "-e", "-o", "pipefail", "-c", commands)
	if _, err := os.Stat(l.work); err == nil {
		c.Dir = l.work
	}
	c.Env = []string{
		"PATH=" + dir + ":" + tools.Bin() + ":" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(), "KUBECONFIG=" + l.cluster.Kubeconfig, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.com", "GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com",
	}
	out, err := c.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s\n%s", err, commands, out)
	}
	return string(out), err
}
