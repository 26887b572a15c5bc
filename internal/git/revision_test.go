package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/git"
)

// TestCommit: what a user types is the commit that git takes it for, or the error says what to do.
func TestCommit(t *testing.T) {
	w := newWorld(t)
	w.write("a", "one")
	first := w.commit("first")
	w.write("a", "two")
	second := w.commit("the second")
	w.git("tag", "light", first)
	w.git("tag", "--annotate", "--message=tag", "v1", first)
	w.git("tag", "of-tree", first+"^{tree}")
	w.git("branch", "both", first)
	w.git("tag", "both", second)
	w.git("update-ref", "refs/remotes/origin/main", first)
	w.git("config", "branch.main.remote", "origin")
	w.git("config", "branch.main.merge", "refs/heads/main")
	w.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
	w.git("update-ref", "refs/heads/-odd", first)
	trees := map[string]string{first: w.git("rev-parse", first+"^{tree}"), second: w.git("rev-parse", second+"^{tree}")}
	w.git("update-ref", "refs/heads/"+first, second)
	w.git("pack-refs", "--all")
	r := w.open()
	for revision, want := range map[string]string{
		"main": second, "HEAD": second, "@": second, "HEAD~1": first, "HEAD^": first, "light": first, "v1": first, "v1^{commit}": first, "origin/main": first, "@{u}": first,
		first: first, first[:10]: first, strings.ToUpper(first[:10]): first, "refs/heads/both": first, "tags/both": second, "refs/heads/-odd": first, ":/the second": second, "main@{0}": second,
	} {
		c, err := r.Commit(t.Context(), revision)
		if err != nil || c.ID != want || c.Tree != trees[want] {
			t.Errorf("%s: got %v, %v, want %s", revision, c, err, want)
		}
	}
	const plain = "\n  hint: name a branch, a tag or a commit"
	unknown := func(name string) string {
		return `there is no revision "` + name + `" in this repository` + plain + `; git fetch brings what is new`
	}
	missing := strings.Repeat("1", 40)
	for revision, want := range map[string]string{
		"nope": unknown("nope"), "HEAD~7": unknown("HEAD~7"), "a": unknown("a"), "main both": unknown("main both"),
		"":           `"" is not a revision` + plain,
		"-odd":       `"-odd" is not a revision` + plain,
		"main..both": `"main..both" is not a revision` + plain,
		"^main":      `"^main" is not a revision` + plain,
		"--all":      `"--all" is not a revision` + plain,
		"main\nboth": `"main\nboth" is not a revision` + plain,
		"HEAD:a":     `"HEAD:a" is a blob, not a commit` + plain,
		"of-tree":    `"of-tree" is a tree, not a commit` + plain,
		missing:      `the commit "` + missing + `" is missing in this repository` + "\n  hint: git fetch may bring it",
		"both":       `the revision "both" is ambiguous: it is a branch and a tag, or a local and a remote branch` + "\n  hint: write its full name, such as refs/heads/both or refs/tags/both",
	} {
		if _, err := r.Commit(t.Context(), revision); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", revision, err, want)
		}
	}
}

