//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/txtar"
)

// shells are those that complete: make shells names all three, and Debian's packages are installed for it.
var shells = flag.String("shells", "bash", "the shells in which TestShells completes")

// completions are what is typed before the key Tab, the line that it becomes, and what may stand there, where that is not clear.
var completions = []struct{ typed, line, offers string }{
	{"roster ren", "roster render ", ""},
	{"roster cache p", "roster cache prune ", ""},
	{"roster help lin", "roster help lint ", ""},
	{"roster help world-e", "roster help world-egress-without-ports ", ""},
	{"roster completion f", "roster completion fish ", ""},
	{"roster schema a", "roster schema applications ", ""},
	{"roster version ", "roster version ", "-"},
	{"roster render --name", "roster render --namespace ", ""},
	{"roster fetch --locked --k", "roster fetch --locked --keep-going ", ""},
	{"roster render --timeout ", "roster render --timeout ", "-"},

	{"roster render --namespace web-", "roster render --namespace web-n", "web-n8n web-ntfy"},
	{"roster render -n web-nt", "roster render -n web-ntfy ", ""},
	{"roster render --namespace=web-nt", "roster render --namespace=web-ntfy ", ""},
	{"roster render --app ", "roster render --app ", "sys-db web-flows web-ntfy"},
	{"roster fetch --update=sys", "roster fetch --update=sys-db ", ""},
	{"roster render infra --cluster v", "roster render infra --cluster vps ", ""},
	{"roster lint --repository . infra --cl", "roster lint --repository . infra --cl", "-"},
	{"roster render broken --app ", "roster render broken --app ", "-"},
	{"roster render nowhere --app ", "roster render nowhere --app ", "-"},

	{"roster lint --format sar", "roster lint --format sarif ", ""},
	{"roster lint --format=sar", "roster lint --format=sarif ", ""},
	{"roster bootstrap --format kus", "roster bootstrap --format kustomize ", ""},
	{"roster lint --severity w", "roster lint --severity warning ", ""},
	{"roster lint --rules entry-order,webhook", "roster lint --rules entry-order,webhook-refused ", ""},
	{"roster diff --fail-on public,flow-op", "roster diff --fail-on public,flow-opened ", ""},

	{"roster reach web-n", "roster reach web-n", "web-n8n web-ntfy"},
	{"roster reach web-n8n sys-db:", "roster reach web-n8n sys-db:5432 ", ""},
	{"roster reach web-n8n sys-db:54", "roster reach web-n8n sys-db:5432 ", ""},
	{"roster reach namespace:web-nt", "roster reach namespace:web-ntfy ", ""},
	{"roster reach --to app:", "roster reach --to app:", "app:sys-db app:web-flows app:web-ntfy"},
	{"roster reach internet https://n8n", "roster reach internet https://n8n.home.example ", ""},
	{"roster reach web-n8n sys-db inf", "roster reach web-n8n sys-db infra/", ""},
	{"roster reach --from kube-a", "roster reach --from kube-apiserver ", ""},

	{"roster diff fea", "roster diff feature/x ", ""},
	{"roster diff main..fea", "roster diff main..feature/x ", ""},
	{"roster diff inf", "roster diff infra/", ""},
	{"roster diff main inf", "roster diff main infra/", ""},

	{"roster render inf", "roster render infra/", ""},
	{"roster render infra ", "roster render infra ", "-"},
	{"roster render infra -o inf", "roster render infra -o infra/", ""},
	{"roster lint --output=out.s", "roster lint --output=out.sarif ", ""},
	{"roster lint --baseline out", "roster lint --baseline out.sarif ", ""},

	// What is quoted stays quoted, and what a name says is not done.
	{"roster render odd", `roster render odd\ \(folder\)/`, ""},
	{`roster render odd\ \(folder\) --app od`, `roster render odd\ \(folder\) --app odd-app `, ""},
	{"roster render 'odd (folder)' --app od", "roster render 'odd (folder)' --app odd-app ", ""},
	{"roster render then", `roster render then\;touch\ done/`, ""},
	{`roster render then\;touch\ done --app od`, `roster render then\;touch\ done --app odd-app `, ""},
	{`roster render 'then;touch done' --app od`, `roster render 'then;touch done' --app odd-app `, ""},
	{`roster render '$(touch done)' --app od`, `roster render '$(touch done)' --app od`, "-"},
	{"FOO=1 roster ren", "FOO=1 roster render ", ""},
	{"true | roster ren", "true | roster render ", ""},
}

