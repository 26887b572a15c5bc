package gardener

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/bus"
)

// TestMain lets a test run gardener as a process of its own. The user's own configuration of git would break everything: it
// must not be read.
func TestMain(m *testing.M) {
	if os.Getenv("GARDENER_TEST_MAIN") != "" {
		os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	home, err := os.MkdirTemp("", "home")
	if err != nil {
		panic(err)
	}
	config := "[core]\n\thooksPath = " + home + "\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n[url \"https://nowhere.invalid/\"]\n\tinsteadOf = /\n"
	err = os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o644)
	for _, hook := range []string{"pre-commit", "pre-push", "post-merge", "reference-transaction", "post-index-change"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(home, hook), []byte("#!/bin/sh\ntouch "+home+"/hooked\nexit 1\n"), 0o755))
	}
	if err := errors.Join(err, os.Setenv("HOME", home), os.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, ".gitconfig"))); err != nil {
		panic(err)
	}
	code := m.Run()
	if _, err := os.Stat(filepath.Join(home, "hooked")); err == nil {
		fmt.Println("FAIL: a hook of the user's ran")
		code = 1
	}
	if err := os.RemoveAll(home); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// world is a bare remote repository, a checkout of it that belongs to somebody, and a folder for gardener's temporary files.
type world struct {
	*testing.T
	dir, remote, vault, work string
	stdout, stderr           bytes.Buffer // of the last run
	scripts                  int
}

// newWorld makes one with testdata/vault in it.
func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, dir: dir, remote: filepath.Join(dir, "remote.git"), vault: filepath.Join(dir, "vault"), work: filepath.Join(dir, "work")}
	w.write("work/.keep", "")
	w.git(dir, "init", "--quiet", "--bare", "--initial-branch=main", w.remote)
	w.git(dir, "init", "--quiet", "--initial-branch=main", w.vault)
	w.must(os.CopyFS(w.vault, os.DirFS("testdata/vault")))
	w.write("vault/.gitignore", "private/\n*.tmp.md\n")
	w.write("vault/run.sh", "#!/bin/sh\n")
	w.must(os.Chmod(filepath.Join(w.vault, "run.sh"), 0o755))
	w.must(os.Symlink("Garden.md", filepath.Join(w.vault, "Linked.md")))
	w.write("vault/private/secret.md", "not for git\n")
	w.git(w.vault, "add", "--all")
	w.git(w.vault, "commit", "--quiet", "-m", "First")
	w.write("vault/Last.md", "The second commit, so that there is a history.\n")
	w.git(w.vault, "add", "--all")
	w.git(w.vault, "commit", "--quiet", "-m", "Second")
	w.git(w.vault, "remote", "add", "origin", w.remote)
	w.git(w.vault, "push", "--quiet", "--set-upstream", "origin", "main")
	w.git(w.vault, "status")
	// A file with another time and the same text: git would like to write that into its index.
	w.must(os.Chtimes(filepath.Join(w.vault, "Garden.md"), time.Time{}, time.Now().Add(-time.Hour)))
	for _, hook := range []string{"post-merge", "reference-transaction", "post-index-change", "post-checkout"} {
		w.write("vault/.git/hooks/"+hook, "#!/bin/sh\ntouch "+dir+"/hooked\nexit 1\n")
		w.must(os.Chmod(filepath.Join(w.vault, ".git", "hooks", hook), 0o755))
	}
	t.Cleanup(w.clean)
	return w
}

// clean checks that nothing is left of the temporary files, and that no script did what it must not.
func (w *world) clean() {
	for _, pattern := range []string{"work/gardener-*", "hooked"} {
		left, err := filepath.Glob(filepath.Join(w.dir, pattern))
		w.must(err)
		for _, name := range left {
			if !strings.HasSuffix(name, ".lock") {
				w.Errorf("left behind: %s", name)
			}
		}
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) write(name, text string) {
	w.Helper()
	name = filepath.Join(w.dir, name)
	w.must(os.MkdirAll(filepath.Dir(name), 0o755))
	w.must(os.WriteFile(name, []byte(text), 0o644))
}

func (w *world) read(name string) string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	w.must(err)
	return string(text)
}

// wait waits for the file with which a script says that it has started.
func (w *world) wait() {
	w.Helper()
	for range 2000 {
		if _, err := os.Stat(filepath.Join(w.dir, "started")); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Fatal("the script has not started")
}

// git is the user's.
func (w *world) git(dir string, args ...string) string {
	w.Helper()
	c := exec.Command("git", append([]string{"-c", "core.hooksPath=/dev/null"}, args...)...)
	c.Dir = dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=User", "GIT_AUTHOR_EMAIL=user@example.org", "GIT_COMMITTER_NAME=User", "GIT_COMMITTER_EMAIL=user@example.org"}
	out, err := c.CombinedOutput()
	if err != nil {
		w.Fatalf("git %s: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// decider is the command line of a script.
func (w *world) decider(script string) []string {
	w.Helper()
	w.scripts++
	name := fmt.Sprintf("script%d.sh", w.scripts)
	w.write(name, "set -eu\n"+script+"\n")
	return []string{"--", "/bin/sh", filepath.Join(w.dir, name)}
}

// run runs gardener, and returns the exit code.
func (w *world) run(ctx context.Context, args ...string) int {
	w.stdout.Reset()
	w.stderr.Reset()
	return Run(ctx, append([]string{"run", "--work-dir", w.work}, args...), &w.stdout, &w.stderr)
}

// expect runs gardener on the checkout, and on the remote repository, as kind says.
func (w *world) expect(code int, kind string, args ...string) {
	w.Helper()
	from := []string{"--repository", w.remote}
	if kind == "vault" {
		from = []string{"--vault", w.vault, "--push"}
	}
	if got := w.run(w.Context(), append(from, args...)...); got != code {
		w.Fatalf("exit code %d, want %d\n%s%s", got, code, &w.stdout, &w.stderr)
	}
}

// says checks what the last run printed.
func (w *world) says(text string) {
	w.Helper()
	if all := w.stdout.String() + w.stderr.String(); !strings.Contains(all, text) {
		w.Errorf("%q is not in\n%s", text, all)
	}
}

// snapshot is every file below a folder with its mode and its bytes: also what git ignores, and what is git's own.
func (w *world) snapshot(dir string) map[string]string {
	w.Helper()
	out := map[string]string{}
	w.must(filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text := []byte(nil)
		if info.Mode().IsRegular() {
			text, err = os.ReadFile(name)
		} else if info.Mode()&fs.ModeSymlink != 0 {
			var target string
			target, err = os.Readlink(name)
			text = []byte(target)
		}
		out[name] = info.Mode().String() + " " + string(text)
		return err
	}))
	return out
}

// untouched returns a function that checks that nothing has changed since, in the remote repository and in the checkout.
func (w *world) untouched() func() {
	w.Helper()
	dirs := []string{w.remote, w.vault}
	var before []map[string]string
	for _, dir := range dirs {
		before = append(before, w.snapshot(dir))
	}
	refs, head, status := w.git(w.remote, "for-each-ref"), w.git(w.vault, "rev-parse", "HEAD"), w.git(w.vault, "--no-optional-locks", "status", "--porcelain", "--ignored")
	return func() {
		w.Helper()
		for i, dir := range dirs {
			after := w.snapshot(dir)
			for name := range maps.Keys(after) {
				if _, there := before[i][name]; !there {
					w.Errorf("%s is new", name)
				}
			}
			for name, text := range before[i] {
				if after[name] != text {
					w.Errorf("%s has changed: %.200q, was %.200q", name, after[name], text)
				}
			}
		}
		if now := w.git(w.remote, "for-each-ref"); now != refs {
			w.Errorf("refs: %s, were %s", now, refs)
		}
		if now := w.git(w.vault, "rev-parse", "HEAD"); now != head {
			w.Errorf("HEAD: %s, was %s", now, head)
		}
		if now := w.git(w.vault, "--no-optional-locks", "status", "--porcelain", "--ignored"); now != status {
			w.Errorf("status: %s, was %s", now, status)
		}
	}
}

// kinds are the two sources; most tests are for both.
var kinds = []string{"vault", "repository"}

func each(t *testing.T, test func(w *world, kind string)) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t), kind)
		})
	}
}