// TestAmbiguousID: a commit that is written too short is not guessed.
func TestAmbiguousID(t *testing.T) {
	w := newWorld(t)
	prefixes := map[string]bool{}
	tree, parent := w.gitWith(nil, "mktree"), ""
	for i := 0; ; i++ {
		args := []string{"commit-tree", "-m", strings.Repeat("x", i), tree}
		if parent != "" {
			args = append(args, "-p", parent)
		}
		parent = w.git(args...)
		if prefix := parent[:4]; !prefixes[prefix] {
			prefixes[prefix] = true
			if i < 2000 {
				continue
			}
			t.Fatal("no two commits begin in the same way")
		}
		break
	}
	_, err := w.open().Commit(t.Context(), parent[:4])
	want := `the revision "` + parent[:4] + `" is ambiguous: several objects or names begin with it` + "\n  hint: write more of the commit, or refs/heads/" + parent[:4] + " for a branch"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestShallow: what a shallow clone lacks is said, and how to get it.
func TestShallow(t *testing.T) {
	w := newWorld(t)
	first := w.commit("first")
	w.git("branch", "feature")
	w.commit("second")
	w.git("switch", "--quiet", "feature")
	w.commit("third")
	deepen := "\n  hint: git fetch --unshallow brings all of it; in CI, clone with the whole history (fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab)"
	clone := &world{t, filepath.Join(folder(t), "clone")}
	w.git("clone", "--quiet", "--depth=1", "--no-single-branch", "file://"+w.dir, clone.dir)
	r := clone.open()
	for revision, want := range map[string]string{
		"HEAD~1": `there is no revision "HEAD~1" in this repository, which is a shallow clone: it has only the newest commits, and mostly only one branch` + deepen,
		first:    `the commit "` + first + `" is missing in this repository` + deepen,
	} {
		if _, err := r.Commit(t.Context(), revision); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", revision, err, want)
		}
	}
	a, b := clone.resolve("origin/main"), clone.resolve("HEAD")
	want := a.ID[:12] + " and " + b.ID[:12] + " have no common commit in this repository, which is a shallow clone: the place where they part is not in it" + deepen
	if _, err := r.MergeBase(t.Context(), a, b); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	clone.git("fetch", "--quiet", "--unshallow")
	if base, err := clone.open().MergeBase(t.Context(), a, b); err != nil || base.ID != first || base.Tree != a.Tree {
		t.Errorf("got %v, %v, want %s", base, err, first)
	}
}

func (w *world) resolve(revision string) git.Commit {
	w.Helper()
	c, err := w.open().Commit(w.Context(), revision)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// TestUnrelated: histories without a common commit are said to be that.
func TestUnrelated(t *testing.T) {
	w := newWorld(t)
	w.commit("first")
	w.git("checkout", "--quiet", "--orphan", "other")
	w.commit("other")
	a, b := w.resolve("main"), w.resolve("other")
	want := "the histories of " + a.ID[:12] + " and " + b.ID[:12] + " have no common commit\n  hint: name both revisions, as REV..REV"
	if _, err := w.open().MergeBase(t.Context(), a, b); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestDefaultBranch: the remote's own word counts most, then names that are clear.
func TestDefaultBranch(t *testing.T) {
	for name, c := range map[string]struct {
		refs       []string // NAME, or NAME -> NAME
		want, fail string
	}{
		"origin says it":          {refs: []string{"refs/remotes/origin/HEAD -> refs/remotes/origin/trunk", "refs/remotes/origin/trunk", "refs/remotes/origin/main", "refs/heads/master"}, want: "origin/trunk"},
		"the only remote says it": {refs: []string{"refs/remotes/up/HEAD -> refs/remotes/up/trunk", "refs/remotes/up/trunk", "refs/heads/main"}, want: "up/trunk"},
		"two remotes":             {refs: []string{"refs/remotes/up/HEAD -> refs/remotes/up/a", "refs/remotes/up/a", "refs/remotes/down/HEAD -> refs/remotes/down/b", "refs/remotes/down/b", "refs/heads/main"}, want: "main"},
		"origin's main":           {refs: []string{"refs/remotes/origin/main", "refs/heads/main", "refs/heads/master"}, want: "origin/main"},
		"origin's master":         {refs: []string{"refs/remotes/origin/master", "refs/heads/main"}, want: "origin/master"},
		"origin's HEAD is gone":   {refs: []string{"refs/remotes/origin/HEAD -> refs/remotes/origin/gone", "refs/remotes/origin/main"}, want: "origin/main"},
		"here":                    {refs: []string{"refs/heads/master", "refs/heads/feature"}, want: "master"},
		"both":                    {refs: []string{"refs/heads/master", "refs/heads/main"}, fail: "there are a branch main and a branch master: which of them changes go into is unknown\n  hint: name a revision, or run git remote set-head origin --auto"},
		"none":                    {refs: []string{"refs/heads/feature"}, fail: "the default branch is unknown: there is no origin/HEAD, and no branch main or master\n  hint: name a revision, such as HEAD, or run git remote set-head origin --auto"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.git("checkout", "--quiet", "-b", "work")
			commit := w.commit("first")
			for _, ref := range c.refs {
				if from, to, symbolic := strings.Cut(ref, " -> "); symbolic {
					w.git("symbolic-ref", from, to)
				} else {
					w.git("update-ref", ref, commit)
				}
			}
			got, err := w.open().DefaultBranch(t.Context())
			if c.fail != "" && (err == nil || err.Error() != c.fail) || c.fail == "" && (err != nil || got != c.want) {
				t.Errorf("got %s, %v, want %s%s", got, err, c.want, c.fail)
			}
		})
	}
}

// TestOpen: a repository is found from whatever is in it, however its data is kept, and whoever it belongs to; and nothing of the
// environment leads to another one.
func TestOpen(t *testing.T) {
	w := newWorld(t)
	w.write("deep/a", "content")
	w.commit("first")
	other := newWorld(t)
	other.write("a", "other")
	other.commit("other")
	dirs := folder(t)
	linked, bare, copied, outside := filepath.Join(dirs, "linked"), filepath.Join(dirs, "bare.git"), filepath.Join(dirs, "copied"), filepath.Join(dirs, "way")
	w.git("worktree", "add", "--quiet", "-b", "side", linked)
	w.git("clone", "--quiet", "--bare", w.dir, bare)
	w.git("clone", "--quiet", "--shared", w.dir, copied)
	other.git("submodule", "--quiet", "add", w.dir, "sub")
	if err := os.Symlink(filepath.Join(w.dir, "deep"), outside); err != nil {
		t.Fatal(err)
	}
	// Of the repositories of others, git reads nothing by itself. This one is told that all of them are.
	wrapper := filepath.Join(folder(t), "git")
	path := "PATH=" + os.Getenv("PATH")
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\nexport GIT_TEST_ASSUME_DIFFERENT_OWNER=1 '"+path+"'\nexec git \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(wrapper))
	t.Setenv("GIT_DIR", filepath.Join(other.dir, ".git"))
	t.Setenv("GIT_OBJECT_DIRECTORY", "/nonexistent")
	t.Setenv("GIT_CONFIG_COUNT", "x")
	for dir, top := range map[string]string{
		w.dir: w.dir, filepath.Join(w.dir, "deep"): w.dir, filepath.Join(w.dir, "deep", "gone", "too"): w.dir, linked: linked, bare: bare, filepath.Join(bare, "objects"): bare, copied: copied,
		filepath.Join(other.dir, "sub"): filepath.Join(other.dir, "sub"), outside: w.dir,
	} {
		r, err := git.Open(t.Context(), dir)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		c, err := r.Commit(t.Context(), "HEAD")
		if err != nil || r.Top != top {
			t.Errorf("%s: got %s, %v, want %s", dir, r.Top, err, top)
			continue
		}
		files, err := r.Tree(c).Open()
		if err != nil {
			t.Fatal(err)
		}
		if data, err := files.ReadFile("deep/a"); err != nil || string(data) != "content" {
			t.Errorf("%s: %q, %v", dir, data, err)
		}
		_ = files.Close()
	}
}

