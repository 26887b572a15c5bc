// Package trace records what is looked at in a file system, so that somebody can find out later whether the same would be seen
// again: then whatever was made of it would be made again, too.
//
// A look is a question with one answer: what is in this file, what does this folder hold, is there anything of this name. What
// nobody asked does not matter. The answers are digests, so that a record of them takes little room, and they are those that were
// given at the time: what is changed later makes another answer.
package trace

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/source"
)

// Op is what is asked.
type Op byte

// What may be asked about a name: all but Source are about a file system, and Source is about a reference to what was fetched.
const (
	Read   Op = 'r' // what is in the file
	List   Op = 'd' // what is in the folder
	Stat   Op = 's' // what there is, behind links
	Lstat  Op = 'l' // what there is itself
	Link   Op = 'k' // where the link leads
	Source Op = 'f' // what was fetched for the reference, which is the name as JSON
)

// Look is one question.
type Look struct {
	Op   Op
	Tree string // which of several file systems; a word, or empty
	Name string
}

func (l Look) compare(m Look) int {
	return cmp.Or(cmp.Compare(l.Op, m.Op), cmp.Compare(l.Tree, m.Tree), cmp.Compare(l.Name, m.Name))
}

// MarshalText makes it the key of a mapping in JSON.
func (l Look) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%c%s:%s", l.Op, l.Tree, l.Name), nil
}

// UnmarshalText is the inverse of MarshalText.
func (l *Look) UnmarshalText(text []byte) error {
	tree, name, ok := strings.Cut(string(text), ":")
	if !ok || tree == "" {
		return errors.New("expected a question and a name")
	}
	*l = Look{Op(tree[0]), tree[1:], name}
	return nil
}

// Digest stands for an answer.
type Digest [sha256.Size]byte

// MarshalText is the digest as hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

// UnmarshalText is the inverse of MarshalText.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return errors.New("expected a digest")
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// Seen are questions and their answers.
type Seen map[Look]Digest

// Looks are the questions, in order.
func (s Seen) Looks() []Look { return slices.SortedFunc(maps.Keys(s), Look.compare) }

// In are the same questions about another tree, besides those about sources.
func (s Seen) In(tree string) Seen {
	out := make(Seen, len(s))
	for look, answer := range s {
		if look.Op != Source {
			look.Tree = tree
		}
		out[look] = answer
	}
	return out
}

// Add adds others. It reports whether none of them contradicts what is there.
func (s Seen) Add(others Seen) bool {
	for look, digest := range others {
		if known, ok := s[look]; ok && known != digest {
			return false
		}
		s[look] = digest
	}
	return true
}

// Digest stands for all of it.
func (s Seen) Digest() Digest {
	sum := sha256.New()
	for _, look := range s.Looks() {
		digest := s[look]
		_, _ = fmt.Fprintf(sum, "%c%s:%d:%s", look.Op, look.Tree, len(look.Name), look.Name) // a hash takes all
		_, _ = sum.Write(digest[:])
	}
	return total(sum)
}

func total(sum hash.Hash) (d Digest) {
	sum.Sum(d[:0])
	return d
}

func digestOf(kind string, parts ...string) Digest {
	sum := sha256.New()
	_, _ = io.WriteString(sum, kind) // a hash takes all
	for _, p := range parts {
		_, _ = fmt.Fprintf(sum, " %d:%s", len(p), p)
	}
	return total(sum)
}

// failed is the answer when there is none. Messages may have the words, but not the operation and the path of the system.
func failed(err error) Digest {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err
	}
	return digestOf("error", err.Error())
}

func read(sum hash.Hash) Digest { return digestOf("file", string(sum.Sum(nil))) }

func listed(entries []fs.DirEntry) Digest {
	names := make([]string, 0, 2*len(entries))
	for _, e := range entries {
		names = append(names, e.Type().String(), e.Name())
	}
	return digestOf("folder", names...)
}

func told(i fs.FileInfo) Digest {
	seen := plain(i)
	return digestOf("is", seen.mode.String(), fmt.Sprint(seen.size))
}

func leads(target string) Digest { return digestOf("link", target) }

// info is what may be seen of a file: what depends on the machine is left out, since no answer has it.
type info struct {
	fs.FileInfo
	mode fs.FileMode
	size int64
}

func plain(i fs.FileInfo) info {
	out := info{FileInfo: i, mode: i.Mode().Type()}
	if out.mode.IsRegular() {
		out.size = i.Size()
	}
	return out
}

func (i info) Mode() fs.FileMode { return i.mode }
func (i info) Size() int64       { return i.size }
func (i info) Sys() any          { return nil }

// fetched is the answer for a reference.
func fetched(known source.Stated, ref source.Reference) Digest {
	digest, err := known.State(ref)
	if err != nil {
		return missing(err)
	}
	return digestOf("fetched", string(digest))
}

func missing(err error) Digest { return digestOf("not fetched", err.Error()) }

// LookAt is the question for a reference.
func LookAt(ref source.Reference) Look {
	name, err := json.Marshal(ref)
	if err != nil { // there are only texts in it
		panic(err)
	}
	return Look{Op: Source, Name: string(name)}
}
