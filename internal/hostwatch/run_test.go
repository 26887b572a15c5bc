package hostwatch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/filelock"
)

// host is a host with the stand-ins of testdata for its programs.
type host struct {
	t                    *testing.T
	fake, textfiles, dir string
	now                  time.Time
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t, t.TempDir(), t.TempDir(), t.TempDir(), now}
	t.Setenv("FAKE", h.fake)
	return h
}

// write writes a file for the stand-ins.
func (h *host) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.fake, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) args(more ...string) []string {
	return append([]string{"--textfile-dir", h.textfiles, "--state", filepath.Join(h.dir, "state.json"),
		"--journalctl", "testdata/journalctl", "--fail2ban-client", "testdata/fail2ban-client"}, more...)
}

func (h *host) watch(more ...string) *watch {
	h.t.Helper()
	o, err := parseOptions(h.args(more...))
	if err != nil {
		h.t.Fatal(err)
	}
	return &watch{options: o, now: h.now, stderr: h.t.Output()}
}

// run runs hostwatch without fail2ban. It returns its metrics and error, and from where it read the journal.
func (h *host) run(more ...string) (metrics map[string]string, calls string, err error) {
	h.t.Helper()
	h.write("calls", "")
	err = h.watch(append(more, "--no-fail2ban")...).run()
	text, readErr := os.ReadFile(filepath.Join(h.fake, "calls"))
	if readErr != nil {
		h.t.Fatal(readErr)
	}
	return h.metrics(), strings.Join(strings.Fields(string(text)), " "), err
}

func (h *host) metrics() map[string]string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.textfiles, textfile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return metricsOf(h.t, string(text))
}

// expect checks how many logins from outside and failures were counted, and whether the journal could be read.
func (h *host) expect(metrics map[string]string, logins, failures, up string) {
	h.t.Helper()
	for series, want := range map[string]string{
		`hostwatch_ssh_logins_total{origin="outside",method="publickey"}`: logins,
		`hostwatch_ssh_failures_total`:                                    failures,
		`hostwatch_up{source="journal"}`:                                  up,
		`hostwatch_last_run_timestamp_seconds`:                            fmt.Sprint(h.now.Unix()),
	} {
		if metrics[series] != want {
			h.t.Errorf("%s is %q, want %q", series, metrics[series], want)
		}
	}
}

const failedText = "Failed password for root from 203.0.113.9 port 4242 ssh2"

// cursor is what line gives an entry.
func cursor(n int) string {
	return fmt.Sprintf("--cursor=s=0123456789abcdef0123456789abcdef;i=%x;b=1", n)
}

func TestRuns(t *testing.T) {
	h := newHost(t)
	journal := line(1, now.Add(-25*time.Hour), acceptedText) + line(2, now.Add(-time.Hour), acceptedText) + line(3, now.Add(-time.Minute), failedText)
	h.write("journal", journal)
	m, calls, err := h.run()
	h.expect(m, "1", "1", "1")
	if calls != "--since=@1799913600" || err != nil {
		t.Errorf("first run: %s, %v", calls, err)
	}

	h.now = now.Add(time.Minute)
	m, calls, err = h.run()
	h.expect(m, "1", "1", "1")
	if calls != cursor(3) || err != nil {
		t.Errorf("a run without news: %s, %v", calls, err)
	}

	journal += line(4, h.now, acceptedText) + line(5, h.now, failedText)
	h.write("journal", journal)
	m, calls, err = h.run()
	h.expect(m, "2", "2", "1")
	if calls != cursor(3) || err != nil {
		t.Errorf("a run with news: %s, %v", calls, err)
	}
	if got := m[`hostwatch_ssh_outside_login_timestamp_seconds{user="root",address="203.0.113.9"}`]; got != fmt.Sprint(h.now.Unix()) {
		t.Errorf("the latest login was at %q", got)
	}
	if info, err := os.Stat(filepath.Join(h.dir, "state.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state: %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(h.textfiles, textfile)); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the textfile: %v, %v", info, err)
	}
}