// TestNotOpened: why there is nothing to read is said.
func TestNotOpened(t *testing.T) {
	dir := folder(t)
	check := func(dir, want string) {
		t.Helper()
		if _, err := git.Open(t.Context(), dir); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	check(dir, `"`+dir+`" is not in a Git repository, so there are no revisions to read`)
	broken := &world{t, filepath.Join(dir, "broken")}
	broken.write(".git/HEAD", "")
	check(broken.dir, `the Git repository "`+broken.dir+`" cannot be read: git rev-parse: exit status 128: fatal: not a git repository`)
	newer := newWorld(t)
	newer.git("config", "core.repositoryFormatVersion", "1")
	newer.git("config", "extensions.fromTheFuture", "true")
	check(newer.dir, `the Git repository "`+newer.dir+`" cannot be read: git rev-parse: exit status 128: fatal: unknown repository extension`)
	t.Setenv("PATH", dir)
	check(dir, "revisions are read by the program git, which does not run here: ")
}

// TestNames: branches and tags as one types them, each once.
func TestNames(t *testing.T) {
	w := newWorld(t)
	w.write("a", "one")
	first := w.commit("first")
	w.git("tag", "v1")
	w.git("branch", "feature/x")
	w.git("branch", "v1")
	w.git("update-ref", "refs/remotes/origin/main", first)
	w.git("update-ref", "refs/other/x", first)
	got, err := w.open().Names(t.Context())
	if want := "HEAD feature/x main origin/main v1"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %q, %v, want %s", got, err, want)
	}
}
