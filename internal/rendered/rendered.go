// Package rendered keeps what was made of files, so that it need not be made again as long as these files are what they were.
//
// What is kept may be secret, and lies in a folder of this machine. So each entry is encrypted with a key that is derived from
// everything that it was made of: who has all of that can make it himself, and nobody else can read it. The names of entries are
// derived in the same way. A random key of the folder is mixed in, so that nothing can be found out about an entry without the
// whole folder; who has that can still try inputs that he guesses, at the cost of one derivation for each.
//
// Nothing in the folder is trusted, or needed: an entry that cannot be decrypted is not there, and what cannot be written is not
// kept. Several runs may use it at once, and any of them may be killed at any moment.
package rendered

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// Cache is where things are kept: a value that can be handed to another process. The zero Cache keeps nothing.
type Cache struct {
	Folder string
	Build  string // of the program that makes things: another one may make other things
}

// In is the cache of this program below a folder.
func In(folder string) Cache {
	build := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		build = info.String() // with the versions of all engines
	}
	// Of a build from a checkout, this says nothing of what was changed in it.
	program, err := os.Executable()
	if err != nil {
		return Cache{}
	}
	file, err := os.Stat(program)
	if err != nil {
		return Cache{}
	}
	sum := sha256.Sum256([]byte(build + "\n" + strconv.FormatInt(file.Size(), 10) + " " + file.ModTime().UTC().Format(time.RFC3339Nano)))
	return Cache{Folder: folder, Build: hex.EncodeToString(sum[:])}
}

// Bounds of what is kept.
const (
	maxEntry   = 64 << 20  // bytes of one entry
	maxBytes   = 512 << 20 // of all
	maxEntries = 100_000
)

const (
	version = "1" // of the form of entries: others lie in folders beside this one
	keyFile = "key"
	keySize = 32
)

// folder is where entries lie in the cache's folder.
var folder = path.Join("rendered", version)

// Store is an open Cache. A nil Store keeps nothing.
type Store struct {
	root  *os.Root
	build string
	key   []byte
	wrote atomic.Bool
	parts parts
}

// Open opens the cache; nil when there is none, or when its folder cannot be used.
func (c Cache) Open() *Store {
	if c.Folder == "" {
		return nil
	}
	at := filepath.Join(c.Folder, filepath.FromSlash(folder))
	if os.MkdirAll(at, 0o700) != nil {
		return nil
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil
	}
	s := &Store{root: root, build: c.Build}
	s.parts.made = map[string]bool{}
	if !s.mine(os.Geteuid()) || !s.readKey() {
		_ = root.Close()
		return nil
	}
	return s
}

// mine reports whether nobody but a user may write into the folder: others could have made what is in it, as far as they know the input.
func (s *Store) mine(user int) bool {
	info, err := s.root.Stat(".")
	return err == nil && (runtime.GOOS == "windows" || info.Mode().Perm()&0o022 == 0) && belongs(info, user)
}

// readKey reads the key of the folder, or makes it.
func (s *Store) readKey() bool {
	for range 2 {
		data, err := s.read(keyFile, keySize)
		switch {
		case err == nil && len(data) == keySize:
			s.key = data
			return true
		case !errors.Is(err, fs.ErrNotExist): // it is no key
			_ = s.root.RemoveAll(keyFile)
		}
		key := make([]byte, keySize)
		_, _ = rand.Read(key)                                                                   // never fails
		s.writeAs(key, func(temporary string) error { return s.root.Link(temporary, keyFile) }) // unless another run was first
	}
	return false
}

