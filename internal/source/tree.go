package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/dotgit"
)

// A tree is kept in one piece, so that it is there as a whole or not at all: the contents of all files, then a line for each file,
// then a line of fixed length that says where the lines begin. The digest of the tree is that of its lines without the places of
// the contents; each line has the digest of its content. So a tree is verified by its lines alone when it is opened, and each
// content when it is read. A line:
//
//	KIND DIGEST SIZE PLACE "PATH"
//
// KIND is f for a file, x for one that may be executed, and l for a link, whose content is its target.

// Bounds of a tree.
const (
	MaxTreeFiles = 200_000
	MaxTreeBytes = 1 << 30   // of all contents
	MaxTreeFile  = 128 << 20 // of one
	maxTreeLines = 64 << 20  // of the lines
	maxLink      = 4096      // of a link's target
)

const (
	trailer     = "roster-tree 1 %020d\n"
	trailerHead = "roster-tree 1 "
	trailerSize = int64(len(trailerHead) + 20 + 1)
)

// treeFile is a line.
type treeFile struct {
	kind, digest string
	size, place  int64
	path         string
}

// TreeWriter writes a tree, file by file.
type TreeWriter struct {
	w       io.Writer
	written int64
	files   []treeFile
}

// NewTreeWriter writes a tree to w.
func NewTreeWriter(w io.Writer) *TreeWriter { return &TreeWriter{w: w} }

// Add adds a file, or a link with its target as content. It is refused when its path leads out of the tree or into .git, and when the
// tree becomes too large.
func (t *TreeWriter) Add(name string, mode fs.FileMode, content io.Reader) error {
	if !fs.ValidPath(name) || name == "." || dotgit.In(name) {
		return fmt.Errorf("it has a file %s, which is not a path within it", shown(name))
	}
	if len(t.files) == MaxTreeFiles {
		return fmt.Errorf("it has more than %d files", MaxTreeFiles)
	}
	kind, most := "f", int64(MaxTreeFile)
	switch {
	case mode&fs.ModeSymlink != 0:
		kind, most = "l", maxLink
	case mode&0o111 != 0:
		kind = "x"
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(t.w, sum), io.LimitReader(content, most+1))
	if err != nil {
		return err
	}
	if n > most {
		return fmt.Errorf("its file %s is larger than %d MiB", shown(name), most>>20)
	}
	t.files = append(t.files, treeFile{kind, hex.EncodeToString(sum.Sum(nil)), n, t.written, name})
	if t.written += n; t.written > MaxTreeBytes {
		return fmt.Errorf("its files are larger than %d MiB", MaxTreeBytes>>20)
	}
	return nil
}

func shown(name string) string {
	const most = 100
	return strconv.QuoteToGraphic(name[:min(len(name), most)])
}

// Close ends the tree, and returns its digest.
func (t *TreeWriter) Close() (Digest, error) {
	slices.SortFunc(t.files, func(a, b treeFile) int { return strings.Compare(a.path, b.path) })
	if err := (&files{folder(".")}).addAll(t.files, nil); err != nil {
		return "", err
	}
	var lines bytes.Buffer
	sum := sha256.New()
	for _, f := range t.files {
		fmt.Fprintf(&lines, "%s %s %d %d %s\n", f.kind, f.digest, f.size, f.place, strconv.QuoteToASCII(f.path))
		f.sum(sum)
	}
	if lines.Len() > maxTreeLines {
		return "", errors.New("the names of its files are too long")
	}
	if _, err := t.w.Write(fmt.Appendf(lines.Bytes(), trailer, lines.Len())); err != nil {
		return "", err
	}
	return treeDigest + Digest(hex.EncodeToString(sum.Sum(nil))), nil
}

// sum adds what the digest of the tree says of a file.
func (f treeFile) sum(to io.Writer) {
	_, _ = fmt.Fprintf(to, "%s %s %d %s\n", f.kind, f.digest, f.size, strconv.QuoteToASCII(f.path)) // a hash takes all
}

// ErrDamaged is why a tree or a file of it is not what its digest says.
var ErrDamaged = errors.New("the copy in the cache is damaged")

