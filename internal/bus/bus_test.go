package bus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// server answers with the given statuses, one after the other, and keeps what it was sent.
type server struct {
	statuses []int
	requests []*http.Request
	messages []Message
}

func (s *server) start(t *testing.T, token string) *Client {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		s.requests, s.messages = append(s.requests, r), append(s.messages, m)
		status := s.statuses[0]
		s.statuses = s.statuses[1:]
		w.Header().Set("Location", "http://elsewhere.invalid/")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"code":40301,"http":403,"error":"forbidden"}`))
	}))
	t.Cleanup(h.Close)
	c, err := New(h.URL, token)
	if err != nil {
		t.Fatal(err)
	}
	c.pause = time.Millisecond
	return c
}

func TestPublish(t *testing.T) {
	s := &server{statuses: []int{http.StatusOK}}
	want := Message{Topic: "hl-warn", Title: "Disk", Text: "full", Priority: High, Tags: []string{"warning"}}
	if err := s.start(t, "tk_secret").Publish(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, r := s.messages[0], s.requests[0]
	if got.Topic != want.Topic || got.Title != want.Title || got.Text != want.Text || got.Priority != want.Priority || got.Tags[0] != want.Tags[0] {
		t.Errorf("sent %+v", got)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("Authorization") != "Bearer tk_secret" {
		t.Errorf("%s %s with %q", r.Method, r.URL, r.Header)
	}
}

func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		name     string
		statuses []int
		attempts int
		err      string
	}{
		{"busy, then fine", []int{429, 503, 200}, 3, ""},
		{"broken", []int{500, 500, 500}, 3, "500"},
		{"forbidden", []int{403}, 1, "403 Forbidden \"forbidden\""},
		{"a redirect takes the token nowhere", []int{307}, 1, "307"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &server{statuses: c.statuses}
			err := s.start(t, "tk_secret").Publish(t.Context(), Message{Topic: "x", Text: "y"})
			if len(s.requests) != c.attempts {
				t.Errorf("%d attempts", len(s.requests))
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "tk_secret") {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	c, err := New("http://127.0.0.1:1", "tk_secret")
	if err != nil {
		t.Fatal(err)
	}
	c.pause = time.Millisecond
	if err := c.Publish(t.Context(), Message{Topic: "x"}); err == nil || strings.Contains(err.Error(), "tk_secret") {
		t.Errorf("error %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := c.Publish(ended, Message{Topic: "x"}); err == nil {
		t.Error("published after the end")
	}
}

func TestNew(t *testing.T) {
	for _, bad := range []string{"", "ntfy", "ftp://ntfy", "http://", "https://user:secret@ntfy", "http://ntfy?x=1", "http://ntfy/#x", "http://a b"} {
		if _, err := New(bad, ""); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

func TestReadToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for text, want := range map[string]string{"tk_1\n": "tk_1", "": "", " \n": "", "two tokens": "", strings.Repeat("x", 5000): ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadToken(file)
		if got != want || (err == nil) != (want != "") || err != nil && len(text) > 3 && strings.Contains(err.Error(), text) {
			t.Errorf("%.20q: %q, %v", text, got, err)
		}
	}
	if _, err := ReadToken(file + "x"); err == nil {
		t.Error("a missing file is a token")
	}
}

func TestCut(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("a", maxText), strings.Repeat("a", maxText+1), strings.Repeat("€", maxText), "\xff"} {
		got := cut(text)
		if len(got) > maxText || !utf8.ValidString(got) || len(text) <= maxText && utf8.ValidString(text) && got != text {
			t.Errorf("%.20q: %d bytes, %.20q", text, len(got), got)
		}
	}
}
