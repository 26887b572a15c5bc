package usagewatch

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/bus"
)

// stage is an endpoint and an ntfy, both on this machine, and a clock.
type stage struct {
	t             *testing.T
	dir           string
	endpoint, bus string // addresses

	mu         sync.Mutex
	answer     string // the endpoint's
	status     int    // the endpoint's
	busStatus  int
	polls      int
	messages   []bus.Message // accepted
	refused    int
	now        time.Time
	log        bytes.Buffer
	authorized string // what the endpoint was sent last
}

func set(t *testing.T) *stage {
	s := &stage{t: t, dir: t.TempDir(), status: http.StatusOK, busStatus: http.StatusOK, now: time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)}
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.polls++
		s.authorized = r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, s.answer)
	}))
	t.Cleanup(endpoint.Close)
	ntfy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var m bus.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		if r.Header.Get("Authorization") != "Bearer tk_ntfy" {
			t.Errorf("ntfy was sent %q", r.Header.Get("Authorization"))
		}
		w.WriteHeader(s.busStatus)
		if s.busStatus == http.StatusOK {
			s.messages = append(s.messages, m)
		} else {
			s.refused++
		}
	}))
	t.Cleanup(ntfy.Close)
	s.endpoint, s.bus = endpoint.URL+"/usage", ntfy.URL
	s.write("ntfy-token", "tk_ntfy\n")
	s.write("endpoint-token", "tk_endpoint\n")
	return s
}

func (s *stage) write(file, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, file), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) args(more ...string) []string {
	return append([]string{
		"--url", s.endpoint, "--ntfy-url", s.bus, "--ntfy-token-file", filepath.Join(s.dir, "ntfy-token"), "--state", filepath.Join(s.dir, "state.json"),
	}, more...)
}