// read reads a file of at most so many bytes.
func (s *Store) read(name string, most int64) ([]byte, error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fs.ErrInvalid
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const often = 12 * time.Hour
	if now := time.Now(); now.Sub(info.ModTime()) > often {
		_ = s.root.Chtimes(name, now, now) // it is of use, for prune
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, err
}

// write gives a file its name when it is complete. A crash of the machine may leave a part of it, which cannot be decrypted: that
// costs less than to wait for the disk a thousand times.
func (s *Store) write(name string, data []byte) {
	s.writeAs(data, func(temporary string) error { return s.root.Rename(temporary, name) })
}

func (s *Store) writeAs(data []byte, give func(temporary string) error) {
	temporary := "." + rand.Text() + ".tmp"
	f, err := s.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil && closed == nil && give(temporary) == nil {
		s.wrote.Store(true)
	}
	_ = s.root.Remove(temporary) // if it is still there
}

// sealed is the name and the cipher of an entry that is made of a secret.
func (s *Store) sealed(secret []byte) (name string, seal cipher.AEAD) {
	derived := make([]byte, 0, 64)
	prk, err := hkdf.Extract(sha256.New, secret, s.key)
	if err == nil {
		derived, err = hkdf.Expand(sha256.New, prk, "roster rendered "+version, 64)
	}
	var block cipher.Block
	if err == nil {
		block, err = aes.NewCipher(derived[32:])
	}
	if err == nil {
		seal, err = cipher.NewGCM(block)
	}
	if err != nil { // of lengths that are fixed here
		panic(err)
	}
	return hex.EncodeToString(derived[:16]), seal
}

// get is the entry that is made of a secret.
func (s *Store) get(secret []byte) ([]byte, bool) {
	name, seal := s.sealed(secret)
	data, err := s.read(name, maxEntry)
	if err != nil || len(data) < seal.NonceSize() {
		return nil, false
	}
	text, err := seal.Open(data[seal.NonceSize():seal.NonceSize()], data[:seal.NonceSize()], data[seal.NonceSize():], nil)
	return text, err == nil
}

// put keeps an entry that is made of a secret.
func (s *Store) put(secret, text []byte) {
	name, seal := s.sealed(secret)
	nonce := make([]byte, seal.NonceSize(), seal.NonceSize()+len(text)+seal.Overhead())
	_, _ = rand.Read(nonce) // never fails
	if data := seal.Seal(nonce, nonce, text, nil); len(data) <= maxEntry {
		s.write(name, data)
	}
}

// Close keeps the cache within its bounds, if something was written.
func (s *Store) Close() {
	if s == nil {
		return
	}
	if s.wrote.Load() {
		_, _ = s.prune(bounds{maxBytes, maxEntries}, time.Time{})
	}
	_ = s.root.Close()
}

// Usage is how much is kept.
type Usage struct {
	Entries int
	Bytes   int64
}

// Usage is how much is kept.
func (s *Store) Usage() (Usage, error) {
	var u Usage
	if s == nil {
		return u, nil
	}
	all, err := s.entries()
	for _, e := range all {
		u.Entries, u.Bytes = u.Entries+1, u.Bytes+e.size
	}
	return u, err
}

// Prune removes what was not used since, and returns how much that was.
func (s *Store) Prune(since time.Time) (Usage, error) {
	if s == nil {
		return Usage{}, nil
	}
	return s.prune(bounds{maxBytes, maxEntries}, since)
}

type stored struct {
	name string
	size int64
	used time.Time // to within half a day
}

// entries are all of them, and what runs are writing; the ones that were used last come first.
func (s *Store) entries() ([]stored, error) {
	list, err := fs.ReadDir(s.root.FS(), ".")
	var out []stored
	for _, e := range list {
		if info, gone := e.Info(); gone == nil && e.Name() != keyFile && info.Mode().IsRegular() {
			out = append(out, stored{e.Name(), info.Size(), info.ModTime()})
		}
	}
	slices.SortFunc(out, func(a, b stored) int { return b.used.Compare(a.used) })
	return out, err
}

type bounds struct {
	bytes   int64
	entries int
}

// prune removes what was not used since, and the oldest of what is too much: then a quarter of it, so that it is not needed soon again.
func (s *Store) prune(most bounds, since time.Time) (removed Usage, err error) {
	all, err := s.entries()
	var total int64
	for _, e := range all {
		total += e.size
	}
	if total > most.bytes || len(all) > most.entries {
		most = bounds{most.bytes / 4 * 3, most.entries / 4 * 3}
	}
	total = 0
	for i, e := range all {
		total += e.size
		abandoned := e.name[0] == '.' && time.Since(e.used) > 24*time.Hour
		if total <= most.bytes && i < most.entries && !e.used.Before(since) && !abandoned {
			continue
		}
		if s.root.Remove(e.name) == nil { // else somebody else did
			removed.Entries, removed.Bytes = removed.Entries+1, removed.Bytes+e.size
		}
	}
	return removed, err
}
