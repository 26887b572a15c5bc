package rendered

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"

	"github.com/hippotion/roster/internal/trace"
)

// What is made of files depends on a request and on what is seen of the files. What is looked at is known only when it was made. So
// there are two entries: one says what was looked at for a request, and one, which is known by what is seen there, has the result.
// What many look at, such as the files of a chart that they share, stands in an entry of its own.

// outline is what was looked at for a request.
type outline struct {
	Own   []trace.Look
	Parts []string // names of what was shared
}

// parts are what many look at.
type parts struct {
	mutex sync.Mutex
	made  map[string]bool // by name
	seen  sync.Map        // *part by name
}

type part struct {
	once   sync.Once
	seen   trace.Seen
	digest trace.Digest
	ok     bool
}

// Request is what is asked for, beside the files: anything that has a form as JSON. It may be secret.
type Request []byte

// Of makes a request of the kind of thing that is asked for, and its details.
func (s *Store) Of(kind string, details any) Request {
	if s == nil {
		return nil
	}
	text, err := json.Marshal(details)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(append([]byte(kind+"\n"+s.build+"\n"), text...))
	return sum[:]
}

func secret(of string, values ...[]byte) []byte {
	out := []byte(of)
	for _, v := range values { // of fixed lengths
		out = append(out, v...)
	}
	return out
}

// Find is the result that was kept for a request and what is seen now; and what was looked at for that.
func (s *Store) Find(r Request, files *trace.Verifier) (result []byte, seen []trace.Seen, ok bool) {
	if s == nil || r == nil {
		return nil, nil, false
	}
	text, ok := s.get(secret("looks", r))
	var looked outline
	if !ok || json.Unmarshal(text, &looked) != nil {
		return nil, nil, false
	}
	own, ok := files.All(looked.Own)
	if !ok {
		return nil, nil, false
	}
	digest := own.Digest()
	key := secret("result", r, digest[:])
	seen = []trace.Seen{own}
	for _, name := range looked.Parts {
		p := s.part(name, files)
		if !p.ok {
			return nil, nil, false
		}
		key, seen = append(key, p.digest[:]...), append(seen, p.seen)
	}
	result, ok = s.get(key)
	return result, seen, ok
}

// part is what is seen of what was shared, which is found out once.
func (s *Store) part(name string, files *trace.Verifier) *part {
	loaded, _ := s.parts.seen.LoadOrStore(name, &part{})
	p := loaded.(*part)
	p.once.Do(func() {
		text, ok := s.get(secret("part", []byte(name)))
		var looks []trace.Look
		if ok && json.Unmarshal(text, &looks) == nil {
			p.seen, p.ok = files.All(looks)
			p.digest = p.seen.Digest()
		}
	})
	return p
}

// Part is what was seen for many results.
type Part struct {
	name   string
	digest trace.Digest
}

// Part keeps what was looked at for many.
func (s *Store) Part(seen trace.Seen) Part {
	if s == nil {
		return Part{}
	}
	text, err := json.Marshal(seen.Looks())
	if err != nil { // there are only texts in it
		panic(err)
	}
	sum := sha256.Sum256(text)
	p := Part{hex.EncodeToString(sum[:]), seen.Digest()}
	s.parts.mutex.Lock()
	defer s.parts.mutex.Unlock()
	if !s.parts.made[p.name] {
		s.parts.made[p.name] = true
		s.put(secret("part", []byte(p.name)), text)
	}
	return p
}

// Keep keeps the result for a request and what was seen: by it alone, and by others that share the rest.
func (s *Store) Keep(r Request, own trace.Seen, shared []Part, result []byte) {
	if s == nil || r == nil {
		return
	}
	looked := outline{Own: own.Looks()}
	digest := own.Digest()
	key := secret("result", r, digest[:])
	for _, p := range shared {
		looked.Parts, key = append(looked.Parts, p.name), append(key, p.digest[:]...)
	}
	text, err := json.Marshal(looked)
	if err != nil { // there are only texts in it
		panic(err)
	}
	s.put(key, result)
	s.put(secret("looks", r), text)
}
