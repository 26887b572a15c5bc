package hostwatch

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// maxLine is the longest entry that is read. journalctl leaves out fields of more than 4 KiB, so all real ones are shorter.
const maxLine = 1 << 20

// journalArguments ask for all that may come from sshd: since OpenSSH 9.8 the program that serves a connection is
// sshd-session. Units do not help: they are ssh.service, sshd.service, one for each connection, or an administrator's own.
// journald sometimes is too late to see what a process was called; the second group of matches is for those entries.
func journalArguments(from string) []string {
	return []string{
		"--output=json", "--no-pager", "--quiet",
		"--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_TRANSPORT,_UID,_PID,_COMM", from,
		"_UID=0", "_COMM=sshd", "_COMM=sshd-session",
		"+", "_UID=0", "SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sshd-session",
	}
}

// entry is an entry of the journal as journalctl prints it, in JSON.
type entry struct {
	Cursor     string `json:"__CURSOR"`
	Realtime   string `json:"__REALTIME_TIMESTAMP"` // microseconds since 1970
	Transport  string `json:"_TRANSPORT"`
	UID        string `json:"_UID"`
	PID        string `json:"_PID"`
	Comm       string `json:"_COMM"`
	Identifier string `json:"SYSLOG_IDENTIFIER"`
	Message    any    `json:"MESSAGE"` // text; or bytes, when they are not printable; or null, when it is too long
}

// fromSSHD reports whether sshd wrote the entry. Clients of journald cannot set fields that begin with an underscore. The user
// and process come from the kernel; the name of the process is its own choice, which is why it must be root's: anybody can
// call a program sshd, and anybody can log as "sshd" with logger(1), but only root's processes have _UID 0. Root itself is
// trusted. sshd uses syslog(3), or stderr when it is told to. Records of the audit system are written by another program.
func (e *entry) fromSSHD() bool {
	name := e.Comm
	if name == "" {
		name = e.Identifier
	}
	return (name == "sshd" || name == "sshd-session") && e.UID == "0" && e.PID != "" &&
		(e.Transport == "syslog" || e.Transport == "stdout")
}

// text is the message, and whether there is one.
func (e *entry) text() (string, bool) {
	switch m := e.Message.(type) {
	case string:
		return m, true
	case []any:
		text := make([]byte, len(m))
		for i, number := range m {
			n, ok := number.(float64)
			if !ok || n < 0 || n > 255 {
				return "", false
			}
			text[i] = byte(n)
		}
		return string(text), true
	}
	return "", false
}

// errCursor reports that the journal does not begin with the entry at the cursor.
var errCursor = errors.New("the entry that was read last is gone")

// readJournal adds what is new in the journal to the state. What it read before an error stays, with its cursor.
//
// It asks for the entries from the cursor on, and not for those after it, and expects the entry at the cursor as the first:
// that is the only way to know that the cursor still works. After a rotation journalctl silently goes on elsewhere; before
// systemd 256 --after-cursor= then left out an entry; and with a cursor from the future there are no entries, ever.
//
// When the entry is gone, it reads by time: what is later than the last entry is new. An entry of the very same microsecond
// would be lost. When the last entry is from the future, the clock was set back, and times tell nothing: then it reads again
// what it would read in a first run. That may count something twice, and loses nothing.
func (w *watch) readJournal(s *state) error {
	ctx, cancel := w.within()
	defer cancel()
	if s.Cursor != "" {
		r := reader{watch: w, state: s, cursor: s.Cursor}
		err := run(ctx, r.read, w.journalctl, journalArguments("--cursor="+s.Cursor)...)
		if !errors.Is(err, errCursor) {
			return err
		}
	}
	r, since := reader{watch: w, state: s}, w.now.Add(-w.keep)
	if last := time.UnixMicro(s.ReadUntil); s.ReadUntil > 0 && !last.After(w.now) {
		r.after, since = s.ReadUntil, last
	}
	return run(ctx, r.read, w.journalctl, journalArguments(fmt.Sprintf("--since=@%d", max(0, since.Unix())))...)
}

// reader adds a stream of entries to the state.
type reader struct {
	*watch
	*state
	cursor string // of the entry that must come first, and was counted before; empty for none
	after  int64  // entries up to this time were counted before
}

func (r *reader) read(stream io.Reader) error {
	in := bufio.NewReaderSize(stream, 64<<10)
	var buffer []byte
	for {
		line, err := readLine(in, buffer[:0])
		buffer = line
		switch {
		case errors.Is(err, errLong):
			err = r.add(nil)
		case err == nil:
			err = r.add(line)
		case errors.Is(err, io.EOF):
			if r.cursor != "" {
				return errCursor
			}
			return nil // a line without an end is one that journalctl did not finish; it comes again
		}
		if err != nil {
			return err
		}
	}
}

var errLong = errors.New("the line is too long")

// readLine appends a line to buffer. Of one that is too long it keeps nothing.
func readLine(in *bufio.Reader, buffer []byte) ([]byte, error) {
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(buffer)+len(part) > maxLine; !long {
			buffer = append(buffer, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return buffer, err
		case long:
			return buffer, errLong
		default:
			return buffer, nil
		}
	}
}

// add counts an entry; nil is one that was too long. An entry without a readable cursor leaves the state's as it was, so
// that it is read, and counted as skipped, until another one follows it.
func (r *reader) add(line []byte) error {
	var e entry
	err := json.Unmarshal(line, &e)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		err = nil // a field that is not text, as root may write one; it stays empty
	}
	micro, timeErr := strconv.ParseInt(e.Realtime, 10, 64)
	if r.cursor != "" {
		if e.Cursor != r.cursor {
			return errCursor
		}
		r.cursor = ""
		return nil
	}
	if err != nil || timeErr != nil || micro <= 0 || !validCursor(e.Cursor) {
		r.Skipped++
		return nil
	}
	if micro <= r.after {
		return nil
	}
	r.Cursor, r.ReadUntil = e.Cursor, micro
	if !e.fromSSHD() {
		return nil
	}
	text, ok := e.text()
	if !ok {
		r.Skipped++
		return nil
	}
	r.count(parseMessage(text), e.PID, time.UnixMicro(micro), r.watch)
	return nil
}

// validCursor reports whether a cursor can be an argument: printable ASCII, and not absurdly long.
func validCursor(cursor string) bool {
	for _, c := range []byte(cursor) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return 0 < len(cursor) && len(cursor) <= 1024
}
