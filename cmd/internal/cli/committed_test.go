package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
)

// gitIn runs git in a folder as its user does.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=User", "-c", "user.email=user@example.org", "-c", "core.autocrlf=false"}, args...)...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/dev/null", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commitAll makes a repository of a folder, and commits all of it.
func commitAll(t *testing.T, dir string) {
	t.Helper()
	gitIn(t, dir, "init", "--quiet", "--initial-branch=main")
	gitIn(t, dir, "add", "--all", "--force")
	gitIn(t, dir, "commit", "--quiet", "--message=all")
}

// committed is the place of a folder in the newest commit.
func committed(t *testing.T, dir string) fleet.Place {
	t.Helper()
	r, err := git.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	place, err := fleet.FindIn(dir, "", r, c)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

// everything is all that is rendered at a place, and all that lint says of it.
func everything(t *testing.T, place fleet.Place, sources source.Sources, keep rendered.Cache) string {
	t.Helper()
	out, diags, err := fleet.Build(fleet.Input{Place: place, Sources: sources, Rendered: keep, Want: fleet.Want{Workloads: true}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintln(&b, out.Frame, out.Root, out.Number)
	_ = errors.Join(out.Warnings.Print(&b, out.Frame), diags.Print(&b, out.Frame))
	var encoder object.Encoder
	for _, c := range out.Clusters {
		for _, o := range out.All(c) {
			b.Write(encoder.Encode(nil, o.Value()))
		}
	}
	for _, a := range out.Applications {
		fmt.Fprintln(&b, a.Code, a.Workload != nil, a.Failed(), a.Place)
		for _, y := range a.Yields {
			fmt.Fprintln(&b, y.Kind, y.Name, y.Pos, y.From)
		}
	}
	found, err := inspection.Supervised(inspection.Input{Place: place, Sources: sources, Rendered: keep, Today: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(found, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b.String() + string(text)
}

// TestCommittedExamples: all examples give the same from a commit as from the disk, also when the files are not on the disk any more, and
// with what the other has kept.
func TestCommittedExamples(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(examples.Root(), "examples"))); err != nil {
		t.Fatal(err)
	}
	commitAll(t, dir)
	keep := rendered.In(t.TempDir())
	want := map[string]string{}
	for _, name := range examples.Names(t) {
		place, err := fleet.Find(filepath.Join(dir, "examples", name), "")
		if err != nil {
			t.Fatal(err)
		}
		want[name] = everything(t, place, nil, keep)
		if !strings.Contains(want[name], "kind: ") {
			t.Fatalf("%s renders nothing:\n%s", name, want[name])
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	for _, name := range examples.Names(t) {
		place := committed(t, filepath.Join(dir, "examples", name))
		for how, keep := range map[string]rendered.Cache{"without a cache": {}, "with a cache": keep} {
			if diff := cmp.Diff(want[name], everything(t, place, nil, keep)); diff != "" {
				t.Errorf("%s, %s, is another one in the commit (-disk +commit):\n%s", name, how, diff)
			}
		}
	}
}

// runs configures everything in a repository that makes git run another program: each writes a line into a file.
func runs(t *testing.T, dir, marker string) {
	t.Helper()
	script := filepath.Join(dir, ".git", "run")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $*\" >>'"+marker+"'\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy", "core.alternateRefsCommand",
		"filter.marked.clean", "filter.marked.smudge", "filter.lfs.process", "filter.lfs.smudge", "diff.marked.textconv", "diff.marked.command", "diff.external",
		"merge.marked.driver", "gpg.program", "credential.helper", "remote.origin.uploadpack", "uploadpack.packObjectsHook", "pager.ls-tree", "pager.cat-file"} {
		gitIn(t, dir, "config", name, script)
	}
	for name, value := range map[string]string{"alias.rev-parse": "!" + script, "alias.cat-file": "!" + script, "log.showSignature": "true", "core.hooksPath": filepath.Join(dir, ".git", "hooks"),
		"remote.origin.url": "ext::" + script, "remote.origin.promisor": "true", "remote.origin.partialclonefilter": "blob:none", "extensions.partialClone": "origin",
		"core.repositoryFormatVersion": "1", "protocol.allow": "always", "protocol.ext.allow": "always", "submodule.sub.update": "!" + script, "core.worktree": filepath.Join(dir, "none")} {
		gitIn(t, dir, "config", name, value)
	}
	for _, hook := range []string{"post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"} {
		if err := os.MkdirAll(filepath.Join(dir, ".git", "hooks"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(script, filepath.Join(dir, ".git", "hooks", hook)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCommittedRunsNothing: a commit with everything that makes git run programs or change contents gives what was committed, and nothing
// runs, in this process or in workers.
func TestCommittedRunsNothing(t *testing.T) {
	k := keptCheckout(t)
	k.write("kustom/over/data.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
	k.write("chart/text.txt", "$Format:%H$ $Id$")
	place, _ := k.place(true)
	want := everything(t, place, k.sources, rendered.Cache{})
	k.write(".gitattributes", "* filter=marked diff=marked merge=marked ident export-subst\n*.txt filter=lfs\n")
	commitAll(t, k.dir)
	head := gitIn(t, k.dir, "rev-parse", "HEAD")
	gitIn(t, k.dir, "update-index", "--add", "--cacheinfo", "160000,"+head+",sub")
	gitIn(t, k.dir, "commit", "--quiet", "--message=a submodule")
	marker := filepath.Join(t.TempDir(), "marker")
	runs(t, k.dir, marker)
	if err := os.WriteFile(filepath.Join(k.dir, ".git", "info", "attributes"), []byte("* filter=marked\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := everything(t, committed(t, k.dir), k.sources, rendered.Cache{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the commit has something else (-disk +commit):\n%s", diff)
	}
	if text, err := os.ReadFile(marker); err == nil {
		t.Errorf("this ran:\n%s", text)
	}
	out, _ := exec.Command("git", "-C", k.dir, "--work-tree="+k.dir, "status").CombinedOutput()
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("nothing runs with plain git either: %s", out)
	}
}