const linkOrphan = `echo "See [[Orphan]]." >>Garden.md; echo "Linked one orphan"`

// TestLand is a night on which all is well: the decider reads of an orphan in the report, and links it.
func TestLand(t *testing.T) {
	each(t, func(w *world, kind string) {
		before := w.git(w.vault, "rev-parse", "HEAD")
		secrets := map[string]string{"ntfy": "tk_ntfysecret", "webhook": "tk_webhooksecret"}
		for name, token := range secrets {
			w.write(name+".token", token+"\n")
		}
		var messages []bus.Message
		ntfy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			var m bus.Message
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("Authorization") != "Bearer "+secrets["ntfy"] {
				w.Errorf("%v %v", err, r.Header)
			}
			messages = append(messages, m)
		}))
		defer ntfy.Close()
		var outcomes []Outcome
		webhook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			var o Outcome
			if err := json.NewDecoder(r.Body).Decode(&o); err != nil || r.Header.Get("Authorization") != "Bearer "+secrets["webhook"] || r.URL.Path != "/hidden" {
				w.Errorf("%v %v %s", err, r.Header, r.URL)
			}
			outcomes = append(outcomes, o)
		}))
		defer webhook.Close()
		w.write("webhook.url", webhook.URL+"/hidden\n")
		args := []string{
			"--ntfy-url", ntfy.URL, "--ntfy-topic", "notes", "--ntfy-token-file", filepath.Join(w.dir, "ntfy.token"),
			"--webhook-url-file", filepath.Join(w.dir, "webhook.url"), "--webhook-token-file", filepath.Join(w.dir, "webhook.token"),
			"--metrics-file", filepath.Join(w.dir, "gardener.prom"), "--author", "Night Gardener <night@example.org>",
		}
		w.expect(0, kind, append(args, w.decider(`
			grep -q '"Orphan.md"' # in the report, on stdin
			`+linkOrphan+`
			mkdir -p new; echo "A new note, see [[Garden]]." >new/Note.md
			echo "on stderr" >&2`)...)...)
		w.says("decider: on stderr")
		w.says("Linked one orphan")

		head := w.git(w.remote, "rev-parse", "main")
		if parent := w.git(w.remote, "rev-parse", "main^"); parent != before {
			w.Errorf("the commit is on %s, not on %s", parent, before)
		}
		want := "Night Gardener <night@example.org>\nNight Gardener <night@example.org>\ngardener: 2 files, 1 added, 1 changed\n\nThe decider says: Linked one orphan"
		if got := w.git(w.remote, "log", "-1", "--format=%an <%ae>%n%cn <%ce>%n%B", "main"); got != want {
			w.Errorf("commit:\n%s", got)
		}
		if got := w.git(w.remote, "diff", "--name-status", "main^", "main"); got != "M\tGarden.md\nA\tnew/Note.md" {
			w.Errorf("changes:\n%s", got)
		}
		if got := w.git(w.remote, "show", "main:Garden.md"); !strings.HasSuffix(got, "\nSee [[Orphan]].") {
			w.Errorf("Garden.md:\n%s", got)
		}
		if kind == "vault" {
			if w.git(w.vault, "rev-parse", "HEAD") != head || w.git(w.vault, "rev-parse", "origin/main") != head || w.git(w.vault, "status", "--porcelain") != "" {
				w.Errorf("the vault is not on the commit: %s", w.git(w.vault, "status"))
			}
			if w.read("vault/private/secret.md") != "not for git\n" || !strings.HasSuffix(w.read("vault/Garden.md"), "See [[Orphan]].\n") {
				w.Error("the vault's files are not what they should be")
			}
		} else if got := w.git(w.vault, "rev-parse", "HEAD"); got != before {
			w.Errorf("a checkout that has nothing to do with it is on %s", got)
		}
		if len(messages) != 1 || messages[0].Topic != "notes" || messages[0].Priority != bus.Default || !strings.Contains(messages[0].Text, "- Garden.md\n- new/Note.md") {
			w.Errorf("messages %+v", messages)
		}
		if len(outcomes) != 1 || outcomes[0].Outcome != landed || outcomes[0].Commit != head || !slices.Equal(outcomes[0].Changed, []string{"Garden.md", "new/Note.md"}) || !slices.Contains(outcomes[0].Report.Orphans, "Orphan.md") {
			w.Errorf("outcomes %+v", outcomes)
		}
		metrics := w.read("gardener.prom")
		for _, line := range []string{"\ngardener_notes 17\n", "\ngardener_changed_notes 2\n", "\n# TYPE gardener_orphans gauge\n", "\ngardener_broken_links 8\n"} {
			if !strings.Contains(metrics, line) {
				w.Errorf("no %q in\n%s", line, metrics)
			}
		}
		for _, secret := range append(slices.Collect(maps.Values(secrets)), "/hidden") {
			if strings.Contains(w.stdout.String()+w.stderr.String()+metrics, secret) {
				w.Errorf("the output shows %s", secret)
			}
		}

		// The orphan is none any more: the second night has nothing to do, and says nothing.
		w.expect(0, kind, append(args, w.decider(`if grep -q '"Orphan.md"'; then exit 1; fi`)...)...)
		if w.git(w.remote, "rev-parse", "main") != head || len(messages) != 1 || len(outcomes) != 2 || outcomes[1].Outcome != nothing {
			w.Errorf("messages %+v, outcomes %+v", messages, outcomes)
		}
	})
}

