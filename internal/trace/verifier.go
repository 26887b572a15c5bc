package trace

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/hippotion/roster/internal/source"
)

// Verifier gives the answers of now, each once: files that are changed meanwhile do not matter. Several may ask at once.
type Verifier struct {
	trees   map[string]fs.FS
	sources source.Sources

	known sync.Map     // *found by Look
	left  atomic.Int64 // of the bytes that it may read
}

type found struct {
	once   sync.Once
	answer Digest
	ok     bool
}

// MaxBytes is how much of files is read, in bytes, to find out whether what was kept is still right.
const MaxBytes = 2 << 30

// Verify gives the answers of these files, by tree, and of these sources, which may be nil. It reads no more than so many bytes.
func Verify(trees map[string]fs.FS, sources source.Sources, most int64) *Verifier {
	v := &Verifier{trees: trees, sources: sources}
	v.left.Store(most)
	return v
}

// See is the answer, unless there is none: what can be asked is bounded.
func (v *Verifier) See(look Look) (Digest, bool) {
	known, _ := v.known.LoadOrStore(look, &found{})
	f := known.(*found)
	f.once.Do(func() { f.answer, f.ok = v.see(look) })
	return f.answer, f.ok
}

func (v *Verifier) see(look Look) (Digest, bool) {
	files := v.trees[look.Tree]
	if files == nil && look.Op != Source {
		return Digest{}, false
	}
	switch look.Op {
	case Read:
		return v.read(files, look.Name)
	case List:
		if i, err := fs.Stat(files, look.Name); err == nil && !i.IsDir() && !i.Mode().IsRegular() {
			return Digest{}, false // such as a pipe, which hangs
		}
		entries, err := fs.ReadDir(files, look.Name)
		if err != nil {
			return failed(err), true
		}
		return listed(entries), true
	case Stat, Lstat:
		tell := fs.Stat
		if look.Op == Lstat {
			tell = fs.Lstat
		}
		i, err := tell(files, look.Name)
		if err != nil {
			return failed(err), true
		}
		return told(i), true
	case Link:
		target, err := fs.ReadLink(files, look.Name)
		if err != nil {
			return failed(err), true
		}
		return leads(target), true
	case Source:
		known, ok := v.sources.(source.Stated)
		var ref source.Reference
		if !ok || json.Unmarshal([]byte(look.Name), &ref) != nil {
			return Digest{}, false
		}
		return fetched(known, ref), true
	}
	return Digest{}, false
}

// read reads a regular file. What else it may be by now, such as a pipe that never ends, is no answer: nobody has read it.
func (v *Verifier) read(files fs.FS, name string) (Digest, bool) {
	i, err := fs.Stat(files, name)
	if err != nil {
		return failed(err), true
	}
	if !i.Mode().IsRegular() || v.left.Add(-i.Size()) < 0 {
		return Digest{}, false
	}
	file, err := files.Open(name)
	if err != nil {
		return failed(err), true
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(file, i.Size()+1))
	if errors.Join(err, file.Close()) != nil || n != i.Size() { // it is being written
		return Digest{}, false
	}
	return read(sum), true
}

// All gives the answers to many questions; false when there is one without an answer.
func (v *Verifier) All(looks []Look) (Seen, bool) {
	out := make(Seen, len(looks))
	for _, look := range looks {
		answer, ok := v.See(look)
		if !ok {
			return nil, false
		}
		out[look] = answer
	}
	return out, true
}