// TestCursorGone reads a journal without the entry that was read last.
func TestCursorGone(t *testing.T) {
	old := line(1, now.Add(-2*time.Hour), acceptedText) + line(2, now.Add(-time.Hour), failedText)
	last := line(3, now.Add(-time.Minute), failedText)
	other := strings.ReplaceAll(last, "i=3", "i=30") // the same time, by another cursor
	news := line(4, now, acceptedText)
	for _, c := range []struct{ name, before, journal, logins, failures, calls string }{
		{"it begins at the head", "", old + other + news, "2", "2", cursor(3) + " --since=@1799999940"},
		{"it begins with news, as after --after-cursor", "", news, "2", "2", cursor(3) + " --since=@1799999940"},
		{"it fails", "case $5 in --cursor=*) echo Failed to seek to cursor >&2; exit 1 ;; esac", old + other + news, "2", "2", cursor(3) + " --since=@1799999940"},
		{"it is silent, as with a cursor from the future", "case $5 in --cursor=*) exit 0 ;; esac", old + news, "2", "2", cursor(3) + " --since=@1799999940"},
		{"it is empty", "", "", "1", "2", cursor(3) + " --since=@1799999940"},
		{"its first line is broken", "", "{\n" + old + news, "2", "2", cursor(3) + " --since=@1799999940"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			h.write("journal", old+last)
			m, _, err := h.run()
			h.expect(m, "1", "2", "1")
			if err != nil {
				t.Fatal(err)
			}
			h.now = now.Add(time.Minute)
			h.write("before", c.before)
			h.write("journal", c.journal)
			m, calls, err := h.run()
			h.expect(m, c.logins, c.failures, "1")
			if calls != c.calls || err != nil {
				t.Errorf("%s, %v", calls, err)
			}
			h.write("before", "")
			m, _, err = h.run()
			h.expect(m, c.logins, c.failures, "1")
			if err != nil {
				t.Errorf("a run later: %v", err)
			}
		})
	}
}

// TestClockBack has a clock that was a year ahead when the last entry was read, and then loses that entry.
func TestClockBack(t *testing.T) {
	h := newHost(t)
	h.now = now.AddDate(1, 0, 0)
	h.write("journal", line(1, h.now, failedText))
	if _, _, err := h.run(); err != nil {
		t.Fatal(err)
	}
	h.now = now
	h.write("journal", line(2, now.Add(-time.Hour), acceptedText))
	m, calls, err := h.run()
	h.expect(m, "1", "1", "1")
	if calls != cursor(1)+" --since=@1799913600" || err != nil {
		t.Errorf("%s, %v", calls, err)
	}
}

func TestHangs(t *testing.T) {
	login := line(1, now, acceptedText)
	for _, c := range []struct{ name, when, script string }{
		{"before it says anything", "before", "sleep 60"},
		{"after it said all", "after", "sleep 60"},
		{"with a child that holds the output", "after", "sleep 60 &"},
		{"with its output closed", "after", "exec >&- 2>&-; sleep 60"},
		{"with a grandchild", "after", `(sleep 1; touch "$FAKE/alive") & sleep 60`},
		{"with a child in another session", "after", "setsid sleep 5 & sleep 60"},
		{"in the middle of an entry", "after", `printf '{"__CURSOR":'; sleep 60`},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			h.write("journal", login)
			h.write(c.when, c.script)
			begin := time.Now()
			m, _, err := h.run("--timeout=700ms")
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("took %s", took)
			}
			if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "journalctl: took more than 700ms") {
				t.Errorf("error %v", err)
			}
			want := "1"
			if c.when == "before" {
				want = "0"
			}
			h.expect(m, want, "0", "0")
			if m["hostwatch_journal_skipped_total"] != "0" {
				t.Error("what journalctl did not finish was counted")
			}

			h.write(c.when, "")
			m, _, err = h.run()
			h.expect(m, "1", "0", "1")
			if err != nil {
				t.Errorf("a run later: %v", err)
			}
			if strings.Contains(c.script, "alive") {
				time.Sleep(time.Until(begin.Add(2 * time.Second)))
				if _, err := os.Stat(filepath.Join(h.fake, "alive")); err == nil {
					t.Error("the grandchild is still alive")
				}
			}
		})
	}
}

