package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/diff/formats"
	"github.com/hippotion/roster/internal/lint"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	xhtml "golang.org/x/net/html"
)

// ours are the elements that the format itself makes.
var ours = map[string]bool{"h3": true, "h4": true, "p": true, "ul": true, "li": true, "strong": true, "code": true, "pre": true, "details": true, "summary": true, "a": true}

// harmless is what may stand outside of code: words, numbers and their punctuation. It has no mention, reference, address, emoji or entity.
var harmless = regexp.MustCompile(`^[A-Za-z0-9 .,;:!?()'→\n-]*$`)

// referring are references and addresses that consist of harmless characters.
var referring = regexp.MustCompile(`(?i)\b(www\.\w|https?:/|gh-[0-9]|[0-9a-f]{7,}\b)|:[a-z0-9_+-]+:|[a-z]\.[a-z]`)

// rendered reports what the input's author gets through in a comment, as a forge renders it, with HTML permitted. The only link is that to the page.
func rendered(text, page string) error {
	var out bytes.Buffer
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := markdown.Convert([]byte(text), &out); err != nil {
		return err
	}
	first, _, _ := strings.Cut(text, "\n")
	var open []string
	for z := xhtml.NewTokenizer(&out); ; {
		switch z.Next() {
		case xhtml.ErrorToken:
			if len(open) > 0 {
				return fmt.Errorf("%v are open at the end", open)
			}
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			return quick(text)
		case xhtml.CommentToken:
			if c := z.Token(); "<!--"+c.Data+"-->" != first {
				return fmt.Errorf("a comment %q", c.Data)
			}
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			e := z.Token()
			for _, a := range e.Attr {
				ofCode, ofLink := e.Data == "code" && a.Key == "class" && a.Val == "language-diff", e.Data == "a" && a.Key == "href" && a.Val == page
				if !ofCode && !ofLink {
					return fmt.Errorf("an attribute %s of %s", a.Key, e.Data)
				}
			}
			if !ours[e.Data] {
				return fmt.Errorf("an element %s", e.Data)
			}
			open = append(open, e.Data)
		case xhtml.EndTagToken:
			if e := z.Token(); len(open) == 0 || open[len(open)-1] != e.Data {
				return fmt.Errorf("%s ends in %v", e.Data, open)
			}
			open = open[:len(open)-1]
		case xhtml.TextToken:
			text := string(z.Text())
			if len(open) > 0 && open[len(open)-1] == "code" {
				continue
			}
			if text = xhtml.UnescapeString(text); !harmless.MatchString(text) || referring.MatchString(text) {
				return fmt.Errorf("the text %q", text)
			}
		case xhtml.DoctypeToken:
			return errors.New("a document type")
		}
	}
}

// quick reports a line that GitLab or a bot would take for a command, whatever it is in.
func quick(text string) error {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "/") || strings.HasPrefix(line, "@") && !strings.HasPrefix(line, "@@ ") || strings.HasPrefix(line, "::") {
			return fmt.Errorf("a line %q", line)
		}
		for _, c := range strings.TrimSuffix(line, "\n") {
			if !diag.Printable(c) {
				return fmt.Errorf("a character %U", c)
			}
		}
	}
	return nil
}

// filled is a report in which all texts are the same one.
func filled(text string) *formats.Report {
	cause := []diff.Cause{line(text, 1), before(text, 2)}
	names := func(s string) *diff.Side { return &diff.Side{Name: s, Commit: s} }
	f := lint.Finding{Severity: lint.Error, Diagnostic: diag.Diagnostic{Pos: line(text, 1).Pos, Path: text, Code: text, Message: text, Hint: text}}
	object := func(s diff.Sort) diff.ObjectChange {
		return diff.ObjectChange{Cluster: text, ID: id(text, text, text, text), Sort: s, Application: text, Entry: text, Causes: cause, Fields: []fields.Difference{
			{Path: steps(text, text), Change: fields.Changed, From: text, To: "other\n" + text + "\n" + text},
			{Path: fields.Path{{By: text, Key: text}}, Change: fields.Removed, From: map[string]any{text: []any{text}}},
			{Path: steps("x"), Change: fields.Changed, From: "a\n" + text + "\nb\n", To: "a\n" + text + "\nc\n"},
			{Change: fields.Added, To: text, Noise: text},
		}}
	}
	return &formats.Report{Tool: text, Version: text, Failed: []string{text}, Options: formats.Options{Key: text, Page: text}, Result: &diff.Result{
		Before: names(text), After: names(text), Linted: true, Findings: []lint.Finding{f}, Mended: []lint.Finding{f},
		Consequences: []diff.Consequence{{Kind: text, Word: text, Weight: diff.Danger, Subject: text, Message: text, Details: []string{text, text}, Causes: cause, Clusters: []string{text}}},
		Objects:      []diff.ObjectChange{object(diff.Created), object(diff.Deleted), object(diff.Changed)},
		NotCompared:  []diff.NotCompared{{Cluster: text, Application: text, Why: text, At: cause[0]}},
		NotJudged:    []diff.NotJudged{{Cluster: text, Kind: text, Why: text}},
	}}
}

