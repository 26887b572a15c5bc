package trace

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"

	"github.com/hippotion/roster/internal/source"
)

// Recorder records what is asked of its files and sources. Several may ask at once.
//
// What they get has nothing in it that is not recorded: no times, no permissions, and no owner.
type Recorder struct {
	below   fs.FS
	sources source.Sources

	mutex   sync.Mutex
	now     record          // since Begin
	inside  []record        // Shared ones that are going on, and what was going on before
	shared  []record        // that are over
	fetched map[Look]Digest // what was found for references
	damaged bool            // whether something was seen that a digest does not stand for; it may show in whatever is shared
}

// record is what was seen for one thing.
type record struct {
	seen   Seen
	shared map[int]bool // which of those that were shared
	lost   bool         // whether it is not all
}

func newRecord() record { return record{seen: Seen{}, shared: map[int]bool{}} }

// New records what is asked of files, and of sources, which may be nil.
func New(files fs.FS, sources source.Sources) *Recorder {
	return &Recorder{below: files, sources: sources, now: newRecord(), fetched: map[Look]Digest{}}
}

// Files are the files.
func (r *Recorder) Files() fs.FS { return recorded{r} }

// Sources are the sources; nil when there are none.
func (r *Recorder) Sources() source.Sources {
	if r.sources == nil {
		return nil
	}
	return opened{r}
}

// Begin forgets what was seen before, besides what is shared.
func (r *Recorder) Begin() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.now, r.inside = newRecord(), nil
}

// Shared records what look looks at once for several: the number that it returns stands for that, and each of the others calls Again
// with it.
func (r *Recorder) Shared(look func()) (number int) {
	r.mutex.Lock()
	r.inside = append(r.inside, r.now)
	r.now = newRecord()
	r.mutex.Unlock()
	defer func() {
		r.mutex.Lock()
		number = len(r.shared)
		r.shared = append(r.shared, r.now)
		last := len(r.inside) - 1
		r.now, r.inside = r.inside[last], r.inside[:last]
		r.mutex.Unlock()
		r.Again(number)
	}()
	look()
	return number
}

// Again notes what was shared before.
func (r *Recorder) Again(number int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.inside) == 0 {
		r.now.shared[number] = true
		return
	}
	r.now.lost = !r.now.seen.Add(r.shared[number].seen) || r.now.lost || r.shared[number].lost
}

// Taken is what was seen since Begin. Of what is shared it has the numbers.
type Taken struct {
	Seen   Seen
	Shared []int `json:",omitempty"`
}

// End is what was seen since Begin: with the references that were asked for, which may have been opened before. It is nil when
// something was seen that may not be seen again.
func (r *Recorder) End(asked []source.Reference) *Taken {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	lost := r.now.lost || r.damaged
	out := &Taken{Seen: r.now.seen}
	for number := range r.shared {
		if r.now.shared[number] {
			out.Shared, lost = append(out.Shared, number), lost || r.shared[number].lost
		}
	}
	for _, ref := range asked {
		look := LookAt(ref)
		if r.sources == nil {
			continue // then nothing was asked
		}
		digest, ok := r.fetched[look]
		out.Seen[look] = digest
		lost = lost || !ok
	}
	if lost {
		return nil
	}
	return out
}

// Parts is how many there are that were shared.
func (r *Recorder) Parts() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.shared)
}

// Part is what was shared under a number.
func (r *Recorder) Part(number int) Seen {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.shared[number].seen
}

func (r *Recorder) note(op Op, name string, answer Digest) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	look := Look{Op: op, Name: name}
	if known, ok := r.now.seen[look]; ok && known != answer {
		r.now.lost = true // it was changed in between
	}
	r.now.seen[look] = answer
}

func (r *Recorder) lose() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.now.lost = true
}

// recorded are the files of a Recorder.
type recorded struct{ r *Recorder }

func (f recorded) Open(name string) (fs.File, error) {
	info, err := f.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		entries, err := f.ReadDir(name)
		return &openFolder{info: info, rest: entries}, err
	}
	file, err := f.r.below.Open(name)
	if err != nil {
		f.r.note(Read, name, failed(err))
		return nil, err
	}
	return &openFile{File: file, r: f.r, name: name, sum: sha256.New()}, nil
}

func (f recorded) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(f.r.below, name)
	if err != nil {
		f.r.note(Read, name, failed(err))
		return nil, err
	}
	sum := sha256.New()
	_, _ = sum.Write(data)
	f.r.note(Read, name, read(sum))
	return data, nil
}