// open starts a watcher with the clock of the stage.
func (s *stage) open(more ...string) *watcher {
	s.t.Helper()
	o, err := parse(s.args(more...), io.Discard)
	if err != nil {
		s.t.Fatal(err)
	}
	w, err := open(o, &s.log, func() time.Time { return s.now })
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// expect polls, and compares the messages of that poll, each as "TOPIC TITLE".
func (s *stage) expect(w *watcher, want ...string) {
	s.t.Helper()
	s.messages = nil
	if problems := w.poll(s.t.Context()); len(problems) > 0 {
		s.t.Errorf("problems: %v", problems)
	}
	var got []string
	for _, m := range s.messages {
		got = append(got, m.Topic+" "+m.Title)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("after %s: got %q, want %q", s.answer, got, want)
	}
}

// five is an answer with one window.
func five(value, reset any) string {
	r, _ := json.Marshal(reset)
	return fmt.Sprintf(`{"five_hour":{"utilization":%v,"resets_at":%s},"note":"no window","seven_day":null}`, value, r)
}

func TestLevels(t *testing.T) {
	s := set(t)
	w := s.open("--name", "Plan")
	defer w.close()
	reset := "2026-11-27T20:15:00.5Z"
	for _, step := range []struct {
		value float64
		want  []string
	}{
		{42, nil},
		{79.99, nil},
		{80, []string{"hl-warn Plan: five_hour at 80%"}},
		{81, nil}, // still above
		{70, nil}, // whatever happens within a cycle
		{94.97, nil},
		{95, []string{"hl-crit Plan: five_hour at 95%"}},
		{130, nil},
		{85, nil}, // the lower threshold is not news after the higher one
	} {
		s.answer = five(step.value, reset)
		s.expect(w, step.want...)
	}
	if s.authorized != "" {
		t.Errorf("the endpoint was sent %q", s.authorized)
	}
}

func TestMessage(t *testing.T) {
	s := set(t)
	w := s.open("--token-file", filepath.Join(s.dir, "endpoint-token"))
	defer w.close()
	s.answer = five(97.25, "2026-11-27T20:15:00Z")
	s.expect(w, "hl-crit five_hour at 97.2%") // and no warning
	want := bus.Message{Topic: "hl-crit", Title: "five_hour at 97.2%", Priority: bus.Max, Text: "The threshold is 95%. Reset at 2026-11-27 20:15 UTC, in 2 h 15 min."}
	if got := s.messages[0]; got.Title != want.Title || got.Priority != want.Priority || got.Text != want.Text {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if s.authorized != "Bearer tk_endpoint" {
		t.Errorf("the endpoint was sent %q", s.authorized)
	}
	if !strings.Contains(s.log.String(), "published to hl-crit: five_hour at 97.2%") {
		t.Errorf("logged %s", s.log.String())
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Minute: "1 min", 61 * time.Minute: "1 h 1 min", 51 * time.Hour: "2 d 3 h"} {
		if got := span(d); got != want {
			t.Errorf("%s: %q", d, got)
		}
	}
}

// TestCycles polls every hour, or as the step says, and lists what each poll publishes: w, c or nothing.
func TestCycles(t *testing.T) {
	at := func(hours, minutes int) string {
		return time.Date(2026, 11, 27, 18+hours, minutes, 0, 0, time.UTC).Format(time.RFC3339)
	}
	type step struct {
		after time.Duration
		value float64
		reset any
		want  string
	}
	const h, m = time.Hour, time.Minute
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"a new cycle tells again", []step{{0, 85, at(5, 0), "w"}, {6 * h, 2, at(10, 0), ""}, {h, 96, at(10, 0), "c"}}},
		{"a new cycle that is above at once", []step{{0, 96, at(5, 0), "c"}, {5 * h, 96, at(10, 0), "c"}, {h, 97, at(10, 0), ""}}},
		{"jitter both ways", []step{{0, 85, at(5, 0), "w"}, {m, 85, at(5, 4), ""}, {m, 85, at(4, 57), ""}, {5 * h, 86, at(5, 5), ""}}},
		{"jitter after the end", []step{{0, 85, at(5, 0), "w"}, {5 * h, 86, at(5, 1), ""}, {5 * m, 86, at(10, 0), "w"}}},
		{"the reset moves later, but nothing else happens", []step{{0, 85, at(5, 0), "w"}, {h, 86, at(6, 0), ""}, {h, 85, at(7, 0), ""}}},
		{"an early reset", []step{{0, 96, at(100, 0), "c"}, {h, 3, at(150, 0), ""}, {h, 82, at(150, 0), "w"}}},
		{"an early reset that is above another threshold at once", []step{{0, 96, at(100, 0), "c"}, {h, 82, at(150, 0), "w"}}},
		{"our clock is late", []step{{0, 85, at(5, 0), "w"}, {4*h + 50*m, 0, at(10, 0), ""}, {5 * m, 85, at(10, 0), "w"}}},
		{"a sliding window tells once in its length", []step{
			{0, 85, at(3, 0), "w"}, {h, 86, at(4, 0), ""}, {h, 85, at(5, 0), ""}, {h, 87, at(6, 0), "w"}, {h, 87, at(7, 0), ""},
		}},
		{"a sliding window that falls far", []step{{0, 85, at(3, 0), "w"}, {h, 74, at(4, 0), ""}, {h, 85, at(5, 0), "w"}}},
		{"no reset", []step{{0, 85, nil, "w"}, {h, 75, nil, ""}, {h, 85, nil, ""}, {h, 97, nil, "c"}, {h, 74.9, nil, ""}, {h, 80, nil, "w"}}},
		{"no reset while idle", []step{{0, 85, at(5, 0), "w"}, {6 * h, 0, nil, ""}, {h, 85, at(12, 0), "w"}}},
		{"no reset for a while", []step{{0, 85, at(5, 0), "w"}, {h, 85, nil, ""}, {h, 85, at(5, 0), ""}, {h, 86, nil, ""}}},
		{"no reset, and the known one has passed", []step{{0, 85, at(5, 0), "w"}, {6 * h, 85, nil, "w"}, {h, 86, nil, ""}}},
		{"a reset that comes to be known", []step{{0, 85, nil, "w"}, {h, 85, at(5, 0), ""}, {5 * h, 85, at(10, 0), "w"}}},
		{"a reset far ahead was wrong", []step{{0, 85, "2999-01-01T00:00:00Z", "w"}, {h, 85, at(5, 0), ""}, {5 * h, 85, at(10, 0), "w"}}},
		{"a reset that has passed stays", []step{{0, 85, at(-5, 0), "w"}, {h, 85, at(-5, 0), ""}, {h, 96, at(-5, 0), "c"}}},
		{"an old answer in between", []step{{0, 85, at(5, 0), "w"}, {h, 99, at(0, 0), "c"}, {h, 86, at(5, 0), ""}}},
		{"other spellings of the same reset", []step{
			{0, 85, at(5, 0), "w"}, {m, 85, "2026-11-28T00:00:01+01:00", ""}, {m, 85, 1795820400, ""}, {m, 85, 1795820400000, ""}, {m, 85, "1795820400", ""},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := set(t)
			for _, step := range c.steps {
				w := s.open() // each poll is a process of its own: all that counts is in the state
				s.now = s.now.Add(step.after)
				s.answer = five(step.value, step.reset)
				want := map[string][]string{
					"w": {"hl-warn five_hour at " + percent(step.value)}, "c": {"hl-crit five_hour at " + percent(step.value)},
				}
				s.expect(w, want[step.want]...)
				w.close()
			}
		})
	}
}

