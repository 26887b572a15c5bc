package hostwatch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// line is an entry of sshd's as journalctl prints it.
func line(n int, at time.Time, message string) string {
	return fmt.Sprintf(`{"__CURSOR":"s=0123456789abcdef0123456789abcdef;i=%x;b=1","__REALTIME_TIMESTAMP":"%d","__MONOTONIC_TIMESTAMP":"1","_BOOT_ID":"1",`+
		`"_TRANSPORT":"syslog","_UID":"0","_PID":"%d","_COMM":"sshd","SYSLOG_IDENTIFIER":"sshd","MESSAGE":%q}`+"\n", n, at.UnixMicro(), n, message)
}

const acceptedText = "Accepted publickey for root from 203.0.113.9 port 4242 ssh2: ED25519 SHA256:x"

// TestTrust reads entries that look like a login.
func TestTrust(t *testing.T) {
	genuine := line(1, now, acceptedText)
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(genuine) }
	bytesOf := func(text string) string {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint([]byte(text)), "[]"), " ", ",")
	}
	for _, c := range []struct {
		name, entry     string
		logins, skipped uint64
	}{
		{"sshd", genuine, 1, 0},
		{"with spaces", replace(`":"`, `" : "`), 1, 0},
		{"sshd-session", replace(`"_COMM":"sshd"`, `"_COMM":"sshd-session"`), 1, 0},
		{"on stderr", replace(`"syslog"`, `"stdout"`), 1, 0},
		{"journald was too late to see the name", replace(`"_COMM":"sshd",`, ""), 1, 0},
		{"as bytes", replace(`"Accepted publickey for root`, `[`+bytesOf("Accepted publickey for r\x1b\xfft")+`,`+bytesOf(strings.TrimPrefix(acceptedText, "Accepted publickey for root"))+`]`, strings.TrimPrefix(acceptedText, "Accepted publickey for root")+`"`, ""), 1, 0},
		{"a user with logger -t sshd", replace(`"_UID":"0"`, `"_UID":"1000"`, `"_COMM":"sshd"`, `"_COMM":"logger"`), 0, 0},
		{"a user with a program called sshd", replace(`"_UID":"0"`, `"_UID":"1000"`), 0, 0},
		{"a user whose program ended", replace(`"_UID":"0"`, `"_UID":"1000"`, `"_COMM":"sshd",`, ""), 0, 0},
		{"root with logger -t sshd", replace(`"_COMM":"sshd"`, `"_COMM":"logger"`), 0, 0},
		{"another program of root's that ended", replace(`"_COMM":"sshd",`, "", `"SYSLOG_IDENTIFIER":"sshd"`, `"SYSLOG_IDENTIFIER":"cron"`), 0, 0},
		{"the audit system", replace(`"syslog"`, `"audit"`), 0, 0},
		{"no user", replace(`"_UID":"0",`, ""), 0, 0},
		{"no process", replace(`"_PID":"1",`, ""), 0, 0},
		{"two users", replace(`"_UID":"0"`, `"_UID":["0","1000"]`), 0, 0},
		{"too long", replace(fmt.Sprintf("%q", acceptedText), "null"), 0, 1},
		{"no message", replace(`,"MESSAGE":`+fmt.Sprintf("%q", acceptedText), ""), 0, 1},
		{"two messages", replace(fmt.Sprintf("%q", acceptedText), fmt.Sprintf("[%q,%q]", acceptedText, acceptedText)), 0, 1},
		{"no bytes", replace(fmt.Sprintf("%q", acceptedText), "[65,256]"), 0, 1},
		{"no time", replace(`"__REALTIME_TIMESTAMP"`, `"x"`), 0, 1},
		{"a time before all", replace(`"__REALTIME_TIMESTAMP":"`, `"__REALTIME_TIMESTAMP":"-`), 0, 1},
		{"a time beyond all", replace(`"__REALTIME_TIMESTAMP":"`, `"__REALTIME_TIMESTAMP":"99999`), 0, 1},
		{"a time after the clock was set back", replace(`"__REALTIME_TIMESTAMP":"`, `"__REALTIME_TIMESTAMP":"99`), 1, 0},
		{"no cursor", replace(`"__CURSOR"`, `"x"`), 0, 1},
		{"a cursor that is no argument", replace(`s=`, `s= \u0000`), 0, 1},
		{"broken", genuine[:40] + "\n", 0, 1},
		{"no object", "7\n", 0, 1},
		{"not finished", genuine[:len(genuine)-1], 0, 0},
		{"nothing", "\n", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newState()
			r := reader{watch: &watch{now: now, options: testOptions(t)}, state: s}
			if err := r.read(strings.NewReader(c.entry)); err != nil {
				t.Fatal(err)
			}
			if got := s.Logins["outside"]["publickey"]; got != c.logins || s.Skipped != c.skipped || s.Logins["lan"]["publickey"] != 0 {
				t.Errorf("%d logins, %d skipped: %s", got, s.Skipped, c.entry)
			}
			if c.logins == 1 && (s.Cursor == "" || s.Outside[0].Address != address || s.Outside[0].Time > now.Unix()) {
				t.Errorf("cursor %q, %v", s.Cursor, s.Outside)
			}
		})
	}
}

// TestLongLine reads a line of 64 MiB between two others, in far less memory.
func TestLongLine(t *testing.T) {
	s := newState()
	r := reader{watch: &watch{now: now, options: testOptions(t)}, state: s}
	stream := io.MultiReader(strings.NewReader(line(1, now, acceptedText)+`{"MESSAGE":"`), io.LimitReader(letters{}, 64<<20), strings.NewReader("\"}\n"+line(2, now, acceptedText)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := r.read(stream); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if s.Skipped != 1 || s.Logins["outside"]["publickey"] != 2 {
		t.Errorf("%d skipped, %v", s.Skipped, s.Logins)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8*maxLine {
		t.Errorf("allocated %d bytes", used)
	}
	for length, long := range map[int]bool{maxLine: false, maxLine + 1: true} {
		in := bufio.NewReader(strings.NewReader(strings.Repeat("a", length-1) + "\nnext\n"))
		if _, err := readLine(in, nil); errors.Is(err, errLong) != long {
			t.Errorf("a line of %d bytes: %v", length, err)
		}
		if next, err := readLine(in, nil); err != nil || string(next) != "next\n" {
			t.Errorf("behind a line of %d bytes: %q, %v", length, next, err)
		}
	}
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// BenchmarkJournal reads a journal of failures from many addresses, with a login among a hundred of them.
func BenchmarkJournal(b *testing.B) {
	const entries = 200_000
	var journal bytes.Buffer
	for i := range entries {
		message := fmt.Sprintf("Failed password for invalid user admin%d from 198.51.%d.%d port %d ssh2", i%977, i>>8&255, i&255, 1024+i%60000)
		if i%100 == 0 {
			message = acceptedText
		}
		journal.WriteString(line(i, now.Add(time.Duration(i-entries)*time.Millisecond), message))
	}
	w := &watch{now: now, options: testOptions(b)}
	b.SetBytes(int64(journal.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s := newState()
		r := reader{watch: w, state: s}
		if err := r.read(bytes.NewReader(journal.Bytes())); err != nil || s.Skipped != 0 || s.Failures != entries/100*99 {
			b.Fatal(err, s.Skipped, s.Failures)
		}
	}
}