// shellFiles are what the lines above are typed beside.
const shellFiles = `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
domain: home.example
-- applications.yml --
- namespace: sys-db
  networkPolicies: {profile: isolated, allow: [{from: {namespace: web-n8n, ports: [5432]}}]}
  applications: [{applicationCode: sys-db, path: db}]
- namespace: web-n8n
  networkPolicies: web-app
  applications: [{applicationCode: web-flows, path: db, ingress: [{host: n8n, service: n8n, port: 80, auth: none}]}]
- namespace: web-ntfy
  networkPolicies: isolated
  applications: [{applicationCode: web-ntfy, path: db}]
-- db/db.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: db}}
-- infra/platform.yml --
repository: {url: https://git.example/homelab.git}
clusters: {home: {}, vps: {server: https://vps.example:6443}}
-- infra/applications.yml --
- {namespace: web-vps, clusters: [vps], networkPolicies: isolated}
-- broken/applications.yml --
- nmespace: web-broken
-- out.sarif --
-- odd/applications.yml --
- namespace: odd
  networkPolicies: isolated
  applications: [{applicationCode: odd-app, chart: odd, repoURL: https://charts.example, version: 1.0.0}]
`

// TestShells types lines into real shells, and presses the key.
func TestShells(t *testing.T) {
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(shellFiles)).Files {
		names := []string{f.Name}
		if f.Name == "odd/applications.yml" {
			names = []string{"odd (folder)/applications.yml", "then;touch done/applications.yml"}
		}
		for _, name := range names {
			writeFile(t, filepath.Join(dir, name), string(f.Data))
		}
	}
	gitIn(t, dir, "init", "--quiet", "--initial-branch=main")
	gitIn(t, dir, "commit", "--quiet", "--allow-empty", "--message=x")
	for _, branch := range []string{"feature/x", "feature/$(touch${IFS}done)", "feature;touch${IFS}done"} {
		gitIn(t, dir, "branch", branch)
	}
	for shell := range strings.SplitSeq(*shells, ",") {
		t.Run(shell, func(t *testing.T) {
			s := startShell(t, shell, dir)
			for _, c := range completions {
				line, offers := s.complete(t, c.typed)
				if line != c.line {
					t.Errorf("%q became %q, want %q", c.typed, line, c.line)
				}
				if want := s.offered(c.typed, c.offers); c.offers != "" && !slices.Equal(offers, want) {
					t.Errorf("%q: offered %q, want %q", c.typed, offers, want)
				}
			}
			if t.Failed() {
				t.Logf("the terminal:\n%s", s.screen())
			}
			if _, err := os.Stat(filepath.Join(dir, "done")); err == nil {
				t.Error("what a name says was done")
			}
		})
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What each shell reads first. Control-T tells the offers, where the shell only tells them before the key, and Control-Y the line, and what was
// offered; each ends with a zero byte.
var shellStarts = map[string]struct {
	args []string
	file string // beside the folder
	text string
}{
	"bash": {[]string{"--noprofile", "--rcfile", "~/.bashrc", "-i"}, ".bashrc", `
source <(roster completion bash)
type _get_comp_words_by_ref _init_completion 2>/dev/null && exit 9
noted() { offers=(); _roster; offers=("${COMPREPLY[@]}"); }
complete -F noted roster
tell() { { printf '%s\n' "$READLINE_LINE" "${offers[@]}"; printf '\0'; } >"$TOLD"; READLINE_LINE= offers=(); }
bind -x '"\C-y": tell'
bind '"\C-t": ""'
printf '\0' >"$TOLD"
`},
	"zsh": {[]string{"-d", "-i"}, ".zshrc", `
autoload -U compinit && compinit -u -D
source <(roster completion zsh)
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits
    builtin compadd -A hits "$@"
    offers+=("${hits[@]}")
    builtin compadd "$@"
}
tell() { { printf '%s\n' "$BUFFER" "${offers[@]}"; printf '\0' } >$TOLD; BUFFER= offers=() }
typeset -ga offers=()
zle -N tell
bindkey -e
bindkey '^Y' tell
bindkey -r '^T'
printf '\0' >$TOLD
`},
	"fish": {[]string{"-i"}, "fish/config.fish", `
roster completion fish | source
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function offers
    set -g offers (complete -C(commandline -c) | string replace -r '\t.*' '')
end
function tell
    begin
        printf '%s\n' (commandline) $offers
        printf '\0'
    end >$TOLD
    commandline ''
end
function fish_user_key_bindings
    bind \cy tell
    bind \ct offers
end
printf '\0' >$TOLD
`},
}

// shell is one that runs in a terminal.
type shell struct {
	name     string
	terminal *os.File
	told     *bufio.Reader
	pipe     *os.File
	mu       sync.Mutex
	shown    bytes.Buffer
}

func startShell(t *testing.T, name, dir string) *shell {
	t.Helper()
	start, known := shellStarts[name]
	if !known {
		t.Fatalf("no shell %q", name)
	}
	at := t.TempDir()
	home, work, told := filepath.Join(at, "home"), filepath.Join(at, "work"), filepath.Join(at, "told")
	writeFile(t, filepath.Join(home, start.file), start.text)
	// Without this folder, a fish that starts first reads all manual pages in a process that outlives it, and writes there while the folder is removed.
	writeFile(t, filepath.Join(home, ".local/share/fish/generated_completions/none"), "")
	if err := os.Symlink(dir, work); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(told, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(told, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	var args []string
	for _, a := range start.args {
		args = append(args, strings.Replace(a, "~", home, 1))
	}
	c := exec.Command(name, args...)
	c.Dir = work
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "ZDOTDIR=" + home, "XDG_CONFIG_HOME=" + home, "TERM=xterm", "LC_ALL=C.UTF-8", "TOLD=" + told, "XDG_CACHE_HOME=" + home}
	s := &shell{name: name, pipe: pipe, told: bufio.NewReader(pipe)}
	if s.terminal, err = pty.StartWithSize(c, &pty.Winsize{Rows: 50, Cols: 200}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		_ = s.terminal.Close()
		_ = pipe.Close()
	})
	go s.show()
	s.next(t)
	return s
}

// show keeps what the shell writes, without which it would wait.
func (s *shell) show() {
	b := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(b)
		if err != nil {
			return // it has ended
		}
		s.mu.Lock()
		s.shown.Write(b[:n])
		s.mu.Unlock()
	}
}

