package report_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// command is a workflow command, read as GitHub's runner does.
type command struct {
	name, message string
	properties    map[string]string
}

func parsed(line string) (command, bool) {
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return command{}, false
	}
	info, message, ok := strings.Cut(rest, "::")
	if !ok {
		return command{}, false
	}
	message = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(message)
	name, list, _ := strings.Cut(info, " ")
	c := command{name, message, map[string]string{}}
	for pair := range strings.SplitSeq(list, ",") {
		key, value, _ := strings.Cut(pair, "=")
		c.properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
	}
	return c, true
}

func TestGitHub(t *testing.T) {
	r := full()
	r.Findings[0].Pos.File = "a,b: c%3A,d\r\n::error::x/100%.yml"
	lines := strings.Split(strings.TrimSuffix(written(t, "github", r), "\n"), "\n")
	if len(lines) != len(r.Findings)+1 {
		t.Fatalf("%d lines for %d findings", len(lines), len(r.Findings))
	}
	for i, want := range []command{
		{"error", "no place", map[string]string{"file": r.Findings[0].Pos.File, "title": "roster no-file"}},
		{"error", "no line", map[string]string{"file": "infra/applications.yml", "title": "roster whole-file"}},
		{"warning", "web-a.applications[0]: calls https://ntfy.home.example: from inside\nhint: add uses: [web-ntfy], and call it [here](https://x.example)",
			map[string]string{"file": "infra/applications.yml", "line": "5", "col": "16", "title": "roster plain"}},
		{"warning", "web-a.applications[1]: calls https://ntfy.home.example: from inside",
			map[string]string{"file": "infra/applications.yml", "line": "9", "col": "16", "title": "roster plain"}},
		{"error", "web-\"b\"<&>.ingress['x']: a \"quote\", an 'apostrophe', <b>&amp;</b> ]]> {0} `code` \\ 100% %0A %25 ::error::no\\r\\n::error file=x::forged" +
			"\ncharts/a,b: c%.yml:3:1: the first,\\nof two\ninfra/applications.yml: ",
			map[string]string{"file": "infra/applications.yml", "line": "12", "title": "roster quotes"}},
	} {
		got, ok := parsed(lines[i])
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(command{})); !ok || diff != "" {
			t.Errorf("line %d (-want +got):\n%s", i+1, diff)
		}
	}
	if got, _ := parsed(lines[5]); got.name != "notice" || got.properties["file"] != "a:b/ü [1]?#%41.yml" {
		t.Errorf("got %+v", got)
	}
	if _, ok := parsed(lines[len(lines)-1]); ok {
		t.Error("the summary is a command")
	}
}
