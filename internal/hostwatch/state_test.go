package hostwatch

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// now is the time of all tests.
var now = time.Unix(1_800_000_000, 0)

func testOptions(t testing.TB, args ...string) options {
	t.Helper()
	o, err := parseOptions(append([]string{"--textfile-dir=x", "--state=x"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestFailures counts each attempt once, whatever sshd says about it.
func TestFailures(t *testing.T) {
	const from = " from 203.0.113.9 port 4242"
	const closed = "Connection closed by authenticating user root 203.0.113.9 port 4242 [preauth]"
	for _, c := range []struct {
		name     string
		want     uint64
		messages string // of one connection, by line
	}{
		{"a wrong password", 1, "Failed password for root" + from + " ssh2\n" + closed},
		{"three of them", 3, strings.Repeat("Failed password for root"+from+" ssh2\n", 3) + "error: maximum authentication attempts exceeded for root" + from + " ssh2 [preauth]\n" +
			"Disconnecting authenticating user root 203.0.113.9 port 4242: Too many authentication failures [preauth]"},
		{"an unknown key, of which sshd says nothing", 1, closed},
		{"an unknown user who gives up", 1, "Invalid user x" + from + "\nConnection closed by invalid user x 203.0.113.9 port 4242 [preauth]"},
		{"an unknown user's password", 1, "Invalid user x" + from + "\nFailed password for invalid user x" + from + " ssh2"},
		{"two of them", 2, "Invalid user x" + from + strings.Repeat("\nFailed password for invalid user x"+from+" ssh2", 2)},
		{"repeated", 4, "Failed password for root" + from + " ssh2\nmessage repeated 3 times: [ Failed password for root" + from + " ssh2]"},
		{"repeated, by an unknown user", 3, "Invalid user x" + from + "\nmessage repeated 3 times: [ Failed password for invalid user x" + from + " ssh2]"},
		{"a login at the second attempt", 1, "Failed password for root" + from + " ssh2\nAccepted password for root" + from + " ssh2\n" +
			"Disconnected from user root 203.0.113.9 port 4242"},
		{"a port that is only scanned", 0, "Connection closed by 203.0.113.9 port 4242 [preauth]"},
		{"too many, of which sshd says nothing else", 1, "error: maximum authentication attempts exceeded for root" + from + " ssh2 [preauth]\n" +
			"Disconnecting authenticating user root 203.0.113.9 port 4242: Too many authentication failures [preauth]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, w := newState(), &watch{now: now, options: testOptions(t)}
			for line := range strings.Lines(c.messages) {
				s.count(parseMessage(line), "1", now, w)
			}
			if s.Failures != c.want {
				t.Errorf("%d failures, want %d", s.Failures, c.want)
			}
			for line := range strings.Lines(c.messages) {
				s.count(parseMessage(line), "2", now, w)
			}
			if s.Failures != 2*c.want {
				t.Errorf("%d failures of two connections, want %d", s.Failures, 2*c.want)
			}
		})
	}
}

func TestSources(t *testing.T) {
	s, w := newState(), &watch{now: now, options: testOptions(t)}
	fail := func(address string, times int, ago time.Duration) {
		s.count(message{kind: failed, address: address, times: times}, "1", now.Add(-ago), w)
	}
	fail("203.0.113.9", 2, 0)
	fail("::ffff:203.0.113.9", 3, 9*time.Minute)
	fail("203.0.113.10", 100, 10*time.Minute) // just out of the window
	fail("2001:db8::1", 1, time.Minute)
	fail("2001:db8::ffff", 1, -time.Hour) // of the future, as after the clock was set back
	fail("UNKNOWN", 1, 0)
	fail("", 1, 0) // a message that was cut
	m := metricsOf(t, report{now: now}.text(s))
	if m["hostwatch_ssh_failures_total"] != "109" || m["hostwatch_ssh_failed_sources"] != "3" || m["hostwatch_ssh_top_source_failures"] != "5" {
		t.Error(m)
	}
	s.forget(now.Add(3*time.Minute), w.window, w.keep)
	m = metricsOf(t, report{now: now}.text(s))
	if m["hostwatch_ssh_failures_total"] != "109" || m["hostwatch_ssh_failed_sources"] != "3" || m["hostwatch_ssh_top_source_failures"] != "2" {
		t.Error("after three minutes:", m)
	}
	s.forget(now.Add(12*time.Minute), w.window, w.keep)
	if m = metricsOf(t, report{now: now}.text(s)); m["hostwatch_ssh_failed_sources"] != "0" || m["hostwatch_ssh_top_source_failures"] != "0" {
		t.Error("after twelve minutes:", m)
	}
	fail("203.0.113.9", 1, 0)
	s.forget(now.Add(-24*time.Hour), w.window, w.keep)
	if len(s.Sources)+len(s.Connections) != 0 {
		t.Error("after the clock was set back:", s.Sources, s.Connections)
	}
}

// TestBounded fills everything that grows, and stays within what is promised.
func TestBounded(t *testing.T) {
	s, w := newState(), &watch{now: now, options: testOptions(t)}
	wide := strings.Repeat("\U0010ffff", 100)
	for i := range 2*maxSources + 1 {
		ip := fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)
		s.count(message{kind: failed, address: ip, times: 1}, strconv.Itoa(i), now, w)
		if i < 2*maxOutside {
			s.count(message{kind: accepted, method: "password", user: wide, address: fmt.Sprintf("203.0.%d.%d", i>>8, i&255)}, strconv.Itoa(i), now.Add(time.Duration(i)), w)
		}
	}
	s.count(message{kind: failed, address: "2001:db8::2", times: 5}, "1", now, w) // a source that is known still counts
	if len(s.Sources) != maxSources || len(s.Outside) != maxOutside || len(s.Connections) > maxConnections {
		t.Errorf("%d sources, %d logins, %d connections", len(s.Sources), len(s.Outside), len(s.Connections))
	}
	m := metricsOf(t, report{now: now}.text(s))
	if m["hostwatch_ssh_failed_sources"] != "10000" || m["hostwatch_ssh_top_source_failures"] != "6" || m["hostwatch_ssh_outside_logins_dropped"] != "980" {
		t.Error(m["hostwatch_ssh_failed_sources"], m["hostwatch_ssh_top_source_failures"], m["hostwatch_ssh_outside_logins_dropped"])
	}
	for source := range s.Sources {
		for ago := range int64(12) {
			s.Sources[source][now.Unix()-60*ago] = 1 << 40
		}
	}
	for pid := range maxConnections - len(s.Connections) {
		s.Connections[strconv.Itoa(1<<22+pid)] = connection{Time: now.Unix(), Pending: true}
	}
	file := filepath.Join(t.TempDir(), "state")
	if err := s.save(file); err != nil {
		t.Fatal(err)
	}
	if _, first, err := load(file); first || err != nil {
		t.Errorf("the largest state cannot be read again: %v", err)
	}
}

func TestOutside(t *testing.T) {
	s, w := newState(), &watch{now: now, options: testOptions(t)}
	login := func(user, address string, ago time.Duration) {
		s.count(message{kind: accepted, method: "publickey", user: user, address: address}, "1", now.Add(-ago), w)
	}
	for i := range 25 {
		login("root", fmt.Sprintf("203.0.113.%d", i), time.Duration(25-i)*time.Minute)
	}
	login("root", "203.0.113.0", 0)            // again, and now the latest
	login("root", "192.168.0.5", 0)            // from the LAN
	login("old", "203.0.113.99", 24*time.Hour) // too long ago to be shown
	login("a\"\\\n\xff"+strings.Repeat("b", 100), "host.example\n", time.Second)
	text := report{now: now}.text(s)
	m := metricsOf(t, text)
	if m[`hostwatch_ssh_logins_total{origin="outside",method="publickey"}`] != "28" || m[`hostwatch_ssh_logins_total{origin="lan",method="publickey"}`] != "1" {
		t.Error(m)
	}
	if m["hostwatch_ssh_outside_logins_dropped"] != "6" || strings.Count(text, "\nhostwatch_ssh_outside_login_timestamp_seconds{") != maxShown {
		t.Error(text)
	}
	for series, want := range map[string]string{
		`{user="root",address="203.0.113.0"}`:                                     "1800000000",
		`{user="root",address="203.0.113.24"}`:                                    "1799999940",
		`{user="root",address="203.0.113.6"}`:                                     "",
		`{user="a\"\\��` + strings.Repeat("b", 59) + `",address="host.example�"}`: "1799999999",
	} {
		if got := m["hostwatch_ssh_outside_login_timestamp_seconds"+series]; got != want {
			t.Errorf("%s is %q, want %q", series, got, want)
		}
	}
	s.forget(now.Add(24*time.Hour-time.Second), w.window, w.keep)
	if len(s.Outside) != 1 || s.Outside[0].Address != "203.0.113.0" {
		t.Error("a day later:", s.Outside)
	}
	s.forget(now.Add(-time.Hour), w.window, w.keep)
	if len(s.Outside) != 1 || s.Outside[0].Time != now.Add(-time.Hour).Unix() {
		t.Error("after the clock was set back:", s.Outside)
	}
}

func TestLoad(t *testing.T) {
	whole, err := json.Marshal(newState())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, err string }{
		"empty":         {"", "unexpected end"},
		"half":          {string(whole[:len(whole)/2]), "unexpected end"},
		"other":         {`[]`, "cannot unmarshal"},
		"null":          {`null`, "version 0"},
		"future":        {`{"version":2,"cursor":7}`, "version 2"},
		"negative":      {strings.Replace(string(whole), `"failures":0`, `"failures":-1`, 1), "cannot unmarshal"},
		"lacks sources": {strings.Replace(string(whole), `"sources":{}`, `"sources":null`, 1), "a part is missing"},
		"lacks logins":  {strings.Replace(string(whole), `"lan":{}`, `"lan":null`, 1), "a part is missing"},
		"huge":          {string(whole) + strings.Repeat(" ", maxState), "larger than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, first, err := load(file)
			if first || err == nil || !strings.Contains(err.Error(), c.err) || s == nil || s.Failures != 0 {
				t.Errorf("first %v, error %v", first, err)
			}
			if aside, err := os.ReadFile(file + ".corrupt"); err != nil || string(aside) != c.text {
				t.Errorf("set aside: %v", err)
			}
			if _, first, err := load(file); !first || err != nil {
				t.Errorf("the next time: %v, %v", first, err)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, []byte(strings.Replace(string(whole), `"cursor":""`, `"cursor":"a\u0000b"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, _, err := load(file); err != nil || s.Cursor != "" {
		t.Errorf("cursor %q, %v", s.Cursor, err)
	}
}
