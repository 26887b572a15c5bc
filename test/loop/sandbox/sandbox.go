// Package sandbox runs the tests of a package, and all that they start, in Linux namespaces of their own: no port, name or
// process of theirs meets one of the machine's, nothing reaches another machine, and nothing outlives the tests.
package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// stage tells the test binary, which starts itself twice, which of its processes it is.
const stage = "LOOP_STAGE"

// Main is what TestMain calls, and returns what it exits with. The names in hosts, and localhost, are 127.0.0.1 for the tests.
// What before does is done outside, where there is a network; the environment that it sets is that of the tests. TMPDIR is a
// folder that is removed when the tests have ended, in whatever way.
func Main(m *testing.M, hosts []string, before func() error) int {
	var code int
	var err error
	switch os.Getenv(stage) {
	case "":
		code, err = outside(hosts, before)
	case "init":
		code, err = initial()
	default:
		if err = os.Unsetenv(stage); err == nil {
			return m.Run()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		return 1
	}
	return code
}

// outside starts the first process of new namespaces.
func outside(hosts []string, before func() error) (code int, err error) {
	tmp, err := os.MkdirTemp("", "loop-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, removeAll(tmp)) }()
	if err := os.Setenv("TMPDIR", tmp); err != nil {
		return 0, err
	}
	if err := os.WriteFile(hostsFile(), fmt.Appendf(nil, "127.0.0.1 %s\n", strings.Join(append([]string{"localhost"}, hosts...), " ")), 0o644); err != nil {
		return 0, err
	}
	if err := before(); err != nil {
		return 0, err
	}
	// The kernel kills the child when the thread that started it ends.
	runtime.LockOSThread()
	attributes := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Getuid() != 0 {
		attributes.Cloneflags |= syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	c, err := again("init", attributes)
	if err != nil {
		return 0, fmt.Errorf("starting in new namespaces, which needs root or user namespaces for everyone: %w", err)
	}
	return exitCode(c.Wait())
}

// initial sets up the namespaces that it is the first process of, and runs the tests in them. It is not the tests' process
// itself because the first process also inherits, and has to wait for, all those that lose their parent.
func initial() (int, error) {
	if err := setUp(); err != nil {
		return 0, err
	}
	c, err := again("tests", nil)
	if err != nil {
		return 0, fmt.Errorf("starting the tests: %w", err)
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("waiting for the tests: %w", err)
		case pid == c.Process.Pid && status.Signaled():
			return 0, fmt.Errorf("the tests were ended by the signal %v", status.Signal())
		case pid == c.Process.Pid:
			return status.ExitStatus(), nil // now the kernel kills what is left
		}
	}
}

func setUp() error {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE}, // nothing below is seen outside
		{"proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC},
		{hostsFile(), "/etc/hosts", "", syscall.MS_BIND},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", m.target, err)
		}
	}
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("bringing the loopback interface up: %w", err)
	}
	return nil
}

func loopbackUp() error {
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, lo)
}

// again starts this program, with its arguments, as the process of a stage, and passes on to it what is to end this one.
func again(as string, attributes *syscall.SysProcAttr) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// Without this log, Go does not take the result for that of a later run: what is tested is not in the package of the tests.
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(a string) bool { return strings.HasPrefix(a, "-test.testlogfile=") })
	c := exec.Command(self, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), stage+"="+as)
	c.SysProcAttr = attributes
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	if err := c.Start(); err != nil {
		return nil, err
	}
	go func() {
		for s := range signals {
			_ = c.Process.Signal(s) // it may have ended
		}
	}()
	return c, nil
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func hostsFile() string { return filepath.Join(os.TempDir(), "hosts") }

// removeAll removes a folder, in which programs may have made folders read-only.
func removeAll(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(path, 0o700)
		}
		return err
	})
	return errors.Join(err, os.RemoveAll(dir))
}
