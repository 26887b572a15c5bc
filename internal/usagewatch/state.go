package usagewatch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/hippotion/roster/internal/atomicfile"
	"github.com/hippotion/roster/internal/filelock"
)

const (
	stateVersion = 1
	keepState    = 30 * 24 * time.Hour // after the end of the cycle of a window that is no longer reported
	maxState     = 4 * maxWindows      // windows; an endpoint that invents names must not fill the disk
)

// state is the text of the state file.
type state struct {
	Version int             `json:"version"`
	Windows map[string]told `json:"windows"`
}

// lock holds a state file for one process. It locks a file beside it, since the state file is replaced with each change.
func lock(file string) (unlock func(), err error) {
	unlock, err = filelock.Take(file + ".lock")
	switch {
	case errors.Is(err, filelock.ErrTaken):
		err = fmt.Errorf("locking the state %s: another usagewatch has it", file)
	case err != nil:
		err = fmt.Errorf("locking the state: %w", err)
	}
	return unlock, err
}

// load reads a state file. One that cannot be parsed is moved aside, and problem reports it: everything then starts over, and what is
// above a threshold is reported again.
func load(file string) (windows map[string]told, problem string, err error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]told{}, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the state: %w", err)
	}
	var s state
	wrong := json.Unmarshal(data, &s)
	if wrong == nil && s.Version != stateVersion {
		wrong = fmt.Errorf("its version is %d, expected %d", s.Version, stateVersion)
	}
	if wrong == nil {
		if s.Windows == nil {
			s.Windows = map[string]told{}
		}
		return s.Windows, "", nil
	}
	if err := os.Rename(file, file+".bad"); err != nil {
		return nil, "", fmt.Errorf("moving a corrupt state aside: %w", err)
	}
	return map[string]told{}, fmt.Sprintf("the state was corrupt and is now %s.bad, starting over: %v", file, wrong), nil
}

func save(file string, windows map[string]told) error {
	data, err := json.Marshal(state{stateVersion, windows})
	if err != nil {
		return err
	}
	return atomicfile.Write(file, append(data, '\n'), 0o600)
}

// prune drops what is no longer needed: windows that are not reported and whose cycle ended long ago, and of too many windows the oldest
// messages. It reports whether it dropped any.
func prune(windows map[string]told, readings []reading, now time.Time) bool {
	before := len(windows)
	maps.DeleteFunc(windows, func(name string, t told) bool {
		end := t.At
		if t.Reset.After(end) {
			end = t.Reset
		}
		reported := slices.ContainsFunc(readings, func(r reading) bool { return r.window == name })
		return !reported && now.After(end.Add(keepState))
	})
	if more := len(windows) - maxState; more > 0 {
		oldest := slices.SortedFunc(maps.Keys(windows), func(a, b string) int {
			return cmp.Or(windows[a].At.Compare(windows[b].At), cmp.Compare(a, b))
		})
		for _, name := range oldest[:more] {
			delete(windows, name)
		}
	}
	return len(windows) < before
}
