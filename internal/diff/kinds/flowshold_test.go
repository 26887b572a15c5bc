package kinds_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/reach"
	"golang.org/x/tools/txtar"
)

// certain is a message about a flow that is certainly opened or closed, on its first port, and the port of the opposite.
var certain = regexp.MustCompile(`^(.+?) (now|no longer) reache?s? (.+?) on (?:all ports|([0-9]+)/(TCP|UDP|ANY))(?:, and no longer on ([0-9]+)/TCP)?`)

// asked are the names of ends in questions.
var asked = strings.NewReplacer("the world", "world", "the API server", "kube-apiserver", "DNS", "kube-system/k8s-app=kube-dns", "other nodes", "remote-node",
	"192.168.0.0/16", "192.168.0.1")

// TestFlowsHold: what the cases say about flows is what reach answers on both sides.
func TestFlowsHold(t *testing.T) {
	names, err := filepath.Glob("testdata/flow-*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		trees := [2]fs.FS{tree(archive, "before/"), tree(archive, "after/")}
		for i := range trees {
			from, to := sideOf(t, trees[i]), sideOf(t, trees[1-i])
			for _, c := range compare(t, trees[i], trees[1-i]).Consequences {
				if c.Kind != "flow" {
					continue
				}
				check := func(side *diff.Side, source, target string, want reach.Answer) {
					held++
					if got := reachSays(t, side, source, target); got != want {
						t.Errorf("%s: %s: reach says of %s → %s %s, want %s", name, c.Message, source, target, got, want)
					}
				}
				if m := certain.FindStringSubmatch(c.Message); m != nil && !strings.HasSuffix(m[1], " perhaps") && !strings.Contains(m[1], " others") && !strings.Contains(m[3], "of its own") && !strings.Contains(c.Message, "the nodes") {
					source, target := asked.Replace(m[1]), asked.Replace(m[3])
					port := "5000"
					if m[4] != "" {
						port = m[4]
						if m[5] == "UDP" {
							port += "/UDP"
						}
					}
					yes, no := to, from
					if m[2] == "no longer" {
						yes, no = from, to
					}
					check(yes, source, target+":"+port, reach.Yes)
					check(no, source, target+":"+port, reach.No)
					if m[6] != "" {
						check(from, source, target+":"+m[6], reach.Yes)
						check(to, source, target+":"+m[6], reach.No)
					}
				}
				if name, found := strings.CutSuffix(strings.TrimPrefix(c.Message, "everything reaches "), " now: no policy limits who does"); found {
					check(to, "world", name+":5000", reach.Yes)
					check(from, "world", name+":5000", reach.No)
				}
				if name, found := strings.CutSuffix(c.Message, " reaches everything now: no policy limits what it does"); found {
					check(to, name, "world:5000", reach.Yes)
					check(from, name, "world:5000", reach.No)
				}
			}
		}
	}
	t.Log(held, "answers")
	if held < 40 {
		t.Errorf("only %d answers were compared", held)
	}
}

func reachSays(t *testing.T, side *diff.Side, from, to string) reach.Answer {
	t.Helper()
	a, err := reach.New(lint.NewContext(side.Clusters[0].Input), diag.Frame{}).Ask(from, to)
	if err != nil {
		t.Fatal(fmt.Errorf("%s → %s: %w", from, to, err))
	}
	return a.Answer
}
