package sandbox

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	os.Exit(Main(m, []string{"git.example.com"}, func() error { return nil }))
}

func TestNetwork(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil || len(interfaces) != 1 || interfaces[0].Name != "lo" {
		t.Errorf("interfaces: %v, %v", interfaces, err)
	}
	for _, host := range []string{"git.example.com", "localhost"} {
		if got, err := net.LookupHost(host); err != nil || !slices.Equal(got, []string{"127.0.0.1"}) {
			t.Errorf("%s is at %v, %v", host, got, err)
		}
	}
	l, err := net.Listen("tcp", "git.example.com:443")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.DialTimeout("tcp", l.Addr().String(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
}

// TestProcess has a process that does not end when it is asked to.
func TestProcess(t *testing.T) {
	p := Start(t, "stubborn", exec.Command("/bin/sh", "-c", `trap "echo no" TERM; echo ready; while :; do sleep 0.1; done`))
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(string(p.Tail(100)), "ready"); {
		if time.Now().After(deadline) {
			t.Fatalf("it printed: %s", p.Tail(100))
		}
	}
	p.Stop()
	if p.Running() {
		t.Error("it runs")
	}
	if got := string(p.Tail(100)); got != "ready\nno\n" {
		t.Errorf("it printed %q", got)
	}
}

// how tells TestVictim, and with it a process of these tests that they start, how to end.
const how = "SANDBOX_TEST_HOW"

func TestVictim(t *testing.T) {
	end := os.Getenv(how)
	if end == "" {
		t.Skip("TestNothingIsLeft starts it")
	}
	c := exec.Command("sleep", "1000") // which nobody waits for
	c.Stdout = os.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("started\n"); err != nil {
		t.Fatal(err)
	}
	switch end {
	case "wait":
		select {}
	case "panic":
		panic("as asked")
	}
}

// TestNothingIsLeft ends the tests in all ways, and sees that the process that they have started ends with them: it would keep
// the pipe open.
func TestNothingIsLeft(t *testing.T) {
	for _, c := range []struct {
		name, how string
		signal    os.Signal
		exits     int
		args      []string
	}{
		{name: "passed", how: "return"},
		{name: "panic", how: "panic", exits: 2},
		{name: "timeout", how: "wait", exits: 2, args: []string{"-test.timeout=1s"}},
		{name: "interrupted", how: "wait", signal: syscall.SIGTERM, exits: 1},
		{name: "killed", how: "wait", signal: syscall.SIGKILL, exits: -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			tmp := t.TempDir()
			victim := exec.CommandContext(t.Context(), self, append([]string{"-test.run=^TestVictim$"}, c.args...)...)
			victim.Env = append(os.Environ(), how+"="+c.how, "TMPDIR="+tmp)
			stdout, err := victim.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := victim.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(stdout)
			if line, err := lines.ReadString('\n'); err != nil || line != "started\n" {
				t.Fatalf("%q, %v", line, err)
			}
			if c.signal != nil {
				if err := victim.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := io.ReadAll(lines); err != nil {
				t.Error(err)
			}
			_ = victim.Wait() // how it ended is in victim.ProcessState
			if got := victim.ProcessState.ExitCode(); got != c.exits {
				t.Errorf("the exit code is %d, expected %d", got, c.exits)
			}
			if left, err := filepath.Glob(filepath.Join(tmp, "*")); c.signal != syscall.SIGKILL && (err != nil || left != nil) {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
