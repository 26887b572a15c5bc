package chain

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// chain is everything between the journal of a node and the bus.
type chain struct {
	dir        string
	bus        *Ntfy
	prometheus string // its address
	entries    int    // of the journal
}

// startChain starts all programs, on what roster renders for examples/catalog-full with shorter times: a login is news for
// some seconds only, and Alertmanager tells soon that it is none any more. Nobody sends mail.
func startChain(t *testing.T) *chain {
	t.Helper()
	c := &chain{dir: t.TempDir(), bus: bus(t)}
	for _, name := range []string{"journalctl", "fail2ban-client"} {
		if err := os.Chmod(write(t, c.dir, name, read(t, filepath.Join("testdata", name))), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, c.dir, "textfile/README", "node_exporter reads the files that end in .prom.")

	folder := edited(t, example("catalog-full"), "sys-alerting-files", map[string]any{
		"secretsFolder": secrets(t, filepath.Join(c.dir, "secrets")),
		"routes": map[string]any{
			"critical": map[string]any{"topic": "page", "priority": 5}, "warning": map[string]any{"topic": "note"},
			"info": map[string]any{"topic": "", "mail": true},
		},
		"alerts": map[string]any{"ShellLoginFromOutside": map[string]any{"severity": "critical", "for": "15s"}},
	})
	config := text(t, folder, "sys-alerting-files", "alerting-alertmanager", "alertmanager.yml")
	for old, replacement := range map[string]string{
		"http://ntfy.web-push.svc.cluster.local": c.bus.URL, "group_interval: 5m": "group_interval: 20s",
	} {
		if !strings.Contains(config, old) {
			t.Fatalf("there is no %q in\n%s", old, config)
		}
		config = strings.ReplaceAll(config, old, replacement)
	}
	write(t, c.dir, "alertmanager.yml", config)
	write(t, c.dir, "rules.yml", text(t, folder, "sys-alerting-files", "alerting-rules", "rules.yml"))

	exporter, alertmanager := freeAddress(t), freeAddress(t)
	c.prometheus = freeAddress(t)
	write(t, c.dir, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['%s']}]}]}
