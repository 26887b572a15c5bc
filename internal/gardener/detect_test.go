package gardener

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestGolden holds the report of testdata/vault against testdata/report.json; UPDATE=1 rewrites it.
func TestGolden(t *testing.T) {
	const golden = "testdata/report.json"
	args := []string{"detect", "--vault", "testdata/vault", "--ignore", "daily/**", "--ignore", "README.md"}
	var first string
	for range 3 { // the same notes, the same bytes
		var out, errs strings.Builder
		if code := Run(t.Context(), args, &out, &errs); code != 0 || errs.String() != "" {
			t.Fatal(code, errs.String())
		}
		if first == "" {
			first = out.String()
		}
		if out.String() != first {
			t.Fatal("two reports of the same notes differ")
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(first), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != first {
		t.Errorf("%v; got\n%s", err, first)
	}
}

var options = Options{Rare: 5, Suggestions: 20}

func detect(t *testing.T, fsys fs.FS, o Options) *Report {
	t.Helper()
	r, err := Detect(fsys, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLinks(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // want: line, kind and target of each
		{"[[A]]", "1w:A"},
		{"![[A b.png|100]] [[A#h|x]] [[#h]]", "1w:A b.png 1w:A 1w:"},
		{`| [[A\|x]] |`, "1w:A"},
		{"[x](a.md) ![y](<b c.png>) [z](d(e)f.md 'title')", "1m:a.md 1m:b c.png 1m:d(e)f.md"},
		{`[x](a\(b.md)`, "1m:a(b.md"},
		{"[![x](a.png)](b.md)", "1m:a.png 1m:b.md"},
		{"one\n\n[x\ny](a.md)\n[[B]]", "4m:a.md 5w:B"},
		{"[a]: b.md\n  [c]: <d e.md> \"t\"\n[^1]: no\n[e]: this is text", "1m:b.md 2m:d e.md"},
		{"`[[A]]` ``[[B]] ` [[C]]`` [[D]]", "1w:D"},
		{"`[[A]]", "1w:A"},
		{"`[[A]]\n\n`", "1w:A"}, // a paragraph ends a code span
		{"\\`[[A]]`", "1w:A"},
		{`\[[A]] \\[[B]]`, "1w:B"},
		{"```\n[[A]]\n```\n[[B]]", "4w:B"},
		{"````\n```\n[[A]]\n````\n[[B]]", "5w:B"},
		{"~~~\n[[A]]\n```\n[[B]]", ""},
		{"> ```\n> [[A]]\n> ```\n> [[B]]", "4w:B"},
		{"```a`b [[A]]", "1w:A"}, // no fence
		{"<https://x/[[A]]> <b>[[C]]</b>", "1w:C"},
		{"[x] (a.md) ](b.md) [y](c d.md) [z](e.md", ""},
		{"[[A\n]] [[B[[C]] [[]]", "2w:C 2w:"},
		{"---\na: \"[[A]]\"\nb: [[B]]\n---\n[[C]]", "2w:A 5w:C"},
		{"---\nnever\n[[A]]", "3w:A"},
		{"\ufeff---\na: 1\n---\r\n[[A]]\r\n", "4w:A"},
		{"- [ ] task\n- [x] done [a](b.md)", "2m:b.md"},
	} {
		var got []string
		for _, l := range parse([]byte(c.text)).links {
			kind := "m"
			if l.wiki {
				kind = "w"
			}
			got = append(got, fmt.Sprint(l.line, kind, ":", l.target))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q, want %q", c.text, strings.Join(got, " "), c.want)
		}
	}
}

func TestResolve(t *testing.T) {
	v := &vaultFiles{
		notes:   []string{"a/Note.md", "b/Note.md", "b/c/Other.md", "Top note.md", "v1.2.md", "b/Re: x.md"},
		others:  []string{"img/x.png", "b/y.pdf"},
		folders: []string{"a", "b", "b/c", "img"},
	}
	x := newIndex(v)
	for _, c := range []struct {
		from, link string
		want       int
	}{
		{"b/c/Other.md", "w:Note", 0}, // of two, the first
		{"b/z.md", "w:Note", 1},       // or the one beside
		{"b/z.md", "w:a/note", 0},
		{"b/z.md", "w:c/Other.md", 2},
		{"b/z.md", "w:v1.2", 4},
		{"b/z.md", "w:x.png", elsewhere},
		{"b/z.md", "w:X", nowhere},
		{"b/z.md", "w:./Note", 1},
		{"b/z.md", "w:../a/Note", 0},
		{"b/z.md", "w:../a/No", nowhere},
		{"b/z.md", "w:https://example.org", elsewhere},
		{"b/z.md", "w:obsidian://open?vault=x", elsewhere},
		{"b/z.md", "w:Re: x", 5}, // a wiki link names a note
		{"a/z.md", "w:re: X", 5},
		{"b/z.md", "w:Re: y", nowhere},
		{"b/z.md", "w:mailto:x@y", nowhere},
		{"b/z.md", "m:Re:%20x.md", elsewhere}, // in Markdown, this is a URL
		{"b/z.md", "m:./Re:%20x.md", 5},
		{"b/z.md", "m://example.org/x", elsewhere},
		{"b/z.md", "m:Note.md", 1},
		{"b/z.md", "m:Note", 1},
		{"b/z.md", "m:/a/Note.md#h", 0},
		{"b/z.md", "m:a/Note.md", 0}, // seen from the root
		{"b/z.md", "m:../Top%20note.md", 3},
		{"b/z.md", "m:Other.md", nowhere},
		{"b/z.md", "m:c", elsewhere},
		{"b/z.md", "m:y.pdf", elsewhere},
		{"b/z.md", "m:z.pdf", nowhere},
		{"b/z.md", "m:../../out.md", elsewhere},
		{"b/z.md", "m:#here", elsewhere},
		{"b/z.md", "m:mailto:x@y", elsewhere},
		{"b/z.md", "m:%zz.md", nowhere},
	} {
		if got := x.resolve(c.from, link{wiki: c.link[0] == 'w', target: c.link[2:]}); got != c.want {
			t.Errorf("%s in %s: got %d, want %d", c.link, c.from, got, c.want)
		}
	}
}

func TestStale(t *testing.T) {
	body := "# Text\n---\nmore\n"
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	for text, stale := range map[string]bool{
		"---\nsummary: x\nsummarized: " + hash[:12] + "\n---\n" + body:                         false,
		"---\r\nsummary: x\r\nsummarized: \"" + strings.ToUpper(hash) + "\"\r\n---\r\n" + body: false,
		"---\nsummary: x\nsummarized: " + hash[:11] + "\n---\n" + body:                         true, // too short
		"---\nsummary: x\nsummarized: " + hash[:12] + "\n---\n" + body + "x":                   true,
		"---\nsummary: >\n  x\n---\n" + body:                                                   true,
		"---\nsummary:\n  x\n---\n" + body:                                                     true,
		"---\nsummary:\nother: x\n---\n" + body:                                                false, // there is none
		"---\nsummary: \"\"\n---\n" + body:                                                     false,
		"---\n  summary: x\n---\n" + body:                                                      false, // of something else
		"---\nsummarized: " + hash + "\n---\n" + body:                                          false,
		body: false,
		"":   false,
	} {
		p := parse([]byte(text))
		if _, got := p.stale(); got != stale {
			t.Errorf("%q: stale %v", text, got)
		}
	}
	r := detect(t, fstest.MapFS{"a.md": {Data: []byte("---\nsummary: x\n---\n" + body)}}, options)
	if want := []Stale{{"a.md", "", hash[:16]}}; !slices.Equal(r.Stale, want) {
		t.Errorf("got %v, want %v", r.Stale, want)
	}
}

func TestSuggestions(t *testing.T) {
	vault := fstest.MapFS{}
	write := func(name, text string) { vault[name] = &fstest.MapFile{Data: []byte(text)} }
	write("a.md", "zymurgy saccharomyces `fenestration defenestration`")
	write("b.md", "Zymurgy, SACCHAROMYCES! fenestration defenestration")
	write("c.md", "zymurgy saccharomyces [[a]]")
	write("d.md", "zymurgy alone")
	for i := range 10 {
		write(fmt.Sprintf("n%d.md", i), "everywhere everyone")
	}
	r := detect(t, vault, options)
	// 14 notes; zymurgy is in 4 of them, saccharomyces in 3: ln(14/4) + ln(14/3).
	want := []Suggestion{{"a.md", "b.md", []string{"saccharomyces", "zymurgy"}, 2.793}, {"b.md", "c.md", []string{"saccharomyces", "zymurgy"}, 2.793}}
	if !slices.EqualFunc(r.Suggestions, want, func(a, b Suggestion) bool {
		return a.A == b.A && a.B == b.B && a.Score == b.Score && slices.Equal(a.Terms, b.Terms)
	}) {
		t.Errorf("got %v, want %v", r.Suggestions, want)
	}
	if r := detect(t, vault, Options{Rare: 3, Suggestions: 20}); len(r.Suggestions) != 0 {
		t.Errorf("one term is enough: %v", r.Suggestions)
	}
	if r := detect(t, vault, Options{Rare: 5, Suggestions: 1}); len(r.Suggestions) != 1 {
		t.Errorf("got %v", r.Suggestions)
	}
	if r := detect(t, vault, Options{Rare: 5, Suggestions: 9, Ignore: []string{"b.md"}}); len(r.Suggestions) != 0 {
		t.Errorf("an ignored note is suggested: %v", r.Suggestions)
	}
}

func TestWords(t *testing.T) {
	var got []string
	for w := range words([]byte("The caf\u00e9s, naïve2 x86 12345 " + strings.Repeat("a", 41) + " \xff broken\xffword Größe")) {
		got = append(got, string(w))
	}
	if want := []string{"cafés", "naïve2", "broken", "word", "größe"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBounds skips and lists what is not to be read, and gives up on what is too much.
func TestBounds(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bytes.Repeat([]byte{'a'}, size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("big.md", maxFile+1)
	write("just.md", maxFile)
	write("bad\nname.md", 1)
	write("folder\xff/x.md", 1)
	write(".obsidian/x.md", 1)
	write("a/.git/x.md", 1)
	if err := os.Symlink("just.md", filepath.Join(dir, "link.md")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	r, err := detectIn(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	want := []Skipped{{"bad name.md", "its name has characters that cannot be shown"}, {"big.md", "bigger than 1048576 bytes"}, {"folder\uFFFD", "its name has characters that cannot be shown"}, {"link.md", "not a regular file"}}
	if r.Notes != 1 || !slices.Equal(r.Skipped, want) {
		t.Errorf("%d notes, skipped %q", r.Notes, r.Skipped)
	}

	many := fstest.MapFS{}
	for i := range maxNotes + 1 {
		many[fmt.Sprintf("%d.md", i)] = &fstest.MapFile{}
	}
	if _, err := Detect(many, options); err == nil || !strings.Contains(err.Error(), "more than 20000 notes") {
		t.Errorf("got %v", err)
	}
	delete(many, "0.md")
	if r := detect(t, many, options); len(r.Orphans) != maxListed || !r.Truncated {
		t.Errorf("%d orphans, truncated %v", len(r.Orphans), r.Truncated)
	}
}

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{
		{"README.md", "a/README.md", true},
		{"a/*.md", "a/x.md", true},
		{"a/*.md", "a/b/x.md", false},
		{"a/**", "a/b/x.md", true},
		{"a/**", "ab/x.md", false},
		{"20??-*.md", "d/2026-01-01.md", true},
	} {
		if got := (globs{c.glob}).match(c.name); got != c.want {
			t.Errorf("%s and %s: %v", c.glob, c.name, got)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[31m\n b": "a [31m b",
		"\xff":          "\uFFFD",
		"\u202ex":       "x",
		"1234567890":    "1234567890",
		"12345678901":   "123456789…",
		"äöüäöüäöüäö":   "äöüäöüäöü…",
		"":              "",
	} {
		if got := clean(in, 10); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestLinear reads text that only looks like links. A parser that goes back would need hours for it.
func TestLinear(t *testing.T) {
	for _, part := range []string{"[", "[[", "[[a", "](", "[](", "[](<", "[](a \"", "[](a '", "`", "` ``", "\\", "(", "[a]:", "[a]: (", "<a:", "---\n", "```\n", "> ", "!", "[[a]]", "[x](a\\"} {
		text := bytes.Repeat([]byte(part), maxFile/len(part))
		begin := time.Now()
		parse(text)
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%q: %s", part, took)
		}
	}
	var runs bytes.Buffer // of backticks, each of another length
	for n := 1; runs.Len() < maxFile/2; n++ {
		runs.WriteString(strings.Repeat("`", n) + " ")
	}
	begin := time.Now()
	if parse(runs.Bytes()); time.Since(begin) > 20*time.Second {
		t.Errorf("backticks: %s", time.Since(begin))
	}
}

func FuzzNote(f *testing.F) {
	_ = fs.WalkDir(os.DirFS("testdata/vault"), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && isNote(name) {
			text, err := os.ReadFile(filepath.Join("testdata/vault", name))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
		return err
	})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxFile {
			return
		}
		p := parse(text)
		if len(p.prose) != len(text) || !bytes.HasSuffix(text, p.body) {
			t.Fatalf("%d bytes of prose and %d of body for %d", len(p.prose), len(p.body), len(text))
		}
		last := link{line: 1}
		for _, l := range p.links {
			if l.start < last.end || l.end <= l.start || l.end > len(text) || l.line < last.line || l.line > 1+bytes.Count(text, []byte{'\n'}) {
				t.Fatalf("%+v after %+v in %d bytes", l, last, len(text))
			}
			if l.line != 1+bytes.Count(text[:l.start], []byte{'\n'}) {
				t.Fatalf("%+v is in another line", l)
			}
			last = l
		}
		r := detect(t, fstest.MapFS{"a.md": {Data: text}, "b/c.md": {Data: text}}, options)
		if r.Notes != 2 || len(r.Broken) > 2*len(p.links) {
			t.Fatalf("%+v", r)
		}
		if _, err := r.JSON(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	vault := generated(5000)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := Detect(vault, options); err != nil || r.Notes != 5000 {
			b.Fatal(r, err)
		}
	}
}

// generated is a vault of n notes of some 300 words, with links between them and to nothing.
func generated(n int) fstest.MapFS {
	vault := fstest.MapFS{}
	x := uint32(1)
	random := func(below int) int {
		x = x*1664525 + 1013904223
		return int(x>>8) % below
	}
	for i := range n {
		var text strings.Builder
		text.WriteString("---\nsummary: x\n---\n")
		for w := range 300 {
			switch r := random(100); {
			case r < 2:
				fmt.Fprintf(&text, "[[note %d]] ", random(n+n/50))
			case r < 4:
				fmt.Fprintf(&text, "[x](../%d/note%%20%d.md) ", random(50), random(n))
			case r < 10:
				fmt.Fprintf(&text, "rare%c%c%c%c ", 'a'+random(26), 'a'+random(26), 'a'+random(26), 'a'+random(26))
			default:
				fmt.Fprintf(&text, "word%c%c ", 'a'+random(26), 'a'+random(26))
			}
			if w%15 == 14 {
				text.WriteString("\n\n")
			}
		}
		vault[fmt.Sprintf("%d/note %d.md", i%50, i)] = &fstest.MapFile{Data: []byte(text.String())}
	}
	return vault
}
