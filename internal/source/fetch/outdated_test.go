package fetch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
)

func TestOutdated(t *testing.T) {
	s, r, c := newServer(t), newRegistry(t), newCheckout(t)
	web := func(versions ...string) {
		all := map[string][]byte{}
		for _, v := range versions {
			all["web "+v] = packed(t, "web", v)
		}
		s.charts(all)
	}
	push := func(tag string) { r.push(tag, emptyConfig, imageLayer, string(archive(t, "a", tag))) }
	web("1.0.0")
	push("1.0.0")
	push("latest")
	s.files["/file"] = []byte("x")
	first := c.commit(map[string]string{"a": "1"})
	c.git("tag", "v1.0.0")
	c.git("tag", "v1.0.1")
	url := c.overHTTP(nil).URL + "/.git"
	refs := []source.Reference{chart(s, "web", "1.x"), chart(s, "web", "1.0.0"), r.ref("1.0.0"), r.ref("~1.0"), r.ref("latest"), r.ref(r.tags["1.0.0"]), ofGit(url, "main"), ofGit(url, "v1.0.0"), ofGit(url, "1.x"),
		ofGit(url, first), {Kind: source.File, URL: s.URL + "/file"}}
	x := tryGit(t, c)
	lock := x.must(refs...)
	ask := func(lock source.Lock) []string {
		var out []string
		for _, f := range fetch.Outdated(t.Context(), lock, &fetch.Network{Git: c.env}) {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s: %s wanted=%s latest=%s moved=%t", f.Kind, f.Version, f.Locked, f.Wanted, f.Latest, f.Moved)))
			if f.Err != nil {
				out[len(out)-1] = fmt.Sprint(f.Kind, " ", f.Err)
			}
		}
		return out
	}
	if got := ask(lock); len(got) > 0 {
		t.Errorf("nothing is newer, but got\n%s", strings.Join(got, "\n"))
	}
	web("1.0.0", "1.1.0", "2.0.0", "3.0.0-rc.1")
	push("1.0.1")
	push("1.1.0")
	r.push("latest", emptyConfig, imageLayer, string(archive(t, "a", "moved")))
	second := c.commit(map[string]string{"a": "2"})
	c.git("tag", "v1.2.0")
	want := []string{
		"chart 1.0.0: 1.0.0 wanted= latest=2.0.0 moved=false",
		"chart 1.x: 1.0.0 wanted=1.1.0 latest=2.0.0 moved=false",
		"git 1.x: " + first + " wanted=" + second + " latest= moved=false",
		"git main: " + first + " wanted=" + second + " latest= moved=false",
		"git v1.0.0: " + first + " wanted= latest=v1.2.0 moved=false",
		"oci 1.0.0: 1.0.0 wanted= latest=1.1.0 moved=false",
		"oci latest: latest wanted=latest latest= moved=true",
		"oci ~1.0: 1.0.0 wanted=1.0.1 latest=1.1.0 moved=false",
	}
	if got := ask(lock); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0-moved")})
	r.push("1.0.0", emptyConfig, imageLayer, string(archive(t, "a", "moved")))
	c.git("tag", "--force", "v1.0.0")
	got := ask(lock)
	for _, line := range []string{"chart 1.0.0: 1.0.0 wanted=1.0.0 latest= moved=true", "oci 1.0.0: 1.0.0 wanted=1.0.0 latest=1.1.0 moved=true", "git v1.0.0: " + first + " wanted=" + second + " latest=v1.2.0 moved=true"} {
		if !slices.Contains(got, line) {
			t.Errorf("got\n%s\nwithout %s", strings.Join(got, "\n"), line)
		}
	}
	s.Close()
	if got := ask(source.NewLock(lock[0])); len(got) != 1 || !strings.Contains(got[0], "chart chart web 1.0.0 of "+s.URL+": the repository's index.yaml: dial tcp") {
		t.Errorf("got %s", got)
	}
}
