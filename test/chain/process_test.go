package chain

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start runs a program beside a test, and ends it, with all that it started, when the test does. If the test fails, the end of
// its log is printed. Should the test itself be killed, the kernel kills the program.
func start(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the program has its own
	c := exec.Command(Program(name), args...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if share := Share(); share != "" {
		within(c, share)
	}
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, []string{"PATH=" + os.Getenv("PATH")}, log, log
	if err := c.Start(); err != nil {
		t.Fatalf("starting %s: %v\nwhere it is not installed, it needs a namespace of its own, which not every system permits", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		var end error
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM) // it may have ended
		select {
		case end = <-ended:
		case <-time.After(5 * time.Second):
			_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
			end = <-ended
		}
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // whatever it has left in its group
		if t.Failed() {
			t.Logf("%s ended: %v; the end of its log:\n%s", name, end, tail(log.Name()))
		}
	})
}

// within shows a program another folder in the place of /usr/share, where Debian's Alertmanager reads its templates. Nobody
// else sees that: it has namespaces of its own.
func within(c *exec.Cmd, share string) {
	c.Args = append([]string{"sh", "-c", `mount --bind "$0" /usr/share && exec "$@"`, share, c.Path}, c.Args[1:]...)
	c.Path = "/bin/sh"
	c.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
	c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
}

func tail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.ToValidUTF8(string(data[max(0, len(data)-4096):]), "")
}

// freeAddress is an address of the loopback interface with a port that is free at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually waits until there is no error any more, and fails with the last one after some time.
func eventually(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(fmt.Errorf("after %s: %w", within, err))
}
