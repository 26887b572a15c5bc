package images

import (
	"cmp"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
)

// version is a tag that says which version it is. Two of them are compared when they are written alike: v1.2.3 with v1.3.0, but not with
// 1.3.0, v1.3 or v1.3.0-alpine; 1.27-alpine with 1.28-alpine; 2024.10.1 with 2025.1.2, but not with 3.0.0.
type version struct {
	scheme  string   // how it is written
	numbers []string // without zeros before them
	more    []string // numbers in what comes behind: builds, and versions of what the image is made from
	early   bool     // a pre-release
}

// longestTag is how many characters a registry permits in one.
const longestTag = 128

var (
	versionForm = lazy.Regexp(`^(v|V|release-|release-v|version-)?([0-9]+(?:\.[0-9]+)*)([-_][A-Za-z0-9_.-]*|\.[A-Za-z][A-Za-z0-9_.-]*|(?:a|b|rc|alpha|beta|p)[0-9]{1,9})?$`)
	number      = lazy.Regexp(`[0-9]+`)
	// hash is a commit: what a tag with one is newer than, only its repository knows.
	hash     = lazy.Regexp(`(^|[-._])g?[0-9a-f]{7,40}($|[-._])`)
	early    = lazy.Regexp(`(?i)^[-._]?(a|alpha|b|beta|canary|dev|develop|ea|m|milestone|nightly|pre|preview|rc|snapshot|test|unstable)([-._0-9].*)?$`)
	letter   = lazy.Regexp(`[a-f]`)
	dateForm = lazy.Regexp(`^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$`)
	yearForm = lazy.Regexp(`^(19|20)[0-9]{2}$`)
)

// versionOf reads a tag; not when it may be something else than a version.
func versionOf(tag string) (v version, ok bool) {
	parts := versionForm().FindStringSubmatch(tag)
	if parts == nil || len(tag) > longestTag {
		return v, false
	}
	prefix, numbers, suffix := parts[1], strings.Split(parts[2], "."), parts[3]
	for _, h := range hash().FindAllString(suffix, -1) {
		if letter().MatchString(strings.Trim(h, "-._g")) {
			return v, false
		}
	}
	kind := ""
	switch first := numbers[0]; {
	case len(first) > 4 && !dateForm().MatchString(first): // the beginning of a commit, a number of a build, a time
		return v, false
	case len(first) > 4:
		kind = "date"
	case yearForm().MatchString(first):
		kind = "year"
	}
	v.scheme = strings.Join([]string{prefix, kind, strings.Repeat("#.", len(numbers)), number().ReplaceAllString(suffix, "#")}, " ")
	v.early = early().MatchString(suffix)
	for _, n := range numbers {
		v.numbers = append(v.numbers, strings.TrimLeft(n, "0"))
	}
	for _, n := range number().FindAllString(suffix, -1) {
		v.more = append(v.more, strings.TrimLeft(n, "0"))
	}
	return v, true
}

// compare orders versions of one scheme.
func (v version) compare(w version) int {
	for i := range v.numbers {
		if c := compareNumbers(v.numbers[i], w.numbers[i]); c != 0 {
			return c
		}
	}
	for i := range min(len(v.more), len(w.more)) {
		if c := compareNumbers(v.more[i], w.more[i]); c != 0 {
			return c
		}
	}
	return 0
}

func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// follows reports whether a version is newer than another one that is written alike. A release follows its pre-releases.
func (v version) follows(w version) bool {
	if v.scheme == w.scheme {
		return v.compare(w) > 0
	}
	released := v.scheme[:strings.LastIndexByte(v.scheme, ' ')+1]
	return w.early && v.scheme == released && strings.HasPrefix(w.scheme, released) && (version{numbers: v.numbers}).compare(version{numbers: w.numbers}) >= 0
}

// Newer are the newest of some tags that are newer than one: with the same major version, and of all. Either is empty when there is none.
// It is not known when the tag does not say which version it is.
func Newer(tag string, tags []string) (within, newest string, known bool) {
	at, known := versionOf(tag)
	if !known {
		return "", "", false
	}
	bestWithin, best := at, at
	for _, t := range tags {
		v, ok := versionOf(t)
		if !ok || !v.follows(at) {
			continue
		}
		if v.follows(best) {
			best, newest = v, t
		}
		if len(v.numbers) > 1 && v.numbers[0] == at.numbers[0] && v.follows(bestWithin) {
			bestWithin, within = v, t
		}
	}
	return within, newest, true
}