// TestRefused is all that a decider must not do. Nothing of it is seen anywhere.
func TestRefused(t *testing.T) {
	cases := []struct{ name, script, says, args string }{
		{"deletes", `rm Orphan.md`, "deleted or emptied 1 file, and 0", ""},
		{"empties", `: >Orphan.md`, "deleted or emptied 1 file, and 0", ""},
		{"renames", `mv Orphan.md Renamed.md`, "deleted or emptied 1 file, and 0", ""},
		{"deletes all", `rm -r ./*`, "the decider", ""},
		{"deletes its folder", `rm -rf "$PWD"`, "the decider", ""},
		{"changes too much", `for i in 1 2 3 4; do echo x >$i.md; done`, "changed more than 3 files", "--max-changes=3"},
		{"makes very many", `i=0; while [ $i -lt 3000 ]; do : >$i.md; i=$((i+1)); done`, "changed more than 25 files", ""},
		{"not a note", `echo x >x.txt`, "x.txt: not a note", ""},
		{"an attachment", `echo x >assets/plan.png`, "assets/plan.png: not a note", ""},
		{"deletes an attachment", `rm assets/plan.png`, "assets/plan.png: not a note", "--max-deletions=5"},
		{"ignore rules", `: >.gitignore`, ".gitignore: not a note", ""},
		{"hidden", `echo x >.obsidian/x.md`, ".obsidian/x.md: in a hidden folder", ""},
		{"ignored", `echo x >x.tmp.md`, "x.tmp.md: .gitignore excludes it", ""},
		{"ignored and there", `mkdir private; echo x >private/secret.md`, "private/secret.md: .gitignore excludes it", ""},
		{"beside", linkOrphan + `; echo x >../x.md`, "outside of its folder: x.md", ""},
		{"outside of the path", linkOrphan2 + `; echo x >../x.md`, "x.md: outside of people", "--path=people"},
		{"above the path", linkOrphan2 + `; echo x >../../x.md`, "outside of its folder: x.md", "--path=people"},
		{"absolute path", linkOrphan + `; echo x >"$(dirname "$HOME")/x.md"`, "outside of its folder: x.md", ""},
		{"symbolic link", `ln -s /etc/passwd x.md`, "x.md: a symbolic link", ""},
		{"symbolic link for a note", `rm Orphan.md; ln -s Garden.md Orphan.md`, "Orphan.md: a symbolic link", ""},
		{"symbolic link for a folder", `mv people p; ln -s p people`, "people: a symbolic link", "--max-deletions=9"},
		{"in the place of one", `echo x >Linked.md`, "Linked.md: in place of what was not copied (a symbolic link)", ""},
		{"pipe", `mkfifo x.md`, "x.md: not a regular file", ""},
		{"executable", `chmod +x Orphan.md`, "Orphan.md: it is or was executable", ""},
		{"not executable", `chmod -x run.sh`, "run.sh: it is or was executable", ""},
		{"a new executable", `echo x >x.md; chmod +x x.md`, "x.md: it is or was executable", ""},
		{"big", `head -c 1048577 /dev/zero >x.md`, "x.md: bigger than", ""},
		{"git init", `echo x >x.md; git init -q; git config user.name x; git config user.email x@y; git add -A; git commit -qm x`, ".git: belongs to Git", ""},
		{"a hook", `mkdir -p .git/hooks; echo 'exit 1' >.git/hooks/pre-push`, ".git: belongs to Git", ""},
		{"a submodule", `mkdir sub; echo "gitdir: /elsewhere" >sub/.GIT`, "sub/.GIT: belongs to Git", ""},
		{"an odd name", `echo x >"$(printf 'a\nb.md')"`, "its name is too long", ""},
		{"deep", `d=x; i=0; while [ $i -lt 40 ]; do d=$d/x; i=$((i+1)); done; mkdir -p $d; echo x >$d/x.md`, "too deep", ""},
		{"fails after changes", linkOrphan + `; echo why >&2; exit 3`, "decider: why\ngardener: the decider: exit status 3", ""},
		{"kills itself", linkOrphan + `; kill -9 $$`, "signal: killed", ""},
		{"takes permissions away", linkOrphan + `; mkdir x; echo x >x/x.md; chmod 000 x; exit 1`, "exit status 1", ""},
		{"leaves a program running", linkOrphan + `; sleep 300 &`, "it ended and left a program running", ""},
	}
	each(t, func(w *world, kind string) {
		check := w.untouched() // one world for all: none may leave a trace
		for _, c := range cases {
			ok := w.Run(c.name, func(t *testing.T) {
				w := &world{T: t, dir: w.dir, remote: w.remote, vault: w.vault, work: w.work}
				w.expect(1, kind, append(strings.Fields(c.args), w.decider(c.script)...)...)
				w.says(c.says)
				w.clean()
			})
			if check(); !ok || w.Failed() {
				w.Fatal("after ", c.name)
			}
		}
	})
}

const linkOrphan2 = `echo "See [[Orphan]]." >>Ada.md`

// TestHarmless is what looks bad and is not.
func TestHarmless(t *testing.T) {
	for _, c := range []struct{ name, script, changes, args string }{
		{"garbage", linkOrphan + `; head -c 10000000 /dev/urandom; head -c 1000000 /dev/urandom >&2`, "Garden.md", ""},
		{"garbage first", `head -c 10000000 /dev/zero; ` + linkOrphan, "Garden.md", ""},
		{"does not read the report", `exec <&-; ` + linkOrphan, "Garden.md", ""},
		{"deletes with permission", `rm Orphan.md`, "Orphan.md", "--max-deletions=1"},
		{"a folder for a note", `rm Orphan.md; mkdir Orphan.md; echo x >Orphan.md/x.md`, "Orphan.md\nOrphan.md/x.md", "--max-deletions=1"},
		{"other files with permission", `echo x >x.txt; echo x >.obsidian/x.md`, ".obsidian/x.md\nx.txt", "--allow=*.txt --allow=.obsidian/**"},
		{"only in the path", linkOrphan2, "people/Ada.md", "--path=people"},
		{"its home", `echo x >"$HOME/x.txt"; mkdir "$TMPDIR/x"; chmod 000 "$TMPDIR/x"; ` + linkOrphan, "Garden.md", ""},
		{"touches", `touch -d 2001-01-01 Orphan.md; mkdir empty; ` + linkOrphan, "Garden.md", ""},
		{"git finds nothing", `if git status 2>/dev/null; then exit 1; fi; ` + linkOrphan, "Garden.md", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(w *world, kind string) {
				before := w.git(w.remote, "rev-parse", "main")
				w.expect(0, kind, append(strings.Fields(c.args), w.decider(c.script)...)...)
				if got := w.git(w.remote, "diff", "--name-only", "main^", "main"); got != c.changes {
					w.Errorf("changes %q, want %q", got, c.changes)
				}
				if got := w.git(w.remote, "rev-parse", "main^"); got != before {
					w.Errorf("not one commit on %s, but on %s", before, got)
				}
				if text := w.git(w.remote, "log", "-1", "--format=%B", "main"); len(text) > 400 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
					w.Errorf("commit message %.500q", text)
				}
				w.git(w.remote, "fsck", "--strict")
			})
		})
	}
}

