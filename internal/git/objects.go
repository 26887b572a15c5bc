package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what is read.
const (
	MaxBlob  = 128 << 20 // bytes of one file
	maxTree  = 64 << 20  // bytes of one folder as Git keeps it
	maxLink  = 4096      // bytes of a link's target, as on Linux
	maxNodes = 500_000   // files and folders that are held
)

// idle is how long a process of git waits for a question before it is ended. It is started again when there is one.
const idle = time.Second

// objects are those of a repository. A process of git gives what is in them, another one how large they are; each runs while it is needed,
// and ends with this process, since its stdin does.
type objects struct {
	program         Program
	place           Place
	content, header asker
}

func objectsOf(t Tree) *objects {
	o := &objects{program: offline(t.Program), place: placeOf(t.Repository)}
	o.content, o.header = asker{of: o, flag: "--batch"}, asker{of: o, flag: "--batch-check"}
	return o
}

// read is the content of an object of a kind, of at most so many bytes.
func (o *objects) read(id, kind string, most int64) ([]byte, error) {
	var data []byte
	err := o.content.ask(id, kind, func(size int64, from io.Reader) error {
		if size > most {
			return fmt.Errorf("it has %d bytes, more than %d MiB", size, max(1, most>>20))
		}
		data = make([]byte, size+1) // and the end of the line
		_, err := io.ReadFull(from, data)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data[:len(data)-1], nil
}

// size is how many bytes a file has.
func (o *objects) size(id string) (size int64, err error) {
	err = o.header.ask(id, "blob", func(found int64, _ io.Reader) error {
		size = found
		return nil
	})
	return size, err
}

// close ends it all: there are no more answers.
func (o *objects) close() {
	o.content.close()
	o.header.close()
}

// asker is a process of git that answers questions about objects, one at a time.
type asker struct {
	of   *objects
	flag string // of git cat-file

	mutex   sync.Mutex
	closed  bool
	running *exec.Cmd // nil when it does not run
	in      io.WriteCloser
	out     *bufio.Reader
	said    *Tail
	rest    *time.Timer
}

// errGone is why there is no answer.
var errGone = errors.New("git has ended")

// ask asks for an object of a kind. When its answer cannot be read to its end, the process is ended.
func (a *asker) ask(id, kind string, answer func(size int64, from io.Reader) error) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if err := a.start(); err != nil {
		return err
	}
	missing := fmt.Errorf("the object %s is missing in this repository, which may be a partial clone or damaged", short(id))
	header, err := a.header(id)
	if err != nil {
		if err = a.failed(err); strings.Contains(err.Error(), "promisor remote") { // from which git would fetch it
			return missing
		}
		return err
	}
	words := strings.Fields(header)
	if len(words) == 2 && words[1] == "missing" {
		return missing
	}
	size, err := strconv.ParseInt(words[len(words)-1], 10, 64)
	if len(words) != 3 || err != nil || size < 0 {
		return a.failed(fmt.Errorf("git said %q of the object %s", strings.TrimSpace(header), short(id)))
	}
	if words[1] != kind {
		err = fmt.Errorf("the object %s is a %s, not a %s", short(id), words[1], kind)
	} else {
		err = answer(size, a.out)
	}
	if err != nil && a.flag == "--batch" { // its content is left
		a.stop()
	}
	return err
}

func (a *asker) header(id string) (string, error) {
	if _, err := io.WriteString(a.in, id+"\n"); err != nil {
		return "", err
	}
	line, err := a.out.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return string(line), nil
}

// failed ends a process that does not answer, and says why.
func (a *asker) failed(err error) error {
	said := a.said
	a.stop()
	if text := strings.TrimSpace(string(said.Text)); text != "" {
		err = errors.New(text)
	} else if errors.Is(err, io.EOF) {
		err = errGone
	}
	return &Failure{"cat-file", err, ""}
}

// start starts the process, unless it runs.
func (a *asker) start() error {
	switch {
	case a.closed:
		return fs.ErrClosed
	case a.running != nil:
		a.rest.Reset(idle)
		return nil
	}
	c := a.of.program.command(context.Background(), a.of.place, "cat-file", a.flag)
	said := &Tail{Most: mostSaid}
	c.Stderr = said
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("starting git: %w", err), in.Close())
	}
	a.running, a.in, a.out, a.said = c, in, bufio.NewReaderSize(out, 64<<10), said
	a.rest = time.AfterFunc(idle, a.end)
	return nil
}

// end ends the process, if it runs, when it has answered.
func (a *asker) end() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.stop()
}

func (a *asker) close() {
	a.end()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.closed = true
}

func (a *asker) stop() {
	if a.running == nil {
		return
	}
	a.rest.Stop()
	_ = a.in.Close()
	_ = a.running.Process.Kill() // it has nothing to lose
	_ = a.running.Wait()
	a.running = nil
}
