package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
)

// badList has a mistake that quotes characters of two columns, and one with a long hint.
const badList = "- namespace: 大きな名前空間の名前は長すぎるのでここでは使えません\n  nmespace: web\n  applications: [{applicationCode: web, path: web, ingress: [{host: web, service: web, port: 80}]}]\n"

// sgr is what colors a text.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// shownAt is what a verb shows in a terminal of so many columns.
func shownAt(t *testing.T, columns uint16, code int, args ...string) string {
	t.Helper()
	tty, shown := terminalOf(t, columns)
	if got := cli.Run(args, tty, tty); got != code {
		t.Errorf("%q: exit code %d, want %d", args, got, code)
	}
	return strings.ReplaceAll(shown(), "\r\n", "\n")
}

// TestPaper: a terminal gets messages in colors and no wider than it is; the words are the same everywhere, and their bytes where there
// is no terminal.
func TestPaper(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "")
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"applications.yml": badList, "platform.yml": "domain: home.example\nrepository: {url: https://git.example/homelab.git}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var plain bytes.Buffer
	cli.Run([]string{"render"}, &bytes.Buffer{}, &plain)
	for columns, want := range map[uint16]string{40: shownAt40, 80: shownAt80, 200: plain.String()} {
		got := shownAt(t, columns, 2, "render")
		if !strings.Contains(got, "\x1b[1mapplications.yml:2:3:\x1b[0m \x1b[31m") || !strings.Contains(got, "\x1b[2m  hint: ") || !strings.Contains(got, "\x1b[2m [unknown-field]\x1b[0m") {
			t.Errorf("%d columns: no colors in %q", columns, got)
		}
		if got = sgr.ReplaceAllString(got, ""); got != want {
			t.Errorf("%d columns: got\n%s\nwant\n%s", columns, got, want)
		}
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(plain.String()), " ") {
			t.Errorf("%d columns: other words than without a terminal:\n%s", columns, got)
		}
	}
	if got := sgr.ReplaceAllString(shownAt(t, 40, 2, "rendr"), ""); got != "roster: there is no verb \"rendr\"\n  hint: did you mean \"render\"?\n" {
		t.Errorf("got %q", got)
	}
}

// TestColors: who wants none has none, and who wants them in a file has them.
func TestColors(t *testing.T) {
	for _, c := range []struct {
		term, no, force     string
		terminal, elsewhere bool
	}{
		{"xterm", "", "", true, false},
		{"dumb", "", "", false, false},
		{"xterm", "1", "", false, false},
		{"xterm", "1", "1", false, false},
		{"xterm", "", "1", true, true},
		{"dumb", "", "0", false, false},
	} {
		t.Setenv("TERM", c.term)
		t.Setenv("NO_COLOR", c.no)
		t.Setenv("CLICOLOR_FORCE", c.force)
		for _, verb := range []string{"rendr", "--help"} {
			code := map[string]int{"rendr": 2}[verb]
			var elsewhere bytes.Buffer
			cli.Run([]string{verb}, &elsewhere, &elsewhere)
			if got := strings.Contains(elsewhere.String(), "\x1b["); got != c.elsewhere {
				t.Errorf("%+v: %s: colors elsewhere: %v", c, verb, got)
			}
			if got := strings.Contains(shownAt(t, 80, code, verb), "\x1b["); got != c.terminal {
				t.Errorf("%+v: %s: colors in a terminal: %v", c, verb, got)
			}
		}
	}
}

