package fetch_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
)

// checkout is a Git repository that a test works in.
type checkout struct {
	t      *testing.T
	folder string
	env    []string
}

func newCheckout(t *testing.T) *checkout {
	t.Helper()
	c := &checkout{t, t.TempDir(), nil}
	home := t.TempDir()
	c.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_AUTHOR_DATE=2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z"}
	c.git("init", "--quiet", "--initial-branch=main", ".")
	return c
}

func (c *checkout) git(args ...string) string {
	c.t.Helper()
	command := exec.Command("git", args...)
	command.Dir, command.Env = c.folder, c.env
	out, err := command.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %s: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits files, and returns the commit.
func (c *checkout) commit(contents map[string]string) string {
	c.t.Helper()
	write(c.t, c.folder, contents)
	c.git("add", "--all")
	c.git("commit", "--quiet", "--allow-empty", "--message=x")
	return c.git("rev-parse", "HEAD")
}

// overHTTP serves the repository, as git http-backend does. A nil permit lets everybody in.
func (c *checkout) overHTTP(permit func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	c.t.Helper()
	path, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		c.t.Fatal(err)
	}
	handler := &cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"), Env: append(c.env, "GIT_PROJECT_ROOT="+c.folder, "GIT_HTTP_EXPORT_ALL=1"), Stderr: io.Discard}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if permit == nil || permit(w, r) {
			if v := r.Header.Get("Git-Protocol"); v != "" {
				own := *handler
				own.Env = append(own.Env, "GIT_PROTOCOL="+v)
				own.ServeHTTP(w, r)
				return
			}
			handler.ServeHTTP(w, r)
		}
	}))
	c.t.Cleanup(s.Close)
	return s
}

func ofGit(url, revision string) source.Reference {
	return source.Reference{Kind: source.Git, URL: url, Version: revision}
}

func tryGit(t *testing.T, c *checkout) *tried {
	x := try(t)
	x.Network.Git = c.env
	return x
}

