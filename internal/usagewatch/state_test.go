package usagewatch

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	if windows, problem, err := load(file); err != nil || problem != "" || len(windows) != 0 {
		t.Errorf("%v, %q, %v", windows, problem, err)
	}
	want := map[string]told{
		"a\n<b>": {Percent: 80, Reset: time.Date(2026, 11, 27, 20, 0, 0, 5e8, time.UTC), At: time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)},
		"":       {Percent: 95},
	}
	if err := save(file, want); err != nil {
		t.Fatal(err)
	}
	if windows, problem, err := load(file); err != nil || problem != "" || !maps.Equal(windows, want) {
		t.Errorf("%v, %q, %v", windows, problem, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestCorrupt moves a state aside that makes no sense, and starts anew.
func TestCorrupt(t *testing.T) {
	for _, text := range []string{"", "{", "[]", "null", `{"version":2}`, `{"version":1,"windows":{"w":{"percent":"x"}}}`, `{"version":1,"windows":{}} {}`, "\x00\x00"} {
		s := set(t)
		s.write("state.json", text)
		s.answer = five(85, nil)
		w := s.open()
		s.expect(w, "hl-warn five_hour at 85%")
		w.close()
		if !strings.HasPrefix(s.log.String(), "usagewatch: the state was corrupt and is now "+filepath.Join(s.dir, "state.json.bad")) {
			t.Errorf("%q: logged %s", text, s.log.String())
		}
		if got, err := os.ReadFile(filepath.Join(s.dir, "state.json.bad")); err != nil || string(got) != text {
			t.Errorf("%q: moved %q, %v", text, got, err)
		}
		w = s.open()
		s.expect(w)
		w.close()
	}
	s := set(t)
	s.write("state.json", `{"version":1,"windows":null}`) // no windows are no mistake
	s.answer = five(85, nil)
	w := s.open()
	defer w.close()
	s.expect(w, "hl-warn five_hour at 85%")
	if err := os.Mkdir(filepath.Join(s.dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(filepath.Join(s.dir, "folder")); err == nil {
		t.Error("a folder is a state")
	}
}

func TestLock(t *testing.T) {
	s := set(t)
	first := s.open()
	if _, err := open(first.options, &s.log, time.Now); err == nil || !strings.Contains(err.Error(), "another usagewatch has it") {
		t.Errorf("a second one opened the state: %v", err)
	}
	first.close()
	s.open().close()
}

func TestPrune(t *testing.T) {
	now := time.Date(2026, 11, 27, 18, 0, 0, 0, time.UTC)
	days := func(n int) time.Time { return now.AddDate(0, 0, n) }
	windows := map[string]told{
		"reported": {At: days(-90), Reset: days(-80)},
		"old":      {At: days(-90), Reset: days(-31)},
		"not yet":  {At: days(-90), Reset: days(-29)},
		"no reset": {At: days(-31)},
		"new":      {At: days(-1)},
	}
	if !prune(windows, []reading{{window: "reported"}}, now) {
		t.Error("dropped nothing")
	}
	if got := slices.Sorted(maps.Keys(windows)); !slices.Equal(got, []string{"new", "not yet", "reported"}) {
		t.Errorf("kept %q", got)
	}
	for i := range maxState {
		windows[fmt.Sprintf("w%d", i)] = told{At: now.Add(time.Duration(i)), Reset: days(365 * 900)}
	}
	if !prune(windows, nil, now) || len(windows) != maxState || prune(windows, nil, now) {
		t.Errorf("kept %d", len(windows))
	}
	if _, kept := windows["w0"]; !kept || slices.Contains(slices.Collect(maps.Keys(windows)), "new") {
		t.Error("did not drop what was told first")
	}
}

// TestForgotten drops windows from the file, too.
func TestForgotten(t *testing.T) {
	s := set(t)
	w := s.open()
	defer w.close()
	s.answer = five(85, "2026-11-27T20:00:00Z")
	s.expect(w, "hl-warn five_hour at 85%")
	s.answer = `{"other":{"utilization":1,"resets_at":null}}`
	for _, days := range []int{29, 31} {
		s.now = time.Date(2026, 11, 27+days, 20, 0, 1, 0, time.UTC)
		s.expect(w)
		if windows, _, err := load(w.state); err != nil || len(windows) != map[int]int{29: 1, 31: 0}[days] {
			t.Errorf("after %d days: %v, %v", days, windows, err)
		}
	}
}