// TestLintColors: findings have the color of their severity, also in a file only if somebody wants that.
func TestLintColors(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	list := filepath.Join(dir, "applications.yml")
	if err := os.WriteFile(list, []byte("- namespace: web # lint:ignore host-of-another-entry no reason until 2020-01-31\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for format, colored := range map[string]bool{"text": true, "json": false, "github": false} {
		got := shownAt(t, 200, 1, "lint", "--format", format, dir)
		if strings.Contains(got, ":1:3:\x1b[0m \x1b[33mwarning:\x1b[0m ") != colored || strings.Contains(got, "\x1b[") != colored {
			t.Errorf("%s: %q", format, got)
		}
	}
	shownAt(t, 200, 1, "lint", "--output", list+".txt", dir)
	if text, err := os.ReadFile(list + ".txt"); err != nil || bytes.Contains(text, []byte("\x1b[")) || !bytes.Contains(text, []byte("warning:")) {
		t.Errorf("%v: %q", err, text)
	}
}

// TestHelpWidth: no line of a help is wider than the terminal, but for commands, which stay in one piece; and no word is lost.
func TestHelpWidth(t *testing.T) {
	t.Setenv("TERM", "xterm")
	verbs := []string{"cache list", "plugin generate", "", "open-namespace", "world-egress-without-ports"} // the last ones are rules
	for _, line := range offers(t, "") {
		name, _, _ := strings.Cut(line, "\t")
		verbs = append(verbs, strings.TrimPrefix(name, ":4"))
	}
	for _, verb := range verbs {
		var plain bytes.Buffer
		args := append([]string{"help"}, strings.Fields(verb)...)
		cli.Run(args, &plain, &bytes.Buffer{})
		for _, columns := range []uint16{40, 80, 200} {
			got := sgr.ReplaceAllString(shownAt(t, columns, 0, args...), "")
			if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(plain.String()), " ") {
				t.Errorf("%s: %d columns: other words than without a terminal:\n%s", verb, columns, got)
			}
			if columns == 200 && got != plain.String() {
				t.Errorf("%s: %d columns: there is room for it as it is:\n%s", verb, columns, got)
			}
			for line := range strings.Lines(regexp.MustCompile("(?s)```.*?```").ReplaceAllString(got, "")) {
				line = strings.TrimSuffix(line, "\n")
				if command := strings.HasPrefix(line, "  ") && line[2] != ' ' && !strings.Contains(line[2:], "  "); len(line) > int(columns) && !command && len(strings.Fields(line)) > 1 {
					t.Errorf("%s: %d columns: %q", verb, columns, line)
				}
			}
		}
	}
}

// What a terminal of 40 columns, and one of 80, shows of badList.
const (
	shownAt40 = `applications.yml:1:14: [0].namespace:
  expected a DNS label (lower-case
  letters, digits and "-", at most 63
  characters), found
  "大きな名前空間の名前は長すぎるのでここでは使えません"
  [bad-name]
  hint: write it like this: namespace:
        web-whoami
applications.yml:2:3: [0]: unknown field
  "nmespace" [unknown-field]
  hint: did you mean "namespace"?
applications.yml:3:47:
  [0].applications[0].path: there is no
  folder "web" in the repository
  [missing-path]
  hint: make it, with a chart, a
        kustomization or manifests;
        every path begins at the
        repository's root
applications.yml:3:62:
  [0].applications[0].ingress[0]:
  nothing would guard this host
  [missing-value]
  hint: set ingress.auth in
        platform.yml; or auth: app when
        the application asks for a login
        itself; or auth: none
`
	shownAt80 = `applications.yml:1:14: [0].namespace: expected a DNS label (lower-case letters,
  digits and "-", at most 63 characters), found
  "大きな名前空間の名前は長すぎるのでここでは使えません" [bad-name]
  hint: write it like this: namespace: web-whoami
applications.yml:2:3: [0]: unknown field "nmespace" [unknown-field]
  hint: did you mean "namespace"?
applications.yml:3:47: [0].applications[0].path: there is no folder "web" in the
  repository [missing-path]
  hint: make it, with a chart, a kustomization or manifests; every path begins
        at the repository's root
applications.yml:3:62: [0].applications[0].ingress[0]: nothing would guard this
  host [missing-value]
  hint: set ingress.auth in platform.yml; or auth: app when the application asks
        for a login itself; or auth: none
`
)