// unread is the same with both sides broken.
func unread(text string) *formats.Report {
	r := filled(text)
	mistakes := diag.List{r.Findings[0].Diagnostic}
	r.Result = &diff.Result{Before: r.Before, After: r.After, Broken: [2]bool{true, true}}
	r.Before.Mistakes, r.After.Mistakes = mistakes, mistakes
	return r
}

var hostile = []string{
	"@octocat", "cc @org/team.", "#1", "fixes #1", "closes owner/repo#2", "GH-12", "!3", "%4", "~label", "&5", "$6", "^alert#7", "deadbeef", "0123456789abcdef0123456789abcdef01234567", "effaced",
	"https://evil.example", "http://a", "www.evil.example", "mail@evil.example", "ftp://x.example", "xmpp:a@b", "[x](https://evil.example)", "![x](https://evil.example/x.png)", "[x]", "[x]: https://evil.example", "[^1]", "<https://evil.example>",
	":tada:", "a :+1: b", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</details>", "</summary></details><h1>x", "<!--", "-->", "<!-- roster diff -->", "&lt;b&gt;", "&#64;octocat", "<b", "<?php", "<![CDATA[", "</code></pre><a href=x>y</a>",
	"`", "``", "```", "````````````````", "a`b``c```d", "`a", "a`", "~~~", "``` x", "\\`", "a\\", "\n```\n<b>\n", "\n~~~\n<b>\n", "\n\n<a href=x>\n\n", "    ```", "   ```\n@x",
	"| a | b |\n|---|---|\n| c | d |", "a|b", "\n/approve\n/merge", "/close", "\r/label ~x", "::include{file=x}", "[[_TOC_]]", "$`x`$", "$$\nx\n$$", "%{project_name}", "- [ ] x", "1. x", "# x", "> x", "---", "===", "* x", "+ x", "**x**", "_x_", "~~x~~", "==x==",
	"\u202e\u2066x\u2069", "a\u200bb", "\u00a0", "\u3000@x", "\ufeff", "\x1b]8;;https://evil.example\x07x", "\xff\xfe", "é @x ü", "\u2060#1", "@\u200boctocat", "＠octocat", "", " ", "  x  ", strings.Repeat("`a", 5000), strings.Repeat("<", 10000), strings.Repeat("@x ", 5000),
	"---\ntitle: x\n---", "<details>", "javascript:alert(1)", "https://ci.example/x)(y", "https://ci.example/<b>", "https://ci.example/\"onclick=x", "//evil.example", nasty,
}

