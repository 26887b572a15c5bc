package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a program that runs beside a test.
type Process struct {
	name, log string
	cmd       *exec.Cmd
	ended     chan struct{} // closed when it has ended, and no process has its id any more
}

// Start starts a program, and ends it with the test at the latest. If the test fails, the end of the program's log is
// printed. The log is below the folder that the environment names in LOOP_LOGS, or is gone with the test; programs of the
// same name and test share it. The program has no other environment than c.Env.
func Start(t testing.TB, name string, c *exec.Cmd) *Process {
	t.Helper()
	dir := os.Getenv("LOOP_LOGS")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "logs")
	}
	dir = filepath.Join(dir, filepath.FromSlash(t.Name()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("a folder for the log of %s: %v", name, err)
	}
	p := &Process{name: name, log: filepath.Join(dir, name+".log"), cmd: c, ended: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatalf("the log of %s: %v", name, err)
	}
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	if c.Env == nil {
		c.Env = []string{} // nil would be that of the test
	}
	if err := c.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	go func() {
		_ = c.Wait() // how it ended is in c.ProcessState
		close(p.ended)
	}()
	t.Cleanup(func() {
		if t.Failed() { // before it tells how it ends
			t.Logf("%s, which runs: %t, the end of its log:\n%s", name, p.Running(), p.Tail(4096))
		}
		p.Kill() // nothing that it would still do is looked at
	})
	return p
}

// Stop asks the process to end, kills it when it does not within 5 s, and returns when it has ended.
func (p *Process) Stop() {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.Kill()
	}
}

// Kill kills the process, and returns when it has ended.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// KillAll kills the process and all those below it, as the kernel does with a container that has reached its memory limit.
func (p *Process) KillAll() {
	for _, pid := range p.Below("") {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
	p.Kill()
}

// Below are the ids of the processes that it has started, and of those that these have started, with a word in their command lines.
func (p *Process) Below(word string) []int {
	var out []int
	for queue := []int{p.cmd.Process.Pid}; len(queue) > 0; queue = queue[1:] {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", queue[0]))
		for _, task := range tasks {
			children, _ := os.ReadFile(task) // it may have ended
			for _, child := range strings.Fields(string(children)) {
				pid, err := strconv.Atoi(child)
				if err != nil {
					continue
				}
				queue = append(queue, pid)
				if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && strings.Contains(string(line), word) {
					out = append(out, pid)
				}
			}
		}
	}
	return out
}

func (p *Process) signal(s syscall.Signal) {
	if p.Running() {
		_ = p.cmd.Process.Signal(s) // it may have ended since
	}
}

func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Tail is the last bytes of what the process, and those before it with the same log, have printed.
func (p *Process) Tail(bytesAtMost int) []byte {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.ToValidUTF8(data[max(0, len(data)-bytesAtMost):], nil)
}
