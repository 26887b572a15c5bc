package fetch_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/source/fetch"
)

// withModules commits submodules: pairs of a path with a URL, and a commit.
func (c *checkout) withModules(pairs ...string) {
	c.t.Helper()
	var text strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		path, url, _ := strings.Cut(pairs[i], " ")
		if url != "" {
			fmt.Fprintf(&text, "[submodule \"the.%d\"]\n\tpath = %s\n\turl = %s\n", i, path, url)
		}
		c.git("update-index", "--add", "--cacheinfo", "160000,"+pairs[i+1]+","+path)
	}
	write(c.t, c.folder, map[string]string{".gitmodules": text.String()})
	c.git("add", ".gitmodules")
	c.git("commit", "--quiet", "--message=modules")
}

// TestSubmodules come with their repository, and those in them, at the commits that it pins.
func TestSubmodules(t *testing.T) {
	top, lib, inner := newCheckout(t), newCheckout(t), newCheckout(t)
	innerCommit := inner.commit(map[string]string{"deep.yaml": "deep: 1\n"})
	inner.commit(map[string]string{"deep.yaml": "deep: 2\n"})
	innerURL := inner.overHTTP(nil).URL + "/.git"
	lib.commit(map[string]string{"lib.yaml": "lib: 1\n", "run.sh": "x"})
	lib.withModules("inner "+innerURL, innerCommit)
	libCommit := lib.git("rev-parse", "HEAD")
	lib.commit(map[string]string{"lib.yaml": "lib: 2\n"})
	top.commit(map[string]string{"a.yaml": "a: 1\n"})
	top.withModules("more/lib http://git.example/house/lib.git", libCommit)
	url := top.overHTTP(nil).URL + "/.git"
	libServer := lib.overHTTP(nil).URL + "/.git"
	x := tryGit(t, top)
	x.Network.Map = fetch.Map{{From: "http://git.example/house/lib.git", To: libServer}}
	ref := ofGit(url, "main")
	lock := x.must(ref)
	for name, want := range map[string]string{"a.yaml": "a: 1\n", "more/lib/lib.yaml": "lib: 1\n", "more/lib/inner/deep.yaml": "deep: 1\n"} {
		if got := x.text(ref, name); got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
	again := tryGit(t, top)
	again.Network.Map, again.Lock, again.Locked = x.Network.Map, lock, true
	again.must(ref)
	without := tryGit(t, top)
	without.Network.NoSubmodules = true
	without.must(ref)
	if _, err := fs.Stat(without.open(ref), "more"); err == nil {
		t.Error("a submodule that is not wanted")
	}
	top.git("rm", "--quiet", "--force", ".gitmodules")
	top.git("commit", "--quiet", "--message=x")
	x.Update = nil
	x.Lock = nil
	x.must(ref) // Git does not know where they are
	if _, err := fs.Stat(x.open(ref), "more"); err == nil {
		t.Error("a submodule from nowhere")
	}
}

// TestSubmodulesBad: a submodule that cannot be had, or that is not for us to follow, is named.
func TestSubmodulesBad(t *testing.T) {
	const password = "hunter2"
	lib := newCheckout(t)
	commit := lib.commit(map[string]string{"a": "1", "b/c": "2"})
	server := lib.overHTTP(nil).URL
	at := server + "/.git"
	guarded := lib.overHTTP(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return false }).URL + "/.git"
	other := strings.Repeat("a", 40)
	for name, c := range map[string]struct {
		modules []string
		want    string
	}{
		"no URL":             {[]string{"x", commit, "y " + at, commit}, `its submodule "x" has no URL in .gitmodules`},
		"none of them":       {[]string{"x", commit}, "its .gitmodules names no submodules, but it has some"},
		"a program":          {[]string{"x ext::sh", commit}, `its submodule "x": expected a URL such as https://HOST/PATH`},
		"an option":          {[]string{"x --upload-pack=x", commit}, `its submodule "x": expected a URL such as https://HOST/PATH`},
		"of this machine":    {[]string{"x file://" + lib.folder, commit}, `its submodule "x": expected a URL such as https://HOST/PATH`},
		"a path":             {[]string{"x " + lib.folder, commit}, `its submodule "x": expected a URL such as https://HOST/PATH`},
		"a password":         {[]string{"x https://me:" + password + "@git.example/x", commit}, `its submodule "x": the URL holds a user name or password`},
		"no commit":          {[]string{"x " + at, other}, `its submodule "x": it has no commit ` + other},
		"not let in":         {[]string{"x " + guarded, commit}, `its submodule "x": the server rejects the credentials`},
		"above the server":   {[]string{"x ../../../x", commit}, `its submodule "x": its URL leads above that of the repository`},
		"where .git is":      {[]string{".gIt/x " + at, commit}, `it has a file ".gIt/x/a", which is not a path within it`},
		"above its place":    {[]string{"../x " + at, commit}, `it has a file "../x/a", which is not a path within it`},
		"without https":      {[]string{"x " + at, commit}, `its submodule "x": its URL is one without https, which is not followed`},
		"a hundred and more": {manyModules(at, commit), "it has more than 100 submodules"},
	} {
		t.Run(name, func(t *testing.T) {
			top := newCheckout(t)
			var links []string
			var text strings.Builder
			for i := 0; i < len(c.modules); i += 2 {
				path, url, _ := strings.Cut(c.modules[i], " ")
				if url != "" {
					fmt.Fprintf(&text, "[submodule \"%d\"]\n\tpath = %s\n\turl = %s\n", i, path, url)
				}
				links = append(links, path, c.modules[i+1])
			}
			top.commit(map[string]string{".gitmodules": text.String()})
			top.git("update-ref", "refs/heads/main", top.literally(links))
			x, url := tryGit(t, top), top.overHTTP(nil).URL+"/.git"
			if name == "without https" {
				x.Network.Map = fetch.Map{{From: "https://git.example/top", To: url}}
				url = "https://git.example/top"
			}
			if message := x.fails(c.want, ofGit(url, "main")); strings.Contains(message, password) {
				t.Errorf("shows a password: %s", message)
			}
		})
	}
	loop := newCheckout(t)
	loop.commit(map[string]string{"a": "1"})
	loopURL := loop.overHTTP(nil).URL + "/.git"
	before := loop.git("rev-parse", "HEAD")
	for range 10 {
		loop.withModules("x "+loopURL, before)
		before = loop.git("rev-parse", "HEAD")
	}
	tryGit(t, loop).fails("it has submodules in more than 8 submodules", ofGit(loopURL, "main"))
}

