// Package dotgit knows the names of the folder in which Git keeps its own data. It touches no file.
package dotgit

import "strings"

// Why is why nothing is read there.
const Why = ".git holds Git's own data, with credentials of whoever cloned it; it is not input"

// Is reports whether an element of a path is .git: file systems of other systems treat .GIT as it, and names that Git
// itself refuses to check out for that reason (Git's path.c, is_ntfs_dotgit and utf8.c, is_hfs_dotgit).
func Is(element string) bool {
	element = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff: // HFS+ ignores these
			return -1
		}
		return r
	}, element)
	element, _, _ = strings.Cut(element, ":") // a stream of NTFS
	element = strings.TrimRight(element, ". ")
	return strings.EqualFold(element, ".git") || strings.EqualFold(element, "git~1")
}

// In reports whether a path leads through .git.
func In(name string) bool {
	if !strings.Contains(name, "i") && !strings.Contains(name, "I") && !strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f }) {
		return false
	}
	for element := range strings.SplitSeq(name, "/") {
		if Is(element) {
			return true
		}
	}
	return false
}
