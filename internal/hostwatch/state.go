package hostwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/hippotion/roster/internal/atomicfile"
)

// What the state may hold at most. All of it together is less than maxState.
const (
	maxSources     = 10_000
	maxOutside     = 1000
	maxConnections = 4096
	maxState       = 16 << 20
)

const stateVersion = 1

// state is what one run leaves for the next.
type state struct {
	Version     int                          `json:"version"`
	Cursor      string                       `json:"cursor"`      // of the last entry that was read
	ReadUntil   int64                        `json:"readUntil"`   // its time, in microseconds
	Logins      map[string]map[string]uint64 `json:"logins"`      // by origin and method
	Failures    uint64                       `json:"failures"`    // failed attempts
	Skipped     uint64                       `json:"skipped"`     // entries that could not be understood
	Outside     []login                      `json:"outside"`     // by user and address; the latest comes last
	Sources     map[string]map[int64]uint64  `json:"sources"`     // failures, by source and by when a slice of time begins
	Connections map[string]connection        `json:"connections"` // by the process that serves it
}

// login is the latest login of a user from an address.
type login struct {
	User    string `json:"user"`
	Address string `json:"address"`
	Time    int64  `json:"time"` // seconds
}

// connection is one whose failure was counted.
type connection struct {
	Time    int64 `json:"time"`    // seconds
	Pending bool  `json:"pending"` // the attempt that was counted is not yet reported as failed
}

func newState() *state {
	return &state{
		Version: stateVersion, Logins: map[string]map[string]uint64{"lan": {}, "outside": {}},
		Sources: map[string]map[int64]uint64{}, Connections: map[string]connection{},
	}
}

// load reads the state, and reports whether there was none yet. One that cannot be used is set aside, and is an error beside a
// new state.
func load(path string) (s *state, first bool, err error) {
	s, err = readState(path)
	switch {
	case err == nil:
		return s, false, nil
	case errors.Is(err, fs.ErrNotExist):
		return newState(), true, nil
	}
	aside := path + ".corrupt"
	err = fmt.Errorf("starting over; the unusable state is in %s: %w", aside, err)
	return newState(), false, errors.Join(err, os.Rename(path, aside))
}

func readState(path string) (*state, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxState {
		return nil, fmt.Errorf("it is larger than %d MiB", maxState>>20)
	}
	var version struct{ Version int }
	if err := json.Unmarshal(data, &version); err == nil && version.Version != stateVersion {
		return nil, fmt.Errorf("it has version %d, but this hostwatch reads version %d", version.Version, stateVersion)
	}
	s := newState()
	if err := json.Unmarshal(data, s); err != nil {
		return nil, err
	}
	if s.Logins["lan"] == nil || s.Logins["outside"] == nil || s.Sources == nil || s.Connections == nil {
		return nil, errors.New("a part is missing")
	}
	if !validCursor(s.Cursor) {
		s.Cursor = ""
	}
	return s, nil
}

// save writes the state. Only root may read it: it tells who logs in from where.
func (s *state) save(path string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(data, '\n'), 0o600)
}

// slice is how long a slice of time is in which failures are counted, in seconds. A window is ten of them.
func slice(window time.Duration) int64 { return max(1, int64(window/time.Second)/10) }

// forget drops what is too old to be shown. What is from the future is from before the clock was set back.
func (s *state) forget(now time.Time, window, keep time.Duration) {
	oldest := now.Add(-window).Unix() - slice(window)
	for source, slices := range s.Sources {
		for begin := range slices {
			if begin <= oldest || begin > now.Unix() {
				delete(slices, begin)
			}
		}
		if len(slices) == 0 {
			delete(s.Sources, source)
		}
	}
	for i := range s.Outside {
		s.Outside[i].Time = min(s.Outside[i].Time, now.Unix())
	}
	s.Outside = slices.DeleteFunc(s.Outside, func(l login) bool { return l.Time <= now.Add(-keep).Unix() })
	for pid, c := range s.Connections {
		// sshd gives a connection two minutes to log in (LoginGraceTime), and then its process ends.
		if c.Time <= now.Add(-10*time.Minute).Unix() || c.Time > now.Unix() {
			delete(s.Connections, pid)
		}
	}
}

// count adds a message to the state. One process serves one connection, so its number tells which messages belong together.
//
// An attempt may lead to several messages: that a user is invalid, that the attempt failed, and that the connection was
// closed. But with a key that sshd does not know, and a valid user, the last one is its only message. So a failed attempt
// counts, and the others count where nothing else did.
func (s *state) count(m message, pid string, at time.Time, w *watch) {
	if at.After(w.now) {
		at = w.now
	}
	c, counted := s.Connections[pid]
	failures := 0
	switch m.kind {
	case nothing:
		return
	case accepted:
		s.countLogin(m, at, w)
		delete(s.Connections, pid)
		return
	case failed:
		if failures = m.times; c.Pending {
			failures--
		}
	case invalidUser:
		failures = 1
	case ended:
		if !counted {
			failures = 1
		}
	}
	if len(s.Connections) >= maxConnections && !counted {
		clear(s.Connections) // at worst, attempts that are going on are counted twice
	}
	s.Connections[pid] = connection{Time: at.Unix(), Pending: m.kind == invalidUser}
	s.countFailures(uint64(failures), m.address, at, w)
}

func (s *state) countLogin(m message, at time.Time, w *watch) {
	address, origin := m.address, "lan"
	for _, a := range append(m.earlier, m.address) {
		if outside(a, w.lan) {
			address, origin = a, "outside"
		}
	}
	s.Logins[origin][m.method]++
	if origin == "lan" || !at.After(w.now.Add(-w.keep)) {
		return
	}
	l := login{User: clean(m.user), Address: addressLabel(address), Time: at.Unix()}
	s.Outside = slices.DeleteFunc(s.Outside, func(o login) bool { return o.User == l.User && o.Address == l.Address })
	s.Outside = append(s.Outside, l)
	s.Outside = s.Outside[max(0, len(s.Outside)-maxOutside):]
}

func (s *state) countFailures(n uint64, address string, at time.Time, w *watch) {
	s.Failures += n
	if n == 0 || address == "" || !at.After(w.now.Add(-w.window)) {
		return
	}
	source := sourceOf(address)
	if s.Sources[source] == nil {
		if len(s.Sources) >= maxSources {
			return
		}
		s.Sources[source] = map[int64]uint64{}
	}
	length := slice(w.window)
	s.Sources[source][at.Unix()/length*length] += n
}
