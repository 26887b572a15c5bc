package kinds

import (
	"slices"
	"strings"

	"github.com/gobwas/glob"
)

// globCovers reports whether one pattern matches all that another one does. Argo CD matches with the same patterns. A wildcard of the other one is
// tried with nothing and with characters that nobody writes: only a wildcard matches both.
func globCovers(pattern, other string, separators ...rune) bool {
	if pattern == "*" || pattern == other {
		return true
	}
	if strings.HasPrefix(pattern, "!") || strings.HasPrefix(other, "!") || len(pattern) > longestPattern || len(other) > longestPattern || strings.ContainsAny(other, "[{\\") {
		return false
	}
	g, err := glob.Compile(pattern, separators...)
	if err != nil {
		return false
	}
	if other == "*" && len(separators) > 0 { // then Argo CD takes it for everything
		other = "**"
	}
	for _, deep := range [...]string{"", "\x01\x02\x03", "\x01/\x02/\x03"} {
		flat := strings.ReplaceAll(deep, "/", "\x04")
		if len(separators) == 0 {
			flat = deep
		}
		text := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(other, "**", "\x05"), "*", flat), "\x05", deep)
		if !g.Match(strings.ReplaceAll(text, "?", "\x06")) {
			return false
		}
	}
	return true
}

const longestPattern = 1024 // characters

// uncoveredPatterns are the patterns of a list that permit something which another list does not. Those with ! exclude something: of the other list,
// those are named that this one no longer has.
func uncoveredPatterns(list, other []string, separators ...rune) []string {
	form := func(pattern string) string { return pattern }
	if len(separators) > 0 { // URLs, which Argo CD compares in one form (util/git, NormalizeGitURL)
		form = func(pattern string) string {
			return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(pattern)), ".git")
		}
	}
	var out []string
	allows := false
	for _, pattern := range list {
		if strings.HasPrefix(pattern, "!") {
			continue
		}
		allows = true
		if !slices.ContainsFunc(other, func(o string) bool { return globCovers(form(o), form(pattern), separators...) }) {
			out = append(out, pattern)
		}
	}
	if allows {
		for _, pattern := range missingIn(other, list) {
			if strings.HasPrefix(pattern, "!") {
				out = append(out, pattern)
			}
		}
	}
	return out
}