func TestTolerance(t *testing.T) {
	s := set(t)
	w := s.open("--reset-tolerance", "1h")
	defer w.close()
	s.answer = five(85, "2026-11-27T19:00:00Z")
	s.expect(w, "hl-warn five_hour at 85%")
	s.now = s.now.Add(90 * time.Minute)
	s.answer = five(85, "2026-11-27T20:00:00Z")
	s.expect(w)
	s.answer = five(85, "2026-11-27T20:00:01Z")
	s.expect(w, "hl-warn five_hour at 85%")
}

// TestRefused tries again at the next poll what ntfy did not take.
func TestRefused(t *testing.T) {
	s := set(t)
	w := s.open()
	s.answer, s.busStatus = five(85, nil), http.StatusForbidden
	problems := w.poll(t.Context())
	if len(problems) != 1 || problems[0].what != "ntfy did not accept a message for hl-warn" || !strings.Contains(problems[0].detail, "403") {
		t.Errorf("problems %v", problems)
	}
	w.close()
	if data, err := os.ReadFile(filepath.Join(s.dir, "state.json")); err == nil {
		t.Errorf("the state says %s", data)
	}
	w = s.open()
	defer w.close()
	s.busStatus = http.StatusOK
	s.expect(w, "hl-warn five_hour at 85%")
	s.expect(w)
	if s.refused != 1 {
		t.Errorf("%d were refused", s.refused)
	}
}

// TestUnsaved publishes once even while the state cannot be written, and writes it when it can.
func TestUnsaved(t *testing.T) {
	s := set(t)
	w := s.open()
	defer w.close()
	file := w.state
	w.state = filepath.Join(s.dir, "missing", "state.json")
	s.answer = five(85, nil)
	for range 2 {
		if problems := w.poll(t.Context()); len(problems) != 1 || problems[0].what != "the state cannot be written" {
			t.Errorf("problems %v", problems)
		}
	}
	if len(s.messages) != 1 {
		t.Errorf("%d messages", len(s.messages))
	}
	w.state = file
	s.expect(w)
	if windows, _, err := load(file); err != nil || windows["five_hour"].Percent != 80 {
		t.Errorf("the state holds %v, %v", windows, err)
	}
}

func TestWindows(t *testing.T) {
	const answer = `{"b":{"used":0.9,"until":null},"a":{"used":0.99,"until":1795820400},"limits":{"daily":{"used":0.57},"x.y":{"used":1}},
		"dotted.name":{"used":0.8},"only":{"used":1},"odd":{"used":null,"until":null},"list":[{"used":1}],"n":1}`
	keys := []string{"--value-key", "used", "--reset-key", "until", "--scale", "100"}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"hl-crit a at 99%", "hl-warn b at 90%"}}, // the worst first
		{[]string{"--window", "b"}, []string{"hl-warn b at 90%"}},
		{[]string{"--window", "limits.daily", "--threshold", "57=half:min"}, []string{"half limits.daily at 57%"}}, // 0.57*100 is not 57
		{[]string{"--window", "dotted.name", "--window", "only"}, []string{"hl-crit only at 100%", "hl-warn dotted.name at 80%"}},
		{[]string{"--threshold", "99=x", "--threshold", "50=y:low"}, []string{"x a at 99%", "y b at 90%"}},
	} {
		s := set(t)
		s.answer = answer
		w := s.open(slices.Concat(keys, c.args)...)
		s.expect(w, c.want...)
		w.close()
	}
}