scrape_configs: [{job_name: node, static_configs: [{targets: ['%s']}]}]
`, alertmanager, exporter))
	start(t, c.dir, "node_exporter", "--web.listen-address="+exporter,
		"--collector.disable-defaults", "--collector.textfile", "--collector.textfile.directory="+filepath.Join(c.dir, "textfile"))
	start(t, c.dir, "alertmanager", "--web.listen-address="+alertmanager, "--cluster.listen-address=",
		"--config.file="+filepath.Join(c.dir, "alertmanager.yml"), "--storage.path="+filepath.Join(c.dir, "alertmanager"))
	// Prometheus needs some seconds to find Alertmanager, and would say only a minute later again what is lost before.
	start(t, c.dir, "prometheus", "--web.listen-address="+c.prometheus, "--rules.alert.resend-delay=5s",
		"--web.external-url=https://prometheus.home.example", // part of each message, with the expression
		"--config.file="+filepath.Join(c.dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(c.dir, "prometheus"))
	return c
}

// login adds an entry to the journal as sshd and journald write it.
func (c *chain) login(t *testing.T, user, address string) {
	t.Helper()
	c.entries++
	line, err := json.Marshal(map[string]string{
		"__CURSOR": fmt.Sprintf("s=1;i=%x", c.entries), "__REALTIME_TIMESTAMP": fmt.Sprint(time.Now().UnixMicro()),
		"_TRANSPORT": "syslog", "_UID": "0", "_PID": fmt.Sprint(1000 + c.entries), "_COMM": "sshd-session", "SYSLOG_IDENTIFIER": "sshd-session",
		"MESSAGE": fmt.Sprintf("Accepted publickey for %s from %s port 50022 ssh2: ED25519 SHA256:gjbq9joJcg9usCf7EqJeJXMfHe0", user, address),
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(c.dir, "journal"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "%s\n", line); err != nil {
		t.Fatal(err)
	}
}

// watch runs hostwatch once, as the timer on a node does.
func (c *chain) watch(t *testing.T) {
	t.Helper()
	path := func(name string) string { return filepath.Join(c.dir, name) }
	h := exec.Command(Program("hostwatch"), "--textfile-dir", path("textfile"), "--state", path("state.json"), "--lan", "192.168.0.0/24",
		"--journalctl", path("journalctl"), "--fail2ban-client", path("fail2ban-client"))
	if out, err := h.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", h, err, out)
	}
}

// query is the one value of an expression, as Prometheus prints it.
func (c *chain) query(expression string) (string, error) {
	response, err := http.Get("http://" + c.prometheus + "/api/v1/query?query=" + url.QueryEscape(expression))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if len(answer.Data.Result) != 1 {
		return "", fmt.Errorf("%s: %d values %s", expression, len(answer.Data.Result), answer.Error)
	}
	return fmt.Sprint(answer.Data.Result[0].Value[1]), nil
}

// expect waits until an expression has a value.
func (c *chain) expect(t *testing.T, expression, want string) {
	t.Helper()
	eventually(t, 20*time.Second, func() error {
		got, err := c.query(expression)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %s, want %s", expression, got, want)
		}
		return err
	})
}

// arrives waits for a message of a topic with this title and part of its text, and returns it.
func (c *chain) arrives(t *testing.T, within time.Duration, topic, title, part string) Message {
	t.Helper()
	var found Message
	eventually(t, within, func() error {
		for _, m := range c.bus.Messages() {
			if m.Topic == topic && m.Title == title && strings.Contains(m.Text, part) {
				found = m
				return nil
			}
		}
		return fmt.Errorf("%s has no message %q with %q; there are %+v; refused were %q", topic, title, part, c.bus.Messages(), c.bus.Refused())
	})
	if found.User != "alerting-files" {
		t.Errorf("the message is of %q", found.User)
	}
	return found
}

// soon is time enough for a message that is sent at once, on a machine that has more to do, and not for one that Alertmanager
// keeps back until it may say more of something that it has told of already.
const (
	soon = 12 * time.Second
	late = 45 * time.Second
)

const (
	fires    = "🚨 Alert: ShellLoginFromOutside"
	resolved = "✅ Resolved: ShellLoginFromOutside"
)

// TestChain logs in, and waits for the message.
func TestChain(t *testing.T) {
	c := startChain(t)
	t.Cleanup(func() {
		if refused := c.bus.Refused(); len(refused) > 0 {
			t.Errorf("ntfy refused %q", refused)
		}
	})

	// At home: everything works, as the dead man's switch shows, and nobody is notified.
	c.login(t, "anna", "192.168.0.5")
	c.watch(t)
	c.expect(t, `sum(hostwatch_ssh_logins_total{origin="lan"})`, "1")
	c.expect(t, "node_textfile_scrape_error", "0")
	if m := c.arrives(t, late, "team-note", "🚨 Alert: DeadMansSwitch", "The alarm works"); m.Priority != 1 {
		t.Errorf("the dead man's switch has priority %d", m.Priority)
	}
	c.expect(t, `count(ALERTS) - count(ALERTS{alertname="DeadMansSwitch"})`, "0")

	// From outside, and right after it from elsewhere. Nobody has to wait for a message about the second one.
	c.login(t, "root", "203.0.113.9")
	c.watch(t)
	m := c.arrives(t, soon, "team-page", fires, "root logged in from 203.0.113.9")
	if m.Priority != 5 || !strings.Contains(m.Text, "Severity: critical") {
		t.Errorf("the message is %+v", m)
	}
	c.login(t, "ben", "203.0.113.10")
	c.watch(t)
	c.arrives(t, soon, "team-page", fires, "ben logged in from 203.0.113.10")

	// It is still in the file some time later, and too old.
	if m := c.arrives(t, late, "team-page", resolved, "root logged in from 203.0.113.9"); m.Priority != 5 {
		t.Errorf("the message that it is over is %+v", m)
	}
	c.watch(t)
	c.expect(t, `count(hostwatch_ssh_outside_login_timestamp_seconds{user="root"})`, "1")

	// A name that sshd would not let in. Every program has to leave it as it is.
	c.login(t, "a\"b\\c\nd' {{ .x }}", "198.51.100.7")
	c.watch(t)
	c.arrives(t, late, "team-page", fires, "a\"b\\c\uFFFDd' {{ .x }} logged in from 198.51.100.7")
	c.expect(t, "node_textfile_scrape_error", "0")

	// More logins at once than a message may have alerts.
	for i := range 12 {
		c.login(t, fmt.Sprintf("user%d", i), fmt.Sprintf("203.0.113.%d", 100+i))
	}
	c.watch(t)
	c.arrives(t, late, "team-page", fires, "user0 logged in from 203.0.113.100")

	for _, m := range c.bus.Messages() {
		if strings.Contains(m.Text, "192.168.0.5") || strings.Contains(m.Text, "anna") {
			t.Errorf("there is a message about the login at home: %+v", m)
		}
	}
}
