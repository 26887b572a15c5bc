//go:build unix

package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// person is somebody at a terminal in which roster runs.
type person struct {
	*testing.T
	command *exec.Cmd
	file    *os.File
	shown   strings.Builder
	read    int // how much of it was expected already
	more    chan string
}

// atTerminal runs roster in a folder, on a terminal of so many columns.
func atTerminal(t *testing.T, dir string, columns uint16, args ...string) *person {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, args...)
	c.Args[0] = "roster" // which testscript's main looks at
	c.Dir = dir
	c.Env = append(os.Environ(), "TERM=xterm", "XDG_CACHE_HOME="+t.TempDir())
	file, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	w := &person{T: t, command: c, file: file, more: make(chan string)}
	go func() {
		defer close(w.more)
		for {
			data := make([]byte, 4096)
			n, err := file.Read(data)
			if n > 0 {
				w.more <- string(data[:n])
			}
			if err != nil { // the other end is closed
				return
			}
		}
	}()
	t.Cleanup(func() { _ = file.Close() })
	return w
}

// expect waits until a text is shown.
func (w *person) expect(text string) {
	w.Helper()
	late := time.After(time.Minute)
	for {
		if at := strings.Index(w.shown.String()[w.read:], text); at >= 0 {
			w.read += at + len(text)
			return
		}
		select {
		case more, ok := <-w.more:
			if !ok {
				w.Fatalf("the end came before %q:\n%s", text, w.shown.String())
			}
			w.shown.WriteString(more)
		case <-late:
			w.Fatalf("no %q:\n%s", text, w.shown.String())
		}
	}
}

// types sends what a person types.
func (w *person) types(keys string) {
	w.Helper()
	if _, err := w.file.WriteString(keys); err != nil {
		w.Fatal(err)
	}
}

// ends waits for the end, and returns the exit code; that of a signal is negative.
func (w *person) ends() int {
	for more := range w.more {
		w.shown.WriteString(more)
	}
	err := w.command.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		if status, is := exit.Sys().(syscall.WaitStatus); is && status.Signaled() {
			return -int(status.Signal())
		}
		return exit.ExitCode()
	} else if err != nil {
		w.Fatal(err)
	}
	return 0
}

