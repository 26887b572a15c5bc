package source_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
)

const (
	file   = source.Digest("sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")
	tree   = "tree-" + file
	commit = "0123456789abcdef0123456789abcdef01234567"
)

func lock() source.Lock {
	return source.NewLock(
		source.Locked{Reference: source.Reference{Kind: source.OCI, URL: "oci://registry.example/charts/web", Version: ">=1.0 <2"}, Resolved: "1.4.2", Manifest: string(file), Digest: file},
		source.Locked{Reference: source.Reference{Kind: source.Git, URL: "git@git.example:house/apps.git", Version: "main"}, Resolved: commit, Digest: tree},
		source.Locked{Reference: source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: "vault", Version: "0.28.x"}, Resolved: "0.28.1", Digest: file},
		source.Locked{Reference: source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: "vault", Version: "0.27.0"}, Resolved: "0.27.0", Digest: file},
		source.Locked{Reference: source.Reference{Kind: source.Chart, URL: "@stable", Name: "db", Version: "1.x"}, Resolved: "1.5.0", Repository: "https://charts.example", Digest: file},
		source.Locked{Reference: source.Reference{Kind: source.File, URL: "https://web.example/schema.json?v=\"1\""}, Digest: file},
	)
}

const lockText = `# What was fetched from elsewhere. roster fetch writes this file: keep it in Git.
version: 1
references:
  - {kind: chart, url: "@stable", name: "db", version: "1.x", resolved: "1.5.0", repository: "https://charts.example", digest: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
  - {kind: chart, url: "https://charts.example", name: "vault", version: "0.27.0", resolved: "0.27.0", digest: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
  - {kind: chart, url: "https://charts.example", name: "vault", version: "0.28.x", resolved: "0.28.1", digest: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
  - {kind: file, url: "https://web.example/schema.json?v=\"1\"", digest: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
  - {kind: git, url: "git@git.example:house/apps.git", version: "main", resolved: "0123456789abcdef0123456789abcdef01234567", digest: "tree-sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
  - {kind: oci, url: "oci://registry.example/charts/web", version: ">=1.0 <2", resolved: "1.4.2", manifest: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", digest: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}
`

// TestLock: what is written is read again, whatever the order was.
func TestLock(t *testing.T) {
	if diff := cmp.Diff(lockText, string(lock().Text())); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	var diags diag.List
	if diff := cmp.Diff(lock(), source.ReadLock("roster.lock", lock().Text(), &diags)); diff != "" || len(diags) > 0 {
		t.Errorf("%v (-want +got):\n%s", diags, diff)
	}
	var empty source.Lock
	if got := source.ReadLock("roster.lock", empty.Text(), &diags); len(got) > 0 || len(diags) > 0 {
		t.Errorf("%v, %v", got, diags)
	}
	if twice := source.NewLock(append(lock(), lock()...)...); len(twice) != len(lock()) {
		t.Errorf("%d parts", len(twice))
	}
}

