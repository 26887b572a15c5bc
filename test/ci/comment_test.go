package ci

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// note is a comment on a forge.
type note struct {
	id     int
	author string
	body   string
}

// forge is what GitHub and GitLab know of a request, and how they answer who asks about its comments.
type forge struct {
	*httptest.Server
	token, me string

	mutex sync.Mutex
	notes []note
	wrote []string // methods that change something, as they came
	fails map[string]int
	head  string // the newest commit
}

func newForge(t *testing.T, me string) *forge {
	f := &forge{token: "secret-token-1234567890", me: me, fails: map[string]int{}, head: "abc123"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{"id": f.number(f.me)}) })
	mux.HandleFunc("GET /projects/4/merge_requests/7", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{"sha": f.head}) })
	for _, comments := range []string{"/projects/4/merge_requests/7/notes", "/repos/house/infra/issues/7/comments"} {
		mux.HandleFunc("GET "+comments, f.list)
		mux.HandleFunc("POST "+comments, f.change)
	}
	mux.HandleFunc("PUT /projects/4/merge_requests/7/notes/{id}", f.change)
	mux.HandleFunc("PATCH /repos/house/infra/issues/comments/{id}", f.change)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		if r.Method != http.MethodGet {
			f.wrote = append(f.wrote, r.Method)
		}
		switch code, fails := f.fails[r.Method+" "+r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]]; {
		case fails && code/100 == 3:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
		case fails: // with what would be taken for an answer by who does not look at the code
			w.WriteHeader(code)
			answer(w, map[bool]any{true: []any{}, false: map[string]any{"id": 1}}[r.Method == http.MethodGet])
		case r.Header.Get("PRIVATE-TOKEN") != f.token && r.Header.Get("Authorization") != "token "+f.token:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// number is an author as GitLab knows him.
func (f *forge) number(author string) int {
	n := 0
	for _, c := range author {
		n = n*31%10007 + int(c)
	}
	return n
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}

func (f *forge) json(n note) map[string]any {
	author := map[string]any{"login": n.author, "id": f.number(n.author)}
	return map[string]any{"id": n.id, "user": author, "author": author, "body": n.body}
}

// list has so many comments on a page as were asked for, and says as both forges do where the next ones are.
func (f *forge) list(w http.ResponseWriter, r *http.Request) {
	ask := func(name string, other int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
			return n
		}
		return other
	}
	size, page := min(ask("per_page", 20), 100), ask("page", 1)
	from := min((page-1)*size, len(f.notes))
	to := min(from+size, len(f.notes))
	next := ""
	if to < len(f.notes) {
		next = strconv.Itoa(page + 1)
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?per_page=%d&page=1>; rel="first", <%s%s?per_page=%d&page=%s>; rel="next"`, f.URL, r.URL.Path, size, f.URL, r.URL.Path, size, next))
	}
	w.Header().Set("X-Next-Page", next)
	shown := []map[string]any{}
	for _, n := range f.notes[from:to] {
		shown = append(shown, f.json(n))
	}
	answer(w, shown)
}

// change writes a comment: a form, as GitLab gets it, or JSON.
func (f *forge) change(w http.ResponseWriter, r *http.Request) {
	body := r.FormValue("body")
	if strings.HasPrefix(r.URL.Path, "/repos/") {
		var sent struct{ Body string }
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = sent.Body
	}
	if id := r.PathValue("id"); id != "" {
		i := slices.IndexFunc(f.notes, func(n note) bool { return strconv.Itoa(n.id) == id && n.author == f.me })
		if i < 0 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		f.notes[i].body = body
		answer(w, f.json(f.notes[i]))
		return
	}
	f.notes = append(f.notes, note{1000 + len(f.notes), f.me, body})
	w.WriteHeader(http.StatusCreated)
	answer(w, f.json(f.notes[len(f.notes)-1]))
}

const marker = "<!-- roster diff infra -->\n"

// hostile is a difference that no shell, program or form may take for anything but text.
const hostile = marker + "@/etc/passwd\n@out/code $(touch pwned) `touch pwned` ${HOME} \"'\\\n%41&body=x+y;é\u202e\r\n--method DELETE\n\t\n null\n\n"

// commenting are the pieces' scripts that write the comment.
func commenting(t *testing.T) []struct{ name, folder, me, script string } {
	t.Helper()
	return []struct{ name, folder, me, script string }{
		{"GitHub", ".", "github-actions[bot]", "set +o pipefail\n" + step(t, diffWorkflow(t).Jobs["comment"].Steps, "Comment").Run},
		{"GitLab", "out", "project_4_bot", strings.Join(diffJobs(t)["roster-comment"].Script, "\n")},
	}
}

func TestComment(t *testing.T) {
	path := programs(t) + string(filepath.ListSeparator) + os.Getenv("PATH")
	for _, piece := range commenting(t) {
		others := func(n int) (out []note) {
			for i := range n {
				out = append(out, note{i + 1, "somebody", "<!-- roster diff infra --> of somebody else"})
			}
			return out
		}
		own := func(body string) note { return note{500, piece.me, body} }
		for _, c := range []struct {
			name   string
			notes  []note
			code   string // of roster diff
			text   string // of its comment
			fails  map[string]int
			newer  bool // whether there are newer commits
			writes []string
			exits  int
		}{
			{name: "nothing differs", code: "0", text: marker},
			{name: "something differs", code: "1", text: hostile, writes: []string{"POST"}},
			{name: "nothing can be compared", code: "3", text: marker, writes: []string{"POST"}},
			{name: "a comment is there", code: "1", text: hostile, notes: []note{own(marker + "old")}, writes: []string{"change"}},
			{name: "and nothing differs any more", code: "0", text: marker + "no differences\n", notes: []note{own(marker + "old")}, writes: []string{"change"}},
			{name: "on the third page", code: "1", text: hostile, notes: append(others(250), own(marker+"old")), writes: []string{"change"}},
			{name: "of somebody else, too", code: "1", text: hostile, notes: append(others(3), note{400, "mallory", marker}), writes: []string{"POST"}},
			{name: "of another list", code: "1", text: hostile, notes: []note{own("<!-- roster diff infra-2 -->\n"), {501, piece.me, "<!-- roster diff -->\n"}}, writes: []string{"POST"}},
			{name: "something else of the same author", code: "1", text: hostile, notes: []note{own("see " + marker), {501, piece.me, "approved"}}, writes: []string{"POST"}},
			{name: "without a marker", code: "1", text: "approved\n", notes: []note{own("approved")}, exits: 1},
			{name: "without a text", code: "2", notes: []note{own(marker)}, exits: 1},
			{name: "the list fails", code: "1", text: hostile, fails: map[string]int{"GET /notes": 500, "GET /comments": 500}, exits: 1},
			{name: "the list is forbidden", code: "1", text: hostile, fails: map[string]int{"GET /notes": 403, "GET /comments": 403}, exits: 1},
			{name: "the list is elsewhere", code: "1", text: hostile, fails: map[string]int{"GET /notes": 302, "GET /comments": 302}, exits: 1},
			{name: "writing fails", code: "1", text: hostile, fails: map[string]int{"POST /notes": 502, "POST /comments": 502}, writes: []string{"POST"}, exits: 1},
			{name: "updating fails", code: "1", text: hostile, notes: []note{own(marker)}, fails: map[string]int{"PUT /500": 403, "PATCH /500": 403}, writes: []string{"change"}, exits: 1},
			{name: "newer commits", code: "1", text: hostile, newer: true, writes: map[string][]string{"GitHub": {"POST"}}[piece.name]},
		} {
			t.Run(piece.name+"/"+c.name, func(t *testing.T) {
				f, dir := newForge(t, piece.me), t.TempDir()
				f.notes, f.fails = slices.Clone(c.notes), c.fails
				if c.newer {
					f.head = "def456"
				}
				write(t, filepath.Join(dir, piece.folder, "code"), c.code+"\n")
				if c.text != "" {
					write(t, filepath.Join(dir, piece.folder, "diff.md"), c.text)
				}
				run := func() {
					out, code := script(t, dir, piece.script, "PATH="+path, "FORGE="+f.URL, "GH_TOKEN="+f.token, "GITHUB_REPOSITORY=house/infra", "NUMBER=7", "ROSTER_TOKEN="+f.token,
						"CI_API_V4_URL="+f.URL, "CI_MERGE_REQUEST_PROJECT_ID=4", "CI_MERGE_REQUEST_IID=7", "CI_COMMIT_SHA=abc123", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=")
					if min(code, 1) != c.exits {
						t.Fatalf("exit code %d\n%s", code, out)
					}
					if strings.Contains(out, f.token) {
						t.Errorf("the token is in the output:\n%s", out)
					}
				}
				run()
				f.check(t, c.notes, c.text, c.writes, c.exits == 0)
				if len(c.writes) > 0 && c.exits == 0 {
					before := slices.Clone(f.notes)
					run()
					f.check(t, before, c.text, append(slices.Clone(c.writes), "change"), true)
				}
				if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
					t.Error("the text was run")
				}
			})
		}
	}
}

// check compares the comments with those before, of which the own one of this list may have got a text, or have been added.
func (f *forge) check(t *testing.T, before []note, text string, writes []string, done bool) {
	t.Helper()
	var wrote []string
	for _, method := range f.wrote {
		wrote = append(wrote, strings.NewReplacer("PUT", "change", "PATCH", "change").Replace(method))
	}
	if !slices.Equal(wrote, writes) {
		t.Errorf("it wrote %q, want %q", wrote, writes)
	}
	want := slices.Clone(before)
	if done && len(writes) > 0 {
		i := slices.IndexFunc(want, func(n note) bool { return n.author == f.me && strings.HasPrefix(n.body, marker) })
		if i < 0 {
			i, want = len(want), append(want, note{1000 + len(want), f.me, ""})
		}
		want[i].body = text
	}
	if !slices.Equal(f.notes, want) {
		t.Errorf("there are %d comments, the last %+v, want %d", len(f.notes), f.notes[max(0, len(f.notes)-2):], len(want))
	}
}

// script runs a script as run does, without roster.
func script(t *testing.T, dir, text string, env ...string) (string, int) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal(err)
	}
	return machine{env: os.Environ()}.run(t, dir, text, env...)
}
