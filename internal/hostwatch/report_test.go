package hostwatch

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// metricsOf reads text in Prometheus's format, strictly: each family once, with HELP, TYPE and then all of its samples, no
// series twice, no time of a sample, nothing that needs guessing. It returns the values by series.
func metricsOf(t *testing.T, text string) map[string]string {
	t.Helper()
	name := regexp.MustCompile(`^hostwatch_[a-z0-9_]*[a-z0-9]$`)
	out, seen, family, help := map[string]string{}, map[string]bool{}, "", ""
	if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
		t.Fatalf("not lines of UTF-8: %q", text)
	}
	for line := range strings.Lines(text) {
		line = line[:len(line)-1]
		fail := func(why string) { t.Helper(); t.Fatalf("%s: %q in\n%s", why, line, text) }
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			n, words, _ := strings.Cut(rest, " ")
			if !name.MatchString(n) || seen[n] || words == "" || strings.Contains(words, `\`) || family != "" && out[family] == "" {
				fail("help")
			}
			help, seen[n], family = n, true, ""
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			n, kind, _ := strings.Cut(rest, " ")
			if n != help || family != "" || kind != "gauge" && kind != "counter" || (kind == "counter") != strings.HasSuffix(n, "_total") {
				fail("type")
			}
			family = n
			continue
		}
		rest, ok := strings.CutPrefix(line, family)
		if !ok || family == "" || rest == "" {
			fail("a sample of another family")
		}
		value, labels := rest, map[string]bool{}
		for open := byte('{'); rest[0] == open; open = ',' {
			label, quoted, ok := strings.Cut(rest[1:], `="`)
			if !ok || !regexp.MustCompile(`^[a-z_]+$`).MatchString(label) || labels[label] {
				fail("label")
			}
			labels[label] = true
			end := 0
			for ; end < len(quoted) && quoted[end] != '"'; end++ {
				if quoted[end] == '\\' {
					if end++; end == len(quoted) || !strings.ContainsRune(`\"n`, rune(quoted[end])) {
						fail("escape")
					}
				}
			}
			if end+2 > len(quoted) {
				fail("the end of a label")
			}
			rest = quoted[end+1:]
			value = strings.TrimPrefix(rest, "}")
		}
		if len(labels) > 0 && (rest[0] != '}' || value == "") || !strings.HasPrefix(value, " ") {
			fail("labels")
		}
		if _, err := strconv.ParseFloat(value[1:], 64); err != nil || strings.ContainsAny(value[1:], " _xX") {
			fail("value")
		}
		series := strings.TrimSuffix(line, value)
		if out[series] != "" {
			fail("twice")
		}
		out[series], out[family] = value[1:], value[1:]
	}
	if out[family] == "" {
		t.Fatal("a family without samples at the end")
	}
	return out
}