func TestGit(t *testing.T) {
	c := newCheckout(t)
	first := c.commit(map[string]string{"a.yaml": "a: 1\n", "sub/run.sh": "#!/bin/sh\n", "crlf.yaml": "a\r\n", ".gitattributes": "*.yaml text eol=lf export-ignore filter=lfs\n", "ä b.yaml": "x"})
	if err := os.Chmod(filepath.Join(c.folder, "sub", "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("sub/run.sh", filepath.Join(c.folder, "link")); err != nil {
		t.Fatal(err)
	}
	second := c.commit(map[string]string{"a.yaml": "a: 2\n"})
	c.git("tag", "v1.0.0", first)
	c.git("tag", "--annotate", "--message=x", "v1.1.0", second)
	c.git("branch", "next", first)
	third := c.commit(map[string]string{"a.yaml": "a: 3\n"})
	c.git("branch", "1.9.9", first) // a branch that is named like a version
	c.git("update-ref", "refs/pull/1/head", second)
	s := c.overHTTP(nil)
	url := s.URL + "/.git"
	x := tryGit(t, c)
	for asked, want := range map[string]string{
		"": third, "main": third, "HEAD": third, "next": first, "v1.0.0": first, "v1.1.0": second, "1.x": second, "^1.0": second, "~1.0": first, first: first, first[:8]: first,
		"refs/heads/next": first, "refs/pull/1/head": second, "1.9.9": first,
	} {
		k, _ := x.must(ofGit(url, asked)).Find(ofGit(url, asked))
		if k.Resolved != want {
			t.Errorf("%q: got %s, want %s", asked, k.Resolved, want)
		}
	}
	at := ofGit(url, second)
	x.must(at)
	for name, want := range map[string]string{"a.yaml": "a: 2\n", "link": "#!/bin/sh\n", "crlf.yaml": c.git("show", second+":crlf.yaml") + "\n", "ä b.yaml": "x"} {
		if got := x.text(at, name); got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if info, err := fs.Stat(x.open(at), "sub/run.sh"); err != nil || info.Mode() != 0o555 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := fs.Stat(x.open(at), ".git"); err == nil {
		t.Error("there is a .git")
	}
	again := tryGit(t, c)
	if one, _ := again.must(at).Find(at); string(again.Lock.Text()) != string(x.Lock.Text()) {
		t.Errorf("another digest: %v", one)
	}
	for asked, want := range map[string]string{
		"missing": `it has no branch, tag or commit "missing"`, "3.x": `it has no branch, tag or commit "3.x"`, strings.Repeat("a", 40): "it has no commit " + strings.Repeat("a", 40), "abcdef0": "it has no commit abcdef0",
	} {
		x.fails(want, ofGit(url, asked))
	}
	x.fails("hint: check the URL", ofGit(s.URL+"/other.git", ""))
	s.Close()
	x.must(at) // nobody is asked
	x.fails("Failed to connect", ofGit(url, "main"))
}

// TestGitOld: of a server that gives branches and tags alone, a commit is had with these.
func TestGitOld(t *testing.T) {
	c := newCheckout(t)
	first := c.commit(map[string]string{"a": "1"})
	c.commit(map[string]string{"a": "2"})
	url := c.overHTTP(func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Git-Protocol"); return true }).URL + "/.git"
	x := tryGit(t, c)
	x.must(ofGit(url, first))
	if got := x.text(ofGit(url, first), "a"); got != "1" {
		t.Errorf("got %q", got)
	}
	x.fails("it has no commit "+strings.Repeat("a", 40), ofGit(url, strings.Repeat("a", 40)))
}

// TestGitForbidden: a server that knows its user, but does not let it in.
func TestGitForbidden(t *testing.T) {
	c := newCheckout(t)
	s := c.overHTTP(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return false })
	tryGit(t, c).fails("the server rejects the credentials, or got none\n  hint: ", ofGit(s.URL+"/.git", "main"))
}

// TestGitMoved: a tag that has moved is an error; a branch is meant to move, and the lock has the commit.
func TestGitMoved(t *testing.T) {
	c := newCheckout(t)
	first := c.commit(map[string]string{"a": "1"})
	c.git("tag", "v1.0.0")
	url := c.overHTTP(nil).URL + "/.git"
	x := tryGit(t, c)
	lock := x.must(ofGit(url, "v1.0.0"), ofGit(url, "main"), ofGit(url, "1.x"))
	second := c.commit(map[string]string{"a": "2"})
	c.git("tag", "--force", "v1.0.0")
	want := fmt.Sprintf("tag v1.0.0 has changed: roster.lock has %s, the server has %s\n  hint: ", first, second)
	for _, locked := range []bool{false, true} {
		y := tryGit(t, c)
		y.Lock, y.Locked = lock, locked
		y.fails(want, ofGit(url, "v1.0.0"))
		y.must(ofGit(url, "main"))
		if got := y.text(ofGit(url, "main"), "a"); got != "1" {
			t.Errorf("got %s", got)
		}
	}
	x.Update = func(source.Reference) bool { return true }
	x.fails(want, ofGit(url, "v1.0.0"))
	if k, _ := x.must(ofGit(url, "main")).Find(ofGit(url, "main")); k.Resolved != second || x.text(ofGit(url, "main"), "a") != "2" {
		t.Errorf("got %s", k.Resolved)
	}
}

// TestGitCredentials: Git finds what its user has set up for it, and roster gives it what was given for this run.
func TestGitCredentials(t *testing.T) {
	const password = "hunter2"
	c := newCheckout(t)
	c.commit(map[string]string{"a": "1"})
	s := c.overHTTP(func(w http.ResponseWriter, r *http.Request) bool {
		if user, given, _ := r.BasicAuth(); user == "me" && given == password {
			return true
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return false
	})
	host := strings.TrimPrefix(s.URL, "http://")
	ref := ofGit(s.URL+"/.git", "main")
	const wants = "the server rejects the credentials, or got none\n  hint: are there credentials for "
	tryGit(t, c).fails(wants+host, ref)
	given := func(text string) *tried {
		credentials, err := fetch.ReadCredentials(fetch.Files{Given: text})
		if err != nil {
			t.Fatal(err)
		}
		x := tryGit(t, c)
		x.Network.Credentials = credentials
		return x
	}
	if lock := given("machine " + host + " login me password " + password).must(ref); strings.Contains(string(lock.Text()), password) {
		t.Errorf("the lock tells: %s", lock.Text())
	}
	if message := given("machine "+host+" login me password expired").fails(wants, ref); strings.Contains(message, "expired") {
		t.Errorf("shows a password: %s", message)
	}
	home := filepath.Join(t.TempDir(), "home")
	write(t, home, map[string]string{".netrc": "machine 127.0.0.1 login me password " + password + "\n"})
	x := tryGit(t, c)
	x.Network.Git = append(c.env, "HOME="+home)
	x.must(ref)
	write(t, home, map[string]string{".netrc": "", ".gitconfig": "[credential]\n  helper = \"!f() { echo username=me; echo password=" + password + "; }; f\"\n"})
	x = tryGit(t, c)
	x.Network.Git = append(c.env, "HOME="+home)
	x.must(ref)
	write(t, home, map[string]string{".gitconfig": "[url \"http://me:" + password + "@" + host + "/\"]\n  insteadOf = http://git.example/\n"})
	x = tryGit(t, c)
	x.Network.Git = append(c.env, "HOME="+home)
	x.must(ofGit("http://git.example/.git", "main"))
	write(t, home, map[string]string{".gitconfig": "[url \"http://me:" + password + "@127.0.0.1:1/\"]\n  insteadOf = http://git.example/\n"})
	x = tryGit(t, c)
	x.Network.Git = append(c.env, "HOME="+home)
	if message := x.fails("unable to access", ofGit("http://git.example/.git", "main")); strings.Contains(message, password) {
		t.Errorf("shows a password: %s", message)
	}
}

// TestGitNothingRuns: nothing of the repository, and nothing that a variable or a hook of the user's leads to, is of any effect.
func TestGitNothingRuns(t *testing.T) {
	c, other := newCheckout(t), newCheckout(t)
	ran := filepath.Join(t.TempDir(), "ran")
	write(t, c.folder, map[string]string{".gitattributes": "* filter=evil\n", ".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = ext::touch " + ran + "\n"})
	inner := other.commit(map[string]string{"a": "1"})
	c.git("add", "--all")
	c.git("update-index", "--add", "--cacheinfo", "160000,"+inner+",x")
	c.git("commit", "--quiet", "--message=x")
	ref := ofGit(c.overHTTP(nil).URL+"/.git", "main")
	home, hooks := t.TempDir(), t.TempDir()
	write(t, home, map[string]string{".gitconfig": "[filter \"evil\"]\n  smudge = touch " + ran + "\n[core]\n  hooksPath = " + hooks + "\n  fsmonitor = touch " + ran + "\n[protocol \"ext\"]\n  allow = always\n[submodule]\n  recurse = true\n[fetch]\n  recurseSubmodules = true\n"})
	write(t, hooks, map[string]string{"reference-transaction": "#!/bin/sh\ntouch " + ran + "\n", "post-checkout": "#!/bin/sh\ntouch " + ran + "\n"})
	for _, name := range []string{"reference-transaction", "post-checkout"} {
		if err := os.Chmod(filepath.Join(hooks, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	x := tryGit(t, c)
	x.Network.Git = append(c.env, "HOME="+home, "GIT_DIR="+filepath.Join(other.folder, ".git"), "GIT_OBJECT_DIRECTORY=/nonexistent", "GIT_INDEX_FILE=/nonexistent", "GIT_TRACE="+ran, "GIT_ALLOW_PROTOCOL=ext")
	x.fails(`its submodule "x": expected a URL such as https://HOST/PATH`, ref)
	x.Network.NoSubmodules = true
	x.must(ref)
	if _, err := os.Stat(ran); err == nil {
		t.Error("something ran")
	}
	if got := other.git("for-each-ref", "--format=%(refname)"); got != "refs/heads/main" {
		t.Errorf("another repository has %s", got)
	}
	entries, err := fs.ReadDir(x.open(ref), ".")
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestGitHostile: a repository with files that lead out is refused, and so is one that is too large.
func TestGitHostile(t *testing.T) {
	c := newCheckout(t)
	c.commit(map[string]string{"a": "1"})
	blob := c.git("rev-parse", "HEAD:a")
	tree := func(entries ...string) string {
		var raw bytes.Buffer
		for _, name := range entries {
			raw.WriteString("100644 " + name + "\x00")
			for i := 0; i < len(blob); i += 2 {
				var b byte
				_, _ = fmt.Sscanf(blob[i:i+2], "%02x", &b)
				raw.WriteByte(b)
			}
		}
		command := exec.Command("git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
		command.Dir, command.Env, command.Stdin = c.folder, c.env, &raw
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		return c.git("commit-tree", "-m", "x", strings.TrimSpace(string(out)))
	}
	url := c.overHTTP(nil).URL + "/.git"
	for name, want := range map[string]string{"..": "", ".git": "", "a/../../x": "", ".GIT": "", "/etc": ""} {
		c.git("update-ref", "refs/heads/bad", tree(name))
		tryGit(t, c).fails(fmt.Sprintf("it has a file %q, which is not a path within it", name)+want, ofGit(url, "bad"))
	}
	c.git("update-ref", "refs/heads/bad", tree("a", "a"))
	tryGit(t, c).fails(`"a" occurs twice`, ofGit(url, "bad"))
	noise := make([]byte, 4<<20)
	_, _ = rand.Read(noise)
	c.commit(map[string]string{"noise": string(noise)})
	x := tryGit(t, c)
	x.Network.Limits.Tree = 1 << 20
	s := c.overHTTP(func(w http.ResponseWriter, r *http.Request) bool { // slow enough that somebody may look
		return true
	})
	x.fails("the repository is larger than 1 MiB", ofGit(s.URL+"/.git", "main"))
}

// TestGitStops: a server that says nothing any more is left after a while, with all that was started for it.
func TestGitStops(t *testing.T) {
	c := newCheckout(t)
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-stop }))
	defer s.Close()
	defer close(stop)
	x := tryGit(t, c)
	x.Network.Limits.Each = 300 * time.Millisecond
	begin := time.Now()
	x.fails("it took too long", ofGit(s.URL+"/.git", "main"))
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestGitMap takes a checkout beside this one in place of a server.
func TestGitMap(t *testing.T) {
	c := newCheckout(t)
	c.commit(map[string]string{"a": "1"})
	write(t, c.folder, map[string]string{"a": "not committed"})
	for text, url := range map[string]string{
		"git@git.example:house/apps.git=" + c.folder:    "git@git.example:house/apps.git",
		"https://git.example=" + filepath.Dir(c.folder): "https://git.example/" + filepath.Base(c.folder),
	} {
		m, err := fetch.ParseMapping(text, "")
		if err != nil {
			t.Fatal(err)
		}
		x := tryGit(t, c)
		x.Network.Map = fetch.Map{m}
		x.must(ofGit(url, "main"))
		if got := x.text(ofGit(url, "main"), "a"); got != "1" {
			t.Errorf("got %q", got)
		}
		if strings.Contains(string(x.Lock.Text()), c.folder) {
			t.Errorf("the lock tells: %s", x.Lock.Text())
		}
	}
}

// overSSH serves repositories of this machine to who has the key, with Go's own server.
func overSSH(t *testing.T, c *checkout, permitted ssh.PublicKey) (address string, host ssh.PublicKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if bytes.Equal(key.Marshal(), permitted.Marshal()) {
			return nil, nil
		}
		return nil, fmt.Errorf("not permitted")
	}}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			go serveSSH(c, raw, config)
		}
	}()
	return listener.Addr().String(), signer.PublicKey()
}

func serveSSH(c *checkout, raw net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(raw, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for opened := range channels {
		channel, requests, err := opened.Accept()
		if err != nil {
			return
		}
		go func() {
			defer channel.Close()
			for r := range requests {
				_ = r.Reply(r.Type == "exec", nil)
				if r.Type != "exec" {
					continue
				}
				command := exec.Command("sh", "-c", string(r.Payload[4:]))
				command.Env, command.Stdout, command.Stderr = c.env, channel, channel.Stderr()
				in, err := command.StdinPipe()
				if err != nil || command.Start() != nil {
					return
				}
				go func() { _, _ = io.Copy(in, channel); _ = in.Close() }()
				code := uint32(0)
				if command.Wait() != nil {
					code = 128
				}
				_, _ = channel.SendRequest("exit-status", false, binary.BigEndian.AppendUint32(nil, code))
				return
			}
		}()
	}
}

func TestGitSSH(t *testing.T) {
	c := newCheckout(t)
	commit := c.commit(map[string]string{"a": "1"})
	folder := t.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	permitted, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	address, hostKey := overSSH(t, c, permitted)
	_, port, _ := net.SplitHostPort(address)
	write(t, folder, map[string]string{"key": string(pem.EncodeToMemory(key)), "known": "[127.0.0.1]:" + port + " " + string(ssh.MarshalAuthorizedKey(hostKey)), "unknown": ""})
	if err := os.Chmod(filepath.Join(folder, "key"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(known, more string) *tried {
		x := tryGit(t, c)
		x.Network.Git = append(c.env, fmt.Sprintf("GIT_SSH_COMMAND=ssh -F none -o IdentityAgent=none -o UserKnownHostsFile=%s -i %s", filepath.Join(folder, known), filepath.Join(folder, more)))
		return x
	}
	ref := ofGit("ssh://git@"+address+c.folder+"/.git", "main")
	x := with("known", "key")
	if k, _ := x.must(ref).Find(ref); k.Resolved != commit || x.text(ref, "a") != "1" {
		t.Errorf("got %s", k.Resolved)
	}
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keys, c) }()
		}
	}()
	x = with("known", "nokey")
	x.Network.Git = append(c.env, "SSH_AUTH_SOCK="+socket, "GIT_SSH_COMMAND=ssh -F none -o UserKnownHostsFile="+filepath.Join(folder, "known"))
	x.must(ref)
	with("unknown", "key").fails("the server's host key is not known\n  hint: add the key of 127.0.0.1", ref)
	with("known", "nokey").fails("the server refuses the SSH key\n  hint: is there a key for 127.0.0.1", ref)
}
