package fetch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
)

// TestContained: what the list puts in the place of a URL is in the repository, however a path or a link leads out of it, and whatever a
// Git repository that is committed there says of itself.
func TestContained(t *testing.T) {
	const secret = "hunter2\n"
	around := t.TempDir()
	top := filepath.Join(around, "top")
	write(t, top, map[string]string{"folder/v.yaml": "a: 1\n", "folder/sub/v.yaml": "a: 2\n", "charts/index.yaml": "entries: {}\n"})
	write(t, around, map[string]string{"outside/v.yaml": secret, "outside/index.yaml": "entries: {web: [{version: 1.0.0, urls: [web.tgz]}]}\n"})
	private := newCheckout(t)
	private.commit(map[string]string{"v.yaml": secret})
	own := newCheckout(t)
	own.commit(map[string]string{"v.yaml": "a: 1\n"})
	bare := func(name string) string {
		own.git("clone", "--quiet", "--bare", own.folder, filepath.Join(top, name))
		return filepath.Join(top, name)
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(top, name)); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string) {
		t.Helper()
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	link("../outside", "link")
	link("../../outside", "folder/link")
	link("../outside/v.yaml", "v.yaml")
	link("folder", "inside")
	link(private.folder, "private")
	bare("good.git")
	write(t, bare("common.git"), map[string]string{"commondir": filepath.Join(private.folder, ".git") + "\n"})
	write(t, bare("borrowed.git"), map[string]string{"objects/info/alternates": filepath.Join(private.folder, ".git", "objects") + "\n"})
	remove(filepath.Join(bare("objects.git"), "objects"))
	link(filepath.Join(private.folder, ".git", "objects"), "objects.git/objects")
	write(t, filepath.Join(top, "worktree"), map[string]string{".git": "gitdir: " + filepath.Join(private.folder, ".git") + "\n"})

	file := func(path string) source.Reference {
		return source.Reference{Kind: source.File, URL: "https://web.example/" + path}
	}
	git := func(path string) source.Reference { return ofGit("https://web.example/"+path, "main") }
	chart := source.Reference{Kind: source.Chart, URL: "https://web.example/link", Name: "web", Version: "1.0.0"}
	const out = "where sources.map leads is not in the repository"
	x := tryGit(t, own)
	x.Network.Map = fetch.Map{{From: "https://web.example", To: top, Within: top}}
	for _, c := range []struct {
		ref  source.Reference
		want string
	}{
		{file("link/v.yaml"), out},
		{file("folder/link/v.yaml"), out},
		{file("v.yaml"), out},
		{file("folder/../../outside/v.yaml"), "expected a URL without . and .. in its path"},
		{file("folder/missing.yaml"), "where sources.map leads, there is nothing: missing.yaml"},
		{chart, out},
		{git("private"), out},
		{git("common.git"), out},
		{git("objects.git"), out},
		{git("worktree"), out},
		{git("borrowed.git"), "the repository has objects elsewhere"},
		{git("folder"), "not a git repository"},
	} {
		t.Run(c.ref.URL, func(t *testing.T) { x.fails(c.want, c.ref) })
	}
	x.must(file("folder/v.yaml"), file("inside/sub/v.yaml"), git("good.git"))
	// Who runs roster may name any place of the machine.
	x.Network.Map = fetch.Map{{From: "https://web.example", To: top}}
	x.must(file("link/v.yaml"), git("private"))
}
