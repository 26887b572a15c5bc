package diag

import (
	"strings"
	"unicode"
)

// Word is a text as one word of a command that people copy into a shell, and never a flag. What need not be quoted is not.
func Word(s string) string {
	if strings.HasPrefix(s, "-") { // of a folder
		s = "./" + s
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-._/:@+,", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