// OpenTree is the tree that was written to r, of that size. It is an error when its digest is another one, and when a file is read whose
// content is not what it was. It can be used as long as r can be read.
func OpenTree(r io.ReaderAt, size int64, digest Digest) (fs.FS, error) {
	if size < trailerSize {
		return nil, ErrDamaged
	}
	end, err := readAt(r, size-trailerSize, trailerSize)
	if err != nil {
		return nil, err
	}
	digits, ok := strings.CutPrefix(strings.TrimSuffix(string(end), "\n"), trailerHead)
	length, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || length < 0 || length > min(maxTreeLines, size-trailerSize) {
		return nil, ErrDamaged
	}
	begin := size - trailerSize - length
	text, err := readAt(r, begin, length)
	if err != nil {
		return nil, err
	}
	var all []treeFile
	sum := sha256.New()
	for line := range strings.Lines(string(text)) {
		f, ok := parseLine(line)
		if !ok || f.place > begin-f.size {
			return nil, ErrDamaged
		}
		f.sum(sum)
		all = append(all, f)
	}
	if treeDigest+Digest(hex.EncodeToString(sum.Sum(nil))) != digest {
		return nil, ErrDamaged
	}
	out := &files{folder(".")}
	return out, out.addAll(all, r)
}

func parseLine(line string) (f treeFile, ok bool) {
	words := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
	if len(words) != 5 {
		return f, false
	}
	size, err1 := strconv.ParseInt(words[2], 10, 64)
	place, err2 := strconv.ParseInt(words[3], 10, 64)
	name, err3 := strconv.Unquote(words[4])
	f = treeFile{words[0], words[1], size, place, name}
	return f, errors.Join(err1, err2, err3) == nil && size >= 0 && place >= 0 && size <= MaxTreeFile && fs.ValidPath(name)
}

// addAll adds the files of a tree, whose contents are in r. Links are read at once: without them, no path can be followed.
func (f *files) addAll(all []treeFile, r io.ReaderAt) error {
	for _, file := range all {
		e := file.entry(func() ([]byte, error) { return file.read(r) })
		if file.kind == "l" && r != nil {
			target, err := file.read(r)
			if err != nil {
				return err
			}
			e.target = string(target)
		}
		if err := f.add(file.path, e); err != nil {
			return err
		}
	}
	return nil
}

func (f treeFile) entry(read func() ([]byte, error)) *entry {
	mode := map[string]fs.FileMode{"f": 0o444, "x": 0o555, "l": fs.ModeSymlink | 0o777}[f.kind]
	return &entry{mode: mode, size: f.size, read: read}
}

func (f treeFile) read(r io.ReaderAt) ([]byte, error) {
	data, err := readAt(r, f.place, f.size)
	if err != nil {
		return nil, err
	}
	if !f.is(data) {
		return nil, ErrDamaged
	}
	return data, nil
}

// is reports whether a content is that of the file.
func (f treeFile) is(data []byte) bool {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]) == f.digest
}

func readAt(r io.ReaderAt, place, size int64) ([]byte, error) {
	data := make([]byte, size)
	if n, err := r.ReadAt(data, place); n < len(data) {
		return nil, err
	}
	return data, nil
}

// VerifyTree reads the whole tree, and reports whether it is what its digest says.
func VerifyTree(r io.ReaderAt, size int64, digest Digest) error {
	tree, err := OpenTree(r, size, digest)
	if err != nil {
		return err
	}
	return tree.(*files).top.verify()
}

func (e *entry) verify() error {
	for _, c := range e.list() {
		child := e.children[c.Name()]
		if child.mode.IsDir() {
			if err := child.verify(); err != nil {
				return err
			}
		} else if _, err := child.read(); err != nil {
			return err
		}
	}
	return nil
}

// LeadsOut reports whether a link at a path would lead out of the tree, whatever is there.
func LeadsOut(name, target string) bool {
	at := path.Join(path.Dir(name), target)
	return path.IsAbs(target) || at == ".." || strings.HasPrefix(at, "../")
}
