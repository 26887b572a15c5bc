package fetch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/source/fetch"
)

// TestTagsOf: each repository is asked once, page by page, and one that fails does not keep the others from being asked.
func TestTagsOf(t *testing.T) {
	r := newRegistry(t)
	r.page = 2
	for _, tag := range []string{"1.0.0", "1.1.0", "1.2.0", "latest", "x"} {
		r.push(tag, emptyConfig, imageLayer, "x")
	}
	host := strings.TrimPrefix(r.URL, "http://")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := listener.Addr().String()
	_ = listener.Close()
	n := &fetch.Network{}
	for range 2 {
		got := fetch.TagsOf(t.Context(), []string{host + "/house/web", host + "/house/none", dead + "/a", dead + "/b", "ghcr.io/A"}, n)
		if of := got[host+"/house/web"]; of.Err != nil || strings.Join(of.Tags, " ") != "1.0.0 1.1.0 1.2.0 latest x" {
			t.Errorf("got %v", of)
		}
		for name, want := range map[string]string{host + "/house/none": "answers 404 Not Found", dead + "/a": "connection refused", dead + "/b": "connection refused", "ghcr.io/A": "expected the URL of a repository"} {
			if err := got[name].Err; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if !errors.Is(got[dead+"/b"].Err, got[dead+"/a"].Err) {
			t.Error("a registry that is not there was asked twice")
		}
	}
	if got := len(r.requests()); got != 4 { // three pages, and what is not there
		t.Errorf("asked %d times", got)
	}
	mapped := &fetch.Network{Map: fetch.Map{{From: "oci://docker.io/library", To: "oci://" + host + "/house"}}}
	if got := fetch.TagsOf(t.Context(), []string{"docker.io/library/web"}, mapped)["docker.io/library/web"]; len(got.Tags) != 5 {
		t.Errorf("got %v", got)
	}
}

// TestTagsHostile: a registry that goes on for ever is left, and what it says is not believed.
func TestTagsHostile(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   string
	}{
		"empty pages": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `</v2/a/tags/list?last=x>; rel="next"`)
			_, _ = w.Write([]byte(`{"tags": []}`))
		}, "it has more than 2000 pages of tags"},
		"many tags": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `</v2/a/tags/list?last=x>; rel="next"`)
			_ = json.NewEncoder(w).Encode(map[string]any{"tags": make([]string, 60_000)})
		}, "it has more than 100000 tags"},
		"a large page": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"tags": ["` + strings.Repeat("x", 5<<20) + `"]}`))
		}, "failed to decode response"},
		"no JSON":      {func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("<html>")) }, "failed to decode response"},
		"another form": {func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(`{"tags": {"a": 1}}`)) }, "failed to decode response"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(c.answer))
			defer s.Close()
			repository := strings.TrimPrefix(s.URL, "http://") + "/a"
			got := fetch.TagsOf(t.Context(), []string{repository}, &fetch.Network{})[repository]
			if got.Err == nil || !strings.Contains(got.Err.Error(), c.want) || len(got.Tags) > 0 && c.want == "failed to decode response" {
				t.Errorf("got %v", got.Err)
			}
		})
	}
}

// TestTagsElsewhere: a registry that sends us to another server does not have that one say who gets our password.
func TestTagsElsewhere(t *testing.T) {
	const password = "hunter2"
	other := newServer(t)
	other.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the other server got %s", r.Header.Get("Authorization"))
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="x"`, other.URL))
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	s := newServer(t)
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1)+"/x", http.StatusFound)
		return true
	}
	host := strings.TrimPrefix(s.URL, "http://")
	credentials, err := fetch.ReadCredentials(fetch.Files{Given: "machine " + host + " login me password " + password})
	if err != nil {
		t.Fatal(err)
	}
	got := fetch.TagsOf(t.Context(), []string{host + "/a"}, &fetch.Network{Credentials: credentials})[host+"/a"]
	if got.Err == nil || !strings.Contains(got.Err.Error(), "answers 401 Unauthorized") || strings.Contains(got.Err.Error(), password) {
		t.Errorf("got %v", got.Err)
	}
}