// TestNothing is a run without a decider, with one that changes nothing, and a dry run.
func TestNothing(t *testing.T) {
	each(t, func(w *world, kind string) {
		check := w.untouched()
		w.expect(0, kind)
		w.says("reported: 17 notes, ")
		w.expect(0, kind, w.decider("true")...)
		w.says("nothing: 17 notes, ")
		w.expect(0, kind, append([]string{"--dry-run"}, w.decider(linkOrphan)...)...)
		w.says(" Garden.md | 1 +\n 1 file changed, 1 insertion(+)\n")
		w.says("proposed: 1 file changed")
		w.expect(1, kind, append([]string{"--dry-run"}, w.decider("rm Orphan.md")...)...)
		check()
	})
}

// TestUnready is a vault in which somebody works.
func TestUnready(t *testing.T) {
	for _, c := range []struct {
		name, says string
		prepare    func(w *world)
	}{
		{"edited", "changes that are not committed", func(w *world) { w.write("vault/Garden.md", "being edited") }},
		{"staged", "changes that are not committed", func(w *world) {
			w.write("vault/Garden.md", "staged")
			w.git(w.vault, "add", "Garden.md")
			w.write("vault/Garden.md", "and edited")
		}},
		{"untracked", "changes that are not committed", func(w *world) { w.write("vault/New.md", "a new note") }},
		{"another branch", "not on the branch main", func(w *world) { w.git(w.vault, "switch", "--quiet", "-c", "other") }},
		{"no branch", "not on the branch main", func(w *world) { w.git(w.vault, "switch", "--quiet", "--detach") }},
		{"merging", "there is a MERGE_HEAD", func(w *world) {
			w.git(w.vault, "switch", "--quiet", "-c", "other", "HEAD^")
			w.write("vault/Other.md", "of the other branch")
			w.git(w.vault, "add", "Other.md")
			w.git(w.vault, "commit", "--quiet", "-m", "Other")
			w.git(w.vault, "switch", "--quiet", "main")
			w.git(w.vault, "merge", "--quiet", "--no-commit", "--no-ff", "other")
		}},
		{"rebasing", "there is a rebase-merge", func(w *world) { w.must(os.Mkdir(filepath.Join(w.vault, ".git", "rebase-merge"), 0o755)) }},
		{"ahead", "pull or push first", func(w *world) {
			w.write("vault/New.md", "not pushed")
			w.git(w.vault, "add", "New.md")
			w.git(w.vault, "commit", "--quiet", "-m", "Not pushed")
		}},
		{"behind", "pull or push first", func(w *world) { w.git(w.vault, "reset", "--quiet", "--hard", "HEAD^") }},
		{"hidden edits", "assume-unchanged", func(w *world) {
			w.git(w.vault, "update-index", "--assume-unchanged", "Garden.md")
			w.write("vault/Garden.md", "hidden from git")
		}},
		{"a remote with a password", "without credentials", func(w *world) {
			w.git(w.vault, "remote", "set-url", "origin", "https://user:verysecret@example.org/x.git")
		}},
		{"a remote that is a program", "without credentials", func(w *world) {
			w.git(w.vault, "remote", "set-url", "origin", "ext::sh -c touch% "+w.dir+"/hooked")
		}},
		{"a remote that is not there", "does not appear to be a git repository", func(w *world) {
			w.git(w.vault, "remote", "set-url", "origin", w.dir+"/missing.git")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w)
			check := w.untouched()
			w.expect(1, "vault", w.decider(linkOrphan+"; touch "+w.dir+"/hooked")...) // it must not even start
			w.says(c.says)
			if strings.Contains(w.stderr.String(), "verysecret") {
				t.Errorf("the error shows the password: %s", &w.stderr)
			}
			check()
			w.expect(0, "vault") // reading is no harm
			check()
		})
	}
}

// TestMeanwhile is what other people do while the decider works: it stays, and nothing lands.
func TestMeanwhile(t *testing.T) {
	for _, c := range []struct {
		name, says string
		script     func(w *world) string
		check      func(w *world)
	}{
		{"an edit", "changes that are not committed",
			func(w *world) string { return "echo mine >>" + w.vault + "/Garden.md" },
			func(w *world) {
				if !strings.HasSuffix(w.read("vault/Garden.md"), "\nmine\n") {
					w.Error("the edit is lost")
				}
			}},
		{"a new note", "changes that are not committed",
			func(w *world) string { return "echo mine >" + w.vault + "/Mine.md" },
			func(w *world) {
				if w.read("vault/Mine.md") != "mine\n" {
					w.Error("the note is lost")
				}
			}},
		{"a commit", "HEAD has moved", func(w *world) string {
			return "cd " + w.vault + "; echo mine >Mine.md; git -c core.hooksPath=/dev/null add Mine.md; git -c user.name=x -c user.email=x@y -c commit.gpgSign=false -c core.hooksPath=/dev/null commit -qm Mine"
		}, func(w *world) {
			if got := w.git(w.vault, "log", "-2", "--format=%s"); got != "Mine\nSecond" {
				w.Errorf("commits %q", got)
			}
		}},
		{"an ignored note in the place of a new one", "a file in place of a new one: Mine.md", func(w *world) string {
			return "echo Mine.md >>" + w.vault + "/.git/info/exclude; echo mine >" + w.vault + "/Mine.md; echo theirs >Mine.md"
		}, func(w *world) {
			if w.read("vault/Mine.md") != "mine\n" {
				w.Error("the note is lost")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, push := range []string{"--push=false", "--push"} {
				w := newWorld(t)
				refs := w.git(w.remote, "for-each-ref")
				w.expect(1, "vault", append([]string{push}, w.decider(linkOrphan+"; export GIT_CONFIG_GLOBAL=/dev/null; "+c.script(w))...)...)
				w.says(c.says)
				c.check(w)
				if now := w.git(w.remote, "for-each-ref"); now != refs {
					t.Errorf("refs of the remote repository: %s", now)
				}
				if strings.Contains(w.read("vault/Garden.md"), "Orphan") {
					t.Error("something landed")
				}
			}
		})
	}
}

// TestRemoteMoved is a push by somebody else during the run, also one that goes back.
func TestRemoteMoved(t *testing.T) {
	for name, script := range map[string]string{
		"forward":  "echo theirs >Theirs.md; git add Theirs.md; git commit -qm Theirs; git push -q origin main",
		"backward": "git push -q --force origin main^:main",
		"gone":     "git push -q origin main:kept :main",
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world, kind string) {
				w.git(w.remote, "config", "receive.denyDeleteCurrent", "ignore")
				other := filepath.Join(w.dir, "other")
				w.git(w.dir, "clone", "--quiet", w.remote, other)
				vault := w.snapshot(w.vault)
				w.expect(1, kind, w.decider(linkOrphan+"; cd "+other+"; export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@y GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@y; "+script)...)
				switch got := w.git(w.remote, "log", "--all", "-1", "--format=%s"); {
				case name == "forward" && got != "Theirs", name == "backward" && got != "First", name == "gone" && got != "Second":
					w.Errorf("the remote repository is on %q", got)
				}
				if name != "gone" {
					w.says("the remote branch has moved")
				}
				if !maps.Equal(vault, w.snapshot(w.vault)) {
					w.Error("the vault has changed")
				}
			})
		})
	}
}

