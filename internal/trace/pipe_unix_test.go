package trace_test

import (
	"strings"
	"syscall"
	"time"
)

var fixed = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

func pipe(name string) error { return syscall.Mkfifo(name, 0o600) }

func has(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}
