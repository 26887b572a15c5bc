package hostwatch

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const command = "../../cmd/hostwatch"

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(command, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// unit are the settings of a unit of systemd's, by name.
func unit(t *testing.T, path string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for line := range strings.Lines(readFile(t, path)) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		if line != "" && !ok && !strings.HasPrefix(line, "[") && !strings.HasPrefix(line, "#") {
			t.Errorf("%s: %q", path, line)
		}
		if ok && !strings.HasPrefix(line, "#") {
			out[key] = append(out[key], value)
		}
	}
	return out
}

// TestUnits checks what the units promise, and asks systemd about them where it is installed.
func TestUnits(t *testing.T) {
	service, timer := unit(t, "systemd/hostwatch.service"), unit(t, "systemd/hostwatch.timer")
	for key, want := range map[string]string{
		"Type": "oneshot", "User": "root", "CapabilityBoundingSet": "", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
		"PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_UNIX", "StateDirectory": "hostwatch", "StateDirectoryMode": "0700", "MemoryMax": "64M",
	} {
		if got := service[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	words := strings.Fields(strings.Join(service["ExecStart"], " "))
	o, err := parseOptions(words[1 : len(words)-1])
	if err != nil || words[len(words)-1] != "$HOSTWATCH_FLAGS" {
		t.Fatalf("%q: %v", words, err)
	}
	if o.textfileDir != service["ReadWritePaths"][0] || filepath.Dir(o.state) != "/var/lib/"+service["StateDirectory"][0] {
		t.Errorf("it may not write to %s or %s", o.textfileDir, o.state)
	}
	if most, err := time.ParseDuration(service["TimeoutStartSec"][0]); err != nil || most < 2*o.timeout+15*time.Second {
		t.Errorf("it may run for %s, and its programs for %s each: %v", most, o.timeout, err)
	}
	if len(service["RuntimeMaxSec"]) > 0 {
		t.Error("RuntimeMaxSec has no effect on a oneshot service")
	}
	if timer["OnCalendar"][0] != "minutely" || timer["WantedBy"][0] != "timers.target" {
		t.Error(timer)
	}

	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return // what follows is systemd's opinion of the same files
	}
	dir := t.TempDir() // with a program that is there
	text := strings.Replace(readFile(t, "systemd/hostwatch.service"), "ExecStart="+words[0], "ExecStart=/bin/sh", 1)
	for name, text := range map[string]string{"hostwatch.service": text, "hostwatch.timer": readFile(t, "systemd/hostwatch.timer")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(analyze, "verify", "--man=no", filepath.Join(dir, "hostwatch.service"), filepath.Join(dir, "hostwatch.timer")).CombinedOutput()
	if err != nil || strings.Contains(string(out), "hostwatch.") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestReadme holds the tables of the documentation against the flags and the metrics.
func TestReadme(t *testing.T) {
	readme := readFile(t, "README.md")
	table := func(pattern string) []string {
		set := map[string]bool{}
		for _, m := range regexp.MustCompile("(?m)^\\| `("+pattern+")[^|]*\\|").FindAllStringSubmatch(readme, -1) {
			set[m[1]] = true
		}
		return slices.Sorted(maps.Keys(set))
	}
	var flags, metrics []string
	for _, m := range regexp.MustCompile(`(?m)^  (--[a-z0-9-]+)`).FindAllStringSubmatch(usage, -1) {
		flags = append(flags, m[1])
	}
	slices.Sort(flags)
	if got := table("--[a-z0-9-]+"); !slices.Equal(got, flags) {
		t.Errorf("flags in README.md: %q, want %q", got, flags)
	}
	s, err := newState(), error(nil)
	s.Outside = []login{{"root", "203.0.113.9", now.Unix()}}
	text := report{now: now, fail2ban: &err, jails: []jail{{"sshd", 1}}}.text(s)
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(text, -1) {
		metrics = append(metrics, m[1])
	}
	slices.Sort(metrics)
	if got := table("hostwatch_[a-z0-9_]+"); !slices.Equal(got, metrics) {
		t.Errorf("metrics in README.md: %q, want %q", got, metrics)
	}
}