// TestServer is a remote repository that says no, and one during whose push somebody edits the vault.
func TestServer(t *testing.T) {
	t.Run("refuses", func(t *testing.T) {
		each(t, func(w *world, kind string) {
			w.write("remote.git/hooks/pre-receive", "#!/bin/sh\necho the server does not want it >&2\nexit 1\n")
			w.must(os.Chmod(filepath.Join(w.remote, "hooks", "pre-receive"), 0o755))
			check := w.untouched()
			w.expect(1, kind, w.decider(linkOrphan)...)
			w.says("the server does not want it")
			check()
		})
	})
	t.Run("an edit during the push", func(t *testing.T) {
		w := newWorld(t)
		w.write("remote.git/hooks/pre-receive", "#!/bin/sh\necho mine >>"+w.vault+"/Garden.md\n")
		w.must(os.Chmod(filepath.Join(w.remote, "hooks", "pre-receive"), 0o755))
		before := w.git(w.vault, "rev-parse", "HEAD")
		w.expect(1, "vault", w.decider(linkOrphan)...)
		w.says("was pushed, but the vault was left as it is")
		if text := w.read("vault/Garden.md"); !strings.HasSuffix(text, "\nmine\n") || strings.Contains(text, "Orphan") || w.git(w.vault, "rev-parse", "HEAD") != before {
			w.Errorf("the vault is on %s: %s", w.git(w.vault, "rev-parse", "HEAD"), text)
		}
		if w.git(w.remote, "rev-parse", "main^") != before {
			w.Error("the commit is not on the remote branch")
		}
	})
}

// gone checks that the process whose id a script wrote has ended.
func (w *world) gone(name string) {
	w.Helper()
	id := strings.TrimSpace(w.read(name))
	for range 200 {
		stat, err := os.ReadFile("/proc/" + id + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") { // a zombie waits for its parent to look, and runs no more
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Errorf("process %s still runs", id)
}

func (w *world) hang(output string) string {
	return linkOrphan + `
		(trap '' TERM; exec sleep 300 ` + output + `) & echo $! >` + w.dir + `/grandchild
		echo $$ >` + w.dir + `/child; touch ` + w.dir + `/started; sleep 300`
}

// TestHang is a decider that does not end, and whose child does not want to.
func TestHang(t *testing.T) {
	t.Parallel()
	for _, output := range []string{">/dev/null 2>&1", ""} { // without, it keeps gardener's pipes open
		w := newWorld(t)
		check := w.untouched()
		begin := time.Now()
		w.expect(1, "vault", append([]string{"--decide-timeout=500ms"}, w.decider(w.hang(output))...)...)
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("it took %s", took)
		}
		w.says("the decider: it took longer than 500ms")
		w.gone("child")
		w.gone("grandchild")
		check()
	}
}

// TestCancel ends a run in the middle of the decider.
func TestCancel(t *testing.T) {
	each(t, func(w *world, kind string) {
		check := w.untouched()
		ctx, cancel := context.WithCancel(w.Context())
		defer cancel()
		from := []string{"--repository", w.remote}
		if kind == "vault" {
			from = []string{"--vault", w.vault}
		}
		done := make(chan int, 1)
		args := append(from, w.decider(w.hang(">/dev/null 2>&1"))...)
		go func() { done <- w.run(ctx, args...) }()
		w.wait()
		cancel()
		if code := <-done; code != 1 {
			w.Errorf("exit code %d", code)
		}
		w.says("context canceled")
		w.gone("grandchild")
		check()
	})
}

// TestCancelLate ends a run when it lands: what has begun is finished.
func TestCancelLate(t *testing.T) {
	each(t, func(w *world, kind string) {
		w.write("remote.git/hooks/pre-receive", "#!/bin/sh\ntouch "+w.dir+"/started; while [ ! -e "+w.dir+"/go ]; do sleep 0.05; done\n")
		w.must(os.Chmod(filepath.Join(w.remote, "hooks", "pre-receive"), 0o755))
		ctx, cancel := context.WithCancel(w.Context())
		from := []string{"--repository", w.remote}
		if kind == "vault" {
			from = []string{"--vault", w.vault, "--push"}
		}
		done := make(chan int, 1)
		args := append(from, w.decider(linkOrphan)...)
		go func() { done <- w.run(ctx, args...) }()
		w.wait()
		cancel()
		time.Sleep(100 * time.Millisecond) // if it were to stop, it would now
		w.write("go", "")
		if code := <-done; code != 0 {
			w.Errorf("exit code %d\n%s", code, &w.stderr)
		}
		head := w.git(w.remote, "rev-parse", "main")
		if w.git(w.remote, "log", "-1", "--format=%s", "main") != "gardener: 1 file, 1 changed" || kind == "vault" && (w.git(w.vault, "rev-parse", "HEAD") != head || w.git(w.vault, "status", "--porcelain") != "") {
			w.Errorf("the remote repository is on %s, the vault on %s", head, w.git(w.vault, "rev-parse", "HEAD"))
		}
	})
}

// TestLastMoment is what happens between the last check and git's own work: there, git itself must refuse. A program in the
// place of git does it.
func TestLastMoment(t *testing.T) {
	program, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, before, script, args, says string }{
		{"the remote branch goes back", "push", `GIT_CONFIG_GLOBAL=/dev/null "$real" --git-dir="$dir/remote.git" update-ref refs/heads/main main^`, "--push", "stale info"},
		{"an edit", "merge", `echo mine >>"$dir/vault/Garden.md"`, "--push=false", "local changes"},
		{"an ignored note", "merge", `echo New.md >>"$dir/vault/.git/info/exclude"; echo mine >"$dir/vault/New.md"`, "--push=false", "untracked working tree files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("bin/git", "#!/bin/sh\nset -e\nreal="+program+" dir="+w.dir+"\nfor a; do if [ \"$a\" = "+c.before+" ]; then\n"+c.script+"\nfi; done\nexec \"$real\" \"$@\"\n")
			w.must(os.Chmod(filepath.Join(w.dir, "bin", "git"), 0o755))
			head := w.git(w.vault, "rev-parse", "HEAD")
			path := os.Getenv("PATH")
			t.Setenv("PATH", filepath.Join(w.dir, "bin")+":"+path)
			w.expect(1, "vault", append([]string{c.args}, w.decider(linkOrphan+"; echo theirs >New.md")...)...)
			t.Setenv("PATH", path)
			w.says(c.says)
			if now := w.git(w.vault, "rev-parse", "HEAD"); now != head {
				t.Errorf("the vault is on %s", now)
			}
			if got := w.git(w.remote, "log", "-1", "--format=%s", "main"); got == "" || strings.HasPrefix(got, "gardener") {
				t.Errorf("the remote repository is on %q", got)
			}
			if strings.Contains(w.read("vault/Garden.md"), "Orphan") || c.name == "an edit" && !strings.HasSuffix(w.read("vault/Garden.md"), "\nmine\n") || c.name == "an ignored note" && w.read("vault/New.md") != "mine\n" {
				t.Errorf("the vault's files: %s", w.read("vault/Garden.md"))
			}
		})
	}
}