func TestFind(t *testing.T) {
	l := lock()
	for _, k := range l {
		if got, ok := l.Find(k.Reference); !ok || got != k {
			t.Errorf("%v: got %v", k, got)
		}
	}
	other := source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: "vault", Version: "0.29.0"}
	if _, ok := l.Find(other); ok {
		t.Error("found another version")
	}
	for r, want := range map[source.Reference]string{
		other: `chart vault 0.29.0 of https://charts.example is not fetched: roster.lock has "0.27.0"`,
		{Kind: source.Git, URL: "https://git.example/x.git"}: "HEAD of https://git.example/x.git is not fetched",
		{Kind: source.File, URL: "https://web.example/y"}:    "https://web.example/y is not fetched",
		{Kind: source.OCI, URL: "oci://r.example/y"}:         "oci://r.example/y is not fetched",
	} {
		if err := l.NotFetched(r); !errors.Is(err, source.ErrNotFetched) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestBadLock: a lock that somebody has changed is not used, and the message says where; what may be a password is not shown.
func TestBadLock(t *testing.T) {
	line := func(pairs string) string { return "version: 1\nreferences:\n  - {" + pairs + "}\n" }
	chart := `kind: chart, url: "https://charts.example", name: vault, version: "1", resolved: "1.0.0", digest: "` + string(file) + `"`
	for text, want := range map[string]string{
		"version: 2\nreferences: {new: form}\n":                            `roster.lock:1:10: version: expected a lock of version 1, found version 2 [newer-lock]`,
		"references: []\n":                                                 `roster.lock:1:1: missing "version" [missing-field]`,
		"version: 1\nreferences: []\nextra: 1\n":                           `roster.lock:3:1: unknown field "extra" [unknown-field]`,
		line(chart + ", sum: x"):                                           `roster.lock:3:179: references[0]: unknown field "sum" [unknown-field]`,
		line(strings.Replace(chart, "kind: chart", "kind: helm", 1)):       `roster.lock:3:12: references[0].kind: expected one of chart, file, git, oci, found "helm" [unknown-value]`,
		line(strings.Replace(chart, "6b", "6B", 1)):                        `roster.lock:3:5: references[0]: expected the digest of what was fetched [bad-lock]`,
		line(strings.Replace(chart, "sha256:", "tree-sha256:", 1)):         `roster.lock:3:5: references[0]: expected the digest of what was fetched [bad-lock]`,
		line(strings.Replace(chart, "https://", "https://me:hunter2@", 1)): `roster.lock:3:5: references[0]: the URL holds a user name or password [bad-lock]`,
		line(chart + `, repository: "https://other.example"`):              `roster.lock:3:5: references[0]: expected the URL of the repository, for one that is known by a name alone [bad-lock]`,
		line(strings.Replace(chart, "https://charts.example", "@stable", 1) + `, repository: "https://me:hunter2@x.example"`): `roster.lock:3:5: references[0]: expected the URL of the repository, for one that is known by a name alone [bad-lock]`,
		line(strings.Replace(chart, "https://charts.example", "@a/b", 1)):                                                     `roster.lock:3:5: references[0]: expected a URL such as https://HOST/PATH [bad-lock]`,
		line(strings.Replace(chart, "https://", "file://", 1)):                                                                `roster.lock:3:5: references[0]: expected a URL that begins with https:// or http:// [bad-lock]`,
		line(strings.Replace(chart, "vault", "../vault", 1)):                                                                  `roster.lock:3:5: references[0]: expected the name of a chart [bad-lock]`,
		line(strings.Replace(chart, `resolved: "1.0.0", `, "", 1)):                                                            `roster.lock:3:5: references[0]: expected what the reference was resolved to, unless it is a file [bad-lock]`,
		line(chart + `, manifest: "` + string(file) + `"`):                                                                    `roster.lock:3:5: references[0]: expected the digest of the manifest, for an OCI artifact alone [bad-lock]`,
		line(`kind: git, url: "https://git.example/x", resolved: main, digest: "` + string(tree) + `"`):                       `roster.lock:3:5: references[0]: expected a commit as what the reference was resolved to [bad-lock]`,
		line(chart) + "  - {" + chart + "}\n":                                                                                 `roster.lock:4:5: references[1]: "chart vault 1 of https://charts.example" occurs twice [bad-lock]`,
		"<<<<<<< HEAD\n" + line(chart):                                                                                        `roster.lock:2:1: not YAML: mapping values are not allowed in this context [yaml-syntax]`,
		"version: 1\nreferences: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000):                                    `roster.lock:2:140: expected at most 128 levels of nesting, found more [too-deep]`,
	} {
		var diags diag.List
		var out strings.Builder
		source.ReadLock("roster.lock", []byte(text), &diags)
		_ = diags.Print(&out, diag.Frame{})
		if first, _, _ := strings.Cut(out.String(), "\n"); first != want {
			t.Errorf("%.200s\ngot  %s\nwant %s", text, first, want)
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Errorf("shows a password: %s", out.String())
		}
	}
}

func TestProblem(t *testing.T) {
	for r, want := range map[source.Reference]string{
		{Kind: source.Git, URL: "git@git.example:house/x.git", Version: "v1"}:                "",
		{Kind: source.Git, URL: "ssh://git@git.example:22/house/x.git"}:                      "",
		{Kind: source.Git, URL: "ssh://-oProxyCommand=x/y"}:                                  "expected a URL such as https://HOST/PATH",
		{Kind: source.Git, URL: "ssh://-o@git.example/y"}:                                    "the URL holds a user name or password",
		{Kind: source.Git, URL: "ext::sh -c x"}:                                              "expected a URL such as https://HOST/PATH",
		{Kind: source.Git, URL: "--upload-pack=x"}:                                           "expected a URL such as https://HOST/PATH",
		{Kind: source.Git, URL: "/etc"}:                                                      "expected a URL such as https://HOST/PATH",
		{Kind: source.Git, URL: "https://git.example/x", Version: "--output=x"}:              "a version must not begin with a dash",
		{Kind: source.Git, URL: "https://git.example/x", Name: "y"}:                          "only a chart of a chart repository has a name",
		{Kind: source.OCI, URL: "oci://registry.example"}:                                    "expected a repository in the registry: oci://HOST/PATH",
		{Kind: source.OCI, URL: "oci://registry.example/x"}:                                  "",
		{Kind: source.File, URL: "https://web.example/x?y=1"}:                                "",
		{Kind: source.File, URL: "https://web.example/x#y"}:                                  "expected a URL without ? and #",
		{Kind: source.Chart, URL: "https://charts.example?x=1", Name: "a"}:                   "expected a URL without ? and #",
		{Kind: source.Chart, URL: "https://charts.example", Name: "a\nb"}:                    "it is too long, or has characters that cannot be seen",
		{Kind: source.Chart, URL: "https://charts.example", Name: strings.Repeat("a", 2049)}: "it is too long, or has characters that cannot be seen",
		{Kind: source.Chart, URL: "https://charts.example", Name: "grafana/loki"}:            "",
		{Kind: source.Git, URL: "https://git.example/house/../../x"}:                         "expected a URL without . and .. in its path",
		{Kind: source.Git, URL: "git@git.example:../x"}:                                      "expected a URL without . and .. in its path",
		{Kind: source.OCI, URL: "oci://registry.example/house/./x"}:                          "expected a URL without . and .. in its path",
		{Kind: source.File, URL: "https://web.example/a/%2E%2e%2fx"}:                         "expected a URL without . and .. in its path",
		{Kind: source.File, URL: "https://web.example/a?b=%zz/../x"}:                         "expected a URL without . and .. in its path",
		{Kind: source.Chart, URL: "https://charts.example/..", Name: "a"}:                    "expected a URL without . and .. in its path",
		{Kind: source.File, URL: "https://web.example/a..b/.c/...?d=../x"}:                   "",
		{Kind: source.Kind("tar"), URL: "https://charts.example"}:                            "unknown kind of reference",
	} {
		if got := r.Problem(); got != want {
			t.Errorf("%+.80v: got %q, want %q", r, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	for r, want := range map[source.Reference]string{
		{Kind: source.Chart, Name: "grafana/loki"}:                   "loki.tgz",
		{Kind: source.OCI, URL: "oci://registry.example/charts/web"}: "web.tgz",
		{Kind: source.File, URL: "https://web.example/a/b.yaml?x=1"}: "b.yaml",
		{Kind: source.File, URL: "https://web.example"}:              "file",
		{Kind: source.File, URL: "https://web.example/.."}:           "file",
	} {
		if got := r.FileName(); got != want {
			t.Errorf("%v: got %q, want %q", r, got, want)
		}
	}
}

// piece is a tree in one piece: names that end in @ are links, and those that end in * may be executed.
func piece(t *testing.T, contents ...string) ([]byte, source.Digest, error) {
	t.Helper()
	var b bytes.Buffer
	w := source.NewTreeWriter(&b)
	for i := 0; i < len(contents); i += 2 {
		name, mode := strings.TrimRight(contents[i], "@*"), fs.FileMode(0o644)
		switch {
		case strings.HasSuffix(contents[i], "@"):
			mode = fs.ModeSymlink
		case strings.HasSuffix(contents[i], "*"):
			mode = 0o755
		}
		if err := w.Add(name, mode, strings.NewReader(contents[i+1])); err != nil {
			return nil, "", err
		}
	}
	digest, err := w.Close()
	return b.Bytes(), digest, err
}

func opened(t *testing.T, contents ...string) fs.FS {
	t.Helper()
	data, digest, err := piece(t, contents...)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := source.OpenTree(bytes.NewReader(data), int64(len(data)), digest)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTree(t *testing.T) {
	contents := []string{"b/c/d.yaml", "d", "a", "one", "run*", "#!/bin/sh", "b/up@", "../a", "odd \" name", "", "dir@", "b/c"}
	tree := opened(t, contents...)
	if err := fstest.TestFS(tree, "a", "b/c/d.yaml", "run", "b/up", `odd " name`, "dir"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"a": "one", "b/up": "one", "dir/d.yaml": "d", "run": "#!/bin/sh"} {
		if got, err := fs.ReadFile(tree, name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if info, err := fs.Stat(tree, "run"); err != nil || info.Mode() != 0o555 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := fs.Lstat(tree, "dir"); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
	if target, err := fs.ReadLink(tree, "dir"); err != nil || target != "b/c" {
		t.Errorf("%q, %v", target, err)
	}
	one, _, _ := piece(t, contents...)
	_, first, _ := piece(t, contents...)
	_, other, _ := piece(t, "odd \" name", "", "dir@", "b/c", "run*", "#!/bin/sh", "b/up@", "../a", "a", "one", "b/c/d.yaml", "d")
	if first != other {
		t.Errorf("the order matters: %s, %s", first, other)
	}
	for _, different := range [][]string{{"a", "one"}, {"a*", "one"}, {"a@", "one"}, {"b", "one"}, {"a", "two"}} {
		_, digest, _ := piece(t, different...)
		if _, plain, _ := piece(t, "a", "one"); (digest == plain) != (different[0] == "a" && different[1] == "one") {
			t.Errorf("%v: %s", different, digest)
		}
	}
	if !strings.HasPrefix(string(one), "done") {
		t.Errorf("the contents are not in the order in which they were added")
	}
}

// TestLinks: a link is followed within the tree, and nowhere else.
func TestLinks(t *testing.T) {
	tree := opened(t, "a/b/c", "x", "out@", "../x", "abs@", "/etc/passwd", "loop@", "loop", "a/round@", "../a/b", "a/out@", "../../x", "far@", "a/b/c/../../b/c", "not@", "missing")
	for name, want := range map[string]error{"out": fs.ErrPermission, "abs": source.ErrOutside, "a/out": source.ErrOutside, "a/round/c": nil, "not": fs.ErrNotExist, "a/b/c/d": fs.ErrNotExist,
		"../a": fs.ErrInvalid, "far": fs.ErrNotExist} {
		_, err := fs.ReadFile(tree, name)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if _, err := fs.Stat(tree, "loop"); err == nil || !strings.Contains(err.Error(), "too many links") {
		t.Errorf("got %v", err)
	}
	for _, c := range []struct {
		name, target string
		want         bool
	}{{"a", "b", false}, {"a/b", "../c", false}, {"a/b", "../../c", true}, {"a", "..", true}, {"a", "/b", true}, {"a/b/c", "../..", false}} {
		if got := source.LeadsOut(c.name, c.target); got != c.want {
			t.Errorf("%s to %s: got %t", c.name, c.target, got)
		}
	}
}

// TestRefused: what is not a path within the tree is not written.
func TestRefused(t *testing.T) {
	for name, want := range map[string]string{
		"../a": "not a path within it", "/a": "not a path within it", "a/../b": "not a path within it", "": "not a path within it", ".": "not a path within it",
		".git/config": "not a path within it", "sub/.GIT": "not a path within it", "a/.git. /x": "not a path within it", "a\xff": "not a path within it",
	} {
		if _, _, err := piece(t, name, "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", name, err)
		}
	}
	for _, contents := range [][]string{{"a", "x", "a", "y"}, {"a/b", "x", "a", "y"}, {"a@", "b", "a/c", "x"}} {
		if _, _, err := piece(t, contents...); err == nil {
			t.Errorf("%v were written", contents)
		}
	}
	if err := source.NewTreeWriter(io.Discard).Add("a", 0, io.LimitReader(zero{}, source.MaxTreeFile+1)); err == nil || !strings.Contains(err.Error(), "larger than 128 MiB") {
		t.Errorf("got %v", err)
	}
	if err := source.NewTreeWriter(io.Discard).Add("a", fs.ModeSymlink, io.LimitReader(zero{}, 5000)); err == nil {
		t.Error("a long link was written")
	}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestDamaged: each byte of a tree matters, at the latest when all of it is read.
func TestDamaged(t *testing.T) {
	data, digest, err := piece(t, "a", "one", "b/c", "two", "l@", "a")
	if err != nil {
		t.Fatal(err)
	}
	verify := func(data []byte) error { return source.VerifyTree(bytes.NewReader(data), int64(len(data)), digest) }
	if err := verify(data); err != nil {
		t.Fatal(err)
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		if err := verify(changed); err == nil {
			t.Errorf("byte %d of %q does not matter", i, data)
		}
		if err := verify(data[:i]); err == nil {
			t.Errorf("%d bytes are enough", i)
		}
		if err := verify(data[i+1:]); err == nil {
			t.Errorf("the first %d bytes do not matter", i+1)
		}
	}
	data[0] ^= 1
	damaged, err := source.OpenTree(bytes.NewReader(data), int64(len(data)), digest)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(damaged, "a"); !errors.Is(err, source.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

// TestDigest: the digest can be computed without roster.
func TestDigest(t *testing.T) {
	sum := func(s string) string { d := sha256.Sum256([]byte(s)); return hex.EncodeToString(d[:]) }
	_, got, err := piece(t, "b*", "two", "a", "one")
	want := source.Digest("tree-sha256:" + sum("f "+sum("one")+" 3 \"a\"\nx "+sum("two")+" 3 \"b\"\n"))
	if err != nil || got != want {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}

func TestOneFile(t *testing.T) {
	if err := fstest.TestFS(source.OneFile("x.tgz", []byte("x")), "x.tgz"); err != nil {
		t.Error(err)
	}
}

func FuzzTree(f *testing.F) {
	data, digest, _ := piece(&testing.T{}, "a", "one", "b/c", "two")
	f.Add(data, string(digest))
	f.Fuzz(func(t *testing.T, data []byte, digest string) {
		tree, err := source.OpenTree(bytes.NewReader(data), int64(len(data)), source.Digest(digest))
		if err != nil {
			return
		}
		_ = fs.WalkDir(tree, ".", func(name string, _ fs.DirEntry, _ error) error {
			_, _ = fs.ReadFile(tree, name)
			return nil
		})
	})
}

func FuzzLock(f *testing.F) {
	f.Add([]byte(lockText))
	f.Fuzz(func(t *testing.T, data []byte) {
		var diags diag.List
		l := source.ReadLock("roster.lock", data, &diags)
		if len(diags) > 0 {
			return
		}
		if diff := cmp.Diff(l, source.ReadLock("roster.lock", l.Text(), &diags)); diff != "" || len(diags) > 0 {
			t.Errorf("%v\n%s", diags, diff)
		}
	})
}

func TestFiles(t *testing.T) {
	files, err := source.Files(map[string][]byte{"Chart.yaml": []byte("x"), "templates/a.yaml": []byte("y")})
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(files, "Chart.yaml", "templates/a.yaml"); err != nil {
		t.Error(err)
	}
	for name, contents := range map[string]map[string][]byte{
		"a path that leads out": {"../x": nil},
		"no path":               {".": nil},
		"a file and a folder":   {"a": nil, "a/b": nil},
	} {
		if _, err := source.Files(contents); err == nil {
			t.Error(name, "is taken")
		}
	}
}