// literally is a commit with .gitmodules as it is, and links to commits under names that Git would not let in.
func (c *checkout) literally(links []string) string {
	c.t.Helper()
	var raw bytes.Buffer
	add := func(mode, name, object string) {
		hash, err := hex.DecodeString(object)
		if err != nil {
			c.t.Fatal(err)
		}
		raw.WriteString(mode + " " + name + "\x00" + string(hash))
	}
	add("100644", ".gitmodules", c.git("rev-parse", "HEAD:.gitmodules"))
	for i := 0; i < len(links); i += 2 {
		add("160000", links[i], links[i+1])
	}
	command := exec.Command("git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
	command.Dir, command.Env, command.Stdin = c.folder, c.env, &raw
	out, err := command.Output()
	if err != nil {
		c.t.Fatal(err)
	}
	return c.git("commit-tree", "-m", "x", strings.TrimSpace(string(out)))
}

func manyModules(url, commit string) []string {
	var out []string
	for i := range 101 {
		out = append(out, fmt.Sprintf("m%d %s", i, url), commit)
	}
	return out
}

// TestSubmodulesBeside: a URL may be seen from that of the repository.
func TestSubmodulesBeside(t *testing.T) {
	lib := newCheckout(t)
	commit := lib.commit(map[string]string{"a": "1"})
	libServer := lib.overHTTP(nil).URL + "/.git"
	for top, c := range map[string][2]string{
		"https://git.example/house/apps.git": {"../lib.git", "https://git.example/house/lib.git"},
		"https://git.example/house/more":     {"../../other/lib", "https://git.example/other/lib"},
		"https://git.example/house/under":    {"./lib", "https://git.example/house/under/lib"},
		"git@git.example:house/apps.git":     {"../lib.git", "git@git.example:house/lib.git"},
		"git@git.example:apps.git":           {"../lib.git", "git@git.example:lib.git"},
		"ssh://git@git.example:22/apps.git":  {"../lib.git", "ssh://git@git.example:22/lib.git"},
	} {
		x := tryGit(t, lib)
		from := newCheckout(t)
		from.withModules("x "+c[0], commit)
		x.Network.Map = fetch.Map{{From: top, To: from.folder}, {From: c[1], To: libServer}}
		x.Network.Git = lib.env
		x.must(ofGit(top, "main"))
		if got := x.text(ofGit(top, "main"), "x/a"); got != "1" {
			t.Errorf("%s: got %q", top, got)
		}
	}
}