// TestHostile: what the endpoint must not say is a problem with clear words, and no message.
func TestHostile(t *testing.T) {
	window := func(value, reset string) string {
		return `{"w":{"utilization":` + value + `,"resets_at":` + reset + `}}`
	}
	many := make([]string, maxWindows+1)
	for i := range many {
		many[i] = fmt.Sprintf(`"w%d":{"utilization":99,"resets_at":null}`, i)
	}
	for _, c := range []struct {
		name, answer string
		want         string // in the problem
		messages     int
	}{
		{"nothing", "", "expected one JSON document", 0},
		{"no JSON", "<html>", "expected one JSON document", 0},
		{"two documents", window("99", "null") + "{}", "expected one JSON document", 0},
		{"null", "null", "expected a JSON object", 0},
		{"a list", "[1]", "expected a JSON object", 0},
		{"deep", strings.Repeat(`{"a":`, 20000), "expected one JSON document", 0},
		{"long", `{"w":"` + strings.Repeat("a", maxDocument) + `"}`, "longer than 1048576 bytes", 0},
		{"no windows", `{"w":{"utilization":99}}`, `no object at the top has both "utilization" and "resets_at"`, 0},
		{"too many windows", "{" + strings.Join(many, ",") + "}", "65 objects at the top", 0},
		{"a long name", `{"` + strings.Repeat("a", maxName+1) + `":{"utilization":99,"resets_at":null}}`, "no object at the top", 0},
		{"NaN", window("NaN", "null"), "expected one JSON document", 0},
		{"1e400", window("1e400", "null"), "window w: utilization is too large a number", 0},
		{"1e300", window("1e300", "null"), "window w: utilization is more than 1000000 percent", 0},
		{"negative", window("-3", "null"), "window w: utilization is negative", 0},
		{"a string", window(`"42%"`, "null"), "window w: utilization is a string, expected a number", 0},
		{"a boolean", window("true", "null"), "window w: utilization is a boolean, expected a number", 0},
		{"an object", window("{}", "null"), "window w: utilization is an object, expected a number", 0},
		{"a reset of words", window("99", `"soon"`), "window w: resets_at is neither RFC 3339", 1},
		{"a reset in 1973", window("99", `"1973-01-01T00:00:00Z"`), "window w: resets_at is neither", 1},
		{"a reset of 1e400", window("99", "1e400"), "window w: resets_at is neither", 1},
		{"a reset of NaN", window("99", `"NaN"`), "window w: resets_at is neither", 1},
		{"a negative reset", window("99", "-5"), "window w: resets_at is neither", 1},
		{"a reset in an array", window("99", "[]"), "window w: resets_at is neither", 1},
		{"one bad window of two", `{"w":{"utilization":"x","resets_at":0},"v":{"utilization":99,"resets_at":""}}`, "window w: utilization is a string", 1},
		{"a name with controls", `{"a\u001b[31m\n\u202e":{"utilization":-1,"resets_at":0}}`, "window a\uFFFD[31m\uFFFD\uFFFD: utilization is negative", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := set(t)
			s.answer = c.answer
			w := s.open()
			defer w.close()
			problems := w.poll(t.Context())
			if len(problems) != 1 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("problems %.300v", problems)
			}
			if len(s.messages) != c.messages {
				t.Errorf("messages %v", s.messages)
			}
		})
	}
}

