//go:build !unix

package rendered

import "io/fs"

// belongs says nothing of systems whose permissions are others: there, the folder is in the user's own.
func belongs(fs.FileInfo, int) bool { return true }
