//go:build unix

package rendered

import (
	"io/fs"
	"syscall"
)

// belongs reports whether a folder belongs to a user, or to root, who can do anything anyway.
func belongs(folder fs.FileInfo, user int) bool {
	s, ok := folder.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == user)
}