func TestNamedWindows(t *testing.T) {
	s := set(t)
	s.answer = `{"a":[1],"b":{"c":1,"utilization":null}}`
	w := s.open("--window", "a", "--window", "b", "--window", "b.c", "--window", "b.d", "--window", "z.z")
	defer w.close()
	want := []string{
		"window a is an array, expected an object", "window b: utilization is null, expected a number", "window b.c is a number, expected an object",
		"window b.d is not in the answer", "window z.z is not in the answer",
	}
	var got []string
	for _, p := range w.poll(t.Context()) {
		got = append(got, p.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestCleanName: a name from outside is made harmless in a message, and short.
func TestCleanName(t *testing.T) {
	s := set(t)
	s.answer = `{"x\n\u202e` + strings.Repeat("é", 100) + `":{"utilization":99,"resets_at":null}}`
	w := s.open()
	defer w.close()
	s.expect(w, "hl-crit x\uFFFD\uFFFD"+strings.Repeat("é", 60)+"… at 99%")
	s.expect(w) // and the state knows it
}

func TestEndpoint(t *testing.T) {
	for status, want := range map[int]string{
		302: "the endpoint answers 302 Found, and redirects are not followed", 401: "the endpoint answers 401 Unauthorized", 500: "the endpoint answers 500 Internal Server Error",
	} {
		s := set(t)
		s.status, s.answer = status, five(99, nil)
		w := s.open()
		if problems := w.poll(t.Context()); len(problems) != 1 || problems[0].String() != want {
			t.Errorf("%d: problems %v", status, problems)
		}
		if s.polls != 1 || len(s.messages) != 0 {
			t.Errorf("%d: asked %d times, sent %v", status, s.polls, s.messages)
		}
		w.close()
	}
	s := set(t)
	w := s.open("--url", "http://127.0.0.1:1/?key=secret")
	defer w.close()
	if problems := w.poll(t.Context()); len(problems) != 1 || problems[0].what != "the endpoint does not answer" || strings.Contains(problems[0].detail, "secret") {
		t.Errorf("problems %v", problems)
	}
	for _, file := range []string{"ntfy-token", "endpoint-token"} {
		w.tokenFile = filepath.Join(s.dir, "endpoint-token")
		s.write(file, "")
		if problems := w.poll(t.Context()); len(problems) != 1 || !strings.HasPrefix(problems[0].what, "no token for") {
			t.Errorf("%s: problems %v", file, problems)
		}
		s.write(file, "tk_1")
	}
}

func TestSlowEndpoint(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer slow.Close()
	s := set(t)
	w := s.open("--url", slow.URL, "--timeout", "20ms")
	defer w.close()
	if problems := w.poll(t.Context()); len(problems) != 1 || problems[0].String() != "the endpoint does not answer: it took too long" {
		t.Errorf("problems %v", problems)
	}
}

func TestOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *stage)
		args   []string
		code   int
		err    string
	}{
		{"fine", func(*stage) {}, nil, exitFine, "usagewatch: published to hl-warn: five_hour at 85%\n"},
		{"the endpoint fails", func(s *stage) { s.status = 500 }, nil, exitFailed, "usagewatch: the endpoint answers 500 Internal Server Error\n"},
		{"ntfy refuses", func(s *stage) { s.busStatus = 403 }, nil, exitFailed, "usagewatch: ntfy did not accept a message for hl-warn: publishing: ntfy answered 403 Forbidden \"\"\n"},
		{"the state has no folder", func(*stage) {}, []string{"--state", "missing/state"}, exitFailed, "usagewatch: locking the state: open missing/state.lock: no such file or directory\n"},
		{"a window is missing", func(*stage) {}, []string{"--window", "x"}, exitFailed, "usagewatch: window x is not in the answer\n"},
		{"no such flag", func(*stage) {}, []string{"--nope"}, exitUsage, "usagewatch: flag provided but not defined: -nope\nusagewatch --help lists the flags.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := set(t)
			s.answer = five(85, nil)
			c.change(s)
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), s.args(c.args...), &stdout, &stderr); code != c.code || stderr.String() != c.err || stdout.Len() > 0 {
				t.Errorf("%d, stdout %q, stderr %q", code, &stdout, &stderr)
			}
		})
	}
}