// TestTerminate is the same with a real SIGTERM for a real process, and tells people about it.
func TestTerminate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := w.untouched()
	told := make(chan bus.Message, 1)
	ntfy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m bus.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		told <- m
	}))
	defer ntfy.Close()
	args := append([]string{"run", "--work-dir", w.work, "--vault", w.vault, "--ntfy-url", ntfy.URL, "--ntfy-topic", "x"}, w.decider(w.hang(">/dev/null 2>&1"))...)
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "GARDENER_TEST_MAIN=1")
	c.Stderr = &w.stderr
	w.must(c.Start())
	w.wait()
	w.must(c.Process.Signal(syscall.SIGTERM))
	_ = c.Wait() // its exit code is what counts
	if code := c.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d\n%s", code, &w.stderr)
	}
	if m := <-told; m.Priority != bus.High || !strings.Contains(m.Text, "terminated") {
		t.Errorf("message %+v", m)
	}
	w.gone("grandchild")
	check()
}

// TestTwoRuns starts a second run while the first one works.
func TestTwoRuns(t *testing.T) {
	each(t, func(w *world, kind string) {
		args := []string{"run", "--work-dir", w.work, "--repository", w.remote}
		if kind == "vault" {
			args = []string{"run", "--work-dir", w.work, "--vault", w.vault, "--push"}
		}
		first := append(slices.Clone(args), w.decider(linkOrphan+"; touch "+w.dir+"/started; while [ ! -e "+w.dir+"/go ]; do sleep 0.05; done")...)
		done := make(chan int, 1)
		go func() { done <- Run(w.Context(), first, io.Discard, io.Discard) }()
		w.wait()
		check := w.untouched()
		var errs strings.Builder
		second := append(slices.Clone(args), w.decider("touch "+w.dir+"/hooked")...)
		if code := Run(w.Context(), second, io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), "another run is in progress") {
			w.Errorf("exit code %d: %s", code, &errs)
		}
		check()
		w.write("go", "")
		if code := <-done; code != 0 {
			w.Errorf("the first run ended with %d", code)
		}
		if got := w.git(w.remote, "log", "-2", "--format=%s", "main"); !strings.HasSuffix(got, "\nSecond") || !strings.HasPrefix(got, "gardener: 1 file") {
			w.Errorf("commits %q", got)
		}
	})
}

// TestEnvironment is what a decider gets: not what gardener has.
func TestEnvironment(t *testing.T) {
	w := newWorld(t)
	t.Setenv("GIT_TOKEN", "secret1")
	t.Setenv("NTFY_TOKEN", "secret2")
	t.Setenv("MODEL_URL", "http://model.example")
	w.expect(0, "repository", append([]string{"--decide-env", "MODEL_URL", "--decide-env", "NOT_SET"}, w.decider("env | sort >"+w.dir+"/env; pwd >"+w.dir+"/pwd")...)...)
	var names []string
	for line := range strings.Lines(w.read("env")) {
		name, _, _ := strings.Cut(line, "=")
		if !slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_"}, name) { // the shell's own
			names = append(names, name)
		}
	}
	if want := []string{"GIT_CEILING_DIRECTORIES", "HOME", "LANG", "MODEL_URL", "PATH", "TMPDIR"}; !slices.Equal(names, want) {
		t.Errorf("variables %q", names)
	}
	if strings.HasPrefix(w.read("pwd"), w.vault) || !strings.HasPrefix(w.read("pwd"), w.work) {
		t.Errorf("it works in %s", w.read("pwd"))
	}
}

// TestOddNames is a repository with names that are not UTF-8, and with what is not copied.
func TestOddNames(t *testing.T) {
	each(t, func(w *world, kind string) {
		w.write("vault/caf\xe9.md", "Latin-1")
		w.write("vault/d\xe9/x.md", "Latin-1")
		w.write("vault/:(top)x \"quoted\".md", "fine")
		w.write("vault/big.md", strings.Repeat("x", maxFile+1))
		w.write("vault/More.md", "[[big]] and [[Linked]] and [gone](gone.md)")
		w.git(w.vault, "add", "--all")
		w.git(w.vault, "commit", "--quiet", "-m", "Third")
		w.git(w.vault, "push", "--quiet")
		files := w.git(w.vault, "ls-tree", "-r", "HEAD", "--", "caf\xe9.md", "d\xe9", "big.md", "Linked.md")
		w.expect(0, kind, w.decider(`
			test ! -e big.md; test ! -e Linked.md
			grep -q '"file": "big.md"'
			echo x >>":(top)x \"quoted\".md"
			echo x >":(glob)new.md"`)...)
		if got := w.git(w.remote, "diff", "--name-only", "-z", "main^", "main"); got != ":(glob)new.md\x00:(top)x \"quoted\".md\x00" {
			w.Errorf("changes %q", got)
		}
		if got := w.git(w.remote, "ls-tree", "-r", "main", "--", "caf\xe9.md", "d\xe9", "big.md", "Linked.md"); got != files {
			w.Errorf("got %s, want %s", got, files)
		}
	})
}

// TestUnreachable is a remote repository that is not there.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := w.untouched()
	for url, says := range map[string]string{
		filepath.Join(w.dir, "missing.git"): "does not appear to be a git repository",
		"https://127.0.0.1:1/x.git":         "git ls-remote: exit status 128",
	} {
		if code := w.run(t.Context(), append([]string{"--repository", url, "--metrics-file", filepath.Join(w.dir, "gardener.prom")}, w.decider("true")...)...); code != 1 {
			t.Errorf("%s: exit code %d", url, code)
		}
		w.says(says)
	}
	if code := w.run(t.Context(), "--repository", w.remote, "--branch", "missing"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	w.says("the remote repository has no branch missing")
	if metrics := w.read("gardener.prom"); strings.Contains(metrics, "\ngardener_last_success") || !strings.Contains(metrics, "\ngardener_last_run_timestamp_seconds ") {
		t.Errorf("metrics\n%s", metrics)
	}
	check()
}