// TestBroken keeps what can be read of what cannot.
func TestBroken(t *testing.T) {
	for _, c := range []struct{ name, journal, after, logins, skipped, up, err string }{
		{"an entry", line(1, now, acceptedText) + "{\"MESSAGE\":\n" + line(2, now, acceptedText), "", "2", "1", "1", ""},
		{"a huge line", line(1, now, acceptedText), `head -c 3000000 /dev/zero | tr '\0' a; echo; cat "$FAKE/more"`, "2", "1", "1", ""},
		{"journalctl fails at the end", line(1, now, acceptedText), "echo 'Failed to iterate\tthrough journal' >&2; exit 1", "1", "0", "0", `journalctl: exit status 1: "Failed to iterate\tthrough journal"`},
		{"journalctl is killed", line(1, now, acceptedText), "kill -9 $$", "1", "0", "0", "journalctl: signal: killed"},
		{"much on stderr", line(1, now, acceptedText), "head -c 3000000 /dev/zero >&2; exit 3", "1", "0", "0", "journalctl: exit status 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			h.write("journal", c.journal)
			h.write("more", line(7, now, acceptedText))
			h.write("after", c.after)
			m, _, err := h.run()
			h.expect(m, c.logins, "0", c.up)
			if m["hostwatch_journal_skipped_total"] != c.skipped {
				t.Errorf("%s skipped", m["hostwatch_journal_skipped_total"])
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || len(err.Error()) > 1000) {
				t.Errorf("error %v", err)
			}
		})
	}
	h := newHost(t)
	m, _, err := h.run("--journalctl=testdata/missing")
	h.expect(m, "0", "0", "0")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// TestRealJournal reads what OpenSSH 9.2 and journald 252 wrote: a login, an unknown key, three users of an attacker's
// choice, and a line that logger(1) forged.
func TestRealJournal(t *testing.T) {
	h := newHost(t)
	recorded, err := os.ReadFile("testdata/openssh-9.2.json")
	if err != nil {
		t.Fatal(err)
	}
	h.now = time.Unix(1795801410, 0)
	h.write("journal", string(recorded))
	m, _, err := h.run()
	h.expect(m, "1", "4", "1")
	if err != nil || m["hostwatch_ssh_failed_sources"] != "1" || m["hostwatch_ssh_top_source_failures"] != "4" || m["hostwatch_journal_skipped_total"] != "0" {
		t.Error(err, m)
	}
	if m[`hostwatch_ssh_outside_login_timestamp_seconds{user="root",address="203.0.113.7"}`] != "1795801405" {
		t.Error(m)
	}
}

func TestWithFail2ban(t *testing.T) {
	h := newHost(t)
	h.write("journal", line(1, now, acceptedText))
	h.write("status", "Status\n|- Number of jail:\t1\n`- Jail list:\tsshd\n")
	h.write("status.sshd", sshdStatus)
	if err := h.watch().run(); err != nil {
		t.Fatal(err)
	}
	m := h.metrics()
	if m[`hostwatch_up{source="fail2ban"}`] != "1" || m["hostwatch_fail2ban_jails"] != "1" || m[`hostwatch_fail2ban_banned{jail="sshd"}`] != "3" {
		t.Error(m)
	}
	if err := os.Remove(filepath.Join(h.fake, "status")); err != nil {
		t.Fatal(err)
	}
	if err := h.watch().run(); err == nil || !strings.Contains(err.Error(), "fail2ban-client: exit status 255") {
		t.Errorf("error %v", err)
	}
	m = h.metrics()
	h.expect(m, "1", "0", "1")
	if m[`hostwatch_up{source="fail2ban"}`] != "0" || m["hostwatch_fail2ban_jails"] != "" {
		t.Error(m)
	}
}

