package hostwatch

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/buildversion"
)

func TestArguments(t *testing.T) {
	files := []string{"--textfile-dir", "x", "--state", "y"}
	for _, c := range []struct {
		args []string
		err  string
	}{
		{nil, "are required"},
		{[]string{"--state", "x"}, "are required"},
		{[]string{"--no-such-flag"}, "no-such-flag"},
		{append(files, "more"), `unexpected argument "more"`},
		{append(files, "--lan", "192.168.0.0/33"), `"192.168.0.0/33" is not a network`},
		{append(files, "--lan", "home"), `"home" is not a network`},
		{append(files, "--lan", ""), `"" is not a network`},
		{append(files, "--lan", "::ffff:10.0.0.0/104"), "is not a network"},
		{append(files, "--window", "0s"), "a second or more"},
		{append(files, "--keep", "-1h"), "a second or more"},
		{append(files, "--timeout", "0s"), "more than 0"},
		{append(files, "--window", "soon"), "invalid value"},
	} {
		var out, err strings.Builder
		if code := Run(c.args, &out, &err); code != 2 || out.Len() > 0 || !strings.Contains(err.String(), c.err) || !strings.Contains(err.String(), "hint: hostwatch --help") {
			t.Errorf("%q: exit code %d, %q, %q", c.args, code, out.String(), err.String())
		}
	}
	for flag, want := range map[string]string{"--help": usage, "-h": usage, "--version": "hostwatch " + buildversion.String() + "\n"} {
		var out, err strings.Builder
		if code := Run([]string{flag}, &out, &err); code != 0 || out.String() != want || err.Len() > 0 {
			t.Errorf("%s: exit code %d, %q, %q", flag, code, out.String(), err.String())
		}
	}
}

// TestUsage holds the usage against the flags and what private stands for.
func TestUsage(t *testing.T) {
	flags := regexp.MustCompile(`(?m)^  (--[a-z0-9-]+)`).FindAllString(usage, -1)
	if len(flags) != 10 {
		t.Errorf("the usage has %d flags", len(flags))
	}
	for _, flag := range flags {
		if _, err := parseOptions([]string{strings.TrimSpace(flag), "1"}); err != nil && strings.Contains(err.Error(), "not defined") {
			t.Error(err)
		}
	}
	list := strings.Join(strings.Fields(usage[strings.Index(usage, `"private":`):strings.Index(usage, ".\n                           --lan")]), "")
	if got := strings.TrimPrefix(list, `"private":`); got != private {
		t.Errorf("the usage says that private is %s", got)
	}
}