// TestReports is what happens when nobody can be told: the commit stays, and the exit code says so.
func TestReports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mutex sync.Mutex
	status, hits := http.StatusForbidden, map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		hits[r.URL.Path]++
		rw.Header().Set("Location", "/elsewhere")
		rw.WriteHeader(status)
	}))
	defer server.Close()
	w.write("gardener.prom", "# of an older run\ngardener_last_success_timestamp_seconds 1700000000\ngardener_notes 3\nother_metric 5\n")
	hook := []string{"--webhook-url", server.URL + "/topsecret", "--metrics-file", filepath.Join(w.dir, "gardener.prom")}
	w.expect(1, "repository", append(hook, w.decider(linkOrphan)...)...)
	w.says("reporting: the webhook answered 403 Forbidden")
	if got := w.git(w.remote, "log", "-1", "--format=%s", "main"); got != "gardener: 1 file, 1 changed" {
		t.Errorf("the last commit is %q", got)
	}
	metrics := w.read("gardener.prom")
	if !strings.Contains(metrics, "\ngardener_last_success_timestamp_seconds 1700000000\n") || !strings.Contains(metrics, "\ngardener_notes 17\n") || !strings.Contains(metrics, "\ngardener_changed_notes 1\n") || strings.Contains(metrics, "other_metric") {
		t.Errorf("metrics\n%s", metrics)
	}
	status = http.StatusTemporaryRedirect
	w.expect(1, "repository", hook...)
	w.says("answered 307")
	if hits["/elsewhere"] != 0 || hits["/topsecret"] != 2 {
		t.Errorf("requests %v", hits)
	}
	status = http.StatusOK
	w.expect(0, "repository", hook...)
	if metrics := w.read("gardener.prom"); strings.Contains(metrics, " 1700000000\n") {
		t.Errorf("metrics\n%s", metrics)
	}
	server.Close()
	w.expect(1, "repository", hook...)
	if w.says("reporting: the webhook: "); strings.Contains(w.stderr.String(), "topsecret") {
		t.Errorf("the error shows the URL: %s", &w.stderr)
	}

	// With --report-always, ntfy hears of a run without changes, at the lowest priority; of a failure it hears anyway.
	var messages []bus.Message
	ntfy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m bus.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		messages = append(messages, m)
	}))
	defer ntfy.Close()
	topic := []string{"--ntfy-url", ntfy.URL, "--ntfy-topic", "x"}
	w.expect(0, "repository", topic...)
	w.expect(0, "repository", append(topic, "--report-always")...)
	w.expect(1, "repository", append(topic, w.decider("rm Orphan.md")...)...)
	if len(messages) != 2 || messages[0].Priority != bus.Min || messages[1].Priority != bus.High || messages[1].Title != "Notes: refused" {
		t.Errorf("messages %+v", messages)
	}
}

// TestHTTPS is the real protocol with git's own server program behind TLS and a password.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const token = "tk_gitsecret"
	backend := filepath.Join(w.git(w.dir, "--exec-path"), "git-http-backend")
	stolen, looked := 0, 0
	thief := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen++ }))
	defer thief.Close()
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/moved") {
			http.Redirect(rw, r, thief.URL+r.URL.Path, http.StatusFound)
			return
		}
		user, password, _ := r.BasicAuth()
		if user != "robot" || password != token {
			rw.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		// While git waits for the answer, its arguments are for everybody to see, and its environment for the same user.
		processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, name := range processes {
			arguments, _ := os.ReadFile(name) // many end meanwhile
			environment, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "environ"))
			if !bytes.Contains(arguments, []byte(r.Host)) {
				continue
			}
			if looked++; bytes.Contains(append(arguments, environment...), []byte(token)) {
				t.Errorf("the token is in %q or %q", arguments, environment)
			}
		}
		h := cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + w.dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=robot", "GIT_CONFIG_GLOBAL=/dev/null"}}
		h.ServeHTTP(rw, r)
	}))
	defer server.Close()
	w.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	w.write("git.token", token+"\n")
	args := []string{"--repository", server.URL + "/remote.git", "--git-ca-file", filepath.Join(w.dir, "ca.pem"), "--git-username", "robot"}

	check := w.untouched()
	if code := w.run(t.Context(), append(args, w.decider(linkOrphan)...)...); code != 1 {
		t.Errorf("exit code %d without the token", code)
	}
	check()
	args = append(args, "--git-token-file", filepath.Join(w.dir, "git.token"))
	moved := slices.Clone(args)
	moved[1] = server.URL + "/moved.git"
	if code := w.run(t.Context(), moved...); code != 1 || stolen != 0 {
		t.Errorf("exit code %d, %d requests elsewhere", code, stolen)
	}
	script := linkOrphan + "; env >" + w.dir + "/env"
	if code := w.run(t.Context(), append(args, w.decider(script)...)...); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &w.stderr)
	}
	if got := w.git(w.remote, "log", "-2", "--format=%s", "main"); got != "gardener: 1 file, 1 changed\nSecond" {
		t.Errorf("commits %q", got)
	}
	for _, text := range []string{w.stdout.String(), w.stderr.String(), w.read("env")} {
		if strings.Contains(text, token) {
			t.Errorf("the token is in %.300q", text)
		}
	}
	if looked == 0 {
		t.Error("no process of git's was looked at")
	}
}

