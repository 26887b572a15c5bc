package formats

import (
	"html"
	"net/url"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
)

// A forge finds more in a text than Markdown has: mentions, references such as #1, !1, GH-1 and hashes of commits, addresses, emoji, commands
// at the beginning of a line. It does so after backslashes and entities are resolved, and nowhere in code. So a word of a message is either one
// in which nothing can be found, or code.
var (
	plainWord   = lazy.Regexp(`^(\(?[A-Za-z]+([-'][A-Za-z]+)*\)?[.,;:!?]?|[0-9]{1,3}(,[0-9]{3})*[,;:]?|→)$`)
	likeAHash   = lazy.Regexp(`(?i)\b[a-f]{7,}\b`)
	safeAddress = lazy.Regexp(`^https?://[A-Za-z0-9._~/?&=%+:-]+$`)
)

// none stands for a text that is empty: an item of a list without one would make a heading of the line before it.
const none = "(none)"

// prose is a message with all in code that is not a plain word.
func prose(message string, as func(string) string) string {
	var out, special []string
	flush := func() {
		if len(special) > 0 {
			out, special = append(out, as(strings.Join(special, " "))), nil
		}
	}
	for _, word := range strings.Fields(message) {
		if !plainWord().MatchString(word) || likeAHash().MatchString(word) {
			special = append(special, word)
			continue
		}
		flush()
		out = append(out, word)
	}
	flush()
	if out == nil {
		return none
	}
	return strings.Join(out, " ")
}

// words is a message in Markdown, not at the beginning of a line.
func words(message string) string { return prose(message, code) }

// code is a text as code in Markdown: between more backticks than it has in a row.
func code(text string) string {
	if text == "" {
		return none
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// spans are several of them.
func spans(all []string) string {
	var out []string
	for _, s := range all {
		out = append(out, code(s))
	}
	return strings.Join(out, ", ")
}

// longestRun is how many backticks a text has in a row at most.
func longestRun(text string) int {
	longest, run := 0, 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// inHTML is a message in an element of HTML.
func inHTML(message string) string {
	return prose(message, func(text string) string { return "<code>" + html.EscapeString(text) + "</code>" })
}

// folded opens what a reader has to unfold; folds ends it.
func folded(summary string) string { return "<details><summary>" + inHTML(summary) + "</summary>\n\n" }

const folds = "</details>\n\n"

// fenced are rows as a block of code, between more backticks than they have in a row. No row begins with a backtick.
func fenced(rows []row) string {
	fence := "```"
	var b strings.Builder
	for _, r := range rows {
		line := r.String()
		fence = strings.Repeat("`", max(len(fence), longestRun(line)+1))
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return "\n" + fence + "diff\n" + b.String() + fence + "\n\n"
}

// addressed is a link to an address that the caller gave; where that is none, it is code.
func addressed(title, address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" && safeAddress().MatchString(address) {
		return "[" + title + "](" + address + ")"
	}
	return title + ": " + code(text(address))
}

// marker is the comment by which a job finds what it has written before.
func marker(key string) string {
	if key != "" {
		key = " " + strings.ReplaceAll(url.QueryEscape(key), "--", "-%2D")
	}
	return "<!-- roster diff" + key + " -->\n"
}
