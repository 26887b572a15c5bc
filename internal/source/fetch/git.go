package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/syntax"
)

// Git is fetched with the git program, as Argo CD does: it knows how its user reaches servers. What it brings is read from its
// objects, and never checked out: no hook, filter or attribute of the repository is of any effect.

// gitRef is a name in a repository, and the commit that it stands for.
type gitRef struct{ name, commit string }

const maxRefs = 64 << 20 // bytes of a list of them

var (
	commitForm = lazy.Regexp(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	shortForm  = lazy.Regexp(`^[0-9a-f]{7,39}$`)
)

// git fetches a Git repository as it is at one commit.
func (n *Network) git(ctx context.Context, w wanted) (source.Locked, error) {
	folder, remove, err := w.cache.Workspace()
	if err != nil {
		return source.Locked{}, err
	}
	defer remove()
	g, err := n.gitAt(ctx, folder, w.URL)
	if err != nil {
		return source.Locked{}, err
	}
	if _, err := g.run(ctx, "init", "--quiet", "--bare", "--template=", "."); err != nil {
		return source.Locked{}, err
	}
	commit, tag, err := g.resolve(ctx, w.Version)
	if err != nil {
		return source.Locked{}, err
	}
	if w.old != nil && w.old.Resolved != commit {
		if tag && !isRange(w.Version) {
			return source.Locked{}, &Moved{"tag " + w.Version, w.old.Resolved, commit}
		}
		if w.pinned {
			commit = w.old.Resolved
		}
	}
	same := w.old != nil && w.old.Resolved == commit
	if same && w.has() {
		return *w.old, nil
	}
	if commit, err = g.fetch(ctx, commit); err != nil {
		return source.Locked{}, err
	}
	out, err := w.cache.Create(2 * source.MaxTreeBytes)
	if err != nil {
		return source.Locked{}, err
	}
	defer out.Discard()
	tree := source.NewTreeWriter(out)
	if err := g.tree(ctx, commit, &trees{TreeWriter: tree, workspace: w.cache.Workspace}, ""); err != nil {
		return source.Locked{}, err
	}
	digest, err := tree.Close()
	if err != nil {
		return source.Locked{}, err
	}
	return source.Locked{Reference: w.Reference, Resolved: commit, Digest: digest}, w.commit(out, digest, "commit "+commit, same)
}

// git is the git program in an empty repository.
type git struct {
	*Network
	folder string
	asked  string // the repository's URL
	url    string // and where it is looked for
}

// gitAt is the git program for a repository, in an empty folder.
func (n *Network) gitAt(ctx context.Context, folder, asked string) (*git, error) {
	at, err := n.Map.of(asked)
	if err != nil {
		return nil, err
	}
	g := &git{n, folder, asked, at}
	within := n.Map.best(asked).Within
	if place, is := strings.CutPrefix(at, "file://"); is && within != "" {
		if place, err = url.PathUnescape(place); err == nil {
			err = g.whole(ctx, within, filepath.FromSlash(place))
		}
	}
	return g, err
}

// whole reports what is wrong with a repository at a place within a folder: that a part of it is elsewhere. A repository may be
// committed as a folder, and then says by itself where its objects and names are.
func (g *git) whole(ctx context.Context, within, place string) error {
	there := *g
	there.folder = place
	text, err := there.run(ctx, "-c", "safe.bareRepository=all", "rev-parse", "--absolute-git-dir", "--git-common-dir")
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		at := strings.TrimSuffix(line, "\n")
		if !filepath.IsAbs(at) {
			at = filepath.Join(place, at)
		}
		err := contained(within, at)
		if err == nil {
			err = filepath.WalkDir(at, func(name string, e fs.DirEntry, err error) error {
				switch {
				case err != nil:
					return err
				case e.Type()&fs.ModeSymlink != 0:
					return contained(within, name)
				case e.Name() == "alternates" && filepath.Base(filepath.Dir(name)) == "info":
					return errors.New("the repository has objects elsewhere (objects/info/alternates), where sources.map does not lead")
				}
				return nil
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refsOf are the names in the repository. They are asked for once in a run.
func (g *git) refsOf(ctx context.Context) ([]gitRef, error) {
	return g.refs.get(g.url, func() ([]gitRef, error) {
		text, err := g.run(ctx, "ls-remote", "--", g.url)
		if err != nil {
			return nil, err
		}
		var out []gitRef
		for line := range strings.Lines(text) {
			commit, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if of, peeled := strings.CutSuffix(name, "^{}"); peeled && len(out) > 0 && out[len(out)-1].name == of {
				out[len(out)-1].commit = commit // of the tag before
			} else if commitForm().MatchString(commit) {
				out = append(out, gitRef{name, commit})
			}
		}
		return out, nil
	})
}

// resolve is the commit that a revision stands for, as Argo CD finds it (util/git/client.go, lsRemote): a commit, the newest tag in a
// range of versions, a branch, a tag, or the beginning of a commit, which is then returned as it is.
func (g *git) resolve(ctx context.Context, revision string) (commit string, tag bool, err error) {
	if commitForm().MatchString(revision) {
		return revision, false, nil
	}
	refs, err := g.refsOf(ctx)
	if err != nil {
		return "", false, err
	}
	if revision == "" {
		revision = "HEAD"
	} else if isRange(revision) {
		if newest, err := chosen(tagged(refs), revision); err == nil {
			revision = newest
		}
	}
	for _, r := range refs {
		if r.name == revision || r.name == "refs/heads/"+revision || r.name == "refs/tags/"+revision {
			return r.commit, strings.HasPrefix(r.name, "refs/tags/"), nil
		}
	}
	if shortForm().MatchString(revision) {
		return revision, false, nil
	}
	return "", false, fmt.Errorf("it has no branch, tag or commit %s", syntax.Quote(revision))
}

// tagged are the tags that are versions, the newest first.
func tagged(refs []gitRef) []string {
	var versions []*semver.Version
	for _, r := range refs {
		if name, ok := strings.CutPrefix(r.name, "refs/tags/"); ok {
			if v, err := semver.NewVersion(name); err == nil {
				versions = append(versions, v)
			}
		}
	}
	slices.SortStableFunc(versions, func(a, b *semver.Version) int { return b.Compare(a) })
	var out []string
	for _, v := range versions {
		out = append(out, v.Original())
	}
	return out
}

// fetch brings a commit: alone or, when the server does not give single ones, with all branches and tags.
func (g *git) fetch(ctx context.Context, commit string) (string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go g.watch(ctx, cancel)
	options := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"}
	err := errors.New("it is the beginning of one")
	if commitForm().MatchString(commit) {
		_, err = g.run(ctx, append(options, "--depth=1", "--", g.url, "+"+commit+":refs/roster/commit")...)
	}
	if refused := (*gitError)(nil); err != nil && (errors.As(err, &refused) && refused.unadvertised() || !commitForm().MatchString(commit)) {
		_, err = g.run(ctx, append(options, "--", g.url, "+refs/heads/*:refs/roster/heads/*", "+refs/tags/*:refs/roster/tags/*")...)
	}
	if err != nil {
		return "", err
	}
	found, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", commit+"^{commit}")
	found = strings.TrimSpace(found)
	if err != nil || !strings.HasPrefix(found, commit) {
		return "", fmt.Errorf("it has no commit %s", commit)
	}
	return found, nil
}

// watch ends a transfer that becomes too large.
func (g *git) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	limit := g.limits().Tree
	for ticks := time.Tick(50 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		var size int64
		_ = filepath.WalkDir(filepath.Join(g.folder, "objects"), func(_ string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				if info, err := e.Info(); err == nil {
					size += info.Size()
				}
			}
			return nil
		})
		if size > limit {
			cancel(fmt.Errorf("the repository is larger than %d MiB", limit>>20))
			return
		}
	}
}

// blob is a file of a commit.
type blob struct {
	mode         fs.FileMode
	object, path string
}

// tree adds the files of a commit to a tree, below a prefix, with those of its submodules. Files whose names cannot be read are left out.
func (g *git) tree(ctx context.Context, commit string, to *trees, prefix string) error {
	listed, err := g.run(ctx, "ls-tree", "-r", "-l", "-z", "--full-tree", commit)
	if err != nil {
		return err
	}
	var blobs []blob
	var asked strings.Builder
	var modules []module
	named := false // whether the commit says where its submodules are
	for line := range strings.SplitSeq(strings.TrimSuffix(listed, "\x00"), "\x00") {
		meta, name, _ := strings.Cut(line, "\t")
		words := strings.Fields(meta) // mode, type, object, size
		if len(words) != 4 || strings.ToValidUTF8(name, "") != name {
			continue
		}
		switch words[1] {
		case "commit":
			modules = append(modules, module{path: name, commit: words[2]})
			continue
		case "blob":
		default:
			continue
		}
		mode := fs.FileMode(0o644)
		switch words[0] {
		case "120000":
			mode = fs.ModeSymlink
		case "100755":
			mode = 0o755
		}
		size, err := strconv.ParseInt(words[3], 10, 64)
		if to.total += size; err != nil || to.total > source.MaxTreeBytes {
			return fmt.Errorf("its files are larger than %d MiB", source.MaxTreeBytes>>20)
		}
		named = named || name == modulesFile && mode.IsRegular()
		blobs = append(blobs, blob{mode, words[2], prefix + name})
		asked.WriteString(words[2] + "\n")
	}
	err = g.pipe(ctx, asked.String(), func(out *bufio.Reader) error {
		for _, b := range blobs {
			head, err := out.ReadString('\n')
			words := strings.Fields(head)
			if err != nil || len(words) != 3 || words[0] != b.object {
				return errors.Join(errors.New("git ended in the middle"), err)
			}
			size, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				return err
			}
			if err := to.Add(b.path, b.mode, io.LimitReader(out, size)); err != nil {
				return err
			}
			if _, err := out.Discard(1); err != nil { // the end of the line
				return err
			}
		}
		return nil
	}, "cat-file", "--batch", "--buffer")
	if err != nil || !named || g.NoSubmodules {
		return err
	}
	return g.submodules(ctx, commit, modules, to, prefix)
}

// run runs git, and returns what it prints.
func (g *git) run(ctx context.Context, args ...string) (string, error) {
	var text []byte
	err := g.pipe(ctx, "", func(out *bufio.Reader) (err error) {
		if text, err = io.ReadAll(io.LimitReader(out, maxRefs+1)); err == nil && len(text) > maxRefs {
			err = errors.New("it has too many names")
		}
		return err
	}, args...)
	return string(text), err
}

// pipe runs git, and has what it prints read. It ends git when that fails.
func (g *git) pipe(ctx context.Context, in string, read func(*bufio.Reader) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	command := exec.CommandContext(ctx, "git", append(g.settings(), args...)...)
	command.Dir = g.folder
	command.Env = g.environment()
	command.Stdin = strings.NewReader(in)
	command.WaitDelay = 5 * time.Second
	var stderr tail
	command.Stderr = &stderr
	alone(command)
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("there is no git on this machine\n  hint: install Git")
	}
	if err != nil {
		return err
	}
	failed := read(bufio.NewReaderSize(out, 64<<10))
	if failed != nil {
		cancel()
	}
	err = command.Wait()
	switch {
	case context.Cause(ctx) != nil && failed == nil:
		return context.Cause(ctx)
	case failed != nil && err == nil:
		return failed
	case err != nil && stderr.Len() > 0:
		return &gitError{g.host(), stderr.String()}
	case failed != nil:
		return failed
	}
	return err
}

// settings are options that come before those of the user.
func (g *git) settings() []string {
	out := []string{}
	stall := strconv.Itoa(max(1, int(g.limits().Stall/time.Second)))
	for _, s := range []string{
		"core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false", "fetch.unpackLimit=1", "transfer.unpackLimit=1",
		"fetch.recurseSubmodules=false", "core.bigFileThreshold=16m", "protocol.version=2", "credential.interactive=false", "http.lowSpeedLimit=1", "http.lowSpeedTime=" + stall,
	} {
		out = append(out, "-c", s)
	}
	if u, err := url.Parse(g.url); err == nil {
		if _, _, ok := g.Credentials.git(u.Host); ok && u.Scheme != "ssh" {
			key := "credential." + u.Scheme + "://" + u.Host + ".helper="
			out = append(out, "-c", key, "-c", key+`!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$ROSTER_GIT_USERNAME" "$ROSTER_GIT_PASSWORD"; }; f`)
		}
	}
	return out
}

// host is where the repository lies, for messages.
func (g *git) host() string {
	if u, err := url.Parse(g.url); err == nil && u.Host != "" {
		return u.Host
	}
	_, rest, _ := strings.Cut(g.url, "@")
	host, _, _ := strings.Cut(rest, ":")
	return host
}

// environment is that of the user, without what makes Git look elsewhere than at this repository. Git asks nobody: it has no terminal
// (see alone), and only protocols with which no program of the other side's choice runs here.
func (g *git) environment() []string {
	var out []string
	for _, e := range g.Git {
		name, _, _ := strings.Cut(e, "=")
		switch {
		case slices.Contains(local, name), strings.HasPrefix(name, "GIT_TRACE"), strings.HasPrefix(name, "ROSTER_"):
		default:
			out = append(out, e)
		}
	}
	protocols := map[string]string{"http": "http:https:ssh", "https": "https:ssh", "file": "file"}
	scheme, _, _ := strings.Cut(g.url, "://")
	protocol := protocols[scheme]
	if protocol == "" {
		protocol = "ssh:https" // and the other way round, for url.….insteadOf
	}
	out = append(out, "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "SSH_ASKPASS_REQUIRE=never", "GIT_ALLOW_PROTOCOL="+protocol, "GIT_NO_LAZY_FETCH=1", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(g.folder))
	if u, err := url.Parse(g.url); err == nil {
		if user, password, ok := g.Credentials.git(u.Host); ok {
			out = append(out, "ROSTER_GIT_USERNAME="+user, "ROSTER_GIT_PASSWORD="+password)
		}
	}
	return out
}

// local are the variables by which Git finds a repository (git rev-parse --local-env-vars), without those that carry settings.
var local = strings.Fields(`GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_OBJECT_DIRECTORY GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE
	GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE GIT_COMMON_DIR GIT_NAMESPACE GIT_EXTERNAL_DIFF GIT_REDACT_COOKIES GIT_CURL_VERBOSE`)

// tail keeps the last part of what is written to it.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	const most = 8 << 10
	t.Buffer.Write(p)
	if over := t.Len() - most; over > 0 {
		t.Next(over)
	}
	return len(p), nil
}

// gitError is what Git said before it failed.
type gitError struct{ host, words string }

// unadvertised reports whether the server gives branches and tags alone.
func (e *gitError) unadvertised() bool {
	return strings.Contains(e.words, "unadvertised object") || strings.Contains(e.words, "not our ref") || strings.Contains(e.words, "couldn't find remote ref") ||
		strings.Contains(e.words, "no such remote ref") || strings.Contains(e.words, "allow request for")
}

// inURL finds user names, passwords and tokens, which url.….insteadOf may have put there.
var inURL = lazy.Regexp(`://[^/@\s']*@`)

// noRoom is why Git cannot write what it gets.
var noRoom = lazy.Regexp(`(?i)(No space left on device|File too large|Disk quota exceeded|Read-only file system)`)

func (e *gitError) Error() string {
	has := func(part string) bool { return strings.Contains(e.words, part) }
	message := "git failed"
	for line := range strings.Lines(e.words) {
		for _, head := range []string{"fatal: ", "error: ", "ssh: "} {
			if text, ok := strings.CutPrefix(strings.TrimSpace(line), head); ok && (message == "git failed" || head != "error: ") {
				message = text
			}
		}
	}
	hint := ""
	switch full := noRoom().FindStringSubmatch(e.words); {
	case full != nil:
		message = "writing into the cache: " + strings.ToLower(full[1])
	case has("Authentication failed"), has("could not read Username"), has("could not read Password"), has("returned error: 401"), has("returned error: 403"):
		message = "the server rejects the credentials, or got none"
		hint = "are there credentials for " + e.host + " that git knows, and are they still good? See docs/fetch.md"
	case has("Host key verification failed"):
		message = "the server's host key is not known"
		hint = "add the key of " + e.host + " to known_hosts"
	case has("Permission denied"):
		message = "the server refuses the SSH key"
		hint = "is there a key for " + e.host + " in the SSH agent?"
	case has("not found"), has("does not exist"), has("does not appear to be a git repository"):
		hint = "check the URL; some servers say this, too, when they want credentials"
	}
	message = inURL().ReplaceAllString(message, "://")
	if r := []rune(message); len(r) > 300 {
		message = string(r[:300]) + "…"
	}
	if hint != "" {
		message += "\n  hint: " + hint
	}
	return message
}