func TestHostile(t *testing.T) {
	for _, text := range hostile {
		for _, r := range []*formats.Report{filled(text), unread(text)} {
			if err := rendered(comment(t, r), r.Page); err != nil {
				t.Errorf("%.100q: %v", text, err)
			}
		}
	}
	for name, r := range reports() {
		if err := rendered(written(t, "markdown", r), r.Page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// comment is a report as a comment; without a key, when that one is too long.
func comment(t *testing.T, r *formats.Report) string {
	t.Helper()
	if len(r.Key) > 1000 {
		r.Key = ""
	}
	if len(r.Page) > 1000 {
		r.Page = ""
	}
	return written(t, "markdown", r)
}

// TestRandomHostile renders texts that are made of what Markdown and forges find a meaning in.
func TestRandomHostile(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			switch random.IntN(4) {
			case 0:
				b.WriteString(hostile[random.IntN(len(hostile)-3)])
			case 1:
				b.WriteByte("`~<>[]()!@#*_-+=|\\/:&\"' \t\n\r.1a"[random.IntN(30)])
			case 2:
				b.WriteString(strings.Repeat("`~<-> \n"[random.IntN(7):][:1], random.IntN(9)))
			default:
				b.WriteString([]string{"word", "fixes ", " see ", "\n\n", "\n    ", "https://", "www."}[random.IntN(7)])
			}
		}
		text := b.String()
		if len(text) > 3000 {
			text = text[:3000]
		}
		for _, r := range []*formats.Report{filled(text), unread(text)} {
			if err := rendered(comment(t, r), r.Page); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	}
}

// TestRendered checks the checker: each of these gets something through.
func TestRendered(t *testing.T) {
	for _, text := range []string{
		"@octocat", "a #1", "https://evil.example", "www.evil.example", "<b>x</b>", "<!-- x -->\n<!-- y -->", "![](x)", "| a |\n|---|\n", "a\n/approve", ":tada:", "deadbeef", "<details>", "> x", "```sh\nx\n```", "`a\u202eb`", "1. x", "GH-1",
	} {
		if rendered(text, "https://ci.example/x") == nil {
			t.Errorf("%q is harmless", text)
		}
	}
	if err := rendered("<!-- x -->\n- a `@b` c\n\n```diff\n@@ x\n```\n[x](https://ci.example)\n", "https://ci.example"); err != nil {
		t.Error(err)
	}
}

// TestLimit fills a comment with much of each sort: it is never too long, it never ends within something, and it counts what it leaves out.
func TestLimit(t *testing.T) {
	var most []*formats.Report
	for _, size := range []int{1, 100, 1000} {
		objects := large(size, 3)
		objects.Key, objects.Page = "home", "https://ci.example/"+strings.Repeat("x", 500)
		consequences, all := empty(), rich()
		for i := range size {
			consequences.Consequences = append(consequences.Consequences, diff.Consequence{Word: "image", Weight: diff.Weights()[i%3], Message: fmt.Sprint("image ", i, " is new @x")})
			all.Consequences = append(all.Consequences, all.Consequences...)[:min(2*len(all.Consequences), 1000)]
			all.Findings = append(all.Findings, all.Findings...)[:min(2*len(all.Findings), 1000)]
			all.NotCompared = append(all.NotCompared, all.NotCompared...)[:min(2*len(all.NotCompared), 1000)]
		}
		all.Objects = append(all.Objects, objects.Objects...)
		broken := unread(strings.Repeat("<`\x1b", 150))
		broken.Options = formats.Options{}
		for range size {
			broken.Before.Mistakes = append(broken.Before.Mistakes, broken.Before.Mistakes[0])
		}
		most = append(most, objects, consequences, all, broken)
	}
	for i, r := range most {
		for _, limit := range []int{0, 8000, 10000, 20000, 100000, 1000000} {
			r.Limit = limit
			text := written(t, "markdown", r)
			if limit == 0 {
				limit = 65536
			}
			if len(text) > limit || !utf8.ValidString(text) {
				t.Errorf("%d: %d bytes of %d", i, len(text), limit)
			}
			if err := rendered(text, r.Page); err != nil {
				t.Errorf("%d, %d: %v", i, limit, err)
			}
		}
	}
	objects := most[len(most)-4]
	objects.Limit = 20000
	text := written(t, "markdown", objects)
	shown := strings.Count(text, "\n- changed: ")
	if want := fmt.Sprintf("\nAnd %s more objects.\n", diag.Thousands(1000-shown)); shown < 10 || !strings.Contains(text, want) || !strings.Contains(text, "`--format html`") {
		t.Errorf("%d are shown, and no %q", shown, want)
	}
	r := empty()
	if r.Limit = 100; formats.Write(io.Discard, "markdown", r) == nil {
		t.Error("a comment of 100 bytes is written")
	}
	if r.Limit, r.Key = 0, strings.Repeat("x", 70000); formats.Write(io.Discard, "markdown", r) == nil {
		t.Error("a comment with a long key is written")
	}
}

// TestMarker: the first line tells the comments of two lists apart, and is one comment of HTML, whatever the key.
func TestMarker(t *testing.T) {
	seen := map[string]string{}
	for _, key := range []string{"", "home", "home-", "home--", "--", "---", "a b", "a+b", "a%20b", "-->", "--!>", ">", "-", "\n", "@x"} {
		r := empty()
		r.Key = key
		first, _, _ := strings.Cut(written(t, "markdown", r), "\n")
		if other, known := seen[first]; known {
			t.Errorf("%q and %q have both %s", key, other, first)
		}
		seen[first] = key
		if inside := strings.TrimSuffix(strings.TrimPrefix(first, "<!--"), "-->"); strings.ContainsAny(inside, "<>\n@") || strings.Contains(inside, "--") || !strings.HasPrefix(first, "<!-- roster diff") {
			t.Errorf("%q: %s", key, first)
		}
	}
}