// TestLoop polls until the context ends, logs a problem once while it lasts, and leaves the lock.
func TestLoop(t *testing.T) {
	s := set(t)
	s.answer, s.status = five(85, nil), http.StatusServiceUnavailable
	w := s.open("--interval", "1s")
	w.interval = time.Millisecond
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.loop(ctx); close(ended) }()
	wait := func(what string, reached func() bool) {
		t.Helper()
		for start := time.Now(); ; time.Sleep(time.Millisecond) {
			s.mu.Lock()
			ok := reached()
			s.mu.Unlock()
			if ok {
				return
			}
			if time.Since(start) > 10*time.Second {
				t.Fatalf("waited too long for %s", what)
			}
		}
	}
	wait("five polls", func() bool { return s.polls >= 5 })
	s.mu.Lock()
	s.status, s.polls = http.StatusOK, 0
	s.mu.Unlock()
	wait("a message", func() bool { return len(s.messages) > 0 })
	wait("five more polls", func() bool { return s.polls >= 5 })
	end()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the loop did not end")
	}
	w.close()
	want := `usagewatch: the endpoint answers 503 Service Unavailable
usagewatch: published to hl-warn: five_hour at 85%
usagewatch: no longer: the endpoint answers 503 Service Unavailable
`
	if s.log.String() != want || len(s.messages) != 1 {
		t.Errorf("logged\n%s%d messages", s.log.String(), len(s.messages))
	}
	s.open().close()
}

// TestRunLoop: the end of a loop is no failure.
func TestRunLoop(t *testing.T) {
	s := set(t)
	s.answer = five(1, nil)
	ctx, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	var stderr bytes.Buffer
	if code := run(ctx, s.args("--interval", "1h"), io.Discard, &stderr); code != exitFine || !strings.HasSuffix(stderr.String(), ", polling every 1h0m0s\n") {
		t.Errorf("%d, %s", code, &stderr)
	}
}

func TestUsage(t *testing.T) {
	s := set(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--url", ""}, "--url is required"},
		{[]string{"--ntfy-token-file", ""}, "--ntfy-token-file is required"},
		{[]string{"--reset-key", ""}, "--reset-key is required"},
		{[]string{"--url", "localhost:80"}, "--url: expected"},
		{[]string{"--url", "http://user:secret@x/"}, "--url: expected"},
		{[]string{"--ntfy-url", "ntfy"}, "--ntfy-url: expected"},
		{[]string{"--scale", "0"}, "--scale"},
		{[]string{"--scale", "NaN"}, "--scale"},
		{[]string{"--scale", "Inf"}, "--scale"},
		{[]string{"--interval", "-1s"}, "--interval"},
		{[]string{"--interval", "10ms"}, "--interval"},
		{[]string{"--timeout", "0"}, "--timeout"},
		{[]string{"--reset-tolerance", "-1s"}, "--reset-tolerance"},
		{[]string{"--window", ""}, "1 to 256 bytes"},
		{[]string{"--window", "a", "--window", "a"}, "named twice"},
		{[]string{"--threshold", "80"}, "a topic of"},
		{[]string{"--threshold", "80=a/b"}, "a topic of"},
		{[]string{"--threshold", "x=a"}, "a positive number"},
		{[]string{"--threshold", "0=a"}, "a positive number"},
		{[]string{"--threshold", "NaN=a"}, "a positive number"},
		{[]string{"--threshold", "80=a:urgent"}, "the priority"},
		{[]string{"--threshold", "80=a:"}, "the priority"},
		{[]string{"--threshold", "80=a", "--threshold", "80.0=b"}, "two for 80%"},
		{[]string{"more"}, `found "more"`},
	} {
		_, err := parse(s.args(c.args...), io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", c.args, err)
		}
	}
	for _, arg := range []string{"--help", "-h", "--version"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{arg}, &stdout, &stderr); code != exitFine || !strings.HasPrefix(stdout.String(), "usagewatch ") || stderr.Len() > 0 {
			t.Errorf("%s: %d, %q, %q", arg, code, &stdout, &stderr)
		}
	}
}

// TestReadme holds the table of flags in the README against the flags.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "cmd", "usagewatch", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)[ `]").FindAllStringSubmatch(string(data), -1) {
		got = append(got, m[1])
	}
	flags(&options{}).VisitAll(func(f *flag.Flag) { want = append(want, f.Name) })
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("documented %q\nwant %q", got, want)
	}
}
