package fetch

import (
	"bytes"
	"io/fs"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/copies"
)

// fromCopy takes what is pinned from its copy in the repository into the cache, and reports whether it is there now. A copy that is
// missing, or that somebody has changed, is no reason to fail: there are servers.
func (r *run) fromCopy(k source.Locked) bool {
	if r.Copies.Repository == "" {
		return false
	}
	files, err := copies.Open(r.Copies, k)
	if err != nil {
		return false
	}
	out, err := r.Cache.Create(2 * source.MaxTreeBytes)
	if err != nil {
		return false
	}
	defer out.Discard()
	digest := k.Digest
	if k.Digest.IsTree() {
		tree := source.NewTreeWriter(out)
		if source.AddFolder(tree, files) != nil {
			return false
		}
		digest, err = tree.Close()
	} else {
		var data []byte
		if data, err = fs.ReadFile(files, k.FileName()); err == nil {
			_, err = bytes.NewReader(data).WriteTo(out)
		}
	}
	return err == nil && digest == k.Digest && out.Commit(digest, k.String()) == nil
}