func TestReport(t *testing.T) {
	s := newState()
	s.Logins["lan"]["publickey"], s.Failures, s.Skipped = 3, 1<<60, 2
	s.Outside = []login{{"root", "203.0.113.9", 1799999999}}
	s.Sources["203.0.113.9"] = map[int64]uint64{1799999940: 2, 1800000000: 3}
	none := error(nil)
	const want = `# HELP hostwatch_last_run_timestamp_seconds When hostwatch ran last.
# TYPE hostwatch_last_run_timestamp_seconds gauge
hostwatch_last_run_timestamp_seconds 1800000000
# HELP hostwatch_up Whether the source could be read in full.
# TYPE hostwatch_up gauge
hostwatch_up{source="journal"} 1
hostwatch_up{source="fail2ban"} 1
# HELP hostwatch_ssh_logins_total Logins by SSH.
# TYPE hostwatch_ssh_logins_total counter
hostwatch_ssh_logins_total{origin="lan",method="publickey"} 3
hostwatch_ssh_logins_total{origin="lan",method="password"} 0
hostwatch_ssh_logins_total{origin="lan",method="keyboard-interactive"} 0
hostwatch_ssh_logins_total{origin="lan",method="other"} 0
hostwatch_ssh_logins_total{origin="outside",method="publickey"} 0
hostwatch_ssh_logins_total{origin="outside",method="password"} 0
hostwatch_ssh_logins_total{origin="outside",method="keyboard-interactive"} 0
hostwatch_ssh_logins_total{origin="outside",method="other"} 0
# HELP hostwatch_ssh_outside_login_timestamp_seconds The latest login of a user from an address outside of the LAN.
# TYPE hostwatch_ssh_outside_login_timestamp_seconds gauge
hostwatch_ssh_outside_login_timestamp_seconds{user="root",address="203.0.113.9"} 1799999999
# HELP hostwatch_ssh_outside_logins_dropped Users and addresses that are not shown, because there are too many.
# TYPE hostwatch_ssh_outside_logins_dropped gauge
hostwatch_ssh_outside_logins_dropped 0
# HELP hostwatch_ssh_failures_total Failed attempts to log in by SSH.
# TYPE hostwatch_ssh_failures_total counter
hostwatch_ssh_failures_total 1152921504606846976
# HELP hostwatch_ssh_failed_sources Sources with failed attempts within the window.
# TYPE hostwatch_ssh_failed_sources gauge
hostwatch_ssh_failed_sources 1
# HELP hostwatch_ssh_top_source_failures Failed attempts within the window of the source that has most.
# TYPE hostwatch_ssh_top_source_failures gauge
hostwatch_ssh_top_source_failures 5
# HELP hostwatch_fail2ban_jails Jails of fail2ban that could be read.
# TYPE hostwatch_fail2ban_jails gauge
hostwatch_fail2ban_jails 1
# HELP hostwatch_fail2ban_banned Addresses that are banned now.
# TYPE hostwatch_fail2ban_banned gauge
hostwatch_fail2ban_banned{jail="sshd"} 7
# HELP hostwatch_journal_skipped_total Entries of the journal that could not be understood.
# TYPE hostwatch_journal_skipped_total counter
hostwatch_journal_skipped_total 2
`
	got := report{now: now, journal: true, fail2ban: &none, jails: []jail{{"sshd", 7}}}.text(s)
	metricsOf(t, got)
	if got != want {
		t.Errorf("got\n%s", got)
	}
	for _, series := range []string{"fail2ban", "outside_login_timestamp"} {
		if text := (report{now: now}).text(newState()); strings.Contains(text, series) {
			t.Errorf("without %s:\n%s", series, text)
		}
	}
	broken := errors.New("broken")
	if m := metricsOf(t, report{now: now, fail2ban: &broken}.text(s)); m[`hostwatch_up{source="fail2ban"}`] != "0" || m["hostwatch_fail2ban_jails"] != "" {
		t.Error(m)
	}
}

func FuzzTextfile(f *testing.F) {
	f.Add("root", "203.0.113.9", "x", int64(1_800_000_000_000_000), "sshd")
	f.Add("a\"b\\c\nd\xff\x00", "203.0.113.9 port\n", "fe80::1%\"\\\n", int64(-1), "-h")
	f.Add("\u202e\u2028", "", strings.Repeat("\U0010ffff", 70), int64(1<<62), "a b")
	o := testOptions(f)
	f.Fuzz(func(t *testing.T, user, address, other string, micro int64, name string) {
		s, w := newState(), &watch{now: now, options: o}
		at := time.UnixMicro(micro)
		for _, a := range []string{address, other} {
			for _, u := range []string{user, other} {
				s.count(message{kind: accepted, method: "other", user: u, address: a}, name, at, w)
				s.count(message{kind: accepted, method: "other", user: u, address: a}, name, now, w)
			}
			s.count(message{kind: failed, address: a, times: 1}, name, at, w)
		}
		s.forget(now, w.window, w.keep)
		err := error(nil)
		r := report{now: at, fail2ban: &err}
		if validJail(name) {
			r.jails = []jail{{name, s.Failures}}
		}
		metricsOf(t, r.text(s))
		for _, l := range s.Outside {
			if utf8.RuneCountInString(l.User) > 64 || utf8.RuneCountInString(l.Address) > 64 || strings.ContainsAny(l.User+l.Address, "\n\x00") {
				t.Errorf("%+q", []string{l.User, l.Address})
			}
		}
	})
}