// TestCrash ends a run between its two files, and before both.
func TestCrash(t *testing.T) {
	h := newHost(t)
	h.write("journal", line(1, now, acceptedText)+line(2, now, failedText))
	good := h.textfiles
	for name, obstacle := range map[string]func(path string) error{
		"missing": func(string) error { return nil },
		"a file":  func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		h.textfiles = filepath.Join(h.dir, name)
		if err := obstacle(h.textfiles); err != nil {
			t.Fatal(err)
		}
		h.write("calls", "")
		if err := h.watch("--no-fail2ban").run(); err == nil || !strings.Contains(err.Error(), textfile) {
			t.Errorf("error %v", err)
		}
	}
	h.textfiles = good
	h.write("journal", line(2, now, failedText)) // and meanwhile, the journal lost the login
	m, calls, err := h.run()
	h.expect(m, "1", "1", "1")
	if calls != cursor(2) || err != nil || m[`hostwatch_ssh_outside_login_timestamp_seconds{user="root",address="203.0.113.9"}`] == "" {
		t.Errorf("%s, %v, %v", calls, err, m)
	}

	// A state that cannot be written: the next run reads the same, and says the same.
	h = newHost(t)
	h.write("journal", line(1, now, acceptedText))
	state := filepath.Join(h.dir, "state.json")
	if err := os.MkdirAll(filepath.Join(state, "occupied"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(state+".corrupt", "occupied"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m, calls, err := h.run()
		h.expect(m, "1", "0", "1")
		if calls != "--since=@1799913600" || err == nil || !strings.Contains(err.Error(), "state.json") {
			t.Errorf("%s, %v", calls, err)
		}
	}
}

func TestCorruptState(t *testing.T) {
	h := newHost(t)
	h.write("journal", line(1, now, acceptedText))
	if err := os.WriteFile(filepath.Join(h.dir, "state.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, _, err := h.run()
	h.expect(m, "1", "0", "1")
	if err == nil || !strings.Contains(err.Error(), "starting over") {
		t.Errorf("error %v", err)
	}
	m, _, err = h.run()
	h.expect(m, "1", "0", "1")
	if err != nil {
		t.Errorf("the next run: %v", err)
	}
}

// TestTwo runs hostwatch while another one runs, by its command line.
func TestTwo(t *testing.T) {
	h := newHost(t)
	h.write("journal", line(1, time.Now(), acceptedText))
	unlock, err := filelock.Take(filepath.Join(h.dir, "state.json.lock"))
	if err != nil {
		t.Fatal(err)
	}
	var out, stderr strings.Builder
	if code := Run(h.args("--no-fail2ban"), &out, &stderr); code != 1 || !strings.Contains(stderr.String(), "another hostwatch is running") || out.Len() > 0 {
		t.Errorf("exit code %d, %q, %q", code, out.String(), stderr.String())
	}
	for _, dir := range []string{h.dir, h.textfiles} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "state.json.lock" {
			t.Errorf("changed %v, %v", entries, err)
		}
	}
	unlock()
	stderr.Reset()
	if code := Run(h.args("--no-fail2ban"), &out, &stderr); code != 0 || out.Len() > 0 || !strings.Contains(stderr.String(), "there is no state yet") {
		t.Errorf("exit code %d, %q, %q", code, out.String(), stderr.String())
	}
	if m := h.metrics(); m[`hostwatch_ssh_logins_total{origin="outside",method="publickey"}`] != "1" {
		t.Error(m)
	}
	stderr.Reset()
	if code := Run(h.args("--no-fail2ban", "--textfile-dir="+h.dir+"/missing"), &out, &stderr); code != 1 || !strings.HasPrefix(stderr.String(), "hostwatch: replacing ") {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}