func (s *shell) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// next is what the shell tells next.
func (s *shell) next(t *testing.T) []string {
	t.Helper()
	if err := s.pipe.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	text, err := s.told.ReadString(0)
	if err != nil {
		t.Fatalf("%v; the terminal:\n%s", err, s.screen())
	}
	return strings.Split(strings.TrimSuffix(text, "\n\x00"), "\n")
}

// complete types a line and Tab.
func (s *shell) complete(t *testing.T, typed string) (line string, offers []string) {
	t.Helper()
	if _, err := s.terminal.WriteString(typed + "\x14\t\x19"); err != nil {
		t.Fatal(err)
	}
	told := s.next(t)
	offers = slices.DeleteFunc(told[1:], func(o string) bool { return o == "" })
	slices.Sort(offers)
	return told[0], slices.Compact(offers)
}

// offered are the offers as the shell has them: without what of the word stays in the line.
func (s *shell) offered(typed, offers string) []string {
	if offers == "-" {
		return nil
	}
	word, out := typed[strings.LastIndexByte(typed, ' ')+1:], strings.Fields(offers)
	if s.name == "bash" {
		for i := range out {
			out[i] = strings.TrimPrefix(out[i], word[:strings.LastIndexAny(word, ":=")+1])
		}
	}
	return out
}