func (f recorded) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.r.below, name)
	if err != nil {
		f.r.note(List, name, failed(err))
		return nil, err
	}
	f.r.note(List, name, listed(entries))
	out := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		out[i] = entry{e, f, path.Join(name, e.Name())}
	}
	return out, nil
}

func (f recorded) Stat(name string) (fs.FileInfo, error) {
	i, err := fs.Stat(f.r.below, name)
	return f.told(Stat, name, i, err)
}

func (f recorded) Lstat(name string) (fs.FileInfo, error) {
	i, err := fs.Lstat(f.r.below, name)
	return f.told(Lstat, name, i, err)
}

func (f recorded) told(op Op, name string, i fs.FileInfo, err error) (fs.FileInfo, error) {
	if err != nil {
		f.r.note(op, name, failed(err))
		return nil, err
	}
	f.r.note(op, name, told(i))
	return plain(i), nil
}

func (f recorded) ReadLink(name string) (string, error) {
	target, err := fs.ReadLink(f.r.below, name)
	if err != nil {
		f.r.note(Link, name, failed(err))
		return "", err
	}
	f.r.note(Link, name, leads(target))
	return target, nil
}

// ModTime is never set: see Recorder.
func (i info) ModTime() time.Time { return time.Time{} }

// entry is one of a folder.
type entry struct {
	fs.DirEntry
	files recorded
	name  string
}

func (e entry) Info() (fs.FileInfo, error) { return e.files.Lstat(e.name) }

// openFile is a file that is being read. Only one that is read to its end has an answer.
type openFile struct {
	fs.File
	r    *Recorder
	name string
	sum  hash.Hash
	done bool
}

func (f *openFile) Stat() (fs.FileInfo, error) { return recorded{f.r}.Stat(f.name) }

func (f *openFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	_, _ = f.sum.Write(p[:n])
	if err != nil && !f.done {
		f.done = true
		if errors.Is(err, io.EOF) {
			f.r.note(Read, f.name, read(f.sum))
		} else {
			f.r.lose()
		}
	}
	return n, err
}

func (f *openFile) Close() error {
	if !f.done {
		f.done = true
		f.r.lose()
	}
	return f.File.Close()
}

// openFolder is a folder that is being read.
type openFolder struct {
	info fs.FileInfo
	rest []fs.DirEntry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }
func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.Name(), Err: errors.New("is a directory")}
}

func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(f.rest)
	} else if len(f.rest) == 0 {
		return nil, io.EOF
	}
	out := f.rest[:min(n, len(f.rest))]
	f.rest = f.rest[len(out):]
	return out, nil
}

// opened are the sources of a Recorder. What is in a source needs no record, since it has a digest.
type opened struct{ r *Recorder }

func (o opened) Open(ref source.Reference) (fs.FS, error) {
	files, err := o.r.sources.Open(ref)
	o.r.mutex.Lock()
	defer o.r.mutex.Unlock()
	answer := Digest{}
	known, ok := o.r.sources.(source.Stated)
	switch {
	case !ok || errors.Is(err, source.ErrDamaged) || err != nil && !errors.Is(err, source.ErrNotFetched) && !errors.Is(err, source.ErrChanged):
		o.r.damaged = true
	case err != nil:
		answer = missing(err)
	default:
		answer = fetched(known, ref)
	}
	look := LookAt(ref)
	if before, again := o.r.fetched[look]; again && before != answer {
		o.r.damaged = true // it was fetched, or removed, in between
	}
	o.r.fetched[look] = answer
	if err != nil {
		return nil, err
	}
	return intact{files, o.r}, nil
}

// intact are the files of a source. One that cannot be read is damaged, or the machine is.
type intact struct {
	fs.FS
	r *Recorder
}

func (i intact) check(err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) { // the latter of a link that leads out
		i.r.mutex.Lock()
		defer i.r.mutex.Unlock()
		i.r.damaged = true
	}
}

func (i intact) Open(name string) (fs.File, error) {
	info, err := fs.Stat(i.FS, name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return i.FS.Open(name)
	}
	data, err := i.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &memory{bytes.NewReader(data), info}, nil
}

func (i intact) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(i.FS, name)
	i.check(err)
	return data, err
}

func (i intact) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(i.FS, name) }
func (i intact) Stat(name string) (fs.FileInfo, error)      { return fs.Stat(i.FS, name) }
func (i intact) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(i.FS, name) }
func (i intact) ReadLink(name string) (string, error)       { return fs.ReadLink(i.FS, name) }

// memory is a file that was read.
type memory struct {
	*bytes.Reader
	info fs.FileInfo
}

func (m *memory) Stat() (fs.FileInfo, error) { return m.info, nil }
func (m *memory) Close() error               { return nil }