// names are all files below a folder but those of Git.
func names(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil && file != dir {
			out = append(out, strings.TrimPrefix(file, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t *testing.T, elements ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// cloned is a folder with a repository that comes from a forge.
func cloned(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "--quiet"}, {"remote", "add", "origin", url}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return dir
}

// conversation is what a terminal shows, and what is typed then.
type conversation [][2]string

// TestInitAsks: on a terminal, what no flag says is asked for, with what can be known as the default, until the answer is possible.
func TestInitAsks(t *testing.T) {
	const (
		url     = "URL of this repository, as Argo CD is to read it"
		ingress = "Namespace that Traefik runs in, or none [none]: "
		domain  = "Domain of your hosts, such as home.example: "
		vault   = "Address of the Vault that External Secrets reads, or none [none]: "
		role    = "Role that External Secrets has in Vault [external-secrets]: "
		forge   = "CI to write: github, gitlab, none "
	)
	const small = "# yaml-language-server: $schema=schema/platform.json\n# What is true of the whole cluster.\nrepository: {url: https://github.com/me/homelab.git}\n"
	const defaults = "# What applications get that say nothing else.\ndefaults: {autoSync: true}\n"
	const withDomain = small + "# What hosts without a dot get.\ndomain: home.example\n# Where Traefik's pods are.\ningress: {controller: {namespace: traefik}}\n"
	for name, c := range map[string]struct {
		columns  uint16
		args     []string
		talk     conversation
		code     int
		platform string // empty when nothing may be written
		forge    string // a file of it
	}{
		"defaults": {80, nil, conversation{{url + " [https://github.com/me/homelab.git]: ", "\n"}, {ingress, "\n"}, {vault, "\n"}, {forge + "[github]: ", "\n"}}, 0,
			small + defaults, ".github/workflows/roster.yml"},
		"a narrow terminal": {9, nil, conversation{{url + " [https://github.com/me/homelab.git]: ", "\n"}, {ingress, "\n"}, {vault, "\n"}, {forge, "none\n"}}, 0,
			small + defaults, ".gitignore"},
		"answers": {80, nil, conversation{{url, "\n"}, {ingress, "  traefik \n"}, {domain, "home.example\n"}, {vault, "https://vault.example:8200\n"}, {role, "\n"}, {forge, "gitlab\n"}}, 0,
			withDomain + "# Where External Secrets reads what applications need.\nsecrets:\n  store: {vault: {server: https://vault.example:8200, role: external-secrets}}\n" + defaults, ".gitlab-ci.yml"},
		"wrong answers": {80, nil, conversation{
			{url, "homelab\n"}, {"expected the URL of one repository", ""}, {url, "\n"}, {ingress, "Traefik\n"}, {"did you mean \"traefik\"?", ""}, {ingress, "traefik\n"},
			{domain, "\n"}, {"expected an answer", ""}, {domain, ".x\n"}, {"expected a host name", ""}, {domain, "home.example\n"},
			{vault, "vault\n"}, {"expected an address", ""}, {vault, "none\n"}, {forge, "gihub\n"}, {"did you mean \"github\"?", ""}, {forge, "github\n"},
		}, 0, withDomain + defaults, ".github/workflows/roster-diff.yml"},
		"hostile answers": {80, nil, conversation{
			{url, "https://ci:hunter2@git.example/a.git\n"}, {"hint: ", ""}, {url, "\n"}, {ingress, "a: b\n"}, {"expected a DNS label", ""}, {ingress, "traefik\n"},
			{domain, "\x1b[31mhome.example\n"}, {"cannot be seen", ""}, {domain, "home.example\u202e\n"}, {"cannot be seen", ""}, {domain, "{a: b}\n"}, {"expected a host name", ""},
			{domain, "home.example # x\n"}, {"expected a host name", ""}, {domain, "\"\n"}, {"expected a host name", ""}, {domain, strings.Repeat("a", 300) + "\n"}, {"expected a host name", ""},
			{domain, "home.example\r"}, {vault, "\n"}, {forge, "\n"},
		}, 0, withDomain + defaults, ".github/workflows/roster.yml"},
		"flags":                  {80, []string{"--repo-url", "https://github.com/me/homelab.git", "--ingress", "none", "--vault", "none", "--forge", "none"}, nil, 0, small + defaults, ".gitignore"},
		"some flags":             {80, []string{"--ingress", "traefik", "--vault", "none", "--forge", "none"}, conversation{{url, "\n"}, {domain, "home.example\n"}}, 0, withDomain + defaults, ".gitignore"},
		"a wrong flag":           {80, []string{"--ingress", "Traefik", "--repo-url", "https://github.com/me/homelab.git"}, conversation{{domain, "home.example\n"}, {vault, "\n"}, {forge, "\n"}, {"\x1b[1;31mroster:\x1b[0m --ingress: expected a DNS label", ""}}, 2, "", ""},
		"the end of the answers": {80, nil, conversation{{url, "\n"}, {ingress, "\x04"}, {"the answers ended before the last question: nothing was written", ""}}, 2, "", ""},
		"an interrupt":           {80, nil, conversation{{url, "\n"}, {ingress, "trae\x03"}}, -int(syscall.SIGINT), "", ""},
		"an interrupt at once":   {80, nil, conversation{{url, "\x03"}}, -int(syscall.SIGINT), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := cloned(t, "https://someone:hunter2@github.com/me/homelab.git")
			w := atTerminal(t, dir, c.columns, append([]string{"init"}, c.args...)...)
			for _, turn := range c.talk {
				w.expect(turn[0])
				w.types(turn[1])
			}
			code := w.ends()
			shown := w.shown.String()
			if code != c.code {
				t.Fatalf("exit code %d, want %d:\n%s", code, c.code, shown)
			}
			// What was typed, and the colors that messages have.
			known := strings.NewReplacer("https://ci:hunter2", "", "\x1b[1;31m", "", "\x1b[2m", "", "\x1b[0m", "")
			if rest := known.Replace(shown); strings.Contains(rest, "hunter2") || strings.Contains(rest, "\x1b") {
				t.Errorf("it shows %q", shown)
			}
			if c.platform == "" {
				if files := names(t, dir); len(files) > 0 {
					t.Errorf("there is %q", files)
				}
				return
			}
			if got := read(t, dir, "platform.yml"); got != c.platform {
				t.Errorf("platform.yml is\n%s\nwant\n%s", got, c.platform)
			}
			_ = read(t, dir, c.forge)
			if len(c.talk) == 0 && strings.Contains(shown, "URL of") {
				t.Errorf("it asked:\n%s", shown)
			}
		})
	}
}