// TestURLs is where plain http may go, beside what TestUsage refuses.
func TestURLs(t *testing.T) {
	for address, fine := range map[string]bool{
		"https://example.org/x.git":                     true,
		"http://git.web-git.svc/x.git":                  true,
		"http://git.web-git.svc.cluster.local:3000/x":   true,
		"http://git.web-git.svc.cluster.local/x?y":      false,
		"http://git.web-git.svc.cluster.local.evil.org": false,
		"http://web-git.svc/x.git":                      false,
		"http://git.example/x.svc":                      false,
		"http://127.0.0.1/x.git":                        false,
	} {
		if err := checkURL(address); (err == nil) != fine {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestHTTP is git over plain http. The host is one that checkURL refuses: a Service has no name here.
func TestHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewServer(&cgi.Handler{Path: filepath.Join(w.git(w.dir, "--exec-path"), "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + w.dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null"}})
	defer server.Close()
	b := branch{&git{home: w.dir, timeout: time.Minute}, server.URL + "/remote.git", "main"}
	if head, err := b.head(t.Context()); err != nil || head != w.git(w.remote, "rev-parse", "main") {
		t.Errorf("%q, %v", head, err)
	}
}

// TestSSH has a program in the place of ssh, which runs what it is told on this machine.
func TestSSH(t *testing.T) {
	w := newWorld(t)
	w.write("bin/ssh", "#!/bin/sh\necho \"$@\" >>"+w.dir+"/ssh.log\nfor last; do :; done\nexport GIT_CONFIG_GLOBAL=/dev/null\nexec sh -c \"$last\"\n")
	w.must(os.Chmod(filepath.Join(w.dir, "bin", "ssh"), 0o755))
	t.Setenv("PATH", filepath.Join(w.dir, "bin")+":"+os.Getenv("PATH"))
	key, hosts := filepath.Join(w.dir, "key"), filepath.Join(w.dir, "hosts")
	for _, url := range []string{"git@host.example:" + w.remote, "ssh://git@host.example" + w.remote} {
		if code := w.run(t.Context(), append([]string{"--repository", url, "--ssh-key-file", key, "--known-hosts-file", hosts}, w.decider(linkOrphan)...)...); code != 0 && strings.HasPrefix(url, "ssh:") {
			t.Fatalf("exit code %d\n%s", code, &w.stderr)
		}
	}
	log := w.read("ssh.log")
	for _, want := range []string{"StrictHostKeyChecking=yes", "BatchMode=yes", "-i " + key, "UserKnownHostsFile=" + hosts, "git@host.example"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in %s", want, log)
		}
	}
	if got := w.git(w.remote, "log", "-1", "--format=%s", "main"); got != "gardener: 1 file, 1 changed" {
		t.Errorf("the last commit is %q", got)
	}
}

// TestUsage is what cannot be meant: exit code 2, and nothing is done.
func TestUsage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := w.untouched()
	vault := "run --vault " + w.vault + " "
	for _, line := range []string{
		"", "walk", "run", "detect", "detect --vault x y", "detect --vault x --rare 1", "detect --vault x --ignore [",
		"run --repository x", "run --repository http://example.org/x.git", "run --repository https://u:verysecret@example.org/x.git",
		"run --repository ext::sh", "run --repository ssh://git@example.org/x.git", "run --repository -x:y", "run --repository ssh://-oProxyCommand=x/y",
		"run --repository file://host/x", "run --repository " + w.remote + " --vault " + w.vault, "run --repository " + w.remote + " --push",
		vault + "--branch -x", vault + "--branch a..b", vault + "--remote -x", vault + "--path ../x", vault + "--path .git", vault + "--author x", vault + "--max-changes 0",
		vault + "--max-deletions -1", vault + "--ntfy-url http://x", vault + "--webhook-url http://x --webhook-url-file y", vault + "--decide-timeout 0s",
		vault + "--webhook-url ftp://x", vault + "--ntfy-url ftp://x --ntfy-topic y", vault + "--branch a/.b", vault + "--branch a//b",
		"run --repository http://git.web-git.svc.example.org/x.git", "run --repository http://u:verysecret@git.web-git.svc/x.git", "run --repository https://:443/x.git",
		vault + "--decide-env A=B", vault + "--decide-env HOME", vault + "--allow /x", vault + "sh x.sh", vault + "--git-token-file a'b", vault + "--unknown",
	} {
		var out, errs strings.Builder
		if code := Run(t.Context(), strings.Fields(line), &out, &errs); code != 2 || out.String() != "" || !strings.HasPrefix(errs.String(), "gardener: ") || strings.Contains(errs.String(), "verysecret") {
			t.Errorf("%q: exit code %d, %q, %q", line, code, &out, &errs)
		}
	}
	for _, line := range []string{"version", "help", "run -h", "detect -h"} {
		var out strings.Builder
		if code := Run(t.Context(), strings.Fields(line), &out, &out); code != 0 || !strings.Contains(strings.ToLower(out.String()), "gardener") {
			t.Errorf("%q: exit code %d, %q", line, code, &out)
		}
	}
	for _, args := range []string{
		"--ntfy-url http://x --ntfy-topic y --ntfy-token-file missing", "--webhook-url-file missing", "--git-token-file missing", "-- ./missing", "--path missing",
	} {
		if code := w.run(t.Context(), append([]string{"--vault", w.vault}, strings.Fields(args)...)...); code != 1 {
			t.Errorf("%s: exit code %d\n%s", args, code, &w.stderr)
		}
	}
	if code := w.run(t.Context(), "--vault", filepath.Join(w.vault, "people")); code != 1 {
		t.Errorf("a folder in the checkout: exit code %d", code)
	}
	w.says("is not the top of a checkout")
	if code := w.run(t.Context(), "--vault", w.dir); code != 1 {
		t.Errorf("no checkout: exit code %d", code)
	}
	check()
}

// TestReadme holds cmd/gardener/README.md against the flags, and runs the decider that it shows.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../cmd/gardener/README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	runFlags(f, &settings{}, new(string))
	rows := strings.Count(readme, "\n| `--")
	f.VisitAll(func(f *flag.Flag) {
		row := "\n| `--" + f.Name + "` |"
		if _, after, found := strings.Cut(readme, row); !found {
			t.Errorf("no row for --%s", f.Name)
		} else if after, _, _ = strings.Cut(after, "\n"); f.DefValue != "" && f.DefValue != "false" && f.Name != "work-dir" && !strings.Contains(after, "`"+f.DefValue+"`") {
			t.Errorf("the row of --%s does not say that its default is %s", f.Name, f.DefValue)
		}
		rows--
	})
	if rows != 0 {
		t.Errorf("%d rows too many", rows)
	}
	_, script, _ := strings.Cut(readme, "```sh\n#!/bin/sh\n")
	script, _, _ = strings.Cut(script, "```")
	w := newWorld(t)
	w.expect(0, "vault", append([]string{"--ignore", "Inbox.md"}, w.decider(script)...)...)
	w.says("Linked 8 orphans")
	if got := w.git(w.remote, "show", "main:Inbox.md"); !strings.Contains(got, "\n- [[Orphan]]\n") {
		t.Errorf("Inbox.md is %q", got)
	}
	w.expect(0, "vault", append([]string{"--ignore", "Inbox.md"}, w.decider(script)...)...)
	w.says("nothing: 18 notes")
}

func TestFirstLine(t *testing.T) {
	for in, want := range map[string]string{
		"one\ntwo":                 "one",
		" \x1b[1mbold\x1b[0m \r\n": "[1mbold [0m",
		"a\x00b":                   "",
		"\xff\n":                   "",
		strings.Repeat("€", 300):   strings.Repeat("€", 199) + "…",
		"":                         "",
	} {
		if got := firstLine([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHead(t *testing.T) {
	begin := &head{most: 4}
	for _, part := range []string{"ab", "cde", "", "0123456789", "x"} {
		if n, err := io.WriteString(begin, part); n != len(part) || err != nil {
			t.Errorf("wrote %d of %q: %v", n, part, err)
		}
	}
	if string(begin.text) != "abcd" {
		t.Errorf("%q", begin.text)
	}
}
